"""Which bodies pass through each other: those that begin so deep in each other that no push is the right one."""

from __future__ import annotations

import numpy as np

from spatialenv.core import geometry
from spatialenv.core.placed import BoolArray, FloatArray, IntArray
from spatialenv.physics.world import Bodies, close_pairs

MERGED = 0.5
"""Share of the smaller one's volume above which two objects pass through each other."""

OVERLAPS_EACH = 8
"""Overlapping pairs that are simulated, for each object on average: those that share the least."""

WALL_TOLERANCE = 0.01
"""Metres by which an object may stand in a wall that is to push it out."""

_SHARED_VOLUME = 1e-6
_SHARED_AREA = 1e-6


def merged_pairs(centers: FloatArray, sizes: FloatArray, yaws: FloatArray, flat: BoolArray) -> IntArray:
    """Return the pairs of objects that pass through each other, shape ``(k, 2)``.

    Args:
        centers: Shape ``(n, 3)``; metres.
        sizes: Shape ``(n, 3)``.
        yaws: Radians, shape ``(n,)``.
        flat: Which of them are rugs that lie flat, shape ``(n,)``.
    """
    pairs = close_pairs(centers, sizes, yaws)
    if not len(pairs):
        return pairs
    rectangles = np.concatenate([centers[:, :2], sizes[:, :2], yaws[:, None]], axis=1)
    i, j = pairs.T
    heights = np.minimum(centers[i, 2] + sizes[i, 2] / 2, centers[j, 2] + sizes[j, 2] / 2)
    heights -= np.maximum(centers[i, 2] - sizes[i, 2] / 2, centers[j, 2] - sizes[j, 2] / 2)
    shared = geometry.overlap_area(rectangles[i], rectangles[j]) * heights
    volumes = sizes.prod(axis=1)
    shares = shared / np.minimum(volumes[i], volumes[j])
    passing = shares > MERGED
    for rug, other in ((i, j), (j, i)):
        bottoms = centers[other, 2] - sizes[other, 2] / 2
        passing |= flat[rug] & (bottoms < centers[rug, 2])
    overlapping = np.flatnonzero(~passing & (shared > _SHARED_VOLUME))
    excess = len(overlapping) - OVERLAPS_EACH * len(centers)
    if excess > 0:
        passing[overlapping[np.argsort(shares[overlapping], kind="stable")[-excess:]]] = True
    chosen: IntArray = pairs[passing]
    return chosen


def wall_pairs(
    centers: FloatArray, sizes: FloatArray, yaws: FloatArray, walls: Bodies, floor: FloatArray, height: float
) -> IntArray:
    """Return the pairs of an object and a wall that pass through each other, shape ``(k, 2)``.

    Those where the object stands in the wall, and every wall for an object whose centre is outside the room: no
    wall bears it.

    Args:
        centers: Shape ``(n, 3)``; metres.
        sizes: Shape ``(n, 3)``.
        yaws: Radians, shape ``(n,)``.
        walls: The walls, their insides at local +y.
        floor: Corners of the floor, shape ``(c, 2)``.
        height: Height of the room.
    """
    n, w = len(centers), len(walls.names)
    if not n or not w:
        return np.zeros((0, 2), dtype=np.int64)
    outside = ~geometry.inside_floor(centers[:, :2], floor) | (centers[:, 2] > height)
    passing = np.repeat(outside[:, None], w, axis=1)
    corners = geometry.footprints(centers, sizes, yaws)
    for k in range(w):
        sine, cosine = np.sin(walls.yaws[k]), np.cos(walls.yaws[k])
        offsets = corners - walls.centers[k, :2]
        along = offsets @ np.array((cosine, sine))
        across = offsets @ np.array((-sine, cosine))
        half_length, half_depth = walls.sizes[k, 0] / 2, walls.sizes[k, 1] / 2
        is_near = (along.min(axis=1) < half_length) & (along.max(axis=1) > -half_length)
        is_near &= across.max(axis=1) > -half_depth
        passing[:, k] |= is_near & (across.min(axis=1) < half_depth - WALL_TOLERANCE)
    chosen: IntArray = np.argwhere(passing)
    return chosen
