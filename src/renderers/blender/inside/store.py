"""Meshes, materials and textures that a process of Blender keeps from one request to the next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import bpy
import numpy as np
import numpy.typing as npt

from spatialenv.renderers.blender.inside.materials import make_material


class Store:
    """What the other side has sent, by the keys that it gave it.

    The other side decides what is forgotten. Materials go with the last mesh that has them.
    """

    def __init__(self) -> None:
        self.meshes: dict[str, Any] = {}
        self._images: dict[str, Any] = {}
        self._materials: dict[str, Any] = {}

    def add(self, header: dict[str, Any], blobs: Sequence[bytearray]) -> None:
        """Forget what ``header["forget"]`` names, or all, then take in ``header["images"]`` and ``header["meshes"]``.

        Args:
            header: ``settings``, ``forget`` (keys) and ``is_anew`` (whether all is forgotten); of images ``key, width,
                height`` with a blob of pixels ``(H, W, 3)`` uint8 each, row 0 at the top; of meshes ``key, materials,
                has_uvs`` with blobs of vertices float32 ``(v, 3)``, faces int32 ``(f, 3)``, materials of the faces
                int32 ``(f,)``, corner normals float32 ``(f, 3, 3)`` and, where it has them, uvs float32 ``(f, 3, 2)``.
            blobs: The blobs, images first.
        """
        self._forget([*self.meshes, *self._images] if header["is_anew"] else header["forget"])
        given = iter(blobs)
        for image in header["images"]:
            self._images[image["key"]] = make_image(image, next(given))
        for mesh in header["meshes"]:
            is_showcase = header["settings"]["is_showcase"]
            materials = [self._material(look, is_showcase=is_showcase) for look in mesh["materials"]]
            self.meshes[mesh["key"]] = make_mesh(mesh, materials, given)

    def _material(self, look: dict[str, Any], *, is_showcase: bool) -> Any:
        key = look["key"]
        if key not in self._materials:
            texture = look["texture"]
            self._materials[key] = make_material(
                look, None if texture is None else self._images[texture], is_showcase=is_showcase
            )
        return self._materials[key]

    def _forget(self, keys: Sequence[str]) -> None:
        if not keys:
            return
        for key in keys:
            if key in self.meshes:
                bpy.data.meshes.remove(self.meshes.pop(key))
        for key in [key for key, material in self._materials.items() if material.users == 0]:
            bpy.data.materials.remove(self._materials.pop(key))
        for key in keys:
            if key in self._images:
                bpy.data.images.remove(self._images.pop(key))


def make_image(image: dict[str, Any], blob: bytearray) -> Any:
    """Return an image of sRGB pixels."""
    width, height = image["width"], image["height"]
    pixels = np.frombuffer(blob, np.uint8).reshape(height, width, 3)[::-1]  # Blender's row 0 is at the bottom
    rgba = np.ones((height, width, 4), np.float32)
    np.divide(pixels, np.float32(255.0), out=rgba[..., :3])
    made = bpy.data.images.new(image["key"], width, height, alpha=False)
    made.colorspace_settings.name = "sRGB"
    made.pixels.foreach_set(rgba.ravel())
    made.update()
    return made


def make_mesh(header: dict[str, Any], materials: Sequence[Any], blobs: Iterator[bytearray]) -> Any:
    """Return a mesh of triangles with normals at its corners."""
    vertices = _floats(blobs).reshape(-1, 3)
    faces = np.frombuffer(next(blobs), np.int32)
    material_of = np.frombuffer(next(blobs), np.int32)
    normals = _floats(blobs).reshape(-1, 3)
    count = len(material_of)
    mesh = bpy.data.meshes.new(header["key"])
    mesh.vertices.add(len(vertices))
    mesh.vertices.foreach_set("co", vertices.ravel())
    mesh.loops.add(3 * count)
    mesh.loops.foreach_set("vertex_index", faces)
    mesh.polygons.add(count)
    mesh.polygons.foreach_set("loop_start", np.arange(0, 3 * count, 3, dtype=np.int32))
    for material in materials:
        mesh.materials.append(material)
    mesh.polygons.foreach_set("material_index", material_of)
    if header["has_uvs"]:
        mesh.uv_layers.new(name="UVMap").data.foreach_set("uv", _floats(blobs))
    mesh.update(calc_edges=True)
    _set_normals(mesh, normals)
    return mesh


def _set_normals(mesh: Any, normals: npt.NDArray[np.float32]) -> None:
    mesh.polygons.foreach_set("use_smooth", np.ones(len(mesh.polygons), np.bool_))
    # Normals written straight to the attribute (Blender 5) are shaded wrongly by Cycles 5.0.
    mesh.normals_split_custom_set(normals.tolist())


def _floats(blobs: Iterator[bytearray]) -> npt.NDArray[np.float32]:
    return np.frombuffer(next(blobs), np.float32)
