"""Meshes from PLY, text or binary, with colours of vertices or faces.

The format: Greg Turk, The PLY Polygon File Format, Stanford, 1994.
"""

from __future__ import annotations

import itertools
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from spatialenv.assets.obj import MAX_VERTICES
from spatialenv.assets.raw import MAX_FACES, PLAIN, Faces, MeshBuilder, RawMesh
from spatialenv.assets.text import text_lines
from spatialenv.core.mesh import Material
from spatialenv.core.placed import FloatArray
from spatialenv.errors import AssetError

_MAX_HEADER = 1 << 16
_TYPES = {
    "char": "i1",
    "int8": "i1",
    "uchar": "u1",
    "uint8": "u1",
    "short": "i2",
    "int16": "i2",
    "ushort": "u2",
    "uint16": "u2",
    "int": "i4",
    "int32": "i4",
    "uint": "u4",
    "uint32": "u4",
    "float": "f4",
    "float32": "f4",
    "double": "f8",
    "float64": "f8",
}
_ORDERS = {"ascii": "", "binary_little_endian": "<", "binary_big_endian": ">"}
_LISTS = ("vertex_indices", "vertex_index")
_PLACES = ("x", "y", "z")
_TONES = ("red", "green", "blue")
_MAX_CELLS = 5_000_000


@dataclass(slots=True)
class _Element:
    name: str
    count: int
    properties: list[tuple[str, str, str]] = field(default_factory=list)
    """Name, type of a value, type of a list's length ("" for a single value)."""

    def position(self, name: str) -> int:
        names = [row[0] for row in self.properties]
        return names.index(name) if name in names else -1


@dataclass(slots=True)
class _Found:
    vertices: FloatArray | None = None
    vertex_tones: FloatArray | None = None
    faces: Faces | None = None
    face_tones: FloatArray | None = None


def read_ply(content: bytes, *, with_looks: bool = True) -> RawMesh:
    """Return the mesh of a PLY file.

    Args:
        content: The file.
        with_looks: Whether colours are read too.

    Raises:
        AssetError: If it cannot be used; the message ends a sentence.
    """
    order, elements, start = _header(content)
    found = _text(content[start:], elements) if not order else _binary(content, start, order, elements)
    if found.vertices is None or found.faces is None:
        raise AssetError(f"has 0 triangles; allowed: 1 to {MAX_FACES}: export its surfaces as triangles")
    builder = MeshBuilder()
    colours = found.face_tones
    if colours is None and found.vertex_tones is not None and len(found.faces):
        if int(found.faces.min()) < 0 or int(found.faces.max()) >= len(found.vertex_tones):
            raise AssetError("has a triangle with a vertex that is not there; export it again")
        colours = found.vertex_tones[found.faces].mean(axis=1)
    if colours is not None and with_looks:
        builder.add(found.vertices, found.faces, Material((255.0, 255.0, 255.0)), None, colours)
    else:
        builder.add(found.vertices, found.faces, PLAIN)
    return builder.finish()


def _header(content: bytes) -> tuple[str, list[_Element], int]:
    end = content.find(b"end_header", 0, _MAX_HEADER)
    stop = content.find(b"\n", end)
    if not content.startswith(b"ply") or end < 0 or stop < 0:
        raise AssetError("cannot be read: it has no PLY header; export it again")
    order: str | None = None
    elements: list[_Element] = []
    for line in content[:end].decode(errors="replace").splitlines():
        words = line.split()
        try:
            if words[:1] == ["format"]:
                order = _ORDERS[words[1]]
            elif words[:1] == ["element"]:
                elements.append(_Element(words[1], int(words[2])))
            elif words[:2] == ["property", "list"]:
                elements[-1].properties.append((words[4], _TYPES[words[3]], _TYPES[words[2]]))
            elif words[:1] == ["property"]:
                elements[-1].properties.append((words[2], _TYPES[words[1]], ""))
        except (KeyError, IndexError, ValueError) as error:
            raise AssetError(f"cannot be read: its header has the line {line[:60]!r}; export it again") from error
    if order is None:
        raise AssetError("cannot be read: its header names no format; export it again")
    for element in elements:
        limit = {"vertex": MAX_VERTICES, "face": MAX_FACES}.get(element.name, MAX_VERTICES)
        if not 0 <= element.count <= limit:
            raise AssetError(f"claims {element.count} rows of {element.name!r}; allowed: 0 to {limit}: simplify it")
    return order, elements, stop + 1


