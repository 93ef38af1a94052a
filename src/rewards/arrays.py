"""Any reward over plain arrays of boxes: no scenes, no layouts, no environment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from spatialenv.core.layout import Layout, Pose
from spatialenv.core.placed import BoolArray, FloatArray, PlacedScene
from spatialenv.core.room import Opening, Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.core.score import Transition
from spatialenv.errors import InputError
from spatialenv.rewards.registry import RewardSpec, make_reward


class ArrayScores(NamedTuple):
    """Scores of layouts that were given as arrays.

    Attributes:
        values: Shape ``(b,)``; a scalar array for one layout.
        per_object: Shape ``(b, n)`` or ``(n,)``; NaN where masked, and where the reward does not divide by object.
        version: Version of the reward's definition.
    """

    values: FloatArray
    per_object: FloatArray
    version: str


def score_arrays(
    reward: RewardSpec,
    centers: npt.ArrayLike,
    sizes: npt.ArrayLike,
    yaws: npt.ArrayLike,
    room: Room | Sequence[float] | Sequence[Room],
    *,
    mask: npt.ArrayLike | None = None,
    categories: Sequence[str] | None = None,
    on_floor: npt.ArrayLike | None = None,
    openings: Sequence[Opening] = (),
) -> ArrayScores:
    """Score boxes by a reward.

    For relations, wishes or fixed objects make scenes, and score those.

    Args:
        reward: A reward, or what `make_reward` takes.
        centers: Centres in metres, shape ``(n, 3)`` or ``(b, n, 3)``.
        sizes: ``(length, width, height)`` in metres, shape ``(n, 3)`` or ``(b, n, 3)``.
        yaws: Turns in radians, shape ``(n,)`` or ``(b, n)``.
        room: ``(length, width, height)`` in metres, or a `Room`, for all layouts; or a `Room` for each.
        mask: True where there is a box, shape ``(n,)`` or ``(b, n)``; None for all.
        categories: What each of the ``n`` boxes is; rewards about use go by it. None: ``"object"``.
        on_floor: Whether each of the ``n`` boxes must stand on the floor, shape ``(n,)``. None: all; those that stand
            on others, or hang, must be False.
        openings: Doors and windows, where `room` is three numbers.

    Returns:
        The scores: for one layout without a batch axis.

    Raises:
        InputError: If shapes do not fit or a number is not finite.
        SceneError: If a size is not above 0, or the room cannot exist.

    Example:
        >>> found = score_arrays("collision", [[1, 1, 0.5], [1.75, 1, 0.5]], [[1, 1, 1]] * 2, [0, 0], (6, 4, 3))
        >>> float(found.values), found.per_object
        (0.75, array([0.75, 0.75]))
    """
    chosen = make_reward(reward)
    middle, size, yaw, present, is_batch = _arrays(centers, sizes, yaws, mask)
    batch, n = yaw.shape
    rooms = _rooms(room, openings, batch)
    if isinstance(categories, str):
        raise InputError(f"`categories` is {categories!r}; give one for each of the {n} boxes")
    kinds = ["object"] * n if categories is None else list(categories)
    standing = np.ones(n, dtype=np.bool_) if on_floor is None else np.asarray(on_floor, dtype=np.bool_)
    if len(kinds) != n or standing.shape != (n,):
        raise InputError(f"`categories` ({len(kinds)}) and `on_floor` {standing.shape} must name the {n} boxes")
    placed = []
    for row in range(batch):
        rows = np.flatnonzero(present[row]).tolist()
        objects = [
            SceneObject(f"object_{i}", kinds[i], _triple(size[row, i]), 0.0, on_floor=bool(standing[i])) for i in rows
        ]
        poses = [(f"object_{i}", Pose(*_triple(middle[row, i]), yaw=float(yaw[row, i]))) for i in rows]
        placed.append(PlacedScene(Scene(rooms[row], tuple(objects)), Layout(tuple(poses))))
    scores = chosen.batch([Transition.of(one) for one in placed])
    per_object = np.full((batch, n), np.nan)
    for row, score in enumerate(scores):
        if score.per_object is not None:
            per_object[row, present[row]] = score.per_object
    values = np.array([score.value for score in scores], dtype=np.float64)
    if is_batch:
        return ArrayScores(values, per_object, chosen.version)
    return ArrayScores(values[0, ...], per_object[0], chosen.version)


def _triple(values: FloatArray) -> tuple[float, float, float]:
    x, y, z = values.tolist()
    return x, y, z


def _arrays(
    centers: npt.ArrayLike, sizes: npt.ArrayLike, yaws: npt.ArrayLike, mask: npt.ArrayLike | None
) -> tuple[FloatArray, FloatArray, FloatArray, BoolArray, bool]:
    """Return the arrays with a batch axis, and whether they came with one."""
    try:
        middle, size, yaw = (np.asarray(value, dtype=np.float64) for value in (centers, sizes, yaws))
        present = np.asarray(True if mask is None else mask, dtype=np.bool_)
        shape = np.broadcast_shapes(middle.shape[:-1], size.shape[:-1], yaw.shape, present.shape)
        if middle.shape[-1] != 3 or size.shape[-1] != 3:
            raise ValueError("centres and sizes have three numbers each")
        middle, size = np.broadcast_to(middle, (*shape, 3)), np.broadcast_to(size, (*shape, 3))
    except (IndexError, TypeError, ValueError) as error:
        raise InputError(
            "`centers`, `sizes`, `yaws` and `mask` do not fit; give numbers of the shapes (n, 3), (n, 3), (n,), (n,), "
            "or the same with a leading batch axis"
        ) from error
    if len(shape) not in (1, 2):
        raise InputError(f"the arrays have the shape {shape}; it must be (n,) or (b, n) boxes")
    if not (np.isfinite(middle).all() and np.isfinite(size).all() and np.isfinite(yaw).all()):
        raise InputError("`centers`, `sizes` or `yaws` hold NaN or infinity; every number must be finite")
    batch = shape if len(shape) == 2 else (1, *shape)
    return (
        middle.reshape(*batch, 3),
        size.reshape(*batch, 3),
        np.broadcast_to(yaw, shape).reshape(batch),
        np.broadcast_to(present, shape).reshape(batch),
        len(shape) == 2,
    )


def _rooms(room: Room | Sequence[float] | Sequence[Room], openings: Sequence[Opening], batch: int) -> list[Room]:
    if isinstance(room, Room):
        given: list[object] = [room]
    else:
        given = list(room) if isinstance(room, Iterable) else []
    if given and all(isinstance(one, Room) for one in given):
        if openings:
            raise InputError("`openings` goes with a room of three numbers; a Room has its own")
        rooms = [one for one in given if isinstance(one, Room)]
        if len(rooms) not in (1, batch):
            raise InputError(f"`room` holds {len(rooms)} rooms for {batch} layouts; give one, or one for each")
        return rooms * batch if len(rooms) == 1 else rooms
    try:
        length, width, height = (float(value) for value in given)  # type: ignore[arg-type]
    except (TypeError, ValueError) as error:
        raise InputError(
            f"`room` is {room!r}; give (length, width, height), a Room, or a Room for each layout"
        ) from error
    return [Room.rectangle(length, width, height, tuple(openings))] * batch
