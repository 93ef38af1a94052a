"""Things that hang on the walls of floors that are no rectangles."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatialenv.core.room import WALLS, Room
from spatialenv.core.scene import Relation, Scene, SceneObject
from spatialenv.core.support import SupportState, support_states
from spatialenv.core.violations import find_violations

HOUSE = Room.polygon([(0, 0), (6, 0), (6, 3), (3, 6), (0, 3)], 3)
L_SHAPE = Room.polygon([(0, 0), (5, 0), (5, 2), (2, 2), (2, 4), (0, 4)], 3)
UNIT = math.sqrt(0.5)


def hung(room: Room, wall: str) -> Scene:
    picture = SceneObject(
        "picture_1", "picture", (0.8, 0.1, 0.6), on_floor=False, relations=(Relation("picture_1", "on", wall),)
    )
    return Scene(room, (picture,))


def state(room: Room, wall: str, place: tuple[float, ...]) -> SupportState:
    return support_states(hung(room, wall).place({"picture_1": place}))[0]


def at(depth: float, along: float = 2.0) -> tuple[float, ...]:
    """A place by wall_2 of the house, from (6, 3) to (3, 6), with the back to it."""
    return (6 - (along + depth) * UNIT, 3 + (along - depth) * UNIT, 1.5, math.radians(135))


def test_flush_with_a_slanted_wall_hangs() -> None:
    found = state(HOUSE, "wall_2", at(0.05))
    assert (found.score, found.is_supported, found.surface, found.move) == (1.0, True, "wall_2", None)
    assert found.gap == pytest.approx(0.0, abs=1e-9)


def test_a_gap_and_its_move_are_across_the_wall() -> None:
    found = state(HOUSE, "wall_2", at(0.305))
    assert found.gap == pytest.approx(0.255)
    assert found.score == pytest.approx(0.5)
    assert found.move == pytest.approx((0.255 * UNIT, 0.255 * UNIT, 0.0))
    assert state(HOUSE, "wall_2", at(0.0)).gap == pytest.approx(-0.05)


def test_a_turned_picture_touches_with_its_edge() -> None:
    x, y, z, yaw = at(0.0)
    reach = (0.8 + 0.1) / 2 * UNIT
    found = state(HOUSE, "wall_2", (x - reach * UNIT, y - reach * UNIT, z, yaw + math.radians(45)))
    assert found.gap == pytest.approx(0.0, abs=1e-9)


def test_a_wall_ends_where_the_floor_turns_inwards() -> None:
    # wall_3 runs from (2, 2) to (2, 4); below it the room goes on
    assert state(L_SHAPE, "wall_3", (1.95, 3.0, 1.5, math.pi / 2)).is_supported
    found = state(L_SHAPE, "wall_3", (1.95, 1.88, 1.5, math.pi / 2))
    assert found.overhang == pytest.approx(0.12)
    assert found.score == pytest.approx(1 - 0.11 / 0.24)
    assert found.move == pytest.approx((0.0, 0.12, 0.0))
    placed = hung(L_SHAPE, "wall_3").place({"picture_1": (1.95, 1.88, 1.5, math.pi / 2)})
    texts = [wrong.text for wrong in find_violations(placed) if wrong.kind == "unsupported"]
    assert texts == ["picture_1 has its centre 0.12 m beyond the edge of wall_3"]


def test_what_floats_before_a_wall_is_said_to() -> None:
    placed = hung(HOUSE, "wall_2").place({"picture_1": at(0.35)})
    (wrong,) = [one for one in find_violations(placed) if one.kind == "unsupported"]
    assert wrong.text == "picture_1 floats 0.30 m away from wall_2"


@given(
    wall=st.integers(0, 3),
    place=st.tuples(st.floats(0.1, 5.9), st.floats(0.1, 3.9), st.floats(0.4, 2.6)),
    quarter=st.integers(0, 3),
    angle=st.floats(0.01, 1.5),
)
def test_turning_a_rectangle_with_all_in_it_changes_nothing(
    wall: int, place: tuple[float, ...], quarter: int, angle: float
) -> None:
    x, y, z = place
    c, s = math.cos(angle), math.sin(angle)
    corners = [(c * a - s * b, s * a + c * b) for a, b in ((0, 0), (6, 0), (6, 4), (0, 4))]
    west, south = min(a for a, _ in corners), min(b for _, b in corners)
    slanted = Room.polygon(corners, 3)
    yaw = quarter * math.pi / 2
    straight = state(Room.rectangle(6, 4, 3), WALLS[wall], (x, y, z, yaw))
    same = state(slanted, f"wall_{wall}", (c * x - s * y - west, s * x + c * y - south, z, yaw + angle))
    assert same.score == pytest.approx(straight.score, abs=1e-6)
    assert same.gap == pytest.approx(straight.gap, abs=1e-9)


@given(
    st.sampled_from((HOUSE, L_SHAPE)),
    st.integers(0, 4),
    st.tuples(st.floats(0, 6), st.floats(0, 6), st.floats(0.4, 2.6), st.floats(-7, 7)),
)
def test_following_the_move_gives_support(room: Room, wall: int, place: tuple[float, ...]) -> None:
    found = state(room, f"wall_{wall}", place)
    if found.move is None:
        return
    there = tuple(a + b for a, b in zip(place[:3], found.move, strict=True))
    assert state(room, f"wall_{wall}", (*there, place[3])).is_supported
