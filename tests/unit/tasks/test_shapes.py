"""Rooms of several shapes, with doors and windows that fit."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Polygon, box

from spatialenv.core.openings import opening_zones
from spatialenv.core.room import Opening, Room
from spatialenv.errors import UnknownNameError
from spatialenv.tasks.shapes import SHAPES, draw_floor, draw_openings, is_within

CORNERS = {"rectangle": {4}, "L": {6}, "T": {8}, "U": {8}, "slanted": {4, 5, 6}}
SIDES = st.integers(30, 90).map(lambda tenths: tenths / 10)


@given(st.sampled_from(SHAPES), SIDES, SIDES, st.integers(0, 2**32))
def test_a_floor_is_a_room_of_the_size_asked_for(shape: str, length: float, width: float, seed: int) -> None:
    floor = draw_floor(random.Random(seed), shape, length, width)
    room = Room(floor, 2.5)  # refuses what crosses itself, runs clockwise or does not start at the origin
    assert (room.length, room.width) == (length, width)
    assert len(floor) in CORNERS[shape]
    assert room.is_rectangle == (shape == "rectangle")
    assert floor[0] == min(floor, key=lambda corner: (corner[1], corner[0]))
    slants = [wall for wall in room.wall_lines if 1.0 not in map(abs, wall.inward)]
    assert bool(slants) == (shape == "slanted")
    assert 0.25 * length * width < room.area <= length * width + 1e-9
    # A person of 0.6 m fits into every part: shrinking the floor by 0.3 m leaves it in one piece.
    assert Polygon(floor).buffer(-0.3).geom_type == "Polygon"


@pytest.mark.parametrize("shape", SHAPES)
def test_every_way_round_is_drawn(shape: str) -> None:
    floors = {draw_floor(random.Random(seed), shape, 6.0, 6.0) for seed in range(60)}
    assert len(floors) == 1 if shape == "rectangle" else len(floors) > 20
    # Which corner of the square is left out differs.
    missing = {tuple(x in floor for x in ((0, 0), (6, 0), (6, 6), (0, 6))) for floor in floors}
    assert len(missing) >= {"rectangle": 1, "L": 4, "T": 4, "U": 1, "slanted": 8}[shape]


def test_an_unknown_shape_is_named() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'slanted'"):
        draw_floor(random.Random(0), "slantd", 4, 4)


@given(st.sampled_from(SHAPES), st.integers(0, 2), st.integers(0, 3), st.integers(0, 2**32))
@settings(max_examples=60)
def test_openings_fit_and_do_not_overlap(shape: str, doors: int, windows: int, seed: int) -> None:
    rng = random.Random(seed)
    room = Room(draw_floor(rng, shape, 6.0, 5.0), 2.7)
    opened = draw_openings(rng, room, doors, windows)
    if opened is None:
        return
    assert opened.floor == room.floor
    kinds = [opening.kind for opening in opened.openings]
    assert kinds == ["door"] * doors + ["window"] * windows
    for index, opening in enumerate(opened.openings):
        wall = opened.wall(opening.wall)
        assert 0.1 - 1e-9 <= opening.offset <= wall.length - opening.width - 0.1 + 1e-9
        for other in opened.openings[:index]:
            if other.wall == opening.wall:
                first, second = sorted((opening, other), key=lambda item: item.offset)
                assert second.offset - first.offset - first.width >= 0.1 - 1e-9
    floor = Polygon(opened.floor).buffer(1e-6)
    for zone, opening in zip(opening_zones(opened), opened.openings, strict=True):
        if opening.kind == "door":
            reach = opened.wall(opening.wall)
            near, far = opening.offset, opening.offset + opening.width
            deep = zone.size[1]
            square = [reach.point(near, 0), reach.point(far, 0), reach.point(far, deep), reach.point(near, deep)]
            assert floor.covers(Polygon(square)), "a door has room to open"


def test_openings_are_drawn_nearly_always_and_of_every_kind() -> None:
    room = Room.rectangle(4, 3, 2.7)
    drawn = [draw_openings(random.Random(seed), room, 1, 1) for seed in range(100)]
    assert sum(found is None for found in drawn) <= 2
    openings = [opening for found in drawn if found is not None for opening in found.openings]
    assert {opening.swing for opening in openings if opening.kind == "door"} == {"in", "out", "none"}
    assert {opening.wall for opening in openings} == set(room.walls)
    assert all(opening.sill == 0 for opening in openings if opening.kind == "door")
    assert all(opening.sill > 0 for opening in openings if opening.kind == "window")


def test_a_wall_without_space_gets_no_opening() -> None:
    full = Room.rectangle(0.8, 0.8, 2.5)
    assert draw_openings(random.Random(0), full, 1, 0) is None
    door = Opening("door", "south_wall", 0.1, 3.8, 2.0)
    taken = Room.rectangle(4, 0.5, 2.5, openings=(door,))
    drawn = draw_openings(random.Random(1), taken, 0, 1)
    assert drawn is None or drawn.openings[1].wall == "north_wall"


@given(
    st.sampled_from(SHAPES),
    st.integers(0, 1000),
    st.tuples(st.floats(-1, 6), st.floats(-1, 6), st.floats(0.1, 4), st.floats(0.1, 4)),
    st.floats(0, 360),
)
@settings(max_examples=300)
def test_within_agrees_with_shapely(
    shape: str, seed: int, place: tuple[float, float, float, float], degrees: float
) -> None:
    from shapely.affinity import rotate

    floor = draw_floor(random.Random(seed), shape, 6.0, 5.0)
    x, y, length, width = place
    footprint = rotate(box(x, y, x + length, y + width), degrees)
    outside = footprint.difference(Polygon(floor)).area
    corners = list(footprint.exterior.coords)[:-1]
    corners = corners if footprint.exterior.is_ccw else corners[::-1]
    if outside < 1e-9:
        assert is_within(corners, floor, slack=1e-6)
    elif outside > 1e-5:
        assert not is_within(corners, floor, slack=1e-7)
