"""SceneEval's checks of boxes as such: collision, bounds and support."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from spatialenv.core import geometry
from spatialenv.core.placed import BoolArray, FloatArray, PlacedScene
from spatialenv.rewards.published import (
    MOST_POINTS,
    POINTS_PER_M3,
    THICKNESS,
    Pair,
    depths,
    floor_polygon,
    in_place,
    over_floor,
    pairs_where,
    stays_over_floor,
    support_kinds,
    surface_points,
)

NUDGE = 0.005
IN_BOUND = 0.99
LEAST_POINTS = 1000
CONTACT = 0.01
LIFT = 0.005

_TOUCH = 1e-9


def collisions(placed: PlacedScene) -> list[Pair]:
    """Return the pairs in contact that still are once the smaller box has moved 5 mm off the point of contact.

    The nudge goes from the one point of contact to the box's centroid, as published, and not along the axis that parts
    the boxes: how deep a contact it undoes depends on their shape.
    """
    pairs = pairs_where(depths(placed) > _TOUCH)
    if not pairs:
        return []
    order = [_smaller_last(placed, pair) for pair in pairs]
    firsts, seconds = np.array(order).T
    moved = placed.centers[seconds] + NUDGE * np.array([nudge_direction(placed, i, j) for i, j in order])
    apart = geometry.separations(
        np.stack((placed.centers[firsts], moved), axis=1),
        np.stack((placed.sizes[firsts], placed.sizes[seconds]), axis=1),
        np.stack((placed.yaws[firsts], placed.yaws[seconds]), axis=1),
    )[:, 0, 1]
    return [pair for pair, gap in zip(pairs, apart.tolist(), strict=True) if gap < -_TOUCH]


def nudge_direction(placed: PlacedScene, first: int, second: int) -> FloatArray:
    """Return the unit vector along which the second box is moved off the first.

    For two boxes the public library finds one point of contact. It lies half-way through the overlap and, where boxes
    are flush, at a corner; which corner depends on the meshes' triangles. Here it is the corner of the shared space
    that is nearest to the second box's centre.
    """
    import shapely

    corners = geometry.footprints(placed.centers, placed.sizes, placed.yaws)
    shared = shapely.intersection(shapely.Polygon(corners[first]), shapely.Polygon(corners[second]))
    low, high = (placed.centers[:, 2] + sign * placed.sizes[:, 2] / 2 for sign in (-1, 1))
    bottom, top = max(low[first], low[second]), min(high[first], high[second])
    center = placed.centers[second]
    plan = shapely.get_coordinates(shared)
    if len(plan) == 0:
        return np.array((0.0, 0.0, 1.0 if center[2] >= placed.centers[first, 2] else -1.0))
    axis = _parting_axis(placed, first, second, top - bottom)
    points = np.array([(x, y, z) for x, y in plan for z in (bottom, top)])
    along = points @ axis
    points = points + np.outer((along.min() + along.max()) / 2 - along, axis)
    offsets = center - points
    nearest = offsets[np.argmin(np.round((offsets**2).sum(axis=1), 9))]
    length = float(np.linalg.norm(nearest))
    return nearest / length if length > 0 else axis


def bound_ratios(placed: PlacedScene) -> FloatArray:
    """Return the share of each box's sampled points that have the floor under them, shape ``(m,)``."""
    ratios = np.ones(len(placed.ids))
    bottoms = placed.centers[:, 2] - placed.sizes[:, 2] / 2
    certain = stays_over_floor(placed) & (bottoms >= -THICKNESS / 2)
    for row in np.flatnonzero(~certain).tolist():
        count = int(min(MOST_POINTS, max(LEAST_POINTS, POINTS_PER_M3 * placed.sizes[row].prod())))
        points = in_place(surface_points(placed.sizes[row], count), placed, row)
        hits = over_floor(points[:, :2], placed.room) & (points[:, 2] >= -THICKNESS / 2)
        ratios[row] = hits.mean()
    return ratios


def supported(placed: PlacedScene) -> BoolArray:
    """Return what touches that which should hold it up, shape ``(m,)``.

    On the ground or an object: a bottom less than 5 mm above or in it, and the centre over the hull of what is touched.
    On a wall or the ceiling: any touch. Walls are touched by their inner face.
    """
    kinds = support_kinds(placed.scene)
    return np.array([_is_held(placed, row, kinds[i]) for row, i in enumerate(placed.indices.tolist())], dtype=np.bool_)


def _smaller_last(placed: PlacedScene, pair: Pair) -> Pair:
    def key(row: int) -> tuple[float, ...]:
        center, size = np.round(placed.centers[row], 9).tolist(), placed.sizes[row].tolist()
        return (-round(float(np.prod(size)), 9), *center, *size)

    first, second = sorted(pair, key=key)
    return first, second


def _parting_axis(placed: PlacedScene, first: int, second: int, height: float) -> FloatArray:
    """Return the axis along which the least move parts two boxes."""
    corners = geometry.footprints(placed.centers, placed.sizes, placed.yaws)[[first, second]]
    best, least = np.array((0.0, 0.0, 1.0)), height
    for yaw in (placed.yaws[first], placed.yaws[second]):
        for axis in ((math.cos(yaw), math.sin(yaw)), (-math.sin(yaw), math.cos(yaw))):
            spans = corners @ np.array(axis)
            depth = min(spans[0].max() - spans[1].min(), spans[1].max() - spans[0].min())
            if depth < least - _TOUCH:
                best, least = np.array((*axis, 0.0)), depth
    return best


def _is_held(placed: PlacedScene, row: int, kind: str) -> bool:
    import shapely

    corners = geometry.footprints(placed.centers, placed.sizes, placed.yaws)
    bottoms, tops = (placed.centers[:, 2] + sign * placed.sizes[:, 2] / 2 for sign in (-1, 1))
    if kind == "ceiling":
        return bool(abs(tops[row] - placed.room.height) < CONTACT)
    if kind == "wall":
        return any(_touches_wall(corners[row], wall) for wall in _walls(placed, row))
    own, center = shapely.Polygon(corners[row]), shapely.Point(*placed.centers[row, :2])
    if kind == "ground":
        touched = [floor_polygon(placed.room.floor, 0.0)] if abs(bottoms[row]) < LIFT else []
    else:
        below = np.flatnonzero(abs(bottoms[row] - tops) < LIFT)
        touched = [shapely.Polygon(corners[other]) for other in below.tolist() if other != row]
    patches = [shapely.intersection(own, patch) for patch in touched]
    patches = [patch for patch in patches if patch.area > 1e-6]
    if not patches:
        return False
    return bool(shapely.distance(shapely.convex_hull(shapely.union_all(patches)), center) <= _TOUCH)


def _walls(placed: PlacedScene, row: int) -> Sequence[tuple[FloatArray, FloatArray]]:
    targets = {relation.target for relation in placed.objects[row].relations if relation.preposition == "on"}
    return [(np.array(wall.start), np.array(wall.inward)) for wall in placed.room.wall_lines if wall.name in targets]


def _touches_wall(corners: FloatArray, wall: tuple[FloatArray, FloatArray]) -> bool:
    start, inward = wall
    return bool(abs(float(((corners - start) @ inward).min())) < CONTACT)
