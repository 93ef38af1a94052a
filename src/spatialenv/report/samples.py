"""Training episodes that a run kept, ready for its page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from spatialenv.core.episode import Episode
from spatialenv.report.rooms import TurnView, data_uri, turn_view
from spatialenv.report.run_folder import RunFolder

MOST_STEPS = 6
"""Steps shown: the first, the last and some between."""

MOST_SIDE = 168
"""Pixels of a picture's longer side in the page."""

MOST_CHARACTERS = 700_000
"""Characters that all pictures together may take."""


@dataclass(frozen=True, slots=True)
class SampleView:
    """An episode: its room, and what came of each answer; pictures are data URIs, empty where none was kept."""

    description: str
    size: str
    objects: int
    picture: str
    turns: tuple[SampleTurn, ...]
    failure: str


@dataclass(frozen=True, slots=True)
class SampleTurn:
    """An answer of a kept episode."""

    number: int
    picture: str
    score: float
    badges: tuple[object, ...]
    text: str
    components: dict[str, float]


@dataclass(frozen=True, slots=True)
class SampleStep:
    """The kept episodes of a step."""

    number: int
    episodes: tuple[SampleView, ...]


@dataclass(frozen=True, slots=True)
class Samples:
    """What the page shows of the kept episodes; `left_out` counts the steps that it does not show."""

    steps: tuple[SampleStep, ...]
    left_out: int


def sample_views(folder: RunFolder) -> Samples:
    """Return kept episodes of steps spread over the run, first and last among them."""
    held = folder.sample_steps()
    shown: list[SampleStep] = []
    taken = 0
    for step in spread(held, MOST_STEPS):
        if taken > MOST_CHARACTERS:
            break
        views = tuple(_view(episode) for episode in folder.load_samples(step))
        taken += sum(len(view.picture) + sum(len(turn.picture) for turn in view.turns) for view in views)
        shown.append(SampleStep(step, views))
    shown.sort(key=lambda step: step.number)
    return Samples(tuple(shown), len(held) - len(shown))


def spread(values: Sequence[int], count: int) -> list[int]:
    """Return `count` of some values, evenly spread; the first and the last come first.

    Example:
        >>> spread([1, 20, 40, 60, 80, 100], 3)
        [1, 100, 40]
    """
    if len(values) <= count:
        chosen = list(values)
    else:
        chosen = [values[round(index * (len(values) - 1) / (count - 1))] for index in range(count)]
    return chosen if len(chosen) < 3 else [chosen[0], chosen[-1], *chosen[1:-1]]


def _view(episode: Episode) -> SampleView:
    room = episode.scene.room
    turns = [turn_view(number, turn, episode.scene, {}) for number, turn in enumerate(episode.turns, start=1)]
    pictures = [_picture(turn.image) for turn in episode.turns]
    return SampleView(
        description=episode.scene.description,
        size=f"{room.length:g} × {room.width:g} m",
        objects=len(episode.scene.objects),
        picture=_picture(episode.image),
        turns=tuple(_turn(view, picture) for view, picture in zip(turns, pictures, strict=True)),
        failure=episode.failure or "",
    )


def _turn(view: TurnView, picture: str) -> SampleTurn:
    return SampleTurn(view.number, picture, view.score, view.badges, view.text, dict(view.components))


def _picture(pixels: npt.NDArray[np.uint8] | None) -> str:
    if pixels is None:
        return ""
    image = Image.fromarray(pixels)
    image.thumbnail((MOST_SIDE, MOST_SIDE))
    return data_uri(np.asarray(image), 72)
