"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import secrets
import shutil
from pathlib import Path

from spatialenv.errors import FileFormatError


def write_atomically(path: Path, content: bytes | str, *, is_durable: bool = True) -> Path:
    """Write a file so that there is never half of it: under another name beside it, then renamed.

    Args:
        path: The file; its folder must exist.
        content: What it shall hold; text is written as UTF-8.
        is_durable: Whether to wait until the disk has it, so that a power cut leaves the old file or the new.

    Returns:
        `path`.

    Raises:
        FileFormatError: If it cannot be written; then nothing is left behind.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        try:
            with temporary.open("xb") as file:
                file.write(content.encode() if isinstance(content, str) else content)
                if is_durable:
                    file.flush()
                    os.fsync(file.fileno())
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise FileFormatError(
            f"{str(path)!r} cannot be written: {error.strerror or error}; give a file in a folder that can"
        ) from error
    return path


def replace_folder(written: Path, place: Path) -> Path:
    """Move a folder that is complete to its place; one that is there already goes away.

    A reader finds the new folder or the old one, or, for a moment, none.

    Args:
        written: The folder to move, on the same disk.
        place: Where it shall be.

    Returns:
        `place`.
    """
    old = place.with_name(f".{place.name}.{secrets.token_hex(4)}.old")
    if place.exists():
        os.replace(place, old)
    os.replace(written, place)
    shutil.rmtree(old, ignore_errors=True)
    return place
