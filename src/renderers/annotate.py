"""What is written over a picture, whoever drew it: labels, axes, a ruler."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from spatialenv.core.placed import FloatArray, PlacedScene
from spatialenv.core.room import Room
from spatialenv.renderers.axes import Rectangle, draw_axes
from spatialenv.renderers.base import Picture
from spatialenv.renderers.camera import Camera
from spatialenv.renderers.drawing import draw_box, draw_glyphs, draw_lines
from spatialenv.renderers.fronts import front_points
from spatialenv.renderers.labelling import place_rectangles
from spatialenv.renderers.palette import FAINT_INK, INK, PAPER, WALL_INK
from spatialenv.renderers.sight import Sight
from spatialenv.renderers.strokes import NO_DEPTH, Depth, are_seen
from spatialenv.renderers.text import glyphs, shorten
from spatialenv.renderers.wall_names import WallName, place_wall_names

MIN_SIDE_FOR_TEXT = 128
"""Smaller pictures carry no text, ruler or axes: they could not be read."""

MOST_LOOKS = 3
"""How often another place is looked for where something stands before the name of a wall."""

MOST_COVERED = 0.15
"""The name of a wall that is cut away may cover so much of what is drawn beside the floor."""

FEW = 9
"""So many labels may be as large as the numbers of the ruler."""

LEAST_FONT = 11
"""Many labels are no smaller than this unless the picture is, or there is no room."""


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


def annotate(
    picture: Picture,
    camera: Camera,
    placed: PlacedScene,
    sight: Sight,
    depth: Depth = NO_DEPTH,
    fronts: FloatArray | None = None,
) -> tuple[Label, ...]:
    """Write axes, ruler and labels over `picture` in place; nothing when it is too small for text.

    In rooms that are no rectangles the walls are named as well.

    Args:
        picture: ``(H, W, 3)`` uint8, taken with `camera`; changed.
        camera: The camera.
        placed: The scene.
        sight: Where each object is seen.
        depth: ``(H, W)`` metres of what the picture shows; without, nothing hides the ruler.
        fronts: Points that labels should leave bare, ``(k, 2)`` pixels, NaN for none; by default where renderers
            that draw boxes mark their fronts.

    Returns:
        The labels that were written: no two overlap and each is inside the picture. An object has
        none only where no room for it is left at the least font size, or where it is out of a frame that shows
        a part of the room.
    """
    if min(camera.size) < MIN_SIDE_FOR_TEXT:
        return ()
    taken = write_axes(picture, camera, placed.room, depth)
    bare = camera.project(front_points(placed)) if fronts is None else fronts
    return write_labels(picture, camera, placed, sight, taken, bare)


def font_of(camera: Camera) -> int:
    """Return the size of letters that suits a picture's size."""
    return min(max(round(min(camera.size) / 31), 9), 26)


def label_font(camera: Camera, n: int) -> int:
    """Return the size of letters for `n` labels: more are smaller, so that something of the room is left to see."""
    font = font_of(camera)
    return max(round(font * min(math.sqrt(FEW / max(n, 1)), 1.0)), min(font - 1, LEAST_FONT))


def write_axes(picture: Picture, camera: Camera, room: Room, depth: Depth = NO_DEPTH) -> list[Rectangle]:
    """Write the ruler, and the walls' names where they have numbers; return the rectangles that are in use."""
    font = font_of(camera)
    taken = draw_axes(picture, camera, room, font, depth)
    if not room.is_rectangle:
        taken += _write_wall_names(picture, camera, room, max(font - 1, 8), taken, depth)
    return taken


def write_labels(
    picture: Picture,
    camera: Camera,
    placed: PlacedScene,
    sight: Sight,
    taken: list[Rectangle],
    fronts: FloatArray,
) -> tuple[Label, ...]:
    """Write the objects' ids, clear of the rectangles in `taken`; see `annotate`."""
    labels = place_labels(camera, placed, sight, taken, label_font(camera, len(placed.ids)), fronts)
    _draw_labels(picture, camera, placed, labels, sight, max(min(camera.size) / 400, 0.9))
    return labels


def _write_wall_names(
    picture: Picture, camera: Camera, room: Room, font: int, taken: list[Rectangle], depth: Depth
) -> list[Rectangle]:
    """Write the names of walls and return the rectangles that they take; none where something stands before it."""
    used = list(taken)
    names = place_wall_names(room, camera, font, tuple(used))
    for _ in range(MOST_LOOKS):
        covered = [name.rectangle for name in names if _is_covered(name, camera, depth)]
        if not covered:
            break
        used += covered
        names = place_wall_names(room, camera, font, tuple(used))
    names = tuple(name for name in names if not _is_covered(name, camera, depth))
    for name in names:
        height, width = name.mask.shape
        if name.is_over_floor:
            draw_box(picture, name.left - 1, name.top, name.left + width + 1, name.top + height, PAPER, 0.65)
        draw_glyphs(picture, name.mask, name.left, name.top, WALL_INK)
    return [name.rectangle for name in names]


