"""What the worker's process knows of a shape, and the files and textures that PyBullet reads."""

from __future__ import annotations

import struct
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

SOLID, GLASS, AWAY = 0, 1, 2
"""What a shape is: solid, glass, or of the room where it stands between the light and what is in it."""

NUMBER_SIDES = (16, 64, 256)
"""Sides of the textures that hold the numbers of triangles."""

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]


class Shape(NamedTuple):
    """Triangles of one material."""

    role: int
    corners: Floats
    normals: Floats
    uvs: Floats | None
    colour: tuple[float, ...]
    opacity: float


def wavefront(shape: Shape) -> str:
    """Return a shape as the text of an OBJ file."""
    uvs = np.zeros((len(shape.corners), 2)) if shape.uvs is None else shape.uvs
    lines = [f"v {x:.9g} {y:.9g} {z:.9g}" for x, y, z in shape.corners.tolist()]
    lines += [f"vn {x:.9g} {y:.9g} {z:.9g}" for x, y, z in shape.normals.tolist()]
    lines += [f"vt {u:.9g} {v:.9g}" for u, v in uvs.tolist()]
    for first in range(1, len(shape.corners) + 1, 3):
        lines.append("f " + " ".join(f"{k}/{k}/{k}" for k in range(first, first + 3)))
    return "\n".join(lines) + "\n"


def targa(pixels: Bytes) -> bytes:
    """Return a picture ``(h, w, 3)`` as an uncompressed TGA file, which PyBullet reads."""
    height, width = pixels.shape[:2]
    start = struct.pack("<3B5x2H2H2B", 0, 0, 2, 0, 0, width, height, 24, 0x20)
    return start + pixels[..., ::-1].tobytes()


def number_side(triangles: int) -> int:
    """Return the side of the texture that holds the numbers of so many triangles."""
    return next(side for side in NUMBER_SIDES if side * side >= triangles)


def number_texture(side: int) -> bytes:
    """Return the file of a texture whose texels hold their numbers: row by row, most significant byte first."""
    numbers = np.arange(side * side, dtype=np.uint32).reshape(side, side)
    return targa(np.stack([numbers >> 16, numbers >> 8 & 255, numbers & 255], axis=-1).astype(np.uint8))
