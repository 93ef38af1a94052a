"""Meshes as PyBullet takes them: triangles of one material each, with a texture no finer than the picture."""

from __future__ import annotations

import hashlib
import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from spatialenv.core.mesh import Material, Texture, TriangleMesh
from spatialenv.core.placed import BoolArray, FloatArray, IntArray
from spatialenv.renderers.pybullet.files import AWAY, GLASS, SOLID, targa
from spatialenv.renderers.pybullet.shots import LIGHT
from spatialenv.renderers.room.mesh import FIRST_SKIRTING, FIRST_WALL

MAX_TRIANGLES = 20_000
"""Most triangles of one shape; PyBullet passes over the vertices of a shape beyond 131,072."""

GLOW = 0.35
"""How much brighter than its colour a surface is drawn that shines by itself."""

FACING = (0.8, 0.6, 0.4)
"""Cosines between the light and the normals that a room is given: level ones, walls in the light, walls out of it."""

FLOOR = 0.05
"""Metres up to which what belongs to a room lies on its floor."""

LONG, THIN = 0.4, 8.0
"""Triangles of the room longer than so many metres, and than so many times their height, are cut in two."""

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]


class Shape(NamedTuple):
    """Triangles of one material.

    Attributes:
        key: Equal for equal content.
        role: `SOLID`, `GLASS` or `AWAY`.
        corners: Metres, ``(t, 3, 3)`` float32.
        normals: At the corners, ``(t, 3, 3)`` float32; they decide how bright it is.
        planes: Unit normals of the triangles, ``(t, 3)`` float64.
        uvs: In repeats, 0 or above, ``(t, 3, 2)`` float32; None without a texture.
        colour: Red, green, blue, 0 to 1.
        texture: Multiplies the colour; None for a plain one.
        opacity: 0 to 1.
        density: Texels of the texture for a metre of the surface.
    """

    key: str
    role: int
    corners: Floats
    normals: Floats
    planes: FloatArray
    uvs: Floats | None
    colour: tuple[float, float, float]
    texture: Texture | None
    opacity: float
    density: float

    @property
    def content(self) -> bytes:
        """What PyBullet is given: corners, normals and, where there is a texture, uvs."""
        parts = [self.corners, self.normals, *([] if self.uvs is None else [self.uvs])]
        return b"".join(part.tobytes() for part in parts)


class _Triangles(NamedTuple):
    """Triangles, ``(t, ...)`` each; see `Shape`."""

    corners: FloatArray
    normals: FloatArray
    planes: FloatArray
    uvs: FloatArray
    material_of: Ints
    smoothing: Ints

    def rows(self, chosen: IntArray | BoolArray) -> _Triangles:
        return _Triangles._make(part[chosen] for part in self)


@lru_cache(maxsize=256)
def object_shapes(mesh: TriangleMesh) -> tuple[Shape, ...]:
    """Return the shapes of an object's mesh, in its own frame.

    Example:
        >>> from spatialenv.core.mesh import Material, box_mesh
        >>> [shape.corners.shape for shape in object_shapes(box_mesh((1, 1, 1), Material((200.0, 180.0, 160.0))))]
        [(12, 3, 3)]
    """
    return tuple(_shapes(mesh, _triangles(mesh, mesh.corner_normals), np.zeros(len(mesh), np.bool_)))


@lru_cache(maxsize=64)
def room_shapes(mesh: TriangleMesh) -> tuple[Shape, ...]:
    """Return the shapes of a room's mesh, in the world's frame; a stage, so that things stand out from it."""
    light, planes = np.array(LIGHT), mesh.normals
    aside = np.array((-light[1], light[0], 0.0)) / math.hypot(light[0], light[1])
    is_level, is_lit = np.abs(planes[:, 2]) > 0.5, planes @ light > 0.0
    shines = np.array([material.emission > 0 for material in mesh.materials])[mesh.material_of]
    facing = np.where(is_level | shines, FACING[0], np.where(is_lit, FACING[1], FACING[2]))[:, None]
    normals = np.repeat((facing * light + np.sqrt(1 - facing**2) * aside)[:, None], 3, axis=1)
    pieces = _split(_triangles(mesh, normals))
    # The floor and the walls beyond the room take shadows; all else would cast some into the room.
    is_floor = pieces.corners[:, :, 2].max(axis=1) < FLOOR
    is_wall = (pieces.smoothing >= FIRST_WALL) & (pieces.smoothing < FIRST_SKIRTING) & (pieces.planes @ light > 0.0)
    return tuple(_shapes(mesh, pieces, ~(is_floor | is_wall)))


def _triangles(mesh: TriangleMesh, normals: FloatArray) -> _Triangles:
    uvs = np.zeros((len(mesh), 3, 2)) if mesh.uvs is None else mesh.uvs.astype(np.float64)
    return _Triangles(mesh.corners, normals, mesh.normals, uvs, mesh.material_of, mesh.smoothing)


