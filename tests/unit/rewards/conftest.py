"""Scenes that the reward tests share."""

from __future__ import annotations

import pytest

from spatialenv.core.room import Room
from spatialenv.core.scene import Relation, Scene, SceneObject
from spatialenv.core.score import Transition


@pytest.fixture
def cubes() -> Scene:
    """Three cubes of 1 m in a room of 6 x 4 x 3 m; the third belongs on the west wall."""
    on_wall = Relation("cube_3", "on", "west_wall")
    return Scene(
        room=Room.rectangle(6, 4, 3),
        objects=(
            SceneObject(id="cube_1", category="cube", size=(1, 1, 1)),
            SceneObject(id="cube_2", category="cube", size=(1, 1, 1)),
            SceneObject(id="cube_3", category="cube", size=(1, 1, 1), relations=(on_wall,)),
        ),
    )


@pytest.fixture
def clean(cubes: Scene) -> Transition:
    """The cubes with nothing wrong."""
    return Transition.of(cubes.place({"cube_1": (3, 2, 0.5), "cube_2": (5, 2, 0.5), "cube_3": (0.5, 2, 0.5)}))
