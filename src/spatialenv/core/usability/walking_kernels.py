"""Numba kernels of walking: free floor as runs of cells, and which of it hangs together.

A run is a stretch of free cells of one row: ``firsts <= column < ends``. The runs of all rows stand one after
another, row by row and from west to east; those of row ``k`` are ``rows[k]`` to ``rows[k + 1]``. Work and memory
follow the runs, not the cells, so fine rasters are cheap.

Imported lazily by `spatialenv.core.usability.walking`; see `spatialenv.core.kernels` for what all kernels keep to.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from numba import float64, int32, int64, types

from spatialenv.core.kernels import IN1, IN2, MASK1, MASK2, BoolArray, FloatArray, IntArray, describe
from spatialenv.core.usability.floor_kernels import SLACK, Grid, floor_grid, kernel_on_floor, put, taken_ranges

LabelArray = npt.NDArray[np.int32]

DIAGONAL = 0.71
"""Half the diagonal of a square over its side, rounded up."""


@kernel_on_floor()
def _root(parents: IntArray, run: int) -> int:
    """Return the first run of the tree that a run is in, halving the way there."""
    while parents[run] != run:
        parents[run] = parents[parents[run]]
        run = parents[run]
    return run


@kernel_on_floor()
def join_runs(rows: IntArray, firsts: IntArray, ends: IntArray, diagonal: int, labels: IntArray) -> int:
    """Write the component of each run, counted from 0 in the order of their first runs; return how many there are.

    Runs of neighbouring rows are joined where they share a column or, with a `diagonal` of 1, touch at a corner.
    """
    for run in range(rows[-1]):
        labels[run] = run
    for row in range(1, rows.shape[0] - 1):
        below, here = rows[row - 1], rows[row]
        while below < rows[row] and here < rows[row + 1]:
            if firsts[below] < ends[here] + diagonal and firsts[here] < ends[below] + diagonal:
                a, b = _root(labels, below), _root(labels, here)
                labels[max(a, b)] = min(a, b)
            if ends[below] < ends[here]:
                below += 1
            else:
                here += 1
    count = 0
    for run in range(rows[-1]):
        # A tree's first run comes before all others of it, so that what it stands for is already a number from 0.
        if labels[run] == run:
            labels[run] = count
            count += 1
        else:
            labels[run] = labels[labels[run]]
    return count


@kernel_on_floor(types.Array(int32, 2, "C")(MASK2))
def components(mask: BoolArray) -> LabelArray:
    """Return the 8-connected components of a mask.

    Args:
        mask: Which cells are free, shape ``(h, w)``.

    Returns:
        Shape ``(h, w)``: 0 where the mask is False, else the number of the cell's component, from 1 in the order in
        which a reading of the rows meets them. ``numpy.bincount(labels.ravel())`` counts their cells.
    """
    height, width = mask.shape
    rows = np.zeros(height + 1, dtype=np.int64)
    firsts, ends = np.empty(mask.size // 2 + height, dtype=np.int64), np.empty(mask.size // 2 + height, dtype=np.int64)
    count = 0
    for row in range(height):
        column = 0
        while column < width:
            if not mask[row, column]:
                column += 1
                continue
            firsts[count] = column
            while column < width and mask[row, column]:
                column += 1
            ends[count] = column
            count += 1
        rows[row + 1] = count
    joined = np.empty(count, dtype=np.int64)
    join_runs(rows, firsts, ends, 1, joined)
    labels = np.zeros((height, width), dtype=np.int32)
    for row in range(height):
        for run in range(rows[row], rows[row + 1]):
            labels[row, firsts[run] : ends[run]] = joined[run] + 1
    return labels


@kernel_on_floor()
def free_runs(
    boxes: FloatArray, blocks: BoolArray, floor: FloatArray, radius: float, cell: float
) -> tuple[IntArray, IntArray, IntArray]:
    """Return ``rows``, ``firsts`` and ``ends`` of the runs that `taken_ranges` leaves."""
    columns = floor_grid(floor, cell)[3]
    starts, counts, ranges = taken_ranges(boxes, blocks, floor, radius, cell)
    rows = np.zeros(starts.shape[0], np.int64)
    firsts, ends = np.empty(ranges.shape[0], np.int64), np.empty(ranges.shape[0], np.int64)
    count = 0
    for line in range(counts.shape[0]):
        cursor = 0
        for k in range(starts[line], starts[line] + counts[line]):
            if ranges[k, 0] > cursor:
                firsts[count], ends[count] = cursor, min(ranges[k, 0], columns)
                count += 1
            cursor = max(cursor, ranges[k, 1])
            if cursor >= columns:
                break
        rows[line + 1] = count
    return rows, firsts, ends


@kernel_on_floor()
def _seed(
    door: FloatArray,
    radius: float,
    grid: Grid,
    rows: IntArray,
    firsts: IntArray,
    ends: IntArray,
    labels: IntArray,
    touched: BoolArray,
) -> bool:
    """Mark the components that hold a cell just inside a doorway, where the robot comes through; return if any does.

    Just inside is a radius from the doorway's line, by less than two cells more, and a radius from its ends or, in a
    doorway as wide as the robot, near its middle: never less than what holds the centre of some cell.
    """
    x, y, cell, columns, lines = grid
    dx, dy = door[2] - door[0], door[3] - door[1]
    width = math.hypot(dx, dy)
    tx, ty = dx / width, dy / width
    mx, my = (door[0] + door[2]) / 2 - x, (door[1] + door[3]) / 2 - y
    half = max(width / 2 - radius, DIAGONAL * cell) + SLACK
    near, far = radius - SLACK, radius + 2.0 * DIAGONAL * cell + SLACK
    reach_x, reach_y = abs(tx) * half + abs(ty) * far, abs(ty) * half + abs(tx) * far
    across, along = (columns - 1) / 2, (lines - 1) / 2
    found = False
    low = max(0, math.ceil((my - reach_y) / cell + along))
    high = min(lines - 1, math.floor((my + reach_y) / cell + along))
    west, east = math.ceil((mx - reach_x) / cell + across), math.floor((mx + reach_x) / cell + across)
    for line in range(low, high + 1):
        py = (line - along) * cell - my
        for run in range(rows[line], rows[line + 1]):
            for column in range(max(west, firsts[run]), min(east + 1, ends[run])):
                px = (column - across) * cell - mx
                if abs(px * tx + py * ty) <= half and near <= abs(py * tx - px * ty) <= far:
                    touched[labels[run]] = True
                    found = True
                    break
    return found


@kernel_on_floor()
def _to_rectangle(obstacle: FloatArray, x: float, y: float) -> float:
    """Return the distance of a point from a rectangle."""
    dx, dy = x - obstacle[0], y - obstacle[1]
    u = abs(obstacle[4] * dx + obstacle[5] * dy) - obstacle[2]
    v = abs(obstacle[4] * dy - obstacle[5] * dx) - obstacle[3]
    if u <= 0.0:
        return float(max(v, 0.0))
    return float(u if v <= 0.0 else math.sqrt(u * u + v * v))


@kernel_on_floor()
def _nearest_on_line(obstacle: FloatArray, y: float) -> tuple[float, float]:
    """Return the x between which a line along x is nearest to a rectangle."""
    a, b, c, s = obstacle[2], obstacle[3], obstacle[4], obstacle[5]
    dy = y - obstacle[1]
    if c == 0.0 or s == 0.0:
        ex = abs(c) * a + abs(s) * b
        return obstacle[0] - ex, obstacle[0] + ex
    ey = abs(s) * a + abs(c) * b
    if abs(dy) >= ey:
        # The corner that reaches furthest towards the line.
        side = 1.0 if dy > 0.0 else -1.0
        u, v = (a if s * side > 0.0 else -a), (b if c * side > 0.0 else -b)
        return obstacle[0] + c * u - s * v, obstacle[0] + c * u - s * v
    # Where the line is inside: between the later of two entries and the earlier of two exits.
    west = max((-a - s * dy) / c if c > 0.0 else (a - s * dy) / c, (c * dy - b) / s if s > 0.0 else (c * dy + b) / s)
    east = min((a - s * dy) / c if c > 0.0 else (-a - s * dy) / c, (c * dy + b) / s if s > 0.0 else (c * dy - b) / s)
    return obstacle[0] + west, obstacle[0] + max(west, east)


@kernel_on_floor()
def _gap(
    obstacle: FloatArray,
    enough: float,
    limit: float,
    grid: Grid,
    rows: IntArray,
    firsts: IntArray,
    ends: IntArray,
    labels: IntArray,
    reached: BoolArray,
) -> float:
    """Return the distance of a rectangle from the nearest reached cell's centre, at most `limit`.

    Lines are looked through outwards from the rectangle's middle, until one is found that is near `enough`.
    """
    _, _, cell, columns, lines = grid
    across, along = (columns - 1) / 2, (lines - 1) / 2
    a, b, c, s = obstacle[2], obstacle[3], abs(obstacle[4]), abs(obstacle[5])
    ex, ey = c * a + s * b, s * a + c * b
    best = limit
    above = min(max(math.ceil(obstacle[1] / cell + along), 0), lines)
    below = above - 1
    while True:
        over, under = (above - along) * cell - obstacle[1], obstacle[1] - (below - along) * cell
        is_over = above < lines and over - ey < best
        is_under = below >= 0 and under - ey < best
        if best <= enough or not (is_over or is_under):
            return best
        line = above if is_over and (over <= under or not is_under) else below
        if line == above:
            above += 1
        else:
            below -= 1
        y = (line - along) * cell
        west, east = _nearest_on_line(obstacle, y)
        first, last = west / cell + across, east / cell + across
        low, high = rows[line], rows[line + 1]
        while low < high:
            half = (low + high) // 2
            if ends[half] <= first:
                low = half + 1
            else:
                high = half
        # The run that holds the nearest x or is the next one east of it, and on from there both ways.
        for run in range(low, rows[line + 1]):
            if (firsts[run] - across) * cell - obstacle[0] - ex > best:
                break
            if reached[labels[run]]:
                best = min(best, _along(obstacle, firsts[run], ends[run], first, last, across, cell, y))
                if firsts[run] > last:
                    break
        for run in range(low - 1, rows[line] - 1, -1):
            if obstacle[0] - ex - (ends[run] - 1 - across) * cell > best:
                break
            if reached[labels[run]]:
                best = min(best, _along(obstacle, firsts[run], ends[run], first, last, across, cell, y))
                break


@kernel_on_floor()
def _along(
    obstacle: FloatArray, start: int, end: int, first: float, last: float, across: float, cell: float, y: float
) -> float:
    """Return the distance of a rectangle from a run's nearest cell: one beside where the line is nearest."""
    best = np.inf
    for column in (math.floor(first), math.ceil(first), math.floor(last), math.ceil(last)):
        inside = min(max(column, start), end - 1)
        best = min(best, _to_rectangle(obstacle, (inside - across) * cell, y))
    return best


