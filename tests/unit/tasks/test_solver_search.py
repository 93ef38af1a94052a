"""Search and repair of the solver."""

from __future__ import annotations

import random

import pytest

from spatialenv.core.layout import Layout
from spatialenv.core.room import Room
from spatialenv.core.scene import Relation, Scene, SceneObject
from spatialenv.core.violations import layout_status
from spatialenv.tasks.solver_model import Model, State
from spatialenv.tasks.solver_places import Places, find_places
from spatialenv.tasks.solver_repair import Repair
from spatialenv.tasks.solver_search import Search, opposing, order_of

CORNER = tuple(Relation("corner_1", "in the corner", wall) for wall in ("south_wall", "west_wall"))


class PlainSearch(Search):
    """Blames all that stands, so that it always goes back to the object before."""

    def _culprits(self, places: Places, depth: int) -> set[int]:
        return set(self.order[:depth])


def crowded() -> Scene:
    """Return a room whose first object is put, south first, where the last one has to go."""
    small = tuple(SceneObject(id=f"small_{k}", category="box", size=(0.3, 0.3, 0.3)) for k in range(8))
    large = SceneObject(id="large_1", category="box", size=(1.0, 1.0, 1.0))
    corner = SceneObject(id="corner_1", category="box", size=(0.8, 0.8, 0.8), relations=CORNER)
    return Scene(Room.rectangle(5, 5, 2.5), (large, *small, corner))


def is_clean(state: State) -> bool:
    return layout_status(state.model.scene.place(state.layout()), is_complete=True).clean


@pytest.mark.parametrize(("kind", "is_found"), [(Search, True), (PlainSearch, False)])
def test_jumping_back_finds_what_going_back_step_by_step_does_not(kind: type[Search], is_found: bool) -> None:
    scene = crowded()
    model = Model(scene, "fixed")
    search = kind(model, list(range(10)), random.Random(0), "south", 100, is_clean)
    assert search.run() == is_found
    assert search.best.stands.sum() == (10 if is_found else 9)
    assert search.failures[9] > 0, "the last object was hard to place"


def test_blame_is_on_what_stands_in_the_way() -> None:
    scene = crowded()
    model = Model(scene, "fixed")
    search = Search(model, list(range(10)), random.Random(0), "south", 100, is_clean)
    for i, x, y in ((0, 0.5, 0.5), (1, 4.0, 4.0)):
        search.state.put(i, model.row(i, x, y, 0.5, 0.0), 0.0)
    places = find_places(search.state, 9, search.rng)
    assert not places.is_free.any()
    assert search._culprits(places, 2) == {0}


def test_targets_come_before_what_refers_to_them() -> None:
    lamp = SceneObject(id="lamp_1", category="lamp", size=(0.2, 0.2, 0.4), on_floor=False,
                       relations=(Relation("lamp_1", "on", "desk_1"),))  # fmt: skip
    desk = SceneObject(id="desk_1", category="desk", size=(1.4, 0.7, 0.75))
    model = Model(Scene(Room.rectangle(3, 3, 2.5), (lamp, desk)), "fixed")
    assert order_of(model, [5.0, 1.0]) == [1, 0]
    state = State(model)
    state.put(1, model.row(1, 1.5, 1.5, 0.375, 0.0), 0.0)
    places = find_places(state, 0, random.Random(0))
    assert places.is_free.all()
    assert (abs(places.rows[:, 2] - 0.95) < 1e-9).all(), "all on top of the desk"
    state.put(0, places.rows[0], 0.0)
    assert opposing(state, 1, model.row(1, 1.5, 1.5, 0.375, 0.0), 0.0) == set()
    assert opposing(state, 1, model.row(1, 0.8, 0.8, 0.375, 0.0), 0.0) == {0}, "the lamp would stay behind"


def test_repair_pushes_away_what_is_in_the_way_but_nothing_fixed() -> None:
    scene = crowded()
    model = Model(scene, "fixed")
    state = State(model)
    state.put(0, model.row(0, 0.5, 0.5, 0.5, 0.0), 0.0)
    repair = Repair(state, random.Random(0), is_clean, set())
    assert repair.run(40)
    assert state.rows[9, :2].tolist() == pytest.approx([0.4, 0.4])
    start = Layout.of({"large_1": (0.5, 0.5, 0.5)})
    held = Model(Scene(scene.room, scene.objects, start=start, fixed=("large_1",)), "fixed")
    repair = Repair(State(held), random.Random(0), is_clean, set())
    assert not repair.run(40)
    assert repair.best.stands.tolist() == [True] * 9 + [False]
    assert repair.best.layout()["large_1"] == start["large_1"]


def test_a_search_tells_what_is_hopeless() -> None:
    both = tuple(Relation("box_1", "on", wall) for wall in ("south_wall", "north_wall"))
    scene = Scene(Room.rectangle(4, 4, 2.5), (SceneObject(id="box_1", category="box", size=(1, 1, 1), relations=both),))
    search = Search(Model(scene, "fixed"), [0], random.Random(0), "any", 100, is_clean)
    assert not search.run()
    assert search.is_hopeless
    full = Search(Model(crowded(), "fixed"), list(range(10)), random.Random(0), "south", 5, is_clean)
    assert not full.run()
    assert not full.is_hopeless, "the budget is spent, but others could be moved"
