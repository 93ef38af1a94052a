"""Meshes from Wavefront OBJ, with the colours and textures of material files beside it."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from spatialenv.assets.mtl import read_library
from spatialenv.assets.raw import MAX_FACES, PLAIN, MeshBuilder, RawMesh
from spatialenv.assets.text import text_lines
from spatialenv.assets.textures import PictureReader
from spatialenv.core.mesh import Material
from spatialenv.errors import AssetError

MAX_VERTICES = 3 * MAX_FACES
"""Most vertices, and most texture coordinates, of a text file."""

MAX_GROUPS = 20_000
"""Most materials that an OBJ may name."""

_Corner = tuple[int, int]


class _Lines:
    """What the lines of a file say, gathered."""

    def __init__(self) -> None:
        self.vertices = array("d")
        self.tones = array("d")
        self.uvs = array("d")
        self.libraries: list[str] = []
        self.groups: dict[str, array[int]] = {}
        self.faces = 0

    def read(self, content: bytes) -> None:
        corners = self.groups.setdefault("", array("q"))
        for number, line in enumerate(text_lines(content.replace(b"\\\n", b" ")), 1):
            words = line.split()
            if not words:
                continue
            key = words[0]
            try:
                if key == b"v":
                    self._vertex(words)
                elif key == b"vt":
                    self.uvs.extend((float(words[1]), float(words[2]) if len(words) > 2 else 0.0))
                elif key == b"f":
                    self._face(words[1:], corners)
            except AssetError:  # which is a ValueError too
                raise
            except (ValueError, IndexError) as error:
                raise AssetError(
                    f"cannot be read: line {number} is {line[:40].decode(errors='replace').strip()!r}; export it again"
                ) from error
            if key == b"usemtl":
                corners = self.groups.setdefault(_name(line), array("q"))
                if len(self.groups) > MAX_GROUPS:
                    raise AssetError(f"names more than {MAX_GROUPS} materials; join those that look alike")
            elif key == b"mtllib" and len(self.libraries) < 16:
                self.libraries.append(_name(line))
            if len(self.vertices) > 3 * MAX_VERTICES or len(self.uvs) > 2 * MAX_VERTICES:
                raise AssetError(f"has more than {MAX_VERTICES} vertices; simplify it before it is used")

    def _vertex(self, words: list[bytes]) -> None:
        self.vertices.extend((float(words[1]), float(words[2]), float(words[3])))
        if len(words) >= 7:  # red, green, blue from 0 to 1 behind the place
            self.tones.extend(map(float, words[-3:]))

    def _face(self, words: list[bytes], corners: array[int]) -> None:
        """Add the triangles of a face: for each corner its vertex and its texture coordinates, -1 for none."""
        count, flats = len(self.vertices) // 3, len(self.uvs) // 2
        self.faces += max(len(words) - 2, 0)
        if self.faces > MAX_FACES:
            raise AssetError(
                f"has {self.faces} triangles or more; allowed: 1 to {MAX_FACES}: simplify it before it is used"
            )
        read = [_corner(word, count, flats) if b"/" in word else (_index(int(word), count), -1) for word in words]
        for k in range(1, len(read) - 1):
            corners.extend((*read[0], *read[k], *read[k + 1]))


def read_obj(content: bytes, folder: Path | None = None) -> RawMesh:
    """Return the mesh of an OBJ file.

    Args:
        content: The file.
        folder: Where the material files and textures that it names may be; nothing outside is read. None reads no
            materials.

    Raises:
        AssetError: If it cannot be used; the message ends a sentence.
    """
    lines = _Lines()
    lines.read(content)
    builder = MeshBuilder()
    materials: dict[str, Material] = {}
    if folder is not None:
        reader = PictureReader()
        for name in lines.libraries:
            materials.update(read_library(folder, name, builder, reader))
    vertices = np.array(lines.vertices, dtype=np.float64).reshape(-1, 3)
    uvs = np.array(lines.uvs, dtype=np.float64).reshape(-1, 2)
    tones = None
    if folder is not None and len(lines.tones) == len(lines.vertices) and lines.tones:
        tones = np.array(lines.tones, dtype=np.float64).reshape(-1, 3) * 255.0
    for name, material, corners in _parts(lines, materials, tones is not None):
        rows = np.array(corners, dtype=np.int64).reshape(-1, 3, 2)
        faces, flats = rows[..., 0], rows[..., 1]
        _check(faces, 0, len(vertices), "vertex")
        _check(flats, -1, len(uvs), "texture coordinate")
        coordinates = np.concatenate([uvs, np.zeros((1, 2))])[flats] if material.texture is not None else None
        builder.add(vertices, faces, material, coordinates, None if tones is None else tones[faces].mean(axis=1))
        if name and folder is not None and name not in materials:
            builder.note(f"its material {name!r} is in no file that is read")
    return builder.finish()


def _parts(
    lines: _Lines, materials: dict[str, Material], has_tones: bool
) -> Iterator[tuple[str, Material, array[int]]]:
    plain = Material((255.0, 255.0, 255.0)) if has_tones else PLAIN
    for name, corners in lines.groups.items():
        if corners:
            yield name, materials.get(name, plain), corners


def _corner(word: bytes, vertices: int, flats: int) -> _Corner:
    first, _, rest = word.partition(b"/")
    second = rest.partition(b"/")[0]
    return _index(int(first), vertices), _index(int(second), flats) if second else -1


def _index(given: int, count: int) -> int:
    """Return a row from 0; the file counts from 1, or backwards from -1."""
    row = given - 1 if given > 0 else count + given
    if given == 0 or not 0 <= row < 1 << 40:
        raise ValueError(given)
    return row


def _check(rows: np.ndarray[tuple[int, ...], np.dtype[np.int64]], least: int, count: int, what: str) -> None:
    if int(rows.min()) < least or int(rows.max()) >= count:
        raise AssetError(f"cannot be read: it names {what} {int(rows.max()) + 1} of {count}; export it again")


def _name(line: bytes) -> str:
    return line.strip().partition(b" ")[2].strip().decode(errors="replace")
