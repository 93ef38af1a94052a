"""Kernels of the sky's field: how much of what is around a point stands higher, at several levels above the floor.

It stands for ambient occlusion: floors darken under and beside furniture, corners of walls darken.
"""

from __future__ import annotations

import math

import numpy as np

from spatialenv.renderers.fast.compiled import kernel

LEVELS = 8
"""How many levels the field has."""

STEP = 0.3
"""Metres between two levels."""

RISE = 0.4
"""Metres above a level from which a thing counts in full."""

PUSH = 0.1
"""How far from its surface, in metres, a point asks."""


@kernel()
def mark_outside(floor, left, top, cell, outside):  # type: ignore[no-untyped-def]
    """Write which cells have their middle outside the floor.

    Args:
        floor: Its corners, ``(c, 2)``.
        left: x of the field's west edge, metres.
        top: y of its north edge.
        cell: Metres of a cell.
        outside: ``(h, w)`` bool; changed.
    """
    rows, columns = outside.shape
    for row in range(rows):
        y = top - (row + 0.5) * cell
        outside[row] = True
        for i in range(len(floor)):
            x0, y0 = floor[i, 0], floor[i, 1]
            x1, y1 = floor[(i + 1) % len(floor), 0], floor[(i + 1) % len(floor), 1]
            if (y0 <= y) != (y1 <= y):
                crossing = (x0 + (y - y0) / (y1 - y0) * (x1 - x0) - left) / cell - 0.5
                begin = max(math.ceil(min(max(crossing, -1.0), columns + 1.0)), 0)
                for column in range(begin, columns):
                    outside[row, column] = not outside[row, column]


@kernel()
def make_field(heights, outside, reach, field, spare):  # type: ignore[no-untyped-def]
    """Write how much higher than each level it is around each cell.

    Args:
        heights: Height of what is seen from above, metres, ``(h, w)`` float32.
        outside: Cells outside the floor, ``(h, w)`` bool.
        reach: Cells to either side over which each of two blurs goes.
        field: 0 to 1, ``(h, w, LEVELS)`` float32; changed.
        spare: Of the same shape; changed.
    """
    rows, columns = heights.shape
    for row in range(rows):
        for column in range(columns):
            height = heights[row, column]
            for level in range(LEVELS):
                share = (height - STEP * level) / RISE
                field[row, column, level] = np.float32(1.0 if outside[row, column] else min(max(share, 0.0), 1.0))
    for _ in range(2):
        _blur_rows(field, reach, spare)
        _blur_columns(spare, reach, field)
    for row in range(rows):
        for column in range(columns):
            if outside[row, column]:
                # Walls darken what is inside them; outside it gets light again.
                for level in range(LEVELS):
                    field[row, column, level] = min(field[row, column, level], 1 - field[row, column, level])


@kernel()
def _blur_rows(source, reach, out):  # type: ignore[no-untyped-def]
    rows, columns, levels = source.shape
    scale = np.float32(1.0 / (2 * reach + 1))
    total = np.empty(levels, np.float32)
    for row in range(rows):
        for level in range(levels):
            total[level] = source[row, 0, level] * (reach + 1)
        for column in range(1, reach + 1):
            for level in range(levels):
                total[level] += source[row, min(column, columns - 1), level]
        for column in range(columns):
            come, go = min(column + reach + 1, columns - 1), max(column - reach, 0)
            for level in range(levels):
                out[row, column, level] = total[level] * scale
                total[level] += source[row, come, level] - source[row, go, level]


@kernel()
def _blur_columns(source, reach, out):  # type: ignore[no-untyped-def]
    rows, columns, levels = source.shape
    scale = np.float32(1.0 / (2 * reach + 1))
    total = source[0] * np.float32(reach + 1)
    for row in range(1, reach + 1):
        total += source[min(row, rows - 1)]
    for row in range(rows):
        come, go = min(row + reach + 1, rows - 1), max(row - reach, 0)
        for column in range(columns):
            for level in range(levels):
                out[row, column, level] = total[column, level] * scale
                total[column, level] += source[come, column, level] - source[go, column, level]


@kernel(inline=True)
def hidden_at(x, y, z, left, top, per_metre, rows, columns, field):  # type: ignore[no-untyped-def]
    """Return how much is around and above a point, 0 to 1, between the eight nearest values of the field.

    Args:
        x: Metres.
        y: Metres.
        z: Metres.
        left: x of the field's west edge.
        top: y of its north edge.
        per_metre: Cells of a metre.
        rows: Its cells from north to south.
        columns: Its cells from west to east.
        field: Its values, flat.

    Returns:
        The value, and how it changes with x, y and z, each for a metre.
    """
    across = min(max((x - left) * per_metre - 0.5, 0.0), columns - 1.001)
    down = min(max((top - y) * per_metre - 0.5, 0.0), rows - 1.001)
    rise = min(max(z * (1.0 / STEP), 0.0), LEVELS - 1.001)
    column, row, level = int(across), int(down), int(rise)
    fx, fy, fz = across - column, down - row, rise - level
    at = max((row * columns + column) * LEVELS + level, 0)
    under = at + columns * LEVELS
    a, b = field[at], field[at + LEVELS]
    c, d = field[under], field[under + LEVELS]
    upper, lower = a + (b - a) * fx, c + (d - c) * fx
    hidden, along_z = upper + (lower - upper) * fy, 0.0
    along_x, along_y = (b - a) + (d - c - b + a) * fy, lower - upper
    if fz > 0.0:
        a, b = field[at + 1], field[at + LEVELS + 1]
        c, d = field[under + 1], field[under + LEVELS + 1]
        upper, lower = a + (b - a) * fx, c + (d - c) * fx
        along_x += ((b - a) + (d - c - b + a) * fy - along_x) * fz
        along_y += (lower - upper - along_y) * fz
        along_z = upper + (lower - upper) * fy - hidden
        hidden += along_z * fz
    return hidden, along_x * per_metre, -along_y * per_metre, along_z * (1.0 / STEP)
