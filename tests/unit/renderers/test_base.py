from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from spatialenv.core.room import Room
from spatialenv.core.scene import Scene
from spatialenv.envs.room_layout import RoomLayoutEnv
from spatialenv.errors import InputError, UnknownNameError
from spatialenv.renderers.base import Frames, check_request
from spatialenv.renderers.blank import BlankRenderer
from spatialenv.renderers.camera import make_camera
from spatialenv.testing import CheckError, check_renderer

PLACED = Scene(room=Room.rectangle(4, 3, 2.5), objects=()).place({})


def test_image_is_the_views_side_by_side() -> None:
    left, right = np.zeros((4, 6, 3), np.uint8), np.full((4, 6, 3), 9, np.uint8)
    frames = Frames({"corner": left, "top": right})
    assert frames.image.shape == (4, 12, 3)
    assert (frames.image[:, :6] == 0).all()
    assert (frames.image[:, 6:] == 9).all()
    single = Frames({"top": left})
    assert not np.shares_memory(single.image, left)


def test_plain_form() -> None:
    request = check_request(PLACED, ["top"], (np.int64(32), 16), ("ids", "depth", "ids"))  # type: ignore[arg-type]
    assert request.size == (32, 16)
    assert request.channels == {"ids", "depth"}
    assert request.cameras == (make_camera("top", PLACED.room, (32, 16)),)
    assert [camera.name for camera in check_request(PLACED, "top", (16, 2048)).cameras] == ["top"]
    orbit = {"name": "orbit", "azimuth": 20, "view": "side"}
    assert [camera.name for camera in check_request(PLACED, ["walk", orbit], (64, 64)).cameras] == ["walk", "side"]


@pytest.mark.parametrize(
    ("views", "size", "channels", "message"),
    [
        ([], (64, 64), (), "`views` is"),
        (["top", "top"], (64, 64), (), "each of the wanted views once"),
        (None, (64, 64), (), "`views` is None; it must be a sequence"),
        (["top"], (64, 64), None, "`channels` is None; it must be a sequence of names: depth, ids, normals"),
        (["top"], (64, 64), "ids", "`channels` is 'ids'; it must be a sequence"),
        (["top"], (15, 64), (), "`size` is \\(15, 64\\).*16 to 2048"),
        (["top"], (64, 2049), (), "`size`"),
        (["top"], (64.0, 64), (), "`size`"),
        (["top"], (64,), (), "`size`"),
        (["top"], 64, (), "`size` is 64"),
        (["top"], None, (), "`size` is None"),
        (["top"], (64, 64), ("deph",), "unknown channel 'deph'; did you mean 'depth'"),
    ],
)
def test_mistakes(views: Any, size: Any, channels: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        check_request(PLACED, views, size, channels)


def test_unknown_view_and_wrong_scene() -> None:
    with pytest.raises(UnknownNameError, match="unknown view 'tops'; did you mean 'top'"):
        check_request(PLACED, ["tops"], (64, 64), ())
    with pytest.raises(InputError, match="`placed` is a Scene; it must be a PlacedScene"):
        check_request(PLACED.scene, ["top"], (64, 64), ())  # type: ignore[arg-type]


def test_a_renderer_that_fails_to_close_is_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that what it has drawn is not lost with it."""

    def fail(self: BlankRenderer) -> None:
        raise OSError("no such lamp")

    monkeypatch.setattr(BlankRenderer, "close", fail)
    env = RoomLayoutEnv(renderer="blank", size=(16, 16))
    env.reset(seed=0)
    with pytest.warns(RuntimeWarning, match="the renderer 'blank' could not be closed: OSError: no such lamp"):
        env.close()
    with pytest.raises(CheckError, match="could not be closed"):
        check_renderer(BlankRenderer(), draws=False)
