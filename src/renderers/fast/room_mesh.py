"""The room as coloured polygons: floor, grid, walls, doors and windows."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from spatialenv.core.placed import FloatArray, IntArray
from spatialenv.core.room import WALLS, Opening, Point, Room, Wall
from spatialenv.renderers.camera import Camera
from spatialenv.renderers.floors import contains, shared_spans, spans, triangulate
from spatialenv.renderers.shapes import grid_step
from spatialenv.renderers.walls import outer_corners, wall_thickness

FLOOR = (236.0, 229.0, 217.0)
WALL = (219.0, 224.0, 229.0)
STUMP = (150.0, 154.0, 160.0)
GRID = (207.0, 199.0, 186.0)
DOOR = (196.0, 160.0, 118.0)
LEAF = (140.0, 104.0, 66.0)
WINDOW = (178.0, 214.0, 236.0)

ON_FLOOR, ON_WALLS, ON_OPENINGS, ON_LEAVES, FIRST_WALL = 0, 5, 6, 7, 10
"""Groups of the room's polygons: no line is drawn between two of one group."""

ARC_STEPS = 10
"""Straight pieces of a door's quarter circle."""

Colour = tuple[float, float, float]
Corner = tuple[float, float, float]


class Face(NamedTuple):
    """A polygon of the room: 3 or 4 corners, counter-clockwise from where it is seen."""

    corners: tuple[Corner, ...]
    normal: Corner
    colour: Colour
    group: int


class RoomMesh(NamedTuple):
    """The room's polygons as arrays that are shared: do not write to them.

    Attributes:
        points: Corners in metres, ``(p, 4, 3)``.
        counts: Corners that count, ``(p,)``.
        normals: ``(p, 3)``.
        colours: ``(p, 3)``.
        groups: No line is drawn between polygons with equal numbers, ``(p,)``.
    """

    points: FloatArray
    counts: IntArray
    normals: FloatArray
    colours: FloatArray
    groups: IntArray


UP = (0.0, 0.0, 1.0)


@lru_cache(maxsize=512)
def room_mesh(room: Room, camera: Camera) -> RoomMesh:
    """Return the polygons of `room` as `camera` shows it: walls that it does not raise are cut away."""
    pixel = 1.0 / camera.pixels_per_metre
    lift = 0.0004 * (room.length + room.width)
    faces = _floor(room, 0.55 * pixel, lift)
    thick = wall_thickness(camera.pixels_per_metre)
    outer = outer_corners(room, thick)
    after = {wall.name: k for k, wall in enumerate(room.wall_lines)}
    walls = sorted(room.wall_lines, key=lambda wall: WALLS.index(wall.name)) if room.is_rectangle else room.wall_lines
    for number, wall in enumerate(walls):
        is_up = wall.name in camera.walls
        # Outside a floor of any shape may lie another part of it, which a wall's foot must not cover.
        level = room.height if is_up else 0.0 if room.is_rectangle else -lift
        if is_up:
            faces.append(Face(_upright(wall.start, wall.end, 0.0, room.height), (*wall.inward, 0.0), WALL, 0))
            faces[-1] = faces[-1]._replace(group=(1 if room.is_rectangle else FIRST_WALL) + number)
        index = after[wall.name]
        low, high = outer[index], outer[(index + 1) % len(outer)]
        faces.append(Face(_level(low, high, wall.end, wall.start, level), UP, STUMP, ON_WALLS))
        if is_up and not room.is_rectangle:
            faces += _ends(room, camera, index, low, high)
        for opening in room.openings:
            if opening.wall == wall.name:
                faces += _opening(opening, wall, is_up, thick, lift, room.height)
                faces += _swing(opening, wall, room, thick, pixel, lift)
    return RoomMesh(
        points=np.array([(*face.corners, face.corners[-1])[:4] for face in faces]),
        counts=np.array([len(face.corners) for face in faces]),
        normals=np.array([face.normal for face in faces]),
        colours=np.array([face.colour for face in faces]),
        groups=np.array([face.group for face in faces]),
    )


