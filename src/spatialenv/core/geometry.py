"""Exact geometry of upright boxes that may be turned about z; arrays in, arrays out.

Boxes are ``centers (n, 3)``, ``sizes (n, 3)`` (length, width, height) and ``yaws (n,)``: metres and radians,
counter-clockwise from above, 0 looks north. All functions but `overlap_area` also take a leading batch axis,
with a `mask (b, n)` that is True where there is a box; leading axes broadcast.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple, TypeVar, cast

import numpy as np
import numpy.typing as npt

from spatialenv.core.room import MAX_CORNERS
from spatialenv.errors import InputError

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
Number = TypeVar("Number", np.float64, np.bool_)
Floors = npt.ArrayLike | Sequence[npt.ArrayLike | None]

_ON_WALL = 1e-9


class BoxArrays(NamedTuple):
    """Boxes as arrays with a batch axis, C-contiguous.

    Attributes:
        centers: Centres, shape ``(b, n, 3)``.
        sizes: Sizes, shape ``(b, n, 3)``.
        yaws: Yaws in radians, shape ``(b, n)``.
        mask: True where there is a box, shape ``(b, n)``.
        is_batch: Whether they were given with a batch axis.
    """

    centers: FloatArray
    sizes: FloatArray
    yaws: FloatArray
    mask: BoolArray
    is_batch: bool


def footprints(centers: npt.ArrayLike, sizes: npt.ArrayLike, yaws: npt.ArrayLike) -> FloatArray:
    """Return the corners of the boxes' footprints.

    Args:
        centers: Centres, shape ``(..., 3)``.
        sizes: Sizes, shape ``(..., 3)``.
        yaws: Yaws in radians, shape ``(...)``.

    Returns:
        Corners ``(x, y)`` counter-clockwise from the back left one (``-length/2, -width/2`` in the box's own
        axes), shape ``(..., 4, 2)``.

    Raises:
        InputError: If shapes do not fit, a number is not finite, or a size is negative.

    Example:
        >>> footprints([1, 2, 0.5], [2, 1, 1], 0.0)
        array([[0. , 1.5],
               [2. , 1.5],
               [2. , 2.5],
               [0. , 2.5]])
    """
    middle = _rows("centers", centers, 3)
    size = _rows("sizes", sizes, 3, is_size=True)
    yaw = _finite("yaws", yaws)
    try:
        shape = np.broadcast_shapes(middle.shape[:-1], size.shape[:-1], yaw.shape)
    except ValueError as error:
        raise _misfit(middle, size, yaw) from error
    cos, sin = _turns(np.broadcast_to(yaw, shape))
    half = np.broadcast_to(size, (*shape, 3))[..., None, :2] / 2 * np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)])
    x = cos[..., None] * half[..., 0] - sin[..., None] * half[..., 1]
    y = sin[..., None] * half[..., 0] + cos[..., None] * half[..., 1]
    corners: FloatArray = np.stack((x, y), axis=-1) + middle[..., None, :2]
    return corners


def overlap_areas(
    centers: npt.ArrayLike, sizes: npt.ArrayLike, yaws: npt.ArrayLike, mask: npt.ArrayLike | None = None
) -> FloatArray:
    """Return the floor area in square metres that each pair of boxes shares, seen from above.

    Args:
        centers: Centres, shape ``(n, 3)`` or ``(b, n, 3)``.
        sizes: Sizes, shape ``(n, 3)`` or ``(b, n, 3)``.
        yaws: Yaws in radians, shape ``(n,)`` or ``(b, n)``.
        mask: True where there is a box, shape ``(n,)`` or ``(b, n)``; None for all.

    Returns:
        Shape ``(n, n)`` or ``(b, n, n)``: symmetric, 0 on the diagonal, for boxes that only touch and for
        masked ones.

    Raises:
        InputError: If shapes do not fit, a number is not finite, or a size is negative.

    Example:
        >>> overlap_areas([[0, 0, 1], [1, 1, 1]], [[2, 2, 2], [2, 2, 2]], [0, 0])
        array([[0., 1.],
               [1., 0.]])
    """
    return _overlaps(centers, sizes, yaws, mask, with_height=False)


def overlap_volumes(
    centers: npt.ArrayLike, sizes: npt.ArrayLike, yaws: npt.ArrayLike, mask: npt.ArrayLike | None = None
) -> FloatArray:
    """Return the volume in cubic metres that each pair of boxes shares.

    Args:
        centers: Centres, shape ``(n, 3)`` or ``(b, n, 3)``.
        sizes: Sizes, shape ``(n, 3)`` or ``(b, n, 3)``.
        yaws: Yaws in radians, shape ``(n,)`` or ``(b, n)``.
        mask: True where there is a box, shape ``(n,)`` or ``(b, n)``; None for all.

    Returns:
        Shape ``(n, n)`` or ``(b, n, n)``: symmetric, 0 on the diagonal, for boxes that only touch and for
        masked ones.

    Raises:
        InputError: If shapes do not fit, a number is not finite, or a size is negative.
    """
    return _overlaps(centers, sizes, yaws, mask, with_height=True)


def separations(
    centers: npt.ArrayLike, sizes: npt.ArrayLike, yaws: npt.ArrayLike, mask: npt.ArrayLike | None = None
) -> FloatArray:
    """Return how far each pair of boxes is apart along its best separating axis, in metres.

    Negative: the boxes share volume and this is the penetration depth, the length of the shortest move that
    parts them. Positive: they are apart by at least this much (exactly this much where their nearest points
    lie on facing sides). 0: they touch.

    Args:
        centers: Centres, shape ``(n, 3)`` or ``(b, n, 3)``.
        sizes: Sizes, shape ``(n, 3)`` or ``(b, n, 3)``.
        yaws: Yaws in radians, shape ``(n,)`` or ``(b, n)``.
        mask: True where there is a box, shape ``(n,)`` or ``(b, n)``; None for all.

    Returns:
        Shape ``(n, n)`` or ``(b, n, n)``: symmetric; inf on the diagonal and for masked boxes.

    Raises:
        InputError: If shapes do not fit, a number is not finite, or a size is negative.
    """
    from spatialenv.core import kernels

    boxes = box_arrays(centers, sizes, yaws, mask)
    gaps: FloatArray = kernels.separations(boxes.centers, boxes.sizes, boxes.yaws, boxes.mask)
    return gaps if boxes.is_batch else gaps[0]


def inside_volumes(
    centers: npt.ArrayLike,
    sizes: npt.ArrayLike,
    yaws: npt.ArrayLike,
    rooms: npt.ArrayLike,
    mask: npt.ArrayLike | None = None,
    floors: Floors | None = None,
) -> FloatArray:
    """Return the volume in cubic metres of each box that lies inside its room.

    Args:
        centers: Centres, shape ``(n, 3)`` or ``(b, n, 3)``.
        sizes: Sizes, shape ``(n, 3)`` or ``(b, n, 3)``.
        yaws: Yaws in radians, shape ``(n,)`` or ``(b, n)``.
        rooms: ``(length, width, height)`` of the room, shape ``(3,)`` or ``(b, 3)``; its floor starts at the
            origin.
        mask: True where there is a box, shape ``(n,)`` or ``(b, n)``; None for all.
        floors: For rooms that are no rectangles: the corners ``(c, 2)`` of a simple polygon, counter-clockwise, or
            such a polygon (or None: a rectangle) for each scene. Of a room with a polygon only the height is read.
            That its edges do not cross is not checked here, but by `Room`.

    Returns:
        Shape ``(n,)`` or ``(b, n)``; 0 for masked boxes.

    Raises:
        InputError: If shapes do not fit, a number is not finite, a size is negative, or a floor has too few or
            too many corners or runs clockwise.

    Example:
        >>> inside_volumes([[0, 1, 0.5]], [[1, 1, 1]], [0], [4, 3, 2.5])
        array([0.5])
        >>> corner = [(0, 0), (4, 0), (4, 2), (2, 2), (2, 4), (0, 4)]  # a floor like an L
        >>> inside_volumes([[2, 2, 0.5]], [[1, 1, 1]], [0], [4, 4, 2.5], floors=corner)
        array([0.75])
    """
    from spatialenv.core import kernels

    boxes = box_arrays(centers, sizes, yaws, mask)
    batch = boxes.yaws.shape[0]
    room = room_arrays(rooms, batch)
    inside: FloatArray = kernels.inside_volumes(
        boxes.centers, boxes.sizes, boxes.yaws, boxes.mask, room, *floor_arrays(floors, batch)
    )
    return inside if boxes.is_batch else inside[0]


def inside_floor(points: npt.ArrayLike, floor: npt.ArrayLike) -> BoolArray:
    """Return which points are on a floor.

    Args:
        points: Points ``(x, y)``, shape ``(..., 2)``; metres.
        floor: Corners ``(x, y)`` of a simple polygon, counter-clockwise, shape ``(c, 2)``.

    Returns:
        Shape ``(...)``; True also for points on a wall, give or take 1e-9 m.

    Raises:
        InputError: If a number is not finite, or the floor has too few or too many corners or runs clockwise.

    Example:
        >>> inside_floor([(1, 3), (3, 3), (2, 4)], [(0, 0), (4, 0), (4, 2), (2, 2), (2, 4), (0, 4)])
        array([ True, False,  True])
    """
    place = _rows("points", points, 2)[..., None, :]
    (start,), corners = floor_arrays([floor], 1)
    if not corners[0]:
        raise InputError("`floor` is None; give the corners of a polygon, shape (c, 2)")
    end = np.roll(start, -1, axis=0)
    edge, (x, y) = end - start, np.moveaxis(place - start, -1, 0)
    # A ray eastwards crosses the walls that it starts west of, and an odd number of them from inside.
    rises = edge[:, 1] * x - edge[:, 0] * y
    spans = (start[:, 1] <= place[..., 1]) != (end[:, 1] <= place[..., 1])
    crossings = (spans & ((rises < 0) == (edge[:, 1] > 0))).sum(axis=-1)
    share = np.clip((x * edge[:, 0] + y * edge[:, 1]) / (edge**2).sum(axis=-1), 0.0, 1.0)
    distances = np.hypot(x - share * edge[:, 0], y - share * edge[:, 1])
    inside: BoolArray = (crossings % 2 == 1) | (distances <= _ON_WALL).any(axis=-1)
    return inside


def overlap_area(a: npt.ArrayLike, b: npt.ArrayLike) -> FloatArray:
    """Return the area in square metres that each rectangle of `a` shares with the same row of `b`.

    Args:
        a: Rectangles ``(x, y, length, width, yaw)``, shape ``(n, 5)``; metres and radians.
        b: Rectangles, shape ``(n, 5)``.

    Returns:
        Shape ``(n,)``; 0 where they only touch.

    Raises:
        InputError: If shapes do not fit, a number is not finite, or a size is negative.

    Example:
        >>> overlap_area([[0, 0, 2, 2, 0]], [[1, 1, 2, 2, 0]])
        array([1.])
    """
    from spatialenv.core import kernels

    first, second = (np.ascontiguousarray(_rows(name, value, 5)) for name, value in (("a", a), ("b", b)))
    if first.ndim != 2 or first.shape != second.shape:
        raise InputError(f"`a` and `b` have the shapes {first.shape} and {second.shape}; both must be (n, 5)")
    for name, boxes in (("a", first), ("b", second)):
        if (boxes[:, 2:4] < 0).any():
            raise InputError(f"`{name}` has a negative length or width; sizes must be 0 or more metres")
    areas: FloatArray = kernels.pair_areas(first, second)
    return areas


def _overlaps(
    centers: npt.ArrayLike, sizes: npt.ArrayLike, yaws: npt.ArrayLike, mask: npt.ArrayLike | None, with_height: bool
) -> FloatArray:
    from spatialenv.core import kernels

    boxes = box_arrays(centers, sizes, yaws, mask)
    shared: FloatArray = kernels.overlaps(boxes.centers, boxes.sizes, boxes.yaws, boxes.mask, with_height)
    return shared if boxes.is_batch else shared[0]


def box_arrays(
    centers: npt.ArrayLike, sizes: npt.ArrayLike, yaws: npt.ArrayLike, mask: npt.ArrayLike | None = None
) -> BoxArrays:
    """Return boxes as kernels take them, from what a caller gave.

    Args:
        centers: Centres, shape ``(n, 3)`` or ``(b, n, 3)``.
        sizes: Sizes, shape ``(n, 3)`` or ``(b, n, 3)``.
        yaws: Yaws in radians, shape ``(n,)`` or ``(b, n)``.
        mask: True where there is a box, shape ``(n,)`` or ``(b, n)``; None for all.

    Raises:
        InputError: If shapes do not fit, a number is not finite, or a size is negative.
    """
    middle = _rows("centers", centers, 3)
    size = _rows("sizes", sizes, 3, is_size=True)
    yaw = _finite("yaws", yaws)
    present = np.ones(yaw.shape, dtype=np.bool_) if mask is None else np.asarray(mask)
    if present.dtype != np.bool_:
        raise InputError(f"`mask` has the dtype {present.dtype}; it must be bool, True where there is a box")
    shape = yaw.shape
    if not middle.shape == size.shape == (*shape, 3) or present.shape != shape:
        try:
            shape = np.broadcast_shapes(middle.shape[:-1], size.shape[:-1], yaw.shape, present.shape)
        except ValueError as error:
            raise _misfit(middle, size, yaw, present) from error
    if len(shape) not in (1, 2):
        raise _misfit(middle, size, yaw, present)
    batch = shape if len(shape) == 2 else (1, *shape)
    return BoxArrays(
        _filled(middle, (*batch, 3)), _filled(size, (*batch, 3)), _filled(yaw, batch), _filled(present, batch),
        len(shape) == 2,
    )  # fmt: skip


def room_arrays(rooms: npt.ArrayLike, batch: int) -> FloatArray:
    """Return ``(length, width, height)`` of each room, shape ``(batch, 3)``, from what a caller gave.

    Raises:
        InputError: If `rooms` is neither of the shape ``(3,)`` nor ``(batch, 3)``, or a number is not finite.
    """
    room = _rows("rooms", rooms, 3, is_size=True)
    if room.ndim > 2 or (room.ndim == 2 and room.shape[0] != batch):
        raise InputError(f"`rooms` has the shape {room.shape}; it must be (3,) or, for {batch} scenes, ({batch}, 3)")
    return np.ascontiguousarray(np.broadcast_to(room, (batch, 3)))


def floor_arrays(floors: Floors | None, batch: int) -> tuple[FloatArray, IntArray]:
    """Return floors as kernels take them, from what a caller gave as in `inside_volumes`.

    Returns:
        Corners padded to the most of them, shape ``(batch, c, 2)``, and how many each floor has, 0 for a rectangle.

    Raises:
        InputError: If a number is not finite, or a floor has too few or too many corners or runs clockwise.
    """
    if floors is None:
        return np.zeros((batch, 0, 2)), np.zeros(batch, dtype=np.int64)
    given = _of_scenes(floors, batch)
    if len(given) != batch:
        raise InputError(f"`floors` has {len(given)} floors for {batch} scenes; give one for each, or one polygon")
    polygons = [None if floor is None else _numbers("floors", floor) for floor in given]
    for floor in polygons:
        if floor is not None and (floor.ndim != 2 or floor.shape[1] != 2 or not 3 <= len(floor) <= MAX_CORNERS):
            raise InputError(
                f"`floors` holds a floor of the shape {floor.shape}; it must be (c, 2) with 3 to {MAX_CORNERS} corners"
            )
    corners = np.array([0 if floor is None else len(floor) for floor in polygons], dtype=np.int64)
    packed = np.zeros((batch, int(corners.max(initial=0)), 2))
    for row, floor in zip(packed, polygons, strict=True):
        if floor is not None:
            row[: len(floor)] = floor
            row[len(floor) :] = floor[0]
    _check_finite("floors", packed)
    x, y = np.moveaxis(packed - packed[:, :1], -1, 0)
    areas = (x * np.roll(y, -1, axis=-1) - np.roll(x, -1, axis=-1) * y).sum(axis=-1)
    if ((areas <= 0) & (corners > 0)).any():
        raise InputError("`floors` holds a floor that runs clockwise or has no area; give corners counter-clockwise")
    return packed, corners


def _of_scenes(floors: Floors, batch: int) -> Sequence[npt.ArrayLike | None]:
    """Return the floor of each scene, where one polygon was given that polygon for all."""
    if isinstance(floors, np.ndarray):
        return [floors] * batch if floors.ndim < 3 else list(floors)
    if not isinstance(floors, Sequence) or isinstance(floors, str):
        raise InputError(f"`floors` is {floors!r}; give corners (c, 2), or such a polygon or None for each scene")
    first = floors[0] if len(floors) else None
    is_corner = isinstance(first, np.ndarray | Sequence) and len(first) == 2 and all(np.ndim(x) == 0 for x in first)
    return [cast(npt.ArrayLike, floors)] * batch if is_corner else floors


def _filled(array: npt.NDArray[Number], shape: tuple[int, ...]) -> npt.NDArray[Number]:
    """Return the array broadcast to `shape`, C-contiguous; quick where only the batch axis is missing."""
    if array.size == math.prod(shape):
        return np.ascontiguousarray(array).reshape(shape)
    return np.ascontiguousarray(np.broadcast_to(array, shape))


def _numbers(name: str, value: npt.ArrayLike) -> FloatArray:
    try:
        return np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"`{name}` is not an array of numbers: {error}") from error


def _check_finite(name: str, array: FloatArray) -> None:
    if not np.isfinite(array).all():
        raise InputError(f"`{name}` holds NaN or infinity; every number must be finite")


def _finite(name: str, value: npt.ArrayLike) -> FloatArray:
    array = _numbers(name, value)
    _check_finite(name, array)
    return array


def _rows(name: str, value: npt.ArrayLike, columns: int, is_size: bool = False) -> FloatArray:
    array = _finite(name, value)
    if array.ndim == 0 or array.shape[-1] != columns:
        raise InputError(f"`{name}` has the shape {array.shape}; its last axis must be {columns}")
    if is_size and (array < 0).any():
        raise InputError(f"`{name}` holds a negative number; sizes must be 0 or more metres")
    return array


def _misfit(centers: FloatArray, sizes: FloatArray, yaws: FloatArray, mask: BoolArray | None = None) -> InputError:
    more = f" and `mask` {mask.shape}" if mask is not None and mask.ndim else ""
    return InputError(
        f"`centers` {centers.shape}, `sizes` {sizes.shape}, `yaws` {yaws.shape}{more} do not fit; "
        "give (n, 3), (n, 3), (n,), or the same with a leading batch axis"
    )


def _turns(yaws: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return cosines and sines, exact at quarter turns as in the kernels."""
    quarters = np.rint(yaws / (math.pi / 2))
    is_quarter = np.abs(yaws - quarters * (math.pi / 2)) <= 1e-12 * np.maximum(1.0, np.abs(quarters))
    cos = np.where(is_quarter, np.rint(np.cos(yaws)), np.cos(yaws))
    sin = np.where(is_quarter, np.rint(np.sin(yaws)), np.sin(yaws))
    return cos, sin
