"""Rasters of floors and boxes as the public walkability metrics draw them, and their free components.

A square picture shows the floor from above, north up; its middle is the middle of the floor's bounding box. Corners go
to whole pixels by cutting off the fraction, and shapes include the pixels on their edges. Both are what the drawing
library of the public code does, measured; edges that lie along no axis may differ by a pixel here and there.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from spatialenv.core.placed import BoolArray, FloatArray
from spatialenv.core.room import Point, Room

RESOLUTION = 256
MARGIN = 0.2
"""Metres between the floor and the picture's edge, where it is widest."""

_HALF = RESOLUTION // 2
_FARTHEST = 1e6  # pixels; what is farther away is drawn there, which is as invisible
_SLANT = 0.45  # pixels by which a slanted edge's pixels reach beyond the exact edge


class Frame(NamedTuple):
    """Where a floor is in its picture.

    Attributes:
        center: Middle of the floor's bounding box in metres.
        scale: Metres from the picture's middle to its edge.
    """

    center: Point
    scale: float

    @classmethod
    def of(cls, room: Room) -> Frame:
        """Return the frame of a room."""
        return cls((room.length / 2, room.width / 2), max(room.length, room.width) / 2 + MARGIN)

    def pixels(self, metres: float) -> int:
        """Return a length in whole pixels, its fraction cut off."""
        return int(min(metres / self.scale * _HALF + 1e-9, _FARTHEST))

    def place(self, x: float, y: float) -> tuple[int, int]:
        """Return the column and the row of a point."""
        column = _cut((x - self.center[0]) / self.scale * _HALF)
        row = _cut(-(y - self.center[1]) / self.scale * _HALF)
        return column + _HALF, row + _HALF


def floor_mask(room: Room) -> BoolArray:
    """Return which pixels show the floor, shape ``(RESOLUTION, RESOLUTION)``, read-only."""
    return _floor_mask(room.floor, Frame.of(room))


def eroded_floor(room: Room, width: int) -> BoolArray:
    """Return the floor's pixels around which a square of `width` pixels is all floor, read-only.

    An even square reaches one pixel farther west and north than east and south.
    """
    return _eroded_floor(room.floor, Frame.of(room), width)


def rectangle(center: tuple[int, int], size: tuple[int, int], yaw: float) -> FloatArray:
    """Return the corners, in whole pixels, of a rectangle around a pixel, turned by a yaw in radians."""
    quarters = round(yaw / (math.pi / 2))
    is_quarter = abs(yaw - quarters * math.pi / 2) <= 1e-9
    cos, sin = ((1, 0), (0, 1), (-1, 0), (0, -1))[quarters % 4] if is_quarter else (math.cos(yaw), math.sin(yaw))
    half = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * np.array(size) / 2
    # Rows grow southwards, so y is turned over.
    x = center[0] + cos * half[:, 0] - sin * half[:, 1]
    y = center[1] - sin * half[:, 0] - cos * half[:, 1]
    corners: FloatArray = np.trunc(np.stack((x, y), axis=1))
    return corners


def reach_of(outline: int) -> int:
    """Return how many pixels an outline of that width reaches beyond the edge that it is drawn on."""
    return (outline + 1) // 2 if outline > 1 else 0


def draw(mask: BoolArray, corners: FloatArray, reach: int = 0, value: bool = False) -> None:
    """Set the pixels of a polygon, and those up to `reach` pixels from it, to `value`."""
    low = np.maximum(np.floor(corners.min(axis=0)).astype(int) - reach - 1, 0)
    high = np.minimum(np.ceil(corners.max(axis=0)).astype(int) + reach + 2, np.array(mask.shape[::-1]))
    if (low >= high).any():
        return
    columns, rows = np.arange(low[0], high[0]), np.arange(low[1], high[1])
    window = mask[low[1] : high[1], low[0] : high[0]]
    (west, north), (east, south) = corners.min(axis=0), corners.max(axis=0)
    if (
        len(corners) == 4
        and np.isin(corners[:, 0], (west, east)).all()
        and np.isin(corners[:, 1], (north, south)).all()
    ):
        dx = np.maximum(np.maximum(west - columns, columns - east), 0.0)
        dy = np.maximum(np.maximum(north - rows, rows - south), 0.0)
        window[dx[None, :] ** 2 + dy[:, None] ** 2 <= reach**2] = value
        return
    window[_distances(corners, columns, rows) <= reach + _SLANT] = value


def components(free: BoolArray) -> npt.NDArray[np.int64]:
    """Return how many pixels each 8-connected component has, by the order in which rows from the north meet them."""
    return np.bincount(labels(free).ravel())[1:]


def labels(free: BoolArray) -> npt.NDArray[np.int32]:
    """Return the number of each pixel's component, from 1; 0 where it is not free."""
    from spatialenv.core.usability.walking_kernels import components as label

    found: npt.NDArray[np.int32] = label(np.ascontiguousarray(free))
    return found


def _cut(value: float) -> int:
    """Return a number without its fraction; what rounding has put just below a whole number counts as whole."""
    return int(min(max(value + math.copysign(1e-9, value), -_FARTHEST), _FARTHEST))


@lru_cache(maxsize=256)
def _floor_mask(floor: tuple[Point, ...], frame: Frame) -> BoolArray:
    mask = np.zeros((RESOLUTION, RESOLUTION), dtype=np.bool_)
    corners = np.array([frame.place(x, y) for x, y in floor], dtype=np.float64)
    draw(mask, corners, value=True)
    mask.flags.writeable = False
    return mask


@lru_cache(maxsize=256)
def _eroded_floor(floor: tuple[Point, ...], frame: Frame, width: int) -> BoolArray:
    mask = _floor_mask(floor, frame)
    for axis in (0, 1):
        kept = np.ones_like(mask)
        for shift in range(-(width // 2), width - width // 2):
            moved = np.roll(mask, -shift, axis=axis)
            # What is beyond the picture counts as floor; the margin keeps the floor away from there.
            edge = [slice(None), slice(None)]
            edge[axis] = slice(0, -shift) if shift < 0 else slice(RESOLUTION - shift, None)
            moved[tuple(edge)] = True
            kept &= moved
        mask = kept
    mask.flags.writeable = False
    return mask


def _distances(corners: FloatArray, columns: npt.NDArray[np.int64], rows: npt.NDArray[np.int64]) -> FloatArray:
    """Return the distance in pixels of each pixel's middle from a polygon, 0 inside, shape ``(rows, columns)``."""
    x, y = columns[None, :].astype(np.float64), rows[:, None].astype(np.float64)
    nearest = np.full((len(rows), len(columns)), np.inf)
    inside = np.zeros(nearest.shape, dtype=np.bool_)
    for (ax, ay), (bx, by) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        ex, ey = bx - ax, by - ay
        if ex == 0 and ey == 0:
            continue
        share = np.clip(((x - ax) * ex + (y - ay) * ey) / (ex * ex + ey * ey), 0.0, 1.0)
        nearest = np.minimum(nearest, (x - ax - share * ex) ** 2 + (y - ay - share * ey) ** 2)
        if ey != 0:
            crosses = ((ay <= y) != (by <= y)) & (x < ax + (y - ay) / ey * ex)
            inside ^= crosses
    distances: FloatArray = np.where(inside, 0.0, np.sqrt(nearest))
    return distances
