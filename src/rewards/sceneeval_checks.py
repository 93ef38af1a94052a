"""SceneEval's checks on boxes: collision, bounds, navigability, clearance of openings, accessibility and support."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from spatialenv.core import geometry
from spatialenv.core.openings import opening_zones
from spatialenv.core.placed import BoolArray, FloatArray, PlacedScene
from spatialenv.core.room import Opening
from spatialenv.rewards import rasters
from spatialenv.rewards.published import (
    MOST_POINTS,
    Pair,
    box_points,
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
POINTS_PER_M3 = 5000
LEAST_POINTS = 1000
LEAST_BOX_POINTS = 64
ROBOT_WIDTH = 0.2
WALKED_UNDER = 2.0
WINDOW_DEPTH = 0.5
PIXELS_PER_METRE = 100
ACCESS_DEPTH = 0.2
ACCESS_OFFSET = 0.05
CONTACT = 0.01
LIFT = 0.005

_TOUCH = 1e-9
_THICKNESS = 0.001  # metres of the public architecture's floors, walls and openings


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
    certain = stays_over_floor(placed) & (bottoms >= -_THICKNESS / 2)
    for row in np.flatnonzero(~certain).tolist():
        count = int(min(MOST_POINTS, max(LEAST_POINTS, POINTS_PER_M3 * placed.sizes[row].prod())))
        points = in_place(surface_points(placed.sizes[row], count), placed, row)
        hits = over_floor(points[:, :2], placed.room) & (points[:, 2] >= -_THICKNESS / 2)
        ratios[row] = hits.mean()
    return ratios


class Navigability(NamedTuple):
    """The largest free component over all free floor, and how many components there are."""

    navigability: float
    connected_components: int


def navigability(placed: PlacedScene) -> Navigability:
    """Return how much of the free floor hangs together."""
    frame = rasters.Frame.of(placed.room)
    width = frame.pixels(ROBOT_WIDTH)
    free = rasters.eroded_floor(placed.room, width).copy()
    for row in np.flatnonzero(placed.centers[:, 2] <= WALKED_UNDER).tolist():
        rasters.draw(free, _on_picture(placed, frame, row), rasters.reach_of(width))
    counts = rasters.components(free)
    return Navigability(float(counts.max() / counts.sum()) if len(counts) else 0.0, len(counts))


@dataclass(frozen=True, slots=True)
class Occlusion:
    """What stands before one door or window.

    Attributes:
        name: ``"door_0"``.
        interfering: Rows of the objects of which a sampled point is in the zone.
        total_occlusion: Share of the opening's pixels that any of them covers.
        object_occlusions: Share that each of them covers, by row.
    """

    name: str
    interfering: tuple[int, ...] = ()
    total_occlusion: float = 0.0
    object_occlusions: dict[int, float] = field(default_factory=dict)


def occlusions(placed: PlacedScene) -> tuple[Occlusion, ...]:
    """Return what stands before each opening, in their order."""
    names = [zone.name for zone in opening_zones(placed.room)]
    return tuple(_occlusion(placed, opening, name) for opening, name in zip(placed.room.openings, names, strict=True))


def accessibilities(placed: PlacedScene, sides: BoolArray) -> FloatArray:
    """Return the greatest free share of the areas beside each object's functional sides, shape ``(m,)``.

    Args:
        placed: The layout.
        sides: Functional sides of each placed object (front, back, left, right), shape ``(m, 4)``.

    Returns:
        In [0, 1]; -1 for an object without functional sides, as published.
    """
    frame = rasters.Frame.of(placed.room)
    free = rasters.floor_mask(placed.room).copy()
    for row in np.flatnonzero(placed.centers[:, 2] <= WALKED_UNDER).tolist():
        rasters.draw(free, _on_picture(placed, frame, row))
    best = np.full(len(placed.ids), -1.0)
    for row, side in np.argwhere(sides).tolist():
        best[row] = max(best[row], _free_share(placed, frame, free, row, side))
    return best


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


def _on_picture(placed: PlacedScene, frame: rasters.Frame, row: int) -> FloatArray:
    x, y, _ = placed.centers[row].tolist()
    length, width, _ = placed.sizes[row].tolist()
    return rasters.rectangle(frame.place(x, y), (frame.pixels(length), frame.pixels(width)), float(placed.yaws[row]))


def _occlusion(placed: PlacedScene, opening: Opening, name: str) -> Occlusion:
    """Project the boxes that are in an opening's zone onto the opening, as a picture of 100 pixels a metre."""
    wall = placed.room.wall(opening.wall)
    depth = (opening.width if opening.kind == "door" else WINDOW_DEPTH) + _THICKNESS / 2
    (ax, ay), (nx, ny) = wall.along, wall.inward
    start = np.array(wall.point(opening.offset))
    frame = np.array(((ax, nx), (ay, ny)))
    shape = (math.ceil(opening.height * PIXELS_PER_METRE - 1e-9), math.ceil(opening.width * PIXELS_PER_METRE - 1e-9))
    low = np.array((0.0, 0.0, opening.sill)) - 1e-6
    high = np.array((opening.width, depth, opening.sill + opening.height)) + 1e-6
    corners = (geometry.footprints(placed.centers, placed.sizes, placed.yaws) - start) @ frame
    taken = np.zeros(shape, dtype=np.bool_)
    interfering, shares = [], {}
    for row in range(len(placed.ids)):
        heights = placed.centers[row, 2] + np.array((-0.5, 0.5)) * placed.sizes[row, 2]
        bounds = np.column_stack((corners[row].min(axis=0), corners[row].max(axis=0)))
        if (bounds[:, 0] > high[:2]).any() or (bounds[:, 1] < low[:2]).any():
            continue
        count = int(min(MOST_POINTS, max(LEAST_BOX_POINTS, POINTS_PER_M3 * placed.sizes[row].prod())))
        points = in_place(box_points(placed.sizes[row], count), placed, row)
        local = np.column_stack(((points[:, :2] - start) @ frame, points[:, 2]))
        if not ((local >= low) & (local <= high)).all(axis=1).any():
            continue
        interfering.append(row)
        covered = _projection(corners[row], heights - opening.sill, depth, opening.height, shape)
        if covered is not None:
            shares[row] = float(covered.mean())
            taken |= covered
    return Occlusion(name, tuple(interfering), float(taken.mean()), shares)


