"""How evenly the free floor of a furnished room lies about its middle.

The *offset* is the way from the centroid of the floor to the centroid of what of it is free. It is measured against
the floor's *spread*, the root mean square distance of the floor's points from their centroid: 2.25 m in a room of 6 by
5 m, so that rooms of the same shape and furniture are alike whatever their size. Furniture that fills one half of a
room from wall to wall moves the centroid by a quarter of the room's length, which is 0.87 of a long room's spread and
0.61 of a square one's.

Free is what no object takes that has some part between the heights one steps over and passes under (as in
`spatialenv.core.usability.walking`); rugs that lie flat take nothing. What several objects take counts once.
Areas are those of the cells of a raster that is centred on the floor, whose centres are free.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from spatialenv.core.geometry import box_arrays, floor_arrays
from spatialenv.core.per_scene import per_scene
from spatialenv.core.placed import BoolArray, FloatArray, PlacedScene
from spatialenv.core.scene import Scene
from spatialenv.core.usability.walking import Walker, obstacles, takes_floor
from spatialenv.errors import InputError

CELL = 0.02
"""Side of the raster's cells in metres."""


class Balance(NamedTuple):
    """How the free floor lies; metres.

    Attributes:
        offset: From the floor's centroid to that of the free floor, shape ``(2,)``.
        imbalance: Length of the offset; the spread where no floor is free.
        spread: Root mean square distance of the floor's points from their centroid.
        added: What each box adds to the imbalance: how much less it would be without it, shape ``(n,)``; below 0
            for one that evens things out.
        areas: Square metres that each box alone takes, shape ``(n,)``.
        free_area: Square metres of free floor.
    """

    offset: FloatArray
    imbalance: float
    spread: float
    added: FloatArray
    areas: FloatArray
    free_area: float

    @property
    def value(self) -> float:
        """1 minus the imbalance over the spread, at least 0."""
        return max(0.0, 1.0 - self.imbalance / self.spread)


def free_floor(
    centers: npt.ArrayLike,
    sizes: npt.ArrayLike,
    yaws: npt.ArrayLike,
    floor: npt.ArrayLike,
    *,
    is_flat: npt.ArrayLike | None = None,
    walker: Walker | None = None,
) -> Balance:
    """Return how the free floor of one room lies.

    Args:
        centers: Centres of the boxes, shape ``(n, 3)``; metres, the floor at z = 0.
        sizes: Sizes, shape ``(n, 3)``.
        yaws: Yaws in radians, shape ``(n,)``.
        floor: Corners of the floor, counter-clockwise, anywhere, shape ``(c, 2)``.
        is_flat: Which boxes are rugs that lie flat, shape ``(n,)``; None for none.
        walker: Says from its `step` and `height` what takes floor, and by its `cell` how fine the raster is; None: the
            usual one, and cells of 2 cm.

    Returns:
        What is found.

    Raises:
        InputError: If shapes do not fit, a number is not finite, a size is negative or the floor is no polygon.

    Example:
        >>> found = free_floor([[1.5, 2, 0.5]], [[3, 4, 1]], [0], [(0, 0), (6, 0), (6, 4), (0, 4)])  # the western half
        >>> found.offset.round(6), round(found.spread, 3), round(found.value, 3)
        (array([1.5, 0. ]), 2.082, 0.279)
    """
    given = box_arrays(centers, sizes, yaws)
    if given.is_batch:
        raise InputError("`centers` has a batch axis; give the boxes of one room, shape (n, 3)")
    corners = floor_arrays(np.asarray(floor, dtype=np.float64), 1)[0][0]
    flat = np.zeros(given.yaws.shape[1], dtype=np.bool_)
    if is_flat is not None:
        flat[:] = np.asarray(is_flat, dtype=np.bool_)
    walker = walker or Walker(cell=CELL)
    takes = takes_floor(given.centers[0], given.sizes[0], flat, walker)
    return _balance(given.centers[0], given.sizes[0], given.yaws[0], takes, corners, _spread(corners), walker.cell)


def free_floor_in(placed: PlacedScene, walker: Walker | None = None) -> Balance:
    """Return how the free floor of a furnished room lies; see `free_floor`.

    Example:
        >>> from spatialenv.core.room import Room
        >>> from spatialenv.core.scene import SceneObject
        >>> scene = Scene(Room.rectangle(6, 4, 3), (SceneObject(id="bed_1", category="bed", size=(3, 4, 1)),))
        >>> free_floor_in(scene.place({"bed_1": (3, 2, 0.5)})).value
        1.0
    """
    walker = walker or Walker(cell=CELL)
    takes = obstacles(placed, walker)
    return _balance(placed.centers, placed.sizes, placed.yaws, takes, *_floor_of(placed.scene), walker.cell)


@per_scene
def _floor_of(scene: Scene) -> tuple[FloatArray, float]:
    floor = np.array(scene.room.floor, dtype=np.float64)
    return floor, _spread(floor)


def _spread(floor: FloatArray) -> float:
    """Return the radius of gyration of a polygon."""
    corners = floor - (floor.min(axis=0) + floor.max(axis=0)) / 2
    after = np.roll(corners, -1, axis=0)
    cross = corners[:, 0] * after[:, 1] - after[:, 0] * corners[:, 1]
    area = cross.sum() / 2
    middle = ((corners + after) * cross[:, None]).sum(axis=0) / (6 * area)
    square = ((corners**2 + corners * after + after**2).sum(axis=1) * cross).sum() / (12 * area)
    return math.sqrt(max(square - float(middle @ middle), 0.0))


def _balance(
    centers: FloatArray,
    sizes: FloatArray,
    yaws: FloatArray,
    takes: BoolArray,
    floor: FloatArray,
    spread: float,
    cell: float,
) -> Balance:
    from spatialenv.core.usability import floor_kernels

    shares, figures = floor_kernels.free_floor(centers, sizes, yaws, takes, floor, cell)
    _, _, imbalance, free_area = figures.tolist()
    if free_area == 0.0:
        imbalance = spread
    return Balance(figures[:2], imbalance, spread, shares[:, 0], shares[:, 1], free_area)
