"""Whether doors and windows are kept free."""

from __future__ import annotations

import numpy as np

from spatialenv.core.openings import blocked_volumes, zone_arrays
from spatialenv.rewards.base import Boxes, Measurement, ObjectReward, share_of


class ClearanceReward(ObjectReward):
    """How free each object leaves the zones in front of doors and windows (`spatialenv.core.openings`).

    For an object: 1 minus the greatest share, over the zones, that the shared volume has in the smaller of the two,
    object and zone. So it is 0 for a small thing wholly in a zone and for a large one that fills a zone, and 1 for
    rugs that lie flat. The value is the mean over the scene's objects; one that is not placed counts 0. `details`:
    ``blocked_volume`` in m3, over all objects and zones, and ``blocked_openings``, how many zones hold any.

    Range: [0, 1].
    Zero means: every object stands wholly in a zone or fills one, or nothing is placed.
    Best means: every zone is free, or there is no door and no window.
    Cannot see: ways through the room, and whether the door can be reached.

    Example:
        >>> from spatialenv.core.room import Opening, Room
        >>> from spatialenv.core.scene import Scene, SceneObject
        >>> from spatialenv.core.score import Transition
        >>> door = Opening("door", "south_wall", offset=1, width=1, height=2, swing="in")
        >>> room = Room.rectangle(6, 4, 3, openings=(door,))
        >>> scene = Scene(room, (SceneObject(id="cube_1", category="cube", size=(1, 1, 1)),))
        >>> ClearanceReward()(Transition.of(scene.place({"cube_1": (1.75, 0.5, 0.5)}))).value
        0.25
    """

    name = "clearance"
    version = "clearance-1"
    kinds = ("blocked_opening",)

    def measure(self, boxes: Boxes) -> Measurement:
        """Return how free each placed object leaves the zones."""
        values = np.ones(boxes.arrays.mask.shape)
        volume, count = np.zeros(len(boxes.placed)), np.zeros(len(boxes.placed))
        for row, scene in enumerate(boxes.placed):
            shared = blocked_volumes(scene)
            if shared.size == 0:
                continue
            zones = zone_arrays(scene.scene).sizes.prod(axis=1)
            whole = np.minimum(boxes.volumes[row, : len(shared), None], zones)
            values[row, : len(shared)] = share_of(whole - shared, whole).min(axis=1)
            volume[row] = shared.sum()
            count[row] = np.count_nonzero(shared.sum(axis=0))
        return Measurement(values, {"blocked_volume": volume, "blocked_openings": count})
