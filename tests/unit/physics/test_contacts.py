from __future__ import annotations

import math

import numpy as np

from spatialenv.core.room import Room
from spatialenv.physics.contacts import OVERLAPS_EACH, merged_pairs, wall_pairs
from spatialenv.physics.world import wall_bodies

ROOM = Room.rectangle(4, 3, 2.5)


def merged(*rows: tuple[float, ...], flat: list[bool] | None = None) -> list[list[int]]:
    table = np.array(rows, dtype=np.float64)
    marks = np.array(flat or [False] * len(table))
    return merged_pairs(table[:, :3], table[:, 3:], np.zeros(len(table)), marks).tolist()


def test_pairs_that_share_more_than_half_of_the_smaller_one_pass_through() -> None:
    big, half, less = (0, 0, 0.5, 1, 1, 1), (0.55, 0, 0.5, 0.2, 0.2, 0.2), (0.45, 0, 0.5, 0.2, 0.2, 0.2)
    assert merged(big, half) == []
    assert merged(big, less) == [[0, 1]]
    assert merged(big, (2, 0, 0.5, 1, 1, 1)) == []


def test_a_rug_passes_through_what_stands_on_the_floor_and_bears_what_stands_on_it() -> None:
    rug, low, high = (0, 0, 0.01, 2, 2, 0.02), (0, 0, 0.25, 0.5, 0.5, 0.5), (0, 0, 0.27, 0.5, 0.5, 0.5)
    assert merged(rug, low, flat=[True, False]) == [[0, 1]]
    assert merged(low, rug, flat=[False, True]) == [[0, 1]]
    assert merged(rug, high, flat=[True, False]) == []


def test_the_number_of_overlaps_is_bounded() -> None:
    """Twenty-one crossing bars at one place, each pair sharing a little: of 210 the smallest 168 push."""
    count = 21
    centers = np.tile((0.0, 0.0, 0.5), (count, 1))
    sizes = np.tile((3.0, 0.05, 0.05), (count, 1)) * np.linspace(1, 1.2, count)[:, None]
    passing = merged_pairs(centers, sizes, np.linspace(0, 2.8, count), np.zeros(count, dtype=np.bool_))
    assert len(passing) == count * (count - 1) // 2 - OVERLAPS_EACH * count


def walls(*centers: tuple[float, float, float], room: Room = ROOM) -> list[list[int]]:
    n = len(centers)
    sizes, floor = np.full((n, 3), 0.5), np.array(room.floor)
    return wall_pairs(np.array(centers), sizes, np.zeros(n), wall_bodies(room), floor, room.height).tolist()


def test_a_wall_that_an_object_stands_in_does_not_push_it() -> None:
    assert walls((2, 1.5, 0.25), (2, 0.245, 0.25)) == []
    assert walls((2, 0.2, 0.25)) == [[0, 0]]
    assert walls((0.1, 0.1, 0.25)) == [[0, 0], [0, 3]]


def test_no_wall_bears_what_is_outside() -> None:
    assert walls((2, -0.5, 0.25)) == [[0, k] for k in range(4)]
    assert walls((2, 1.5, 2.75)) == [[0, k] for k in range(4)]


def test_a_wall_around_a_corner_is_another_wall() -> None:
    """Deep behind the line of the inner wall, but not in it."""
    room = Room(((0, 0), (4, 0), (4, 2), (2, 2), (2, 4), (0, 4)), 2.5)
    assert walls((3, 1, 0.25), (1, 3, 0.25), room=room) == []


def test_walls_stand_outside_and_are_thin_where_the_room_is_near_itself() -> None:
    bodies = wall_bodies(ROOM)
    assert bodies.centers[0].tolist() == [2.0, -0.1, 1.25]
    assert bodies.sizes[0].tolist() == [4.0, 0.2, 2.5]
    assert bodies.yaws.tolist() == [0.0, math.pi / 2, math.pi, -math.pi / 2]
    narrow = Room(((0, 0), (3, 0), (3, 2), (1.55, 2), (1.55, 1), (1.45, 1), (1.45, 2), (0, 2)), 2.5)
    assert wall_bodies(narrow).sizes[:, 1].tolist() == [0.1] * 8
