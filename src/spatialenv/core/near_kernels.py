"""Numba kernels of the broad phase: which boxes may meet, found without looking at every pair.

Two boxes are near when their footprints' bounding rectangles meet; a hair is added, so that rounding drops no pair.
See `spatialenv.core.kernels` for what all kernels keep to.
"""

from __future__ import annotations

import numpy as np
from numba import int64, types

from spatialenv.core.kernels import IN2, FloatArray, IntArray, extents, kernel, row

FEW = 32
"""Up to so many boxes every pair is looked at; among more a line sweeps along the longer side."""

_HAIR = 1e-9
"""Share of its size by which a box's bounding rectangle is widened."""

_ROUNDING = 1e-15
"""Share of a coordinate that sorting may be wrong by."""


@kernel()
def half_sides(boxes: FloatArray, count: int, halves: FloatArray) -> None:
    """Write half the sides of the widened bounding rectangles of the first `count` boxes, ``(n, 2)``."""
    for i in range(count):
        x, y = extents(row(boxes, i))
        hair = _HAIR * (x + y)
        halves[i, 0], halves[i, 1] = x + hair, y + hair


@kernel()
def _meet(x: float, y: float, far_x: float, far_y: float) -> bool:
    """Return whether rectangles meet whose centres are ``x, y`` apart, with half sides that add up to the others."""
    return (abs(x) <= far_x) & (abs(y) <= far_y)


@kernel()
def _sweep_axis(boxes: FloatArray, count: int) -> int:
    """Return the axis along which the centres spread further."""
    low_x, high_x, low_y, high_y = boxes[0, 0], boxes[0, 0], boxes[0, 1], boxes[0, 1]
    for i in range(1, count):
        low_x, high_x = min(low_x, boxes[i, 0]), max(high_x, boxes[i, 0])
        low_y, high_y = min(low_y, boxes[i, 1]), max(high_y, boxes[i, 1])
    return 0 if high_x - low_x >= high_y - low_y else 1


@kernel()
def _sweep(boxes: FloatArray, halves: FloatArray, order: IntArray, lows: FloatArray, axis: int, pairs: IntArray) -> int:
    """Write pairs that meet into `pairs` ``(p, 2)``, as many as it holds; return how many there are."""
    found = 0
    for a in range(order.shape[0]):
        i = order[a]
        x, y, half_x, half_y = boxes[i, 0], boxes[i, 1], halves[i, 0], halves[i, 1]
        high = boxes[i, axis] + halves[i, axis] + abs(boxes[i, axis]) * _ROUNDING
        for b in range(a + 1, order.shape[0]):
            j = order[b]
            if lows[j] > high:
                break
            if _meet(boxes[j, 0] - x, boxes[j, 1] - y, half_x + halves[j, 0], half_y + halves[j, 1]):
                if found < pairs.shape[0]:
                    pairs[found, 0], pairs[found, 1] = i, j
                found += 1
    return found


@kernel()
def _lists(pairs: IntArray, found: int, count: int, starts: IntArray, lengths: IntArray) -> IntArray:
    """Return the partners of each box, one after another and each ascending, and write where they are."""
    lengths[:count] = 0
    for k in range(found):
        lengths[pairs[k, 0]] += 1
        lengths[pairs[k, 1]] += 1
    at = 0
    for i in range(count):
        starts[i] = at
        at += lengths[i]
        lengths[i] = 0
    mixed, partners = np.empty(at, dtype=np.int64), np.empty(at, dtype=np.int64)
    for k in range(found):
        for i, j in ((pairs[k, 0], pairs[k, 1]), (pairs[k, 1], pairs[k, 0])):
            mixed[starts[i] + lengths[i]] = j
            lengths[i] += 1
    ends = starts[:count].copy()
    for j in range(count):
        # Told to its partners in its turn, each box comes into their lists in ascending order.
        for k in range(starts[j], starts[j] + lengths[j]):
            i = mixed[k]
            partners[ends[i]] = j
            ends[i] += 1
    return partners


@kernel()
def find_near(
    boxes: FloatArray, count: int, halves: FloatArray, starts: IntArray, lengths: IntArray, room: IntArray
) -> IntArray:
    """Return the boxes near each of the first `count`, ascending; write where those of each begin and how many.

    `halves` is what `half_sides` writes; `room` is used for the result where there are `FEW` boxes, and must then
    hold ``count * count`` numbers.
    """
    if count <= FEW:
        for i in range(count):
            starts[i], lengths[i] = i * count, 0
        for i in range(count):
            x, y, half_x, half_y = boxes[i, 0], boxes[i, 1], halves[i, 0], halves[i, 1]
            for j in range(i + 1, count):
                # Written in any case and kept where they meet: a branch here would be foreseen badly.
                room[starts[i] + lengths[i]], room[starts[j] + lengths[j]] = j, i
                meet = int(_meet(boxes[j, 0] - x, boxes[j, 1] - y, half_x + halves[j, 0], half_y + halves[j, 1]))
                lengths[i] += meet
                lengths[j] += meet
        return room
    axis = _sweep_axis(boxes, count)
    lows = np.empty(count)
    for i in range(count):
        lows[i] = boxes[i, axis] - halves[i, axis] - abs(boxes[i, axis]) * _ROUNDING
    order = np.argsort(lows)
    pairs = np.empty((8 * count, 2), dtype=np.int64)
    found = _sweep(boxes, halves, order, lows, axis, pairs)
    if found > pairs.shape[0]:
        pairs = np.empty((found, 2), dtype=np.int64)
        _sweep(boxes, halves, order, lows, axis, pairs)
    return _lists(pairs, found, count, starts, lengths)


@kernel(types.Tuple((int64[::1], int64[::1], int64[::1]))(IN2))
def near_lists(boxes: FloatArray) -> tuple[IntArray, IntArray, IntArray]:
    """Return the partners of all boxes, and where those of each begin and how many there are, ``(n,)``."""
    n = boxes.shape[0]
    halves = np.empty((n, 2))
    starts, lengths = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
    half_sides(boxes, n, halves)
    partners = find_near(boxes, n, halves, starts, lengths, np.empty(min(n, FEW) ** 2, dtype=np.int64))
    return partners, starts, lengths
