"""What `gl` draws is what `fast` draws, and what rays see."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from spatialenv.core.mesh import Material, Texture, TriangleMesh, box_mesh
from spatialenv.core.placed import PlacedScene
from spatialenv.core.room import Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.renderers.base import NOTHING, Frames, Renderer
from spatialenv.renderers.base import ROOM as ROOM_ID
from spatialenv.renderers.camera import FreeCamera
from spatialenv.renderers.fast import FastRenderer
from spatialenv.renderers.gl import GlRenderer
from spatialenv.tasks import example_rooms

ALL = ("ids", "depth", "normals")


def assert_alike(given: Frames, expected: Frames, mean: float = 0.4) -> None:
    """Colours differ by `mean` levels on average at most; all else is equal but at the edges of things."""
    assert list(given.views) == list(expected.views)
    for name, picture in given.views.items():
        ids, depth, normals = given.ids[name], given.depth[name], given.normals[name]
        other_ids, other_depth, other_normals = expected.ids[name], expected.depth[name], expected.normals[name]
        same = (ids == other_ids) & (np.abs(normals - other_normals).max(axis=-1) < 1e-3)
        # An edge of a thing may lie on the middles of a whole row of samples.
        assert np.count_nonzero(~same) < 0.002 * same.size + max(same.shape), name
        assert np.array_equal(np.isfinite(depth), ids != NOTHING)
        seen = same & (ids != NOTHING)
        off = np.abs(depth[seen] - other_depth[seen])
        assert np.mean(off > 1e-3) < 2e-3, name
        beside = np.pad(same, 1, constant_values=True)
        inner = np.all(
            [beside[y : y + same.shape[0], x : x + same.shape[1]] for y in range(3) for x in range(3)], axis=0
        )
        off = np.abs(picture.astype(int) - expected.views[name])
        assert off[inner].mean() < mean, name
        assert np.mean(off[inner].max(axis=-1) > 8) < 0.01, name


ROOMS = sorted(example_rooms())


@pytest.mark.parametrize("name", ROOMS[:3] + [pytest.param(name, marks=pytest.mark.slow) for name in ROOMS[3:]])
def test_example_rooms_look_as_by_fast(renderer: GlRenderer, name: str) -> None:
    scene = example_rooms()[name]
    placed = scene.place(scene.witness)
    given, expected = (
        r.render(placed, ["corner", "top", "walk"], (128, 128), channels=ALL) for r in (renderer, FastRenderer())
    )
    assert_alike(given, expected)
    for camera, ids in expected.ids.items():
        for owner in np.unique(ids):
            if np.count_nonzero(mask := ids == owner) > 300:
                other = given.ids[camera] == owner
                assert np.count_nonzero(mask & other) >= 0.99 * np.count_nonzero(mask | other)


@pytest.mark.parametrize(
    "options",
    [
        {"supersampling": 1},
        {"supersampling": 3},
        {"supersampling": 4},
        {"shadows": False},
        {"ambient_occlusion": False},
        {"edges": False},
        {"textures": False},
        {"furniture": False},
        {"colours": "identity"},
        {"room": "carpet"},
    ],
    ids=str,
)
def test_options_mean_what_they_do_for_fast(has_gl: None, placed: PlacedScene, options: dict[str, Any]) -> None:
    """The scene has a window, glass, and a thing outside that shows through the wall."""
    cameras = ["corner", "top", "walk", "front", "orbit"]
    with GlRenderer(**options) as renderer:
        given = renderer.render(placed, cameras, (96, 64), channels=ALL)
    assert_alike(given, FastRenderer(**options).render(placed, cameras, (96, 64), channels=ALL), 0.6)


def test_options_change_pictures(renderer: GlRenderer, placed: PlacedScene) -> None:
    usual = renderer.render(placed, ["corner"], (96, 96)).image
    for options in ({"shadows": False}, {"ambient_occlusion": False}, {"edges": False}, {"textures": False}):
        with GlRenderer(**options) as other:
            assert not np.array_equal(other.render(placed, ["corner"], (96, 96)).image, usual), options


def test_free_cameras_between_things(renderer: GlRenderer, placed: PlacedScene) -> None:
    """One stands so near that triangles reach behind it."""
    cameras = [
        FreeCamera((2.0, 1.9, 0.9), (2.0, 3.0, 0.5), name="near"),
        FreeCamera((-2, -2, 0.4), (2, 2, 0.4), name="low"),
    ]
    given, expected = (r.render(placed, cameras, (80, 120), channels=ALL) for r in (renderer, FastRenderer()))
    assert_alike(given, expected, 0.6)


@pytest.mark.parametrize("seed", range(4))
def test_boxes_as_rays_see_them(has_gl: None, scatter: Callable[..., PlacedScene], slabs: Renderer, seed: int) -> None:
    """From above, where there are no walls, against an oracle that knows no triangles."""
    placed = scatter(seed, 12)
    with GlRenderer(furniture=False, supersampling=1) as renderer:
        given = renderer.render(placed, ["top"], (160, 120), channels=["ids", "depth"])
    expected = slabs.render(placed, ["top"], (160, 120), channels=["ids", "depth"])
    ids, other = given.ids["top"], expected.ids["top"]
    # The oracle's room is its floor alone.
    is_object = (ids >= 0) | (other >= 0)
    assert np.mean(ids[is_object] == other[is_object]) > 0.995
    both = is_object & (ids == other)
    assert np.mean(np.abs(given.depth["top"][both] - expected.depth["top"][both]) > 2e-3) < 0.005


def test_polygon_rooms(renderer: GlRenderer, polygon_room: Room, scatter: Callable[..., PlacedScene]) -> None:
    placed = scatter(7, 8, polygon_room)
    given, expected = (r.render(placed, ["corner", "walk"], (90, 90), channels=ALL) for r in (renderer, FastRenderer()))
    assert_alike(given, expected, 0.8)


def test_an_empty_room_and_its_background(renderer: GlRenderer) -> None:
    empty = Scene(room=Room.rectangle(4, 3, 2.5), objects=()).place({})
    frames = renderer.render(empty, ["top"], (64, 64), channels=ALL)
    assert frames.views["top"][0, 0].tolist() == [247, 248, 250]
    assert frames.ids["top"][0, 0] == NOTHING
    assert frames.ids["top"][32, 32] == ROOM_ID
    assert frames.normals["top"][32, 32].tolist() == [0, 0, 1]
    assert np.isinf(frames.depth["top"][0, 0])
    assert_alike(frames, FastRenderer().render(empty, ["top"], (64, 64), channels=ALL))


def test_row_0_is_at_the_top_and_x_runs_right(renderer: GlRenderer) -> None:
    """A thing in the north-east stands in the upper right of the view from above."""
    box = SceneObject(id="box_1", category="box", size=(0.5, 0.5, 0.5))
    placed = Scene(room=Room.rectangle(4, 4, 2.5), objects=(box,)).place({"box_1": (3.5, 3.5, 0.25)})
    ids = renderer.render(placed, ["top"], (64, 64), channels=["ids"]).ids["top"]
    rows, columns = np.nonzero(ids == 0)
    assert rows.max() < 32 < columns.min()


@pytest.mark.parametrize("size", [(16, 16), (17, 31), (255, 64), (16, 2048), (2048, 16), (300, 500)])
def test_sizes(renderer: GlRenderer, placed: PlacedScene, size: tuple[int, int]) -> None:
    frames = renderer.render(placed, ["corner"], size, channels=ALL)
    assert frames.views["corner"].shape == (size[1], size[0], 3)
    assert_alike(frames, FastRenderer().render(placed, ["corner"], size, channels=ALL), 1.0)


def test_textures_of_assets_and_what_cannot_be_read(has_gl: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mesh with a texture of four colours shows each where `fast` does, and fallbacks are told."""
    from spatialenv.renderers.fast import stage
    from spatialenv.renderers.models import Model

    pixels = np.array([[[250, 0, 0], [0, 250, 0]], [[0, 0, 250], [250, 250, 0]]], np.uint8)
    plain = box_mesh((1.0, 1.0, 1.0), Material((255.0, 255.0, 255.0)))
    uvs = np.repeat(plain.corners[:, :, :2][:, :, None], 1, axis=2).reshape(-1, 3, 2) + 0.5
    mesh = TriangleMesh(
        plain.vertices, plain.faces, (Material((255.0, 255.0, 255.0), texture=Texture(pixels)),), plain.material_of,
        plain.smoothing, uvs,
    )  # fmt: skip
    monkeypatch.setattr(stage, "object_model", lambda *_: Model(mesh, "asset", "it was torn"))
    box = SceneObject(id="box_1", category="box", size=(1, 1, 1))
    placed = Scene(room=Room.rectangle(4, 4, 2.5), objects=(box,)).place({"box_1": (2, 2, 0.5)})
    with GlRenderer() as renderer:
        given = renderer.render(placed, ["top"], (128, 128), channels=ALL)
    assert given.fallbacks == {"box_1": "it was torn"}
    assert_alike(given, FastRenderer().render(placed, ["top"], (128, 128), channels=ALL))
    west_north, east_north = given.views["top"][56, 56].astype(int), given.views["top"][56, 72].astype(int)
    assert west_north.argmax() == 0
    assert east_north.argmax() == 1
