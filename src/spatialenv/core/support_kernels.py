"""Numba kernels of support: what holds each box up, and how well.

Imported lazily by `spatialenv.core.support`; see `spatialenv.core.kernels` for what all kernels keep to.
"""

from __future__ import annotations

import math

import numpy as np
from numba import float64

from spatialenv.core.kernels import (
    CONTACT_AREA,
    CORNERS,
    IN1,
    IN2,
    LENGTH_SLACK,
    MASK1,
    MASK2,
    SUPPORT_TOLERANCE,
    BoolArray,
    FloatArray,
    contact,
    describe,
    extents,
    floor_rise,
    kernel,
    shared_area,
)

SUPPORT_REACH = 0.5
"""Gap or sinking depth in metres at which support has fallen to 0."""

OVERHANG_REACH = 0.25
"""Distance in metres of the centre of mass from its support at which support has fallen to 0."""

FLOOR, WALL = -1, -2
"""Codes of surfaces: the floor, the first wall (counting down; the ceiling after the last); boxes are 0 and up."""


@kernel()
def _fade(value: float, reach: float) -> float:
    """Return 1 up to the tolerance, falling linearly to 0 at `reach`."""
    excess = value - SUPPORT_TOLERANCE - LENGTH_SLACK
    if excess <= 0.0:
        return 1.0
    return max(0.0, 1.0 - excess / (reach - SUPPORT_TOLERANCE))


@kernel()
def _nearest_of_hull(points: FloatArray, count: int, hull: FloatArray) -> tuple[float, float]:
    """Return the point of the points' convex hull nearest to the origin; sorts `points`."""
    for a in range(1, count):
        x, y = points[a, 0], points[a, 1]
        b = a - 1
        while b >= 0 and (points[b, 0] > x or (points[b, 0] == x and points[b, 1] > y)):
            points[b + 1, 0], points[b + 1, 1] = points[b, 0], points[b, 1]
            b -= 1
        points[b + 1, 0], points[b + 1, 1] = x, y
    size = 0
    for sweep in range(2):
        start = size
        for k in range(count):
            a = k if sweep == 0 else count - 1 - k
            while size >= start + 2:
                cross = (hull[size - 1, 0] - hull[size - 2, 0]) * (points[a, 1] - hull[size - 2, 1])
                cross -= (hull[size - 1, 1] - hull[size - 2, 1]) * (points[a, 0] - hull[size - 2, 0])
                if cross > 0.0:
                    break
                size -= 1
            hull[size, 0], hull[size, 1] = points[a, 0], points[a, 1]
            size += 1
        size -= 1  # the last corner of a sweep is the first of the other
    best, best_x, best_y = np.inf, 0.0, 0.0
    is_inside = size >= 3
    for k in range(max(size, 1)):
        ax, ay = hull[k, 0], hull[k, 1]
        ex, ey = hull[k + 1, 0] - ax, hull[k + 1, 1] - ay
        if ex * -ay - ey * -ax < 0.0:
            is_inside = False
        length = ex * ex + ey * ey
        share = min(1.0, max(0.0, -(ax * ex + ay * ey) / length)) if length > 0.0 else 0.0
        x, y = ax + share * ex, ay + share * ey
        if x * x + y * y < best:
            best, best_x, best_y = x * x + y * y, x, y
    if is_inside:
        return 0.0, 0.0
    return best_x, best_y


@kernel()
def _offer(row: FloatArray, gap: float, overhang: float, dx: float, dy: float, dz: float, surface: int) -> None:
    """Write a support into `row` where it is better than the one there, or as good and nearer."""
    score = _fade(abs(gap), SUPPORT_REACH) * _fade(overhang, OVERHANG_REACH)
    if score > row[0] or (score == row[0] and abs(gap) + overhang < abs(row[1]) + row[2]):
        row[0], row[1], row[2] = score, gap, overhang
        row[3], row[4], row[5] = dx, dy, dz
        row[6] = surface


