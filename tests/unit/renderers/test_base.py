from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from spatialenv.core.room import Room
from spatialenv.core.scene import Scene
from spatialenv.errors import InputError, UnknownNameError
from spatialenv.renderers.base import Frames, check_request

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
    assert check_request(PLACED, ["top"], (np.int64(32), 16), ()) == (("top",), (32, 16))  # type: ignore[arg-type]
    assert check_request(PLACED, "top", (16, 2048), ()) == (("top",), (16, 2048))


@pytest.mark.parametrize(
    ("views", "size", "violations", "message"),
    [
        ([], (64, 64), (), "`views` is"),
        (["top", "top"], (64, 64), (), "each of the wanted views once"),
        (None, (64, 64), (), "`views` is None; it must be a sequence"),
        (["top"], (64, 64), None, "`violations` is None; it must be a sequence"),
        (["top"], (15, 64), (), "`size` is \\(15, 64\\).*16 to 2048"),
        (["top"], (64, 2049), (), "`size`"),
        (["top"], (64.0, 64), (), "`size`"),
        (["top"], (64,), (), "`size`"),
        (["top"], 64, (), "`size` is 64"),
        (["top"], None, (), "`size` is None"),
        (["top"], (64, 64), ("sofa_1",), "`violations` holds a str"),
    ],
)
def test_mistakes(views: Any, size: Any, violations: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        check_request(PLACED, views, size, violations)


def test_unknown_view_and_wrong_scene() -> None:
    with pytest.raises(UnknownNameError, match="unknown view 'tops'; did you mean 'top'"):
        check_request(PLACED, ["tops"], (64, 64), ())
    with pytest.raises(InputError, match="`placed` is a Scene; it must be a PlacedScene"):
        check_request(PLACED.scene, ["top"], (64, 64), ())  # type: ignore[arg-type]
