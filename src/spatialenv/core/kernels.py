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
        njit(list(signatures), cache=True, nogil=True) if signatures else njit(cache=True, nogil=True),
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
def _clip(
    x: float,
    y: float,
    length: float,
    width: float,
    c: float,
    s: float,
    west: float,
    east: float,
    south: float,
    north: float,
    p: FloatArray,
    q: FloatArray,
) -> int:
    """Write a rectangle clipped by an axis-aligned window into `p`; return its corners' number."""
    ax, ay = c * length / 2, s * length / 2
    bx, by = -s * width / 2, c * width / 2
    p[0, 0], p[0, 1] = x - ax - bx, y - ay - by
    p[1, 0], p[1, 1] = x + ax - bx, y + ay - by
    p[2, 0], p[2, 1] = x + ax + bx, y + ay + by
    p[3, 0], p[3, 1] = x - ax + bx, y - ay + by
    count = _cut(p, 4, q, 0, 1.0, east)
    count = _cut(q, count, p, 0, -1.0, -west)
    count = _cut(p, count, q, 1, 1.0, north)
    return _cut(q, count, p, 1, -1.0, -south)


@kernel()
def _area(p: FloatArray, count: int) -> float:
    """Return the area of a counter-clockwise polygon, measured from its first corner."""
    double = 0.0
    for k in range(1, count - 1):
        double += (p[k, 0] - p[0, 0]) * (p[k + 1, 1] - p[0, 1])
        double -= (p[k, 1] - p[0, 1]) * (p[k + 1, 0] - p[0, 0])
    return max(0.0, double / 2)


@kernel()
def _gap(
    dx: float, dy: float, la: float, wa: float, ca: float, sa: float, lb: float, wb: float, cb: float, sb: float
) -> float:
    """Return the signed gap of two rectangles along their best separating axis; negative: depth."""
    c, s = ca * cb + sa * sb, ca * sb - sa * cb
    u, v = abs(c), abs(s)
    gap = abs(ca * dx + sa * dy) - (la / 2 + (u * lb + v * wb) / 2)
    gap = max(gap, abs(ca * dy - sa * dx) - (wa / 2 + (v * lb + u * wb) / 2))
    gap = max(gap, abs(cb * dx + sb * dy) - (lb / 2 + (u * la + v * wa) / 2))
    return max(gap, abs(cb * dy - sb * dx) - (wb / 2 + (v * la + u * wa) / 2))


@kernel()
def _shared_area(
    dx: float,
    dy: float,
    la: float,
    wa: float,
    ca: float,
    sa: float,
    lb: float,
    wb: float,
    cb: float,
    sb: float,
    p: FloatArray,
    q: FloatArray,
) -> float:
    """Return the area that two rectangles share; the second's centre is at ``(dx, dy)`` from the first's."""
    reach = la + wa + lb + wb
    if 4 * (dx * dx + dy * dy) >= reach * reach:
        return 0.0
    if _gap(dx, dy, la, wa, ca, sa, lb, wb, cb, sb) >= 0.0:
        return 0.0
    x, y = ca * dx + sa * dy, ca * dy - sa * dx
    c, s = ca * cb + sa * sb, ca * sb - sa * cb
    if s == 0.0 or c == 0.0:
        ex, ey = (abs(c) * lb + abs(s) * wb) / 2, (abs(s) * lb + abs(c) * wb) / 2
        shared_x = min(la / 2, x + ex) - max(-la / 2, x - ex)
        shared_y = min(wa / 2, y + ey) - max(-wa / 2, y - ey)
        area = max(0.0, shared_x) * max(0.0, shared_y)
    else:
        count = _clip(x, y, lb, wb, c, s, -la / 2, la / 2, -wa / 2, wa / 2, p, q)
        area = _area(p, count)
    return min(area, min(la * wa, lb * wb))


@kernel()
def _shared_height(dz: float, ha: float, hb: float) -> float:
    """Return the height that two boxes share; the second's centre is `dz` above the first's."""
    return max(0.0, min(ha / 2, dz + hb / 2) - max(-ha / 2, dz - hb / 2))


