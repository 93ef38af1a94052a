"""What an export holds of a room."""

from __future__ import annotations

import math

import numpy as np
import pytest

from spatialenv import Room, Scene, SceneObject
from spatialenv.core.placed import PlacedScene
from spatialenv.core.room import Opening
from spatialenv.export.contents import FAR, Contents, make_contents
from spatialenv.renderers.models import Appearance
from spatialenv.renderers.room import RoomStyle

STYLE = RoomStyle(floor="planks", grid=False)


def _contents(placed: PlacedScene, **options: bool) -> Contents:
    return make_contents(placed, Appearance(), STYLE, **options)


def test_doors_and_windows_are_parts_of_their_own(placed: PlacedScene) -> None:
    parts = {part.name: part for part in _contents(placed).room}
    assert list(parts)[-2:] == ["door_0", "window_1"]
    door, wall = parts["door_0"].mesh, parts["south_wall"].mesh
    # The door is 0.9 m wide from 1.5 m on, with boards of 6 cm around it.
    assert door.bounds[:, 0] == pytest.approx((1.44, 2.46), abs=1e-6)
    assert door.bounds[1, 2] == pytest.approx(2.16)
    middles = wall.corners.mean(axis=1)
    inside = (middles[:, 0] > 1.6) & (middles[:, 0] < 2.3) & (middles[:, 2] > 0.2) & (middles[:, 2] < 2.0)
    assert not inside.any()


def test_two_openings_of_a_wall_are_told_apart() -> None:
    openings = (
        Opening("window", "south_wall", 0.3, 1.0, 1.0, sill=1.0),
        Opening("door", "south_wall", 2.0, 0.9, 2.1),
        Opening("window", "south_wall", 3.5, 1.0, 1.0, sill=1.0),
    )
    parts = {part.name: part.mesh for part in _contents(Scene(Room.rectangle(5, 3, 2.5, openings), ()).place({})).room}
    for name, opening in zip(("window_0", "door_1", "window_2"), openings, strict=True):
        low, high = parts[name].bounds[:, 0]
        assert low == pytest.approx(opening.offset, abs=0.07)
        assert high == pytest.approx(opening.offset + opening.width, abs=0.07)


def test_the_marks_of_doors_and_undersides_are_left_out(placed: PlacedScene) -> None:
    floor = _contents(placed).room[0].mesh
    assert (floor.normals[:, 2] > 0.99).all()
    area = np.linalg.norm(np.cross(*np.moveaxis(np.diff(floor.corners, axis=1), 1, 0)), axis=1).sum() / 2
    assert area == pytest.approx(12.0 + 0.9 * 0.07, abs=0.01)  # the threshold of the door is outside


def test_a_ceiling_on_request(empty: PlacedScene) -> None:
    assert [part.kind for part in _contents(empty).room].count("ceiling") == 0
    (ceiling,) = (part.mesh for part in _contents(empty, ceiling=True).room if part.kind == "ceiling")
    assert ceiling.bounds[:, 2].tolist() == [2.5, 2.5]
    assert (ceiling.normals[:, 2] == -1).all()


@pytest.mark.parametrize(
    ("x", "size", "strays", "is_kept"),
    [
        (-FAR, 1.0, True, True),
        (-FAR - 2.0, 1.0, True, False),
        (-FAR - 2.0, 1e4, True, True),
        (4 + FAR, 1.0, True, True),
        (-20.0, 1.0, False, False),
        (-2.0, 1.0, False, True),
        (1e308, 1.0, True, False),
    ],
)
def test_what_is_too_far_is_left_out(x: float, size: float, strays: bool, is_kept: bool) -> None:
    box = SceneObject(id="box_1", category="box", size=(size, size, size))
    near = SceneObject(id="box_2", category="box", size=(1, 1, 1))
    placed = Scene(Room.rectangle(4, 3, 2.5), (box, near)).place({"box_1": (x, 1, 1), "box_2": (2, 1, 0.5)})
    contents = _contents(placed, strays=strays)
    assert contents.left_out == (() if is_kept else ("box_1",))
    assert [prop.id for prop in contents.props] == list(contents.placed.ids)
    assert [prop.owner for prop in contents.props] == list(range(len(contents.placed.ids)))


@pytest.mark.parametrize("yaw", [0.0, -1.0, 7.0, 1e6, math.pi])
def test_turns_are_below_a_full_one(yaw: float) -> None:
    box = SceneObject(id="box_1", category="box", size=(1, 1, 1))
    (prop,) = _contents(Scene(Room.rectangle(4, 3, 2.5), (box,)).place({"box_1": (1, 1, 0.5, yaw)})).props
    assert 0 <= prop.yaw < math.tau
    assert (math.cos(prop.yaw), math.sin(prop.yaw)) == pytest.approx((math.cos(yaw), math.sin(yaw)))
