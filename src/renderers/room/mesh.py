"""The room as a triangle mesh: floor, grid, walls, skirting boards, doors and windows."""

from __future__ import annotations

import math
from functools import lru_cache
from itertools import pairwise

from spatialenv.core.mesh import Material, TriangleMesh
from spatialenv.core.room import Opening, Point, Room, Wall
from spatialenv.renderers.camera import Camera
from spatialenv.renderers.room.faces import Corner, Faces, Place, bar, level, upright
from spatialenv.renderers.room.floor import add_ceiling, add_floor
from spatialenv.renderers.room.openings import FRAME, add_cut_opening, add_raised_opening, add_swing
from spatialenv.renderers.room.style import RoomStyle
from spatialenv.renderers.walls import is_inside, outer_corners, wall_thickness

CUT = Material((150.0, 154.0, 160.0), roughness=0.9)
"""Walls where they are cut: their tops and feet."""

EDGE = Material((201.0, 203.0, 206.0), roughness=0.9)
"""The edge of the floor."""

ON_CUTS, ON_EDGES, FIRST_WALL, FIRST_SKIRTING = 2, 3, 10, 80
"""Smoothing groups of the room, beside those of floor and openings: no line is drawn between two faces of one."""

SLAB = 0.1
"""Thickness of the floor in metres, as its edge shows under walls that are cut away."""

SKIRTING = (0.08, 0.012)
"""Height and depth of skirting boards in metres."""

INSIDE_LINE = 0.03
"""Greatest width in metres of the grid's lines as seen from inside."""

DEFAULT = RoomStyle()


@lru_cache(maxsize=512)
def room_mesh(room: Room, camera: Camera, style: RoomStyle = DEFAULT) -> TriangleMesh:
    """Return `room` as `camera` shows it, in the world's frame: walls that it does not raise are cut away.

    From inside the room it has a ceiling.

    Args:
        room: The room.
        camera: A camera over it.
        style: How its surfaces look; a floor ``"auto"`` is of planks here (see `room_style_for`).

    Example:
        >>> from spatialenv.renderers.camera import make_camera
        >>> room = Room.rectangle(4, 3, 2.5)
        >>> mesh = room_mesh(room, make_camera("top", room, (64, 64)))
        >>> mesh.bounds[:, 2].round(3).tolist()
        [0.0, 0.001]
    """
    pixel = 1.0 / camera.pixels_per_metre
    lift = _lift(room)
    faces = Faces()
    inside = is_inside(room, camera.origin)
    # Seen from inside, the room's middle says little of what is near.
    add_floor(faces, room, style, pixel, lift, INSIDE_LINE if inside else math.inf)
    thick = wall_thickness(camera.pixels_per_metre)
    outer = outer_corners(room, thick)
    for index, wall in enumerate(room.wall_lines):
        is_up = wall.name in camera.walls
        openings = [opening for opening in room.openings if opening.wall == wall.name]
        low, high = outer[index], outer[(index + 1) % len(outer)]
        # Outside a floor of any shape may lie another part of it, which a wall's foot must not cover.
        top = room.height if is_up else 0.0 if room.is_rectangle else -lift
        faces.add(level((low, high, wall.end, wall.start), top), CUT, ON_CUTS)
        if not is_up and camera.is_perspective:
            faces.add(((*low, top - SLAB), (*high, top - SLAB), (*high, top), (*low, top)), EDGE, ON_EDGES)
        if is_up:
            _add_wall(faces, room, index, openings, style, thick)
            if not room.is_rectangle:
                _add_ends(faces, room, camera, index, low, high)
        for opening in openings:
            if not is_up:
                add_cut_opening(faces, opening, wall, thick, lift)
            add_swing(faces, opening, wall, room, thick, pixel, lift)
    if inside:
        add_ceiling(faces, room)
    return faces.mesh()


