"""Numba kernels over plain float64 arrays; imported lazily, because numba is slow to load.

Nothing here checks its input: `spatialenv.core.geometry`, `support` and `violations` do. Arrays are
C-contiguous and may be read-only. The kernels release the GIL and never start threads. Everything
is computed relative to the centre of one box, so that coordinates far from the origin cost no
accuracy; quarter turns are exact.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np
import numpy.typing as npt
from numba import boolean, float64, int64, njit, types

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
Window = tuple[float, float, float, float]
Function = TypeVar("Function", bound=Callable[..., Any])

QUARTER_TURN = math.pi / 2
QUARTER_TOLERANCE = 1e-12
"""A yaw this close (radians) to a quarter turn is one."""

VOLUME_TOLERANCE = 1e-6
"""Cubic metres that two objects may share, or that an object may have outside the room."""

LENGTH_SLACK = 1e-8
"""Metres by which rounding may put a flush place beyond a wall."""

SUPPORT_TOLERANCE = 0.01
"""Metres of gap, sinking or overhang that still count as full support."""

SUPPORT_REACH = 0.5
"""Gap or sinking depth in metres at which support has fallen to 0."""

OVERHANG_REACH = 0.25
"""Distance in metres of the centre of mass from its support at which support has fallen to 0."""

RUG_TOP = 0.05
"""Tops of rugs up to this height in metres count as floor."""

CONTACT_AREA = 1e-6
"""Square metres that two footprints must share for one to bear the other."""

FLOOR, WALL, CEILING = -1, -2, -6
"""Codes of surfaces: the floor, the first of four walls (counting down), the ceiling; boxes are 0 and up."""

_CORNERS = 64
"""Room for a polygon's corners: a rectangle doubles at most at each of four cuts, whatever the rounding."""


def kernel(*signatures: Any) -> Callable[[Function], Function]:
    """Return the decorator that compiles a kernel, keeping its Python type for type checkers."""
    return cast(
        Callable[[Function], Function],
        njit(list(signatures), cache=True, nogil=True, error_model="numpy")
        if signatures
        else njit(cache=True, nogil=True, error_model="numpy"),
    )


_IN1, _IN2, _IN3 = (types.Array(float64, ndim, "C", readonly=True) for ndim in (1, 2, 3))
_MASK1, _MASK2 = (types.Array(boolean, ndim, "C", readonly=True) for ndim in (1, 2))


@kernel()
def turn(yaw: float) -> tuple[float, float]:
    """Return the cosine and sine of a yaw, exact at quarter turns."""
    quarters = math.floor(yaw / QUARTER_TURN + 0.5)
    if abs(yaw - quarters * QUARTER_TURN) <= QUARTER_TOLERANCE * max(1.0, abs(quarters)):
        side = quarters % 4
        if side == 0:
            return 1.0, 0.0
        if side == 1:
            return 0.0, 1.0
        if side == 2:
            return -1.0, 0.0
        return 0.0, -1.0
    return math.cos(yaw), math.sin(yaw)


@kernel()
def _cut(source: FloatArray, count: int, target: FloatArray, axis: int, sign: float, bound: float) -> int:
    """Write the part of a convex polygon with ``sign * p[axis] <= bound``; return its corners' number.

    A new corner lies between two corners on either side of the line and is put on the line itself, so an
    edge nearly parallel to the line gives a corner somewhere on that edge and never one beyond it.
    """
    kept = 0
    other = 1 - axis
    last = count - 1
    for k in range(count):
        before = sign * source[last, axis] - bound
        here = sign * source[k, axis] - bound
        if (before <= 0.0) != (here <= 0.0):
            share = before / (before - here)
            target[kept, axis] = sign * bound
            target[kept, other] = source[last, other] + share * (source[k, other] - source[last, other])
            kept += 1
        if here <= 0.0:
            target[kept, 0] = source[k, 0]
            target[kept, 1] = source[k, 1]
            kept += 1
        last = k
    return kept


@kernel()
def _describe(centers: FloatArray, sizes: FloatArray, yaws: FloatArray, boxes: FloatArray) -> None:
    """Write the boxes of one scene as rows ``x, y, z, length, width, height, cosine, sine``."""
    for i in range(yaws.shape[0]):
        boxes[i, :3] = centers[i]
        boxes[i, 3:6] = sizes[i]
        boxes[i, 6], boxes[i, 7] = turn(yaws[i])


