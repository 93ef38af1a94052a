"""What happens to objects when they are let go: a second of rigid-body physics.

Every object is a box of one density with friction 0.6. The floor bears a body as long as the body's centre is above
it; walls stand around it, open doors are not cut out, and the ceiling holds nothing up. So what stands outside the
room falls into the void. Objects that overlap are pushed apart without gaining speed, along the shortest way out.
Three things pass through each other, because there is no telling which way to push: objects of which one shares
more than half of its volume with the other; an object and a wall that it stands in, more than 1 cm deep; a rug that
lies flat and what stands on the floor there. Of the remaining overlaps the eight smallest for each object, on
average, are simulated, which bounds the time. The first two are for `collision` and `boundary` to see.
"""

from __future__ import annotations

import json
import math
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from spatialenv.core.placed import BoolArray, FloatArray, IntArray, PlacedScene
from spatialenv.core.support import lies_flat
from spatialenv.errors import InputError
from spatialenv.physics.contacts import merged_pairs, wall_pairs
from spatialenv.physics.pool import POOL, SimulatorPool
from spatialenv.physics.worker import GRAVITY
from spatialenv.physics.world import DENSITY, Bodies, hanging, walls_around

LIMIT = 60.0
"""Seconds that one scene may take."""

FAR = 40.0
"""Metres outside the room beyond which nothing is simulated: there an object only falls."""

_SMALLEST = 0.002
_KEPT = 512
_NO_WALLS = Bodies((), np.zeros((0, 3)), np.zeros((0, 3)), np.zeros(0), np.zeros(0))


@dataclass(frozen=True, slots=True, eq=False)
class Settled:
    """Where objects came to.

    Attributes:
        ids: Ids of the placed objects, length ``m``.
        displacements: Metres from each one's place to where its centre is now, shape ``(m,)``.
        tilts: Degrees between its upright axis and the vertical, 0 to 180, shape ``(m,)``.
        positions: Centres, shape ``(m, 3)``.
        quaternions: ``x, y, z, w`` of how each is turned, shape ``(m, 4)``.
        speeds: Metres a second at the end, shape ``(m,)``.
    """

    ids: tuple[str, ...]
    displacements: FloatArray
    tilts: FloatArray
    positions: FloatArray
    quaternions: FloatArray
    speeds: FloatArray


def settle(placed: PlacedScene, seconds: float = 1.0, *, limit: float = LIMIT, pool: SimulatorPool = POOL) -> Settled:
    """Return where the placed objects come to when they are let go.

    On one machine the same layout gives the same result to the last bit, in any order of its objects. Objects whose
    boxes are equal to the last digit share the greatest displacement and tilt of them.

    Args:
        placed: The scene with a layout.
        seconds: How long to simulate, above 0, at most 60.
        limit: Most seconds of waiting for the result, at most 3600.
        pool: The processes that simulate.

    Raises:
        InputError: If `seconds` or `limit` is out of range.
        MissingExtraError: If PyBullet is not installed.
        SimulationError: If it fails, crashes or takes longer than `limit`.

    Example:
        >>> from spatialenv.core.room import Room
        >>> from spatialenv.core.scene import Scene, SceneObject
        >>> cube = SceneObject(id="cube_1", category="cube", size=(0.4, 0.4, 0.4))
        >>> settled = settle(Scene(Room.rectangle(4, 3, 2.5), (cube,)).place({"cube_1": (2, 1, 1.2)}))
        >>> round(float(settled.displacements[0]), 2), round(float(settled.tilts[0]), 1)
        (1.0, 0.0)
    """
    return settle_all([placed], seconds, limit=limit, pool=pool)[0]


def settle_all(
    placed: Sequence[PlacedScene], seconds: float = 1.0, *, limit: float = LIMIT, pool: SimulatorPool = POOL
) -> list[Settled]:
    """Return `settle` of each scene; they are sent to the simulator together."""
    tasks = []
    for scene in placed:
        boxes = _Boxes(scene.centers, scene.sizes, scene.yaws, hanging(scene), lies_flat(scene))
        walls = walls_around(scene.scene)
        tasks.append(_Task(scene.ids, boxes, np.array(scene.room.floor), walls, scene.room.height))
    return _run(tasks, seconds, limit, pool)


