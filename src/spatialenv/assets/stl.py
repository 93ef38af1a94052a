"""Meshes from STL, text or binary: its size is checked here, trimesh reads it."""

from __future__ import annotations

import io
import struct

import numpy as np

from spatialenv.assets.raw import MAX_FACES, MeshBuilder, RawMesh
from spatialenv.assets.text import check_lines
from spatialenv.errors import AssetError

_HEADER, _ROW = 84, 50


def read_stl(content: bytes) -> RawMesh:
    """Return the mesh of an STL file; it has no colours.

    Raises:
        AssetError: If it cannot be used; the message ends a sentence.
    """
    builder = MeshBuilder()
    count = struct.unpack_from("<I", content, 80)[0] if len(content) >= _HEADER else 0
    needed = _HEADER + _ROW * count
    is_text = content.lstrip()[:5].lower() == b"solid" and needed != len(content)
    if is_text:
        content, count = _plain(content)
    elif len(content) < _HEADER or needed > len(content):
        raise AssetError(
            f"cannot be read: it claims {count} triangles and has {len(content)} bytes; it is cut off: export it again"
        )
    builder.reserve(count)
    from trimesh.exchange import stl

    load = stl.load_stl_ascii if is_text else stl.load_stl_binary
    found = load(io.BytesIO(content if is_text else content[:needed]))
    if count:
        if len(found["faces"]) != count:  # old versions of numpy stop at what is no number
            raise AssetError("cannot be read: it has corners that are no numbers; export it again")
        builder.add(np.asarray(found["vertices"], np.float64), np.asarray(found["faces"], np.int64))
    return builder.finish()


def _plain(content: bytes) -> tuple[bytes, int]:
    """Return the corners of a text as one solid without names, and how many triangles they are."""
    check_lines(content)
    rows = [line for line in io.BytesIO(content.lower()) if line.lstrip().startswith(b"vertex")]
    if len(rows) % 3 or len(rows) > 3 * MAX_FACES:
        raise AssetError(f"has {len(rows) / 3:.1f} triangles; allowed: whole ones, 1 to {MAX_FACES}: export it again")
    return b"solid\n" + b"".join(rows) + b"\nendsolid\n", len(rows) // 3
