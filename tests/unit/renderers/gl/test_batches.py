"""Pictures side by side are those drawn alone, to the last bit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from spatialenv.core.placed import PlacedScene
from spatialenv.errors import InputError, RendererError
from spatialenv.renderers.base import Frames
from spatialenv.renderers.camera import OrbitCamera
from spatialenv.renderers.gl import GlRenderer, surfaces
from spatialenv.renderers.gl import renderer as renderer_module

ALL = ("ids", "depth", "normals")


def assert_equal(given: Frames, expected: Frames) -> None:
    for name in ("views", "ids", "depth", "normals"):
        assert list(getattr(given, name)) == list(getattr(expected, name))
        for view, array in getattr(given, name).items():
            assert np.array_equal(array, getattr(expected, name)[view]), (name, view)


@pytest.fixture(scope="module")
def scenes(scatter: Callable[..., PlacedScene], placed: PlacedScene) -> list[PlacedScene]:
    """Scenes of many sizes, the small after the large."""
    return [placed, scatter(1, 20), placed.scene.place({}), scatter(2, 3), scatter(3, 14), placed]


@pytest.mark.parametrize("size", [(32, 32), (50, 23)])
@pytest.mark.parametrize("most", [1, 5, 256])
def test_batches_however_many_fit(
    renderer: GlRenderer, scenes: list[PlacedScene], monkeypatch: pytest.MonkeyPatch, size: tuple[int, int], most: int
) -> None:
    singles = [renderer.render(scene, ["corner", "top"], size, channels=ALL) for scene in scenes]
    monkeypatch.setattr(surfaces, "MOST_PICTURES", most)
    for given, expected in zip(
        renderer.render_batch(scenes, ["corner", "top"], size, channels=ALL), singles, strict=True
    ):
        assert_equal(given, expected)


def test_batches_are_made_ready_in_turns(
    renderer: GlRenderer, scenes: list[PlacedScene], monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = renderer.render_batch(scenes, ["top"], (32, 32))
    monkeypatch.setattr(renderer_module, "SCENES_AT_ONCE", 2)
    for given, one in zip(renderer.render_batch(scenes, ["top"], (32, 32)), expected, strict=True):
        assert_equal(given, one)


def test_colours_are_the_same_with_and_without_channels(renderer: GlRenderer, scenes: list[PlacedScene]) -> None:
    bare, full = (renderer.render_batch(scenes, ["walk"], (40, 40), channels=channels) for channels in ((), ("depth",)))
    for one, other in zip(bare, full, strict=True):
        assert np.array_equal(one.views["walk"], other.views["walk"])
        assert (dict(one.depth), dict(other.ids), list(other.depth)) == ({}, {}, ["walk"])


def test_many_cameras_of_one_scene(renderer: GlRenderer, placed: PlacedScene, monkeypatch: pytest.MonkeyPatch) -> None:
    cameras = [OrbitCamera(azimuth=30.0 * k, name=f"at_{k}") for k in range(7)]
    monkeypatch.setattr(surfaces, "MOST_PICTURES", 3)
    frames = renderer.render(placed, cameras, (24, 24))
    for camera in cameras:
        assert np.array_equal(frames.views[camera.name], renderer.render(placed, [camera], (24, 24)).image)


def test_another_context_draws_the_same(renderer: GlRenderer, placed: PlacedScene) -> None:
    with replace(renderer) as other:
        assert np.array_equal(other.render(placed).image, renderer.render(placed).image)


def test_pictures_are_the_callers(renderer: GlRenderer, placed: PlacedScene) -> None:
    first, second = renderer.render_batch([placed, placed], ["top"], (32, 32), channels=ALL)
    for name in ("views", "ids", "depth", "normals"):
        one, other = getattr(first, name)["top"], getattr(second, name)["top"]
        assert one.flags.writeable
        assert one.flags.owndata
        assert not np.shares_memory(one, other)


def test_nothing_to_draw(has_gl: None) -> None:
    assert GlRenderer().render_batch([]) == []


def test_one_wrong_scene_is_told_before_any_is_drawn(renderer: GlRenderer, placed: PlacedScene) -> None:
    with pytest.raises(InputError, match="PlacedScene"):
        renderer.render_batch([placed, placed.scene])  # type: ignore[list-item]


def test_what_fails_is_a_renderer_error(has_gl: None, placed: PlacedScene, monkeypatch: pytest.MonkeyPatch) -> None:
    with GlRenderer() as renderer:
        expected = renderer.render(placed, ["top"], (32, 32)).image
        with monkeypatch.context() as patch:
            patch.setattr(renderer_module, "room_mesh", lambda *_: 1 / 0)
            with pytest.raises(RendererError, match=r"'gl' could not draw .*ZeroDivisionError"):
                renderer.render(placed)
        with monkeypatch.context() as patch:
            patch.setattr(renderer_module.Painter, "draw", lambda *_, **__: 1 / 0)
            with pytest.raises(RendererError, match="ZeroDivisionError"):
                renderer.render(placed)
        assert np.array_equal(renderer.render(placed, ["top"], (32, 32)).image, expected)


@pytest.mark.parametrize(
    "options",
    [
        {"shadows": 1}, {"supersampling": 5}, {"supersampling": True}, {"colours": "random"}, {"device": -1},
        {"device": "0"}, {"memory_mb": 1}, {"room": 3}, {"edges": None},
    ],
    ids=str,
)  # fmt: skip
def test_options_that_are_not_allowed(options: dict[str, object]) -> None:
    with pytest.raises(InputError, match=next(iter(options))):
        GlRenderer(**options)  # type: ignore[arg-type]
