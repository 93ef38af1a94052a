"""Whether objects that must stay are where they were."""

from __future__ import annotations

import numpy as np

from spatialenv.core.staying import stay_states
from spatialenv.rewards.base import Boxes, Measurement, ObjectReward


class StayReward(ObjectReward):
    """How near each fixed object of the scene is to the place and yaw that the scene's start gives it.

    For a fixed object: 1 within 1 cm and 1 degree; falls linearly to 0 at 1 m and at 90 degrees, and the two factors
    multiply (`spatialenv.core.staying`). 1 for any other object. The value is the mean over the scene's objects; one
    that is not placed counts 0. `details`: ``fixed`` and ``kept``, how many must stay and do.

    Range: [0, 1].
    Zero means: nothing is placed, or every object is fixed and far from its place.
    Best means: every fixed object is at its place, or none is fixed.
    Cannot see: whether anything else was worth moving.

    Example:
        >>> from spatialenv.core.layout import Layout
        >>> from spatialenv.core.room import Room
        >>> from spatialenv.core.scene import Scene, SceneObject
        >>> from spatialenv.core.score import Transition
        >>> cube, start = SceneObject(id="cube_1", category="cube", size=(1, 1, 1)), Layout.of({"cube_1": (1, 1, 0.5)})
        >>> scene = Scene(Room.rectangle(6, 4, 3), (cube,), start=start, fixed=("cube_1",))
        >>> round(StayReward()(Transition.of(scene.place({"cube_1": (1.505, 1, 0.5)}))).value, 6)
        0.5
    """

    name = "stay"
    version = "stay-1"
    kinds = ("moved",)

    def measure(self, boxes: Boxes) -> Measurement:
        """Return how near each placed object is to where it must stay."""
        values = np.ones(boxes.arrays.mask.shape)
        kept = np.zeros(len(boxes.placed))
        for row, scene in enumerate(boxes.placed):
            states = stay_states(scene)
            columns = {object_id: column for column, object_id in enumerate(scene.ids)} if states else {}
            for state in states:
                values[row, columns[state.object_id]] = state.score
            kept[row] = sum(state.is_kept for state in states)
        fixed = np.array([len(scene.scene.fixed) for scene in boxes.placed], dtype=np.float64)
        return Measurement(values, {"fixed": fixed, "kept": kept})
