"""Numba kernel of the places along the floor that an object may be moved to.

Imported lazily by `spatialenv.core.usability.moving`; see `spatialenv.core.kernels` for what all kernels keep to.
"""

from __future__ import annotations

import numpy as np
from numba import boolean, int64

from spatialenv.core.kernels import (
    FLOOR_CORNERS,
    IN1,
    IN2,
    MASK1,
    BoolArray,
    FloatArray,
    describe,
    kernel,
)
from spatialenv.core.place_kernels import is_place


@kernel(boolean[::1](IN2, IN2, IN1, MASK1, IN1, IN2, int64, IN2))
def sound_places(
    centers: FloatArray,
    sizes: FloatArray,
    yaws: FloatArray,
    obstacles: BoolArray,
    room: FloatArray,
    floor: FloatArray,
    chosen: int,
    places: FloatArray,
) -> BoolArray:
    """Return at which places ``(k, 2)`` a box is wholly in the room and shares space with no obstacle.

    A floor without corners is ``room[0]`` by ``room[1]``.
    """
    boxes, p, q = np.empty((yaws.shape[0], 8)), np.empty((FLOOR_CORNERS, 2)), np.empty((FLOOR_CORNERS, 2))
    describe(centers, sizes, yaws, boxes)
    others = obstacles.copy()
    others[chosen] = False
    found = np.zeros(places.shape[0], np.bool_)
    for k in range(places.shape[0]):
        boxes[chosen, 0], boxes[chosen, 1] = places[k, 0], places[k, 1]
        found[k] = is_place(chosen, boxes, others, room, floor, p, q)
    return found
