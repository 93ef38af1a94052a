"""What is installed beside this package, and whether compiled kernels can be kept."""

from __future__ import annotations

import importlib
import re
import sys
import tempfile
from importlib import metadata
from typing import Any

_REQUIREMENT = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)(\[(?P<extras>[^\]]*)\])?")
_EXTRA = re.compile(r"""extra == ['"](?P<extra>[^'"]+)['"]""")


def requirements() -> dict[str, list[str]]:
    """Return the packages that the core (key ``""``) and each extra need on this Python."""
    needs: dict[str, list[str]] = {"": []}
    for line in metadata.requires("spatialenv") or ():
        specifier, _, marker = line.partition(";")
        found = _REQUIREMENT.match(specifier.strip())
        extra = _EXTRA.search(marker)
        if found is None or found["name"] == "spatialenv":  # the extra `all` names this package
            continue
        if 'python_version < "3.12"' in marker and sys.version_info >= (3, 12):
            continue
        needs.setdefault(extra["extra"] if extra else "", []).append(found["name"])
    return needs


def installed(name: str) -> str | None:
    """Return the version of an installed distribution, or None."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def probe_cache() -> dict[str, Any]:
    """Say where compiled kernels are kept, and whether they can be written there."""
    try:
        kernels = importlib.import_module("spatialenv.core.kernels")
    except RuntimeError as error:  # numba found no folder that it may write to
        return {"folder": None, "writable": False, "advice": f"{error}; set NUMBA_CACHE_DIR to a folder of yours"}
    folders = {value.stats.cache_path for value in vars(kernels).values() if hasattr(value, "stats")}
    folder = next(iter(sorted(filter(None, folders))), None)
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        advice = f"{error.strerror}: set NUMBA_CACHE_DIR to a folder of yours, else each process compiles anew"
        return {"folder": folder, "writable": False, "advice": advice}
    return {"folder": folder, "writable": True, "advice": None}
