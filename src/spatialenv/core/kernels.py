"""Numba kernels of boxes over plain float64 arrays; imported lazily, because numba is slow to load.

Nothing here checks its input: `spatialenv.core.geometry`, `support` and `violations` do. Arrays are
C-contiguous and may be read-only. The kernels release the GIL and never start threads. Everything
is computed relative to the centre of one box, so that coordinates far from the origin cost no
accuracy; quarter turns are exact. `support_kernels`, `place_kernels` and `mending_kernels` build on these.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, TypeVar, cast

import numpy as np
import numpy.typing as npt
from numba import boolean, float64, int64, njit, types

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
Window = tuple[float, float, float, float]
Box = tuple[float, float, float, float, float, float, float, float] | FloatArray
"""A box as `describe` writes it: a row, or what `row` reads from one. A tuple costs no counting of references."""

Triple = tuple[float, float, float] | FloatArray
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

RUG_TOP = 0.05
"""Tops of rugs up to this height in metres count as floor."""

CONTACT_AREA = 1e-6
"""Square metres that two footprints must share for one to bear the other."""

CORNERS = 64
"""Room for a polygon's corners: a rectangle doubles at most at each of four cuts, whatever the rounding."""

FLOOR_CORNERS = 324
"""Room for a floor's corners: each of four cuts crosses k of them at most k times, so 64 grow 1.5-fold four times."""

_SOURCES = b"".join(path.read_bytes() for path in sorted(Path(__file__).parent.rglob("*kernels.py")))
STAMP = f"{zlib.crc32(_SOURCES):08x}"
"""Of all kernels here. Numba compiles a kernel anew when the kernel's own file changes, not when what it calls does."""


def kernel(*signatures: Any, inline: bool = False) -> Callable[[Function], Function]:
    """Return the decorator that compiles a kernel, keeping its Python type for type checkers.

    The stamp goes into the name under which numba keeps the machine code, so that kernels that call those of
    another file are renewed together with it. An `inline` one becomes part of its callers before they are compiled,
    which saves them counting references to arrays: for short kernels of the innermost loops.
    """
    inlining: Literal["always", "never"] = "always" if inline else "never"
    compile_kernel = njit(list(signatures) or None, cache=True, nogil=True, error_model="numpy", inline=inlining)

    def decorate(function: Function) -> Function:
        function.__qualname__ = f"{function.__qualname__}_{STAMP}"
        return cast(Function, compile_kernel(function))

    return decorate


IN1, IN2, IN3 = (types.Array(float64, ndim, "C", readonly=True) for ndim in (1, 2, 3))
MASK1, MASK2 = (types.Array(boolean, ndim, "C", readonly=True) for ndim in (1, 2))
COUNT1 = types.Array(int64, 1, "C", readonly=True)


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
    """Write the part of a polygon with ``sign * p[axis] <= bound``; return its corners' number.

    Where a polygon that is not convex falls apart, its parts are joined along the line, there and back: a shape of
    the same signed area.
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
def describe(centers: FloatArray, sizes: FloatArray, yaws: FloatArray, boxes: FloatArray) -> None:
    """Write the boxes of one scene as rows ``x, y, z, length, width, height, cosine, sine``."""
    for i in range(yaws.shape[0]):
        boxes[i, :3] = centers[i]
        boxes[i, 3:6] = sizes[i]
        boxes[i, 6], boxes[i, 7] = turn(yaws[i])


@kernel()
def row(boxes: FloatArray, i: int) -> Box:
    """Return the i-th of the boxes as a tuple."""
    b = boxes
    return b[i, 0], b[i, 1], b[i, 2], b[i, 3], b[i, 4], b[i, 5], b[i, 6], b[i, 7]


@kernel()
def extents(box: Box) -> tuple[float, float]:
    """Return half the sides of a footprint's bounding rectangle."""
    c, s = abs(box[6]), abs(box[7])
    return (c * box[3] + s * box[4]) / 2, (s * box[3] + c * box[4]) / 2


@kernel()
def _clip(box: Box, x: float, y: float, c: float, s: float, window: Window, p: FloatArray, q: FloatArray) -> int:
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
def _relative(a: Box, b: Box) -> tuple[float, float, float, float]:
    """Return the place ``x, y`` and the turn ``c, s`` of box `b` as seen from the centre and axes of box `a`."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    return a[6] * dx + a[7] * dy, a[6] * dy - a[7] * dx, a[6] * b[6] + a[7] * b[7], a[6] * b[7] - a[7] * b[6]


@kernel()
def footprint_gap(a: Box, b: Box) -> float:
    """Return the signed gap of two footprints along their best separating axis; negative: depth."""
    x, y, c, s = _relative(a, b)
    u, v = abs(c), abs(s)
    gap = max(abs(x) - (a[3] + u * b[3] + v * b[4]) / 2, abs(y) - (a[4] + v * b[3] + u * b[4]) / 2)
    gap = max(gap, abs(c * x + s * y) - (b[3] + u * a[3] + v * a[4]) / 2)
    return float(max(gap, abs(c * y - s * x) - (b[4] + v * a[3] + u * a[4]) / 2))


@kernel()
def contact(a: Box, b: Box, p: FloatArray, q: FloatArray) -> int:
    """Write what two footprints share, in the axes of `a`, into `p`; return its corners' number."""
    x, y, c, s = _relative(a, b)
    return _clip(b, x, y, c, s, (-a[3] / 2, a[3] / 2, -a[4] / 2, a[4] / 2), p, q)


