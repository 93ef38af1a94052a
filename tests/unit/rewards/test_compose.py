"""Sums, gates and turns put together."""

from __future__ import annotations

import math

import numpy as np
import pytest

from spatialenv.core.score import Score, Transition
from spatialenv.errors import InputError
from spatialenv.rewards import (
    BoundaryReward,
    Clip,
    CollisionReward,
    ConstraintReward,
    FormatReward,
    Gate,
    PhysicsReward,
    WeightedSum,
    make_reward,
)
from spatialenv.rewards.base import leaves, violations_of


class Constant:
    """Always the same value, counting how often it is asked."""

    def __init__(self, name: str, value: float) -> None:
        self.name, self.version, self.value, self.asked = name, f"{name}-1", value, 0

    def __call__(self, transition: Transition) -> Score:
        return self.batch([transition])[0]

    def batch(self, transitions):
        self.asked += len(transitions)
        return [Score(self.value, None, {"note": self.name}, self.version) for _ in transitions]


def half_out(cubes) -> Transition:
    """cube_1 half through a wall; cube_2 and cube_3 share half their volumes, cube_3 is on its wall."""
    return Transition.of(cubes.place({"cube_1": (6, 3.5, 0.5), "cube_2": (1, 1, 0.5), "cube_3": (0.5, 1, 0.5)}))


def test_weighted_sum_by_hand(cubes) -> None:
    reward = WeightedSum([(CollisionReward(), 0.25), (BoundaryReward(), 0.75)])
    score = reward(half_out(cubes))
    collision, boundary = (1 + 0.5 + 0.5) / 3, (0.5 + 1 + 1) / 3
    assert score.value == pytest.approx(0.25 * collision + 0.75 * boundary, abs=1e-12)
    np.testing.assert_allclose(score.per_object, [0.25 + 0.375, 0.125 + 0.75, 0.125 + 0.75], atol=1e-12)
    assert score.details["components"] == pytest.approx({"collision": collision, "boundary": boundary})
    assert score.details["gate_closed"] is False
    assert score.details["parts"]["collision"]["shared_volume"] == pytest.approx(0.5)
    assert score.version == "weighted_sum-1(0.25 * collision-1, 0.75 * boundary-1)"


def test_a_part_without_objects_counts_for_each_placed_object(cubes) -> None:
    reward = WeightedSum([(Constant("taste", 0.5), 1.0), (ConstraintReward(), 1.0)])
    score = reward(Transition.of(cubes.place({"cube_1": (1, 1, 0.5)})))
    np.testing.assert_allclose(score.per_object, [1.5, np.nan, np.nan])


def test_a_closed_gate_is_not_a_legal_zero(cubes, clean) -> None:
    inner = Constant("inner", 0.0)
    gate = Gate(FormatReward(), inner)
    legal = gate(clean)
    assert (legal.value, legal.details["gate_closed"]) == (0.0, False)
    closed = gate(Transition.of(cubes.place({"cube_1": (1, 1, 0.5)})))
    assert (closed.value, closed.details["gate_closed"]) == (0.0, True)
    assert closed.details["components"] == {"format": 0.5, "inner": 0.0}
    assert inner.asked == 1


def test_gate_opens_at_its_threshold(cubes) -> None:
    partial = Transition.of(cubes.place({"cube_1": (1, 1, 0.5)}))  # format level 0.5
    assert Gate(FormatReward(), Constant("inner", 0.7), at_least=0.5)(partial).value == 0.7
    assert Gate(FormatReward(), Constant("inner", 0.7), at_least=0.51)(partial).value == 0.0


def test_gate_scores_mixed_batches_in_order(cubes, clean) -> None:
    partial = Transition.of(cubes.place({"cube_1": (1, 1, 0.5)}))
    gate = Gate(FormatReward(), CollisionReward())
    scores = gate.batch([partial, clean, partial, half_out(cubes)])
    assert [score.value for score in scores] == pytest.approx([0.0, 1.0, 0.0, 2 / 3])


def test_closed_gates_inside_are_passed_on(cubes) -> None:
    partial = Transition.of(cubes.place({"cube_1": (1, 1, 0.5)}))
    assert WeightedSum([(PhysicsReward(), 0.5), (FormatReward(), 0.5)])(partial).details["gate_closed"] is True
    assert Gate(FormatReward(), PhysicsReward(), at_least=0.1)(partial).details["gate_closed"] is True


@pytest.mark.parametrize("weight", [math.nan, math.inf, "0.5", True, None])
def test_weights_must_be_numbers(weight) -> None:
    with pytest.raises(InputError, match="weight of 'format'"):
        WeightedSum([(FormatReward(), weight)])


def test_wrong_parts() -> None:
    with pytest.raises(InputError, match="empty"):
        WeightedSum([])
    with pytest.raises(InputError, match="more than once"):
        WeightedSum([(FormatReward(), 0.5), (FormatReward(), 0.5)])
    with pytest.raises(InputError, match="not a reward"):
        WeightedSum([("format", 0.5)])
    with pytest.raises(InputError, match="not a reward"):
        Gate("format", FormatReward())
    with pytest.raises(InputError, match="more than once"):
        Gate(FormatReward(), FormatReward())
    with pytest.raises(InputError, match="at_least"):
        Gate(FormatReward(), CollisionReward(), at_least=math.nan)


def test_clip_cuts_the_value_and_those_of_objects(cubes) -> None:
    transition = half_out(cubes)
    inner = BoundaryReward()(transition)
    assert inner.value == pytest.approx(2.5 / 3)
    score = Clip(BoundaryReward(), low=0.6, high=0.75)(transition)
    assert score.value == 0.75
    np.testing.assert_allclose(score.per_object, [0.6, 0.75, 0.75])
    assert score.details["clipped"] is True
    assert score.details["components"] == {"boundary": inner.value}
    assert score.version == "clip-1(boundary-1, low=0.6, high=0.75)"
    assert Clip(BoundaryReward(), low=0.1)(transition).value == inner.value


@pytest.mark.parametrize(("low", "high"), [(None, None), (1.0, 1.0), (1.0, 0.0), (math.nan, None), (None, True)])
def test_a_clip_needs_a_range(low, high) -> None:
    with pytest.raises(InputError):
        Clip(BoundaryReward(), low, high)


def test_compositions_find_the_violations_of_their_parts(cubes) -> None:
    placed = half_out(cubes).placed
    reward = make_reward({"clip": {"reward": {"gate": {"condition": "format", "reward": "boundary"}}, "low": 0.0}})
    assert [part.name for part in leaves(reward)] == ["format", "boundary"]
    assert [wrong.kind for wrong in violations_of(reward, placed)] == ["out_of_room"]
    assert {wrong.kind for wrong in violations_of(make_reward("physics"), placed)} >= {"out_of_room", "collision"}
