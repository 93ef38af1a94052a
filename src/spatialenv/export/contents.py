"""What an export holds: the objects, the room in parts, and what other programs ask beside."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from spatialenv.assets.library import AssetLibrary
from spatialenv.core.layout import Layout
from spatialenv.core.mesh import TriangleMesh
from spatialenv.core.placed import BoolArray, PlacedScene
from spatialenv.core.room import Room
from spatialenv.core.scene import SceneObject
from spatialenv.renderers.base import shown_objects
from spatialenv.renderers.models import Appearance
from spatialenv.renderers.room.faces import Faces
from spatialenv.renderers.room.floor import add_ceiling
from spatialenv.renderers.room.openings import LEAF, ON_FRAMES, ON_HANDLES, ON_OPENINGS
from spatialenv.renderers.room.parts import room_parts, some_triangles
from spatialenv.renderers.room.style import RoomStyle
from spatialenv.renderers.scenery import Prop, make_scenery

FAR = 1000.0
"""Metres from the room beyond which an object is left out: single precision, which files have, fails there."""

PartKind = Literal["floor", "wall", "door", "window", "ceiling"]


class RoomPart(NamedTuple):
    """A part of the room, in the world's frame.

    Attributes:
        name: ``"floor"``, ``"ceiling"``, a wall's name, ``"door_0"``, ``"window_1"`` (by place in ``room.openings``).
        kind: What it is.
        mesh: Its triangles: walls are seen from inside alone.
    """

    name: str
    kind: PartKind
    mesh: TriangleMesh


@dataclass(frozen=True, slots=True, eq=False)
class Contents:
    """A placed scene as it is exported.

    Attributes:
        placed: The scene, without what is left out.
        left_out: Ids of the objects that are left out (`FAR`).
        props: Its objects, in the order of the placed ones; yaws are 0 up to a full turn.
        room: The room's parts.
        fallbacks: Ids of objects whose asset could not be used, and why: they are boxes.
        appearance: How objects look.
        style: How the room looks.
        assets: Where the meshes of assets come from.
        ceiling: Whether the room has one.
    """

    placed: PlacedScene
    left_out: tuple[str, ...]
    props: tuple[Prop, ...]
    room: tuple[RoomPart, ...]
    fallbacks: Mapping[str, str]
    appearance: Appearance
    style: RoomStyle
    assets: AssetLibrary | None
    ceiling: bool

    def item(self, prop: Prop) -> SceneObject:
        """Return the object that a prop is of."""
        return self.placed.objects[prop.owner]


def make_contents(
    placed: PlacedScene,
    appearance: Appearance,
    style: RoomStyle,
    assets: AssetLibrary | None = None,
    *,
    ceiling: bool = False,
    strays: bool = True,
) -> Contents:
    """Return what is exported of `placed`.

    Args:
        placed: The scene.
        appearance: How objects look.
        style: How the room looks.
        assets: Where the meshes of assets come from; None passes over them.
        ceiling: Whether the room has one.
        strays: Whether objects far from the room belong to it (up to `FAR`), which pictures do not show.

    Example:
        >>> from spatialenv.core.scene import Scene
        >>> placed = Scene(room=Room.rectangle(4, 3, 2.5), objects=()).place({})
        >>> contents = make_contents(placed, Appearance(), RoomStyle(floor="planks"))
        >>> [part.name for part in contents.room]
        ['floor', 'south_wall', 'east_wall', 'north_wall', 'west_wall']
    """
    room = placed.room
    extent = np.array([room.length, room.width, room.height])
    is_near = np.zeros(len(placed.ids), dtype=np.bool_)
    reach = FAR + np.linalg.norm(placed.sizes, axis=1, keepdims=True) / 2
    near = np.all((placed.centers > -reach) & (placed.centers < extent + reach), axis=1)
    is_near[np.flatnonzero(near) if strays else shown_objects(placed)] = True
    left_out = tuple(placed.ids[i] for i in np.flatnonzero(~is_near).tolist())
    if left_out:
        kept = tuple((object_id, pose) for object_id, pose in placed.layout.poses if object_id not in left_out)
        placed = placed.scene.place(Layout(kept))
    scenery = make_scenery(placed, appearance, assets, strays=True)
    props = tuple(prop._replace(yaw=_turn(prop.yaw)) for prop in scenery.props)
    parts = _room(room, style, ceiling)
    return Contents(placed, left_out, props, parts, scenery.fallbacks, appearance, style, assets, ceiling)


def _turn(yaw: float) -> float:
    return math.atan2(math.sin(yaw), math.cos(yaw)) % math.tau


def _room(room: Room, style: RoomStyle, ceiling: bool) -> tuple[RoomPart, ...]:
    floor, walls = room_parts(room, style)
    # The marks of doors that swing are signs of a plan; the undersides of skirting boards lie in the floor.
    parts = [RoomPart("floor", "floor", some_triangles(floor, ~_is_mark(floor) & (floor.normals[:, 2] > 0.0)))]
    openings: list[RoomPart] = []
    for wall, mesh in zip(room.wall_lines, walls, strict=True):
        own = [number for number, opening in enumerate(room.openings) if opening.wall == wall.name]
        if not own:
            parts.append(RoomPart(wall.name, "wall", mesh))
            continue
        offsets = (mesh.corners.mean(axis=1)[:, :2] - np.array(wall.start)) @ np.array(wall.along)
        middles = np.array([[o.offset + o.width / 2, o.width / 2] for o in (room.openings[n] for n in own)])
        away = np.abs(offsets[:, None] - middles[:, 0]) - middles[:, 1]
        nearest = np.where(np.isin(mesh.smoothing, (ON_OPENINGS, ON_FRAMES, ON_HANDLES)), away.argmin(axis=1), -1)
        parts.append(RoomPart(wall.name, "wall", some_triangles(mesh, nearest < 0)))
        for place, number in enumerate(own):
            kind = room.openings[number].kind
            openings.append(RoomPart(f"{kind}_{number}", kind, some_triangles(mesh, nearest == place)))
    if ceiling:
        faces = Faces()
        add_ceiling(faces, room)
        parts.append(RoomPart("ceiling", "ceiling", faces.mesh()))
    return (*parts, *openings)


def _is_mark(mesh: TriangleMesh) -> BoolArray:
    marks: BoolArray = np.array([material == LEAF for material in mesh.materials], dtype=np.bool_)[mesh.material_of]
    return marks
