"""Whether objects have the room that their kind needs to be used."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from spatialenv.core.placed import FloatArray, PlacedScene, scene_arrays
from spatialenv.core.usability.access import SIDES, Surroundings, functional_clearance, side_shares
from spatialenv.core.usability.functions import FunctionArrays, placed_functions
from spatialenv.core.usability.making_room import RoomMaker
from spatialenv.core.violations import Violation
from spatialenv.rewards.base import Boxes, Measurement, ObjectReward
from spatialenv.rewards.boundary import BoundaryReward

TOLERANCE = 0.01
"""Share of the needed room that may lack before an object is called cramped."""


class FunctionalClearanceReward(ObjectReward):
    """How much of the room that each object needs, by its category, is free.

    The table ``core/usability/data/functions.yaml`` says for each category which sides are used, how deep a zone each
    of them needs and where that figure is from (a fridge 1.07 m in front of it, a bed 0.56 m along one of its long
    sides), and how many of the sides are needed at once. For an object: the mean, over the best so many of its sides,
    of the share of the zone's area that is on the floor and free of other objects. What is in the way
    (`spatialenv.core.usability.access`) are the objects at the heights from the floor to its top, 2 m at most; not
    rugs, nor what belongs there, as a nightstand beside a bed. 0 for an object that cannot be used: its centre is off
    the floor or in another object, or it floats by half a metre. 1 where it is used from no side. Never more than
    the share of its volume that is inside the room. The value is the mean over the scene's objects; one that is not
    placed counts 0. `details`: ``missing_area`` in m2, over all objects,
    and ``cramped``, how many lack more than 1% of what they need.

    Range: [0, 1].
    Zero means: every zone is full or off the floor, or nothing is placed.
    Best means: every object is inside the room and has all the space that it needs.
    Cannot see: whether one can walk there, where in a zone the free part lies, or which sides a user really needs of
        an object that the table does not know (its front is taken, with 0.6 m).

    Example:
        >>> from spatialenv.core.room import Room
        >>> from spatialenv.core.scene import Scene, SceneObject
        >>> from spatialenv.core.score import Transition
        >>> objects = (SceneObject("fridge_1", "fridge", (1, 0.5, 2)), SceneObject("box_1", "box", (0.5, 0.5, 0.5)))
        >>> placed = Scene(Room.rectangle(4, 3, 3), objects).place({"fridge_1": (1, 0.25, 1), "box_1": (0.75, 1, 0.25)})
        >>> FunctionalClearanceReward()(Transition.of(placed)).per_object.round(4)  # 0.25 of 1.07 m2 are taken
        array([0.7664, 1.    ])
    """

    name = "functional_clearance"
    version = "functional_clearance-1"
    kinds = ("cramped",)

    def measure(self, boxes: Boxes) -> Measurement:
        """Return how much of its room each placed object has."""
        arrays = boxes.arrays
        functions = placed_functions(boxes.placed)
        values = functional_clearance(
            arrays.centers,
            arrays.sizes,
            arrays.yaws,
            arrays.rooms,
            functions.sides,
            functions.depths,
            functions.together,
            floors=arrays.floors,
            mask=arrays.mask,
            around=functions.around,
        )
        missing = np.where(arrays.mask, 1.0 - values, 0.0)
        lacking = (missing > TOLERANCE).sum(axis=1).astype(np.float64)
        areas = boxes.total(missing * needed_areas(arrays.sizes, functions))
        values = np.minimum(values, BoundaryReward().measure(boxes).values)
        return Measurement(values, {"missing_area": areas, "cramped": lacking})

    def violations(self, placed: PlacedScene) -> tuple[Violation, ...]:
        """Return which objects lack room, what takes most of it, and a move of the object that mends or eases it."""
        if not placed.ids:
            return ()
        functions = placed_functions([placed])
        values = _values_of(placed, functions)
        now = values(placed.centers[None])[0]
        areas = needed_areas(placed.sizes[None], functions)[0]
        maker = RoomMaker(placed, values, 1.0 - TOLERANCE)
        found = []
        for row in np.flatnonzero(1.0 - now > TOLERANCE).tolist():
            move = maker.move(row)
            missing = float((1.0 - now[row]) * areas[row])
            blocker, names = _blocker(placed, row, functions)
            text = f"{placed.ids[row]} lacks {missing:.2f} m2 of the {areas[row]:.2f} m2 it needs at its {names}"
            text += "" if blocker is None else f", mostly because of {blocker}"
            objects = (placed.ids[row],) if blocker is None else (placed.ids[row], blocker)
            found.append(Violation("cramped", objects, missing, "m2", move, text))
        return tuple(found)


def needed_areas(sizes: FloatArray, functions: FunctionArrays) -> FloatArray:
    """Return the area in m2 that each object needs, its sides taken alike: mean over them, times how many it needs."""
    widths = sizes[..., [0, 0, 1, 1]]
    total = (widths * functions.depths * functions.sides).sum(axis=-1)
    count = functions.sides.sum(axis=-1)
    areas: FloatArray = total / np.maximum(count, 1) * np.minimum(functions.together, count)
    return areas


def _values_of(placed: PlacedScene, functions: FunctionArrays) -> Callable[[FloatArray], FloatArray]:
    room = scene_arrays(placed.scene).room

    def values(centers: FloatArray) -> FloatArray:
        return functional_clearance(
            centers,
            placed.sizes,
            placed.yaws,
            room,
            functions.sides,
            functions.depths,
            functions.together,
            floors=[placed.room.floor] * len(centers),
            around=functions.around,
        )

    return values


def _blocker(placed: PlacedScene, row: int, functions: FunctionArrays) -> tuple[str | None, str]:
    """Return the object that takes most of another's zones, None where a wall takes more, and the used sides' names."""
    # A layout for each other object, with these two alone, and a last one with nothing in the way.
    n, around = len(placed.ids), functions.around
    pairs = np.stack((np.full(n, row), np.arange(n)), axis=1)
    in_way = np.zeros((n, 2), dtype=np.bool_)
    in_way[:, 1] = np.asarray(around.obstacles)[0] & (np.arange(n) != row)
    pairs, in_way = np.append(pairs, [[row, row]], axis=0), np.append(in_way, [[False, False]], axis=0)
    asked = np.zeros((n + 1, 2, 4), dtype=np.bool_)
    asked[:, 0] = is_used = functions.sides[0, row]
    room = scene_arrays(placed.scene).room
    free = side_shares(
        placed.centers[pairs],
        placed.sizes[pairs],
        placed.yaws[pairs],
        room,
        asked,
        functions.depths[0][pairs],
        floors=None if placed.room.is_rectangle else [placed.room.floor] * (n + 1),
        around=Surroundings(
            np.asarray(around.on_floor)[0][pairs],
            in_way,
            np.asarray(around.groups)[0][pairs],
            np.asarray(around.partners)[0][pairs],
        ),
    )[:, 0, is_used]
    taken = (free[-1] - free).sum(axis=-1)
    worst = int(taken.argmax())
    names = " or ".join(side for side, used in zip(SIDES, is_used.tolist(), strict=True) if used)
    is_object = taken[worst] > max(0.0, float((1.0 - free[-1]).sum()))
    return (placed.ids[worst] if is_object else None), names
