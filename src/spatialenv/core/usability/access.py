"""What is free beside the sides of boxes that are used: exact depths and areas, over plain arrays.

Sides are those of a box's own axes, in the order of `SIDES`. A *zone* lies along a side: as wide as the side, as deep
as is asked, and from the floor (for a box that must stand on it; else from the box's bottom) to the box's top, at
most 2 m. What is in its way:

- other boxes that share more than 1 cm of height with it, but for those that `obstacles` leaves out (rugs that lie
  flat) and those that belong there (`groups` and `partners`: chairs at a table);
- everything that is off the floor.

A box cannot be used when nothing of it is within reach (wholly below the floor or above 2 m), when its centre is off
the floor, above the ceiling or in another box, or when it must stand on the floor and floats or sinks by 0.5 m or more
(where `support` is 0, too). Then `accessibility` and `functional_clearance` give it 0 if it has sides to be used. A box
without such sides has 1 wherever it is.
"""

from __future__ import annotations

from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from spatialenv.core.geometry import (
    BoolArray,
    BoxArrays,
    FloatArray,
    Floors,
    IntArray,
    box_arrays,
    floor_arrays,
    room_arrays,
)
from spatialenv.errors import InputError

SIDES = ("front", "back", "left", "right")
"""Sides of a box in its own axes, the columns of all arrays ``(n, 4)``: towards +y, -y, -x and +x."""

NEEDED_DEPTH = 0.6
"""Metres that a person needs to stand or pass: about the 24 in of a passage between furniture (HUD 1973)."""

Number = TypeVar("Number", np.float64, np.bool_, np.int64)


class Surroundings(NamedTuple):
    """What is known of boxes beside their places, each of shape ``(n,)`` or ``(b, n)``; None: the default.

    Attributes:
        on_floor: Whether each box must stand on the floor, so that its zones begin there; default: all.
        obstacles: Whether each box can be in the way; default: all.
        groups: What each box is, as bits of an integer; default 0: nothing that anything welcomes.
        partners: The groups that are not in each box's way, as bits; default 0.
    """

    on_floor: npt.ArrayLike | None = None
    obstacles: npt.ArrayLike | None = None
    groups: npt.ArrayLike | None = None
    partners: npt.ArrayLike | None = None


def side_shares(
    centers: npt.ArrayLike,
    sizes: npt.ArrayLike,
    yaws: npt.ArrayLike,
    rooms: npt.ArrayLike,
    sides: npt.ArrayLike,
    depths: npt.ArrayLike = NEEDED_DEPTH,
    *,
    floors: Floors | None = None,
    mask: npt.ArrayLike | None = None,
    offset: float = 0.0,
    around: Surroundings | None = None,
) -> FloatArray:
    """Return the share of the zone at each asked side that is on the floor and free of other boxes.

    Exact up to rounding: what several boxes cover counts once. Only where more than 8 things lie across one strip of
    a zone are their crossing edges sampled (64 lines a strip).

    Args:
        centers: Centres, shape ``(n, 3)`` or ``(b, n, 3)``; metres.
        sizes: Sizes, shape ``(n, 3)`` or ``(b, n, 3)``.
        yaws: Yaws in radians, shape ``(n,)`` or ``(b, n)``.
        rooms: ``(length, width, height)`` of the room, shape ``(3,)`` or ``(b, 3)``.
        sides: Whether each side is asked, in the order of `SIDES`, shape ``(4,)``, ``(n, 4)`` or ``(b, n, 4)``.
        depths: Depth of each side's zone in metres, broadcast to the shape of `sides`.
        floors: As in `geometry.inside_volumes`: corners of rooms that are no rectangles.
        mask: True where there is a box, shape ``(n,)`` or ``(b, n)``; None for all.
        offset: Metres between the box and its zones.
        around: What is in the way of what.

    Returns:
        Shape ``(n, 4)`` or ``(b, n, 4)``, in [0, 1]; NaN where a side is not asked or there is no box.

    Raises:
        InputError: If shapes do not fit, a number is not finite, a size, depth or offset is negative, or a floor is
            no polygon.

    Example:
        >>> centers, sizes = [[1, 0.5, 0.5], [0.75, 1.5, 0.5]], [[2, 1, 1], [0.5, 1, 1]]  # one is before the other
        >>> side_shares(centers, sizes, [0, 0], [4, 3, 2.5], [True, False, False, True], 0.5)[0]
        array([0.75,  nan,  nan, 1.  ])
    """
    given = _given(centers, sizes, yaws, rooms, sides, depths, floors, mask, around)
    return _one(_free(given, offset, is_area=True)[0], given)


