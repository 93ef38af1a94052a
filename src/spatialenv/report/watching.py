"""Does the reward rise because layouts get better? What held-out rooms say while a run trains.

A run that watches plays the same held-out rooms every so many steps. A reward that is gamed rises in training while
what it should stand for falls there, or while one answer is given to ever more rooms.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Row = Mapping[str, Any]

TRUST = {
    "watch/final/valid_layout_rate": ("valid layouts", 1),
    "watch/final/clean_rate": ("clean layouts", 1),
    "watch/final/valid_of_well_formed": ("valid layouts among well-formed answers", 1),
    "watch/final/score": ("the mean score", 1),
    "watch/final/commonest_layout_share": ("the share of the commonest layout", -1),
    "watch/final/commonest_corners_share": ("the share of the commonest arrangement of corners", -1),
}
"""Metrics of the held-out rooms: their names in a sentence, and 1 where less is worse, -1 where more is."""

DEVIATIONS = 3.0
"""Standard errors that a slope must lie from 0 to count: every watch asks anew, so 2 would often be chance."""

LEAST_CHANGE = 0.05
"""Change over the watches looked at, below which it is not spoken of."""

_FEWEST_STEPS = 5


@dataclass(frozen=True, slots=True)
class Trend:
    """A straight line through values over steps.

    Attributes:
        first: The line's value at the first step.
        last: Its value at the last.
        deviations: How many standard errors its slope lies from 0.
    """

    first: float
    last: float
    deviations: float


@dataclass(frozen=True, slots=True)
class Gaming:
    """A training reward that rose while a held-out metric got worse.

    Attributes:
        metric: A key of `TRUST`.
        start: The first step looked at.
        end: The last.
        reward: Training reward over these steps.
        trust: The metric over them.
        rooms: Held-out rooms a watch.
    """

    metric: str
    start: int
    end: int
    reward: Trend
    trust: Trend
    rooms: int

    @property
    def text(self) -> str:
        """What it says, in a sentence."""
        label, sign = TRUST[self.metric]
        went = "fell" if sign > 0 else "rose"
        return (
            f"From step {self.start} to step {self.end} the training reward rose from {self.reward.first:.3g} to "
            f"{self.reward.last:.3g}, while on {self.rooms} held-out rooms {label} {went} from "
            f"{self.trust.first:.3g} to {self.trust.last:.3g}: the reward may be gamed, or the training rooms learned by heart."
        )


def find_gaming(rows: Sequence[Row], patience: int) -> list[Gaming]:
    """Return, for each metric of `TRUST`, the first time that it got worse while the training reward rose.

    Looked at, after each watch, are the last `patience` watches, the last ``2 * patience`` and so on: a line through
    the rewards of these steps must rise and one through the metric must get worse, each slope by `DEVIATIONS` standard
    errors, the metric by `LEAST_CHANGE`. The error of a share is that of as many independent rooms; the rooms being the
    same each time, it is smaller.

    Args:
        rows: Rows of ``metrics.jsonl`` of reinforcement learning, in order.
        patience: Fewest watches that can make a warning, at least 2.
    """
    watched = [index for index, row in enumerate(rows) if row.get("watch/rooms")]
    found: dict[str, Gaming] = {}
    for count in range(patience, len(watched) + 1):
        for gaming in gaming_now(rows[: watched[count - 1] + 1], patience):
            found.setdefault(gaming.metric, gaming)
    return list(found.values())


def gaming_now(rows: Sequence[Row], patience: int) -> list[Gaming]:
    """Return what the last watch of `rows` shows; arguments as in `find_gaming`."""
    watches = [row for row in rows if row.get("watch/rooms")]
    found: dict[str, Gaming] = {}
    length = patience
    while length <= len(watches):
        window = watches[-length:]
        start, end = int(window[0]["step"]), int(window[-1]["step"])
        reward = _reward_trend([row for row in rows if start <= row["step"] <= end])
        if reward is not None and reward.deviations >= DEVIATIONS:
            for metric, (_, sign) in TRUST.items():
                trend = _trust_trend(window, metric)
                if (
                    trend is not None
                    and sign * trend.deviations <= -DEVIATIONS
                    and sign * (trend.first - trend.last) >= LEAST_CHANGE
                ):
                    rooms = int(window[-1]["watch/rooms"])
                    found.setdefault(metric, Gaming(metric, start, end, reward, trend, rooms))
        length *= 2
    return list(found.values())


def fit_trend(x: Sequence[float], y: Sequence[float], variances: Sequence[float] | None = None) -> Trend:
    """Return the least-squares line through points.

    Args:
        x: Where they are, not all the same; shape ``(n,)``.
        y: Their values, ``(n,)``.
        variances: Of each value, ``(n,)``; estimated from what is left beside the line where None, for n above 2.

    Example:
        >>> trend = fit_trend([0, 1, 2], [0.9, 0.6, 0.3], [0.01, 0.01, 0.01])
        >>> round(trend.first, 6), round(trend.last, 6), round(trend.deviations, 3)
        (0.9, 0.3, -4.243)
    """
    xs, ys = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    away = xs - xs.mean()
    spread = float((away**2).sum())
    slope = float((away * ys).sum()) / spread
    line = ys.mean() + slope * away
    if variances is None:
        left = float(((ys - line) ** 2).sum()) / (len(xs) - 2)
        error = math.sqrt(left / spread)
    else:
        error = math.sqrt(float((away**2 * np.asarray(variances)).sum())) / spread
    deviations = slope / error if error > 1e-12 else math.copysign(math.inf, slope) if abs(slope) > 1e-12 else 0.0
    return Trend(float(line[0]), float(line[-1]), deviations)


def _reward_trend(rows: Sequence[Row]) -> Trend | None:
    points = [(row["step"], row["reward"]) for row in rows if isinstance(row.get("reward"), (int, float))]
    if len(points) < _FEWEST_STEPS:
        return None
    return fit_trend(*zip(*points, strict=True))


def _trust_trend(window: Sequence[Row], metric: str) -> Trend | None:
    held = [row for row in window if isinstance(row.get(metric), (int, float))]
    if len(held) < len(window):
        return None
    values = [float(row[metric]) for row in held]
    bases = [_base(row, metric) for row in held]
    if metric == "watch/final/score":
        variances = [
            float(row.get("watch/final/score_deviation") or 0) ** 2 / base
            for row, base in zip(held, bases, strict=True)
        ]
        # rooms that all score the same say nothing of how much one score may differ
        variances = [max(variance, 0.01 / base) for variance, base in zip(variances, bases, strict=True)]
    else:
        hits = sum(value * base for value, base in zip(values, bases, strict=True))
        share = (hits + 1) / (sum(bases) + 2)
        variances = [share * (1 - share) / base for base in bases]
    return fit_trend([row["step"] for row in held], values, variances)


def _base(row: Row, metric: str) -> float:
    """Return the number of answers that a share is of."""
    rooms = float(row["watch/rooms"])
    is_of_all = metric in ("watch/final/valid_layout_rate", "watch/final/clean_rate", "watch/final/score")
    return rooms if is_of_all else max(1.0, round(rooms * float(row.get("watch/final/format_rate") or 0)))
