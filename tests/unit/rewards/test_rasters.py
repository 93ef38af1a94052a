"""Rasters against pictures drawn by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely

from spatialenv.core.room import Room
from spatialenv.rewards import rasters


def test_a_floor_includes_its_edges() -> None:
    # 4 x 3 m: the scale is 2.2 m, so 2 m are 116 pixels and 1.5 m are 87, fractions cut off.
    mask = rasters.floor_mask(Room.rectangle(4, 3, 2.5))
    rows, columns = np.nonzero(mask)
    assert (columns.min(), columns.max(), rows.min(), rows.max()) == (12, 244, 41, 215)
    assert mask.sum() == 233 * 175


def test_north_is_up() -> None:
    mask = rasters.floor_mask(Room(((0, 0), (4, 0), (4, 1), (1, 1), (1, 4), (0, 4)), 2.5))
    assert mask[30, 30]
    assert not mask[30, 220]
    assert mask[230, 220]


@pytest.mark.parametrize(
    ("width", "first", "last"), [(1, 12, 244), (3, 13, 243), (4, 14, 243), (5, 14, 242), (8, 16, 241)]
)
def test_eroding_takes_half_the_width_at_each_side(width: int, first: int, last: int) -> None:
    columns = np.nonzero(rasters.eroded_floor(Room.rectangle(4, 3, 2.5), width))[1]
    assert (columns.min(), columns.max()) == (first, last)


def test_outlines_reach_as_far_as_the_drawing_library_was_measured_to_reach() -> None:
    assert [rasters.reach_of(width) for width in (0, 1, 2, 3, 4, 5, 6, 9, 10)] == [0, 0, 1, 2, 2, 3, 3, 5, 5]


@pytest.mark.parametrize(("reach", "pixels"), [(0, 231), (1, 295), (2, 363), (3, 439), (5, 611)])
def test_an_outlined_rectangle_has_as_many_pixels_as_measured(reach: int, pixels: int) -> None:
    mask = np.zeros((60, 60), dtype=np.bool_)
    rasters.draw(mask, np.array([(20, 20), (40, 20), (40, 30), (20, 30)], dtype=float), reach, value=True)
    assert mask.sum() == pixels


def test_shapes_are_cut_at_the_edge_of_the_picture() -> None:
    mask = np.zeros((20, 20), dtype=np.bool_)
    rasters.draw(mask, np.array([(-50, 5), (-40, 5), (-40, 9), (-50, 9)], dtype=float), 2, value=True)
    assert not mask.any()
    rasters.draw(mask, np.array([(-5, -5), (4, -5), (4, 90), (-5, 90)], dtype=float), value=True)
    assert mask.sum() == 5 * 20


def test_turned_shapes_have_the_pixels_near_them() -> None:
    rng = np.random.default_rng(4)
    columns, rows = np.meshgrid(np.arange(256), np.arange(256))
    for _ in range(20):
        corners = rasters.rectangle((128, 120), tuple(rng.integers(10, 90, 2).tolist()), rng.uniform(-4, 4))
        reach = int(rng.integers(0, 6))
        mask = np.zeros((256, 256), dtype=np.bool_)
        rasters.draw(mask, corners, reach, value=True)
        distances = shapely.distance(shapely.Polygon(corners), shapely.points(columns.ravel(), rows.ravel()))
        assert (distances <= reach).sum() <= mask.sum() <= (distances <= reach + 0.5).sum()


def test_a_quarter_turn_swaps_length_and_width() -> None:
    corners = rasters.rectangle((100, 50), (20, 10), math.pi / 2)
    assert (corners.min(axis=0).tolist(), corners.max(axis=0).tolist()) == ([95, 40], [105, 60])


def test_components_come_from_the_north_west_and_touch_at_corners() -> None:
    free = np.zeros((6, 6), dtype=np.bool_)
    free[0, 5] = free[1, 4] = True
    free[3, 0:2] = free[4, 0] = True
    assert rasters.components(free).tolist() == [2, 3]
