"""Rooms of several shapes, with doors and windows in their walls, drawn at random."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal, TypeVar

from spatialenv.core.room import Opening, Point, Room, Wall
from spatialenv.errors import unknown_name

T = TypeVar("T")

SHAPES = ("rectangle", "L", "T", "U", "slanted")
"""Shapes of floors: a rectangle, one with one corner, two corners or the middle of a side left out, and one with a
slanted wall or two."""

DOOR_WIDTHS = (0.7, 0.8, 0.9, 1.0)
DOOR_HEIGHT = 2.0
WINDOW_WIDTHS = (0.6, 0.9, 1.2, 1.5, 1.8)
WINDOW_HEIGHTS = (0.9, 1.2, 1.4)
WINDOW_SILLS = (0.6, 0.9, 1.1)

_SWINGS: tuple[Literal["in", "out", "none"], ...] = ("in", "in", "out", "none")
_MARGIN = 0.1
"""Metres of wall that are left between openings, and beside the corners."""
_OFFSET_STEP = 0.05
_STEP = 0.1
_TRIES = 30


def draw_floor(rng: random.Random, shape: str, length: float, width: float) -> tuple[Point, ...]:
    """Return a floor of a shape of `SHAPES` within ``length`` by ``width`` metres, touching all four sides.

    Corners lie on a grid of 0.1 m where length and width do, and begin with the lowest, then most western one.

    Raises:
        UnknownNameError: If there is no such shape.

    Example:
        >>> draw_floor(random.Random(0), "rectangle", 4.0, 3.0)
        ((0.0, 0.0), (4.0, 0.0), (4.0, 3.0), (0.0, 3.0))
    """
    if shape not in SHAPES:
        raise unknown_name("shape", shape, SHAPES)
    if shape == "rectangle":
        return (0.0, 0.0), (length, 0.0), (length, width), (0.0, width)
    quarters = int(rng.random() * 4)
    is_mirrored = rng.random() < 0.5
    long, deep = (length, width) if quarters % 2 == 0 else (width, length)
    corners = _DRAWN[shape](rng, long, deep)
    if is_mirrored:
        corners = [(long - x, y) for x, y in reversed(corners)]
    for _ in range(quarters):
        corners = [(deep - y, x) for x, y in corners]
        long, deep = deep, long
    floor = [(round(x, 6) + 0.0, round(y, 6) + 0.0) for x, y in corners]
    first = min(range(len(floor)), key=lambda k: (floor[k][1], floor[k][0]))
    return tuple(floor[first:] + floor[:first])


def draw_openings(rng: random.Random, room: Room, doors: int, windows: int) -> Room | None:
    """Return the room with that many doors and windows more, or None when no place was met for one.

    Openings keep 0.1 m from each other and from the corners, and no wall stands where a door opens to.
    """
    for kind, number in (("door", doors), ("window", windows)):
        for _ in range(number):
            wider = None
            for _ in range(_TRIES):
                opening = _opening(rng, room, kind)
                if opening is not None and _is_free(room, opening):
                    wider = replace(room, openings=(*room.openings, opening))
                    break
            if wider is None:
                return None
            room = wider
    return room


def _opening(rng: random.Random, room: Room, kind: str) -> Opening | None:
    wall = _wall_by_length(rng, room.wall_lines)
    width = _pick(rng, DOOR_WIDTHS if kind == "door" else WINDOW_WIDTHS)
    places = int((wall.length - width - 2 * _MARGIN) / _OFFSET_STEP + 1e-9)
    chance = rng.random()
    if places < 0:
        return None
    offset = round(_MARGIN + _OFFSET_STEP * int(chance * (places + 1)), 4)
    if kind == "door":
        swing = _pick(rng, _SWINGS)
        return Opening("door", wall.name, offset, width, min(DOOR_HEIGHT, room.height), 0.0, swing)
    sill = _pick(rng, WINDOW_SILLS)
    height = min(_pick(rng, WINDOW_HEIGHTS), round(room.height - sill - _MARGIN, 4))
    return Opening("window", wall.name, offset, width, height, sill) if height > 0 else None


def _is_free(room: Room, opening: Opening) -> bool:
    """Whether it overlaps no other opening, and whether there is floor as deep as a door is wide before it."""
    for other in room.openings:
        is_apart = (
            opening.offset >= other.offset + other.width + _MARGIN - 1e-9
            or other.offset >= opening.offset + opening.width + _MARGIN - 1e-9
        )
        if other.wall == opening.wall and not is_apart:
            return False
    if opening.kind != "door":
        return True
    wall = room.wall(opening.wall)
    near, far = opening.offset, opening.offset + opening.width
    square = [wall.point(near, 0), wall.point(far, 0), wall.point(far, opening.width), wall.point(near, opening.width)]
    return is_within(square, room.floor)


def is_within(footprint: Sequence[Point], floor: Sequence[Point], slack: float = 1e-7) -> bool:
    """Return whether a convex polygon, counter-clockwise, lies on a floor; `slack` metres outside it are forgiven.

    Example:
        >>> is_within([(0, 0), (1, 0), (1, 1), (0, 1)], [(0, 0), (4, 0), (4, 2), (2, 2), (2, 4), (0, 4)])
        True
        >>> is_within([(1, 1), (3, 1), (3, 3), (1, 3)], [(0, 0), (4, 0), (4, 2), (2, 2), (2, 4), (0, 4)])
        False
    """
    number = len(footprint)
    middle = (sum(x for x, _ in footprint) / number, sum(y for _, y in footprint) / number)
    if not _holds(floor, middle):
        return False
    sides = []
    for (ax, ay), (bx, by) in zip(footprint, (*footprint[1:], footprint[0]), strict=True):
        length = math.hypot(bx - ax, by - ay)
        nx, ny = (ay - by) / length, (bx - ax) / length
        sides.append((nx, ny, nx * ax + ny * ay + slack))
    return not any(
        _enters(sides, start, end) for start, end in zip(floor, (*floor[1:], floor[0]), strict=True)
    )  # Its middle is on the floor and no edge of the floor comes into it.


def _enters(sides: Sequence[tuple[float, float, float]], start: Point, end: Point) -> bool:
    """Whether the segment has a piece inside all the half planes ``nx x + ny y > c``."""
    first, last = 0.0, 1.0
    for nx, ny, c in sides:
        at_start = nx * start[0] + ny * start[1] - c
        at_end = nx * end[0] + ny * end[1] - c
        if at_start <= 0 and at_end <= 0:
            return False
        if at_start <= 0:
            first = max(first, at_start / (at_start - at_end))
        elif at_end <= 0:
            last = min(last, at_start / (at_start - at_end))
    return first < last


def _holds(floor: Sequence[Point], point: Point) -> bool:
    """Whether a point is inside a polygon: a ray to the east crosses its edges an odd number of times."""
    x, y = point
    is_inside = False
    for (ax, ay), (bx, by) in zip(floor, (*floor[1:], floor[0]), strict=True):
        if (ay > y) != (by > y) and x < ax + (y - ay) * (bx - ax) / (by - ay):
            is_inside = not is_inside
    return is_inside


def _wall_by_length(rng: random.Random, walls: Sequence[Wall]) -> Wall:
    """Return one of the walls, each as likely as it is long."""
    left = rng.random() * sum(wall.length for wall in walls)
    for wall in walls:
        left -= wall.length
        if left < 0:
            return wall
    return walls[-1]


def _pick(rng: random.Random, items: Sequence[T]) -> T:
    return items[int(rng.random() * len(items))]


def _share(rng: random.Random, extent: float, low: float, high: float) -> float:
    """Return a multiple of 0.1 m from `low` to `high` times `extent`, or `low` times it where there is none."""
    first, last = math.ceil(low * extent / _STEP - 1e-9), math.floor(high * extent / _STEP + 1e-9)
    chance = rng.random()
    return low * extent if last < first else _STEP * (first + int(chance * (last - first + 1)))


def _l(rng: random.Random, long: float, deep: float) -> list[Point]:
    x, y = long - _share(rng, long, 0.3, 0.55), deep - _share(rng, deep, 0.3, 0.55)
    return [(0, 0), (long, 0), (long, y), (x, y), (x, deep), (0, deep)]


def _t(rng: random.Random, long: float, deep: float) -> list[Point]:
    left, right = _share(rng, long, 0.2, 0.35), long - _share(rng, long, 0.2, 0.35)
    y = _share(rng, deep, 0.4, 0.6)
    return [(0, 0), (long, 0), (long, y), (right, y), (right, deep), (left, deep), (left, y), (0, y)]


def _u(rng: random.Random, long: float, deep: float) -> list[Point]:
    left, right = _share(rng, long, 0.3, 0.4), long - _share(rng, long, 0.3, 0.4)
    y = deep - _share(rng, deep, 0.3, 0.6)
    return [(0, 0), (long, 0), (long, deep), (right, deep), (right, y), (left, y), (left, deep), (0, deep)]


def _slanted(rng: random.Random, long: float, deep: float) -> list[Point]:
    kind = int(rng.random() * 3)
    if kind == 0:
        return [(0, 0), (long, 0), (long, deep - _share(rng, deep, 0.15, 0.4)), (0, deep)]
    right, low = long - _share(rng, long, 0.2, 0.5), deep - _share(rng, deep, 0.2, 0.5)
    if kind == 1:
        return [(0, 0), (long, 0), (long, low), (right, deep), (0, deep)]
    left, lower = _share(rng, long, 0.15, 0.4), deep - _share(rng, deep, 0.15, 0.4)
    return [(0, 0), (long, 0), (long, low), (right, deep), (left, deep), (0, lower)]


_DRAWN: dict[str, Callable[[random.Random, float, float], list[Point]]] = {
    "L": _l,
    "T": _t,
    "U": _u,
    "slanted": _slanted,
}
