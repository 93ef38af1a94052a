"""Kept training episodes: which, how many, how much of the disk, and on the page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from spatialenv.core.episode import Episode
from spatialenv.report import RunFolder, write_report
from spatialenv.report.samples import sample_views, spread

MakeEpisode = Callable[..., Episode]
MakeRun = Callable[..., RunFolder]


def pictured(episode: Episode) -> Episode:
    noise = np.random.default_rng(0).integers(0, 255, (32, 48, 3), dtype=np.uint8)
    return replace(episode, image=noise, turns=tuple(replace(turn, image=noise) for turn in episode.turns))


def test_samples_are_read_back_and_thinned_evenly(tmp_path: Path, fake_episode: MakeEpisode) -> None:
    run = RunFolder(tmp_path / "run").create({"seed": 0})
    episode = pictured(fake_episode(0, 0.2))
    run.save_samples(1, [episode])
    size = sum(path.stat().st_size for path in (run.path / "samples").rglob("*") if path.is_file())
    for step in (20, 40, 60, 80):
        run.save_samples(step, [episode], most_bytes=4 * size + size // 2)
    assert run.sample_steps() == [1, 40, 60, 80]  # 20 was the one nearest to its neighbours
    assert sorted(path.name for path in (run.path / "samples").iterdir() if path.is_dir()) == [
        "000001",
        "000040",
        "000060",
        "000080",
    ]
    run.save_samples(100, [episode], most_bytes=1)
    assert run.sample_steps() == [1, 100]
    [held] = run.load_samples(100)
    assert held.turns[0].text == episode.turns[0].text
    assert np.array_equal(held.image, episode.image)


def test_a_run_that_goes_back_forgets_later_steps(tmp_path: Path, fake_episode: MakeEpisode) -> None:
    run = RunFolder(tmp_path / "run").create({"seed": 0})
    for step in (1, 2, 3):
        run.append_metrics({"phase": "warm_start", "step": step})
        run.append_metrics({"phase": "rl", "step": step})
        run.save_samples(step, [fake_episode(0, 0.2)])
    run.go_back("rl", 2)
    assert [row["step"] for row in run.metrics("rl")] == [1, 2]
    assert len(run.metrics("warm_start")) == 3
    assert run.sample_steps() == [1, 2]


def test_the_page_shows_steps_spread_over_the_run(fake_run: MakeRun, fake_episode: MakeEpisode) -> None:
    run = fake_run()
    assert "Training episodes" not in write_report(run).read_text()
    for step in range(0, 100, 10):
        run.save_samples(step, [pictured(fake_episode(step, 0.2, "<b>bold</b>"))])
    views = sample_views(run)
    assert [step.number for step in views.steps] == [0, 20, 40, 50, 70, 90]
    assert views.left_out == 4
    page = write_report(run).read_text()
    assert "Step 90</h3>" in page
    assert "4 further steps are in the run folder" in page
    assert "&lt;b&gt;bold&lt;/b&gt;" in page
    assert page.count("the room at the start") == 6


def test_spread_keeps_both_ends() -> None:
    assert spread([5], 3) == [5]
    assert spread([1, 2, 3], 3) == [1, 3, 2]
    assert spread(list(range(11)), 3) == [0, 10, 5]
