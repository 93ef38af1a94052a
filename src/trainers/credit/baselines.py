"""Advantages of values over a baseline: that of the group or of the batch."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from spatialenv.core.placed import FloatArray

Baseline = Literal["group", "group_std", "leave_one_out", "batch", "group_batch"]
BASELINES: tuple[str, ...] = get_args(Baseline)
"""Names of baselines. Of a value, its group (the samples of one scene) and the batch (all samples of a step):

- ``"group"``: less the group's mean (Dr. GRPO);
- ``"group_std"``: that, over the group's standard deviation (GRPO);
- ``"leave_one_out"``: less the mean of the *other* samples of the group (RLOO);
- ``"batch"``: whitened, less the batch's mean and over the batch's standard deviation (REINFORCE++);
- ``"group_batch"``: less the group's mean, then whitened over the batch (REINFORCE++ with baseline).
"""

Deviation = Literal["sample", "population"]
DEVIATIONS: tuple[str, ...] = get_args(Deviation)


def advantages_over_baseline(
    values: FloatArray,
    group_size: int,
    baseline: Baseline,
    *,
    eps: float = 1e-4,
    deviation: Deviation = "sample",
) -> FloatArray:
    """Return the advantage of each value, column by column.

    Args:
        values: Shape ``(rows, columns)``, NaN where there is none; each run of `group_size` rows is a group.
        group_size: Rows of a group; divides the number of rows.
        baseline: What a value is held against.
        eps: Added to standard deviations.
        deviation: Which standard deviation.

    Returns:
        The same shape. NaN stays NaN and counts in no mean; a value that has nothing to be compared with gets 0.

    Example:
        >>> import numpy as np
        >>> advantages_over_baseline(np.array([[1.0], [0.0], [0.5], [np.nan]]), 4, "leave_one_out")[:, 0]
        array([ 0.75, -0.75,  0.  ,   nan])
    """
    if values.size == 0:
        return values.copy()
    batch_size = values.shape[0]
    size = batch_size if baseline == "batch" else group_size
    centred = group_centred(values, size)
    if baseline == "group":
        return centred
    if baseline == "leave_one_out":
        # less the mean of the other n - 1 values is n / (n - 1) times less the mean of all n
        count = _counts(centred, size)
        return _rows(_grouped(centred, size) * count / np.maximum(count - 1, 1), values)
    if baseline == "group_batch":
        centred, size = group_centred(centred, batch_size), batch_size
    count = _counts(centred, size)
    squares = np.nansum(_grouped(centred, size) ** 2, axis=1, keepdims=True)
    spread = np.sqrt(squares / np.maximum(count - (deviation == "sample"), 1))
    return _rows(_grouped(centred, size) / (spread + eps), values)


def group_centred(values: FloatArray, group_size: int) -> FloatArray:
    """Take off the mean of each group, column by column, over the entries that are there."""
    groups = _grouped(values, group_size)
    mean = np.nansum(groups, axis=1, keepdims=True) / np.maximum(_counts(values, group_size), 1)
    return _rows(groups - mean, values)


def _grouped(values: FloatArray, group_size: int) -> FloatArray:
    return values.reshape(len(values) // group_size, group_size, values.shape[1])


def _counts(values: FloatArray, group_size: int) -> FloatArray:
    return np.asarray((~np.isnan(_grouped(values, group_size))).sum(axis=1, keepdims=True), dtype=np.float64)


def _rows(groups: FloatArray, like: FloatArray) -> FloatArray:
    return np.asarray(groups.reshape(like.shape), dtype=np.float64)
