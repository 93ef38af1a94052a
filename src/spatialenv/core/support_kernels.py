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
    IntArray,
    contact,
    describe,
    extents,
    kernel,
    rise_over,
    row,
    shared_area,
)
from spatialenv.core.near_kernels import near_lists

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
def support_score(gap: float, overhang: float) -> float:
    """Return how well something is held that has this gap and overhang to what holds it."""
    return _fade(abs(gap), SUPPORT_REACH) * _fade(overhang, OVERHANG_REACH)


@kernel()
def floor_gap(bottom: float, rise: float) -> float:
    """Return the gap to the floor, on which a rug may rise; what has sunk into a rug stands on the floor."""
    return min(bottom, max(0.0, bottom - rise))


@kernel()
def _offer(best: FloatArray, gap: float, overhang: float, dx: float, dy: float, dz: float, surface: int) -> None:
    """Write a support into `best` where it is better than the one there, or as good and nearer."""
    score = support_score(gap, overhang)
    if score > best[0] or (score == best[0] and abs(gap) + overhang < abs(best[1]) + best[2]):
        best[0], best[1], best[2] = score, gap, overhang
        best[3], best[4], best[5] = dx, dy, dz
        best[6] = surface


@kernel()
def _offer_tops(
    i: int,
    boxes: FloatArray,
    near: IntArray,
    best: FloatArray,
    points: FloatArray,
    hull: FloatArray,
    p: FloatArray,
    q: FloatArray,
) -> None:
    """Offer box `i` the tops of the boxes near it that lie under it; those at one height bear it together."""
    box = boxes[i]
    for j in near:
        if shared_area(box, boxes[j], p, q) <= CONTACT_AREA:
            continue
        top = boxes[j, 2] + boxes[j, 5] / 2
        count = 0
        for k in near:
            is_level = abs(boxes[k, 2] + boxes[k, 5] / 2 - top) <= SUPPORT_TOLERANCE
            if is_level and shared_area(box, boxes[k], p, q) > CONTACT_AREA:
                corners = contact(box, boxes[k], p, q)
                points[count : count + corners] = p[:corners]
                count += corners
        u, v = _nearest_of_hull(points, count, hull)
        gap = box[2] - box[5] / 2 - top
        _offer(best, gap, math.hypot(u, v), box[6] * u - box[7] * v, box[7] * u + box[6] * v, -gap, j)


@kernel()
def _offer_wall(box: FloatArray, wall: FloatArray, best: FloatArray, surface: int) -> None:
    """Offer a box a wall ``x, y, inward x, inward y, length``; beyond its ends it overhangs."""
    nx, ny = wall[2], wall[3]
    dx, dy = box[0] - wall[0], box[1] - wall[1]
    reach = (abs(box[6] * nx + box[7] * ny) * box[3] + abs(box[6] * ny - box[7] * nx) * box[4]) / 2
    gap, along = dx * nx + dy * ny - reach, dx * ny - dy * nx
    back = min(max(along, 0.0), wall[4]) - along
    _offer(best, gap, abs(back), back * ny - gap * nx, -back * nx - gap * ny, 0.0, surface)


@kernel()
def rise_of_floor(i: int, boxes: FloatArray, near: IntArray, is_flat: BoolArray, p: FloatArray, q: FloatArray) -> float:
    """Return the height of the highest rug under box `i`, one of the boxes near it; 0 where there is none."""
    rise = 0.0
    for j in near:
        if is_flat[j]:
            rise = rise_over(rise, row(boxes, i), row(boxes, j), p, q)
    return rise


@kernel()
def find_support(
    i: int,
    boxes: FloatArray,
    near: IntArray,
    mounts: BoolArray,
    room: FloatArray,
    walls: FloatArray,
    hung: FloatArray,
    standing: FloatArray,
    points: FloatArray,
    hull: FloatArray,
    p: FloatArray,
    q: FloatArray,
) -> None:
    """Write the best support of box `i` into `hung`: score, gap, overhang, dx, dy, dz and surface code.

    For boxes that need not stand on the floor; `rise_of_floor` and `floor_gap` tell of those that must.

    `near` are the boxes that may share floor area with it, ascending. `mounts` ``(w + 1,)`` says which of the walls
    and the ceiling it may hang on; these go before other surfaces where it is held by neither. `walls` is ``(w, 5)``
    as `_offer_wall` takes them, or ``(0, 5)`` for the four walls of a rectangular floor: south, east, north, west.
    `points` and `hull` hold `CORNERS` rows and twice as many for each box near it, and one.
    """
    ceiling = mounts.shape[0] - 1
    x, y, z, half = boxes[i, 0], boxes[i, 1], boxes[i, 2], boxes[i, 5] / 2
    bottom = z - half
    hung[0], hung[1], hung[2] = -1.0, np.inf, 0.0
    hung[3], hung[4], hung[5], hung[6] = 0.0, 0.0, 0.0, 0.0
    standing[0], standing[1], standing[2] = -1.0, np.inf, 0.0
    _offer(standing, bottom, 0.0, 0.0, 0.0, -bottom, FLOOR)
    _offer_tops(i, boxes, near, standing, points, hull, p, q)
    ex, ey = extents(boxes[i])
    if walls.shape[0] > 0:
        for k in range(ceiling):
            if mounts[k]:
                _offer_wall(boxes[i], walls[k], hung, WALL - k)
    else:
        if mounts[0]:
            _offer(hung, y - ey, 0.0, 0.0, ey - y, 0.0, WALL)
        if mounts[1]:
            _offer(hung, room[0] - ex - x, 0.0, room[0] - ex - x, 0.0, 0.0, WALL - 1)
        if mounts[2]:
            _offer(hung, room[1] - ey - y, 0.0, 0.0, room[1] - ey - y, 0.0, WALL - 2)
        if mounts[3]:
            _offer(hung, x - ex, 0.0, ex - x, 0.0, 0.0, WALL - 3)
    if mounts[ceiling]:
        _offer(hung, room[2] - half - z, 0.0, 0.0, 0.0, room[2] - half - z, WALL - ceiling)
    if standing[0] > hung[0]:
        hung[:] = standing


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
    """Return what `find_support` finds of each box, ``(n, 7)``; `mounts` is ``(n, w + 1)``."""
    n = yaws.shape[0]
    best, boxes, standing = np.zeros((n, 7)), np.empty((n, 8)), np.empty(7)
    p, q = np.empty((CORNERS, 2)), np.empty((CORNERS, 2))
    describe(centers, sizes, yaws, boxes)
    partners, starts, lengths = near_lists(boxes)
    most = CORNERS * (lengths.max() + 1 if n > 0 else 1)
    points, hull = np.empty((most, 2)), np.empty((2 * most, 2))
    for i in range(n):
        near = partners[starts[i] : starts[i] + lengths[i]]
        if on_floor[i]:
            bottom = boxes[i, 2] - boxes[i, 5] / 2
            rise = rise_of_floor(i, boxes, near, is_flat, p, q) if bottom > 0.0 else 0.0
            best[i, 0], best[i, 1] = -1.0, np.inf
            _offer(best[i], floor_gap(bottom, rise), 0.0, 0.0, 0.0, -bottom, FLOOR)
        else:
            find_support(i, boxes, near, mounts[i], room, walls, best[i], standing, points, hull, p, q)
    return best
