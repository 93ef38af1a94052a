"""Doors and windows as faces: in walls that stand up, and in the feet of those that are cut away."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from spatialenv.core.mesh import Material, Texture
from spatialenv.core.room import Opening, Point, Room, Wall
from spatialenv.renderers.floors import contains
from spatialenv.renderers.room.faces import Faces, Place, bar, level, recess, upright
from spatialenv.renderers.room.floor import ON_FLOOR

FRAME = Material((246.0, 245.0, 242.0), roughness=0.5, emission=0.3)
"""Painted wood; it shines a little, so that thin boards stay pale in the shade."""

REVEAL = Material((224.0, 223.0, 220.0), emission=0.9)
"""The inner sides of holes: often narrower than a pixel, so of one tone wherever they look."""

DOOR = Material((196.0, 160.0, 118.0), roughness=0.6)
PANEL = Material((182.0, 146.0, 105.0), roughness=0.6)
LEAF = Material((140.0, 104.0, 66.0))
HANDLE = Material((120.0, 122.0, 126.0), roughness=0.3, metallic=1.0)
CUT_PANE = Material((178.0, 214.0, 236.0), roughness=0.3)

SKY = ((206.0, 226.0, 240.0), (150.0, 194.0, 228.0))
"""Colours of what is seen through windows, at the bottom and at the top of the pane."""

ON_OPENINGS, ON_FRAMES, ON_HANDLES, ON_LEAVES = 4, 5, 6, 7
"""Smoothing groups."""

CASING = 0.06
"""Width of the boards around a hole, metres."""

PROUD = 0.004
"""How far these boards stand out from the wall, metres."""

SASH = 0.045
"""Width of a window's bars, metres."""

MAX_DEPTH = 0.09
"""Greatest depth of the hole in which a door or window sits, metres."""

ARC_STEPS = 10
"""Straight pieces of a door's quarter circle."""

_PANE_UVS = ((1.0, 0.02), (0.0, 0.02), (0.0, 0.98), (1.0, 0.98))  # short of the seam between top and bottom


@lru_cache(maxsize=1)
def pane_material() -> Material:
    """Return the glass of windows: the sky behind it, which is paler at the bottom and shines."""
    shares = np.linspace(1.0, 0.0, 32)[:, None, None]
    pixels = (1.0 - shares) * np.array(SKY[0]) + shares * np.array(SKY[1])
    sky = Texture(np.broadcast_to(np.rint(pixels), (32, 4, 3)).astype(np.uint8))
    return Material((255.0, 255.0, 255.0), sky, roughness=0.1, emission=0.6)


def add_raised_opening(faces: Faces, opening: Opening, wall: Wall, place: Place, room: Room, thick: float) -> None:
    """Add a door or window in a wall that stands up."""
    along = (opening.offset, opening.offset + opening.width)
    top = min(opening.sill + opening.height, room.height)
    up = (min(opening.sill, top), top)
    # Beside a corner that juts into the room, a deep hole would come out on its other side.
    beside = min(opening.offset, wall.length - along[1])
    depth = min(MAX_DEPTH, thick, max(beside, 0.02), _depth_behind(room, wall, along))
    recess(faces, place, along, up, (-depth, PROUD), REVEAL, ON_FRAMES)
    _add_casing(faces, place, along, up, (wall.length, room.height), is_door=opening.kind == "door")
    if opening.kind == "door":
        _add_door(faces, place, along, up, depth, has_handle=opening.swing != "none")
    else:
        _add_window(faces, place, along, up, depth)


def _depth_behind(room: Room, wall: Wall, along: Point) -> float:
    """Return half the distance to where the room goes on behind a stretch of a wall; inf where it does not."""
    if room.is_rectangle:
        return math.inf
    nearest = math.inf
    (ax, ay), (nx, ny), (x, y) = wall.along, wall.inward, wall.start
    for other in room.wall_lines:
        if other.name == wall.name:
            continue
        (s0, d0), (s1, d1) = (
            ((px - x) * ax + (py - y) * ay, (x - px) * nx + (y - py) * ny) for px, py in (other.start, other.end)
        )
        for stop in (max(min(s0, s1), along[0]), min(max(s0, s1), along[1])):
            share = (stop - s0) / (s1 - s0) if abs(s1 - s0) > 1e-9 else 0.0
            if min(s0, s1) < along[1] and max(s0, s1) > along[0] and (depth := d0 + share * (d1 - d0)) > 1e-9:
                nearest = min(nearest, depth / 2)
    return nearest


