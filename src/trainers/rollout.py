"""The tokens of an episode while it is played: what the model sampled, what the environment replied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from spatialenv.trainers.credit import TurnCredit, token_advantages
from spatialenv.trainers.executors import Seat

Segment = tuple[int, int, int]  # turn, and the characters [start, end) of its text that a token wrote


class Rollout:
    """The growing token sequence of one episode.

    Args:
        seat: The episode.
        prompt_ids: Ids of the opening prompt.
        images: Pictures of the opening prompt (PIL), in order; none where the model is shown none.

    Attributes:
        ids: Ids after the prompt.
        mask: 1 for ids that the model sampled, 0 for those of the environment.
        segments: For each id of the model the turn and the characters that it wrote; None for others.
        logprobs: Log-probabilities under which ids were sampled, where the engine told them; 0 for ids of the
            environment, None for an id of the model that the engine could not tell of.
        images: Pictures shown so far (PIL), in order.
        lengths: Ids of each answer.
        cut_off: Whether each answer ended at the limit of tokens rather than by its own end token.
        is_open: Whether it gets another turn.
    """

    def __init__(self, seat: Seat, prompt_ids: list[int], images: Sequence[Any] = ()) -> None:
        self.seat = seat
        self.prompt_ids = prompt_ids
        self.images = list(images)
        self.ids: list[int] = []
        self.mask: list[int] = []
        self.segments: list[Segment | None] = []
        self.logprobs: list[float | None] = []
        self.lengths: list[int] = []
        self.cut_off: list[bool] = []
        self.is_open = not seat.is_over and seat.episode().failure is None

    @property
    def turns(self) -> int:
        """Answers so far."""
        return len(self.lengths)

    @property
    def history(self) -> list[int]:
        """All ids so far."""
        return self.prompt_ids + self.ids

    def add_answer(
        self,
        ids: list[int],
        spans: Sequence[tuple[int, int]],
        logprobs: Sequence[float | None] | None = None,
        *,
        is_cut_off: bool = False,
    ) -> None:
        """Append ids that the model sampled, and the characters ``[start, end)`` that each wrote."""
        self.ids += ids
        self.mask += [1] * len(ids)
        self.segments += [(self.turns, start, end) for start, end in spans]
        self.logprobs += [0.0] * len(ids) if logprobs is None else list(logprobs)
        self.lengths.append(len(ids))
        self.cut_off.append(is_cut_off)

    def add_reply(self, ids: list[int], images: Sequence[Any] = ()) -> None:
        """Append ids that the environment wrote, and the pictures that they show."""
        self.ids += ids
        self.mask += [0] * len(ids)
        self.segments += [None] * len(ids)
        self.logprobs += [0.0] * len(ids)
        self.images += images

    def fork(self, seat: Seat) -> Rollout:
        """Return the same tokens for another seat, whose episode was answered alike so far."""
        other = Rollout(seat, self.prompt_ids, self.images)
        for name in ("ids", "mask", "segments", "logprobs", "lengths", "cut_off"):
            setattr(other, name, list(getattr(self, name)))
        other.is_open = self.is_open
        return other

    def trained_mask(self, *, first_only: bool = False, whole_only: bool = False) -> list[int]:
        """Return 1 for the ids that are learned from: the model's, of the first turn alone if so asked.

        Nothing is learned from an episode that failed; nor, if so asked, from one whose last answer, or first where
        that alone is learned from, was cut off.
        """
        if self.seat.episode().failure is not None:
            return [0] * len(self.ids)
        if whole_only and self.cut_off and self.cut_off[0 if first_only else -1]:
            return [0] * len(self.ids)
        return [int(segment is not None and not (first_only and segment[0])) for segment in self.segments]

    def advantages(self, credits: Sequence[TurnCredit]) -> list[float]:
        """Return the advantage of each id: by its turn's credit and what it wrote, 0 where nothing is learned from it.

        Args:
            credits: Credit of each turn; none if the episode failed.
        """
        found = [0.0] * len(self.ids)
        turns = zip(self.seat.episode().turns, self.seat.answers, credits, strict=False)
        for index, (turn, answer, credit) in enumerate(turns):
            if credit.is_trained:
                own = [(at, each) for at, each in enumerate(self.segments) if each is not None and each[0] == index]
                values = token_advantages([each[1:] for _, each in own], turn.text, answer.spans, credit)
                for (at, _), value in zip(own, values, strict=True):
                    found[at] = value
        return found


def pictures_of(messages: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Return the pictures of chat messages, in order."""
    return [part["image"] for message in messages for part in message["content"] if part["type"] == "image"]
