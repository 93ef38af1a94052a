"""The profile of a training step: made of the committed figures; every part is timed and their sum is the step."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

pytest.importorskip("trl")

from benchmarks.training.page import profile_page, step_figure
from benchmarks.training.profile import PARTS, SIZES, Work, profile, table

from spatialenv.trainers.tiny_vlm import TinyVLMConfig


def test_the_page_and_its_picture_are_made_of_the_committed_figures(repository: Path) -> None:
    given = json.loads((repository / "benchmarks/results/training.json").read_text())
    assert (repository / "docs/training/profile.md").read_text() == profile_page(given)
    drawn = step_figure(given["profiles"])
    assert (repository / "docs/pictures/training_step.svg").read_text() == drawn
    ElementTree.fromstring(drawn)
    assert [one["size"] for one in given["profiles"]] == ["tiny", "100m"]
    assert 90e6 < given["profiles"][1]["weights"] < 110e6


def test_the_parts_make_up_the_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = TinyVLMConfig(hidden_size=32, layers=1, heads=2, vision_hidden_size=32, vision_layers=1, image_size=32)
    monkeypatch.setitem(SIZES, "tiny", small)
    found = profile(Work("tiny", rows=4, group=2, steps=3), tmp_path)
    assert found["steps_timed"] == 2
    assert set(found["ms"]) == {*PARTS, "rest"}
    assert all(found["ms"][part] > 0 for part in PARTS)
    # medians are of parts one by one, so that their sum may differ a little from the median step
    assert sum(found["shares"].values()) == pytest.approx(1.0, abs=0.3)
    assert found["ms"]["rest"] < 0.5 * found["step_ms"]
    assert found["generated_tokens_per_second"] > 0
    assert table([found]).row_count == len(PARTS) + 5
