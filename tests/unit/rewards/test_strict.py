"""`physics` behind gates."""

from __future__ import annotations

import numpy as np
import pytest

from spatialenv.core.score import Transition
from spatialenv.errors import InputError
from spatialenv.rewards import PhysicsReward, StrictReward, make_reward


def test_it_pays_as_physics_where_half_is_sound(cubes) -> None:
    # Boundary: (0.5 + 1 + 1) / 3; everything else is sound but cube_3, which is off its wall.
    transition = Transition.of(cubes.place({"cube_1": (6, 2, 0.5), "cube_2": (3, 2, 0.5), "cube_3": (1.505, 1, 0.5)}))
    score, plain = StrictReward()(transition), PhysicsReward()(transition)
    assert score.value == plain.value
    assert score.details == plain.details
    assert StrictReward(at_least=0.84)(transition).value == 0.0
    assert StrictReward(at_least=2.5 / 3 - 1e-9)(transition).value == plain.value


@pytest.mark.parametrize(
    "places",
    [
        {"cube_1": (3, 2, 0.5), "cube_2": (3, 2, 0.5), "cube_3": (3, 2, 0.5)},  # all in each other
        {"cube_1": (3, 2, 0.5), "cube_2": (-3, 2, 0.5), "cube_3": (-5, 2, 0.5)},  # two of three outside
        {"cube_1": (3, 2, 0.5), "cube_2": (3, 2, 1.5), "cube_3": (3, 2, 2.5)},  # two of three float
    ],
)
def test_one_sound_object_of_three_does_not_pay(cubes, places) -> None:
    transition = Transition.of(cubes.place(places))
    score = StrictReward()(transition)
    assert (score.value, score.details["gate_closed"]) == (0.0, True)
    plain = PhysicsReward()(transition)
    np.testing.assert_array_equal(score.per_object, plain.per_object)
    assert score.details["components"] == plain.details["components"]


def test_the_threshold_is_an_option_and_in_the_version() -> None:
    assert make_reward({"name": "strict", "at_least": 0.75}).version.startswith("strict-1(at_least=0.75, collision-1")
    for bad in (-0.1, 1.1, float("nan"), "half", None, True):
        with pytest.raises(InputError, match="from 0 to 1"):
            StrictReward(bad)  # type: ignore[arg-type]
