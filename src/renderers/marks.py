"""Red marks over a picture, whoever drew it: what is wrong."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from spatialenv.core.openings import opening_zones
from spatialenv.core.placed import FloatArray, IntArray, PlacedScene
from spatialenv.core.violations import Violation
from spatialenv.renderers.base import Picture
from spatialenv.renderers.camera import Camera
from spatialenv.renderers.drawing import cover_polygon, draw_hatch
from spatialenv.renderers.palette import DARK_WRONG, WRONG
from spatialenv.renderers.shapes import BOX_FACES, Prism, box_corners, box_prism, outside_prisms, shared_prism
from spatialenv.renderers.strokes import NO_DEPTH, Depth, draw_strokes, segment_strokes

HIDDEN = 0.6
"""Opacity of the dashes that stand for lines behind other things."""


def mark_violations(
    picture: Picture,
    camera: Camera,
    placed: PlacedScene,
    shown: IntArray,
    violations: Sequence[Violation],
    depth: Depth = NO_DEPTH,
) -> None:
    """Mark in red what `violations` say, in place.

    The boxes concerned are outlined. What two of them share is filled, what is outside the room is
    striped, both as if nothing stood before them. An unsupported box is tied by lines to where its
    move would set it down. One that looks the wrong way has an arrow to where its front should point,
    and an arc from where it points. Of one that has left its place the foot is drawn there; of what
    must be kept free before a door or window the foot is drawn, and what stands in it is filled.

    Fills and stripes, with their rims, show through everything: they are the point. Outlines and lines that are
    behind other things are thin dashes there.

    Args:
        picture: ``(H, W, 3)`` uint8, taken with `camera`; changed.
        camera: The camera.
        placed: The scene.
        shown: Indices, among the placed objects, of those that were drawn; others are not marked.
        violations: What is wrong. Ids that are not drawn are passed over.
        depth: ``(H, W)`` metres of what the picture shows; without, nothing hides a line.
    """
    index = {placed.ids[i]: int(i) for i in shown}
    prisms = {i: box_prism(placed.centers[i], placed.sizes[i], float(placed.yaws[i])) for i in index.values()}
    weight = max(min(camera.size) / 180, 1.0)
    shared: list[Prism] = []
    outside: list[Prism] = []
    outlined: set[int] = set()
    strokes: list[FloatArray] = []
    zones = {zone.name: zone for zone in opening_zones(placed.room)} if placed.room.openings else {}
    for violation in violations:
        concerned = [index[object_id] for object_id in violation.objects if object_id in index]
        if violation.kind == "collision":
            outlined.update(concerned)
            pairs = [(a, b) for k, a in enumerate(concerned) for b in concerned[k + 1 :]]
            shared += [part for a, b in pairs if (part := shared_prism(prisms[a], prisms[b])) is not None]
        elif violation.kind == "out_of_room":
            outlined.update(concerned[:1])
            outside += [part for i in concerned[:1] for part in outside_prisms(prisms[i], placed.room)]
        else:
            outlined.update(concerned[:1])
        if violation.kind == "unsupported" and violation.move is not None:
            strokes += [_drop_lines(prisms[i], violation.move[2]) for i in concerned[:1]]
        if violation.kind == "moved" and violation.move is not None:
            strokes += [_ring(prisms[i], prisms[i].low) + np.array(violation.move) for i in concerned[:1]]
        if violation.kind == "facing" and violation.turn is not None:
            strokes += [_turn_lines(placed, i, violation.turn) for i in concerned[:1]]
        if violation.kind == "blocked_opening" and concerned:
            for zone in (zones[name] for name in violation.objects[1:] if name in zones):
                kept_free = box_prism(np.array(zone.center), np.array(zone.size), zone.yaw)
                strokes.append(_ring(kept_free, kept_free.low))
                part = shared_prism(prisms[concerned[0]], kept_free)
                shared += [] if part is None else [part]

    stripes = max(round(min(camera.size) / 42), 5)
    _fill(picture, camera, outside, 0.8, stripes)
    _fill(picture, camera, shared, 0.85, 0)
    for part in (*outside, *shared):
        _draw(picture, NO_DEPTH, _edges(camera, part.faces()), DARK_WRONG, 0.7 * weight)
    for i in sorted(outlined):
        corners = box_corners(placed.centers[i : i + 1], placed.sizes[i : i + 1], placed.yaws[i : i + 1])[0]
        _draw(picture, depth, _edges(camera, list(corners[BOX_FACES])), WRONG, weight)
    for lines in strokes:
        _draw(picture, depth, segment_strokes(camera, lines), WRONG, weight)


def _drop_lines(box: Prism, drop: float) -> FloatArray:
    low = np.column_stack([box.polygon, np.full(len(box.polygon), box.low)])
    down = low + np.array([0.0, 0.0, drop])
    return np.concatenate([np.stack([low, down], axis=1), _ring(box, box.low + drop)])


def _ring(prism: Prism, level: float) -> FloatArray:
    """Return the sides of a prism's base at some height, ``(k, 2, 3)``."""
    corners = np.column_stack([prism.polygon, np.full(len(prism.polygon), level)])
    return np.stack([corners, np.roll(corners, -1, axis=0)], axis=1)


