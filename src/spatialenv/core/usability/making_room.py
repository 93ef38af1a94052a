"""The move of one object that gives it more room without harm to the layout."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np

from spatialenv.core import geometry
from spatialenv.core.layout import Layout
from spatialenv.core.placed import BoolArray, FloatArray, PlacedScene, scene_arrays
from spatialenv.core.support import lies_flat, stands_on_floor
from spatialenv.core.violations import Move, find_violations

STEP = 0.1
"""Metres between the places that are tried, along the object's own axes."""

RANGE = 2.0
"""Metres along each of its axes up to which an object is moved."""

_DIGITS = 4
_CHUNK = 48
_CHUNKS = 4
_CHECKED = 4
_ROUNDING = 1e-9


def roomier_move(
    placed: PlacedScene, row: int, values: Callable[[FloatArray], FloatArray], enough: float
) -> Move | None:
    """Return a short move after which an object has the room it needs, or at least more.

    Places every 10 cm up to 2 m away are tried, the nearest first, all with the object standing on the floor. A place
    will do when the object is wholly inside the walls and in no other object there, the objects' values do not fall in
    sum, and no more is wrong with the layout (`find_violations`) than before: met relations stay met, what stands on
    the object is not left behind.

    Args:
        placed: The layout.
        row: The object's row.
        values: Turns centres ``(k, n, 3)`` of ``k`` layouts into the objects' values ``(k, n)``.
        enough: The object's value with which nothing is wrong with it any more.

    Returns:
        Signed ``(dx, dy, dz)`` in metres: to the nearest place where its value is `enough`; where there is none, to
        that with the greatest value, if it is greater than now; None where there is no such place, for objects that
        must stay and for those that do not stand on the floor.
    """
    if placed.ids[row] in placed.scene.fixed or not stands_on_floor(placed)[row]:
        return None
    now = values(placed.centers[None])[0]
    places = _free_places(placed, row)[: _CHUNK * _CHUNKS]
    found: list[tuple[float, int]] = []
    for start in range(0, len(places), _CHUNK):
        tried = np.repeat(placed.centers[None], len(places[start : start + _CHUNK]), axis=0)
        tried[:, row] = places[start : start + _CHUNK]
        after = values(tried)
        gains = (after[:, row] > now[row] + _ROUNDING) & (after.sum(axis=1) >= now.sum() - _ROUNDING)
        found += [(min(enough, float(after[k, row])), start + k) for k in np.flatnonzero(gains).tolist()]
        if any(value >= enough for value, _ in found):
            break
    wrong = len(find_violations(placed)) if found else 0
    for _, place in sorted(found, key=lambda one: (-one[0], one[1]))[:_CHECKED]:
        dx, dy, dz = (places[place] - placed.centers[row]).tolist()
        move = (round(dx, _DIGITS) + 0.0, round(dy, _DIGITS) + 0.0, dz + 0.0)
        if len(find_violations(moved(placed, row, move))) <= wrong:
            return move
    return None


def moved(placed: PlacedScene, row: int, move: Move, turn: float | None = None) -> PlacedScene:
    """Return the layout with one object moved by metres and turned by radians."""
    poses = []
    for object_id, pose in placed.layout.poses:
        if object_id == placed.ids[row]:
            yaw = pose.yaw if turn is None else float(placed.yaws[row]) + turn
            pose = replace(pose, x=pose.x + move[0], y=pose.y + move[1], z=pose.z + move[2], yaw=yaw)
        poses.append((object_id, pose))
    return PlacedScene(placed.scene, Layout(tuple(poses)))


def _free_places(placed: PlacedScene, row: int) -> FloatArray:
    """Return places ``(k, 3)`` of an object that are on the floor and in no other object, the nearest first."""
    from spatialenv.core.kernels import RUG_TOP, VOLUME_TOLERANCE

    yaw, known = float(placed.yaws[row]), scene_arrays(placed.scene)
    c, s = math.cos(yaw), math.sin(yaw)
    steps = _steps()
    offsets = np.zeros((len(steps), 3))
    offsets[:, 0], offsets[:, 1] = c * steps[:, 0] - s * steps[:, 1], s * steps[:, 0] + c * steps[:, 1]
    places: FloatArray = placed.centers[row] + np.round(offsets, _DIGITS)
    size = placed.sizes[row]
    if abs(placed.centers[row, 2] - size[2] / 2) > RUG_TOP:
        places[:, 2] = size[2] / 2
    inside = geometry.inside_volumes(places[:, None], size, [yaw], known.room, floors=known.floor)[:, 0]
    places = places[size.prod() - inside <= VOLUME_TOLERANCE / 2]
    others = _beside(placed, row, places)
    if len(places) and others.any():
        k, m = len(places), int(others.sum())
        boxes = np.column_stack((placed.centers[:, :2], placed.sizes[:, :2], placed.yaws))
        mine = np.repeat(boxes[row][None], k * m, axis=0)
        mine[:, :2] = np.repeat(places[:, :2], m, axis=0)
        shared = geometry.overlap_area(mine, np.tile(boxes[others], (k, 1))).reshape(k, m)
        places = places[(shared * size[2] <= VOLUME_TOLERANCE / 2).all(axis=1)]
    return places


def _beside(placed: PlacedScene, row: int, places: FloatArray) -> BoolArray:
    """Return which other objects share heights with one at its new places, but for rugs that lie flat."""
    height = places[0, 2] if len(places) else placed.centers[row, 2]
    gaps = np.abs(placed.centers[:, 2] - height) - (placed.sizes[:, 2] + placed.sizes[row, 2]) / 2
    others: BoolArray = (gaps < -_ROUNDING) & ~lies_flat(placed)
    others[row] = False
    return others


@cache
def _steps() -> FloatArray:
    """Return offsets along an object's own axes, the shortest first."""
    along = np.arange(-round(RANGE / STEP), round(RANGE / STEP) + 1) * STEP
    steps = np.stack(np.meshgrid(along, along), axis=-1).reshape(-1, 2)
    distances = np.hypot(steps[:, 0], steps[:, 1]).round(6)
    ordered: FloatArray = steps[np.lexsort((steps[:, 1], steps[:, 0], distances))]
    return ordered
