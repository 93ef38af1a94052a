"""The page stands alone, holds every number, escapes what models write, and copes with unfinished runs."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import yaml

from spatialenv.core.placed import PlacedScene
from spatialenv.errors import InputError, RendererError
from spatialenv.renderers import Annotations, Frames, Renderer, make_renderer
from spatialenv.report import RunFolder, write_report
from spatialenv.report.curves import MAX_OTHER_CURVES
from spatialenv.report.wording import METRICS, REPAIR, show

MakeRun = Callable[..., RunFolder]


class GreyRenderer(Renderer):
    """Draws nothing, or fails."""

    name = "grey"
    version = "grey-1"

    def __init__(self, is_broken: bool = False) -> None:
        self.is_broken = is_broken

    def render(self, placed: PlacedScene, *request: Any, **options: Any) -> Frames:
        if self.is_broken:
            raise RendererError("no picture today")
        return make_renderer("blank").render(placed, *request, **options)


class Page(HTMLParser):
    """Tags with their attributes, and the text between them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if not self.tags or self.tags[-1][0] != "script":
            self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))


def page_of(folder: RunFolder, renderer: GreyRenderer | None = None) -> tuple[str, Page]:
    html = write_report(folder, renderer=renderer or GreyRenderer()).read_text(encoding="utf-8")
    return html, Page(html)


def test_the_page_needs_nothing_from_outside(fake_run: MakeRun) -> None:
    whole, page = page_of(fake_run())
    html = re.sub(r"<script[^>]*>[^<]*(?:<(?!/script>)[^<]*)*</script>", "", whole)
    assert whole.count("<script") == 5  # the viewer's data, three.js, and our three
    assert not [tag for tag, _ in page.tags if tag in ("link", "iframe", "object", "embed", "base")]
    for _, attributes in page.tags:
        for name in ("src", "href", "srcset", "action", "data", "poster"):
            value = attributes.get(name)
            assert value is None or value.startswith(("data:image/", "#")), value
        assert not [name for name in attributes if name.startswith("on")]
    assert "@import" not in html
    assert "url(" not in html
    assert "http://" not in html
    assert "https://" not in html
    assert "default-src 'none'" in html
    assert len(whole) < 3_000_000


def test_every_link_has_its_target_and_ids_are_unique(fake_run: MakeRun) -> None:
    _, page = page_of(fake_run())
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    targets = [value[1:] for _, attributes in page.tags if (value := attributes.get("href"))]
    assert targets
    assert set(targets) <= set(ids)
    assert all(attributes.get("alt") for tag, attributes in page.tags if tag == "img")


def test_all_numbers_of_the_summary_are_there(fake_run: MakeRun) -> None:
    folder = fake_run()
    text = page_of(folder)[1].text
    summary = folder.summary()
    entries = [entry for entry in summary.values() if isinstance(entry, Mapping)]
    assert len(entries) == 5
    for entry in entries:
        assert f"n = {entry['n']}" in text
        for result in [entry["final"], *entry["by_turn"]]:
            for metric in METRICS:
                low, high = result["interval"][metric]
                assert show(metric, result[metric]) in text
                assert f"{show(metric, low)} – {show(metric, high)}" in text
        for name in REPAIR:
            low, high = entry["repair"]["interval"][name]
            assert show(name, entry["repair"][name]) in text
            assert f"{show(name, low)} – {show(name, high)}" in text
    for label, definition, module in METRICS.values():
        assert label in text
        assert definition in text
        assert module in text
    assert "spatialenv train fake.yaml" in text
    assert "3 min 31 s" in text  # 211 s of reinforcement learning
    assert "rl.learning_rate" in text
    assert "Rooms here are small & <rectangular>." in text
    assert "compared with all 11,200 training scenes: none is among them" in text


def test_the_curves_are_drawn(fake_run: MakeRun) -> None:
    html, page = page_of(fake_run())
    charts = [attributes for tag, attributes in page.tags if tag == "svg"]
    assert len(charts) == 1 + 10  # bars, and the curves of what the run logged
    smooth = re.findall(r'<path class="smooth s0" d="(M[^"]*)"', html)
    assert sorted(path.count("L") + 1 for path in smooth) == [60] * 8 + [80] * 2
    for heading in ("Outcome", "The policy", "Warm start", "Entropy"):
        assert f">{heading}</h3>" in html
    assert ">Time</h3>" not in html


def test_what_models_write_stays_text(fake_run: MakeRun) -> None:
    attack = '</pre><script>alert(1)</script><img src=x onerror="alert(2)">'
    html, page = page_of(fake_run(text=attack))
    assert "<script>alert" not in html
    assert 'onerror="alert' not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert attack in page.text


def test_an_overlong_answer_is_cut_with_a_note(fake_run: MakeRun) -> None:
    html, _ = page_of(fake_run(text="x" * 50_000))
    assert "(46,000 characters more)" in html
    assert "x" * 4001 not in html


