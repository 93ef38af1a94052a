"""Policies, the metrics of what they do, and the runner that plays them."""

from __future__ import annotations

from spatialenv.evaluation.baselines import RandomPolicy, SolverPolicy, WitnessPolicy
from spatialenv.evaluation.best_of import BestOf
from spatialenv.evaluation.constant import FAMILIES, ConstantPolicy, fit_constant
from spatialenv.evaluation.metrics import (
    RATES,
    REPAIRS,
    paired_difference,
    repair_rates,
    summarize,
    turn_rates,
    wilson_interval,
)
from spatialenv.evaluation.openai_policy import OpenAIPolicy
from spatialenv.evaluation.policy import (
    POLICIES,
    Answer,
    Policy,
    SamplingPolicy,
    TextPolicy,
    make_policy,
)
from spatialenv.evaluation.runner import Evaluation, evaluate
from spatialenv.tasks.resting import resting_heights

__all__ = [
    "FAMILIES",
    "POLICIES",
    "RATES",
    "REPAIRS",
    "Answer",
    "BestOf",
    "ConstantPolicy",
    "Evaluation",
    "OpenAIPolicy",
    "Policy",
    "RandomPolicy",
    "SamplingPolicy",
    "SolverPolicy",
    "TextPolicy",
    "WitnessPolicy",
    "evaluate",
    "fit_constant",
    "make_policy",
    "paired_difference",
    "repair_rates",
    "resting_heights",
    "summarize",
    "turn_rates",
    "wilson_interval",
]
