"""Whether objects stand where their relations want them."""

from __future__ import annotations

from spatialenv.rewards.base import Boxes, Measurement, ObjectReward


class ConstraintReward(ObjectReward):
    """How near each object is to where its relations want it.

    For an object: the mean score of its relations, 1 when it has none, 0 for a relation to an object that is
    not placed. A relation scores 1 within 1 cm of the feasible region, falling linearly to 0 at 1 m
    (`spatialenv.core.relations`); those that also say how objects are turned go by the angle as well
    (`spatialenv.core.arrangement`). The value is the mean over the scene's objects; one that is not placed
    counts 0. `details`: ``relations`` and ``relations_met``, how many there are and are met.

    Range: [0, 1].
    Zero means: every relation is missed by a metre or more, or nothing is placed.
    Best means: every relation is met.
    Cannot see: collisions, walls and support; where objects without relations stand.

    Example:
        >>> from spatialenv.core.room import Room
        >>> from spatialenv.core.scene import Relation, Scene, SceneObject
        >>> from spatialenv.core.score import Transition
        >>> on_wall = Relation("cube_1", "on", "west_wall")
        >>> cube = SceneObject(id="cube_1", category="cube", size=(1, 1, 1), relations=(on_wall,))
        >>> scene = Scene(room=Room.rectangle(6, 4, 3), objects=(cube,))
        >>> round(ConstraintReward()(Transition.of(scene.place({"cube_1": (1.005, 1, 0.5)}))).value, 3)
        0.5
    """

    name = "constraint"
    version = "constraint-1"
    kinds = ("relation",)

    def measure(self, boxes: Boxes) -> Measurement:
        """Return the mean relation score of each placed object."""
        found = boxes.soundness(self.name)
        return Measurement(found.constraint, {"relations": found.relations, "relations_met": found.relations_met})
