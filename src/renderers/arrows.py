"""Arrows over pictures: relations between objects, and the way an object has come."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from spatialenv.core.placed import FloatArray, PlacedScene
from spatialenv.core.relations import RelationState, relation_states
from spatialenv.core.scene import spoken_preposition
from spatialenv.renderers.axes import Rectangle
from spatialenv.renderers.base import Picture, shown_objects
from spatialenv.renderers.camera import Camera
from spatialenv.renderers.drawing import draw_box, draw_glyphs
from spatialenv.renderers.palette import MET, MOVED, PAPER, WRONG
from spatialenv.renderers.shapes import box_corners, clip
from spatialenv.renderers.strokes import Depth, draw_strokes, fill_flat, line_strokes
from spatialenv.renderers.text import glyphs

Colour = tuple[float, float, float]

FAINT = 0.35
"""Opacity of the pieces of an arrow that are behind other things."""

STILL = 0.01
"""An object that has moved by less, in metres, has not moved."""

STILL_TURN = math.radians(1.0)
"""One that has turned by less has not turned."""


class Arrow(NamedTuple):
    """A relation's arrow in a picture.

    Attributes:
        text: The preposition.
        colour: 0..255.
        strokes: Its line, ``(k, 9)``.
    """

    text: str
    colour: Colour
    strokes: FloatArray


def draw_relations(picture: Picture, camera: Camera, placed: PlacedScene, depth: Depth) -> list[Arrow]:
    """Draw an arrow from each relation's subject to its target, teal when it is met and red when not.

    Arrows run in arcs from top to top, so that two between the same objects lie apart; pieces behind other things
    are faint. Relations of objects that are not drawn have none.

    Args:
        picture: ``(H, W, 3)`` uint8, taken with `camera`; changed.
        camera: The camera.
        placed: The scene.
        depth: ``(H, W)`` metres of what the picture shows.
    """
    shown = {placed.ids[i]: int(i) for i in shown_objects(placed)}
    arrows = []
    ways: dict[tuple[str, str], int] = {}
    for state in relation_states(placed):
        ends = _ends(placed, camera, shown, state)
        if ends is None:
            continue
        way = (state.relation.subject, state.relation.target)
        ways[way] = ways.get(way, 0) + 1
        strokes = line_strokes(camera, _arc(*ends, 0.07 * ways[way]))
        if len(strokes):
            text = spoken_preposition(state.relation.preposition)
            arrows.append(Arrow(text, MET if state.is_met else WRONG, strokes))
    for arrow in sorted(arrows, key=lambda arrow: arrow.colour == WRONG):
        _draw_arrow(picture, depth, arrow.strokes, arrow.colour, 0.0)
    return arrows


def write_prepositions(picture: Picture, arrows: list[Arrow], font: int, taken: list[Rectangle]) -> None:
    """Write each arrow's preposition on it where there is room, and add what that takes to `taken`."""
    rows, columns, _ = picture.shape
    for arrow in arrows:
        mask = glyphs(arrow.text, font)
        height, width = mask.shape
        if arrow.strokes[-1, 8] < 0.8 * width:
            continue
        for share in (0.5, 0.4, 0.6, 0.3, 0.7):
            x, y = arrow.strokes[min(int(share * len(arrow.strokes)), len(arrow.strokes) - 1), :2]
            left, top = round(x - width / 2), round(y - height / 2)
            box = (left - 2.0, top - 1.0, left + width + 2.0, top + height + 1.0)
            inside = box[0] >= 0 and box[1] >= 0 and box[2] <= columns and box[3] <= rows
            if inside and not any(box[0] < r and box[2] > le and box[1] < b and box[3] > t for le, t, r, b in taken):
                draw_box(picture, left - 2, top, left + width + 2, top + height, PAPER, 0.85)
                draw_glyphs(picture, mask, left, top, arrow.colour)
                taken.append(box)
                break


def draw_paths(picture: Picture, camera: Camera, placed: PlacedScene, previous: PlacedScene, depth: Depth) -> None:
    """Draw where objects have come from: a dashed outline of the old foot, and an arrow from there.

    The arrow runs along the floor, or at the height where the foot was and is; pieces behind other things are faint.
    Objects that have hardly moved, or were not there, have none.

    Args:
        picture: ``(H, W, 3)`` uint8, taken with `camera`; changed.
        camera: The camera.
        placed: The scene.
        previous: The scene as it was.
        depth: ``(H, W)`` metres of what the picture shows.
    """
    shown = {placed.ids[i]: int(i) for i in shown_objects(placed)}
    weight = _weight(picture)
    for j in shown_objects(previous):
        i = shown.get(previous.ids[j])
        if i is None or not _has_moved(placed, i, previous, int(j)):
            continue
        old = box_corners(previous.centers[j : j + 1], previous.sizes[j : j + 1], previous.yaws[j : j + 1])[0]
        foot = old[[0, 1, 3, 2]] + np.array([0.0, 0.0, 0.015])
        outline = line_strokes(camera, np.vstack([foot, foot[:1]]))
        period = 7.0 * weight
        draw_strokes(picture, depth, outline, PAPER, 3.2 * weight, 0.65, 0.0, 0.0, 0.0)
        draw_strokes(picture, depth, outline, MOVED, 1.4 * weight, 1.0, 0.5, period, period)
        start = foot.mean(axis=0)
        end = placed.centers[i] - np.array([0.0, 0.0, placed.sizes[i, 2] / 2 - 0.015])
        tip = _before(placed, i, start, end)
        if np.linalg.norm(tip - start) > STILL:
            share = np.linspace(0.0, 1.0, 9)[:, None]
            _draw_arrow(picture, depth, line_strokes(camera, start + share * (tip - start)), MOVED, 0.0)


