"""Regions, distances and moves of relations, worked out by hand in a 6 x 4 x 3 m room."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialenv.core.relations import SCALE, TOLERANCE, feasible_regions, relation_batch, relation_states
from spatialenv.core.room import ELEMENTS, Room
from spatialenv.core.scene import REGION_PREPOSITIONS, Relation, Scene, SceneObject

ROOM = Room.rectangle(6, 4, 3)
TABLE = SceneObject(id="table_1", category="table", size=(2.0, 1.0, 0.8), yaw=0.0)
LAMP = SceneObject(id="lamp_1", category="lamp", size=(0.4, 0.2, 0.6), yaw=0.0, on_floor=False)
CHAIR = SceneObject(id="chair_1", category="chair", size=(0.6, 0.5, 1.0), yaw=0.0)
RUG = SceneObject(id="rug_1", category="rug", size=(3.0, 2.0, 0.02), yaw=0.0, is_rug=True)
SCENE = Scene(room=ROOM, objects=(TABLE, LAMP, CHAIR, RUG))
TABLE_AT = {"table_1": (3.0, 2.0, 0.4)}


def region_of(subject: str, preposition: str, target: str, *, adjacent: bool = True, at=TABLE_AT):
    regions = feasible_regions(SCENE.place(at), Relation(subject, preposition, target, adjacent))
    assert len(regions) == 1
    return regions[0]


@pytest.mark.parametrize(
    ("subject", "preposition", "target", "low", "high"),
    [
        # lamp 0.4 x 0.2 x 0.6 on the 2 x 1 table whose top is at 0.8
        ("lamp_1", "on", "table_1", (2.2, 1.6, 1.1), (3.8, 2.4, 1.1)),
        # a chair that stands on the floor and is said to be "on" a table still goes on its top
        ("chair_1", "on", "table_1", (2.3, 1.75, 1.3), (3.7, 2.25, 1.3)),
        ("chair_1", "on", "middle of the room", (0.3, 0.25, 0.5), (5.7, 3.75, 0.5)),
        ("lamp_1", "on", "ceiling", (0.2, 0.1, 2.7), (5.8, 3.9, 2.7)),
        ("chair_1", "on", "south_wall", (0.3, 0.25, 0.5), (5.7, 0.25, 0.5)),
        ("chair_1", "on", "north_wall", (0.3, 3.75, 0.5), (5.7, 3.75, 0.5)),
        ("chair_1", "on", "west_wall", (0.3, 0.25, 0.5), (0.3, 3.75, 0.5)),
        ("lamp_1", "on", "east_wall", (5.8, 0.1, 0.3), (5.8, 3.9, 2.7)),
        # the table's front looks north; the chair is narrower, so it must be wholly beside it
        ("chair_1", "in front", "table_1", (2.3, 2.75, 0.5), (3.7, 2.75, 0.5)),
        ("chair_1", "behind", "table_1", (2.3, 1.25, 0.5), (3.7, 1.25, 0.5)),
        ("chair_1", "left of", "table_1", (1.7, 1.75, 0.5), (1.7, 2.25, 0.5)),
        ("chair_1", "right of", "table_1", (4.3, 1.75, 0.5), (4.3, 2.25, 0.5)),
        # half of the lamp's footprint over the table, from its top to the ceiling
        ("lamp_1", "above", "table_1", (2.0, 1.5, 1.1), (4.0, 2.5, 2.7)),
        ("rug_1", "under", "table_1", (1.5, 1.0, 0.01), (4.5, 3.0, 0.01)),
        ("chair_1", "in front", "west_wall", (0.3, 0.25, 0.5), (0.3, 3.75, 0.5)),
    ],
)
def test_region(subject, preposition, target, low, high) -> None:
    region = region_of(subject, preposition, target)
    assert region.low == pytest.approx(low)
    assert region.high == pytest.approx(high)
    assert region.is_reachable


def test_sides_turn_with_the_target() -> None:
    # yaw 90 degrees: the front looks west; the table is now 1 m along x and 2 m along y
    at = {"table_1": (3.0, 2.0, 0.4, math.pi / 2)}
    front = region_of("chair_1", "in front", "table_1", at=at)
    assert front.low == pytest.approx((2.2, 1.25, 0.5))
    assert front.high == pytest.approx((2.2, 2.75, 0.5))
    left = region_of("chair_1", "left of", "table_1", at=at)  # left of one who looks west is south
    assert left.low == pytest.approx((2.8, 0.75, 0.5))
    assert left.high == pytest.approx((3.2, 0.75, 0.5))


def test_a_target_at_an_odd_angle_uses_its_nearest_quarter_turn_and_the_turned_extents() -> None:
    yaw = math.radians(30)
    front = region_of("chair_1", "in front", "table_1", at={"table_1": (3.0, 1.5, 0.4, yaw)})
    depth = 2 * math.sin(yaw) + 1 * math.cos(yaw)
    assert front.low[1] == pytest.approx(1.5 + depth / 2 + 0.25)


def test_not_adjacent_reaches_from_touching_to_the_wall() -> None:
    region = region_of("chair_1", "in front", "table_1", adjacent=False)
    assert region.low == pytest.approx((2.0, 2.75, 0.5))
    assert region.high == pytest.approx((4.0, 3.75, 0.5))


def test_corner_of_a_wall_is_either_end_of_it() -> None:
    regions = feasible_regions(SCENE.place({}), Relation("chair_1", "in the corner", "south_wall"))
    assert [region.low for region in regions] == [pytest.approx((0.3, 0.25, 0.5)), pytest.approx((5.7, 0.25, 0.5))]
    assert all(region.low == region.high for region in regions)


def test_corner_of_an_object_is_any_of_the_four_on_its_top() -> None:
    regions = feasible_regions(SCENE.place(TABLE_AT), Relation("lamp_1", "in the corner", "table_1"))
    assert sorted(region.low for region in regions) == [
        pytest.approx(corner) for corner in [(2.2, 1.6, 1.1), (2.2, 2.4, 1.1), (3.8, 1.6, 1.1), (3.8, 2.4, 1.1)]
    ]


def test_a_larger_subject_covers_its_target_and_keeps_its_centre_over_it() -> None:
    scene = Scene(
        room=ROOM,
        objects=(
            SceneObject(id="stool_1", category="stool", size=(0.4, 0.4, 0.5), yaw=0.0),
            SceneObject(id="tray_1", category="tray", size=(0.6, 2.0, 0.1), yaw=0.0, on_floor=False),
        ),
    )
    region = feasible_regions(scene.place({"stool_1": (3, 2, 0.25)}), Relation("tray_1", "on", "stool_1"))[0]
    assert region.low == pytest.approx((2.9, 1.8, 0.55))
    assert region.high == pytest.approx((3.1, 2.2, 0.55))


def test_standing_on_a_rug_may_be_counted_from_the_floor_or_from_the_rug() -> None:
    region = region_of("chair_1", "on", "rug_1", at={"rug_1": (3, 2, 0.01)})
    assert (region.low[2], region.high[2]) == pytest.approx((0.5, 0.52))


def test_no_room_beside_the_target_is_not_reachable() -> None:
    scene = Scene(
        room=ROOM,
        objects=(TABLE, SceneObject("chair_1", "chair", (0.6, 0.5, 1.0), 0.0, relations=(FRONT,))),
    )
    placed = scene.place({"table_1": (3, 3.4, 0.4), "chair_1": (3, 3.75, 0.5)})  # 0.1 m left, the chair needs 0.5
    region = feasible_regions(placed, FRONT)[0]
    assert not region.is_reachable
    assert region.low[1] == pytest.approx(4.15)
    state = relation_states(placed)[0]
    assert not state.is_met
    assert state.distance == pytest.approx(0.4)
    assert state.move is None


FRONT = Relation("chair_1", "in front", "table_1")


def chair_state(x: float, y: float, z: float = 0.5):
    scene = Scene(room=ROOM, objects=(TABLE, SceneObject("chair_1", "chair", (0.6, 0.5, 1.0), 0.0, relations=(FRONT,))))
    return relation_states(scene.place({**TABLE_AT, "chair_1": (x, y, z)}))[0]


def test_tolerance_is_one_centimetre() -> None:
    assert chair_state(3, 2.75).score == 1
    assert chair_state(3, 2.75 + TOLERANCE).is_met
    assert chair_state(3, 2.75 + TOLERANCE).score == pytest.approx(1)
    assert not chair_state(3, 2.75 + 1.1 * TOLERANCE).is_met


def test_score_falls_linearly_to_zero_at_the_scale() -> None:
    halfway = TOLERANCE + (SCALE - TOLERANCE) / 2
    assert chair_state(3, 2.75 + halfway).score == pytest.approx(0.5)
    assert chair_state(3, 2.75 + SCALE).score == pytest.approx(0)
    assert chair_state(3, 2.75 + 2 * SCALE).score == 0


def test_distance_and_move_lead_to_the_nearest_point() -> None:
    state = chair_state(4.0, 3.15)  # the region is x in [2.3, 3.7], y = 2.75
    assert state.move == pytest.approx((-0.3, -0.4, 0))
    assert state.distance == pytest.approx(0.5)


@pytest.mark.parametrize("left_out", ["table_1", "chair_1"])
def test_not_placed_is_infinitely_far(left_out: str) -> None:
    scene = Scene(room=ROOM, objects=(TABLE, SceneObject("chair_1", "chair", (0.6, 0.5, 1.0), 0.0, relations=(FRONT,))))
    poses = {**TABLE_AT, "chair_1": (3.0, 2.75, 0.5)}
    del poses[left_out]
    state = relation_states(scene.place(poses))[0]
    assert (state.is_met, state.distance, state.score, state.move) == (False, math.inf, 0.0, None)


def test_no_region_without_the_target_and_one_without_the_subject() -> None:
    assert feasible_regions(SCENE.place({}), FRONT) == ()
    assert len(feasible_regions(SCENE.place(TABLE_AT), FRONT)) == 1


def test_no_relations() -> None:
    assert relation_states(SCENE.place(TABLE_AT)) == ()
    assert len(relation_batch([]).scores) == 0


@settings(max_examples=150, deadline=None)
@given(
    preposition=st.sampled_from(REGION_PREPOSITIONS),
    target=st.sampled_from(("table_1", "rug_1", *ELEMENTS)),
    adjacent=st.booleans(),
    on_floor=st.booleans(),
    place=st.tuples(st.floats(-2, 8), st.floats(-2, 6), st.floats(0, 3)),
    table=st.tuples(st.floats(0, 6), st.floats(0, 4), st.floats(-7, 7)),
    yaw=st.floats(-7, 7),
)
def test_following_the_move_meets_the_relation(preposition, target, adjacent, on_floor, place, table, yaw) -> None:
    relation = Relation("lamp_1", preposition, target, adjacent)
    lamp = SceneObject("lamp_1", "lamp", (0.4, 0.2, 0.6), 0.0, on_floor=on_floor, relations=(relation,))
    scene = Scene(room=ROOM, objects=(lamp, TABLE, RUG))
    others = {"table_1": (table[0], table[1], 0.4, table[2]), "rug_1": (3.0, 2.0, 0.01)}
    state = relation_states(scene.place({"lamp_1": (*place, yaw), **others}))[0]
    assert 0 <= state.score <= 1
    assert state.is_met == (state.distance <= TOLERANCE + 1e-9)
    if state.move is None:
        return
    assert np.linalg.norm(state.move) == pytest.approx(state.distance, abs=1e-12)
    there = tuple(a + b for a, b in zip(place, state.move, strict=True))
    mended = relation_states(scene.place({"lamp_1": (*there, yaw), **others}))[0]
    assert mended.is_met
    assert mended.score == 1


def test_batch_equals_singles() -> None:
    rng = np.random.default_rng(0)
    scenes = []
    for n in (1, 4, 2):
        relations = tuple(
            Relation("lamp_1", REGION_PREPOSITIONS[rng.integers(8)], ("table_1", *ELEMENTS)[rng.integers(7)])
            for _ in range(n)
        )
        lamp = SceneObject("lamp_1", "lamp", (0.4, 0.2, 0.6), 0.0, on_floor=False, relations=relations)
        scene = Scene(room=Room.rectangle(*rng.uniform(3, 8, 2), 3), objects=(TABLE, lamp))
        poses = {name: tuple(rng.uniform(0, 3, 3)) for name in ("table_1", "lamp_1")}
        if n == 2:
            del poses["table_1"]
        scenes.append(scene.place(poses))
    batch = relation_batch(scenes)
    singles = [state for scene in scenes for state in relation_states(scene)]
    assert batch.rows.tolist() == [0, 1, 1, 1, 1, 2, 2]
    assert set(batch.subjects.tolist()) == {1}
    np.testing.assert_array_equal(batch.distances, [state.distance for state in singles])
    np.testing.assert_array_equal(batch.scores, [state.score for state in singles])
