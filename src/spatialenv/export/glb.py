"""glTF 2.0 in one binary file: for viewers, game engines and the web."""

from __future__ import annotations

import json
import math
import struct
from importlib import metadata
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from spatialenv.core.mesh import Material, Texture, TriangleMesh
from spatialenv.core.placed import FloatArray
from spatialenv.export.base import Exporter
from spatialenv.export.contents import Contents
from spatialenv.export.names import LONGEST, WORLD, printable, unique_names
from spatialenv.export.surfaces import float32, linear, png, surfaces
from spatialenv.formats.atomic import write_atomically

ARRAY_BUFFER, ELEMENT_BUFFER = 34962, 34963
FLOAT, UINT16, UINT32 = 5126, 5123, 5125
LINEAR, LINEAR_MIPMAPS, REPEAT = 9729, 9987, 10497

_FROM_OURS = np.array(((1.0, 0.0, 0.0), (0.0, 0.0, 1.0), (0.0, -1.0, 0.0)))
"""glTF has y up: our x, y, z become x, z, -y."""


class GlbExporter(Exporter):
    """GLB: metres, y up (our x, y, z are its x, -z, y), one node for each object, named by its id.

    Nodes of objects carry `id`, `category`, `size` (length, width, height), `yaw` in degrees and `front`, where the
    front looks in the file's axes, as extras. The room is a node with a child for the floor and for each wall, door
    and window. Its walls are seen from inside alone, so that one looks into the room from everywhere.
    """

    endings: ClassVar[tuple[str, ...]] = (".glb",)

    def write(self, contents: Contents, path: Path) -> list[Path]:
        """Write one file; see `Exporter`."""
        document = _Document()
        names = object_names(contents)
        items = [document.node(_object(contents, number, name)) for number, name in enumerate(names)]
        for item, prop in zip(items, contents.props, strict=True):
            document.put_mesh(item, prop.mesh)
        parts = []
        labels = unique_names(("room", *(part.name for part in contents.room)), names)
        for label, part in zip(labels[1:], contents.room, strict=True):
            parts.append(document.node({"name": label, "extras": {"kind": part.kind}}))
            document.put_mesh(parts[-1], part.mesh)
        room = contents.placed.room
        shell = document.node(
            {
                "name": labels[0],
                "children": parts,
                "extras": {"kind": "room", "size": [room.length, room.width, room.height]},
            }
        )
        return [write_atomically(path, document.to_bytes([shell, *items]), is_durable=False)]


def object_names(contents: Contents) -> tuple[str, ...]:
    """Return the name of each object's node: its id where that is short, printable and not `WORLD`."""
    ids = [prop.id for prop in contents.props]
    fine = {text for text in ids if len(text) <= LONGEST and printable(text) == text and text != WORLD}
    others = iter(unique_names((text for text in ids if text not in fine), (*fine, WORLD)))
    return tuple(object_id if object_id in fine else next(others) for object_id in ids)


def _object(contents: Contents, number: int, name: str) -> dict[str, Any]:
    prop = contents.props[number]
    item = contents.item(prop)
    x, y, z = prop.center.tolist()
    half = prop.yaw / 2
    front = _FROM_OURS @ (-math.sin(prop.yaw), math.cos(prop.yaw), 0.0)
    return {
        "name": name,
        "translation": [x, z, -y],
        "rotation": [0.0, math.sin(half), 0.0, math.cos(half)],
        "extras": {
            "kind": "object",
            "id": printable(prop.id),
            "category": printable(item.category),
            "size": list(item.size),
            "yaw": math.degrees(prop.yaw),
            "front": [round(value, 12) + 0.0 for value in front.tolist()],
        },
    }


