"""Meshes from PLY, text or binary, with colours of vertices or faces: checked here, read by trimesh.

The format: Greg Turk, The PLY Polygon File Format, Stanford, 1994.
"""

from __future__ import annotations

import io
import itertools
import struct
from dataclasses import dataclass, field

import numpy as np

from spatialenv.assets.raw import MAX_FACES, MAX_VERTICES, PLAIN, MeshBuilder, RawMesh
from spatialenv.assets.text import check_lines
from spatialenv.core.mesh import Material
from spatialenv.errors import AssetError

MAX_ROWS = 500_000
"""Most rows of a text, each of which becomes an array while it is read."""

_MAX_HEADER = 1 << 16
_TYPES = {
    **dict.fromkeys(("char", "int8"), "i1"),
    **dict.fromkeys(("uchar", "uint8"), "u1"),
    **dict.fromkeys(("short", "int16"), "i2"),
    **dict.fromkeys(("ushort", "uint16"), "u2"),
    **dict.fromkeys(("int", "int32"), "i4"),
    **dict.fromkeys(("uint", "uint32"), "u4"),
    **dict.fromkeys(("float", "float32"), "f4"),
    **dict.fromkeys(("double", "float64"), "f8"),
}
_ORDERS = {"ascii": "", "binary_little_endian": "<", "binary_big_endian": ">"}
_LISTS = ("vertex_indices", "vertex_index")
_PLACES, _TONES = ("x", "y", "z"), ("red", "green", "blue")
_MAX_CELLS = 5_000_000


@dataclass(slots=True)
class _Element:
    name: str
    count: int
    properties: list[tuple[str, str, str]] = field(default_factory=list)
    """Name, type of a value, type of a list's length ("" for a single value)."""

    @property
    def least(self) -> int:
        """Fewest bytes of a row in a binary file."""
        return sum(np.dtype(_TYPES[length or kind]).itemsize for _, kind, length in self.properties)


def read_ply(content: bytes, *, with_looks: bool = True) -> RawMesh:
    """Return the mesh of a PLY file.

    Args:
        content: The file.
        with_looks: Whether colours are read too.

    Raises:
        AssetError: If it cannot be used; the message ends a sentence.
    """
    order, elements, body = _header(content)
    names = [element.name for element in elements]
    if not {"vertex", "face"} <= {element.name for element in elements if element.count}:
        raise AssetError(f"has 0 triangles; allowed: 1 to {MAX_FACES}: export its surfaces as triangles")
    places, faces = elements[names.index("vertex")], elements[names.index("face")]
    if not {*_PLACES} <= {name for name, _, _ in places.properties}:
        raise AssetError("cannot be read: its vertices have no x, y and z; export it again")
    if any(length for element in elements[: names.index("face")] for _, _, length in element.properties):
        raise AssetError("cannot be read: it has lists before its faces; export it again")
    cells = faces.count * len(faces.properties)
    if cells > _MAX_CELLS:
        raise AssetError(f"has {cells} values in its faces; at most {_MAX_CELLS} are read: leave properties out")
    if names.index("vertex") > names.index("face"):
        raise AssetError("cannot be read: its faces come before its vertices; export it again")
    elements = elements[: names.index("face") + 1]
    head, rows = (_text if order == "ascii" else _binary)(body, elements, order)
    from trimesh.exchange.ply import load_ply

    found = load_ply(io.BytesIO(head.encode() + rows), skip_materials=True, prefer_color="face")
    triangles = np.asarray(found["faces"], np.int64)
    colours, kind = found.get("face_colors"), _tone_kind(faces)
    if colours is None and found.get("vertex_colors") is not None:
        if int(triangles.min()) < 0 or int(triangles.max()) >= places.count:
            raise AssetError("has a triangle with a vertex that is not there; export it again")
        colours, kind = found["vertex_colors"][triangles].mean(axis=1), _tone_kind(places)
    builder = MeshBuilder()
    vertices = np.asarray(found["vertices"], np.float64)
    if colours is not None and with_looks:
        colours = np.asarray(colours, np.float64)[:, :3] * (255.0 if kind.startswith("f") else 1.0)
        builder.add(vertices, triangles, Material((255.0, 255.0, 255.0)), None, colours)
    else:
        builder.add(vertices, triangles, PLAIN)
    return builder.finish()


def _header(content: bytes) -> tuple[str, list[_Element], memoryview]:
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
                order = words[1] if words[1] in _ORDERS else None
            elif words[:1] == ["element"]:
                elements.append(_Element(words[1], int(words[2])))
            elif words[:1] == ["property"]:
                kinds = (words[3], words[2]) if words[1] == "list" else (words[1], "")
                _ = [_TYPES[kind] for kind in kinds if kind]
                elements[-1].properties.append((words[-1], *kinds))
        except (KeyError, IndexError, ValueError) as error:
            raise AssetError(f"cannot be read: its header has the line {line[:60]!r}; export it again") from error
    if order is None:
        raise AssetError("cannot be read: its header names no format that is read; export it again")
    for element in elements:
        limit = MAX_FACES if element.name == "face" else MAX_VERTICES
        if not 0 <= element.count <= limit:
            raise AssetError(f"claims {element.count} rows of {element.name!r}; allowed: 0 to {limit}: simplify it")
    return order, elements, memoryview(content)[stop + 1 :]


