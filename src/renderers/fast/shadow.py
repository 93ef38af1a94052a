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

SHARPEST, SOFTEST = 0.75, 3.5
"""Least and greatest half width of a shadow's edge in cells."""

SLACK = 0.002
"""How much nearer to the light, in metres, a thing must be to cast a shadow."""


@kernel()
def find_tiles(keys, tiles, most, least):  # type: ignore[no-untyped-def]
    """Sum up the light's map.

    Args:
        keys: The map, ``(h, w)``, a whole number of tiles.
        tiles: Greatest key of each tile; changed.
        most: Greatest key of each tile and the eight around it; changed.
        least: Least key of those; changed.
    """
    rows, columns = tiles.shape
    low = np.empty_like(tiles)
    for row in range(rows):
        for column in range(columns):
            greatest, smallest = keys[row * TILE, column * TILE], keys[row * TILE, column * TILE]
            for y in range(row * TILE, row * TILE + TILE):
                for x in range(column * TILE, column * TILE + TILE):
                    greatest, smallest = max(greatest, keys[y, x]), min(smallest, keys[y, x])
            tiles[row, column], low[row, column] = greatest, smallest
    for row in range(rows):
        for column in range(columns):
            greatest, smallest = tiles[row, column], low[row, column]
            for y in range(max(row - 1, 0), min(row + 2, rows)):
                for x in range(max(column - 1, 0), min(column + 2, columns)):
                    greatest, smallest = max(greatest, tiles[y, x]), min(smallest, low[y, x])
            most[row, column], least[row, column] = greatest, smallest


@kernel(inline=True)
def light_at(u, v, key, slope_u, slope_v, cell, keys, tiles, most, least):  # type: ignore[no-untyped-def]
    """Return how much light reaches a point, 0 to 1.

    Args:
        u: Where the point is in the map, cells.
        v: Likewise.
        key: Its depth key: metres towards the light.
        slope_u: How the key of its surface changes from cell to cell, so that a surface never shades itself.
        slope_v: Likewise.
        cell: Metres of a cell.
        keys: The map; nothing stands in its outermost tiles.
        tiles: See `find_tiles`.
        most: Likewise.
        least: Likewise.
    """
    rows, columns = keys.shape
    light = 1.0
    # Beyond the map is what its outermost tiles hold: nothing.
    if u > TILE and v > TILE and u < columns - TILE and v < rows - TILE:
        tilt = abs(slope_u) + abs(slope_v)
        base = key + SLACK + 0.3 * tilt
        row, column = max(int(v * (1.0 / TILE)), 1), max(int(u * (1.0 / TILE)), 1)
        if least[row, column] > base + (SOFTEST + 1.0) * tilt:
            light = 0.0
        elif most[row, column] > base - (SOFTEST + 1.0) * tilt:
            # How far away is what stands before the light? Tiles tell, but for what is near.
            count, distance = 0.0, 0.0
            for y in range(row - 1, row + 2):
                for x in range(column - 1, column + 2):
                    middle = base + slope_v * ((y + 0.5) * TILE - v) + slope_u * ((x + 0.5) * TILE - u)
                    above = tiles[y, x] - middle - 0.5 * TILE * tilt
                    count += above > 0.0
                    distance += max(above, 0.0)
            radius = SHARPEST
            if count > 0.0:
                radius = min(max(SPREAD * distance / (count * cell), SHARPEST), SOFTEST)
            left, right, top, bottom = u - radius, u + radius, v - radius, v + radius
            blocked = 0.0
            # Keys that the surface itself would have at the middle of each cell, `base` being that at the point.
            for y in range(max(int(top), 0), int(bottom) + 1):
                share = min(bottom, y + 1.0) - max(top, float(y))
                level = base + slope_v * (y + 0.5 - v) + slope_u * (0.5 - u)
                inner = 0.0
                for x in range(max(int(left), 0), int(right) + 1):
                    if keys[y, x] > level + slope_u * x:
                        inner += min(right, x + 1.0) - max(left, float(x))
                blocked += share * inner
            light = 1.0 - blocked / (4.0 * radius * radius)
    return light
