"""Scenes that the renderer tests share."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from spatialenv.core.placed import PlacedScene
from spatialenv.core.room import Room
from spatialenv.core.scene import Scene, SceneObject

ELL = ((0, 0), (6, 0), (6, 2.5), (3, 2.5), (3, 5), (0, 5))
CORNERS: dict[str, tuple[tuple[float, float], ...]] = {
    "L": ELL,
    "L to the north-east": ((3, 0), (6, 0), (6, 5), (0, 5), (0, 2.5), (3, 2.5)),
    "L to the north-west": ((0, 0), (6, 0), (6, 5), (3, 5), (3, 2.5), (0, 2.5)),
    "U": ((0, 0), (6, 0), (6, 5), (4, 5), (4, 2), (2, 2), (2, 5), (0, 5)),
    "T": ((2, 0), (4, 0), (4, 3), (6, 3), (6, 5), (0, 5), (0, 3), (2, 3)),
    "slanted": ((0, 0), (5, 0), (6.2, 2.2), (4.4, 4.8), (0.8, 4.2)),
    "narrow bay": ((0, 0), (6, 0), (6, 4), (3.05, 4), (3.05, 1), (3, 1), (3, 4), (0, 4)),
}

Box = tuple[float, float, float, float, float, float, float]


def place_boxes(boxes: dict[str, Box], room: Room) -> PlacedScene:
    """Place boxes ``(x, y, z, length, width, height, yaw in degrees)``."""
    objects = tuple(SceneObject(id=key, category="box", size=box[3:6]) for key, box in boxes.items())
    poses = {key: (*box[:3], math.radians(box[6])) for key, box in boxes.items()}
    return Scene(room=room, objects=objects).place(poses)


@pytest.fixture(scope="session")
def place() -> Callable[[dict[str, Box], Room], PlacedScene]:
    """`place_boxes`."""
    return place_boxes


@pytest.fixture(scope="session", params=sorted(CORNERS))
def polygon_room(request: pytest.FixtureRequest) -> Room:
    """Rooms that are no rectangles."""
    return Room.polygon(CORNERS[request.param], 2.6)


@pytest.fixture(scope="session")
def scatter() -> Callable[..., PlacedScene]:
    """A function that makes a random scene of `n` boxes from a seed; some stick out of the room."""

    def make(seed: int, n: int, room: Room | None = None, name: str = "object") -> PlacedScene:
        rng = np.random.default_rng(seed)
        room = room or Room.rectangle(float(rng.uniform(2, 9)), float(rng.uniform(2, 9)), float(rng.uniform(2, 4)))
        boxes = {}
        for i in range(n):
            length, width, height = (float(v) for v in rng.uniform(0.2, 1.6, 3))
            x, y = float(rng.uniform(-0.3, room.length + 0.3)), float(rng.uniform(-0.3, room.width + 0.3))
            z = height / 2 + float(rng.choice([0.0, 0.0, 0.7]))
            boxes[f"{name}_{i}"] = (x, y, z, length, width, height, float(rng.uniform(0, 360)))
        return place_boxes(boxes, room)

    return make
