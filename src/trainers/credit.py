"""Which tokens earned what: from turn and object scores to an advantage for every token.

All samples of a group answer the same scene, so each object has its own baseline within the group.
With ``level="object"`` the numbers that place an object carry that object's advantage, so a good bed is
not blamed for a bad desk; with ``"turn"`` they carry their turn's mean; ``"trajectory"`` leaves the
trainer's own advantages (one an episode) as they are.

Advantage of a token of turn t in a well-formed answer, where c(v) is v less its mean in the group::

    numbers of object o   c(format) + z(c(score[t, o])) + layout_weight * z(c(valid[t]))
    all other tokens      c(format) + anchor

and c(format) for all tokens of an answer that is not well-formed. format and valid are 0 or 1. An answer
that is not well-formed, or a turn that was not played, is left out of the means of score and valid.
z divides by the batch's standard deviation, at least `floor`. From the second turn on z first takes off
what the turn before explains, slope * c(score[t - 1, o]) with one least-squares slope over the batch, so
that a turn is not paid for the luck of an earlier one; valid likewise.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np

from spatialenv.core.placed import FloatArray
from spatialenv.errors import InputError, unknown_name

CreditLevel = Literal["trajectory", "turn", "object"]
CREDIT_LEVELS: tuple[str, ...] = get_args(CreditLevel)

_NUMBER = re.compile(r"""\b(?:x|y|z|yaw|z_angle)\b\s*["'”]?\s*:\s*["'“]?\s*([+-]?\.?\d[\d.eE+-]*)""")


@dataclass(frozen=True, slots=True)
class CreditConfig:
    """How advantages are given.

    Attributes:
        level: ``"object"``, ``"turn"`` or ``"trajectory"``.
        layout_weight: Weight of the whole layout's validity beside an object's own score.
        soundness_bonus: What an object's score gains for overlapping nothing, and again for being inside the
            room. These steps pay for finishing a repair, which a share of volume alone hardly does. With
            this and `layout_weight` at 0 the reward's own values of objects are all that counts.
        anchor: Advantage of the structural tokens of a well-formed answer; it keeps the format while
            the numbers move.
        floor: Smallest standard deviation that scores are divided by.
    """

    level: CreditLevel = "object"
    layout_weight: float = 0.5
    soundness_bonus: float = 0.5
    anchor: float = 0.5
    floor: float = 0.25

    def __post_init__(self) -> None:
        if self.level not in CREDIT_LEVELS:
            raise unknown_name("credit level", self.level, CREDIT_LEVELS)
        if not self.floor > 0:
            raise InputError(f"`floor` is {self.floor!r}; it must be above 0")


@dataclass(frozen=True, slots=True)
class TurnScores:
    """What a turn earned.

    Attributes:
        is_well_formed: Whether every id appears once with finite numbers.
        is_valid: Whether nothing overlaps or leaves the room.
        objects: Score of each object by id; higher is better.
    """

    is_well_formed: bool
    is_valid: bool
    objects: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TurnCredit:
    """Advantages of a turn's tokens.

    Attributes:
        numbers: For the numbers that place each object, by id.
        other: For all other tokens.
    """

    numbers: Mapping[str, float]
    other: float


def turn_credits(
    episodes: Sequence[Sequence[TurnScores]], group_size: int, config: CreditConfig
) -> list[list[TurnCredit]]:
    """Return the advantages of every turn of every episode.

    Args:
        episodes: Turns of each episode; each run of `group_size` episodes plays one scene. An episode
            without turns is left out of all means and gets no credit.
        group_size: Episodes a group.
        config: How advantages are given.

    Raises:
        InputError: If the episodes do not fill whole groups.
    """
    if len(episodes) % group_size:
        raise InputError(f"{len(episodes)} episodes do not fill groups of {group_size}; give whole groups")
    most_turns = max(map(len, episodes), default=0)
    ids = [_object_ids(episodes[start : start + group_size]) for start in range(0, len(episodes), group_size)]
    width = max(map(len, ids), default=0)
    previous: FloatArray | None = None
    credits: list[list[TurnCredit]] = [[] for _ in episodes]
    for turn in range(most_turns):
        scores, valid, formed = _turn_arrays(episodes, turn, ids, width, group_size, config.level)
        scores, valid = _centred(scores, group_size), _centred(valid, group_size)
        formed_advantage = np.nan_to_num(_centred(formed, group_size))
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
            credits[row].append(TurnCredit(numbers, base + (config.anchor if good else 0.0)))
    return credits


def token_advantages(
    spans: Sequence[tuple[int, int]],
    text: str,
    object_spans: Mapping[str, tuple[int, int]],
    credit: TurnCredit,
) -> list[float]:
    """Return the advantage of each token of an answer.

    Args:
        spans: Characters ``[start, end)`` of `text` that each token wrote.
        text: The answer.
        object_spans: Characters that placed each object (`ParsedAnswer.spans`).
        credit: The turn's advantages.
    """
    owner: list[tuple[int, int, float]] = []  # characters of a number, and its advantage
    for object_id, (start, end) in object_spans.items():
        if object_id in credit.numbers:
            value = credit.numbers[object_id]
            owner += [(*match.span(1), value) for match in _NUMBER.finditer(text, start, end)]
    advantages = []
    for start, end in spans:
        value = credit.other
        for first, last, advantage in owner:
            if start < last and end > first:
                value = advantage
                break
        advantages.append(value)
    return advantages


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
    level: CreditLevel,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    rows = len(episodes)
    scores, valid, formed = np.full((rows, width), np.nan), np.full((rows, 1), np.nan), np.full((rows, 1), np.nan)
    for row, episode in enumerate(episodes):
        if turn >= len(episode):
            continue
        played = episode[turn]
        formed[row] = played.is_well_formed
        if not played.is_well_formed:
            continue
        valid[row] = played.is_valid
        names = ids[row // group_size]
        values = [played.objects.get(name, np.nan) for name in names]
        if level == "turn":
            values = [float(np.mean(list(played.objects.values())))] * len(names) if played.objects else values
        scores[row, : len(names)] = values
    return scores, valid, formed


def _centred(values: FloatArray, group_size: int) -> FloatArray:
    """Take off the mean of each group, column by column, over the entries that are there."""
    groups = values.reshape(-1, group_size, values.shape[1])
    there = ~np.isnan(groups)
    count = np.maximum(there.sum(axis=1, keepdims=True), 1)
    mean = np.where(there, groups, 0.0).sum(axis=1, keepdims=True) / count
    return np.asarray((groups - mean).reshape(values.shape), dtype=np.float64)


def _unexplained(values: FloatArray, previous: FloatArray) -> FloatArray:
    """Take off what the turn before explains, by one regression slope over the batch."""
    known = ~np.isnan(values) & ~np.isnan(previous)
    power = float((previous[known] ** 2).sum())
    slope = float((previous[known] * values[known]).sum()) / power if power > 1e-6 else 0.0
    return np.asarray(values - slope * np.nan_to_num(previous), dtype=np.float64)


def _deviation(values: FloatArray) -> float:
    there = values[~np.isnan(values)]
    return float(there.std()) if there.size else 0.0
