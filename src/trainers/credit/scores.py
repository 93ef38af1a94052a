"""What a turn earned, and what its tokens are paid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from spatialenv.core.episode import Turn

if TYPE_CHECKING:
    from spatialenv.trainers.credit.config import CreditConfig, Scope


@dataclass(frozen=True, slots=True)
class TurnScores:
    """What a turn earned; plain numbers that travel between processes.

    Attributes:
        is_well_formed: Whether every id appears once with finite numbers.
        is_valid: Whether nothing overlaps or leaves the room.
        objects: Score of each object by id; higher is better.
        score: The layout's score.
        reward: The step's reward.
        repairs: Repairs that the answer's text needed before it could be read, such as for words after its end.
    """

    is_well_formed: bool
    is_valid: bool
    objects: Mapping[str, float] = field(default_factory=dict)
    score: float = 0.0
    reward: float = 0.0
    repairs: int = 0

    @property
    def is_in_form(self) -> bool:
        """Whether it is well-formed as it stands."""
        return self.is_well_formed and not self.repairs


@dataclass(frozen=True, slots=True)
class TurnCredit:
    """Advantages of a turn's tokens.

    Attributes:
        numbers: For the tokens that place each object, by id.
        other: For all other tokens.
        is_trained: Whether the turn's tokens are trained on; those of a turn that is not stay out of the loss.
        scope: Which tokens place an object: all of its entry, or its ``"numbers"``.
    """

    numbers: Mapping[str, float]
    other: float
    is_trained: bool = True
    scope: Scope = "object"


def turn_scores(turn: Turn, config: CreditConfig) -> TurnScores:
    """Return what a turn earned.

    Args:
        turn: A turn of an episode that did not fail.
        config: Its `soundness_bonus` is added to an object's score for overlapping nothing, and again for being
            inside the room.
    """
    troubles: dict[str, set[str]] = {}
    for violation in turn.violations:
        for object_id in violation["objects"]:
            troubles.setdefault(object_id, set()).add(violation["kind"])
    objects = {}
    for object_id, score in turn.per_object.items():
        sound = [kind not in troubles.get(object_id, ()) for kind in ("collision", "out_of_room")]
        objects[object_id] = score + config.bonus * sum(sound)
    repairs = sum(issue["code"].startswith("repaired") for issue in turn.issues)
    return TurnScores(turn.status["well_formed"], turn.status["valid"], objects, turn.score, turn.reward, repairs)
