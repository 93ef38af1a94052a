"""Random rooms and layouts that the oracles judge."""

from __future__ import annotations

import math

import numpy as np
import pytest

from spatialenv.core.layout import Layout, Pose
from spatialenv.core.placed import PlacedScene
from spatialenv.core.room import Opening, Room
from spatialenv.core.scene import Scene, SceneObject

CORNERS = ((0, 0), (1, 0), (1, 1), (0, 1))


def draw_room(rng: np.random.Generator) -> Room:
    """Return a rectangle, some corners of which are cut off, askew or upright, with up to three openings."""
    length, width, height = rng.uniform((3, 3, 2.2), (8, 8, 3.2)).tolist()
    corners: list[tuple[float, float]] = []
    for index, (i, j) in enumerate(CORNERS):
        x, y = i * length, j * width
        cut = rng.choice(["none", "none", "askew", "upright"])
        inner_x = x + rng.uniform(0.3, 1.2) * (1 - 2 * i)
        inner_y = y + rng.uniform(0.3, 1.2) * (1 - 2 * j)
        ends = [(x, inner_y), (inner_x, y)] if index % 2 == 0 else [(inner_x, y), (x, inner_y)]
        corners += (
            [(x, y)] if cut == "none" else [ends[0], *([(inner_x, inner_y)] if cut == "upright" else []), ends[1]]
        )
    plain = Room.polygon(corners, height)
    openings = []
    walls = [wall for wall in plain.wall_lines if wall.length > 1.2]
    for index in rng.permutation(len(walls))[: rng.integers(0, 4)].tolist():
        wall = walls[index]
        opening_width = float(rng.uniform(0.5, 1.0))
        offset = float(rng.uniform(0, wall.length - opening_width))
        if rng.random() < 0.6:
            swing = rng.choice(["in", "out", "none"])
            openings.append(Opening("door", wall.name, offset, opening_width, 2.0, 0.0, swing))
        else:
            openings.append(Opening("window", wall.name, offset, opening_width, 1.0, 0.8))
    return Room(plain.floor, height, tuple(openings))


def draw_layout(rng: np.random.Generator, room: Room, most: int = 12) -> PlacedScene:
    """Return boxes anywhere in the room's bounding box and a little around, half of them turned freely."""
    objects, poses = [], []
    for i in range(int(rng.integers(1, most + 1))):
        name, is_rug = f"object_{i}", rng.random() < 0.1
        size = (*rng.uniform(0.2, 1.6, 2).tolist(), 0.02 if is_rug else float(rng.uniform(0.2, 2.0)))
        targets = ["middle of the room", *room.walls, *(f"object_{k}" for k in range(i))]
        facing = str(rng.choice(targets)) if rng.random() < 0.5 else None
        objects.append(SceneObject(name, "box", size, facing=facing, is_rug=is_rug, on_floor=bool(rng.random() < 0.8)))
        x, y = rng.uniform(-0.3, (room.length + 0.3, room.width + 0.3)).tolist()
        z = size[2] / 2 if rng.random() < 0.7 else float(rng.uniform(0, room.height))
        quarter = int(rng.integers(4)) * math.pi / 2
        yaw = float(rng.uniform(-4, 4)) if rng.random() < 0.5 else quarter
        poses.append((name, Pose(x, y, z, yaw)))
    return Scene(room, tuple(objects)).place(Layout(tuple(poses)))


@pytest.fixture(scope="session")
def random_layouts() -> list[PlacedScene]:
    """2,000 layouts in 2,000 rooms of all shapes, with doors, windows, rugs and things that hang in the air."""
    rng = np.random.default_rng(20261121)
    return [draw_layout(rng, draw_room(rng)) for _ in range(2000)]
