"""`clearance` against shapely, from the words of its documentation: within 1e-9."""

from __future__ import annotations

import math

import numpy as np
import shapely
from shapely import affinity

from spatialenv.core.placed import PlacedScene
from spatialenv.core.score import Transition
from spatialenv.rewards import make_reward

TOLERANCE = 1e-9
PASSAGE, REACH = 0.6, 0.3


def footprint(center: list[float], size: list[float], yaw: float) -> shapely.Polygon:
    box = shapely.box(-size[0] / 2, -size[1] / 2, size[0] / 2, size[1] / 2)
    return affinity.translate(affinity.rotate(box, yaw, origin=(0, 0), use_radians=True), center[0], center[1])


def zones(placed: PlacedScene) -> list[tuple[shapely.Polygon, float, float]]:
    """Return each opening's zone: its floor, and from which to which height."""
    found = []
    floor = placed.room.floor
    names = [f"wall_{i}" for i in range(len(floor))]
    compass = ["south_wall", "east_wall", "north_wall", "west_wall"]
    for opening in placed.room.openings:
        i = names.index(opening.wall) if opening.wall in names else compass.index(opening.wall)
        (ax, ay), (bx, by) = floor[i], floor[(i + 1) % len(floor)]
        length = math.dist((ax, ay), (bx, by))
        ux, uy = (bx - ax) / length, (by - ay) / length
        depth = REACH
        if opening.kind == "door":
            depth = opening.width if opening.swing == "in" else PASSAGE
        corners = []
        for along, into in ((0, 0), (1, 0), (1, 1), (0, 1)):
            s, d = opening.offset + along * opening.width, into * depth
            corners.append((ax + s * ux - d * uy, ay + s * uy + d * ux))
        found.append((shapely.Polygon(corners), opening.sill, opening.sill + opening.height))
    return found


def clearance(placed: PlacedScene) -> list[float]:
    values = []
    for item, center, size, yaw in zip(placed.objects, placed.centers, placed.sizes, placed.yaws, strict=True):
        worst = 0.0
        if not (item.is_rug and item.size[2] <= 0.03):
            low, high = center[2] - size[2] / 2, center[2] + size[2] / 2
            for zone, bottom, top in zones(placed):
                tall = max(0.0, min(high, top) - max(low, bottom))
                shared = footprint(center.tolist(), size.tolist(), float(yaw)).intersection(zone).area * tall
                worst = max(worst, shared / min(float(size.prod()), zone.area * (top - bottom)))
        values.append(1.0 - worst)
    return values


def test_two_thousand_layouts(random_layouts: list[PlacedScene]) -> None:
    scores = make_reward("clearance").batch([Transition.of(placed) for placed in random_layouts])
    blocked = 0
    for placed, score in zip(random_layouts, scores, strict=True):
        expected = clearance(placed)
        np.testing.assert_allclose(score.per_object, expected, rtol=0, atol=TOLERANCE)
        blocked += sum(value < 1 for value in expected)
    assert blocked > 900
