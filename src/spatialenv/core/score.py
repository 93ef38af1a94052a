"""What a reward is given, and what it returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from spatialenv.core.answer import ParsedAnswer
from spatialenv.core.display import Displayed
from spatialenv.core.placed import FloatArray, PlacedScene

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True, eq=False)
class Transition:
    """A turn as a reward sees it.

    Attributes:
        placed: The scene as it stands after the turn.
        parsed: What was read from the turn's text.
        previous: The scene as it stood before, or None at the first turn of a scene without a start.
        turn: 0 for the first answer.
        pictures: Pictures of `placed`, each ``(H, W, 3)`` uint8, or None when not drawn.
    """

    placed: PlacedScene
    parsed: ParsedAnswer
    previous: PlacedScene | None = None
    turn: int = 0
    pictures: Sequence[npt.NDArray[np.uint8]] | None = None

    @classmethod
    def of(cls, placed: PlacedScene) -> Transition:
        """Return the transition of a layout that was not parsed from text.

        The answer counts as well-formed when every object is placed.
        """
        complete = placed.is_complete
        parsed = ParsedAnswer(layout=placed.layout, format_level=1.0 if complete else 0.5, is_complete=complete)
        return cls(placed=placed, parsed=parsed)


@dataclass(frozen=True, slots=True, eq=False)
class Score(Displayed):
    """A reward's result.

    Attributes:
        value: The reward.
        per_object: A value an object in the order of ``scene.objects``, shape ``(n,)``, NaN for
            objects that are not placed; None when it does not divide by object.
        details: Plain dict: JSON types only, no arrays.
        version: Version of the reward's definition, ``"collision-1"``.
    """

    value: float
    per_object: FloatArray | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    version: str = ""

    def __float__(self) -> float:
        return self.value
