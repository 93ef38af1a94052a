"""The ruler along two sides of the floor, and which way x and y run."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from spatialenv.core.placed import FloatArray
from spatialenv.core.room import Room
from spatialenv.renderers.base import Picture
from spatialenv.renderers.camera import Camera
from spatialenv.renderers.drawing import draw_box, draw_glyphs
from spatialenv.renderers.palette import FAINT_INK, INK, PAPER
from spatialenv.renderers.shapes import grid_step
from spatialenv.renderers.strokes import NO_DEPTH, Depth, are_seen, draw_strokes, segment_strokes
from spatialenv.renderers.text import glyphs

Rectangle = tuple[float, float, float, float]
"""``(left, top, right, bottom)`` in pixels, right and bottom excluded."""

ENOUGH, BARELY = 0.5, 0.25
"""A side of the floor will do for the ruler when so great a share of its numbers would be seen there, or, outside the
floor and where no other side will do, at least so great a one."""


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """A side of the floor along which a ruler may lie.

    Attributes:
        letter: The axis that it measures.
        start: Where it reads 0, metres, ``(3,)``.
        along: Unit vector along it.
        outward: Unit vector from it to where its numbers stand.
        extent: Its length in metres.
        is_outside: Whether its numbers stand outside the floor.
    """

    letter: str
    start: FloatArray
    along: FloatArray
    outward: FloatArray
    extent: float
    is_outside: bool


def draw_axes(picture: Picture, camera: Camera, room: Room, font: int, depth: Depth = NO_DEPTH) -> list[Rectangle]:
    """Draw ticks and numbers along two sides of the room and mark x and y from where they read 0.

    They lie outside the floor on the sides towards the camera, south and west where nothing tells them apart;
    where walls hide those, on the far sides or on the floor itself. A rectangle's walls are the ruler's
    lines; beside other floors faint lines stand in for them. What is behind other things is left out.

    Args:
        picture: ``(H, W, 3)`` uint8, taken with `camera`; changed.
        camera: The camera.
        room: The room.
        font: Size of the numbers.
        depth: ``(H, W)`` metres of what the picture shows.

    Returns:
        The rectangles that are now in use.
    """
    step = grid_step(max(room.length, room.width))
    taken: list[Rectangle] = []
    for sides in _sides(camera, room):
        side = _visible(sides, camera, depth, step, 1.15 * font / camera.pixels_per_metre)
        if side is not None:
            _draw_ruler(picture, camera, side, room.is_rectangle, font, step, depth, taken)
    return taken


def _sides(camera: Camera, room: Room) -> tuple[list[Side], list[Side]]:
    """Return the sides for x and for y in the order in which they are tried."""
    x, y = np.array([1.0, 0.0, 0.0]), np.array([0.0, 1.0, 0.0])
    near_y = 0.0 if camera.ahead[1] >= -1e-6 else room.width
    near_x = 0.0 if camera.ahead[0] >= -1e-6 else room.length
    sides: tuple[list[Side], list[Side]] = ([], [])
    # Outside near, outside far, then on the floor by the far side and the near one.
    for outside, is_near in ((1.0, True), (1.0, False), (-1.0, False), (-1.0, True)):
        at_y = near_y if is_near else room.width - near_y
        at_x = near_x if is_near else room.length - near_x
        sides[0].append(Side("x", at_y * y, x, outside * (y if at_y > 0 else -y), room.length, outside > 0))
        sides[1].append(Side("y", at_x * x, y, outside * (x if at_x > 0 else -x), room.width, outside > 0))
    return sides


def _visible(sides: list[Side], camera: Camera, depth: Depth, step: float, far: float) -> Side | None:
    """Return the first of `sides` whose numbers would mostly be seen, else the best one outside the floor."""
    best, best_share = None, BARELY
    for side in sides:
        places = np.arange(0.0, side.extent + 1e-9, step)[:, None]
        share = float(are_seen(camera, depth, side.start + places * side.along + far * side.outward).mean())
        if share >= ENOUGH:
            return side
        if side.is_outside and share > best_share:
            best, best_share = side, share
    return best


def _draw_ruler(
    picture: Picture,
    camera: Camera,
    side: Side,
    is_rectangle: bool,
    font: int,
    step: float,
    depth: Depth,
    taken: list[Rectangle],
) -> None:
    scale = camera.pixels_per_metre
    weight = max(min(camera.size) / 350, 1.0)
    tick, far, wing = (0.45 * font) / scale, (1.15 * font) / scale, 0.35 * font / scale
    start, along, outward = side.start, side.along, side.outward
    if not is_rectangle:
        base = segment_strokes(camera, np.array([[start, start + side.extent * along]]))
        draw_strokes(picture, depth, base, FAINT_INK, 0.6 * weight, 0.6, 0.0, 0.0, 0.0)
    places = np.arange(0.0, side.extent + 1e-9, step)
    feet = start + places[:, None] * along
    ticks = segment_strokes(camera, np.stack([feet, feet + tick * outward], axis=1))
    draw_strokes(picture, depth, ticks, INK, weight, 1.0, 0.0, 0.0, 0.0)
    stride = _stride(camera, start, along, step, font, f"{side.extent:.0f}")
    numbers = [place for place in places[::stride] if place > 0 or side.letter == "x"]
    # The 0 of both axes stands off the corner.
    spots = [start + place * along + far * (outward if place > 0 else 0.8 * (outward - along)) for place in numbers]
    _write(picture, camera, np.array(spots).reshape(-1, 3), [f"{place:.10g}" for place in numbers], font, depth, taken)
    tip = start + min(0.5 * stride * step, 0.5 * side.extent) * along
    wings = (tip - 1.4 * wing * along + sign * wing * outward for sign in (1.0, -1.0))
    arrow = segment_strokes(camera, np.array([[start, tip], *([tip, end] for end in wings)]))
    draw_strokes(picture, depth, arrow, INK, 2.0 * weight, 1.0, 0.0, 0.0, 0.0)
    _write(picture, camera, (tip + far * outward)[None], [side.letter], round(1.25 * font), depth, taken)


def _stride(camera: Camera, start: FloatArray, along: FloatArray, step: float, font: int, longest: str) -> int:
    """Return how many ticks go to one number so that numbers stay apart."""
    ends = camera.project(np.array([start, start + step * along]))
    spacing = float(np.hypot(*(ends[1] - ends[0])))
    if not math.isfinite(spacing):
        return 1
    needed = 1.6 * max(glyphs(longest, font).shape)
    return next((stride for stride in (1, 2, 5, 10, 20) if stride * spacing >= needed), 50)


def _write(
    picture: Picture,
    camera: Camera,
    points: FloatArray,
    texts: list[str],
    font: int,
    depth: Depth,
    taken: list[Rectangle],
) -> None:
    """Write texts centred on world points ``(n, 3)``, but none that is hidden or would meet the edge or other text."""
    pixels = camera.project(points)
    for i in np.flatnonzero(are_seen(camera, depth, points)):
        mask = glyphs(texts[i], font)
        left, top = round(pixels[i, 0] - mask.shape[1] / 2), round(pixels[i, 1] - mask.shape[0] / 2)
        right, bottom = left + mask.shape[1], top + mask.shape[0]
        inside = left >= 0 and top >= 0 and right <= camera.size[0] and bottom <= camera.size[1]
        if inside and not any(left < r and right > le and top < b and bottom > t for le, t, r, b in taken):
            if depth.size and np.isfinite(depth[top:bottom, left:right]).any():
                # Over what is drawn, as the floor, writing needs paper.
                draw_box(picture, left - 1, top, right + 1, bottom, PAPER, 0.6)
            draw_glyphs(picture, mask, left, top, INK)
            taken.append((float(left), float(top), float(right), float(bottom)))
