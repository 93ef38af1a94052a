"""Whether boxes stand square to the walls and to their neighbours, over plain arrays.

The angle between two boxes, or a box and a wall, is that to the nearest quarter turn: 0 when they are parallel or
perpendicular, at most 45 degrees. It scores 1 up to 2 degrees and falls linearly to 0 at 45. A box scores the mean of

- the angle to the nearest wall (by the distance of its footprint; of walls as near, the one that suits it best), and
- where it has neighbours, whose footprints are at most 1 m from its own, the mean over them of the angle to each, or of
  the worse of both angles to their walls where that is better: boxes that keep to two walls that meet at a slant are
  not out of line with each other.

How far a box is from the wall does not count here: what must touch a wall says so by a relation.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy.typing as npt

from spatialenv.core.geometry import FloatArray, Floors, box_arrays, floor_arrays, room_arrays


class Alignment(NamedTuple):
    """How boxes stand to walls and neighbours, each of shape ``(n,)`` or ``(b, n)``.

    Attributes:
        values: How well each box is aligned, in [0, 1]; 1 where masked.
        turns: The smallest signed turn that makes it parallel or perpendicular to the wall nearest to it: radians,
            counter-clockwise, within 45 degrees; 0 where masked.
    """

    values: FloatArray
    turns: FloatArray


def alignment(
    centers: npt.ArrayLike,
    sizes: npt.ArrayLike,
    yaws: npt.ArrayLike,
    rooms: npt.ArrayLike,
    *,
    floors: Floors | None = None,
    mask: npt.ArrayLike | None = None,
) -> Alignment:
    """Return how well each box is aligned with the nearest wall and with its neighbours.

    Args:
        centers: Centres, shape ``(n, 3)`` or ``(b, n, 3)``; metres.
        sizes: Sizes, shape ``(n, 3)`` or ``(b, n, 3)``.
        yaws: Yaws in radians, shape ``(n,)`` or ``(b, n)``.
        rooms: ``(length, width, height)`` of the room, shape ``(3,)`` or ``(b, 3)``.
        floors: As in `geometry.inside_volumes`: corners of rooms that are no rectangles.
        mask: True where there is a box that has a direction, shape ``(n,)`` or ``(b, n)``; None for all. Others are
            nobody's neighbours.

    Raises:
        InputError: If shapes do not fit, a number is not finite, a size is negative, or a floor is no polygon.

    Example:
        >>> import math
        >>> turned = math.radians(23.5)  # half way from 2 to 45 degrees
        >>> found = alignment([[1, 1, 0.5], [4, 1, 0.5]], [[1, 1, 1], [1, 1, 1]], [turned, 0], [6, 4, 3])
        >>> found.values.round(6), [round(math.degrees(turn), 6) for turn in found.turns]
        (array([0.5, 1. ]), [-23.5, 0.0])
    """
    from spatialenv.core.usability import alignment_kernels

    boxes = box_arrays(centers, sizes, yaws, mask)
    batch = boxes.yaws.shape[0]
    values, turns = alignment_kernels.alignments(
        boxes.centers, boxes.sizes, boxes.yaws, boxes.mask, room_arrays(rooms, batch), *floor_arrays(floors, batch)
    )
    return Alignment(values, turns) if boxes.is_batch else Alignment(values[0], turns[0])
