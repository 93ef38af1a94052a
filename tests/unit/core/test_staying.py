"""Objects that must stay: their states, violations, and that nothing else makes them move."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatialenv.core.layout import Layout
from spatialenv.core.placed import PlacedScene
from spatialenv.core.room import Room
from spatialenv.core.scene import Relation, Scene, SceneObject
from spatialenv.core.staying import stay_states
from spatialenv.core.violations import find_violations, layout_status, mending_moves

ROOM = Room.rectangle(6, 4, 3)


def cube(name: str, **more: object) -> SceneObject:
    return SceneObject(name, "cube", (1, 1, 1), **more)  # type: ignore[arg-type]


SCENE = Scene(
    ROOM, (cube("a"), cube("b")), start=Layout.of({"b": (2.0, 2.0, 0.5)}), fixed=("b",)
)  # a is the one that may move


def place(a: tuple[float, ...], b: tuple[float, ...], scene: Scene = SCENE) -> PlacedScene:
    return scene.place({"a": a, "b": b})


@pytest.mark.parametrize(
    ("b", "score", "is_kept"),
    [
        ((2.0, 2.0, 0.5), 1.0, True),
        ((2.01, 2.0, 0.5), 1.0, True),
        ((2.0, 2.505, 0.5), 0.5, False),
        ((2.0, 2.0, 0.5, math.radians(1)), 1.0, True),
        ((2.0, 2.0, 0.5, math.radians(-45.5)), 0.5, False),
        ((2.505, 2.0, 0.5, math.radians(45.5)), 0.25, False),
        ((2.0, 2.0, 0.5, math.tau), 1.0, True),
        ((4.0, 2.0, 0.5), 0.0, False),
    ],
)
def test_states(b: tuple[float, ...], score: float, is_kept: bool) -> None:
    (state,) = stay_states(place((4, 1, 0.5), b))
    assert state.score == pytest.approx(score)
    assert state.is_kept == is_kept
    assert layout_status(place((4, 1, 0.5), b), True).clean == is_kept


def test_the_yaw_is_as_placed() -> None:
    start = Layout.of({"b": (2.0, 2.0, 0.5, math.pi)})
    scene = Scene(ROOM, (cube("a"), cube("b")), start=start, fixed=("b",))
    (state,) = stay_states(place((4, 1, 0.5), (2.0, 2.0, 0.5, 0.0), scene))
    assert state.turn == pytest.approx(math.pi)
    (state,) = stay_states(place((4, 1, 0.5), (2.0, 2.0, 0.5), scene))  # no yaw stated: it stays turned as it stood
    assert state.is_kept
    assert stay_states(place((4, 1, 0.5), (2.0, 2.0, 0.5, -math.pi), scene))[0].is_kept


def test_what_is_missing_is_not_called_moved() -> None:
    placed = SCENE.place({"a": (1, 1, 0.5)})
    assert stay_states(placed) == ()
    assert [wrong.kind for wrong in find_violations(placed)] == ["missing"]


def test_a_moved_object_is_told_the_way_back() -> None:
    (wrong,) = find_violations(place((5, 1, 0.5), (3.0, 2.0, 0.5)))
    assert (wrong.kind, wrong.objects, wrong.unit, wrong.turn) == ("moved", ("b",), "m", None)
    assert wrong.amount == pytest.approx(1.0)
    assert wrong.move == pytest.approx((-1.0, 0.0, 0.0))
    assert wrong.text == "b is 1.00 m from the place where it must stay"


def test_a_turned_object_is_told_the_turn_back() -> None:
    (wrong,) = find_violations(place((5, 1, 0.5), (2.0, 2.0, 0.5, math.radians(30))))
    assert (wrong.kind, wrong.unit, wrong.move) == ("moved", "deg", None)
    assert wrong.turn == pytest.approx(math.radians(-30))
    assert wrong.text == "b is turned by 30 degrees from how it must stand"
    (both,) = find_violations(place((5, 1, 0.5), (3.0, 2.0, 0.5, math.radians(30))))
    assert both.text == "b is 1.00 m from the place where it must stay and turned by 30 degrees"
    assert both.turn == pytest.approx(math.radians(-30))


def test_the_other_one_moves_though_it_comes_first() -> None:
    (wrong,) = find_violations(place((1.5, 2.0, 0.5), (2.0, 2.0, 0.5)))
    assert wrong.objects == ("a", "b")
    assert wrong.move == pytest.approx((-0.5, 0.0, 0.0))
    free = Scene(ROOM, SCENE.objects)
    assert [one.objects for one in find_violations(place((1.5, 2.0, 0.5), (2.0, 2.0, 0.5), free))] == [("b", "a")]


def test_a_moved_object_goes_back_and_others_make_way() -> None:
    placed = place((2.0, 2.0, 0.5), (2.5, 2.0, 0.5))  # a stands where b must stand
    moves = mending_moves(placed)
    assert moves["b"] == pytest.approx((-0.5, 0.0, 0.0))
    assert moves["a"] == pytest.approx((-1.0, 0.0, 0.0))
    mended = place((1.0, 2.0, 0.5), (2.0, 2.0, 0.5))
    assert find_violations(mended) == ()
    kinds = {(wrong.kind, wrong.objects[0]): wrong.move for wrong in find_violations(placed)}
    assert kinds[("moved", "b")] == moves["b"]


def test_a_fixed_object_at_its_place_is_never_told_to_move() -> None:
    relation = Relation("b", "in front", "a")
    scene = Scene(
        ROOM, (cube("a"), cube("b", relations=(relation,))), start=Layout.of({"b": (2.0, 2.0, 1.5)}), fixed=("b",)
    )
    found = find_violations(place((5.0, 0.5, 0.5), (2.0, 2.0, 1.5), scene))
    assert {wrong.kind for wrong in found} == {"unsupported", "relation"}
    assert all(wrong.objects[0] == "b" and wrong.move is None for wrong in found)


coordinate = st.integers(0, 16).map(lambda step: step / 4)


@given(st.lists(st.tuples(coordinate, coordinate), min_size=2, max_size=5), st.data())
def test_moves_keep_fixed_objects_and_free_the_rest(places: list[tuple[float, float]], data: st.DataObject) -> None:
    names = [f"cube_{i}" for i in range(len(places))]
    start = {names[0]: (0.5, 0.5, 0.5), names[1]: (2.5, 2.5, 0.5)}
    scene = Scene(ROOM, tuple(map(cube, names)), start=Layout.of(start), fixed=tuple(names[:2]))
    layout = {name: (x, y, 0.5) for name, (x, y) in zip(names, places, strict=True)}
    if data.draw(st.booleans()):
        layout |= start
    placed = scene.place(layout)
    moves = mending_moves(placed)
    after = {
        name: tuple(a + b for a, b in zip(at, moves.get(name, (0, 0, 0)), strict=True)) for name, at in layout.items()
    }
    assert {name: after[name] for name in start} == start
    assert layout_status(scene.place(after), True).clean
