"""Relations to the walls of floors that are no rectangles, against rectangles that say the same and against shapely."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import LineString, Polygon

from spatialenv.core import geometry
from spatialenv.core.relations import TOLERANCE, Region, feasible_regions, relation_batch, relation_states
from spatialenv.core.room import WALLS, Room
from spatialenv.core.scene import REGION_PREPOSITIONS, Relation, Scene, SceneObject

L_SHAPE = Room.polygon([(0, 0), (5, 0), (5, 2), (2, 2), (2, 4), (0, 4)], 3)
"""The walls wall_2 and wall_3 meet at the inner corner (2, 2)."""

HOUSE = Room.polygon([(0, 0), (6, 0), (6, 3), (3, 6), (0, 3)], 3)
"""The walls wall_2 and wall_3 are slanted by 45 degrees and meet at a right angle."""

WEDGE = Room.polygon([(0, 0), (6, 0), (6, 6)], 3)
"""Two corners of 45 degrees."""

CLEAR = 3e-4
"""Regions at slanted walls keep a tenth of a millimetre clear of each of two walls."""

Place = tuple[float, ...]


def scene_of(room: Room, preposition: str, wall: str, adjacent: bool = True, on_floor: bool = True) -> Scene:
    relation = Relation("box_1", preposition, wall, adjacent)
    box = SceneObject("box_1", "box", (1.0, 0.5, 0.8), 0.0, on_floor=on_floor, relations=(relation,))
    return Scene(room, (box,))


def regions(room: Room, preposition: str, wall: str, yaw: float = 0.0) -> tuple[Region, ...]:
    scene = scene_of(room, preposition, wall)
    return feasible_regions(scene.place({"box_1": (1, 1, 0.4, yaw)}), scene.relations[0])


def footprint(place: Place, yaw: float) -> Polygon:
    return Polygon(geometry.footprints(np.array(place), np.array((1.0, 0.5, 0.8)), yaw))


def test_walls_along_the_axes_keep_regions_along_the_axes() -> None:
    (along,) = regions(L_SHAPE, "on", "wall_2")  # from (5, 2) to (2, 2), seen from the south
    assert (along.low, along.high, along.yaw) == ((2.5, 1.75, 0.4), (4.5, 1.75, 0.4), 0.0)
    (beside,) = regions(L_SHAPE, "on", "wall_3")  # from (2, 2) to (2, 4), seen from the west
    assert (beside.low, beside.high, beside.yaw) == ((1.5, 2.25, 0.4), (1.5, 3.75, 0.4), 0.0)


def test_a_slanted_wall_has_a_region_along_it() -> None:
    (region,) = regions(HOUSE, "on", "wall_2", yaw=math.radians(135))  # from (6, 3) to (3, 6); its back to the wall
    assert region.yaw == pytest.approx(math.radians(135))
    # 0.5 m from the ends, 0.25 m from the wall
    unit = math.sqrt(0.5)
    assert region.to_room(region.low) == pytest.approx((6 - 0.75 * unit, 3 + 0.25 * unit, 0.4), abs=CLEAR)
    assert region.to_room(region.high) == pytest.approx((3 + 0.25 * unit, 6 - 0.75 * unit, 0.4), abs=CLEAR)
    assert region.to_region(region.to_room(region.high)) == pytest.approx(region.high)
    middle = 4.5 - 0.25 * unit
    assert region.nearest((0.0, 0.0, 0.0)) == pytest.approx((middle, middle, 0.4), abs=CLEAR)


def test_a_turned_box_touches_with_a_corner() -> None:
    (region,) = regions(HOUSE, "on", "wall_2", yaw=0.0)
    reach = 0.75 * math.sqrt(0.5)
    for end in (region.low, region.high):
        x, y, _ = region.to_room(end)
        assert (9 - x - y) * math.sqrt(0.5) == pytest.approx(reach, abs=CLEAR)


def test_a_sharp_corner_keeps_its_distance() -> None:
    (region,) = regions(WEDGE, "on", "wall_0")  # the box's upper left corner meets the slanted wall at (0.5, 0.5)
    assert region.low == pytest.approx((1.0, 0.25, 0.4), abs=CLEAR)
    assert region.high == pytest.approx((5.5, 0.25, 0.4))
    assert [one.low for one in regions(WEDGE, "in the corner", "wall_0")] == [
        pytest.approx((1.0, 0.25, 0.4), abs=CLEAR),
        pytest.approx((5.5, 0.25, 0.4)),
    ]


def test_only_ends_with_a_corner_are_corners() -> None:
    (corner,) = regions(L_SHAPE, "in the corner", "wall_2")
    assert corner.low == corner.high == (4.5, 1.75, 0.4)
    (corner,) = regions(L_SHAPE, "in the corner", "wall_3")
    assert corner.low == corner.high == (1.5, 3.75, 0.4)
    assert len(regions(L_SHAPE, "in the corner", "wall_0")) == 2
    bay = Room.polygon([(0, 0), (2, 0), (2, -1), (6, -1), (6, 3), (0, 3)], 3)
    notch = Room.polygon([(0, 0), (6, 0), (6, 4), (4, 4), (4, 2), (2, 2), (2, 4), (0, 4)], 3)
    assert len(regions(bay, "in the corner", "wall_3")) == 2
    assert len(regions(notch, "in the corner", "wall_4")) == 2  # neither end is one, so that both count


def test_a_wall_too_short_for_the_subject_keeps_it_to_its_middle() -> None:
    room = Room.polygon([(0, 0), (6, 0), (6, 4), (3.2, 4), (3.2, 3.5), (0, 3.5)], 3)
    (region,) = regions(room, "on", "wall_3")
    assert region.low == region.high == pytest.approx((3.7, 3.75, 0.4))


def test_names_by_number_are_known_on_a_rectangle_too() -> None:
    room = Room.rectangle(6, 4, 3)
    assert regions(room, "on", "wall_2") == regions(room, "on", "north_wall")


def turned(room: Room, angle: float) -> tuple[Room, np.ndarray]:
    """Return the room turned about z, and where its origin went."""
    c, s = math.cos(angle), math.sin(angle)
    corners = np.array(room.floor) @ np.array([[c, s], [-s, c]])
    return Room.polygon(corners.tolist(), room.height), -corners.min(axis=0)


@given(
    preposition=st.sampled_from(REGION_PREPOSITIONS),
    wall=st.integers(0, 3),
    adjacent=st.booleans(),
    on_floor=st.booleans(),
    place=st.tuples(st.floats(-1, 7), st.floats(-1, 5), st.floats(0, 3)),
    quarter=st.integers(0, 3),
    angle=st.floats(0.01, 1.5),
)
def test_turning_a_rectangle_with_all_in_it_changes_no_distance(
    preposition: str, wall: int, adjacent: bool, on_floor: bool, place: Place, quarter: int, angle: float
) -> None:
    straight = Room.rectangle(6, 4, 3)
    slanted, origin = turned(straight, angle)
    yaw = quarter * math.pi / 2
    (a,) = relation_states(
        scene_of(straight, preposition, WALLS[wall], adjacent, on_floor).place({"box_1": (*place, yaw)})
    )
    c, s = math.cos(angle), math.sin(angle)
    x, y = c * place[0] - s * place[1] + origin[0], s * place[0] + c * place[1] + origin[1]
    moved = {"box_1": (x, y, place[2], yaw + angle)}
    (b,) = relation_states(scene_of(slanted, preposition, f"wall_{wall}", adjacent, on_floor).place(moved))
    assert b.distance == pytest.approx(a.distance, abs=CLEAR)
    assert b.score == pytest.approx(a.score, abs=CLEAR)


@given(
    preposition=st.sampled_from(REGION_PREPOSITIONS),
    wall=st.sampled_from((("wall_2", "east_wall"), ("wall_3", "north_wall"), ("wall_4", "west_wall"))),
    adjacent=st.booleans(),
    place=st.tuples(st.floats(-1, 7), st.floats(-1, 5), st.floats(0, 3), st.floats(-7, 7)),
)
def test_a_corner_on_a_straight_wall_changes_nothing_for_the_other_walls(
    preposition: str, wall: tuple[str, str], adjacent: bool, place: Place
) -> None:
    rectangle = Room.rectangle(6, 4, 3)
    same = Room(((0, 0), (2, 0), (6, 0), (6, 4), (0, 4)), 3)
    (a,) = relation_states(scene_of(same, preposition, wall[0], adjacent).place({"box_1": place}))
    (b,) = relation_states(scene_of(rectangle, preposition, wall[1], adjacent).place({"box_1": place}))
    assert a.distance == pytest.approx(b.distance, abs=2e-6)  # yaws this near to a quarter turn count as one
    assert a.move == pytest.approx(b.move, abs=4e-4)  # in whole steps over a floor that is no rectangle


def convex_rooms() -> st.SearchStrategy[Room]:
    """Corners on an ellipse, so that rooms are convex; angles far enough apart for walls of some length."""
    angles = st.lists(st.integers(0, 17), min_size=3, max_size=8, unique=True).filter(
        lambda steps: max(np.diff([*sorted(steps), min(steps) + 18])) <= 8
    )
    return st.builds(
        lambda steps, wide: Room.polygon(
            [
                (round(6 * wide * math.cos(k * math.pi / 9), 2), round(6 * math.sin(k * math.pi / 9), 2))
                for k in sorted(steps)
            ],
            3,
        ),
        angles,
        st.floats(1, 1.5),
    )


@given(convex_rooms(), st.data(), st.floats(-7, 7))
def test_both_ends_of_a_region_touch_the_wall_and_stay_in_the_room(room: Room, data: st.DataObject, yaw: float) -> None:
    wall = data.draw(st.sampled_from(room.wall_lines))
    (region,) = regions(room, "on", wall.name, yaw)
    floor, line = Polygon(room.floor).buffer(1e-9), LineString([wall.start, wall.end])
    is_long_enough = math.dist(region.low, region.high) > 1e-9
    for end in (region.low, region.high):
        box = footprint(region.to_room(end), yaw)
        assert box.distance(line) < CLEAR
        x, y, z = region.to_room(end)
        told = footprint((round(x, 4), round(y, 4), z), yaw)
        assert all((x - wall.start[0]) * wall.inward[0] + (y - wall.start[1]) * wall.inward[1] > -1e-9
                   for x, y in box.exterior.coords)  # fmt: skip
        if is_long_enough:
            assert floor.covers(box)
            assert told.difference(Polygon(room.floor)).area < 1e-6


@given(
    room=st.sampled_from((L_SHAPE, HOUSE, WEDGE)) | convex_rooms(),
    data=st.data(),
    preposition=st.sampled_from(REGION_PREPOSITIONS),
    adjacent=st.booleans(),
    on_floor=st.booleans(),
    place=st.tuples(st.floats(-2, 9), st.floats(-2, 9), st.floats(0, 3), st.floats(-7, 7)),
)
def test_following_the_move_meets_the_relation(
    room: Room, data: st.DataObject, preposition: str, adjacent: bool, on_floor: bool, place: Place
) -> None:
    scene = scene_of(room, preposition, data.draw(st.sampled_from(room.elements)), adjacent, on_floor)
    (state,) = relation_states(scene.place({"box_1": place}))
    assert 0 <= state.score <= 1
    assert state.is_met == (state.distance <= TOLERANCE + 1e-9)
    nearest = min(
        (
            region.nearest((place[0], place[1], place[2]))
            for region in feasible_regions(scene.place({"box_1": place}), scene.relations[0])
        ),
        key=lambda point: math.dist(point, place[:3]),
    )
    assert state.distance == pytest.approx(math.dist(nearest, place[:3]), abs=1e-9)
    floor = Polygon(room.floor).buffer(1e-9)
    if state.move is None:
        assert not floor.covers(footprint(nearest, place[3]))
        return
    there = tuple(a + b for a, b in zip(place[:3], state.move, strict=True))
    (mended,) = relation_states(scene.place({"box_1": (*there, place[3])}))
    assert mended.is_met
    assert np.linalg.norm(state.move) > state.distance - 1e-3
    if not state.is_met:
        assert footprint(there, place[3]).difference(floor).area < 1e-6
        if floor.covers(footprint(nearest, place[3])):
            assert np.linalg.norm(state.move) < state.distance + 1e-3


def test_the_move_of_a_relation_stays_on_the_floor() -> None:
    # right of the table, the region reaches from (3.5, 0.5) to (3.5, 3.5), but the floor ends at y = 2
    table = SceneObject("table_1", "table", (2.0, 3.5, 0.7), 0.0)
    relation = Relation("box_1", "right of", "table_1")
    box = SceneObject("box_1", "box", (1.0, 0.5, 0.8), 0.0, relations=(relation,))
    scene = Scene(Room.polygon([(0, 0), (5, 0), (5, 2), (3, 2), (3, 4), (0, 4)], 3), (table, box))
    (state,) = relation_states(scene.place({"table_1": (2.0, 2.0, 0.35), "box_1": (3.5, 3.0, 0.4)}))
    assert (state.distance, state.is_met) == (0.0, True)  # that is what `out_of_room` is for
    (state,) = relation_states(scene.place({"table_1": (2.0, 2.0, 0.35), "box_1": (2.5, 3.5, 0.4)}))
    assert state.distance == pytest.approx(1.0)
    assert state.move == pytest.approx((1.0, -1.75, 0.0))
    # in front of a table at the north wall there is no place at all
    behind = Relation("box_1", "in front", "table_1")
    scene = Scene(scene.room, (table, SceneObject("box_1", "box", (1.0, 0.5, 0.8), 0.0, relations=(behind,))))
    (state,) = relation_states(scene.place({"table_1": (3.9, 1.5, 0.35), "box_1": (1.0, 1.0, 0.4)}))
    assert state.move is None


@given(
    preposition=st.sampled_from(("on", "in front", "in the corner", "above", "under")),
    wall=st.integers(0, 4),
    place=st.tuples(st.floats(0, 6), st.floats(0, 6), st.floats(-3, 3)),
)
def test_a_mirrored_room_has_mirrored_distances(preposition: str, wall: int, place: Place) -> None:
    x, y, yaw = place
    lopsided = Room.polygon([(0, 0), (6, 0), (6, 3), (4, 5), (0, 2)], 3)
    mirrored = Room.polygon([(-a, b) for a, b in lopsided.floor], 3)
    twin = next(
        other.name
        for other in mirrored.wall_lines
        if {(round(6 - a, 9), b) for a, b in (other.start, other.end)}
        == {lopsided.wall_lines[wall].start, lopsided.wall_lines[wall].end}
    )
    (a,) = relation_states(scene_of(lopsided, preposition, f"wall_{wall}").place({"box_1": (x, y, 0.4, yaw)}))
    (b,) = relation_states(scene_of(mirrored, preposition, twin).place({"box_1": (6 - x, y, 0.4, -yaw)}))
    assert a.distance == pytest.approx(b.distance, abs=1e-9)


def test_rooms_of_different_floors_are_scored_together() -> None:
    rng = np.random.default_rng(0)
    placed = []
    for room in (Room.rectangle(5, 4, 3), L_SHAPE, WEDGE, HOUSE):
        relations = tuple(
            Relation("box_1", preposition, target) for preposition in REGION_PREPOSITIONS for target in room.elements
        )
        box = SceneObject("box_1", "box", (1.0, 0.5, 0.8), on_floor=False, relations=relations)
        placed.append(Scene(room, (box,)).place({"box_1": (*rng.uniform(0, 3, 3), rng.uniform(-3, 3))}))
    batch = relation_batch(placed)
    singles = [state for scene in placed for state in relation_states(scene)]
    np.testing.assert_array_equal(batch.distances, [state.distance for state in singles])
    together = np.linalg.norm(batch.moves, axis=1)
    np.testing.assert_allclose(together, [state.distance for state in singles], atol=1e-12)