@kernel()
def _extents(box: FloatArray) -> tuple[float, float]:
    """Return half the sides of a footprint's bounding rectangle."""
    c, s = abs(box[6]), abs(box[7])
    return (c * box[3] + s * box[4]) / 2, (s * box[3] + c * box[4]) / 2


@kernel()
def _clip(box: FloatArray, x: float, y: float, c: float, s: float, window: Window, p: FloatArray, q: FloatArray) -> int:
    """Write the footprint of `box`, put at `x`, `y` and turned by `c`, `s`, as far as it lies in a window.

    The window is ``(west, east, south, north)``; the polygon is written into `p`; returns its corners' number.
    """
    ax, ay = c * box[3] / 2, s * box[3] / 2
    bx, by = -s * box[4] / 2, c * box[4] / 2
    p[0, 0], p[0, 1] = x - ax - bx, y - ay - by
    p[1, 0], p[1, 1] = x + ax - bx, y + ay - by
    p[2, 0], p[2, 1] = x + ax + bx, y + ay + by
    p[3, 0], p[3, 1] = x - ax + bx, y - ay + by
    count = _cut(p, 4, q, 0, 1.0, window[1])
    count = _cut(q, count, p, 0, -1.0, -window[0])
    count = _cut(p, count, q, 1, 1.0, window[3])
    return _cut(q, count, p, 1, -1.0, -window[2])


@kernel()
def _area(p: FloatArray, count: int) -> float:
    """Return the area of a counter-clockwise polygon, measured from its first corner."""
    double = 0.0
    for k in range(1, count - 1):
        double += (p[k, 0] - p[0, 0]) * (p[k + 1, 1] - p[0, 1])
        double -= (p[k, 1] - p[0, 1]) * (p[k + 1, 0] - p[0, 0])
    return max(0.0, double / 2)


@kernel()
def _relative(a: FloatArray, b: FloatArray) -> tuple[float, float, float, float]:
    """Return the place ``x, y`` and the turn ``c, s`` of box `b` as seen from the centre and axes of box `a`."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    return a[6] * dx + a[7] * dy, a[6] * dy - a[7] * dx, a[6] * b[6] + a[7] * b[7], a[6] * b[7] - a[7] * b[6]


@kernel()
def _gap(a: FloatArray, b: FloatArray) -> float:
    """Return the signed gap of two footprints along their best separating axis; negative: depth."""
    x, y, c, s = _relative(a, b)
    u, v = abs(c), abs(s)
    gap = max(abs(x) - (a[3] + u * b[3] + v * b[4]) / 2, abs(y) - (a[4] + v * b[3] + u * b[4]) / 2)
    gap = max(gap, abs(c * x + s * y) - (b[3] + u * a[3] + v * a[4]) / 2)
    return float(max(gap, abs(c * y - s * x) - (b[4] + v * a[3] + u * a[4]) / 2))


@kernel()
def _contact(a: FloatArray, b: FloatArray, p: FloatArray, q: FloatArray) -> int:
    """Write what two footprints share, in the axes of `a`, into `p`; return its corners' number."""
    x, y, c, s = _relative(a, b)
    return _clip(b, x, y, c, s, (-a[3] / 2, a[3] / 2, -a[4] / 2, a[4] / 2), p, q)


@kernel()
def _crossing_area(a: FloatArray, b: FloatArray, p: FloatArray, q: FloatArray) -> float:
    """Return the area that two footprints share, known to be some."""
    x, y, c, s = _relative(a, b)
    if s == 0.0 or c == 0.0:
        ex, ey = (abs(c) * b[3] + abs(s) * b[4]) / 2, (abs(s) * b[3] + abs(c) * b[4]) / 2
        shared_x = min(a[3] / 2, x + ex) - max(-a[3] / 2, x - ex)
        shared_y = min(a[4] / 2, y + ey) - max(-a[4] / 2, y - ey)
        area = max(0.0, shared_x) * max(0.0, shared_y)
    else:
        area = _area(p, _contact(a, b, p, q))
    return float(min(area, min(a[3] * a[4], b[3] * b[4])))


@kernel()
def _shared_area(a: FloatArray, b: FloatArray, p: FloatArray, q: FloatArray) -> float:
    """Return the area that two footprints share."""
    return 0.0 if _gap(a, b) >= 0.0 else _crossing_area(a, b, p, q)