def _has_moved(placed: PlacedScene, i: int, previous: PlacedScene, j: int) -> bool:
    turn = math.remainder(float(placed.yaws[i] - previous.yaws[j]), math.tau)
    far = float(np.linalg.norm(placed.centers[i] - previous.centers[j]))
    return far > STILL or abs(turn) > STILL_TURN


def _before(placed: PlacedScene, i: int, start: FloatArray, end: FloatArray) -> FloatArray:
    """Return where the way from `start` to `end` reaches an object's foot; `end` where it starts over it."""
    corners = box_corners(placed.centers[i : i + 1], placed.sizes[i : i + 1], placed.yaws[i : i + 1])[0]
    foot = corners[[0, 1, 3, 2], :2]
    way = end[:2] - start[:2]
    length = float(np.hypot(*way))
    if length < STILL:
        return end
    # The strip of a hair's width along the way, cut to the foot: its least share is where the foot begins.
    side = np.array([-way[1], way[0]]) / length
    strip = clip(clip(foot, side, float(side @ start[:2]) - 1e-6), -side, -float(side @ start[:2]) - 1e-6)
    if not len(strip):
        return end
    share = float(((strip - start[:2]) @ way).min()) / length**2
    return end if share <= 0 else start + share * (end - start)


def _ends(
    placed: PlacedScene, camera: Camera, shown: dict[str, int], state: RelationState
) -> tuple[FloatArray, FloatArray] | None:
    """Return where a relation's arrow starts and ends, metres; None where there is nothing to show."""
    subject = shown.get(state.relation.subject)
    if subject is None:
        return None
    start = placed.centers[subject] + np.array([0.0, 0.0, placed.sizes[subject, 2] / 2])
    target, room = state.relation.target, placed.room
    if target in shown:
        return start, _landing(placed, subject, shown[target])
    if target == "ceiling":
        return start, np.array([start[0], start[1], room.height])
    if target == "middle of the room":
        return start, np.array([room.length / 2, room.width / 2, 0.02])
    if target not in room.walls and target not in room.aliases:
        return None
    wall = room.wall(target)
    first, last = np.array(wall.start), np.array(wall.end)
    share = float((start[:2] - first) @ (last - first)) / wall.length**2
    foot = first + min(max(share, 0.0), 1.0) * (last - first)
    # Nothing stands at the top of a wall that is cut away.
    level = min(float(start[2]), 0.9 * room.height) if wall.name in camera.walls else 0.02
    return start, np.array([*foot, level])


def _landing(placed: PlacedScene, subject: int, target: int) -> FloatArray:
    """Return where on a target's top an arrow ends: its middle, or beside a subject that stands over that."""
    middle: FloatArray = placed.centers[target] + np.array([0.0, 0.0, placed.sizes[target, 2] / 2])
    away = math.hypot(*(placed.centers[subject] - middle)[:2])
    if away >= 0.6 * float(placed.sizes[subject, :2].max()):
        return middle
    axis = int(np.argmax(placed.sizes[target, :2]))
    yaw = float(placed.yaws[target]) + axis * math.pi / 2
    beside: FloatArray = middle + 0.38 * placed.sizes[target, axis] * np.array([math.cos(yaw), math.sin(yaw), 0.0])
    return beside


def _arc(start: FloatArray, end: FloatArray, bulge: float) -> FloatArray:
    """Return points of an arc that rises and bends to its right, ``(25, 3)``."""
    way = end - start
    reach = float(np.hypot(way[0], way[1]))
    right = np.array([way[1], -way[0], 0.0])
    middle = (start + end) / 2 + bulge * 2 * right + np.array([0.0, 0.0, 0.1 + 0.3 * reach])
    share = np.linspace(0.0, 1.0, 25)[:, None]
    points: FloatArray = (1 - share) ** 2 * start + 2 * share * (1 - share) * middle + share**2 * end
    return points


def _draw_arrow(picture: Picture, depth: Depth, strokes: FloatArray, colour: Colour, dash: float) -> None:
    """Draw a line that ends in a head of the same size whatever its distance."""
    if not len(strokes):
        return
    weight = _weight(picture)
    total = strokes[-1, 8] + math.hypot(*(strokes[-1, 4:6] - strokes[-1, :2]))
    size = min(6.5 * weight, 0.6 * total)
    tip = strokes[-1, 4:8]
    # The head points along the way of its own length, which in a narrow arc is not the last stroke's.
    near = np.hypot(strokes[:, 0] - tip[0], strokes[:, 1] - tip[1]) >= size
    back = strokes[np.flatnonzero(near)[-1]] if near.any() else strokes[0]
    way = tip[:2] - back[:2]
    reach = math.hypot(*way)
    if reach < 1e-6:
        return
    way /= reach
    side = 0.5 * size * np.array([-way[1], way[0]])
    root = tip[:2] - size * way
    head = np.array([[*tip], [*(root + side), *tip[2:]], [*(root - side), *tip[2:]]])
    rim = np.column_stack([head, np.roll(head, -1, axis=0), np.zeros(3)])
    draw_strokes(picture, depth, np.vstack([strokes, rim]), PAPER, 3.4 * weight, 0.7, 0.0, 0.0, 0.0)
    shaft = strokes[np.hypot(strokes[:, 4] - tip[0], strokes[:, 5] - tip[1]) >= 0.5 * size]
    draw_strokes(picture, depth, shaft, colour, 1.6 * weight, 1.0, FAINT, dash, dash)
    fill_flat(picture, depth, head, colour, 1.0, FAINT)


def _weight(picture: Picture) -> float:
    return max(float(min(picture.shape[:2])) / 300, 1.0)