def _add_casing(
    faces: Faces, place: Place, along: Point, up: Point, limits: tuple[float, float], *, is_door: bool
) -> None:
    (a, b), (low, high) = along, up
    left, right = max(a - CASING, 0.0), min(b + CASING, limits[0])
    top = min(high + CASING, limits[1])
    for spread, rise in (((left, a), (low, top)), ((b, right), (low, top)), ((a, b), (high, top))):
        if spread[0] < spread[1] and rise[0] < rise[1]:
            faces.add(upright(place, spread, rise, PROUD), FRAME, ON_FRAMES)
    if not is_door and low > 0.05:
        bar(faces, place, (left, right), (low - 0.03, low), (0.0, 0.035), FRAME, ON_FRAMES)


def _add_door(faces: Faces, place: Place, along: Point, up: Point, depth: float, *, has_handle: bool) -> None:
    (a, b), (low, high) = along, up
    width, height = b - a, high - low
    back = -0.7 * depth
    faces.add(upright(place, along, up, back), DOOR, ON_OPENINGS)
    if min(width, height) < 0.4:
        return
    inset = min(0.12, 0.18 * width)
    for start, end in ((0.07, 0.44), (0.52, 0.94)):
        panel = (low + start * height, low + end * height)
        faces.add(upright(place, (a + inset, b - inset), panel, back + 0.004), PANEL, ON_OPENINGS)
    if has_handle and height > 1.2:
        # The hinge is at the near edge, the handle at the far one.
        grip = low + min(1.05, 0.52 * height)
        bar(faces, place, (b - 0.17, b - 0.05), (grip, grip + 0.025), (back, back + 0.05), HANDLE, ON_HANDLES)


def _add_window(faces: Faces, place: Place, along: Point, up: Point, depth: float) -> None:
    (a, b), (low, high) = along, up
    width, height = b - a, high - low
    glass, front = -0.8 * depth, -0.55 * depth
    faces.add(upright(place, along, up, glass), pane_material(), ON_OPENINGS, _PANE_UVS)
    bars = min(SASH, 0.12 * min(width, height))
    uprights = max(1, round(width / 0.8))
    for k in range(uprights + 1):
        left = a + k * (width - bars) / uprights
        faces.add(upright(place, (left, left + bars), up, front), FRAME, ON_FRAMES)
    levels = [low, high - bars] + ([low + 0.68 * height] if height > 1.2 else [])
    for bottom in levels:
        for k in range(uprights):
            step = (width - bars) / uprights
            spread = (a + k * step + bars, a + (k + 1) * step)
            faces.add(upright(place, spread, (bottom, bottom + bars), front), FRAME, ON_FRAMES)


def add_cut_opening(faces: Faces, opening: Opening, wall: Wall, thick: float, lift: float) -> None:
    """Add a door or window in the foot of a wall that is cut away."""
    offsets = (opening.offset, opening.offset + opening.width)
    (start, end), (far, farther) = ([wall.point(offset, -d) for offset in offsets] for d in (0.0, thick))
    material = DOOR if opening.kind == "door" else CUT_PANE
    faces.add(level((far, farther, end, start), lift), material, ON_OPENINGS)


def add_swing(faces: Faces, opening: Opening, wall: Wall, room: Room, thick: float, pixel: float, lift: float) -> None:
    """Add a door's leaf, open at a right angle, and the quarter circle of its edge, flat on the ground."""
    if opening.kind != "door" or opening.swing == "none":
        return
    is_in = opening.swing == "in"
    sign, rim = (1.0, 0.0) if is_in else (-1.0, thick)
    # What lies outside goes below the floor, which may come back there.
    height = 1.5 * lift if is_in else -1.5 * lift
    radius, half, panel = opening.width, max(0.012, 0.6 * pixel), max(0.05, 1.6 * pixel)

    def at(along: float, away: float) -> Point:
        return wall.point(opening.offset + along, sign * (away + rim))

    def add(corners: list[Point], group: int) -> None:
        faces.add(level(corners if is_in else corners[::-1], height), LEAF, group)

    add([at(0, 0), at(panel, 0), at(panel, radius), at(0, radius)], ON_LEAVES)
    angles = [math.pi / 2 / ARC_STEPS * i for i in range(ARC_STEPS + 1)]
    inner, outer = ([at(r * math.cos(a), r * math.sin(a)) for a in angles] for r in (radius - half, radius + half))
    pieces = [[inner[i], outer[i], outer[i + 1], inner[i + 1]] for i in range(ARC_STEPS)]
    if is_in:
        corners = np.array(pieces)
        # A hair inside its ends, since the first and the last piece end at walls.
        corners = 0.98 * corners + 0.02 * corners.mean(axis=1, keepdims=True)
        is_inside = contains(np.array(room.floor), corners.reshape(-1, 2)).reshape(-1, 4).all(axis=1)
        pieces = [pieces[i] for i in np.flatnonzero(is_inside)]
    for piece in pieces:
        add(piece, ON_FLOOR)