@kernel()
def _shared_height(a: FloatArray, b: FloatArray) -> float:
    """Return the height that two boxes share, 0 or less where none."""
    dz = b[2] - a[2]
    return float(min(a[5] / 2, dz + b[5] / 2) - max(-a[5] / 2, dz - b[5] / 2))


@kernel()
def _shared_volume(a: FloatArray, b: FloatArray, p: FloatArray, q: FloatArray) -> float:
    """Return the volume that two boxes share."""
    height = _shared_height(a, b)
    return 0.0 if height <= 0.0 or _gap(a, b) >= 0.0 else height * _crossing_area(a, b, p, q)


@kernel()
def _inside_volume(box: FloatArray, room: FloatArray, p: FloatArray, q: FloatArray) -> float:
    """Return the volume of a box inside the room."""
    shared = min(box[5] / 2, room[2] - box[2]) - max(-box[5] / 2, -box[2])
    if shared <= 0.0:
        return 0.0
    west, east, south, north = -box[0], room[0] - box[0], -box[1], room[1] - box[1]
    ex, ey = _extents(box)
    if -ex >= west and ex <= east and -ey >= south and ey <= north:
        area = box[3] * box[4]
    elif box[6] == 0.0 or box[7] == 0.0:
        area = max(0.0, min(ex, east) - max(-ex, west)) * max(0.0, min(ey, north) - max(-ey, south))
    else:
        area = _area(p, _clip(box, 0.0, 0.0, box[6], box[7], (west, east, south, north), p, q))
    return float(min(area, box[3] * box[4]) * shared)


@kernel(float64[:, :, ::1](_IN3, _IN3, _IN2, _MASK2, boolean))
def overlaps(
    centers: FloatArray, sizes: FloatArray, yaws: FloatArray, mask: BoolArray, with_height: bool
) -> FloatArray:
    """Return the shared areas, or volumes `with_height`, of all pairs: ``(b, n, n)``."""
    batch, n = yaws.shape
    shared = np.zeros((batch, n, n))
    boxes, p, q = np.empty((n, 8)), np.empty((_CORNERS, 2)), np.empty((_CORNERS, 2))
    for k in range(batch):
        _describe(centers[k], sizes[k], yaws[k], boxes)
        for i in range(n):
            if not mask[k, i]:
                continue
            for j in range(i + 1, n):
                # Most pairs are apart: these tests are here, not in a function, because numba then inlines them.
                if not mask[k, j] or _gap(boxes[i], boxes[j]) >= 0.0:
                    continue
                height = _shared_height(boxes[i], boxes[j]) if with_height else 1.0
                if height > 0.0:
                    shared[k, i, j] = height * _crossing_area(boxes[i], boxes[j], p, q)
                    shared[k, j, i] = shared[k, i, j]
    return shared


@kernel(float64[:, :, ::1](_IN3, _IN3, _IN2, _MASK2))
def separations(centers: FloatArray, sizes: FloatArray, yaws: FloatArray, mask: BoolArray) -> FloatArray:
    """Return the signed separations of all pairs: ``(b, n, n)``, inf where there is no pair."""
    batch, n = yaws.shape
    gaps = np.full((batch, n, n), np.inf)
    boxes = np.empty((n, 8))
    for k in range(batch):
        _describe(centers[k], sizes[k], yaws[k], boxes)
        for i in range(n):
            for j in range(i + 1, n):
                if mask[k, i] and mask[k, j]:
                    upright = abs(boxes[j, 2] - boxes[i, 2]) - (boxes[i, 5] + boxes[j, 5]) / 2
                    gaps[k, i, j] = max(_gap(boxes[i], boxes[j]), upright)
                    gaps[k, j, i] = gaps[k, i, j]
    return gaps


@kernel(float64[:, ::1](_IN3, _IN3, _IN2, _MASK2, _IN2))
def inside_volumes(
    centers: FloatArray, sizes: FloatArray, yaws: FloatArray, mask: BoolArray, rooms: FloatArray
) -> FloatArray:
    """Return the volume of each box inside its room: ``(b, n)``."""
    batch, n = yaws.shape
    inside = np.zeros((batch, n))
    boxes, p, q = np.empty((n, 8)), np.empty((_CORNERS, 2)), np.empty((_CORNERS, 2))
    for k in range(batch):
        _describe(centers[k], sizes[k], yaws[k], boxes)
        for i in range(n):
            if mask[k, i]:
                inside[k, i] = _inside_volume(boxes[i], rooms[k], p, q)
    return inside


