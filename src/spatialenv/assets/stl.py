"""Meshes from STL, text or binary."""

from __future__ import annotations

import struct
from array import array

import numpy as np

from spatialenv.assets.raw import MAX_FACES, MeshBuilder, RawMesh
from spatialenv.assets.text import text_lines
from spatialenv.errors import AssetError

_HEADER, _ROW = 84, 50


def read_stl(content: bytes) -> RawMesh:
    """Return the mesh of an STL file; it has no colours.

    Raises:
        AssetError: If it cannot be used; the message ends a sentence.
    """
    builder = MeshBuilder()
    count = struct.unpack_from("<I", content, 80)[0] if len(content) >= _HEADER else 0
    is_binary = len(content) >= _HEADER and _HEADER + _ROW * count == len(content)
    if not is_binary and content.lstrip()[:5].lower() == b"solid":
        vertices = _text(content)
    elif len(content) < _HEADER or _HEADER + _ROW * count > len(content):
        raise AssetError(
            f"cannot be read: it claims {count} triangles and has {len(content)} bytes; it is cut off: export it again"
        )
    else:
        builder.reserve(count)
        form = np.dtype([("normal", "<f4", 3), ("corners", "<f4", 9), ("rest", "<u2")])
        vertices = np.frombuffer(content, form, count, _HEADER)["corners"].astype(np.float64).reshape(-1, 3)
    builder.add(vertices, np.arange(len(vertices), dtype=np.int64).reshape(-1, 3))
    return builder.finish()


def _text(content: bytes) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    values = array("d")
    for line in text_lines(content):
        words = line.split()
        if len(words) == 4 and words[0].lower() == b"vertex":
            try:
                values.extend(map(float, words[1:]))
            except ValueError as error:
                raise AssetError(f"cannot be read: it has the line {line[:40]!r}; export it again") from error
    if len(values) % 9 or len(values) > 9 * MAX_FACES:
        raise AssetError(f"has {len(values) / 9:.1f} triangles; allowed: whole ones, 1 to {MAX_FACES}: export it again")
    return np.array(values, dtype=np.float64).reshape(-1, 3)
