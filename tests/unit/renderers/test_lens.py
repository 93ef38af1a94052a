"""A camera taken apart gives the same pixels as the camera itself."""

from __future__ import annotations

import numpy as np
import pytest

from spatialenv.core.room import Room
from spatialenv.renderers.camera import FreeCamera, make_camera
from spatialenv.renderers.lens import lens_of, projection_matrix, view_matrix

ROOM = Room.rectangle(5, 4, 2.6)
CAMERAS = ("corner", "top", "front", "walk", "orbit", FreeCamera((1, 1, 1.5), (4, 3, 0.5), 55.0))


@pytest.mark.parametrize("spec", CAMERAS, ids=str)
@pytest.mark.parametrize("size", [(64, 64), (120, 80), (50, 90)], ids=str)
def test_matrices_of_opengl_give_the_cameras_pixels_and_depths(spec: str | FreeCamera, size: tuple[int, int]) -> None:
    camera = make_camera(spec, ROOM, size)
    lens = lens_of(camera, ROOM)
    assert np.allclose(lens.axes @ lens.axes.T, np.eye(3), atol=1e-12)
    assert np.allclose(np.cross(lens.axes[0], lens.axes[2]), lens.axes[1])
    points = np.random.default_rng(0).uniform((0, 0, 0), (5, 4, 2.6), (50, 3))
    eyes = np.column_stack([points, np.ones(50)]) @ view_matrix(lens).T
    depths = camera.depths(points)
    assert np.allclose(-eyes[:, 2], depths)
    clips = eyes @ projection_matrix(lens, size).T
    in_front = depths > camera.near
    ndc = clips[in_front, :3] / clips[in_front, 3:]
    pixels = np.column_stack([(ndc[:, 0] + 1) / 2 * size[0], (1 - ndc[:, 1]) / 2 * size[1]])
    assert np.allclose(pixels, camera.project(points[in_front]))
    assert np.all(np.abs(ndc[:, 2]) < 1)
    order = np.argsort(depths[in_front])
    assert np.all(np.diff(ndc[order, 2]) > -1e-12)
