"""The curve of PPO: that its figure is made of its figures, and what stands beside it."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest
from benchmarks.sb3.__main__ import corner_action, draw, random_actions, score


@pytest.fixture(scope="module")
def figures() -> Any:
    return json.loads((Path(__file__).parents[3] / "benchmarks/results/sb3.json").read_text())


def test_the_picture_of_the_docs_is_that_of_the_figures(figures: Any) -> None:
    drawn = draw(figures)
    assert drawn == (Path(__file__).parents[3] / "docs/pictures/sb3.svg").read_text()
    assert len(ElementTree.fromstring(drawn).findall("{http://www.w3.org/2000/svg}polyline")) == 3


def test_the_page_tells_the_last_point_of_each_seed(figures: Any) -> None:
    page = (Path(__file__).parents[3] / "docs/arrays.md").read_text()
    for run in figures["seeds"]:
        last = run["curve"][-1]
        assert f"seed {run['seed']}, after {last['steps']:,} answers | {100 * last['valid_layout_rate']:.1f}%" in page


def test_every_seed_learns(figures: Any) -> None:
    for run in figures["seeds"]:
        low, _ = run["curve"][-1]["interval"]["valid_layout_rate"]
        assert low > figures["random"]["interval"]["valid_layout_rate"][1]


def test_the_baselines_are_played_again_to_the_same_figures(figures: Any) -> None:
    for name, act in (("random", random_actions(4)), ("fixed", lambda _: corner_action(4))):
        found = score("easy/validation", 4, act)
        assert found["mean_score"] == pytest.approx(figures[name]["mean_score"], abs=1e-9)
        assert found["valid_layout_rate"] == figures[name]["valid_layout_rate"]
