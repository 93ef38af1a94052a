"""Meshes from files of one folder, as solids."""

from __future__ import annotations

import io
import os
import warnings
from functools import lru_cache
from pathlib import Path
from typing import Literal, get_args

import numpy as np

from spatialenv.core.placed import FloatArray, PlacedScene
from spatialenv.errors import FileFormatError, InputError, nearest, require
from spatialenv.physics.solids import Solid, make_solid

FORMATS = (".glb", ".obj", ".ply", ".stl")
"""Endings of the files that are read."""

MAX_BYTES = 64 << 20
"""Greatest size of a file."""

MAX_FACES = 1_000_000
"""Most triangles of a mesh."""

Up = Literal["auto", "y", "z"]
"""Which axis of a file points up: ``auto``, y in GLB as its standard says, and z in all others."""

_KEPT = 256
_FROM_Y_UP: FloatArray = np.array(((-1.0, 0.0, 0.0), (0.0, 0.0, 1.0), (0.0, 1.0, 0.0)))
"""A glTF model looks along its +z and stands along +y: (x, y, z) here is (-x, z, y) there."""


def read_solid(folder: str | os.PathLike[str], asset: str, up: Up = "auto") -> Solid:
    """Return the solid of a mesh in a folder; kept until the file changes.

    Args:
        folder: The folder that holds all meshes.
        asset: Path of the file inside the folder, with an ending of `FORMATS`.
        up: Which axis points up in the file. Where it is y, the front looks along +z, as in glTF; where it is z, the
            front looks along +y, as here.

    Raises:
        InputError: If `asset` leads out of the folder, or an argument is wrong.
        FileFormatError: If the file is not there, is too large, cannot be read or encloses no volume.
        MissingExtraError: If trimesh or manifold3d is not installed.
    """
    if up not in get_args(Up):
        raise InputError(f"`up` is {up!r};{nearest(str(up), get_args(Up))} give 'auto', 'y' or 'z'")
    path = _inside(Path(folder), asset)
    try:
        found = path.stat()
    except OSError as error:
        raise FileFormatError(f"cannot read the mesh {asset!r}: {error.strerror}; check the folder") from error
    if found.st_size > MAX_BYTES:
        raise FileFormatError(
            f"the mesh {asset!r} has {found.st_size / 1e6:.0f} MB; at most {MAX_BYTES >> 20} MiB are read: simplify it"
        )
    is_y_up = path.suffix.lower() == ".glb" if up == "auto" else up == "y"
    return _read(path, asset, is_y_up, found.st_mtime_ns, found.st_size)


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


def _inside(folder: Path, asset: object) -> Path:
    """Return the path of an asset that is inside the folder, links followed."""
    if not isinstance(asset, str) or not asset or "\0" in asset:
        raise InputError(f"an object's asset is {asset!r}; give the path of a mesh in the folder of assets")
    if Path(asset).suffix.lower() not in FORMATS:
        raise FileFormatError(f"the asset {asset!r} is no mesh that can be read; allowed: {', '.join(FORMATS)}")
    base = folder.resolve()
    path = (base / asset).resolve()
    if Path(asset).is_absolute() or ".." in Path(asset).parts or not path.is_relative_to(base):
        raise InputError(f"the asset {asset!r} leads out of its folder; give a path inside the folder")
    return path


@lru_cache(maxsize=_KEPT)
def _read(path: Path, asset: str, is_y_up: bool, changed: int, size: int) -> Solid:
    trimesh = require("trimesh", "meshes", "a mesh as a shape")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise FileFormatError(f"cannot read the mesh {asset!r}: {error.strerror}; check the folder") from error
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of materials and textures, which do not matter here
            # From memory, so that nothing else that the file names (materials, buffers) can be read.
            scene = trimesh.load_scene(io.BytesIO(content), file_type=path.suffix.lower()[1:])
            mesh = scene.to_mesh()
            vertices, faces = np.array(mesh.vertices, dtype=np.float64), np.array(mesh.faces, dtype=np.int64)
    except Exception as error:  # each of its readers fails in its own ways
        raise FileFormatError(f"the mesh {asset!r} cannot be read: {type(error).__name__}: {error}") from error
    if not 0 < len(faces) <= MAX_FACES:
        raise FileFormatError(f"the mesh {asset!r} has {len(faces)} triangles; allowed: 1 to {MAX_FACES}")
    try:
        return make_solid(vertices @ _FROM_Y_UP.T if is_y_up else vertices, faces)
    except FileFormatError as error:
        raise FileFormatError(f"the mesh {asset!r} cannot be used: {error}") from error
