"""Where cameras stand, so that pictures show the whole room or a good view of its inside."""

from __future__ import annotations

import math
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from spatialenv.core.placed import FloatArray
from spatialenv.core.room import Point, Room
from spatialenv.renderers.floors import contains

FILL = 0.975
"""Share of a picture's height or width that the room may fill."""

RING = 48
"""Corners of the polygon that stands for a circle around the room."""

EYE_HEIGHT = 1.6
"""Height of a person's eyes in metres; in low rooms it is `LOW_SHARE` of the room's."""

LOW_SHARE = 0.8

STEEPEST = 0.25
"""How far down a person looks at most, metres a metre."""

CLEARANCE = 0.35
"""How far from walls a person stands in metres, where there is room."""

SIGHT_LINES = 240
"""Directions in which it is asked how far one sees."""


class Aim(NamedTuple):
    """Where a camera stands and how it is turned.

    Attributes:
        eye: Metres, ``(3,)``.
        right: Unit vector to the right in the picture, ``(3,)``.
        up: Unit vector up in the picture, ``(3,)``.
        ahead: Direction of view, a unit vector, ``(3,)``.
        distance: Metres from the eye to what it looks at, along `ahead`.
    """

    eye: FloatArray
    right: FloatArray
    up: FloatArray
    ahead: FloatArray
    distance: float


def frame_margin(room: Room) -> float:
    """Return how many metres around the floor a picture shows."""
    return 0.3 + 0.06 * max(room.length, room.width)


def aim(
    room: Room, size: tuple[int, int], framed: FloatArray, heading: float, elevation: float, half_angle_tan: float
) -> Aim:
    """Return the nearest place from which a camera frames some points.

    Args:
        room: The room; the picture is turned towards its middle.
        size: ``(width, height)`` of the picture in pixels.
        framed: The points, ``(k, 3)`` metres.
        heading: Compass bearing in which the camera looks, radians.
        elevation: How far it looks down, radians, to a right angle.
        half_angle_tan: Tangent of half the angle of view along the picture's shorter side.
    """
    width, height = size
    ahead = np.array(
        [
            math.sin(heading) * math.cos(elevation),
            math.cos(heading) * math.cos(elevation),
            -math.sin(elevation),
        ]
    )
    right = np.array([math.cos(heading), -math.sin(heading), 0.0])
    up = np.cross(right, ahead)
    middle = np.array([room.length, room.width, room.height]) / 2
    framed = framed - middle
    across, above, deep = framed @ right, framed @ up, framed @ ahead

    # The eye may slide sideways and up, so each picture direction gives one least distance.
    tan_x = FILL * half_angle_tan * width / min(width, height)
    tan_y = FILL * half_angle_tan * height / min(width, height)
    right_need, left_need = np.max(across - tan_x * deep), np.max(-across - tan_x * deep)
    up_need, down_need = np.max(above - tan_y * deep), np.max(-above - tan_y * deep)
    distance = float(max((right_need + left_need) / (2 * tan_x), (up_need + down_need) / (2 * tan_y)))
    eye = middle - distance * ahead + (right_need - left_need) / 2 * right + (up_need - down_need) / 2 * up
    return Aim(eye, right, up, ahead, distance)


def look(eye: FloatArray, target: FloatArray) -> Aim:
    """Return the aim of a camera at `eye` that looks at `target`, upright; north is up where it looks straight down.

    Example:
        >>> look(np.array([0.0, 0.0, 2.0]), np.array([0.0, 0.0, 0.0])).up.tolist()
        [0.0, 1.0, 0.0]
    """
    distance = float(np.linalg.norm(target - eye))
    ahead = (target - eye) / distance
    level = math.hypot(ahead[0], ahead[1])
    right = np.array([1.0, 0.0, 0.0]) if level < 1e-6 else np.array([ahead[1], -ahead[0], 0.0]) / level
    return Aim(eye, right, np.cross(right, ahead) + 0.0, ahead, distance)


def framed_rectangle(room: Room) -> FloatArray:
    """Return the points that the corner picture of a rectangular room must hold, ``(k, 3)``."""
    margin = frame_margin(room)
    low = [(x, y, 0.0) for x in (-margin, room.length + margin / 3) for y in (-margin, room.width + margin / 3)]
    high = [(x, y, room.height) for x in (0.0, room.length) for y in (0.0, room.width)]
    # Nothing stands at the top of the walls that are cut away.
    return np.array(low + [corner for corner in high if corner[:2] != (0.0, 0.0)])


def framed_polygon(room: Room, raised: tuple[str, ...], east: float = 0.0) -> FloatArray:
    """Return the points that the picture of a room of any shape must hold: axes, floor and raised walls.

    Args:
        room: The room.
        raised: Names of the walls that stand up.
        east: How far east of the floor, in shares of its margin, the picture must reach along the x axis at least.
    """
    margin = frame_margin(room)
    rim = margin / 3
    low = [(-margin, -margin, 0.0), (room.length + max(rim, east * margin), -margin, 0.0)]
    low += [(-margin, room.width + rim, 0.0)]
    low += [(x + dx, y + dy, 0.0) for x, y in room.floor for dx in (-rim, rim) for dy in (-rim, rim)]
    walls = [wall for wall in room.wall_lines if wall.name in raised]
    return np.array(low + [(*corner, room.height) for wall in walls for corner in (wall.start, wall.end)])