def _turn_lines(placed: PlacedScene, index: int, turn: float) -> FloatArray:
    """Return an arrow over a box to where its front should point, and an arc to there, ``(k, 2, 3)``."""
    x, y, z = placed.centers[index]
    length, width, height = placed.sizes[index]
    radius = 0.25 + math.hypot(length, width) / 2
    yaw = float(placed.yaws[index])

    def at(share: float, angle: float) -> tuple[float, float, float]:
        return x - share * radius * math.sin(angle), y + share * radius * math.cos(angle), z + height / 2

    angles = yaw + turn * np.linspace(0.0, 1.0, 13)
    arc = [at(0.8, float(angle)) for angle in angles]
    tip, wings = at(1.0, yaw + turn), [at(0.82, yaw + turn + side) for side in (-0.16, 0.16)]
    return np.array([*pairwise(arc), ((x, y, z + height / 2), tip), *((tip, wing) for wing in wings)])


def _fill(picture: Picture, camera: Camera, parts: list[Prism], opacity: float, stripes: int) -> None:
    cover = np.zeros(picture.shape[:2], dtype=np.float32)
    touched = False
    for part in parts:
        for face in part.faces():
            corners = camera.project(face)
            if np.all(np.isfinite(corners)):
                touched |= bool(cover_polygon(cover, corners))
    if touched:
        if stripes:
            draw_hatch(picture, cover, WRONG, 0.28, 0)
        draw_hatch(picture, cover, WRONG, opacity, stripes)


def _edges(camera: Camera, faces: list[FloatArray]) -> FloatArray:
    """Return the strokes of the edges of the faces that look at the camera, ``(k, 9)``, each edge once."""
    edges: dict[tuple[float, ...], FloatArray] = {}
    for face in faces:
        corners = camera.project(face)
        after = np.roll(corners, -1, axis=0)
        area = float(np.sum(corners[:, 0] * after[:, 1] - corners[:, 1] * after[:, 0]))
        # A face that passes behind the camera has no sign: it is drawn.
        if not area >= 0:
            for ends in np.stack([face, np.roll(face, -1, axis=0)], axis=1):
                first, second = (tuple(map(float, end)) for end in ends.round(9))
                edges[min(first, second) + max(first, second)] = ends
    return segment_strokes(camera, np.array(list(edges.values())).reshape(-1, 2, 3))


def _draw(
    picture: Picture, depth: Depth, strokes: FloatArray, colour: tuple[float, float, float], weight: float
) -> None:
    draw_strokes(picture, depth, strokes, colour, weight, 1.0, HIDDEN, 0.0, 5.0 * weight)
