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


def folder_of(path: Path, kind: str) -> Path:
    """Return the folder beside a file for what belongs to it.

    Example:
        >>> folder_of(Path("rooms/first.xml"), "mjcf").as_posix()
        'rooms/first_mjcf'
    """
    return path.with_name(f"{path.stem}_{kind}")


def check_folder(folder: Path) -> None:
    """Raise InputError where `folder` holds anything that an export did not write."""
    if not os.path.lexists(folder):
        return
    own: object = None
    if folder.is_dir() and not folder.is_symlink():
        try:
            own = json.loads((folder / MARK).read_text(encoding="utf-8"))["files"]
        except (OSError, ValueError, KeyError, TypeError):
            own = None
    if not isinstance(own, list):
        raise InputError(
            f"{str(folder)!r} is there already and was not made by an export; move it away, or give another file"
        )
    others = {entry.name for entry in folder.iterdir()} - {MARK, *(name for name in own if isinstance(name, str))}
    if others:
        raise InputError(
            f"{str(folder)!r} holds {min(others)!r}, which an export did not write; move it away, or give another file"
        )


def write_with_folder(path: Path, content: bytes, folder: Path, files: Mapping[str, bytes]) -> list[Path]:
    """Write a file and its folder: both whole, or what was there before stays.

    Args:
        path: The file.
        content: What it shall hold.
        folder: The folder beside it (`folder_of`); an older one is replaced, one without files is removed.
        files: What the folder shall hold, by plain names.

    Returns:
        The file, then the folder's files.

    Raises:
        InputError: If something cannot be written, or the folder holds what an export did not write.
    """
    check_folder(folder)
    mark = secrets.token_hex(4)
    fresh, old = (folder.with_name(f".{folder.name}.{mark}.{what}") for what in ("new", "old"))
    try:
        if files:
            fresh.mkdir()
            for name, held in files.items():
                (fresh / name).write_bytes(held)
            (fresh / MARK).write_text(json.dumps({"file": path.name, "files": sorted(files)}), encoding="utf-8")
        had_folder = folder.exists()
        if had_folder:
            folder.rename(old)
        try:
            if files:
                fresh.rename(folder)
            write_atomically(path, content, is_durable=False)
        except BaseException:
            if files and folder.exists():
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