@kernel()
def _shared_volume(
    i: int, j: int, centers: FloatArray, sizes: FloatArray, turns: FloatArray, p: FloatArray, q: FloatArray
) -> float:
    """Return the volume that boxes `i` and `j` of one scene share."""
    height = _shared_height(centers[j, 2] - centers[i, 2], sizes[i, 2], sizes[j, 2])
    if height <= 0.0:
        return 0.0
    return height * _footprints_shared(i, j, centers, sizes, turns, p, q)


@kernel()
def _footprints_shared(
    i: int, j: int, centers: FloatArray, sizes: FloatArray, turns: FloatArray, p: FloatArray, q: FloatArray
) -> float:
    """Return the area that the footprints of boxes `i` and `j` of one scene share."""
    return _shared_area(
        centers[j, 0] - centers[i, 0], centers[j, 1] - centers[i, 1],
        sizes[i, 0], sizes[i, 1], turns[i, 0], turns[i, 1],
        sizes[j, 0], sizes[j, 1], turns[j, 0], turns[j, 1], p, q,
    )  # fmt: skip


@kernel()
def _inside_volume(
    i: int, centers: FloatArray, sizes: FloatArray, turns: FloatArray, room: FloatArray, p: FloatArray, q: FloatArray
) -> float:
    """Return the volume of box `i` of one scene inside the room."""
    length, width, height = sizes[i, 0], sizes[i, 1], sizes[i, 2]
    c, s = turns[i, 0], turns[i, 1]
    shared = min(height / 2, room[2] - centers[i, 2]) - max(-height / 2, -centers[i, 2])
    if shared <= 0.0:
        return 0.0
    west, east = -centers[i, 0], room[0] - centers[i, 0]
    south, north = -centers[i, 1], room[1] - centers[i, 1]
    ex, ey = (abs(c) * length + abs(s) * width) / 2, (abs(s) * length + abs(c) * width) / 2
    if -ex >= west and ex <= east and -ey >= south and ey <= north:
        area = length * width
    elif s == 0.0 or c == 0.0:
        area = max(0.0, min(ex, east) - max(-ex, west)) * max(0.0, min(ey, north) - max(-ey, south))
    else:
        area = _area(p, _clip(0.0, 0.0, length, width, c, s, west, east, south, north, p, q))
    return min(area, length * width) * shared


@kernel(float64[:, :, ::1](_IN3, _IN3, _IN2, _MASK2, boolean))
def overlaps(
    centers: FloatArray, sizes: FloatArray, yaws: FloatArray, mask: BoolArray, with_height: bool
) -> FloatArray:
    """Return the shared areas, or volumes `with_height`, of all pairs: ``(b, n, n)``."""
    batch, n = yaws.shape
    shared = np.zeros((batch, n, n))
    turns = np.empty((n, 2))
    p, q = np.empty((_CORNERS, 2)), np.empty((_CORNERS, 2))
    for k in range(batch):
        for i in range(n):
            turns[i, 0], turns[i, 1] = turn(yaws[k, i])
        for i in range(n):
            if not mask[k, i]:
                continue
            for j in range(i + 1, n):
                if not mask[k, j]:
                    continue
                if with_height:
                    value = _shared_volume(i, j, centers[k], sizes[k], turns, p, q)
                else:
                    value = _footprints_shared(i, j, centers[k], sizes[k], turns, p, q)
                shared[k, i, j] = value
                shared[k, j, i] = value
    return shared


@kernel(float64[:, :, ::1](_IN3, _IN3, _IN2, _MASK2))
def separations(centers: FloatArray, sizes: FloatArray, yaws: FloatArray, mask: BoolArray) -> FloatArray:
    """Return the signed separations of all pairs: ``(b, n, n)``, inf where there is no pair."""
    batch, n = yaws.shape
    gaps = np.full((batch, n, n), np.inf)
    turns = np.empty((n, 2))
    for k in range(batch):
        for i in range(n):
            turns[i, 0], turns[i, 1] = turn(yaws[k, i])
        for i in range(n):
            if not mask[k, i]:
                continue
            for j in range(i + 1, n):
                if not mask[k, j]:
                    continue
                flat = _gap(
                    centers[k, j, 0] - centers[k, i, 0], centers[k, j, 1] - centers[k, i, 1],
                    sizes[k, i, 0], sizes[k, i, 1], turns[i, 0], turns[i, 1],
                    sizes[k, j, 0], sizes[k, j, 1], turns[j, 0], turns[j, 1],
                )  # fmt: skip
                upright = abs(centers[k, j, 2] - centers[k, i, 2]) - (sizes[k, i, 2] + sizes[k, j, 2]) / 2
                gaps[k, i, j] = max(flat, upright)
                gaps[k, j, i] = gaps[k, i, j]
    return gaps


