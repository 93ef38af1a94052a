from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from spatialenv.core.placed import PlacedScene
from spatialenv.core.room import Room
from spatialenv.core.scene import Relation, Scene, SceneObject
from spatialenv.renderers.arrows import draw_paths, draw_relations, write_prepositions
from spatialenv.renderers.palette import MET, MOVED, WRONG
from spatialenv.renderers.strokes import NO_DEPTH

Place = Callable[..., PlacedScene]
ROOM = Room.rectangle(5, 4, 2.5)


def near(picture: np.ndarray[Any, Any], colour: tuple[float, ...], reach: float = 60) -> np.ndarray[Any, Any]:
    away: np.ndarray[Any, Any] = np.abs(picture.astype(float) - colour).max(axis=2)
    return away < reach


def frames_of(slabs: Any, placed: PlacedScene, view: str = "top", side: int = 256) -> tuple[Any, Any, Any]:
    frames = slabs.render(placed, [view], (side, side))
    return np.full_like(frames.views[view], 255), frames.cameras[view], frames.depth[view]


def related(target: str, preposition: str, place: tuple[float, float, float]) -> PlacedScene:
    relation = Relation("lamp", preposition, target)
    objects = (
        SceneObject(id="desk", category="desk", size=(1.2, 0.6, 0.7)),
        SceneObject(id="lamp", category="lamp", size=(0.3, 0.3, 0.4), relations=(relation,), on_floor=False),
    )
    return Scene(ROOM, objects).place({"desk": (1.5, 1.0, 0.35), "lamp": place})


@pytest.mark.parametrize(
    ("place_of_lamp", "colour", "other"),
    [((1.5, 1.0, 0.9), MET, WRONG), ((3.5, 3.0, 0.2), WRONG, MET)],
    ids=["met", "not met"],
)
def test_a_relation_is_teal_when_met_and_red_when_not(
    slabs: Any, place_of_lamp: tuple[float, float, float], colour: tuple[float, ...], other: tuple[float, ...]
) -> None:
    placed = related("desk", "on", place_of_lamp)
    picture, camera, depth = frames_of(slabs, placed)
    (arrow,) = draw_relations(picture, camera, placed, depth)
    assert arrow.text == "on"
    assert near(picture, colour).sum() > 10
    assert not near(picture, other).any()
    # It runs from the top of the lamp to the top of the desk.
    top = np.array(place_of_lamp) + np.array([0, 0, 0.2])
    np.testing.assert_allclose(arrow.strokes[0, :2], camera.project(top), atol=1e-6)
    # Under the lamp the end would be hidden: it lies on the desk beside it.
    end = (1.5 + 0.38 * 1.2, 1.0, 0.7) if colour == MET else (1.5, 1.0, 0.7)
    np.testing.assert_allclose(arrow.strokes[-1, 4:6], camera.project(np.array(end)), atol=1e-6)


@pytest.mark.parametrize(
    ("target", "preposition", "end"),
    [
        ("north_wall", "on", (3.5, 4.0)),
        ("wall_1", "on", (5.0, 3.0)),
        ("ceiling", "on", (3.5, 3.0)),
        ("middle of the room", "on", (2.5, 2.0)),
    ],
)
def test_arrows_to_parts_of_the_room(slabs: Any, target: str, preposition: str, end: tuple[float, float]) -> None:
    placed = related(target, preposition, (3.5, 3.0, 0.2))
    picture, camera, depth = frames_of(slabs, placed)
    arrows = draw_relations(picture, camera, placed, depth)
    if arrows:
        np.testing.assert_allclose(arrows[0].strokes[-1, 4:6], camera.project(np.array([*end, 0.0])), atol=1e-6)
    # From straight above, an arrow straight up is a point.
    assert bool(arrows) == bool(picture.min() < 255) or target == "ceiling"


def test_relations_of_what_is_not_there_have_no_arrow(slabs: Any) -> None:
    placed = related("desk", "on", (1.5, 1.0, 0.9))
    alone = placed.scene.place({"lamp": (1.5, 1.0, 0.9)})
    picture, camera, depth = frames_of(slabs, alone)
    assert draw_relations(picture, camera, alone, depth) == []
    assert (picture == 255).all()


