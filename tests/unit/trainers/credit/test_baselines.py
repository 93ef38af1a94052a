"""Advantages over each baseline: by hand, and what must not change them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatialenv.trainers.credit import BASELINES, advantages_over_baseline

NAN = math.nan


def column(values, group_size, baseline, **options):
    table = advantages_over_baseline(np.array([values]).T, group_size, baseline, **options)
    return table[:, 0].tolist()


def test_each_baseline_by_hand():
    # groups (1, 3) with mean 2 and (0, 8) with mean 4; the batch has mean 3 and squares 4 + 0 + 9 + 25 = 38
    rewards, options = [1.0, 3.0, 0.0, 8.0], {"eps": 0.5}
    assert column(rewards, 2, "group", **options) == [-1.0, 1.0, -4.0, 4.0]
    assert column(rewards, 2, "leave_one_out", **options) == [-2.0, 2.0, -8.0, 8.0]
    # deviations of samples: sqrt(2 / 1) and sqrt(32 / 1); of populations: 1 and 4
    small, large = 1 / (math.sqrt(2) + 0.5), 4 / (math.sqrt(32) + 0.5)
    assert column(rewards, 2, "group_std", **options) == pytest.approx([-small, small, -large, large])
    one, four = 1 / 1.5, 4 / 4.5
    population = column(rewards, 2, "group_std", deviation="population", **options)
    assert population == pytest.approx([-one, one, -four, four])
    spread = math.sqrt(38 / 3) + 0.5
    assert column(rewards, 2, "batch", **options) == pytest.approx([-2 / spread, 0.0, -3 / spread, 5 / spread])
    # centred by group the batch is -1, 1, -4, 4: mean 0, squares 34
    spread = math.sqrt(34 / 3) + 0.5
    whitened = column(rewards, 2, "group_batch", **options)
    assert whitened == pytest.approx([-1 / spread, 1 / spread, -4 / spread, 4 / spread])


@pytest.mark.parametrize("baseline", BASELINES)
def test_what_is_missing_counts_nowhere(baseline):
    full = column([1.0, 3.0, 5.0, 0.0, 8.0, 1.0], 3, baseline)
    holes = column([1.0, NAN, 3.0, 5.0, 0.0, 8.0, 1.0, NAN], 4, baseline)
    assert [value for value in holes if not math.isnan(value)] == pytest.approx(full)
    assert [math.isnan(value) for value in holes] == [False, True, False, False, False, False, False, True]


@pytest.mark.parametrize("baseline", ["group", "group_std", "leave_one_out", "group_batch"])
def test_a_sample_without_others_in_its_group_gets_nothing(baseline):
    values = column([7.0, NAN, NAN, 2.0], 2, baseline)
    assert (values[0], values[3]) == (0.0, 0.0)
    assert column([7.0], 1, baseline) == [0.0]


@pytest.mark.parametrize("baseline", BASELINES)
def test_equal_values_and_none_at_all_are_no_trouble(baseline):
    assert column([0.1] * 4, 2, baseline) == pytest.approx([0.0] * 4, abs=1e-9)
    assert all(math.isnan(value) for value in column([NAN] * 4, 2, baseline))
    assert advantages_over_baseline(np.zeros((4, 0)), 2, baseline).shape == (4, 0)
    assert advantages_over_baseline(np.zeros((0, 3)), 2, baseline).shape == (0, 3)


def test_columns_do_not_touch_each_other():
    table = np.array([[1.0, 10.0], [3.0, NAN], [0.0, 30.0], [8.0, 50.0]])
    for baseline in BASELINES:
        both = advantages_over_baseline(table, 2, baseline)
        for index in range(2):
            np.testing.assert_allclose(both[:, index], column(table[:, index], 2, baseline))


VALUES = st.lists(st.integers(-20, 20).map(lambda value: value / 4), min_size=12, max_size=12)


@given(VALUES, st.sampled_from(BASELINES), st.integers(-9, 9), st.randoms(use_true_random=False))
def test_constants_change_nothing_and_orders_permute(values, baseline, constant, random):
    before = column(values, 4, baseline)
    assert column([value + constant for value in values], 4, baseline) == pytest.approx(before, abs=1e-6)
    order = [4 * group + member for group in (2, 0, 1) for member in random.sample(range(4), 4)]
    permuted = column([values[index] for index in order], 4, baseline)
    assert permuted == pytest.approx([before[index] for index in order], abs=1e-6)


@given(VALUES, st.sampled_from(["group_std", "batch", "group_batch"]), st.floats(0.1, 50))
def test_scale_is_taken_out_by_deviations(values, baseline, factor):
    # scores in quarters spread by at least 0.1 or not at all, so that this eps is not felt
    before = column(values, 4, baseline, eps=1e-9)
    assert column([value * factor for value in values], 4, baseline, eps=1e-9) == pytest.approx(before, abs=1e-5)


@given(VALUES, st.sampled_from(["group", "group_std", "leave_one_out"]), st.integers(-9, 9))
def test_groups_are_independent_without_a_batch(values, baseline, other):
    changed = [*values[:4], *(other * value for value in values[4:])]
    assert column(changed, 4, baseline)[:4] == column(values, 4, baseline)[:4]


@given(VALUES, st.sampled_from(BASELINES))
def test_advantages_sum_to_nothing(values, baseline):
    size = 12 if baseline == "batch" else 4
    found = column(values, 4, baseline, eps=1e-2)
    for start in range(0, 12, size):
        assert math.fsum(found[start : start + size]) == pytest.approx(0.0, abs=1e-9)
