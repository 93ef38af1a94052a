"""Values as JSON holds them: made plain, flattened, written and read."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from spatialenv.errors import FileFormatError, InputError
from spatialenv.formats.atomic import write_atomically


def to_plain(value: Any, where: str) -> Any:
    """Return `value` as JSON types: paths as text, arrays as lists, numbers not finite as None.

    Raises:
        InputError: If something in it is none of these; `where` says where in the message.
    """
    if hasattr(value, "tolist"):  # numpy and torch, scalars and arrays
        value = value.tolist()
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, Mapping):
        return {str(key): to_plain(item, f"{where}.{key}") for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_plain(item, f"{where}[{index}]") for index, item in enumerate(value)]
    raise InputError(
        f"`{where}` is a {type(value).__name__}, which JSON cannot hold; use mappings, lists, text, numbers, true, null"
    )


def flatten(value: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return nested mappings as one with dotted keys; an empty mapping is kept as a value.

    Example:
        >>> flatten({"rl": {"steps": 3}, "seed": 0})
        {'rl.steps': 3, 'seed': 0}
    """
    flat: dict[str, Any] = {}
    for key, item in value.items():
        if isinstance(item, Mapping) and item:
            flat.update(flatten(item, f"{prefix}{key}."))
        else:
            flat[f"{prefix}{key}"] = item
    return flat


def write_json(path: Path, value: Any) -> Path:
    """Write strict JSON atomically and return `path`."""
    return write_atomically(path, json.dumps(value, indent=2, allow_nan=False, ensure_ascii=False) + "\n")


def read_object(path: Path) -> dict[str, Any]:
    """Return what a JSON file of a run holds, an object."""
    try:
        loaded = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise FileFormatError(f"{str(path)!r} is not JSON ({error}); restore it or start the run anew") from error
    if not isinstance(loaded, dict):
        raise FileFormatError(f"{str(path)!r} holds a {type(loaded).__name__}; it must be a JSON object")
    return loaded
