"""What goes on beside the steps of a run: trackers, kept samples, watched rooms; none of it changes the training."""

from __future__ import annotations

import math
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("trl")

from spatialenv.envs.room_layout import RoomLayoutEnv  # noqa: E402
from spatialenv.errors import InputError, MissingExtraError  # noqa: E402
from spatialenv.evaluation.model_policy import load_vlm  # noqa: E402
from spatialenv.report import RunFolder  # noqa: E402
from spatialenv.trainers import stages  # noqa: E402
from spatialenv.trainers.callbacks import add_callbacks  # noqa: E402
from spatialenv.trainers.callbacks.checkpoints import last_checkpoint, step_of  # noqa: E402
from spatialenv.trainers.callbacks.samples import sample_rows  # noqa: E402
from spatialenv.trainers.callbacks.trackers import check_trackers, tracked  # noqa: E402
from spatialenv.trainers.callbacks.watch import random_state_kept, watch_figures, watched_tasks  # noqa: E402
from spatialenv.trainers.run import train  # noqa: E402
from spatialenv.trainers.settings import RunSettings, load_settings  # noqa: E402

SETTINGS: dict[str, Any] = {
    "model": "tiny",
    "tasks": "demo/train",
    "held_out": "demo/test",
    "threads": 1,
    "env": {"views": ["top"], "size": [32, 32], "labels": False, "max_turns": 1},
    "rl": {"steps": 3, "batch_size": 4, "group_size": 2, "max_new_tokens": 6, "warmup_steps": 0, "save_steps": 2},
    "evaluate": {"n": 2, "batch_size": 2},
}


def settings(**overrides: Any) -> RunSettings:
    return load_settings(SETTINGS, overrides={name.replace("__", "."): value for name, value in overrides.items()})


def play(folder: RunFolder, chosen: RunSettings, tiny_vlm: Path, known: str | None = None) -> tuple[Any, str | None]:
    """Train as a run does; return the trainer and the id at Weights & Biases."""
    model, processor = load_vlm(tiny_vlm)
    place = folder.checkpoint("rl")
    checkpoint = last_checkpoint(place)
    with tracked(chosen, folder.path, known) as run_id:
        trainer = stages.make_trainer(
            model,
            processor,
            lambda: RoomLayoutEnv(tasks=chosen.tasks, **chosen.env.model_dump()),
            chosen,
            place,
            on_step=lambda step, figures: folder.append_metrics({"phase": "rl", "step": step, **figures}),
        )
        add_callbacks(trainer, chosen, folder, notify=pytest.fail, step=step_of(checkpoint))
        trainer.train(resume_from_checkpoint=checkpoint)
    return trainer, run_id


