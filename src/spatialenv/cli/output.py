"""Files that the command writes: asked about early, written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from spatialenv.errors import InputError
from spatialenv.formats.atomic import write_atomically


def check_writable(path: Path) -> None:
    """Raise InputError now if `path` could not be written later.

    Folders that do not exist yet are no mistake: `write` makes them.
    """
    if path.is_dir():
        raise InputError(f"cannot write {str(path)!r}: it is a folder; name a file in it")
    folder = path.absolute().parent
    while not folder.exists():
        folder = folder.parent
    if not folder.is_dir():
        raise InputError(f"cannot write {str(path)!r}: {str(folder)!r} is not a folder; choose another place")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise InputError(f"cannot write {str(path)!r}: no permission in {str(folder)!r}; choose another place")


def write(path: Path, content: bytes) -> None:
    """Write a file, whole or not at all, and the folders that it needs.

    Raises:
        InputError: If it cannot be written; then nothing is left behind.
    """
    make_folders(path)
    write_atomically(path, content, is_durable=False)


def make_folders(path: Path) -> None:
    """Make the folders that a file needs.

    Raises:
        InputError: If they cannot be made, or `path` cannot be written.
    """
    check_writable(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot write {str(path)!r}: {error.strerror}; choose another place") from error
