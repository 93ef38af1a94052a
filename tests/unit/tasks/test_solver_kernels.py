"""Tests of many places at once, against shapely."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialenv.core.geometry import footprints
from spatialenv.tasks import solver_kernels

shapely = pytest.importorskip("shapely")

FLOORS = {
    "L": ((0, 0), (4, 0), (4, 2), (2, 2), (2, 4), (0, 4)),
    "U": ((0, 0), (5, 0), (5, 4), (3.5, 4), (3.5, 1.5), (1.5, 1.5), (1.5, 4), (0, 4)),
    "slanted": ((0.7, 0), (4.3, 0), (5, 3), (2, 4.6), (0, 2.2)),
}
boxes = st.tuples(
    st.floats(0, 5), st.floats(0, 4.6), st.floats(0.1, 2.4), st.floats(0.1, 3), st.floats(0.1, 3), st.floats(0.1, 2),
    st.one_of(st.sampled_from((0.0, math.pi / 2)), st.floats(0, 6.3)),
)  # fmt: skip


def rows(given_boxes: list[tuple[float, ...]]) -> np.ndarray:
    table = np.array(given_boxes, dtype=np.float64)
    return np.column_stack((table[:, :6], np.cos(table[:, 6]).round(15), np.sin(table[:, 6]).round(15)))


def polygon(box: tuple[float, ...]) -> shapely.Polygon:
    return shapely.Polygon(footprints(box[:3], box[3:6], box[6]))


@pytest.mark.parametrize("name", sorted(FLOORS))
@given(st.lists(boxes, min_size=1, max_size=5))
@settings(max_examples=60, deadline=None)
def test_inside_as_shapely_says(name: str, given_boxes: list[tuple[float, ...]]) -> None:
    floor = np.array(FLOORS[name], dtype=np.float64)
    inside = solver_kernels.fits(rows(given_boxes), floor, 2.5)
    for box, is_inside in zip(given_boxes, inside, strict=True):
        outside = polygon(box).difference(shapely.Polygon(floor)).area
        fits_height = box[2] - box[5] / 2 >= -1e-9 and box[2] + box[5] / 2 <= 2.5 + 1e-9
        if outside == 0 or outside > 1e-6 or not fits_height:
            assert is_inside == (outside == 0 and fits_height)


def test_flush_with_walls_and_corners_is_inside() -> None:
    floor = np.array(FLOORS["L"], dtype=np.float64)
    places = [(1, 1, 0.5, 2, 2, 1, 0), (3, 1, 0.5, 2, 2, 1, 0), (2, 1, 0.5, 4, 2, 1, 0), (2.1, 2, 0.5, 1, 1, 1, 0)]
    assert solver_kernels.fits(rows(places), floor, 1.0).tolist() == [True, True, True, False]


@given(boxes, boxes)
@settings(max_examples=100, deadline=None)
def test_in_the_way_as_shapely_says(a: tuple[float, ...], b: tuple[float, ...]) -> None:
    blocked = bool(solver_kernels.blockers(rows([a]), rows([b]))[0, 0])
    volume = polygon(a).intersection(polygon(b)).area
    volume *= max(0.0, min(a[2] + a[5] / 2, b[2] + b[5] / 2) - max(a[2] - a[5] / 2, b[2] - b[5] / 2))
    if volume == 0 or volume > 1e-6:
        assert blocked == (volume > 0)


def test_contacts_count_sides_that_touch() -> None:
    places = rows([(1, 1, 0.5, 2, 2, 1, 0), (2.5, 1, 0.5, 1, 1, 1, 0), (1, 1, 1.5, 2, 2, 1, 0)])
    others = rows([(3.5, 1, 0.5, 1, 1, 1, 0), (1, 2.5, 0.5, 1, 1, 1, 0)])
    assert solver_kernels.contacts(places, others).tolist() == [1.0, 1.0, 0.0], "on top is not beside"
