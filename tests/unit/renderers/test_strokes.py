"""Lines and flat shapes against depths that are worked out by hand or by rays."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialenv.core.placed import PlacedScene
from spatialenv.core.room import Room
from spatialenv.renderers.camera import Camera, make_camera
from spatialenv.renderers.camera_specs import FreeCamera, OrbitCamera
from spatialenv.renderers.strokes import (
    NO_DEPTH,
    are_seen,
    draw_strokes,
    ends_of,
    fill_flat,
    line_strokes,
    segment_strokes,
)

Place = Callable[..., PlacedScene]
ROOM = Room.rectangle(5, 4, 2.5)
BLACK = (0.0, 0.0, 0.0)


def page(camera: Camera) -> np.ndarray[Any, Any]:
    return np.full((camera.size[1], camera.size[0], 3), 255, np.uint8)


def dark(picture: np.ndarray[Any, Any], x: float, y: float) -> bool:
    row, column = int(y), int(x)
    return bool(picture[row - 1 : row + 2, column - 1 : column + 2].min() < 128)


def stroke(
    picture: np.ndarray[Any, Any], depth: np.ndarray[Any, Any], strokes: np.ndarray[Any, Any], **changes: float
) -> None:
    options = {"width": 1.5, "opacity": 1.0, "hidden": 0.0, "dash": 0.0, "hidden_dash": 0.0} | changes
    draw_strokes(picture, depth, strokes, BLACK, *options.values())


def test_half_of_a_line_is_behind_a_screen() -> None:
    camera = make_camera("top", ROOM, (200, 160))
    line = np.array([[1.0, 2.0, 1.0], [4.0, 2.0, 1.0]])
    depth = np.full((160, 200), np.inf, np.float32)
    # The line is 1 m high; west of x = 2.5 m something stands that is 1.5 m high.
    edge = camera.project(np.array([2.5, 2.0, 0.0]))[0]
    depth[:, : int(edge)] = camera.origin[2] - 1.5
    picture = page(camera)
    stroke(picture, depth, line_strokes(camera, line))
    columns = np.flatnonzero(picture.min(axis=(0, 2)) < 128)
    end = camera.project(line[1])[0]
    assert columns.min() == pytest.approx(edge, abs=1.5)
    assert columns.max() == pytest.approx(end, abs=1.5)
    # Something 0.5 m high hides nothing.
    depth[:, : int(edge)] = camera.origin[2] - 0.5
    picture = page(camera)
    stroke(picture, depth, line_strokes(camera, line))
    assert np.flatnonzero(picture.min(axis=(0, 2)) < 128).min() == pytest.approx(camera.project(line[0])[0], abs=1.5)


def test_depth_along_a_line_in_perspective() -> None:
    # The camera looks north along y from y = -2; a screen at y = 3 hides exactly what lies beyond it.
    camera = make_camera(FreeCamera((2.5, -2.0, 1.5), (2.5, 2.0, 1.5), 60), ROOM, (200, 200))
    line = np.array([[1.5, 0.0, 0.7], [3.5, 4.0, 0.7]])
    depth = np.full((200, 200), 5.0, np.float32)
    picture = page(camera)
    stroke(picture, depth, line_strokes(camera, line))
    # y = 3 is three quarters along the line.
    turning = camera.project(line[0] + 0.75 * (line[1] - line[0]))
    rows = np.flatnonzero(picture.min(axis=(1, 2)) < 128)
    assert rows.max() == pytest.approx(camera.project(line[0])[1], abs=1.5)
    assert rows.min() == pytest.approx(turning[1], abs=1.5)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), azimuth=st.floats(0, 360))
def test_points_are_hidden_where_a_ray_meets_a_box_first(scatter: Place, slabs: Any, seed: int, azimuth: float) -> None:
    rng = np.random.default_rng(seed)
    room = Room.rectangle(6, 5, 2.5)
    placed = scatter(seed, 5, room)
    spec = "top" if seed % 4 == 0 else OrbitCamera(azimuth)
    frames = slabs.render(placed, [spec], (128, 128))
    ((name, camera),) = frames.cameras.items()
    points = rng.uniform((0, 0, 0.05), (6, 5, 2.4), (60, 3))
    seen = are_seen(camera, frames.depth[name], points)
    starts = np.broadcast_to(camera.origin, points.shape)
    if name == "top":
        starts = points + np.array([0.0, 0.0, 20.0])
    ways = points - starts
    lengths = np.linalg.norm(ways, axis=1)
    ways = ways / lengths[:, None]
    # A point is clear when no box, grown or shrunk by two pixels, decides otherwise.
    margin = 2.5 * lengths / (camera.pixels_per_metre * np.linalg.norm(camera.origin - (3, 2.5, 1.25)))
    surely = np.zeros(len(points), np.bool_)
    maybe = np.zeros(len(points), np.bool_)
    for i in range(len(placed.ids)):
        for grow, found in ((-1.0, surely), (1.0, maybe)):
            sizes = np.maximum(placed.sizes[i] + 2 * grow * np.maximum(margin, 0.05)[:, None], 1e-6)
            far = slabs.box_distance(starts, ways, placed.centers[i], sizes, float(placed.yaws[i]))
            found |= far < lengths - 0.05 * (grow < 0)
    pixels = camera.project(points)
    inside = np.all((pixels >= 0) & (pixels < 128), axis=1)
    assert not seen[surely | ~inside].any()
    assert seen[~maybe & inside].all()


def test_what_is_hidden_is_fainter_and_dashed() -> None:
    camera = make_camera("top", ROOM, (200, 160))
    line = np.array([[0.5, 2.0, 0.0], [4.5, 2.0, 0.0]])
    depth = np.zeros((160, 200), np.float32)
    picture = page(camera)
    stroke(picture, depth, line_strokes(camera, line), hidden=0.4, width=2.0)
    shades = picture[..., 0].min(axis=0)
    assert 0.6 * 255 - 3 <= shades[100] <= 0.6 * 255 + 3
    picture = page(camera)
    stroke(picture, depth, line_strokes(camera, line), hidden=1.0, hidden_dash=10.0)
    drawn = picture[..., 0].min(axis=0) < 128
    starts = int(np.sum(drawn[1:] & ~drawn[:-1]))
    length = float(np.ptp(camera.project(line)[:, 0]))
    assert starts == math.ceil(length / 10)
    assert drawn.sum() == pytest.approx(0.58 * length, abs=starts)


def test_dashes_run_on_over_corners() -> None:
    camera = make_camera("top", ROOM, (200, 160))
    whole = np.array([[0.5, 2.0, 0.0], [4.5, 2.0, 0.0]])
    parts = np.linspace(whole[0], whole[1], 14)
    drawn = []
    for points in (whole, parts):
        picture = page(camera)
        stroke(picture, NO_DEPTH, line_strokes(camera, points), dash=12.0)
        drawn.append(picture[..., 0].min(axis=0) < 128)
    starts = [np.flatnonzero(on[1:] & ~on[:-1]) for on in drawn]
    assert len(starts[0]) == len(starts[1])
    assert np.abs(starts[0] - starts[1]).max() <= 1


def test_a_joint_is_as_dark_as_its_lines() -> None:
    camera = make_camera("top", ROOM, (200, 160))
    points = np.array([[1.0, 1.0, 0.0], [3.0, 3.0, 0.0], [4.0, 1.0, 0.0]])
    picture = page(camera)
    stroke(picture, NO_DEPTH, line_strokes(camera, points), opacity=0.5, width=5.0)
    assert 127 <= picture.min() <= 128


def test_what_is_behind_the_camera_is_cut() -> None:
    camera = make_camera(FreeCamera((2.5, 2.0, 1.5), (2.5, 4.0, 1.0), 70), ROOM, (160, 160))
    behind = np.array([[[2.5, 1.0, 1.0], [2.5, 0.0, 1.0]]])
    through = np.array([[[2.4, 0.0, 1.0], [2.4, 3.9, 1.0]]])
    assert segment_strokes(camera, behind).shape == (0, 9)
    strokes = segment_strokes(camera, np.concatenate([behind, through]))
    assert strokes.shape == (1, 9)
    assert np.isfinite(strokes).all()
    np.testing.assert_allclose(strokes[0, 4:6], camera.project(through[0, 1]))
    assert strokes[0, 2] >= camera.near
    picture = page(camera)
    stroke(picture, NO_DEPTH, strokes)
    assert dark(picture, *camera.project(np.array([2.4, 3.5, 1.0])))


def test_nothing_is_drawn_of_nothing() -> None:
    camera = make_camera("corner", ROOM, (64, 64))
    picture = page(camera)
    stroke(picture, NO_DEPTH, segment_strokes(camera, np.zeros((0, 2, 3))))
    stroke(picture, NO_DEPTH, np.full((1, 9), np.nan))
    stroke(picture, NO_DEPTH, segment_strokes(camera, np.array([[[1e12, 0, 0], [1e12, 1, 0]]])))
    assert (picture == 255).all()
    assert not are_seen(camera, NO_DEPTH, np.array([[np.nan, 0.0, 0.0], [2.5, 2.0, 99.0]])).any()


@pytest.mark.parametrize("view", ["corner", "top"])
def test_a_flat_shape_is_cut_by_what_stands_before_it(view: str, place: Place, slabs: Any) -> None:
    box = {"box": (2.5, 1.5, 1.0, 1.0, 0.4, 2.0, 0.0)}
    room = Room.rectangle(5, 4, 2.5)
    frames = slabs.render(place(box, room), [view], (200, 200))
    camera, depth = frames.cameras[view], frames.depth[view]
    shape = np.array([[1.5, 1.0, 0.0], [4.0, 1.0, 0.0], [4.0, 3.0, 0.0], [1.5, 3.0, 0.0]])
    picture = page(camera)
    fill_flat(picture, depth, ends_of(camera, shape), BLACK, 1.0, 0.0)
    free = page(camera)
    fill_flat(free, NO_DEPTH, ends_of(camera, shape), BLACK, 1.0, 0.0)
    covered = free[..., 0] < 128
    expected = covered & (frames.ids[view] != 0)
    wrong = (picture[..., 0] < 128) != expected
    # Rims differ by a pixel.
    assert wrong.sum() <= 0.02 * covered.sum()
    assert expected.sum() < 0.95 * covered.sum()


def test_a_shape_that_reaches_behind_the_camera_is_left_out() -> None:
    camera = make_camera(FreeCamera((2.5, 2.0, 1.5), (2.5, 4.0, 1.0), 70), ROOM, (100, 100))
    picture = page(camera)
    shape = np.array([[2.0, 0.0, 0.0], [3.0, 0.0, 0.0], [2.5, 3.9, 0.0]])
    fill_flat(picture, NO_DEPTH, ends_of(camera, shape), BLACK, 1.0, 1.0)
    assert (picture == 255).all()
