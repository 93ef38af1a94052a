"""The bodies of a placed scene: boxes with uniform density, and the room around them.

An object that a relation puts ``on`` a wall or the ceiling, and that touches it (`spatialenv.core.support`), hangs
there: it has no mass, which is how the engine is told that a body stays. All others can move, those in
`scene.fixed` too: that an answer must leave them alone does not nail them down.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from spatialenv.core import geometry
from spatialenv.core.per_scene import per_scene
from spatialenv.core.placed import BoolArray, FloatArray, IntArray, PlacedScene
from spatialenv.core.room import Room
from spatialenv.core.scene import Scene
from spatialenv.core.support import support_states

DENSITY = 200.0
"""Kilograms a cubic metre, of every object; what moves does not depend on it."""

WALL_THICKNESS = 0.2
"""Thickness in metres of walls and ceiling; less where the room comes near itself from the other side."""

_THINNEST = 0.003


class Bodies(NamedTuple):
    """Boxes that an engine can simulate or draw.

    Attributes:
        names: Ids of objects, names of walls, or ``"ceiling"``; length ``k``.
        centers: Shape ``(k, 3)``; metres.
        sizes: Length, width and height, shape ``(k, 3)``.
        yaws: Radians, shape ``(k,)``.
        masses: Kilograms, shape ``(k,)``; 0 for what does not move.
    """

    names: tuple[str, ...]
    centers: FloatArray
    sizes: FloatArray
    yaws: FloatArray
    masses: FloatArray


def object_bodies(placed: PlacedScene) -> Bodies:
    """Return the bodies of the placed objects, in their order.

    Example:
        >>> from spatialenv.core.scene import SceneObject
        >>> cube = SceneObject(id="cube_1", category="cube", size=(1, 1, 1))
        >>> bodies = object_bodies(Scene(Room.rectangle(4, 3, 2.5), (cube,)).place({"cube_1": (1, 1, 0.5)}))
        >>> bodies.names, bodies.masses.tolist()
        (('cube_1',), [200.0])
    """
    masses = np.where(hanging(placed), 0.0, placed.sizes.prod(axis=1) * DENSITY)
    return Bodies(placed.ids, placed.centers, placed.sizes, placed.yaws, masses)


def hanging(placed: PlacedScene) -> BoolArray:
    """Return which placed objects hang on a wall or the ceiling that a relation names, shape ``(m,)``."""
    mounts = {*placed.room.walls, "ceiling"}
    if not any(relation.target in mounts for item in placed.objects for relation in item.relations):
        return np.zeros(len(placed.ids), dtype=np.bool_)
    states = support_states(placed)
    return np.array([state.is_supported and state.surface in mounts for state in states], dtype=np.bool_)


def wall_bodies(room: Room) -> Bodies:
    """Return the walls, which stand outside the floor's edges with their insides at local +y; openings are not cut out.

    The floor is no body: `spatialenv.physics.settle` takes its corners.

    Example:
        >>> wall_bodies(Room.rectangle(4, 3, 2.5)).names
        ('south_wall', 'east_wall', 'north_wall', 'west_wall')
    """
    thickness = _thickness(room)
    boxes = []
    for wall in room.wall_lines:
        x, y = wall.point(wall.length / 2, -thickness / 2)
        yaw = math.atan2(wall.along[1], wall.along[0])
        boxes.append((x, y, room.height / 2, wall.length, thickness, room.height, yaw))
    table = np.array(boxes, dtype=np.float64)
    return Bodies(room.walls, table[:, :3], table[:, 3:6], table[:, 6], np.zeros(len(table)))


def ceiling_body(room: Room) -> Bodies:
    """Return the ceiling, over the floor's bounding box.

    Example:
        >>> ceiling_body(Room.rectangle(4, 3, 2.5)).centers.tolist()
        [[2.0, 1.5, 2.6]]
    """
    center = (room.length / 2, room.width / 2, room.height + WALL_THICKNESS / 2)
    size = (room.length, room.width, WALL_THICKNESS)
    return Bodies(("ceiling",), np.array([center]), np.array([size]), np.zeros(1), np.zeros(1))


@per_scene
def walls_around(scene: Scene) -> Bodies:
    """Return `wall_bodies` of a scene's room, worked out once for each scene; not to be changed."""
    return wall_bodies(scene.room)


def close_pairs(centers: FloatArray, sizes: FloatArray, yaws: FloatArray) -> IntArray:
    """Return the pairs ``i < j`` of boxes whose bounding boxes overlap, shape ``(k, 2)``, sorted.

    Example:
        >>> close_pairs(np.array([[0, 0, 0], [0.9, 0, 0], [5, 0, 0.0]]), np.ones((3, 3)), np.zeros(3)).tolist()
        [[0, 1]]
    """
    corners = geometry.footprints(centers, sizes, yaws)
    half = sizes[:, 2:] / 2
    lows = np.concatenate([corners.min(axis=1), centers[:, 2:] - half], axis=1)
    highs = np.concatenate([corners.max(axis=1), centers[:, 2:] + half], axis=1)
    order = np.argsort(lows[:, 0], kind="stable")
    ends = np.searchsorted(lows[order, 0], highs[order, 0])
    counts = np.maximum(ends - np.arange(len(order)) - 1, 0)
    first = np.repeat(np.arange(len(order)), counts)
    step = np.arange(len(first)) - np.repeat(np.cumsum(counts) - counts, counts)
    i, j = order[first], order[first + 1 + step]
    overlaps = ((lows[i, 1:] < highs[j, 1:]) & (lows[j, 1:] < highs[i, 1:])).all(axis=1)
    pairs = np.sort(np.stack([i[overlaps], j[overlaps]], axis=1), axis=1)
    sorted_pairs: IntArray = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
    return sorted_pairs


def _thickness(room: Room) -> float:
    """Return how thick walls may be without reaching through to another part of the room."""
    thickness = WALL_THICKNESS
    if room.is_rectangle:
        return thickness
    from shapely import Polygon

    floor = Polygon(room.floor).buffer(-1e-6)
    while thickness / 2 > _THINNEST:
        outlines = (
            [wall.point(0.0), wall.point(wall.length), wall.point(wall.length, -thickness), wall.point(0.0, -thickness)]
            for wall in room.wall_lines
        )
        if not any(floor.intersects(Polygon(outline)) for outline in outlines):
            break
        thickness /= 2
    return thickness
