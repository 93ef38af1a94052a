"""Where each object is seen in a picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit

from spatialenv.core.placed import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """Where each placed object is seen in a picture.

    Attributes:
        anchors: A seen point of each, pixels, ``(m, 2)``; NaN where nothing is seen.
        boxes: ``(left, top, right, bottom)`` of what is seen, pixels, ``(m, 4)``; NaN likewise.
        colours: Mean colour of what is seen, 0..255, ``(m, 3)``; NaN likewise, and where no picture was given.
    """

    anchors: FloatArray
    boxes: FloatArray
    colours: FloatArray


def find_sight(ids: npt.NDArray[np.int32], n: int, picture: npt.NDArray[np.uint8] | None = None) -> Sight:
    """Return where each of `n` placed objects is seen.

    Args:
        ids: Index of the object at each pixel, negative where none is, ``(H, W)`` int32.
        n: How many objects are placed.
        picture: ``(H, W, 3)`` uint8, of which colours are taken; bare.

    Example:
        >>> ids = np.full((4, 6), -1, np.int32)
        >>> ids[1:3, 2:5] = 0
        >>> sight = find_sight(ids, 2)
        >>> sight.anchors[0].tolist(), sight.boxes[0].tolist(), bool(np.isnan(sight.anchors[1, 0]))
        ([3.5, 1.5], [2.0, 1.0, 5.0, 3.0], True)
    """
    seen = find_visible(ids, n)
    seen[seen[:, 0] == 0, 1:] = np.nan
    colours = np.full((n, 3), np.nan) if picture is None else mean_colours(ids, picture, n)
    return Sight(anchors=seen[:, 1:3] + 0.5, boxes=seen[:, 3:7] + np.array([0, 0, 1, 1]), colours=colours)


@njit(cache=True, nogil=True, error_model="numpy")
def find_visible(ids, n):  # type: ignore[no-untyped-def]
    """Return ``(count, x, y, left, top, right, bottom)`` of each object in pixels, ``(n, 7)``.

    ``(x, y)`` is the seen pixel nearest to the middle of all that is seen.
    """
    rows, columns = ids.shape
    seen = np.zeros((n, 7))
    seen[:, 3:5] = 1e9
    seen[:, 5:7] = -1e9
    for row in range(rows):
        for column in range(columns):
            owner = ids[row, column]
            if owner >= 0:
                item = seen[owner]
                item[0] += 1.0
                item[1] += column
                item[2] += row
                item[3] = min(item[3], column)
                item[4] = min(item[4], row)
                item[5] = max(item[5], column)
                item[6] = max(item[6], row)
    middles = np.zeros((n, 2))
    for i in range(n):
        if seen[i, 0] > 0:
            middles[i, 0] = seen[i, 1] / seen[i, 0]
            middles[i, 1] = seen[i, 2] / seen[i, 0]
    nearest = np.full(n, 1e30)
    for row in range(rows):
        for column in range(columns):
            owner = ids[row, column]
            if owner >= 0:
                away = (column - middles[owner, 0]) ** 2 + (row - middles[owner, 1]) ** 2
                if away < nearest[owner]:
                    nearest[owner] = away
                    seen[owner, 1] = column
                    seen[owner, 2] = row
    return seen


@njit(cache=True, nogil=True, error_model="numpy")
def mean_colours(ids, picture, n):  # type: ignore[no-untyped-def]
    """Return the mean colour of each object's pixels, ``(n, 3)``; NaN of none."""
    sums, counts = np.zeros((n, 3)), np.zeros(n)
    for row in range(ids.shape[0]):
        for column in range(ids.shape[1]):
            owner = ids[row, column]
            if owner >= 0:
                counts[owner] += 1.0
                for channel in range(3):
                    sums[owner, channel] += picture[row, column, channel]
    return sums / counts.reshape(-1, 1)
