"""The move of one object that gives it more room without harm to the layout."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np

from spatialenv.core.placed import FloatArray, PlacedScene
from spatialenv.core.support import stands_on_floor
from spatialenv.core.usability.moving import after_move, sound_moves
from spatialenv.core.violations import Move, Violation, find_violations

_CHUNK = 48
_CHUNKS = 6
_CHECKED = 4
_ROUNDING = 1e-9


class RoomMaker:
    """Finds moves along the floor after which objects have the room that they need, or at least more.

    Args:
        placed: The layout.
        values: Turns centres ``(k, n, 3)`` of ``k`` layouts into the objects' values ``(k, n)``.
        enough: The value with which nothing is wrong with an object any more.
    """

    def __init__(self, placed: PlacedScene, values: Callable[[FloatArray], FloatArray], enough: float) -> None:
        self._placed = placed
        self._values = values
        self._enough = enough
        self._now = values(placed.centers[None])[0]

    def move(self, row: int) -> Move | None:
        """Return the move of an object that makes room for it.

        An object that is to move anyhow, because it collides, leaves the room or floats, is told that same move if it
        makes room, and no other. For any other that stands on the floor, the places of `moving.sound_moves` are
        tried, the nearest first. A place will do where the values do not fall in sum and no more is wrong with the
        layout (`find_violations`) than before: met relations stay met, what stands on the object is not left behind.

        Returns:
            Signed ``(dx, dy, dz)`` in metres: to the nearest place where its value is enough; where there is none, to
            that with the greatest value, if it is greater than now; None where there is no such place.
        """
        placed = self._placed
        due = self._due.get(placed.ids[row])
        if due is not None:
            tried = placed.centers[None].copy()
            tried[0, row] += due
            return due if self._values(tried)[0, row] > self._now[row] + _ROUNDING else None
        if not stands_on_floor(placed)[row]:
            return None
        moves = sound_moves(placed, row)[: _CHUNK * _CHUNKS]
        for _, place in self._gains(row, moves)[:_CHECKED]:
            if len(find_violations(after_move(placed, row, moves[place]))) <= len(self._wrong):
                dx, dy = moves[place].tolist()
                return (dx + 0.0, dy + 0.0, 0.0)
        return None

    @cached_property
    def _wrong(self) -> tuple[Violation, ...]:
        return find_violations(self._placed)

    @cached_property
    def _due(self) -> dict[str, Move]:
        """The first move of each object that is to move anyhow."""
        due: dict[str, Move] = {}
        for wrong in self._wrong:
            if wrong.move is not None:
                due.setdefault(wrong.objects[0], wrong.move)
        return due

    def _gains(self, row: int, moves: FloatArray) -> list[tuple[float, int]]:
        """Return minus the value and the index of each move by which an object gains, the best first."""
        found: list[tuple[float, int]] = []
        for start in range(0, len(moves), _CHUNK):
            chunk = moves[start : start + _CHUNK]
            tried = np.repeat(self._placed.centers[None], len(chunk), axis=0)
            tried[:, row, :2] += chunk
            after = self._values(tried)
            gains = (after[:, row] > self._now[row] + _ROUNDING) & (after.sum(axis=1) >= self._now.sum() - _ROUNDING)
            found += [(-min(self._enough, float(after[k, row])), start + k) for k in np.flatnonzero(gains).tolist()]
            if any(value <= -self._enough for value, _ in found):
                break
        return sorted(found)
