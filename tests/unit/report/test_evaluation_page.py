"""The page of an evaluation stands alone, shows every episode, and runs no script but its own."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spatialenv.core.episode import Episode
from spatialenv.errors import FileFormatError, InputError
from spatialenv.formats import save_episodes
from spatialenv.report import write_evaluation_page
from spatialenv.report.charts import histogram
from spatialenv.report.wording import METRICS

HOSTILE = "</pre><script>alert(1)</script><img src=x onerror=alert(2)>"


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
        self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))

    def all(self, tag: str, css: str = "") -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag and css in (attrs.get("class") or "").split(" ")]


def rates(valid: float) -> dict[str, Any]:
    values = {name: valid / (2 + index) for index, name in enumerate(METRICS)}
    values["valid_layout_rate"], values["mean_score"] = valid, 0.77 * valid
    interval = {name: [value - 0.01, value + 0.02] for name, value in values.items()}
    return {**values, "interval": interval, "bootstrap": {"mean_score": [0.123, 0.987]}}


def make_results(n: int, turns: int = 2, failures: int = 0) -> dict[str, Any]:
    repair: dict[str, Any] = {"repaired": 0.31, "kept": 1.0, "moves_followed": 0.52, "right_objects_left_alone": None}
    repair["interval"] = {"repaired": [0.2, 0.4], "kept": [0.8, 1.0], "moves_followed": [0.5, 0.54],
                          "right_objects_left_alone": None}  # fmt: skip
    repair["bootstrap"] = {**repair["interval"], "kept": [1.0, 1.0], "moves_followed": [0.41, 0.63]}
    by_turn = [rates(0.2), rates(0.5)][:turns]
    return {
        "format": "spatialenv-evaluation",
        "version": 1,
        "policy": {"name": "my <policy>", "seed": 3},
        "tasks": {"name": "fake/test", "n": n, "seed": 0, "sha256": "ab12"},
        "env": {"reward": "physics", "max_turns": turns},
        "versions": {"spatialenv": "9.9.9"},
        "batch_size": 3,
        "keep_pictures": None,
        "result": {"n": n - failures, "failures": failures, "final": by_turn[-1], "by_turn": by_turn, "repair": repair},
        "rooms": [],
    }


def with_pictures(episode: Episode) -> Episode:
    image = np.full((32, 64, 3), 90, np.uint8)
    turns = tuple(replace(turn, image=image + np.uint8(index)) for index, turn in enumerate(episode.turns, start=1))
    return replace(episode, turns=turns, image=image)


@pytest.fixture
def folder(tmp_path: Path, fake_episode: Any) -> Any:
    """Return a function that makes the folder of a made-up evaluation."""

    def make(n: int = 5, *, text: str = "", pictures: bool = True, failed: bool = False, turns: int = 2) -> Path:
        episodes = [fake_episode(index, 0.3, text) for index in range(n)]
        if pictures:
            episodes = [with_pictures(episode) for episode in episodes]
        if failed:
            episodes[-1] = replace(episodes[-1], turns=(), failure="PolicyError: the line was <dead>")
        (tmp_path / "shards").mkdir()
        for index in range(0, n, 3):
            save_episodes(tmp_path / "shards" / f"{index // 3:05d}.jsonl", episodes[index : index + 3])
        (tmp_path / "results.json").write_text(json.dumps(make_results(n, turns, int(failed))))
        return tmp_path

    return make


def page_of(folder: Path, **options: Any) -> tuple[str, Page]:
    path = write_evaluation_page(folder, **options)
    assert path == folder / "report.html"
    html = path.read_text(encoding="utf-8")
    return html, Page(html)


def test_every_episode_is_there_with_its_texts_scores_and_pictures(folder: Any, fake_episode: Any) -> None:
    _, page = page_of(folder(5))
    shown = page.all("details", "episode")
    assert [attrs["id"] for attrs in shown] == [f"room-{index}" for index in range(5)]
    for index, attrs in enumerate(shown):
        episode = fake_episode(index, 0.3)
        assert float(attrs["data-score"]) == pytest.approx(episode.turns[-1].score)
        assert episode.scene.id in page.text
        for turn in episode.turns:
            assert f"{turn.score:.3f}" in page.text
            assert turn.feedback in page.text
            assert all(violation["text"] in page.text for violation in turn.violations)
    assert "A place to sit & read." in page.text
    assert "Furnish the room." in page.text
    assert "Sofa first." in page.text


def test_rates_stand_with_their_intervals_by_turn(folder: Any) -> None:
    _, page = page_of(folder(5))
    assert "50.0% of 5 rooms of fake/test end with a valid layout (95% interval 49.0% – 52.0%)" in page.text
    for words in ("20.0%", "19.0% – 22.0%", "0.385", "0.123 – 0.987", "turn 1", "turn 2", "31.0%", "20.0% – 40.0%"):
        assert words in page.text
    assert "41.0% – 63.0%" in page.text, "objects of a room stay together"
    assert "80.0% – 100.0%" in page.text, "resamples of rooms that are all alike say nothing"
    assert all(label in page.text for label, _, _ in METRICS.values())
    for words in ("my <policy>", "ab12", "9.9.9", "batch_size"):
        assert words in page.text


def test_pictures_are_in_the_page_or_beside_it(folder: Any) -> None:
    place = folder(5)
    _, page = page_of(place)
    sources = [attrs["src"] or "" for attrs in page.all("img")]
    assert sources
    assert all(source.startswith("data:image/webp;base64,") for source in sources)
    _, page = page_of(place, embed=False)
    sources = [attrs["src"] or "" for attrs in page.all("img")]
    assert "shards/00001/1_start.png" in sources
    assert all((place / source).is_file() for source in sources)
    assert all(attrs["loading"] == "lazy" for attrs in page.all("img"))


def test_many_pictures_are_left_beside_it(folder: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spatialenv.report.evaluation_page.MOST_EMBEDDED", 3)
    html, _ = page_of(folder(5))
    assert "data:image" not in html
    assert "keep them together" in html


def test_without_pictures(folder: Any) -> None:
    _, page = page_of(folder(2, pictures=False))
    assert not page.all("img")
    assert "Pictures were not kept" in page.text


def test_what_was_written_is_text_and_no_script_runs_but_the_pages_own(folder: Any) -> None:
    html, page = page_of(folder(2, text=HOSTILE))
    assert HOSTILE in page.text
    assert not any("onerror" in attrs for _, attrs in page.tags)
    (policy,) = (attrs["content"] or "" for attrs in page.all("meta") if "content" in attrs and "http-equiv" in attrs)
    scripts = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    assert (
        len(scripts) == 5 == len(page.all("script")) - 1
    )  # the page's own, three.js and the viewer's three; and its data
    digests = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    assert policy.endswith("script-src " + " ".join(f"'sha256-{digest}'" for digest in digests))
    assert "default-src 'none'" in policy
    assert not re.search(r"(src|href)=\"(?:https?:)?//", html)


def test_failures_are_said_and_can_be_chosen(folder: Any) -> None:
    _, page = page_of(folder(4, failed=True))
    assert "1 of 4 episodes failed" in page.text
    assert "PolicyError: the line was <dead>" in page.text
    assert [attrs["data-tags"] for attrs in page.all("details", "episode")][-1] == "all failed"


def test_filters_count_the_rooms(folder: Any, fake_episode: Any) -> None:
    _, page = page_of(folder(5))
    status = [fake_episode(index, 0.3).turns[-1].status for index in range(5)]
    valid = sum(found["valid"] for found in status)
    tags = [(attrs["data-tags"] or "").split() for attrs in page.all("details", "episode")]
    assert sum("valid" in found for found in tags) == valid
    assert sum("invalid" in found for found in tags) == 5 - valid
    assert sum("collides" in found for found in tags) == sum(found["collides"] for found in status)
    assert f"Valid {valid} " in page.text
    assert page.all("div", "filters")[0].keys() >= {"hidden"}, "shown by the script, without which it does nothing"


def test_one_turn_has_no_repair(folder: Any) -> None:
    _, page = page_of(folder(3, turns=1))
    assert "Repair" not in page.text
    assert "Valid first answers" not in page.text


def test_what_is_no_evaluation_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no finished evaluation"):
        write_evaluation_page(tmp_path)
    (tmp_path / "results.json").write_text('{"format": "something else"}')
    with pytest.raises(FileFormatError, match="not what an evaluation writes"):
        write_evaluation_page(tmp_path)


def test_a_broken_picture_is_told(folder: Any) -> None:
    place = folder(2)
    (place / "shards" / "00000" / "0_start.png").write_bytes(b"no picture")
    with pytest.raises(FileFormatError, match=r"0_start\.png"):
        write_evaluation_page(place)


def test_histogram_bars_are_as_high_as_their_counts() -> None:
    options = {"name": "h", "title": "t", "text": "x", "x_label": "score"}
    svg = histogram([0.01, 0.02, 0.51, 0.99], **options)
    heights = [float(found) for found in re.findall(r'height="([\d.]+)" ?', svg)]
    assert len(heights) == 3
    assert heights[0] == pytest.approx(2 * heights[1], rel=0.01)
    assert heights[1] == heights[2]
    assert histogram([], **options) == ""
    assert histogram([-1.5, 2.5], **options).count("<rect") == 2
    assert histogram([0.4] * 7, **options).count("<rect") == 1