@kernel_on_floor()
def _reached(
    boxes: FloatArray, blocks: BoolArray, floor: FloatArray, doors: FloatArray, radius: float, cell: float
) -> tuple[IntArray, IntArray, IntArray, IntArray, BoolArray, IntArray, FloatArray]:
    """Return the runs, the component of each, which components are reached, what each door does, and the figures.

    A door lets in 1, is blocked 0 or too narrow -1. The figures are the free and the reached area in square metres
    and the walkable rate. Without a door wide enough for the robot the largest components are reached.
    """
    grid = floor_grid(floor, cell)
    rows, firsts, ends = free_runs(boxes, blocks, floor, radius, cell)
    labels = np.empty(rows[-1], np.int64)
    count = join_runs(rows, firsts, ends, 0, labels)
    cells = np.zeros(count, np.int64)
    for run in range(rows[-1]):
        cells[labels[run]] += ends[run] - firsts[run]
    free = cells.sum()
    reached, ways = np.zeros(count, np.bool_), np.zeros(doors.shape[0], np.int64)
    touched = np.empty(count, np.bool_)
    usable, rate = 0, 0.0
    for k in range(doors.shape[0]):
        if math.hypot(doors[k, 2] - doors[k, 0], doors[k, 3] - doors[k, 1]) < 2.0 * (radius - SLACK):
            ways[k] = -1
            continue
        usable += 1
        touched[:] = False
        ways[k] = 1 if _seed(doors[k], radius, grid, rows, firsts, ends, labels, touched) else 0
        mine = 0
        for label in range(count):
            if touched[label]:
                mine += cells[label]
                reached[label] = True
        rate += mine / max(free, 1)
    area = 0
    if usable == 0:
        for label in range(count):
            area = max(area, cells[label])
        for label in range(count):
            reached[label] = cells[label] == area
        rate = area / max(free, 1)
    else:
        for label in range(count):
            area += cells[label] if reached[label] else 0
        rate /= usable
    side = grid[2]
    return rows, firsts, ends, labels, reached, ways, np.array([free * side * side, area * side * side, rate])


