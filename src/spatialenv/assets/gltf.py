"""Meshes from glTF 2.0 in one file: GLB, or JSON with everything embedded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from spatialenv.assets.gltf_document import Document, mapping, numbers, sequence
from spatialenv.assets.gltf_materials import Materials, to_screen
from spatialenv.assets.raw import PLAIN, Faces, MeshBuilder, RawMesh
from spatialenv.core.placed import FloatArray
from spatialenv.errors import AssetError

MAX_NODES = 20_000
"""Most nodes of the tree, and most parts that they may show."""

_TRIANGLES, _STRIP, _FAN = 4, 5, 6
_LOOSE = (0, 1, 2, 3)


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
    materials = Materials(document) if with_looks else None
    for kind, what in (("skins", "skin"), ("animations", "animation")):
        if document.items(kind):
            builder.note(f"its {what}s are left out")
    parts = 0
    for node, matrix in _nodes(document):
        if "mesh" not in node:
            continue
        for primitive in sequence(document.item("meshes", node["mesh"]).get("primitives"), "primitives"):
            parts += 1
            if parts > MAX_NODES:
                raise AssetError(f"shows more than {MAX_NODES} parts; join them")
            _add(document, mapping(primitive, "primitive"), matrix, materials, builder)
    return builder.finish()


def _nodes(document: Document) -> Iterator[tuple[Mapping[str, Any], FloatArray]]:
    """Yield the nodes of the scene and their transforms to the scene, ``(4, 4)``."""
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
    waiting = [(root, np.eye(4)) for root in reversed(roots)]
    while waiting:
        index, above = waiting.pop()
        node = document.item("nodes", index)
        if index in seen:
            raise AssetError(f"has a node, number {index}, that comes twice or holds itself; export it again")
        seen.add(index)
        if len(seen) > MAX_NODES:
            raise AssetError(f"has more than {MAX_NODES} nodes; join its parts")
        with np.errstate(over="ignore", invalid="ignore"):
            matrix = above @ _transform(node)
        if not np.isfinite(matrix).all():
            raise AssetError("has nodes whose transforms are too large together; export it again")
        yield node, matrix
        waiting += [(child, matrix) for child in reversed(sequence(node.get("children"), "children"))]


def _transform(node: Mapping[str, Any]) -> FloatArray:
    if "matrix" in node:
        return numbers(node["matrix"], 16, "matrix").reshape(4, 4).T
    matrix = np.eye(4)
    if "rotation" in node:
        x, y, z, w = numbers(node["rotation"], 4, "rotation")
        length = float(np.sqrt(x * x + y * y + z * z + w * w))
        if length > 0.0 and np.isfinite(length):
            x, y, z, w = x / length, y / length, z / length, w / length
            matrix[:3, :3] = (
                (1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)),
                (2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)),
                (2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)),
            )
    if "scale" in node:
        matrix[:3, :3] *= numbers(node["scale"], 3, "scale")
    if "translation" in node:
        matrix[:3, 3] = numbers(node["translation"], 3, "translation")
    return matrix


def _add(
    document: Document,
    primitive: Mapping[str, Any],
    matrix: FloatArray,
    materials: Materials | None,
    builder: MeshBuilder,
) -> None:
    mode = primitive.get("mode", _TRIANGLES)
    if mode in _LOOSE:
        builder.note("its points and lines are left out")
        return
    attributes = mapping(primitive.get("attributes"), "attributes")
    if "POSITION" not in attributes:
        return
    points = document.array(attributes["POSITION"], "vertices", (3,), "fiu")
    faces = _faces(document, primitive, mode, len(points), builder)
    if not len(faces):
        return
    used, local = np.unique(faces, return_inverse=True)
    if used[-1] >= len(points):
        raise AssetError(f"has a triangle with the vertex {used[-1]}, but {len(points)} vertices; export it again")
    local = local.reshape(-1, 3).astype(np.int64)
    with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is told by the builder
        vertices = _floats(points[used], document.is_normalised(attributes["POSITION"])) @ matrix[:3, :3].T
        vertices += matrix[:3, 3]
        is_mirrored = float(np.linalg.det(matrix[:3, :3])) < 0.0
    if is_mirrored:
        local = local[:, ::-1]
    material, coordinates, colours = PLAIN, None, None
    if materials is not None:
        material, channel = materials.get(primitive.get("material"))
        name = f"TEXCOORD_{channel.number}"
        if material.texture is not None and name in attributes:
            flat = document.array(attributes[name], "texture coordinates", (2,), "fu")
            coordinates = channel.turned(_rows(flat, used, "texture coordinates", document, attributes[name]))[local]
        if "COLOR_0" in attributes:
            tones = document.array(attributes["COLOR_0"], "colours", (3, 4), "fu")
            rows = _rows(tones, used, "colours", document, attributes["COLOR_0"])[:, :3]
            colours = to_screen(rows[local].mean(axis=1))
            material = materials.white if "material" not in primitive else material
    builder.add(vertices, local, material, coordinates, colours)


def _faces(document: Document, primitive: Mapping[str, Any], mode: object, points: int, builder: MeshBuilder) -> Faces:
    """Return the triangles as rows of vertices, ``(f, 3)``."""
    is_indexed = "indices" in primitive
    count = document.count(primitive["indices"]) if is_indexed else points
    if mode not in (_TRIANGLES, _STRIP, _FAN):
        raise AssetError(f"has a primitive of the mode {str(mode)[:20]}; allowed: 0 to 6: export it again")
    builder.reserve(count // 3 if mode == _TRIANGLES else max(count - 2, 0))
    corners: npt.NDArray[np.int64] = np.arange(count, dtype=np.int64)
    if is_indexed:
        corners = document.array(primitive["indices"], "triangles", (1,), "u")[:, 0].astype(np.int64)
    if mode == _TRIANGLES:
        return corners[: count // 3 * 3].reshape(-1, 3)
    if count < 3:
        return np.zeros((0, 3), np.int64)
    if mode == _FAN:
        return np.stack([np.broadcast_to(corners[0], count - 2), corners[1:-1], corners[2:]], axis=1)
    strip = np.stack([corners[:-2], corners[1:-1], corners[2:]], axis=1)
    strip[1::2] = strip[1::2, [1, 0, 2]]
    is_kept = (strip[:, 0] != strip[:, 1]) & (strip[:, 1] != strip[:, 2]) & (strip[:, 0] != strip[:, 2])
    kept: Faces = strip[is_kept]
    return kept


def _rows(
    array: npt.NDArray[np.generic], used: npt.NDArray[np.int64], what: str, document: Document, index: object
) -> FloatArray:
    if used[-1] >= len(array):
        raise AssetError(f"has {what} for {len(array)} vertices, but uses number {used[-1]}; export it again")
    return _floats(array[used], document.is_normalised(index) or array.dtype.kind == "u")


def _floats(array: npt.NDArray[np.generic], is_normalised: bool) -> FloatArray:
    floats = array.astype(np.float64)
    if is_normalised and array.dtype.kind != "f":
        floats = np.maximum(floats / float(np.iinfo(array.dtype).max), -1.0)  # type: ignore[type-var]
    return floats
