"""Whether objects stay where they are when they are let go."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from spatialenv.core.layout import Layout
from spatialenv.core.placed import FloatArray, PlacedScene
from spatialenv.core.violations import Move, Violation
from spatialenv.physics.settle import LIMIT, Settled, settle, settle_all
from spatialenv.rewards.base import Boxes, Measurement, ObjectReward

STILL = 0.01
"""Displacement in metres that counts as none."""

UPRIGHT = 2.0
"""Tilt in degrees that counts as none."""

FAR = 0.5
"""Displacement in metres at which the value has fallen to 0."""

FALLEN = 45.0
"""Tilt in degrees at which it has: an object tilted further has fallen over, as SceneSmith says it too."""

_REST = 0.05


class StabilityReward(ObjectReward):
    """How little each object moves and tilts when physics runs for a second.

    The scene settles in PyBullet (`spatialenv.physics.settle`). For an object: 1 within 1 cm and 2 degrees of where
    it was put, falling linearly to 0 at 0.5 m and at 45 degrees; the two factors multiply. What is outside the
    room falls into the void: 0. The value is the mean over the scene's objects; one that is not placed counts 0.
    `details`: ``unstable``, how many objects are not 1; ``fallen``, how many end tilted by more than 45 degrees.

    Needs the extra ``physics``. PyBullet runs in a process of its own, which is started at the first call.

    Range: [0, 1].
    Zero means: everything falls, or nothing is placed.
    Best means: everything stays where it is.
    Cannot see: objects that stand wholly in each other or in a wall (`collision` and `boundary` do); fasteners, but
    for a relation ``on`` a wall or the ceiling; what is not a box of one density.

    Args:
        seconds: How long physics runs, above 0, at most 60.
        limit: Most seconds of waiting for one scene, at most 3600.

    Raises:
        InputError: From the first call, if an option is out of range.
        MissingExtraError: From the first call, if PyBullet is not installed.
        SimulationError: From a call, if it fails, crashes or takes too long.

    Example:
        >>> from spatialenv.core.room import Room
        >>> from spatialenv.core.scene import Scene, SceneObject
        >>> from spatialenv.core.score import Transition
        >>> scene = Scene(Room.rectangle(6, 4, 3), (SceneObject(id="cube_1", category="cube", size=(1, 1, 1)),))
        >>> score = StabilityReward()(Transition.of(scene.place({"cube_1": (3, 2, 0.755)})))
        >>> round(score.value, 2), score.details["unstable"]
        (0.5, 1.0)
    """

    name = "stability"
    version = "stability-1"
    kinds = ("unstable",)
    needs = ("pybullet",)
    """Packages without which no call succeeds; a server offers it only where they are installed."""

    def __init__(self, seconds: float = 1.0, limit: float = LIMIT) -> None:
        self._seconds = seconds
        self._limit = limit
        if seconds != 1.0:
            self.version = f"stability-1({seconds} s)"

    def measure(self, boxes: Boxes) -> Measurement:
        """Return the stability of each placed object."""
        values = np.ones(boxes.arrays.mask.shape)
        unstable, fallen = np.zeros(len(boxes.placed)), np.zeros(len(boxes.placed))
        settled = settle_all(boxes.placed, self._seconds, limit=self._limit)
        for row, one in enumerate(settled):
            scores = stability_scores(one.displacements, one.tilts)
            values[row, : len(scores)] = scores
            unstable[row] = np.count_nonzero(scores < 1.0)
            fallen[row] = np.count_nonzero(one.tilts > FALLEN)
        return Measurement(values, {"unstable": unstable, "fallen": fallen})

    def violations(self, placed: PlacedScene) -> tuple[Violation, ...]:
        """Return the objects that move or tilt.

        The move is the one to where an object came to rest upright, for those that stay there once all have made
        theirs: None for the others, and for objects that must stay where they are.
        """
        settled = settle(placed, self._seconds, limit=self._limit)
        scores = stability_scores(settled.displacements, settled.tilts)
        moves = self._mending_moves(placed, settled, scores)
        return tuple(
            _violation(placed.ids[row], settled, row, moves.get(placed.ids[row]))
            for row in np.flatnonzero(scores < 1.0).tolist()
        )

    def _mending_moves(self, placed: PlacedScene, settled: Settled, scores: FloatArray) -> dict[str, Move]:
        at_rest = (settled.tilts <= UPRIGHT) & (settled.speeds < _REST) & (scores < 1.0)
        moves: dict[str, Move] = {}
        for row in np.flatnonzero(at_rest).tolist():
            if placed.ids[row] not in placed.scene.fixed:
                dx, dy, dz = (settled.positions[row] - placed.centers[row]).tolist()
                moves[placed.ids[row]] = (dx, dy, dz)
        if not moves:
            return {}
        poses = []
        for object_id, pose in placed.layout.poses:
            dx, dy, dz = moves.get(object_id, (0.0, 0.0, 0.0))
            poses.append((object_id, replace(pose, x=pose.x + dx, y=pose.y + dy, z=pose.z + dz)))
        again = settle(PlacedScene(placed.scene, Layout(tuple(poses))), self._seconds, limit=self._limit)
        stays = dict(zip(again.ids, stability_scores(again.displacements, again.tilts) == 1.0, strict=True))
        return {object_id: move for object_id, move in moves.items() if stays[object_id]}


def stability_scores(displacements: npt.ArrayLike, tilts: npt.ArrayLike) -> FloatArray:
    """Return how stable objects are, from how far they move and tilt.

    Args:
        displacements: Metres, any shape.
        tilts: Degrees, the same shape.

    Returns:
        In [0, 1], of that shape: 1 up to 1 cm and 2 degrees, falling linearly to 0 at 0.5 m and at 45 degrees, the
        two factors multiplied.

    Example:
        >>> stability_scores([0.0, 0.255, 0.255], [1.0, 0.0, 23.5]).round(6).tolist()
        [1.0, 0.5, 0.25]
    """
    scores: FloatArray = _fade(displacements, STILL, FAR) * _fade(tilts, UPRIGHT, FALLEN)
    return scores


def _fade(values: npt.ArrayLike, tolerance: float, reach: float) -> FloatArray:
    excess = np.maximum(np.asarray(values, dtype=np.float64) - tolerance, 0.0)
    faded: FloatArray = np.maximum(1.0 - excess / (reach - tolerance), 0.0)
    return faded


def _violation(object_id: str, settled: Settled, row: int, move: Move | None) -> Violation:
    displacement, tilt = float(settled.displacements[row]), float(settled.tilts[row])
    if _fade(tilt, UPRIGHT, FALLEN) < _fade(displacement, STILL, FAR):
        text = f"{object_id} {'falls over' if tilt > FALLEN else 'tips'} by {tilt:.0f} degrees when let go"
        return Violation("unstable", (object_id,), tilt, "deg", move, text)
    text = f"{object_id} moves {displacement:.2f} m when let go"
    return Violation("unstable", (object_id,), displacement, "m", move, text)
