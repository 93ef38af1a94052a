"""Floors of any shape: triangles that fill them, spans across them, pieces around them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from spatialenv.core.placed import BoolArray, FloatArray
from spatialenv.core.room import Point

Floor = tuple[Point, ...]
Triangle = tuple[int, int, int]


class Surroundings(NamedTuple):
    """What lies around a floor, as convex pieces that may overlap.

    Attributes:
        half_planes: Outward unit normals and limits: the pieces where ``normal . p > limit``.
        triangles: The bays between the floor and its convex hull, ``(t, 3, 2)``, counter-clockwise.
    """

    half_planes: tuple[tuple[Point, float], ...]
    triangles: FloatArray


@lru_cache(maxsize=512)
def triangulate(floor: Floor) -> tuple[Triangle, ...]:
    """Return triangles, as indices of corners, that fill a simple polygon without overlap.

    Ears are cut off one at a time; corners on a straight edge yield no triangle of their own.

    Args:
        floor: Corners, counter-clockwise.

    Example:
        >>> triangulate(((0.0, 0.0), (2.0, 0.0), (2.0, 2.0), (0.0, 2.0)))
        ((3, 0, 1), (1, 2, 3))
    """
    left = list(range(len(floor)))
    triangles: list[Triangle] = []
    while len(left) > 3:
        at = _best_ear(floor, left)
        ear = left[at - 1], left[at], left[(at + 1) % len(left)]
        if _turn(*(floor[i] for i in ear)) > 0:
            triangles.append(ear)
        del left[at]
    if _turn(*(floor[i] for i in left)) > 0:
        triangles.append((left[0], left[1], left[2]))
    return tuple(triangles)


def _best_ear(floor: Floor, left: list[int]) -> int:
    """Return the place in `left` of the first ear; where rounding leaves none, of the sharpest turn."""
    for at, tip in enumerate(left):
        before, after = left[at - 1], left[(at + 1) % len(left)]
        a, b, c = floor[before], floor[tip], floor[after]
        turn = _turn(a, b, c)
        if turn == 0.0:
            return at
        others = (floor[i] for i in left if i not in (before, tip, after))
        if turn > 0 and not any(_turn(a, b, p) >= 0 and _turn(b, c, p) >= 0 and _turn(c, a, p) >= 0 for p in others):
            return at
    return max(range(len(left)), key=lambda k: _turn(*(floor[left[i]] for i in (k - 1, k, (k + 1) % len(left)))))


def spans(floor: Floor, axis: int, level: float) -> list[tuple[float, float]]:
    """Return the stretches of a line along x (`axis` 1) or y (`axis` 0) that lie inside the floor.

    Args:
        floor: Corners.
        axis: The coordinate that is `level` all along the line.
        level: Metres.

    Example:
        >>> spans(((0.0, 0.0), (4.0, 0.0), (4.0, 3.0)), 0, 2.0)
        [(0.0, 1.5)]
    """
    places = []
    for a, b in pairwise((*floor, floor[0])):
        if (a[axis] <= level) != (b[axis] <= level):
            share = (level - a[axis]) / (b[axis] - a[axis])
            places.append(a[1 - axis] + share * (b[1 - axis] - a[1 - axis]))
    places.sort()
    return list(zip(places[::2], places[1::2], strict=True))


def shared_spans(
    first: Sequence[tuple[float, float]], second: Sequence[tuple[float, float]]
) -> list[tuple[float, float]]:
    """Return the stretches that lie in both of two lists.

    Example:
        >>> shared_spans([(0.0, 2.0), (3.0, 5.0)], [(1.0, 4.0)])
        [(1.0, 2.0), (3.0, 4.0)]
    """
    both = [(max(a, c), min(b, d)) for a, b in first for c, d in second]
    return [(low, high) for low, high in both if low < high]


def contains(floor: FloatArray, points: FloatArray) -> BoolArray:
    """Return which points ``(k, 2)`` lie inside a polygon ``(n, 2)``; on its rim, either.

    Example:
        >>> contains(np.array([(0.0, 0.0), (4.0, 0.0), (4.0, 3.0)]), np.array([(3.0, 1.0), (1.0, 2.0)])).tolist()
        [True, False]
    """
    after = np.roll(floor, -1, axis=0)
    x, y = points[:, :1], points[:, 1:]
    crosses = (floor[:, 1] <= y) != (after[:, 1] <= y)
    rise = np.where(floor[:, 1] == after[:, 1], 1.0, after[:, 1] - floor[:, 1])
    places = floor[:, 0] + (y - floor[:, 1]) / rise * (after[:, 0] - floor[:, 0])
    inside: BoolArray = np.sum(crosses & (places > x), axis=1) % 2 == 1
    return inside


@lru_cache(maxsize=512)
def surroundings(floor: Floor) -> Surroundings:
    """Return what lies around a floor.

    Args:
        floor: Corners, counter-clockwise.

    Example:
        >>> around = surroundings(((0.0, 0.0), (4.0, 0.0), (4.0, 2.0), (2.0, 2.0), (2.0, 4.0), (0.0, 4.0)))
        >>> len(around.half_planes), around.triangles.tolist()
        (5, [[[2.0, 4.0], [2.0, 2.0], [4.0, 2.0]]])
    """
    hull = convex_hull(floor)
    planes, bays = [], []
    for here, after in pairwise((*hull, hull[0])):
        (ax, ay), (bx, by) = floor[here], floor[after]
        length = math.hypot(bx - ax, by - ay)
        normal = ((by - ay) / length, (ax - bx) / length)
        planes.append((normal, normal[0] * ax + normal[1] * ay))
        between = (after - here) % len(floor)
        bay = tuple(floor[(after - step) % len(floor)] for step in range(between + 1))
        bays += [[bay[i] for i in triangle] for triangle in (triangulate(bay) if len(bay) > 2 else ())]
    return Surroundings(tuple(planes), np.array(bays, dtype=np.float64).reshape(-1, 3, 2))


def convex_hull(points: Sequence[Point]) -> list[int]:
    """Return the indices of the points on the convex hull, counter-clockwise from the lowest of the westmost.

    Points along its edges count, so that the hull of a floor visits its corners in their own order.

    Example:
        >>> convex_hull([(0.0, 0.0), (2.0, 0.0), (1.0, 0.5), (0.0, 2.0)])
        [0, 1, 3]
    """
    order = sorted(range(len(points)), key=lambda i: points[i])
    lower = _chain(points, order)
    # A point along the last edge of one chain is on both: it counts once.
    upper = [i for i in _chain(points, order[::-1]) if i not in set(lower[1:-1])]
    return lower[:-1] + upper[:-1]


def _chain(points: Sequence[Point], order: list[int]) -> list[int]:
    chain: list[int] = []
    for index in order:
        while len(chain) > 1 and _turn(points[chain[-2]], points[chain[-1]], points[index]) < 0:
            chain.pop()
        chain.append(index)
    return chain


def _turn(a: Point, b: Point, c: Point) -> float:
    """Return twice the area of a triangle, positive where it runs counter-clockwise."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