def side_depths(
    centers: npt.ArrayLike,
    sizes: npt.ArrayLike,
    yaws: npt.ArrayLike,
    rooms: npt.ArrayLike,
    sides: npt.ArrayLike,
    depths: npt.ArrayLike = NEEDED_DEPTH,
    *,
    floors: Floors | None = None,
    mask: npt.ArrayLike | None = None,
    around: Surroundings | None = None,
) -> FloatArray:
    """Return the free depth in metres at each asked side: its mean over the side, cut at `depths`.

    At each point of the side the depth is measured straight away from it, up to the first box or wall; it is 0 where
    that point is itself in a box or off the floor. The mean is exact as in `side_shares`.

    Args:
        centers: Centres, shape ``(n, 3)`` or ``(b, n, 3)``; metres.
        sizes: Sizes, shape ``(n, 3)`` or ``(b, n, 3)``.
        yaws: Yaws in radians, shape ``(n,)`` or ``(b, n)``.
        rooms: ``(length, width, height)`` of the room, shape ``(3,)`` or ``(b, 3)``.
        sides: Whether each side is asked, in the order of `SIDES`, shape ``(4,)``, ``(n, 4)`` or ``(b, n, 4)``.
        depths: Greatest depth that counts in metres, broadcast to the shape of `sides`.
        floors: As in `geometry.inside_volumes`: corners of rooms that are no rectangles.
        mask: True where there is a box, shape ``(n,)`` or ``(b, n)``; None for all.
        around: What is in the way of what.

    Returns:
        Shape ``(n, 4)`` or ``(b, n, 4)``; NaN where a side is not asked or there is no box.

    Raises:
        InputError: If shapes do not fit, a number is not finite, a size or depth is negative, or a floor is no
            polygon.

    Example:
        >>> centers, sizes = [[1, 0.5, 0.5], [0.5, 2.2, 0.5]], [[2, 1, 1], [1, 2, 1]]  # 0.2 m before half of it
        >>> side_depths(centers, sizes, [0, 0], [4, 4, 2.5], [True, False, False, False], 0.6)[0, :1]
        array([0.4])
    """
    given = _given(centers, sizes, yaws, rooms, sides, depths, floors, mask, around)
    return _one(_free(given, 0.0, is_area=False)[0], given)


