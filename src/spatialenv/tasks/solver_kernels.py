"""Numba kernels of the solver: which of many places of one object are inside the room, and what is in their way.

Imported at first use, as all kernels; see `spatialenv.core.kernels` for what they keep to.
"""

from __future__ import annotations

import numpy as np
from numba import boolean, float64

from spatialenv.core.kernels import IN2, BoolArray, FloatArray, footprint_gap, kernel

SLACK = 1e-9
"""Metres by which rounding may let boxes and walls touch too closely."""

TOUCH = 1e-6
"""Metres up to which two boxes count as touching."""


@kernel(boolean[:, ::1](IN2, IN2))
def blockers(places: FloatArray, boxes: FloatArray) -> BoolArray:
    """Return which of the `m` boxes are in the way of each of the `k` places: ``(k, m)``.

    Both are rows ``x, y, z, length, width, height, cosine, sine``.
    """
    k, m = places.shape[0], boxes.shape[0]
    blocked = np.zeros((k, m), dtype=np.bool_)
    for j in range(m):
        for i in range(k):
            depth = (places[i, 5] + boxes[j, 5]) / 2 - abs(places[i, 2] - boxes[j, 2])
            if depth > SLACK and footprint_gap(places[i], boxes[j]) < -SLACK:
                blocked[i, j] = True
    return blocked


@kernel(float64[::1](IN2, IN2))
def contacts(places: FloatArray, boxes: FloatArray) -> FloatArray:
    """Return how many boxes each place touches from the side: ``(k,)``."""
    k, m = places.shape[0], boxes.shape[0]
    found = np.zeros(k)
    for j in range(m):
        for i in range(k):
            depth = (places[i, 5] + boxes[j, 5]) / 2 - abs(places[i, 2] - boxes[j, 2])
            if depth > SLACK and footprint_gap(places[i], boxes[j]) < TOUCH:
                found[i] += 1.0
    return found


@kernel()
def _cuts(ax: float, ay: float, bx: float, by: float, half_x: float, half_y: float) -> bool:
    """Whether a segment runs through the inside of a box along the axes around the origin."""
    first, last = 0.0, 1.0
    for start, step, half in ((ax, bx - ax, half_x), (ay, by - ay, half_y)):
        if step == 0.0:
            if abs(start) >= half:
                return False
            continue
        near, far = (-half - start) / step, (half - start) / step
        if near > far:
            near, far = far, near
        first, last = max(first, near), min(last, far)
    return first < last


@kernel(boolean[::1](IN2, IN2, float64))
def fits(places: FloatArray, floor: FloatArray, height: float) -> BoolArray:
    """Return which places lie inside a room over a simple polygon: ``(k,)``.

    A box is inside when its centre is and no wall runs through it.
    """
    k, n = places.shape[0], floor.shape[0]
    inside = np.zeros(k, dtype=np.bool_)
    for i in range(k):
        x, y, z, half = places[i, 0], places[i, 1], places[i, 2], places[i, 5] / 2
        if z - half < -SLACK or z + half > height + SLACK:
            continue
        c, s = places[i, 6], places[i, 7]
        half_x, half_y = places[i, 3] / 2 - SLACK, places[i, 4] / 2 - SLACK
        is_inside, last = False, n - 1
        for a in range(n):
            px, py, qx, qy = floor[last, 0] - x, floor[last, 1] - y, floor[a, 0] - x, floor[a, 1] - y
            if (py > 0.0) != (qy > 0.0) and px + (qx - px) * py / (py - qy) > 0.0:
                is_inside = not is_inside
            if _cuts(c * px + s * py, c * py - s * px, c * qx + s * qy, c * qy - s * qx, half_x, half_y):
                is_inside = False
                break
            last = a
        inside[i] = is_inside
    return inside
