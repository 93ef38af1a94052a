"""Numba kernels of the zones in front of doors and windows: what stands in them, and where it could go.

Imported lazily by `spatialenv.core.openings`; see `spatialenv.core.kernels` for what all kernels keep to.
"""

from __future__ import annotations

import math

import numpy as np
from numba import boolean, float64, int64, types

from spatialenv.core.kernels import (
    CORNERS,
    FLOOR_CORNERS,
    IN1,
    IN2,
    IN3,
    LENGTH_SLACK,
    MASK1,
    SUPPORT_TOLERANCE,
    VOLUME_TOLERANCE,
    BoolArray,
    FloatArray,
    IntArray,
    describe,
    extents,
    inside_volume,
    kernel,
    shared_volume,
)

COUNTS = types.Array(int64, 1, "C", readonly=True)


@kernel(float64[:, ::1](IN2, IN2, IN1, MASK1, IN2, IN2, IN1))
def blocked(
    centers: FloatArray,
    sizes: FloatArray,
    yaws: FloatArray,
    is_flat: BoolArray,
    zone_centers: FloatArray,
    zone_sizes: FloatArray,
    zone_yaws: FloatArray,
) -> FloatArray:
    """Return the volume that each box takes of each zone, 0 for rugs that lie flat: ``(n, z)``."""
    n, z = yaws.shape[0], zone_yaws.shape[0]
    shared = np.zeros((n, z))
    boxes, zones = np.empty((n, 8)), np.empty((z, 8))
    p, q = np.empty((CORNERS, 2)), np.empty((CORNERS, 2))
    describe(centers, sizes, yaws, boxes)
    describe(zone_centers, zone_sizes, zone_yaws, zones)
    for i in range(n):
        if is_flat[i]:
            continue
        for j in range(z):
            shared[i, j] = shared_volume(zones[j], boxes[i], p, q)
    return shared


@kernel()
def _is_met(box: FloatArray, low: FloatArray, high: FloatArray, count: int, frame: FloatArray) -> bool:
    """Return whether a box's centre is within reach of one of so many regions."""
    x, y = frame[0] * box[0] + frame[1] * box[1], frame[0] * box[1] - frame[1] * box[0]
    for k in range(count):
        dx = min(max(x, low[k, 0]), high[k, 0]) - x
        dy = min(max(y, low[k, 1]), high[k, 1]) - y
        dz = min(max(box[2], low[k, 2]), high[k, 2]) - box[2]
        if dx * dx + dy * dy + dz * dz <= SUPPORT_TOLERANCE * SUPPORT_TOLERANCE:
            return True
    return False


@kernel()
def _reach(box: FloatArray, x: float, y: float) -> float:
    """Return how far a box reaches from its centre in the direction of a unit vector."""
    return float((abs(box[6] * x + box[7] * y) * box[3] + abs(box[6] * y - box[7] * x) * box[4]) / 2)


@kernel()
def _is_nearer(distance: float, x: float, y: float, best: float, best_x: float, best_y: float) -> bool:
    """Return whether a place is nearer than the best, or as near and further west, or south of it."""
    if abs(distance - best) > LENGTH_SLACK:
        return distance < best
    if abs(x - best_x) > LENGTH_SLACK:
        return x < best_x
    return y < best_y - LENGTH_SLACK


