"""Playing episodes turn by turn: the model answers, an executor places, draws and scores, the replies are appended."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import torch

from spatialenv.evaluation.chat import Chat
from spatialenv.evaluation.chat_template import Message
from spatialenv.trainers.engines import one_placeholder_a_picture
from spatialenv.trainers.executors import Executor, Seat, Waiting
from spatialenv.trainers.rollout import Rollout, pictures_of

KINDS = ("generate", "draw", "score", "wait", "logprobs")
"""What time is taken of."""


class Playing:
    """Mixin of TRL's `GRPOTrainer`, named before it: plays a batch of episodes, one row each.

    Attributes:
        chat: Builds the tokens of the conversation.
        executor: Where the episodes are played.
        seats: The episodes of the last batch, on this process.
        rollouts: Their tokens.
        seconds: Time that the last batch took, by kind: ``generate``, ``draw``, ``score``, ``wait``, ``logprobs``.
    """

    # what the trainer gives
    args: Any
    accelerator: Any
    max_completion_length: int
    use_vllm: bool
    vllm_mode: str
    _generate_single_turn: Any

    chat: Chat
    executor: Executor
    seats: list[Seat]
    rollouts: list[Rollout]
    seconds: dict[str, float]

    def start(self, seeds: Sequence[int]) -> list[Rollout]:
        """Start an episode for each seed, for `play_turn` to play outside of training; on each process its own."""
        self._open(self._begin(seeds))
        return self.rollouts

    def play_turn(self) -> bool:
        """Let the model answer every open episode once; return whether any was open on any rank."""
        active = [rollout for rollout in self.rollouts if rollout.is_open]
        # sharded weights and a vLLM server need the same number of calls and of rows from every rank,
        # so idle rows are played by a stand-in whose answer is thrown away
        counts = self.accelerator.gather(torch.tensor([len(active)], device=self.accelerator.device))
        rows = int(counts.max())
        if rows == 0:
            return False
        padded = active + [self.rollouts[0]] * (rows - len(active))
        chunks = min(self.args.generation_chunks, rows)
        edges = [rows * part // chunks for part in range(chunks + 1)]
        waiting: list[Waiting] = []
        for start, end in pairwise(edges):
            sampled, logprobs = self._sample(padded[start:end])
            played = active[start:end]
            for index, rollout in enumerate(played):
                ids = sampled[index]
                is_cut_off = not ids or ids[-1] not in self.chat.eos_ids
                told = None if logprobs is None else logprobs[index]
                rollout.add_answer(ids, self.chat.spans(ids), told, is_cut_off=is_cut_off)
            texts = [self.chat.decode(ids) for ids in sampled[: len(played)]]
            if played:
                waiting.append(self.executor.step([rollout.seat for rollout in played], texts))
        began = time.perf_counter()
        for part in waiting:
            for kind, seconds in part.wait().items():
                self.seconds[kind] += seconds
        self.seconds["wait"] += time.perf_counter() - began
        self._add_replies(active)
        return True

    def _begin(self, seeds: Sequence[int]) -> list[list[Message]]:
        """Take new seats, and return the messages that open their episodes."""
        self.seconds = dict.fromkeys(KINDS, 0.0)
        self.seats = self.executor.reset(list(seeds))
        return [[self._message(seat, 0)] for seat in self.seats]

    def _open(self, prompts: Sequence[Sequence[Message]]) -> None:
        """Begin the tokens of each episode with its opening messages."""
        openings = self.chat.opening(prompts)
        self.rollouts = [
            Rollout(seat, ids, pictures_of(messages))
            for seat, ids, messages in zip(self.seats, openings, prompts, strict=True)
        ]

    def _sample(self, rollouts: Sequence[Rollout]) -> tuple[list[list[int]], list[list[float | None]] | None]:
        """Return an answer's ids for each rollout, and their log-probabilities where the engine tells them."""
        began = time.perf_counter()
        histories = [rollout.history for rollout in rollouts]
        images = [rollout.images for rollout in rollouts] if self.args.pictures else None
        fields = {} if images is None else self.chat.pictures(images)
        if self.chat.type_field is not None:
            fields[self.chat.type_field] = [self.chat.type_ids(torch.tensor(history)).tolist() for history in histories]
        if images is not None and self.use_vllm and self.vllm_mode == "colocate":
            histories = [one_placeholder_a_picture(history, self.chat.image_ids) for history in histories]
        sampled, logprobs = self._generate_single_turn(histories, images, fields, 1)
        self.seconds["generate"] += time.perf_counter() - began
        return sampled, logprobs

    def _add_replies(self, rollouts: Sequence[Rollout]) -> None:
        """Append the environment's replies to those episodes that go on."""
        going = []
        for rollout in rollouts:
            rollout.is_open = not rollout.seat.is_over
            if rollout.is_open:
                going.append(rollout)
        messages = [self._message(rollout.seat, rollout.turns) for rollout in going]
        for rollout, message, reply in zip(going, messages, self.chat.replies(messages), strict=True):
            if rollout.cut_off[-1]:  # close the answer
                reply = self.chat.eos_ids[:1] + reply
            total = len(rollout.history) + len(reply) + self.max_completion_length
            rollout.is_open = total <= self.args.max_episode_tokens
            if rollout.is_open:
                rollout.add_reply(reply, pictures_of([message]))

    def _message(self, seat: Seat, turn: int) -> Message:
        """Return the user message after `turn` answers; without its picture where the model is shown none."""
        (message,) = self.chat.clean([seat.message(turn)])
        return message
