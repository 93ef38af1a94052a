"""The container of glTF: its JSON, its buffers, and arrays in them, each range checked against what is there.

The format: Khronos, glTF 2.0 specification (also ISO/IEC 12113:2022).
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import struct
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from spatialenv.errors import AssetError

MAX_JSON = 16 << 20
"""Most bytes of the JSON, which for a ``.gltf`` holds the buffers too."""

MAX_VALUES = 2_000_000
"""Most values in the JSON."""

_COMPONENTS = {5120: "<i1", 5121: "<u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
_WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}
_JSON_CHUNK, _BINARY_CHUNK = 0x4E4F534A, 0x004E4942
_MAX_CHUNKS = 16
_ENCODED = ("KHR_draco_mesh_compression", "EXT_meshopt_compression", "KHR_texture_basisu")

Array = npt.NDArray[np.generic]


class Document:
    """A glTF file in memory; nothing outside it is ever read.

    Everything that its methods raise is an AssetError that ends a sentence.

    Attributes:
        json: The parsed JSON.
    """

    def __init__(self, content: bytes, is_binary: bool) -> None:
        self._binary: memoryview | None = None
        text: bytes | memoryview = content
        if is_binary:
            text, self._binary = _chunks(content)
        if len(text) > MAX_JSON:
            raise AssetError(f"has {len(text) >> 20} MiB of JSON; at most {MAX_JSON >> 20} are read: save it as .glb")
        held = bytes(text)
        values = sum(map(held.count, (b",", b":", b"[", b"{")))
        if values > MAX_VALUES:
            raise AssetError(f"has JSON of {values} values; at most {MAX_VALUES} are read: simplify it")
        try:
            parsed = json.loads(held.rstrip(b"\0"))
        except (ValueError, RecursionError) as error:
            raise AssetError(f"holds JSON that cannot be read: {error}; export it again") from error
        if not isinstance(parsed, dict):
            raise AssetError("holds JSON that is no object; export it again as glTF 2.0")
        self.json: dict[str, Any] = parsed
        self._buffers: dict[int, memoryview] = {}
        version = str(mapping(parsed.get("asset"), "asset").get("version", ""))
        if not version.startswith("2."):
            raise AssetError(f"is glTF of version {version[:20]!r}; allowed: 2.0: export it again")
        for name in sequence(parsed.get("extensionsRequired"), "extensionsRequired"):
            if name in _ENCODED:
                raise AssetError(f"needs {name}, which is not read; export it without compression")

    def items(self, kind: str) -> Sequence[Any]:
        """Return a list of the document: ``"nodes"``, ``"meshes"``, ..."""
        return sequence(self.json.get(kind), kind)

    def item(self, kind: str, index: object) -> Mapping[str, Any]:
        """Return an entry of such a list."""
        rows = self.items(kind)
        number = integer(index, kind)
        if number >= len(rows):
            raise AssetError(f"names number {number} of its {kind}, but has {len(rows)}; export it again")
        return mapping(rows[number], kind)

    def array(self, index: object, what: str, widths: tuple[int, ...], kinds: str) -> Array:
        """Return an accessor's array ``(count, width)`` without copying it.

        Args:
            index: Number of the accessor.
            what: What it holds, for messages.
            widths: Numbers a row that are allowed.
            kinds: Kinds of numbers that are allowed, as in ``dtype.kind``.
        """
        accessor = self.item("accessors", index)
        width = _WIDTHS.get(str(accessor.get("type")), 0)
        code = accessor.get("componentType")
        form = _COMPONENTS.get(code, "") if isinstance(code, int) else ""
        if not form or width not in widths or np.dtype(form).kind not in kinds:
            given = f"{str(accessor.get('type'))[:20]} of {str(code)[:20]}"
            raise AssetError(f"has {what} of the form {given}, which is not allowed; export it again")
        if "sparse" in accessor or "bufferView" not in accessor:
            raise AssetError(f"has {what} as a sparse array, which is not read; export it without")
        count = integer(accessor.get("count"), "count")
        offset = integer(accessor.get("byteOffset", 0), "byteOffset")
        view, step = self._view(accessor["bufferView"])
        row = width * np.dtype(form).itemsize
        stride = step or row
        needed = offset + stride * (count - 1) + row if count else offset
        if stride < row or needed > len(view):
            raise AssetError(
                f"claims {count} rows of {what}, {needed} bytes, but has {len(view)}; it is cut off: export it again"
            )
        return np.ndarray((count, width), np.dtype(form), view, offset, (stride, np.dtype(form).itemsize))

    def count(self, index: object) -> int:
        """Return the number of rows that an accessor claims."""
        return integer(self.item("accessors", index).get("count"), "count")

    def is_normalised(self, index: object) -> bool:
        """Return whether an accessor's integers stand for 0 to 1."""
        return self.item("accessors", index).get("normalized") is True

    def picture(self, index: object) -> bytes:
        """Return the file of an embedded picture."""
        image = self.item("images", index)
        if "bufferView" in image:
            return bytes(self._view(image["bufferView"])[0])
        return _embedded(image.get("uri"), "texture")

    def _view(self, index: object) -> tuple[memoryview, int]:
        view = self.item("bufferViews", index)
        buffer = self._buffer(view.get("buffer"))
        start = integer(view.get("byteOffset", 0), "byteOffset")
        length = integer(view.get("byteLength"), "byteLength")
        if start + length > len(buffer):
            raise AssetError(
                f"claims {length} bytes from {start} on of a buffer of {len(buffer)}; it is cut off: export it again"
            )
        return buffer[start : start + length], integer(view.get("byteStride", 0), "byteStride")

    def _buffer(self, index: object) -> memoryview:
        number = integer(index, "buffers")
        if number not in self._buffers:
            buffer = self.item("buffers", number)
            length = integer(buffer.get("byteLength"), "byteLength")
            if "uri" in buffer:
                content = memoryview(_embedded(buffer["uri"], "buffer"))
            elif number == 0 and self._binary is not None:
                content = self._binary
            else:
                raise AssetError("has a buffer without content; export it again as one .glb file")
            if length > len(content):
                raise AssetError(
                    f"claims a buffer of {length} bytes, where it has {len(content)}; it is cut off: export it again"
                )
            self._buffers[number] = content[:length]
        return self._buffers[number]


