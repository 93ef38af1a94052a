"""Cameras in PyBullet's form: each is followed by hand as the engine follows it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from spatialenv.core.room import Room
from spatialenv.renderers.camera import FreeCamera, make_camera
from spatialenv.renderers.pybullet.shots import (
    FARTHER_BACK,
    LIGHT,
    Drawer,
    make_shadow_shot,
    make_shot,
    middle_of,
)

ROOM = Room.rectangle(5, 4, 2.6)
POINTS = np.random.default_rng(3).uniform((0.2, 0.2, 0), (4.8, 3.8, 2.4), (40, 3))
SIZE = (96, 64)
CAMERAS = ("corner", "top", "front", "walk", FreeCamera(eye=(-3, -2, 4), target=(2, 2, 1), fov=50))


@pytest.mark.parametrize("drawer", ["tiny", "egl"])
@pytest.mark.parametrize("camera", CAMERAS)
@pytest.mark.parametrize("scale", [1, 3])
def test_pixels_are_those_of_the_camera(drawer: Drawer, camera: str, scale: int) -> None:
    made = make_camera(camera, ROOM, SIZE)
    shot = make_shot(made, ROOM, scale, drawer)
    moved = np.concatenate([POINTS - middle_of(ROOM), np.ones((len(POINTS), 1))], axis=1)
    clip = moved @ (shot.projection @ shot.view).T
    is_seen = made.depths(POINTS) > 0.1
    x, y = ((clip[:, k] / clip[:, 3] + 1) / 2 * SIZE[k] * scale for k in (0, 1))
    corner = 0.5 if drawer == "tiny" else 0.0  # it looks at the lower left corners of samples
    found = np.stack([x + corner, SIZE[1] * scale - y - corner], axis=1)
    assert np.allclose(found[is_seen], made.project(POINTS)[is_seen] * scale, atol=1e-6)


@pytest.mark.parametrize("camera", CAMERAS)
def test_tiny_renderer_draws_all_of_the_room(camera: str) -> None:
    """It takes near and far from the third row, and drops what is not between them."""
    made = make_camera(camera, ROOM, SIZE)
    shot = make_shot(made, ROOM, 1, "tiny")
    row = shot.projection[2]
    near, far = row[3] / (row[2] - 1), row[3] / (row[2] + 1)
    moved = np.concatenate([POINTS - middle_of(ROOM), np.ones((len(POINTS), 1))], axis=1)
    depth = -(moved @ shot.view.T @ row)
    is_seen = made.depths(POINTS) > 0.05
    assert np.all(depth[is_seen] > -far)
    assert np.all(depth[is_seen] < near)


@pytest.mark.parametrize("camera", CAMERAS)
def test_the_light_sees_the_whole_room(camera: str) -> None:
    made = make_camera(camera, ROOM, SIZE)
    shot = make_shot(made, ROOM, 1, "tiny") if made.is_perspective else make_shadow_shot(made, ROOM, 1)
    ahead = -np.array(LIGHT)
    right = np.cross(ahead, (0, 0, 1))
    right /= np.linalg.norm(right)
    axes = np.stack([right, np.cross(right, ahead), -ahead])
    corners = np.array(np.meshgrid((0, 5), (0, 4), (0, 2.6))).reshape(3, -1).T - middle_of(ROOM)
    seen = (corners - shot.light * np.array(LIGHT)) @ axes.T
    clip = np.concatenate([seen, np.ones((8, 1))], axis=1) @ shot.projection.T
    assert np.all(np.abs(clip[:, :2] / clip[:, 3:]) < 1.05)


def test_shadows_of_a_parallel_view_lie_where_it_sees_them() -> None:
    made = make_camera("top", ROOM, (200, 160))
    shot = make_shadow_shot(made, ROOM, 1)
    moved = np.concatenate([POINTS - middle_of(ROOM), np.ones((len(POINTS), 1))], axis=1)
    clip = moved @ (shot.projection @ shot.view).T
    x, y = ((clip[:, k] / clip[:, 3] + 1) / 2 * made.size[k] + 0.5 for k in (0, 1))
    off = np.abs(np.stack([x, made.size[1] - y], axis=1) - made.project(POINTS))
    # 1.3 m above the middle, 2.5 m aside, from FARTHER_BACK.
    assert off.max() < 1.3 / FARTHER_BACK * 2.5 * made.pixels_per_metre


def test_light_is_that_of_fast() -> None:
    from spatialenv.renderers.fast.stage import LIGHT as FAST

    assert np.allclose(LIGHT, FAST)
    assert math.hypot(*LIGHT) == pytest.approx(1.0)
