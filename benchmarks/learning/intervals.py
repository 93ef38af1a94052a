"""Shares over seeds and rooms, with intervals that resample both.

All seeds of an arm answer the same rooms. A resample therefore draws seeds with replacement, and rooms with replacement
once for all seeds: what a hard room does to every seed is not averaged away by training more of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from spatialenv.core.placed import FloatArray

RESAMPLES = 2000
_LOW, _HIGH = 0.025, 0.975


@dataclass(frozen=True, slots=True, eq=False)
class Share:
    """What each seed adds to a share in each room.

    Attributes:
        hits: What is added to the top, shape ``(seeds, rooms)``.
        base: What is added below, of the same shape; 0 where a room does not count.
    """

    hits: FloatArray
    base: FloatArray

    def only(self, counts: FloatArray) -> Share:
        """Return the same in those rooms alone where `counts`, of the same shape, is 1 and not 0."""
        return Share(self.hits * counts, self.base * counts)

    def seeds(self, rows: Sequence[int]) -> Share:
        """Return the same of some of the seeds alone."""
        return Share(self.hits[list(rows)], self.base[list(rows)])


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its interval.

    Attributes:
        value: Mean over seeds; None where no seed has a base.
        interval: ``(low, high)`` of 95 %, or None.
        per_seed: The same number of each seed; None where its base is 0.
    """

    value: float | None
    interval: tuple[float, float] | None
    per_seed: tuple[float | None, ...]


def rate(share: Share, *, resamples: int = RESAMPLES, seed: int = 0) -> Estimate:
    """Return the mean over seeds of a share.

    Args:
        share: At least one seed and one room.
        resamples: Number of resamples.
        seed: Seed of the resampling; equal numbers give equal intervals.

    Example:
        >>> import numpy as np
        >>> rate(Share(np.array([[1.0, 1.0], [1.0, 0.0]]), np.ones((2, 2)))).value
        0.75
    """
    return _estimate(_of(share.hits.sum(1), share.base.sum(1)), _resampled(share, resamples, seed), resamples, seed)


def difference(before: Share, after: Share, *, resamples: int = RESAMPLES, seed: int = 0) -> Estimate:
    """Return the mean over seeds of how much a share is more in `after` than in `before`, in the same rooms.

    Args:
        before: Its rows are the same seeds and its columns the same rooms as those of `after`.
        after: What is compared with it.
        resamples: Number of resamples.
        seed: Seed of the resampling.

    Example:
        >>> import numpy as np
        >>> difference(Share(np.zeros((1, 4)), np.ones((1, 4))), Share(np.ones((1, 4)), np.ones((1, 4)))).interval
        (1.0, 1.0)
    """
    points = _of(after.hits.sum(1), after.base.sum(1)) - _of(before.hits.sum(1), before.base.sum(1))
    drawn = _resampled(after, resamples, seed) - _resampled(before, resamples, seed)
    return _estimate(points, drawn, resamples, seed)


def _estimate(points: FloatArray, drawn: FloatArray, resamples: int, seed: int) -> Estimate:
    """Return the estimate of values a seed, and of values a resample and seed, shape ``(resamples, seeds)``."""
    per_seed = tuple(float(point) if np.isfinite(point) else None for point in points)
    if not np.isfinite(points).any():
        return Estimate(None, None, per_seed)
    counts = _draws(len(points), resamples, seed + 1)
    finite = np.isfinite(drawn)
    chosen = (counts * finite).sum(1)
    sums = (counts * np.where(finite, drawn, 0.0)).sum(1)
    means = sums[chosen > 0] / chosen[chosen > 0]
    if not len(means):
        return Estimate(float(np.nanmean(points)), None, per_seed)
    low, high = np.quantile(means, (_LOW, _HIGH))
    return Estimate(float(np.nanmean(points)), (float(low), float(high)), per_seed)


def _resampled(share: Share, resamples: int, seed: int) -> FloatArray:
    """Return the share of each seed in each resample of the rooms, shape ``(resamples, seeds)``."""
    counts = _draws(share.hits.shape[1], resamples, seed)
    return _of(counts @ share.hits.T, counts @ share.base.T)


@lru_cache(maxsize=64)
def _draws(n: int, resamples: int, seed: int) -> FloatArray:
    """Return how often each of `n` things is drawn in each resample, shape ``(resamples, n)``."""
    rng = np.random.default_rng([seed, n])
    return rng.multinomial(n, np.full(n, 1 / n), size=resamples).astype(np.float64)


def _of(hits: FloatArray, base: FloatArray) -> FloatArray:
    return np.divide(hits, base, out=np.full(np.shape(hits), np.nan), where=base > 0)