@kernel(inline=True)
def crossing_area(a: Box, b: Box, p: FloatArray, q: FloatArray) -> float:
    """Return the area that two footprints share, known to be some."""
    x, y, c, s = _relative(a, b)
    if s == 0.0 or c == 0.0:
        ex, ey = (abs(c) * b[3] + abs(s) * b[4]) / 2, (abs(s) * b[3] + abs(c) * b[4]) / 2
        shared_x = min(a[3] / 2, x + ex) - max(-a[3] / 2, x - ex)
        shared_y = min(a[4] / 2, y + ey) - max(-a[4] / 2, y - ey)
        area = max(0.0, shared_x) * max(0.0, shared_y)
    else:
        area = _area(p, contact(a, b, p, q))
    return float(min(area, min(a[3] * a[4], b[3] * b[4])))


@kernel()
def shared_area(a: Box, b: Box, p: FloatArray, q: FloatArray) -> float:
    """Return the area that two footprints share."""
    return 0.0 if footprint_gap(a, b) >= 0.0 else crossing_area(a, b, p, q)


@kernel()
def shared_height(a: Box, b: Box) -> float:
    """Return the height that two boxes share, 0 or less where none."""
    dz = b[2] - a[2]
    return float(min(a[5] / 2, dz + b[5] / 2) - max(-a[5] / 2, dz - b[5] / 2))


@kernel()
def shared_volume(a: Box, b: Box, p: FloatArray, q: FloatArray) -> float:
    """Return the volume that two boxes share."""
    height = shared_height(a, b)
    return 0.0 if height <= 0.0 or footprint_gap(a, b) >= 0.0 else height * crossing_area(a, b, p, q)


@kernel()
def _height_inside(box: Box, room: Triple) -> float:
    """Return how much of a box's height is between the floor and the ceiling, 0 or less where nothing."""
    return float(min(box[5] / 2, room[2] - box[2]) - max(-box[5] / 2, -box[2]))


@kernel()
def _cut_area(box: Box, room: Triple, p: FloatArray, q: FloatArray) -> float:
    """Return the area of a turned footprint inside a room whose floor is a rectangle."""
    window = (-box[0], room[0] - box[0], -box[1], room[1] - box[1])
    return _area(p, _clip(box, 0.0, 0.0, box[6], box[7], window, p, q))


@kernel(inline=True)
def _rectangle_volume(box: Box, room: Triple, p: FloatArray, q: FloatArray) -> float:
    """Return the volume of a box inside a room whose floor is a rectangle."""
    shared = _height_inside(box, room)
    if shared <= 0.0:
        return 0.0
    west, east, south, north = -box[0], room[0] - box[0], -box[1], room[1] - box[1]
    ex, ey = extents(box)
    if -ex >= west and ex <= east and -ey >= south and ey <= north:
        area = box[3] * box[4]
    elif box[6] == 0.0 or box[7] == 0.0:
        area = max(0.0, min(ex, east) - max(-ex, west)) * max(0.0, min(ey, north) - max(-ey, south))
    else:
        area = _cut_area(box, room, p, q)
    return float(min(area, box[3] * box[4]) * shared)


@kernel()
def _polygon_volume(box: Box, room: Triple, floor: FloatArray, corners: int, p: FloatArray, q: FloatArray) -> float:
    """Return the volume of a box inside a room whose floor is a simple counter-clockwise polygon of so many corners."""
    shared = _height_inside(box, room)
    if shared <= 0.0:
        return 0.0
    c, s = box[6], box[7]
    for k in range(corners):
        dx, dy = floor[k, 0] - box[0], floor[k, 1] - box[1]
        p[k, 0], p[k, 1] = c * dx + s * dy, c * dy - s * dx
    count = _cut(p, corners, q, 0, 1.0, box[3] / 2)
    count = _cut(q, count, p, 0, -1.0, box[3] / 2)
    count = _cut(p, count, q, 1, 1.0, box[4] / 2)
    area = _area(p, _cut(q, count, p, 1, -1.0, box[4] / 2))
    return float(min(area, box[3] * box[4]) * shared)


@kernel(inline=True)
def inside_volume(box: Box, room: Triple, floor: FloatArray, p: FloatArray, q: FloatArray) -> float:
    """Return the volume of a box inside the room; a floor without corners is ``room[0]`` by ``room[1]``.

    With a floor, `p` and `q` must have `FLOOR_CORNERS` rows, else `CORNERS`.
    """
    if floor.shape[0] > 0:
        return _polygon_volume(box, room, floor, floor.shape[0], p, q)
    return _rectangle_volume(box, room, p, q)


