"""Whether the free floor lies evenly about the middle of the room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from spatialenv.core.placed import FloatArray, PlacedScene
from spatialenv.core.score import Score, Transition
from spatialenv.core.usability.balance import Balance, free_floor_in
from spatialenv.core.usability.moving import after_move, sound_moves, to_try, upsets
from spatialenv.core.violations import Violation
from spatialenv.rewards.base import Boxes, Measurement, ObjectReward
from spatialenv.rewards.boundary import BoundaryReward

TOLERANCE = 0.1
"""Share of the floor's spread by which the free floor may lie off the middle before `BalanceReward` says so."""

_MOVERS = 2
_CANDIDATES = 4
_TRIES = 12
_GAIN = 1e-3
_AS_ONE = np.array([1, 1j])

Move = tuple[float, float, float]


class BalanceReward(ObjectReward):
    """How evenly the free floor lies about the middle of the room.

    The value is 1 minus the distance between the centroids of the free floor and of the floor, over the root mean
    square distance of the floor's points from their centroid (`spatialenv.core.usability.balance`); times the mean,
    over the scene's objects, of the share of each one's volume that is inside the room, 0 for one that is not placed.
    For an object: 1 minus what it adds to that distance over the same length, times its share inside; so the value is
    not the mean over the objects. `details`: ``offset`` in m, ``spread`` in m, ``balance`` and ``inside``, the two
    factors, and ``free_area`` in m2.

    Range: [0, 1].
    Zero means: the free floor is as far off the middle as the floor's points are on average, none is free, everything
        is outside the room, or nothing is placed.
    Best means: everything is inside the room and the free floor's centroid is that of the floor.
    Cannot see: whether things share space or hang in the air (a pile in the middle is balanced); whether the free floor
        hangs together (`walkability`); how things look, or weigh upon the eye. Rooms with all furniture along one wall
        are as they should be to many: give it a small weight.

    Example:
        >>> from spatialenv.core.room import Room
        >>> from spatialenv.core.scene import Scene, SceneObject
        >>> from spatialenv.core.score import Transition
        >>> scene = Scene(Room.rectangle(6, 4, 3), (SceneObject(id="bed_1", category="bed", size=(3, 4, 1)),))
        >>> BalanceReward()(Transition.of(scene.place({"bed_1": (3, 2, 0.5)}))).value
        1.0
    """

    name = "balance"
    version = "balance-1"
    kinds = ("unbalanced",)

    def batch(self, transitions: Sequence[Transition]) -> list[Score]:
        """Return the score of each transition, computed together."""
        scores = super().batch(transitions)
        return [replace(score, value=score.details["balance"] * score.details["inside"]) for score in scores]

    def measure(self, boxes: Boxes) -> Measurement:
        """Return what each placed object leaves of the balance."""
        values = np.ones(boxes.arrays.mask.shape)
        figures = np.ones((5, len(boxes.placed)))
        for row, scene in enumerate(boxes.placed):
            found = free_floor_in(scene)
            values[row, : len(found.added)] = 1.0 - np.clip(found.added / found.spread, 0.0, 1.0)
            figures[:4, row] = found.imbalance, found.spread, found.value, found.free_area
        inside = BoundaryReward().measure(boxes).values
        figures[4] = boxes.mean(inside)
        names = ("offset", "spread", "balance", "free_area", "inside")
        return Measurement(values * inside, dict(zip(names, figures, strict=True)))

    def violations(self, placed: PlacedScene) -> tuple[Violation, ...]:
        """Return the objects that put the free floor off the middle, where it is by more than `TOLERANCE`.

        They are the one or two that add most of those that a move helps, each with the shortest of the moves tried (to
        places a decimetre apart where the object is in the room and free of others) that takes half of the offset, or
        all but what is tolerated; else with the one that helps most. Moves that lower a support, spoil a relation
        or a facing, or block a door or window come last. Each lessens the offset alone, and after those before it.
        Where no move helps, the object that adds most is named; none where none adds anything alone, as of two at one
        place.
        """
        found = free_floor_in(placed)
        if found.imbalance <= TOLERANCE * found.spread:
            return ()
        rows = [row for row in np.argsort(-found.added, kind="stable").tolist() if found.added[row] > _GAIN]
        wrong: list[Violation] = []
        settled = placed
        for row in rows[:_CANDIDATES]:
            # Free both where the objects told before it stand, and where they go.
            moves = sound_moves(placed, row)
            is_free_then = np.isin(moves @ _AS_ONE, sound_moves(settled, row) @ _AS_ONE)
            move = _evening(settled, row, moves[is_free_then])
            if move is None or free_floor_in(after_move(placed, row, move)).imbalance > found.imbalance - _GAIN:
                continue
            settled = after_move(settled, row, move)
            wrong.append(_unbalanced(placed, found, row, (float(move[0]), float(move[1]), 0.0)))
            if len(wrong) == _MOVERS or free_floor_in(settled).value >= 1.0 - TOLERANCE:
                break
        return tuple(wrong) or tuple(_unbalanced(placed, found, row, None) for row in rows[:1])


def _evening(placed: PlacedScene, row: int, moves: FloatArray) -> FloatArray | None:
    """Return the move ``(dx, dy)`` of an object, of some, that lessens the offset; None where there is none."""
    found = free_floor_in(placed)
    if found.free_area == 0.0 or len(moves) == 0:
        return None
    # The centroid goes the other way, by the share that the object's area is of the free floor's.
    expected = np.hypot(*(found.offset - moves * (found.areas[row] / found.free_area)).T)
    wanted = max(TOLERANCE * found.spread, found.imbalance / 2)
    enough, best = moves[expected <= wanted + _GAIN], moves[np.argsort(expected, kind="stable")[:_TRIES]]
    second = None
    for move in (*to_try(enough, _TRIES), *best):
        moved = after_move(placed, row, move)
        if free_floor_in(moved).imbalance > found.imbalance - _GAIN:
            continue
        falls, spoils = upsets(placed, moved, row)
        if not spoils:
            return np.asarray(move)
        if not falls and second is None:
            second = np.asarray(move)
    return second


def _unbalanced(placed: PlacedScene, found: Balance, row: int, move: Move | None) -> Violation:
    object_id, amount = placed.ids[row], float(found.added[row])
    text = f"{object_id} puts the middle of the free floor {amount:.2f} m further off the middle of the room"
    return Violation("unbalanced", (object_id,), amount, "m", move, text)
