"""Reading the OpenEXR files that Blender writes here: one part, lines from the top, not compressed."""

from __future__ import annotations

import struct

import numpy as np
import numpy.typing as npt

_MAGIC = 20000630
_TILED, _DEEP, _PARTS = 0x200, 0x800, 0x1000
_TYPES = (np.dtype("<u4"), np.dtype("<f2"), np.dtype("<f4"))


def read_exr(path: str) -> dict[str, npt.NDArray[np.float32]]:
    """Return the channels of a file by their names, each ``(H, W)``, row 0 at the top.

    Raises:
        ValueError: If it is no such file.
    """
    with open(path, "rb") as file:
        data = file.read()
    magic, version = struct.unpack_from("<II", data)
    if magic != _MAGIC or version & (_TILED | _DEEP | _PARTS):
        raise ValueError(f"Blender wrote an OpenEXR file of another form: {magic}, {version:#x}")
    attributes, at = _attributes(data, 8)
    if attributes["compression"] != b"\0":
        raise ValueError(f"Blender wrote a compressed OpenEXR file ({attributes['compression'][0]})")
    left, top, right, bottom = struct.unpack("<4i", attributes["dataWindow"])
    width, height = right - left + 1, bottom - top + 1
    channels = _channels(attributes["channels"])
    line = np.dtype([("y", "<i4"), ("size", "<i4"), *((name, kind, (width,)) for name, kind in channels)])
    lines = np.frombuffer(data, line, count=height, offset=at + 8 * height)
    order = np.argsort(lines["y"])
    return {name: lines[name][order].astype(np.float32) for name, _ in channels}


def _attributes(data: bytes, at: int) -> tuple[dict[str, bytes], int]:
    found = {}
    while data[at]:
        name, at = _text(data, at)
        _, at = _text(data, at)
        (size,) = struct.unpack_from("<i", data, at)
        found[name] = data[at + 4 : at + 4 + size]
        at += 4 + size
    return found, at + 1


def _channels(data: bytes) -> list[tuple[str, np.dtype[np.generic]]]:
    found: list[tuple[str, np.dtype[np.generic]]] = []
    at = 0
    while data[at]:
        name, at = _text(data, at)
        found.append((name, _TYPES[struct.unpack_from("<i", data, at)[0]]))
        at += 16
    return found


def _text(data: bytes, at: int) -> tuple[str, int]:
    end = data.index(b"\0", at)
    return data[at:end].decode(), end + 1
