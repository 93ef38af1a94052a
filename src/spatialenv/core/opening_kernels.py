"""Numba kernel of the zones in front of doors and windows: what stands in them.

Imported lazily by `spatialenv.core.openings`; see `spatialenv.core.kernels` for what all kernels keep to.
"""

from __future__ import annotations

import numpy as np
from numba import float64

from spatialenv.core.kernels import (
    CORNERS,
    IN1,
    IN2,
    MASK1,
    BoolArray,
    FloatArray,
    describe,
    kernel,
    shared_volume,
)


@kernel(float64[:, ::1](IN2, IN2, IN1, MASK1, IN2, IN2, IN1))
def blocked(
    centers: FloatArray,
    sizes: FloatArray,
    yaws: FloatArray,
    is_flat: BoolArray,
    zone_centers: FloatArray,
    zone_sizes: FloatArray,
    zone_yaws: FloatArray,
) -> FloatArray:
    """Return the volume that each box takes of each zone, 0 for rugs that lie flat: ``(n, z)``."""
    n, z = yaws.shape[0], zone_yaws.shape[0]
    shared = np.zeros((n, z))
    boxes, zones = np.empty((n, 8)), np.empty((z, 8))
    p, q = np.empty((CORNERS, 2)), np.empty((CORNERS, 2))
    describe(centers, sizes, yaws, boxes)
    describe(zone_centers, zone_sizes, zone_yaws, zones)
    for i in range(n):
        if is_flat[i]:
            continue
        for j in range(z):
            shared[i, j] = shared_volume(zones[j], boxes[i], p, q)
    return shared
