"""SceneWeaver's counts by hand."""

from __future__ import annotations

import pytest

from spatialenv.core.room import Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.core.score import Score, Transition
from spatialenv.rewards.sceneweaver import SceneWeaverReward

ROOM = Room.rectangle(6, 4, 3)


def score(*boxes: tuple[tuple[float, float, float], tuple[float, float, float]], rugs: int = 0) -> Score:
    objects = tuple(SceneObject(f"box_{i}", "box", size, is_rug=i < rugs) for i, (_, size) in enumerate(boxes))
    return SceneWeaverReward()(
        Transition.of(Scene(ROOM, objects).place({f"box_{i}": center for i, (center, _) in enumerate(boxes)}))
    )


@pytest.mark.parametrize(
    ("side", "overlap", "counts"),
    [
        (1.0, 0.0009, False),  # 0.9 litres, but less than 1 mm deep
        (1.0, 0.0011, True),
        (0.2, 0.002, False),  # 2 mm deep, but 0.08 litres
        (0.3, 0.002, True),  # 0.18 litres
    ],
)
def test_a_pair_counts_by_depth_and_then_by_volume(side: float, overlap: float, counts: bool) -> None:
    size = (side, side, side)
    got = score(((2, 2, side / 2), size), ((2 + side - overlap, 2, side / 2), size))
    assert got.details["BBL"] == int(counts)
    assert got.details["collide_volume"] == ([pytest.approx(side * side * overlap)] if counts else [])
    assert got.value == (0.5 if counts else 1.0)


@pytest.mark.parametrize(
    ("center", "outside"),
    [
        ((0.491, 2, 0.5), False),  # 9 mm
        ((0.489, 2, 0.5), True),  # 11 mm
        ((3, 2, 9.0), False),  # above the ceiling
        ((3, 2, -9.0), False),  # below the floor
    ],
)
def test_bounds_are_those_seen_from_above(center: tuple[float, float, float], outside: bool) -> None:
    got = score((center, (1, 1, 1)))
    assert got.details["OOB"] == int(outside)
    assert got.details["outside_objects"] == (["box_0"] if outside else [])


def test_slanted_walls_are_seen() -> None:
    room = Room(((0, 0), (4, 0), (4, 4)), 3.0)
    cube = SceneObject("cube", "cube", (1, 1, 1))
    reward = SceneWeaverReward()
    inside, outside = (Scene(room, (cube,)).place({"cube": (3, 2 + dy, 0.5)}) for dy in (0.0, 0.02))
    assert reward(Transition.of(inside)).details["OOB"] == 0  # its corner is on the wall
    assert reward(Transition.of(outside)).details["OOB"] == 1  # 2 cm / sqrt(2) beyond it


def test_rugs_are_left_out() -> None:
    got = score(((0, 0, 0.01), (2, 2, 0.02)), ((0.5, 0.5, 0.5), (1, 1, 1)), rugs=1)
    assert (got.details["Nobj"], got.details["OOB"], got.details["BBL"], got.value) == (1, 0, 0, 1.0)


def test_counts_of_several() -> None:
    # Two collide, one of them leaves the room; the third is well: of 3 objects, 2 collide and 1 is out.
    got = score(((0, 2, 0.5), (1, 1, 1)), ((0.5, 2, 0.5), (1, 1, 1)), ((4, 2, 0.5), (1, 1, 1)))
    assert got.value == pytest.approx(1 - 0.5 * 2 / 3 - 0.5 * 1 / 3)
    assert got.per_object == pytest.approx([0.0, 0.5, 1.0])
