"""`balance` against shapely's centroids, from the words of its documentation.

Centroids agree within 8 mm where 4 m2 or more are free, and within 32 mm m2 over what is free where it is less; areas
within half a cell along the rims.
"""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import shapely

from spatialenv.core.placed import PlacedScene
from spatialenv.core.score import Transition
from spatialenv.core.usability.balance import free_floor_in
from spatialenv.rewards import make_reward

TOLERANCE = 0.008
STEP, HEIGHT, CELL = 0.05, 1.8, 0.02


def footprints(placed: PlacedScene) -> list[shapely.Polygon]:
    found = []
    for center, size, yaw, item in zip(placed.centers, placed.sizes, placed.yaws, placed.objects, strict=True):
        is_rug = item.is_rug and size[2] <= 0.03
        if is_rug or center[2] - size[2] / 2 >= HEIGHT or center[2] + size[2] / 2 <= STEP:
            found.append(shapely.Polygon())
            continue
        ring = []
        for u, v in ((-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)):
            along, across = u * size[0], v * size[1]
            x = center[0] + along * math.cos(yaw) - across * math.sin(yaw)
            ring.append((x, center[1] + along * math.sin(yaw) + across * math.cos(yaw)))
        found.append(shapely.Polygon(ring))
    return found


def offset(floor: shapely.Polygon, shapes: list[shapely.Polygon]) -> tuple[float, shapely.Geometry]:
    """Return how far the centroid of the free floor is off that of the floor, and the free floor."""
    free = floor.difference(shapely.union_all(shapes))
    return free.centroid.distance(floor.centroid), free


def spread(floor: shapely.Polygon) -> float:
    """Return the root mean square distance from the centroid: of triangles from it, some counting against the rest."""
    total = 0.0
    middle = np.array(floor.centroid.coords[0])
    corners = np.array(floor.exterior.coords) - middle
    for a, b in pairwise(corners):
        signed = (a[0] * b[1] - a[1] * b[0]) / 2
        total += signed * ((a**2).sum() + (b**2).sum() + (a * b).sum()) / 6
    return math.sqrt(total / floor.area)


def test_two_thousand_layouts(random_layouts: list[PlacedScene]) -> None:
    scores = make_reward("balance").batch([Transition.of(placed) for placed in random_layouts])
    inside = make_reward("boundary").batch([Transition.of(placed) for placed in random_layouts])
    askew = 0
    for index, (placed, score, share) in enumerate(zip(random_layouts, scores, inside, strict=True)):
        floor, shapes = shapely.Polygon(placed.room.floor), footprints(placed)
        expected, free = offset(floor, shapes)
        wide = spread(floor)
        # The same error of an area counts for more where less floor is free.
        slack = TOLERANCE * max(1.0, 4.0 / free.area)
        assert abs(score.details["offset"] - expected) <= slack
        assert abs(score.details["free_area"] - free.area) <= CELL / 2 * free.length
        assert abs(score.details["spread"] - wide) <= 1e-9
        assert abs(score.value - max(0.0, 1 - expected / wide) * share.value) <= slack / wide
        askew += expected > 0.2
        if index % 10 == 0:
            added = free_floor_in(placed).added
            for row in range(len(shapes)):
                without, _ = offset(floor, shapes[:row] + shapes[row + 1 :])
                assert abs(added[row] - (expected - without)) <= 2 * slack
    assert askew > 300