@kernel()
def _places(
    i: int, boxes: FloatArray, n: int, room: FloatArray, floor: FloatArray, grid: FloatArray, pushed: FloatArray
) -> tuple[int, int]:
    """Write the places to try: coordinates into `grid`, points into `pushed`; return how many of each.

    The first `n` of the boxes are objects, the others zones.
    """
    ex, ey = extents(boxes[i])
    x0, y0 = boxes[i, 0], boxes[i, 1]
    grid[0, 0], grid[1, 0], grid[2, 0] = x0, ex, room[0] - ex
    grid[0, 1], grid[1, 1], grid[2, 1] = y0, ey, room[1] - ey
    count, points = 3, 0
    for k in range(floor.shape[0]):
        grid[count, 0], grid[count + 1, 0] = floor[k, 0] - ex, floor[k, 0] + ex
        grid[count, 1], grid[count + 1, 1] = floor[k, 1] - ey, floor[k, 1] + ey
        count += 2
    for j in range(boxes.shape[0]):
        if j == i:
            continue
        fx, fy = extents(boxes[j])
        grid[count, 0], grid[count + 1, 0] = boxes[j, 0] - (fx + ex), boxes[j, 0] + (fx + ex)
        grid[count, 1], grid[count + 1, 1] = boxes[j, 1] - (fy + ey), boxes[j, 1] + (fy + ey)
        count += 2
        for k in range(n, boxes.shape[0]):
            for side in range(4):
                # Along each axis of the zone, to where box i just touches box j.
                c, s = boxes[k, 6], boxes[k, 7]
                x, y = (c, s) if side < 2 else (-s, c)
                away = _reach(boxes[i], x, y) + _reach(boxes[j], x, y)
                step = (boxes[j, 0] - x0) * x + (boxes[j, 1] - y0) * y + (away if side % 2 == 0 else -away)
                pushed[points, 0], pushed[points, 1] = x0 + step * x, y0 + step * y
                points += 1
    return count, points


@kernel(
    types.Tuple((float64, float64, boolean))(
        int64, IN2, IN2, IN1, MASK1, IN2, IN2, IN1, IN1, IN2, IN3, IN3, COUNTS, IN2
    )
)
def free_place(
    i: int,
    centers: FloatArray,
    sizes: FloatArray,
    yaws: FloatArray,
    is_flat: BoolArray,
    zone_centers: FloatArray,
    zone_sizes: FloatArray,
    zone_yaws: FloatArray,
    room: FloatArray,
    floor: FloatArray,
    lows: FloatArray,
    highs: FloatArray,
    counts: IntArray,
    frames: FloatArray,
) -> tuple[float, float, bool]:
    """Return the shortest move along the floor that takes box `i` out of every zone, and whether there is one.

    `lows`, `highs`, `counts` and `frames` are the regions of its relations. What the box breaks there: best
    nothing that it keeps now, then relations, then it may share space with other boxes.
    """
    n, z = yaws.shape[0], zone_yaws.shape[0]
    boxes = np.empty((n + z, 8))
    describe(centers, sizes, yaws, boxes[:n])
    describe(zone_centers, zone_sizes, zone_yaws, boxes[n:])
    p, q = np.empty((FLOOR_CORNERS, 2)), np.empty((FLOOR_CORNERS, 2))
    grid, pushed = np.empty((3 + 2 * (n + z + floor.shape[0]), 2)), np.empty((4 * z * (n + z), 2))
    x0, y0 = boxes[i, 0], boxes[i, 1]
    kept = np.zeros(counts.shape[0], np.bool_)
    for k in range(counts.shape[0]):
        kept[k] = _is_met(boxes[i], lows[k], highs[k], counts[k], frames[k])
    volume = boxes[i, 3] * boxes[i, 4] * boxes[i, 5]
    count, points = _places(i, boxes, n, room, floor, grid, pushed)
    best_rank, best, best_x, best_y = 3, np.inf, x0, y0
    for a in range(count * count + points):
        if a < count * count:
            x, y = grid[a // count, 0], grid[a % count, 1]
        else:
            x, y = pushed[a - count * count]
        distance = math.hypot(x - x0, y - y0)
        if best_rank == 0 and not _is_nearer(distance, x, y, best, best_x, best_y):
            continue
        boxes[i, 0], boxes[i, 1] = x, y
        if volume - inside_volume(boxes[i], room, floor, p, q) > VOLUME_TOLERANCE / 2:
            continue
        rank = 0
        for k in range(kept.shape[0]):
            if kept[k] and not _is_met(boxes[i], lows[k], highs[k], counts[k], frames[k]):
                rank = 1
        for j in range(n + z):
            if j == i or (j < n and is_flat[j]) or rank > best_rank:
                continue
            if shared_volume(boxes[j], boxes[i], p, q) > VOLUME_TOLERANCE / 2:
                rank = max(rank, 2 if j < n else 4)
        if rank > best_rank or rank >= 3:
            continue
        if rank < best_rank or _is_nearer(distance, x, y, best, best_x, best_y):
            best_rank, best, best_x, best_y = rank, distance, x, y
    return best_x - x0, best_y - y0, best_rank < 3
