"""Where the names of walls are written in pictures of rooms that are no rectangles."""

from __future__ import annotations

from functools import lru_cache
from itertools import product
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from spatialenv.core.placed import BoolArray, FloatArray
from spatialenv.core.room import Room, Wall
from spatialenv.renderers.camera import Camera
from spatialenv.renderers.floors import contains
from spatialenv.renderers.text import glyphs
from spatialenv.renderers.walls import wall_thickness

SHARES = tuple(0.5 + sign * 0.02 * step for step in range(20) for sign in (1, -1)[: step + 1])
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
        points: Points of the wall under its letters, metres, ``(3, 3)``; none where it stands beside its wall.
    """

    text: str
    mask: npt.NDArray[np.uint8]
    left: int
    top: int
    is_over_floor: bool
    points: FloatArray

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
    floor = camera.project(np.array([(*corner, 0.0) for corner in room.floor]))
    used = [*taken, *_leaves(room, camera)]
    names: list[WallName] = []
    # Short walls have the fewest places, so they choose first.
    for wall in sorted(room.wall_lines, key=lambda wall: wall.length):
        mask = _letters(wall, camera, font)
        height, width = mask.shape
        places, sides = _places(wall, room, camera, width, height)
        corners = np.rint(places - np.array([width / 2, height / 2]))
        rectangles = np.hstack([corners, corners + np.array([width, height])])
        for i in np.flatnonzero(_free(rectangles, camera.size, used)):
            if sides[i] == 0 or np.all(contains(floor, _grid(rectangles[i])) == (sides[i] > 0)):
                points = _under(wall, room, camera, int(i), width) if sides[i] == 0 else np.empty((0, 3))
                left, top = int(corners[i, 0]), int(corners[i, 1])
                names.append(WallName(wall.name, mask, left, top, bool(sides[i] > 0), points))
                used.append(names[-1].rectangle)
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


def _places(wall: Wall, room: Room, camera: Camera, width: int, height: int) -> tuple[FloatArray, FloatArray]:
    """Return where the middle of a name may be, ``(k, 2)`` pixels, and the side of each.

    A side is 1 on the floor, -1 off it, 0 either.
    """
    start, end = np.array(wall.start), np.array(wall.end)
    line = start + np.array(SHARES)[:, None] * (end - start)
    if wall.name in camera.walls:
        points = np.column_stack([line, np.full(len(line), ON_WALL * room.height)])
        return camera.project(points), np.zeros(len(line))
    inward = np.array(wall.inward)
    # Outside the floor, then there beyond a line of other writing, then on the floor.
    sides = np.repeat([-1.0, -1.0, 1.0], len(line))
    further = np.repeat([0.0, 1.6 * min(width, height), 0.0], len(line))
    rims = np.where(sides > 0, 0.0, wall_thickness(camera.pixels_per_metre))
    near = np.tile(line, (3, 1)) - rims[:, None] * inward
    off = near + 0.01 * sides[:, None] * inward
    level = np.zeros((len(near), 1))
    edge = camera.project(np.hstack([near, level]))
    away = camera.project(np.hstack([off, level])) - edge
    away /= np.maximum(np.hypot(away[:, 0], away[:, 1]), 1e-9)[:, None]
    # Just far enough for the nearest corner of the name to clear the wall.
    reach = GAP + further + np.abs(away) @ np.array([width / 2, height / 2])
    return edge + reach[:, None] * away, sides


def _under(wall: Wall, room: Room, camera: Camera, place: int, width: int) -> FloatArray:
    """Return the points of a wall under the middle and the ends of a name `width` pixels long, ``(3, 3)``."""
    start, end = np.array(wall.start), np.array(wall.end)
    middle = np.array([*(start + SHARES[place] * (end - start)), ON_WALL * room.height])
    along = np.array([*(end - start), 0.0]) / wall.length
    pixels = camera.project(np.array([middle - 0.05 * along, middle + 0.05 * along]))
    scale = float(np.hypot(*(pixels[1] - pixels[0]))) / 0.1
    reach = 0.5 * width / scale if scale > 0 else 0.0
    points: FloatArray = middle + np.array([-reach, 0.0, reach])[:, None] * along
    return points


def _free(rectangles: FloatArray, size: tuple[int, int], used: list[Rectangle]) -> BoolArray:
    """Return which rectangles, ``(k, 4)``, are in the picture and apart from those in use; none that is NaN is."""
    left, top, right, bottom = rectangles.T[..., None]
    le, t, r, b = np.array(used, dtype=np.float64).reshape(-1, 4).T
    meets = (left - 2 * GAP < r) & (right + 2 * GAP > le) & (top - GAP < b) & (bottom + GAP > t)
    is_inside = (left >= 1) & (top >= 1) & (right <= size[0] - 1) & (bottom <= size[1] - 1)
    free: BoolArray = is_inside[:, 0] & ~meets.any(axis=1)
    return free


def _grid(rectangle: FloatArray) -> FloatArray:
    """Return nine points over a rectangle, its corners included, ``(9, 2)``."""
    left, top, right, bottom = rectangle
    return np.array(list(product((left, (left + right) / 2, right), (top, (top + bottom) / 2, bottom))))
