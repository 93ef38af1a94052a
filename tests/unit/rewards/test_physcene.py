"""PhyScene's walkable rate by hand, with doors and without."""

from __future__ import annotations

import pytest

from spatialenv.core.room import Opening, Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.core.score import Score, Transition
from spatialenv.errors import InputError
from spatialenv.rewards.physcene import PhySceneReward

# 6 x 4 m at 40 pixels a metre (3 + 0.2 m are 128); the robot's 0.3 m are 12 pixels. The floor's columns 8 to 248 shrink
# by 6 in the west and 5 in the east, to 14 to 243. A shelf of 0.4 m around x = 2 takes the columns 80 to 96, and 6 more
# at each side: 74 to 102. 60 columns remain in the west, 141 in the east.
WEST, EAST = 60 / 201, 141 / 201


def score(*boxes: tuple[tuple[float, float, float], tuple[float, float, float]], doors: tuple = (), **options) -> Score:
    openings = tuple(Opening("door", wall, offset, 1.0, 2.0) for wall, offset in doors)
    objects = tuple(SceneObject(f"box_{i}", "box", size) for i, (_, size) in enumerate(boxes))
    scene = Scene(Room.rectangle(6, 4, 3, openings), objects)
    placed = scene.place({f"box_{i}": center for i, (center, _) in enumerate(boxes)})
    return PhySceneReward(**options)(Transition.of(placed))


SHELF = ((2.0, 2.0, 0.5), (0.4, 4.0, 1.0))


def test_without_doors_the_first_component_counts_not_the_largest() -> None:
    got = score(SHELF)
    assert [pixels / sum(got.details["component_pixels"]) for pixels in got.details["component_pixels"]] == [WEST, EAST]
    assert got.value == WEST


@pytest.mark.parametrize(
    ("doors", "rate"),
    [
        ((("south_wall", 4.0),), EAST),
        ((("south_wall", 0.3),), WEST),
        ((("south_wall", 4.0), ("south_wall", 0.3)), (EAST + WEST) / 2),
        ((("east_wall", 1.0),), EAST),
    ],
)
def test_with_doors_the_component_at_each_counts(doors: tuple, rate: float) -> None:
    assert score(SHELF, doors=doors).value == pytest.approx(rate)


def test_a_door_with_no_floor_near_it_counts_0() -> None:
    # A box of 2 x 1 m before the door: the nearest free floor is more than 13 pixels (0.33 m) from the door's middle.
    doors = (("south_wall", 4.0), ("north_wall", 1.0))
    got = score(((4.5, 0.5, 0.5), (2.0, 1.0, 1.0)), doors=doors)
    assert got.details["walkable_rate_by_door"] == {"door_0": 0.0, "door_1": 1.0}
    assert got.value == 0.5


def test_windows_are_no_doors() -> None:
    window = Opening("window", "south_wall", 4.0, 1.0, 1.0, 0.9)
    scene = Scene(Room.rectangle(6, 4, 3, (window,)), (SceneObject("shelf", "shelf", SHELF[1]),))
    assert PhySceneReward()(Transition.of(scene.place({"shelf": SHELF[0]}))).value == WEST


@pytest.mark.parametrize(("z", "components"), [(1.49, 2), (1.5, 1)])
def test_what_hangs_at_1_5_m_is_walked_under(z: float, components: int) -> None:
    assert len(score(((2.0, 2.0, z), SHELF[1])).details["component_pixels"]) == components


def test_a_wider_robot_fits_in_fewer_places() -> None:
    boxes = (((3, 0.9, 0.5), (0.4, 1.8, 1)), ((3, 3.2, 0.5), (0.4, 1.6, 1)))  # a passage of 0.6 m between them
    assert score(*boxes, robot_width=0.5).value == 1.0
    assert score(*boxes, robot_width=0.7).value < 0.6


def test_no_free_floor_is_0() -> None:
    full = ((3, 2, 0.5), (6.0, 4.0, 1.0))
    assert score(full).value == score(full, doors=(("south_wall", 1.0),)).value == 0.0


@pytest.mark.parametrize("width", [0, -1, float("nan"), "wide"])
def test_a_robot_needs_a_width(width: object) -> None:
    with pytest.raises(InputError, match="robot_width"):
        PhySceneReward(robot_width=width)  # type: ignore[arg-type]