@kernel()
def _offer_tops(
    i: int, boxes: FloatArray, row: FloatArray, points: FloatArray, hull: FloatArray, p: FloatArray, q: FloatArray
) -> None:
    """Offer box `i` the tops of the boxes under it; those at one height bear it together."""
    n = boxes.shape[0]
    box = boxes[i]
    for j in range(n):
        if j == i or shared_area(box, boxes[j], p, q) <= CONTACT_AREA:
            continue
        top = boxes[j, 2] + boxes[j, 5] / 2
        count = 0
        for k in range(n):
            is_level = k != i and abs(boxes[k, 2] + boxes[k, 5] / 2 - top) <= SUPPORT_TOLERANCE
            if is_level and shared_area(box, boxes[k], p, q) > CONTACT_AREA:
                corners = contact(box, boxes[k], p, q)
                points[count : count + corners] = p[:corners]
                count += corners
        u, v = _nearest_of_hull(points, count, hull)
        gap = box[2] - box[5] / 2 - top
        _offer(row, gap, math.hypot(u, v), box[6] * u - box[7] * v, box[7] * u + box[6] * v, -gap, j)


@kernel()
def _offer_wall(box: FloatArray, wall: FloatArray, row: FloatArray, surface: int) -> None:
    """Offer a box a wall ``x, y, inward x, inward y, length``; beyond its ends it overhangs."""
    nx, ny = wall[2], wall[3]
    dx, dy = box[0] - wall[0], box[1] - wall[1]
    reach = (abs(box[6] * nx + box[7] * ny) * box[3] + abs(box[6] * ny - box[7] * nx) * box[4]) / 2
    gap, along = dx * nx + dy * ny - reach, dx * ny - dy * nx
    back = min(max(along, 0.0), wall[4]) - along
    _offer(row, gap, abs(back), back * ny - gap * nx, -back * nx - gap * ny, 0.0, surface)


@kernel(float64[:, ::1](IN2, IN2, IN1, MASK1, MASK1, MASK2, IN1, IN2))
def supports(
    centers: FloatArray,
    sizes: FloatArray,
    yaws: FloatArray,
    on_floor: BoolArray,
    is_flat: BoolArray,
    mounts: BoolArray,
    room: FloatArray,
    walls: FloatArray,
) -> FloatArray:
    """Return the best support of each box: score, gap, overhang, dx, dy, dz and surface code, ``(n, 7)``.

    `mounts` ``(n, w + 1)`` says which of the walls and the ceiling a box may hang on; these go before other
    surfaces where a box is held by neither. `walls` is ``(w, 5)`` as `_offer_wall` takes them, or ``(0, 5)`` for
    the four walls of a rectangular floor: south, east, north, west.
    """
    n = yaws.shape[0]
    ceiling = mounts.shape[1] - 1
    best = np.zeros((n, 7))
    boxes, standing = np.empty((n, 8)), np.empty(7)
    p, q = np.empty((CORNERS, 2)), np.empty((CORNERS, 2))
    points, hull = np.empty((CORNERS * n, 2)), np.empty((2 * CORNERS * n, 2))
    describe(centers, sizes, yaws, boxes)
    for i in range(n):
        x, y, z, half = boxes[i, 0], boxes[i, 1], boxes[i, 2], boxes[i, 5] / 2
        bottom = z - half
        hung = best[i]
        hung[0], hung[1] = -1.0, np.inf
        standing[0], standing[1], standing[2] = -1.0, np.inf, 0.0
        if on_floor[i]:
            rise = floor_rise(i, boxes, is_flat, p, q) if bottom > 0.0 else 0.0
            _offer(hung, min(bottom, max(0.0, bottom - rise)), 0.0, 0.0, 0.0, -bottom, FLOOR)
            continue
        _offer(standing, bottom, 0.0, 0.0, 0.0, -bottom, FLOOR)
        _offer_tops(i, boxes, standing, points, hull, p, q)
        ex, ey = extents(boxes[i])
        if walls.shape[0] > 0:
            for k in range(ceiling):
                if mounts[i, k]:
                    _offer_wall(boxes[i], walls[k], hung, WALL - k)
        else:
            if mounts[i, 0]:
                _offer(hung, y - ey, 0.0, 0.0, ey - y, 0.0, WALL)
            if mounts[i, 1]:
                _offer(hung, room[0] - ex - x, 0.0, room[0] - ex - x, 0.0, 0.0, WALL - 1)
            if mounts[i, 2]:
                _offer(hung, room[1] - ey - y, 0.0, 0.0, room[1] - ey - y, 0.0, WALL - 2)
            if mounts[i, 3]:
                _offer(hung, x - ex, 0.0, ex - x, 0.0, 0.0, WALL - 3)
        if mounts[i, ceiling]:
            _offer(hung, room[2] - half - z, 0.0, 0.0, 0.0, room[2] - half - z, WALL - ceiling)
        if standing[0] > hung[0]:
            hung[:] = standing
    return best
