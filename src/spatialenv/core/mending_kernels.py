"""Numba kernels that mend a layout: where boxes should go so that none shares space or leaves the room.

Imported lazily by `spatialenv.core.violations`; see `spatialenv.core.kernels` for what all kernels keep to.
"""

from __future__ import annotations

import numpy as np
from numba import float64, int64, types

from spatialenv.core.kernels import (
    FLOOR_CORNERS,
    IN1,
    IN2,
    LENGTH_SLACK,
    MASK1,
    SUPPORT_TOLERANCE,
    VOLUME_TOLERANCE,
    BoolArray,
    FloatArray,
    IntArray,
    describe,
    extents,
    floor_rise,
    footprint_gap,
    inside_volume,
    kernel,
    shared_volume,
)


@kernel()
def _is_free(i: int, tolerance: float, boxes: FloatArray, obstacles: BoolArray, p: FloatArray, q: FloatArray) -> bool:
    """Return whether box `i` shares at most `tolerance` with each obstacle."""
    for j in range(boxes.shape[0]):
        if not obstacles[j] or footprint_gap(boxes[j], boxes[i]) >= 0.0:
            continue
        if shared_volume(boxes[j], boxes[i], p, q) > tolerance:
            return False
    return True


@kernel()
def _due_height(
    i: int, on_floor: bool, boxes: FloatArray, is_flat: BoolArray, room: FloatArray, p: FloatArray, q: FloatArray
) -> float:
    """Return the height at which box `i` should be: its own, unless it leaves the floor or the room."""
    z, half = boxes[i, 2], boxes[i, 5] / 2
    if on_floor:
        rise = floor_rise(i, boxes, is_flat, p, q)
        slack = SUPPORT_TOLERANCE + LENGTH_SLACK
        return float(z if half - slack <= z <= half + rise + slack else half)
    if z < half - LENGTH_SLACK:
        return float(half)
    return float(min(z, room[2] - half) if z > room[2] - half + LENGTH_SLACK else z)


@kernel()
def _nearest_place(
    i: int,
    z: float,
    on_floor: bool,
    boxes: FloatArray,
    obstacles: BoolArray,
    room: FloatArray,
    floor: FloatArray,
    places: FloatArray,
    p: FloatArray,
    q: FloatArray,
) -> bool:
    """Move box `i` to its nearest free place at height `z`; return whether there is one.

    The nearest place by ``|dx| + |dy| + |dz|`` keeps each coordinate or is flush with a wall or an obstacle on
    it, so these are tried. Objects off the floor may also go on top of, or under, an obstacle.
    """
    ex, ey = extents(boxes[i])
    ez = boxes[i, 5] / 2
    x0, y0, z0 = boxes[i, 0], boxes[i, 1], boxes[i, 2]
    places[0, 0], places[1, 0], places[2, 0] = x0, ex, room[0] - ex
    places[0, 1], places[1, 1], places[2, 1] = y0, ey, room[1] - ey
    places[0, 2] = z
    count, levels = 3, 1
    for j in range(boxes.shape[0]):
        if not obstacles[j]:
            continue
        fx, fy = extents(boxes[j])
        places[count, 0], places[count + 1, 0] = boxes[j, 0] - (fx + ex), boxes[j, 0] + (fx + ex)
        places[count, 1], places[count + 1, 1] = boxes[j, 1] - (fy + ey), boxes[j, 1] + (fy + ey)
        count += 2
        if not on_floor:
            fz = boxes[j, 5] / 2
            places[levels, 2], places[levels + 1, 2] = boxes[j, 2] + (fz + ez), boxes[j, 2] - (fz + ez)
            levels += 2
    best, best_axes = np.inf, 0
    best_x, best_y, best_z = x0, y0, z0
    for a in range(levels):
        z = places[a, 2]
        if z < ez - LENGTH_SLACK or z > room[2] - ez + LENGTH_SLACK:
            continue
        for b in range(count):
            x = places[b, 0]
            if x < ex - LENGTH_SLACK or x > room[0] - ex + LENGTH_SLACK:
                continue
            if abs(z - z0) + abs(x - x0) > best + LENGTH_SLACK:
                continue
            for d in range(count):
                y = places[d, 1]
                if y < ey - LENGTH_SLACK or y > room[1] - ey + LENGTH_SLACK:
                    continue
                distance = abs(z - z0) + abs(x - x0) + abs(y - y0)
                if distance > best + LENGTH_SLACK:
                    continue
                axes = (x != x0) + (y != y0) + (z != z0)
                is_tie = distance >= best - LENGTH_SLACK
                if is_tie and (axes, x, y, z) >= (best_axes, best_x, best_y, best_z):
                    continue
                boxes[i, 0], boxes[i, 1], boxes[i, 2] = x, y, z
                volume = boxes[i, 3] * boxes[i, 4] * boxes[i, 5]
                if (
                    floor.shape[0] > 0
                    and volume - inside_volume(boxes[i], room, floor, floor.shape[0], p, q) > VOLUME_TOLERANCE / 2
                ):
                    continue
                if _is_free(i, VOLUME_TOLERANCE / 2, boxes, obstacles, p, q):
                    best, best_axes = distance, axes
                    best_x, best_y, best_z = x, y, z
    boxes[i, 0], boxes[i, 1], boxes[i, 2] = best_x, best_y, best_z
    return best < np.inf


