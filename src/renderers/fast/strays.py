"""Kernels that find what stands outside the room: only that shows faintly through walls and the floor."""

from __future__ import annotations

import math

from spatialenv.renderers.fast.compiled import kernel

OUTSIDE = 0.01
"""Metres by which a corner of a box must be outside the floor, or below it."""


@kernel()
def find_strays(centers, sizes, yaws, floor, strays):  # type: ignore[no-untyped-def]
    """Write which boxes reach out of the room, through the floor or through a wall.

    Args:
        centers: Metres, ``(n, 3)``.
        sizes: Length, width and height in metres, ``(n, 3)``.
        yaws: Radians, ``(n,)``.
        floor: Its corners, ``(c, 2)``.
        strays: ``(n,)`` bool; changed.

    Returns:
        Whether there is any.
    """
    found = False
    for i in range(len(centers)):
        is_stray = centers[i, 2] - 0.5 * sizes[i, 2] < -OUTSIDE
        cosine, sine = math.cos(yaws[i]), math.sin(yaws[i])
        for corner in range(4):
            along = (0.5 if corner & 1 else -0.5) * sizes[i, 0]
            across = (0.5 if corner & 2 else -0.5) * sizes[i, 1]
            x, y = centers[i, 0] + cosine * along - sine * across, centers[i, 1] + sine * along + cosine * across
            is_stray |= _distance_outside(x, y, floor) > OUTSIDE
        strays[i] = is_stray
        found |= is_stray
    return found


@kernel()
def _distance_outside(x, y, floor):  # type: ignore[no-untyped-def]
    """Return how far a point is outside the floor, in metres; 0 inside."""
    inside, nearest = False, 1e300
    for i in range(len(floor)):
        x0, y0 = floor[i, 0], floor[i, 1]
        x1, y1 = floor[(i + 1) % len(floor), 0], floor[(i + 1) % len(floor), 1]
        dx, dy = x1 - x0, y1 - y0
        if (y0 <= y) != (y1 <= y) and x < x0 + (y - y0) / dy * dx:
            inside = not inside
        share = min(max(((x - x0) * dx + (y - y0) * dy) / max(dx * dx + dy * dy, 1e-300), 0.0), 1.0)
        nearest = min(nearest, math.hypot(x - x0 - share * dx, y - y0 - share * dy))
    return 0.0 if inside else nearest


@kernel()
def keep_strays(ghosts, parts, strays):  # type: ignore[no-untyped-def]
    """Forget covered triangles of what is inside the room.

    Args:
        ghosts: Covered triangle of each sample or -1, ``(h, w)`` int32; changed.
        parts: Part of each triangle.
        strays: Which parts are outside the room.

    Returns:
        Whether any is left.
    """
    found = False
    rows, columns = ghosts.shape
    for row in range(rows):
        for column in range(columns):
            if ghosts[row, column] >= 0:
                if strays[parts[ghosts[row, column]]]:
                    found = True
                else:
                    ghosts[row, column] = -1
    return found