@kernel_on_floor(
    types.Tuple((float64[::1], int64[::1], float64[::1]))(
        IN2, IN2, IN1, MASK1, IN2, IN2, float64, float64, float64, float64
    )
)
def walk(
    centers: FloatArray,
    sizes: FloatArray,
    yaws: FloatArray,
    blocks: BoolArray,
    floor: FloatArray,
    doors: FloatArray,
    radius: float,
    cell: float,
    enough: float,
    limit: float,
) -> tuple[FloatArray, IntArray, FloatArray]:
    """Return each box's distance from what is reached, and the doors and figures of `_reached`.

    Distances are exact between `enough` and `limit`; one that is nearer is anything up to `enough`.
    """
    n = yaws.shape[0]
    boxes = np.empty((n, 8))
    describe(centers, sizes, yaws, boxes)
    grid = floor_grid(floor, cell)
    rows, firsts, ends, labels, reached, ways, figures = _reached(boxes, blocks, floor, doors, radius, cell)
    gaps, obstacle = np.full(n, limit), np.zeros(8)
    if figures[1] > 0.0:
        for i in range(n):
            put(obstacle, boxes[i], grid[0], grid[1])
            gaps[i] = _gap(obstacle, enough, limit, grid, rows, firsts, ends, labels, reached)
    return gaps, ways, figures


