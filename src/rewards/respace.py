"""ReSpace's voxel losses: volume outside the room, and volume shared by objects."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from spatialenv.core import geometry
from spatialenv.core.placed import BoolArray, FloatArray, PlacedScene, scene_arrays
from spatialenv.core.score import Score, Transition
from spatialenv.errors import InputError
from spatialenv.rewards.published import (
    Pair,
    PublishedReward,
    by_object,
    over_floor,
    pairs_where,
    placed_share,
    verdicts,
)

VOXEL = 0.05
PREFILTER = 1e-7
VALID_UP_TO = 0.1
NO_GROWTH = 1e-5
NEUTRAL = 0.2
MOST_CELLS = 4_000_000
"""Most voxels that a box may have in plan; more than that counts as a failure to make voxels."""

_SLACK = 1e-9
_FARTHEST = 1e9  # voxels; no room is that large


class ReSpaceReward(PublishedReward):
    """ReSpace on boxes: voxels of 5 cm that are outside the room (OOB) or shared by objects (MBL).

    ``placed * (1 - min(1, PBL / 0.1 m3))`` with ``PBL = OOB + MBL``, and `placed` the share of the scene's objects that
    are placed. ReSpace gives the losses, and calls a scene valid up to a PBL of 0.1 m3; this map to one value is ours.
    With ``mode="addition"`` it is the published reward of adding objects without its terms about words and sizes: 1
    where PBL grows by less than 1e-5 m3 over the layout before (an empty room where there is none), else 0.2; 0 for an
    answer that cannot be read.

    An object's voxels are made about its own middle, full where a cube of 5 cm shares volume with the box, and are then
    moved by whole voxels. The walls, floor and ceiling bound the room. Voxels are looked at only where the exact prisms
    overlap, or leave the room, by more than 1e-7 m3.

    Defects of the public code that are kept: boxes grow by up to a voxel along each axis and are moved to the voxels'
    grid, so a contact of 1 mm between two cubes of 1 m counts as a layer or two of voxels, up to 0.11 m3, and the
    scene is invalid; and where voxels cannot be made the loss is 0, a failure that counts as perfect: here for a
    box of more than 4 million voxels in plan (100 x 100 m).

    `details`: ``total_oob_loss, total_mbl_loss, total_pbl_loss`` in m3, ``is_valid_scene_pbl``, the same losses in
    litres as its tables give them (``OOB, MBL, PBL``), ``delta_pbl`` (with additions, else None), ``voxel_failures``,
    ``colliding_pairs, outside_objects`` (with a loss above 0). `per_object`, which is ours: 1 less the object's lost
    voxels over its own.

    Range: [0, 1].
    Zero means: 0.1 m3 or more is lost, or nothing is placed; for additions, the answer cannot be read.
    Best means: everything is placed and no voxel is lost; for additions, no more are lost than before.
    Cannot see: what hovers, overlaps below 1e-7 m3, relations, doors, ways; for additions, what is missing.

    Args:
        mode: ``"scene"``, or ``"addition"``.

    Raises:
        InputError: If `mode` is neither.

    Example:
        >>> from spatialenv.core.room import Room
        >>> from spatialenv.core.scene import Scene, SceneObject
        >>> cubes = tuple(SceneObject(id=f"cube_{i}", category="cube", size=(1, 1, 1)) for i in (1, 2))
        >>> scene = Scene(Room.rectangle(6, 4, 3), cubes)
        >>> score = ReSpaceReward()(Transition.of(scene.place({"cube_1": (3, 2, 0.5), "cube_2": (3.999, 2, 0.5)})))
        >>> round(score.details["total_mbl_loss"], 5), score.details["is_valid_scene_pbl"]  # of a contact of 1 mm
        (0.11025, False)
    """

    name = "respace"
    version = "respace-1"

    def __init__(self, mode: Literal["scene", "addition"] = "scene") -> None:
        if mode not in ("scene", "addition"):
            raise InputError(f"`mode` is {mode!r}; allowed: 'scene', 'addition'")
        self._mode = mode

    def __call__(self, transition: Transition) -> Score:
        """Return the score of one transition."""
        placed = transition.placed
        found = losses(placed)
        pbl, delta = found.oob.sum() + sum(found.mbl.values()), None
        if self._mode == "addition":
            before = transition.previous
            earlier = losses(before) if before is not None else None
            delta = pbl - (earlier.oob.sum() + sum(earlier.mbl.values()) if earlier is not None else 0.0)
            value = 0.0 if transition.parsed.layout is None else 1.0 if delta < NO_GROWTH else NEUTRAL
        else:
            value = placed_share(placed) * (1.0 - min(1.0, pbl / VALID_UP_TO))
        oob, mbl = float(found.oob.sum()), float(sum(found.mbl.values()))
        details: dict[str, Any] = {
            "total_oob_loss": oob,
            "total_mbl_loss": mbl,
            "total_pbl_loss": float(pbl),
            "is_valid_scene_pbl": bool(pbl <= VALID_UP_TO),
            "OOB": oob * 1e3,
            "MBL": mbl * 1e3,
            "PBL": float(pbl) * 1e3,
            "delta_pbl": None if delta is None else float(delta),
            "voxel_failures": [placed.ids[row] for row in found.failures],
            **verdicts(placed, sorted(found.mbl), np.flatnonzero(found.oob > 0).tolist()),
        }
        return Score(float(value), by_object(placed, _kept(found)), details, self.version)


@dataclass(frozen=True, slots=True)
class VoxelLosses:
    """What a layout loses.

    Attributes:
        oob: Volume of each placed object's voxels outside the room in m3, shape ``(m,)``.
        mbl: Volume of the voxels that a pair shares in m3, by rows, where above 0.
        volumes: Volume of each object's voxels in m3, shape ``(m,)``.
        failures: Rows of the objects for which no voxels could be made.
    """

    oob: FloatArray
    mbl: dict[Pair, float]
    volumes: FloatArray
    failures: tuple[int, ...]


def losses(placed: PlacedScene) -> VoxelLosses:
    """Return the voxel losses of a layout."""
    shapes = [_voxels(placed, row) for row in range(len(placed.ids))]
    volumes = np.array([0.0 if one is None else float(one.plan.sum() * one.height) for one in shapes]) * VOXEL**3
    oob = np.zeros(len(shapes))
    known = scene_arrays(placed.scene)
    inside = geometry.inside_volumes(placed.centers, placed.sizes, placed.yaws, known.room, floors=known.floor)
    for row in np.flatnonzero(placed.sizes.prod(axis=1) - inside > PREFILTER).tolist():
        one = shapes[row]
        if one is not None:
            oob[row] = _outside(placed, one) * VOXEL**3
    overlaps = geometry.overlap_volumes(placed.centers, placed.sizes, placed.yaws)
    mbl = {}
    for i, j in pairs_where(overlaps > PREFILTER):
        a, b = shapes[i], shapes[j]
        shared = 0 if a is None or b is None else _shared(a, b)
        if shared:
            mbl[i, j] = shared * VOXEL**3
    failures = tuple(row for row, one in enumerate(shapes) if one is None)
    return VoxelLosses(oob, mbl, volumes, failures)


@dataclass(frozen=True, slots=True)
class _Voxels:
    """Full voxels: the same plan on each of `height` layers, from the voxel ``(column, row, layer)`` on."""

    plan: BoolArray
    height: int
    column: int
    row: int
    layer: int


def _voxels(placed: PlacedScene, row: int) -> _Voxels | None:
    """Return the voxels of a box, counted from the middle of the room's floor; None where there are too many."""
    (x, y, z), (length, width, height) = placed.centers[row].tolist(), placed.sizes[row].tolist()
    cos, sin = abs(math.cos(placed.yaws[row])), abs(math.sin(placed.yaws[row]))
    reach = (length * cos + width * sin) / 2, (length * sin + width * cos) / 2
    across, along = (math.ceil(min(half / VOXEL, _FARTHEST) + 0.5 - _SLACK) - 1 for half in reach)
    if (2 * across + 1) * (2 * along + 1) > MOST_CELLS:
        return None
    i = np.arange(-across, across + 1)[:, None] * VOXEL
    j = np.arange(-along, along + 1)[None, :] * VOXEL
    # A cube and the box share volume unless an axis of the box parts them: those of the cube bound `i` and `j`.
    turn_cos, turn_sin = math.cos(placed.yaws[row]), math.sin(placed.yaws[row])
    half = VOXEL / 2 * (cos + sin) - _SLACK
    plan = (abs(turn_cos * i + turn_sin * j) < length / 2 + half) & (
        abs(turn_cos * j - turn_sin * i) < width / 2 + half
    )
    return _Voxels(
        plan,
        math.ceil(min(height / VOXEL, _FARTHEST) + 0.5 - _SLACK),
        _steps(x - placed.room.length / 2) - across,
        _steps(y - placed.room.width / 2) - along,
        _steps(z - height / 2),
    )


