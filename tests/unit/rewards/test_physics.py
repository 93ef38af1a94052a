"""The default preset against its formula."""

from __future__ import annotations

import numpy as np
import pytest

from spatialenv.core.answer import ParsedAnswer
from spatialenv.core.score import Transition
from spatialenv.rewards import (
    BoundaryReward,
    CollisionReward,
    ConstraintReward,
    PhysicsReward,
    SupportReward,
)

POSES = {"cube_1": (1.0, 2.0, 0.5), "cube_2": (1.75, 2.0, 0.6), "cube_3": (-0.25, 0.4, 0.5)}


def test_clean_is_one(clean) -> None:
    score = PhysicsReward()(clean)
    assert score.value == 1.0
    assert score.details == {
        "components": {"format": 1.0, "collision": 1.0, "boundary": 1.0, "support": 1.0, "constraint": 1.0},
        "gate_closed": False,
    }


def test_value_by_hand(cubes) -> None:
    # cube_1 has half its volume through the west wall; cube_3 is 0.505 m off the wall it belongs on
    poses = {"cube_1": (0, 3.5, 0.5), "cube_2": (5, 2, 0.5), "cube_3": (1.005, 1, 0.5)}
    score = PhysicsReward()(Transition.of(cubes.place(poses)))
    np.testing.assert_allclose(score.per_object, [0.5, 1.0, 0.75], atol=1e-12)
    assert score.value == pytest.approx(0.1 + 0.9 * 2.25 / 3, abs=1e-12)
    assert score.details["components"]["boundary"] == pytest.approx(2.5 / 3)
    assert score.details["components"]["constraint"] == pytest.approx(2.5 / 3)


def test_it_is_the_formula_over_the_components(cubes) -> None:
    transition = Transition.of(cubes.place(POSES))
    parts = {
        reward.name: reward(transition)
        for reward in (CollisionReward(), BoundaryReward(), SupportReward(), ConstraintReward())
    }
    c, b, s, r = (parts[name].per_object for name in ("collision", "boundary", "support", "constraint"))
    score = PhysicsReward()(transition)
    np.testing.assert_allclose(score.per_object, c * b * s * (0.5 + 0.5 * r), rtol=0, atol=1e-15)
    assert score.value == pytest.approx(0.1 + 0.9 * np.mean(score.per_object), abs=1e-15)
    for name, part in parts.items():
        assert score.details["components"][name] == pytest.approx(part.value, abs=1e-15)
        assert part.version in score.version


def test_a_closed_gate_is_zero_flagged_and_still_says_what_it_saw(cubes) -> None:
    score = PhysicsReward()(Transition.of(cubes.place({"cube_1": (3, 2, 0.5)})))
    assert score.value == 0.0
    assert score.details["gate_closed"] is True
    assert score.details["components"] == pytest.approx(
        {"format": 0.5, "collision": 1 / 3, "boundary": 1 / 3, "support": 1 / 3, "constraint": 1 / 3}
    )
    np.testing.assert_array_equal(score.per_object, [1.0, np.nan, np.nan])


def test_the_gate_needs_a_complete_answer_too(clean) -> None:
    parsed = ParsedAnswer(layout=clean.placed.layout, format_level=1.0, is_complete=False)
    score = PhysicsReward()(Transition(placed=clean.placed, parsed=parsed))
    assert (score.value, score.details["gate_closed"]) == (0.0, True)


def test_format_repairs_do_not_cost_physics(clean) -> None:
    parsed = ParsedAnswer(layout=clean.placed.layout, format_level=0.0, is_complete=True)
    score = PhysicsReward()(Transition(placed=clean.placed, parsed=parsed))
    assert score.value == 1.0
    assert score.details["components"]["format"] == 0.0


def test_the_worst_complete_layout_keeps_the_tenth(cubes) -> None:
    score = PhysicsReward()(Transition.of(cubes.place(dict.fromkeys(cubes.ids, (-9, -9, -9)))))
    assert (score.value, score.details["gate_closed"]) == (0.1, False)