def accessibility(
    centers: npt.ArrayLike,
    sizes: npt.ArrayLike,
    yaws: npt.ArrayLike,
    rooms: npt.ArrayLike,
    sides: npt.ArrayLike,
    depths: npt.ArrayLike = NEEDED_DEPTH,
    *,
    floors: Floors | None = None,
    mask: npt.ArrayLike | None = None,
    around: Surroundings | None = None,
) -> FloatArray:
    """Return how well each box can be reached: at the best of its sides, the free depth as a share of the needed one.

    Args:
        centers: Centres, shape ``(n, 3)`` or ``(b, n, 3)``; metres.
        sizes: Sizes, shape ``(n, 3)`` or ``(b, n, 3)``.
        yaws: Yaws in radians, shape ``(n,)`` or ``(b, n)``.
        rooms: ``(length, width, height)`` of the room, shape ``(3,)`` or ``(b, 3)``.
        sides: Whether each side is used, in the order of `SIDES`, shape ``(4,)``, ``(n, 4)`` or ``(b, n, 4)``.
        depths: Depth that is needed in metres, broadcast to the shape of `sides`.
        floors: As in `geometry.inside_volumes`: corners of rooms that are no rectangles.
        mask: True where there is a box, shape ``(n,)`` or ``(b, n)``; None for all.
        around: What is in the way of what.

    Returns:
        Shape ``(n,)`` or ``(b, n)``, in [0, 1]: 1 for boxes without used sides, 0 for masked ones and for those that
        cannot be used.

    Raises:
        InputError: As `side_depths`.

    Example:
        >>> accessibility([[1, 2.7, 0.5]], [[2, 1, 1]], [0], [4, 3.5, 2.5], [True, False, False, False])
        array([0.5])
    """
    given = _given(centers, sizes, yaws, rooms, sides, depths, floors, mask, around)
    free, usable = _free(given, 0.0, is_area=False)
    reached = np.where(given.depths > 0, free / np.where(given.depths > 0, given.depths, 1.0), 1.0)
    best: FloatArray = np.where(given.sides, reached, -1.0).max(axis=-1)
    return _judged(best, usable, given)


def functional_clearance(
    centers: npt.ArrayLike,
    sizes: npt.ArrayLike,
    yaws: npt.ArrayLike,
    rooms: npt.ArrayLike,
    sides: npt.ArrayLike,
    depths: npt.ArrayLike = NEEDED_DEPTH,
    together: npt.ArrayLike = 1,
    *,
    floors: Floors | None = None,
    mask: npt.ArrayLike | None = None,
    around: Surroundings | None = None,
) -> FloatArray:
    """Return how much of the room each box needs to be used is free.

    That is the mean of `side_shares` over the best `together` of its sides: a bed that needs one of its long sides has
    both as sides and 1 together; a table that is to be sat at on two sides has four and 2.

    Args:
        centers: Centres, shape ``(n, 3)`` or ``(b, n, 3)``; metres.
        sizes: Sizes, shape ``(n, 3)`` or ``(b, n, 3)``.
        yaws: Yaws in radians, shape ``(n,)`` or ``(b, n)``.
        rooms: ``(length, width, height)`` of the room, shape ``(3,)`` or ``(b, 3)``.
        sides: Whether each side may be used, in the order of `SIDES`, shape ``(4,)``, ``(n, 4)`` or ``(b, n, 4)``.
        depths: Depth of each side's zone in metres, broadcast to the shape of `sides`.
        together: How many of its sides each box needs, broadcast to ``(n,)`` or ``(b, n)``; at least 1, and no more
            than it has are counted.
        floors: As in `geometry.inside_volumes`: corners of rooms that are no rectangles.
        mask: True where there is a box, shape ``(n,)`` or ``(b, n)``; None for all.
        around: What is in the way of what.

    Returns:
        Shape ``(n,)`` or ``(b, n)``, in [0, 1]: 1 for boxes without used sides, 0 for masked ones and for those that
        cannot be used.

    Raises:
        InputError: As `side_shares`, or if `together` is below 1.

    Example:
        >>> sides = [True, True, False, False]
        >>> functional_clearance([[1, 0.5, 0.5]], [[2, 1, 1]], [0], [4, 3, 2.5], sides, 0.5, together=2)
        array([0.5])
    """
    given = _given(centers, sizes, yaws, rooms, sides, depths, floors, mask, around)
    counts = _per_box("together", together, given.boxes.yaws.shape, np.int64)
    if (counts < 1).any():
        raise InputError("`together` holds a number below 1; each box needs at least one of its sides")
    free, usable = _free(given, 0.0, is_area=True)
    ranked = -np.sort(-np.where(given.sides, free, 0.0), axis=-1)
    wanted = np.minimum(counts, np.maximum(given.sides.sum(axis=-1), 1))
    chosen = np.take_along_axis(np.cumsum(ranked, axis=-1), wanted[..., None] - 1, axis=-1)[..., 0] / wanted
    return _judged(chosen, usable, given)


