"""What a turn came to: the reward's score read and checked, as a record and as an `info`."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from spatialenv.core.answer import ParsedAnswer
from spatialenv.core.episode import Turn
from spatialenv.core.placed import PlacedScene
from spatialenv.core.score import Score
from spatialenv.core.violations import LayoutStatus, Violation
from spatialenv.errors import InputError
from spatialenv.renderers import Renderer
from spatialenv.renderers.base import Picture
from spatialenv.renderers.registry import AUTO
from spatialenv.rewards.base import Reward


@dataclass(frozen=True, slots=True)
class TurnResult:
    """What the reward made of a turn.

    Attributes:
        score: The absolute score.
        components: The value of each part, and ``"format"``.
        per_object: The value of each object by id; empty after a failure.
    """

    score: float
    components: dict[str, float]
    per_object: dict[str, float]


def read_score(given: Score | None, name: str, placed: PlacedScene, parsed: ParsedAnswer) -> TurnResult:
    """Return what the reward `name` gave, in plain numbers.

    Raises:
        InputError: If that is no `Score`, a number is not finite, there is not one an object, or the components
            are no numbers by name.
    """
    ids = placed.scene.ids
    if not isinstance(given, Score):
        raise InputError(
            f"reward {name!r} gave {given!r:.80}; it must give a Score for each transition: mend the reward"
        )
    score = float(given.value)
    if given.per_object is None:
        values = np.zeros(len(ids))
        values[placed.indices] = score
    else:
        values = np.asarray(given.per_object, dtype=np.float64)
        values = np.where(np.isnan(values), 0.0, values)
    if not math.isfinite(score) or values.shape != (len(ids),) or not np.isfinite(values).all():
        raise InputError(
            f"reward {name!r} gave the value {score!r} and values of objects of shape {values.shape}; they must "
            f"be finite, and one an object, ({len(ids)},): mend the reward"
        )
    try:
        components = {"format": parsed.format_level, **given.details.get("components", {name: score})}
        components = {key: float(value) for key, value in components.items()}
    except (AttributeError, TypeError, ValueError) as error:
        raise InputError(
            f"reward {name!r} gave the details {given.details!r:.80}; `components` must hold numbers by name: mend the "
            "reward"
        ) from error
    return TurnResult(
        score,
        components,
        dict(zip(ids, values.tolist(), strict=True)),
    )


def make_turn(
    text: str,
    placed: PlacedScene,
    parsed: ParsedAnswer,
    status: LayoutStatus,
    violations: Sequence[Violation],
    result: TurnResult,
    reward: float,
    feedback: str,
    image: Picture | None,
) -> Turn:
    """Return the record of a turn."""
    return Turn(
        text=text,
        layout=placed.layout,
        reward=reward,
        score=result.score,
        components=result.components,
        per_object=result.per_object,
        violations=tuple(violation.to_dict() for violation in violations),
        issues=tuple(issue.to_dict() for issue in parsed.issues),
        feedback=feedback,
        status=status.to_dict(),
        image=image,
    )


def turn_info(turn: Turn) -> dict[str, Any]:
    """Return what `info` says of a turn, sharing nothing with its record."""
    return {
        "score": turn.score,
        "components": dict(turn.components),
        "per_object": dict(turn.per_object),
        "violations": copy.deepcopy(list(turn.violations)),
        "issues": copy.deepcopy(list(turn.issues)),
        "layout": turn.layout.to_records(with_yaw=True),
        "status": dict(turn.status),
    }


def describe_part(spec: object, made: Reward | Renderer) -> Any:
    """Return what a record says of a reward or renderer: how it was asked for, or that it was an object.

    Of the renderer ``"auto"`` it says what was chosen, so that a replay on another machine is the same.
    """
    if isinstance(spec, Path):
        return str(spec)
    if isinstance(spec, str) and spec == AUTO:
        return made.name
    if isinstance(spec, Mapping) and spec.get("name") == AUTO:
        spec = {**{option: value for option, value in spec.items() if option != "order"}, "name": made.name}
    try:
        return json.loads(json.dumps(spec))
    except TypeError:
        return {"object": made.name, "version": made.version}
