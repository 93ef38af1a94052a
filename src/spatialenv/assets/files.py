"""Files of assets: which paths are allowed, and bytes that are read only where they are few and a plain file's."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from spatialenv.errors import AssetError

INDEX_NAME = "assets.json"
"""Name of the index in a folder of assets; see `spatialenv.assets.index`."""

MAX_PATH = 1000
"""Most characters of the path of a file inside its folder."""

MAX_BYTES = 64 << 20
"""Greatest size of a file."""


def inside(folder: Path, name: object) -> Path:
    """Return the path of a file in a folder, links followed.

    Args:
        folder: The folder that holds all that may be read.
        name: Path inside the folder; it need not be there.

    Raises:
        AssetError: If it is no path, or leads out of the folder.
    """
    if not isinstance(name, str) or not name or "\0" in name:
        raise AssetError(f"an object's asset is {name!r}; give the path of a mesh in the folder of assets")
    if len(name) > MAX_PATH:
        raise AssetError(f"an object's asset is a path of {len(name)} characters; allowed: up to {MAX_PATH}")
    try:
        base = folder.resolve()
        path = (base / name).resolve()
    except (OSError, RuntimeError) as error:  # a loop of links is one or the other
        raise AssetError(f"the asset {name!r} cannot be reached: {error}; check the folder") from error
    if Path(name).is_absolute() or ".." in Path(name).parts or not path.is_relative_to(base):
        raise AssetError(f"the asset {name!r} leads out of its folder; give a path inside the folder")
    return path


def read_file(path: Path, limit: int = MAX_BYTES) -> bytes:
    """Return what a plain file holds.

    Args:
        path: The file; the last part of the path may be no link.
        limit: Most bytes that are read.

    Raises:
        AssetError: If it cannot be read, is larger, or is a folder, device, pipe or link; the message is the end of a
            sentence that begins with the file's name.
    """
    try:
        _check(os.lstat(path), limit)
        # A pipe that took the file's place in between is not waited for.
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC), "rb") as file:
            found = os.fstat(file.fileno())
            _check(found, limit)
            content = file.read(found.st_size + 1)
    except OSError as error:
        raise AssetError(f"cannot be read: {error.strerror or error}; check the folder") from error
    if len(content) > found.st_size:
        raise AssetError("grew while it was read; try again when it is whole")
    return content


def _check(found: os.stat_result, limit: int) -> None:
    if not stat.S_ISREG(found.st_mode):
        kind = "a folder" if stat.S_ISDIR(found.st_mode) else "a link, a pipe or a device"
        raise AssetError(f"is {kind}; give a plain file")
    if found.st_size > limit:
        raise AssetError(_too_large(found.st_size, limit))


def _too_large(size: int, limit: int) -> str:
    return f"has {size / 1e6:.0f} MB; at most {limit >> 20} MiB are read: simplify it"
