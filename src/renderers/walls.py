"""Which walls a picture shows in full: those that face the camera and hide no floor."""

from __future__ import annotations

import math
from collections.abc import Container, Sequence
from itertools import pairwise

import numpy as np

from spatialenv.core.placed import FloatArray
from spatialenv.core.room import Point, Room
from spatialenv.renderers.floors import contains, convex_hull, surroundings

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


def raised_walls(room: Room, eye: FloatArray, thick: float, among: Container[str] | None = None) -> tuple[str, ...]:
    """Return the names of the walls that a camera at `eye` shows in full.

    A wall's inner side must look at the camera, and the wall, `thick` metres thick and as high as
    the room, must not stand between the camera and any part of the floor. What stands on a floor
    that is seen is then not hidden by a wall either.

    Args:
        room: The room.
        eye: Where the camera is, ``(3,)`` in metres, above the floor.
        thick: Thickness of the walls in metres.
        among: Names of walls to choose from; None for all.
    """
    outer = outer_corners(room, thick)
    is_convex = len(surroundings(room.floor).triangles) == 0
    names = []
    for index, wall in enumerate(room.wall_lines):
        (nx, ny), (sx, sy) = wall.inward, wall.start
        is_wanted = among is None or wall.name in among
        if not is_wanted or nx * (eye[0] - sx) + ny * (eye[1] - sy) <= 0:
            continue
        if is_convex:
            names.append(wall.name)
            continue
        base = (wall.start, wall.end, outer[(index + 1) % len(outer)], outer[index])
        if shared_area(room.floor, hidden_floor(base, room.height, eye)) <= HIDDEN_SHARE * room.area:
            names.append(wall.name)
    return tuple(names)


def is_inside(room: Room, point: FloatArray) -> bool:
    """Return whether a point ``(3,)`` lies in a room, between its floor and its ceiling.

    Example:
        >>> import numpy as np
        >>> is_inside(Room.rectangle(4, 3, 2.5), np.array([1.0, 1.0, 1.6]))
        True
    """
    is_over_floor = bool(contains(np.array(room.floor), np.array([point[:2]]))[0])
    return is_over_floor and 0.0 < float(point[2]) < room.height


def hidden_floor(base: Sequence[Point], height: float, eye: FloatArray) -> list[Point]:
    """Return the part of the plane ``z = 0`` that an upright solid hides or stands on.

    Args:
        base: Corners of its convex base.
        height: Its height in metres.
        eye: Where it is seen from, ``(3,)``, above the plane.

    Returns:
        A convex polygon, counter-clockwise.

    Example:
        >>> import numpy as np
        >>> hidden_floor([(0.0, 0.0), (2.0, 0.0), (2.0, 2.0)], 1.0, np.array([0.0, -3.0, 3.0]))
        [(0.0, 0.0), (2.0, 0.0), (3.0, 1.5), (3.0, 4.5), (0.0, 1.5)]
    """
    eye_x, eye_y, eye_z = eye.tolist()
    reach = MAX_REACH if eye_z <= height else min(eye_z / (eye_z - height), MAX_REACH)
    tops = [(eye_x + reach * (x - eye_x), eye_y + reach * (y - eye_y)) for x, y in base]
    points = list(dict.fromkeys([*base, *tops]))
    return [points[i] for i in convex_hull(points)]


def shared_area(polygon: Sequence[Point], convex: Sequence[Point]) -> float:
    """Return the area that a simple polygon shares with a convex one, both counter-clockwise.

    Example:
        >>> shared_area([(0, 0), (3, 0), (3, 2), (2, 1), (0, 1)], [(1, 0), (9, 0), (9, 9), (1, 9)])
        2.5
    """
    left = list(polygon)
    for (ax, ay), (bx, by) in pairwise((*convex, convex[0])):
        before, left = left, []
        sides = [(bx - ax) * (y - ay) - (by - ay) * (x - ax) for x, y in before]
        for i, (x, y) in enumerate(before):
            if (sides[i - 1] > 0) != (sides[i] > 0):
                share = sides[i - 1] / (sides[i - 1] - sides[i])
                px, py = before[i - 1]
                left.append((px + share * (x - px), py + share * (y - py)))
            if sides[i] > 0:
                left.append((x, y))
    # Parts that are not connected hang together by edges, which add no area.
    return sum(ax * by - bx * ay for (ax, ay), (bx, by) in pairwise((*left, *left[:1]))) / 2
