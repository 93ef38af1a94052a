"""Boxes and room as coloured polygons."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spatialenv.core.placed import BoolArray, FloatArray, IntArray, PlacedScene
from spatialenv.core.room import Opening, Room
from spatialenv.renderers.camera import Camera
from spatialenv.renderers.palette import object_colours
from spatialenv.renderers.shapes import BOX_FACES, FACE_NORMALS, box_corners, grid_step, turns

LIGHT = np.array([0.42, -0.58, 0.70]) / math.sqrt(0.42**2 + 0.58**2 + 0.70**2)
"""Direction towards the light: from the south-east, above. A box's top, south and west differ."""

AMBIENT = 0.63
"""Brightness of what no light reaches."""

DIRECT = 0.42
"""Brightness that light adds where it falls straight on."""

PALE = 0.84
"""Brightness of walls that no light reaches."""

FLOOR = (236.0, 229.0, 217.0)
WALL = (219.0, 224.0, 229.0)
STUMP = (150.0, 154.0, 160.0)
GRID = (207.0, 199.0, 186.0)
DOOR = (196.0, 160.0, 118.0)
WINDOW = (178.0, 214.0, 236.0)

ROOM_OWNER = -2
"""Stands in for an object's index where the room is seen; -1 is nothing."""

FACES_A_BOX = 8
"""Polygons of each object: six sides, then two marks of its front. The sides of all objects come first."""

_FRONT, _TOP = 2, 4

