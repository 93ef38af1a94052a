"""Arithmetic of values by object, over padded arrays: shares, means, and what `physics` makes of its parts."""

from __future__ import annotations

import numpy as np

from spatialenv.core.placed import BoolArray, FloatArray, IntArray

_ROUNDING = 1e-12


def paid(collision: FloatArray, boundary: FloatArray, support: FloatArray, constraint: FloatArray) -> FloatArray:
    """Return the share of its pay that each object earns."""
    return collision * boundary * support * (0.5 + 0.5 * constraint)


def physics_value(means: FloatArray) -> FloatArray:
    """Return what complete layouts are worth whose objects earn these shares on average."""
    values: FloatArray = np.minimum(0.1 + 0.9 * means, 1.0)
    return values


def share_of(part: FloatArray, whole: FloatArray) -> FloatArray:
    """Return ``part / whole`` cut to [0, 1], exactly 1 where only rounding is missing."""
    shares = np.clip(part / whole, 0.0, 1.0)
    rounded: FloatArray = np.where(shares > 1.0 - _ROUNDING, 1.0, shares)
    return rounded


def mean(values: FloatArray, mask: BoolArray, counts: IntArray) -> FloatArray:
    """Return each scene's mean over its objects, those not placed counting 0, shape ``(b,)``; 1 without objects."""
    means: FloatArray = np.where(counts > 0, total(values, mask) / np.maximum(counts, 1.0), 1.0)
    return means


def total(values: FloatArray, mask: BoolArray) -> FloatArray:
    """Return sums over the last axis, shape ``(b, ..., n)``, of each scene's placed objects.

    Padding is left out, not added as zeros: NumPy rounds a sum by how many numbers it has, and a scene is to
    score in a batch to the last bit as it does alone.
    """
    totals: FloatArray = np.zeros(values.shape[:-1])
    if mask.all():
        return values.sum(axis=-1, out=totals)
    counts = mask.sum(axis=1)
    for count in np.unique(counts[counts > 0]):
        alike = counts == count
        columns = np.nonzero(mask[alike])[1].reshape(-1, count)
        columns = columns.reshape(len(columns), *(1,) * (values.ndim - 2), count)
        totals[alike] = np.take_along_axis(values[alike], columns, axis=-1).sum(axis=-1)
    return totals