def _projection(
    corners: FloatArray, heights: FloatArray, depth: float, top: float, shape: tuple[int, int]
) -> BoolArray | None:
    """Return the pixels that those faces of a box cover which reach into the zone, or None where none does.

    As published, a face counts whole or not at all: of a box that goes through the whole zone only those faces count
    that an observer before the opening sees edge-on, as lines.
    """
    covered = np.zeros(shape, dtype=np.bool_)
    # Rows are counted from the opening's top.
    first, last = (_pixel(top - height) for height in heights[::-1].tolist())
    is_any = False
    ends = [_pixel(u) for u in (corners[:, 0].min(), corners[:, 0].max())]
    for edge in (first, last):  # top and bottom, edge-on
        covered[max(edge, 0) : max(edge + 1, 0), max(ends[0], 0) : max(ends[1] + 1, 0)] = True
    for a, b in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        near, far = min(a[1], b[1]), max(a[1], b[1])
        if near > depth + _TOUCH or far < -_TOUCH:
            continue
        is_any = True
        left, right = sorted(_pixel(u) for u in (a[0], b[0]))
        covered[max(first, 0) : max(last + 1, 0), max(left, 0) : max(right + 1, 0)] = True
    return covered if is_any else None


def _pixel(metres: float) -> int:
    """Return a length in whole pixels of an opening's picture, its fraction cut off."""
    return int(metres * PIXELS_PER_METRE + math.copysign(1e-6, metres))


def _free_share(placed: PlacedScene, frame: rasters.Frame, free: BoolArray, row: int, side: int) -> float:
    length, width, _ = placed.sizes[row].tolist()
    across = length if side < 2 else width
    reach = (width if side < 2 else length) / 2 + ACCESS_DEPTH / 2 + ACCESS_OFFSET
    local = ((0.0, reach), (0.0, -reach), (-reach, 0.0), (reach, 0.0))[side]
    yaw = float(placed.yaws[row])
    cos, sin = math.cos(yaw), math.sin(yaw)
    x = placed.centers[row, 0] + cos * local[0] - sin * local[1]
    y = placed.centers[row, 1] + sin * local[0] + cos * local[1]
    extents = (frame.pixels(across), frame.pixels(ACCESS_DEPTH))
    size = extents if side < 2 else extents[::-1]
    area, whole = np.zeros_like(free), np.zeros_like(free)
    rasters.draw(area, rasters.rectangle(frame.place(x, y), size, yaw), value=True)
    middle = (rasters.RESOLUTION // 2, rasters.RESOLUTION // 2)
    rasters.draw(whole, rasters.rectangle(middle, size, yaw), value=True)
    return float((area & free).sum() / whole.sum())


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
