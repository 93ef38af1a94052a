"""Whole rooms turned by a quarter or mirrored, with everything in and said of them: scores should not notice."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from spatialenv.core.layout import Layout, Pose
from spatialenv.core.placed import PlacedScene
from spatialenv.core.room import Opening, Point, Room
from spatialenv.core.scene import Scene, SceneObject

_TURNED_WALLS = {
    "south_wall": "east_wall",
    "east_wall": "north_wall",
    "north_wall": "west_wall",
    "west_wall": "south_wall",
}
_MIRRORED_WALLS = {"east_wall": "west_wall", "west_wall": "east_wall"}
_MIRRORED_WORDS = {"left of": "right of", "right of": "left of"}


@dataclass(frozen=True)
class _Symmetry:
    """What happens to points, yaws, names of walls and prepositions."""

    point: Callable[[float, float], Point]
    yaw: Callable[[float], float]
    walls: Mapping[str, str]
    words: Mapping[str, str]


def quarter_turned(placed: PlacedScene) -> PlacedScene:
    """Return the same room seen by somebody who turned: everything a quarter counter-clockwise from above.

    The layout states every yaw.

    Example:
        >>> from spatialenv.core.room import Room
        >>> scene = Scene(Room.rectangle(6, 4, 3), (SceneObject(id="bin_1", category="bin", size=(1, 0.5, 1)),))
        >>> turned = quarter_turned(scene.place({"bin_1": (5, 1, 0.5)}))
        >>> turned.room.length, turned.centers.tolist()
        (4.0, [[3.0, 5.0, 0.5]])
    """
    room = placed.room
    floor = tuple((room.width - y, x) for x, y in room.floor)
    if room.is_rectangle:
        turned = Room.rectangle(room.width, room.length, room.height)
        walls: Mapping[str, str] = _TURNED_WALLS
    else:
        turned, walls = Room(floor, room.height), {}
    openings = tuple(replace(one, wall=walls.get(one.wall, one.wall)) for one in room.openings)
    symmetry = _Symmetry(lambda x, y: (room.width - y, x), lambda yaw: yaw + math.pi / 2, walls, {})
    return _changed(placed, replace(turned, openings=openings), symmetry)


def mirrored(placed: PlacedScene) -> PlacedScene:
    """Return the room as a mirror on its east wall shows it: west is east, and left of is right of.

    Boxes are their own mirror images. The layout states every yaw.

    Example:
        >>> from spatialenv.core.room import Room
        >>> scene = Scene(Room.rectangle(6, 4, 3), (SceneObject(id="bin_1", category="bin", size=(1, 0.5, 1)),))
        >>> mirrored(scene.place({"bin_1": (5, 1, 0.5)})).centers.tolist()
        [[1.0, 1.0, 0.5]]
    """
    room = placed.room
    if room.is_rectangle:
        turned = Room.rectangle(room.length, room.width, room.height)
        walls: Mapping[str, str] = _MIRRORED_WALLS
    else:
        n = len(room.floor)
        turned = Room(tuple((room.length - x, y) for x, y in reversed(room.floor)), room.height)
        walls = {f"wall_{i}": f"wall_{(n - 2 - i) % n}" for i in range(n)}
    openings = []
    for one in room.openings:
        offset = max(0.0, room.wall(one.wall).length - one.offset - one.width)
        openings.append(replace(one, wall=walls.get(one.wall, one.wall), offset=offset))
    symmetry = _Symmetry(lambda x, y: (room.length - x, y), lambda yaw: -yaw, walls, _MIRRORED_WORDS)
    return _changed(placed, _with(turned, openings), symmetry)


def _with(room: Room, openings: list[Opening]) -> Room:
    return replace(room, openings=tuple(openings))


def _changed(placed: PlacedScene, room: Room, symmetry: _Symmetry) -> PlacedScene:
    scene = placed.scene
    stated = Layout(tuple((name, replace(placed.layout[name], yaw=yaw)) for name, yaw in _yaws(placed).items()))
    changed = Scene(
        room,
        tuple(_object(item, symmetry) for item in scene.objects),
        scene.description,
        start=None if scene.start is None else _layout(scene, scene.start, symmetry),
        fixed=scene.fixed,
    )
    return changed.place(_layout(scene, stated, symmetry))


def _yaws(placed: PlacedScene) -> dict[str, float]:
    return dict(zip(placed.ids, placed.yaws.tolist(), strict=True))


def _object(item: SceneObject, symmetry: _Symmetry) -> SceneObject:
    relations = tuple(
        replace(
            relation,
            preposition=symmetry.words.get(relation.preposition, relation.preposition),
            target=symmetry.walls.get(relation.target, relation.target),
        )
        for relation in item.relations
    )
    facing = None if item.facing is None else symmetry.walls.get(item.facing, item.facing)
    yaw = None if item.yaw is None else symmetry.yaw(item.yaw)
    return replace(item, yaw=yaw, facing=facing, relations=relations)


def _layout(scene: Scene, layout: Layout, symmetry: _Symmetry) -> Layout:
    poses = []
    for name, pose in layout.poses:
        yaw = scene.default_yaw(name) if pose.yaw is None else pose.yaw
        poses.append((name, Pose(*symmetry.point(pose.x, pose.y), pose.z, symmetry.yaw(yaw))))
    return Layout(tuple(poses))