Quad = tuple[tuple[float, float, float], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """Polygons: ``boxes`` of them belong to objects and come first, then the room's.

    Attributes:
        points: Corners in metres, counter-clockwise from outside, ``(p, 4, 3)``.
        counts: Corners that count, ``(p,)``.
        owners: Index of the object among the placed ones, or `ROOM_OWNER`, ``(p,)`` int32.
        groups: No line is drawn between polygons with equal numbers, ``(p,)`` int32.
        lit: Colour in light, ``(p, 3)``.
        dark: Colour in shadow, ``(p, 3)``.
        facing_light: Whether light can reach it, ``(p,)``.
        bias: Added to depth keys, in steps, ``(p,)``.
        boxes: How many polygons belong to objects.
    """

    points: FloatArray
    counts: IntArray
    owners: npt.NDArray[np.int32]
    groups: npt.NDArray[np.int32]
    lit: FloatArray
    dark: FloatArray
    facing_light: BoolArray
    bias: FloatArray
    boxes: int


def build_mesh(placed: PlacedScene, shown: IntArray, camera: Camera) -> Mesh:
    """Return the polygons of the objects `shown` (indices among the placed) and of the room."""
    centers, sizes, yaws = placed.centers[shown], placed.sizes[shown], placed.yaws[shown]
    colours = object_colours(placed.indices[shown])
    n = len(shown)
    corners, rotations = box_corners(centers, sizes, yaws), turns(yaws)
    box_points = corners[:, BOX_FACES]
    box_normals = np.einsum("nij,fj->nfi", rotations, FACE_NORMALS)
    box_base = np.repeat(colours[:, None], 6, axis=1)
    mark_points, mark_normals, mark_base, mark_counts = _front_marks(sizes, rotations, centers, colours)

    room_points, room_counts, room_normals, room_base, room_groups = _room_polygons(placed.room, camera)
    points = np.concatenate([box_points.reshape(-1, 4, 3), mark_points.reshape(-1, 4, 3), room_points])
    normals = np.concatenate([box_normals.reshape(-1, 3), mark_normals.reshape(-1, 3), room_normals])
    base = np.concatenate([box_base.reshape(-1, 3), mark_base.reshape(-1, 3), room_base])
    box_groups = 100 + 6 * np.arange(n)[:, None] + np.arange(6)
    mark_groups = 100 + 6 * np.arange(n)[:, None] + np.array([_FRONT, _TOP])
    owners = np.concatenate([np.repeat(shown, 6), np.repeat(shown, 2), np.full(len(room_points), ROOM_OWNER)])

    cosine = normals @ LIGHT
    ambient = AMBIENT + 0.06 * normals[:, 0] + 0.04 * normals[:, 2]
    # Walls are a stage: the one that the light misses stays pale, so that things stand out from it.
    ambient[FACES_A_BOX * n :] = np.where(cosine[FACES_A_BOX * n :] > 0, ambient[FACES_A_BOX * n :], PALE)
    dark = base * ambient[:, None]
    return Mesh(
        points=np.ascontiguousarray(points),
        counts=np.concatenate([np.full(6 * n, 4), mark_counts, room_counts]).astype(np.int64),
        owners=owners.astype(np.int32),
        groups=np.concatenate([box_groups.ravel(), mark_groups.ravel(), room_groups]).astype(np.int32),
        lit=dark + DIRECT * base * np.maximum(cosine, 0.0)[:, None],
        dark=dark,
        facing_light=cosine > 1e-6,
        bias=np.concatenate(
            [np.repeat(np.arange(n), 6), np.repeat(np.arange(n), 2), np.zeros(len(room_points))]
        ).astype(np.float64),
        boxes=FACES_A_BOX * n,
    )


def _front_marks(
    sizes: FloatArray, rotations: FloatArray, centers: FloatArray, colours: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray, IntArray]:
    """Return a strip on each box's front face and an arrow on its top that points to the front."""
    n = len(centers)
    half = sizes / 2
    lift = 0.002
    local = np.zeros((n, 2, 4, 3))
    strip = np.minimum(0.3 * sizes[:, 2], 0.14)
    inset = np.minimum(0.12 * sizes[:, 0], 0.1)
    side, upper = half[:, 0] - inset, half[:, 2] - 0.25 * strip
    for corner, (sign, lower) in enumerate([(1, 1), (-1, 1), (-1, 0), (1, 0)]):
        local[:, 0, corner, 0] = sign * side
        local[:, 0, corner, 1] = half[:, 1] + lift
        local[:, 0, corner, 2] = upper - lower * strip

    reach = np.minimum(0.36 * np.minimum(sizes[:, 0], sizes[:, 1]), 0.34)
    tip = half[:, 1] - 0.18 * reach
    for corner, (across, along) in enumerate([(-0.9, 1.1), (0.9, 1.1), (0.0, 0.0), (0.0, 0.0)]):
        local[:, 1, corner, 0] = across * reach
        local[:, 1, corner, 1] = tip - along * reach
        local[:, 1, corner, 2] = half[:, 2] + lift
    points = np.einsum("nij,nfkj->nfki", rotations, local) + centers[:, None, None]
    normals = np.einsum("nij,fj->nfi", rotations, FACE_NORMALS[[_FRONT, _TOP]])
    bright = colours @ np.array([0.299, 0.587, 0.114]) > 150.0
    arrow = np.where(bright[:, None], 0.38 * colours, 0.25 * colours + 0.75 * 255.0)
    base = np.stack([0.45 * colours + 0.55 * 255.0, arrow], axis=1)
    return points, normals, base, np.tile(np.array([4, 3]), n)


def _room_polygons(room: Room, camera: Camera) -> tuple[FloatArray, IntArray, FloatArray, FloatArray, IntArray]:
    length, width, height = room.length, room.width, room.height
    pixel = 1.0 / camera.pixels_per_metre
    lift = 0.0004 * (length + width)
    thick = max(0.07, 1.6 * pixel)
    quads: list[tuple[Quad, tuple[float, float, float], tuple[float, float, float], int]] = []
    up = (0.0, 0.0, 1.0)
    quads.append((_flat(0.0, 0.0, length, width, 0.0), up, FLOOR, 0))
    step = grid_step(max(length, width))
    line = 0.55 * pixel
    grid = [_flat(i * step - line, 0.0, i * step + line, width, lift) for i in range(1, math.ceil(length / step))]
    grid += [_flat(0.0, i * step - line, length, i * step + line, lift) for i in range(1, math.ceil(width / step))]
    quads += [(quad, up, GRID, 0) for quad in grid]
    for number, (wall, (start, end, inward)) in enumerate(_wall_lines(room).items()):
        is_up = wall in camera.walls
        level = height if is_up else 0.0
        if is_up:
            quads.append((_upright(start, end, 0.0, height), (*inward, 0.0), WALL, 1 + number))
        outer = (start[0] - thick * inward[0], start[1] - thick * inward[1])
        far = (end[0] - thick * inward[0], end[1] - thick * inward[1])
        # Neighbouring bands overlap in the corner, so that the border is closed.
        along = ((end[0] - start[0]) / math.dist(start, end), (end[1] - start[1]) / math.dist(start, end))
        low = (outer[0] - thick * along[0], outer[1] - thick * along[1])
        high = (far[0] + thick * along[0], far[1] + thick * along[1])
        quads.append((_level(low, high, end, start, level), up, STUMP, 5))
        for opening in room.openings:
            if opening.wall == wall:
                quads += _opening_polygons(opening, start, along, inward, is_up, thick, lift, height)
    points = np.array([quad for quad, *_ in quads])
    return (
        points,
        np.full(len(quads), 4),
        np.array([normal for _, normal, *_ in quads]),
        np.array([colour for *_, colour, _ in quads]),
        np.array([group for *_, group in quads]),
    )


def _opening_polygons(
    opening: Opening,
    start: tuple[float, float],
    along: tuple[float, float],
    inward: tuple[float, float],
    is_up: bool,
    thick: float,
    lift: float,
    height: float,
) -> list[tuple[Quad, tuple[float, float, float], tuple[float, float, float], int]]:
    colour = DOOR if opening.kind == "door" else WINDOW
    ends = [
        (start[0] + share * along[0], start[1] + share * along[1])
        for share in (opening.offset, opening.offset + opening.width)
    ]
    if is_up:
        near = [(x + lift * inward[0], y + lift * inward[1]) for x, y in ends]
        top = min(opening.sill + opening.height, height)
        return [(_upright(near[0], near[1], min(opening.sill, top), top), (*inward, 0.0), colour, 6)]
    outer = [(x - thick * inward[0], y - thick * inward[1]) for x, y in ends]
    return [(_level(outer[0], outer[1], ends[1], ends[0], lift), (0.0, 0.0, 1.0), colour, 6)]


def _wall_lines(room: Room) -> dict[str, tuple[tuple[float, float], tuple[float, float], tuple[float, float]]]:
    """Return each wall's ends, counter-clockwise around the floor, and the direction into the room."""
    length, width = room.length, room.width
    return {
        "south_wall": ((0.0, 0.0), (length, 0.0), (0.0, 1.0)),
        "east_wall": ((length, 0.0), (length, width), (-1.0, 0.0)),
        "north_wall": ((length, width), (0.0, width), (0.0, -1.0)),
        "west_wall": ((0.0, width), (0.0, 0.0), (1.0, 0.0)),
    }


def _flat(x0: float, y0: float, x1: float, y1: float, z: float) -> Quad:
    return (x0, y0, z), (x1, y0, z), (x1, y1, z), (x0, y1, z)


def _level(
    a: tuple[float, float], b: tuple[float, float], c: tuple[float, float], d: tuple[float, float], z: float
) -> Quad:
    return (*a, z), (*b, z), (*c, z), (*d, z)


def _upright(start: tuple[float, float], end: tuple[float, float], low: float, high: float) -> Quad:
    """Return a wall seen from the room's side; `start` to `end` runs counter-clockwise around it."""
    return (*end, low), (*start, low), (*start, high), (*end, high)
