"""Meshes as lists of corners for each material."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from spatialenv.core.mesh import Material, Texture, TriangleMesh, box_mesh, join
from spatialenv.export.surfaces import has_area, linear, png, surfaces

RED, BLUE = Material((255.0, 0.0, 0.0)), Material((0.0, 0.0, 255.0))


def test_each_material_has_its_triangles() -> None:
    mesh = join([box_mesh((1, 1, 1), RED), box_mesh((2, 2, 2), BLUE), box_mesh((3, 3, 3), RED)])
    red, blue = surfaces(mesh)
    assert (red.material, blue.material) == (RED, BLUE)
    assert (len(red.faces), len(blue.faces)) == (24, 12)
    assert red.uvs is None
    corners = blue.positions[blue.faces]
    crossed = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    assert (np.einsum("ij,ij->i", crossed, blue.normals[blue.faces[:, 0]]) > 0).all()
    assert np.abs(blue.positions).max() == 1.0


def test_triangles_without_area_are_left_out() -> None:
    mesh = TriangleMesh(
        vertices=np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [2, 0, 0.0]]),
        faces=np.array([[0, 1, 2], [0, 1, 3], [1, 1, 2]]),
        materials=(RED, BLUE),
        material_of=np.array([0, 1, 0]),
        smoothing=np.array([0, 1, 0]),
    )
    assert has_area(mesh).tolist() == [True, False, False]
    (only,) = surfaces(mesh)
    assert len(only.faces) == 1


def test_corners_with_different_texture_coordinates_stay_apart() -> None:
    checks = Texture(np.zeros((2, 2, 3), np.uint8))
    (surface,) = surfaces(box_mesh((1, 1, 1), Material((255.0, 255.0, 255.0), checks), repeat=0.5))
    assert surface.uvs is not None
    assert surface.uvs.shape == (24, 2)
    assert np.ptp(surface.uvs) == 2.0


def test_colours_become_shares_of_light() -> None:
    assert linear((0.0, 255.0, 188.0)) == pytest.approx((0.0, 1.0, 0.503), abs=1e-3)
    assert linear((300.0, -5.0, 5.0)) == pytest.approx((1.0, 0.0, 5 / 255 / 12.92))


def test_a_texture_as_png() -> None:
    pixels = np.arange(4 * 2 * 3, dtype=np.uint8).reshape(4, 2, 3)
    assert (np.asarray(Image.open(io.BytesIO(png(Texture(pixels))))) == pixels).all()
