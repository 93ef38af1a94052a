"""OpenEXR files, written here by hand."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from spatialenv.renderers.blender.inside.exr import read_exr


def attribute(name: str, kind: str, data: bytes) -> bytes:
    return f"{name}\0{kind}\0".encode() + struct.pack("<i", len(data)) + data


def exr(rows: list[tuple[int, bytes]], *, compression: int = 0, version: int = 2) -> bytes:
    """Two channels, ``A.X`` float and ``B`` half, three pixels wide, whose rows are numbered from 5."""
    channels = b"".join(
        name.encode() + b"\0" + struct.pack("<iiii", kind, 0, 1, 1) for name, kind in (("A.X", 2), ("B", 1))
    )
    head = (
        struct.pack("<II", 20000630, version)
        + attribute("channels", "chlist", channels + b"\0")
        + attribute("compression", "compression", bytes([compression]))
        + attribute("dataWindow", "box2i", struct.pack("<4i", 0, 5, 2, 4 + len(rows)))
        + b"\0"
    )
    table = b"\0" * (8 * len(rows))
    return head + table + b"".join(struct.pack("<ii", y, len(data)) + data for y, data in rows)


def row(*values: float) -> bytes:
    return np.array(values[:3], "<f4").tobytes() + np.array(values[3:], "<f2").tobytes()


def test_channels_by_name_rows_by_number(tmp_path: Path) -> None:
    path = tmp_path / "a.exr"
    path.write_bytes(exr([(6, row(4, 5, 1e10, 0.5, 0.25, -1)), (5, row(1, 2, 3, 0, 0, 8))]))
    read = read_exr(str(path))
    assert list(read) == ["A.X", "B"]
    assert np.array_equal(read["A.X"], np.array([[1, 2, 3], [4, 5, 1e10]], np.float32))
    assert np.array_equal(read["B"], np.array([[0, 0, 8], [0.5, 0.25, -1]], np.float32))


@pytest.mark.parametrize("options", [{"compression": 3}, {"version": 0x1002}, {"version": 0x202}])
def test_other_forms_are_refused(tmp_path: Path, options: dict[str, int]) -> None:
    path = tmp_path / "a.exr"
    path.write_bytes(exr([(5, row(1, 2, 3, 0, 0, 8))], **options))
    with pytest.raises(ValueError, match="OpenEXR"):
        read_exr(str(path))