@kernel()
def rise_over(rise: float, box: Box, rug: Box, p: FloatArray, q: FloatArray) -> float:
    """Return the height of a rug where it lies under `box` and is higher than `rise`, else `rise`."""
    top = rug[2] + rug[5] / 2
    is_higher = rise < top <= RUG_TOP
    return top if is_higher and shared_area(box, rug, p, q) > CONTACT_AREA else rise


@kernel()
def floor_rise(i: int, boxes: FloatArray, is_flat: BoolArray, p: FloatArray, q: FloatArray) -> float:
    """Return the height of the highest rug that lies under box `i`, 0 where there is none."""
    rise = 0.0
    for j in range(boxes.shape[0]):
        if is_flat[j] and j != i:
            rise = rise_over(rise, boxes[i], boxes[j], p, q)
    return rise


@kernel(float64[:, :, ::1](IN3, IN3, IN2, MASK2, boolean))
def overlaps(
    centers: FloatArray, sizes: FloatArray, yaws: FloatArray, mask: BoolArray, with_height: bool
) -> FloatArray:
    """Return the shared areas, or volumes `with_height`, of all pairs: ``(b, n, n)``."""
    batch, n = yaws.shape
    shared = np.zeros((batch, n, n))
    boxes, p, q = np.empty((n, 8)), np.empty((CORNERS, 2)), np.empty((CORNERS, 2))
    for k in range(batch):
        describe(centers[k], sizes[k], yaws[k], boxes)
        for i in range(n):
            if not mask[k, i]:
                continue
            for j in range(i + 1, n):
                # Most pairs are apart: these tests are here, not in a function, because numba then inlines them.
                if not mask[k, j] or footprint_gap(boxes[i], boxes[j]) >= 0.0:
                    continue
                height = shared_height(boxes[i], boxes[j]) if with_height else 1.0
                if height > 0.0:
                    shared[k, i, j] = height * crossing_area(boxes[i], boxes[j], p, q)
                    shared[k, j, i] = shared[k, i, j]
    return shared


@kernel(float64[:, :, ::1](IN3, IN3, IN2, MASK2))
def separations(centers: FloatArray, sizes: FloatArray, yaws: FloatArray, mask: BoolArray) -> FloatArray:
    """Return the signed separations of all pairs: ``(b, n, n)``, inf where there is no pair."""
    batch, n = yaws.shape
    gaps = np.full((batch, n, n), np.inf)
    boxes = np.empty((n, 8))
    for k in range(batch):
        describe(centers[k], sizes[k], yaws[k], boxes)
        for i in range(n):
            for j in range(i + 1, n):
                if mask[k, i] and mask[k, j]:
                    upright = abs(boxes[j, 2] - boxes[i, 2]) - (boxes[i, 5] + boxes[j, 5]) / 2
                    gaps[k, i, j] = max(footprint_gap(boxes[i], boxes[j]), upright)
                    gaps[k, j, i] = gaps[k, i, j]
    return gaps


@kernel(float64[:, ::1](IN3, IN3, IN2, MASK2, IN2, IN3, COUNT1))
def inside_volumes(
    centers: FloatArray,
    sizes: FloatArray,
    yaws: FloatArray,
    mask: BoolArray,
    rooms: FloatArray,
    floors: FloatArray,
    corners: IntArray,
) -> FloatArray:
    """Return the volume of each box inside its room: ``(b, n)``; see `inside_volume` for 0 `corners`."""
    batch, n = yaws.shape
    inside = np.zeros((batch, n))
    boxes, p, q = np.empty((n, 8)), np.empty((FLOOR_CORNERS, 2)), np.empty((FLOOR_CORNERS, 2))
    for k in range(batch):
        describe(centers[k], sizes[k], yaws[k], boxes)
        for i in range(n):
            if mask[k, i]:
                if corners[k] > 0:
                    inside[k, i] = _polygon_volume(boxes[i], rooms[k], floors[k], corners[k], p, q)
                else:
                    inside[k, i] = _rectangle_volume(boxes[i], rooms[k], p, q)
    return inside


@kernel(float64[::1](IN2, IN2))
def pair_areas(a: FloatArray, b: FloatArray) -> FloatArray:
    """Return the area that each row ``(x, y, length, width, yaw)`` of `a` shares with that of `b`."""
    n = a.shape[0]
    shared = np.empty(n)
    boxes, p, q = np.zeros((2, 8)), np.empty((CORNERS, 2)), np.empty((CORNERS, 2))
    for i in range(n):
        for box, row in ((boxes[0], a[i]), (boxes[1], b[i])):
            box[:2] = row[:2]
            box[3:5] = row[2:4]
            box[6], box[7] = turn(row[4])
        shared[i] = shared_area(boxes[0], boxes[1], p, q)
    return shared
