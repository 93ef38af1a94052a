"""Whether objects stand square to the walls and to each other."""

from __future__ import annotations

import math

import numpy as np

from spatialenv.core.facing import signed_turn
from spatialenv.core.placed import FloatArray, IntArray, PlacedScene
from spatialenv.core.usability.alignment import alignment
from spatialenv.core.usability.functions import placed_functions
from spatialenv.core.violations import Violation
from spatialenv.rewards.base import Boxes, Measurement, ObjectReward
from spatialenv.rewards.boundary import BoundaryReward

TOLERANCE = math.radians(2.0)
"""Angle in radians off the nearest wall from which on an object is called misaligned."""

_ROUNDING = 1e-9


class AlignmentReward(ObjectReward):
    """How square each object stands to the nearest wall and to its neighbours (`spatialenv.core.usability.alignment`).

    The angle to a wall or a neighbour is that to the nearest quarter turn; it scores 1 up to 2 degrees, falling
    linearly to 0 at 45. For an object: the mean of that to the nearest wall and, where footprints of others are within
    1 m, of the mean over these; two that each keep to a wall of their own are not out of line. 1, and no neighbour,
    for what is as right at one angle as at another by its category (`spatialenv.core.usability.functions`): chairs,
    plants, lamps, rugs, small things. Never more than the share of its volume that is inside the room. The value is the
    mean over the scene's objects; one that is not placed counts 0.
    `details`: ``mean_turn``, the mean angle to the nearest wall in degrees of the others, and ``misaligned``, how many
    are off by more than 2 degrees.

    Range: [0, 1].
    Zero means: every object stands at 45 degrees to its wall and its neighbours, or nothing is placed.
    Best means: every object is inside the room, parallel or perpendicular to the nearest wall.
    Cannot see: which side is to the wall, and how far it is from it; that some things look well at an angle; whether
        things share space or hang in the air.

    Example:
        >>> from spatialenv.core.room import Room
        >>> from spatialenv.core.scene import Scene, SceneObject
        >>> from spatialenv.core.score import Transition
        >>> scene = Scene(Room.rectangle(6, 4, 3), (SceneObject(id="desk_1", category="desk", size=(1, 0.5, 1)),))
        >>> score = AlignmentReward()(Transition.of(scene.place({"desk_1": (3, 2, 0.5, math.radians(23.5))})))
        >>> round(score.value, 6), round(score.details["mean_turn"], 6)
        (0.5, 23.5)
    """

    name = "alignment"
    version = "alignment-1"
    kinds = ("misaligned",)

    def measure(self, boxes: Boxes) -> Measurement:
        """Return how square each placed object stands."""
        arrays = boxes.arrays
        directed = arrays.mask & ~placed_functions(boxes.placed).turns_freely
        values, turns = alignment(
            arrays.centers, arrays.sizes, arrays.yaws, arrays.rooms, floors=arrays.floors, mask=directed
        )
        turns = np.degrees(np.abs(turns))
        counts = directed.sum(axis=1)
        off = (turns > math.degrees(TOLERANCE) + _ROUNDING).sum(axis=1).astype(np.float64)
        values = np.minimum(values, BoundaryReward().measure(boxes).values)
        return Measurement(values, {"mean_turn": boxes.total(turns) / np.maximum(counts, 1), "misaligned": off})

    def violations(self, placed: PlacedScene) -> tuple[Violation, ...]:
        """Return which objects are not square to the nearest wall, each with the signed turn that mends it.

        There is no turn for an object that must stay, and for one whose yaw is not the layout's own. The turns are
        meant to be made together: one alone may leave an object out of line with neighbours as askew as it was.
        """
        if not placed.ids:
            return ()
        directed = ~placed_functions([placed]).turns_freely[0]
        turns = _turns(placed, np.arange(len(placed.ids)), placed.yaws[None])[0]
        poses = dict(placed.layout.poses)
        found = []
        for row in np.flatnonzero(directed & (np.abs(turns) > TOLERANCE + _ROUNDING)).tolist():
            object_id = placed.ids[row]
            degrees = abs(math.degrees(float(turns[row])))
            may_turn = object_id not in placed.scene.fixed and poses[object_id].yaw is not None
            turn = _mending_turn(placed, row, float(turns[row])) if may_turn else None
            text = f"{object_id} stands {degrees:.0f} degrees askew to the nearest wall"
            found.append(Violation("misaligned", (object_id,), degrees, "deg", None, text, turn))
        return tuple(found)


def _turns(placed: PlacedScene, rows: IntArray, yaws: FloatArray) -> FloatArray:
    """Return the turns to the nearest wall of the objects of some rows at yaws of shape ``(b, rows)``."""
    room = placed.room
    size = (room.length, room.width, room.height)
    floors = None if room.is_rectangle else [room.floor] * len(yaws)
    return alignment(placed.centers[rows], placed.sizes[rows], yaws, size, floors=floors).turns


def _mending_turn(placed: PlacedScene, row: int, turn: float) -> float | None:
    """Return the smallest turn after which an object is square to the wall that is then the nearest.

    Turning may bring another wall nearer, so that the turns to all walls are tried, the one to the wall that is
    nearest now before the others.
    """
    tried = [turn]
    yaw = float(placed.yaws[row])
    for wall in placed.room.wall_lines:
        off = math.remainder(wall.facing_yaw - yaw, math.pi / 2)
        tried.append(signed_turn(off))
    left = np.abs(_turns(placed, np.array([row]), yaw + np.array(tried)[:, None])[:, 0])
    for k in sorted(range(len(tried)), key=lambda k: (k > 0, abs(tried[k]))):
        if left[k] <= TOLERANCE:
            return tried[k]
    return None
