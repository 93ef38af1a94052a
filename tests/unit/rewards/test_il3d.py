"""IL3D's two ratios by hand."""

from __future__ import annotations

import math

import pytest

from spatialenv.core.room import Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.core.score import Score, Transition
from spatialenv.rewards.il3d import IL3DReward


def cubes(*poses: tuple[float, ...], room: Room | None = None) -> Score:
    objects = tuple(SceneObject(f"cube_{i}", "cube", (1, 1, 1)) for i in range(len(poses)))
    scene = Scene(room or Room.rectangle(6, 4, 3), objects)
    return IL3DReward()(Transition.of(scene.place({f"cube_{i}": pose for i, pose in enumerate(poses)})))


def test_overlap_is_counted_against_all_volume() -> None:
    # Three cubes in a row, each 0.25 m in the next: 2 x 0.25 of 3 m3.
    score = cubes((1, 2, 0.5), (1.75, 2, 0.5), (2.5, 2, 0.5))
    assert score.details["oor_ratio"] == pytest.approx(0.5 / 3)
    assert score.details["colliding_pairs"] == [["cube_0", "cube_1"], ["cube_1", "cube_2"]]
    assert score.value == pytest.approx((1 - 0.5 / 3 + 1) / 2)


def test_overlap_may_be_more_than_all_volume() -> None:
    # Five in one place: 10 pairs share 1 m3 each, of 5 m3.
    score = cubes(*[(3, 2, 0.5)] * 5)
    assert score.details["oor_ratio"] == 2.0
    assert score.value == 0.5


def test_a_turned_box_is_its_bounding_box() -> None:
    # Turned by 45 degrees a cube is sqrt(2) m wide: centres 1.15 m apart are apart, but their boxes along the axes
    # share (0.5 + sqrt(2) / 2 - 1.15) x 1 x 1 m3, of 1 + 2 m3.
    score = cubes((2, 2, 0.5), (3.15, 2.5, 0.5, math.pi / 4))
    shared = (0.5 + math.sqrt(0.5) - 1.15) * (0.5 + math.sqrt(0.5) - 0.5)
    assert score.details["oor_ratio"] == pytest.approx(shared / 3)


@pytest.mark.parametrize(
    ("pose", "outside"),
    [
        ((0.45, 2, 0.5), False),  # 5 cm beyond the west wall, the margin
        ((0.449, 2, 0.5), True),
        ((3, 3.551, 0.5), True),
        ((3, 2, 5.0), False),  # no ceiling
        ((3, 2, -0.5), False),  # its top is at the floor
        ((3, 2, -0.551), True),
    ],
)
def test_what_is_out_of_bounds(pose: tuple[float, float, float], outside: bool) -> None:
    score = cubes(pose)
    assert score.details["outside_objects"] == (["cube_0"] if outside else [])
    assert score.details["oob_ratio"] == float(outside)
    assert score.value == (0.5 if outside else 1.0)


def test_the_missing_corner_of_a_floor_counts_as_room() -> None:
    room = Room(((0, 0), (4, 0), (4, 2), (2, 2), (2, 4), (0, 4)), 3.0)
    assert cubes((3.5, 3.5, 0.5), room=room).value == 1.0


def test_nothing_placed_is_worth_nothing() -> None:
    scene = Scene(Room.rectangle(6, 4, 3), (SceneObject("cube", "cube", (1, 1, 1)),))
    score = IL3DReward()(Transition.of(scene.place({})))
    assert (score.value, score.details["oor_ratio"]) == (0.0, 0.0)
