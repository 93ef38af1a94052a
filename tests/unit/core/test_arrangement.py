"""Arrangements worked out by hand in a 6 x 4 x 3 m room and in an L, and what must not change them."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialenv.core.arrangement import footprint_distances, has_arrangements, measure, turn_factors
from spatialenv.core.layout import Layout, Pose
from spatialenv.core.placed import PlacedScene
from spatialenv.core.relations import RelationState, feasible_regions, relation_batch, relation_states
from spatialenv.core.room import Room
from spatialenv.core.scene import ARRANGEMENTS, Relation, Scene, SceneObject, takes_target
from spatialenv.core.score import Transition
from spatialenv.core.support import support_states
from spatialenv.core.violations import find_violations, layout_status
from spatialenv.envs import RoomLayoutEnv
from spatialenv.errors import SceneError
from spatialenv.formats import read_scene, write_scene
from spatialenv.rewards import make_reward

ROOM = Room.rectangle(6, 4, 3)
L_ROOM = Room(floor=((0, 0), (6, 0), (6, 2), (3, 2), (3, 4), (0, 4)), height=3)
SLANTED = Room.polygon([(0, 0), (6, 0), (6, 2), (4, 4), (0, 4)], 3)
TABLE = SceneObject("table_1", "table", (2.0, 1.0, 0.8))
Place = tuple[float, ...]


def state_of(preposition: str, target: str, at: Place, **more: Any) -> RelationState:
    return relation_states(one(preposition, target, at, **more))[0]


def one(
    preposition: str,
    target: str,
    at: Place,
    *,
    table: Place = (3.0, 2.0, 0.4, 0.0),
    size: tuple[float, float, float] = (0.6, 0.4, 1.0),
    room: Room = ROOM,
    yaw: float | None = None,
) -> PlacedScene:
    chair = SceneObject("chair_1", "chair", size, yaw=yaw, relations=(Relation("chair_1", preposition, target),))
    return Scene(room, (TABLE, chair)).place({"table_1": table, "chair_1": at})


DEG = math.radians


@pytest.mark.parametrize(
    ("preposition", "target", "at", "distance", "degrees"),
    [
        # the table reaches from 2 to 4 and from 1.5 to 2.5; the chair is 0.6 x 0.4
        ("near", "table_1", (5.5, 2.0, 0.5, 0.0), 0.2, None),  # 5.2 - 4 = 1.2 apart
        ("near", "table_1", (1.4, 0.5, 0.5, 0.0), 0.0, None),  # 0.3 and 0.8 apart: 0.854
        ("near", "table_1", (3.0, 2.0, 0.5, 0.0), 0.0, None),
        ("near", "table_1", (0.7, 0.5, 0.5, 0.0), math.hypot(1.0, 0.8) - 1, None),
        ("near", "table_1", (5.5, 2.0, 0.5, DEG(90)), 0.3, None),  # turned: 5.3
        ("near", "west_wall", (1.8, 2.0, 0.5, 0.0), 0.5, None),
        ("near", "middle of the room", (4.9, 2.0, 0.5, 0.0), 0.6, None),
        ("far", "table_1", (5.5, 2.0, 0.5, 0.0), 0.3, None),
        ("far", "table_1", (3.0, 2.0, 0.5, 0.0), 1.5, None),
        ("far", "table_1", (5.8, 2.0, 0.5, 0.0), 0.0, None),
        ("far", "south_wall", (3.0, 1.0, 0.5, 0.0), 0.7, None),
        ("far", "middle of the room", (3.0, 3.2, 0.5, 0.0), 0.5, None),
        ("face to", "table_1", (3.0, 0.5, 0.5, 0.0), 0.0, 0.0),
        ("face to", "table_1", (3.9, 0.5, 0.5, 0.0), 0.0, 0.0),
        ("face to", "table_1", (5.0, 0.5, 0.5, 0.0), 0.0, math.degrees(math.atan2(1, 2))),  # to the corner (4, 2.5)
        ("face to", "table_1", (5.0, 2.0, 0.5, 0.0), 0.0, math.degrees(math.atan2(1, 0.5))),
        ("face to", "north_wall", (3.0, 0.5, 0.5, DEG(-30)), 0.0, 30.0),
        ("face to", "middle of the room", (4.0, 1.0, 0.5, 0.0), 0.0, 45.0),
        ("aligned", "table_1", (5.0, 2.3, 0.5, DEG(100)), 0.3, -10.0),
        ("aligned", "table_1", (3.2, 3.5, 0.5, 0.0), 0.2, 0.0),
        ("aligned", "south_wall", (1.0, 1.0, 0.5, DEG(-20)), 0.0, 20.0),
        ("aligned", "middle of the room", (2.9, 1.0, 0.5, DEG(3)), 0.1, -3.0),
        ("against wall", "south_wall", (3.0, 0.2, 0.5, 0.0), 0.0, 0.0),
        ("against wall", "south_wall", (3.0, 0.5, 0.5, 0.0), 0.3, 0.0),
        ("against wall", "south_wall", (0.1, 0.2, 0.5, 0.0), 0.2, 0.0),  # beyond the wall's end
        ("against wall", "south_wall", (3.0, 0.2, 0.5, DEG(180)), 0.0, 180.0),  # touches it, but with its front
        ("against wall", "west_wall", (0.2, 2.0, 0.5, DEG(-90)), 0.0, 0.0),
        ("against wall", "west_wall", (0.2, 2.0, 0.7, DEG(-90)), 0.2, 0.0),  # it floats
        ("around", "table_1", (5.5, 2.0, 0.5, 0.0), 0.2, None),  # one alone: near
        ("around", "middle of the room", (4.9, 2.0, 0.5, 0.0), 0.6, None),
        ("centred", "table_1", (3.4, 0.5, 0.5, 1.0), 0.4, None),
        ("centred", "north_wall", (2.5, 0.5, 0.5, 1.0), 0.5, None),
        ("centred", "middle of the room", (3.3, 2.4, 0.5, 1.0), 0.5, None),
        ("symmetric", "table_1", (3.4, 0.5, 0.5, 0.0), 0.4, 0.0),  # alone: on the axis
        ("symmetric", "table_1", (3.0, 0.5, 0.5, DEG(30)), 0.0, -30.0),
        ("symmetric", "east_wall", (5.0, 2.25, 0.5, DEG(90)), 0.25, 0.0),
    ],
)
def test_by_hand(preposition: str, target: str, at: Place, distance: float, degrees: float | None) -> None:
    state = state_of(preposition, target, at)
    assert state.distance == pytest.approx(distance, abs=1e-9)
    angle = 0.0 if degrees is None else abs(degrees)
    assert math.degrees(state.angle) == pytest.approx(angle, abs=1e-9)
    assert state.is_met == (distance <= 0.01 and angle <= 5)
    factor = 1 - max(0.0, min(1.0, (angle - 5) / 85))
    assert state.score == pytest.approx((1 - max(0.0, min(1.0, (distance - 0.01) / 0.99))) * factor)
    if degrees is not None and angle > 5 and angle < 179:
        assert state.turn is not None
        assert math.degrees(state.turn) == pytest.approx(degrees)


@pytest.mark.parametrize(
    ("preposition", "target", "table", "at", "distance", "degrees"),
    [
        # the table looks west: to its right is north, 2 m along y
        ("near", "table_1", (3, 2, 0.4, DEG(90)), (4.9, 2.0, 0.5, 0.0), 0.1, 0.0),
        ("centred", "table_1", (3, 2, 0.4, DEG(90)), (1.0, 2.3, 0.5, 0.0), 0.3, 0.0),
        ("aligned", "table_1", (3, 2, 0.4, DEG(45)), (4.0, 3.0, 0.5, DEG(45)), 0.0, 0.0),
        ("aligned", "table_1", (3, 2, 0.4, DEG(45)), (4.0, 3.0, 0.5, DEG(65)), 0.0, 20.0),
        ("centred", "table_1", (3, 2, 0.4, DEG(45)), (4.0, 3.0, 0.5, 0.0), math.sqrt(2), 0.0),
        ("symmetric", "table_1", (3, 2, 0.4, DEG(90)), (1.0, 2.0, 0.5, DEG(70)), 0.0, 20.0),
        ("face to", "table_1", (3, 1, 0.4, DEG(45)), (3.0, 3.5, 0.5, DEG(180)), 0.0, 0.0),
    ],
)
def test_targets_that_are_turned(
    preposition: str, target: str, table: Place, at: Place, distance: float, degrees: float
) -> None:
    state = state_of(preposition, target, at, table=table)
    assert state.distance == pytest.approx(distance, abs=1e-9)
    assert math.degrees(state.angle) == pytest.approx(degrees, abs=1e-9)


def test_walls_of_polygons() -> None:
    # wall_3 of the L runs along x = 3 from (3, 2) to (3, 4); wall_2 along y = 2 from (6, 2) to (3, 2)
    assert state_of("near", "wall_3", (1.5, 0.5, 0.5, 0), room=L_ROOM).distance == pytest.approx(
        math.hypot(3 - 1.8, 2 - 0.7) - 1
    )
    assert state_of("centred", "wall_2", (4.0, 1.0, 0.5, 0), room=L_ROOM).distance == pytest.approx(0.5)
    back = state_of("against wall", "wall_2", (4.0, 1.8, 0.5, math.pi), room=L_ROOM)
    assert (back.is_met, back.distance) == (True, pytest.approx(0.0, abs=1e-9))
    # wall_2 here is slanted from (6, 2) to (4, 4); its back to it looks south-west
    slanted = state_of("against wall", "wall_2", (3.0, 2.0, 0.5, DEG(135)), room=SLANTED)
    assert math.degrees(slanted.angle) == pytest.approx(0.0, abs=1e-9)
    assert slanted.distance == pytest.approx((8 - 5) / math.sqrt(2) - 0.2, abs=2e-4)
    assert state_of("face to", "wall_2", (3.0, 2.0, 0.5, DEG(-45)), room=SLANTED).is_met
    assert state_of("aligned", "wall_2", (3.0, 2.0, 0.5, DEG(45)), room=SLANTED).is_met
    assert state_of("centred", "wall_2", (4.0, 2.0, 0.5, 0), room=SLANTED).distance == pytest.approx(0.0, abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([ROOM, L_ROOM, SLANTED]).flatmap(
        lambda room: st.tuples(st.just(room), st.sampled_from(room.walls))
    ),
    st.tuples(st.integers(-50, 650), st.integers(-50, 450), st.integers(0, 200), st.integers(0, 359)),
)
def test_as_far_from_being_against_a_wall_as_from_being_on_it(wall: tuple[Room, str], at: tuple[int, ...]) -> None:
    place = at[0] / 100, at[1] / 100, at[2] / 100, DEG(at[3])
    against, on = (state_of(preposition, wall[1], place, room=wall[0]) for preposition in ("against wall", "on"))
    assert against.distance == on.distance
    assert against.score <= on.score


def ring(places: list[Place], target: str = "table_1", table: Place = (3.0, 2.0, 0.4, 0.0)) -> PlacedScene:
    objects = [
        SceneObject(f"chair_{i}", "chair", (0.4, 0.4, 0.9), relations=(Relation(f"chair_{i}", "around", target),))
        for i in range(len(places))
    ]
    poses = {f"chair_{i}": (*place, 0.45, 0.0) for i, place in enumerate(places)}
    return Scene(ROOM, (TABLE, *objects)).place({"table_1": table, **poses})


class TestAround:
    def test_two_on_each_long_side_are_around(self) -> None:
        states = relation_states(ring([(2.5, 1.2), (3.5, 1.2), (2.5, 2.8), (3.5, 2.8)]))
        assert all(state.is_met for state in states)

    def test_two_side_by_side_are_not(self) -> None:
        # seen from the centre at -45 and 45 degrees: even would be -90 and 90, and 45 of the 45 too few are allowed
        states = relation_states(ring([(4.4, 0.6), (4.4, 3.4)]))
        assert [state.distance for state in states] == pytest.approx([0.0, 0.0], abs=1e-9)
        # at -26.565 and 26.565 degrees, 18.435 of which are too many, 2.236 m away
        states = relation_states(ring([(5.0, 1.0), (5.0, 3.0)]))
        arc = math.radians(45 - math.degrees(math.atan2(1, 2))) * math.sqrt(5)
        assert [state.distance for state in states] == pytest.approx([arc, arc])

    def test_the_first_is_as_far_off_as_the_others_make_it(self) -> None:
        # three at 0, 60 and 120 degrees; even places at -60, 60 and 180: off by 60, of which 30 are allowed
        at = [(3 + 1.5 * math.cos(DEG(a)), 2 + 1.5 * math.sin(DEG(a))) for a in (0, 60, 120)]
        arcs = [state.distance for state in relation_states(ring(at))]
        assert arcs == pytest.approx([1.5 * DEG(30), 0.0, 1.5 * DEG(30)])

    def test_only_those_that_are_placed_make_the_ring(self) -> None:
        placed = ring([(2.0, 1.0), (4.0, 3.0), (4.2, 3.2)])
        fewer = placed.scene.place(Layout(placed.layout.poses[:3]))
        assert [state.is_met for state in relation_states(fewer)] == [True, True, False]

    def test_following_all_moves_makes_the_ring_even(self) -> None:
        placed = ring([(4.4, 2.0), (4.4, 2.6), (4.4, 1.4), (4.4, 3.2)])
        assert not any(state.is_met for state in relation_states(placed))
        assert all(state.is_met for state in relation_states(follow(placed)))


def follow(placed: PlacedScene) -> PlacedScene:
    """Make the first move and turn that each object is told."""
    from spatialenv.envs.prompt import targets

    return placed.scene.place(targets(placed, [v for v in find_violations(placed) if v.kind == "relation"]))


def pair(first: Place, second: Place, *, fixed: tuple[str, ...] = (), categories: tuple[str, str] = ("a", "a")):
    bed = SceneObject("bed_1", "bed", (1.6, 2.0, 0.5), yaw=0.0)
    stands = [
        SceneObject(name, category, (0.5, 0.4, 0.5), relations=(Relation(name, "symmetric", "bed_1"),))
        for name, category in zip(("stand_0", "stand_1"), categories, strict=True)
    ]
    poses = {"bed_1": (3.0, 1.0, 0.25), "stand_0": first, "stand_1": second}
    start = Layout.of(poses) if fixed else None
    return Scene(ROOM, (bed, *stands), start=start, fixed=fixed).place(poses)


class TestSymmetric:
    def test_a_pair_beside_the_bed(self) -> None:
        states = relation_states(pair((1.9, 0.3, 0.25, 0.2), (4.1, 0.3, 0.25, -0.2)))
        assert [(s.is_met, s.score) for s in states] == [(True, 1.0)] * 2

    def test_both_of_a_pair_are_as_far_off(self) -> None:
        states = relation_states(pair((1.9, 0.3, 0.25, 0.0), (4.4, 0.7, 0.25, DEG(30))))
        assert [s.distance for s in states] == pytest.approx([0.5, 0.5])
        assert [math.degrees(s.angle) for s in states] == pytest.approx([30, 30])

    def test_only_the_later_is_told_to_move_and_then_both_are_met(self) -> None:
        placed = pair((1.9, 0.3, 0.25, 0.0), (4.4, 0.7, 0.25, DEG(30)))
        first, second = relation_states(placed)
        assert (first.move, first.turn) == (None, None)
        assert second.move == pytest.approx((-0.3, -0.4, 0.0))
        assert math.degrees(second.turn or 0.0) == pytest.approx(-30)
        assert all(state.is_met for state in relation_states(follow(placed)))

    def test_the_earlier_moves_where_the_later_must_stay(self) -> None:
        placed = pair((1.9, 0.3, 0.25), (4.4, 0.7, 0.25), fixed=("stand_1",))
        first, second = relation_states(placed)
        assert first.move == pytest.approx((-0.3, 0.4, 0.0))
        assert second.move is None

    def test_objects_of_other_kinds_are_no_pair(self) -> None:
        states = relation_states(pair((1.9, 0.3, 0.25, 0.0), (4.1, 0.3, 0.25, 0.0), categories=("a", "b")))
        assert [s.distance for s in states] == pytest.approx([1.1, 1.1])

    def test_of_three_the_one_left_over_is_on_the_axis(self) -> None:
        found = measure(
            [(2, 0, 1, 1, 0), (-2.1, 0, 1, 1, 0), (0.3, 3, 1, 1, 0)],
            ["symmetric"] * 3,
            [(0, 0, 2, 2, 0)] * 3,
            groups=[0, 0, 0],
        )
        assert found.distances == pytest.approx([0.1, 0.1, 0.3])
        assert found.partners.tolist() == [1, 0, 2]


class TestArrays:
    def test_distances_of_turned_footprints(self) -> None:
        # a square of side 1 on its tip reaches 0.7071 to the west
        found = footprint_distances(
            [(0, 0, 2, 1, 0), (0, 0, 2, 1, 0), (0, 0, 4, 1, 0)],
            [(3, 0, 1, 1, DEG(45)), (2, 2, 0, 0, 0), (0, 0, 1, 4, 0)],
        )
        assert found == pytest.approx([2 - math.sqrt(0.5), math.hypot(1, 1.5), 0.0])

    def test_nothing(self) -> None:
        assert len(measure([], [], []).distances) == 0
        assert len(footprint_distances([], [])) == 0

    @pytest.mark.parametrize(
        "given_", [([(0, 0, 1, 1)], ["near"], [(0, 0, 1, 1, 0)]), ([(0, 0, 1, 1, 0)], [], [(0, 0, 1, 1, 0)])]
    )
    def test_shapes_that_do_not_fit(self, given_: tuple[list[Place], list[str], list[Place]]) -> None:
        with pytest.raises(ValueError, match="give"):
            measure(*given_)
        with pytest.raises(ValueError, match="give"):
            footprint_distances([(0, 0, 1, 1, 0)], [])

    def test_factors_of_turns(self) -> None:
        found = turn_factors(np.radians([0, 5, 47.5, -47.5, 90, 180]))
        assert found == pytest.approx([1, 1, 0.5, 0.5, 0, 0])
        assert turn_factors(np.array([math.nan])).tolist() == [1.0]

    @pytest.mark.parametrize("preposition", ["near", "far"])
    def test_monotone_in_distance(self, preposition: str) -> None:
        steps = np.linspace(0, 6, 200)
        found = measure([(x, 0.3, 0.5, 0.5, 0.4) for x in steps], [preposition] * 200, [(0, 0, 2, 1, 0.2)] * 200)
        change = np.diff(found.distances) * (1 if preposition == "near" else -1)
        assert (change >= 0).all()
        assert change.max() > 0


class TestNouns:
    @pytest.mark.parametrize(
        ("given_", "kept"),
        [
            ("face-to", "face to"),
            ("face_to", "face to"),
            ("against_wall", "against wall"),
            ("left_of", "left of"),
            ("in-the-corner", "in the corner"),
            ("centered", "centred"),
        ],
    )
    def test_spellings(self, given_: str, kept: str) -> None:
        assert Relation("a", given_, "south_wall").preposition == kept
        assert Relation("a", given_, "south_wall") == Relation("a", kept, "south_wall")

    @pytest.mark.parametrize(
        ("preposition", "target", "allowed"),
        [
            ("against wall", "table_1", "a wall"),
            ("against wall", "middle of the room", "a wall"),
            ("around", "south_wall", "an object or the middle of the room"),
            ("symmetric", "middle of the room", "an object or a wall"),
            ("near", "ceiling", "an object or a wall or the middle of the room"),
        ],
    )
    def test_targets_that_are_not_taken(self, preposition: str, target: str, allowed: str) -> None:
        assert not takes_target(preposition, target)
        with pytest.raises(SceneError, match=f"its target must be {allowed}$"):
            Relation("a", preposition, target)

    def test_a_wall_gives_the_yaw_where_nothing_else_does(self) -> None:
        for preposition, yaw in (("against wall", math.pi), ("face to", 0.0), ("aligned", math.pi)):
            placed = one(preposition, "north_wall", (3, 3.5, 0.5))
            assert placed.yaws[1] == pytest.approx(yaw)

    def test_what_has_its_back_to_a_wall_hangs_there(self) -> None:
        backed = (Relation("shelf_1", "against wall", "north_wall"),)
        item = SceneObject("shelf_1", "shelf", (1, 0.3, 0.4), on_floor=False, relations=backed)
        placed = Scene(ROOM, (item,)).place({"shelf_1": (3, 3.85, 1.5)})
        assert support_states(placed)[0].is_supported
        assert layout_status(placed, True).clean

    def test_regions_are_only_those_of_a_wall(self) -> None:
        placed = Scene(ROOM, (TABLE,)).place({})
        (region,) = feasible_regions(placed, Relation("table_1", "against wall", "south_wall"))
        assert region.low == pytest.approx((1.0, 0.5, 0.4))
        with pytest.raises(SceneError, match="'near' has no regions"):
            feasible_regions(placed, Relation("table_1", "near", "south_wall"))

    def test_which_scenes_have_some(self) -> None:
        assert has_arrangements(one("near", "table_1", (1, 1, 0.5)).scene)
        assert not has_arrangements(one("on", "south_wall", (1, 1, 0.5)).scene)

    def test_files_keep_them(self, tmp_path) -> None:
        for preposition in ARRANGEMENTS:
            scene = one(preposition, "south_wall" if preposition != "around" else "table_1", (1, 1, 0.5)).scene
            write_scene(tmp_path / "scene.json", scene)
            assert read_scene(tmp_path / "scene.json") == scene


class TestViolations:
    def told(self, placed: PlacedScene) -> list[tuple[object, ...]]:
        return [
            (v.text, round(v.amount, 3), v.unit, v.move, v.turn)
            for v in find_violations(placed)
            if v.kind == "relation"
        ]

    def test_a_distance(self) -> None:
        ((text, amount, unit, move, turn),) = self.told(one("near", "table_1", (5.5, 2.0, 0.5, 0.0)))
        assert (text, amount, unit, turn) == ("chair_1 is not near table_1 by 0.20 m", 0.2, "m", None)
        assert move == pytest.approx((-0.2, 0, 0), abs=0.011)

    def test_a_turn_where_the_layout_chooses_the_yaw(self) -> None:
        ((text, amount, unit, move, turn),) = self.told(one("face to", "north_wall", (3, 0.5, 0.5, DEG(-30))))
        assert (text, amount, unit, move) == ("chair_1 is not facing north_wall by 30 degrees", 30.0, "deg", None)
        assert turn == pytest.approx(DEG(30))

    def test_both(self) -> None:
        ((text, _, unit, move, turn),) = self.told(one("against wall", "north_wall", (3, 3.0, 0.5, DEG(150))))
        # turned by 150 degrees it reaches 0.3232 m to the north
        assert (text, unit) == ("chair_1 is not backed against north_wall by 0.68 m and 30 degrees", "m")
        assert move == pytest.approx((0, 0.8, 0))
        assert turn == pytest.approx(DEG(30))

    def test_a_yaw_of_the_scene_is_not_turned_but_moved_round(self) -> None:
        placed = one("face to", "table_1", (5.0, 0.5, 0.5), yaw=0.0)
        ((text, _, unit, move, turn),) = self.told(placed)
        assert (text, unit, turn) == ("chair_1 is not facing table_1 by 27 degrees", "deg", None)
        assert move[:2] == pytest.approx((-1.0, 0.0), abs=0.2)  # type: ignore[index]
        assert layout_status(follow(placed), True).clean

    def test_what_no_move_mends_has_none(self) -> None:
        placed = one("against wall", "north_wall", (3, 3.8, 0.5), yaw=0.0)
        assert self.told(placed) == [
            ("chair_1 is not backed against north_wall by 180 degrees", 180.0, "deg", None, None)
        ]

    def test_a_target_that_is_not_placed(self) -> None:
        placed = one("around", "table_1", (1, 1, 0.5))
        placed = placed.scene.place({"chair_1": (1, 1, 0.5)})
        assert self.told(placed) == [("chair_1 is not around table_1", math.inf, "m", None, None)]

    def test_what_must_stay_is_told_nothing(self) -> None:
        given_ = one("near", "table_1", (5.5, 2.0, 0.5, 0.0))
        scene = replace(given_.scene, start=given_.layout, fixed=("chair_1",))
        assert [row[3:] for row in self.told(scene.place(given_.layout))] == [(None, None)]

    def test_places_that_collide_are_told_only_where_there_are_no_others(self) -> None:
        # straight towards the table stands a box
        wall = SceneObject("box_1", "box", (0.3, 1.0, 1.0), yaw=0.0)
        chair = SceneObject(
            "chair_1", "chair", (0.4, 0.4, 1.0), yaw=0.0, relations=(Relation("chair_1", "near", "table_1"),)
        )
        scene = Scene(ROOM, (TABLE, wall, chair))
        placed = scene.place({"table_1": (1.0, 2.0, 0.4), "box_1": (3.0, 2.0, 0.5), "chair_1": (5.0, 2.0, 0.5)})
        assert layout_status(follow(placed), True).clean


class TestRewards:
    def test_constraint_and_physics_count_them(self) -> None:
        placed = one("near", "table_1", (5.5, 2.0, 0.5, 0.0))
        wanted = 1 - (0.2 - 0.01) / 0.99
        score = make_reward("constraint")(Transition.of(placed))
        assert score.value == pytest.approx((1 + wanted) / 2)
        assert score.details == {"relations": 1.0, "relations_met": 0.0}
        physics = make_reward("physics")(Transition.of(placed))
        assert physics.value == pytest.approx(0.1 + 0.9 * (1 + 0.5 + 0.5 * wanted) / 2)

    def test_the_published_check_passes_them_over(self) -> None:
        from spatialenv.rewards.metaspatial_check import check

        both = SceneObject(
            "chair_1", "chair", (0.6, 0.4, 1.0), yaw=0.0,
            relations=(Relation("chair_1", "near", "table_1"), Relation("chair_1", "on", "south_wall")),
        )  # fmt: skip
        table = replace(TABLE, yaw=0.0, relations=(Relation("table_1", "near", "south_wall"),))
        placed = Scene(ROOM, (table, both)).place({"table_1": (3, 2, 0.4), "chair_1": (1.0, 0.2, 0.5)})
        assert check([placed])[0].violating_objects == ("table_1",), "as if it had no relation at all"

    def test_scenes_without_them_score_alike_beside_scenes_with_them(self) -> None:
        with_, without = one("around", "table_1", (5, 1, 0.5, 1)), one("on", "south_wall", (1.2, 0.7, 0.5, 0.1))
        mixed = relation_batch([with_, without, with_])
        alone = [relation_batch([placed]) for placed in (with_, without, with_)]
        for name in ("distances", "scores", "turns"):
            assert np.array_equal(
                getattr(mixed, name), np.concatenate([getattr(b, name) for b in alone]), equal_nan=True
            )


# What must not change: mirrors, turns, shifts, orders and names -----------------------------------------------------


@st.composite
def arranged(draw: st.DrawFn, room: Room = ROOM) -> PlacedScene:
    """A few objects in a room of 6 x 4 m with arrangements among them, none at the same place as another."""
    n = draw(st.integers(2, 5))
    ids = [f"object_{i}" for i in range(n)]
    objects, poses = [], []
    for i, name in enumerate(ids):
        targets = [t for t in (*ids, *room.walls, "middle of the room") if t != name]
        pairs = [(p, t) for p in ARRANGEMENTS for t in targets if takes_target(p, t)]
        chosen = draw(st.lists(st.sampled_from(pairs), max_size=2, unique=True))
        size = tuple(draw(st.integers(2, 15)) / 10 for _ in range(3))
        relations = tuple(Relation(name, *pair) for pair in chosen)
        objects.append(SceneObject(name, draw(st.sampled_from("ab")), size, relations=relations))
        x, y = draw(st.integers(0, 599)) / 100 + i / 1000, draw(st.integers(0, 399)) / 100 + i / 1700
        poses.append((name, Pose(x, y, size[2] / 2, draw(st.integers(1, 359)) / 57)))
    return Scene(room, tuple(objects)).place(Layout(tuple(poses)))


def scores(placed: PlacedScene) -> dict[Relation, float]:
    return dict(zip(placed.scene.relations, relation_batch([placed]).scores.tolist(), strict=True))


def with_names(placed: PlacedScene, names: dict[str, str], room: Room, poses: dict[str, Pose]) -> PlacedScene:
    objects = [
        replace(
            item,
            id=names.get(item.id, item.id),
            relations=tuple(
                replace(r, subject=names.get(r.subject, r.subject), target=names.get(r.target, r.target))
                for r in item.relations
            ),
        )
        for item in placed.scene.objects
    ]
    return Scene(room, tuple(objects)).place(Layout(tuple((names.get(i, i), pose) for i, pose in poses.items())))


@settings(max_examples=60, deadline=None)
@given(arranged())
def test_a_mirrored_layout_scores_the_same(placed: PlacedScene) -> None:
    poses = {i: Pose(ROOM.length - p.x, p.y, p.z, -(p.yaw or 0.0)) for i, p in placed.layout.poses}
    other = with_names(placed, {"west_wall": "east_wall", "east_wall": "west_wall"}, ROOM, poses)
    assert list(scores(other).values()) == pytest.approx(list(scores(placed).values()), abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(arranged())
def test_a_layout_turned_by_a_quarter_scores_the_same(placed: PlacedScene) -> None:
    poses = {i: Pose(ROOM.width - p.y, p.x, p.z, (p.yaw or 0.0) + math.pi / 2) for i, p in placed.layout.poses}
    walls = {"south_wall": "east_wall", "east_wall": "north_wall", "north_wall": "west_wall", "west_wall": "south_wall"}
    other = with_names(placed, walls, Room.rectangle(ROOM.width, ROOM.length, ROOM.height), poses)
    assert list(scores(other).values()) == pytest.approx(list(scores(placed).values()), abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(arranged(), st.randoms(use_true_random=False))
def test_order_and_names_do_not_matter(placed: PlacedScene, random) -> None:
    objects = list(placed.scene.objects)
    random.shuffle(objects)
    other = Scene(ROOM, tuple(objects)).place(placed.layout)
    assert scores(other) == pytest.approx(scores(placed), abs=1e-12)
    names = {name: f"other_{99 - i}" for i, name in enumerate(placed.scene.ids)}
    renamed = with_names(placed, names, ROOM, dict(placed.layout.poses))
    assert list(scores(renamed).values()) == pytest.approx(list(scores(placed).values()), abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(st.integers(-1000, 1000), st.integers(-1000, 1000), st.sampled_from(ARRANGEMENTS), st.data())
def test_arrays_may_stand_anywhere(dx: int, dy: int, preposition: str, data: st.DataObject) -> None:
    numbers = st.integers(-300, 300).map(lambda v: v / 100)
    rows = [
        (data.draw(numbers), data.draw(numbers), data.draw(st.integers(1, 20)) / 10, 0.7, data.draw(numbers))
        for _ in range(4)
    ]
    shifted = [(x + dx, y + dy, *rest) for x, y, *rest in rows]
    a, b = (
        measure(given_[:3], [preposition] * 3, [given_[3]] * 3, groups=[0] * 3 if preposition == "around" else None)
        for given_ in (rows, shifted)
    )
    assert a.distances == pytest.approx(b.distances, abs=1e-9)


@settings(max_examples=80, deadline=None)
@given(st.sampled_from([ROOM, L_ROOM, SLANTED]).flatmap(arranged))
def test_what_is_told_mends(placed: PlacedScene) -> None:
    """Each move and turn alone meets its relation, but for rings, which must be made together."""
    states = relation_states(placed)
    for state in states:
        subject = state.relation.subject
        if state.is_met or state.relation.preposition == "around" or state.move is None:
            continue
        pose = placed.layout[subject]
        dx, dy, dz = state.move
        poses = dict(placed.layout.poses)
        poses[subject] = Pose(pose.x + dx, pose.y + dy, pose.z + dz, (pose.yaw or 0.0) + (state.turn or 0.0))
        mended = dict(zip(placed.scene.relations, relation_states(placed.scene.place(Layout.of(poses))), strict=True))
        assert mended[state.relation].is_met, state


# Played ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("yaw", ["fixed", "free"])
@pytest.mark.parametrize("preposition", ARRANGEMENTS)
def test_following_the_feedback_makes_a_layout_clean(preposition: str, yaw: str) -> None:
    room = Room.polygon([(0, 0), (6, 0), (6, 3), (5, 4), (0, 4)], 2.6)
    target = "wall_4" if preposition == "against wall" else "table_1"
    table = SceneObject("table_1", "table", (1.4, 0.8, 0.75), yaw=0.0)
    chairs = tuple(
        SceneObject(f"chair_{i}", "chair", (0.45, 0.5, 0.9), relations=(Relation(f"chair_{i}", preposition, target),))
        for i in range(2)
    )
    env = RoomLayoutEnv(tasks=[Scene(room, (table, *chairs))], renderer="blank", yaw=yaw, max_turns=8, feedback="moves")
    env.reset(seed=0)
    poses = {
        "table_1": Pose(2.6, 1.9, 0.375, 0.0),
        "chair_0": Pose(5.2, 0.6, 0.45, 2.0 if yaw == "free" else None),
        "chair_1": Pose(4.1, 2.9, 0.45, 0.4 if yaw == "free" else None),
    }
    from spatialenv.core.write import write_answer

    over = False
    while not over:
        _, _, terminated, truncated, info = env.step(write_answer(Layout.of(poses)))
        over = terminated or truncated
        for violation in info["violations"]:
            name = violation["objects"][0]
            dx, dy, dz = violation["move"] or (0.0, 0.0, 0.0)
            pose = poses[name]
            turned = None if pose.yaw is None else pose.yaw + math.radians(violation.get("turn") or 0.0)
            poses[name] = Pose(round(pose.x + dx, 4), round(pose.y + dy, 4), round(pose.z + dz, 4), turned)
    assert info["status"]["clean"], info["violations"]