@kernel_on_floor(float64[::1](IN2, IN2, IN1, MASK1, IN2, IN2, float64, float64, float64, int64, IN2))
def gaps_at(
    centers: FloatArray,
    sizes: FloatArray,
    yaws: FloatArray,
    blocks: BoolArray,
    floor: FloatArray,
    doors: FloatArray,
    radius: float,
    cell: float,
    enough: float,
    chosen: int,
    places: FloatArray,
) -> FloatArray:
    """Return the distance that a box would have, at each place ``(k, 2)``, from what is reached without it.

    Exact from `enough` on; put there, it may be further off what is then still reached, never nearer.
    """
    boxes = np.empty((yaws.shape[0], 8))
    describe(centers, sizes, yaws, boxes)
    others = blocks.copy()
    others[chosen] = False
    grid = floor_grid(floor, cell)
    rows, firsts, ends, labels, reached, _, figures = _reached(boxes, others, floor, doors, radius, cell)
    gaps, obstacle = np.full(places.shape[0], np.inf), np.zeros(8)
    if figures[1] > 0.0:
        box = boxes[chosen].copy()
        for k in range(places.shape[0]):
            box[0], box[1] = places[k, 0], places[k, 1]
            put(obstacle, box, grid[0], grid[1])
            gaps[k] = _gap(obstacle, enough, 4.0 * enough, grid, rows, firsts, ends, labels, reached)
    return gaps
