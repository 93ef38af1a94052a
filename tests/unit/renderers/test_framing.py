from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from spatialenv.core.room import Opening, Room
from spatialenv.renderers.framing import CLEARANCE, aim, framed_ring, look, walk_place

UNIT = st.floats(-1, 1)


@given(st.tuples(UNIT, UNIT, UNIT), st.tuples(UNIT, UNIT, UNIT))
def test_looking_is_upright(eye: tuple[float, float, float], ahead: tuple[float, float, float]) -> None:
    if np.linalg.norm(ahead) < 1e-3:
        ahead = (0.0, 0.0, -1.0)
    aimed = look(np.array(eye), np.array(eye) + ahead)
    axes = np.stack([aimed.right, aimed.up, -aimed.ahead])
    np.testing.assert_allclose(axes @ axes.T, np.eye(3), atol=2e-6)
    assert np.linalg.det(axes) == pytest.approx(1.0)
    assert aimed.right[2] == 0.0
    assert aimed.up[2] >= -1e-6
    np.testing.assert_allclose(aimed.distance * aimed.ahead, ahead, atol=1e-9)


def test_aiming_by_hand() -> None:
    """A ring of points 1 m from the middle of a room, seen level from the south at 45 degrees to either side."""
    room = Room.rectangle(2, 2, 2)
    points = np.array([(0, 1, 1), (2, 1, 1), (1, 1, 0.5), (1, 1, 1.5)], dtype=float)
    aimed = aim(room, (100, 100), points, 0.0, 0.0, 1.0)
    # A metre to the side takes 97.5% of the half width, 0.975 m at each metre away.
    np.testing.assert_allclose(aimed.eye, (1, 1 - 1 / 0.975, 1))
    np.testing.assert_allclose(aimed.ahead, (0, 1, 0))
    assert aimed.distance == pytest.approx(1 / 0.975)


@given(st.floats(0, 7), st.floats(0, 7))
def test_the_ring_around_a_room_looks_the_same_from_every_side(one: float, other: float) -> None:
    room = Room.polygon(((0, 0), (7, 0), (7, 2), (3, 2), (3, 4), (0, 4)), 2.6)
    rings = [framed_ring(room, heading) for heading in (one, other)]
    # Turned back by its heading, each is the same cylinder.
    turned = []
    for ring, heading in zip(rings, (one, other), strict=True):
        x, y = (ring[:, :2] - (3.5, 2.0)).T
        cosine, sine = math.cos(heading), math.sin(heading)
        turned.append(np.column_stack([cosine * x - sine * y, sine * x + cosine * y, ring[:, 2]]))
    np.testing.assert_allclose(*turned, atol=1e-9)
    hull = shapely.MultiPoint(rings[0][:, :2]).convex_hull
    assert all(hull.contains(shapely.Point(corner)) for corner in room.floor)


def seen_area(room: Room, place: tuple[float, float]) -> float:
    """Return the area of the floor that is seen from a place: grid points whose line of sight stays on the floor."""
    floor = shapely.Polygon(room.floor).buffer(1e-9)
    step = 0.1
    x, y = np.meshgrid(np.arange(step / 2, room.length, step), np.arange(step / 2, room.width, step))
    lines = shapely.linestrings([[place, point] for point in np.column_stack([x.ravel(), y.ravel()])])
    return float(np.sum(shapely.covers(floor, lines))) * step**2


def test_walkers_choose_the_corner_that_sees_most() -> None:
    # A U with a short and a long arm: from the end of the long one, or its own corner, most is seen.
    room = Room.polygon(((0, 0), (6, 0), (6, 6), (4.5, 6), (4.5, 2), (2, 2), (2, 3), (0, 3)), 2.6)
    (x, y, _), _ = walk_place(room)
    best = seen_area(room, (x, y))
    for wall in room.wall_lines:
        for dx in (-CLEARANCE, CLEARANCE):
            for dy in (-CLEARANCE, CLEARANCE):
                place = (wall.start[0] + dx, wall.start[1] + dy)
                # Beside corners that jut into the room, more may be seen than in them: they count where they are.
                if shapely.Polygon(room.floor).contains(shapely.Point(place)) and (dx, dy) == _into(room, wall.start):
                    assert seen_area(room, place) <= best + 0.15


def _into(room: Room, corner: tuple[float, float]) -> tuple[float, float]:
    """Return the step into the room that keeps `CLEARANCE` from both walls at a corner between level walls."""
    walls = [wall for wall in room.wall_lines if corner in (wall.start, wall.end)]
    dx, dy = (CLEARANCE * sum(wall.inward[axis] for wall in walls) for axis in (0, 1))
    return dx, dy


def test_walkers_look_at_the_middle_of_what_they_see() -> None:
    """The target lies within a decimetre of the centroid of the grid points that are seen."""
    door = Opening("door", "wall_6", 0.5, 0.9, 2)
    room = Room(((0, 0), (6, 0), (6, 5), (4, 5), (4, 2), (2, 2), (2, 5), (0, 5)), 2.6, (door,))
    (x, y, _), target = walk_place(room)
    floor = shapely.Polygon(room.floor).buffer(1e-9)
    grid = np.stack(np.meshgrid(np.arange(0.05, 6, 0.1), np.arange(0.05, 5, 0.1)), axis=-1).reshape(-1, 2)
    is_seen = shapely.covers(floor, shapely.linestrings([[(x, y), point] for point in grid]))
    np.testing.assert_allclose(target[:2], grid[is_seen].mean(axis=0), atol=0.1)


def test_a_sharp_corner_is_no_place_to_stand() -> None:
    """In a wedge that narrows to 10 degrees, the walker stands where there is room to both sides."""
    wedge = Room.polygon(((0, 0), (6, -0.5), (6, 0.5)), 2.6)
    (x, y, _), _ = walk_place(wedge)
    assert shapely.Polygon(wedge.floor).boundary.distance(shapely.Point(x, y)) > 0.08


@pytest.mark.parametrize(("height", "eye"), [(2.0, 1.6), (2.6, 1.6), (1.0, 0.8), (6.0, 1.6)])
def test_eyes_are_below_the_ceiling(height: float, eye: float) -> None:
    assert walk_place(Room.rectangle(3, 3, height))[0][2] == pytest.approx(eye)
