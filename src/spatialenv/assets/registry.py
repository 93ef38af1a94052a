"""Sources of assets by name: an explicit table, then the entry points of other packages."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, TypeAlias

from spatialenv.assets.base import AssetSource
from spatialenv.assets.library import AssetLibrary
from spatialenv.core.part import Registry
from spatialenv.errors import InputError

SOURCES = {
    "folder": "spatialenv.assets.folder:FolderSource",
    "objaverse": "spatialenv.assets.objaverse:ObjaverseSource",
}
"""Sources of this package: name -> ``module:class``."""

REGISTRY = Registry("source of assets", SOURCES, "spatialenv.assets")
"""These, and the sources that other distributions offer."""

AssetSpec: TypeAlias = "str | os.PathLike[str] | Mapping[str, Any] | AssetSource | AssetLibrary"
"""What `make_source` and `make_library` take."""


def make_source(spec: AssetSpec) -> AssetSource:
    """Return a source of assets.

    Args:
        spec: The path of a folder; a name (``"objaverse"``; a folder of that name is ``"./objaverse"``); a mapping
            with ``name`` and the source's options (``{"name": "folder", "folder": "meshes", "retrieve": True}``); or a
            source, which is returned as it is.

    Raises:
        UnknownNameError: If no source has that name.
        InputError: If `spec` is of another kind or an option is not allowed.
        AssetError: If a folder is not there.
    """
    if isinstance(spec, AssetLibrary):
        return spec.source
    if isinstance(spec, Mapping):
        options = dict(spec)
        name = options.pop("name", "folder" if "folder" in options else None)
        if name is None:
            raise InputError(f"the assets {dict(spec)!r} have no `name`; known: {', '.join(REGISTRY.names())}")
        made: AssetSource = REGISTRY.make(name, options)
        return made
    if isinstance(spec, str | os.PathLike):
        if isinstance(spec, str) and spec != "folder" and REGISTRY.knows(spec):
            made = REGISTRY.make(spec, {})
            return made
        made = REGISTRY.make("folder", {"folder": spec})
        return made
    if isinstance(spec, AssetSource):
        return spec
    raise InputError(f"`assets` is {spec!r}; it must be a folder, a name, or a mapping with `name` and options")


def make_library(spec: AssetSpec) -> AssetLibrary:
    """Return the library of a source; a library is returned as it is.

    Args:
        spec: As `make_source` takes it.

    Raises:
        InputError: As `make_source`.
    """
    return spec if isinstance(spec, AssetLibrary) else AssetLibrary(make_source(spec))