@pytest.fixture(scope="module")
def plain(tiny_vlm: Path, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """The figures of a run with nothing beside its steps."""
    folder = RunFolder(tmp_path_factory.mktemp("plain") / "run").create({})
    play(folder, settings(logging__samples_every=0), tiny_vlm)
    return folder.metrics("rl")


def test_watching_and_keeping_samples_change_no_figure_of_training(plain, tiny_vlm, tmp_path):
    folder = RunFolder(tmp_path / "run").create({})
    play(folder, settings(logging__samples_every=2, watch__every=2, watch__n=3), tiny_vlm)
    rows = folder.metrics("rl")
    names = {name for name in plain[0] if not any(word in name for word in ("seconds", "time", "speed"))}
    assert {"loss", "grad_norm", "entropy", "reward"} <= names
    for found, wanted in zip(rows, plain, strict=True):
        assert {name: found[name] for name in names} == {name: wanted[name] for name in names}
    assert [row.get("watch/rooms") for row in rows] == [None, 3.0, None]
    assert rows[1]["watch/warnings"] == 0
    assert folder.sample_steps() == [1, 2, 3]
    kept = folder.load_samples(2)
    assert len(kept) == 4
    assert all(episode.image is not None and episode.turns[0].image is not None for episode in kept)


# --- trackers -------------------------------------------------------------------------------------


def points(folder: RunFolder, name: str) -> dict[int, float]:
    accumulator = pytest.importorskip(
        "tensorboard.backend.event_processing.event_accumulator",
        reason="tensorboard is not installed: pip install 'spatialenv[tensorboard]'",
        exc_type=ImportError,
    ).EventAccumulator(str(folder.path / "trackers" / "tensorboard"))
    accumulator.Reload()
    return {event.step: event.value for event in accumulator.Scalars(name)}


def test_curves_arrive_at_tensorboard_and_go_on(plain, tiny_vlm, tmp_path):
    pytest.importorskip("tensorboard", reason="tensorboard is not installed: pip install 'spatialenv[tensorboard]'")
    folder = RunFolder(tmp_path / "run").create({})
    chosen = settings(logging__to=["tensorboard"], logging__samples_every=0)
    play(folder, chosen, tiny_vlm)
    for name in ("loss", "entropy", "reward"):
        wanted = {row["step"]: row[name] for row in plain}
        assert points(folder, f"train/{name}") == pytest.approx(wanted, rel=1e-5)
    longer = settings(logging__to=["tensorboard"], logging__samples_every=0, rl__steps=4)
    play(folder, longer, tiny_vlm)
    assert list(points(folder, "train/entropy")) == [1, 2, 3, 4]


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("wandb", reason="wandb is not installed: pip install 'spatialenv[wandb]'")
    for name, value in (("WANDB_MODE", "offline"), ("WANDB_SILENT", "true")):
        monkeypatch.setenv(name, value)


@pytest.mark.slow
@pytest.mark.usefixtures("offline")
@pytest.mark.filterwarnings("ignore")  # of wandb's own
def test_curves_arrive_at_wandb_under_one_run(tiny_vlm, tmp_path):
    folder = RunFolder(tmp_path / "my-run").create({})
    chosen = settings(logging__to=["wandb"], logging__samples_every=0)
    _, first = play(folder, chosen, tiny_vlm)
    assert first
    _, again = play(folder, settings(logging__to=["wandb"], logging__samples_every=0, rl__steps=4), tiny_vlm, first)
    assert again == first
    files = list((folder.path / "trackers" / "wandb").glob("offline-run-*/*.wandb"))
    assert {path.stem for path in files} == {f"run-{first}"}
    held = b"".join(path.read_bytes() for path in files)
    assert b"my-run" in held
    assert b"train/entropy" in held


def test_a_tracker_that_is_missing_is_named_before_anything_is_written(tmp_path, monkeypatch):
    chosen = settings(logging__to=["trackio"])
    monkeypatch.setitem(__import__("sys").modules, "trackio", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'spatialenv\[trackio\]'"):
        check_trackers(chosen)
    with pytest.raises(MissingExtraError, match="trackio"):
        train(chosen, tmp_path / "run")
    assert not (tmp_path / "run").exists()


# --- pieces ---------------------------------------------------------------------------------------


def test_rooms_to_watch_are_those_of_the_validation_split():
    assert watched_tasks(settings(watch__every=1)) == "demo/validation"
    given = {"name": "curriculum", "of": ["demo", "easy"], "split": "train"}
    assert watched_tasks(settings(tasks=given)) == {**given, "split": "validation"}
    assert watched_tasks(settings(tasks="my.jsonl", watch__tasks="easy/validation")) == "easy/validation"
    with pytest.raises(InputError, match=r"the validation split of the tasks 'my\.jsonl' is not known"):
        watched_tasks(settings(tasks="my.jsonl"))
    with pytest.raises(InputError, match="for the result alone"):
        watched_tasks(settings(watch__tasks="demo/test"))


def test_rooms_of_the_result_are_not_watched(tmp_path):
    wrong = settings(watch__every=1, watch__tasks={"name": "demo", "split": "test"})
    with pytest.raises(InputError, match="are among the held-out rooms"):
        train(wrong, tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("wrong", [{"watch__every": 1}, {"logging__to": ["tensorboard"]}])
def test_algorithms_without_steps_of_trl_are_not_watched(tmp_path, wrong):
    pytest.importorskip("tensorboard", reason="tensorboard is not installed: pip install 'spatialenv[tensorboard]'")
    with pytest.raises(InputError, match="'sft' has no trackers and watches no rooms"):
        train(settings(algorithm="sft", **wrong), tmp_path / "run")


def test_figures_of_watched_rooms_leave_out_what_has_no_value():
    env = RoomLayoutEnv(tasks="demo/validation", **settings().env.model_dump())
    env.reset(seed=0)
    env.step("I would rather not.")
    figures = watch_figures([env.episode()])
    assert figures["watch/rooms"] == 1
    assert figures["watch/final/format_rate"] == 0
    assert "watch/final/commonest_layout_share" not in figures
    assert "watch/final/valid_of_well_formed" not in figures
    assert all(math.isfinite(value) for value in figures.values())
    assert watch_figures([]) == {"watch/rooms": 0.0}


def test_random_numbers_go_on_as_if_nothing_had_been_played():
    def draw() -> tuple[float, float, float]:
        return random.random(), float(np.random.random()), float(torch.rand(1))  # noqa: NPY002

    random.seed(1)
    np.random.seed(1)  # noqa: NPY002
    torch.manual_seed(1)
    wanted = draw()
    random.seed(1)
    np.random.seed(1)  # noqa: NPY002
    torch.manual_seed(1)
    with random_state_kept():
        draw()
    assert draw() == wanted


@pytest.mark.parametrize(
    ("shape", "chosen"),
    [
        ((48, 8, 4), [0, 16, 24, 40]),
        ((4, 2, 1), [0]),
        ((4, 2, 9), [0, 1, 2, 3]),
        ((6, 2, 3), [0, 2, 4]),
        ((2, 8, 4), [0, 1]),
    ],
)
def test_kept_samples_are_spread_over_the_groups(shape, chosen):
    assert sample_rows(*shape) == chosen