class _Given(NamedTuple):
    boxes: BoxArrays
    rooms: FloatArray
    floors: FloatArray
    corners: IntArray
    sides: BoolArray
    depths: FloatArray
    on_floor: BoolArray
    obstacles: BoolArray
    groups: IntArray
    partners: IntArray


def _given(
    centers: npt.ArrayLike,
    sizes: npt.ArrayLike,
    yaws: npt.ArrayLike,
    rooms: npt.ArrayLike,
    sides: npt.ArrayLike,
    depths: npt.ArrayLike,
    floors: Floors | None,
    mask: npt.ArrayLike | None,
    around: Surroundings | None,
) -> _Given:
    """Return validated arrays as the kernel takes them."""
    boxes = box_arrays(centers, sizes, yaws, mask)
    shape = boxes.yaws.shape
    deep = _per_box("depths", depths, (*shape, 4), np.float64)
    if not np.isfinite(deep).all() or (deep < 0).any():
        raise InputError("`depths` holds a number that is negative or not finite; give metres, 0 or more")
    known = Surroundings() if around is None else around
    return _Given(
        boxes,
        room_arrays(rooms, shape[0]),
        *floor_arrays(floors, shape[0]),
        _per_box("sides", sides, (*shape, 4), np.bool_),
        deep,
        _per_box("on_floor", True if known.on_floor is None else known.on_floor, shape, np.bool_),
        _per_box("obstacles", True if known.obstacles is None else known.obstacles, shape, np.bool_),
        _per_box("groups", 0 if known.groups is None else known.groups, shape, np.int64),
        _per_box("partners", 0 if known.partners is None else known.partners, shape, np.int64),
    )


def _per_box(name: str, value: npt.ArrayLike, shape: tuple[int, ...], kind: type[Number]) -> npt.NDArray[Number]:
    """Return an array broadcast to `shape`, C-contiguous."""
    try:
        array = np.asarray(value)
        if array.dtype.kind not in {np.bool_: "b", np.int64: "iu"}.get(kind, "biuf"):
            raise ValueError(f"it is an array of {array.dtype}, not of {kind.__name__}")
        return np.ascontiguousarray(np.broadcast_to(array, shape), dtype=kind)
    except (TypeError, ValueError) as error:
        raise InputError(f"`{name}` does not fit boxes of the shape {shape[:2]}: {error}") from error


def _free(given: _Given, offset: float, is_area: bool) -> tuple[FloatArray, BoolArray]:
    """Return what is free beside the asked sides ``(b, n, 4)``, and which boxes can be used ``(b, n)``."""
    from spatialenv.core.usability import access_kernels

    if not (np.isfinite(offset) and offset >= 0):
        raise InputError(f"`offset` is {offset!r}; give metres, 0 or more")
    boxes = given.boxes
    found: tuple[FloatArray, BoolArray] = access_kernels.free_sides(
        boxes.centers,
        boxes.sizes,
        boxes.yaws,
        boxes.mask,
        given.rooms,
        given.floors,
        given.corners,
        given.sides,
        given.depths,
        float(offset),
        is_area,
        given.on_floor,
        given.obstacles,
        given.groups,
        given.partners,
    )
    return found


def _judged(values: FloatArray, usable: BoolArray, given: _Given) -> FloatArray:
    """Return the values of boxes that can be used, 0 for others, 1 for those that have no side to be used."""
    judged = np.where(given.sides.any(axis=-1), np.where(usable, values, 0.0), 1.0)
    return _one(np.where(given.boxes.mask, judged, 0.0), given)


def _one(values: FloatArray, given: _Given) -> FloatArray:
    """Return the values without the batch axis where none was given."""
    return values if given.boxes.is_batch else values[0]
