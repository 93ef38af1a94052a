"""Triangle meshes with materials: what furniture, assets and rooms are drawn from, by any renderer or viewer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from spatialenv.core.placed import FloatArray
from spatialenv.errors import InputError

Colour = tuple[float, float, float]
"""Red, green, blue, each 0 to 255, as in a picture (sRGB)."""

MAX_TEXTURE_SIDE = 1024
"""Greatest width and height of a texture in texels."""


@dataclass(frozen=True, slots=True, eq=False)
class Texture:
    """A picture that is laid over a surface again and again; compared by identity.

    Attributes:
        pixels: ``(H, W, 3)`` uint8, read-only; row 0 is at the top, where ``v = 1``. H and W are powers of two up to
            `MAX_TEXTURE_SIDE`.

    Raises:
        InputError: If the array is of another form.
    """

    pixels: npt.NDArray[np.uint8]

    def __post_init__(self) -> None:
        pixels = np.ascontiguousarray(self.pixels)
        sides = pixels.shape[:2]
        is_form = pixels.dtype == np.uint8 and pixels.ndim == 3 and pixels.shape[2] == 3
        if not is_form or not all(side.bit_count() == 1 and side <= MAX_TEXTURE_SIDE for side in sides):
            raise InputError(
                f"a texture is {pixels.dtype} {pixels.shape}; it must be uint8 (H, W, 3), "
                f"H and W powers of two up to {MAX_TEXTURE_SIDE}"
            )
        pixels = pixels.copy() if pixels is self.pixels and pixels.flags.writeable else pixels
        pixels.flags.writeable = False
        object.__setattr__(self, "pixels", pixels)


@dataclass(frozen=True, slots=True)
class Material:
    """How a surface looks.

    Attributes:
        colour: Base colour, 0 to 255 each.
        texture: Multiplies the base colour, texel / 255; None for a plain colour.
        opacity: 1 is solid; below it is glass, of which so much is seen.
        roughness: 0 is a mirror, 1 is chalk.
        metallic: 0 or 1, or between.
        emission: Share of the colour that shines by itself, 0 to 1: lamp shades, screens.
        double_sided: Whether the back of its triangles is drawn too: leaves, curtains.
    """

    colour: Colour
    texture: Texture | None = None
    opacity: float = 1.0
    roughness: float = 0.8
    metallic: float = 0.0
    emission: float = 0.0
    double_sided: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class TriangleMesh:
    """Triangles with materials; arrays are read-only and shared.

    An object's mesh stands in its own frame: the middle of its box at the origin, length along x, width along y,
    height along z, the front at +y.

    Attributes:
        vertices: Metres, ``(v, 3)`` float64.
        faces: Vertices of each triangle, counter-clockwise from outside, ``(f, 3)`` int32.
        materials: The materials.
        material_of: Which of them each triangle has, ``(f,)`` int32.
        smoothing: Smoothing group of each triangle, ``(f,)`` int32: triangles of one group that share vertices are one
            smooth surface, and no line is drawn between them.
        uvs: Where each corner lies on its texture, in repeats, ``(f, 3, 2)`` float32; None where there is no texture.

    Raises:
        InputError: If the arrays do not fit each other or are not finite.

    Example:
        >>> box = box_mesh((1.0, 2.0, 0.5), Material((200.0, 180.0, 160.0)))
        >>> len(box), box.bounds.tolist()
        (12, [[-0.5, -1.0, -0.25], [0.5, 1.0, 0.25]])
    """

    vertices: FloatArray
    faces: npt.NDArray[np.int32]
    materials: tuple[Material, ...]
    material_of: npt.NDArray[np.int32]
    smoothing: npt.NDArray[np.int32]
    uvs: npt.NDArray[np.float32] | None = field(default=None)

    def __post_init__(self) -> None:
        count = len(self.faces)
        _set(self, "vertices", np.asarray(self.vertices, dtype=np.float64).reshape(-1, 3))
        _set(self, "faces", np.asarray(self.faces, dtype=np.int32).reshape(-1, 3))
        _set(self, "material_of", np.asarray(self.material_of, dtype=np.int32))
        _set(self, "smoothing", np.asarray(self.smoothing, dtype=np.int32))
        if self.uvs is not None:
            _set(self, "uvs", np.asarray(self.uvs, dtype=np.float32))
        shapes = (self.material_of.shape, self.smoothing.shape, (count, 3, 2) if self.uvs is None else self.uvs.shape)
        if shapes != ((count,), (count,), (count, 3, 2)):
            raise InputError(f"a mesh of {count} triangles has arrays of the shapes {shapes}; give one row a triangle")
        if not np.all(np.isfinite(self.vertices)) or (self.uvs is not None and not np.all(np.isfinite(self.uvs))):
            raise InputError("a mesh has vertices or texture coordinates that are not finite; leave those out")
        for name, values, limit in (
            ("faces", self.faces, len(self.vertices)),
            ("material_of", self.material_of, len(self.materials)),
        ):
            if count and not (values.min() >= 0 and values.max() < limit):
                raise InputError(f"`{name}` of a mesh holds {values.min()}..{values.max()}; allowed: 0..{limit - 1}")

    def __len__(self) -> int:
        """Return the number of triangles."""
        return len(self.faces)

    @property
    def corners(self) -> FloatArray:
        """Corners of the triangles in metres, ``(f, 3, 3)``."""
        corners: FloatArray = self.vertices[self.faces]
        return corners

    @property
    def bounds(self) -> FloatArray:
        """Least and greatest x, y, z of what the triangles use, ``(2, 3)``; zeros when there is none."""
        if not len(self):
            return np.zeros((2, 3))
        used = self.vertices[np.unique(self.faces)]
        return np.stack([used.min(axis=0), used.max(axis=0)])

    @property
    def normals(self) -> FloatArray:
        """Unit normals of the triangles, ``(f, 3)``; 0 where one has no area."""
        corners = self.corners
        crossed = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        return _unit(crossed)

    @property
    def corner_normals(self) -> FloatArray:
        """Unit normals at the corners, smooth within each smoothing group, ``(f, 3, 3)``."""
        corners = self.corners
        crossed = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        keys = np.stack([np.repeat(self.smoothing, 3), self.faces.ravel()], axis=1)
        _, inverse = np.unique(keys, axis=0, return_inverse=True)
        inverse = inverse.reshape(-1)
        total = np.zeros((int(inverse.max(initial=-1)) + 1, 3))
        np.add.at(total, inverse, np.repeat(crossed, 3, axis=0))
        return _unit(total)[inverse].reshape(-1, 3, 3)

    def placed(self, center: Sequence[float] | FloatArray, yaw: float) -> TriangleMesh:
        """Return the mesh turned by `yaw` radians about z, then moved by `center` metres."""
        cosine, sine = math.cos(yaw), math.sin(yaw)
        turn = np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]])
        return replace(self, vertices=self.vertices @ turn.T + np.asarray(center, dtype=np.float64))


def join(meshes: Sequence[TriangleMesh]) -> TriangleMesh:
    """Return several meshes as one; smoothing groups of different meshes stay apart.

    Example:
        >>> pale = Material((240.0, 240.0, 240.0))
        >>> len(join([box_mesh((1, 1, 1), pale), box_mesh((2, 2, 2), pale)]))
        24
    """
    materials = tuple(dict.fromkeys(material for mesh in meshes for material in mesh.materials))
    number = {material: k for k, material in enumerate(materials)}
    vertices, faces, looks, groups, uvs = [], [], [], [], []
    first, group = 0, 0
    with_uvs = any(mesh.uvs is not None for mesh in meshes)
    for mesh in meshes:
        vertices.append(mesh.vertices)
        faces.append(mesh.faces + first)
        looks.append(np.array([number[material] for material in mesh.materials], dtype=np.int32)[mesh.material_of])
        groups.append(mesh.smoothing + group)
        uvs.append(np.zeros((len(mesh), 3, 2), np.float32) if mesh.uvs is None else mesh.uvs)
        first += len(mesh.vertices)
        group += int(mesh.smoothing.max(initial=-1)) + 1
    return TriangleMesh(
        vertices=np.concatenate(vertices) if vertices else np.zeros((0, 3)),
        faces=np.concatenate(faces) if faces else np.zeros((0, 3), np.int32),
        materials=materials,
        material_of=np.concatenate(looks) if looks else np.zeros(0, np.int32),
        smoothing=np.concatenate(groups) if groups else np.zeros(0, np.int32),
        uvs=np.concatenate(uvs) if with_uvs else None,
    )


def box_mesh(
    size: Sequence[float], material: Material, center: Sequence[float] = (0.0, 0.0, 0.0), repeat: float = 1.0
) -> TriangleMesh:
    """Return a box: 12 triangles, a smoothing group for each side.

    Args:
        size: ``(length, width, height)`` in metres.
        material: Its material.
        center: Its middle in metres.
        repeat: Metres that one repeat of the texture covers; u runs level, v runs up (on top, along y).
    """
    sides = np.array([(1, 3, 7, 5), (2, 0, 4, 6), (3, 2, 6, 7), (0, 1, 5, 4), (4, 5, 7, 6), (2, 3, 1, 0)])
    half = np.asarray(size, dtype=np.float64) / 2
    signs = np.array([[1.0 if corner >> axis & 1 else -1.0 for axis in range(3)] for corner in range(8)])
    vertices = signs * half
    quads = vertices[sides]
    along = np.array([1, 1, 0, 0, 0, 0])
    up = np.array([2, 2, 2, 2, 1, 1])
    flat = np.stack(
        [
            np.take_along_axis(quads, np.broadcast_to(axis[:, None, None], (6, 4, 1)), axis=2)[..., 0]
            for axis in (along, up)
        ],
        axis=-1,
    )
    pick = np.array([(0, 1, 2), (0, 2, 3)])
    return TriangleMesh(
        vertices=vertices + np.asarray(center, dtype=np.float64),
        faces=sides[:, pick].reshape(-1, 3).astype(np.int32),
        materials=(material,),
        material_of=np.zeros(12, np.int32),
        smoothing=np.repeat(np.arange(6, dtype=np.int32), 2),
        uvs=None if material.texture is None else (flat[:, pick].reshape(-1, 3, 2) / repeat).astype(np.float32),
    )


def _unit(vectors: FloatArray) -> FloatArray:
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    unit: FloatArray = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
    return unit


def _set(mesh: TriangleMesh, name: str, values: npt.NDArray[np.generic]) -> None:
    values = np.ascontiguousarray(values)
    if values.flags.writeable:
        values = values.view()
        values.flags.writeable = False
    object.__setattr__(mesh, name, values)
