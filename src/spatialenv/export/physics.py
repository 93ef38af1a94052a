"""What an engine is told of a room so that it agrees with `spatialenv.physics.settle`: the same boxes and rules."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from spatialenv.core import geometry
from spatialenv.core.placed import PlacedScene
from spatialenv.core.support import lies_flat
from spatialenv.physics.contacts import merged_pairs, wall_pairs
from spatialenv.physics.world import DENSITY, Bodies, object_bodies, walls_around

FRICTION = 0.6
"""Friction of every surface, as in `settle`."""

SMALLEST = 0.002
"""Least side of a box in metres, as in `settle`: engines do badly with thinner ones."""


class Physics(NamedTuple):
    """The bodies of a room and which of them pass through each other.

    Attributes:
        objects: The objects' boxes, in the order of the placed objects; what hangs has no mass.
        walls: The walls, outside the floor's edges.
        apart: Pairs of objects that pass through each other.
        through: Pairs of an object and a wall that do.
        unborne: Objects that the floor does not bear, because their centre is not above it.
    """

    objects: Bodies
    walls: Bodies
    apart: tuple[tuple[int, int], ...]
    through: tuple[tuple[int, int], ...]
    unborne: tuple[int, ...]


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
    return Physics(
        bodies._replace(sizes=sizes, masses=masses),
        walls,
        tuple((i, j) for i, j in apart.tolist()),
        tuple((i, j) for i, j in through.tolist()),
        tuple(np.flatnonzero(~over).tolist()),
    )