def _steps(metres: float) -> int:
    """Return a length in whole voxels, rounded down."""
    return math.floor(min(max(metres / VOXEL, -_FARTHEST), _FARTHEST) + _SLACK)


def _outside(placed: PlacedScene, one: _Voxels) -> int:
    """Return how many voxels have their middle outside the room."""
    i, j = np.indices(one.plan.shape).reshape(2, -1)
    middles = np.column_stack(
        ((i + one.column) * VOXEL + placed.room.length / 2, (j + one.row) * VOXEL + placed.room.width / 2)
    )
    inside = one.plan.ravel() & over_floor(middles, placed.room)
    layers = np.arange(one.layer, one.layer + one.height)
    within = int(((layers >= 0) & (layers <= placed.room.height / VOXEL + _SLACK)).sum())
    return int(one.plan.sum()) * one.height - int(inside.sum()) * within


def _shared(a: _Voxels, b: _Voxels) -> int:
    """Return how many voxels are full in both."""
    layers = min(a.layer + a.height, b.layer + b.height) - max(a.layer, b.layer)
    west, east = max(a.column, b.column), min(a.column + a.plan.shape[0], b.column + b.plan.shape[0])
    south, north = max(a.row, b.row), min(a.row + a.plan.shape[1], b.row + b.plan.shape[1])
    if min(layers, east - west, north - south) <= 0:
        return 0
    first, second = (
        one.plan[west - one.column : east - one.column, south - one.row : north - one.row] for one in (a, b)
    )
    return int((first & second).sum()) * layers


def _kept(found: VoxelLosses) -> FloatArray:
    lost = found.oob.copy()
    for pair, volume in found.mbl.items():
        lost[list(pair)] += volume
    kept: FloatArray = 1.0 - np.minimum(1.0, lost / np.where(found.volumes > 0, found.volumes, 1.0))
    return kept
