from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from spatialenv.core.room import Room
from spatialenv.core.scene import Scene
from spatialenv.renderers.axes import draw_axes
from spatialenv.renderers.camera import Camera, make_camera
from spatialenv.renderers.camera_specs import FreeCamera, OrbitCamera
from spatialenv.renderers.fast import FastRenderer

ROOM = Room.rectangle(5, 4, 2.5)


def ruler(spec: Any, room: Room = ROOM) -> tuple[Camera, np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return the camera, where numbers stand ``(k, 2)``, and which pixels were changed."""
    frames = FastRenderer().render(Scene(room, ()).place({}), [spec], (256, 256), channels=("depth",))
    ((name, camera),) = frames.cameras.items()
    before = frames.views[name].copy()
    taken = np.array(draw_axes(frames.views[name], camera, room, 9, frames.depth[name])).reshape(-1, 4)
    return camera, (taken[:, :2] + taken[:, 2:]) / 2, (before != frames.views[name]).any(axis=2)


@pytest.mark.parametrize(
    ("spec", "x_side", "y_side"),
    [
        ("corner", -1, -1),
        ("top", -1, -1),
        (OrbitCamera(33), -1, -1),
        (OrbitCamera(123), 5, -1),
        (OrbitCamera(213), 5, 6),
        (OrbitCamera(303), -1, 6),
    ],
    ids=["corner", "top", "33", "123", "213", "303"],
)
def test_the_ruler_lies_towards_the_camera(spec: Any, x_side: float, y_side: float) -> None:
    camera, numbers, _ = ruler(spec)
    assert len(numbers) >= 8
    # Numbers of x stand off the south (y < 0) or the north (y > 4) side, those of y off the west or the east one.
    near_y, near_x = (0.0 if x_side < 0 else 4.0), (0.0 if y_side < 0 else 5.0)
    for at in (1.0, 2.0, 3.0):
        foot = camera.project(np.array([at, near_y, 0.0]))
        assert np.hypot(*(numbers - foot).T).min() < 18
        foot = camera.project(np.array([near_x, at, 0.0]))
        assert np.hypot(*(numbers - foot).T).min() < 18


@pytest.mark.parametrize(
    "spec", ["walk", FreeCamera((2.5, 2.0, 1.6), (0.0, 4.0, 0.5), 80), FreeCamera((2.5, 2, 1.6), (2.5, 2.1, 9))]
)
def test_inside_the_room_the_ruler_is_on_the_floor_or_nowhere(spec: Any) -> None:
    camera, numbers, changed = ruler(spec)
    if changed.any():
        rows, columns = np.nonzero(changed)
        floor = camera.project(np.array([[2.5, 2.0, 0.0]]))
        # Nothing hangs on the walls or the ceiling: all is below the horizon.
        horizon = camera.project(camera.origin + 1e4 * np.array([camera.ahead[0], camera.ahead[1], 0.0]))[1]
        assert rows.min() > horizon
        assert np.isfinite(floor).all() or len(columns)
    assert len(numbers) <= 12


def test_nothing_is_written_where_nothing_is_seen() -> None:
    _, numbers, changed = ruler(FreeCamera((-30.0, 2.0, 1.6), (-60.0, 2.0, 1.6)))
    assert len(numbers) == 0
    assert not changed.any()


def test_numbers_behind_something_are_left_out() -> None:
    camera = make_camera("top", ROOM, (256, 256))
    depth = np.full((256, 256), np.inf, np.float32)
    far = draw_axes(np.zeros((256, 256, 3), np.uint8), camera, ROOM, 9, depth)
    # Something high stands over the eastern third of the picture.
    depth[:, 170:] = 0.5
    some = draw_axes(np.zeros((256, 256, 3), np.uint8), camera, ROOM, 9, depth)
    assert {box for box in far if box[2] < 165} <= set(some)
    assert not any(box[0] > 176 for box in some)
    assert len(some) < len(far)


def test_a_short_room_has_its_letters() -> None:
    _, numbers, _ = ruler("top", Room.rectangle(0.8, 0.6, 2.5))
    assert len(numbers) >= 2