@kernel(float64[::1](_IN2, _IN2))
def pair_areas(a: FloatArray, b: FloatArray) -> FloatArray:
    """Return the area that each row ``(x, y, length, width, yaw)`` of `a` shares with that of `b`."""
    n = a.shape[0]
    shared = np.empty(n)
    boxes, p, q = np.zeros((2, 8)), np.empty((_CORNERS, 2)), np.empty((_CORNERS, 2))
    for i in range(n):
        for box, row in ((boxes[0], a[i]), (boxes[1], b[i])):
            box[:2] = row[:2]
            box[3:5] = row[2:4]
            box[6], box[7] = turn(row[4])
        shared[i] = _shared_area(boxes[0], boxes[1], p, q)
    return shared


@kernel()
def _floor_rise(i: int, boxes: FloatArray, is_flat: BoolArray, p: FloatArray, q: FloatArray) -> float:
    """Return the height of the highest rug that lies under box `i`, 0 where there is none."""
    rise = 0.0
    for j in range(boxes.shape[0]):
        top = boxes[j, 2] + boxes[j, 5] / 2
        is_rug_below = is_flat[j] and j != i and rise < top <= RUG_TOP
        if is_rug_below and _shared_area(boxes[i], boxes[j], p, q) > CONTACT_AREA:
            rise = top
    return rise


@kernel()
def _is_free(i: int, tolerance: float, boxes: FloatArray, obstacles: BoolArray, p: FloatArray, q: FloatArray) -> bool:
    """Return whether box `i` shares at most `tolerance` with each obstacle."""
    for j in range(boxes.shape[0]):
        if not obstacles[j] or _gap(boxes[j], boxes[i]) >= 0.0:
            continue
        if _shared_volume(boxes[j], boxes[i], p, q) > tolerance:
            return False
    return True


@kernel()
def _due_height(
    i: int, on_floor: bool, boxes: FloatArray, is_flat: BoolArray, room: FloatArray, p: FloatArray, q: FloatArray
) -> float:
    """Return the height at which box `i` should be: its own, unless it leaves the floor or the room."""
    z, half = boxes[i, 2], boxes[i, 5] / 2
    if on_floor:
        rise = _floor_rise(i, boxes, is_flat, p, q)
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
    places: FloatArray,
    p: FloatArray,
    q: FloatArray,
) -> bool:
    """Move box `i` to its nearest free place at height `z`; return whether there is one.

    The nearest place by ``|dx| + |dy| + |dz|`` keeps each coordinate or is flush with a wall or an obstacle on
    it, so these are tried. Objects off the floor may also go on top of, or under, an obstacle.
    """
    ex, ey = _extents(boxes[i])
    ez = boxes[i, 5] / 2
    x0, y0, z0 = boxes[i, 0], boxes[i, 1], boxes[i, 2]
    places[0, 0], places[1, 0], places[2, 0] = x0, ex, room[0] - ex
    places[0, 1], places[1, 1], places[2, 1] = y0, ey, room[1] - ey
    places[0, 2] = z
    count, levels = 3, 1
    for j in range(boxes.shape[0]):
        if not obstacles[j]:
            continue
        fx, fy = _extents(boxes[j])
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
                if _is_free(i, VOLUME_TOLERANCE / 2, boxes, obstacles, p, q):
                    best, best_axes = distance, axes
                    best_x, best_y, best_z = x, y, z
    boxes[i, 0], boxes[i, 1], boxes[i, 2] = best_x, best_y, best_z
    return best < np.inf


