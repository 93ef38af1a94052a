"""Meshes in PyBullet's form."""

from __future__ import annotations

import numpy as np
import pytest

from spatialenv.core.mesh import Material, Texture, TriangleMesh, box_mesh, join
from spatialenv.core.placed import FloatArray
from spatialenv.core.room import Opening, Room
from spatialenv.renderers.camera import make_camera
from spatialenv.renderers.pybullet.shapes import (
    AWAY,
    FLOOR,
    GLASS,
    LONG,
    MAX_TRIANGLES,
    SOLID,
    THIN,
    Shape,
    object_shapes,
    room_shapes,
    texture_file,
    texture_level,
)
from spatialenv.renderers.pybullet.shots import LIGHT
from spatialenv.renderers.room import room_mesh
from spatialenv.renderers.textures import texture

RED, BLUE = Material((255.0, 0.0, 0.0)), Material((0.0, 0.0, 255.0))


def areas(corners: FloatArray) -> FloatArray:
    crossed: FloatArray = np.linalg.norm(
        np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]).astype(float), axis=1
    )
    return crossed / 2


def test_a_shape_for_each_material() -> None:
    mesh = join([box_mesh((1, 1, 1), RED), box_mesh((1, 1, 1), BLUE, (2, 0, 0)), box_mesh((1, 1, 1), RED, (4, 0, 0))])
    red, blue = object_shapes(mesh)
    assert (len(red.corners), len(blue.corners)) == (24, 12)
    assert (red.colour, blue.colour) == ((1.0, 0.0, 0.0), (0.0, 0.0, 1.0))
    assert red.role == blue.role == SOLID
    assert red.key != blue.key


def test_keys_tell_content_apart() -> None:
    keys = [
        object_shapes(box_mesh(size, material))[0].key for size in ((1, 1, 1), (1, 1, 2)) for material in (RED, BLUE)
    ]
    assert len(set(keys)) == 4
    assert object_shapes(box_mesh((1, 1, 1), RED))[0].key == keys[0]


def test_glass_and_what_has_two_sides() -> None:
    pane = Material((200.0, 220.0, 230.0), opacity=0.3)
    leaf = Material((20.0, 120.0, 30.0), double_sided=True)
    assert object_shapes(box_mesh((1, 1, 1), pane))[0].role == GLASS
    front, back = np.split(object_shapes(box_mesh((1, 1, 1), leaf))[0].planes, 2)
    assert np.allclose(front, -back)
    corners = object_shapes(box_mesh((1, 1, 1), leaf))[0].corners
    crossed = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    assert np.all((crossed * np.concatenate([front, back])).sum(axis=1) > 0)  # they turn the way they face


def test_many_triangles_are_several_shapes() -> None:
    count = MAX_TRIANGLES + 5
    corners = np.random.default_rng(0).normal(size=(count * 3, 3))
    zeros = np.zeros(count, np.int32)
    mesh = TriangleMesh(corners, np.arange(3 * count, dtype=np.int32).reshape(-1, 3), (RED,), zeros, zeros)
    shapes = object_shapes(mesh)
    assert [len(shape.corners) for shape in shapes] == [MAX_TRIANGLES, 5]
    assert np.allclose(np.concatenate([shape.corners for shape in shapes]), mesh.corners, atol=1e-6)


def test_texture_coordinates_are_moved_by_whole_repeats() -> None:
    mesh = box_mesh((3, 2, 1), Material((200.0, 160.0, 120.0), texture("grain")), repeat=0.8)
    (shape,) = object_shapes(mesh)
    assert shape.uvs is not None
    assert mesh.uvs is not None
    assert shape.uvs.min() >= 0
    moved = shape.uvs - mesh.uvs
    assert np.allclose(moved, np.round(moved), atol=1e-5)
    assert np.allclose(moved, moved[:, :1], atol=1e-5)


