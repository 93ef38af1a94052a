"""What a file of a mesh holds, before it is turned and simplified; built part by part within limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from spatialenv.core.mesh import Material
from spatialenv.core.placed import FloatArray
from spatialenv.errors import AssetError

MAX_FACES = 1_000_000
"""Most triangles of a file."""

MAX_MATERIALS = 1024
"""Most materials that the triangles of a file may have between them."""

MAX_COORDINATE = 1e9
"""Greatest distance of a vertex from the file's origin along an axis, in the file's units."""

PLAIN = Material((205.0, 203.0, 198.0))
"""What has no material."""

_MAX_REPEATS = 4096.0
_MAX_TONES = 256

Faces = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class RawMesh:
    """Triangles with materials, in the file's own axes and units.

    Attributes:
        vertices: ``(v, 3)``, finite.
        faces: Vertices of each triangle, counter-clockwise from outside, ``(f, 3)``; at least one row.
        materials: The materials.
        material_of: Which of them each triangle has, ``(f,)``.
        uvs: Where each corner lies on its texture, ``(f, 3, 2)``, v up; None where nothing has a texture.
        notes: What of the file was left out, in words.
    """

    vertices: FloatArray
    faces: Faces
    materials: tuple[Material, ...]
    material_of: npt.NDArray[np.int32]
    uvs: npt.NDArray[np.float32] | None = None
    notes: tuple[str, ...] = ()


@dataclass(slots=True, eq=False)
class _Part:
    vertices: FloatArray
    faces: Faces
    material: Material
    uvs: npt.NDArray[np.float32] | None
    colours: FloatArray | None


@dataclass(slots=True, eq=False)
class MeshBuilder:
    """Gathers the parts of a file; everything that it raises is an AssetError that ends a sentence."""

    notes: list[str] = field(default_factory=list)
    _parts: list[_Part] = field(default_factory=list)
    _faces: int = 0

    def reserve(self, faces: int) -> None:
        """Raise before so many more triangles are read, where they would be too many."""
        if self._faces + faces > MAX_FACES:
            raise AssetError(
                f"has {self._faces + faces} triangles or more; allowed: 1 to {MAX_FACES}: simplify it before it is used"
            )

    def note(self, text: str) -> None:
        """Note once what is left out."""
        if text not in self.notes and len(self.notes) < 20:
            self.notes.append(text)

    def add(
        self,
        vertices: FloatArray,
        faces: Faces,
        material: Material = PLAIN,
        uvs: npt.NDArray[np.generic] | None = None,
        colours: FloatArray | None = None,
    ) -> None:
        """Add triangles of one material.

        Args:
            vertices: ``(v, 3)``; those that no triangle uses may be anything.
            faces: ``(f, 3)``.
            material: Their material.
            uvs: Texture coordinates of the corners, ``(f, 3, 2)``, v up.
            colours: Colour of each triangle, ``(f, 3)``, 0 to 255; multiplies the material's.
        """
        if not len(faces):
            return
        self.reserve(len(faces))
        if int(faces.min()) < 0 or int(faces.max()) >= len(vertices):
            raise AssetError(
                f"has a triangle with the vertex {faces.max() if faces.min() >= 0 else faces.min()}, but "
                f"{len(vertices)} vertices; export it again"
            )
        used, local = np.unique(faces, return_inverse=True)
        points = np.asarray(vertices[used], dtype=np.float64)
        if not np.isfinite(points).all():
            raise AssetError("has vertices that are no finite numbers; export it again")
        if float(np.abs(points).max()) > MAX_COORDINATE:
            raise AssetError(
                f"has a vertex at {np.abs(points).max():.3g}; allowed: coordinates up to {MAX_COORDINATE:g}: scale it"
            )
        flat = None
        if uvs is not None and material.texture is not None:
            flat = np.nan_to_num(np.asarray(uvs, dtype=np.float32), posinf=0.0, neginf=0.0)
            flat = flat.clip(-_MAX_REPEATS, _MAX_REPEATS).reshape(-1, 3, 2)
        self._faces += len(faces)
        self._parts.append(_Part(points, local.reshape(-1, 3).astype(np.int64), material, flat, colours))

    def finish(self) -> RawMesh:
        """Return all parts as one mesh."""
        if not self._faces:
            raise AssetError(f"has 0 triangles; allowed: 1 to {MAX_FACES}: export its surfaces as triangles")
        tones = _tones([part.colours for part in self._parts if part.colours is not None])
        numbers: dict[Material, int] = {}
        looks, faces, first, row = [], [], 0, 0
        for part in self._parts:
            count = len(part.faces)
            if part.colours is None:
                looks.append(np.full(count, numbers.setdefault(part.material, len(numbers)), np.int32))
            else:
                looks.append(_coloured(part.material, tones[row : row + count], numbers))
                row += count
            faces.append(part.faces + first)
            first += len(part.vertices)
            if len(numbers) > MAX_MATERIALS:
                raise AssetError(f"uses more than {MAX_MATERIALS} materials; join those that look alike")
        has_uvs = any(part.uvs is not None for part in self._parts)
        blanks = (np.zeros((len(p.faces), 3, 2), np.float32) if p.uvs is None else p.uvs for p in self._parts)
        return RawMesh(
            vertices=np.concatenate([part.vertices for part in self._parts]),
            faces=np.concatenate(faces),
            materials=tuple(numbers),
            material_of=np.concatenate(looks),
            uvs=np.concatenate(list(blanks)) if has_uvs else None,
            notes=tuple(self.notes),
        )


def _tones(colours: Sequence[FloatArray]) -> npt.NDArray[np.int64]:
    """Return colours in so few steps that there are at most `_MAX_TONES`, ``(f, 3)``."""
    if not colours:
        return np.zeros((0, 3), np.int64)
    exact = np.nan_to_num(np.concatenate(colours)).clip(0, 255).round().astype(np.int64)
    for shift in range(7):
        tones: npt.NDArray[np.int64] = np.minimum((exact >> shift << shift) + ((1 << shift) >> 1), 255)
        if len(np.unique(tones @ np.array([1 << 16, 1 << 8, 1]))) <= _MAX_TONES:
            break
    return tones


def _coloured(material: Material, tones: npt.NDArray[np.int64], numbers: dict[Material, int]) -> npt.NDArray[np.int32]:
    found, inverse = np.unique(tones, axis=0, return_inverse=True)
    own = []
    for tone in found:
        red, green, blue = (float(base * share / 255.0) for base, share in zip(material.colour, tone, strict=True))
        own.append(numbers.setdefault(replace(material, colour=(red, green, blue)), len(numbers)))
    looks: npt.NDArray[np.int32] = np.array(own, np.int32)[inverse.reshape(-1)]
    return looks