@kernel(types.Tuple((float64[:, ::1], int64[::1]))(_IN2, _IN2, _IN1, _MASK1, _MASK1, _IN1))
def mend(
    centers: FloatArray, sizes: FloatArray, yaws: FloatArray, on_floor: BoolArray, is_flat: BoolArray, room: FloatArray
) -> tuple[FloatArray, IntArray]:
    """Return where boxes should go ``(n, 3)`` and whether each stays 0, moves 1 or has no place -1.

    First, in order, each box that needs no move is settled where it is. Then, in order, the others go to their
    nearest places free of all that are settled; one without such a place stays, and is in the way.
    """
    n = yaws.shape[0]
    fate, heights = np.zeros(n, np.int64), np.empty(n)
    obstacles, nothing = np.zeros(n, np.bool_), np.zeros(n, np.bool_)
    boxes, places = np.empty((n, 8)), np.empty((2 * n + 3, 3))
    p, q = np.empty((_CORNERS, 2)), np.empty((_CORNERS, 2))
    _describe(centers, sizes, yaws, boxes)
    volumes = sizes[:, 0] * sizes[:, 1] * sizes[:, 2]
    for i in range(n):
        heights[i] = _due_height(i, on_floor[i], boxes, is_flat, room, p, q)
        is_outside = volumes[i] - _inside_volume(boxes[i], room, p, q) > VOLUME_TOLERANCE
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
        is_outside = volumes[i] - _inside_volume(boxes[i], room, p, q) > VOLUME_TOLERANCE / 2
        if is_outside or not _is_free(i, VOLUME_TOLERANCE / 2, boxes, around, p, q):
            boxes[i, 2] = centers[i, 2]
            height = sizes[i, 2] / 2 if on_floor[i] else heights[i]
            if not _nearest_place(i, height, on_floor[i], boxes, around, room, places, p, q):
                fate[i] = -1
        obstacles[i] = not is_flat[i]
    return boxes[:, :3].copy(), fate


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
        if j == i or _shared_area(box, boxes[j], p, q) <= CONTACT_AREA:
            continue
        top = boxes[j, 2] + boxes[j, 5] / 2
        count = 0
        for k in range(n):
            is_level = k != i and abs(boxes[k, 2] + boxes[k, 5] / 2 - top) <= SUPPORT_TOLERANCE
            if is_level and _shared_area(box, boxes[k], p, q) > CONTACT_AREA:
                corners = _contact(box, boxes[k], p, q)
                points[count : count + corners] = p[:corners]
                count += corners
        u, v = _nearest_of_hull(points, count, hull)
        gap = box[2] - box[5] / 2 - top
        _offer(row, gap, math.hypot(u, v), box[6] * u - box[7] * v, box[7] * u + box[6] * v, -gap, j)


@kernel(float64[:, ::1](_IN2, _IN2, _IN1, _MASK1, _MASK1, _MASK2, _IN1))
def supports(
    centers: FloatArray,
    sizes: FloatArray,
    yaws: FloatArray,
    on_floor: BoolArray,
    is_flat: BoolArray,
    mounts: BoolArray,
    room: FloatArray,
) -> FloatArray:
    """Return the best support of each box: score, gap, overhang, dx, dy, dz and surface code, ``(n, 7)``.

    `mounts` ``(n, 5)`` says which of the four walls and the ceiling a box may hang on; these go before other
    surfaces where a box is held by neither.
    """
    n = yaws.shape[0]
    best = np.zeros((n, 7))
    boxes, standing = np.empty((n, 8)), np.empty(7)
    p, q = np.empty((_CORNERS, 2)), np.empty((_CORNERS, 2))
    points, hull = np.empty((_CORNERS * n, 2)), np.empty((2 * _CORNERS * n, 2))
    _describe(centers, sizes, yaws, boxes)
    for i in range(n):
        x, y, z, half = boxes[i, 0], boxes[i, 1], boxes[i, 2], boxes[i, 5] / 2
        bottom = z - half
        hung = best[i]
        hung[0], hung[1] = -1.0, np.inf
        standing[0], standing[1], standing[2] = -1.0, np.inf, 0.0
        if on_floor[i]:
            rise = _floor_rise(i, boxes, is_flat, p, q) if bottom > 0.0 else 0.0
            _offer(hung, min(bottom, max(0.0, bottom - rise)), 0.0, 0.0, 0.0, -bottom, FLOOR)
            continue
        _offer(standing, bottom, 0.0, 0.0, 0.0, -bottom, FLOOR)
        _offer_tops(i, boxes, standing, points, hull, p, q)
        ex, ey = _extents(boxes[i])
        if mounts[i, 0]:
            _offer(hung, y - ey, 0.0, 0.0, ey - y, 0.0, WALL)
        if mounts[i, 1]:
            _offer(hung, room[0] - ex - x, 0.0, room[0] - ex - x, 0.0, 0.0, WALL - 1)
        if mounts[i, 2]:
            _offer(hung, room[1] - ey - y, 0.0, 0.0, room[1] - ey - y, 0.0, WALL - 2)
        if mounts[i, 3]:
            _offer(hung, x - ex, 0.0, ex - x, 0.0, 0.0, WALL - 3)
        if mounts[i, 4]:
            _offer(hung, room[2] - half - z, 0.0, 0.0, 0.0, room[2] - half - z, CEILING)
        if standing[0] > hung[0]:
            hung[:] = standing
    return best
