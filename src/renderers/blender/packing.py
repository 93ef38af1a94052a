"""Meshes in the form in which they are sent to Blender."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from spatialenv.core.mesh import Material, Texture, TriangleMesh
from spatialenv.renderers.room.openings import REVEAL

LAMP_EMISSION, LAMP_ROUGHNESS = 0.4, 0.55
"""How much a lamp shines at least, and how rough it is at least."""

LAMP_GAIN, LAMP_POWER = 9.0, 2.0
"""Greatest gain of a lamp, and the emission times square metres above which it gains less."""

Blob = memoryview
"""An array's bytes."""


class PackedMesh(NamedTuple):
    """A mesh ready to be sent.

    Attributes:
        header: What `spatialenv.renderers.blender.inside.store` takes of one mesh.
        blobs: Its arrays.
        textures: Textures that its materials have, by key.
    """

    header: dict[str, Any]
    blobs: list[Blob]
    textures: dict[str, Texture]

    @property
    def size(self) -> int:
        """Bytes of its arrays, without textures."""
        return sum(len(blob) for blob in self.blobs)


@lru_cache(maxsize=4096)
def mesh_key(mesh: TriangleMesh) -> str:
    """Return a key that equal meshes share, in whichever process.

    Example:
        >>> from spatialenv.core.mesh import box_mesh
        >>> pale = Material((240.0, 240.0, 240.0))
        >>> mesh_key(box_mesh((1, 1, 1), pale)) == mesh_key(box_mesh((1, 1, 1), pale))
        True
    """
    digest = hashlib.blake2b(digest_size=12)
    for array in (mesh.vertices, mesh.faces, mesh.material_of, mesh.smoothing, mesh.uvs):
        if array is not None:
            digest.update(_bytes(array))
        digest.update(b"|")
    digest.update(json.dumps([_look(material) for material in mesh.materials]).encode())
    return f"m{digest.hexdigest()}"


@lru_cache(maxsize=512)
def texture_key(texture: Texture) -> str:
    """Return a key that equal textures share, in whichever process."""
    digest = hashlib.blake2b(repr(texture.pixels.shape).encode(), digest_size=12)
    digest.update(_bytes(texture.pixels))
    return f"t{digest.hexdigest()}"


def pack_mesh(mesh: TriangleMesh) -> PackedMesh:
    """Return a mesh ready to be sent.

    Example:
        >>> from spatialenv.core.mesh import box_mesh
        >>> packed = pack_mesh(box_mesh((1, 1, 1), Material((240.0, 240.0, 240.0))))
        >>> len(packed.header["materials"]), packed.size
        (1, 720)
    """
    textures = {
        texture_key(material.texture): material.texture
        for material in mesh.materials
        if material.texture is not None and mesh.uvs is not None
    }
    header = {
        "key": mesh_key(mesh),
        "materials": [
            _look(material, plain=mesh.uvs is None, gain=lamp_gain(mesh, slot))
            for slot, material in enumerate(mesh.materials)
        ],
        "has_uvs": mesh.uvs is not None,
    }
    return PackedMesh(header, list(_arrays(mesh)), textures)


def pack_texture(texture: Texture) -> tuple[dict[str, Any], Blob]:
    """Return a texture ready to be sent: its header and its pixels."""
    height, width = texture.pixels.shape[:2]
    return {"key": texture_key(texture), "width": width, "height": height}, _bytes(texture.pixels)


def _arrays(mesh: TriangleMesh) -> Iterator[Blob]:
    arrays = [
        mesh.vertices.astype(np.float32),
        mesh.faces.astype(np.int32),
        mesh.material_of.astype(np.int32),
        mesh.corner_normals.astype(np.float32),
    ]
    if mesh.uvs is not None:
        arrays.append(mesh.uvs.astype(np.float32))
    for array in arrays:
        yield _bytes(array)


def _bytes(array: npt.NDArray[Any]) -> Blob:
    flat: memoryview = np.ascontiguousarray(array).reshape(-1).data
    return flat.cast("B")


def lamp_gain(mesh: TriangleMesh, slot: int) -> float:
    """Return how much more light than it shows a material of a mesh throws at other things in pictures for show.

    Args:
        mesh: The mesh.
        slot: Which of its materials; bulbs, shades and flames gain: screens are smooth, and reveals are in daylight.

    Returns:
        1 for what is no lamp; less for large lamps than for small ones.

    Example:
        >>> from spatialenv.core.mesh import box_mesh
        >>> bulb = Material((255.0, 240.0, 206.0), roughness=0.6, emission=0.95)
        >>> [round(lamp_gain(box_mesh((side, side, side), bulb), 0), 2) for side in (0.1, 0.5, 2.0)]
        [9.0, 1.4, 1.0]
    """
    material = mesh.materials[slot]
    if material.emission < LAMP_EMISSION or material.roughness < LAMP_ROUGHNESS or material == REVEAL:
        return 1.0
    corners = mesh.corners[mesh.material_of == slot]
    area = 0.5 * np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1).sum()
    return float(np.clip(LAMP_POWER / max(material.emission * area, 1e-9), 1.0, LAMP_GAIN))


def _look(material: Material, *, plain: bool = False, gain: float = 1.0) -> dict[str, Any]:
    texture = None if material.texture is None or plain else texture_key(material.texture)
    look = {
        "colour": [float(part) for part in material.colour],
        "texture": texture,
        "opacity": material.opacity,
        "roughness": material.roughness,
        "metallic": material.metallic,
        "emission": material.emission,
        "gain": gain,
    }
    name = hashlib.blake2b(json.dumps(look).encode(), digest_size=12).hexdigest()
    return {"key": f"s{name}", **look}
