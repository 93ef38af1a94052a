"""The rule of parts: format, an object's own score and the layout's validity, each with a baseline of its own.

Advantage of a token of turn t in a well-formed answer, where c(v) is v less its mean in the group::

    numbers of object o   c(format) + z(c(score[t, o])) + layout_weight * z(c(valid[t]))
    all other tokens      c(format) + anchor

and c(format) for all tokens of an answer that is not well-formed. format and valid are 0 or 1; format is 1 for an
answer that is well-formed without repair, and only its tokens have the anchor: an answer that runs on after its end
can be read, but paid like others it would teach not to end. An answer that is not well-formed, or a turn that was not
played, is left out of the means of score and valid. z divides by the batch's standard deviation, at least `floor`.
From the second turn on z first takes off what the turn before explains, slope * c(score[t - 1, o]) with one
least-squares slope over the batch, so that a turn is not paid for the luck of an earlier one; valid likewise.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from spatialenv.core.placed import FloatArray
from spatialenv.trainers.credit.baselines import group_centred
from spatialenv.trainers.credit.config import CreditConfig
from spatialenv.trainers.credit.scores import TurnCredit, TurnScores


def parts_credits(
    episodes: Sequence[Sequence[TurnScores]], group_size: int, config: CreditConfig
) -> list[list[TurnCredit]]:
    """Return the advantages of every turn of every episode; `assign_credit` says more.

    Args:
        episodes: Turns of each episode; each run of `group_size` episodes plays one scene.
        group_size: Episodes a group.
        config: How advantages are given.
    """
    most_turns = max(map(len, episodes), default=0)
    ids = [_object_ids(episodes[start : start + group_size]) for start in range(0, len(episodes), group_size)]
    width = max(map(len, ids), default=0)
    previous: FloatArray | None = None
    credits: list[list[TurnCredit]] = [[] for _ in episodes]
    for turn in range(most_turns):
        scores, valid, formed = _turn_arrays(episodes, turn, ids, width, group_size)
        scores, valid = group_centred(scores, group_size), group_centred(valid, group_size)
        formed_advantage = np.nan_to_num(group_centred(formed, group_size))
        explained = np.concatenate([scores, valid], axis=1)
        if previous is not None:
            scores = _unexplained(scores, previous[:, :-1])
            valid = _unexplained(valid, previous[:, -1:])
        previous = explained
        own = np.nan_to_num(scores / max(_deviation(scores), config.floor))
        whole = np.nan_to_num(valid / max(_deviation(valid), config.floor))
        for row, episode in enumerate(episodes):
            if turn >= len(episode):
                continue
            base = float(formed_advantage[row, 0])
            good = episode[turn].is_well_formed
            names = ids[row // group_size]
            numbers = {
                name: base + float(own[row, column] + config.layout_weight * whole[row, 0])
                for column, name in enumerate(names)
                if good
            }
            other = base + (config.anchor if episode[turn].is_in_form else 0.0)
            credits[row].append(TurnCredit(numbers, other, scope=config.token_scope))
    return credits


def _object_ids(group: Sequence[Sequence[TurnScores]]) -> list[str]:
    ids: dict[str, None] = {}
    for episode in group:
        for turn in episode:
            ids.update(dict.fromkeys(turn.objects))
    return list(ids)


def _turn_arrays(
    episodes: Sequence[Sequence[TurnScores]],
    turn: int,
    ids: Sequence[Sequence[str]],
    width: int,
    group_size: int,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    rows = len(episodes)
    scores, valid, formed = np.full((rows, width), np.nan), np.full((rows, 1), np.nan), np.full((rows, 1), np.nan)
    for row, episode in enumerate(episodes):
        if turn >= len(episode):
            continue
        played = episode[turn]
        formed[row] = played.is_in_form
        if not played.is_well_formed:
            continue
        valid[row] = played.is_valid
        names = ids[row // group_size]
        scores[row, : len(names)] = [played.objects.get(name, np.nan) for name in names]
    return scores, valid, formed


def _unexplained(values: FloatArray, previous: FloatArray) -> FloatArray:
    """Take off what the turn before explains, by one regression slope over the batch."""
    known = ~np.isnan(values) & ~np.isnan(previous)
    power = float((previous[known] ** 2).sum())
    slope = float((previous[known] * values[known]).sum()) / power if power > 1e-6 else 0.0
    return np.asarray(values - slope * np.nan_to_num(previous), dtype=np.float64)


def _deviation(values: FloatArray) -> float:
    there = values[~np.isnan(values)]
    return float(there.std()) if there.size else 0.0
