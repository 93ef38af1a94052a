"""Moves that give an object more room."""

from __future__ import annotations

import numpy as np
import pytest

from spatialenv.core.layout import Layout
from spatialenv.core.placed import FloatArray, PlacedScene
from spatialenv.core.room import Room
from spatialenv.core.scene import Relation, Scene, SceneObject
from spatialenv.core.usability.access import accessibility
from spatialenv.core.usability.making_room import RoomMaker

ROOM = Room.rectangle(6, 4, 3)
FRONT = [True, False, False, False]


def cube(name: str, **more: object) -> SceneObject:
    return SceneObject(name, "cube", (1, 1, 1), **more)  # type: ignore[arg-type]


def move_of(placed: PlacedScene, row: int = 0, enough: float = 1.0) -> tuple[float, float, float] | None:
    room = (placed.room.length, placed.room.width, placed.room.height)

    def values(centers: FloatArray) -> FloatArray:
        sides = np.zeros((len(placed.ids), 4), dtype=bool)
        sides[row] = FRONT
        return accessibility(centers, placed.sizes, placed.yaws, room, sides, floors=[placed.room.floor] * len(centers))

    return RoomMaker(placed, values, enough).move(row)


def test_the_shortest_way_to_room_enough() -> None:
    placed = Scene(ROOM, (cube("a"),)).place({"a": (3, 3.25, 0.5)})  # 0.25 m before the north wall, 0.6 m are needed
    assert move_of(placed) == pytest.approx((0, -0.4, 0))
    assert move_of(placed, enough=0.5) == pytest.approx((0, -0.1, 0))


def test_around_what_is_in_the_way() -> None:
    scene = Scene(Room.rectangle(6, 2.2, 3), (cube("a"), cube("b")))
    placed = scene.place({"a": (2, 0.5, 0.5), "b": (2, 1.7, 0.5)})  # no room to step back
    found = move_of(placed)
    assert found is not None
    assert abs(found[0]) == pytest.approx(1.0)
    assert found[1] == pytest.approx(0)


def test_as_much_as_there_is() -> None:
    placed = Scene(Room.rectangle(4, 1.5, 3), (cube("a"),)).place({"a": (2, 0.8, 0.5)})  # never more than 0.5 m
    assert move_of(placed) == pytest.approx((0, -0.3, 0))
    assert move_of(Scene(Room.rectangle(4, 1.5, 3), (cube("a"),)).place({"a": (2, 0.5, 0.5)})) is None


def test_what_is_to_move_anyhow_is_told_that_move_if_it_makes_room() -> None:
    assert move_of(Scene(ROOM, (cube("a"),)).place({"a": (3, 2, 1.5)})) == (0, 0, -1.0)
    outside = Scene(ROOM, (cube("a"),)).place({"a": (3, 4.2, 0.5)})  # back inside, but with its front to the wall
    assert move_of(outside) is None


def test_nothing_else_gets_worse() -> None:
    at_wall = Relation("a", "on", "north_wall")
    placed = Scene(ROOM, (cube("a", relations=(at_wall,)),)).place({"a": (3, 3.5, 0.5)})
    assert move_of(placed) is None  # every way would give up the relation
    lamp = SceneObject("lamp", "lamp", (0.2, 0.2, 0.4), on_floor=False)
    placed = Scene(ROOM, (cube("a"), lamp)).place({"a": (3, 3.3, 0.5), "lamp": (3, 3.75, 1.2)})
    assert move_of(placed) is None  # the lamp would be left in the air


def test_what_stays_and_what_does_not_stand_on_the_floor() -> None:
    start = Layout.of({"a": (3, 3.3, 0.5)})
    assert move_of(Scene(ROOM, (cube("a"),), start=start, fixed=("a",)).place(start)) is None
    assert move_of(Scene(ROOM, (cube("a", on_floor=False),)).place({"a": (3, 3.3, 0.5)})) is None
