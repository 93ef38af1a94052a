"""Numba kernels of the zones beside boxes: what of them is free.

Imported lazily by `spatialenv.core.usability.access`; see `spatialenv.core.kernels` for what all kernels keep to.

A zone lies along one side of a box; `strip_kernels` measures what is free of it once everything in the way is given in
the side's own coordinates.
"""

from __future__ import annotations

import numpy as np
from numba import boolean, float64, int64, types

from spatialenv.core.kernels import (
    COUNT1,
    IN2,
    IN3,
    MASK2,
    BoolArray,
    FloatArray,
    IntArray,
    describe,
    extents,
    kernel,
)
from spatialenv.core.usability.strip_kernels import CROSSING_LIMIT, ROUNDING, free_beside

MASK3 = types.Array(boolean, 3, "C", readonly=True)
COUNT2 = types.Array(int64, 2, "C", readonly=True)

REACH = 2.0
"""Metres above the floor up to which a zone must be free."""

HEIGHT_SLACK = 0.01
"""Metres of height that a box may share with a zone without being in its way."""

FLOATING = 0.5
"""Metres above or below the floor from which on a box that must stand there is of no use."""


@kernel()
def _beside(side: int, x: float, y: float, length: float, width: float, offset: float) -> tuple[float, float]:
    """Return a point, given in a box's axes, in coordinates along and away from a side's zone."""
    if side == 0:
        return x + length / 2, y - width / 2 - offset
    if side == 1:
        return length / 2 - x, -y - width / 2 - offset
    if side == 2:
        return y + width / 2, -x - length / 2 - offset
    return width / 2 - y, x - length / 2 - offset


@kernel()
def _is_off_floor(floor: FloatArray, corners: int, x: float, y: float) -> bool:
    """Return whether a point is outside a floor."""
    is_off = True
    for k in range(corners):
        m = k + 1 if k + 1 < corners else 0
        if (floor[k, 1] <= y) != (floor[m, 1] <= y):
            share = (y - floor[k, 1]) / (floor[m, 1] - floor[k, 1])
            if x < floor[k, 0] + share * (floor[m, 0] - floor[k, 0]):
                is_off = not is_off
    return is_off


@kernel()
def _floor_beside(
    side: int,
    box: FloatArray,
    offset: float,
    width: float,
    depth: float,
    floor: FloatArray,
    corners: int,
    walls: FloatArray,
) -> int:
    """Write the floor in coordinates of a zone; return how many corners, 0 where the zone is wholly on the floor."""
    c, s = box[6], box[7]
    for k in range(corners):
        dx, dy = floor[k, 0] - box[0], floor[k, 1] - box[1]
        walls[k, 0], walls[k, 1] = _beside(side, c * dx + s * dy, c * dy - s * dx, box[3], box[4], offset)
    for k in range(corners):
        m = k + 1 if k + 1 < corners else 0
        is_apart = max(walls[k, 0], walls[m, 0]) <= 0.0 or min(walls[k, 0], walls[m, 0]) >= width
        if not (is_apart or max(walls[k, 1], walls[m, 1]) <= 0.0 or min(walls[k, 1], walls[m, 1]) >= depth):
            return corners
    return corners if _is_off_floor(walls, corners, width / 2, depth / 2) else 0


@kernel()
def _near(
    i: int,
    reach: float,
    boxes: FloatArray,
    order: IntArray,
    spans: FloatArray,
    widest: float,
    obstacles: BoolArray,
    near: IntArray,
) -> int:
    """Write which obstacles may be within `reach` of box `i`; return how many.

    `order` sorts the boxes by the west of their bounding rectangles, rows ``west, east, south, north`` of `spans`.
    """
    west, east = spans[i, 0] - reach, spans[i, 1] + reach
    south, north = spans[i, 2] - reach, spans[i, 3] + reach
    n = order.shape[0]
    low, high = 0, n
    while low < high:  # the first that could reach as far as `west`
        middle = (low + high) // 2
        if spans[order[middle], 0] < west - widest:
            low = middle + 1
        else:
            high = middle
    count = 0
    for place in range(low, n):
        j = order[place]
        if spans[j, 0] > east:
            break
        if spans[j, 1] >= west and spans[j, 2] <= north and spans[j, 3] >= south and obstacles[j] and j != i:
            near[count] = j
            count += 1
    return count


@kernel()
def _holds_centre(box: FloatArray, other: FloatArray) -> bool:
    """Return whether the centre of `other` is inside a box."""
    dx, dy = other[0] - box[0], other[1] - box[1]
    is_within = abs(box[6] * dx + box[7] * dy) < box[3] / 2 and abs(box[6] * dy - box[7] * dx) < box[4] / 2
    return bool(is_within and abs(other[2] - box[2]) < box[5] / 2)


