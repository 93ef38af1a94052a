"""Triangle meshes as a page carries them: small numbers in one compressed block, materials and textures apart."""

from __future__ import annotations

import base64
import io
import zlib
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from spatialenv.core.mesh import Material, Texture, TriangleMesh

STEPS = 32767
"""Steps from a mesh's middle to its farthest corner along each axis; coordinates are kept as whole steps."""

LEVEL = 9


class MeshPack:
    """Meshes, each kept once, and what a page needs to build them again.

    The block is little-endian and compressed with zlib. A mesh has in it, from its offset ``at``: ``(3, v)`` int16 of
    coordinates, ``(3, f)`` uint16 of faces (uint32 from 65,536 vertices on), ``(f,)`` uint16 of smoothing groups and,
    where there is a texture, ``(2, 3, f)`` int16 of texture coordinates. All but the groups are differences to the
    number before, which compress well. Triangles are sorted by material.

    Example:
        >>> from spatialenv.core.mesh import Material, box_mesh
        >>> pack, box = MeshPack(), box_mesh((1, 1, 1), Material((200.0, 180.0, 160.0)))
        >>> pack.add(box), pack.add(box), len(pack)
        (0, 0, 1)
    """

    def __init__(self) -> None:
        self._number: dict[int, int] = {}
        self._kept: list[TriangleMesh] = []
        self._records: list[dict[str, Any]] = []
        self._materials: dict[Material, int] = {}
        self._textures: dict[Texture, int] = {}
        self._addresses: list[str] = []
        self._block = bytearray()
        self.cost = 0

    def __len__(self) -> int:
        """Return the number of different meshes."""
        return len(self._records)

    def add(self, mesh: TriangleMesh) -> int:
        """Return the number of a mesh in the pack; the same mesh, by identity, is kept once."""
        number = self._number.get(id(mesh))
        if number is None:
            record, block = self._encode(mesh)
            number = self._number[id(mesh)] = len(self._records)
            self._kept.append(mesh)  # so that its identity stays taken
            self._records.append({"at": len(self._block), **record})
            self._block += block
            self.cost += _cost(block)
        return number

    def price(self, mesh: TriangleMesh) -> int:
        """Return about how many characters of a page a mesh would add: 0 where it is in the pack already."""
        return 0 if id(mesh) in self._number else _cost(_arrays(mesh, _order(mesh))[1])

    def to_json(self) -> dict[str, Any]:
        """Return the pack in JSON types: ``meshes, materials, textures`` and the ``block`` in base64."""
        block = zlib.compress(bytes(self._block), LEVEL)
        return {
            "meshes": self._records,
            "materials": [self._material(material) for material in self._materials],
            "textures": self._addresses,
            "block": base64.b64encode(block).decode("ascii"),
        }

    def _encode(self, mesh: TriangleMesh) -> tuple[dict[str, Any], bytes]:
        order = _order(mesh)
        facts, block = _arrays(mesh, order)
        looks = mesh.material_of[order]
        starts = np.flatnonzero(np.diff(looks, prepend=-1))
        counts = np.diff(starts, append=len(looks))
        groups = [
            [self._number_of(mesh.materials[looks[start]]), int(start), int(count)]
            for start, count in zip(starts.tolist(), counts.tolist(), strict=True)
        ]
        return {**facts, "groups": groups}, block

    def _number_of(self, material: Material) -> int:
        texture = material.texture
        if texture is not None and texture not in self._textures:
            self._textures[texture] = len(self._addresses)
            self._addresses.append(_address(texture))
            self.cost += len(self._addresses[-1])
        return self._materials.setdefault(material, len(self._materials))

    def _material(self, material: Material) -> dict[str, Any]:
        return {
            "colour": [round(value) for value in material.colour],
            "texture": None if material.texture is None else self._textures[material.texture],
            "opacity": round(material.opacity, 3),
            "roughness": round(material.roughness, 3),
            "metallic": round(material.metallic, 3),
            "emission": round(material.emission, 3),
            "doubleSided": material.double_sided,
        }


def _order(mesh: TriangleMesh) -> npt.NDArray[np.int64]:
    """Return the triangles sorted by material."""
    return np.argsort(mesh.material_of, kind="stable")


def _arrays(mesh: TriangleMesh, order: npt.NDArray[np.int64]) -> tuple[dict[str, Any], bytes]:
    """Return what is said of a mesh's arrays, and their bytes."""
    used, faces = np.unique(mesh.faces[order], return_inverse=True)
    faces = faces.reshape(-1, 3)
    vertices = mesh.vertices[used]
    low = vertices.min(axis=0) if len(used) else np.zeros(3)
    high = vertices.max(axis=0) if len(used) else np.zeros(3)
    middle, step = (low + high) / 2, np.maximum((high - low) / 2, 1e-9) / STEPS
    is_wide = len(used) > 0xFFFF
    _, smooth = np.unique(mesh.smoothing[order], return_inverse=True)
    parts = [_differences(np.rint((vertices - middle) / step).T, "<i2")]
    parts.append(_differences(faces.T, "<u4" if is_wide else "<u2"))
    parts.append((smooth.reshape(-1) & 0xFFFF).astype("<u2").tobytes())
    repeat = 0.0
    if mesh.uvs is not None and any(material.texture is not None for material in mesh.materials):
        # Whole repeats may go: what is seen of a texture does not change.
        uvs = mesh.uvs[order].astype(np.float64)
        uvs -= np.floor(uvs.min(axis=1, keepdims=True)) if len(uvs) else 0.0
        repeat = max(float(np.abs(uvs).max(initial=0.0)), 1e-6) / STEPS
        parts.append(_differences(np.rint(uvs / repeat).transpose(2, 1, 0).reshape(6, -1), "<i2"))
    facts: dict[str, Any] = {
        "vertices": len(used),
        "faces": len(faces),
        "middle": [round(float(value), 5) for value in middle],
        "step": [float(f"{value:.6g}") for value in step],
        "uvStep": float(f"{repeat:.6g}"),
    }
    return facts, b"".join(parts)


def _differences(rows: npt.NDArray[Any], kind: str) -> bytes:
    """Return each row's first number and then its steps, wrapping around, as numbers of that kind."""
    whole = rows.astype(np.int64)
    return np.diff(whole, axis=1, prepend=0).astype(kind).tobytes()


def _cost(block: bytes) -> int:
    return len(zlib.compress(block, LEVEL)) * 4 // 3


def _address(texture: Texture) -> str:
    held = io.BytesIO()
    Image.fromarray(texture.pixels).save(held, format="WEBP", quality=80, method=4)
    return f"data:image/webp;base64,{base64.b64encode(held.getvalue()).decode('ascii')}"
