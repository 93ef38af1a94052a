"""Floors and ceilings as faces: what lies on the floor, the lines of its grid, the edge that it is cut off at."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from spatialenv.core.mesh import Colour, Material, Texture
from spatialenv.core.room import Point, Room
from spatialenv.renderers.floors import shared_spans, spans, triangulate
from spatialenv.renderers.room.faces import Faces, flat, level
from spatialenv.renderers.room.style import FloorKind, RoomStyle
from spatialenv.renderers.shapes import MAX_GRID_LINES, grid_step
from spatialenv.renderers.textures import texture

CEILING = Material((230.0, 230.0, 228.0), roughness=0.95)

ON_FLOOR, ON_CEILING = 0, 1
"""Smoothing groups."""

GRID_SHADE = 0.86
"""Brightness of the grid's lines as a share of the floor's."""


LEAST_STEP = 6.0
"""Least distance of the grid's lines in pixels at the middle of the room; else every second or fifth is drawn."""


WIDEST = 0.04
"""Greatest half width of the grid's lines as a share of their distance."""


class Covering(NamedTuple):
    """What lies on a floor.

    Attributes:
        colour: Its mean colour.
        texture: Name of its texture; empty for none.
        contrast: Share of the texture's contrast that is kept: a floor is a ground, not a figure.
        metres: What one repeat of the texture covers: a whole number of pieces in a metre, so that joints and grid
            meet.
        roughness: As `Material`.
    """

    colour: Colour
    texture: str
    contrast: float
    metres: float
    roughness: float


COVERINGS: dict[FloorKind, Covering] = {
    "planks": Covering((224.0, 208.0, 184.0), "planks", 0.6, 2.0, 0.5),
    "herringbone": Covering((220.0, 200.0, 172.0), "herringbone", 0.6, 1.0, 0.5),
    "tiles": Covering((223.0, 225.0, 224.0), "tiles", 0.7, 2.0, 0.3),
    "carpet": Covering((208.0, 203.0, 196.0), "pile", 0.8, 0.6, 1.0),
    "concrete": Covering((205.0, 205.0, 202.0), "cast", 0.8, 1.6, 0.7),
    "plain": Covering((236.0, 229.0, 217.0), "", 1.0, 1.0, 0.8),
}
"""Coverings by name; pale, so that furniture stands out from them."""


@lru_cache(maxsize=32)
def floor_material(kind: FloorKind) -> Material:
    """Return what a floor of a kind is made of; ``"auto"`` is planks."""
    if kind == "auto":
        return floor_material("planks")
    covering = COVERINGS[kind]
    if not covering.texture:
        return Material(covering.colour, roughness=covering.roughness)
    calm = _calm(covering.texture, covering.contrast)
    means = calm.pixels.reshape(-1, 3).mean(axis=0) / 255.0
    red, green, blue = (min(part / mean, 255.0) for part, mean in zip(covering.colour, means.tolist(), strict=True))
    return Material((red, green, blue), calm, roughness=covering.roughness)


def _calm(name: str, contrast: float) -> Texture:
    """Return a texture with a share of its contrast; its brightest texels stay as they are."""
    pixels = texture(name).pixels.astype(np.float64)
    return Texture(np.floor(255.0 - contrast * (255.0 - pixels) + 0.5).astype(np.uint8))


@lru_cache(maxsize=32)
def grid_material(kind: FloorKind) -> Material:
    """Return what the lines of the grid on a floor of a kind are made of."""
    red, green, blue = (GRID_SHADE * part for part in COVERINGS["planks" if kind == "auto" else kind].colour)
    return Material((red, green, blue), roughness=1.0)


def add_floor(faces: Faces, room: Room, style: RoomStyle, pixel: float, lift: float, widest: float = math.inf) -> None:
    """Add the floor and the lines of its grid above it.

    Args:
        faces: What they are added to.
        room: The room.
        style: How they look.
        pixel: Metres of a pixel at the middle of the room.
        lift: How far above the floor the lines are, metres.
        widest: Greatest width of a line in metres.
    """
    material = floor_material(style.floor)
    metres = COVERINGS["planks" if style.floor == "auto" else style.floor].metres
    # Boards run along the room.
    is_turned = room.width > room.length
    for piece in _pieces(room):
        uvs = [(y / metres, x / metres) if is_turned else (x / metres, y / metres) for x, y in piece]
        faces.add(level(piece, 0.0), material, ON_FLOOR, uvs)
    if style.grid:
        _add_grid(faces, room, grid_material(style.floor), min(0.85 * pixel, widest / 2), lift, LEAST_STEP * pixel)


def add_ceiling(faces: Faces, room: Room) -> None:
    """Add the ceiling, seen from below."""
    for piece in _pieces(room):
        faces.add(level(piece[::-1], room.height), CEILING, ON_CEILING)


def _add_grid(faces: Faces, room: Room, material: Material, half: float, lift: float, least: float) -> None:
    length, width, floor = room.length, room.width, room.floor
    step = grid_step(max(length, width, MAX_GRID_LINES * least))
    half = min(half, WIDEST * step)
    for axis, extent in ((0, length), (1, width)):
        for line in (i * step for i in range(1, math.ceil(extent / step))):
            if room.is_rectangle:
                stretches = [(0.0, width if axis == 0 else length)]
            else:
                stretches = shared_spans(spans(floor, axis, line - half), spans(floor, axis, line + half))
            for low, high in stretches:
                corners = (
                    flat(line - half, low, line + half, high, lift)
                    if axis == 0
                    else flat(low, line - half, high, line + half, lift)
                )
                faces.add(corners, material, ON_FLOOR)


def _pieces(room: Room) -> list[tuple[Point, ...]]:
    """Return convex pieces that fill the floor, counter-clockwise."""
    if room.is_rectangle:
        length, width = room.length, room.width
        return [((0.0, 0.0), (length, 0.0), (length, width), (0.0, width))]
    return [tuple(room.floor[i] for i in triangle) for triangle in triangulate(room.floor)]
