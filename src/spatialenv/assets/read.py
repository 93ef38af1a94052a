"""Meshes from files: one reader for every format, which never reads outside a folder and never takes long."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Literal, NamedTuple, get_args

import numpy as np

from spatialenv.assets.files import inside, read_file
from spatialenv.assets.gltf import read_gltf
from spatialenv.assets.obj import read_obj
from spatialenv.assets.ply import read_ply
from spatialenv.assets.raw import MAX_FACES, RawMesh
from spatialenv.assets.stl import read_stl
from spatialenv.assets.surface import LEAST, simplify, to_mesh
from spatialenv.core.mesh import TriangleMesh
from spatialenv.core.placed import FloatArray
from spatialenv.errors import AssetError, InputError, nearest

FORMATS = (".glb", ".gltf", ".obj", ".ply", ".stl")
"""Endings of the files that are read."""

MAX_DRAWN = 20_000
"""Most triangles of a mesh that is drawn; one with more is simplified."""

Axis = Literal["+x", "-x", "+y", "-y", "+z", "-z"]
"""A direction in a file's own axes."""

AXES: tuple[Axis, ...] = get_args(Axis)


class Axes(NamedTuple):
    """Which way an asset stands in its file.

    Attributes:
        front: Where its front looks.
        up: Where its top is; at a right angle to the front.
    """

    front: Axis
    up: Axis

    @property
    def turn(self) -> FloatArray:
        """Matrix from the file's axes to ours (front +y, up +z), ``(3, 3)``, a rotation.

        Raises:
            InputError: If the two are not at a right angle, or are no axes.
        """
        for name, axis in (("front", self.front), ("up", self.up)):
            if axis not in AXES:
                raise InputError(f"`{name}` is {axis!r};{nearest(str(axis), AXES)} allowed: {', '.join(AXES)}")
        if self.front[1] == self.up[1]:
            raise InputError(f"`front` is {self.front!r} and `up` {self.up!r}; give two axes at a right angle")
        front, up = _direction(self.front), _direction(self.up)
        return np.stack([np.cross(front, up), front, up])


Y_UP, Z_UP = Axes("+z", "+y"), Axes("+y", "+z")


def usual_axes(name: str | Path) -> Axes:
    """Return which way an asset stands where nothing is said: as glTF's standard says, in other files as here.

    Example:
        >>> usual_axes("chair.glb"), usual_axes("chair.obj")
        (Axes(front='+z', up='+y'), Axes(front='+y', up='+z'))
    """
    return Y_UP if Path(name).suffix.lower() in (".glb", ".gltf") else Z_UP


def read_raw(folder: Path, name: str, *, with_looks: bool = True) -> RawMesh:
    """Return what a file holds, in its own axes; see `read_mesh`.

    Args:
        folder: The folder that nothing leads out of.
        name: Path of the file inside it.
        with_looks: Whether materials and textures are read too; without them only this one file is opened.
    """
    path = inside(folder, name)
    ending = path.suffix.lower()
    if Path(name).suffix.lower() not in FORMATS or ending not in FORMATS:
        raise AssetError(f"the asset {name!r} is no mesh that can be read; allowed: {', '.join(FORMATS)}")
    try:
        content = read_file(path)
        if ending in (".glb", ".gltf"):
            return read_gltf(content, is_binary=ending == ".glb", with_looks=with_looks)
        if ending == ".obj":
            return read_obj(content, path.parent if with_looks else None)
        return read_ply(content, with_looks=with_looks) if ending == ".ply" else read_stl(content)
    except AssetError as error:
        raise AssetError(f"the asset {name!r} {error}") from error
    except Exception as error:  # a file may be wrong in ways that nobody thought of
        raise AssetError(
            f"the asset {name!r} cannot be read: {type(error).__name__}: {error}; export it again"
        ) from error


def read_mesh(
    folder: Path | str, name: str, axes: Axes | None = None, most: int = MAX_DRAWN, *, with_looks: bool = True
) -> TriangleMesh:
    """Return the mesh of a file in our axes (front +y, up +z), in the file's units.

    Nothing outside the folder is opened, whatever the file names, and nothing beyond the limits of this package is
    decoded; skins and animations are left out.

    Args:
        folder: The folder that nothing leads out of.
        name: Path of the file inside it, with an ending of `FORMATS`.
        axes: Which way it stands; None for `usual_axes`.
        most: Most triangles; a mesh with more is simplified.
        with_looks: Whether materials, colours and textures are read.

    Raises:
        AssetError: If the file cannot be used.
        InputError: If `axes` are not two axes at a right angle, or `most` is below `LEAST`.
    """
    stance = axes or usual_axes(name)
    if most < LEAST:
        raise InputError(f"`most` is {most}; allowed: {LEAST} to {MAX_FACES} triangles")
    _ = stance.turn
    return to_drawn(read_raw(Path(folder), name, with_looks=with_looks), stance, name, most)


def to_drawn(raw: RawMesh, axes: Axes, name: str, most: int = MAX_DRAWN) -> TriangleMesh:
    """Return what a file holds, turned to our axes and with few enough triangles to be drawn.

    Args:
        raw: What the file holds.
        axes: Which way it stands there.
        name: What it is called, for messages.
        most: Most triangles, at least `LEAST`.

    Raises:
        AssetError: If no triangle has an area.
    """
    few = simplify(raw, most)
    if not len(few.faces):
        raise AssetError(f"the asset {name!r} has no triangle with an area; export it again")
    return to_mesh(replace(few, vertices=few.vertices @ axes.turn.T))


def _direction(axis: Axis) -> FloatArray:
    direction = np.zeros(3)
    direction["xyz".index(axis[1])] = -1.0 if axis[0] == "-" else 1.0
    return direction
