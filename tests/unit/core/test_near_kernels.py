"""The broad phase finds exactly the pairs that a search of all pairs finds."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatialenv.core import geometry, near_kernels

FloatArray = npt.NDArray[np.float64]


def rows(x: FloatArray, y: FloatArray, length: FloatArray, width: FloatArray, yaw: FloatArray) -> FloatArray:
    flat = np.ones(len(x))
    return np.ascontiguousarray(np.stack([x, y, flat, length, width, flat, np.cos(yaw), np.sin(yaw)], axis=1))


def found_pairs(boxes: FloatArray) -> set[tuple[int, int]]:
    """Return the pairs found, having seen that both know each other and that all lists ascend."""
    partners, starts, lengths = near_kernels.near_lists(boxes)
    lists = [partners[s : s + n].tolist() for s, n in zip(starts, lengths, strict=True)]
    assert all(one == sorted(set(one)) for one in lists)
    pairs = {(i, j) for i, one in enumerate(lists) for j in one}
    assert pairs == {(j, i) for i, j in pairs}
    return {(i, j) for i, j in pairs if i < j}


def all_pairs(boxes: FloatArray) -> set[tuple[int, int]]:
    """Return the pairs whose bounding rectangles overlap or touch, by looking at every pair."""
    c, s = np.abs(boxes[:, 6]), np.abs(boxes[:, 7])
    half = np.stack([c * boxes[:, 3] + s * boxes[:, 4], s * boxes[:, 3] + c * boxes[:, 4]], axis=1) / 2
    apart = np.abs(boxes[:, None, :2] - boxes[None, :, :2])
    meet = (apart <= half[:, None] + half[None]).all(axis=2)
    return {(i, j) for i, j in np.argwhere(meet).tolist() if i < j}


@given(
    st.integers(0, 90),
    st.floats(0.5, 60),
    st.floats(0.5, 60),
    st.floats(0.01, 5),
    st.booleans(),
    st.integers(0, 2**32 - 1),
)
def test_exactly_the_pairs_of_the_full_search(
    count: int, length: float, width: float, largest: float, on_grid: bool, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(0, length, count), rng.uniform(0, width, count)
    sides, yaw = rng.uniform(0.01, largest, (2, count)), rng.uniform(-7, 7, count)
    if on_grid:  # many touch and many are in line
        x, y, yaw = np.round(x * 2) / 2, np.round(y * 2) / 2, np.zeros(count)
        sides = np.maximum(np.round(sides * 2) / 2, 0.5)
    boxes = rows(x, y, *sides, yaw)
    assert found_pairs(boxes) == all_pairs(boxes)


@pytest.mark.parametrize("count", [5, 31, 32, 33, 200])
def test_pairs_that_share_floor_are_all_found(count: int) -> None:
    rng = np.random.default_rng(count)
    for _ in range(20):
        side = math.sqrt(2.5 * count)
        centers = np.column_stack([rng.uniform(0, side, (count, 2)), np.ones(count)])
        sizes, yaws = rng.uniform(0.3, 1.8, (count, 3)), rng.uniform(-4, 4, count)
        areas = geometry.overlap_areas(centers, sizes, yaws)
        sharing = {(i, j) for i, j in np.argwhere(areas > 0).tolist() if i < j}
        assert sharing <= found_pairs(rows(centers[:, 0], centers[:, 1], sizes[:, 0], sizes[:, 1], yaws))


@pytest.mark.parametrize("axis", [0, 1])
def test_a_long_row_is_swept_along_itself(axis: int) -> None:
    place = np.zeros((2, 400))
    place[axis] = np.arange(400) * 0.75
    ones = np.ones(400)
    boxes = rows(*place, ones, ones, np.zeros(400))
    assert found_pairs(boxes) == {(i, i + 1) for i in range(399)}


def test_all_at_one_point_and_one_that_covers_everything() -> None:
    stacked = rows(*np.zeros((2, 60)), *np.ones((2, 60)), np.zeros(60))
    assert len(found_pairs(stacked)) == 60 * 59 // 2
    x = np.arange(60) * 2.0
    spread = rows(np.append(x, 60.0), np.zeros(61), np.append(np.ones(60), 500.0), np.ones(61), np.zeros(61))
    assert found_pairs(spread) == {(i, 60) for i in range(60)}


@pytest.mark.parametrize("far", [1e6, 1e12, 1e15, 1e300])
def test_far_from_the_origin_no_pair_is_lost(far: float) -> None:
    # 40 pairs of boxes at one place each, so far out that places are rounded
    x = np.repeat(np.linspace(far, 2 * far, 40), 2)
    boxes = rows(x, x, *np.ones((2, 80)), np.zeros(80))
    assert {(2 * i, 2 * i + 1) for i in range(40)} <= found_pairs(boxes)
