"""The caller's mistakes in making scenes and layouts are told in one line; nothing raw gets out."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from spatialenv.core.layout import Layout
from spatialenv.core.room import Opening, Room
from spatialenv.core.scene import Relation, Scene, SceneObject
from spatialenv.errors import SceneError

ROOM = Room.rectangle(4, 3, 2.5)
SOFA = SceneObject("sofa_1", "sofa", (1.8, 0.9, 0.8))
SCENE = Scene(ROOM, (SOFA,))

MISTAKES: dict[str, Callable[[], object]] = {
    "size None": lambda: SceneObject("a", "c", None),  # type: ignore[arg-type]
    "size of words": lambda: SceneObject("a", "c", ("x", 1, 1)),  # type: ignore[arg-type]
    "relation as tuple": lambda: SceneObject("a", "c", (1, 1, 1), relations=(("on", "south_wall"),)),  # type: ignore[arg-type]
    "yaw in words": lambda: SceneObject("a", "c", (1, 1, 1), yaw="north"),  # type: ignore[arg-type]
    "length in words": lambda: Room.rectangle("six", 4, 3),  # type: ignore[arg-type]
    "height in words": lambda: Room(ROOM.floor, "high"),  # type: ignore[arg-type]
    "floor of numbers": lambda: Room((1, 2, 3), 2.5),  # type: ignore[arg-type]
    "opening in words": lambda: Opening("door", "south_wall", "left", 1, 2),  # type: ignore[arg-type]
    "room as tuple": lambda: Scene((6, 4, 3), ()),  # type: ignore[arg-type]
    "objects as dicts": lambda: Scene(ROOM, ({"id": "a"},)),  # type: ignore[arg-type]
    "no layout": lambda: SCENE.place(None),  # type: ignore[arg-type]
    "layout in words": lambda: SCENE.place("here"),  # type: ignore[arg-type]
    "pose of two numbers": lambda: SCENE.place({"sofa_1": (1, 2)}),
    "pose without z": lambda: SCENE.place({"sofa_1": {"x": 1, "y": 2}}),
    "pose in words": lambda: SCENE.place({"sofa_1": {"x": "left", "y": 2, "z": 1}}),  # type: ignore[dict-item]
    "yaw of a pose in words": lambda: SCENE.place({"sofa_1": {"x": 1, "y": 2, "z": 1, "yaw": "n"}}),  # type: ignore[dict-item]
    "record without id": lambda: SCENE.place([{"x": 1, "y": 2, "z": 0.4}]),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_in_one_line(name: str) -> None:
    with pytest.raises(SceneError) as told:
        MISTAKES[name]()
    assert "\n" not in str(told.value)


def test_numpy_numbers_are_numbers() -> None:
    assert Room.rectangle(np.float64(4), np.int64(3), np.float32(2.5)).length == 4.0


def test_records_and_mappings_place_objects() -> None:
    expected = SCENE.place({"sofa_1": (1, 2, 0.4, math.pi / 2)})
    assert SCENE.place({"sofa_1": {"x": 1, "y": 2, "z": 0.4, "yaw": 90}}) == expected
    assert SCENE.place(expected.layout.to_records(with_yaw=True)) == expected
    assert Layout.of(expected.layout) is expected.layout


@pytest.mark.parametrize(
    ("name", "wall"),
    [("wall_0", "south_wall"), ("wall_1", "east_wall"), ("wall_2", "north_wall"), ("wall_3", "west_wall")],
)
def test_walls_by_number_are_walls(name: str, wall: str) -> None:
    assert Relation("a", "on", name).target == wall
    assert Opening("door", name, 0.5, 0.9, 2.0).wall == wall
    assert SceneObject("a", "c", (1, 1, 1), facing=name).facing == wall
