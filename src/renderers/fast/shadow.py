"""Kernels of the light's map: what stands nearest to the light, and how much of the light reaches a point.

The light is a disc in the sky, so the edge of a shadow widens with the distance to what casts it: where that touches
the floor the edge is sharp. A point asks first the greatest and least key of the tiles around it, which settles most.
"""

from __future__ import annotations

import numpy as np

from spatialenv.renderers.fast.compiled import kernel

TILE = 4
"""Side of a tile in cells; also how far around a point the map is looked at."""

SPREAD = 0.055
"""Half width of a shadow's edge, in metres for each metre to what casts it."""

SOFTEST = 3.5
"""Greatest half width of a shadow's edge in cells; the least is half a cell."""

TAPS = 4
"""Places, across and along, at which the map is looked at within a shadow's edge."""

MARGIN = SOFTEST * (TAPS - 1) / TAPS + 0.6
"""Cells around a point within which the map is looked at; less than a tile."""

SLACK = 0.002
"""How much nearer to the light, in metres, a thing must be to cast a shadow."""


@kernel()
def find_tiles(keys, most, least):  # type: ignore[no-untyped-def]
    """Sum up the light's map.

    Args:
        keys: The map, ``(h, w)``, a whole number of tiles.
        most: Greatest key of each tile and the eight around it; changed.
        least: Least key of those; changed.
    """
    rows, columns = most.shape
    high, low = np.empty_like(most), np.empty_like(most)
    for row in range(rows):
        for column in range(columns):
            greatest, smallest = keys[row * TILE, column * TILE], keys[row * TILE, column * TILE]
            for y in range(row * TILE, row * TILE + TILE):
                for x in range(column * TILE, column * TILE + TILE):
                    greatest, smallest = max(greatest, keys[y, x]), min(smallest, keys[y, x])
            high[row, column], low[row, column] = greatest, smallest
    for row in range(rows):
        for column in range(columns):
            greatest, smallest = high[row, column], low[row, column]
            for y in range(max(row - 1, 0), min(row + 2, rows)):
                for x in range(max(column - 1, 0), min(column + 2, columns)):
                    greatest, smallest = max(greatest, high[y, x]), min(smallest, low[y, x])
            most[row, column], least[row, column] = greatest, smallest


@kernel(inline=True)
def light_at(u, v, key, slope_u, slope_v, cell, keys, most, least):  # type: ignore[no-untyped-def]
    """Return how much light reaches a point, 0 to 1.

    Args:
        u: Where the point is in the map, cells.
        v: Likewise.
        key: Its depth key: metres towards the light.
        slope_u: How the key of its surface changes from cell to cell, so that a surface never shades itself.
        slope_v: Likewise.
        cell: Metres of a cell.
        keys: The map; nothing stands in its outermost tiles, as beyond.
        most: See `find_tiles`.
        least: Likewise.
    """
    rows, columns = keys.shape
    light = 1.0
    if u > TILE and v > TILE and u < columns - TILE and v < rows - TILE:
        tilt = abs(slope_u) + abs(slope_v)
        base = key + SLACK + 0.3 * tilt
        row, column = max(int(v * (1.0 / TILE)), 1), max(int(u * (1.0 / TILE)), 1)
        if least[row, column] > base + MARGIN * tilt:
            light = 0.0
        elif most[row, column] > base - MARGIN * tilt:
            radius = min(SPREAD * (most[row, column] - base) / cell, SOFTEST)
            if radius > 1.0:
                light = _soft_light(u, v, base, slope_u, slope_v, radius, keys)
            else:
                x, y = max(int(u - 0.5), 0), max(int(v - 0.5), 0)
                across, down = u - 0.5 - x, v - 0.5 - y
                # The key that the surface itself would have at the middle of a cell, `base` being that at the point.
                level = base - slope_u * across - slope_v * down
                upper = (keys[y, x] > level) * (1.0 - across) + (keys[y, x + 1] > level + slope_u) * across
                level += slope_v
                lower = (keys[y + 1, x] > level) * (1.0 - across) + (keys[y + 1, x + 1] > level + slope_u) * across
                light = 1.0 - upper * (1.0 - down) - lower * down
    return light


@kernel(inline=True)
def light_over(u, v, key, reach_u, reach_v, reach_key, tilt, most, least):  # type: ignore[no-untyped-def]
    """Return how much light reaches all points around one, where one look at the tiles tells; -1 where it does not.

    Args:
        u: Where the point in the middle is in the map, cells.
        v: Likewise.
        key: Its depth key.
        reach_u: How far around it the others are, cells.
        reach_v: Likewise.
        reach_key: How much their keys differ.
        tilt: How much the key of their surface changes at most from cell to cell.
        most: See `find_tiles`.
        least: Likewise.
    """
    rows, columns = most.shape
    across, down = u * (1.0 / TILE), v * (1.0 / TILE)
    far_u, far_v = reach_u * (1.0 / TILE), reach_v * (1.0 / TILE)
    light = -1.0
    if across - far_u > 1.0 and down - far_v > 1.0 and across + far_u < columns - 1 and down + far_v < rows - 1:
        row, column = max(int(down), 1), max(int(across), 1)
        # Of the three tiles in each direction, the place in the middle one.
        off_u, off_v = abs(across - column - 0.5) + far_u, abs(down - row - 0.5) + far_v
        if max(off_u, off_v) < 1.5 - MARGIN / TILE:
            base, spare = key + SLACK + 0.3 * tilt, reach_key + MARGIN * tilt
            if least[row, column] > base + spare:
                light = 0.0
            elif most[row, column] <= base - spare:
                light = 1.0
    elif across + far_u <= 1.0 or down + far_v <= 1.0 or across - far_u >= columns - 1 or down - far_v >= rows - 1:
        light = 1.0
    return light


@kernel()
def _soft_light(u, v, base, slope_u, slope_v, radius, keys):  # type: ignore[no-untyped-def]
    """Return the share of places, `radius` cells around a point, before which nothing stands."""
    blocked = 0
    step = 2.0 * radius / TAPS
    for i in range(TAPS):
        y = max(int(v - radius + (i + 0.5) * step), 0)
        level = base + slope_v * (y + 0.5 - v) + slope_u * (0.5 - u)
        for j in range(TAPS):
            x = max(int(u - radius + (j + 0.5) * step), 0)
            blocked += keys[y, x] > level + slope_u * x
    return 1.0 - blocked * (1.0 / (TAPS * TAPS))
