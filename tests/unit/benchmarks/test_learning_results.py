"""The study's numbers: differences that pair rooms, and the page made of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from benchmarks.learning.page import results_page
from benchmarks.learning.results import pooled_difference

from spatialenv.core.episode import Episode, Turn
from spatialenv.core.layout import Layout
from spatialenv.core.room import Room
from spatialenv.core.scene import Scene

SCENE = Scene(room=Room.rectangle(4, 3, 2.5), objects=())


def episode(valid: bool, well_formed: bool = True, collides: bool = False) -> Episode:
    status = {"well_formed": well_formed, "valid": valid, "clean": valid, "collides": collides, "out_of_room": False}
    turn = Turn("", Layout(), 0.0, 0.0, {}, {}, (), (), "", status)
    return Episode(SCENE, "", (turn,), {"max_turns": 1})


def test_the_difference_is_the_mean_over_seeds() -> None:
    before = [[episode(False)] * 4, [episode(False)] * 4]
    after = [[episode(True)] * 4, [episode(True), episode(True), episode(False), episode(False)]]
    result = pooled_difference(before, after, "valid_layout_rate", -1)
    assert result["difference"] == pytest.approx(0.75)  # (1.0 + 0.5) / 2
    low, high = result["interval"]
    assert 0 <= low < 0.75 < high <= 1


def test_a_certain_difference_has_a_point_interval() -> None:
    result = pooled_difference([[episode(False)] * 3], [[episode(True)] * 3], "valid_layout_rate", -1)
    assert result == {"difference": 1.0, "interval": [1.0, 1.0]}


def test_collisions_count_well_formed_answers_only() -> None:
    before = [[episode(False, collides=True), episode(False, well_formed=False, collides=True)]]
    after = [[episode(True), episode(False, well_formed=False, collides=True)]]
    result = pooled_difference(before, after, "collision_rate_of_well_formed", -1)
    assert result["difference"] == pytest.approx(-1.0)  # from 1 of 1 to 0 of 1


def test_the_page_in_docs_is_made_of_the_committed_numbers(repository: Path) -> None:
    results = json.loads((repository / "benchmarks/results/demo.json").read_text())
    assert (repository / "docs/results.md").read_text() == results_page(results)
    assert len(results["arms"]["after"]["seeds"]) >= 3
