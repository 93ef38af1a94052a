"""How well-formed the answer is."""

from __future__ import annotations

from collections.abc import Sequence

from spatialenv.core.score import Score, Transition


class FormatReward:
    """The published format level of the answer as it was written.

    Range: 0, 0.1, 0.5 or 1.
    Zero means: the tags are wrong. 0.1: the JSON cannot be read. 0.5: the number of objects differs.
    Best means: tags and JSON are right and there are as many entries as objects.
    Cannot see: whether the ids are right, and where anything stands.

    Example:
        >>> from spatialenv.core.room import Room
        >>> from spatialenv.core.scene import Scene
        >>> FormatReward()(Transition.of(Scene(room=Room.rectangle(6, 4, 3), objects=()).place({}))).value
        1.0
    """

    name = "format"
    version = "format-1"

    def __call__(self, transition: Transition) -> Score:
        """Return the level; `details` holds ``is_complete`` and the codes of the issues."""
        parsed = transition.parsed
        details = {"is_complete": parsed.is_complete, "issues": [issue.code for issue in parsed.issues]}
        return Score(value=float(parsed.format_level), details=details, version=self.version)

    def batch(self, transitions: Sequence[Transition]) -> list[Score]:
        """Return the score of each transition."""
        return [self(transition) for transition in transitions]
