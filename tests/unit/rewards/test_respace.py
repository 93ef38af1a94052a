"""ReSpace's voxels by hand, and their plans against shapely."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely

from spatialenv.core.answer import ParsedAnswer
from spatialenv.core.layout import Layout
from spatialenv.core.placed import PlacedScene
from spatialenv.core.room import Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.core.score import Transition
from spatialenv.errors import InputError
from spatialenv.rewards.respace import VOXEL, ReSpaceReward, losses

ROOM = Room.rectangle(6, 4, 3)
LAYER = 21 * 21 * VOXEL**3
"""One layer of a cube of 1 m: 21 x 21 voxels, as it grows by half a voxel at each side; 0.055 m3."""


def cubes(*centers: tuple[float, float, float], room: Room = ROOM) -> PlacedScene:
    objects = tuple(SceneObject(f"cube_{i}", "cube", (1, 1, 1)) for i in range(len(centers)))
    return Scene(room, objects).place({f"cube_{i}": center for i, center in enumerate(centers)})


def test_a_cube_of_1_m_has_21_voxels_each_way() -> None:
    assert losses(cubes((3, 2, 0.5))).volumes[0] == pytest.approx(21**3 * VOXEL**3)


@pytest.mark.parametrize(
    ("gap", "layers"),
    # In steps of 5 cm from the middle of the room: one cube's voxels are -10 to 10, the other's begin at
    # floor(20 * (1 + gap)) - 10.
    [(0.001, 0), (0.0, 0), (-0.001, 2), (-0.05, 2), (-0.051, 3), (-0.3, 7)],
)
def test_a_contact_counts_in_whole_layers(gap: float, layers: int) -> None:
    score = ReSpaceReward()(Transition.of(cubes((3, 2, 0.5), (4 + gap, 2, 0.5))))
    assert score.details["total_mbl_loss"] == pytest.approx(layers * LAYER)
    assert score.details["MBL"] == pytest.approx(layers * LAYER * 1000)
    assert score.details["is_valid_scene_pbl"] == (layers * LAYER <= 0.1)
    assert score.value == pytest.approx(max(0.0, 1 - layers * LAYER / 0.1))
    assert score.details["colliding_pairs"] == ([["cube_0", "cube_1"]] if layers else [])
    assert score.per_object == pytest.approx([1 - layers / 21] * 2)


@pytest.mark.parametrize(
    ("center", "layers"),
    # The walls are 60 voxels from the middle; a cube 2.75 m from it has voxels 45 to 65. The ceiling is 60 above the
    # floor; a cube from 2.25 m on has 45 to 65 too. Below the floor: from -0.25 m on, -5 to 15.
    [((5.75, 2, 0.5), 5), ((3, 2, 2.75), 5), ((3, 2, 0.25), 5), ((5.5, 2, 0.5), 0), ((3, 3.5, 0.5), 0)],
)
def test_what_leaves_the_room(center: tuple[float, float, float], layers: int) -> None:
    score = ReSpaceReward()(Transition.of(cubes(center)))
    assert score.details["total_oob_loss"] == pytest.approx(layers * LAYER)
    assert score.details["outside_objects"] == (["cube_0"] if layers else [])


def test_the_missing_corner_of_a_floor_is_outside() -> None:
    room = Room(((0, 0), (4, 0), (4, 2), (2, 2), (2, 4), (0, 4)), 3.0)
    # The cube's south-west quarter is on the floor: of its 21 x 21 voxels the 11 x 11 to the south and west of the
    # corner, and the rows along it, columns or rows up to the middle: 441 - 10 x 10.
    score = ReSpaceReward()(Transition.of(cubes((2, 2, 0.5), room=room)))
    assert score.details["total_oob_loss"] == pytest.approx(10 * 10 * 21 * VOXEL**3)


def test_plans_are_the_squares_that_share_area_with_the_box() -> None:
    rng = np.random.default_rng(3)
    for _ in range(40):
        length, width = rng.uniform(0.05, 1.2, 2)
        yaw = rng.uniform(-4, 4)
        item = SceneObject("box", "box", (length, width, 1.0))
        placed = Scene(ROOM, (item,)).place({"box": (3, 2, 0.5, yaw)})
        corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * (length / 2, width / 2)
        turned = corners @ np.array(((math.cos(yaw), math.sin(yaw)), (-math.sin(yaw), math.cos(yaw))))
        reach = math.ceil(np.abs(turned).max() / VOXEL) + 1
        i, j = np.mgrid[-reach : reach + 1, -reach : reach + 1] * VOXEL
        squares = shapely.box(i - VOXEL / 2, j - VOXEL / 2, i + VOXEL / 2, j + VOXEL / 2)
        expected = (shapely.area(shapely.intersection(squares, shapely.Polygon(turned))) > 1e-9).sum()
        assert losses(placed).volumes[0] == pytest.approx(expected * 21 * VOXEL**3)


def test_a_failure_to_make_voxels_counts_as_no_loss() -> None:
    slab = SceneObject("slab", "slab", (100, 100, 1))
    score = ReSpaceReward()(Transition.of(Scene(ROOM, (slab,)).place({"slab": (3, 2, 0.5)})))
    assert score.value == 1.0
    assert score.details["voxel_failures"] == ["slab"]


def test_additions_are_paid_by_what_they_add() -> None:
    reward = ReSpaceReward(mode="addition")
    bad, worse = cubes((3, 2, 0.5), (3.9, 2, 0.5)), cubes((3, 2, 0.5), (3.5, 2, 0.5))
    parsed = ParsedAnswer(layout=bad.layout, format_level=1.0, is_complete=True)
    assert reward(Transition(bad, parsed, previous=worse)).value == 1.0
    assert reward(Transition(worse, parsed, previous=bad)).value == 0.2
    assert reward(Transition(bad, parsed)).value == 0.2  # against an empty room
    assert reward(Transition(bad, parsed, previous=bad)).details["delta_pbl"] == 0.0
    unread = ParsedAnswer(layout=None, format_level=0.0)
    assert reward(Transition(bad, unread, previous=worse)).value == 0.0


def test_half_of_the_objects_are_worth_half() -> None:
    scene = cubes((1, 1, 0.5), (3, 1, 0.5)).scene
    assert ReSpaceReward()(Transition.of(scene.place({"cube_0": (1, 1, 0.5)}))).value == 0.5
    assert ReSpaceReward()(Transition.of(scene.place(Layout()))).value == 0.0


def test_an_unknown_mode_is_refused() -> None:
    with pytest.raises(InputError, match="'scene', 'addition'"):
        ReSpaceReward(mode="delta")  # type: ignore[arg-type]
