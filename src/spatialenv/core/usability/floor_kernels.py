"""Numba kernels of the floor as a raster of cells: what is off it, and what objects take of it.

The raster is worked with line by line, as ranges of columns, never cell by cell: work and memory follow the objects'
extents across the lines. What an object takes of a line is worked out exactly, so a cell is free or not by the place
of its centre alone.

Imported lazily by `spatialenv.core.usability.balance`, and by `walking_kernels`, which walks on it; see
`spatialenv.core.kernels` for what all kernels keep to.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numba import boolean, float64, types

from spatialenv.core.kernels import IN1, IN2, MASK1, BoolArray, FloatArray, IntArray, describe, kernel

Grid = tuple[float, float, float, int, int]
Function = TypeVar("Function", bound=Callable[..., Any])

MOST_CELLS = 4096
"""Most cells along a side of the raster: in greater rooms the cells are larger."""

SLACK = 1e-9
"""Metres by which something may be nearer than it may, so that rounding decides nothing where lengths are even."""

FAR = 1e7
"""Metres beyond which a box is taken to be this far: numbers of cells must fit into integers."""

_STAMP = f"{zlib.crc32(Path(__file__).read_bytes()):08x}"


def kernel_on_floor(*signatures: Any) -> Callable[[Function], Function]:
    """Return the decorator `kernel` for what calls kernels of this file, which renews it when this file changes."""

    def decorate(function: Function) -> Function:
        function.__qualname__ = f"{function.__qualname__}_{_STAMP}"
        return kernel(*signatures)(function)

    return decorate


@kernel()
def _stretch(obstacle: FloatArray, y: float) -> tuple[float, float]:
    """Return the x between which points of a line along x are too near to an obstacle; west > east: none.

    An obstacle is ``x, y``, half its length and width, the cosine and sine of its turn, and the distance below which
    it is too near. That region is convex; on its rim are arcs about the corners and sides moved outwards.
    """
    dy = y - obstacle[1]
    a, b, c, s, radius = obstacle[2], obstacle[3], obstacle[4], obstacle[5], obstacle[6]
    if c == 0.0 or s == 0.0:
        ex, ey = abs(c) * a + abs(s) * b, abs(s) * a + abs(c) * b
        beyond = abs(dy) - ey
        if beyond >= radius:
            return 1.0, 0.0
        half = ex + (math.sqrt(radius * radius - beyond * beyond) if beyond > 0.0 else radius)
        return obstacle[0] - half, obstacle[0] + half
    west, east = np.inf, -np.inf
    for k in range(4):
        u, v = (a if k == 1 or k == 2 else -a), (b if k >= 2 else -b)
        px, py = c * u - s * v, s * u + c * v
        if abs(dy - py) < radius:
            half = math.sqrt(radius * radius - (dy - py) * (dy - py))
            west, east = min(west, px - half), max(east, px + half)
        # The side from this corner on, moved outwards.
        nu, nv = (1.0 if k == 1 else (-1.0 if k == 3 else 0.0)), (1.0 if k == 2 else (-1.0 if k == 0 else 0.0))
        nx, ny = (c * nu - s * nv) * radius, (s * nu + c * nv) * radius
        length = 2.0 * (a if k == 0 or k == 2 else b)
        tx, ty = (s * nu + c * nv) * -length, (c * nu - s * nv) * length
        share = (dy - py - ny) / ty if ty != 0.0 else -1.0
        if 0.0 <= share <= 1.0:
            x = px + nx + share * tx
            west, east = min(west, x), max(east, x)
    return obstacle[0] + west, obstacle[0] + east


@kernel()
def floor_grid(floor: FloatArray, cell: float) -> tuple[float, float, float, int, int]:
    """Return the middle of a floor's bounding box, the cell's side, and the numbers of columns and rows that cover it.

    The raster is centred on the floor, so that it turns, mirrors and moves with it.
    """
    west, east, south, north = floor[0, 0], floor[0, 0], floor[0, 1], floor[0, 1]
    for k in range(floor.shape[0]):
        west, east = min(west, floor[k, 0]), max(east, floor[k, 0])
        south, north = min(south, floor[k, 1]), max(north, floor[k, 1])
    cell = max(cell, max(east - west, north - south) / MOST_CELLS)
    columns = max(1, math.ceil((east - west) / cell - SLACK))
    lines = max(1, math.ceil((north - south) / cell - SLACK))
    return (west + east) / 2, (south + north) / 2, cell, columns, lines


@kernel()
def put(obstacle: FloatArray, box: FloatArray, x: float, y: float) -> None:
    """Write a box as an obstacle that is seen from a point."""
    obstacle[0], obstacle[1] = min(max(box[0] - x, -FAR), FAR), min(max(box[1] - y, -FAR), FAR)
    obstacle[2], obstacle[3], obstacle[4], obstacle[5] = box[3] / 2, box[4] / 2, box[6], box[7]


@kernel()
def _obstacles(
    boxes: FloatArray, blocks: BoolArray, floor: FloatArray, x: float, y: float, radius: float
) -> FloatArray:
    """Return the boxes that block and the walls as obstacles seen from a point, those with a western middle first."""
    corners = floor.shape[0]
    found = np.empty((boxes.shape[0] + corners, 8))
    count = 0
    for i in range(boxes.shape[0]):
        if blocks[i]:
            put(found[count], boxes[i], x, y)
            found[count, 6], found[count, 7] = radius - SLACK, i
            count += 1
    for k in range(corners):
        after = floor[(k + 1) % corners]
        dx, dy = after[0] - floor[k, 0], after[1] - floor[k, 1]
        length = math.hypot(dx, dy)
        found[count, 0], found[count, 1] = (floor[k, 0] + after[0]) / 2 - x, (floor[k, 1] + after[1]) / 2 - y
        found[count, 2], found[count, 3] = length / 2, 0.0
        # What lies on a wall is not on the floor, on whichever side rounding puts it.
        found[count, 4], found[count, 5], found[count, 6] = dx / length, dy / length, max(radius - SLACK, SLACK)
        found[count, 7] = -1.0
        count += 1
    return found[np.argsort(found[:count, 0])]


@kernel()
def _off_floor(
    floor: FloatArray, x: float, y: float, line: float, cell: float, columns: int, cuts: FloatArray, ranges: IntArray
) -> int:
    """Write the ranges of columns off the floor on one line; return how many."""
    corners = floor.shape[0]
    count = 0
    for k in range(corners):
        ax, ay = floor[k, 0] - x, floor[k, 1] - y
        after = floor[(k + 1) % corners]
        bx, by = after[0] - x, after[1] - y
        if (ay <= line) != (by <= line):
            cut = ax + (line - ay) / (by - ay) * (bx - ax)
            place = count
            while place > 0 and cuts[place - 1] > cut:
                cuts[place] = cuts[place - 1]
                place -= 1
            cuts[place] = cut
            count += 1
    middle = (columns - 1) / 2
    first, found = 0, 0
    for k in range(0, count, 2):
        ranges[found, 0], ranges[found, 1], ranges[found, 2] = first, math.floor(cuts[k] / cell + middle) + 1, -1
        first = math.ceil(cuts[k + 1] / cell + middle)
        found += 1
    ranges[found, 0], ranges[found, 1], ranges[found, 2] = first, columns, -1
    return found + 1


@kernel()
def taken_ranges(
    boxes: FloatArray, blocks: BoolArray, floor: FloatArray, radius: float, cell: float
) -> tuple[IntArray, IntArray, IntArray]:
    """Return the ranges of columns, on each line of cells, whose centres are off the floor or near an obstacle.

    Args:
        boxes: As `describe` writes them.
        blocks: Which of them are obstacles.
        floor: Corners of the floor, shape ``(c, 2)``.
        radius: Metres within which a wall or an obstacle is near; with 0 only what is inside an obstacle.
        cell: Side of a cell, metres.

    Returns:
        Where each line's ranges start and how many there are; ranges as ``first, end, box``, those of a line in the
        order of their starts, with a box of -1 for walls and what is off the floor.
    """
    x, y, cell, columns, lines = floor_grid(floor, cell)
    middle, across = (lines - 1) / 2, (columns - 1) / 2
    obstacles = _obstacles(boxes, blocks, floor, x, y, radius)
    spans = np.empty((obstacles.shape[0], 2), np.int64)
    starts = np.full(lines + 1, floor.shape[0] // 2 + 1, np.int64)
    starts[0] = 0
    for k in range(obstacles.shape[0]):
        a, b, c, s = obstacles[k, 2], obstacles[k, 3], abs(obstacles[k, 4]), abs(obstacles[k, 5])
        reach = s * a + c * b + obstacles[k, 6]
        spans[k, 0] = max(0, math.floor((obstacles[k, 1] - reach) / cell + middle) + 1)
        spans[k, 1] = min(lines, math.ceil((obstacles[k, 1] + reach) / cell + middle))
        for line in range(spans[k, 0], spans[k, 1]):
            starts[line + 1] += 1
    for line in range(lines):
        starts[line + 1] += starts[line]
    ranges, counts, cuts = np.empty((starts[lines], 3), np.int64), np.empty(lines, np.int64), np.empty(floor.shape[0])
    for line in range(lines):
        counts[line] = _off_floor(floor, x, y, (line - middle) * cell, cell, columns, cuts, ranges[starts[line] :])
    for k in range(obstacles.shape[0]):
        for line in range(spans[k, 0], spans[k, 1]):
            west, east = _stretch(obstacles[k], (line - middle) * cell)
            if west > east:
                continue
            first = math.floor(west / cell + across) + 1
            place = starts[line] + counts[line]
            while place > starts[line] and ranges[place - 1, 0] > first:
                ranges[place] = ranges[place - 1]
                place -= 1
            ranges[place, 0], ranges[place, 1], ranges[place, 2] = (
                first,
                math.ceil(east / cell + across),
                obstacles[k, 7],
            )
            counts[line] += 1
    return starts, counts, ranges


@kernel()
def _add(sums: FloatArray, first: int, end: int, columns: int, y: float) -> None:
    """Add a stretch of cells of one line to ``cells, x, y``, in cells from the middle of the raster."""
    first, end = max(first, 0), min(end, columns)
    if end > first:
        sums[0] += end - first
        sums[1] += (end - first) * (first + end - columns) / 2
        sums[2] += (end - first) * y


@kernel()
def floor_sums(
    centers: FloatArray, sizes: FloatArray, yaws: FloatArray, blocks: BoolArray, floor: FloatArray, cell: float
) -> FloatArray:
    """Return what each box alone takes of the floor, what is free, and the whole floor, shape ``(n + 2, 3)``.

    Rows are the area in square metres and its moments along x and y about the middle of the raster; the last but one
    is what is free, the last the whole floor. What several boxes take is left out of theirs.
    """
    n = yaws.shape[0]
    boxes = np.empty((n, 8))
    describe(centers, sizes, yaws, boxes)
    _, _, side, columns, lines = floor_grid(floor, cell)
    starts, counts, ranges = taken_ranges(boxes, blocks, floor, 0.0, cell)
    sums = np.zeros((n + 2, 3))
    for line in range(lines):
        low, high, up = starts[line], starts[line] + counts[line], line - (lines - 1) / 2
        cursor, off = 0, 0
        for k in range(low, high):
            _add(sums[n], cursor, ranges[k, 0], columns, up)
            cursor = max(cursor, ranges[k, 1])
            if ranges[k, 2] < 0:
                _add(sums[n + 1], off, ranges[k, 0], columns, up)
                off = max(off, ranges[k, 1])
                continue
            first, end = ranges[k, 0], ranges[k, 1]
            for other in range(low, high):
                if ranges[other, 0] >= end:
                    break
                if other != k and ranges[other, 1] > first:
                    _add(sums[ranges[k, 2]], first, ranges[other, 0], columns, up)
                    first = max(first, ranges[other, 1])
            _add(sums[ranges[k, 2]], first, end, columns, up)
    sums[:, 0] *= side * side
    sums[:, 1:] *= side * side * side
    return sums


@kernel(types.Tuple((float64[:, ::1], float64[::1]))(IN2, IN2, IN1, MASK1, IN2, float64))
def free_floor(
    centers: FloatArray, sizes: FloatArray, yaws: FloatArray, blocks: BoolArray, floor: FloatArray, cell: float
) -> tuple[FloatArray, FloatArray]:
    """Return how the free floor lies, what each box takes of it, and what each adds to its offset.

    Rows ``(n, 2)`` are what a box adds in metres and its area in square metres; the figures are the offset of the
    centroid along x and y, its length, and the free area. Without a free place they are 0.
    """
    n = yaws.shape[0]
    sums = floor_sums(centers, sizes, yaws, blocks, floor, cell)
    free, whole = sums[n], sums[n + 1]
    shares, figures = np.zeros((n, 2)), np.zeros(4)
    shares[:, 1] = sums[:n, 0]
    if free[0] > 0.0:
        x, y = whole[1] / whole[0], whole[2] / whole[0]
        figures[0], figures[1] = free[1] / free[0] - x, free[2] / free[0] - y
        figures[2], figures[3] = math.hypot(figures[0], figures[1]), free[0]
        for i in range(n):
            area = free[0] + sums[i, 0]
            shares[i, 0] = figures[2] - math.hypot((free[1] + sums[i, 1]) / area - x, (free[2] + sums[i, 2]) / area - y)
    return shares, figures


@kernel(boolean[::1](IN2, IN2, MASK1, float64, float64))
def takes_floor(centers: FloatArray, sizes: FloatArray, is_flat: BoolArray, step: float, height: float) -> BoolArray:
    """Return which boxes have some part between two heights; none that lies flat."""
    takes = np.zeros(is_flat.shape[0], np.bool_)
    for i in range(is_flat.shape[0]):
        low, high = centers[i, 2] - sizes[i, 2] / 2, centers[i, 2] + sizes[i, 2] / 2
        takes[i] = low < height - SLACK and high > step + SLACK and not is_flat[i]
    return takes