class _Document:
    """The JSON and the binary part of a file while they are made."""

    def __init__(self) -> None:
        self._json: dict[str, list[dict[str, Any]]] = {
            key: []
            for key in ("nodes", "meshes", "materials", "textures", "images", "accessors", "bufferViews")
        }  # fmt: skip
        self._binary = bytearray()
        self._meshes: dict[TriangleMesh, int | None] = {}
        self._materials: dict[Material, int] = {}
        self._textures: dict[Texture, int] = {}

    def node(self, node: dict[str, Any]) -> int:
        """Add a node and return its number."""
        return self._add("nodes", node)

    def put_mesh(self, node: int, mesh: TriangleMesh) -> None:
        """Give a node its mesh; objects that look alike share one."""
        if mesh not in self._meshes:
            self._meshes[mesh] = self._mesh(mesh, self._json["nodes"][node]["name"])
        number = self._meshes[mesh]
        if number is not None:
            self._json["nodes"][node]["mesh"] = number

    def to_bytes(self, roots: list[int]) -> bytes:
        """Return the file."""
        document: dict[str, Any] = {
            "asset": {"version": "2.0", "generator": f"spatialenv {metadata.version('spatialenv')}"},
            "scene": 0,
            "scenes": [{"name": "scene", "nodes": roots}],
            **{key: values for key, values in self._json.items() if values},
        }
        if self._textures:
            document["samplers"] = [
                {"magFilter": LINEAR, "minFilter": LINEAR_MIPMAPS, "wrapS": REPEAT, "wrapT": REPEAT}
            ]
        if self._binary:
            document["buffers"] = [{"byteLength": len(self._binary)}]
        text = json.dumps(document, separators=(",", ":"), allow_nan=False).encode()
        chunks = [(b"JSON", text + b" " * (-len(text) % 4))]
        if self._binary:
            chunks.append((b"BIN\0", bytes(self._binary) + b"\0" * (-len(self._binary) % 4)))
        body = b"".join(struct.pack("<I", len(content)) + kind + content for kind, content in chunks)
        return struct.pack("<4sII", b"glTF", 2, 12 + len(body)) + body

    def _mesh(self, mesh: TriangleMesh, name: str) -> int | None:
        primitives = []
        for surface in surfaces(mesh):
            attributes = {
                "POSITION": self._vectors(surface.positions @ _FROM_OURS.T, has_range=True),
                "NORMAL": self._vectors(surface.normals @ _FROM_OURS.T),
            }
            if surface.uvs is not None:
                # Its textures hang from v = 0 downwards.
                attributes["TEXCOORD_0"] = self._vectors(surface.uvs * (1.0, -1.0) + (0.0, 1.0))
            is_wide = len(surface.positions) > 0xFFFF
            indices = surface.faces.ravel().astype("<u4" if is_wide else "<u2")
            primitives.append(
                {
                    "attributes": attributes,
                    "indices": self._accessor(indices, UINT32 if is_wide else UINT16, "SCALAR", ELEMENT_BUFFER),
                    "material": self._material(surface.material),
                }
            )
        return self._add("meshes", {"name": name, "primitives": primitives}) if primitives else None

    def _vectors(self, values: FloatArray, *, has_range: bool = False) -> int:
        array = float32(values)
        number = self._accessor(array, FLOAT, f"VEC{array.shape[1]}", ARRAY_BUFFER)
        if has_range:
            self._json["accessors"][number].update(min=array.min(axis=0).tolist(), max=array.max(axis=0).tolist())
        return number

    def _accessor(self, array: npt.NDArray[Any], component: int, kind: str, target: int) -> int:
        view = self._view(array.tobytes(), target)
        return self._add(
            "accessors", {"bufferView": view, "componentType": component, "count": len(array), "type": kind}
        )

    def _view(self, content: bytes, target: int | None = None) -> int:
        self._binary += b"\0" * (-len(self._binary) % 4)
        view = {"buffer": 0, "byteOffset": len(self._binary), "byteLength": len(content)}
        self._binary += content
        return self._add("bufferViews", view if target is None else {**view, "target": target})

    def _material(self, material: Material) -> int:
        if material not in self._materials:
            self._materials[material] = self._add("materials", self._look(material))
        return self._materials[material]

    def _look(self, material: Material) -> dict[str, Any]:
        own = linear(material.colour)
        base = [round(part * (1.0 - material.emission), 6) for part in own]
        look: dict[str, Any] = {
            "pbrMetallicRoughness": {
                "baseColorFactor": [*base, material.opacity],
                "metallicFactor": material.metallic,
                "roughnessFactor": material.roughness,
            }
        }
        if material.emission > 0.0:
            look["emissiveFactor"] = [round(part * material.emission, 6) for part in own]
        if material.texture is not None:
            look["pbrMetallicRoughness"]["baseColorTexture"] = {"index": self._texture(material.texture)}
            if material.emission > 0.0:
                look["emissiveTexture"] = {"index": self._texture(material.texture)}
        if material.opacity < 1.0:
            look["alphaMode"] = "BLEND"
        if material.double_sided:
            look["doubleSided"] = True
        return look

    def _texture(self, texture: Texture) -> int:
        if texture not in self._textures:
            image = self._add("images", {"bufferView": self._view(png(texture)), "mimeType": "image/png"})
            self._textures[texture] = self._add("textures", {"sampler": 0, "source": image})
        return self._textures[texture]

    def _add(self, key: str, value: dict[str, Any]) -> int:
        self._json[key].append(value)
        return len(self._json[key]) - 1
