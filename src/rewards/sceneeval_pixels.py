"""SceneEval's metrics that are drawn: navigability, clearance of openings and accessibility, on boxes."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from spatialenv.core import geometry
from spatialenv.core.openings import opening_zones
from spatialenv.core.placed import BoolArray, FloatArray, PlacedScene
from spatialenv.core.room import Opening
from spatialenv.rewards import rasters
from spatialenv.rewards.published import MOST_POINTS, POINTS_PER_M3, THICKNESS, box_points, in_place

ROBOT_WIDTH = 0.2
WALKED_UNDER = 2.0
WINDOW_DEPTH = 0.5
PIXELS_PER_METRE = 100
LEAST_POINTS = 64
ACCESS_DEPTH = 0.2
ACCESS_OFFSET = 0.05

_TOUCH = 1e-9


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


def _on_picture(placed: PlacedScene, frame: rasters.Frame, row: int) -> FloatArray:
    x, y, _ = placed.centers[row].tolist()
    length, width, _ = placed.sizes[row].tolist()
    return rasters.rectangle(frame.place(x, y), (frame.pixels(length), frame.pixels(width)), float(placed.yaws[row]))


def _occlusion(placed: PlacedScene, opening: Opening, name: str) -> Occlusion:
    """Project the boxes that are in an opening's zone onto the opening, as a picture of 100 pixels a metre."""
    wall = placed.room.wall(opening.wall)
    depth = (opening.width if opening.kind == "door" else WINDOW_DEPTH) + THICKNESS / 2
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
        count = int(min(MOST_POINTS, max(LEAST_POINTS, POINTS_PER_M3 * placed.sizes[row].prod())))
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
