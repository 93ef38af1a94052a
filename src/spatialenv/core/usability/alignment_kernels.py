"""Numba kernels of alignment: how far boxes are turned from the nearest wall and from each other.

Imported lazily by `spatialenv.core.usability.alignment`; see `spatialenv.core.kernels` for what all kernels keep to.
"""

from __future__ import annotations

import math

import numpy as np
from numba import float64, types

from spatialenv.core.kernels import (
    COUNT1,
    IN2,
    IN3,
    MASK2,
    QUARTER_TURN,
    BoolArray,
    FloatArray,
    IntArray,
    describe,
    extents,
    footprint_gap,
    kernel,
)
from spatialenv.core.usability.arrangement_kernels import footprint_distance

TOLERANCE = math.radians(2.0)
"""Angle in radians up to which two directions count as parallel, or as perpendicular."""

SCALE = math.radians(45.0)
"""Angle in radians at which the score has fallen to 0; no two directions are farther from both."""

NEIGHBOURHOOD = 1.0
"""Metres between footprints up to which two boxes are neighbours."""

TIE = 1e-9
"""Metres by which two walls may differ in distance and both be the nearest."""


@kernel()
def _turn_between(box: FloatArray, other: FloatArray) -> float:
    """Return the smallest turn of a box, in radians, that makes it parallel or perpendicular to another."""
    c, s = box[6] * other[6] + box[7] * other[7], box[6] * other[7] - box[7] * other[6]
    angle = math.atan2(s, c)
    return float(angle - QUARTER_TURN * math.floor(angle / QUARTER_TURN + 0.5))


@kernel()
def _alignment(turn: float) -> float:
    """Return 1 up to the tolerance, falling linearly to 0."""
    return float(min(1.0, max(0.0, (SCALE - abs(turn)) / (SCALE - TOLERANCE))))


@kernel()
def _to_nearest_wall(box: FloatArray, walls: FloatArray, count: int) -> float:
    """Return the smallest turn that aligns a box with the nearest wall; of walls as near, the one that asks least."""
    best, nearest = 0.0, np.inf
    for k in range(count):
        if footprint_gap(box, walls[k]) > nearest + TIE:
            continue
        distance, turn = footprint_distance(box, walls[k]), _turn_between(box, walls[k])
        if distance < nearest - TIE or (distance <= nearest + TIE and abs(turn) < abs(best)):
            best = turn
        nearest = min(nearest, distance)
    return float(best)


@kernel()
def _write_walls(room: FloatArray, floor: FloatArray, corners: int, walls: FloatArray) -> int:
    """Write the walls as boxes of no width; return how many. Those of a rectangle are all as good as one."""
    walls[:] = 0.0
    if corners == 0:
        walls[0, 0], walls[0, 3], walls[0, 6] = room[0] / 2, room[0], 1.0
        return 1
    for k in range(corners):
        m = k + 1 if k + 1 < corners else 0
        dx, dy = floor[m, 0] - floor[k, 0], floor[m, 1] - floor[k, 1]
        length = math.sqrt(dx * dx + dy * dy)
        walls[k, 0], walls[k, 1] = floor[k, 0] + dx / 2, floor[k, 1] + dy / 2
        walls[k, 3], walls[k, 6], walls[k, 7] = length, dx / length, dy / length
    return corners


@kernel(types.UniTuple(float64[:, ::1], 2)(IN3, IN3, IN2, MASK2, IN2, IN3, COUNT1))
def alignments(
    centers: FloatArray,
    sizes: FloatArray,
    yaws: FloatArray,
    mask: BoolArray,
    rooms: FloatArray,
    floors: FloatArray,
    corners: IntArray,
) -> tuple[FloatArray, FloatArray]:
    """Return how well each box is aligned, and the turn that aligns it with the nearest wall: ``(b, n)`` each.

    Boxes that are masked have 1 and 0, and are no neighbours.
    """
    batch, n = yaws.shape
    values, turns = np.ones((batch, n)), np.zeros((batch, n))
    boxes, walls = np.empty((n, 8)), np.empty((max(1, floors.shape[1]), 8))
    rows, west = np.empty(n, np.int64), np.empty(n)
    to_wall, sums, counts = np.empty(n), np.empty(n), np.empty(n)
    for k in range(batch):
        describe(centers[k], sizes[k], yaws[k], boxes)
        walled = _write_walls(rooms[k], floors[k], corners[k], walls)
        present = 0
        for i in range(n):
            if mask[k, i]:
                turns[k, i] = _to_nearest_wall(boxes[i], walls, walled)
                to_wall[i], sums[i], counts[i] = _alignment(turns[k, i]), 0.0, 0.0
                rows[present], west[present] = i, boxes[i, 0] - extents(boxes[i])[0]
                present += 1
        order = np.argsort(west[:present])
        for a in range(present):
            i = rows[order[a]]
            ex, ey = extents(boxes[i])
            east = boxes[i, 0] + ex + NEIGHBOURHOOD
            for b in range(a + 1, present):
                if west[order[b]] > east:
                    break
                j = rows[order[b]]
                if abs(boxes[j, 1] - boxes[i, 1]) > ey + extents(boxes[j])[1] + NEIGHBOURHOOD:
                    continue
                if footprint_distance(boxes[i], boxes[j]) > NEIGHBOURHOOD:
                    continue
                pair = _alignment(_turn_between(boxes[i], boxes[j]))
                pair = max(pair, min(to_wall[i], to_wall[j]))
                sums[i] += pair
                sums[j] += pair
                counts[i] += 1.0
                counts[j] += 1.0
        for a in range(present):
            i = rows[a]
            values[k, i] = to_wall[i] if counts[i] == 0.0 else (to_wall[i] + sums[i] / counts[i]) / 2
    return values, turns
