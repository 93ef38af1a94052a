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
    "size in one word": lambda: SceneObject("a", "c", "111"),  # type: ignore[arg-type]
    "no category": lambda: SceneObject("a", None, (1, 1, 1)),  # type: ignore[arg-type]
    "a huge size": lambda: SceneObject("a", "c", (10**400, 1, 1)),  # type: ignore[arg-type]
    "yaw in a list": lambda: SceneObject("a", "c", (1, 1, 1), yaw=[1]),  # type: ignore[arg-type]
    "facing a number": lambda: SceneObject("a", "c", (1, 1, 1), facing=0),  # type: ignore[arg-type]
    "facing a list": lambda: SceneObject("a", "c", (1, 1, 1), facing=["b"]),  # type: ignore[arg-type]
    "relations None": lambda: SceneObject("a", "c", (1, 1, 1), relations=None),  # type: ignore[arg-type]
    "one bare relation": lambda: SceneObject("a", "c", (1, 1, 1), relations=Relation("a", "on", "b")),  # type: ignore[arg-type]
    "target None": lambda: Relation("a", "on", None),  # type: ignore[arg-type]
    "target a list": lambda: Relation("a", "on", ["b"]),  # type: ignore[arg-type]
    "subject None": lambda: Relation(None, "on", "b"),  # type: ignore[arg-type]
    "objects None": lambda: Scene(ROOM, None),  # type: ignore[arg-type]
    "one bare object": lambda: Scene(ROOM, SOFA),  # type: ignore[arg-type]
    "description None": lambda: Scene(ROOM, (), description=None),  # type: ignore[arg-type]
    "witness a dict": lambda: Scene(ROOM, (SOFA,), witness={"sofa_1": (1, 1, 1)}),  # type: ignore[arg-type]
    "id of a wall": lambda: Scene(ROOM, (SceneObject("wall_0", "c", (1, 1, 1)),)),  # type: ignore[arg-type]
    "object by number": lambda: SCENE.object(7),  # type: ignore[arg-type]
    "ids are numbers": lambda: SCENE.place({1: (1, 1, 1)}),  # type: ignore[arg-type]
    "a huge coordinate": lambda: SCENE.place({"sofa_1": (10**400, 1, 1)}),  # type: ignore[arg-type]
    "poses a number": lambda: Layout(5),  # type: ignore[arg-type]
    "poses without a pose": lambda: Layout([("a",)]),  # type: ignore[arg-type]
    "poses as tuples": lambda: Layout((("a", (1, 2, 3)),)),  # type: ignore[arg-type]
    "mapping None": lambda: Layout.from_mapping(None),  # type: ignore[arg-type]
    "a huge room": lambda: Room.rectangle(10**400, 4, 3),  # type: ignore[arg-type]
    "openings a number": lambda: Room.rectangle(6, 4, 3, openings=3),  # type: ignore[arg-type]
    "openings as dicts": lambda: Room.rectangle(6, 4, 3, openings=[{"kind": "door"}]),  # type: ignore[arg-type]
    "wall a list": lambda: Opening("door", ["wall_0"], 0, 1, 2),  # type: ignore[arg-type]
    "swing in other words": lambda: Opening("door", "wall_0", 0, 1, 2, swing="up"),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_in_one_line(name: str) -> None:
    with pytest.raises(SceneError) as told:
        MISTAKES[name]()
    assert "\n" not in str(told.value)


def test_numpy_numbers_are_numbers() -> None:
    assert Room.rectangle(np.float64(4), np.int64(3), np.float32(2.5)).length == 4.0


def test_places_may_be_numpy_arrays_and_numbers() -> None:
    expected = SCENE.place({"sofa_1": (1, 2, 0.5)})
    assert SCENE.place({"sofa_1": np.array([1, 2, 0.5])}) == expected
    assert SCENE.place({"sofa_1": (np.int64(1), np.float32(2), 0.5)}) == expected


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
    room = Room.rectangle(6, 4, 3, (Opening("door", name, 0.5, 0.9, 2.0),))
    thing = SceneObject("a", "c", (1, 1, 1), facing=name, relations=(Relation("a", "on", name),))
    scene = Scene(room, (thing,))
    assert scene.room.openings[0].wall == wall
    assert scene.relations[0].target == wall
    assert scene.objects[0].facing == wall
