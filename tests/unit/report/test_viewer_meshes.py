"""A mesh comes out of the pack as it went in, but for rounding, and equal meshes are kept once."""

from __future__ import annotations

import base64
import zlib
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialenv.core.mesh import Material, Texture, TriangleMesh, box_mesh, join
from spatialenv.report.viewer_meshes import MeshPack

PALE = Material((240.0, 230.0, 220.0))


def texture(seed: int = 0) -> Texture:
    return Texture(np.random.default_rng(seed).integers(0, 255, (16, 16, 3), dtype=np.uint8))


def unpacked(data: dict[str, Any], number: int) -> dict[str, npt.NDArray[Any]]:
    """Read a mesh as the page does: whole numbers from little-endian differences that wrap around."""
    block = zlib.decompress(base64.b64decode(data["block"]))
    mesh, at = data["meshes"][number], data["meshes"][number]["at"]
    v, f = mesh["vertices"], mesh["faces"]

    def take(kind: str, rows: int, count: int) -> npt.NDArray[Any]:
        nonlocal at
        size = rows * count * np.dtype(kind).itemsize
        values = np.frombuffer(block[at : at + size], dtype=kind).reshape(rows, count)
        at += size
        return values

    points = np.cumsum(take("<i2", 3, v), axis=1, dtype=np.int16)
    wide = v > 0xFFFF
    faces = np.cumsum(take("<u4" if wide else "<u2", 3, f), axis=1, dtype=np.uint32 if wide else np.uint16)
    smooth = take("<u2", 1, f)[0]
    found = {
        "corners": (np.array(mesh["middle"]) + points.T * np.array(mesh["step"]))[faces.T],
        "smooth": smooth,
    }
    if mesh["uvStep"]:
        uvs = np.cumsum(take("<i2", 6, f), axis=1, dtype=np.int16)
        found["uvs"] = (uvs * mesh["uvStep"]).reshape(2, 3, f).transpose(2, 1, 0)
    return found


@st.composite
def meshes(draw: st.DrawFn) -> TriangleMesh:
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    count, faces = draw(st.integers(3, 40)), draw(st.integers(1, 60))
    materials = (PALE, Material((10.0, 20.0, 30.0), texture(1)), Material((1.0, 2.0, 3.0)))
    return TriangleMesh(
        vertices=rng.normal(size=(count, 3)) * draw(st.sampled_from([0.01, 1.0, 30.0])),
        faces=rng.integers(0, count, (faces, 3)),
        materials=materials,
        material_of=rng.integers(0, 3, faces),
        smoothing=rng.integers(0, 5, faces),
        uvs=rng.normal(size=(faces, 3, 2)).astype(np.float32) * 3,
    )


@settings(max_examples=60, deadline=None)
@given(meshes())
def test_a_mesh_comes_out_as_it_went_in(mesh: TriangleMesh) -> None:
    pack = MeshPack()
    number = pack.add(mesh)
    data = pack.to_json()
    found = unpacked(data, number)
    order = np.argsort(mesh.material_of, kind="stable")
    extent = np.ptp(mesh.bounds, axis=0)
    assert np.abs(found["corners"] - mesh.corners[order]).max() <= extent.max() / 65534 + 2e-5
    # Triangles are smooth together exactly as they were.
    before = mesh.smoothing[order]
    assert ((before[:, None] == before[None]) == (found["smooth"][:, None] == found["smooth"][None])).all()
    assert mesh.uvs is not None
    moved = found["uvs"] - mesh.uvs[order]
    assert np.abs(moved - np.rint(moved.mean(axis=1, keepdims=True))).max() < 1e-2  # by whole repeats only
    counts = [count for _, _, count in data["meshes"][number]["groups"]]
    assert sum(counts) == len(mesh)
    for look, start, count in data["meshes"][number]["groups"]:
        colour = mesh.materials[mesh.material_of[order[start]]].colour
        assert data["materials"][look]["colour"] == [round(part) for part in colour]
        assert len(set(mesh.material_of[order[start : start + count]].tolist())) == 1


def test_equal_meshes_materials_and_textures_are_kept_once() -> None:
    pack, shared = MeshPack(), texture()
    first = box_mesh((1, 1, 1), Material((200.0, 100.0, 50.0), shared))
    second = box_mesh((2, 1, 1), Material((20.0, 10.0, 5.0), shared))
    assert [pack.add(first), pack.add(second), pack.add(first)] == [0, 1, 0]
    data = pack.to_json()
    assert (len(data["meshes"]), len(data["materials"]), len(data["textures"])) == (2, 2, 1)
    assert data["textures"][0].startswith("data:image/webp;base64,")
    assert pack.price(first) == 0 < pack.price(box_mesh((3, 1, 1), PALE))


def test_more_vertices_than_two_bytes_can_count() -> None:
    rng = np.random.default_rng(0)
    count = 70_000
    mesh = TriangleMesh(
        rng.random((count, 3)),
        np.arange(count - count % 3).reshape(-1, 3),
        (PALE,),
        np.zeros(count // 3, np.int32),
        np.zeros(count // 3, np.int32),
    )
    pack = MeshPack()
    number = pack.add(mesh)
    found = unpacked(pack.to_json(), number)
    assert np.abs(found["corners"] - mesh.corners).max() < 1e-4


def test_a_mesh_without_triangles_and_one_that_is_flat() -> None:
    empty = TriangleMesh(np.zeros((0, 3)), np.zeros((0, 3)), (), np.zeros(0), np.zeros(0))
    pack = MeshPack()
    assert pack.add(empty) == 0
    flat = join([box_mesh((1, 1, 0), PALE)])
    assert pack.add(flat) == 1
    data = pack.to_json()
    assert data["meshes"][0]["faces"] == 0
    assert unpacked(data, 1)["corners"] == pytest.approx(flat.corners, abs=1e-4)
