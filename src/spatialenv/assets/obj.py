"""Meshes from Wavefront OBJ, with material files beside it: checked and made uniform here, read by trimesh."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from spatialenv.assets.mtl import read_library
from spatialenv.assets.raw import MAX_FACES, MAX_VERTICES, PLAIN, MeshBuilder, RawMesh
from spatialenv.assets.text import check_lines
from spatialenv.assets.textures import PictureReader
from spatialenv.core.mesh import Material
from spatialenv.errors import AssetError

MAX_GROUPS = 20_000
"""Most materials that an OBJ may name."""

_MAX_MASKED = 500_000_000
"""Most materials times vertices: for each material trimesh goes over all vertices."""

_ROWS = (b"v", b"vt")


class _Plain:
    """A text in which each line that counts has one form, which trimesh's reader needs.

    It takes the form of a group's first face for all of them, and counts backwards from the last vertex of the file.
    """

    def __init__(self, content: bytes) -> None:
        self.libraries: list[str] = []
        self.names: dict[str, int] = {"": 0}
        self._counts = {b"v": 0, b"vt": 0}
        self._most = [0, 0]
        self._faces = 0
        content = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\\\n", b" ")
        check_lines(content)
        self._has_flats = b"\nvt" in content or content.startswith(b"vt")
        lines = [b"mtllib own.mtl", b"usemtl 0"]
        for number, line in enumerate(io.BytesIO(content), 1):
            words = line.split()
            try:
                plain = self._line(words[0], words, line) if words else b""
            except AssetError:  # which is a ValueError too
                raise
            except (ValueError, IndexError) as error:
                raise AssetError(
                    f"cannot be read: line {number} is {line[:40].decode(errors='replace').strip()!r}; export it again"
                ) from error
            if plain:
                lines.append(plain)
        for what, most, count in zip(("vertex", "texture coordinate"), self._most, self._counts.values(), strict=True):
            if most > count and self._faces:
                raise AssetError(f"cannot be read: it names {what} {most} of {count}; export it again")
        if len(self.names) * self._counts[b"v"] > _MAX_MASKED:
            raise AssetError(f"has {len(self.names)} materials for {self._counts[b'v']} vertices; join some of them")
        self.text = b"\n".join(lines) + b"\n"

    def _line(self, key: bytes, words: list[bytes], line: bytes) -> bytes:
        if key in _ROWS:
            self._counts[key] += 1
            if self._counts[key] > MAX_VERTICES:
                raise AssetError(f"has more than {MAX_VERTICES} vertices; simplify it before it is used")
            if key == b"v":
                _ = [float(word) for word in words[1:4]], words[3]
                tones = words[-3:] if len(words) >= 7 else []  # red, green, blue from 0 to 1 behind the place
                return b" ".join((*words[:4], *tones))
            return b"vt %b %b" % (words[1], words[2] if len(words) > 2 else b"0")
        if key == b"f":
            self._faces += max(len(words) - 3, 0)
            if self._faces > MAX_FACES:
                raise AssetError(
                    f"has {self._faces} triangles or more; allowed: 1 to {MAX_FACES}: simplify it before it is used"
                )
            return b"f " + b" ".join(map(self._corner, words[1:])) if len(words) > 3 else b""
        if key == b"usemtl":
            number = self.names.setdefault(_name(line), len(self.names))
            if len(self.names) > MAX_GROUPS:
                raise AssetError(f"names more than {MAX_GROUPS} materials; join those that look alike")
            return b"usemtl %d" % number
        if key == b"mtllib" and len(self.libraries) < 16:
            self.libraries.append(_name(line))
        return b""

    def _corner(self, word: bytes) -> bytes:
        first, _, rest = word.partition(b"/")
        second = rest.partition(b"/")[0]
        vertex = self._index(first, 0, b"v")
        if not self._has_flats:
            return b"%d" % vertex
        return b"%d/%d" % (vertex, self._index(second, 1, b"vt") if second else 1)

    def _index(self, word: bytes, which: int, key: bytes) -> int:
        given = int(word)
        row = given if given > 0 else self._counts[key] + 1 + given
        if given == 0 or not 0 < row < 1 << 40:
            raise ValueError(given)
        self._most[which] = max(self._most[which], row)
        return row


def read_obj(content: bytes, folder: Path | None = None) -> RawMesh:
    """Return the mesh of an OBJ file.

    Args:
        content: The file.
        folder: Where the material files and textures that it names may be; nothing outside is read. None reads no
            materials.

    Raises:
        AssetError: If it cannot be used; the message ends a sentence.
    """
    plain = _Plain(content)
    builder = MeshBuilder()
    materials: dict[str, Material] = {}
    if folder is not None:
        reader = PictureReader()
        for name in plain.libraries:
            materials.update(read_library(folder, name, builder, reader))
    names = list(plain.names)
    from trimesh.exchange.obj import load_obj

    numbers = "".join(f"newmtl {number}\nKd 1 1 1\n" for number in range(len(names)))
    found = load_obj(io.BytesIO(plain.text), resolver={"own.mtl": numbers})
    parts = {int(part["visual"].material.name): part for part in found.get("geometry", {}).values()}
    for number in sorted(parts):
        _add(parts[number], names[number], materials, builder, folder is not None)
    return builder.finish()


def _add(
    part: Mapping[str, Any], name: str, materials: dict[str, Material], builder: MeshBuilder, with_looks: bool
) -> None:
    corners = np.asarray(part["faces"], np.int64)
    columns = range(1, corners.shape[1] - 1)
    faces = np.stack([corners[:, [0, k, k + 1]] for k in columns], axis=1).reshape(-1, 3)
    tones = part.get("vertex_colors") if with_looks else None
    flats = part["visual"].uv
    material = materials.get(name, PLAIN if tones is None else Material((255.0, 255.0, 255.0)))
    builder.add(
        part["vertices"],
        faces,
        material,
        None if flats is None else flats[faces],
        None if tones is None else 255.0 * tones[faces].mean(axis=1),
    )
    if name and with_looks and name not in materials:
        builder.note(f"its material {name!r} is in no file that is read")


def _name(line: bytes) -> str:
    return line.strip().partition(b" ")[2].strip().decode(errors="replace")
