"""What is written over a picture, whoever drew it: labels, axes, a ruler."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from spatialenv.core.placed import FloatArray, PlacedScene
from spatialenv.core.room import Room
from spatialenv.renderers.base import Picture
from spatialenv.renderers.camera import Camera
from spatialenv.renderers.drawing import draw_box, draw_glyphs, draw_lines
from spatialenv.renderers.labelling import place_rectangles
from spatialenv.renderers.palette import object_colours
from spatialenv.renderers.shapes import grid_step
from spatialenv.renderers.sight import Sight
from spatialenv.renderers.text import glyphs, shorten
from spatialenv.renderers.wall_names import place_wall_names

MIN_SIDE_FOR_TEXT = 128
"""Smaller pictures carry no text, ruler or axes: they could not be read."""

INK = (28.0, 32.0, 40.0)
FAINT_INK = (105.0, 110.0, 120.0)
WALL_INK = (62.0, 70.0, 84.0)
PAPER = (255.0, 255.0, 255.0)


@dataclass(frozen=True, slots=True)
class Label:
    """A label in a picture.

    Attributes:
        text: What it says.
        index: Index of the object among the placed ones.
        rectangle: ``(left, top, right, bottom)`` in pixels, right and bottom excluded.
        anchor: The point it names, pixels.
        is_seen: Whether anything of the object is seen there; else it is hidden or out of the frame.
        font: Size of its letters.
    """

    text: str
    index: int
    rectangle: tuple[int, int, int, int]
    anchor: tuple[float, float]
    is_seen: bool
    font: int


def annotate(picture: Picture, camera: Camera, placed: PlacedScene, sight: Sight) -> tuple[Label, ...]:
    """Write axes, ruler and labels over `picture` in place; nothing when it is too small for text.

    In rooms that are no rectangles the walls are named as well.

    Args:
        picture: ``(H, W, 3)`` uint8, taken with `camera`; changed.
        camera: The camera.
        placed: The scene.
        sight: Where each object is seen.

    Returns:
        The labels that were written: no two overlap and each is inside the picture. An object has
        none only where no room for it is left at the least font size.
    """
    if min(camera.size) < MIN_SIDE_FOR_TEXT:
        return ()
    font = min(max(round(min(camera.size) / 31), 9), 26)
    taken = draw_axes(picture, camera, placed.room, font)
    if not placed.room.is_rectangle:
        taken += _write_wall_names(picture, camera, placed.room, max(font - 1, 8), taken)
    labels = place_labels(camera, placed, sight, taken, font)
    _draw_labels(picture, camera, placed, labels, max(min(camera.size) / 400, 0.9))
    return labels


def draw_axes(picture: Picture, camera: Camera, room: Room, font: int) -> list[tuple[float, float, float, float]]:
    """Draw ticks and numbers along the south and west of the room and mark x and y from the origin.

    A rectangle's walls are the ruler's lines; beside other floors faint lines stand in for them.

    Returns:
        Rectangles ``(left, top, right, bottom)`` that are now in use, pixels.
    """
    scale = camera.pixels_per_metre
    weight = max(min(camera.size) / 350, 1.0)
    tick, far = (0.45 * font) / scale, (1.15 * font) / scale
    step = grid_step(max(room.length, room.width))
    taken: list[tuple[float, float, float, float]] = []
    for letter, extent, along, outward in (
        ("x", room.length, np.array([1.0, 0.0, 0.0]), np.array([0.0, -1.0, 0.0])),
        ("y", room.width, np.array([0.0, 1.0, 0.0]), np.array([-1.0, 0.0, 0.0])),
    ):
        if not room.is_rectangle:
            base = camera.project_segments(np.array([[0.0 * along, extent * along]])).reshape(-1, 4)
            draw_lines(picture, base, FAINT_INK, 0.6 * weight, 0.6)
        places = np.arange(0.0, extent + 1e-9, step)
        starts = places[:, None] * along
        ticks = camera.project_segments(np.stack([starts, starts + tick * outward], axis=1))
        draw_lines(picture, ticks.reshape(-1, 4), INK, weight, 1.0)
        stride = _stride(camera, along, step, font, f"{extent:.0f}")
        numbers = [place for place in places[:: max(stride, 1)] if place > 0 or letter == "x"]
        for place in numbers:
            spot = place * along + (far * outward if place > 0 else 0.8 * far * np.array([-1.0, -1.0, 0.0]))
            _write_at(picture, camera, spot, f"{place:.10g}", font, taken)
        reach = min(0.5 * stride * step, 0.5 * extent)
        tip = reach * along
        wing = 0.35 * font / scale
        arrow = np.array(
            [
                [0.0 * along, tip],
                [tip, tip - 1.4 * wing * along + wing * outward],
                [tip, tip - 1.4 * wing * along - wing * outward],
            ]
        )
        draw_lines(picture, camera.project_segments(arrow).reshape(-1, 4), INK, 2.0 * weight, 1.0)
        _write_at(picture, camera, tip + far * outward, letter, round(1.25 * font), taken)
    return taken


def _write_wall_names(
    picture: Picture, camera: Camera, room: Room, font: int, taken: list[tuple[float, float, float, float]]
) -> list[tuple[float, float, float, float]]:
    """Write the names of walls and return the rectangles that they take."""
    names = place_wall_names(room, camera, font, tuple(taken))
    for name in names:
        height, width = name.mask.shape
        if name.is_over_floor:
            draw_box(picture, name.left - 1, name.top, name.left + width + 1, name.top + height, PAPER, 0.65)
        draw_glyphs(picture, name.mask, name.left, name.top, WALL_INK)
    return [name.rectangle for name in names]


def _stride(camera: Camera, along: FloatArray, step: float, font: int, longest: str) -> int:
    """Return how many ticks go to one number so that numbers stay apart."""
    ends = camera.project(np.array([0.0 * along, step * along]))
    spacing = float(np.hypot(*(ends[1] - ends[0])))
    needed = 1.6 * max(glyphs(longest, font).shape)
    return next((stride for stride in (1, 2, 5, 10, 20) if stride * spacing >= needed), 50)


def _write_at(
    picture: Picture,
    camera: Camera,
    point: FloatArray,
    text: str,
    font: int,
    taken: list[tuple[float, float, float, float]],
) -> None:
    """Write `text` centred on a world point unless it would meet the picture's edge or other text."""
    x, y = camera.project(point)
    mask = glyphs(text, font)
    if not (math.isfinite(x) and math.isfinite(y)):
        return
    left, top = round(x - mask.shape[1] / 2), round(y - mask.shape[0] / 2)
    right, bottom = left + mask.shape[1], top + mask.shape[0]
    inside = left >= 0 and top >= 0 and right <= camera.size[0] and bottom <= camera.size[1]
    if inside and not any(left < r and right > le and top < b and bottom > t for le, t, r, b in taken):
        draw_glyphs(picture, mask, left, top, INK)
        taken.append((float(left), float(top), float(right), float(bottom)))


