"""What the worker's process holds and averages."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spatialenv.core.room import Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.renderers.base import check_request
from spatialenv.renderers.models import Appearance
from spatialenv.renderers.pybullet import studio as studio_module
from spatialenv.renderers.pybullet.drawing import draw
from spatialenv.renderers.pybullet.orders import make_orders
from spatialenv.renderers.pybullet.studio import Studio, average
from spatialenv.renderers.room import RoomStyle
from spatialenv.workers.wire import Message


def test_average_of_four_samples() -> None:
    colours = np.zeros((2, 4, 3), np.float32)
    colours[:, :2] = ((10, 20, 30), (11, 20, 30))
    colours[0, 2:] = 300.0
    assert average(colours, 2).tolist() == [[[11, 20, 30], [150, 150, 150]]]  # 10.5 is rounded up


class Direct:
    """A worker in this process."""

    def __init__(self, studio: Studio) -> None:
        self.studio = studio

    def request(self, header: dict[str, Any], blobs: Sequence[bytes] = (), **_: object) -> Message:
        reply, given = self.studio.answer(header, [bytearray(blob) for blob in blobs])
        return Message(reply, [bytearray(blob) for blob in given])


@pytest.mark.usefixtures("_needs_pybullet")
def test_a_full_world_is_emptied(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Pictures before and after are the same."""
    import pybullet

    studio = Studio(pybullet, "tiny", tmp_path)
    scene = Scene(room=Room.rectangle(4, 3, 2.5), objects=(SceneObject("chair_1", "chair", (0.5, 0.5, 0.9)),))
    placed = [scene.place({"chair_1": (0.5, 1.5, 0.45)})]
    request = check_request(placed[0], ["corner"], (48, 48), ("ids",))
    order = make_orders(placed, [request], Appearance(), RoomStyle(), None, 0.0, 60.0)[0]
    pictures = []
    for most in (10**9, 0, 10**9):
        monkeypatch.setattr(studio_module, "MAX_TRIANGLES", most)
        drawn = draw(Direct(studio), order, request.cameras[0], "tiny", 1, True, 60.0)  # type: ignore[arg-type]
        pictures.append(drawn.picture)
        assert bool(studio._shapes) is (most > 0)
        assert bool(list(tmp_path.iterdir())) is (most > 0)
    assert np.array_equal(pictures[0], pictures[1])
    assert np.array_equal(pictures[0], pictures[2])
    for world in (studio._pictures, studio._numbers):
        pybullet.disconnect(world.client)