@kernel(float64[:, ::1](_IN3, _IN3, _IN2, _MASK2, _IN2))
def inside_volumes(
    centers: FloatArray, sizes: FloatArray, yaws: FloatArray, mask: BoolArray, rooms: FloatArray
) -> FloatArray:
    """Return the volume of each box inside its room: ``(b, n)``."""
    batch, n = yaws.shape
    inside = np.zeros((batch, n))
    turns = np.empty((n, 2))
    p, q = np.empty((_CORNERS, 2)), np.empty((_CORNERS, 2))
    for k in range(batch):
        for i in range(n):
            if mask[k, i]:
                turns[i, 0], turns[i, 1] = turn(yaws[k, i])
                inside[k, i] = _inside_volume(i, centers[k], sizes[k], turns, rooms[k], p, q)
    return inside


@kernel(float64[::1](_IN2, _IN2))
def pair_areas(a: FloatArray, b: FloatArray) -> FloatArray:
    """Return the area that each row ``(x, y, length, width, yaw)`` of `a` shares with that of `b`."""
    n = a.shape[0]
    shared = np.empty(n)
    p, q = np.empty((_CORNERS, 2)), np.empty((_CORNERS, 2))
    for i in range(n):
        ca, sa = turn(a[i, 4])
        cb, sb = turn(b[i, 4])
        shared[i] = _shared_area(
            b[i, 0] - a[i, 0], b[i, 1] - a[i, 1],
            a[i, 2], a[i, 3], ca, sa, b[i, 2], b[i, 3], cb, sb, p, q,
        )  # fmt: skip
    return shared


@kernel()
def _floor_rise(
    i: int, centers: FloatArray, sizes: FloatArray, turns: FloatArray, is_flat: BoolArray, p: FloatArray, q: FloatArray
) -> float:
    """Return the height of the highest rug that lies under box `i`, 0 where there is none."""
    rise = 0.0
    for j in range(sizes.shape[0]):
        top = centers[j, 2] + sizes[j, 2] / 2
        is_rug_below = is_flat[j] and j != i and rise < top <= RUG_TOP
        if is_rug_below and _footprints_shared(i, j, centers, sizes, turns, p, q) > CONTACT_AREA:
            rise = top
    return rise


@kernel()
def _is_free(
    i: int,
    tolerance: float,
    centers: FloatArray,
    sizes: FloatArray,
    turns: FloatArray,
    is_flat: BoolArray,
    p: FloatArray,
    q: FloatArray,
) -> bool:
    """Return whether box `i` shares at most `tolerance` with each box before it."""
    if is_flat[i]:
        return True
    for j in range(i):  # noqa: SIM110 - numba compiles no generator expressions
        if not is_flat[j] and _shared_volume(j, i, centers, sizes, turns, p, q) > tolerance:
            return False
    return True


