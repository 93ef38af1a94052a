"""Whether objects can be reached from where they are used."""

from __future__ import annotations

import math

import numpy as np

from spatialenv.core.numeric import as_number
from spatialenv.core.placed import FloatArray, PlacedScene, scene_arrays
from spatialenv.core.usability.access import NEEDED_DEPTH, SIDES, accessibility, side_depths
from spatialenv.core.usability.functions import placed_functions
from spatialenv.core.usability.making_room import RoomMaker
from spatialenv.core.violations import Violation
from spatialenv.errors import InputError
from spatialenv.rewards.base import Boxes, Measurement, ObjectReward
from spatialenv.rewards.boundary import BoundaryReward

TOLERANCE = 0.01
"""Metres of depth that may lack before an object is called inaccessible."""


class AccessibilityReward(ObjectReward):
    """How much free depth each object has at a side that it is used from, in the same measure for all.

    Which sides these are goes by its category (`spatialenv.core.usability.functions`). For an object: at the best of
    them, the mean over the side of ``min(1, free depth / needed depth)``, measured from the object up to the first
    other object or wall. What is in the way (`spatialenv.core.usability.access`) are the objects at the heights from
    the floor to its top, 2 m at most; not rugs, nor what belongs there, as chairs at a desk. 0 for an object that
    cannot be used: its centre is off the floor or in another object, or it floats by half a metre. 1 where it is used
    from no side: rugs, plants, pictures, what lies on tables. Never more than the share of its volume that is inside
    the room. The value is the mean over the scene's objects; one that is not placed counts 0. `details`:
    ``missing_depth`` in m, over all objects; ``inaccessible``, how many lack more than 1 cm.

    Args:
        depth: Depth in metres that is needed.

    Range: [0, 1].
    Zero means: nothing can be reached: every used side is against a wall or another object, or nothing is placed.
    Best means: every object is inside the room, with the needed depth along the whole of one used side.
    Cannot see: whether one can walk there, or what room a category needs (`functional_clearance`).

    Raises:
        InputError: If `depth` is not above 0.

    Example:
        >>> from spatialenv.core.room import Room
        >>> from spatialenv.core.scene import Scene, SceneObject
        >>> from spatialenv.core.score import Transition
        >>> scene = Scene(Room.rectangle(6, 4, 3), (SceneObject(id="desk_1", category="desk", size=(1, 1, 1)),))
        >>> AccessibilityReward()(Transition.of(scene.place({"desk_1": (3, 3.25, 0.5)}))).value  # 0.25 m to the wall
        0.4166666666666667
    """

    name = "accessibility"
    version = "accessibility-1"
    kinds = ("inaccessible",)

    def __init__(self, depth: float = NEEDED_DEPTH) -> None:
        if not 0 < as_number(depth) < math.inf:
            raise InputError(f"`depth` is {depth!r}; give a finite number above 0 metres")
        self.depth = as_number(depth)
        if self.depth != NEEDED_DEPTH:
            self.version = f"{type(self).version}(depth={self.depth:g})"

    def measure(self, boxes: Boxes) -> Measurement:
        """Return how well each placed object can be reached."""
        arrays = boxes.arrays
        functions = placed_functions(boxes.placed)
        values = accessibility(
            arrays.centers,
            arrays.sizes,
            arrays.yaws,
            arrays.rooms,
            functions.sides,
            self.depth,
            floors=arrays.floors,
            mask=arrays.mask,
            around=functions.around,
        )
        missing = np.where(arrays.mask, 1.0 - values, 0.0) * self.depth
        lacking = (missing > TOLERANCE).sum(axis=1).astype(np.float64)
        values = np.minimum(values, BoundaryReward().measure(boxes).values)
        return Measurement(values, {"missing_depth": boxes.total(missing), "inaccessible": lacking})

    def violations(self, placed: PlacedScene) -> tuple[Violation, ...]:
        """Return which objects lack depth, each with a move of its own that mends or eases it where one is near."""
        if not placed.ids:
            return ()
        values = self._values(placed, placed.centers[None])[0]
        missing = (1.0 - values) * self.depth
        rows = np.flatnonzero(missing > TOLERANCE).tolist()
        if not rows:
            return ()
        functions = placed_functions([placed])
        depths = side_depths(
            placed.centers[None],
            placed.sizes,
            placed.yaws,
            scene_arrays(placed.scene).room,
            functions.sides,
            self.depth,
            floors=[placed.room.floor],
            around=functions.around,
        )[0]
        maker = RoomMaker(placed, lambda centers: self._values(placed, centers), 1.0 - TOLERANCE / self.depth)
        found = []
        for row in rows:
            side = int(np.where(functions.sides[0, row], depths[row], -1.0).argmax())
            move = maker.move(row)
            if values[row] > 0 or depths[row, side] == 0:
                text = f"{placed.ids[row]} has {depths[row, side]:.2f} m free at its {SIDES[side]}"
                text += f", {self.depth:g} m are needed"
            else:
                text = (
                    f"{placed.ids[row]} cannot be used: its middle is off the floor or in another object, or it floats"
                )
            found.append(Violation("inaccessible", (placed.ids[row],), float(missing[row]), "m", move, text))
        return tuple(found)

    def _values(self, placed: PlacedScene, centers: FloatArray) -> FloatArray:
        functions = placed_functions([placed])
        return accessibility(
            centers,
            placed.sizes,
            placed.yaws,
            scene_arrays(placed.scene).room,
            functions.sides,
            self.depth,
            floors=[placed.room.floor] * len(centers),
            around=functions.around,
        )
