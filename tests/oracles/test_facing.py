"""`facing` against a search over turned rays with shapely: the turn within a step of the search."""

from __future__ import annotations

import math

import numpy as np
import shapely

from spatialenv.core.placed import PlacedScene
from spatialenv.core.score import Transition
from spatialenv.rewards import make_reward

STEP = math.radians(0.5)
TOLERANCE = 0.0075
"""Of the score: a step of the search is 0.5 degrees, and 85 degrees are the whole range."""


def looks_at(placed: PlacedScene, row: int, target: str, yaw: float) -> bool:
    """Whether a ray from the object's centre along its front, at that yaw, meets the target."""
    x, y = placed.centers[row, :2].tolist()
    ray = shapely.LineString([(x, y), (x - 100 * math.sin(yaw), y + 100 * math.cos(yaw))])
    k = placed.ids.index(target)
    cx, cy, (length, width, _), turn = *placed.centers[k, :2].tolist(), placed.sizes[k].tolist(), float(placed.yaws[k])
    c, s = math.cos(turn), math.sin(turn)
    corners = [
        (cx + c * u - s * v, cy + s * u + c * v)
        for u, v in (
            (-length / 2, -width / 2),
            (length / 2, -width / 2),
            (length / 2, width / 2),
            (-length / 2, width / 2),
        )
    ]
    return bool(shapely.Polygon(corners).intersects(ray))


def off_by(placed: PlacedScene, row: int, target: str) -> float:
    """Return the least turn in radians after which the object looks at its target."""
    yaw = float(placed.yaws[row])
    if target in placed.ids:
        for k in range(int(math.pi / STEP) + 1):
            if looks_at(placed, row, target, yaw + k * STEP) or looks_at(placed, row, target, yaw - k * STEP):
                return k * STEP
        return math.pi
    front = np.array((-math.sin(yaw), math.cos(yaw)))
    if target == "middle of the room":
        wanted = np.array((placed.room.length, placed.room.width)) / 2 - placed.centers[row, :2]
    else:
        floor, walls = placed.room.floor, placed.room.walls
        i = walls.index(target)
        (ax, ay), (bx, by) = floor[i], floor[(i + 1) % len(floor)]
        wanted = np.array((by - ay, ax - bx))  # outwards: the floor runs counter-clockwise
    return math.acos(float(np.clip(front @ wanted / np.linalg.norm(wanted), -1, 1)))


def test_two_thousand_layouts(random_layouts: list[PlacedScene]) -> None:
    scores = make_reward("facing").batch([Transition.of(placed) for placed in random_layouts])
    asked, off = 0, 0
    rng = np.random.default_rng(1)
    for placed, score in zip(random_layouts, scores, strict=True):
        assert score.per_object is not None
        rows = [row for row, item in enumerate(placed.objects) if item.facing is not None]
        for row in rng.permutation(rows)[:1].tolist():
            item = placed.objects[row]
            excess = math.degrees(off_by(placed, row, str(item.facing))) - 5.0
            expected = min(1.0, max(0.0, 1.0 - excess / 85.0))
            assert abs(float(score.per_object[row]) - expected) <= TOLERANCE
            asked += 1
            off += expected < 1.0
        free = [row for row, item in enumerate(placed.objects) if item.facing is None]
        assert all(float(score.per_object[row]) == 1.0 for row in free)
    assert asked > 1500
    assert off > 800
