"""Which walls a picture shows in full: those that face the camera and hide no floor."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from spatialenv.core.placed import FloatArray
from spatialenv.core.room import Point, Room
from spatialenv.renderers.floors import convex_hull, surroundings
from spatialenv.renderers.shapes import intersect

MAX_MITRE = 4.0
"""A wall's outer corner is at most so many thicknesses from the floor's corner."""

HIDDEN_SHARE = 1e-5
"""A wall may hide so much of the floor's area: rounding, too small to see."""

MAX_REACH = 1e3
"""A wall that is higher than the camera hides the floor behind it so many times as far away as itself."""


def wall_thickness(pixels_per_metre: float) -> float:
    """Return how thick walls are drawn in metres, so that they can be seen at any size.

    Example:
        >>> wall_thickness(100.0)
        0.07
    """
    return max(0.07, 1.6 * (1.0 / pixels_per_metre))


def outer_corners(room: Room, thick: float) -> list[Point]:
    """Return the outer corner of the walls at each of the floor's corners, where neighbours meet.

    Example:
        >>> outer_corners(Room.rectangle(4, 3, 2.5), 0.5)[0]
        (-0.5, -0.5)
    """
    walls = room.wall_lines
    corners = []
    for index, wall in enumerate(walls):
        (ax, ay), (bx, by) = walls[index - 1].inward, wall.inward
        opposed = 1.0 + ax * bx + ay * by
        reach = thick / opposed if opposed * MAX_MITRE**2 >= 2.0 else MAX_MITRE * thick / math.sqrt(2 * opposed + 1e-12)
        corners.append((wall.start[0] - reach * (ax + bx), wall.start[1] - reach * (ay + by)))
    return corners


def raised_walls(room: Room, eye: FloatArray, thick: float) -> tuple[str, ...]:
    """Return the names of the walls that a camera at `eye` shows in full.

    A wall's inner side must look at the camera, and the wall, `thick` metres thick and as high as
    the room, must not stand between the camera and any part of the floor. What stands on a floor
    that is seen is then not hidden by a wall either.

    Args:
        room: The room.
        eye: Where the camera is, ``(3,)`` in metres, above the floor.
        thick: Thickness of the walls in metres.
    """
    outer = outer_corners(room, thick)
    floor = np.array(room.floor)
    is_convex = len(surroundings(room.floor).triangles) == 0
    names = []
    for index, wall in enumerate(room.wall_lines):
        (nx, ny), (sx, sy) = wall.inward, wall.start
        if nx * (eye[0] - sx) + ny * (eye[1] - sy) <= 0:
            continue
        if is_convex:
            names.append(wall.name)
            continue
        base = (wall.start, wall.end, outer[(index + 1) % len(outer)], outer[index])
        if area(intersect(floor, hidden_floor(base, room.height, eye))) <= HIDDEN_SHARE * room.area:
            names.append(wall.name)
    return tuple(names)


def hidden_floor(base: Sequence[Point], height: float, eye: FloatArray) -> FloatArray:
    """Return the part of the plane ``z = 0`` that an upright solid hides or stands on.

    Args:
        base: Corners of its convex base.
        height: Its height in metres.
        eye: Where it is seen from, ``(3,)``, above the plane.

    Returns:
        A convex polygon, ``(k, 2)``, counter-clockwise.

    Example:
        >>> hidden_floor([(0, 0), (2, 0), (2, 2)], 1.0, np.array([0.0, -3.0, 3.0])).tolist()
        [[0.0, 0.0], [2.0, 0.0], [3.0, 1.5], [3.0, 4.5], [0.0, 1.5]]
    """
    reach = MAX_REACH if eye[2] <= height else min(float(eye[2] / (eye[2] - height)), MAX_REACH)
    tops = [(float(eye[0] + reach * (x - eye[0])), float(eye[1] + reach * (y - eye[1]))) for x, y in base]
    points = list(dict.fromkeys([*((float(x), float(y)) for x, y in base), *tops]))
    return np.array([points[i] for i in convex_hull(points)])


def area(polygon: FloatArray) -> float:
    """Return the area of a polygon ``(k, 2)``, counter-clockwise, 0 for none."""
    x, y = polygon[:, 0], polygon[:, 1]
    return float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y) / 2) if len(polygon) else 0.0
