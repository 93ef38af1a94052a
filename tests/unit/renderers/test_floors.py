from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from spatialenv.core.room import Room
from spatialenv.renderers.floors import (
    Floor,
    contains,
    convex_hull,
    shared_spans,
    spans,
    surroundings,
    triangulate,
)

ELL: Floor = ((0.0, 0.0), (6.0, 0.0), (6.0, 2.0), (3.0, 2.0), (3.0, 5.0), (0.0, 5.0))


@st.composite
def floors(draw: st.DrawFn) -> Floor:
    """Star-shaped polygons, from nearly round to spiky."""
    n = draw(st.integers(3, 24))
    # No step is half of the whole turn, so that even three corners go around the middle.
    steps = draw(st.lists(st.floats(0.6, 1.0), min_size=n, max_size=n))
    radii = draw(st.lists(st.floats(1.0, 8.0), min_size=n, max_size=n))
    angles = np.cumsum(steps) * (math.tau / sum(steps))
    return Room.polygon([(r * math.cos(a), r * math.sin(a)) for r, a in zip(radii, angles, strict=True)], 2.5).floor


def comb(teeth: int) -> Floor:
    """A floor with a deep bay between any two teeth."""
    corners = [(0.0, 0.0), (2.0 * teeth - 1, 0.0)]
    for tooth in reversed(range(teeth)):
        corners += [(2.0 * tooth + 1, 3.0), (2.0 * tooth, 3.0)]
        corners += [(2.0 * tooth, 1.0), (2.0 * tooth - 1, 1.0)] if tooth else []
    return tuple(corners)


def check_triangles(floor: Floor) -> None:
    triangles = [shapely.Polygon([floor[i] for i in triangle]) for triangle in triangulate(floor)]
    whole = shapely.Polygon(floor)
    assert all(triangle.exterior.is_ccw for triangle in triangles)
    assert sum(triangle.area for triangle in triangles) == pytest.approx(whole.area, rel=1e-9)
    assert shapely.union_all(triangles).symmetric_difference(whole).area < 1e-9 * whole.area


@given(floors())
def test_triangles_fill_the_floor_without_overlap(floor: Floor) -> None:
    check_triangles(floor)
    assert len(triangulate(floor)) <= len(floor) - 2


@pytest.mark.parametrize("floor", [ELL, comb(2), comb(16), ELL[3:] + ELL[:3]])
def test_triangles_of_floors_with_bays(floor: Floor) -> None:
    check_triangles(floor)


def test_corners_on_a_straight_edge_yield_no_triangle() -> None:
    floor = ((0.0, 0.0), (1.0, 0.0), (2.0, 0.0), (4.0, 0.0), (4.0, 3.0), (2.0, 3.0), (0.0, 3.0))
    check_triangles(floor)
    assert len(triangulate(floor)) <= 5


def test_triangles_of_a_floor_that_rounding_twists() -> None:
    """A polygon that Room would refuse still ends."""
    flat = ((0.0, 0.0), (1.0, 1e-300), (2.0, 0.0), (3.0, -1e-300), (1.5, 1e-300))
    assert len(triangulate(flat)) <= 3


def test_spans_by_hand() -> None:
    assert spans(ELL, 0, 1.0) == [(0.0, 5.0)]
    assert spans(ELL, 0, 4.0) == [(0.0, 2.0)]
    assert spans(ELL, 1, 3.0) == [(0.0, 3.0)]
    assert spans(comb(2), 1, 2.0) == [(0.0, 1.0), (2.0, 3.0)]
    assert spans(ELL, 1, 5.5) == []
    assert shared_spans([(0.0, 1.0), (2.0, 3.0)], [(0.5, 2.5), (9.0, 10.0)]) == [(0.5, 1.0), (2.0, 2.5)]


@given(floors(), st.sampled_from([0, 1]), st.floats(0.01, 0.99))
def test_spans_are_as_long_as_the_line_inside(floor: Floor, axis: int, share: float) -> None:
    level = share * max(corner[axis] for corner in floor)
    ends = [(level, -1.0), (level, 99.0)] if axis == 0 else [(-1.0, level), (99.0, level)]
    inside = shapely.LineString(ends).intersection(shapely.Polygon(floor)).length
    assert sum(high - low for low, high in spans(floor, axis, level)) == pytest.approx(inside, abs=1e-6)


@given(floors(), st.floats(-0.1, 1.1), st.floats(-0.1, 1.1))
def test_contains_agrees_with_shapely(floor: Floor, across: float, along: float) -> None:
    point = across * max(x for x, _ in floor), along * max(y for _, y in floor)
    whole, spot = shapely.Polygon(floor), shapely.Point(point)
    if whole.boundary.distance(spot) > 1e-9:
        assert contains(np.array(floor), np.array([point])).tolist() == [whole.contains(spot)]


@given(floors())
def test_surroundings_are_all_but_the_floor(floor: Floor) -> None:
    around = surroundings(floor)
    whole = shapely.Polygon(floor)
    bays = [shapely.Polygon(bay) for bay in around.triangles]
    assert shapely.union_all([whole, *bays]).symmetric_difference(whole.convex_hull).area < 1e-9 * whole.area
    assert whole.area + sum(bay.area for bay in bays) == pytest.approx(whole.convex_hull.area)
    for (nx, ny), limit in around.half_planes:
        assert math.hypot(nx, ny) == pytest.approx(1.0)
        assert max(nx * x + ny * y for x, y in floor) == pytest.approx(limit, abs=1e-9)


@pytest.mark.parametrize(("floor", "bays"), [(ELL, 1), (comb(3), 4), (((0.0, 0.0), (2.0, 0.0), (0.0, 2.0)), 0)])
def test_bays_by_hand(floor: Floor, bays: int) -> None:
    assert len(surroundings(floor).triangles) == bays


@given(floors())
def test_the_hull_visits_corners_in_their_order(floor: Floor) -> None:
    hull = convex_hull(floor)
    first = hull.index(min(hull))
    turned = hull[first:] + hull[:first]
    assert turned == sorted(turned)
    assert shapely.Polygon([floor[i] for i in hull]).area == pytest.approx(shapely.Polygon(floor).convex_hull.area)


def test_points_along_the_hull_count_once() -> None:
    square = [(0.0, 0.0), (1.0, 0.0), (2.0, 0.0), (2.0, 1.0), (2.0, 2.0), (0.0, 2.0), (0.0, 1.0)]
    assert convex_hull(square) == [0, 1, 2, 3, 4, 5, 6]
