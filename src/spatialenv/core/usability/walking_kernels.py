"""Numba kernels of walking: free floor as runs of cells, and which of it hangs together.

A run is a stretch of free cells of one row: ``firsts <= column < ends``. The runs of all rows stand one after
another, row by row and from west to east; those of row ``k`` are ``rows[k]`` to ``rows[k + 1]``. Work and memory
follow the runs, not the cells, so fine rasters are cheap.

Imported lazily by `spatialenv.core.usability.walking`; see `spatialenv.core.kernels` for what all kernels keep to.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import int32, types

from spatialenv.core.kernels import MASK2, BoolArray, IntArray, kernel

LabelArray = npt.NDArray[np.int32]


@kernel()
def _root(parents: IntArray, run: int) -> int:
    """Return the first run of the tree that a run is in, halving the way there."""
    while parents[run] != run:
        parents[run] = parents[parents[run]]
        run = parents[run]
    return run


@kernel()
def join_runs(rows: IntArray, firsts: IntArray, ends: IntArray, diagonal: int, labels: IntArray) -> int:
    """Write the component of each run, counted from 0 in the order of their first runs; return how many there are.

    Runs of neighbouring rows are joined where they share a column or, with a `diagonal` of 1, touch at a corner.
    """
    for run in range(rows[-1]):
        labels[run] = run
    for row in range(1, rows.shape[0] - 1):
        below, here = rows[row - 1], rows[row]
        while below < rows[row] and here < rows[row + 1]:
            if firsts[below] < ends[here] + diagonal and firsts[here] < ends[below] + diagonal:
                a, b = _root(labels, below), _root(labels, here)
                labels[max(a, b)] = min(a, b)
            if ends[below] < ends[here]:
                below += 1
            else:
                here += 1
    count = 0
    for run in range(rows[-1]):
        # A tree's first run comes before all others of it, so that what it stands for is already a number from 0.
        if labels[run] == run:
            labels[run] = count
            count += 1
        else:
            labels[run] = labels[labels[run]]
    return count


@kernel(types.Array(int32, 2, "C")(MASK2))
def components(mask: BoolArray) -> LabelArray:
    """Return the 8-connected components of a mask.

    Args:
        mask: Which cells are free, shape ``(h, w)``.

    Returns:
        Shape ``(h, w)``: 0 where the mask is False, else the number of the cell's component, from 1 in the order in
        which a reading of the rows meets them. ``numpy.bincount(labels.ravel())`` counts their cells.
    """
    height, width = mask.shape
    rows = np.zeros(height + 1, dtype=np.int64)
    firsts, ends = np.empty(mask.size // 2 + height, dtype=np.int64), np.empty(mask.size // 2 + height, dtype=np.int64)
    count = 0
    for row in range(height):
        column = 0
        while column < width:
            if not mask[row, column]:
                column += 1
                continue
            firsts[count] = column
            while column < width and mask[row, column]:
                column += 1
            ends[count] = column
            count += 1
        rows[row + 1] = count
    joined = np.empty(count, dtype=np.int64)
    join_runs(rows, firsts, ends, 1, joined)
    labels = np.zeros((height, width), dtype=np.int32)
    for row in range(height):
        for run in range(rows[row], rows[row + 1]):
            labels[row, firsts[run] : ends[run]] = joined[run] + 1
    return labels
