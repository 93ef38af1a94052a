"""Intervals from resampled rooms."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from spatialenv.core.placed import FloatArray

RESAMPLES = 2000
_MOST = 4_000_000
"""Numbers held at a time."""


def bootstrap_intervals(
    shares: Mapping[str, tuple[FloatArray, FloatArray]], *, seed: int = 0, resamples: int = RESAMPLES
) -> dict[str, list[float] | None]:
    """Return the 95% interval of each share, from rooms drawn anew with replacement.

    What belongs to one room stays together: a share of objects, several of which stand in one room, gets
    the wider interval that it should have.

    Args:
        shares: By name, what each room adds to the top and to the base of the share, shape ``(n,)`` each.
        seed: Seed of the resampling; equal numbers give equal intervals.
        resamples: Number of resamples.

    Returns:
        ``[low, high]`` by name; None where the base is 0 in every resample.

    Example:
        >>> import numpy as np
        >>> bootstrap_intervals({"always": (np.ones(9), np.ones(9)), "never asked": (np.zeros(9), np.zeros(9))})
        {'always': [1.0, 1.0], 'never asked': None}
    """
    if not shares:
        return {}
    columns = np.stack([column for share in shares.values() for column in share], axis=1).astype(np.float64)
    n, width = columns.shape
    rng = np.random.default_rng(seed)
    sums = np.zeros((resamples, width))
    step = max(1, _MOST // max(1, n * width))
    for start in range(0, resamples, step):
        chosen = rng.integers(n, size=(min(step, resamples - start), n))
        sums[start : start + step] = columns[chosen].sum(axis=1)
    intervals: dict[str, list[float] | None] = {}
    for index, name in enumerate(shares):
        hits, base = sums[:, 2 * index], sums[:, 2 * index + 1]
        values = hits[base > 0] / base[base > 0]
        if len(values):
            low, high = np.quantile(values, (0.025, 0.975))
            intervals[name] = [float(low), float(high)]
        else:
            intervals[name] = None
    return intervals
