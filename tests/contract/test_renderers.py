"""What every renderer must keep to, whoever wrote it."""

from __future__ import annotations

import os
import pickle
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from spatialenv.core.placed import PlacedScene
from spatialenv.core.room import Opening, Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.core.violations import KINDS, Violation
from spatialenv.envs.room_layout import RoomLayoutEnv
from spatialenv.errors import InputError
from spatialenv.evaluation.baselines import WitnessPolicy
from spatialenv.renderers import Annotations, Frames, Renderer, draw_annotated
from spatialenv.renderers.base import NOTHING, ROOM, Device, close_renderer
from spatialenv.renderers.camera import make_camera
from spatialenv.renderers.registry import RENDERERS


@pytest.fixture(scope="module", params=sorted(RENDERERS))
def renderer(request: pytest.FixtureRequest, make_working: Any, closing: Any) -> Iterator[Renderer]:
    """Each renderer that works here, made once."""
    yield from closing(make_working(str(request.param)))


SIDE = (128, 128)
"""The least size with everything written over it."""

ROOMS = {
    "rectangle": Room.rectangle(5, 4, 2.6),
    "L": Room(
        floor=((0, 0), (5, 0), (5, 2), (3.5, 2), (3, 4), (0, 4)),
        height=2.6,
        openings=(Opening("door", "wall_0", 3.6, 0.9, 2.0, swing="in"), Opening("window", "wall_4", 1, 1.2, 1.2, 0.9)),
    ),
}


@pytest.fixture(scope="module", params=sorted(ROOMS))
def placed(request: pytest.FixtureRequest) -> PlacedScene:
    objects = (
        SceneObject(id="sofa_1", category="sofa", size=(1.8, 0.9, 0.8)),
        SceneObject(id="desk_1", category="desk", size=(1.2, 0.6, 0.75)),
        SceneObject(id="lamp_1", category="lamp", size=(0.3, 0.3, 1.5)),
    )
    scene = Scene(room=ROOMS[request.param], objects=objects)
    return scene.place({"sofa_1": (2.5, 0.5, 0.4), "desk_1": (2.9, 1.0, 0.375, 1.0)})


def test_names_and_version(renderer: Renderer) -> None:
    assert isinstance(renderer, Renderer)
    assert renderer.name in RENDERERS
    assert renderer.version.startswith(renderer.name)


def test_views_size_and_kind(renderer: Renderer, placed: PlacedScene) -> None:
    frames = renderer.render(placed, ("top", "corner"), (90, 60))
    assert list(frames.views) == ["top", "corner"]
    for picture in frames.views.values():
        assert picture.shape == (60, 90, 3)
        assert picture.dtype == np.uint8
    assert frames.image.shape == (60, 180, 3)
    assert np.array_equal(frames.image[:, :90], frames.views["top"])


def test_defaults_are_two_views_of_256(renderer: Renderer, placed: PlacedScene) -> None:
    frames = renderer.render(placed)
    assert list(frames.views) == ["corner", "top"]
    assert frames.image.shape == (256, 512, 3)


def test_fresh_equal_pictures(renderer: Renderer, placed: PlacedScene) -> None:
    first, second = renderer.render(placed, size=SIDE), renderer.render(placed, size=SIDE)
    for view, picture in first.views.items():
        assert not np.shares_memory(picture, second.views[view])
        assert np.array_equal(picture, second.views[view])
        assert picture.flags.writeable


@pytest.fixture
def drawing(renderer: Renderer) -> Renderer:
    if renderer.name == "blank":
        pytest.skip("draws nothing, and says so")
    return renderer


def test_the_picture_shows_the_layout(drawing: Renderer, placed: PlacedScene) -> None:
    moved = placed.scene.place({"sofa_1": (1.5, 2.5, 0.4), "desk_1": (2.9, 1.0, 0.375, 1.0)})
    empty = placed.scene.place({})
    images = [drawing.render(p, size=SIDE).image for p in (placed, moved, empty)]
    assert not np.array_equal(images[0], images[1])
    assert not np.array_equal(images[0], images[2])


def test_marks_show(drawing: Renderer, placed: PlacedScene) -> None:
    wrong = [Violation("collision", ("desk_1", "sofa_1"), 0.1, "m3")]
    plain, marked = (
        draw_annotated(drawing, placed, size=SIDE, annotations=Annotations(False, v)).image for v in ((), tuple(wrong))
    )
    assert not np.array_equal(plain, marked)


def test_violations_of_every_kind_are_taken(renderer: Renderer, placed: PlacedScene) -> None:
    """Those that cannot be drawn are left out, as are names that are in no picture."""
    for kind in KINDS:
        named = ("desk_1", "door_0" if kind == "blocked_opening" else "nobody")
        wrong = [Violation(kind, named, 0.1, "m", (0.1, 0.0, 0.0), "", 0.5), Violation(kind, ("nobody",), 0.1, "m")]
        marked = draw_annotated(renderer, placed, ("top",), SIDE, Annotations(violations=tuple(wrong)))
        assert marked.image.shape == (128, 128, 3)


def test_mistakes_are_the_callers(renderer: Renderer, placed: PlacedScene) -> None:
    for wrong in ({"size": (4, 4)}, {"cameras": ["inside"]}, {"channels": ["smell"]}):
        with pytest.raises(InputError):
            renderer.render(placed, **wrong)  # type: ignore[arg-type]


def test_pickles(renderer: Renderer, placed: PlacedScene) -> None:
    copy = pickle.loads(pickle.dumps(renderer))
    try:
        assert np.array_equal(copy.render(placed, size=(64, 64)).image, renderer.render(placed, size=(64, 64)).image)
    finally:
        close_renderer(copy)


