"""JSON files, read with errors in one line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from spatialenv.errors import FileFormatError


def read_text(path: Path) -> str:
    """Return what a UTF-8 file holds.

    Raises:
        FileFormatError: If it cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise FileFormatError(
            f"{str(path)!r} cannot be read: {error.strerror or error}; give an existing file"
        ) from error
    except UnicodeDecodeError as error:
        raise FileFormatError(f"{str(path)!r} is not UTF-8 text (byte {error.start}); give a JSON file") from error


def parse_json(text: str, where: str) -> Any:
    """Return what JSON says.

    Raises:
        FileFormatError: If it is not JSON; NaN and Infinity are not.
    """

    def refuse(constant: str) -> float:
        raise FileFormatError(f"{where}: {constant} is not JSON; write null or a finite number")

    try:
        return json.loads(text, parse_constant=refuse)
    except json.JSONDecodeError as error:
        raise FileFormatError(
            f"{where} is not JSON: {error.msg[0].lower()}{error.msg[1:]} at line {error.lineno} column {error.colno}"
        ) from error
    except (RecursionError, ValueError) as error:
        if isinstance(error, FileFormatError):
            raise
        raise FileFormatError(f"{where} is not JSON that can be read: {error}") from error


def read_json(path: Path) -> Any:
    """Return what a JSON file holds, or raise FileFormatError."""
    return parse_json(read_text(path), repr(str(path)))
