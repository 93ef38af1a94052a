"""Meshes from glTF 2.0 in one file, GLB or JSON with everything embedded: checked here, read by trimesh.

trimesh gets a document that is made anew of what is used and checked; it never sees the file's own.
"""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from spatialenv.assets.gltf_document import Document, mapping, numbers, sequence
from spatialenv.assets.gltf_materials import Materials, to_screen
from spatialenv.assets.raw import PLAIN, MeshBuilder, RawMesh
from spatialenv.core.placed import FloatArray
from spatialenv.errors import AssetError

MAX_NODES = 20_000
"""Most nodes of the tree, and most parts that they may show."""

_TRIANGLES, _STRIP, _FAN = 4, 5, 6
_LOOSE = (0, 1, 2, 3)
_MAX_READ = 192 << 20
"""Most bytes that the parts of a file may take together, where they share some."""

_TRANSFORMS = {"matrix": 16, "translation": 3, "rotation": 4, "scale": 3}


def read_gltf(content: bytes, *, is_binary: bool, with_looks: bool = True) -> RawMesh:
    """Return the mesh of the scene that a glTF file shows, its nodes put where they stand.

    Skins, animations, morph targets, cameras and lights are left out.

    Args:
        content: The file.
        is_binary: Whether it is GLB, else JSON.
        with_looks: Whether materials, colours and textures are read too.

    Raises:
        AssetError: If it cannot be used; the message ends a sentence.
    """
    document = Document(content, is_binary)
    builder = MeshBuilder()
    for kind, what in (("skins", "skin"), ("animations", "animation")):
        if document.items(kind):
            builder.note(f"its {what}s are left out")
    clean = _Clean(document, Materials(document) if with_looks else None, builder)
    if not clean.parts:
        return builder.finish()
    from trimesh.exchange.gltf import load_glb

    found = load_glb(io.BytesIO(clean.glb()), resolver={}, skip_materials=True)
    matrices = {found["base_frame"]: np.eye(4)}
    parts = dict(zip(found["geometry"], clean.parts, strict=True))
    with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is told
        for edge in found["graph"]:
            matrix = matrices[edge["frame_to"]] = matrices[edge["frame_from"]] @ edge["matrix"]
            if not np.isfinite(matrix).all():
                raise AssetError("has nodes whose transforms are too large together; export it again")
            if "geometry" in edge:
                clean.add(found["geometry"][edge["geometry"]], parts[edge["geometry"]], matrix)
    return builder.finish()


@dataclass(slots=True)
class _Part:
    """A primitive as the file has it."""

    attributes: Mapping[str, Any]
    material: object
    uvs: str = ""