def _text(body: bytes, elements: list[_Element]) -> _Found:
    found = _Found()
    lines = (line for line in text_lines(body) if line.strip())
    for element in elements:
        rows = (line.split() for line in itertools.islice(lines, element.count))
        try:
            if element.name == "vertex":
                wanted = [(name, element.position(name)) for name in (*_PLACES, *_TONES)]
                columns = [(name, k) for name, k in wanted if k >= 0]
                values = array("d", (float(row[k]) for row in rows for _, k in columns))
                _check_rows(element, len(values) // max(len(columns), 1))
                table = np.frombuffer(values).reshape(element.count, len(columns))
                _take_vertices(found, element, {name: table[:, k] for k, (name, _) in enumerate(columns)})
            elif element.name == "face":
                _take_text_faces(found, element, rows)
            else:
                _check_rows(element, sum(1 for _ in rows))
        except AssetError:  # which is a ValueError too
            raise
        except (ValueError, IndexError, OverflowError) as error:
            raise AssetError(f"cannot be read: its {element.name!r} rows are not as its header says") from error
    return found


def _check_rows(element: _Element, count: int) -> None:
    if count < element.count:
        raise AssetError(f"claims {element.count} rows of {element.name!r} and has {count}; it is cut off")


def _take_text_faces(found: _Found, element: _Element, rows: Iterator[list[bytes]]) -> None:
    _check_cells(element)
    corners, sizes, tones = array("q"), array("q"), array("d")
    has_tones = min(element.position(name) for name in _TONES) >= 0
    count = 0
    for row in rows:
        count += 1
        column = 0
        for name, _, length in element.properties:
            many = int(row[column]) if length else 1
            first = column + 1 if length else column
            column = first + many
            if column > len(row) or many < 0:
                raise IndexError(name)
            if name in _LISTS:
                sizes.append(many)
                corners.extend(map(int, row[first:column]))
            elif has_tones and name in _TONES:
                tones.append(float(row[first]))
    _check_rows(element, count)
    _take_faces(found, np.array(corners), np.array(sizes), np.array(tones).reshape(-1, 3) if has_tones else None)


def _binary(content: bytes, start: int, order: str, elements: list[_Element]) -> _Found:
    found = _Found()
    for element in elements:
        if not any(length for _, _, length in element.properties):
            form = np.dtype([(f"{k}", order + kind) for k, (_, kind, _) in enumerate(element.properties)])
            stop = start + form.itemsize * element.count
            if stop > len(content):
                raise AssetError(
                    f"claims {element.count} rows of {element.name!r}, where {len(content) - start} bytes are left; "
                    "it is cut off: export it again"
                )
            table = np.frombuffer(content, form, element.count, start)
            start = stop
            if element.name == "vertex":
                wanted = [(name, element.position(name)) for name in (*_PLACES, *_TONES)]
                _take_vertices(found, element, {name: table[f"{k}"] for name, k in wanted if k >= 0})
        elif element.name == "face":
            start = _take_binary_faces(found, element, content, start, order)
        else:
            break  # lists of what is no face: nothing that counts comes behind them
    return found


def _take_binary_faces(found: _Found, element: _Element, content: bytes, start: int, order: str) -> int:
    """Read faces whose lists are all of three, or one by one, and return where they end."""
    parts = []
    for k, (_, kind, length) in enumerate(element.properties):
        if length:
            parts.append((f"n{k}", order + length))
        parts.append((f"{k}", order + kind, (3,)) if length else (f"{k}", order + kind))  # type: ignore[arg-type]
    form = np.dtype(parts)
    if start + form.itemsize * element.count <= len(content):
        table = np.frombuffer(content, form, element.count, start)
        counts = [table[f"n{k}"] for k, (_, _, length) in enumerate(element.properties) if length]
        if all((count == 3).all() for count in counts):
            which = next((k for k, row in enumerate(element.properties) if row[0] in _LISTS), -1)
            if which >= 0:
                tones = [element.position(tone) for tone in _TONES]
                columns = [table[f"{k}"].astype(np.float64) for k in tones] if min(tones) >= 0 else None
                sizes = np.full(element.count, 3, np.int64)
                corners = table[f"{which}"].astype(np.int64).reshape(-1)
                _take_faces(found, corners, sizes, None if columns is None else np.stack(columns, axis=1))
            return start + form.itemsize * element.count
    return _take_ragged_faces(found, element, content, start, order)


def _take_ragged_faces(found: _Found, element: _Element, content: bytes, start: int, order: str) -> int:
    _check_cells(element)
    kinds = [
        (name, np.dtype(order + kind), np.dtype(order + length) if length else None)
        for name, kind, length in element.properties
    ]
    corners, sizes, tones = array("q"), array("q"), array("d")
    has_tones = min(element.position(name) for name in _TONES) >= 0
    for _ in range(element.count):
        for name, kind, length in kinds:
            count = 1
            if length is not None:
                _check_left(content, start, length.itemsize)
                count = int(np.frombuffer(content, length, 1, start)[0])
                start += length.itemsize
            if count < 0:
                raise AssetError("cannot be read: it has a face of fewer than 0 corners; export it again")
            _check_left(content, start, count * kind.itemsize)
            values = np.frombuffer(content, kind, count, start).tolist() if count else []
            start += count * kind.itemsize
            if name in _LISTS:
                sizes.append(count)
                corners.extend(map(int, values))
            elif has_tones and name in _TONES:
                tones.append(float(values[0]))
    _take_faces(found, np.array(corners), np.array(sizes), np.array(tones).reshape(-1, 3) if has_tones else None)
    return start


def _check_cells(element: _Element) -> None:
    """Refuse what takes long to read one by one."""
    cells = element.count * len(element.properties)
    if cells > _MAX_CELLS:
        raise AssetError(f"has {cells} values in its faces; at most {_MAX_CELLS} are read: leave properties out")


def _check_left(content: bytes, start: int, needed: int) -> None:
    if start + needed > len(content):
        raise AssetError("claims more faces than it has; it is cut off: export it again")


def _take_vertices(found: _Found, element: _Element, columns: Mapping[str, npt.NDArray[np.generic]]) -> None:
    if not all(name in columns for name in _PLACES):
        raise AssetError("cannot be read: its vertices have no x, y and z; export it again")
    found.vertices = np.stack([columns[name].astype(np.float64) for name in _PLACES], axis=1)
    if all(name in columns for name in _TONES):
        scale = 255.0 if element.properties[element.position("red")][1].startswith("f") else 1.0
        found.vertex_tones = np.stack([columns[name].astype(np.float64) for name in _TONES], axis=1) * scale


def _take_faces(
    found: _Found, corners: npt.NDArray[np.int64], sizes: npt.NDArray[np.int64], tones: npt.NDArray[np.float64] | None
) -> None:
    """Cut polygons into fans of triangles."""
    triangles = np.maximum(sizes - 2, 0)
    total = int(triangles.sum())
    if total > MAX_FACES:
        raise AssetError(f"has {total} triangles; allowed: 1 to {MAX_FACES}: simplify it before it is used")
    owner = np.repeat(np.arange(len(sizes)), triangles)
    first = (np.cumsum(sizes) - sizes)[owner]
    step = np.arange(total) - (np.cumsum(triangles) - triangles)[owner]
    found.faces = np.stack([corners[first], corners[first + step + 1], corners[first + step + 2]], axis=1)
    if tones is not None and len(tones) == len(sizes):
        found.face_tones = tones[owner]
