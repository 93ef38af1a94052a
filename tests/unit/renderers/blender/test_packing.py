"""Meshes as they are sent."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest

from spatialenv.core.mesh import Material, Texture, TriangleMesh, box_mesh
from spatialenv.core.room import Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.renderers.blender.packing import lamp_gain, mesh_key, pack_mesh, pack_texture, texture_key
from spatialenv.renderers.camera import make_camera
from spatialenv.renderers.models import Appearance
from spatialenv.renderers.room import RoomStyle, room_mesh
from spatialenv.renderers.scenery import make_scenery
from spatialenv.tasks.example_rooms import example_rooms

PALE = Material((240.0, 240.0, 240.0))
CHECKS = Texture(np.arange(24, dtype=np.uint8).reshape(2, 4, 3))


def test_keys_are_of_the_content() -> None:
    box = box_mesh((1, 2, 3), PALE)
    assert mesh_key(box) == mesh_key(pickle.loads(pickle.dumps(box)))
    others = [
        box_mesh((1, 2, 4), PALE),
        box_mesh((1, 2, 3), replace(PALE, emission=0.5)),
        box_mesh((1, 2, 3), replace(PALE, texture=CHECKS)),
        replace(box, smoothing=np.zeros(12, np.int32)),
        replace(box, faces=box.faces[::-1]),
    ]
    assert len({mesh_key(mesh) for mesh in (box, *others)}) == 1 + len(others)


def test_textures_are_known_by_size_and_pixels() -> None:
    same = Texture(CHECKS.pixels.copy())
    wide = Texture(CHECKS.pixels.reshape(1, 8, 3))
    assert texture_key(CHECKS) == texture_key(same) != texture_key(wide)
    header, blob = pack_texture(CHECKS)
    assert header == {"key": texture_key(CHECKS), "width": 4, "height": 2}
    assert bytes(blob) == bytes(range(24))


def test_arrays_are_those_of_the_mesh() -> None:
    mesh = box_mesh((1, 2, 3), replace(PALE, texture=CHECKS))
    packed = pack_mesh(mesh)
    vertices, faces, material_of, normals, uvs = packed.blobs
    assert np.array_equal(np.frombuffer(vertices, np.float32).reshape(-1, 3), mesh.vertices.astype(np.float32))
    assert np.array_equal(np.frombuffer(faces, np.int32).reshape(-1, 3), mesh.faces)
    assert np.array_equal(np.frombuffer(material_of, np.int32), mesh.material_of)
    # A box has flat sides: each corner's normal is that of its triangle.
    assert np.allclose(np.frombuffer(normals, np.float32).reshape(-1, 3, 3), mesh.normals[:, None], atol=1e-6)
    assert np.array_equal(np.frombuffer(uvs, np.float32).reshape(-1, 3, 2), mesh.uvs)
    assert packed.size == 8 * 12 + 12 * 12 + 12 * 4 + 36 * 12 + 36 * 8
    assert list(packed.textures) == [texture_key(CHECKS)] == [packed.header["materials"][0]["texture"]]


def test_a_texture_without_uvs_is_not_sent() -> None:
    packed = pack_mesh(replace(box_mesh((1, 1, 1), replace(PALE, texture=CHECKS)), uvs=None))
    assert (packed.textures, packed.header["has_uvs"], len(packed.blobs)) == ({}, False, 4)
    assert packed.header["materials"][0]["texture"] is None


@pytest.mark.parametrize("mesh", [TriangleMesh(np.zeros((0, 3)), np.zeros((0, 3)), (), np.zeros(0), np.zeros(0))])
def test_nothing_is_sent_as_nothing(mesh: TriangleMesh) -> None:
    assert pack_mesh(mesh).size == 0


@pytest.mark.parametrize(
    ("category", "expected"), [("floor lamp", True), ("pendant light", True), ("tv", False), ("mirror", False)]
)
def test_lamps_are_told_from_what_else_shines(category: str, expected: bool) -> None:
    thing = SceneObject(id="a", category=category, size=(0.5, 0.5, 1.5))
    placed = Scene(room=Room.rectangle(4, 4, 3), objects=(thing,)).place({"a": (2.0, 2.0, 0.75)})
    (prop,) = make_scenery(placed, Appearance(), None).props
    assert max(material.emission for material in prop.mesh.materials) > 0.3
    gains = [lamp_gain(prop.mesh, slot) for slot in range(len(prop.mesh.materials))]
    assert (max(gains) > 2) == expected
    assert [look["gain"] for look in pack_mesh(prop.mesh).header["materials"]] == gains


def test_windows_are_no_lamps() -> None:
    room = example_rooms()["bedroom"].room
    for camera in ("corner", "walk"):
        mesh = room_mesh(room, make_camera(camera, room, (64, 64)), RoomStyle())
        assert any(material.emission > 0.5 for material in mesh.materials)
        assert {lamp_gain(mesh, slot) for slot in range(len(mesh.materials))} == {1.0}
