from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from spatialenv.core.placed import PlacedScene
from spatialenv.core.room import Room
from spatialenv.core.violations import Violation
from spatialenv.renderers.camera import make_camera
from spatialenv.renderers.fast import FastRenderer
from spatialenv.renderers.palette import PALETTE

Place = Callable[..., PlacedScene]
ROOM = Room.rectangle(5, 4, 2.5)


def red(picture: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    values = picture.astype(int)
    return (values[..., 0] > 110) & (values[..., 1] < 75) & (values[..., 2] < 85)


def draw(placed: PlacedScene, view: str, violations: list[Violation], size: int = 256) -> np.ndarray[Any, Any]:
    return FastRenderer().render(placed, views=[view], size=(size, size), labels=False, violations=violations).image


def pixel(view: str, point: tuple[float, float, float]) -> tuple[int, int]:
    x, y = make_camera(view, ROOM, (256, 256)).project(np.array(point))
    return int(y), int(x)


@pytest.mark.parametrize("view", ["corner", "top"])
@pytest.mark.parametrize("size", [48, 96, 256])
def test_a_collision_is_red_where_the_boxes_meet(view: str, size: int, place: Place) -> None:
    boxes = {"one": (2.0, 2.0, 0.5, 1.5, 1.0, 1.0, 0.0), "two": (3.0, 2.0, 0.5, 1.5, 1.0, 1.0, 0.0)}
    placed = place(boxes, ROOM)
    assert red(draw(placed, view, [], size)).mean() < 0.001
    marked = draw(placed, view, [Violation("collision", ("one", "two"), 0.5, "m3")], size)
    assert red(marked).mean() > 0.008
    if size == 256:
        assert red(marked)[pixel(view, (2.5, 2.0, 0.5))]


@pytest.mark.parametrize("view", ["corner", "top"])
def test_what_is_shared_shows_through_what_stands_before_it(view: str, place: Place) -> None:
    boxes = {
        "one": (2.3, 2.0, 0.3, 1.0, 0.6, 0.6, 0.0),
        "two": (2.7, 2.0, 0.3, 1.0, 0.6, 0.6, 0.0),
        "before": (2.5, 1.2, 0.8, 2.0, 0.4, 1.6, 0.0),
        "above": (2.5, 2.0, 1.6, 2.0, 1.6, 0.1, 0.0),
    }
    marked = draw(place(boxes, ROOM), view, [Violation("collision", ("one", "two"), 0.2, "m3")])
    assert red(marked)[pixel(view, (2.5, 2.0, 0.3))]


@pytest.mark.parametrize("view", ["corner", "top"])
def test_what_is_outside_the_room_is_striped(view: str, place: Place) -> None:
    placed = place({"box": (5.0, 2.0, 0.5, 0.8, 1.4, 1.0, 0.0)}, ROOM)
    plain = draw(placed, view, [])
    marked = draw(placed, view, [Violation("out_of_room", ("box",), 0.5, "m3")])
    changed = np.abs(plain.astype(int) - marked.astype(int)).max(axis=2) > 20
    assert changed.mean() > 0.005
    row, column = pixel(view, (5.2, 2.0, 0.5))
    patch = red(marked)[row - 5 : row + 6, column - 3 : column + 4]
    assert 0.1 < patch.mean() < 0.95


def test_an_unsupported_box_is_tied_to_where_it_would_rest(place: Place) -> None:
    placed = place({"box": (2.5, 2.0, 1.5, 0.6, 0.6, 0.4, 0.0)}, ROOM)
    marked = draw(placed, "corner", [Violation("unsupported", ("box",), 1.3, "m", (0.0, 0.0, -1.3))])
    row, column = pixel("corner", (2.2, 1.7, 0.5))
    assert red(marked)[row - 1 : row + 2, column - 1 : column + 2].any()


def test_only_what_is_named_is_marked(place: Place) -> None:
    boxes = {"one": (1.0, 1.0, 0.3, 0.6, 0.6, 0.6, 0.0), "two": (4.0, 3.0, 0.3, 0.6, 0.6, 0.6, 0.0)}
    placed = place(boxes, ROOM)
    marked = draw(placed, "top", [Violation("relation", ("one", "two"), 0.4, "m")])
    assert red(marked)[:, :128].any()
    assert not red(marked)[:, 128:].any()


def test_what_cannot_be_seen_is_passed_over(place: Place) -> None:
    placed = place({"one": (1.0, 1.0, 0.3, 0.6, 0.6, 0.6, 0.0)}, ROOM)
    violations = [
        Violation("missing", ("two",), 1.0, ""),
        Violation("collision", ("two", "three"), 1.0, "m3"),
        Violation("unsupported", ("two",), 1.0, "m", (0.0, 0.0, 1.0)),
    ]
    assert np.array_equal(draw(placed, "top", violations), draw(placed, "top", []))


def test_no_object_is_red() -> None:
    assert not red(PALETTE[None])[0].any()