def _split(triangles: _Triangles) -> _Triangles:
    """Return long thin triangles in pieces: TinyRenderer looks at all samples of the box around a triangle."""
    done = []
    while len(triangles.corners):
        edges = np.roll(triangles.corners, -1, axis=1) - triangles.corners
        lengths = np.linalg.norm(edges, axis=2)
        longest = lengths.argmax(axis=1)
        length = lengths.max(axis=1)
        area = np.linalg.norm(np.cross(edges[:, 0], edges[:, 1]), axis=1)  # twice its own
        is_long = (length > LONG) & (length**2 > THIN * area)
        done.append(triangles.rows(~is_long))
        rows, first = np.flatnonzero(is_long), longest[is_long]
        a, b, c = first, (first + 1) % 3, (first + 2) % 3
        halves = []
        for is_front in (True, False):
            parts = []
            for part in (triangles.corners, triangles.normals, triangles.uvs):
                middle = (part[rows, a] + part[rows, b]) / 2
                ends = (part[rows, a], middle, part[rows, c]) if is_front else (middle, part[rows, b], part[rows, c])
                parts.append(np.stack(ends, axis=1))
            halves.append(triangles.rows(rows)._replace(corners=parts[0], normals=parts[1], uvs=parts[2]))
        triangles = _Triangles._make(np.concatenate(pair) for pair in zip(*halves, strict=True))
    return _Triangles._make(np.concatenate(parts) for parts in zip(*done, strict=True))


def _shapes(mesh: TriangleMesh, triangles: _Triangles, is_away: BoolArray) -> list[Shape]:
    found = []
    for index, material in enumerate(mesh.materials):
        for away in (False, True):
            chosen = np.flatnonzero((triangles.material_of == index) & (is_away == away))
            for first in range(0, len(chosen), MAX_TRIANGLES):
                role = GLASS if material.opacity < 1 else AWAY if away else SOLID
                rows = triangles.rows(chosen[first : first + MAX_TRIANGLES])
                found.append(_shape(rows, material, role, mesh.uvs is not None))
    return found


def _shape(triangles: _Triangles, material: Material, role: int, has_uvs: bool) -> Shape:
    corners, normals, planes, uvs, *_ = triangles
    texture, density = material.texture if has_uvs else None, 0.0
    if texture is not None:
        uvs = uvs - np.floor(uvs.min(axis=1, keepdims=True))  # TinyRenderer reads nothing below 0
        density = _density(corners, uvs, texture)
    if material.double_sided:
        corners = np.concatenate([corners, corners[:, ::-1]])
        normals = np.concatenate([normals, -normals[:, ::-1]])
        planes = np.concatenate([planes, -planes])
        uvs = np.concatenate([uvs, uvs[:, ::-1]])
    lift = (1.0 + GLOW * material.emission) / 255.0
    red, green, blue = (min(part * lift, 1.0) for part in material.colour)
    made = Shape(
        key="",
        role=role,
        corners=np.ascontiguousarray(corners, np.float32),
        normals=np.ascontiguousarray(normals, np.float32),
        planes=planes,
        uvs=None if texture is None else np.ascontiguousarray(uvs, np.float32),
        colour=(red, green, blue),
        texture=texture,
        opacity=material.opacity,
        density=density,
    )
    digest = hashlib.blake2b(made.content, digest_size=16)
    digest.update(repr((len(corners), made.colour, role, material.opacity)).encode())
    return made._replace(key=digest.hexdigest())


def _density(corners: FloatArray, uvs: FloatArray, texture: Texture) -> float:
    """Return the texels of a texture for each metre of the triangles that it lies on."""
    height, width = texture.pixels.shape[:2]
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1).sum()
    one, two = uvs[:, 1] - uvs[:, 0], uvs[:, 2] - uvs[:, 0]
    covered = np.abs(one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0]).sum() * width * height
    return math.sqrt(covered / area) if area > 0 else 0.0


def texture_level(shape: Shape, samples_per_metre: float) -> int:
    """Return how often a shape's texture is halved so that a texel is not much smaller than a sample."""
    if shape.texture is None or shape.density <= samples_per_metre:
        return 0
    deepest = int(math.log2(max(shape.texture.pixels.shape)))
    return min(round(math.log2(shape.density / samples_per_metre)), deepest)


@lru_cache(maxsize=256)
def texture_file(texture: Texture, level: int) -> tuple[str, bytes]:
    """Return a key and the file, a TGA, of a texture whose sides are halved `level` times."""
    pixels = texture.pixels.astype(np.float64)
    for _ in range(level):
        for axis in (0, 1):
            if pixels.shape[axis] > 1:
                pixels = (
                    np.take(pixels, range(0, pixels.shape[axis], 2), axis)
                    + np.take(pixels, range(1, pixels.shape[axis], 2), axis)
                ) / 2
    body = np.floor(pixels + 0.5).astype(np.uint8)
    content = targa(body)
    return hashlib.blake2b(content, digest_size=16).hexdigest(), content
