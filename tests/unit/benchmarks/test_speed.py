"""The page of speed: made of the committed figures, which say what the issue of speed asks."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from benchmarks.speed import components, physics, published
from benchmarks.speed.page import growth_figure, speed_page

from spatialenv.core.packed import pack
from spatialenv.core.room import Room
from spatialenv.core.scene import Relation, Scene, SceneObject


@pytest.fixture(scope="module")
def given(repository: Path) -> Any:
    return json.loads((repository / "benchmarks/results/speed.json").read_text())


def test_the_page_and_its_picture_are_made_of_the_committed_figures(repository: Path, given: Any) -> None:
    assert (repository / "docs/speed.md").read_text() == speed_page(given)
    drawn = growth_figure(given["figures"])
    assert (repository / "docs/pictures/speed_growth.svg").read_text() == drawn
    lines = ElementTree.fromstring(drawn).findall("{http://www.w3.org/2000/svg}polyline")
    assert len(lines) == len(given["figures"]["growth_us_per_scene"])


def test_the_committed_figures_were_measured_in_full(given: Any) -> None:
    assert not given["figures"]["quick"]
    assert given["ratios"]["physics_vs_published_plain"] >= 100
    assert max(given["figures"]["growth_exponent"].values()) <= 1.3
    assert set(given["figures"]["growth_us_per_scene"]["collision"]) == {str(size) for size in components.SIZES}


def test_exponents_by_hand() -> None:
    assert components.exponent({"5": 3.0, "50": 30.0, "500": 300.0}) == pytest.approx(1.0)
    assert components.exponent({"5": 1e9, "50": 1.0, "500": 100.0}, least=50) == pytest.approx(2.0)


def test_rooms_grow_at_a_constant_floor_density() -> None:
    for count in (5, 40):
        (one,) = components.layouts(count, 1)
        room = one.placed.room
        assert len(one.placed.ids) == count
        assert count / (room.length * room.width) == pytest.approx(components.DENSITY)


def test_the_plain_check_by_hand() -> None:
    sofa = SceneObject("sofa_1", "sofa", (2, 1, 0.8), yaw=0.0, relations=(Relation("sofa_1", "on", "south_wall"),))
    bin_ = SceneObject("bin_1", "bin", (0.5, 0.5, 0.5), relations=(Relation("bin_1", "on", "west_wall"),))
    scene = Scene(Room.rectangle(6, 4, 3), (sofa, bin_))
    pairs, violating = published.check(published.prepare(scene.place({"sofa_1": (3, 0.5, 0.4), "bin_1": (3, 1, 0.25)})))
    assert pairs == {("sofa_1", "bin_1")}
    assert violating == {"bin_1"}


def test_both_sides_of_the_comparison_find_the_same_collisions() -> None:
    for one in (physics.grid_scene(seed) for seed in range(20)):
        pairs, _ = published.check(published.prepare(one))
        colliding = {name for pair in pairs if set(pair) <= set(one.ids) for name in pair}
        found = pack([one.scene]).measure(one.centers[None], one.yaws[None])
        assert colliding == {one.ids[i] for i in np.flatnonzero(found.shared[0] > 1e-6)}
