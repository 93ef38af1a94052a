"""Our own JSON for scenes and layouts.

The fields are those of `spatialenv.core.schema`, published as JSON Schema by `json_schema`. What is
written is read back the same to the last bit.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from spatialenv.core.layout import Layout, Pose
from spatialenv.core.room import Opening, Room
from spatialenv.core.scene import Relation, Scene, SceneObject
from spatialenv.core.schema import FILES, VERSION, LayoutFile, PoseFile, SceneBody, SceneFile, validate
from spatialenv.errors import FileFormatError, SceneError, unknown_name
from spatialenv.formats.angle import read_yaw, yaw_fields
from spatialenv.formats.atomic import write_atomically
from spatialenv.formats.json_file import read_json


def read_scene(path: str | Path) -> Scene:
    """Return the scene of a file that `write_scene` wrote.

    Raises:
        FileFormatError: If the file is anything else; the message names the file and the field.
    """
    return read_scene_and_layout(path)[0]


def read_scene_and_layout(path: str | Path) -> tuple[Scene, Layout | None]:
    """Return the scene of a file and the layout that it holds beside it, or None."""
    return scene_and_layout_from_json(read_json(Path(path)), repr(str(path)))


def write_scene(path: str | Path, scene: Scene, layout: Layout | None = None) -> None:
    """Write a scene, its witness included, and a layout of it to one file, whole or not at all.

    Raises:
        FileFormatError: If the file cannot be written.
        SceneError: If the layout places what the scene does not have.
    """
    record: dict[str, Any] = {"format": SceneFile.name, "version": VERSION, **scene_to_json(scene)}
    if layout is not None:
        record["layout"] = poses_to_json(scene.place(layout).layout)
    _write(Path(path), record)


def read_layout(path: str | Path) -> Layout:
    """Return the layout of a file that `write_layout` wrote.

    Raises:
        FileFormatError: If the file is anything else.
    """
    where = repr(str(path))
    return poses_from_json(validate(LayoutFile, read_json(Path(path)), where).poses, where)


def write_layout(path: str | Path, layout: Layout, scene_id: str = "") -> None:
    """Write a layout, whole or not at all.

    Raises:
        FileFormatError: If the file cannot be written.
    """
    record = {"format": LayoutFile.name, "version": VERSION, "scene_id": scene_id, "poses": poses_to_json(layout)}
    _write(Path(path), record)


def json_schema(kind: str) -> dict[str, Any]:
    """Return the published JSON Schema of a kind of file.

    Args:
        kind: ``"scene"``, ``"layout"``, ``"episode"`` (of a line) or ``"history"``.

    Raises:
        UnknownNameError: If there is no such kind.

    Example:
        >>> json_schema("layout")["required"]
        ['format', 'version', 'poses']
    """
    if kind not in FILES:
        raise unknown_name("kind of file", kind, FILES)
    file = resources.files("spatialenv.formats") / "data" / f"{kind}.schema.json"
    schema: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return schema


def scene_to_json(scene: Scene) -> dict[str, Any]:
    """Return a scene as JSON types, without `format` and `version`."""
    room = scene.room
    record: dict[str, Any] = {
        "id": scene.id,
        "description": scene.description,
        "room": {
            "floor": [list(corner) for corner in room.floor],
            "height": room.height,
            "openings": [
                {
                    "kind": item.kind,
                    "wall": item.wall,
                    "offset": item.offset,
                    "width": item.width,
                    "height": item.height,
                    "sill": item.sill,
                    "swing": item.swing,
                }
                for item in room.openings
            ],
        },
        "objects": [_object_to_json(item) for item in scene.objects],
        "witness": None if scene.witness is None else poses_to_json(scene.witness),
    }
    if scene.start is not None:
        record["start"] = poses_to_json(scene.start)
    if scene.fixed:
        record["fixed"] = list(scene.fixed)
    return record


def scene_and_layout_from_json(data: Any, where: str) -> tuple[Scene, Layout | None]:
    """Return the scene and layout of what a scene file holds; `where` names it in messages."""
    file = validate(SceneFile, data, where)
    scene = scene_from_body(file, where)
    if file.layout is None:
        return scene, None
    layout = poses_from_json(file.layout, where)
    try:
        scene.place(layout)
    except SceneError as error:
        raise FileFormatError(f"{where}: {error}") from error
    return scene, layout


def scene_from_body(body: SceneBody, where: str) -> Scene:
    """Return the scene that a validated body describes.

    Raises:
        FileFormatError: If it cannot exist: ids repeat, a relation names something unknown, ...
    """
    room = body.room
    try:
        openings = [
            Opening(item.kind, item.wall, item.offset, item.width, item.height, item.sill, item.swing)
            for item in room.openings
        ]
        return Scene(
            room=Room(tuple((x, y) for x, y in room.floor), room.height, tuple(openings)),
            objects=tuple(
                SceneObject(
                    id=item.id,
                    category=item.category,
                    size=(item.size[0], item.size[1], item.size[2]),
                    yaw=read_yaw(item.yaw, item.yaw_radians, where),
                    style=item.style,
                    material=item.material,
                    on_floor=item.on_floor,
                    facing=item.facing,
                    relations=tuple(
                        Relation(item.id, relation.preposition, relation.target, relation.is_adjacent)
                        for relation in item.relations
                    ),
                    is_rug=item.is_rug,
                    asset=item.asset,
                )
                for item in body.objects
            ),
            description=body.description,
            witness=None if body.witness is None else poses_from_json(body.witness, where),
            id=body.id,
            start=None if body.start is None else poses_from_json(body.start, where),
            fixed=tuple(body.fixed),
        )
    except SceneError as error:
        raise FileFormatError(f"{where}: {error}") from error


def poses_to_json(layout: Layout) -> list[dict[str, Any]]:
    """Return a layout as a list of JSON objects in its order."""
    return [
        {"id": object_id, "x": pose.x, "y": pose.y, "z": pose.z, **yaw_fields(pose.yaw)}
        for object_id, pose in layout.poses
    ]


def poses_from_json(poses: Sequence[PoseFile], where: str) -> Layout:
    """Return the layout of validated poses, or raise FileFormatError where an id repeats."""
    try:
        return Layout(
            tuple(
                (pose.id, Pose(pose.x, pose.y, pose.z, read_yaw(pose.yaw, pose.yaw_radians, where))) for pose in poses
            )
        )
    except SceneError as error:
        raise FileFormatError(f"{where}: {error}") from error


def _object_to_json(item: SceneObject) -> dict[str, Any]:
    return {
        "id": item.id,
        "category": item.category,
        "size": list(item.size),
        **yaw_fields(item.yaw),
        "style": item.style,
        "material": item.material,
        "on_floor": item.on_floor,
        "facing": item.facing,
        "relations": [
            {"preposition": relation.preposition, "target": relation.target, "is_adjacent": relation.is_adjacent}
            for relation in item.relations
        ],
        "is_rug": item.is_rug,
        "asset": item.asset,
    }


def _write(path: Path, record: dict[str, Any]) -> None:
    write_atomically(path, json.dumps(record, indent=1, allow_nan=False) + "\n", is_durable=False)
