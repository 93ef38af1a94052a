"""Meshes from files of one folder, as solids."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from spatialenv.assets.files import INDEX_NAME, inside
from spatialenv.assets.read import Y_UP, Z_UP, Axes, read_raw, usual_axes
from spatialenv.core.placed import PlacedScene
from spatialenv.errors import AssetError, FileFormatError, InputError, nearest
from spatialenv.physics.solids import Solid, make_solid

if TYPE_CHECKING:
    from spatialenv.assets.folder import FolderSource

Up = Literal["auto", "y", "z"]
"""Which axis of a file points up: ``auto``, what the folder's index says, else y in glTF as its standard says, and z in
all others."""

_KEPT = 256


def read_solid(folder: str | os.PathLike[str], asset: str, up: Up = "auto") -> Solid:
    """Return the solid of a mesh in a folder; kept until the file changes.

    Args:
        folder: The folder that holds all meshes.
        asset: Path of the file inside the folder, with an ending of `spatialenv.assets.read.FORMATS`, or an id of the
            folder's index (`spatialenv.assets.index`).
        up: Which axis points up in the file. Where it is y, the front looks along +z, as in glTF; where it is z, the
            front looks along +y, as here.

    Raises:
        InputError: If `up` is wrong.
        AssetError: If `asset` leads out of the folder, or the file is not there, is too large, or cannot be read.
        FileFormatError: If it encloses no volume.
        MissingExtraError: If trimesh or manifold3d is not installed.
    """
    if up not in get_args(Up):
        raise InputError(f"`up` is {up!r};{nearest(str(up), get_args(Up))} give 'auto', 'y' or 'z'")
    file = _source(str(folder), _changed(Path(folder) / INDEX_NAME)).locate(asset)
    changed = _changed(inside(file.folder, file.name))
    if changed is None:
        raise AssetError(f"the asset {file.name!r} cannot be read: No such file or directory; check the folder")
    axes = file.axes or usual_axes(file.name)
    if up != "auto":
        axes = Y_UP if up == "y" else Z_UP
    return _read(file.folder, file.name, axes, changed)


def solids_of(placed: PlacedScene, folder: str | os.PathLike[str] | None, up: Up = "auto") -> list[Solid | None]:
    """Return the shape of each placed object: the mesh that its `asset` names, None (a box) where there is none.

    Raises:
        InputError: If an object has an asset and no folder is given.
        FileFormatError: As `read_solid`.
        MissingExtraError: As `read_solid`.
    """
    solids: list[Solid | None] = []
    for item in placed.objects:
        if item.asset is not None and folder is None:
            raise InputError(
                f"object {item.id!r} has the asset {item.asset!r}; say in which folder it is by the option `assets`"
            )
        solids.append(None if item.asset is None or folder is None else read_solid(folder, item.asset, up))
    return solids


def _changed(path: Path) -> tuple[int, int] | None:
    """Return what changes when a file does, None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


@lru_cache(maxsize=16)
def _source(folder: str, changed: tuple[int, int] | None) -> FolderSource:
    from spatialenv.assets.folder import FolderSource

    return FolderSource(folder)


@lru_cache(maxsize=_KEPT)
def _read(folder: Path, asset: str, axes: Axes, changed: tuple[int, int]) -> Solid:
    raw = read_raw(folder, asset, with_looks=False)
    try:
        return make_solid(raw.vertices @ axes.turn.T, raw.faces)
    except FileFormatError as error:
        raise FileFormatError(f"the asset {asset!r} cannot be used: {error}") from error
