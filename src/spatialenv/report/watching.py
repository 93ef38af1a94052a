"""Does the reward rise because layouts get better? What held-out rooms say while a run trains.

A run that watches plays the same held-out rooms every so many steps. A reward that is gamed rises in training while
what it should stand for falls there, or while one answer is given to ever more rooms.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt

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
"""Standard errors that a slope must lie from 0 to count, at least."""

CHANCE = 0.05
"""Chance of a false warning that is shared out among the metrics and the watches so far; see `deviations_needed`."""

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
            f"{self.trust.first:.3g} to {self.trust.last:.3g}: the reward may be gamed, or the training rooms "
            "learned by heart."
        )


def find_gaming(rows: Sequence[Row], patience: int) -> list[Gaming]:
    """Return, for each metric of `TRUST`, the first time that it got worse while the training reward rose.

    Looked at, after each watch, are the last `patience` watches, the last ``2 * patience`` and so on: a line through
    the rewards of these steps must rise and one through the metric must get worse, by `LEAST_CHANGE` at least. The
    reward's slope must be `DEVIATIONS` standard errors from 0, the metric's `deviations_needed`. The error of a share
    is that of as many independent rooms; the rooms being the same each time, it is smaller.

    Args:
        rows: Rows of ``metrics.jsonl`` of reinforcement learning, in order.
        patience: Fewest watches that can make a warning, at least 2.
    """
    curves = _Curves(rows)
    found: dict[str, Gaming] = {}
    for count in range(patience, len(curves.watches) + 1):
        found |= curves.judge(count, patience, [metric for metric in TRUST if metric not in found])
    return list(found.values())


def gaming_now(rows: Sequence[Row], patience: int) -> list[Gaming]:
    """Return what the last watch of `rows` shows; arguments as in `find_gaming`."""
    curves = _Curves(rows)
    return list(curves.judge(len(curves.watches), patience, list(TRUST)).values())


def deviations_needed(watches: int) -> float:
    """Return the standard errors that a metric's slope must lie from 0 after so many watches.

    Each watch asks anew, of each metric: the more were asked, the less one answer counts.

    Example:
        >>> deviations_needed(3), round(deviations_needed(20), 2), round(deviations_needed(800), 2)
        (3.0, 3.34, 4.26)
    """
    return max(DEVIATIONS, NormalDist().inv_cdf(1 - CHANCE / (len(TRUST) * max(1, watches))))


class _Curves:
    """The rewards and the watches of a run, as arrays, so that a long run is judged quickly."""

    def __init__(self, rows: Sequence[Row]) -> None:
        rewarded = [row for row in rows if _is_number(row.get("reward"))]
        self.watches = [row for row in rows if row.get("watch/rooms")]
        self.steps = np.array([row["step"] for row in rewarded], dtype=np.float64)
        self.rewards = np.array([row["reward"] for row in rewarded], dtype=np.float64)
        self.watched = np.array([row["step"] for row in self.watches], dtype=np.float64)
        self.values = {metric: np.array([_value(row, metric) for row in self.watches]) for metric in TRUST}
        self.bases = {metric: np.array([_base(row, metric) for row in self.watches]) for metric in TRUST}
        self.deviations = np.array([float(row.get("watch/final/score_deviation") or 0) for row in self.watches])

    def judge(self, count: int, patience: int, metrics: Sequence[str]) -> dict[str, Gaming]:
        """Return what the last of the first `count` watches shows of some metrics."""
        found: dict[str, Gaming] = {}
        length = patience
        while length <= count:
            window = slice(count - length, count)
            first, last = self.watched[window][[0, -1]]
            reward = self._reward_trend(first, last)
            if reward is not None and reward.deviations >= DEVIATIONS:
                for metric in metrics:
                    trend = self._trust_trend(window, metric)
                    sign = TRUST[metric][1]
                    if (
                        trend is not None
                        and sign * trend.deviations <= -deviations_needed(count)
                        and sign * (trend.first - trend.last) >= LEAST_CHANGE
                    ):
                        rooms = int(self.watches[count - 1]["watch/rooms"])
                        found.setdefault(metric, Gaming(metric, int(first), int(last), reward, trend, rooms))
            length *= 2
        return found

    def _reward_trend(self, first: float, last: float) -> Trend | None:
        start, end = np.searchsorted(self.steps, first), np.searchsorted(self.steps, last, side="right")
        if end - start < _FEWEST_STEPS:
            return None
        return fit_trend(self.steps[start:end], self.rewards[start:end])

    def _trust_trend(self, window: slice, metric: str) -> Trend | None:
        values, bases = self.values[metric][window], self.bases[metric][window]
        if not np.isfinite(values).all():
            return None
        if metric == "watch/final/score":
            # rooms that all score the same say nothing of how much one score may differ
            variances = np.maximum(self.deviations[window] ** 2, 0.01) / bases
        else:
            share = ((values * bases).sum() + 1) / (bases.sum() + 2)
            variances = share * (1 - share) / bases
        return fit_trend(self.watched[window], values, variances)


def fit_trend(x: npt.ArrayLike, y: npt.ArrayLike, variances: npt.ArrayLike | None = None) -> Trend:
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


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and math.isfinite(value)


def _value(row: Row, metric: str) -> float:
    """Return a metric of a watch; NaN where it has no value."""
    return float(row[metric]) if _is_number(row.get(metric)) else math.nan


def _base(row: Row, metric: str) -> float:
    """Return the number of answers that a share is of."""
    rooms = float(row["watch/rooms"])
    is_of_all = metric in ("watch/final/valid_layout_rate", "watch/final/clean_rate", "watch/final/score")
    return rooms if is_of_all else max(1.0, round(rooms * float(row.get("watch/final/format_rate") or 0)))