def test_density_and_levels() -> None:
    """128 x 256 texels on 0.8 m: 320 across, 160 up; 226 on the whole."""
    (shape,) = object_shapes(box_mesh((3, 2, 1), Material((200.0, 160.0, 120.0), texture("grain")), repeat=0.8))
    assert shape.density == pytest.approx(np.sqrt(256 * 128) / 0.8)
    assert [texture_level(shape, metre) for metre in (300.0, 226.0, 113.0, 28.0, 1e-9)] == [0, 0, 1, 3, 8]
    assert texture_level(object_shapes(box_mesh((1, 1, 1), RED))[0], 1.0) == 0


def test_a_halved_texture_is_the_mean() -> None:
    pixels = np.zeros((4, 4, 3), np.uint8)
    pixels[:2, :2] = ((10, 20, 30), (20, 30, 40))
    key, content = texture_file(Texture(pixels), 1)
    assert content[18 : 18 + 6] == bytes((35, 25, 15, 0, 0, 0))  # blue, green, red
    assert texture_file(Texture(pixels), 2)[1][18:] == bytes((9, 6, 4))
    assert key != texture_file(Texture(pixels), 0)[0]


@pytest.fixture(scope="module")
def shapes() -> tuple[Shape, ...]:
    room = Room(
        floor=((0, 0), (5, 0), (5, 4), (0, 4)),
        height=2.6,
        openings=(Opening("door", "wall_1", 1.0, 0.9, 2.0, swing="in"), Opening("window", "wall_2", 1, 1.2, 1.2, 0.9)),
    )
    return room_shapes(room_mesh(room, make_camera("walk", room, (64, 64))))


def test_nothing_of_a_room_stands_in_the_light(shapes: tuple[Shape, ...]) -> None:
    """Neither walls that face away, nor the tops of walls, nor frames; the floor and the other walls take shadows."""
    solid = np.concatenate([shape.corners for shape in shapes if shape.role == SOLID])
    planes = np.concatenate([shape.planes for shape in shapes if shape.role == SOLID])
    is_floor = solid[:, :, 2].max(axis=1) < FLOOR
    assert np.all(planes[~is_floor] @ LIGHT > 0)
    on_north = np.abs(solid[:, :, 1] - 4).max(axis=1) < 1e-3
    on_west = np.abs(solid[:, :, 0]).max(axis=1) < 1e-3
    assert np.all(is_floor | on_north | on_west)
    assert areas(solid[is_floor]).sum() > 20
    assert any(shape.role == AWAY for shape in shapes)


def test_pieces_of_a_room_cover_what_it_covers(shapes: tuple[Shape, ...]) -> None:
    room = Room.rectangle(5, 4, 2.6)
    mesh = room_mesh(room, make_camera("corner", room, (64, 64)))
    pieces = room_shapes(mesh)
    corners = np.concatenate([shape.corners for shape in pieces]).astype(float)
    assert areas(corners).sum() == pytest.approx(areas(mesh.corners).sum(), rel=1e-5)
    assert len(corners) > 2 * len(mesh)
    edges = np.linalg.norm(np.roll(corners, -1, axis=1) - corners, axis=2).max(axis=1)
    assert np.all((edges <= LONG + 1e-5) | (edges**2 <= 1.001 * THIN * 2 * areas(corners)))


def test_pieces_keep_their_place_on_the_texture() -> None:
    """On planks, position and texture coordinates are affine: the same map fits the mesh and its pieces."""
    room = Room.rectangle(5, 4, 2.6)
    mesh = room_mesh(room, make_camera("corner", room, (64, 64)))
    textured = np.array([material.texture is not None for material in mesh.materials])[mesh.material_of]
    assert mesh.uvs is not None
    places = np.concatenate([mesh.corners[textured].reshape(-1, 3)[:, :2], np.ones((3 * textured.sum(), 1))], axis=1)
    fit, *_ = np.linalg.lstsq(places, mesh.uvs[textured].reshape(-1, 2), rcond=None)
    for shape in room_shapes(mesh):
        if shape.uvs is not None:
            flat = shape.corners.reshape(-1, 3)[:, :2]
            wanted = np.concatenate([flat, np.ones((len(flat), 1))], axis=1) @ fit
            off = shape.uvs.reshape(-1, 2) - wanted
            assert np.allclose(off, np.round(off), atol=1e-3)
