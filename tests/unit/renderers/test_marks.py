from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from spatialenv.core.placed import PlacedScene
from spatialenv.core.room import Opening, Room
from spatialenv.core.violations import Violation
from spatialenv.renderers.annotated import Annotations, draw_annotated
from spatialenv.renderers.camera import make_camera
from spatialenv.renderers.fast import FastRenderer
from spatialenv.renderers.palette import PALETTE

Place = Callable[..., PlacedScene]
ROOM = Room.rectangle(5, 4, 2.5)


def red(picture: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    values = picture.astype(int)
    return (values[..., 0] > 110) & (values[..., 1] < 75) & (values[..., 2] < 85)


def draw(placed: PlacedScene, view: str, violations: list[Violation], size: int = 256) -> np.ndarray[Any, Any]:
    annotations = Annotations(labels=False, violations=tuple(violations))
    return draw_annotated(FastRenderer(), placed, [view], (size, size), annotations).image


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


def strokes(placed: PlacedScene, violation: Violation) -> np.ndarray[Any, Any]:
    """Return where a mark beyond the object's outline is red, in the view from above."""
    plain = draw(placed, "top", [Violation("relation", (placed.ids[0],), 0.1, "m")])
    marked: np.ndarray[Any, Any] = red(draw(placed, "top", [violation])) & ~red(plain)
    return marked


@pytest.mark.parametrize(("turn", "side"), [(90, (-1, 0)), (-90, (1, 0)), (180, (0, -1)), (-180, (0, -1))])
def test_an_arrow_shows_the_turn(turn: float, side: tuple[int, int], place: Place) -> None:
    placed = place({"chair": (2.5, 2.0, 0.45, 0.5, 0.5, 0.9, 0.0)}, ROOM)
    marks = strokes(placed, Violation("facing", ("chair",), abs(turn), "deg", turn=math.radians(turn)))
    rows, columns = np.nonzero(marks)
    middle_row, middle_column = pixel("top", (2.5, 2.0, 0.9))
    reach = 0.55 * make_camera("top", ROOM, (256, 256)).pixels_per_metre
    # The tip lies where the front should point; the arc bulges to the side that the box turns to.
    tip = middle_row - side[1] * reach, middle_column + side[0] * reach
    assert np.min(np.hypot(rows - tip[0], columns - tip[1])) < 4
    assert (np.mean(columns) < middle_column) == (turn > 0)
    assert np.hypot(rows - middle_row, columns - middle_column).max() < reach + 4


def test_a_turn_that_is_not_known_is_an_outline(place: Place) -> None:
    placed = place({"chair": (2.5, 2.0, 0.45, 0.5, 0.5, 0.9, 0.0)}, ROOM)
    assert not strokes(placed, Violation("facing", ("chair",), 90, "deg")).any()
    assert red(draw(placed, "top", [Violation("facing", ("chair",), 90, "deg")])).any()


def test_an_object_that_has_left_its_place_is_called_back(place: Place) -> None:
    placed = place({"sofa": (1.0, 1.0, 0.4, 0.8, 0.8, 0.8, 0.0)}, ROOM)
    marks = strokes(placed, Violation("moved", ("sofa",), 2.0, "m", (2.0, 1.0, 0.0)))
    row, column = pixel("top", (2.6, 2.0, 0.0))
    assert marks[row - 3 : row + 4, column - 3 : column + 4].any()


def test_what_stands_in_a_doors_way_is_red(place: Place) -> None:
    doors = (
        Opening("window", "north_wall", 0.5, 1.0, 1.0, 0.9),
        Opening("door", "south_wall", 1.0, 1.0, 2.0, swing="in"),
    )
    placed = place({"box": (2.0, 1.0, 0.3, 0.8, 0.8, 0.6, 0.0)}, Room.rectangle(5, 4, 2.5, doors))
    marks = strokes(placed, Violation("blocked_opening", ("box", "door_1"), 0.1, "m3"))
    assert marks[pixel("top", (1.8, 0.8, 0.6))]
    row, column = pixel("top", (1.0, 0.5, 0.0))
    assert marks[row, column - 3 : column + 4].any()
    assert not marks[pixel("top", (2.2, 1.2, 0.6))]
    assert not strokes(placed, Violation("blocked_opening", ("box", "door_7"), 0.1, "m3")).any()


def test_what_is_outside_a_floor_of_any_shape_is_striped(place: Place) -> None:
    room = Room(((0, 0), (5, 0), (5, 1.5), (2.5, 1.5), (2.5, 4), (0, 4)), 2.5)
    placed = place({"box": (2.5, 2.5, 0.4, 1.0, 1.0, 0.8, 0.0)}, room)
    marks = strokes(placed, Violation("out_of_room", ("box",), 0.1, "m3"))
    row, column = pixel("top", (2.75, 2.5, 0.8))
    assert 0.1 < marks[row - 5 : row + 6, column - 3 : column + 4].mean() < 0.95
    row, column = pixel("top", (2.25, 2.5, 0.8))
    assert not marks[row - 5 : row + 6, column - 3 : column + 4].any()
