"""The tokens of an episode while it is played: what the model sampled, what the environment replied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from spatialenv.trainers.executors import Seat

Segment = tuple[int, int, int]  # turn, and the characters [start, end) of its text that a token wrote


class Rollout:
    """The growing token sequence of one episode.

    Args:
        seat: The episode.
        prompt_ids: Ids of the opening prompt.

    Attributes:
        ids: Ids after the prompt.
        mask: 1 for ids that the model sampled, 0 for those of the environment.
        segments: For each id of the model the turn and the characters that it wrote; None for others.
        logprobs: Log-probabilities under which ids were sampled, where the engine told them.
        images: Pictures shown so far (PIL), in order.
        is_open: Whether it gets another turn.
    """

    def __init__(self, seat: Seat, prompt_ids: list[int]) -> None:
        self.seat = seat
        self.prompt_ids = prompt_ids
        self.images = pictures_of([seat.message(0)])
        self.ids: list[int] = []
        self.mask: list[int] = []
        self.segments: list[Segment | None] = []
        self.logprobs: list[float] = []
        self.turns = 0
        self.is_open = not seat.is_over

    def add_answer(self, ids: list[int], spans: Sequence[tuple[int, int]], logprobs: Sequence[float] | None) -> None:
        """Append ids that the model sampled."""
        self.ids += ids
        self.mask += [1] * len(ids)
        self.segments += [(self.turns, start, end) for start, end in spans]
        self.logprobs += [0.0] * len(ids) if logprobs is None else list(logprobs)
        self.turns += 1

    def add_reply(self, ids: list[int], message: Mapping[str, Any]) -> None:
        """Append ids that the environment wrote, and the pictures of its message."""
        self.ids += ids
        self.mask += [0] * len(ids)
        self.segments += [None] * len(ids)
        self.logprobs += [0.0] * len(ids)
        self.images += pictures_of([message])

    @property
    def history(self) -> list[int]:
        """All ids so far."""
        return self.prompt_ids + self.ids


def pictures_of(messages: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Return the pictures of chat messages, in order."""
    return [part["image"] for message in messages for part in message["content"] if part["type"] == "image"]