def test_the_order_of_a_layout_does_not_matter(renderer: Renderer, placed: PlacedScene) -> None:
    turned = placed.scene.place(dict(reversed(list(placed.layout.items()))))  # type: ignore[arg-type]
    assert np.array_equal(renderer.render(placed, size=SIDE).image, renderer.render(turned, size=SIDE).image)


def test_channels_are_given_on_request_alone(renderer: Renderer, placed: PlacedScene) -> None:
    bare = renderer.render(placed, ["top"], (64, 48))
    assert (dict(bare.depth), dict(bare.ids), dict(bare.normals)) == ({}, {}, {})
    full = renderer.render(placed, ["top", "corner"], (64, 48), channels=("normals", "ids", "depth"))
    assert np.array_equal(full.views["top"], bare.views["top"])
    for name in ("top", "corner"):
        depth, ids, normals = full.depth[name], full.ids[name], full.normals[name]
        assert (depth.shape, depth.dtype) == ((48, 64), np.float32)
        assert (ids.shape, ids.dtype) == ((48, 64), np.int32)
        assert (normals.shape, normals.dtype) == ((48, 64, 3), np.float32)
        assert set(np.unique(ids)) <= {NOTHING, ROOM, *range(len(placed.ids))}
        is_seen = ids != NOTHING
        assert np.array_equal(np.isfinite(depth), is_seen)
        assert np.all(depth > 0)
        lengths = np.linalg.norm(normals, axis=-1)
        assert np.allclose(lengths, is_seen, atol=1e-5)


def test_the_cameras_are_told(renderer: Renderer, placed: PlacedScene) -> None:
    frames = renderer.render(placed, ["top"], (64, 48))
    assert frames.cameras["top"] is make_camera("top", placed.room, (64, 48))


def test_ids_and_depth_are_of_what_is_there(drawing: Renderer, placed: PlacedScene) -> None:
    """From above, the sofa's middle pixel is the sofa, as far away as its surface is at least."""
    frames = drawing.render(placed, ["top"], (256, 256), channels=("ids", "depth"))
    camera = frames.cameras["top"]
    middle = placed.centers[0]
    x, y = (int(v) for v in camera.project(middle))
    assert placed.ids[frames.ids["top"][y, x]] == "sofa_1"
    top, bottom = (camera.depths(middle + np.array([0, 0, sign * 0.4])) for sign in (1, -1))
    assert top - 1e-3 <= frames.depth["top"][y, x] <= bottom
    x, y = (int(v) for v in camera.project(np.array([1.0, 1.5, 0.0])))
    assert frames.ids["top"][y, x] == ROOM
    assert frames.depth["top"][y, x] == pytest.approx(float(camera.depths(np.array([1.0, 1.5, 0.0]))), abs=0.01)


def test_a_batch_is_its_pictures_to_the_last_bit(renderer: Renderer, placed: PlacedScene) -> None:
    scenes = [placed, placed.scene.place({}), placed.scene.place({"lamp_1": (1.0, 1.0, 0.75)})]
    batch = renderer.render_batch(scenes, ["corner", "top"], (48, 48), channels=("ids", "depth", "normals"))
    for scene, frames in zip(scenes, batch, strict=True):
        single = renderer.render(scene, ["corner", "top"], (48, 48), channels=("ids", "depth", "normals"))
        for name in ("views", "ids", "depth", "normals"):
            for view in ("corner", "top"):
                assert np.array_equal(getattr(frames, name)[view], getattr(single, name)[view])
    assert renderer.render_batch([], ["top"]) == []


def test_closed_it_starts_anew(renderer: Renderer, placed: PlacedScene, no_child_left: Any) -> None:
    first = renderer.render(placed, size=(64, 64)).image
    close_renderer(renderer)
    close_renderer(renderer)
    assert np.array_equal(renderer.render(placed, size=(64, 64)).image, first)
    close_renderer(renderer)


def test_what_draws_is_told(renderer: Renderer) -> None:
    describe = getattr(renderer, "describe_device", None)
    if describe is None:
        pytest.skip("does not say what draws")
    device = describe()
    assert isinstance(device, Device)
    assert device.name
    assert device.version
    assert isinstance(device.is_software, bool)


def test_an_episode_outlives_the_processes(renderer: Renderer) -> None:
    """They are killed between two turns."""
    env = RoomLayoutEnv(tasks="easy", renderer=renderer, size=(32, 32))
    env.reset(seed=3)
    pids = getattr(renderer, "pids", None)
    if pids is None:
        pytest.skip("draws in this process")
    assert pids
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    _, _, terminated, truncated, info = env.step(WitnessPolicy().respond([env])[0])
    assert (terminated, truncated) == (True, False)
    assert "failure" not in info
    env.close()
    assert renderer.pids == ()  # type: ignore[attr-defined]


def test_threads_draw_what_one_draws(renderer: Renderer, placed: PlacedScene) -> None:
    if not getattr(renderer, "is_thread_safe", False):
        pytest.skip("is for one thread at a time, and says so")
    scenes = [placed, placed.scene.place({}), placed.scene.place({"lamp_1": (1.0, 1.0, 0.75)})] * 2

    def draw(scene: PlacedScene) -> Frames:
        return renderer.render(scene, ["top"], (32, 32), channels=("ids",))

    with ThreadPoolExecutor(3) as pool:
        drawn = list(pool.map(draw, scenes))
    for scene, frames in zip(scenes, drawn, strict=True):
        alone = draw(scene)
        assert np.array_equal(frames.image, alone.image)
        assert np.array_equal(frames.ids["top"], alone.ids["top"])
