"""The solver meets arrangements in simple rooms."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
import pytest

from spatialenv.core.room import Room
from spatialenv.core.scene import ARRANGEMENTS, Relation, Scene, SceneObject, takes_target
from spatialenv.core.violations import find_violations, layout_status
from spatialenv.tasks import solve
from spatialenv.tasks.solver_arrangement import guides, holds, missing, places, turns
from spatialenv.tasks.solver_model import Model, State

RECTANGLE = Room.rectangle(6, 5, 2.6)
SLANTED = Room.polygon([(0, 0), (6, 0), (6, 3), (4, 5), (0, 5)], 2.6)


def scene_of(
    relations: list[tuple[str, str, str]], room: Room = RECTANGLE, yaw: float | None = None, count: int = 3
) -> Scene:
    table = SceneObject("table_1", "table", (1.6, 0.9, 0.75), yaw=0.0)
    chairs = [
        SceneObject(
            f"chair_{i}",
            "chair",
            (0.5, 0.5, 0.9),
            yaw=yaw,
            relations=tuple(Relation(*r) for r in relations if r[0] == f"chair_{i}"),
        )
        for i in range(count)
    ]
    return Scene(room, (*chairs, table))


def is_clean(scene: Scene, yaw: Literal["fixed", "free"]) -> bool:
    layout = solve(scene, yaw=yaw)
    assert layout is not None
    placed = scene.place(layout)
    return layout_status(placed, True).clean or pytest.fail(str([v.text for v in find_violations(placed)]))


CASES = [
    (preposition, target)
    for preposition in ARRANGEMENTS
    for target in ("table_1", "north_wall", "middle of the room")
    if takes_target(preposition, target)
]


@pytest.mark.parametrize("yaw", ["fixed", "free"])
@pytest.mark.parametrize(("preposition", "target"), CASES)
def test_each_preposition(preposition: str, target: str, yaw: Literal["fixed", "free"]) -> None:
    count = 1 if (preposition, target) == ("centred", "middle of the room") else 2
    scene = scene_of([(f"chair_{i}", preposition, target) for i in range(count)])
    assert is_clean(scene, yaw)


@pytest.mark.parametrize("count", [2, 3, 4, 6])
def test_rings_that_face_the_table(count: int) -> None:
    relations = [(f"chair_{i}", name, "table_1") for i in range(count) for name in ("around", "face to")]
    assert is_clean(scene_of(relations, count=count), "free")


def test_several_for_one_object_along_a_slanted_wall() -> None:
    relations = [
        ("chair_0", "against wall", "wall_2"),
        ("chair_0", "centred", "wall_2"),
        ("chair_1", "far", "chair_0"),
        ("chair_1", "aligned", "table_1"),
        ("chair_2", "near", "chair_1"),
        ("chair_2", "face to", "table_1"),
    ]
    assert is_clean(scene_of(relations, room=SLANTED), "free")


def test_pairs_about_a_bed_against_a_wall() -> None:
    bed = SceneObject("bed_1", "bed", (1.6, 2.0, 0.5), relations=(Relation("bed_1", "against wall", "west_wall"),))
    stands = [
        SceneObject(
            name,
            "stand",
            (0.5, 0.4, 0.5),
            relations=(Relation(name, "symmetric", "bed_1"), Relation(name, "near", "bed_1")),
        )
        for name in ("stand_0", "stand_1")
    ]
    for yaw in ("fixed", "free"):
        assert is_clean(Scene(RECTANGLE, (*stands, bed)), yaw)


def test_what_cannot_be_met_is_given_up_for_a_valid_layout() -> None:
    scene = scene_of([("chair_0", "near", "table_1"), ("chair_0", "far", "table_1")])
    layout = solve(scene)
    assert layout is not None
    status = layout_status(scene.place(layout), True)
    assert (status.valid, status.clean) == (True, False)


class TestParts:
    def state(self, relations: list[tuple[str, str, str]], count: int = 3) -> State:
        scene = scene_of(relations, count=count)
        model = Model(scene, "free")
        state = State(model)
        state.put(count, model.row(count, 3.0, 2.5, 0.375, 0.0), 0.0)
        return state

    def test_which_places_hold(self) -> None:
        state = self.state([("chair_0", "near", "table_1")])
        points = np.array([(3.0, 3.5), (3.0, 4.5)])  # 0.3 and 1.3 apart
        assert holds(state, 0, 0.0, points).tolist() == [True, False]
        assert missing(state, 0, 0.0, points) == pytest.approx([0.0, 0.3])
        assert holds(state, 0, 0.0, points, target=1).tolist() == [True, True]
        assert holds(state, 1, 0.0, points).tolist() == [True, True]

    def test_what_does_not_stand_is_not_waited_for(self) -> None:
        state = self.state([("chair_0", "near", "table_1")])
        state.stands[3] = False
        assert holds(state, 0, 0.0, np.array([(0.5, 0.5)])).tolist() == [True]

    def test_the_last_of_a_pair_mirrors_the_first(self) -> None:
        state = self.state([(f"chair_{i}", "symmetric", "table_1") for i in range(2)])
        assert holds(state, 0, 0.3, np.array([(1.0, 4.0)])).tolist() == [True]
        state.put(0, state.model.row(0, 1.0, 4.0, 0.45, 0.3), 0.3)
        assert any(turn == pytest.approx(-0.3) for turn in turns(state, 1))
        assert any(math.dist(place, (5.0, 4.0)) < 1e-9 for place in places(state, 1, None))  # type: ignore[arg-type]
        assert holds(state, 1, -0.3, np.array([(5.0, 4.0), (3.0, 4.0)])).tolist() == [True, False]

    def test_guides_run_through_the_target(self) -> None:
        state = self.state([("chair_0", "aligned", "table_1"), ("chair_1", "centred", "table_1")])
        (lines,) = guides(state, 0, 0.0)
        assert lines.offsets == pytest.approx([3.0, 2.5])
        (lines,) = guides(state, 1, 0.0)
        assert lines.offsets == pytest.approx([3.0])
        assert guides(state, 2, 0.0) == []