@kernel(
    types.Tuple((float64[:, :, ::1], boolean[:, ::1]))(
        IN3, IN3, IN2, MASK2, IN2, IN3, COUNT1, MASK3, IN3, float64, boolean, boolean, MASK2, MASK2, COUNT2, COUNT2
    )
)
def free_sides(
    centers: FloatArray,
    sizes: FloatArray,
    yaws: FloatArray,
    mask: BoolArray,
    rooms: FloatArray,
    floors: FloatArray,
    corners: IntArray,
    sides: BoolArray,
    depths: FloatArray,
    offset: float,
    is_area: bool,
    if_usable: bool,
    on_floor: BoolArray,
    obstacles: BoolArray,
    groups: IntArray,
    partners: IntArray,
) -> tuple[FloatArray, BoolArray]:
    """Return what is free beside the asked sides of each box, NaN for others, and whether each box can be used.

    With `if_usable`, boxes that cannot be used have NaN as well.

    In metres of depth up to the first thing, or as a share of the zone's area where `is_area`: ``(b, n, 4)``. A box
    can be used unless its centre is off the floor or in another box, all of it is out of reach, or it must stand on
    the floor and floats or sinks by `FLOATING`: ``(b, n)``.
    """
    batch, n = yaws.shape
    room_for = max(4, floors.shape[1])
    free, usable = np.full((batch, n, 4), np.nan), np.zeros((batch, n), np.bool_)
    boxes, spans = np.empty((n, 8)), np.empty((n, 4))
    is_obstacle = np.zeros(n, np.bool_)
    near, quads = np.empty(n, np.int64), np.empty((n, 4, 2))
    floor, walls = np.empty((room_for, 2)), np.empty((room_for, 2))
    ends, blocks = np.empty(4 * n + room_for + 2), np.empty((n + room_for, 4))
    cuts = np.empty(2 * CROSSING_LIMIT * (2 * CROSSING_LIMIT + 2) + 1)
    stacked, lines = np.empty(n + room_for, np.int64), np.empty((room_for + 1, 2))
    for k in range(batch):
        describe(centers[k], sizes[k], yaws[k], boxes)
        widest, count = 0.0, corners[k]
        for j in range(n):
            ex, ey = extents(boxes[j])
            spans[j, 0], spans[j, 1] = boxes[j, 0] - ex, boxes[j, 0] + ex
            spans[j, 2], spans[j, 3] = boxes[j, 1] - ey, boxes[j, 1] + ey
            is_obstacle[j] = mask[k, j] and obstacles[k, j]
            if is_obstacle[j]:
                widest = max(widest, 2 * ex)
        order = np.argsort(spans[:, 0])
        if count > 0:
            floor[:count] = floors[k, :count]
        else:
            count = 4
            floor[0, 0], floor[0, 1] = 0.0, 0.0
            floor[1, 0], floor[1, 1] = rooms[k, 0], 0.0
            floor[2, 0], floor[2, 1] = rooms[k, 0], rooms[k, 1]
            floor[3, 0], floor[3, 1] = 0.0, rooms[k, 1]
        for i in range(n):
            if not mask[k, i]:
                continue
            box, reach = boxes[i], 0.0
            for side in range(4):
                if sides[k, i, side]:
                    reach = max(reach, depths[k, i, side] + offset)
            bottom, top = box[2] - box[5] / 2, box[2] + box[5] / 2
            usable[k, i] = bottom < REACH and top > 0.0 and box[2] < rooms[k, 2]
            usable[k, i] &= not _is_off_floor(floor, count, box[0], box[1])
            usable[k, i] &= not on_floor[k, i] or abs(bottom) < FLOATING
            low = 0.0 if on_floor[k, i] else max(0.0, bottom)
            high = min(top, REACH)
            nearby = 0
            for m in range(_near(i, reach, boxes, order, spans, widest, is_obstacle, near)):
                j = near[m]
                if groups[k, j] & partners[k, i]:
                    continue
                if _holds_centre(boxes[j], box):
                    usable[k, i] = False
                shared = min(high, boxes[j, 2] + boxes[j, 5] / 2) - max(low, boxes[j, 2] - boxes[j, 5] / 2)
                if shared > HEIGHT_SLACK:
                    near[nearby] = j
                    nearby += 1
            for side in range(4):
                if not sides[k, i, side] or (if_usable and not usable[k, i]):
                    continue
                width = box[3] if side < 2 else box[4]
                depth = depths[k, i, side]
                if width <= 0.0 or depth <= 0.0:
                    free[k, i, side] = 1.0 if is_area else depth
                    continue
                in_way = 0
                for m in range(nearby):
                    other = boxes[near[m]]
                    dx, dy = other[0] - box[0], other[1] - box[1]
                    x, y = box[6] * dx + box[7] * dy, box[6] * dy - box[7] * dx
                    c, s = box[6] * other[6] + box[7] * other[7], box[6] * other[7] - box[7] * other[6]
                    along, away = _beside(side, x, y, box[3], box[4], offset)
                    ex, ey = (abs(c) * other[3] + abs(s) * other[4]) / 2, (abs(s) * other[3] + abs(c) * other[4]) / 2
                    if side > 1:
                        ex, ey = ey, ex
                    if along + ex <= 0.0 or along - ex >= width or away + ey <= 0.0 or away - ey >= depth:
                        continue
                    ax, ay, bx, by = c * other[3] / 2, s * other[3] / 2, -s * other[4] / 2, c * other[4] / 2
                    quad = quads[in_way]
                    for corner, (u, v) in enumerate(((-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0))):
                        quad[corner, 0], quad[corner, 1] = _beside(
                            side, x + u * ax + v * bx, y + u * ay + v * by, box[3], box[4], offset
                        )
                    in_way += 1
                outline = _floor_beside(side, box, offset, width, depth, floor, count, walls)
                found = free_beside(
                    width, depth, is_area, quads, in_way, walls, outline, ends, blocks, cuts, stacked, lines
                )
                share = found / depth
                share = 1.0 if share > 1.0 - ROUNDING else share
                share = 0.0 if share < ROUNDING else share
                free[k, i, side] = share if is_area else share * depth
    return free, usable
