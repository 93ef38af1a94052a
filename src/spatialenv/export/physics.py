"""What an engine is told of a room so that it agrees with `spatialenv.physics.settle`: the same boxes and rules."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from spatialenv.core import geometry
from spatialenv.core.placed import IntArray, PlacedScene
from spatialenv.core.support import lies_flat
from spatialenv.physics.contacts import merged_pairs, wall_pairs
from spatialenv.physics.world import DENSITY, Bodies, close_pairs, object_bodies, walls_around

FRICTION = 0.6
"""Friction of every surface, as in `settle`."""

SMALLEST = 0.002
"""Least side of a box in metres, as in `settle`: engines do badly with thinner ones."""

DEEP = 0.001
"""Metres that bodies may begin in each other before that counts."""


class Physics(NamedTuple):
    """The bodies of a room and which of them pass through each other.

    Attributes:
        objects: The objects' boxes, in the order of the placed objects; what hangs has no mass.
        walls: The walls, outside the floor's edges.
        apart: Pairs of objects that pass through each other.
        through: Pairs of an object and a wall that do.
        unborne: Objects that the floor does not bear, because their centre is not above it.
        overlapping: Other pairs of objects that begin in each other, to be pushed apart without gaining speed.
        sunken: Objects that begin in the floor that bears them.
    """

    objects: Bodies
    walls: Bodies
    apart: tuple[tuple[int, int], ...]
    through: tuple[tuple[int, int], ...]
    unborne: tuple[int, ...]
    overlapping: tuple[tuple[int, int], ...]
    sunken: tuple[int, ...]


def make_physics(placed: PlacedScene) -> Physics:
    """Return the bodies of a placed scene.

    Example:
        >>> from spatialenv import Room, Scene, SceneObject
        >>> items = tuple(SceneObject(id=f"cube_{i}", category="cube", size=(1, 1, 1)) for i in range(2))
        >>> scene = Scene(Room.rectangle(4, 3, 2.5), items)
        >>> physics = make_physics(scene.place({"cube_0": (1, 1, 0.5), "cube_1": (6, 1, 0.5)}))
        >>> physics.objects.masses.tolist(), physics.unborne
        ([200.0, 200.0], (1,))
    """
    bodies = object_bodies(placed)
    sizes = np.maximum(bodies.sizes, SMALLEST)
    masses = np.where(bodies.masses > 0.0, sizes.prod(axis=1) * DENSITY, 0.0)
    walls = walls_around(placed.scene)
    floor = np.array(placed.room.floor)
    over = geometry.inside_floor(bodies.centers[:, :2], floor) & (bodies.centers[:, 2] > 0.0)
    apart = merged_pairs(bodies.centers, bodies.sizes, bodies.yaws, lies_flat(placed))
    through = wall_pairs(bodies.centers, bodies.sizes, bodies.yaws, walls, floor, placed.room.height)
    apart_pairs = _pairs(apart)
    overlapping = tuple(pair for pair in _pairs(_overlaps(bodies)) if pair not in set(apart_pairs))
    sunken = over & (bodies.centers[:, 2] - sizes[:, 2] / 2 < -DEEP)
    return Physics(
        bodies._replace(sizes=sizes, masses=masses),
        walls,
        apart_pairs,
        _pairs(through),
        tuple(np.flatnonzero(~over).tolist()),
        overlapping,
        tuple(np.flatnonzero(sunken).tolist()),
    )


def _overlaps(bodies: Bodies) -> IntArray:
    """Return the pairs of objects that share more than a film, shape ``(k, 2)``."""
    pairs = close_pairs(bodies.centers, bodies.sizes, bodies.yaws)
    if not len(pairs):
        return pairs
    rectangles = np.concatenate([bodies.centers[:, :2], bodies.sizes[:, :2], bodies.yaws[:, None]], axis=1)
    i, j = pairs.T
    tops, bottoms = (bodies.centers[:, 2] + sign * bodies.sizes[:, 2] / 2 for sign in (1, -1))
    depths = np.minimum(tops[i], tops[j]) - np.maximum(bottoms[i], bottoms[j])
    areas = geometry.overlap_area(rectangles[i], rectangles[j])
    # A film over the length of two objects is thin in one direction.
    reach = np.minimum(bodies.sizes[i].max(axis=1), bodies.sizes[j].max(axis=1))
    found: IntArray = pairs[(depths > DEEP) & (areas > DEEP * reach)]
    return found


def _pairs(rows: IntArray) -> tuple[tuple[int, int], ...]:
    return tuple((i, j) for i, j in rows.tolist())
