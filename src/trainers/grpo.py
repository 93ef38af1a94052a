"""Multi-turn, multi-picture GRPO over TRL, for any Hugging Face VLM.

TRL's own routes cannot carry pictures that an environment makes during a rollout into the loss (except
through tool calls, which many VLMs' templates lack), so this trainer overrides the generation step: it
plays whole episodes, appends each reply of the environment to the token sequence with a mask of 0, and
hands TRL the pictures of the whole episode. The picture of turn t is in the prompt of turn t+1, and
only tokens that the model sampled are trained on.
"""

from __future__ import annotations

import importlib.metadata
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from accelerate.utils import gather_object
from datasets import Dataset
from trl import GRPOConfig, GRPOTrainer

from spatialenv.envs.room_layout import RoomLayoutEnv
from spatialenv.errors import InputError, MissingExtraError
from spatialenv.evaluation.chat import Chat
from spatialenv.trainers.callbacks.checkpoints import ExactCheckpoints
from spatialenv.trainers.credit import CreditConfig, TurnScores, assign_credit, token_advantages, turn_scores
from spatialenv.trainers.executors import Executor, Seat, SerialExecutor, Waiting
from spatialenv.trainers.rollout import Rollout

TRL_VERSIONS = ("1.16",)
"""TRL releases whose internals this trainer is written against."""


@dataclass
class LayoutGRPOConfig(GRPOConfig):
    """TRL's `GRPOConfig` with what episodes need.

    Attributes:
        credit: How advantages reach tokens.
        max_episode_tokens: An episode gets no further turn when its tokens would exceed this.
        generation_chunks: Parts that a batch is generated in, one after the other: while the model writes one,
            an executor with processes places, draws and scores the one before. 1 generates all at once.
    """

    credit: CreditConfig = field(default_factory=CreditConfig)
    max_episode_tokens: int = 8192
    generation_chunks: int = 1


