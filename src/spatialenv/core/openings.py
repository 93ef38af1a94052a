"""What doors and windows need: the zones in front of them that must be kept free, and what stands in these.

| opening | its zone, inside the room |
| --- | --- |
| a door that swings in | as deep as the door is wide, for its leaf |
| any other door | `PASSAGE` deep, to walk through |
| a window | `REACH` deep, to get at it |

A zone is as wide and as high as its opening and hangs on the wall at the opening's place. What is wholly above or
below it does not block it, nor does a rug that lies flat, nor what touches it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from spatialenv.core.per_scene import per_scene
from spatialenv.core.placed import FloatArray, PlacedScene
from spatialenv.core.room import Opening, Room
from spatialenv.core.scene import Scene
from spatialenv.core.support import lies_flat

PASSAGE = 0.6
"""Metres that are kept free in front of a door that does not swing in."""

REACH = 0.3
"""Metres that are kept free in front of a window."""


@dataclass(frozen=True, slots=True)
class Zone:
    """An upright box in front of an opening that must be kept free; metres.

    Attributes:
        name: The opening's kind and its index in ``room.openings``: ``"door_0"``.
        kind: ``"door"`` or ``"window"``.
        center: Its centre ``(x, y, z)``.
        size: Its width along the wall, its depth into the room and its height.
        yaw: Its turn in radians: that of an object whose back is to the wall.
    """

    name: str
    kind: str
    center: tuple[float, float, float]
    size: tuple[float, float, float]
    yaw: float


def opening_zones(room: Room) -> tuple[Zone, ...]:
    """Return the zone of each opening, in their order.

    Example:
        >>> from spatialenv.core.room import Opening
        >>> door = Opening("door", "south_wall", offset=1.0, width=0.8, height=2.0, swing="in")
        >>> zone = opening_zones(Room.rectangle(6, 4, 3, openings=(door,)))[0]
        >>> zone.name, zone.center, zone.size
        ('door_0', (1.4, 0.4, 1.0), (0.8, 0.8, 2.0))
    """
    return tuple(_zone(room, index, opening) for index, opening in enumerate(room.openings))


def blocked_volumes(placed: PlacedScene) -> FloatArray:
    """Return the volume in m3 that each placed object takes of each opening's zone, shape ``(m, zones)``.

    Example:
        >>> from spatialenv.core.room import Opening
        >>> from spatialenv.core.scene import SceneObject
        >>> door = Opening("door", "south_wall", offset=1.0, width=0.8, height=2.0, swing="in")
        >>> box = SceneObject(id="box_1", category="box", size=(0.5, 0.5, 0.5))
        >>> scene = Scene(Room.rectangle(6, 4, 3, openings=(door,)), (box,))
        >>> blocked_volumes(scene.place({"box_1": (1.4, 0.8, 0.25)})).round(6)
        array([[0.0625]])
    """
    zones = zone_arrays(placed.scene)
    if len(zones.yaws) == 0 or not placed.ids:
        return np.zeros((len(placed.ids), len(zones.yaws)))
    from spatialenv.core import opening_kernels

    volumes: FloatArray = opening_kernels.blocked(
        placed.centers, placed.sizes, placed.yaws, lies_flat(placed), zones.centers, zones.sizes, zones.yaws
    )
    return volumes


class ZoneArrays(NamedTuple):
    """The zones of a room as arrays."""

    centers: FloatArray
    sizes: FloatArray
    yaws: FloatArray


@per_scene
def zone_arrays(scene: Scene) -> ZoneArrays:
    """Return the zones of a scene's room as arrays, worked out once for each scene."""
    return _arrays(opening_zones(scene.room))


def _arrays(zones: Sequence[Zone]) -> ZoneArrays:
    return ZoneArrays(
        np.array([zone.center for zone in zones], dtype=np.float64).reshape(-1, 3),
        np.array([zone.size for zone in zones], dtype=np.float64).reshape(-1, 3),
        np.array([zone.yaw for zone in zones], dtype=np.float64),
    )


def _zone(room: Room, index: int, opening: Opening) -> Zone:
    wall = room.wall(opening.wall)
    depth = {"in": opening.width}.get(opening.swing, PASSAGE) if opening.kind == "door" else REACH
    x, y = wall.point(opening.offset + opening.width / 2, depth / 2)
    center = (x, y, opening.sill + opening.height / 2)
    size = (opening.width, depth, opening.height)
    return Zone(f"{opening.kind}_{index}", opening.kind, center, size, wall.backing_yaw)
