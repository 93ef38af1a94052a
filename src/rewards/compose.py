"""Rewards made of rewards."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from spatialenv.core.placed import FloatArray, PlacedScene
from spatialenv.core.score import Score, Transition
from spatialenv.errors import InputError
from spatialenv.rewards.base import Reward


class WeightedSum:
    """The sum of rewards, each times its weight.

    `per_object` adds up likewise; a part that does not divide by object counts its value for each
    placed object. `details`: ``components``, the value of each part; ``gate_closed``, whether the gate
    of any part is closed; ``parts``, the details of each part.

    Range: [0, 1] when the parts are in [0, 1] and the weights are positive and add up to 1.
    Zero means: every part is 0.
    Best means: every part is best.
    Cannot see: what no part sees; a sum lets one part pay for another (see `Gate`).

    Args:
        parts: Rewards and their weights.

    Raises:
        InputError: If there is no part, a weight is not a finite number, or a name appears twice.

    Example:
        >>> from spatialenv.rewards.format import FormatReward
        >>> from spatialenv.rewards.constraint import ConstraintReward
        >>> WeightedSum([(FormatReward(), 0.2), (ConstraintReward(), 0.8)]).version
        'weighted_sum-1(0.2 * format-1, 0.8 * constraint-1)'
    """

    name = "weighted_sum"

    def __init__(self, parts: Sequence[tuple[Reward, float]]) -> None:
        if not parts:
            raise InputError("`parts` is empty; give at least one reward with its weight")
        for reward, weight in parts:
            if not isinstance(reward, Reward):
                raise InputError(f"{reward!r} is not a reward; make one with make_reward")
            if not _is_number(weight):
                raise InputError(f"the weight of {reward.name!r} is {weight!r}; it must be a finite number")
        self._parts = tuple((reward, float(weight)) for reward, weight in parts)
        _check_names([reward for reward, _ in self._parts])
        self.version = f"weighted_sum-1({', '.join(f'{weight:g} * {part.version}' for part, weight in self._parts)})"

    @property
    def parts(self) -> tuple[Reward, ...]:
        """What it adds up."""
        return tuple(part for part, _ in self._parts)

    def __call__(self, transition: Transition) -> Score:
        """Return the score of one transition."""
        return self.batch([transition])[0]

    def batch(self, transitions: Sequence[Transition]) -> list[Score]:
        """Return the score of each transition; every part scores them together."""
        columns = [(part.name, weight, part.batch(transitions)) for part, weight in self._parts]
        scores = []
        for row, transition in enumerate(transitions):
            value = 0.0
            per_object = np.zeros(len(transition.placed.scene.objects))
            for _, weight, column in columns:
                value += weight * column[row].value
                per_object += weight * _spread(column[row], transition.placed)
            found = {name: column[row] for name, _, column in columns}
            scores.append(Score(value, per_object, _details(found), self.version))
        return scores


class Gate:
    """A reward that is paid only when another is high enough.

    A closed gate gives 0, flagged by ``details["gate_closed"]``: that is not the same as an inner
    reward of 0. The inner reward is not asked behind a closed gate (it may cost money). `details`:
    ``components``, the values of both parts, the inner one's 0 when not asked; ``gate_closed``;
    ``parts``, their details.

    Range: that of the inner reward, and 0.
    Zero means: the gate is closed, or the inner reward is 0.
    Best means: the inner reward is best.
    Cannot see: by how much the condition failed.

    Args:
        condition: What must be high enough.
        inner: What is then paid.
        at_least: The least value of `condition` that opens the gate.

    Raises:
        InputError: If `at_least` is not a finite number, or both rewards have one name.

    Example:
        >>> from spatialenv.rewards.constraint import ConstraintReward
        >>> from spatialenv.rewards.format import FormatReward
        >>> Gate(FormatReward(), ConstraintReward(), at_least=0.5).version
        'gate-1(format-1 >= 0.5, constraint-1)'
    """

    name = "gate"

    def __init__(self, condition: Reward, inner: Reward, at_least: float = 1.0) -> None:
        for reward in (condition, inner):
            if not isinstance(reward, Reward):
                raise InputError(f"{reward!r} is not a reward; make one with make_reward")
        if not _is_number(at_least):
            raise InputError(f"`at_least` is {at_least!r}; it must be a finite number")
        _check_names([condition, inner])
        self._condition = condition
        self._inner = inner
        self._at_least = float(at_least)
        self.version = f"gate-1({condition.version} >= {self._at_least:g}, {inner.version})"

    @property
    def parts(self) -> tuple[Reward, ...]:
        """The condition and what is then paid."""
        return self._condition, self._inner

    def __call__(self, transition: Transition) -> Score:
        """Return the score of one transition."""
        return self.batch([transition])[0]

    def batch(self, transitions: Sequence[Transition]) -> list[Score]:
        """Return the score of each transition; the inner reward scores those behind an open gate together."""
        conditions = self._condition.batch(transitions)
        is_open = [score.value >= self._at_least for score in conditions]
        inner = iter(self._inner.batch([t for t, o in zip(transitions, is_open, strict=True) if o]))
        scores = []
        for transition, condition, opened in zip(transitions, conditions, is_open, strict=True):
            paid = next(inner) if opened else Score(0.0)
            details = _details({self._condition.name: condition, self._inner.name: paid})
            details["gate_closed"] = not opened or bool(paid.details.get("gate_closed", False))
            scores.append(Score(paid.value, _spread(paid, transition.placed), details, self.version))
        return scores


class Clip:
    """A reward whose value is cut to a range.

    Values by object are cut likewise. `details`: ``components``, the value before; ``clipped``, whether it was cut;
    ``gate_closed``; ``parts``.

    Range: [low, high].
    Zero means: what it means in the inner reward, when `low` is 0; also everything below.
    Best means: the inner reward is at least `high`.
    Cannot see: differences beyond the range.

    Args:
        inner: The reward.
        low: Least value, or None for no limit.
        high: Greatest value, or None for no limit.

    Raises:
        InputError: If both are None, one is not a finite number, or `low` is not below `high`.

    Example:
        >>> from spatialenv.rewards.constraint import ConstraintReward
        >>> Clip(ConstraintReward(), low=0.5).version
        'clip-1(constraint-1, low=0.5)'
    """

    name = "clip"

    def __init__(self, inner: Reward, low: float | None = None, high: float | None = None) -> None:
        if not isinstance(inner, Reward):
            raise InputError(f"{inner!r} is not a reward; make one with make_reward")
        limits = {name: value for name, value in (("low", low), ("high", high)) if value is not None}
        for name, value in limits.items():
            if not _is_number(value):
                raise InputError(f"`{name}` is {value!r}; it must be a finite number or None")
        if not limits or (low is not None and high is not None and low >= high):
            raise InputError(f"`low` is {low!r} and `high` is {high!r}; give one of them, or a range that is not empty")
        self._inner = inner
        self._low = -math.inf if low is None else float(low)
        self._high = math.inf if high is None else float(high)
        shown = ", ".join(f"{name}={value:g}" for name, value in limits.items())
        self.version = f"clip-1({inner.version}, {shown})"

    @property
    def parts(self) -> tuple[Reward, ...]:
        """What is cut."""
        return (self._inner,)

    def __call__(self, transition: Transition) -> Score:
        """Return the score of one transition."""
        return self.batch([transition])[0]

    def batch(self, transitions: Sequence[Transition]) -> list[Score]:
        """Return the score of each transition."""
        scores = []
        for score in self._inner.batch(transitions):
            value = min(max(score.value, self._low), self._high)
            per_object = None if score.per_object is None else np.clip(score.per_object, self._low, self._high)
            details = _details({self._inner.name: score}) | {"clipped": value != score.value}
            scores.append(Score(value, per_object, details, self.version))
        return scores


def _details(found: dict[str, Score]) -> dict[str, object]:
    return {
        "components": {name: score.value for name, score in found.items()},
        "gate_closed": any(bool(score.details.get("gate_closed", False)) for score in found.values()),
        "parts": {name: dict(score.details) for name, score in found.items()},
    }


def _spread(score: Score, placed: PlacedScene) -> FloatArray:
    """Return the score by object, its value for each placed object when it does not divide."""
    if score.per_object is not None:
        return score.per_object.copy()
    spread = np.full(len(placed.scene.objects), np.nan)
    spread[placed.indices] = score.value
    return spread


def _check_names(rewards: Sequence[Reward]) -> None:
    names = [reward.name for reward in rewards]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise InputError(f"parts named {repeated!r} appear more than once; each part needs its own name")


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
