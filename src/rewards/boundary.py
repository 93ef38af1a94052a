"""Whether objects are inside the room."""

from __future__ import annotations

from spatialenv.rewards.base import Boxes, Measurement, ObjectReward


class BoundaryReward(ObjectReward):
    """How much of each object's volume is inside the room.

    The value is the mean over the scene's objects; one that is not placed counts 0. `details`:
    ``outside_volume`` in m3, over all objects.

    Range: [0, 1].
    Zero means: every object is wholly outside, or none is placed.
    Best means: every box is inside the walls, on or above the floor and below the ceiling.
    Cannot see: doors, windows, and anything between objects.

    Example:
        >>> from spatialenv.core.room import Room
        >>> from spatialenv.core.scene import Scene, SceneObject
        >>> from spatialenv.core.score import Transition
        >>> scene = Scene(Room.rectangle(6, 4, 3), (SceneObject(id="cube_1", category="cube", size=(1, 1, 1)),))
        >>> BoundaryReward()(Transition.of(scene.place({"cube_1": (0.25, 1, 0.5)}))).value
        0.75
    """

    name = "boundary"
    version = "boundary-1"
    kinds = ("out_of_room",)

    def measure(self, boxes: Boxes) -> Measurement:
        """Return the share of each placed object's volume that is inside the room."""
        found = boxes.soundness(self.name)
        return Measurement(found.boundary, {"outside_volume": boxes.total(found.outside)})