class LayoutGRPOTrainer(ExactCheckpoints, GRPOTrainer):
    """GRPO on episodes of `RoomLayoutEnv`.

    Each row of the dataset is a seed; all samples of a group play the scene of their seed.

    Args:
        model: A VLM, a local folder or a hub name.
        env_fn: Makes a fresh environment; None where an `executor` is given.
        args: The configuration.
        processing_class: The model's processor.
        train_dataset: Rows with a ``seed``; see `seed_dataset`.
        reward_funcs: Further TRL rewards, called with ``environments=``, beside the episode's return. They reach
            the loss with ``credit.level="trajectory"`` only, so other levels refuse them: put a reward of
            your own into the environment, whose values of objects every level uses.
        executor: Where episodes are played; in this process where None.
        **kwargs: Passed to TRL's `GRPOTrainer` (`peft_config`, `callbacks`, ...).

    Raises:
        MissingExtraError: If the installed TRL is not one of `TRL_VERSIONS`.
    """

    # what TRL's own annotations leave open, or are narrower about than TRL's code
    args: LayoutGRPOConfig
    model: Any
    environments: Any
    max_completion_length: int
    num_generations: int
    num_generations_eval: int

    def __init__(
        self,
        model: Any,
        env_fn: Callable[[], RoomLayoutEnv] | None,
        args: LayoutGRPOConfig,
        processing_class: Any,
        train_dataset: Dataset,
        reward_funcs: Sequence[Callable[..., list[float | None]]] = (),
        executor: Executor | None = None,
        **kwargs: Any,
    ) -> None:
        installed = importlib.metadata.version("trl")
        if not installed.startswith(TRL_VERSIONS):
            raise MissingExtraError(
                f"trl {installed} is installed, but this trainer is written against trl {' or '.join(TRL_VERSIONS)}: "
                "pip install 'spatialenv[train]'"
            )
        if reward_funcs and args.credit.level != "trajectory":
            raise InputError(
                f"`reward_funcs` do not reach the loss with the credit level {args.credit.level!r}; "
                "use CreditConfig(level='trajectory'), or give the environment a reward"
            )
        if executor is None:
            if env_fn is None:
                raise InputError("neither `env_fn` nor `executor` was given; give one that plays the episodes")
            executor = SerialExecutor(env_fn)
        self.executor = executor
        self.chat = Chat(processing_class)
        self.seats: list[Seat] = []
        self.rollouts: list[Rollout] = []
        self.seconds: dict[str, float] = {}
        super().__init__(
            model=model,
            reward_funcs=[episode_return, *reward_funcs],
            args=args,
            train_dataset=train_dataset,
            processing_class=processing_class,
            **kwargs,
        )
        if not self.use_vllm:
            # TRL keeps only the picture token from being sampled; a sampled video token breaks Qwen's positions
            asked = self.generation_kwargs.get("suppress_tokens") or []
            suppressed = sorted({*asked, *self.chat.suppressed_ids(self.model.config)})
            self.generation_kwargs["suppress_tokens"] = suppressed
            self.generation_config.suppress_tokens = suppressed
            # a turn ends with the template's token, whatever the tokenizer and the generation config name
            self.chat.add_eos_ids(self.eos_token_ids)
            self.eos_token_ids = list(self.chat.eos_ids)
            self.generation_kwargs["eos_token_id"] = self.eos_token_ids
            self.generation_config.eos_token_id = self.eos_token_ids

    # --- one step of TRL: seeds to episodes to advantages -----------------------------------------

    def _generate_and_score_completions(self, inputs: list[dict[str, Any]]) -> dict[str, Any]:
        self.seconds = dict.fromkeys(("generate", "draw", "score", "wait"), 0.0)
        self.seats = self.executor.reset([int(row["seed"]) for row in inputs])
        rows = [
            {**row, "prompt": self.chat.clean(seat.to_messages())} for seat, row in zip(self.seats, inputs, strict=True)
        ]
        self.environments = None  # set for the rewards only: TRL would reset what it finds here
        output: dict[str, Any] = super()._generate_and_score_completions(rows)
        if self.args.credit.level != "trajectory":
            output["advantages"] = self._token_advantages(output["completion_ids"])
        return output

    def _calculate_rewards(self, inputs: Any, prompts: Any, completions: Any, completion_ids_list: Any) -> Any:
        self.environments = self.seats
        try:
            self._log_episodes()
            return super()._calculate_rewards(inputs, prompts, completions, completion_ids_list)
        finally:
            self.environments = None

    def _generate(self, prompts: list[list[dict[str, Any]]]) -> tuple[Any, ...]:
        """Play the episodes; `prompts` is rewritten in place to hold the pictures of each whole episode.

        TRL builds the picture tensors of the loss from the pictures returned here and the prompts it passed
        in, which must end up with a place for each; the model's own words are left out, being in the ids.
        """
        openings = self.chat.opening(prompts)
        self.rollouts = [Rollout(seat, ids) for seat, ids in zip(self.seats, openings, strict=True)]
        while self._play_turn():
            pass
        for messages, rollout in zip(prompts, self.rollouts, strict=True):
            for image in rollout.images[1:]:
                messages.append({"role": "assistant", "content": [{"type": "text", "text": "."}]})
                messages.append({"role": "user", "content": [{"type": "image", "image": image}]})
        self._log_lengths()
        return (
            [rollout.prompt_ids for rollout in self.rollouts],
            [rollout.ids for rollout in self.rollouts],
            [rollout.mask for rollout in self.rollouts],
            [_answers(rollout.seat) for rollout in self.rollouts],
            [rollout.logprobs for rollout in self.rollouts] if self.use_vllm else None,
            {},
            [rollout.images for rollout in self.rollouts],
            [],
        )

    def _play_turn(self) -> bool:
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
                rollout.add_answer(sampled[index], self.chat.spans(sampled[index]), logprobs and logprobs[index])
            texts = [self.chat.decode(ids) for ids in sampled[: len(played)]]
            waiting.append(self.executor.step([rollout.seat for rollout in played], texts))
        began = time.perf_counter()
        for part in waiting:
            for kind, seconds in part.wait().items():
                self.seconds[kind] += seconds
        self.seconds["wait"] += time.perf_counter() - began
        self._add_replies(active)
        return True

    def _sample(self, rollouts: Sequence[Rollout]) -> tuple[list[list[int]], list[list[float]] | None]:
        """Return an answer's ids for each rollout, and their log-probabilities where the engine tells them."""
        began = time.perf_counter()
        histories = [rollout.history for rollout in rollouts]
        images = [rollout.images for rollout in rollouts]
        fields = self.chat.pictures(images)
        if self.chat.type_field is not None:
            fields[self.chat.type_field] = [self.chat.type_ids(torch.tensor(history)).tolist() for history in histories]
        sampled, logprobs = self._generate_single_turn(histories, images, fields, 1)  # type: ignore[no-untyped-call]
        self.seconds["generate"] += time.perf_counter() - began
        return sampled, logprobs

    def _add_replies(self, rollouts: Sequence[Rollout]) -> None:
        """Append the environment's replies to those episodes that go on."""
        going = []
        for rollout in rollouts:
            rollout.is_open = not rollout.seat.is_over
            if rollout.is_open:
                going.append(rollout)
        messages = [rollout.seat.message(rollout.turns) for rollout in going]
        for rollout, message, reply in zip(going, messages, self.chat.replies(messages), strict=True):
            if not rollout.ids or rollout.ids[-1] not in self.chat.eos_ids:  # the answer was cut off: close it
                reply = self.chat.eos_ids[:1] + reply
            total = len(rollout.history) + len(reply) + self.max_completion_length
            rollout.is_open = total <= self.args.max_episode_tokens
            if rollout.is_open:
                rollout.add_reply(reply, message)

    def _get_per_token_logps_and_entropies(self, model: Any, input_ids: Any, *args: Any, **kwargs: Any) -> Any:
        # TRL's token types cover the prompt it was given; pictures also sit among the completion's tokens
        for name in ("mm_token_type_ids", "token_type_ids"):
            if kwargs.get(name) is not None:
                kwargs[name] = self.chat.type_ids(input_ids)
        return super()._get_per_token_logps_and_entropies(model, input_ids, *args, **kwargs)

    # --- advantages and records ---------------------------------------------------------------------

    def episode_scores(self) -> list[list[TurnScores]]:
        """Return what each turn of the episodes just played earned, on this rank.

        A failed episode has no turns, so that it moves nothing.
        """
        episodes = [seat.episode() for seat in self.seats]
        credit = self.args.credit
        return [[] if episode.failure else [turn_scores(turn, credit) for turn in episode.turns] for episode in episodes]

    def _token_advantages(self, completion_ids: torch.Tensor) -> torch.Tensor:
        own = self.episode_scores()
        everyone = gather_object(own)
        group_size = self.num_generations if self.model.training else self.num_generations_eval
        credits = assign_credit(everyone, group_size, self.args.credit)
        first = len(own) * self.accelerator.process_index
        rows = np.zeros(tuple(completion_ids.shape))
        for row, rollout in enumerate(self.rollouts):
            by_turn = self._answer_advantages(rollout, credits[first + row])
            cursor = dict.fromkeys(range(len(by_turn)), 0)
            for column, segment in enumerate(rollout.segments):
                if segment is not None and segment[0] < len(by_turn):
                    rows[row, column] = by_turn[segment[0]][cursor[segment[0]]]
                    cursor[segment[0]] += 1
        return torch.tensor(rows, dtype=torch.float32, device=self.accelerator.device)

    def _answer_advantages(self, rollout: Rollout, credits: Sequence[Any]) -> list[list[float]]:
        rows = []
        turns = zip(rollout.seat.episode().turns, rollout.seat.answers, credits, strict=False)
        for index, (turn, parsed, credit) in enumerate(turns):
            spans = [segment[1:] for segment in rollout.segments if segment is not None and segment[0] == index]
            rows.append(token_advantages(spans, turn.text, parsed.spans, credit))
        return rows

    def _log_episodes(self) -> None:
        episodes = [seat.episode() for seat in self.seats]
        own = [
            {"first": turns[0].status, "final": turns[-1].status, "score": turns[-1].score}
            for turns in (episode.turns for episode in episodes if episode.failure is None)
        ]
        gathered = gather_object(own)
        mode = "train" if self.model.training else "eval"
        for when in ("first", "final"):
            rows = [row[when] for row in gathered]
            formed = [row for row in rows if row["well_formed"]]
            figures = {
                "format_rate": _share(rows, "well_formed"),
                "valid_layout_rate": _share(rows, "valid"),
                "clean_rate": _share(rows, "clean"),
                "collision_rate_of_well_formed": _share(formed, "collides"),
                "out_of_room_rate_of_well_formed": _share(formed, "out_of_room"),
            }
            for name, value in figures.items():
                self._metrics[mode][f"{when}/{name}"].append(value)
        if gathered:
            self._metrics[mode]["final/score"].append(float(np.mean([row["score"] for row in gathered])))
        failed = gather_object([episode.failure is not None for episode in episodes])
        self._metrics[mode]["episodes/failed"].append(float(np.mean(failed)))

    def _log_lengths(self) -> None:
        mode = "train" if self.model.training else "eval"
        device = self.accelerator.device
        lengths = torch.tensor([sum(rollout.mask) for rollout in self.rollouts], device=device)
        prompts = torch.tensor([len(rollout.prompt_ids) for rollout in self.rollouts], device=device)
        turns = torch.tensor([rollout.turns for rollout in self.rollouts], device=device)
        lengths, prompts, turns = (self.accelerator.gather(values) for values in (lengths, prompts, turns))
        if mode == "train":
            self.state.num_input_tokens_seen += int(prompts.sum() + lengths.sum())
        metrics = self._metrics[mode]
        metrics["num_tokens"] = [self.state.num_input_tokens_seen]
        metrics["completions/mean_length"].append(lengths.float().mean().item())
        metrics["episodes/turns"].append(turns.float().mean().item())


def episode_return(environments: Sequence[RoomLayoutEnv | Seat], **_: Any) -> list[float | None]:
    """Return each episode's return; None for an episode that failed, which TRL leaves out."""
    returns: list[float | None] = []
    for env in environments:
        episode = env.episode()
        returns.append(None if episode.failure else float(sum(turn.reward for turn in episode.turns)))
    return returns


def seed_dataset(count: int, start: int = 0) -> Dataset:
    """Return a dataset of `count` seeds from `start`; each seed is a scene of the task source."""
    if count < 1:
        raise InputError(f"`count` is {count!r}; it must be at least 1")
    return Dataset.from_dict({"seed": list(range(start, start + count)), "prompt": [""] * count})


def _answers(seat: Seat) -> list[dict[str, str]]:
    return [{"role": "assistant", "content": turn.text} for turn in seat.episode().turns]


def _share(rows: Sequence[Mapping[str, bool]], name: str) -> float:
    return float(np.mean([row[name] for row in rows])) if rows else 0.0
