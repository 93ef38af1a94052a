"""Zones of doors and windows, worked out by hand and by shapely, and the moves that free them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import Polygon

from spatialenv.core import geometry
from spatialenv.core.openings import PASSAGE, REACH, Zone, blocked_volumes, opening_zones
from spatialenv.core.placed import PlacedScene
from spatialenv.core.room import Opening, Room
from spatialenv.core.scene import Relation, Scene, SceneObject
from spatialenv.core.violations import find_violations, freeing_move, layout_status, mending_moves

DOOR = Opening("door", "south_wall", offset=1.0, width=0.9, height=2.0, swing="in")
WINDOW = Opening("window", "east_wall", offset=1.0, width=1.5, height=1.2, sill=0.9)
ROOM = Room.rectangle(6, 4, 3, openings=(DOOR, WINDOW))
HOUSE_FLOOR = [(0, 0), (6, 0), (6, 3), (3, 6), (0, 3)]


def thing(name: str, size: tuple[float, float, float], **more: object) -> SceneObject:
    return SceneObject(name, "thing", size, **more)  # type: ignore[arg-type]


def place(places: dict[str, tuple[float, ...]], *objects: SceneObject, room: Room = ROOM) -> PlacedScene:
    return Scene(room, objects).place(places)


def blocking(placed: PlacedScene) -> list[tuple[str, ...]]:
    return [wrong.objects for wrong in find_violations(placed) if wrong.kind == "blocked_opening"]


def test_zones_by_hand() -> None:
    door, window = opening_zones(ROOM)
    assert door == Zone("door_0", "door", (1.45, 0.45, 1.0), (0.9, 0.9, 2.0), 0.0)
    assert window == Zone("window_1", "window", (5.85, 1.75, 1.5), (1.5, REACH, 1.2), math.pi / 2)


@pytest.mark.parametrize(("swing", "depth"), [("in", 0.9), ("out", PASSAGE), ("none", PASSAGE)])
def test_a_door_needs_room_for_its_leaf_or_to_walk_through(swing: str, depth: float) -> None:
    door = Opening("door", "north_wall", offset=1.0, width=0.9, height=2.0, swing=swing)  # type: ignore[arg-type]
    (zone,) = opening_zones(Room.rectangle(6, 4, 3, openings=(door,)))
    assert zone.size == (0.9, depth, 2.0)
    # the north wall runs from east to west
    assert zone.center == pytest.approx((6 - 1.45, 4 - depth / 2, 1.0))


def test_a_zone_of_a_slanted_wall_lies_along_it() -> None:
    door = Opening("door", "wall_2", offset=1.0, width=1.0, height=2.0, swing="in")
    (zone,) = opening_zones(Room.polygon(HOUSE_FLOOR, 3, openings=(door,)))
    unit = math.sqrt(0.5)
    assert zone.center == pytest.approx((6 - 2 * unit, 3 + unit, 1.0))
    assert zone.yaw == pytest.approx(math.radians(135))


@pytest.mark.parametrize(
    ("item", "at", "volumes"),
    [
        (thing("box", (1, 1, 1)), (1.5, 0.5, 0.5), (0.9 * 0.9 * 1, 0)),
        (thing("box", (1, 1, 1)), (1.5, 1.4, 0.5), (0, 0)),
        (thing("box", (1, 1, 0.5)), (5.5, 1.5, 0.25), (0, 0)),  # below the sill
        (thing("box", (1, 1, 1)), (5.5, 1.5, 0.5), (0, 1 * 0.3 * 0.1)),
        (thing("rug", (1, 1, 0.02), is_rug=True), (1.5, 0.5, 0.01), (0, 0)),
        (thing("lamp", (1, 1, 0.5), on_floor=False), (1.5, 0.5, 2.25), (0, 0)),  # above the door
        (thing("curtain", (1.5, 0.1, 0.4), yaw=math.pi / 2, on_floor=False), (5.95, 1.75, 2.3), (0, 0)),
    ],
)
def test_what_blocks(item: SceneObject, at: tuple[float, ...], volumes: tuple[float, float]) -> None:
    placed = place({item.id: at}, item)
    assert blocked_volumes(placed)[0] == pytest.approx(volumes)
    names = [name for name, volume in zip(("door_0", "window_1"), volumes, strict=True) if volume]
    assert blocking(placed) == [(item.id, name) for name in names]


def test_no_openings_and_nothing_placed() -> None:
    assert blocked_volumes(place({"a": (1, 1, 0.5)}, thing("a", (1, 1, 1)), room=Room.rectangle(4, 3, 3))).shape == (
        1,
        0,
    )
    assert blocked_volumes(place({}, thing("a", (1, 1, 1)))).shape == (0, 2)


@given(
    st.integers(0, 4),
    st.floats(0.05, 1.9),
    st.sampled_from(("in", "out")),
    st.tuples(st.floats(0, 6), st.floats(0, 6), st.floats(0.4, 2.6), st.floats(-7, 7)),
)
def test_blocked_volumes_are_those_of_shapely(wall: int, offset: float, swing: str, at: tuple[float, ...]) -> None:
    door = Opening("door", f"wall_{wall}", offset, width=1.0, height=2.0, swing=swing)  # type: ignore[arg-type]
    room = Room.polygon(HOUSE_FLOOR, 3, openings=(door,))
    placed = place({"box": at}, thing("box", (1.4, 0.6, 0.8)), room=room)
    start, end = (np.array(corner) for corner in (room.floor[wall], room.floor[(wall + 1) % 5]))
    along = (end - start) / np.linalg.norm(end - start)
    inward, depth = np.array((-along[1], along[0])), 1.0 if swing == "in" else PASSAGE
    corners = [start + along * (offset + u) + inward * v for u, v in ((0, 0), (1, 0), (1, depth), (0, depth))]
    footprint = Polygon(geometry.footprints(placed.centers, placed.sizes, placed.yaws)[0])
    height = max(0.0, min(2.0, at[2] + 0.4) - (at[2] - 0.4))
    expected = footprint.intersection(Polygon(corners)).area * height
    assert blocked_volumes(placed)[0, 0] == pytest.approx(expected, abs=1e-9)


def test_a_violation_says_how_much_and_where_to_go() -> None:
    placed = place({"sofa": (1.45, 1.2, 0.4)}, thing("sofa", (1.8, 0.9, 0.8)))
    (wrong,) = find_violations(placed)
    assert (wrong.kind, wrong.objects, wrong.unit) == ("blocked_opening", ("sofa", "door_0"), "m3")
    assert wrong.amount == pytest.approx(0.9 * 0.15 * 0.8)
    assert wrong.text == "sofa blocks door_0 by 0.11 m3"
    assert wrong.move == pytest.approx((0, 0.15, 0))
    # papers share the meaning of valid and clean: doors are no part of it
    assert layout_status(placed, True).clean


def test_the_move_keeps_relations_that_are_met() -> None:
    sofa = thing("sofa", (1.8, 0.9, 0.8), yaw=0.0, relations=(Relation("sofa", "on", "south_wall"),))
    placed = place({"sofa": (2.0, 0.45, 0.4)}, sofa)
    (wrong,) = find_violations(placed)
    assert wrong.move == pytest.approx((0.8, 0, 0))  # not 0.9 m to the north, nor into the west wall


def test_the_move_keeps_clear_of_others_and_of_the_walls() -> None:
    wardrobe = thing("wardrobe", (1.0, 0.6, 2.0))
    placed = place({"box": (1.4, 0.4, 0.4), "wardrobe": (2.5, 0.3, 1.0)}, thing("box", (0.8, 0.8, 0.8)), wardrobe)
    assert freeing_move(placed, 0) == pytest.approx((-0.8, 0, 0))
    tall = place(
        {"box": (1.4, 0.4, 0.4), "wardrobe": (2.5, 0.3, 1.0), "shelf": (0.4, 0.4, 1.0)},
        thing("box", (0.8, 0.8, 0.8)),
        wardrobe,
        thing("shelf", (0.8, 0.8, 2.0)),
    )
    assert freeing_move(tall, 0) == pytest.approx((0, 0.9, 0))


def test_where_no_place_is_free_the_move_collides_and_where_none_is_there_is_none() -> None:
    narrow = Room.rectangle(2.0, 1.0, 2.5, openings=(Opening("door", "west_wall", 0.0, 1.0, 2.0, swing="none"),))
    box, chest = thing("box", (0.8, 0.8, 0.8)), thing("chest", (0.8, 0.8, 0.8))
    placed = place({"box": (0.5, 0.5, 0.4), "chest": (1.55, 0.5, 0.4)}, box, chest, room=narrow)
    assert freeing_move(placed, 0) == pytest.approx((0.5, 0, 0))
    bed = thing("bed", (1.8, 0.9, 0.5))
    placed = place({"bed": (1.0, 0.5, 0.25)}, bed, room=narrow)
    assert freeing_move(placed, 0) is None
    assert [(wrong.kind, wrong.move) for wrong in find_violations(placed)] == [("blocked_opening", None)]


def test_along_a_slanted_wall_the_move_slides_out_of_the_zone() -> None:
    door = Opening("door", "wall_2", offset=0.2, width=1.0, height=2.0, swing="in")
    room = Room.polygon(HOUSE_FLOOR, 3, openings=(door,))
    unit, yaw = math.sqrt(0.5), math.radians(135)
    shelf = thing("shelf", (1.0, 0.4, 1.8), yaw=yaw, relations=(Relation("shelf", "on", "wall_2"),))
    placed = place({"shelf": (6 - 1.7 * unit, 3 + 1.3 * unit, 0.9)}, shelf, room=room)
    (wrong,) = find_violations(placed)
    assert wrong.move == pytest.approx((-0.2 * unit, 0.2 * unit, 0), abs=2e-4)


def grid_oracle(placed: PlacedScene, row: int) -> float:
    """The length of the shortest move, in steps of 5 cm, that frees every zone and breaks nothing."""
    x, y, z = placed.centers[row]
    best = math.inf
    for u in np.arange(0, placed.room.length + 0.01, 0.05):
        for v in np.arange(0, placed.room.width + 0.01, 0.05):
            distance = abs(u - x) + abs(v - y)
            if distance >= best:
                continue
            poses = dict(placed.layout.poses) | {placed.ids[row]: (u, v, z)}
            if not blocking(moved := placed.scene.place(poses)) and layout_status(moved, True).valid:
                best = distance
    return best


@pytest.mark.parametrize("seed", range(4))
def test_no_place_is_nearer(seed: int) -> None:
    rng = np.random.default_rng(seed)
    room = Room.rectangle(
        3, 3, 2.5, (Opening("door", "south_wall", 1.0, 0.9, 2.0, swing="in"), Opening("door", "wall_3", 1, 1, 2))
    )
    chest = thing("chest", (0.7, 0.5, 0.5))
    placed = place(
        {"box": (*rng.uniform(0.6, 1.2, 2), 0.3), "chest": (1.9, 1.4, 0.25)},
        thing("box", (0.6, 0.6, 0.6)),
        chest,
        room=room,
    )
    if not blocking(placed) or not layout_status(placed, True).valid:
        pytest.skip("this draw blocks nothing, or collides")
    move = freeing_move(placed, 0)
    assert move is not None
    assert abs(move[0]) + abs(move[1]) <= grid_oracle(placed, 0) + 1e-9


@given(
    st.sampled_from(("wall_0", "wall_1", "wall_2", "wall_3", "wall_4")),
    st.floats(0.0, 1.9),
    st.tuples(st.floats(0.8, 5.2), st.floats(0.8, 3.2), st.floats(-7, 7)),
)
def test_in_a_free_room_the_move_mends_it(wall: str, offset: float, at: tuple[float, ...]) -> None:
    door = Opening("door", wall, offset, width=1.0, height=2.0, swing="in")
    room = Room.polygon(HOUSE_FLOOR, 3, openings=(door,))
    x, y, yaw = at
    item = thing("box", (1.0, 0.6, 0.8))
    placed = place({"box": (x, y, 0.4, yaw)}, item, room=room)
    wrong = find_violations(placed)
    if [one.kind for one in wrong] != ["blocked_opening"]:
        return
    assert wrong[0].move is not None
    dx, dy, _ = wrong[0].move
    assert find_violations(placed.scene.place({"box": (x + dx, y + dy, 0.4, yaw)})) == ()


def test_two_that_block_are_told_places_that_do_not_meet() -> None:
    corridor = Room.rectangle(3, 0.6, 2.5, openings=(Opening("door", "west_wall", 0.0, 0.6, 2.0),))
    box = (0.3, 0.6, 0.5)
    places: dict[str, tuple[float, ...]] = {"a": (0.2, 0.3, 0.25), "b": (0.55, 0.3, 0.25)}
    placed = place(places, thing("a", box), thing("b", box), room=corridor)
    moves = {wrong.objects: wrong.move for wrong in find_violations(placed)}
    assert moves[("a", "door_0")] == pytest.approx((0.65, 0, 0))  # past b, as it stands
    assert moves[("b", "door_0")] == pytest.approx((0.6, 0, 0))  # past a, as it will stand


def test_moves_out_of_a_collision_keep_clear_of_doors() -> None:
    chest, box = thing("chest", (1.0, 1.2, 0.5)), thing("box", (0.5, 0.5, 0.5))
    places: dict[str, tuple[float, ...]] = {"chest": (1.1, 0.6, 0.25), "box": (0.9, 0.6, 0.25)}
    closed = Room.rectangle(3, 1.2, 2.5)
    door = Room.rectangle(3, 1.2, 2.5, openings=(Opening("door", "west_wall", 0.0, 1.2, 2.0, swing="none"),))
    assert mending_moves(place(places, chest, box, room=closed))["box"] == pytest.approx((-0.55, 0, 0))
    assert mending_moves(place(places, chest, box, room=door))["box"] == pytest.approx((0.95, 0, 0))
    short = Room.rectangle(1.9, 1.2, 2.5, openings=door.openings)  # there is no other place
    assert mending_moves(place(places, chest, box, room=short))["box"] == pytest.approx((-0.55, 0, 0))


def test_the_move_of_a_relation_keeps_clear_of_doors() -> None:
    shelf = thing("shelf", (1.0, 0.4, 1.8), yaw=0.0, relations=(Relation("shelf", "on", "south_wall"),))
    placed = place({"shelf": (1.3, 1.5, 0.9)}, shelf)
    (wrong,) = find_violations(placed)
    assert (wrong.kind, wrong.amount) == ("relation", pytest.approx(1.3))
    assert wrong.move == pytest.approx((-0.8, -1.3, 0.0))  # west of the door, which spans x 1.0 to 1.9
    far = place({"shelf": (4.0, 1.5, 0.9)}, shelf)
    assert find_violations(far)[0].move == pytest.approx((0.0, -1.3, 0.0))
    all_door = Room.rectangle(3, 4, 3, openings=(Opening("door", "south_wall", 0.5, 2.0, 2.0),))
    only = place({"shelf": (1.3, 1.5, 0.9)}, shelf, room=all_door)
    assert find_violations(only)[0].move == pytest.approx((0.0, -1.3, 0.0))  # there is no better place
