"""Histories as JSON files, the same to the last bit when read back."""

from __future__ import annotations

import json
from pathlib import Path

from spatialenv.core.history import History, Step
from spatialenv.core.schema import VERSION, HistoryFile, validate
from spatialenv.errors import FileFormatError, SpatialEnvError
from spatialenv.formats.atomic import write_atomically
from spatialenv.formats.json_file import read_json
from spatialenv.formats.native import poses_from_json, poses_to_json, scene_from_body, scene_to_json


def read_history(path: str | Path) -> History:
    """Return the history of a file that `write_history` wrote.

    Raises:
        FileFormatError: If the file is anything else; the message names the file and the field.
    """
    where = repr(str(path))
    file = validate(HistoryFile, read_json(Path(path)), where)
    scene = scene_from_body(file.scene, where)
    steps = tuple(Step(poses_from_json(step.layout, where), step.edits, step.note) for step in file.steps)
    try:
        return History(scene, steps, file.position)
    except SpatialEnvError as error:
        raise FileFormatError(f"{where}: {error}") from error


def write_history(path: str | Path, history: History) -> None:
    """Write a history, steps that were undone included, whole or not at all.

    Raises:
        FileFormatError: If the file cannot be written.
    """
    record = {
        "format": HistoryFile.name,
        "version": VERSION,
        "scene": scene_to_json(history.scene),
        "steps": [
            {"layout": poses_to_json(step.layout), "edits": step.edits, "note": step.note} for step in history.steps
        ],
        "position": history.position,
    }
    write_atomically(Path(path), json.dumps(record, indent=1, allow_nan=False) + "\n", is_durable=False)
