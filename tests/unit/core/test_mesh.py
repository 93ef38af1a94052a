from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatialenv.core.mesh import Material, Texture, TriangleMesh, box_mesh, join
from spatialenv.errors import InputError

GREY = Material((128.0, 128.0, 128.0))
SIDES = st.floats(0.01, 10.0)


def one_triangle(**changes: object) -> TriangleMesh:
    parts: dict[str, object] = {
        "vertices": np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]]),
        "faces": np.array([[0, 1, 2]]),
        "materials": (GREY,),
        "material_of": np.array([0]),
        "smoothing": np.array([0]),
    }
    return TriangleMesh(**{**parts, **changes})  # type: ignore[arg-type]


def volume(mesh: TriangleMesh) -> float:
    a, b, c = mesh.corners.swapaxes(0, 1)
    return float(np.einsum("ij,ij->", a, np.cross(b, c)) / 6)


@given(st.tuples(SIDES, SIDES, SIDES))
def test_a_box_encloses_its_volume_and_looks_outwards(size: tuple[float, float, float]) -> None:
    mesh = box_mesh(size, GREY)
    assert volume(mesh) == pytest.approx(math.prod(size))
    assert np.allclose(mesh.bounds, [[-s / 2 for s in size], [s / 2 for s in size]])
    assert np.all(np.einsum("fij,fj->fi", mesh.corners, mesh.normals) > 0)


def test_corner_normals_are_flat_between_groups_and_smooth_within() -> None:
    box = box_mesh((1.0, 1.0, 1.0), GREY)
    assert np.allclose(box.corner_normals, box.normals[:, None])
    smooth = TriangleMesh(box.vertices, box.faces, box.materials, box.material_of, np.zeros(12, np.int32))
    diagonal = np.sign(smooth.corners) / math.sqrt(3)
    # Triangles that meet at a corner weigh by their area, so normals lean, but never away from the corner.
    assert np.all(np.einsum("fij,fij->fi", smooth.corner_normals, diagonal) > 0.9)
    at_corner = {tuple(v): set() for v in box.vertices.tolist()}
    for corners, normals in zip(smooth.corners.reshape(-1, 3), smooth.corner_normals.reshape(-1, 3), strict=True):
        at_corner[tuple(corners.tolist())].add(tuple(normals.tolist()))
    assert all(len(normals) == 1 for normals in at_corner.values())


def test_a_triangle_without_area_has_no_normal() -> None:
    flat = one_triangle(vertices=np.array([[0, 0, 0], [1, 0, 0], [2, 0, 0]]))
    assert np.array_equal(flat.normals, [[0, 0, 0]])
    assert np.array_equal(flat.corner_normals, np.zeros((1, 3, 3)))


def test_placed_turns_counter_clockwise_then_moves() -> None:
    mesh = one_triangle().placed((10.0, 20.0, 1.0), math.pi / 2)
    assert np.allclose(mesh.vertices, [[10, 20, 1], [10, 21, 1], [9, 20, 1]])


def test_bounds_leave_out_vertices_that_no_triangle_uses() -> None:
    mesh = one_triangle(vertices=np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [99, 99, 99]]))
    assert mesh.bounds.tolist() == [[0, 0, 0], [1, 1, 0]]
    empty = one_triangle(faces=np.zeros((0, 3)), material_of=np.zeros(0), smoothing=np.zeros(0))
    assert empty.bounds.tolist() == [[0, 0, 0], [0, 0, 0]]
    assert len(empty) == 0


def test_join_keeps_shapes_materials_and_groups_apart() -> None:
    other = Material((1.0, 2.0, 3.0))
    first, second = box_mesh((1, 1, 1), GREY), box_mesh((2, 2, 2), other, (5, 0, 0))
    mesh = join([first, second, first])
    assert mesh.materials == (GREY, other)
    assert np.array_equal(mesh.corners, np.concatenate([first.corners, second.corners, first.corners]))
    assert mesh.material_of.tolist() == [0] * 12 + [1] * 12 + [0] * 12
    assert len(set(mesh.smoothing.tolist())) == 18
    assert mesh.uvs is None
    assert len(join([])) == 0


def test_join_fills_in_texture_coordinates_where_only_some_have_them() -> None:
    wood = Material((200.0, 180.0, 150.0), Texture(np.full((2, 2, 3), 250, np.uint8)))
    textured = box_mesh((1.0, 2.0, 0.5), wood, repeat=0.5)
    mesh = join([box_mesh((1, 1, 1), GREY), textured])
    assert mesh.uvs is not None
    assert textured.uvs is not None
    assert np.array_equal(mesh.uvs[12:], textured.uvs)
    assert not mesh.uvs[:12].any()


def test_the_texture_of_a_box_repeats_by_metres() -> None:
    wood = Material((200.0, 180.0, 150.0), Texture(np.full((2, 2, 3), 250, np.uint8)))
    mesh = box_mesh((1.0, 2.0, 0.5), wood, repeat=0.5)
    assert mesh.uvs is not None
    extent = mesh.uvs.max(axis=1) - mesh.uvs.min(axis=1)
    # +x, -x: 2 m by 0.5 m; +y, -y: 1 m by 0.5 m; +z, -z: 1 m by 2 m.
    assert extent[::2].tolist() == [[4, 1], [4, 1], [2, 1], [2, 1], [2, 4], [2, 4]]


def test_arrays_cannot_be_written() -> None:
    mesh = box_mesh((1, 1, 1), GREY)
    for array in (mesh.vertices, mesh.faces, mesh.material_of, mesh.smoothing):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0
    own = np.zeros((2, 2, 3), np.uint8)
    texture = Texture(own)
    own[:] = 9
    assert not texture.pixels.any()


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"faces": np.array([[0, 1, 3]])}, "`faces` of a mesh holds 0..3; allowed: 0..2"),
        ({"faces": np.array([[0, 1, -1]])}, "`faces` of a mesh holds -1..1"),
        ({"material_of": np.array([1])}, "`material_of` of a mesh holds 1..1; allowed: 0..0"),
        ({"smoothing": np.array([0, 1])}, "one row a triangle"),
        ({"uvs": np.zeros((2, 3, 2))}, "one row a triangle"),
        ({"vertices": np.array([[0, 0, np.nan], [1, 0, 0], [0, 1, 0]])}, "not finite"),
        ({"uvs": np.full((1, 3, 2), np.inf)}, "not finite"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(changes: dict[str, object], problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        one_triangle(**changes)


@pytest.mark.parametrize("pixels", [np.zeros((3, 4, 3), np.uint8), np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3))])
def test_textures_of_another_form_are_refused(pixels: np.ndarray) -> None:
    with pytest.raises(InputError, match="powers of two"):
        Texture(pixels)
