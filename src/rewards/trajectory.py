"""From the scores of an episode's turns to one reward for the trajectory."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from spatialenv.core.part import Registry
from spatialenv.errors import InputError


def last(scores: Sequence[float]) -> float:
    """Return the score of the last turn.

    Example:
        >>> last([0.2, 0.7])
        0.7
    """
    return float(scores[-1])


def mean(scores: Sequence[float]) -> float:
    """Return the mean of all turns.

    Example:
        >>> mean([0.25, 0.75])
        0.5
    """
    return math.fsum(scores) / len(scores)


def improvement(scores: Sequence[float], weight: float = 1.0) -> float:
    """Return the last score plus `weight` times what was gained since the first turn.

    A weight above 0 pays for refining, and also for a poor first turn: that is a way to game it.

    Example:
        >>> improvement([0.25, 0.75], weight=0.5)
        1.0
    """
    return float(scores[-1] + _number("weight", weight) * (scores[-1] - scores[0]))


def discounted_mean(scores: Sequence[float], discount: float = 0.9) -> float:
    """Return the mean of the turns, turn ``i`` weighted ``discount ** i``: how MetaSpatial puts turns together.

    Early turns weigh most, so that refining pays less than a good first answer.

    Raises:
        InputError: If there is no score, or `discount` is not above 0 and at most 1.

    Example:
        >>> discounted_mean([1.0, 0.0], discount=0.5)
        0.6666666666666666
    """
    if len(scores) == 0:
        raise InputError("`scores` is empty; give the score of at least one turn")
    if not 0 < _number("discount", discount) <= 1:
        raise InputError(f"`discount` is {discount!r}; it must be a number above 0, at most 1")
    weights = [discount**i for i in range(len(scores))]
    return sum(weight * float(score) for weight, score in zip(weights, scores, strict=True)) / sum(weights)


def scenerevis(scores: Sequence[float]) -> float:
    """Return 0.6 of the last score plus 0.4 of the mean of the others; -1 for two turns or fewer.

    That is the rule of SceneReVis's public code. It forbids short episodes: a layout that is right at once gets -1.

    Example:
        >>> scenerevis([0.0, 0.5, 1.0]), scenerevis([1.0, 1.0])
        (0.7, -1.0)
    """
    if len(scores) <= 2:
        return -1.0
    return 0.6 * float(scores[-1]) + 0.4 * mean(scores[:-1])


TRAJECTORIES = {
    name: f"spatialenv.rewards.trajectory:{name}"
    for name in ("discounted_mean", "improvement", "last", "mean", "scenerevis")
}
"""Rules by name, as ``module:function``."""

_REGISTRY = Registry("trajectory", TRAJECTORIES, "spatialenv.trajectories")


@dataclass(frozen=True)
class Trajectory:
    """A rule that makes one reward of an episode's scores; made by `make_trajectory`.

    Attributes:
        name: The rule's name.
        options: Its options.
        rule: What is called with the scores, and the options by name.
    """

    name: str
    options: Mapping[str, Any] = field(default_factory=dict)
    rule: Callable[..., float] = last

    @property
    def version(self) -> str:
        """Name, number and options of the definition: ``"discounted_mean-1(discount=0.9)"``."""
        options = ", ".join(f"{key}={value!r}" for key, value in sorted(self.options.items()))
        return f"{self.name}-1({options})" if options else f"{self.name}-1"

    def __call__(self, scores: Sequence[float]) -> float:
        """Return the reward of a trajectory.

        Args:
            scores: The score of each turn, in order.

        Raises:
            InputError: If there is none, or one is not a finite number.
        """
        if len(scores) == 0:
            raise InputError("`scores` is empty; give the score of at least one turn")
        numbers = [_number("scores", score) for score in scores]
        return float(self.rule(numbers, **self.options))


TrajectorySpec = str | Mapping[str, Any] | Trajectory | Callable[[Sequence[float]], float]


def make_trajectory(spec: TrajectorySpec = "last") -> Trajectory:
    """Return the rule that `spec` describes.

    Args:
        spec: A name of `TRAJECTORIES` (or one that another distribution offers under the entry points
            ``spatialenv.trajectories``), a name with options ``{"name": "discounted_mean", "discount": 0.8}``,
            or a function of the scores.

    Raises:
        UnknownNameError: If no rule has that name.
        InputError: If an option is wrong.

    Example:
        >>> rule = make_trajectory({"name": "discounted_mean", "discount": 0.5})
        >>> rule.version, rule([1.0, 0.0])
        ('discounted_mean-1(discount=0.5)', 0.6666666666666666)
    """
    if isinstance(spec, Trajectory):
        return spec
    if callable(spec):
        return Trajectory(getattr(spec, "__name__", type(spec).__name__), rule=spec)
    given = {"name": spec} if isinstance(spec, str) else spec
    if not isinstance(given, Mapping) or "name" not in given:
        raise InputError(f"`trajectory` is {spec!r}; give a name, a dict with 'name' and options, or a function")
    options = {key: value for key, value in given.items() if key != "name"}
    rule = _REGISTRY.load(given["name"], {"scores": (), **options})
    made = Trajectory(given["name"], options, rule)
    made([0.0])  # an option that is wrong is told here, not after an episode
    return made


def _number(name: str, value: object) -> float:
    try:
        number = math.nan if isinstance(value, bool) else float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise InputError(f"`{name}` is or holds {value!r}; it must be a finite number")
    return number
