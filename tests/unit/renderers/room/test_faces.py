from __future__ import annotations

import numpy as np
import pytest
import trimesh

from spatialenv.core.mesh import Material
from spatialenv.renderers.room.faces import Corner, Faces, bar, flat, recess, upright

PAINT, WOOD = Material((200.0, 200.0, 200.0)), Material((150.0, 120.0, 90.0))


def north(along: float, up: float, out: float) -> Corner:
    """A wall along y = 3 whose room lies south of it: walked from east to west."""
    return 5.0 - along, 3.0 - out, up


def test_polygons_become_fans() -> None:
    faces = Faces()
    faces.add(
        ((0, 0, 0), (2, 0, 0), (3, 1, 0), (2, 2, 0), (0, 2, 0)), PAINT, 4, [(0, 0), (2, 0), (3, 1), (2, 2), (0, 2)]
    )
    faces.add(flat(5, 5, 6, 7, 1), WOOD, 9)
    mesh = faces.mesh()
    assert mesh.faces.tolist() == [[0, 1, 2], [0, 2, 3], [0, 3, 4], [5, 6, 7], [5, 7, 8]]
    assert mesh.smoothing.tolist() == [4, 4, 4, 9, 9]
    assert [mesh.materials[i] for i in mesh.material_of] == [PAINT] * 3 + [WOOD] * 2
    assert mesh.uvs is not None
    np.testing.assert_allclose(mesh.uvs[:3], mesh.corners[:3, :, :2])
    assert not mesh.uvs[3:].any()
    areas = np.linalg.norm(np.cross(*np.diff(mesh.corners, axis=1).transpose(1, 0, 2)), axis=1) / 2
    assert areas[:3].sum() == pytest.approx(5.0)
    assert areas[3:].sum() == pytest.approx(2.0)


def test_upright_faces_look_into_the_room() -> None:
    faces = Faces()
    faces.add(upright(north, (1, 2), (0.5, 1.5), 0.1), PAINT, 0)
    mesh = faces.mesh()
    np.testing.assert_allclose(mesh.normals, [(0, -1, 0)] * 2, atol=1e-12)
    np.testing.assert_allclose(mesh.bounds, [(3, 2.9, 0.5), (4, 2.9, 1.5)])


def test_a_bar_is_a_box_without_its_back() -> None:
    faces = Faces()
    bar(faces, north, (1, 2), (0.5, 1.0), (0.0, 0.2), WOOD, 0)
    mesh = faces.mesh()
    np.testing.assert_allclose(mesh.bounds, [(3, 2.8, 0.5), (4, 3.0, 1.0)])
    # The flow of a field through its sides, that of the open back apart, is the volume.
    closed = Faces()
    bar(closed, north, (1, 2), (0.5, 1.0), (0.0, 0.2), WOOD, 0)
    closed.add(upright(north, (1, 2), (0.5, 1.0), 0.0)[::-1], WOOD, 0)
    whole = closed.mesh()
    solid = trimesh.Trimesh(whole.vertices, whole.faces)
    assert solid.is_watertight
    assert solid.volume == pytest.approx(1.0 * 0.5 * 0.2)


def test_a_recess_is_a_box_without_front_and_back_seen_from_within() -> None:
    faces = Faces()
    recess(faces, north, (1, 2), (0.5, 1.0), (-0.2, 0.0), WOOD, 0)
    faces.add(upright(north, (1, 2), (0.5, 1.0), -0.2), WOOD, 0)
    faces.add(upright(north, (1, 2), (0.5, 1.0), 0.0)[::-1], WOOD, 0)
    mesh = faces.mesh()
    solid = trimesh.Trimesh(mesh.vertices, mesh.faces)
    assert solid.is_watertight
    assert solid.volume == pytest.approx(-1.0 * 0.5 * 0.2)