def test_rooms_are_the_first_by_index_with_violations_marked(
    fake_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    marked: list[tuple[int, int]] = []

    def draw(
        renderer: Renderer, placed: PlacedScene, cameras: Any, size: Any, annotations: Annotations, **options: Any
    ) -> Frames:
        marked.append((len(placed.ids), len(annotations.violations)))
        return renderer.render(placed, cameras, size)

    monkeypatch.setattr("spatialenv.report.rooms.draw_annotated", draw)
    folder = fake_run()
    page = Page(write_report(folder, renderer=GreyRenderer(), rooms=2).read_text())
    assert "The first 2 of 4 saved rooms by index" in page.text
    assert "fake-0" in page.text
    assert "fake-1" in page.text
    assert "fake-2" not in page.text
    turns = [
        (3, len(turn.violations))
        for index in range(2)
        for name in ("before", "after")
        for turn in folder.load_episodes(name)[index].turns
    ]
    assert sorted(marked) == sorted([(0, 0), (0, 0), *turns])
    assert (3, 1) in turns


def test_a_run_that_stopped_before_its_end_still_has_a_page(fake_run: MakeRun) -> None:
    _, page = page_of(fake_run(until="warm_start"))
    assert "This run has no results after training. Before it, 34% of the layouts were valid." in page.text
    assert "This run is not complete" in page.text
    assert "Stages done: warm_start." in page.text
    assert "Before RL" in page.text
    assert "Could the gain be false?" not in page.text


def test_a_run_that_has_only_begun_has_a_page(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "new").create({"seed": 0})
    _, page = page_of(folder)
    assert "No stage is done." in page.text
    assert "No step has been recorded." in page.text
    assert "No episodes are saved yet." in page.text


def test_a_half_written_row_is_tolerated(fake_run: MakeRun) -> None:
    folder = fake_run()
    with (folder.path / "metrics.jsonl").open("a") as file:
        file.write('{"phase": "rl", "step": 61, "rew')
    html, _ = page_of(folder)
    assert '"M' in html


def test_numbers_that_are_missing_are_dashes(fake_run: MakeRun, fake_summary: dict[str, Any]) -> None:
    fake_summary["solver"]["failures"] = 3
    fake_summary["after"]["final"]["collision_rate_of_well_formed"] = float("nan")
    del fake_summary["after"]["repair"]
    del fake_summary["after"]["by_turn"]
    del fake_summary["random"]["final"]["interval"]
    _, page = page_of(fake_run(summary=fake_summary))
    assert "–" in page.text
    assert "nan" not in page.text
    assert "n = 128, 3 failed and left out" in page.text


def test_a_renderer_that_fails_leaves_a_page_without_those_pictures(fake_run: MakeRun) -> None:
    html, page = page_of(fake_run(), GreyRenderer(is_broken=True))
    assert "No picture could be drawn." in page.text
    assert "data:image" not in html


def test_the_packages_own_renderer_draws_the_rooms(fake_run: MakeRun) -> None:
    page = Page(write_report(fake_run(), rooms=1).read_text())
    pictures = [attributes["src"] for tag, attributes in page.tags if tag == "img"]
    assert len(set(pictures)) >= 6  # empty, before and after, each from two sides


def test_what_is_no_run_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no run folder"):
        write_report(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_page_says_what_was_trained_how(fake_run: MakeRun) -> None:
    run = fake_run()
    config = {
        "model": "a/b <c>",
        "algorithm": "gspo",
        "rl": {"steps": 1},
        "tasks": {"name": "curriculum", "of": ["demo", "easy"]},
        "env": {"reward": "physics", "max_turns": 1},
    }
    (run.path / "config.yaml").write_text(yaml.safe_dump(config))
    page = write_report(run).read_text()
    told = re.findall(r"<dt>([^<]*)</dt><dd>([^<]*)</dd></div>", page.split('class="setup"')[1].split("</dl>")[0])
    assert dict(told) == {
        "model": "a/b &lt;c&gt;",
        "reinforcement learning": "gspo, 1 step",
        "training rooms": "curriculum, of: [&#39;demo&#39;, &#39;easy&#39;]",
        "reward": "physics",
        "answers an episode": "1",
    }


def test_a_line_that_is_alone_is_named_and_numbers_left_out_are_counted(fake_run: MakeRun) -> None:
    run = fake_run()
    for step in (1, 2):
        further = {f"further/{index}": 0.1 for index in range(MAX_OTHER_CURVES + 3)}
        run.append_metrics({"phase": "more", "step": step, **further})
        run.append_metrics({"phase": "rl", "step": 900 + step, "final/component/format": 0.5})
    page = write_report(run).read_text()
    assert "Components of the score, last answers: format" in page
    assert re.search(rf"Further numbers of metrics\.jsonl \({MAX_OTHER_CURVES}; \d+ more are in the file alone\)", page)