def settle_boxes(
    centers: npt.ArrayLike,
    sizes: npt.ArrayLike,
    yaws: npt.ArrayLike,
    floor: npt.ArrayLike | None = None,
    *,
    held: npt.ArrayLike | None = None,
    seconds: float = 1.0,
    limit: float = LIMIT,
    pool: SimulatorPool = POOL,
) -> Settled:
    """Return where boxes come to, without a scene: no walls, and a floor at height 0.

    Args:
        centers: Shape ``(n, 3)``; metres.
        sizes: Shape ``(n, 3)``.
        yaws: Radians, shape ``(n,)``.
        floor: Corners of the floor, shape ``(c, 2)``; without one it goes on in all directions.
        held: Which boxes do not move, shape ``(n,)``; none by default.
        seconds: How long to simulate, above 0, at most 60.
        limit: Most seconds of waiting for the result, at most 3600.
        pool: The processes that simulate.

    Returns:
        The result, with ``"0"``, ``"1"``, ... as ids.

    Raises:
        InputError: If shapes or numbers are wrong.
        MissingExtraError: If PyBullet is not installed.
        SimulationError: If it fails, crashes or takes longer than `limit`.

    Example:
        >>> beside = settle_boxes([[0, 0, 0.5], [0.7, 0, 1.5]], [[1, 1, 1], [1, 1, 1]], [0, 0])
        >>> bool(beside.displacements[0] < 0.01), bool(beside.tilts[1] > 45)
        (True, True)
    """
    boxes = tuple(np.array(values, dtype=np.float64) for values in (centers, sizes, yaws))
    n = boxes[2].size
    if boxes[0].shape != (n, 3) or boxes[1].shape != (n, 3) or boxes[2].shape != (n,):
        shapes = ", ".join(str(values.shape) for values in boxes)
        raise InputError(f"`centers`, `sizes` and `yaws` have the shapes {shapes}; give (n, 3), (n, 3) and (n,)")
    if not all(np.isfinite(values).all() for values in boxes) or not (boxes[1] > 0).all():
        raise InputError("`centers`, `sizes` and `yaws` must be finite, and sizes above 0")
    still = np.zeros(n, dtype=np.bool_) if held is None else np.array(held, dtype=np.bool_)
    if still.shape != (n,):
        raise InputError(f"`held` has the shape {still.shape}; give ({n},)")
    if floor is None:
        reach = float(np.abs(boxes[0][:, :2]).max(initial=0.0) + boxes[1].max(initial=0.0)) + 1.0
        corners = np.array(((-reach, -reach), (reach, -reach), (reach, reach), (-reach, reach)))
    else:
        corners = np.array(floor, dtype=np.float64)
    if corners.ndim != 2 or corners.shape[1] != 2 or len(corners) < 3 or not np.isfinite(corners).all():
        raise InputError(f"`floor` has the shape {corners.shape}; give at least three finite corners (c, 2)")
    shift = np.array((*corners.min(axis=0), 0.0))
    moved = _Boxes(boxes[0] - shift, boxes[1], boxes[2], still, np.zeros(n, dtype=np.bool_))
    task = _Task(tuple(map(str, range(n))), moved, corners - shift[:2], _NO_WALLS, math.inf)
    settled = _run([task], seconds, limit, pool)[0]
    settled.positions[:] += shift
    return settled


class _Boxes(NamedTuple):
    centers: FloatArray
    sizes: FloatArray
    yaws: FloatArray
    held: BoolArray
    flat: BoolArray


