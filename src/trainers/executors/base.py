"""The protocol of executors, and `Seat`: an episode that is played somewhere, as the trainer sees it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from PIL import Image

from spatialenv.core.answer import ParsedAnswer
from spatialenv.core.episode import Episode, Turn
from spatialenv.core.scene import Scene


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an answer; plain data that travels between processes.

    Attributes:
        turn: The turn's record, its picture included.
        answer: What was read of the text: issues, and the characters that placed each object.
        is_over: Whether the episode has ended.
        failure: Why a renderer or judge failed, or None.
        seconds: Time it took, by kind: ``"draw"`` and ``"score"``.
    """

    turn: Turn
    answer: ParsedAnswer
    is_over: bool
    failure: str | None = None
    seconds: Mapping[str, float] = field(default_factory=dict)


class Seat:
    """An episode as the trainer sees it, wherever it is played: what was shown, answered and earned.

    Args:
        row: Number of the seat among those of its executor.
        opening: The record of the episode at its start: scene, prompt, first picture, no turns.
        is_over: Whether it has ended already.
    """

    def __init__(self, row: int, opening: Episode, *, is_over: bool = False) -> None:
        self.row = row
        self.is_over = is_over
        self._opening = opening
        self._turns: list[Turn] = []
        self._answers: list[ParsedAnswer] = []
        self._failure = opening.failure

    @property
    def scene(self) -> Scene:
        """The scene being played."""
        return self._opening.scene

    @property
    def answers(self) -> tuple[ParsedAnswer, ...]:
        """What was read of each turn's text."""
        return tuple(self._answers)

    def episode(self) -> Episode:
        """Return the record of the episode so far."""
        return replace(self._opening, turns=tuple(self._turns), failure=self._failure)

    def add(self, outcome: Outcome) -> None:
        """Take in what came of an answer."""
        self._turns.append(outcome.turn)
        self._answers.append(outcome.answer)
        self._failure = outcome.failure
        self.is_over = outcome.is_over

    def message(self, turn: int) -> dict[str, Any]:
        """Return the user message after `turn` answers: the picture (PIL), then the prompt or the feedback."""
        pixels = self._opening.image if turn == 0 else self._turns[turn - 1].image
        text = self._opening.prompt if turn == 0 else self._turns[turn - 1].feedback
        picture: list[dict[str, Any]] = []
        if pixels is not None:
            picture = [{"type": "image", "image": Image.fromarray(pixels)}]
        return {"role": "user", "content": [*picture, {"type": "text", "text": text}]}

    def to_messages(self) -> list[dict[str, Any]]:
        """Return the episode so far as chat messages; the last is the one to answer, unless it is over."""
        messages = [self.message(0)]
        for index, turn in enumerate(self._turns, start=1):
            messages.append({"role": "assistant", "content": [{"type": "text", "text": turn.text}]})
            messages.append(self.message(index))
        return messages


class Waiting(Protocol):
    """Answers that are being placed, drawn and scored."""

    def wait(self) -> Mapping[str, float]:
        """Wait until the seats hold what came of them; return the seconds of work by kind (``draw``, ``score``)."""
        ...


class Executor(Protocol):
    """Plays the episodes of a batch, one a seat.

    The scores and pictures do not depend on which executor plays: the same seeds and texts give the same.
    """

    def reset(self, seeds: Sequence[int]) -> list[Seat]:
        """Start an episode for each seed, in new seats; those of the batch before end."""
        ...

    def step(self, seats: Sequence[Seat], texts: Sequence[str]) -> Waiting:
        """Answer in each of `seats`; may return before it is done, so that the model can go on writing.

        Seats are steered one at a time: none may be given again before `wait` of its last answer.
        """
        ...

    def close(self) -> None:
        """End the processes that it holds, if any."""
        ...
