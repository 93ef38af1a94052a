"""Where the names of walls are written in pictures of rooms that are no rectangles."""

from __future__ import annotations

import math
from functools import lru_cache
from itertools import product
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from spatialenv.core.room import Point, Room, Wall
from spatialenv.renderers.camera import Camera
from spatialenv.renderers.floors import contains
from spatialenv.renderers.text import glyphs
from spatialenv.renderers.walls import wall_thickness

SHARES = tuple(0.5 + sign * 0.04 * step for step in range(10) for sign in (1, -1)[: step + 1])
"""Places along a wall, from its start, in the order in which a name is tried there."""

ON_WALL = 0.88
"""How high on a wall that stands up its name is written, as a share of its height."""

GAP = 2.0
"""Least distance of a name from its wall's line and from other writing, pixels; twice as much side by side."""

STEEP = 1.7
"""The name of a wall that rises in the picture by so many times its width runs upward along it."""

Rectangle = tuple[float, float, float, float]


class WallName(NamedTuple):
    """A wall's name as it is written.

    Attributes:
        text: The name.
        mask: Its letters, ``(h, w)``, 255 where they are.
        left: Left edge in pixels.
        top: Upper edge in pixels.
        is_over_floor: Whether it stands on the floor, where objects may be.
    """

    text: str
    mask: npt.NDArray[np.uint8]
    left: int
    top: int
    is_over_floor: bool

    @property
    def rectangle(self) -> Rectangle:
        """``(left, top, right, bottom)`` in pixels."""
        height, width = self.mask.shape
        return float(self.left), float(self.top), float(self.left + width), float(self.top + height)


@lru_cache(maxsize=512)
def place_wall_names(room: Room, camera: Camera, font: int, taken: tuple[Rectangle, ...]) -> tuple[WallName, ...]:
    """Return the names of a room's walls where they can be read.

    The name of a wall that stands up is written on it. That of one that is cut away stands beside
    it, outside the floor, or on the floor where there is no room outside. A name for which none of
    these has room is left out.

    Args:
        room: The room.
        camera: The camera.
        font: Size of the letters.
        taken: Rectangles ``(left, top, right, bottom)`` in use, pixels.
    """
    floor = tuple((float(x), float(y)) for x, y in camera.project(np.array([(*corner, 0.0) for corner in room.floor])))
    taken = (*taken, *_leaves(room, camera))
    names: list[WallName] = []
    # Short walls have the fewest places, so they choose first.
    for wall in sorted(room.wall_lines, key=lambda wall: wall.length):
        mask = _letters(wall, camera, font)
        height, width = mask.shape
        for x, y, side in _places(wall, room, camera, width, height):
            if not (math.isfinite(x) and math.isfinite(y)):
                continue
            name = WallName(wall.name, mask, round(x - width / 2), round(y - height / 2), side > 0)
            if _fits(name.rectangle, side, floor, camera.size, (*taken, *(other.rectangle for other in names))):
                names.append(name)
                break
    return tuple(names)


def _letters(wall: Wall, camera: Camera, font: int) -> npt.NDArray[np.uint8]:
    mask = glyphs(wall.name, font)
    start, end = camera.project(np.array([(*wall.start, 0.0), (*wall.end, 0.0)]))
    if wall.name in camera.walls or not abs(end[1] - start[1]) > STEEP * abs(end[0] - start[0]):
        return mask
    upward = np.ascontiguousarray(np.rot90(mask))
    upward.flags.writeable = False
    return upward


def _leaves(room: Room, camera: Camera) -> list[Rectangle]:
    """Return where doors that open outward are drawn, pixels."""
    rectangles = []
    for opening in room.openings:
        if opening.kind == "door" and opening.swing == "out":
            wall, reach = room.wall(opening.wall), opening.width
            ends = product((opening.offset, opening.offset + reach), (-reach, 0.0))
            pixels = camera.project(np.array([(*wall.point(*end), 0.0) for end in ends]))
            (left, top), (right, bottom) = pixels.min(axis=0), pixels.max(axis=0)
            rectangles.append((float(left), float(top), float(right), float(bottom)))
    return rectangles


def _places(wall: Wall, room: Room, camera: Camera, width: int, height: int) -> list[tuple[float, float, int]]:
    """Return where the middle of a name may be: ``(x, y, side)``; side 1 on the floor, -1 off it, 0 either."""
    if wall.name in camera.walls:
        points = [(*wall.point(share * wall.length), ON_WALL * room.height) for share in SHARES]
        return [(float(x), float(y), 0) for x, y in camera.project(np.array(points))]
    places = []
    thick = wall_thickness(camera.pixels_per_metre)
    # Outside the floor, then there beyond a line of other writing, then on the floor.
    for (side, further), share in product(((-1, 0.0), (-1, 1.6 * min(width, height)), (1, 0.0)), SHARES):
        rim = -thick if side < 0 else 0.0
        spots = [(*wall.point(share * wall.length, depth), 0.0) for depth in (rim, rim + side * 0.01)]
        near, off = camera.project(np.array(spots))
        away = (off - near) / max(float(np.hypot(*(off - near))), 1e-9)
        # Just far enough for the nearest corner of the name to clear the wall.
        reach = GAP + further + abs(float(away[0])) * width / 2 + abs(float(away[1])) * height / 2
        x, y = near + reach * away
        places.append((float(x), float(y), side))
    return places


def _fits(
    rectangle: Rectangle, side: int, floor: tuple[Point, ...], size: tuple[int, int], taken: tuple[Rectangle, ...]
) -> bool:
    left, top, right, bottom = rectangle
    if left < 1 or top < 1 or right > size[0] - 1 or bottom > size[1] - 1:
        return False
    if any(left - 2 * GAP < r and right + 2 * GAP > le and top - GAP < b and bottom + GAP > t for le, t, r, b in taken):
        return False
    if side == 0:
        return True
    points = product((left, (left + right) / 2, right), (top, (top + bottom) / 2, bottom))
    return all(contains(floor, point) == (side > 0) for point in points)
