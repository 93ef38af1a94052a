"""Read scenes from a file of any kind that is known."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from spatialenv.core.layout import Layout
from spatialenv.core.scene import Scene
from spatialenv.core.schema import SceneFile
from spatialenv.errors import FileFormatError
from spatialenv.formats.idesign import idesign_from_json, is_idesign
from spatialenv.formats.json_file import read_json
from spatialenv.formats.native import scene_and_layout_from_json


def read_any(path: str | Path) -> list[tuple[Scene, Layout | None]]:
    """Return every scene of a file with the layout that it holds, or None.

    Known are our own scene files, IDesign scene graphs (the list of entries, or an object with
    ``scene_graph``), and a list of either.

    Raises:
        FileFormatError: If it is none of these; the message names the file and the field.
    """
    where = repr(str(path))
    data = read_json(Path(path))
    if isinstance(data, list) and data and not is_idesign(data):
        return [_read(item, f"{where} scene {number}") for number, item in enumerate(data)]
    return [_read(data, where)]


def _read(data: Any, where: str) -> tuple[Scene, Layout | None]:
    if is_idesign(data):
        return idesign_from_json(data, where)
    if isinstance(data, Mapping) and "format" in data:
        return scene_and_layout_from_json(data, where)
    raise FileFormatError(
        f"{where} holds no scene; it must be an object with `format` {SceneFile.name!r}, or an IDesign scene graph"
    )
