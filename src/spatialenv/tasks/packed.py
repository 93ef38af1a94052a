"""Places that touch what is around them, so that a floor fills up: for rooms where little is left free."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from spatialenv.core.placed import FloatArray
from spatialenv.core.room import Room
from spatialenv.tasks.shapes import is_within
from spatialenv.tasks.turned import TurnedBox

_TOUCH = 1e-6
_SLAB = 0.01
"""Thickness in metres of the slabs that stand for walls."""


def packed_places(box: TurnedBox, room: Room, others: Sequence[TurnedBox]) -> list[tuple[float, float, float]]:
    """Return where a box turned by quarters fits and touches walls or others along both axes.

    Others that are turned by no quarter count with the rectangle around them.

    Returns:
        ``(x, y, contact)`` from south to north, then west to east; `contact` is how many metres of its sides
        touch something, to the millimetre.

    Example:
        >>> box = TurnedBox((0, 0, 0.5), (2.0, 1.0, 1.0), 0.0)
        >>> packed_places(box, Room.rectangle(2, 2, 3), [])
        [(1.0, 0.5, 4.0), (1.0, 1.5, 4.0)]
    """
    east, north = box.reach((1.0, 0.0)), box.reach((0.0, 1.0))
    low, high = box.center[2] - box.size[2] / 2, box.center[2] + box.size[2] / 2
    things = [_around(other) for other in others if _is_beside(other, low, high)]
    rows = np.array(things + _slabs(room), dtype=np.float64).reshape(-1, 4)
    corners = np.array(room.floor)
    xs = _lines(np.concatenate([rows[:, 0], rows[:, 1], corners[:, 0]]), east, room.length)
    ys = _lines(np.concatenate([rows[:, 2], rows[:, 3], corners[:, 1]]), north, room.width)
    y, x = (values.ravel()[:, None] for values in np.meshgrid(ys, xs, indexing="ij"))
    over_x = np.minimum(x + east, rows[:, 1]) - np.maximum(x - east, rows[:, 0])
    over_y = np.minimum(y + north, rows[:, 3]) - np.maximum(y - north, rows[:, 2])
    is_free = ~((over_x > _TOUCH) & (over_y > _TOUCH)).any(axis=1)
    beside = (np.abs(over_x) <= _TOUCH) * over_y.clip(0) + (np.abs(over_y) <= _TOUCH) * over_x.clip(0)
    contact = beside.sum(axis=1).round(3)
    places = np.column_stack([x, y, contact])[is_free].tolist()
    if room.is_rectangle:
        return [(px, py, touched) for px, py, touched in places]
    return [
        (px, py, touched)
        for px, py, touched in places
        if is_within(
            [(px - east, py - north), (px + east, py - north), (px + east, py + north), (px - east, py + north)],
            room.floor,
        )
    ]


def _lines(edges: FloatArray, reach: float, extent: float) -> FloatArray:
    """Return coordinates at which a box touches one of the edges and stays within ``0..extent``."""
    lines = np.unique(np.concatenate([edges - reach, edges + reach]).round(4))
    return lines[(lines >= reach - _TOUCH) & (lines <= extent - reach + _TOUCH)]


def _around(box: TurnedBox) -> tuple[float, float, float, float]:
    east, north = box.reach((1.0, 0.0)), box.reach((0.0, 1.0))
    x, y, _ = box.center
    return x - east, x + east, y - north, y + north


def _is_beside(other: TurnedBox, low: float, high: float) -> bool:
    half = other.size[2] / 2
    return other.center[2] - half < high - _TOUCH and other.center[2] + half > low + _TOUCH


def _slabs(room: Room) -> list[tuple[float, float, float, float]]:
    """Return the walls along the axes as slabs just outside of the room."""
    slabs = []
    for wall in room.wall_lines:
        nx, ny = wall.inward
        if 1.0 in (abs(nx), abs(ny)):
            outer = [(x - nx * _SLAB, y - ny * _SLAB) for x, y in (wall.start, wall.end)]
            xs, ys = zip(wall.start, wall.end, *outer, strict=True)
            slabs.append((min(xs), max(xs), min(ys), max(ys)))
    return slabs