def test_prepositions_stay_clear_of_what_is_taken(slabs: Any) -> None:
    placed = related("desk", "on", (4.0, 3.5, 0.2))
    picture, camera, depth = frames_of(slabs, placed)
    arrows = draw_relations(picture, camera, placed, depth)
    blank = picture.copy()
    taken = [(0.0, 0.0, 256.0, 256.0)]
    write_prepositions(picture, arrows, 9, taken)
    assert np.array_equal(picture, blank)
    free: list[tuple[float, float, float, float]] = []
    write_prepositions(picture, arrows, 9, free)
    assert len(free) == 1
    left, top, right, bottom = map(int, free[0])
    rows, columns = np.nonzero((picture != blank).any(axis=2))
    assert left <= columns.min() <= columns.max() < right
    assert top <= rows.min() <= rows.max() < bottom


def test_a_path_leads_from_the_old_place_to_the_new_foot(place: Place, slabs: Any) -> None:
    before = place({"box": (1.0, 1.0, 0.3, 0.6, 0.6, 0.6, 0)}, ROOM)
    after = before.scene.place({"box": (4.0, 1.0, 0.3)})
    picture, camera, depth = frames_of(slabs, after)
    draw_paths(picture, camera, after, before, depth)
    marks = near(picture, MOVED)
    for x in (1.5, 2.5, 3.3):
        column, row = camera.project(np.array([x, 1.0, 0.0])).astype(int)
        assert marks[row - 2 : row + 3, column - 1 : column + 2].any()
    # The arrow ends where the new foot begins, and nothing is drawn over the box.
    columns = np.flatnonzero(marks.any(axis=0))
    assert columns.max() == pytest.approx(camera.project(np.array([3.7, 1.0, 0.0]))[0], abs=2)
    # Of the old foot's outline about 0.58 is drawn.
    side = camera.project(np.array([[0.7, 1.3, 0.0], [1.3, 1.3, 0.0]]))
    row = int(side[0, 1])
    on = marks[row - 1 : row + 2, int(side[0, 0]) : int(side[1, 0])].any(axis=0)
    assert 0.4 < on.mean() < 0.9


def test_a_path_behind_a_box_is_faint(place: Place, slabs: Any) -> None:
    boxes = {"box": (0.6, 3.0, 0.3, 0.6, 0.6, 0.6, 0), "wall": (2.5, 2.0, 0.9, 0.6, 2.4, 1.8, 0)}
    before = place(boxes, ROOM)
    after = before.scene.place({"box": (4.4, 3.0, 0.3), "wall": (2.5, 2.0, 0.9)})
    picture, camera, depth = frames_of(slabs, after, "top", 400)
    draw_paths(picture, camera, after, before, depth)

    def strength(x: float) -> float:
        column, row = camera.project(np.array([x, 3.0, 0.0])).astype(int)
        patch = picture[row - 3 : row + 4, column - 1 : column + 2].reshape(-1, 3).astype(float)
        return float((255 - patch.min(axis=0)).max() / (255 - np.array(MOVED)).max())

    assert strength(1.5) > 0.9
    assert 0.2 < strength(2.5) < 0.5
    assert strength(3.4) > 0.9


@pytest.mark.parametrize(
    ("pose", "is_drawn"),
    [
        ((2.0, 2.0, 0.3), False),
        ((2.005, 2.0, 0.3), False),
        ((2.0, 2.0, 0.3, math.tau), False),
        ((2.0, 2.0, 0.3, math.radians(20)), True),
        ((2.0, 2.0, 0.8), True),
        ((1e9, 2.0, 0.3), False),
    ],
)
def test_only_what_has_moved_has_a_path(place: Place, pose: tuple[float, ...], is_drawn: bool, slabs: Any) -> None:
    before = place({"box": (2.0, 2.0, 0.3, 0.6, 0.6, 0.6, 0)}, ROOM)
    after = before.scene.place({"box": pose})
    picture, camera, _ = frames_of(slabs, before)
    draw_paths(picture, camera, after, before, NO_DEPTH)
    assert (picture.min() < 255) == is_drawn


def test_what_was_not_there_has_no_path(place: Place, slabs: Any) -> None:
    after = place({"box": (2.0, 2.0, 0.3, 0.6, 0.6, 0.6, 0)}, ROOM)
    picture, camera, depth = frames_of(slabs, after)
    draw_paths(picture, camera, after, after.scene.place({}), depth)
    draw_paths(picture, camera, after.scene.place({}), after, depth)
    assert (picture == 255).all()
