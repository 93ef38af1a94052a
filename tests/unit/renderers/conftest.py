"""Scenes that the renderer tests share."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from spatialenv.core.placed import FloatArray, PlacedScene
from spatialenv.core.room import Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.renderers.base import NOTHING, ROOM, Channel, Frames, Renderer, check_request
from spatialenv.renderers.camera import VIEWS, CameraSpec

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


class SlabRenderer(Renderer):
    """Draws boxes and the floor by solving every ray against every box: slow, and knows nothing of meshes."""

    name = "slabs"
    version = "slabs-1"

    def render(
        self,
        placed: PlacedScene,
        cameras: Sequence[CameraSpec] = VIEWS,
        size: tuple[int, int] = (256, 256),
        *,
        channels: Sequence[Channel] = (),
    ) -> Frames:
        request = check_request(placed, cameras, size, channels)
        views, depths, ids = {}, {}, {}
        for camera in request.cameras:
            starts, ways = camera.rays()
            far, owner = floor_distance(starts, ways, placed.room), np.full(starts.shape[:2], NOTHING, np.int32)
            owner[np.isfinite(far)] = ROOM
            for i in range(len(placed.ids)):
                enters = box_distance(starts, ways, placed.centers[i], placed.sizes[i], float(placed.yaws[i]))
                owner[enters < far] = i
                far = np.minimum(far, enters)
            colours = np.array([(200, 180, 160), (250, 250, 250), *((60 + 5 * i, 90, 140) for i in range(40))])
            views[camera.name] = colours[owner + 2].astype(np.uint8)
            with np.errstate(invalid="ignore"):
                depths[camera.name] = (far * (ways @ camera.ahead)).astype(np.float32)
            ids[camera.name] = owner
        return Frames(views, {camera.name: camera for camera in request.cameras}, depths, ids)

    @staticmethod
    def box_distance(
        starts: FloatArray, ways: FloatArray, center: FloatArray, size: FloatArray, yaw: float
    ) -> FloatArray:
        return box_distance(starts, ways, center, size, yaw)


def floor_distance(starts: FloatArray, ways: FloatArray, room: Room) -> FloatArray:
    """Return how far along rays a rectangular floor is, inf where they miss it."""
    with np.errstate(divide="ignore", invalid="ignore"):
        far = -starts[..., 2] / ways[..., 2]
        hits = starts + far[..., None] * ways
    inside = (hits[..., 0] >= 0) & (hits[..., 0] <= room.length) & (hits[..., 1] >= 0) & (hits[..., 1] <= room.width)
    return np.where((far > 0) & inside, far, np.inf)


def box_distance(starts: FloatArray, ways: FloatArray, center: FloatArray, size: FloatArray, yaw: float) -> FloatArray:
    """Return how far along rays a box begins, inf where they miss it."""
    turn = np.array([[math.cos(yaw), math.sin(yaw), 0], [-math.sin(yaw), math.cos(yaw), 0], [0, 0, 1]])
    origin, way = (starts - center) @ turn.T, ways @ turn.T
    with np.errstate(divide="ignore", invalid="ignore"):
        low, high = (-size / 2 - origin) / way, (size / 2 - origin) / way
    enters, leaves = np.fmin(low, high).max(axis=-1), np.fmax(low, high).min(axis=-1)
    return np.where((enters <= leaves) & (enters > 0), enters, np.inf)


@pytest.fixture(scope="session")
def slabs() -> SlabRenderer:
    """A renderer of boxes that shares nothing with `fast`."""
    return SlabRenderer()
