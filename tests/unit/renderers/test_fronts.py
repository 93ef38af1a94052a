from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from spatialenv.core.placed import PlacedScene
from spatialenv.core.room import Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.renderers.camera import make_camera
from spatialenv.renderers.fronts import draw_fronts

Place = Callable[..., PlacedScene]
ROOM = Room.rectangle(5, 4, 2.5)


def fronts(slabs: Any, placed: PlacedScene, view: Any = "top", side: int = 256) -> tuple[Any, Any, Any]:
    frames = slabs.render(placed, [view], (side, side))
    ((name, camera),) = frames.cameras.items()
    before = frames.views[name].copy()
    middles = draw_fronts(frames.views[name], camera, placed, frames.depth[name])
    return middles, camera, np.abs(before.astype(int) - frames.views[name]).max(axis=2) > 60


@pytest.mark.parametrize(("yaw", "way"), [(0, (0, 1)), (90, (-1, 0)), (180, (0, -1)), (270, (1, 0))])
def test_the_arrow_lies_before_the_front(place: Place, slabs: Any, yaw: float, way: tuple[int, int]) -> None:
    placed = place({"chair": (2.5, 2.0, 0.45, 0.8, 0.8, 0.9, yaw)}, ROOM)
    middles, camera, changed = fronts(slabs, placed)
    x, y = camera.project(np.array([2.5, 2.0, 0.0]))
    away = (middles[0] - (x, y)) / camera.pixels_per_metre
    assert float(away @ np.array([way[0], -way[1]])) == pytest.approx(0.4 + 0.1, abs=0.08)
    assert abs(float(away @ np.array([way[1], way[0]]))) < 0.02
    rows, columns = np.nonzero(changed)
    # It narrows towards where the object looks.
    along = (columns + 0.5 - x) * way[0] - (rows + 0.5 - y) * way[1]
    aside = (columns + 0.5 - x) * way[1] + (rows + 0.5 - y) * way[0]
    middle = np.median(along)
    assert np.ptp(aside[along > middle + 1]) < np.ptp(aside[along < middle - 1])


def test_where_the_floor_before_it_is_hidden_the_arrow_is_on_top(place: Place, slabs: Any) -> None:
    boxes = {"desk": (2.5, 2.0, 0.35, 1.2, 0.6, 0.7, 0), "shelf": (2.5, 2.6, 0.9, 1.2, 0.5, 1.8, 0)}
    middles, camera, _ = fronts(slabs, place(boxes, ROOM))
    x, y = (middles[0] - camera.project(np.array([2.5, 2.0, 0.7]))) / camera.pixels_per_metre
    assert abs(x) < 0.02
    assert 0.0 < -y < 0.3


def test_an_arrow_that_would_leave_the_room_is_on_top(place: Place, slabs: Any) -> None:
    middles, camera, _ = fronts(slabs, place({"sofa": (2.5, 3.6, 0.4, 1.8, 0.8, 0.8, 0)}, ROOM))
    assert middles[0, 1] > camera.project(np.array([2.5, 4.0, 0.8]))[1]


def test_what_is_hidden_has_no_arrow(place: Place, slabs: Any) -> None:
    boxes = {"table": (2.5, 2.0, 0.6, 2.0, 2.0, 1.2, 0), "box": (2.5, 2.0, 0.2, 0.4, 0.4, 0.4, 0)}
    middles, _, _ = fronts(slabs, place(boxes, ROOM))
    assert np.isfinite(middles[0]).all()
    assert np.isnan(middles[1]).all()


def test_rugs_and_what_is_far_away_have_none(slabs: Any) -> None:
    rug = SceneObject(id="rug_1", category="rug", size=(2, 1.4, 0.02), is_rug=True)
    far = SceneObject(id="far_1", category="box", size=(1, 1, 1))
    placed = Scene(ROOM, (rug, far)).place({"rug_1": (2.5, 2.0, 0.01), "far_1": (1e7, 0, 0.5)})
    middles, _, changed = fronts(slabs, placed)
    assert np.isnan(middles).all()
    assert not changed.any()


def test_an_arrow_too_small_to_be_read_is_left_out(place: Place, slabs: Any) -> None:
    placed = place({"box": (50, 40, 0.5, 1, 1, 1, 0)}, Room.rectangle(100, 80, 3))
    assert np.isnan(fronts(slabs, placed)[0]).all()


def test_no_objects() -> None:
    camera = make_camera("top", ROOM, (64, 64))
    picture = np.zeros((64, 64, 3), np.uint8)
    empty = Scene(ROOM, ()).place({})
    assert draw_fronts(picture, camera, empty, np.full((64, 64), np.inf, np.float32)).shape == (0, 2)
