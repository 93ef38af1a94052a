"""Whether objects rest on something."""

from __future__ import annotations

from spatialenv.rewards.base import Boxes, Measurement, ObjectReward


class SupportReward(ObjectReward):
    """How well each object rests on the floor, on another object, on a wall or from the ceiling.

    For an object: the score of `spatialenv.core.support`, which falls with the gap or the sinking
    depth and with the centre of mass leaving the support. The value is the mean over the scene's
    objects; one that is not placed counts 0. `details`: ``unsupported``, how many do not rest.

    Range: [0, 1].
    Zero means: everything floats or has sunk far, or nothing is placed.
    Best means: everything rests.
    Cannot see: whether what it rests on could carry it; stacks that are sound object by object and fall as a whole.

    Example:
        >>> from spatialenv.core.room import Room
        >>> from spatialenv.core.scene import Scene, SceneObject
        >>> from spatialenv.core.score import Transition
        >>> scene = Scene(Room.rectangle(6, 4, 3), (SceneObject(id="cube_1", category="cube", size=(1, 1, 1)),))
        >>> SupportReward()(Transition.of(scene.place({"cube_1": (3, 2, 0.5)}))).value
        1.0
    """

    name = "support"
    version = "support-1"
    kinds = ("unsupported",)

    def measure(self, boxes: Boxes) -> Measurement:
        """Return the support score of each placed object."""
        found = boxes.soundness(self.name)
        return Measurement(found.support, {"unsupported": found.unsupported})
