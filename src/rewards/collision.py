"""Whether objects share space."""

from __future__ import annotations

from spatialenv.rewards.base import Boxes, Measurement, ObjectReward


class CollisionReward(ObjectReward):
    """How much of each object's volume it has to itself.

    For an object: ``1 - min(1, shared volume / own volume)``, the shared volumes with all other
    objects added up. Rugs that lie flat share space with nothing. The value is the mean over the
    scene's objects; one that is not placed counts 0. `details`: ``shared_volume`` in m3, over all pairs.

    Range: [0, 1].
    Zero means: every object lies wholly inside others, or none is placed.
    Best means: no two boxes share volume (touching shares none).
    Cannot see: the shape inside a box (a chair under a table top collides), or what stands outside the room.

    Example:
        >>> from spatialenv.core.room import Room
        >>> from spatialenv.core.scene import Scene, SceneObject
        >>> from spatialenv.core.score import Transition
        >>> cubes = tuple(SceneObject(id=f"cube_{i}", category="cube", size=(1, 1, 1)) for i in (1, 2))
        >>> scene = Scene(room=Room.rectangle(6, 4, 3), objects=cubes)
        >>> score = CollisionReward()(Transition.of(scene.place({"cube_1": (1, 1, 0.5), "cube_2": (1.75, 1, 0.5)})))
        >>> score.value, score.details["shared_volume"]
        (0.75, 0.25)
    """

    name = "collision"
    version = "collision-1"
    kinds = ("collision",)

    def measure(self, boxes: Boxes) -> Measurement:
        """Return each placed object's share of volume that is its own."""
        found = boxes.soundness(self.name)
        return Measurement(found.collision, {"shared_volume": boxes.total(found.shared) / 2.0})
