from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from spatialenv.core.room import Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.errors import InputError
from spatialenv.renderers import make_renderer
from spatialenv.renderers.base import NOTHING
from spatialenv.renderers.blank import BlankRenderer

SCENE = Scene(Room.rectangle(4, 3, 2.5), (SceneObject("box_1", "box", (1.0, 1.0, 1.0)),))


def test_every_picture_is_one_grey() -> None:
    renderer = make_renderer({"name": "blank", "shade": 7})
    full = renderer.render(SCENE.place({"box_1": (1, 1, 0.5)}), ["top"], (20, 30), channels=("depth", "ids", "normals"))
    empty = renderer.render(SCENE.place({}), ["top"], (20, 30))
    assert np.array_equal(full.image, np.full((30, 20, 3), 7, np.uint8))
    assert np.array_equal(full.image, empty.image)
    # Nothing is seen in it, and what is not asked for is not given.
    assert np.all(full.depth["top"] == np.inf)
    assert np.all(full.ids["top"] == NOTHING)
    assert not full.normals["top"].any()
    assert not empty.depth
    assert full.cameras["top"].name == "top"


@pytest.mark.parametrize("shade", [-1, 256, 1.0, True, "grey"])
def test_a_shade_is_a_byte(shade: Any) -> None:
    with pytest.raises(InputError, match="whole number from 0 to 255"):
        BlankRenderer(shade)