@kernel()
def _nearest_place(
    i: int,
    z: float,
    is_on_floor: bool,
    centers: FloatArray,
    sizes: FloatArray,
    turns: FloatArray,
    is_flat: BoolArray,
    room: FloatArray,
    places: FloatArray,
    p: FloatArray,
    q: FloatArray,
) -> bool:
    """Move box `i` (a row of `centers`) to its nearest free place at height `z`; return whether there is one.

    The nearest place by ``|dx| + |dy| + |dz|`` keeps each coordinate or is flush with a wall or a box on it,
    so these are tried. Objects off the floor may also go on top of, or under, another box.
    """
    ex = (abs(turns[i, 0]) * sizes[i, 0] + abs(turns[i, 1]) * sizes[i, 1]) / 2
    ey = (abs(turns[i, 1]) * sizes[i, 0] + abs(turns[i, 0]) * sizes[i, 1]) / 2
    ez = sizes[i, 2] / 2
    x0, y0, z0 = centers[i, 0], centers[i, 1], centers[i, 2]
    places[0, 0], places[1, 0], places[2, 0] = x0, ex, room[0] - ex
    places[0, 1], places[1, 1], places[2, 1] = y0, ey, room[1] - ey
    places[0, 2] = z
    count, levels = 3, 1
    if not is_flat[i]:
        for j in range(i):
            if is_flat[j]:
                continue
            reach_x = ex + (abs(turns[j, 0]) * sizes[j, 0] + abs(turns[j, 1]) * sizes[j, 1]) / 2
            reach_y = ey + (abs(turns[j, 1]) * sizes[j, 0] + abs(turns[j, 0]) * sizes[j, 1]) / 2
            places[count, 0], places[count + 1, 0] = centers[j, 0] - reach_x, centers[j, 0] + reach_x
            places[count, 1], places[count + 1, 1] = centers[j, 1] - reach_y, centers[j, 1] + reach_y
            count += 2
            if not is_on_floor:
                reach_z = ez + sizes[j, 2] / 2
                places[levels, 2], places[levels + 1, 2] = centers[j, 2] + reach_z, centers[j, 2] - reach_z
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
                if distance >= best - LENGTH_SLACK and (axes, x, y, z) >= (best_axes, best_x, best_y, best_z):
                    continue
                centers[i, 0], centers[i, 1], centers[i, 2] = x, y, z
                if _is_free(i, VOLUME_TOLERANCE / 2, centers, sizes, turns, is_flat, p, q):
                    best, best_axes = distance, axes
                    best_x, best_y, best_z = x, y, z
    centers[i, 0], centers[i, 1], centers[i, 2] = best_x, best_y, best_z
    return best < np.inf


