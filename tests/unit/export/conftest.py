"""Rooms that are written."""

from __future__ import annotations

import pytest

from spatialenv import Room, Scene, SceneObject
from spatialenv.core.placed import PlacedScene
from spatialenv.core.room import Opening


@pytest.fixture
def placed() -> PlacedScene:
    """A sofa that looks west and a picture on the north wall, in a room with a door and a window."""
    room = Room.rectangle(4, 3, 2.5, (Opening("door", "south_wall", 1.5, 0.9, 2.1, swing="in"),
                                      Opening("window", "east_wall", 1, 1.2, 1.2, sill=0.9)))  # fmt: skip
    sofa = SceneObject(id="sofa_1", category="sofa", size=(1.8, 0.9, 0.8))
    lamp = SceneObject(id="lamp_1", category="floor lamp", size=(0.4, 0.4, 1.6))
    return Scene(room, (sofa, lamp)).place({"sofa_1": (3.5, 1.5, 0.4, 1.5707963267948966), "lamp_1": (0.5, 2.5, 0.8)})


@pytest.fixture
def empty() -> PlacedScene:
    """A room without anything in it."""
    return Scene(Room.rectangle(4, 3, 2.5), ()).place({})
