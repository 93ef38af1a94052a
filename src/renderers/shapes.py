"""Solids that several renderers draw: boxes, what two boxes share, what of a box is outside the room."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from spatialenv.core.placed import FloatArray
from spatialenv.core.room import Room
from spatialenv.renderers.floors import Surroundings, surroundings

CORNER_SIGNS = np.array(
    [[(1 if corner >> axis & 1 else -1) for axis in range(3)] for corner in range(8)], dtype=np.float64
)
"""Which way each of a box's 8 corners lies along x, y, z: bit 0 of its index is +x, bit 1 +y, bit 2 +z."""

BOX_FACES = np.array([(1, 3, 7, 5), (0, 4, 6, 2), (3, 2, 6, 7), (0, 1, 5, 4), (4, 5, 7, 6), (0, 2, 3, 1)])
"""Corners of the faces +x, -x, +y (front), -y, +z, -z, counter-clockwise from outside."""

FACE_NORMALS = np.array([(1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1)], dtype=np.float64)
"""Outward directions of the faces in `BOX_FACES`."""


class Prism(NamedTuple):
    """An upright solid: a convex floor polygon ``(k, 2)``, counter-clockwise, from `low` to `high` metres."""

    polygon: FloatArray
    low: float
    high: float

    def faces(self) -> list[FloatArray]:
        """Return its faces, each ``(k, 3)``, counter-clockwise from outside."""
        k = len(self.polygon)
        bottom = np.column_stack([self.polygon, np.full(k, self.low)])
        top = np.column_stack([self.polygon, np.full(k, self.high)])
        sides = [np.stack([bottom[i - 1], bottom[i], top[i], top[i - 1]]) for i in range(k)]
        return [top, bottom[::-1], *sides]


def turns(yaws: FloatArray) -> FloatArray:
    """Return rotation matrices about z, ``(n, 3, 3)``."""
    matrices = np.zeros((len(yaws), 3, 3))
    matrices[:, 0, 0] = matrices[:, 1, 1] = np.cos(yaws)
    matrices[:, 1, 0] = np.sin(yaws)
    matrices[:, 0, 1] = -matrices[:, 1, 0]
    matrices[:, 2, 2] = 1.0
    return matrices


def box_corners(centers: FloatArray, sizes: FloatArray, yaws: FloatArray) -> FloatArray:
    """Return the corners of boxes in the order of `CORNER_SIGNS`, ``(n, 8, 3)``."""
    corners: FloatArray = np.einsum("nij,nkj->nki", turns(yaws), CORNER_SIGNS * sizes[:, None] / 2) + centers[:, None]
    return corners


def box_prism(center: FloatArray, size: FloatArray, yaw: float) -> Prism:
    """Return one box as a prism."""
    corners = box_corners(center[None], size[None], np.array([yaw]))[0]
    return Prism(corners[[0, 1, 3, 2], :2], float(corners[0, 2]), float(corners[4, 2]))


def shared_prism(first: Prism, second: Prism) -> Prism | None:
    """Return what two prisms share, or None when that is nothing."""
    low, high = max(first.low, second.low), min(first.high, second.high)
    if not low < high:
        return None
    polygon = intersect(first.polygon, second.polygon)
    return Prism(polygon, low, high) if len(polygon) >= 3 else None


def outside_prisms(box: Prism, room: Room) -> list[Prism]:
    """Return prisms that together are the part of `box` outside the room; they may overlap."""
    around = _around_rectangle(room) if room.is_rectangle else surroundings(room.floor)
    parts = [
        Prism(clip(box.polygon, np.array(outward), limit), box.low, box.high) for outward, limit in around.half_planes
    ]
    parts += [Prism(intersect(box.polygon, bay), box.low, box.high) for bay in around.triangles]
    parts.append(Prism(box.polygon, box.low, min(box.high, 0.0)))
    parts.append(Prism(box.polygon, max(box.low, room.height), box.high))
    return [part for part in parts if len(part.polygon) >= 3 and part.low < part.high]


def _around_rectangle(room: Room) -> Surroundings:
    cuts = (((-1.0, 0.0), 0.0), ((1.0, 0.0), room.length), ((0.0, -1.0), 0.0), ((0.0, 1.0), room.width))
    return Surroundings(cuts, np.empty((0, 3, 2)))


def intersect(polygon: FloatArray, convex: FloatArray) -> FloatArray:
    """Return what a polygon ``(k, 2)`` shares with a convex one, counter-clockwise; empty when nothing.

    Where `polygon` is not convex, parts of what is shared may hang together by edges, which add no area.
    """
    for i in range(len(convex)):
        start, end = convex[i - 1], convex[i]
        inward = np.array([start[1] - end[1], end[0] - start[0]])
        polygon = clip(polygon, inward, float(inward @ start))
    return polygon


def clip(polygon: FloatArray, direction: FloatArray, limit: float) -> FloatArray:
    """Return the part of a polygon ``(k, 2)`` where ``direction . p > limit``; empty when none is."""
    beyond = polygon @ direction - limit
    before, previous = np.roll(beyond, 1), np.roll(polygon, 1, axis=0)
    crosses = (before > 0) != (beyond > 0)
    share = np.divide(before, before - beyond, out=np.zeros_like(beyond), where=crosses)
    cuts = previous + share[:, None] * (polygon - previous)
    kept: FloatArray = np.stack([cuts, polygon], axis=1)[np.stack([crosses, beyond > 0], axis=1)]
    return kept


def grid_step(extent: float) -> float:
    """Return the spacing in metres of grid lines and ruler ticks: 1, or 2, 5, 10, ... in a hall.

    Example:
        >>> grid_step(8.0), grid_step(300.0)
        (1.0, 10.0)
    """
    step = 1.0
    for turn in range(300):
        if extent <= MAX_GRID_LINES * step:
            break
        step *= (2.0, 2.5, 2.0)[turn % 3]
    return step


MAX_GRID_LINES = 40
"""A room longer than so many metres has a wider grid."""
