"""`physics` for rooms of few objects, where placing one of them must not pay."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from spatialenv.core.numeric import as_number
from spatialenv.core.score import Score, Transition
from spatialenv.errors import InputError
from spatialenv.rewards.physics import PhysicsReward

CONDITIONS = ("collision", "boundary", "support")
"""Components of `physics` of which each must be high enough."""


class StrictReward(PhysicsReward):
    """Pays as `physics` does once most of the room is sound, and nothing before.

    The value is that of `physics` where the means over the scene's objects of ``collision``, ``boundary`` and
    ``support`` are each at least `at_least`, else 0 behind a closed gate. `physics` pays one sound object of n as
    1/n, which in a room of three is a third for a policy that makes a tower of everything; here such policies earn
    less than a fifth of a sound layout in every suite (the page on trust has the figures). `per_object` and
    ``components`` are those of `physics`, also behind a closed gate.

    Range: 0 and [0.1, 1].
    Zero means: the answer is not complete, or too little of it is sound.
    Best means: a clean layout, as in `physics`.
    Cannot see: what `physics` cannot; nor does it tell poor layouts apart, so that a policy that begins with them
        learns nothing from it.

    Args:
        at_least: Mean that opens the gate, in [0, 1].

    Raises:
        InputError: If `at_least` is not in [0, 1].

    Example:
        >>> from spatialenv.core.room import Room
        >>> from spatialenv.core.scene import Scene, SceneObject
        >>> scene = Scene(Room.rectangle(6, 4, 3), (SceneObject(id="cube_1", category="cube", size=(1, 1, 1)),))
        >>> layouts = [{"cube_1": (x, 2, 0.5)} for x in (0.25, -0.25)]  # a quarter outside, three quarters outside
        >>> [score.value for score in StrictReward().batch([Transition.of(scene.place(one)) for one in layouts])]
        [0.775, 0.0]
    """

    name = "strict"

    def __init__(self, at_least: float = 0.5) -> None:
        threshold = as_number(at_least)
        if not 0 <= threshold <= 1 or math.isnan(threshold):
            raise InputError(f"`at_least` is {at_least!r}; it must be a number from 0 to 1")
        super().__init__()
        self._at_least = threshold
        self.version = f"strict-1(at_least={threshold:g}, {', '.join(part.version for part in self.parts)})"

    def batch(self, transitions: Sequence[Transition]) -> list[Score]:
        """Return the score of each transition, computed together."""
        return [self._gated(score) for score in super().batch(transitions)]

    def _gated(self, score: Score) -> Score:
        components = score.details["components"]
        if all(components[name] >= self._at_least for name in CONDITIONS):
            return score
        return replace(score, value=0.0, details={**score.details, "gate_closed": True})
