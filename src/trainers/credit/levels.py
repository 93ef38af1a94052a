"""Advantages of every turn of a batch, by the level of the configuration."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from spatialenv.core.placed import FloatArray
from spatialenv.errors import InputError
from spatialenv.rewards.trajectory import make_trajectory
from spatialenv.trainers.credit.baselines import Baseline, advantages_over_baseline
from spatialenv.trainers.credit.config import CreditConfig
from spatialenv.trainers.credit.parts import parts_credits
from spatialenv.trainers.credit.scores import TurnCredit, TurnScores

Episodes = Sequence[Sequence[TurnScores]]


def assign_credit(episodes: Episodes, group_size: int, config: CreditConfig) -> list[list[TurnCredit]]:
    """Return the advantages of every turn of every episode.

    Args:
        episodes: Turns of each episode of the whole batch, all processes' in order; each run of `group_size` episodes
            plays one scene. An episode without turns failed: it is left out of all means and gets no credit.
        group_size: Episodes a group.
        config: How advantages are given.

    Returns:
        For each episode a `TurnCredit` a turn.

    Raises:
        InputError: If the episodes do not fill whole groups, or a score or reward is not finite.

    Example:
        >>> good = [TurnScores(True, True, {"bed": 1.0, "desk": 0.0}, score=0.5, reward=0.5)]
        >>> bad = [TurnScores(True, False, {"bed": 0.0, "desk": 0.5}, score=0.25, reward=0.25)]
        >>> config = CreditConfig(level="object", baseline="group", object_baseline="group")
        >>> assign_credit([good, bad], 2, config)[0][0].numbers
        {'bed': 0.3125, 'desk': -0.0625}
    """
    if group_size < 1 or len(episodes) % group_size:
        raise InputError(f"{len(episodes)} episodes do not fill groups of {group_size}; give whole groups")
    if config.level == "parts":
        credits = parts_credits(episodes, group_size, config)
    else:
        credits = _blended(episodes, group_size, config)
    if config.train_turns == "first":
        unpaid = TurnCredit({}, 0.0, is_trained=False, scope=config.token_scope)
        credits = [row[:1] + [unpaid] * (len(row) - 1) for row in credits]
    return credits


def trajectory_rewards(episodes: Episodes, config: CreditConfig) -> FloatArray:
    """Return the reward of each trajectory by `CreditConfig.trajectory`, shape ``(episodes,)``; NaN if it failed."""
    rule = None if config.trajectory == "return" else make_trajectory(config.trajectory)
    rewards = np.full(len(episodes), np.nan)
    for row, episode in enumerate(episodes):
        if episode:
            earned = [turn.reward if rule is None else turn.score for turn in episode]
            _check_finite(earned, row)
            rewards[row] = math.fsum(earned) if rule is None else rule(earned)
    return rewards


def turn_values(episodes: Episodes, config: CreditConfig) -> FloatArray:
    """Return what each turn earned, shape ``(episodes, turns)``; NaN for turns that were not played.

    That is its own reward or score (`CreditConfig.turn_value`) plus `turn_discount` times the value of the next turn.
    """
    values = np.full((len(episodes), max(map(len, episodes), default=0)), np.nan)
    for row, episode in enumerate(episodes):
        earned = [turn.reward if config.turn_value == "reward" else turn.score for turn in episode]
        _check_finite(earned, row)
        later = 0.0
        for turn in range(len(earned) - 1, -1, -1):
            values[row, turn] = later = earned[turn] + config.turn_discount * later
    return values


def _blended(episodes: Episodes, group_size: int, config: CreditConfig) -> list[list[TurnCredit]]:
    whole = _advantages(trajectory_rewards(episodes, config)[:, None], group_size, config.baseline, config)[:, 0]
    alpha, scope = config.alpha, config.token_scope
    if config.level == "turn":
        own = _advantages(turn_values(episodes, config), group_size, config.baseline, config)
        mixed = alpha * whole[:, None] + (1 - alpha) * own
    credits: list[list[TurnCredit]] = [[] for _ in episodes]
    for turn in range(max(map(len, episodes), default=0)):
        objects = _object_advantages(episodes, turn, group_size, config) if config.level == "object" else None
        for row, episode in enumerate(episodes):
            if turn >= len(episode):
                continue
            other = float(mixed[row, turn] if config.level == "turn" else whole[row])
            numbers = (
                {} if objects is None else {name: alpha * other + (1 - alpha) * a for name, a in objects[row].items()}
            )
            credits[row].append(TurnCredit(numbers, other, scope=scope))
    return credits


def _object_advantages(episodes: Episodes, turn: int, group_size: int, config: CreditConfig) -> list[dict[str, float]]:
    """Return ``A[g, o]`` of a turn by id for each episode; empty where the answer was not well-formed."""
    found: list[dict[str, float]] = [{} for _ in episodes]
    for start in range(0, len(episodes), group_size):
        # an answer that leaves out what is hard to place must not shine with the rest: whole answers only
        scores = {
            row: episodes[row][turn].objects
            for row in range(start, start + group_size)
            if turn < len(episodes[row]) and episodes[row][turn].is_well_formed
        }
        names = list(dict.fromkeys(name for objects in scores.values() for name in objects))
        values = np.full((group_size, len(names)), np.nan)
        for row, objects in scores.items():
            _check_finite(list(objects.values()), row)
            values[row - start] = [objects.get(name, np.nan) for name in names]
        own = _advantages(values, group_size, config.object_baseline, config)
        for row, objects in scores.items():
            found[row] = {name: float(own[row - start, names.index(name)]) for name in objects}
    return found


def _advantages(values: FloatArray, group_size: int, baseline: Baseline, config: CreditConfig) -> FloatArray:
    return advantages_over_baseline(values, group_size, baseline, eps=config.eps, deviation=config.deviation)


def _check_finite(values: Sequence[float], row: int) -> None:
    for value in values:
        if not math.isfinite(value):
            raise InputError(f"episode {row} of the batch earned {value!r}; scores and rewards must be finite numbers")
