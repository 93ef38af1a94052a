"""Triangle meshes as other programs take them: a list of corners for each material, each with normal and texture."""

from __future__ import annotations

import io
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image

from spatialenv.core.mesh import Colour, Material, Texture, TriangleMesh
from spatialenv.core.placed import BoolArray, FloatArray, IntArray


class Surface(NamedTuple):
    """The triangles of one material.

    Attributes:
        material: The material.
        positions: Metres, ``(v, 3)``.
        normals: Unit normals, ``(v, 3)``.
        uvs: In repeats, v up, ``(v, 2)``; None where the material has no texture.
        faces: Corners of each triangle, counter-clockwise from outside, ``(f, 3)``.
    """

    material: Material
    positions: FloatArray
    normals: FloatArray
    uvs: FloatArray | None
    faces: IntArray


def surfaces(mesh: TriangleMesh) -> tuple[Surface, ...]:
    """Return a surface for each material that is used; triangles without area are left out.

    Example:
        >>> from spatialenv.core.mesh import box_mesh
        >>> (surface,) = surfaces(box_mesh((1, 1, 1), Material((200.0, 200.0, 200.0))))
        >>> surface.positions.shape, surface.faces.shape
        ((24, 3), (12, 3))
    """
    shown = has_area(mesh)
    corners, normals = mesh.corners, mesh.corner_normals
    found = []
    for number, material in enumerate(mesh.materials):
        rows = np.flatnonzero(shown & (mesh.material_of == number))
        if not len(rows):
            continue
        parts = [corners[rows].reshape(-1, 3), normals[rows].reshape(-1, 3)]
        if material.texture is not None and mesh.uvs is not None:
            parts.append(mesh.uvs[rows].reshape(-1, 2).astype(np.float64))
        table, index = np.unique(np.concatenate(parts, axis=1), axis=0, return_inverse=True)
        uvs = table[:, 6:] if len(parts) == 3 else None
        found.append(Surface(material, table[:, :3], table[:, 3:6], uvs, index.reshape(-1, 3)))
    return tuple(found)


def has_area(mesh: TriangleMesh) -> BoolArray:
    """Return which triangles have an area, ``(f,)``: others have no normal, which other programs refuse."""
    lengths = np.linalg.norm(mesh.corner_normals, axis=2).min(axis=1) if len(mesh) else np.zeros(0)
    shown: BoolArray = (lengths > 0.5) & (np.linalg.norm(mesh.normals, axis=1) > 0.5)
    return shown


def linear(colour: Colour) -> tuple[float, float, float]:
    """Return a colour as shares of light, 0 to 1, from 0 to 255 of a picture (sRGB).

    Example:
        >>> [round(part, 4) for part in linear((255.0, 128.0, 0.0))]
        [1.0, 0.2159, 0.0]
    """
    red, green, blue = (_decoded(min(max(part / 255.0, 0.0), 1.0)) for part in colour)
    return red, green, blue


def _decoded(value: float) -> float:
    share: float = value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
    return share


def png(texture: Texture) -> bytes:
    """Return a texture as a PNG."""
    held = io.BytesIO()
    Image.fromarray(np.asarray(texture.pixels, dtype=np.uint8)).save(held, format="PNG", compress_level=6)
    return held.getvalue()


def float32(values: npt.ArrayLike) -> npt.NDArray[np.float32]:
    """Return numbers as little-endian float32, -0 as 0."""
    return np.ascontiguousarray(np.asarray(values) + 0.0, dtype="<f4")