@kernel(types.Tuple((float64[:, ::1], int64[::1]))(_IN2, _IN2, _IN1, _MASK1, _MASK1, _IN1))
def mend(
    centers: FloatArray, sizes: FloatArray, yaws: FloatArray, on_floor: BoolArray, is_flat: BoolArray, room: FloatArray
) -> tuple[FloatArray, IntArray]:
    """Settle boxes in order; return their places ``(n, 3)`` and whether each stays 0, moves 1 or has no place -1."""
    n = sizes.shape[0]
    settled = centers.copy()
    fate = np.zeros(n, np.int64)
    turns = np.empty((n, 2))
    places = np.empty((2 * n + 3, 3))
    p, q = np.empty((_CORNERS, 2)), np.empty((_CORNERS, 2))
    for i in range(n):
        turns[i, 0], turns[i, 1] = turn(yaws[i])
    for i in range(n):
        half, z = sizes[i, 2] / 2, centers[i, 2]
        if on_floor[i]:
            bottom = z - half
            if bottom < -SUPPORT_TOLERANCE - LENGTH_SLACK:
                z = half
            elif bottom > SUPPORT_TOLERANCE + LENGTH_SLACK:
                rise = _floor_rise(i, settled, sizes, turns, is_flat, p, q)
                if bottom > rise + SUPPORT_TOLERANCE + LENGTH_SLACK:
                    z = half
        elif z < half - LENGTH_SLACK:
            z = half
        elif z > room[2] - half + LENGTH_SLACK:
            z = room[2] - half
        settled[i, 2] = z
        outside = sizes[i, 0] * sizes[i, 1] * sizes[i, 2] - _inside_volume(i, settled, sizes, turns, room, p, q)
        if outside > VOLUME_TOLERANCE or not _is_free(i, VOLUME_TOLERANCE, settled, sizes, turns, is_flat, p, q):
            if on_floor[i]:
                z = half
            settled[i, 2] = centers[i, 2]
            if not _nearest_place(i, z, on_floor[i], settled, sizes, turns, is_flat, room, places, p, q):
                fate[i] = -1
        if fate[i] == 0 and (
            settled[i, 0] != centers[i, 0] or settled[i, 1] != centers[i, 1] or settled[i, 2] != centers[i, 2]
        ):
            fate[i] = 1
    return settled, fate


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
def _offer(
    row: FloatArray,
    gap: float,
    overhang: float,
    dx: float,
    dy: float,
    dz: float,
    surface: int,
) -> None:
    """Write a support into `row` where it is better than the one there, or as good and nearer."""
    score = _fade(abs(gap), SUPPORT_REACH) * _fade(overhang, OVERHANG_REACH)
    if score > row[0] or (score == row[0] and abs(gap) + overhang < abs(row[1]) + row[2]):
        row[0], row[1], row[2] = score, gap, overhang
        row[3], row[4], row[5] = dx, dy, dz
        row[6] = surface


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

    `mounts` ``(n, 5)`` says which of the four walls and the ceiling a box may hang on. A mount that the
    box may have goes before other surfaces when it is supported by none.
    """
    n = sizes.shape[0]
    best = np.zeros((n, 7))
    turns, standing = np.empty((n, 2)), np.empty(7)
    p, q = np.empty((_CORNERS, 2)), np.empty((_CORNERS, 2))
    points, hull = np.empty((_CORNERS * n, 2)), np.empty((2 * _CORNERS * n, 2))
    for i in range(n):
        turns[i, 0], turns[i, 1] = turn(yaws[i])
    for i in range(n):
        c, s = turns[i, 0], turns[i, 1]
        x, y, z, half = centers[i, 0], centers[i, 1], centers[i, 2], sizes[i, 2] / 2
        dx, dy = min(max(x, 0.0), room[0]) - x, min(max(y, 0.0), room[1]) - y
        overhang = math.hypot(dx, dy)
        gap = z - half
        row = best[i]
        row[0], row[1], row[2] = -1.0, np.inf, np.inf
        if on_floor[i]:
            if gap > 0.0:
                gap = max(0.0, gap - _floor_rise(i, centers, sizes, turns, is_flat, p, q))
            _offer(row, gap, overhang, dx, dy, half - z, FLOOR)
            continue
        standing[0], standing[1], standing[2] = -1.0, np.inf, np.inf
        _offer(standing, gap, overhang, dx, dy, -gap, FLOOR)
        for j in range(n):
            if j == i or _footprints_shared(i, j, centers, sizes, turns, p, q) <= CONTACT_AREA:
                continue
            top = centers[j, 2] + sizes[j, 2] / 2
            count = 0
            for k in range(n):
                if k == i or abs(centers[k, 2] + sizes[k, 2] / 2 - top) > SUPPORT_TOLERANCE:
                    continue
                if _footprints_shared(i, k, centers, sizes, turns, p, q) <= CONTACT_AREA:
                    continue
                ox, oy = centers[k, 0] - x, centers[k, 1] - y
                ck, sk = c * turns[k, 0] + s * turns[k, 1], c * turns[k, 1] - s * turns[k, 0]
                ex, ey = sizes[i, 0] / 2, sizes[i, 1] / 2
                corners = _clip(
                    c * ox + s * oy, c * oy - s * ox, sizes[k, 0], sizes[k, 1], ck, sk, -ex, ex, -ey, ey, p, q
                )
                points[count : count + corners] = p[:corners]
                count += corners
            u, v = _nearest_of_hull(points, count, hull)
            gap = z - half - top
            _offer(standing, gap, math.hypot(u, v), c * u - s * v, s * u + c * v, -gap, j)
        ex = (abs(c) * sizes[i, 0] + abs(s) * sizes[i, 1]) / 2
        ey = (abs(s) * sizes[i, 0] + abs(c) * sizes[i, 1]) / 2
        if mounts[i, 0]:
            _offer(row, y - ey, 0.0, 0.0, ey - y, 0.0, WALL)
        if mounts[i, 1]:
            _offer(row, room[0] - ex - x, 0.0, room[0] - ex - x, 0.0, 0.0, WALL - 1)
        if mounts[i, 2]:
            _offer(row, room[1] - ey - y, 0.0, 0.0, room[1] - ey - y, 0.0, WALL - 2)
        if mounts[i, 3]:
            _offer(row, x - ex, 0.0, ex - x, 0.0, 0.0, WALL - 3)
        if mounts[i, 4]:
            rise = room[2] - half - z
            _offer(row, rise, 0.0, 0.0, 0.0, rise, CEILING)
        if standing[0] > row[0]:
            row[:] = standing
    return best
