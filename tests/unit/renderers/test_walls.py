from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from spatialenv.core.room import Room
from spatialenv.renderers.walls import hidden_floor, outer_corners, raised_walls, shared_area, wall_thickness

SOUTH_WEST = np.array([-3.0, -4.0, 7.0])


def raised(corners: Sequence[tuple[float, float]], height: float = 2.5) -> list[int]:
    """Return the numbers of the walls that stand up, seen from the south-west."""
    names = raised_walls(Room.polygon(corners, height), SOUTH_WEST, 0.07)
    return [int(name.removeprefix("wall_")) for name in names]


def test_walls_are_thick_enough_to_be_seen() -> None:
    assert wall_thickness(100.0) == 0.07
    assert wall_thickness(10.0) == pytest.approx(0.16)


def test_outer_corners_by_hand() -> None:
    ell = Room(((0, 0), (4, 0), (4, 2), (2, 2), (2, 4), (0, 4)), 2.5)
    expected = [(-0.1, -0.1), (4.1, -0.1), (4.1, 2.1), (2.1, 2.1), (2.1, 4.1), (-0.1, 4.1)]
    np.testing.assert_allclose(outer_corners(ell, 0.1), expected)


def test_a_sharp_corner_is_cut_short() -> None:
    # The tip's half angle is atan(0.1 / 10), so an uncut corner would lie 100 thicknesses away.
    spike = Room(((0, 0), (10, 0.1), (0, 0.2)), 2.5)
    tip = outer_corners(spike, 0.1)[1]
    assert math.dist(tip, (10, 0.1)) == pytest.approx(0.4, abs=1e-3)
    assert tip[1] == pytest.approx(0.1)


@given(st.floats(0.05, 0.5), st.integers(3, 9), st.floats(0, 1))
def test_outer_corners_are_those_of_a_buffer(thick: float, n: int, turn: float) -> None:
    angles = turn + math.tau * np.arange(n) / n
    room = Room.polygon([(3 * math.cos(a), 3 * math.sin(a)) for a in angles], 2.5)
    buffer = shapely.Polygon(room.floor).buffer(thick, join_style="mitre", mitre_limit=9)
    assert shapely.Polygon(outer_corners(room, thick)).symmetric_difference(buffer).area < 1e-9


def test_walls_that_face_the_camera_stand_up() -> None:
    # An L, its bay in the north-east: no floor lies behind the bay's walls.
    assert raised([(0, 0), (6, 0), (6, 2.5), (3, 2.5), (3, 5), (0, 5)]) == [1, 2, 3, 4]
    # A triangle's long side faces the camera or not.
    assert raised([(0, 0), (4, 0), (0, 4)]) == [1]
    assert raised([(4, 0), (4, 4), (0, 4)]) == [0, 1]


def test_a_wall_before_floor_is_lowered() -> None:
    # A U that opens to the north: the bay's east side turns away, its west side and end hide the right arm.
    assert raised([(0, 0), (6, 0), (6, 5), (4, 5), (4, 2), (2, 2), (2, 5), (0, 5)]) == [1, 2, 6]
    # A T: the stem's east wall hides the east of the bar.
    assert raised([(2, 0), (4, 0), (4, 3), (6, 3), (6, 5), (0, 5), (0, 3), (2, 3)]) == [3, 4]


def test_a_low_wall_hides_less() -> None:
    # The bay is 2 m wide: from 7 m high, a wall of 1 m hides 0.8 m behind it, one of 2.5 m all of 2.8 m.
    bay = [(0, 0), (6, 0), (6, 5), (4, 5), (4, 2), (2, 2), (2, 5), (0, 5)]
    assert raised(bay, 1.0) == [1, 2, 5, 6]
    assert raised(bay, 2.5) == [1, 2, 6]


def test_the_floor_behind_a_wall_by_hand() -> None:
    # From 4 m high, 1 m before a wall of 2 m: it hides 1 m behind it.
    hidden = hidden_floor([(0, 0), (1, 0), (1, 0.0), (0, 0.0)], 2.0, np.array([0.5, -1.0, 4.0]))
    np.testing.assert_allclose(hidden, [[-0.5, 1], [0, 0], [1, 0], [1.5, 1]])
    assert shared_area(hidden, hidden) == pytest.approx(1.5)
    assert shared_area([(5, 5), (6, 5), (6, 6)], hidden) == 0.0


@given(st.integers(3, 12), st.integers(0, 10_000))
def test_shared_areas_agree_with_shapely(n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    angles, radii = math.tau * (np.arange(n) + rng.uniform(0.1, 0.9, n)) / n, rng.uniform(1, 5, n)
    star = list(zip(radii * np.cos(angles), radii * np.sin(angles), strict=True))
    convex = list(shapely.MultiPoint(rng.uniform(-4, 4, (6, 2))).convex_hull.exterior.coords)[:0:-1]
    expected = shapely.Polygon(star).intersection(shapely.Polygon(convex)).area
    if shapely.Polygon(star).exterior.is_ccw and shapely.Polygon(star).is_valid:
        assert shared_area(star, convex) == pytest.approx(expected, abs=1e-9)


def test_walls_may_be_left_out() -> None:
    room = Room(((0, 0), (4, 0), (4, 4)), 2.5)
    assert raised_walls(room, SOUTH_WEST, 0.07) == ("wall_1", "wall_2")
    assert raised_walls(room, SOUTH_WEST, 0.07, ("wall_0", "wall_2")) == ("wall_2",)


def test_a_wall_above_the_camera_hides_all_behind_it() -> None:
    hidden = shapely.Polygon(hidden_floor([(0, 0), (1, 0)], 5.0, np.array([0.5, -1.0, 4.0])))
    assert hidden.contains(shapely.Point(0.5, 500))


@given(
    st.integers(4, 12),
    st.integers(0, 10_000),
    st.floats(0.5, 4.0),
    st.floats(-9, -0.1),  # a camera over a corner of the room looks along walls, where being hidden means nothing
    st.floats(-9, -0.1),
    st.floats(2, 9),
)
def test_walls_are_lowered_just_when_they_hide_floor(
    n: int, seed: int, height: float, x: float, y: float, z: float
) -> None:
    """Sight lines from points of the floor to the camera meet no wall that stands up, and each lowered one."""
    rng = np.random.default_rng(seed)
    angles = math.tau * (np.arange(n) + rng.uniform(0.1, 0.9, n)) / n
    radii = rng.uniform(1.0, 5.0, n)
    room = Room.polygon([(r * math.cos(a), r * math.sin(a)) for r, a in zip(radii, angles, strict=True)], height)
    eye = np.array([x, y, z])
    names = raised_walls(room, eye, 1e-6)
    whole = shapely.Polygon(room.floor)
    for wall in room.wall_lines:
        faces = np.dot(wall.inward, eye[:2] - wall.start) > 0
        base = shapely.LineString([wall.start, wall.end])
        # The shadow of a wall from a lamp at the eye: its own line, and where rays over its top come down.
        reach = min(z / (z - height), 1e3) if z > height else 1e3
        tops = [tuple(eye[:2] + reach * (np.array(p) - eye[:2])) for p in base.coords]
        shadow = shapely.Polygon([wall.start, wall.end, tops[1], tops[0]])
        hidden = shadow.intersection(whole).area if faces else math.inf
        if hidden > 1e-4 * room.area:
            assert wall.name not in names
        elif hidden < 1e-7 * room.area:
            assert wall.name in names
