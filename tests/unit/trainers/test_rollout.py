"""The tokens of an episode: who wrote each, which are learned from, and what each earned."""

from __future__ import annotations

from typing import Any

import pytest

from spatialenv.core.write import write_answer
from spatialenv.errors import RendererError
from spatialenv.renderers import Renderer, make_renderer
from spatialenv.trainers.credit import TurnCredit
from spatialenv.trainers.executors import Seat, SerialExecutor
from spatialenv.trainers.rollout import Rollout, pictures_of

ENV: dict[str, Any] = {"renderer": "blank", "views": ("top",), "size": (16, 16), "labels": False, "max_turns": 2}


class Away(Renderer):
    """Fails at the picture of this number."""

    name, version = "away", "0"

    def __init__(self, fails_at: int) -> None:
        self.left = fails_at
        self.inner = make_renderer("blank")

    def render(self, placed: Any, *request: Any, **options: Any) -> Any:
        self.left -= 1
        if not self.left:
            raise RendererError("the renderer is away")
        return self.inner.render(placed, *request, **options)


def seated(texts: list[str], **env: Any) -> Seat:
    executor = SerialExecutor({**ENV, **env}, "easy")
    (seat,) = executor.reset([3])
    for text in texts:
        executor.step([seat], [text]).wait()
    return seat


def letters(text: str) -> list[tuple[int, int]]:
    """Spans of a tokenizer whose tokens are letters."""
    return [(at, at + 1) for at in range(len(text))]


def played(texts: list[str], **env: Any) -> Rollout:
    rollout = Rollout(seated([], **env), [7, 8, 9], ["opening"])
    seat = seated(texts, **env)
    for turn, text in enumerate(texts):
        rollout.add_answer([ord(letter) for letter in text], letters(text), is_cut_off=turn == 1)
        if turn + 1 < len(texts):
            rollout.add_reply([0, 0], ["later"])
    rollout.seat = seat
    return rollout


def test_masks_and_lengths_by_hand() -> None:
    rollout = played(["ab", "c"])
    assert rollout.history == [7, 8, 9, 97, 98, 0, 0, 99]
    assert rollout.mask == [1, 1, 0, 0, 1]
    assert rollout.segments == [(0, 0, 1), (0, 1, 2), None, None, (1, 0, 1)]
    assert (rollout.lengths, rollout.cut_off, rollout.turns) == ([2, 1], [False, True], 2)
    assert rollout.images == ["opening", "later"]
    assert rollout.logprobs == [0.0] * 5
    assert rollout.trained_mask() == [1, 1, 0, 0, 1]
    assert rollout.trained_mask(first_only=True) == [1, 1, 0, 0, 0]


def test_log_probabilities_stand_beside_the_models_own_tokens() -> None:
    rollout = Rollout(seated([]), [1])
    rollout.add_answer([5, 6], letters("ab"), [-0.5, None])
    rollout.add_reply([0])
    rollout.add_answer([7], letters("c"), [-0.25])
    assert rollout.logprobs == [-0.5, None, 0.0, -0.25]


def test_each_character_of_an_object_earns_what_the_object_earned() -> None:
    seat = seated([])
    assert seat.scene.witness is not None
    text = write_answer(seat.scene.witness)
    rollout = played(["no", text])
    spans = rollout.seat.answers[1].spans
    numbers = {name: float(index + 1) for index, name in enumerate(spans)}
    found = rollout.advantages([TurnCredit({}, -3.0), TurnCredit(numbers, 0.5)])
    assert found[:4] == [-3.0, -3.0, 0.0, 0.0]
    owned = {at: numbers[name] for name, (start, end) in spans.items() for at in range(start, end)}
    assert found[4:] == [owned.get(at, 0.5) for at in range(len(text))]
    assert len(set(found[4:])) == len(numbers) + 1


def test_turns_that_are_not_trained_on_earn_nothing() -> None:
    rollout = played(["ab", "c"])
    credits = [TurnCredit({}, 1.0), TurnCredit({}, 2.0, is_trained=False)]
    assert rollout.advantages(credits) == [1.0, 1.0, 0.0, 0.0, 0.0]
    assert rollout.advantages([]) == [0.0] * 5


@pytest.mark.parametrize(("fails_at", "is_open"), [(1, False), (2, True)])
def test_nothing_is_learned_from_an_episode_that_failed(fails_at: int, is_open: bool) -> None:
    opened = Rollout(seated([], renderer=Away(fails_at)), [1])
    assert opened.is_open is is_open
    witness = opened.seat.scene.witness
    assert witness is not None
    text = write_answer(witness)
    rollout = played([text])
    assert any(rollout.trained_mask())
    rollout.seat = seated([text], renderer=Away(fails_at))
    assert rollout.seat.episode().failure is not None
    assert rollout.trained_mask() == [0] * len(text)


def test_a_fork_grows_by_itself() -> None:
    rollout = played(["ab"])
    other = rollout.fork(seated(["ab"]))
    other.add_reply([0])
    other.add_answer([1], letters("x"))
    assert rollout.ids == [97, 98]
    assert other.history == [*rollout.history, 0, 1]
    assert other.turns == rollout.turns + 1


def test_pictures_are_found_in_order() -> None:
    messages = [
        {"role": "user", "content": [{"type": "image", "image": "a"}, {"type": "text", "text": "b"}]},
        {"role": "assistant", "content": [{"type": "text", "text": "c"}]},
        {"role": "user", "content": [{"type": "image", "image": "d"}]},
    ]
    assert pictures_of(messages) == ["a", "d"]
