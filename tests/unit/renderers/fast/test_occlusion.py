from __future__ import annotations

import numpy as np
import pytest
import shapely

from spatialenv.renderers.fast.compiled import kernel
from spatialenv.renderers.fast.occlusion import LEVELS, RISE, STEP, hidden_at, make_field, mark_outside


@kernel()
def look(x, y, z, left, top, per_metre, rows, columns, field):  # type: ignore[no-untyped-def]
    return hidden_at(x, y, z, left, top, per_metre, rows, columns, field)


def make(heights: np.ndarray, outside: np.ndarray | None = None, reach: int = 1) -> np.ndarray:
    field = np.empty((*heights.shape, LEVELS), np.float32)
    given = np.zeros(heights.shape, bool) if outside is None else outside
    make_field(heights.astype(np.float32), given, reach, field, np.empty_like(field))
    return field


def test_cells_outside_a_floor_are_those_whose_middles_are() -> None:
    floor = np.array([(0, 0), (4, 0), (4, 2), (2, 2), (2, 3.3), (0, 3.3)], dtype=float)
    outside = np.empty((40, 50), bool)
    mark_outside(floor, -0.5, 3.7, 0.1, outside)
    x, y = np.meshgrid(-0.5 + 0.1 * (np.arange(50) + 0.5), 3.7 - 0.1 * (np.arange(40) + 0.5))
    expected = ~shapely.contains_xy(shapely.Polygon(floor), x, y)
    assert np.array_equal(outside, expected)


def test_an_open_floor_is_free_and_a_wide_thing_hides_all_below_its_top() -> None:
    assert np.all(make(np.zeros((20, 20))) == 0)
    field = make(np.full((20, 20), 1.0))
    # At the levels 0, 0.3, 0.6, 0.9 and 1.2 m a height of 1 m is 1, 1, 1, 0.25 and 0 of the rise that counts.
    assert field[9, 9, :5] == pytest.approx([1, 1, 1, (1.0 - 3 * STEP) / RISE, 0], abs=1e-6)


def test_a_thing_darkens_what_is_beside_it_less_and_less() -> None:
    heights = np.zeros((20, 20))
    heights[:, 10:] = 2.0
    row = make(heights, reach=2)[10, :, 0]
    assert np.all(np.diff(row[1:-1]) >= 0)
    assert row[5] == 0
    assert row[14] == 1
    assert 0.3 < row[9] < 0.5 < row[10] < 0.7


def test_walls_darken_what_is_inside_and_not_what_is_far_outside() -> None:
    outside = np.zeros((20, 20), bool)
    outside[:, :8] = True
    row = make(np.zeros((20, 20)), outside)[10, :, 3]
    assert row[8] == pytest.approx(1 / 3, abs=1e-6)  # of the triangle 1, 2, 3, 2, 1 over 9, three ninths lie outside
    assert row[2] == pytest.approx(0, abs=1e-6)
    assert row[14] == pytest.approx(0, abs=1e-6)


def test_values_lie_between_cells_and_slopes_are_those_of_the_field() -> None:
    rng = np.random.default_rng(1)
    field = rng.random((6, 7, LEVELS)).astype(np.float32)

    def at(x: float, y: float, z: float) -> tuple[float, float, float, float]:
        found: tuple[float, float, float, float] = look(x, y, z, 1.0, 4.0, 2.0, 6, 7, field.ravel())
        return found

    # The middle of column 3, row 2: x = 1 + 3.5 / 2, y = 4 - 2.5 / 2.
    assert at(2.75, 2.75, 2 * STEP)[0] == pytest.approx(field[2, 3, 2], abs=1e-6)
    assert at(3.0, 2.75, 2 * STEP)[0] == pytest.approx((field[2, 3, 2] + field[2, 4, 2]) / 2, abs=1e-6)
    value, *slopes = at(2.9, 2.6, 0.7)
    h = 1e-4
    for axis, slope in enumerate(slopes):
        step = np.eye(3)[axis] * h
        moved = at(2.9 + step[0], 2.6 + step[1], 0.7 + step[2])[0]
        assert (moved - value) / h == pytest.approx(slope, abs=2e-3)
    assert at(-50.0, 99.0, -3.0)[0] == pytest.approx(field[0, 0, 0], abs=1e-6)
