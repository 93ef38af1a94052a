"""A file and the folder of files beside it that belongs to it."""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path

from spatialenv.errors import InputError
from spatialenv.formats.atomic import write_atomically

MARK = "spatialenv-export.json"
"""In each folder that an export made: the names of its files, so that nobody else's are ever removed."""


def folder_of(path: Path) -> Path:
    """Return the folder beside a file for what belongs to it and to no other file.

    Example:
        >>> folder_of(Path("rooms/first.xml")).as_posix()
        'rooms/first_xml'
    """
    # Endings have no underscore, so that no two files share one.
    return path.with_name(f"{path.stem}_{path.suffix[1:]}")


def check_folder(path: Path) -> Path:
    """Return the folder of a file (`folder_of`).

    Raises:
        InputError: If it holds anything that an export of that file did not write.
    """
    folder = folder_of(path)
    if not os.path.lexists(folder):
        return folder
    mark: object = None
    if folder.is_dir() and not folder.is_symlink():
        try:
            mark = json.loads((folder / MARK).read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            mark = None
    own = mark.get("files") if isinstance(mark, dict) and mark.get("file") == path.name else None
    if not isinstance(own, list):
        raise InputError(
            f"{str(folder)!r} is there already and was not made by an export of {path.name!r}; "
            "move it away, or give another file"
        )
    others = {entry.name for entry in folder.iterdir()} - {MARK, *(name for name in own if isinstance(name, str))}
    if others:
        raise InputError(
            f"{str(folder)!r} holds {min(others)!r}, which an export did not write; move it away, or give another file"
        )
    return folder


def write_with_folder(path: Path, content: bytes, files: Mapping[str, bytes]) -> list[Path]:
    """Write a file and its folder: both whole, or what was there before stays.

    Args:
        path: The file.
        content: What it shall hold.
        files: What its folder shall hold (`folder_of`), by plain names; without any there is none. An older one is
            replaced or removed.

    Returns:
        The file, then the folder's files.

    Raises:
        InputError: If something cannot be written, or the folder holds what an export did not write.
    """
    folder = check_folder(path)
    mark = secrets.token_hex(4)
    fresh, old = (folder.with_name(f".{folder.name}.{mark}.{what}") for what in ("new", "old"))
    try:
        if files:
            fresh.mkdir()
            for name, held in files.items():
                (fresh / name).write_bytes(held)
            (fresh / MARK).write_text(json.dumps({"file": path.name, "files": sorted(files)}), encoding="utf-8")
        had_folder = folder.exists()
        is_placed = False
        if had_folder:
            folder.rename(old)
        try:
            if files:
                fresh.rename(folder)
                is_placed = True
            write_atomically(path, content, is_durable=False)
        except BaseException:
            if is_placed:
                shutil.rmtree(folder)
            if had_folder:
                old.rename(folder)
            raise
    except OSError as error:
        raise InputError(
            f"{str(folder)!r} cannot be written: {error.strerror or error}; give a file in a folder that can"
        ) from error
    finally:
        for left in (fresh, old):
            shutil.rmtree(left, ignore_errors=True)
    return [path, *(folder / name for name in files)]