@kernel(types.Tuple((float64[:, ::1], int64[::1]))(IN2, IN2, IN1, MASK1, MASK1, IN1, IN2))
def mend(
    centers: FloatArray,
    sizes: FloatArray,
    yaws: FloatArray,
    on_floor: BoolArray,
    is_flat: BoolArray,
    room: FloatArray,
    floor: FloatArray,
) -> tuple[FloatArray, IntArray]:
    """Return where boxes should go ``(n, 3)`` and whether each stays 0, moves 1 or has no place -1.

    First, in order, each box that needs no move is settled where it is. Then, in order, the others go to their
    nearest places free of all that are settled; one without such a place stays, and is in the way.
    """
    n = yaws.shape[0]
    fate, heights = np.zeros(n, np.int64), np.empty(n)
    obstacles, nothing = np.zeros(n, np.bool_), np.zeros(n, np.bool_)
    boxes, places = np.empty((n, 8)), np.empty((2 * n + 3, 3))
    p, q = np.empty((FLOOR_CORNERS, 2)), np.empty((FLOOR_CORNERS, 2))
    describe(centers, sizes, yaws, boxes)
    volumes = sizes[:, 0] * sizes[:, 1] * sizes[:, 2]
    for i in range(n):
        heights[i] = _due_height(i, on_floor[i], boxes, is_flat, room, p, q)
        is_outside = volumes[i] - inside_volume(boxes[i], room, floor, floor.shape[0], p, q) > VOLUME_TOLERANCE
        around = nothing if is_flat[i] else obstacles
        if heights[i] != centers[i, 2] or is_outside or not _is_free(i, VOLUME_TOLERANCE, boxes, around, p, q):
            fate[i] = 1
        else:
            obstacles[i] = not is_flat[i]
    for i in range(n):
        if fate[i] == 0:
            continue
        around = nothing if is_flat[i] else obstacles
        boxes[i, 2] = heights[i]
        is_outside = volumes[i] - inside_volume(boxes[i], room, floor, floor.shape[0], p, q) > VOLUME_TOLERANCE / 2
        if is_outside or not _is_free(i, VOLUME_TOLERANCE / 2, boxes, around, p, q):
            boxes[i, 2] = centers[i, 2]
            height = sizes[i, 2] / 2 if on_floor[i] else heights[i]
            if not _nearest_place(i, height, on_floor[i], boxes, around, room, floor, places, p, q):
                fate[i] = -1
        obstacles[i] = not is_flat[i]
    return boxes[:, :3].copy(), fate