def place_labels(
    camera: Camera,
    placed: PlacedScene,
    sight: Sight,
    taken: list[tuple[float, float, float, float]],
    font: int,
) -> tuple[Label, ...]:
    """Return where the labels go; see `annotate`.

    The font shrinks until all fit; at its least size, those that do not fit are left out.
    """
    if not placed.ids:
        return ()
    is_seen = ~np.isnan(sight.anchors[:, 0])
    texts = [
        shorten(object_id) if seen else f"({shorten(object_id)})"
        for object_id, seen in zip(placed.ids, is_seen, strict=True)
    ]
    anchors = np.where(is_seen[:, None], sight.anchors, _unseen_anchors(camera, placed))
    boxes = np.where(is_seen[:, None], sight.boxes, np.concatenate([anchors - 5.0, anchors + 5.0], axis=1))
    fronts = camera.project(front_points(placed))
    # A number beside a label would read as part of it.
    clearance = np.array([-0.5, -0.1, 0.5, 0.1]) * font
    obstacles = np.array(taken, dtype=np.float64).reshape(-1, 4) + clearance
    for size in range(font, 6, -1):
        pad = _padding(size)
        extents = np.array([glyphs(text, size).shape[::-1] for text in texts], dtype=np.int64)
        extents += np.array([2 * pad + _swatch(size), 2])
        rectangles = place_rectangles(anchors, boxes, fronts, extents, obstacles, *camera.size, 1)
        if np.all(rectangles[:, 0] >= 0):
            break
    return tuple(
        Label(
            text=texts[i],
            index=i,
            rectangle=(int(rectangle[0]), int(rectangle[1]), int(rectangle[2]), int(rectangle[3])),
            anchor=(float(anchors[i, 0]), float(anchors[i, 1])),
            is_seen=bool(is_seen[i]),
            font=size,
        )
        for i, rectangle in enumerate(rectangles)
        if rectangle[0] >= 0
    )