@lru_cache(maxsize=64)
def room_shell(room: Room, style: RoomStyle = DEFAULT, *, ceiling: bool = False) -> TriangleMesh:
    """Return `room` with all its walls, seen from inside alone, in the world's frame.

    From outside, the walls between the eye and the room do not show where a viewer culls backs, so the
    room can be looked into from everywhere.

    Args:
        room: The room.
        style: How its surfaces look; a floor ``"auto"`` is of planks here (see `room_style_for`).
        ceiling: Whether it has one.

    Example:
        >>> room_shell(Room.rectangle(4, 3, 2.5)).bounds[1].round(2).tolist()
        [4.07, 3.07, 2.5]
    """
    lift = _lift(room)
    faces = Faces()
    add_floor(faces, room, style, 0.007, lift)
    thick = wall_thickness(100.0)
    outer = outer_corners(room, thick)
    for index, wall in enumerate(room.wall_lines):
        openings = [opening for opening in room.openings if opening.wall == wall.name]
        low, high = outer[index], outer[(index + 1) % len(outer)]
        faces.add(level((low, high, wall.end, wall.start), room.height), CUT, ON_CUTS)
        _add_wall(faces, room, index, openings, style, thick)
        for opening in openings:
            add_swing(faces, opening, wall, room, thick, 0.01, lift)
    if ceiling:
        add_ceiling(faces, room)
    return faces.mesh()


def _lift(room: Room) -> float:
    """Return how far apart things that lie on each other are drawn in metres."""
    return 0.0012 + 2e-5 * (room.length + room.width)


def _add_wall(faces: Faces, room: Room, index: int, openings: list[Opening], style: RoomStyle, thick: float) -> None:
    """Add the inner side of a wall, with holes where its openings are, and what sits in and on it."""
    wall = room.wall_lines[index]
    place = _frame_of(wall)
    holes = [
        (o.offset, min(o.offset + o.width, wall.length), min(o.sill, room.height), min(o.sill + o.height, room.height))
        for o in openings
    ]
    for along, up in _around(wall.length, room.height, holes):
        faces.add(upright(place, along, up, 0.0), Material(style.wall, roughness=0.95), FIRST_WALL + index)
    if style.skirting and room.height > 4 * SKIRTING[0]:
        low_holes = [hole for hole in holes if hole[2] < SKIRTING[0]]
        for along, up in _around(wall.length, SKIRTING[0], low_holes):
            if up == (0.0, SKIRTING[0]):
                bar(faces, place, along, up, (0.0, SKIRTING[1]), FRAME, FIRST_SKIRTING + index)
    for opening in openings:
        add_raised_opening(faces, opening, wall, place, room, thick)


def _frame_of(wall: Wall) -> Place:
    (x, y), (ax, ay), (nx, ny) = wall.start, wall.along, wall.inward

    def place(along: float, up: float, out: float) -> Corner:
        return x + along * ax + out * nx, y + along * ay + out * ny, up

    return place


def _around(length: float, height: float, holes: list[tuple[float, float, float, float]]) -> list[tuple[Point, Point]]:
    """Return rectangles ``(from and to along, from and to above)`` that fill a wall but for its holes."""
    pieces = []
    stops = sorted({0.0, length, *(stop for hole in holes for stop in hole[:2])})
    for left, right in pairwise(stops):
        middle = (left + right) / 2
        taken = sorted(hole[2:] for hole in holes if hole[0] < middle < hole[1])
        at = 0.0
        for low, high in (*taken, (height, height)):
            if low > at:
                pieces.append(((left, right), (at, min(low, height))))
            at = max(at, high)
    return pieces


def _add_ends(faces: Faces, room: Room, camera: Camera, index: int, low: Point, high: Point) -> None:
    """Add the ends of a wall that stands up where its neighbours do not."""
    walls = room.wall_lines
    wall = walls[index]
    ends = (
        (walls[index - 1], wall.start, low),
        (walls[(index + 1) % len(walls)], high, wall.end),
    )
    for neighbour, start, end in ends:
        if neighbour.name not in camera.walls:
            corners = ((*end, 0.0), (*start, 0.0), (*start, room.height), (*end, room.height))
            faces.add(corners, CUT, ON_CUTS)
