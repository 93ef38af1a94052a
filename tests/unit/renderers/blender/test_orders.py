"""What a worker is asked, and what is made of its answers."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import pytest

from spatialenv.core.placed import PlacedScene
from spatialenv.core.room import Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.errors import MissingExtraError, RendererError
from spatialenv.renderers.base import check_request, merge_frames
from spatialenv.renderers.blender.orders import Order, ask, frames_of
from spatialenv.renderers.room import RoomStyle
from spatialenv.renderers.scenery import make_scenery
from spatialenv.workers.process import Worker
from spatialenv.workers.wire import Message


class FakeWorker:
    """Notes what it is asked, and answers what it is told to."""

    def __init__(self, reply: dict[str, Any]) -> None:
        self.notes: dict[str, Any] = {}
        self.asked: list[dict[str, Any]] = []
        self._reply = reply

    def request(self, header: dict[str, Any], blobs: list[Any], *, limit: float, task: str) -> Message:
        self.asked.append({**header, "limit": limit, "told": task})
        return Message(self._reply, [bytearray(b"x")])


@pytest.fixture
def placed() -> PlacedScene:
    chairs = tuple(SceneObject(id=f"chair_{k}", category="chair", size=(0.5, 0.5, 0.9)) for k in range(3))
    scene = Scene(room=Room.rectangle(4, 3, 2.5), objects=chairs)
    return scene.place({"chair_0": (1, 1, 0.45), "chair_2": (2, 1, 0.45, np.pi / 2)})


def order_of(placed: PlacedScene, channels: tuple[Any, ...] = ()) -> Order:
    request = check_request(placed, ["corner", "walk", "top"], (32, 16), channels)
    return Order(placed, make_scenery(placed), RoomStyle(), request)


def test_what_is_asked(placed: PlacedScene) -> None:
    worker = FakeWorker({})
    for _ in range(2):
        assert ask(cast(Worker, worker), order_of(placed, ("normals", "ids")), {"task": "draw"}, 9.0) == [b"x"]
    first, second = worker.asked
    assert (first["task"], first["limit"], first["told"]) == ("draw", 9.0, "draw 2 objects")
    assert [(thing["name"], thing["owner"]) for thing in first["objects"]] == [("chair_0", 0), ("chair_2", 1)]
    assert first["objects"][0]["mesh"] == first["objects"][1]["mesh"]
    # Turned a quarter to the left: its x axis is the world's y.
    assert np.allclose(np.reshape(first["objects"][1]["matrix"], (4, 4))[:3, 0], (0, 1, 0))
    assert len(first["meshes"]) == 4  # a chair, and the room as each camera shows it
    assert (second["meshes"], second["images"], second["forget"]) == ([], [], [])
    assert [view["is_inside"] for view in first["views"]] == [False, True, False]
    assert [view["camera"]["is_perspective"] for view in first["views"]] == [True, True, False]
    assert (first["size"], first["channels"]) == ([32, 16], ["ids", "normals"])


@pytest.mark.parametrize(("word", "kind"), [("error", RendererError), ("missing", MissingExtraError)])
def test_failures_are_told_and_all_is_sent_anew(placed: PlacedScene, word: str, kind: type[Exception]) -> None:
    worker = FakeWorker({word: "it is broken"})
    with pytest.raises(kind, match="it is broken"):
        ask(cast(Worker, worker), order_of(placed), {"task": "draw"}, 9.0)
    assert worker.notes == {}


def test_answers_are_read_in_order(placed: PlacedScene) -> None:
    order = order_of(placed, ("normals", "depth", "ids"))
    shape = (16, 32)
    blobs = []
    for k in range(3):
        blobs += [
            np.full((*shape, 3), k, np.uint8),
            np.full(shape, k + 0.5, np.float32),
            np.full(shape, -k, np.int32),
            np.full((*shape, 3), 0.1 * k, np.float32),
        ]
    frames = frames_of(order, [bytearray(blob.tobytes()) for blob in blobs])
    assert list(frames.views) == ["corner", "walk", "top"]
    for k, name in enumerate(frames.views):
        assert np.array_equal(frames.views[name], blobs[4 * k])
        assert np.array_equal(frames.depth[name], blobs[4 * k + 1])
        assert np.array_equal(frames.ids[name], blobs[4 * k + 2])
        assert np.array_equal(frames.normals[name], blobs[4 * k + 3])
        assert frames.views[name].flags.writeable


def test_frames_of_several_cameras_are_joined(placed: PlacedScene) -> None:
    order = order_of(placed)
    blob = bytearray(16 * 32 * 3)
    whole = frames_of(order, [blob, blob, blob])
    parts = [frames_of(order._replace(request=check_request(placed, [name], (32, 16))), [blob]) for name in whole.views]
    joined = merge_frames(parts)
    assert list(joined.views) == list(whole.views)
    assert joined.cameras == whole.cameras
