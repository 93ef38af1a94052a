"""A record of an episode: enough to show it, and to play it again to the same scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from spatialenv.core.display import Displayed
from spatialenv.core.layout import Layout
from spatialenv.core.scene import Scene


@dataclass(frozen=True, slots=True, eq=False)
class Turn:
    """One answer and what came of it.

    Attributes:
        text: What the policy wrote.
        layout: Where the objects stand after the turn.
        reward: The step's reward.
        score: The absolute score.
        components: Value of each reward component by name.
        per_object: Score of each object by id.
        violations: Plain dicts (`Violation.to_dict`).
        issues: Plain dicts (`Issue.to_dict`).
        feedback: What the policy is told next.
        status: Flags ``well_formed, valid, clean, collides, out_of_room``.
        image: The picture after the turn, ``(H, W, 3)`` uint8, or None when not kept.
    """

    text: str
    layout: Layout
    reward: float
    score: float
    components: Mapping[str, float]
    per_object: Mapping[str, float]
    violations: tuple[Mapping[str, Any], ...]
    issues: tuple[Mapping[str, Any], ...]
    feedback: str
    status: Mapping[str, bool]
    image: npt.NDArray[np.uint8] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Episode(Displayed):
    """A scene, the prompt, and the turns played.

    Attributes:
        scene: The scene.
        prompt: The prompt of every turn.
        turns: The turns in order.
        settings: The env's keyword arguments, JSON-able, so that it can be played again.
        seed: The seed it was reset with, or None.
        image: The first picture (the empty room), or None when not kept.
        failure: Why the episode was truncated, or None.
    """

    scene: Scene
    prompt: str
    turns: tuple[Turn, ...]
    settings: Mapping[str, Any]
    seed: int | None = None
    image: npt.NDArray[np.uint8] | None = field(default=None, repr=False)
    failure: str | None = None
