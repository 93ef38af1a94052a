"""Arrangements (`spatialenv.core.arrangement`) for the solver: lines and places to try, and which of them will do.

Other relations are regions; these are checked place by place. Rings and mirrored pairs are checked as far as they
stand: what is met in the end, the complete layout tells.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator

import numpy as np

from spatialenv.core.arrangement import CODES, NEAR, frame_of, measure, measure_rows
from spatialenv.core.placed import BoolArray, FloatArray
from spatialenv.core.scene import Relation
from spatialenv.tasks.solver_lines import Lines
from spatialenv.tasks.solver_model import Model, State

_METRES = 0.0099
"""Metres that a place may miss; less than is tolerated, so that rounding does no harm."""
_TURN = math.radians(4.9)
_RANDOM_PLACES = 12


def checked(model: Model, i: int) -> tuple[Relation, ...]:
    """Return the relations of an object that no region tells."""
    return tuple(relation for relation in model.scene.objects[i].relations if relation.preposition in CODES)


def guides(state: State, i: int, yaw: float) -> list[Lines]:
    """Return lines on which the centre of an object that is turned by `yaw` should lie."""
    normals, offsets = [], []
    for relation, frame in _targets(state, i):
        angle = float(frame[4])
        chosen = []
        if relation.preposition == "around":
            chosen = [slot + math.pi / 2 for slot in _slots(state, i, relation, frame)]
        elif relation.preposition in ("aligned", "centred", "symmetric"):
            both = relation.preposition == "aligned" or not frame[2:4].any()
            chosen = [angle, angle + math.pi / 2] if both else [angle]
        elif relation.preposition == "face to":
            chosen = [yaw]
        for direction in chosen:
            normal = math.cos(direction), math.sin(direction)
            normals.append(normal)
            offsets.append(normal[0] * frame[0] + normal[1] * frame[1])
    return [Lines(np.array(normals), np.array(offsets))] if normals else []


def places(state: State, i: int, rng: random.Random) -> FloatArray:
    """Return places ``(k, 2)`` to try beside those on lines: near a target, mirrored, or round about it."""
    found: list[tuple[float, float]] = []
    length, width, _ = state.model.scene.objects[i].size
    for relation, frame in _targets(state, i):
        x, y, own_length, own_width, angle = frame.tolist()
        if relation.preposition == "symmetric":
            found += [_mirrored(frame, state.rows[k, 0], state.rows[k, 1]) for k in _group(state, i, relation)]
        elif relation.preposition == "around":
            least = (min(own_length, own_width) + min(length, width)) / 2
            most = (math.hypot(own_length, own_width) + math.hypot(length, width)) / 2 + 0.5
            for slot in _slots(state, i, relation, frame):
                for radius in np.linspace(least, most, 10).tolist():
                    found.append((x + radius * math.cos(slot), y + radius * math.sin(slot)))
        elif relation.preposition == "near":
            c, s = math.cos(angle), math.sin(angle)
            for _ in range(_RANDOM_PLACES):
                u = (2 * rng.random() - 1) * (own_length / 2 + NEAR)
                v = (2 * rng.random() - 1) * (own_width / 2 + NEAR)
                found.append((x + c * u - s * v, y + s * u + c * v))
    return np.array(found, dtype=np.float64).reshape(-1, 2)


def turns(state: State, i: int) -> list[float]:
    """Return yaws that arrangements ask for, where an object may choose its own."""
    model = state.model
    if not model.is_free or model.scene.objects[i].yaw is not None:
        return []
    found = []
    for relation, frame in _targets(state, i):
        angle = float(frame[4])
        if relation.preposition == "aligned":
            found += [angle + k * math.pi / 2 for k in range(4)]
        elif relation.preposition == "symmetric":
            found += [2 * angle - state.yaws[k] for k in _group(state, i, relation)]
            found += [angle, angle + math.pi]
    known = [yaw % math.tau for yaw in model.yaws[i]]
    return [yaw for yaw in dict.fromkeys(found) if not any(abs(yaw % math.tau - other) < 1e-9 for other in known)]


def holds(state: State, i: int, yaw: float, points: FloatArray, target: int | None = None) -> BoolArray:
    """Return whether an object at each of the points meets its arrangements (or those to `target`), shape ``(k,)``."""
    met = np.ones(len(points), dtype=np.bool_)
    length, width, _ = state.model.scene.objects[i].size
    own = np.column_stack((points, np.tile((length, width, yaw), (len(points), 1))))
    for relation, frame in _targets(state, i):
        if target is not None and state.model.index.get(relation.target) != target:
            continue
        if relation.preposition == "symmetric":
            met &= _mirrors(state, i, relation, frame, own)
            continue
        distances, angles = _missing(state, relation, frame, own)
        met &= (distances <= _METRES) & (angles <= _TURN)
        if relation.preposition == "around":
            met &= _is_even(state, i, relation, frame, own)
    return met


def missing(state: State, i: int, yaw: float, points: FloatArray) -> FloatArray:
    """Return how far each point is from meeting each arrangement, at most 1 m, summed over these, shape ``(k,)``."""
    total = np.zeros(len(points))
    length, width, _ = state.model.scene.objects[i].size
    own = np.column_stack((points, np.tile((length, width, yaw), (len(points), 1))))
    for relation, frame in _targets(state, i):
        distances, angles = _missing(state, relation, frame, own)
        total += np.minimum(distances + angles / (math.pi / 2), 1.0)
    return total


def _targets(state: State, i: int) -> Iterator[tuple[Relation, FloatArray]]:
    """Yield the arrangements of an object whose targets stand, with the rows of these."""
    model = state.model
    for relation in checked(model, i):
        j = model.index.get(relation.target)
        if j is None:
            yield relation, np.array(frame_of(model.scene.room, relation.target))
        elif state.stands[j]:
            yield relation, _row(state, j)


def _row(state: State, j: int) -> FloatArray:
    return np.array((*state.rows[j, :2], *state.rows[j, 3:5], state.yaws[j]))


def _missing(state: State, relation: Relation, frame: FloatArray, own: FloatArray) -> tuple[FloatArray, FloatArray]:
    is_wall = relation.target in state.model.scene.room.walls
    found = measure_rows(own, np.tile(frame, (len(own), 1)), CODES[relation.preposition], is_wall)
    return found.distances, np.nan_to_num(np.abs(found.turns))


def _members(model: Model, i: int, relation: Relation) -> list[int]:
    """Return the objects, this one among them, that are around, or symmetric to, the same target together."""
    kind = model.scene.objects[i].category
    return [
        k
        for k, item in enumerate(model.scene.objects)
        if (relation.preposition == "around" or item.category == kind)
        and any((r.preposition, r.target) == (relation.preposition, relation.target) for r in item.relations)
    ]


def _group(state: State, i: int, relation: Relation) -> list[int]:
    """Return the others of them that stand."""
    return [k for k in _members(state.model, i, relation) if k != i and state.stands[k]]


def _slots(state: State, i: int, relation: Relation, frame: FloatArray) -> list[float]:
    """Return the directions from the target in which its ring has its places."""
    n = len(_members(state.model, i, relation))
    others = _group(state, i, relation)
    first = float(frame[4])
    if others:
        x, y = state.rows[others[0], :2] - frame[:2]
        first = math.atan2(y, x)
    return [first + k * math.tau / n for k in range(1 if others else 0, n)]


def _is_even(state: State, i: int, relation: Relation, frame: FloatArray, own: FloatArray) -> BoolArray:
    """Whether each place is near a free one of the ring; for the last of the ring: whether all then are."""
    others = _group(state, i, relation)
    n = len(_members(state.model, i, relation))
    if not others:
        return np.ones(len(own), dtype=np.bool_)
    if len(others) < n - 1:
        angles = np.arctan2(own[:, 1] - frame[1], own[:, 0] - frame[0])
        slots = np.array(_slots(state, i, relation, frame))
        off = np.abs(np.remainder(angles[:, None] - slots + math.pi, math.tau) - math.pi).min(axis=1)
        return np.asarray(off <= math.tau / n / 4)
    rows = np.array([_row(state, k) for k in others])
    even = [
        bool((measure([*rows, row], ["around"] * n, [frame] * n, groups=[0] * n).distances <= _METRES).all())
        for row in own
    ]
    return np.array(even, dtype=np.bool_)


def _mirrors(state: State, i: int, relation: Relation, frame: FloatArray, own: FloatArray) -> BoolArray:
    """Whether each place mirrors one that has no partner yet; the last without a partner: whether it is on the axis."""
    alone: list[int] = []
    for k in _group(state, i, relation):
        partner = next(
            (j for j in alone if math.dist(_mirrored(frame, *state.rows[k, :2]), state.rows[j, :2]) < 2 * _METRES), k
        )
        if partner == k:
            alone.append(k)
        else:
            alone.remove(partner)
    waiting = len(_members(state.model, i, relation)) - len(_group(state, i, relation)) - 1
    met = np.zeros(len(own), dtype=np.bool_)
    for k in alone:
        x, y = _mirrored(frame, *state.rows[k, :2])
        off = np.abs(np.remainder(own[:, 4] - (2 * frame[4] - state.yaws[k]) + math.pi, math.tau) - math.pi)
        met |= (np.hypot(own[:, 0] - x, own[:, 1] - y) <= _METRES) & (off <= _TURN)
    if len(alone) > waiting:
        return met
    if waiting == 0:
        distances, angles = _missing(state, relation, frame, own)
        return np.asarray((distances <= _METRES) & (angles <= _TURN))
    return np.ones(len(own), dtype=np.bool_)


def _mirrored(frame: FloatArray, x: float, y: float) -> tuple[float, float]:
    c, s = math.cos(frame[4]), math.sin(frame[4])
    across = c * (x - frame[0]) + s * (y - frame[1])
    return float(x - 2 * across * c), float(y - 2 * across * s)