def front_points(placed: PlacedScene) -> FloatArray:
    """Return a point on each box's top, near its front, where renderers mark which way it looks, ``(m, 3)``."""
    reach = placed.sizes[:, 1] / 2 - 0.2 * np.minimum(placed.sizes[:, 0], placed.sizes[:, 1])
    points = placed.centers.copy()
    points[:, 0] -= np.sin(placed.yaws) * reach
    points[:, 1] += np.cos(placed.yaws) * reach
    points[:, 2] += placed.sizes[:, 2] / 2
    return points


def _padding(font: int) -> int:
    return max(font // 6, 1)


def _swatch(font: int) -> int:
    """Return the width of the bar in the object's colour at a label's left end."""
    return max(font // 4, 2)


def _unseen_anchors(camera: Camera, placed: PlacedScene) -> FloatArray:
    """Return where objects that are not seen would be: their middle, or the frame's edge towards it."""
    room = placed.room
    extent = np.array([room.length, room.width, room.height])
    middle = extent / 2
    # Far beyond any room only the direction matters, and squares must not overflow.
    centers = np.clip(placed.centers, -1e7 * extent.max(), 1e7 * extent.max())
    away = centers - middle
    distance = np.maximum(np.linalg.norm(away, axis=1), 1e-9)
    towards = middle + 0.25 * extent.max() * away / distance[:, None]
    frame = np.array(camera.size, dtype=np.float64)
    start = camera.project(middle)
    heading = camera.project(towards) - start
    middles = camera.project(centers)
    inset = 3.0
    anchors = np.empty((len(placed.ids), 2))
    for i, point in enumerate(middles):
        if np.all(np.isfinite(point)) and np.all((point >= inset) & (point <= frame - inset)):
            anchors[i] = point
            continue
        direction = heading[i] if np.hypot(*heading[i]) > 1e-6 else np.array([0.0, -1.0])
        with np.errstate(divide="ignore"):
            reaches = np.where(direction > 0, (frame - inset - start) / direction, (inset - start) / direction)
        anchors[i] = start + np.min(np.where(direction == 0, np.inf, reaches)) * direction
    return anchors


def _draw_labels(
    picture: Picture, camera: Camera, placed: PlacedScene, labels: tuple[Label, ...], weight: float
) -> None:
    for label in labels:
        left, top, right, bottom = label.rectangle
        x, y = label.anchor
        end_x, end_y = min(max(x, left), right), min(max(y, top), bottom)
        if math.hypot(end_x - x, end_y - y) > 1.0:
            line = np.array([[x, y, end_x, end_y]])
            draw_lines(picture, line, PAPER, 2.4 * weight, 0.55)
            draw_lines(picture, line, INK, weight, 1.0)
            dot = np.array([[x - 0.3, y, x + 0.3, y]])
            # A hollow dot says that the object is behind what is seen there.
            rim, core = (PAPER, INK) if label.is_seen else (INK, PAPER)
            draw_lines(picture, dot, rim, 4.6 * weight, 1.0)
            draw_lines(picture, dot, core, 2.8 * weight, 1.0)
        if not (label.is_seen or _is_inside(camera, placed.centers[label.index])):
            _draw_pointer(picture, label.anchor)
    colours = object_colours(placed.indices)
    for label in labels:
        left, top, right, bottom = label.rectangle
        size = label.font
        draw_box(picture, left, top, right, bottom, PAPER, 0.8)
        draw_box(picture, left, top, left + _swatch(size), bottom, tuple(colours[label.index]), 1.0)
        ink = INK if label.is_seen else FAINT_INK
        draw_glyphs(picture, glyphs(label.text, size), left + _swatch(size) + _padding(size), top + 1, ink)


def _is_inside(camera: Camera, point: FloatArray) -> bool:
    x, y = camera.project(point)
    return bool(0 <= x < camera.size[0] and 0 <= y < camera.size[1])


def _draw_pointer(picture: Picture, anchor: tuple[float, float]) -> None:
    """Draw an arrow head at the frame's edge that points out of the picture."""
    height, width, _ = picture.shape
    x, y = anchor
    away = np.array([x - width / 2, y - height / 2])
    away /= max(float(np.hypot(*away)), 1e-9)
    side = np.array([-away[1], away[0]])
    tip, size = np.array([x, y]), max(min(width, height) / 40, 6.0)
    ends = [tip - size * away + 0.6 * size * side, tip - size * away - 0.6 * size * side]
    draw_lines(picture, np.array([[*tip, *end] for end in ends]), INK, max(size / 4, 1.5), 1.0)