@dataclass(slots=True)
class _Clean:
    """The document that trimesh reads."""

    document: Document
    materials: Materials | None
    builder: MeshBuilder
    parts: list[_Part] = field(default_factory=list)
    _json: dict[str, Any] = field(default_factory=dict)
    _binary: bytearray = field(default_factory=bytearray)
    _views: dict[object, int] = field(default_factory=dict)
    _accessors: dict[object, int] = field(default_factory=dict)
    _meshes: dict[int, tuple[int, int, int]] = field(default_factory=dict)
    """New number of a mesh, its parts and its triangles."""
    _size: int = 0

    def __post_init__(self) -> None:
        nodes: list[dict[str, Any]] = []
        self._json = {"asset": {"version": "2.0"}, "meshes": [], "accessors": [], "bufferViews": [], "nodes": nodes}
        roots: list[int] = []
        shown = 0
        places: dict[int, int] = {}
        for index, above, node in _nodes(self.document):
            own: dict[str, Any] = {}
            for key, count in _TRANSFORMS.items():
                if key in node:
                    own[key] = numbers(node[key], count, key).tolist()
            if "mesh" in node:
                mesh, parts, triangles = self._mesh(node["mesh"])
                shown += parts
                if shown > MAX_NODES:
                    raise AssetError(f"shows more than {MAX_NODES} parts; join them")
                self.builder.reserve(triangles)
                self.builder.planned += triangles
                own |= {"mesh": mesh} if parts else {}
            places[index] = len(nodes)
            siblings = roots if above is None else nodes[places[above]].setdefault("children", [])
            siblings.append(len(nodes))
            nodes.append(own)
        self.builder.planned = 0
        self._json |= {"scenes": [{"nodes": roots}], "buffers": [{"byteLength": len(self._binary)}]}

    def glb(self) -> bytes:
        """Return it as a file."""
        text = json.dumps(self._json).encode()
        text += b" " * (-len(text) % 4)
        binary = bytes(self._binary) + b"\0" * (-len(self._binary) % 4)
        chunks = struct.pack("<I4s", len(text), b"JSON") + text + struct.pack("<I4s", len(binary), b"BIN\0") + binary
        return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks

    def add(self, read: Mapping[str, Any], part: _Part, matrix: FloatArray) -> None:
        """Add what trimesh has read of a part to the mesh."""
        vertices = self._floats(read["vertices"], part.attributes["POSITION"], False) @ matrix[:3, :3].T + matrix[:3, 3]
        faces = np.asarray(read["faces"], np.int64)
        used = int(faces.max(initial=-1))
        if used >= len(vertices):
            raise AssetError(f"has a triangle with the vertex {used}, but {len(vertices)} vertices; export it again")
        faces = faces[(faces[:, 0] != faces[:, 1]) & (faces[:, 1] != faces[:, 2]) & (faces[:, 0] != faces[:, 2])]
        if float(np.linalg.det(matrix[:3, :3])) < 0.0:
            faces = faces[:, ::-1]
        material, coordinates, colours = PLAIN, None, None
        if self.materials is not None:
            rows = read.get("vertex_attributes", {})
            material, channel = self.materials.get(part.material)
            if part.uvs:
                flat = self._floats(rows["_UVS"], part.attributes[part.uvs], True)
                coordinates = channel.turned(self._full(flat, used, "texture coordinates"))[faces]
            if "_TONES" in rows:
                tones = self._full(self._floats(rows["_TONES"], part.attributes["COLOR_0"], True), used, "colours")
                colours = to_screen(tones[faces][..., :3].mean(axis=1))
                material = self.materials.white if part.material is None else material
        self.builder.add(vertices, faces, material, coordinates, colours)

    def _floats(self, array: npt.NDArray[Any], index: object, is_share: bool) -> FloatArray:
        """Return numbers of the file as floats, whole ones as shares of the greatest where the file says so."""
        floats = array.astype(np.float64)
        if array.dtype.kind != "f" and (self.document.is_normalised(index) or is_share):
            floats = np.maximum(floats / float(np.iinfo(array.dtype).max), -1.0)
        return floats

    @staticmethod
    def _full(rows: FloatArray, used: int, what: str) -> FloatArray:
        if used >= len(rows):
            raise AssetError(f"has {what} for {len(rows)} vertices, but uses number {used}; export it again")
        return rows

    def _mesh(self, index: object) -> tuple[int, int, int]:
        given = self.document.item("meshes", index)
        key = int(index)  # type: ignore[call-overload]  # `item` has checked it
        if key not in self._meshes:
            primitives, triangles = [], 0
            for primitive in sequence(given.get("primitives"), "primitives"):
                own, count = self._primitive(mapping(primitive, "primitive"))
                if own is not None:
                    triangles += count
                    primitives.append(own)
                    self.builder.reserve(triangles)
                if len(primitives) > MAX_NODES:
                    raise AssetError(f"shows more than {MAX_NODES} parts; join them")
            self._meshes[key] = (len(self._json["meshes"]), len(primitives), triangles)
            if primitives:
                self._json["meshes"].append({"primitives": primitives})
        return self._meshes[key]

    def _primitive(self, given: Mapping[str, Any]) -> tuple[dict[str, Any] | None, int]:
        """Return a primitive for trimesh and its triangles; None for what holds none."""
        mode = given.get("mode", _TRIANGLES)
        if mode in _LOOSE:
            self.builder.note("its points and lines are left out")
            return None, 0
        if mode not in (_TRIANGLES, _STRIP, _FAN):
            raise AssetError(f"has a primitive of the mode {str(mode)[:20]}; allowed: 0 to 6: export it again")
        part = _Part(mapping(given.get("attributes"), "attributes"), given.get("material"))
        if "POSITION" not in part.attributes:
            return None, 0
        is_indexed = "indices" in given
        count = self.document.count(given["indices"] if is_indexed else part.attributes["POSITION"])
        triangles = count // 3 if mode == _TRIANGLES else max(count - 2, 0)
        if not triangles:
            return None, 0
        self.builder.reserve(triangles)
        attributes = {"POSITION": self._accessor(part.attributes["POSITION"], "vertices", (3,), "fiu")}
        own: dict[str, Any] = {"attributes": attributes, "mode": mode}
        if mode == _FAN:
            own["mode"] = _TRIANGLES
            own["indices"] = self._fan(given.get("indices"), count)
        elif is_indexed:
            kept = triangles * 3 if mode == _TRIANGLES else count
            own["indices"] = self._accessor(given["indices"], "triangles", (1,), "u", kept)
        elif count != triangles * 3 and mode == _TRIANGLES:
            attributes["POSITION"] = self._accessor(part.attributes["POSITION"], "vertices", (3,), "fiu", triangles * 3)
        if self.materials is not None:
            material, channel = self.materials.get(part.material)
            name = f"TEXCOORD_{channel.number}"
            if material.texture is not None and name in part.attributes:
                part.uvs = name
                attributes["_UVS"] = self._accessor(part.attributes[name], "texture coordinates", (2,), "fu")
            if "COLOR_0" in part.attributes:
                attributes["_TONES"] = self._accessor(part.attributes["COLOR_0"], "colours", (3, 4), "fu")
        self.parts.append(part)
        return own, triangles

    def _accessor(self, index: object, what: str, widths: tuple[int, ...], kinds: str, count: int | None = None) -> int:
        """Return the new number of an accessor whose range is checked."""
        rows = self.document.rows(index, what, widths, kinds)
        count = rows.length if count is None else count
        key = (index, count)
        if key not in self._accessors:
            own = {"componentType": rows.component, "type": rows.type, "count": count, "byteOffset": rows.offset}
            view = self._view((rows.view, rows.stride), rows.content, rows.stride)
            self._accessors[key] = self._append("accessors", {**own, "bufferView": view})
            self._check(rows.length * rows.size)
        return self._accessors[key]

    def _view(self, key: object, content: memoryview, stride: int) -> int:
        if key not in self._views:
            self._check(len(content))
            own = {"buffer": 0, "byteOffset": len(self._binary), "byteLength": len(content)}
            self._views[key] = self._append("bufferViews", own | ({"byteStride": stride} if stride else {}))
            self._binary += content
        return self._views[key]

    def _fan(self, index: object, count: int) -> int:
        """Return the number of an accessor with the triangles of a fan, which trimesh leaves out."""
        corners = np.arange(count)
        if index is not None:
            rows = self.document.rows(index, "triangles", (1,), "u")
            step = rows.stride or rows.size
            corners = np.ndarray((count,), f"<u{rows.size}", rows.content, rows.offset, (step,)).astype(np.int64)
        first = np.broadcast_to(corners[0], count - 2)
        content = np.stack([first, corners[1:-1], corners[2:]], axis=1).astype("<u4").tobytes()
        view = self._view(("fan", len(self._json["accessors"])), memoryview(content), 0)
        own = {"componentType": 5125, "type": "SCALAR", "count": 3 * (count - 2), "bufferView": view}
        return self._append("accessors", own)

    def _append(self, kind: str, value: dict[str, Any]) -> int:
        self._json[kind].append(value)
        return len(self._json[kind]) - 1

    def _check(self, size: int) -> None:
        self._size += size
        if self._size > _MAX_READ:
            raise AssetError(f"has parts of more than {_MAX_READ >> 20} MiB together; export it again")


def _nodes(document: Document) -> Iterator[tuple[int, int | None, Mapping[str, Any]]]:
    """Yield the nodes of the scene, each with its number and its parent's."""
    nodes = document.items("nodes")
    if document.items("scenes"):
        roots = sequence(document.item("scenes", document.json.get("scene", 0)).get("nodes"), "nodes")
    else:
        children = {
            child
            for node in nodes
            for child in sequence(mapping(node, "node").get("children"), "children")
            if isinstance(child, int)
        }
        roots = [index for index in range(len(nodes)) if index not in children]
    seen: set[int] = set()
    waiting: list[tuple[Any, int | None]] = [(root, None) for root in reversed(roots)]
    while waiting:
        index, above = waiting.pop()
        node = document.item("nodes", index)
        if index in seen:
            raise AssetError(f"has a node, number {index}, that comes twice or holds itself; export it again")
        seen.add(index)
        if len(seen) > MAX_NODES:
            raise AssetError(f"has more than {MAX_NODES} nodes; join its parts")
        yield index, above, node
        waiting += [(child, index) for child in reversed(sequence(node.get("children"), "children"))]
