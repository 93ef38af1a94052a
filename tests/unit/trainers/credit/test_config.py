"""What credit may be set to."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest

from spatialenv.errors import InputError, UnknownNameError
from spatialenv.trainers.credit import CREDIT_LEVELS, CreditConfig, make_credit
from spatialenv.trainers.settings import load_settings


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"level": "objet"}, "objet"),
        ({"baseline": "mean"}, "leave_one_out"),
        ({"object_baseline": "batch"}, "group_std"),
        ({"deviation": "std"}, "population"),
        ({"turn_value": "gain"}, "score"),
        ({"train_turns": "last"}, "first"),
        ({"scope": "entry"}, "numbers"),
        ({"trajectory": "best"}, "return"),
        ({"levels": "object"}, "level"),
    ],
)
def test_a_name_that_is_unknown_is_told_with_those_that_are_known(values, words):
    with pytest.raises(UnknownNameError, match=words):
        make_credit(values)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"alpha": 1.5}, "`alpha` is 1.5; it must be a number from 0 to 1"),
        ({"turn_discount": -0.1}, "`turn_discount` is -0.1"),
        ({"eps": 0.0}, "`eps` is 0.0; it must be above 0"),
        ({"floor": 0.0}, "`floor` is 0.0; it must be above 0"),
        ({"anchor": float("nan")}, "`anchor` is nan; it must be a finite number"),
        ({"layout_weight": True}, "`layout_weight` is True"),
        ({"soundness_bonus": "big"}, "`soundness_bonus` is 'big'"),
        ({"trajectory": {"name": "discounted_mean", "discount": 2}}, "`discount` is 2"),
        ({"trajectory": 3}, "`trajectory` is 3"),
    ],
)
def test_a_value_that_is_not_allowed_is_told(values, words):
    with pytest.raises(InputError, match=words):
        make_credit(values)


def test_defaults_that_depend_on_the_level():
    found = {level: make_credit({"level": level}) for level in CREDIT_LEVELS}
    assert {level: config.token_scope for level, config in found.items()} == {
        "trajectory": "object",
        "turn": "object",
        "object": "object",
        "parts": "numbers",
    }
    assert {level: config.bonus for level, config in found.items()} == {
        "trajectory": 0.0,
        "turn": 0.0,
        "object": 0.0,
        "parts": 0.5,
    }
    stated = CreditConfig(level="parts", scope="object", soundness_bonus=0.0)
    assert (stated.token_scope, stated.bonus) == ("object", 0.0)


def test_the_demo_learns_by_parts():
    credit = make_credit(load_settings("demo").rl.credit)
    assert credit == CreditConfig(level="parts")
    assert (credit.token_scope, credit.bonus) == ("numbers", 0.5)


def test_a_configuration_can_be_written_down():
    config = CreditConfig(level="turn", trajectory={"name": "discounted_mean", "discount": 0.8})
    assert make_credit(json.loads(json.dumps(asdict(config)))) == config
