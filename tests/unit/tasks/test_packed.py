"""Places that touch what is around them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatialenv.core.room import Room
from spatialenv.tasks.packed import packed_places
from spatialenv.tasks.turned import TurnedBox

L_SHAPE = Room(floor=((0, 0), (4, 0), (4, 2), (2, 2), (2, 4), (0, 4)), height=2.5)
BOX = TurnedBox((0.0, 0.0, 0.5), (1.0, 1.0, 1.0), 0.0)


def test_corners_of_an_empty_room() -> None:
    found = packed_places(BOX, Room.rectangle(3, 2, 2.5), [])
    assert {(0.5, 0.5), (2.5, 0.5), (0.5, 1.5), (2.5, 1.5)} <= {(x, y) for x, y, _ in found}
    assert all(contact == 2.0 for _, _, contact in found)


def test_contact_counts_walls_and_neighbours() -> None:
    neighbour = TurnedBox((0.5, 0.5, 0.25), (1.0, 1.0, 0.5), 0.0)
    found = {(x, y): contact for x, y, contact in packed_places(BOX, Room.rectangle(4, 3, 2.5), [neighbour])}
    assert found[1.5, 0.5] == 2.0, "the south wall and the neighbour"
    assert (0.5, 0.5) not in found
    above = TurnedBox((0.5, 0.5, 1.5), (1.0, 1.0, 0.5), 0.0)
    assert (0.5, 0.5) in {(x, y) for x, y, _ in packed_places(BOX, Room.rectangle(4, 3, 2.5), [above])}


def test_the_corner_that_an_l_leaves_out_is_no_place() -> None:
    found = {(x, y) for x, y, _ in packed_places(BOX, L_SHAPE, [])}
    assert {(0.5, 0.5), (3.5, 0.5), (3.5, 1.5), (0.5, 3.5), (1.5, 3.5), (1.5, 1.5)} <= found
    assert not any(x > 1.5 and y > 1.5 for x, y in found)


@given(
    st.lists(
        st.builds(
            lambda x, y, length, width, degrees: TurnedBox((x / 10, y / 10, 0.5), (length, width, 1.0), degrees),
            st.integers(5, 35),
            st.integers(5, 35),
            st.sampled_from([0.3, 0.6]),
            st.sampled_from([0.4, 0.8]),
            st.sampled_from([0.0, 90.0, 30.0]),
        ),
        max_size=5,
    ),
    st.sampled_from([L_SHAPE, Room.rectangle(4, 4, 2.5), Room(((0, 0), (4, 0), (4, 2.5), (0, 4)), 2.5)]),
)
def test_every_place_is_free_and_inside(others: list[TurnedBox], room: Room) -> None:
    for x, y, contact in packed_places(BOX, room, others):
        placed = TurnedBox((x, y, 0.5), BOX.size, 0.0)
        assert placed.is_inside(room)
        assert not any(placed.overlaps(other) for other in others)
        assert 0 <= contact <= 4.0 * (1 + len(others))


def test_what_does_not_fit_has_no_place() -> None:
    assert packed_places(BOX, Room.rectangle(0.9, 4, 2.5), []) == []


@pytest.mark.parametrize("degrees", [0.0, 90.0])
def test_a_turned_box_counts_as_it_lies(degrees: float) -> None:
    found = packed_places(TurnedBox((0.0, 0.0, 0.5), (2.0, 1.0, 1.0), degrees), Room.rectangle(2, 3, 2.5), [])
    assert (1.0, 0.5, 4.0) in found if degrees == 0 else (0.5, 1.0, 3.0) in found