def _tone_kind(element: _Element) -> str:
    return next((kind for name, kind, _ in element.properties if name == _TONES[0]), "")


def _head(order: str, elements: list[_Element], triangles: int) -> str:
    """Return a header for trimesh which names nothing but what is used: no textures, edges or normals."""
    lines = ["ply", f"format {order} 1.0"]
    for number, element in enumerate(elements):
        if element.name == "face":
            tones = [f"property {kind} {name}" for name, kind, _ in _kept(element)]
            lines += [f"element face {triangles}", "property list uchar int vertex_indices", *tones]
            continue
        lines.append(f"element {element.name if element.name == 'vertex' else f'other{number}'} {element.count}")
        for k, (name, kind, _) in enumerate(element.properties):
            lines.append(f"property {kind} {name if name in (*_PLACES, *_TONES) else f'p{k}'}")
    return "\n".join(lines) + "\nend_header\n"


def _kept(faces: _Element) -> list[tuple[str, str, str]]:
    return [row for row in faces.properties if row[0] in _TONES and not row[2]]


def _text(body: memoryview, elements: list[_Element], order: str) -> tuple[str, bytes]:
    """Return a text whose faces are triangles, and its header."""
    content = bytes(body)
    check_lines(content)
    if sum(element.count for element in elements) > MAX_ROWS:
        raise AssetError(f"has more than {MAX_ROWS} rows of text; simplify it, or save it as binary")
    filled = (line.strip() for line in io.BytesIO(content) if not line.isspace())
    rows: list[bytes] = []
    for element in elements:
        own = list(itertools.islice(filled, element.count))
        if len(own) < element.count:
            raise AssetError(f"claims {element.count} rows of {element.name!r} and has {len(own)}; it is cut off")
        try:
            rows += _text_triangles(element, own) if element.name == "face" else own
        except (ValueError, IndexError) as error:
            raise AssetError(f"cannot be read: its {element.name!r} rows are not as its header says") from error
    before = sum(element.count for element in elements[:-1])
    return _head(order, elements, len(rows) - before), b"\n".join(rows)


def _text_triangles(faces: _Element, rows: list[bytes]) -> list[bytes]:
    triangles: list[bytes] = []
    for row in rows:
        words, column = row.split(), 0
        corners: list[bytes] = []
        tail: list[bytes] = []
        for name, _, length in faces.properties:
            first, many = (column + 1, int(words[column])) if length else (column, 1)
            column = first + many
            if column > len(words) or many < 0:
                raise IndexError(name)
            if length and name in _LISTS:
                corners = words[first:column]
            elif name in _TONES and not length:
                tail.append(words[first])
        rest = b" ".join(tail)
        triangles += [b"3 %b %b %b %b" % (corners[0], *corners[k : k + 2], rest) for k in range(1, len(corners) - 1)]
        _check_count(len(triangles))
    return triangles


def _binary(body: memoryview, elements: list[_Element], order: str) -> tuple[str, bytes]:
    """Return binary rows whose faces are triangles, and their header."""
    start = 0
    for element in elements:
        if element.least * element.count > len(body) - start:
            rest = "more faces than it has" if element.name == "face" else f"where {len(body) - start} bytes are left"
            raise AssetError(f"claims {element.count} rows of {element.name!r}, {rest}; it is cut off: export it again")
        if element.name != "face":
            start += element.least * element.count
    faces = elements[-1]
    marks = {kind: np.dtype(_TYPES[kind]).char for _, one, two in faces.properties for kind in (one, two) if kind}
    sign = _ORDERS[order]
    triangle = struct.Struct(sign + "B3i" + "".join(marks[kind] for _, kind, _ in _kept(faces)))
    triangles: list[bytes] = []
    place = start
    try:
        for _ in range(faces.count):
            corners: tuple[int, ...] = ()
            tail: list[float] = []
            for name, kind, length in faces.properties:
                many = 1
                if length:
                    (many,) = struct.unpack_from(sign + marks[length], body, place)
                    place += struct.calcsize(sign + marks[length])
                if not 0 <= many <= len(body):
                    raise AssetError("claims more faces than it has; it is cut off: export it again")
                values = struct.unpack_from(f"{sign}{many}{marks[kind]}", body, place)
                place += struct.calcsize(f"{sign}{many}{marks[kind]}")
                if length and name in _LISTS:
                    corners = tuple(map(int, values))
                elif name in _TONES and not length:
                    tail.append(values[0])
            pairs = itertools.pairwise(corners[1:])
            triangles += [triangle.pack(3, corners[0], second, third, *tail) for second, third in pairs]
            _check_count(len(triangles))
    except struct.error as error:
        raise AssetError("claims more faces than it has; it is cut off: export it again") from error
    return _head(order, elements, len(triangles)), bytes(body[:start]) + b"".join(triangles)


def _check_count(triangles: int) -> None:
    if triangles > MAX_FACES:
        raise AssetError(f"has {triangles} triangles; allowed: 1 to {MAX_FACES}: simplify it before it is used")
