"""The moves and turns that mend arrangements, where an object has several relations or others are in the way."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
import pytest

from spatialenv.core.arranging import may_choose_yaw
from spatialenv.core.layout import Layout, Pose
from spatialenv.core.place_choice import Choice, rounded
from spatialenv.core.placed import PlacedScene
from spatialenv.core.relations import relation_states
from spatialenv.core.room import Opening, Room
from spatialenv.core.scene import PREPOSITIONS, Relation, Scene, SceneObject, takes_target
from spatialenv.core.violations import find_violations, layout_status
from spatialenv.envs.prompt import targets
from spatialenv.tasks import solve

ROOM = Room.rectangle(6, 4, 3)
TABLE = SceneObject("table_1", "table", (2.0, 1.0, 0.8), yaw=0.0)


def chair(*relations: tuple[str, str], name: str = "chair_1", yaw: float | None = 0.0) -> SceneObject:
    return SceneObject(name, "chair", (0.5, 0.5, 0.9), yaw=yaw, relations=tuple(Relation(name, *r) for r in relations))


def follow(placed: PlacedScene) -> PlacedScene:
    return placed.scene.place(targets(placed, find_violations(placed)))


class TestSeveral:
    def test_lines_of_two_relations_cross(self) -> None:
        scene = Scene(ROOM, (TABLE, chair(("centred", "table_1"), ("aligned", "middle of the room"))))
        placed = scene.place({"table_1": (2.0, 1.0, 0.4), "chair_1": (5.3, 3.1, 0.45)})
        first, second = relation_states(placed)
        assert first.move == pytest.approx((-3.3, -1.1, 0.0)), "to (2, 2), on both lines"
        assert second.move == pytest.approx((-3.3, -1.1, 0.0))
        assert layout_status(follow(placed), True).clean

    def test_a_region_and_an_arrangement(self) -> None:
        scene = Scene(ROOM, (TABLE, chair(("on", "north_wall"), ("centred", "table_1"), ("near", "west_wall"))))
        placed = scene.place({"table_1": (1.2, 1.0, 0.4), "chair_1": (5.3, 1.1, 0.45)})
        assert [state.move for state in relation_states(placed)] == [pytest.approx((-4.1, 2.65, 0.0), abs=0.006)] * 3
        assert layout_status(follow(placed), True).clean

    def test_nearer_places_that_break_another_relation_are_left(self) -> None:
        scene = Scene(ROOM, (TABLE, chair(("far", "table_1"), ("near", "south_wall"))))
        placed = scene.place({"table_1": (3.0, 2.0, 0.4), "chair_1": (3.0, 3.0, 0.45)})
        assert layout_status(follow(placed), True).clean


class TestPlaces:
    def test_openings_are_kept_free(self) -> None:
        door = Opening("door", "south_wall", offset=2.5, width=1.0, height=2.0, swing="in")
        scene = Scene(Room.rectangle(6, 4, 3, (door,)), (chair(("against wall", "south_wall")),))
        moved = follow(scene.place({"chair_1": (3.0, 2.0, 0.45)}))
        assert not find_violations(moved)
        assert moved.centers[0, :2] == pytest.approx((2.25, 0.25), abs=0.08)

    def test_the_one_of_a_pair_that_has_room_moves(self) -> None:
        pair = [chair(("symmetric", "table_1"), name=f"chair_{i}") for i in range(2)]
        box = SceneObject("box_1", "box", (0.6, 0.6, 0.6), yaw=0.0)
        scene = Scene(ROOM, (TABLE, *pair, box))
        # the mirror image of chair_0 is taken by the box
        places = {"table_1": (3.0, 2.0, 0.4), "chair_0": (1.0, 2.0, 0.45), "chair_1": (5.0, 1.0, 0.45)}
        first, second = relation_states(scene.place({**places, "box_1": (5.0, 2.0, 0.3)}))
        assert (first.move, second.move) == (pytest.approx((0.0, -1.0, 0.0)), None)
        first, second = relation_states(scene.place({**places, "box_1": (5.0, 3.5, 0.3)}))
        assert (first.move, second.move) == (None, pytest.approx((0.0, 1.0, 0.0)))

    def test_no_place_in_the_room(self) -> None:
        scene = Scene(Room.rectangle(2.5, 2, 3), (TABLE, chair(("far", "table_1"))))
        (state,) = relation_states(scene.place({"table_1": (1.25, 1.0, 0.4), "chair_1": (1.25, 1.0, 0.45)}))
        assert (state.is_met, state.move, state.turn) == (False, None, None)

    def test_places_are_at_whole_steps(self) -> None:
        assert rounded(np.array([(1.23456, -0.00004, 2.0)])).tolist() == [[pytest.approx(1.2346), 0.0, 2.0]]

    def test_a_choice_says_whether_the_best_is_in_the_way(self) -> None:
        scene = Scene(ROOM, (TABLE, chair(("near", "table_1"))))
        placed = scene.place({"table_1": (3.0, 2.0, 0.4), "chair_1": (0.5, 0.5, 0.45)})
        choice = Choice(placed, scene.relations[0], 0.0)
        assert choice.best(np.array([(9.0, 9.0, 0.45)])) is None
        found = choice.best(np.array([(3.0, 2.0, 0.45), (5.0, 3.0, 0.45)]))
        assert found is not None
        assert (found[0].tolist(), found[1]) == ([5.0, 3.0, 0.45], False)
        found = choice.best(np.array([(3.0, 2.0, 0.45)]))
        assert found is not None
        assert found[1]


@pytest.mark.parametrize(
    ("own", "stated", "fixed", "may"),
    [(None, 1.0, False, True), (None, None, False, False), (0.0, 1.0, False, False), (None, 1.0, True, False)],
)
def test_who_chooses_the_yaw(own: float | None, stated: float | None, fixed: bool, may: bool) -> None:
    start = Layout.from_mapping({"chair_1": Pose(1, 1, 0.45, stated)})
    scene = Scene(ROOM, (chair(yaw=own),), start=start, fixed=("chair_1",) if fixed else ())
    assert may_choose_yaw(scene.place(start), "chair_1") is may


def random_scene(rng: np.random.Generator) -> Scene:
    corners = [(0, 0), (6.5, 0), (6.5, 3), (5, 5), (0, 5)]
    room = Room.rectangle(6, 5, 2.6) if rng.random() < 0.5 else Room.polygon(corners, 2.6)
    names = [f"box_{i}" for i in range(int(rng.integers(3, 6)))]
    objects = []
    for i, name in enumerate(names):
        relations = []
        for _ in range(int(rng.integers(1, 3))):
            preposition = str(rng.choice(PREPOSITIONS))
            target = str(rng.choice([*names[:i], *room.walls, "middle of the room"]))
            if takes_target(preposition, target):
                relations.append(Relation(name, preposition, target))
        size = tuple(float(v) for v in rng.uniform(0.4, 1.2, 3))
        objects.append(SceneObject(name, "box", size, relations=tuple(relations)))
    return Scene(room, tuple(objects))


@pytest.mark.parametrize("yaw", ["fixed", "free"])
def test_following_mends_most_layouts_that_can_be_mended(yaw: Literal["fixed", "free"]) -> None:
    rng = np.random.default_rng(6)
    solved = mended = 0
    while solved < 15:
        scene = random_scene(rng)
        layout = solve(scene, yaw=yaw, searches=4)
        if layout is None:
            continue
        solved += 1
        poses = {}
        for item in scene.objects:
            x, y = rng.uniform(0.5, (scene.room.length - 0.5, scene.room.width - 0.5)).tolist()
            angle = float(rng.uniform(0, math.tau)) if yaw == "free" else None
            poses[item.id] = Pose(x, y, item.size[2] / 2, angle)
        placed = scene.place(Layout.from_mapping(poses))
        for _ in range(10):
            if not layout_status(placed, True).clean:
                placed = follow(placed)
        mended += layout_status(placed, True).clean
    assert mended >= 11
