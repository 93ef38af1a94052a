"""What a worker holds of meshes and textures, and what it must be sent and told to forget."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Container, Iterable
from typing import Any, NamedTuple

from spatialenv.core.mesh import TriangleMesh
from spatialenv.renderers.blender.packing import Blob, mesh_key, pack_mesh, pack_texture

MAX_MESHES = 512
"""Most meshes that a worker holds, beside those of the picture at hand."""

MAX_BYTES = 256 << 20
"""Most bytes of arrays and texels that a worker holds, beside those of the picture at hand."""


class HeldMesh(NamedTuple):
    """A mesh that a worker holds: bytes of its arrays, keys of its textures."""

    size: int
    textures: frozenset[str]


class Held(NamedTuple):
    """What a worker holds, by key: meshes, what was used last at the end, and bytes of textures."""

    meshes: OrderedDict[str, HeldMesh]
    textures: dict[str, int]

    @property
    def size(self) -> int:
        """Bytes of all that is held."""
        return sum(mesh.size for mesh in self.meshes.values()) + sum(self.textures.values())


class Parcel(NamedTuple):
    """What goes to a worker with a request.

    Attributes:
        header: ``forget``, ``images`` and ``meshes`` as `spatialenv.renderers.blender.inside.store.Store.add` takes
            them.
        blobs: The arrays.
    """

    header: dict[str, Any]
    blobs: list[Blob]


def held_by(notes: dict[str, Any]) -> Held:
    """Return what a worker holds, as its notes have it."""
    held: Held = notes.setdefault("held", Held(OrderedDict(), {}))
    return held


def ship(held: Held, meshes: Iterable[TriangleMesh]) -> Parcel:
    """Return what a worker must be sent to hold `meshes`, and note that it does.

    Args:
        held: What it holds; changed. Forget all of it where the request then fails.
        meshes: All that the request needs.

    Example:
        >>> from spatialenv.core.mesh import Material, box_mesh
        >>> held, box = Held(OrderedDict(), {}), box_mesh((1, 1, 1), Material((240.0, 240.0, 240.0)))
        >>> [len(ship(held, [box]).header["meshes"]) for _ in range(2)]
        [1, 0]
    """
    needed = {mesh_key(mesh): mesh for mesh in meshes}
    images, pixels, packed, arrays = [], [], [], []
    for key, mesh in needed.items():
        if key not in held.meshes:
            made = pack_mesh(mesh)
            packed.append(made.header)
            arrays += made.blobs
            for name, texture in made.textures.items():
                if name not in held.textures:
                    header, texels = pack_texture(texture)
                    images.append(header)
                    pixels.append(texels)
                    held.textures[name] = len(texels)
            held.meshes[key] = HeldMesh(made.size, frozenset(made.textures))
        held.meshes.move_to_end(key)
    return Parcel({"forget": _forget(held, needed), "images": images, "meshes": packed}, pixels + arrays)


def _forget(held: Held, needed: Container[str]) -> list[str]:
    """Return the keys of what is too much, meshes and then their textures; `held` loses them."""
    forgotten = []
    while len(held.meshes) > MAX_MESHES or held.size > MAX_BYTES:
        key, mesh = next(iter(held.meshes.items()))
        if key in needed:
            break
        del held.meshes[key]
        forgotten.append(key)
        still = frozenset().union(*(other.textures for other in held.meshes.values()))
        for texture in mesh.textures - still:
            del held.textures[texture]
            forgotten.append(texture)
    return forgotten
