"""Whether one can walk from the doors to everything."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import fields

import numpy as np

from spatialenv.core.placed import FloatArray, PlacedScene
from spatialenv.core.usability.moving import after_move, sound_moves, to_try, upsets
from spatialenv.core.usability.walking import (
    FADE,
    ROBOT,
    Doorway,
    Walk,
    Walker,
    doorways,
    footprint_distances,
    gaps_at,
    obstacles,
    walk_in,
)
from spatialenv.core.violations import Violation
from spatialenv.rewards.base import Boxes, Measurement, ObjectReward
from spatialenv.rewards.boundary import BoundaryReward

_TOLERANCE = 1e-6
_TRIES = 12

Move = tuple[float, float, float]


class WalkabilityReward(ObjectReward):
    """How near a robot that comes in through the doors gets to each object.

    For an object: 1 where the robot gets within `arm` of it, falling linearly to 0 at 1 m more
    (`spatialenv.core.usability.walking`), and never more than the share of its volume that is inside the room. The
    value is the mean over the scene's objects; one that is not placed counts 0. `details`: ``walkable_rate``, the
    share of the free floor that the robot gets to, as PhyScene counts it with doors (mean over the doors);
    ``free_area`` and ``reached_area`` in m2, where its centre may be and gets to; ``blocked_doors``, how many wide
    enough doors do not let it in.

    Range: [0, 1].
    Zero means: no way leads in, everything is far from where the robot gets, or nothing is placed.
    Best means: every object is inside the room and within reach from a door.
    Cannot see: how much floor is free (see `details`); whether things share space or hang in the air: a pile, or things
        hung above the robot's head, leave the floor free (weigh it with `collision` and `support`, or gate it); sides
        from which a thing is used (`accessibility`).

    Args:
        radius: Half the robot's width in metres.
        arm: How far beyond its edge it reaches in metres.
        step: Height in metres of what it walks over.
        height: Height in metres below which it needs the room to be free.
        cell: Side of the raster's cells in metres.

    Raises:
        InputError: If one of these cannot be (see `Walker`).

    Example:
        >>> from spatialenv.core.room import Opening, Room
        >>> from spatialenv.core.scene import Scene, SceneObject
        >>> from spatialenv.core.score import Transition
        >>> room = Room.rectangle(4, 3, 2.5, (Opening("door", "west_wall", 1, 1, 2),))
        >>> objects = (SceneObject("shelf_1", "shelf", (0.2, 3, 1)), SceneObject("bed_1", "bed", (1, 1, 0.5)))
        >>> placed = Scene(room, objects).place({"shelf_1": (2, 1.5, 0.5), "bed_1": (3.5, 1.5, 0.25)})
        >>> WalkabilityReward()(Transition.of(placed)).per_object.round(1)
        array([1. , 0.4])
    """

    name = "walkability"
    kinds = ("unreachable",)

    def __init__(
        self,
        radius: float = ROBOT.radius,
        arm: float = ROBOT.arm,
        step: float = ROBOT.step,
        height: float = ROBOT.height,
        cell: float = ROBOT.cell,
    ) -> None:
        self.walker = Walker(radius, arm, step, height, cell)
        pairs = [(f.name, getattr(self.walker, f.name), getattr(ROBOT, f.name)) for f in fields(Walker)]
        changed = ", ".join(f"{name}={value:g}" for name, value, usual in pairs if value != usual)
        self.version = f"walkability-1({changed})" if changed else "walkability-1"

    def measure(self, boxes: Boxes) -> Measurement:
        """Return how near the robot gets to each placed object."""
        values = np.zeros(boxes.arrays.mask.shape)
        figures = np.zeros((4, len(boxes.placed)))
        for row, scene in enumerate(boxes.placed):
            walk = walk_in(scene, self.walker, FADE)
            values[row, : len(walk.beyond)] = 1.0 - np.minimum(walk.beyond / FADE, 1.0)
            figures[:, row] = walk.walkable_rate, walk.free_area, walk.reached_area, walk.is_blocked.sum()
        values = np.minimum(values, BoundaryReward().measure(boxes).values)
        names = ("walkable_rate", "free_area", "reached_area", "blocked_doors")
        return Measurement(values, dict(zip(names, figures, strict=True)))

    def violations(self, placed: PlacedScene) -> tuple[Violation, ...]:
        """Return what blocks doors, and what cannot be reached.

        A move is the shortest of those tried (to places a decimetre apart where the object is in the room and free of
        others) that opens the door, or brings the object within reach, and puts nothing else further out of reach.
        Moves that lower another object's support, spoil a relation or a facing, or block a door or window come last;
        those by which the object itself would fall are left out.
        """
        walk = walk_in(placed, self.walker)
        found = []
        for door, way in enumerate(doorways(placed.scene, self.walker)):
            if walk.is_blocked[door]:
                found += self._blockers(placed, walk, door, way)
        for row, beyond in enumerate(walk.beyond.tolist()):
            if beyond > _TOLERANCE:
                is_near = math.isfinite(beyond)
                way_there = f"is {beyond:.2f} m out of reach" if is_near else "is out of reach: no way leads in"
                move = self._into_reach(placed, walk, row) if is_near else None
                text = f"{placed.ids[row]} {way_there}"
                found.append(Violation("unreachable", (placed.ids[row],), beyond, "m", move, text))
        return tuple(found)

    def _blockers(self, placed: PlacedScene, walk: Walk, door: int, way: Doorway) -> list[Violation]:
        """Return the objects that block a door alone, each for itself; else those that do so together."""
        distances = footprint_distances(placed, way.places)
        distances[:, ~obstacles(placed, self.walker)] = np.inf
        too_near = distances < self.walker.radius - _TOLERANCE
        found = []
        for row in np.flatnonzero(too_near.any(axis=0)).tolist():
            is_free = ~np.delete(too_near, row, axis=1).any(axis=1)
            if is_free.any() and not (is_free & ~too_near[:, row]).any():
                depth = self.walker.radius - float(distances[is_free, row].max())
                move = self._out_of_way(placed, walk, row, door, way.places[is_free])
                found.append(_blocker(placed.ids[row], way.name, depth, move))
        if not found and too_near.any(axis=1).all():
            depth = self.walker.radius - float(distances.min(axis=1).max())
            rows = np.flatnonzero(too_near.any(axis=0)).tolist()
            found = [_blocker(placed.ids[row], way.name, depth, None) for row in rows]
        return found

    def _out_of_way(self, placed: PlacedScene, walk: Walk, row: int, door: int, places: FloatArray) -> Move | None:
        """Return the move of an object that lets the robot in at a door, to one of some places there."""
        moves = sound_moves(placed, row)
        if len(moves) == 0:
            return None
        # A footprint that moves is as far from a point as one that stands is from the point moved the other way.
        seen = (places[None, ::5] - moves[:, None]).reshape(-1, 2)
        gaps = footprint_distances(placed, seen, row).reshape(len(moves), -1)
        clear = (gaps >= self.walker.radius + self.walker.cell).any(axis=1)

        def is_open(after: Walk) -> bool:
            return bool(after.is_open[door]) and after.is_open.sum() > walk.is_open.sum()

        return self._shortest(placed, walk, row, moves[clear], is_open)

    def _into_reach(self, placed: PlacedScene, walk: Walk, row: int) -> Move | None:
        """Return the move of an object by which the robot reaches it."""
        moves = sound_moves(placed, row)
        beyond = gaps_at(placed, row, placed.centers[row, :2] + moves, self.walker)

        def is_reached(after: Walk) -> bool:
            return bool(after.beyond[row] <= _TOLERANCE)

        return self._shortest(placed, walk, row, moves[beyond <= _TOLERANCE], is_reached)

    def _shortest(
        self, placed: PlacedScene, walk: Walk, row: int, moves: FloatArray, mends: Callable[[Walk], bool]
    ) -> Move | None:
        """Return the first of some moves that mends, found by walking again; rather one that upsets nothing."""
        second: Move | None = None
        for move in to_try(moves, _TRIES):
            moved = after_move(placed, row, move)
            after = walk_in(moved, self.walker)
            others = np.arange(len(placed.ids)) != row
            if not mends(after) or (after.beyond > walk.beyond + _TOLERANCE)[others].any():
                continue
            falls, spoils = upsets(placed, moved, row)
            found = (float(move[0]), float(move[1]), 0.0)
            if not spoils:
                return found
            if not falls and second is None:
                second = found
        return second


def _blocker(object_id: str, door: str, depth: float, move: Move | None) -> Violation:
    text = f"{object_id} blocks the way in at {door} by {depth:.2f} m"
    return Violation("unreachable", (object_id, door), depth, "m", move, text)