def framed_ring(room: Room, heading: float) -> FloatArray:
    """Return points of an upright cylinder that holds the room, ``(k, 3)``; they turn with the heading.

    From every side they look the same, so that a camera that goes around the room keeps its distance.
    """
    middle = np.array([room.length, room.width]) / 2
    reach = float(np.max(np.hypot(*(np.array(room.floor) - middle).T)))
    # A polygon around the circle, not in it.
    reach = (reach + frame_margin(room) / 3) / math.cos(math.pi / RING)
    angles = math.tau * np.arange(RING) / RING - heading
    circle = middle + reach * np.column_stack([np.cos(angles), np.sin(angles)])
    return np.concatenate([np.column_stack([circle, np.full(RING, z)]) for z in (0.0, room.height)])


@lru_cache(maxsize=256)
def walk_place(room: Room) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """Return where a person stands in a room and what they look at, metres.

    They stand in the first door, or else in the corner from which most of the floor is seen, and look at the middle
    of what is seen of it from there.

    Example:
        >>> eye, target = walk_place(Room.rectangle(4, 3, 2.5))
        >>> [round(value, 2) for value in (*eye, *target)]
        [0.35, 0.35, 1.6, 2.0, 1.5, 1.1]
    """
    floor = np.array(room.floor)
    door = next((opening for opening in room.openings if opening.kind == "door"), None)
    if door is not None:
        wall = room.wall(door.wall)
        start = wall.point(door.offset + door.width / 2)
        places = [_step_in(floor, start, wall.inward)]
    else:
        places = [_from_corner(room, floor, index) for index in range(len(floor))]
    views = [_seen_floor(floor, place) for place in places]
    # The first of those that see most, whatever rounding says of equals.
    most = max(area for area, _ in views)
    best = next(i for i, (area, _) in enumerate(views) if area >= most * (1 - 1e-6))
    (x, y), (_, (to_x, to_y)) = places[best], views[best]
    height = min(EYE_HEIGHT, LOW_SHARE * room.height)
    # Down to a metre above the floor, but no steeper than one looks across a room.
    drop = min(0.375 * height, STEEPEST * math.dist((x, y), (to_x, to_y)))
    return (x, y, height), (to_x, to_y, height - drop)


def _from_corner(room: Room, floor: FloatArray, index: int) -> Point:
    """Return a place in the corner where a wall starts."""
    wall, (ax, ay), (bx, by) = room.wall_lines[index], room.wall_lines[index - 1].inward, room.wall_lines[index].inward
    length = math.hypot(ax + bx, ay + by)
    if length < 1e-6:  # a wall that turns back all but on itself
        return _step_in(floor, wall.point(wall.length / 2), wall.inward)
    direction = (ax + bx) / length, (ay + by) / length
    return _step_in(floor, wall.start, direction, direction[0] * bx + direction[1] * by)


def _step_in(floor: FloatArray, start: Point, direction: Point, slant: float = 1.0) -> Point:
    """Return a place inside the floor: `CLEARANCE` from the walls at `start`, or nearer where others are near.

    Args:
        floor: Corners, ``(n, 2)``.
        start: A point of the floor's rim, metres.
        direction: Unit vector into the room.
        slant: Metres from the walls at `start` that a metre along `direction` leads.
    """
    step = CLEARANCE / max(slant, 0.25)
    for _ in range(60):
        place = start[0] + step * direction[0], start[1] + step * direction[1]
        if contains(floor, np.array([place]))[0] and _from_walls(floor, place) > 0.5 * slant * step:
            return place
        step *= 0.7
    return start


def _from_walls(floor: FloatArray, place: Point) -> float:
    """Return the distance of a place from the nearest edge of the floor."""
    point, after = np.array(place), np.roll(floor, -1, axis=0)
    edges = after - floor
    shares = np.clip(np.sum((point - floor) * edges, axis=1) / np.sum(edges * edges, axis=1), 0.0, 1.0)
    return float(np.min(np.linalg.norm(floor + shares[:, None] * edges - point, axis=1)))


def _seen_floor(floor: FloatArray, place: Point) -> tuple[float, Point]:
    """Return the area of the part of the floor that is seen from a place, and its centroid."""
    angles = math.tau * (np.arange(SIGHT_LINES) + 0.5) / SIGHT_LINES
    # Corners are looked at as well, on both sides of them, so that the area of plain rooms is exact.
    towards = np.arctan2(*(floor - np.array(place)).T[::-1])
    angles = np.unique(np.concatenate([angles, towards - 1e-7, towards + 1e-7]) % math.tau)
    rays = np.column_stack([np.cos(angles), np.sin(angles)])
    edges, starts = np.roll(floor, -1, axis=0) - floor, floor - np.array(place)
    with np.errstate(divide="ignore", invalid="ignore"):
        turn = rays[:, :1] * edges[:, 1] - rays[:, 1:] * edges[:, 0]
        reach = (starts[:, 0] * edges[:, 1] - starts[:, 1] * edges[:, 0]) / turn
        share = (starts[:, 0] * rays[:, 1:] - starts[:, 1] * rays[:, :1]) / turn
        is_met = (share >= -1e-12) & (share <= 1 + 1e-12) & (reach > 0)
    reaches = np.min(np.where(is_met, reach, np.inf), axis=1)
    reaches = np.where(np.isfinite(reaches), reaches, 0.0)
    rim = reaches[:, None] * rays
    area, x, y = 0.0, 0.0, 0.0
    for (ax, ay), (bx, by) in pairwise([*rim.tolist(), rim[0].tolist()]):
        piece = (ax * by - ay * bx) / 2
        area += piece
        x, y = x + piece * (ax + bx) / 3, y + piece * (ay + by) / 3
    if area <= 0:
        return 0.0, (place[0] + 1.0, place[1])
    return area, (place[0] + x / area, place[1] + y / area)
