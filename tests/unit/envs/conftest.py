"""A room of three objects that the env tests share."""

from __future__ import annotations

import pytest

from spatialenv.core.layout import Layout
from spatialenv.core.room import Room
from spatialenv.core.scene import Relation, Scene, SceneObject

SOUND = {"sofa_1": (2.0, 0.5, 0.4), "desk_1": (2.0, 2.7, 0.4), "lamp_1": (2.0, 2.7, 1.05)}
"""Centres at which the scene is clean."""


@pytest.fixture
def scene() -> Scene:
    """A room of 4 x 3 x 2.5 m: a sofa, a desk along the north wall, a lamp on the desk."""
    return Scene(
        room=Room.rectangle(4, 3, 2.5),
        objects=(
            SceneObject(id="sofa_1", category="sofa", size=(2.0, 1.0, 0.8)),
            SceneObject(
                id="desk_1",
                category="desk",
                size=(1.2, 0.6, 0.8),
                relations=(Relation("desk_1", "on", "north_wall"),),
            ),
            SceneObject(
                id="lamp_1",
                category="lamp",
                size=(0.2, 0.2, 0.5),
                on_floor=False,
                relations=(Relation("lamp_1", "on", "desk_1"),),
            ),
        ),
        description="A place to work and rest.",
        witness=Layout.from_mapping(SOUND),
    )
