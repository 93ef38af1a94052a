"""IDesign and MetaSpatial scene graphs: a list of objects, then six entries for the room.

Their frame is ours (metres, z up, the origin in a corner of the room, position the centre of the
box) except for angles: `z_angle` is a compass bearing in degrees, clockwise from north.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from spatialenv.core.layout import Layout, Pose
from spatialenv.core.room import ELEMENTS, Room
from spatialenv.core.scene import Relation, Scene, SceneObject, is_element_name
from spatialenv.core.schema import IDesignEntry, IDesignScene, validate
from spatialenv.errors import FileFormatError, SceneError
from spatialenv.formats.angle import bearing_to_yaw, yaw_to_bearing
from spatialenv.formats.json_file import read_json

_NUMBERED = re.compile(r"[_ -]*[0-9]+$")
_TOLERANCE = 1e-6


def read_idesign(
    source: str | Path | Sequence[Mapping[str, Any]] | Mapping[str, Any], room: Room | None = None
) -> tuple[Scene, Layout | None]:
    """Return the scene and the layout of a scene graph.

    Args:
        source: The list of entries, an object ``{"room_dimensions": [x, y, z], "scene_graph":
            [...]}``, or the path of a file with either.
        room: The room, where the source states none or another one is meant.

    Returns:
        The scene, its objects and relations in the order given (relations to room elements before
        those to objects, as they are stored); each object's category is its id without the number.
        The layout holds the objects that have a position, or is None when none has; turns are the
        scene's, not the layout's.

    Raises:
        FileFormatError: If it is no scene graph, or one that cannot be: the message names the file
            and the field.

    Example:
        >>> entry = {
        ...     "new_object_id": "sofa_1",
        ...     "size_in_meters": {"length": 1.8, "width": 0.9, "height": 0.8},
        ...     "rotation": {"z_angle": 90.0},
        ...     "position": {"x": 0.45, "y": 2, "z": 0.4},
        ... }
        >>> scene, layout = read_idesign([entry], room=Room.rectangle(6, 4, 3))
        >>> scene.objects[0].category, layout["sofa_1"].x
        ('sofa', 0.45)
    """
    if isinstance(source, (str, Path)):
        return idesign_from_json(read_json(Path(source)), repr(str(source)), room)
    return idesign_from_json(source, "the scene graph", room)


def idesign_from_json(data: Any, where: str, room: Room | None = None) -> tuple[Scene, Layout | None]:
    """Return the scene and layout of what a file holds; `where` names it in messages."""
    if not isinstance(data, Mapping):
        data = {"scene_graph": list(data) if isinstance(data, tuple) else data}
    graph = validate(IDesignScene, data, where)
    entries = [entry for entry in graph.scene_graph if not _is_element(entry)]
    try:
        scene = Scene(
            room=_room(graph, where) if room is None else room,
            objects=tuple(_object(entry) for entry in entries),
        )
        poses = tuple(
            (entry.new_object_id, Pose(entry.position.x, entry.position.y, entry.position.z))
            for entry in entries
            if entry.position is not None
        )
        return scene, Layout(poses) if poses else None
    except SceneError as error:
        raise FileFormatError(f"{where}: {error}") from error


def write_idesign(scene: Scene, layout: Layout | None = None) -> list[dict[str, Any]]:
    """Return a scene, and where its objects stand, as a scene graph with the six room entries.

    Not kept, because the form has no place for it: the wish, openings, rugs, meshes, the start and what is
    fixed, the witness, and categories that differ from the ids. A yaw in the layout goes before the scene's own.

    Raises:
        SceneError: If the layout places what the scene does not have, or the floor is no rectangle.
    """
    if not scene.room.is_rectangle:
        raise SceneError("a scene graph has four walls, and this floor is no rectangle; use write_scene")
    poses = {} if layout is None else dict(scene.place(layout).layout.poses)
    return [*(_entry(item, poses.get(item.id)) for item in scene.objects), *_elements(scene.room)]


def is_idesign(data: Any) -> bool:
    """Whether JSON looks like a scene graph, or an object that holds one."""
    if isinstance(data, Mapping):
        return "scene_graph" in data
    return isinstance(data, list) and bool(data) and isinstance(data[0], Mapping) and "new_object_id" in data[0]


def _is_element(entry: IDesignEntry) -> bool:
    return entry.itemType is not None or entry.new_object_id in ELEMENTS


def _room(graph: IDesignScene, where: str) -> Room:
    sizes = {entry.new_object_id: entry.size_in_meters for entry in graph.scene_graph if _is_element(entry)}
    south, west = sizes.get("south_wall"), sizes.get("west_wall")
    drawn = None if south is None or west is None else (south.length, west.length, south.height)
    stated = None if graph.room_dimensions is None else tuple(graph.room_dimensions)
    if drawn and stated and any(abs(a - b) > _TOLERANCE for a, b in zip(drawn, stated, strict=True)):
        raise FileFormatError(f"{where}: `room_dimensions` is {list(stated)} but the walls say {list(drawn)}; mend one")
    extents = stated or drawn
    if extents is None:
        raise FileFormatError(
            f"{where}: says nothing of the room; add `room_dimensions`, the entries of the walls, or give `room`"
        )
    return Room.rectangle(extents[0], extents[1], extents[2])


def _object(entry: IDesignEntry) -> SceneObject:
    object_id, size = entry.new_object_id, entry.size_in_meters
    relations = [
        Relation(object_id, item.preposition, item.layout_element_id, item.is_adjacent)
        for item in entry.placement.room_layout_elements
    ]
    relations += [
        Relation(object_id, item.preposition, item.object_id, item.is_adjacent)
        for item in entry.placement.objects_in_room
    ]
    return SceneObject(
        id=object_id,
        category=_NUMBERED.sub("", object_id) or object_id,
        size=(size.length, size.width, size.height),
        yaw=None if entry.rotation is None else bearing_to_yaw(entry.rotation.z_angle),
        style=entry.style or "",
        material=entry.material or "",
        on_floor=entry.is_on_the_floor,
        facing=entry.facing or None,
        relations=tuple(relations),
    )


def _entry(item: SceneObject, pose: Pose | None) -> dict[str, Any]:
    yaw = item.yaw if pose is None or pose.yaw is None else pose.yaw
    on_elements, on_objects = [], []
    for relation in item.relations:
        if is_element_name(relation.target):
            record: dict[str, Any] = {"layout_element_id": relation.target, "preposition": relation.preposition}
            if not relation.is_adjacent:
                record["is_adjacent"] = False
            on_elements.append(record)
        else:
            on_objects.append(
                {
                    "object_id": relation.target,
                    "preposition": relation.preposition,
                    "is_adjacent": relation.is_adjacent,
                }
            )
    length, width, height = item.size
    entry: dict[str, Any] = {
        "new_object_id": item.id,
        "style": item.style,
        "material": item.material,
        "size_in_meters": {"length": length, "width": width, "height": height},
        "is_on_the_floor": item.on_floor,
    }
    if item.facing is not None:
        entry["facing"] = item.facing
    if yaw is not None:
        entry["rotation"] = {"z_angle": yaw_to_bearing(yaw)}
    entry["placement"] = {"room_layout_elements": on_elements, "objects_in_room": on_objects}
    if pose is not None:
        entry["position"] = {"x": pose.x, "y": pose.y, "z": pose.z}
    return entry


def _elements(room: Room) -> list[dict[str, Any]]:
    """Return the entries of the walls, the middle and the ceiling."""
    x, y, z = room.length, room.width, room.height
    return [
        _element("south_wall", "wall", (x / 2, 0.0, z / 2), (x, 0.0, z), 0.0),
        _element("north_wall", "wall", (x / 2, y, z / 2), (x, 0.0, z), 180.0),
        _element("east_wall", "wall", (x, y / 2, z / 2), (y, 0.0, z), 270.0),
        _element("west_wall", "wall", (0.0, y / 2, z / 2), (y, 0.0, z), 90.0),
        _element("middle of the room", "floor", (x / 2, y / 2, 0.0), (x, y, 0.0), 0.0),
        _element("ceiling", "ceiling", (x / 2, y / 2, z), (x, y, 0.0), 0.0),
    ]


def _element(
    name: str, kind: str, at: tuple[float, float, float], size: tuple[float, float, float], bearing: float
) -> dict[str, Any]:
    return {
        "new_object_id": name,
        "itemType": kind,
        "position": {"x": at[0], "y": at[1], "z": at[2]},
        "size_in_meters": {"length": size[0], "width": size[1], "height": size[2]},
        "rotation": {"z_angle": bearing},
    }