class _Task:
    """What the simulator is asked for one scene, with the bodies in an order of their own.

    That order is by the boxes' numbers, so that neither the order of the objects nor their names matter.
    """

    def __init__(self, ids: tuple[str, ...], boxes: _Boxes, floor: FloatArray, walls: Bodies, height: float) -> None:
        self.ids, self.starts = ids, boxes.centers
        marks = np.stack([boxes.held, boxes.flat], axis=1)
        table = np.concatenate([boxes.centers, boxes.sizes, boxes.yaws[:, None], marks], axis=1)
        order = np.lexsort(table.T[::-1])
        low, high = np.array((0.0, 0.0, 0.0)) - FAR, np.array((*floor.max(axis=0), 0.0)) + FAR
        reach = np.linalg.norm(boxes.sizes, axis=1, keepdims=True) / 2
        near = ((boxes.centers - reach > low) & (boxes.centers + reach < high)).all(axis=1)
        self.rows: IntArray = order[near[order]]
        kept = table[self.rows]
        self.first: IntArray = np.zeros(len(kept), dtype=np.int64)  # of the bodies that are equal to each
        if len(kept):
            is_new = np.concatenate([[True], (kept[1:] != kept[:-1]).any(axis=1)])
            self.first = np.maximum.accumulate(np.where(is_new, np.arange(len(kept)), 0))
        centers, yaws = kept[:, :3], kept[:, 6]
        apart = merged_pairs(centers, kept[:, 3:6], yaws, kept[:, 8] > 0)
        through = wall_pairs(centers, kept[:, 3:6], yaws, walls, floor, height) + np.array((0, len(kept)))
        sizes = np.maximum(kept[:, 3:6], _SMALLEST)
        masses = np.where(kept[:, 7] > 0, 0.0, sizes.prod(axis=1) * DENSITY)
        still = np.concatenate([walls.centers, walls.sizes, walls.yaws[:, None], walls.masses[:, None]], axis=1)
        self.world: dict[str, Any] = {
            "bodies": [
                *np.concatenate([centers, sizes, yaws[:, None], masses[:, None]], axis=1).tolist(),
                *still.tolist(),
            ],
            "floor": floor.tolist(),
            "apart": [*apart.tolist(), *through.tolist()],
        }

    def result(self, reply: dict[str, Any], seconds: float) -> Settled:
        """Return the objects' places from the simulator's answer; what was not simulated only fell."""
        fall = GRAVITY * seconds**2 / 2
        positions = self.starts - (0.0, 0.0, fall)
        quaternions = np.tile((0.0, 0.0, 0.0, 1.0), (len(self.ids), 1))
        speeds = np.full(len(self.ids), GRAVITY * seconds)
        n = len(self.rows)
        poses = np.array(reply["poses"][:n], dtype=np.float64).reshape(n, 7)
        positions[self.rows], quaternions[self.rows], speeds[self.rows] = (
            poses[:, :3],
            poses[:, 3:],
            reply["speeds"][:n],
        )
        # What was not simulated may be so far off that its fall is lost in rounding.
        displacements = np.full(len(self.ids), fall)
        displacements[self.rows] = np.linalg.norm(poses[:, :3] - self.starts[self.rows], axis=1)
        x, y, z, w = quaternions.T
        lean = np.hypot(2 * (x * z + w * y), 2 * (y * z - w * x))
        tilts = np.degrees(np.arctan2(lean, 1 - 2 * (x * x + y * y)))
        for figure in (displacements, tilts):
            worst = np.zeros(n)
            np.maximum.at(worst, self.first, figure[self.rows])
            figure[self.rows] = worst[self.first]
        return Settled(self.ids, displacements, tilts, positions, quaternions, speeds)


def _run(tasks: Sequence[_Task], seconds: float, limit: float, pool: SimulatorPool) -> list[Settled]:
    for name, value, most in (("seconds", seconds, 60), ("limit", limit, 3600)):
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= most:
            raise InputError(f"`{name}` is {value!r}; give seconds above 0, at most {most}")
    keys = [json.dumps([task.world, seconds]) for task in tasks]
    replies = {key: reply for key in keys if (reply := _kept.get(key)) is not None}
    missing = {key: task.world for key, task in zip(keys, tasks, strict=True) if key not in replies}
    for key, reply in zip(missing, pool.settle(list(missing.values()), seconds, limit), strict=True):
        replies[key] = reply
        _kept.put(key, reply)
    return [task.result(replies[key], seconds) for key, task in zip(keys, tasks, strict=True)]


class _Kept:
    """The latest answers: an environment asks for a layout's score and for its violations."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = Lock()
        self._answers: OrderedDict[str, dict[str, Any]] = OrderedDict()

    def get(self, key: str) -> dict[str, Any] | None:
        with self._lock:
            return self._answers.get(key)

    def put(self, key: str, answer: dict[str, Any]) -> None:
        with self._lock:
            self._answers[key] = answer
            while len(self._answers) > self._most:
                self._answers.popitem(last=False)


_kept = _Kept(_KEPT)