def mapping(value: object, what: str) -> Mapping[str, Any]:
    """Return a JSON object, {} for None."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise AssetError(f"has a {what} that is no JSON object; export it again")
    return value


def sequence(value: object, what: str) -> Sequence[Any]:
    """Return a JSON list, () for None."""
    if value is None:
        return ()
    if not isinstance(value, list):
        raise AssetError(f"has {what} that are no JSON list; export it again")
    return value


def integer(value: object, what: str) -> int:
    """Return a whole number from 0 up."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise AssetError(f"has the {what} {str(value)[:40]!r}; it must be a whole number from 0: export it again")
    return value


def number(value: object, default: float) -> float:
    """Return a finite number, `default` for anything else."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    try:
        return float(value) if is_number and math.isfinite(value) else default  # type: ignore[arg-type]
    except OverflowError:
        return default


def numbers(value: object, count: int, what: str) -> npt.NDArray[np.float64]:
    """Return a list of so many finite numbers."""
    rows = [number(part, math.nan) for part in sequence(value, what)[: count + 1]]
    if len(rows) != count or not all(map(math.isfinite, rows)):
        raise AssetError(f"has a {what} that is no list of {count} finite numbers; export it again")
    return np.array(rows)


def _chunks(content: bytes) -> tuple[memoryview, memoryview | None]:
    """Return the JSON and the binary chunk of a GLB."""
    if len(content) < 20:
        raise AssetError(f"is cut off after {len(content)} bytes; export it again")
    magic, version, length = struct.unpack_from("<4sII", content)
    if magic != b"glTF":
        raise AssetError("cannot be read: it is no GLB, which begins with 'glTF'; export it again")
    if version != 2:
        raise AssetError(f"is glTF of version {version}; allowed: 2: export it again")
    if length > len(content):
        raise AssetError(f"claims {length} bytes in its header, but has {len(content)}; it is cut off: export it again")
    data, start = memoryview(content)[:length], 12
    text: memoryview | None = None
    binary: memoryview | None = None
    for _ in range(_MAX_CHUNKS):
        if start + 8 > len(data):
            break
        size, kind = struct.unpack_from("<II", data, start)
        if start + 8 + size > len(data):
            raise AssetError(f"claims a chunk of {size} bytes, where {len(data) - start - 8} are left; export it again")
        chunk = data[start + 8 : start + 8 + size]
        if kind == _JSON_CHUNK and text is None:
            text = chunk
        elif kind == _BINARY_CHUNK and binary is None:
            binary = chunk
        start += 8 + size
    if text is None:
        raise AssetError("cannot be read: it has no JSON chunk; export it again")
    return text, binary


def _embedded(uri: object, what: str) -> bytes:
    """Return what a data URI holds; any other names something outside the file, which is not read."""
    if not isinstance(uri, str) or not uri.startswith("data:"):
        raise AssetError(f"names a {what} outside itself, {str(uri)[:60]!r}, which is not read; embed it: save as .glb")
    head, _, body = uri.partition(",")
    if not head.endswith(";base64"):
        raise AssetError(f"has a {what} in a data URI that is not base64; save it as .glb")
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError) as error:
        raise AssetError(f"has a {what} that is no base64: {error}; export it again") from error
