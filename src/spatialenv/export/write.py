"""Writing a placed scene in one of the formats."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, get_args

from spatialenv.assets import AssetSpec, make_library
from spatialenv.core.placed import PlacedScene
from spatialenv.errors import InputError, unknown_name
from spatialenv.export.base import Exporter
from spatialenv.export.contents import make_contents
from spatialenv.export.names import printable
from spatialenv.export.registry import ENDINGS, REGISTRY
from spatialenv.renderers.models import Appearance, Colours
from spatialenv.renderers.room import RoomStyle, make_room_style, room_style_for

PLAIN = RoomStyle(grid=False)
"""How rooms look in files: as in pictures, but for the lines of the grid."""


class Exported(NamedTuple):
    """What was written.

    Attributes:
        files: The file, then those that belong to it: textures, meshes.
        fallbacks: Ids of objects whose asset could not be used, and why: they are boxes.
        left_out: Ids of objects that are not there, because they are too far from the room: more than a
            kilometre; in a ``.blend``, farther than pictures show.
    """

    files: tuple[Path, ...]
    fallbacks: Mapping[str, str]
    left_out: tuple[str, ...] = ()


def export_scene(
    placed: PlacedScene,
    path: str | Path,
    format: str | None = None,
    *,
    furniture: bool = True,
    colours: Colours = "material",
    room: str | Mapping[str, Any] | RoomStyle = PLAIN,
    assets: AssetSpec | None = None,
    ceiling: bool = False,
) -> Exported:
    """Write a placed scene as a file of another program; a file of that name is replaced.

    Args:
        placed: The scene; objects that its layout leaves out are not there.
        path: The file; folders that it needs are made.
        format: Its format (`format_names`); None goes by the file's ending.
        furniture: Whether objects have the shape of furniture; else all are boxes.
        colours: ``"material"``, as style and material words say, or ``"identity"``, one for each object.
        room: How the room's surfaces look (`spatialenv.renderers.room.make_room_style`).
        assets: Where the meshes of objects with an `asset` come from (`spatialenv.assets.make_library`).
        ceiling: Whether the room has one.

    Raises:
        UnknownNameError: If there is no such format.
        InputError: If an argument is not allowed, or the file cannot be written.
        MissingExtraError: If a package is not installed that the format needs.

    Example:
        >>> import tempfile
        >>> from spatialenv import Room, Scene, SceneObject
        >>> sofa = SceneObject(id="sofa_1", category="sofa", size=(1.8, 0.9, 0.8))
        >>> placed = Scene(Room.rectangle(4, 3, 2.5), (sofa,)).place({"sofa_1": (2, 1, 0.4)})
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     written = export_scene(placed, f"{folder}/room.glb")
        >>> [file.name for file in written.files]
        ['room.glb']
    """
    if not isinstance(placed, PlacedScene):
        raise InputError(f"`placed` is a {type(placed).__name__}; it must be a PlacedScene: use scene.place(layout)")
    for name, value in (("furniture", furniture), ("ceiling", ceiling)):
        if not isinstance(value, bool):
            raise InputError(f"`{name}` is {value!r}; it must be true or false")
    if colours not in get_args(Colours):
        raise unknown_name("value of `colours`", colours, get_args(Colours))
    target, exporter = find_exporter(path, format)
    contents = make_contents(
        placed,
        Appearance(furniture, colours),
        room_style_for(placed.scene, make_room_style(room)),
        None if assets is None else make_library(assets),
        ceiling=ceiling,
        strays=exporter.has_strays,
    )
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        return Exported(tuple(exporter.write(contents, target)), contents.fallbacks, contents.left_out)
    except OSError as error:
        raise InputError(f"{str(target)!r} cannot be written: {error.strerror or error}; give another place") from error


def find_exporter(path: str | Path, format: str | None = None) -> tuple[Path, Exporter]:
    """Return the file to write, with the format's ending where it has none, and what writes it.

    Raises:
        UnknownNameError: If there is no such format.
        InputError: If the file's ending is none of the format's.

    Example:
        >>> find_exporter("room", "mjcf")[0].name
        'room.xml'
    """
    target = Path(path)
    if target.name in ("", ".."):
        raise InputError(f"the file {str(target)!r} has no name; give one in that folder")
    ending = target.suffix.lower()
    name = format if format is not None else ENDINGS.get(ending, ending[1:])
    if format is None and not REGISTRY.knows(name):
        raise InputError(
            f"the file {target.name!r} has no known ending; give one of {', '.join(sorted(ENDINGS))}, "
            f"or a format: {', '.join(format_names())}"
        )
    exporter: Exporter = REGISTRY.make(name, {})
    if not ending:
        target = target.with_name(target.name + exporter.endings[0])
    elif ending not in exporter.endings:
        raise InputError(
            f"a file of the format {name!r} cannot be called {target.name!r}; "
            f"its name must end in {' or '.join(exporter.endings)}"
        )
    if printable(target.name) != target.name or "\\" in target.name:
        raise InputError(f"the name {target.name!r} has characters that files of other programs cannot hold; rename it")
    if target.is_dir():
        raise InputError(f"cannot write {str(target)!r}: it is a folder; name a file in it")
    return target, exporter


def format_names() -> tuple[str, ...]:
    """Return the formats that `export_scene` knows.

    Example:
        >>> "glb" in format_names()
        True
    """
    return REGISTRY.names()