def _floor(room: Room, half: float, lift: float) -> list[Face]:
    """Return the floor and, above it, the lines of its grid, `half` to either side."""
    length, width, floor = room.length, room.width, room.floor
    step = grid_step(max(length, width))
    if room.is_rectangle:
        flats = [_flat(0.0, 0.0, length, width, 0.0)]
    else:
        flats = [tuple((*floor[i], 0.0) for i in triangle) for triangle in triangulate(floor)]
    faces = [Face(corners, UP, FLOOR, ON_FLOOR) for corners in flats]
    for axis, extent in ((0, length), (1, width)):
        for level in (i * step for i in range(1, math.ceil(extent / step))):
            if room.is_rectangle:
                stretches = [(0.0, width if axis == 0 else length)]
            else:
                stretches = shared_spans(spans(floor, axis, level - half), spans(floor, axis, level + half))
            for low, high in stretches:
                corners = (
                    _flat(level - half, low, level + half, high, lift)
                    if axis == 0
                    else _flat(low, level - half, high, level + half, lift)
                )
                faces.append(Face(corners, UP, GRID, ON_FLOOR))
    return faces


def _ends(room: Room, camera: Camera, index: int, low: Point, high: Point) -> list[Face]:
    """Return the ends of a wall that stands up where its neighbours do not."""
    walls = room.wall_lines
    wall, faces = walls[index], []
    ends = (
        (walls[index - 1], wall.start, low),
        (walls[(index + 1) % len(walls)], high, wall.end),
    )
    for neighbour, start, end in ends:
        if neighbour.name not in camera.walls:
            length = math.dist(start, end)
            normal = ((end[1] - start[1]) / length, (start[0] - end[0]) / length, 0.0)
            faces.append(Face(_upright(end, start, 0.0, room.height), normal, STUMP, ON_WALLS))
    return faces


def _opening(opening: Opening, wall: Wall, is_up: bool, thick: float, lift: float, height: float) -> list[Face]:
    """Return a door or window in its wall, or in the foot of one that is cut away."""
    colour = DOOR if opening.kind == "door" else WINDOW
    offsets = (opening.offset, opening.offset + opening.width)
    if is_up:
        start, end = (wall.point(offset, lift) for offset in offsets)
        top = min(opening.sill + opening.height, height)
        corners = _upright(start, end, min(opening.sill, top), top)
        return [Face(corners, (*wall.inward, 0.0), colour, ON_OPENINGS)]
    (start, end), (far, farther) = ([wall.point(offset, -d) for offset in offsets] for d in (0.0, thick))
    return [Face(_level(far, farther, end, start, lift), UP, colour, ON_OPENINGS)]


def _swing(opening: Opening, wall: Wall, room: Room, thick: float, pixel: float, lift: float) -> list[Face]:
    """Return a door's leaf, open at a right angle, and the quarter circle of its edge, flat on the ground."""
    if opening.kind != "door" or opening.swing == "none":
        return []
    is_in = opening.swing == "in"
    sign, rim = (1.0, 0.0) if is_in else (-1.0, thick)
    # What lies outside goes below the floor, which may come back there.
    level = 1.5 * lift if is_in else -1.5 * lift
    radius, half, panel = opening.width, max(0.012, 0.6 * pixel), max(0.05, 1.6 * pixel)

    def at(along: float, away: float) -> Point:
        return wall.point(opening.offset + along, sign * (away + rim))

    def flat(corners: list[Point]) -> tuple[Corner, ...]:
        a, b, c, d = corners if is_in else corners[::-1]
        return _level(a, b, c, d, level)

    faces = [Face(flat([at(0, 0), at(panel, 0), at(panel, radius), at(0, radius)]), UP, LEAF, ON_LEAVES)]
    step = math.pi / 2 / ARC_STEPS
    for i in range(ARC_STEPS):
        turns = (step * i, step * (i + 1))
        inner, outer = ([at(r * math.cos(a), r * math.sin(a)) for a in turns] for r in (radius - half, radius + half))
        # A hair inside its ends, since the first and the last piece end at walls.
        middle = np.mean([*inner, *outer], axis=0)
        if not is_in or contains(np.array(room.floor), 0.98 * np.array([*inner, *outer]) + 0.02 * middle).all():
            faces.append(Face(flat([inner[0], outer[0], outer[1], inner[1]]), UP, LEAF, ON_FLOOR))
    return faces


def _flat(x0: float, y0: float, x1: float, y1: float, z: float) -> tuple[Corner, ...]:
    return (x0, y0, z), (x1, y0, z), (x1, y1, z), (x0, y1, z)


def _level(a: Point, b: Point, c: Point, d: Point, z: float) -> tuple[Corner, ...]:
    return (*a, z), (*b, z), (*c, z), (*d, z)


def _upright(start: Point, end: Point, low: float, high: float) -> tuple[Corner, ...]:
    """Return a wall seen from the room's side; `start` to `end` runs counter-clockwise around it."""
    return (*end, low), (*start, low), (*start, high), (*end, high)
