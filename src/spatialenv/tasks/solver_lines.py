"""Lines on which the centre of a box lies where the box touches something, and the points where they cross."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spatialenv.core.placed import FloatArray
from spatialenv.core.room import Room

_QUARTER = math.pi / 2
_PARALLEL = 1e-6
_SAME_ANGLE = 1e-9


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines ``nx * x + ny * y = d`` that a centre may lie on.

    Attributes:
        normals: Shape ``(l, 2)``.
        offsets: Shape ``(l,)``.
    """

    normals: FloatArray
    offsets: FloatArray


def turn(yaw: float) -> tuple[float, float]:
    """Return the cosine and sine of a yaw, exact at quarter turns."""
    quarters = round(yaw / _QUARTER)
    if abs(yaw - quarters * _QUARTER) <= 1e-12 * max(1.0, abs(quarters)):
        return ((1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0))[quarters % 4]
    return math.cos(yaw), math.sin(yaw)


def touching_walls(room: Room, yaw: float, size: FloatArray) -> Lines:
    """Return where the centre of a box may be for it to touch a wall, or a corner that juts into the room."""
    half_x, half_y = float(size[0]) / 2, float(size[1]) / 2
    c, s = turn(yaw)
    normals, offsets = [], []
    walls = room.wall_lines
    for k, wall in enumerate(walls):
        (nx, ny), (x, y) = wall.inward, wall.start
        normals.append((nx, ny))
        offsets.append(nx * x + ny * y + abs(nx * c + ny * s) * half_x + abs(ny * c - nx * s) * half_y)
        before = walls[k - 1]
        if before.along[0] * wall.along[1] - before.along[1] * wall.along[0] < -_SAME_ANGLE:
            for mx, my, half in ((c, s, half_x), (-s, c, half_y)):
                for sign in (-1, 1):
                    normals.append((mx, my))
                    offsets.append(mx * x + my * y + sign * half)
    return Lines(np.array(normals), np.array(offsets))


def touching(boxes: FloatArray, yaw: float, size: FloatArray) -> Lines:
    """Return where the centre of a box may be for it to touch one of `boxes` by side or corner."""
    c, s = turn(yaw)
    half = size[:2] / 2
    axes = np.array(((c, s), (-s, c)))
    own = np.stack((boxes[:, 6:8], np.stack((-boxes[:, 7], boxes[:, 6]), axis=1)), axis=1)
    normals, offsets = [], []
    for k in range(2):
        n = own[:, k]
        reach = boxes[:, 3 + k] / 2 + np.abs(n @ axes.T) @ half
        at = (n * boxes[:, :2]).sum(axis=1)
        normals += [n, n]
        offsets += [at + reach, at - reach]
    is_turned = np.abs(own[:, 0] @ axes[0]) * np.abs(own[:, 0] @ axes[1]) > 1e-9
    if is_turned.any():
        boxes, own = boxes[is_turned], own[is_turned]
        for k in range(2):
            m = axes[k]
            reach = half[k] + (np.abs(own @ m) * boxes[:, 3:5] / 2).sum(axis=1)
            at = boxes[:, :2] @ m
            normals += [np.broadcast_to(m, (len(boxes), 2))] * 2
            offsets += [at + reach, at - reach]
    return Lines(np.concatenate(normals), np.concatenate(offsets))


def sides(patches: Iterable[tuple[float, float, float, float, float]]) -> Lines:
    """Return the sides and middle lines of rectangles ``(yaw, x0, x1, y0, y1)``, bounds along turned axes."""
    normals, offsets = [], []
    for yaw, x0, x1, y0, y1 in patches:
        c, s = turn(yaw)
        for normal, low, high in (((c, s), x0, x1), ((-s, c), y0, y1)):
            for value in dict.fromkeys((low, high, (low + high) / 2)):
                normals.append(normal)
                offsets.append(value)
    return Lines(np.array(normals, dtype=np.float64).reshape(-1, 2), np.array(offsets, dtype=np.float64))


def rays(boxes: FloatArray) -> Lines:
    """Return the lines along which boxes look."""
    normals = boxes[:, 6:8]
    return Lines(normals, (normals * boxes[:, :2]).sum(axis=1))


def crossings(sets: Sequence[Lines]) -> FloatArray:
    """Return the points ``(x, y)`` at which two of all the lines cross, shape ``(k, 2)``.

    Example:
        >>> crossings([Lines(np.array([(1.0, 0.0), (0.0, 1.0)]), np.array([2.0, 3.0]))])
        array([[2., 3.]])
    """
    normals, offsets = _distinct(
        np.concatenate([lines.normals for lines in sets]), np.concatenate([lines.offsets for lines in sets])
    )
    first, second = _pairs(len(offsets))
    n, m = normals[first], normals[second]
    det = n[:, 0] * m[:, 1] - n[:, 1] * m[:, 0]
    crosses = np.abs(det) > _PARALLEL
    n, m, det = n[crosses], m[crosses], det[crosses]
    d, e = offsets[first[crosses]], offsets[second[crosses]]
    points: FloatArray = np.stack(((d * m[:, 1] - e * n[:, 1]) / det, (e * n[:, 0] - d * m[:, 0]) / det), axis=1)
    return points


def _distinct(normals: FloatArray, offsets: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the lines without repetitions, normals pointing north or east."""
    flipped = (normals[:, 1] < -1e-9) | ((np.abs(normals[:, 1]) <= 1e-9) & (normals[:, 0] < 0))
    sign = np.where(flipped, -1.0, 1.0)
    normals, offsets = normals * sign[:, None] + 0.0, offsets * sign + 0.0
    seen: dict[tuple[float, ...], int] = {}
    rounded = np.rint(np.column_stack((normals, offsets)) * 1e7).tolist()
    for k, key in enumerate(map(tuple, rounded)):
        seen.setdefault(key, k)
    kept = list(seen.values())
    return normals[kept], offsets[kept]


@functools.lru_cache(maxsize=256)
def _pairs(count: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    first, second = np.triu_indices(count, 1)
    return first, second
