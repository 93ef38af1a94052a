"""One reward of the scores of an episode's turns."""

from __future__ import annotations

import math
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatialenv.errors import InputError, UnknownNameError
from spatialenv.rewards import TRAJECTORIES, discounted_mean, make_trajectory

SCORES = st.lists(st.floats(-1, 1), min_size=1, max_size=6)


def test_rules_by_hand() -> None:
    scores = [0.2, 0.8, 0.5]
    assert make_trajectory("last")(scores) == 0.5
    assert make_trajectory("mean")(scores) == pytest.approx(0.5)
    assert make_trajectory("improvement")(scores) == pytest.approx(0.5 + 0.3)
    assert make_trajectory({"name": "improvement", "weight": 0.5})(scores) == pytest.approx(0.65)
    assert make_trajectory("discounted_mean")(scores) == pytest.approx((0.2 + 0.72 + 0.405) / 2.71)
    assert make_trajectory("scenerevis")(scores) == pytest.approx(0.6 * 0.5 + 0.4 * 0.5)


def test_scenerevis_forbids_short_episodes() -> None:
    assert make_trajectory("scenerevis")([1.0]) == make_trajectory("scenerevis")([1.0, 1.0]) == -1.0


def test_discounted_mean_by_hand() -> None:
    assert discounted_mean([0.3]) == pytest.approx(0.3)
    assert discounted_mean([1.0, 0.0, 0.5]) == pytest.approx((1 + 0.81 * 0.5) / (1 + 0.9 + 0.81))
    assert discounted_mean([0.2, 0.4], discount=1) == pytest.approx(0.3)


def test_discounted_mean_of_nothing_or_with_no_discount() -> None:
    with pytest.raises(InputError, match="empty"):
        discounted_mean([])
    with pytest.raises(InputError, match="above 0"):
        discounted_mean([1.0], discount=0)
    with pytest.raises(InputError, match="at most 1"):
        make_trajectory({"name": "discounted_mean", "discount": 1e300})  # whose third power is no number


@pytest.mark.parametrize("name", sorted(set(TRAJECTORIES) - {"scenerevis", "improvement"}))
@given(scores=SCORES)
def test_means_stay_between_the_least_and_the_greatest(name: str, scores: list[float]) -> None:
    assert min(scores) - 1e-12 <= make_trajectory(name)(scores) <= max(scores) + 1e-12


@pytest.mark.parametrize("name", sorted(TRAJECTORIES))
def test_rules_carry_a_version_and_can_be_pickled(name: str) -> None:
    rule = make_trajectory(name)
    assert rule.version == f"{name}-1"
    assert pickle.loads(pickle.dumps(rule))([0.1, 0.2, 0.3]) == rule([0.1, 0.2, 0.3])


def test_options_are_in_the_version() -> None:
    assert make_trajectory({"name": "discounted_mean", "discount": 0.8}).version == "discounted_mean-1(discount=0.8)"


def test_a_function_of_the_scores_is_a_rule() -> None:
    rule = make_trajectory(max)
    assert (rule.name, rule([0.1, 0.9, 0.3])) == ("max", 0.9)


def test_mistakes_are_told() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'last'"):
        make_trajectory("lst")
    with pytest.raises(InputError, match="no option 'discont'; did you mean 'discount'"):
        make_trajectory({"name": "discounted_mean", "discont": 0.5})
    with pytest.raises(InputError, match="above 0"):
        make_trajectory({"name": "discounted_mean", "discount": -1})
    with pytest.raises(InputError, match="give a name"):
        make_trajectory({"discount": 1})
    with pytest.raises(InputError, match="empty"):
        make_trajectory("mean")([])
    for bad in (math.nan, math.inf, "high", None, True):
        with pytest.raises(InputError, match="finite"):
            make_trajectory("mean")([0.5, bad])  # type: ignore[list-item]
