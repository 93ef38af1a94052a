"""A small scene, and what the serving tests send about it."""

from __future__ import annotations

from typing import Any

import pytest

from spatialenv.core.room import Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.serving.client import scene_record


@pytest.fixture
def scene() -> Scene:
    """Two cubes of 1 m in a room of 6 x 4 x 3 m."""
    cubes = tuple(SceneObject(id=f"cube_{i}", category="cube", size=(1, 1, 1)) for i in (1, 2))
    return Scene(Room.rectangle(6, 4, 3), cubes)


@pytest.fixture
def record(scene: Scene) -> dict[str, Any]:
    """The scene as a scene file holds it."""
    return scene_record(scene)


@pytest.fixture
def apart() -> str:
    """An answer with both cubes free."""
    return (
        '<think></think><answer>[{"new_object_id": "cube_1", "x": 1, "y": 1, "z": 0.5}, '
        '{"new_object_id": "cube_2", "x": 3, "y": 1, "z": 0.5}]</answer>'
    )


@pytest.fixture
def overlapping() -> str:
    """An answer in which the cubes share a quarter of their volume."""
    return (
        '<think></think><answer>[{"new_object_id": "cube_1", "x": 1, "y": 1, "z": 0.5}, '
        '{"new_object_id": "cube_2", "x": 1.75, "y": 1, "z": 0.5}]</answer>'
    )
