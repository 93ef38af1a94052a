"""The default reward: sound placement of every object, paid object by object."""

from __future__ import annotations

from collections.abc import Sequence

from spatialenv.core.packed import PARTS
from spatialenv.core.score import Score, Transition
from spatialenv.core.shares import paid, physics_value
from spatialenv.rewards.base import Boxes, ObjectReward
from spatialenv.rewards.boundary import BoundaryReward
from spatialenv.rewards.collision import CollisionReward
from spatialenv.rewards.constraint import ConstraintReward
from spatialenv.rewards.support import SupportReward


class PhysicsReward:
    """Pays the care taken over each object, and nothing else.

    ``gate * (0.1 + 0.9 * mean_o(collision_o * boundary_o * support_o * (0.5 + 0.5 * constraint_o)))``

    with the components' values for each object ``o`` of the scene; the gate is 1 when the answer names
    every id exactly once with finite numbers and everything is placed, else 0. `per_object` is the
    product. `details`: ``components``, the mean of each over all objects, and ``gate_closed``; both are
    given behind a closed gate too. A closed gate gives 0; an open one never less than 0.1.

    Range: 0 and [0.1, 1].
    Zero means: the answer is not complete.
    Best means: complete, inside, apart, resting, every relation met: a clean layout.
    Cannot see: taste, style, ways to walk, what a door needs; shapes inside their boxes.

    Example:
        >>> from spatialenv.core.room import Room
        >>> from spatialenv.core.scene import Scene, SceneObject
        >>> scene = Scene(Room.rectangle(6, 4, 3), (SceneObject(id="cube_1", category="cube", size=(1, 1, 1)),))
        >>> round(PhysicsReward()(Transition.of(scene.place({"cube_1": (0, 2, 0.5)}))).value, 6)
        0.55
        >>> PhysicsReward()(Transition.of(scene.place({}))).details["gate_closed"]
        True
    """

    name = "physics"

    def __init__(self, *factors: ObjectReward) -> None:
        """Make the reward; each of `factors` multiplies what is paid for an object."""
        self.parts: tuple[ObjectReward, ...] = (
            CollisionReward(),
            BoundaryReward(),
            SupportReward(),
            ConstraintReward(),
            *factors,
        )
        self.version = f"{self.name}-1({', '.join(part.version for part in self.parts)})"

    def __call__(self, transition: Transition) -> Score:
        """Return the score of one transition."""
        return self.batch([transition])[0]

    def batch(self, transitions: Sequence[Transition]) -> list[Score]:
        """Return the score of each transition, computed together."""
        boxes = Boxes([transition.placed for transition in transitions])
        boxes.soundness(*PARTS)  # all at once
        measured = [part.measure(boxes).values for part in self.parts]
        collision, boundary, support, constraint, *factors = measured
        product = paid(collision, boundary, support, constraint)
        for factor in factors:
            product = product * factor
        values = physics_value(boxes.mean(product))
        means = {part.name: boxes.mean(part_values) for part, part_values in zip(self.parts, measured, strict=True)}
        scores = []
        for row, (transition, per_object) in enumerate(zip(transitions, boxes.per_object(product), strict=True)):
            is_open = transition.parsed.is_complete and transition.placed.is_complete
            components = {"format": float(transition.parsed.format_level)}
            components |= {name: float(mean[row]) for name, mean in means.items()}
            scores.append(
                Score(
                    value=float(values[row]) if is_open else 0.0,
                    per_object=per_object,
                    details={"components": components, "gate_closed": not is_open},
                    version=self.version,
                )
            )
        return scores
