"""Whether objects look where they should."""

from __future__ import annotations

import numpy as np

from spatialenv.core.facing import facing_states
from spatialenv.rewards.base import Boxes, Measurement, ObjectReward


class FacingReward(ObjectReward):
    """How nearly each object whose yaw the layout states faces what it should (`spatialenv.core.facing`).

    For an object: 1 up to 5 degrees off, falling linearly to 0 at 90 degrees; 0 where its target is not placed; 1
    where it has nothing to face or its yaw is not the layout's. The value is the mean over the scene's objects; one
    that is not placed counts 0. `details`: ``facing`` and ``facing_met``, how many should face something and do.

    Range: [0, 1].
    Zero means: every object looks a quarter turn or more away from its target, or nothing is placed.
    Best means: every object faces its target.
    Cannot see: what stands between an object and its target; yaws that the scene gives.

    Example:
        >>> from spatialenv.core.room import Room
        >>> from spatialenv.core.scene import Scene, SceneObject
        >>> from spatialenv.core.score import Transition
        >>> chair = SceneObject(id="chair_1", category="chair", size=(0.5, 0.5, 1), facing="north_wall")
        >>> scene = Scene(Room.rectangle(6, 4, 3), (chair,))
        >>> round(FacingReward()(Transition.of(scene.place({"chair_1": (3, 2, 0.5, 0.8290314)}))).value, 3)
        0.5
    """

    name = "facing"
    version = "facing-1"
    kinds = ("facing",)

    def measure(self, boxes: Boxes) -> Measurement:
        """Return how nearly each placed object faces its target."""
        values = np.ones(boxes.arrays.mask.shape)
        facing, met = np.zeros(len(boxes.placed)), np.zeros(len(boxes.placed))
        for row, scene in enumerate(boxes.placed):
            states = facing_states(scene)
            columns = {object_id: column for column, object_id in enumerate(scene.ids)} if states else {}
            for state in states:
                values[row, columns[state.object_id]] = state.score
            facing[row], met[row] = len(states), sum(state.is_met for state in states)
        return Measurement(values, {"facing": facing, "facing_met": met})