def _is_covered(name: WallName, camera: Camera, depth: Depth) -> bool:
    """Return whether a name would be written over something that is not its wall."""
    if not depth.size or name.is_over_floor:
        return False
    if len(name.points):
        return not bool(are_seen(camera, depth, name.points).all())
    left, top, right, bottom = map(int, name.rectangle)
    return bool(np.isfinite(depth[top:bottom, left:right]).mean() > MOST_COVERED)


def place_labels(
    camera: Camera,
    placed: PlacedScene,
    sight: Sight,
    taken: list[Rectangle],
    font: int,
    fronts: FloatArray,
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
    named = np.flatnonzero(np.isfinite(anchors[:, 0]))
    if not len(named):
        return ()
    # A number beside a label would read as part of it.
    clearance = np.array([-0.5, -0.1, 0.5, 0.1]) * font
    obstacles = np.array(taken, dtype=np.float64).reshape(-1, 4) + clearance
    for size in range(font, 6, -1):
        pad = _padding(size)
        extents = np.array([glyphs(texts[i], size).shape[::-1] for i in named], dtype=np.int64)
        extents += np.array([2 * pad + _swatch(size), 2])
        rectangles = place_rectangles(anchors[named], boxes[named], fronts, extents, obstacles, *camera.size, 1)
        if np.all(rectangles[:, 0] >= 0):
            break
    return tuple(
        Label(
            text=texts[i],
            index=int(i),
            rectangle=(int(rectangle[0]), int(rectangle[1]), int(rectangle[2]), int(rectangle[3])),
            anchor=(float(anchors[i, 0]), float(anchors[i, 1])),
            is_seen=bool(is_seen[i]),
            font=size,
        )
        for i, rectangle in zip(named, rectangles, strict=True)
        if rectangle[0] >= 0
    )


def _padding(font: int) -> int:
    return max(font // 6, 1)


def _swatch(font: int) -> int:
    """Return the width of the bar in the object's colour at a label's left end."""
    return max(font // 4, 2)


def _unseen_anchors(camera: Camera, placed: PlacedScene) -> FloatArray:
    """Return where objects that are not seen would be, ``(m, 2)`` pixels.

    That is their middle, or, in a picture that frames the whole room, the frame's edge towards it; else NaN.
    """
    frame = np.array(camera.size, dtype=np.float64)
    inset = 3.0
    # Far beyond any room only the direction matters, and squares must not overflow.
    extent = np.array([placed.room.length, placed.room.width, placed.room.height])
    centers = np.clip(placed.centers, -1e7 * extent.max(), 1e7 * extent.max())
    anchors = camera.project(centers)
    with np.errstate(invalid="ignore"):
        outside = ~np.all((anchors >= inset) & (anchors <= frame - inset), axis=1)
    if not outside.any():
        return anchors
    anchors[outside] = np.nan
    if not _frames_room(camera, placed.room):
        return anchors
    start = camera.project(extent / 2)
    for i in np.flatnonzero(outside):
        away = centers[i] - extent / 2
        heading = camera.project(extent / 2 + 0.25 * extent.max() * away / np.linalg.norm(away)) - start
        if not np.hypot(*heading) > 1e-6:
            heading = np.array([0.0, -1.0])
        with np.errstate(divide="ignore", invalid="ignore"):
            reaches = np.where(heading > 0, (frame - inset - start) / heading, (inset - start) / heading)
        anchors[i] = start + np.min(np.where(heading == 0, np.inf, reaches)) * heading
    return anchors


def _frames_room(camera: Camera, room: Room) -> bool:
    """Return whether the whole floor is in the picture."""
    corners = camera.project(np.array([(*corner, 0.0) for corner in room.floor]))
    with np.errstate(invalid="ignore"):
        return bool(np.all((corners >= 0) & (corners <= np.array(camera.size))))


def _draw_labels(
    picture: Picture,
    camera: Camera,
    placed: PlacedScene,
    labels: tuple[Label, ...],
    sight: Sight,
    weight: float,
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
    colours = np.where(np.isnan(sight.colours), FAINT_INK, sight.colours)
    for label in labels:
        left, top, right, bottom = label.rectangle
        size = label.font
        draw_box(picture, left, top, right, bottom, PAPER, 0.86)
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
