"""Where checkpoints may fall, and which task sources several processes may use."""

from __future__ import annotations

import json
import math
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatialenv.errors import InputError
from spatialenv.tasks import make_tasks
from spatialenv.trainers.resuming import StepMemory, align_checkpoints, check_task_source, generation_steps


def options(**values: Any) -> SimpleNamespace:
    usual = {
        "save_strategy": "steps",
        "save_steps": 50,
        "max_steps": 100,
        "steps_per_generation": 1,
        "num_iterations": 1,
        "gradient_accumulation_steps": 1,
        "sync_ref_model": False,
    }
    return SimpleNamespace(**{**usual, **values})


@given(st.integers(1, 8), st.integers(1, 4), st.integers(1, 8))
def test_answers_are_generated_anew_after_those_steps_and_not_before(
    passes: int, iterations: int, gathered: int
) -> None:
    args = options(steps_per_generation=passes, num_iterations=iterations, gradient_accumulation_steps=gathered)
    # played out: a pass generates when the ones before have used up what was generated
    fresh = [step for step in range(1, 300) if step * gathered % (passes * iterations) == 0]
    assert generation_steps(args) == fresh[0]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, 50),
        ({"steps_per_generation": 4}, 52),
        ({"steps_per_generation": 4, "gradient_accumulation_steps": 4}, 50),
        ({"num_iterations": 3, "save_steps": 1}, 3),
        ({"save_steps": 0.5}, 50),
        ({"save_strategy": "no", "steps_per_generation": 4, "sync_ref_model": True}, 50),
        ({"save_strategy": "epoch", "steps_per_generation": 4}, 50),
    ],
)
def test_checkpoints_fall_where_no_answers_are_left(values: dict[str, Any], expected: int) -> None:
    args = options(**values)
    align_checkpoints(args)
    assert args.save_steps == expected


def test_a_reference_model_that_changes_is_refused_with_checkpoints() -> None:
    with pytest.raises(InputError, match="`sync_ref_model` is on"):
        align_checkpoints(options(sync_ref_model=True))


def test_a_group_that_spans_processes_wants_a_source_that_does_not_change() -> None:
    ladder = make_tasks({"name": "curriculum", "of": ["easy", "medium"]})
    with pytest.raises(InputError, match="groups of 4 span processes that play 6 episodes"):
        check_task_source(ladder, 2, 6, 4)
    check_task_source(ladder, 2, 8, 4)
    check_task_source(ladder, 1, 6, 4)
    check_task_source(make_tasks("easy"), 2, 6, 4)
    check_task_source(None, 2, 6, 4)


@pytest.mark.parametrize("entropy", [math.inf, 1.25])
def test_where_a_trainer_stands_goes_through_a_file(entropy: float) -> None:
    trainer = SimpleNamespace(_step=12, entropy_coef=0.5, _last_world_entropy=entropy)
    saved = json.loads(json.dumps(StepMemory(trainer).state(), allow_nan=False))
    other = SimpleNamespace(_step=0, entropy_coef=0.0, _last_world_entropy=0.0)
    StepMemory(other).restore(saved)
    assert vars(other) == vars(trainer)
