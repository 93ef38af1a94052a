"""Multi-turn, multi-picture GRPO over TRL, for any Hugging Face VLM.

TRL's own routes cannot carry pictures that an environment makes during a rollout into the loss (except
through tool calls, which many VLMs' templates lack), so this trainer overrides the generation step: it
plays whole episodes, appends each reply of the environment to the token sequence with a mask of 0, and
hands TRL the pictures of the whole episode. The picture of turn t is in the prompt of turn t+1, and
only tokens that the model sampled are trained on.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import torch
from accelerate.utils import gather_object
from datasets import Dataset
from trl import GRPOConfig, GRPOTrainer

from spatialenv.envs.room_layout import RoomLayoutEnv
from spatialenv.errors import InputError
from spatialenv.evaluation.chat import Chat
from spatialenv.trainers.agreement import check_agreement
from spatialenv.trainers.callbacks.checkpoints import ExactCheckpoints
from spatialenv.trainers.credit import CreditConfig, TurnScores, assign_credit, turn_scores
from spatialenv.trainers.engines import check_pictures
from spatialenv.trainers.executors import Executor, Seat, SerialExecutor
from spatialenv.trainers.playing import Playing
from spatialenv.trainers.records import episode_record, figures
from spatialenv.trainers.resuming import StepMemory, align_checkpoints, check_task_source
from spatialenv.trainers.sampling import transformers_options, vllm_options
from spatialenv.trainers.trl_contract import check_trl

LEVEL = 1e-6
"""Advantages up to this are none: what rounding leaves of equal rewards."""


@dataclass
class LayoutGRPOConfig(GRPOConfig):
    """TRL's `GRPOConfig` with what episodes need.

    Attributes:
        credit: How advantages reach tokens.
        pictures: Whether the model is shown the pictures of the rooms; without, a model of text alone can be trained.
        max_episode_tokens: An episode gets no further turn when its tokens would exceed this.
        leave_out_level_groups: Leave groups in which no episode has an advantage out of the loss, and of the number
            of tokens that it is divided by (of DAPO's dynamic sampling, all but the sampling of others instead).
        generation_chunks: Parts that a batch is generated in, one after the other: while the model writes one,
            an executor with processes places, draws and scores the one before. 1 generates all at once.
        logprob_tolerance: Before the first update TRL's log-probabilities of an episode are compared with those of
            the model itself; a mean difference above this, in nats, is an error. None chooses by the type of the
            weights, infinity leaves it out. See `spatialenv.trainers.agreement`.

    Raises:
        InputError: If `generation_chunks` or `max_episode_tokens` is below 1, or `logprob_tolerance` is not above 0.
    """

    credit: CreditConfig = field(default_factory=CreditConfig)
    pictures: bool = True
    max_episode_tokens: int = 8192
    generation_chunks: int = 1
    leave_out_level_groups: bool = False
    logprob_tolerance: float | None = None

    def __post_init__(self) -> None:
        """Check the options, TRL's own too."""
        for name in ("generation_chunks", "max_episode_tokens"):
            if getattr(self, name) < 1:
                raise InputError(f"`{name}` is {getattr(self, name)!r}; it must be at least 1")
        if self.logprob_tolerance is not None and not self.logprob_tolerance > 0:
            raise InputError(f"`logprob_tolerance` is {self.logprob_tolerance!r}; it must be above 0, or None")
        super().__post_init__()  # type: ignore[no-untyped-call]

    def to_dict(self) -> dict[str, Any]:
        """Return all options in JSON types, as trackers take them."""
        values: dict[str, Any] = super().to_dict()  # type: ignore[no-untyped-call]
        return {**values, "credit": asdict(self.credit)}


class LayoutGRPOTrainer(ExactCheckpoints, Playing, GRPOTrainer):
    """GRPO on episodes of `RoomLayoutEnv`.

    Each row of the dataset is a seed; all samples of a group play the scene of their seed. Advantages are those of
    `spatialenv.trainers.credit`, token by token, whatever TRL's `scale_rewards` says.

    Args:
        model: A chat model, a local folder or a hub name.
        env_fn: Makes a fresh environment; None where an `executor` is given.
        args: The configuration. `save_steps` is rounded up to a step after which answers are generated anew, so that
            a run goes on exactly from each checkpoint.
        processing_class: The model's processor; with ``args.pictures`` False a tokenizer will do.
        train_dataset: Rows with a ``seed``; see `seed_dataset`.
        reward_funcs: Further TRL rewards, called with ``environments=``, beside the episode's return. The advantages
            are then TRL's, one an episode and by its ``scale_rewards`` whatever the credit's baseline says, so they
            want ``credit.level="trajectory"`` and other levels refuse them: put a reward of your own into the
            environment, whose values of objects every level uses.
        executor: Where episodes are played; in this process where None.
        **kwargs: Passed to TRL's `GRPOTrainer` (`peft_config`, `callbacks`, ...).

    Attributes:
        chat: Builds the tokens of the conversation.
        seats: The episodes of the last batch, on this process.
        rollouts: Their tokens.
        seconds: Time that the last batch took, by kind: ``generate``, ``draw``, ``score``, ``wait``, ``logprobs``.

    Raises:
        MissingExtraError: If the installed TRL is not one that this trainer was written against.
        InputError: If arguments do not fit together, or the model's chat template cannot be used.
    """

    # what TRL's own annotations leave open, or are narrower about than TRL's code
    args: LayoutGRPOConfig
    model: Any
    environments: Any
    max_completion_length: int
    num_generations: int
    num_generations_eval: int
    vllm_generation: Any

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
        check_trl(GRPOTrainer)
        if reward_funcs and args.credit.level != "trajectory":
            raise InputError(
                f"`reward_funcs` do not reach the loss with the credit level {args.credit.level!r}; "
                "use CreditConfig(level='trajectory'), or give the environment a reward"
            )
        if reward_funcs and args.credit.trajectory != "return":
            raise InputError(
                f"`credit.trajectory` is {args.credit.trajectory!r}, which is not used beside `reward_funcs`: the "
                "episode's return is; leave it at 'return', or give the environment a reward"
            )
        if executor is None:
            if env_fn is None:
                raise InputError("neither `env_fn` nor `executor` was given; give one that plays the episodes")
            executor = SerialExecutor(env_fn)
        align_checkpoints(args)
        tasks = getattr(executor, "tasks", None)
        rows = args.per_device_train_batch_size * (args.steps_per_generation or 1)
        check_task_source(tasks, args.world_size, rows, args.num_generations or 1)
        self.executor = executor
        self.chat = Chat(processing_class, pictures=args.pictures)
        self.seats = []
        self.rollouts = []
        self.seconds = {}
        self._has_own_rewards = bool(reward_funcs)
        self._update = dict.fromkeys(("forward", "backward", "tokens"), 0.0)
        self._loss_made = 0.0
        self._shared_ratio: dict[str, Any] | None = None
        self._is_compared = args.logprob_tolerance is not None and math.isinf(args.logprob_tolerance)
        super().__init__(
            model=model,
            reward_funcs=[episode_return, *reward_funcs],
            args=args,
            train_dataset=train_dataset,
            processing_class=processing_class,
            **kwargs,
        )
        if args.credit.train_turns == "first":  # TRL looks at the end of the episode, which is not learned from
            self.mask_truncated_completions = False
        self._set_sampling()
        self.remember("tasks", tasks)
        self.remember("trainer", StepMemory(self))

    def _set_sampling(self) -> None:
        """Ban the tokens that stand for pictures, and end an answer where the chat template ends it.

        TRL bans only the picture token, and only with transformers; a sampled video token breaks Qwen's positions.
        """
        self.chat.add_eos_ids(self.eos_token_ids)
        self.eos_token_ids = list(self.chat.eos_ids)
        banned = self.chat.suppressed_ids(self.model.config)
        if self.use_vllm:
            engine = self.vllm_generation
            engine.generation_kwargs = vllm_options(engine.generation_kwargs, banned, self.eos_token_ids)
            if self.args.pictures and self.vllm_mode == "colocate":
                check_pictures(self.chat)
            return
        options = transformers_options(self.generation_kwargs, banned, self.eos_token_ids)
        self.generation_kwargs |= options
        for name, value in options.items():
            setattr(self.generation_config, name, value)

    # --- one step of TRL: seeds to episodes to advantages -----------------------------------------

    def _generate_and_score_completions(self, inputs: list[dict[str, Any]]) -> dict[str, Any]:
        prompts = self._begin([int(row["seed"]) for row in inputs])
        rows = [{**row, "prompt": prompt} for row, prompt in zip(inputs, prompts, strict=True)]
        self.environments = None  # set for the rewards only: TRL would reset what it finds here
        output: dict[str, Any] = super()._generate_and_score_completions(rows)
        if not self._has_own_rewards:
            output["advantages"] = self._token_advantages(output["completion_ids"])
        if self.args.leave_out_level_groups:
            self._leave_out_level_groups(output)
        self._log_episodes()
        return output

    def _calculate_rewards(self, inputs: Any, prompts: Any, completions: Any, completion_ids_list: Any) -> Any:
        self.environments = self.seats
        try:
            rewards = super()._calculate_rewards(inputs, prompts, completions, completion_ids_list)
        finally:
            self.environments = None
        # another reward may well have a value for an episode that failed: none of its group is compared with it
        failed = gather_object([seat.episode().failure is not None for seat in self.seats])
        rewards[torch.tensor(failed, device=rewards.device)] = torch.nan
        return rewards

    def _generate(self, prompts: list[list[dict[str, Any]]]) -> tuple[Any, ...]:
        """Play the episodes; `prompts` is rewritten in place to hold the pictures of each whole episode.

        TRL builds the picture tensors of the loss from the pictures returned here and the prompts it passed
        in, which must end up with a place for each; the model's own words are left out, being in the ids.
        """
        self._open(prompts)
        while self.play_turn():
            pass
        for messages, rollout in zip(prompts, self.rollouts, strict=True):
            if not rollout.ids:  # its episode failed before the first answer; TRL wants a token in each row
                rollout.add_reply(self.chat.eos_ids[:1])
            for image in rollout.images[1:]:
                messages.append({"role": "assistant", "content": [{"type": "text", "text": "."}]})
                messages.append({"role": "user", "content": [{"type": "image", "image": image}]})
        first_only = self.args.credit.train_turns == "first"
        whole_only = first_only and self.args.mask_truncated_completions
        return (
            [rollout.prompt_ids for rollout in self.rollouts],
            [rollout.ids for rollout in self.rollouts],
            [rollout.trained_mask(first_only=first_only, whole_only=whole_only) for rollout in self.rollouts],
            [_answers(rollout.seat) for rollout in self.rollouts],
            [rollout.logprobs for rollout in self.rollouts] if self.use_vllm else None,
            {},
            [rollout.images for rollout in self.rollouts] if self.args.pictures else None,
            [],
        )

    # --- the loss -----------------------------------------------------------------------------------

    def _get_per_token_logps_and_entropies(self, model: Any, input_ids: Any, *args: Any, **kwargs: Any) -> Any:
        # TRL's token types cover the prompt it was given; pictures also sit among the completion's tokens
        if self.chat.type_field is not None:
            kwargs[self.chat.type_field] = self.chat.type_ids(input_ids)
        began = time.perf_counter()
        found = super()._get_per_token_logps_and_entropies(model, input_ids, *args, **kwargs)
        if not torch.is_grad_enabled():
            self._settle()
            self.seconds["logprobs"] = self.seconds.get("logprobs", 0.0) + time.perf_counter() - began
        if self._shared_ratio is not None:
            _share_ratio(self._shared_ratio, found[0].detach())
        return found

    def _compute_loss(self, model: Any, inputs: dict[str, Any]) -> Any:
        """Return TRL's loss; with one ratio an episode (GSPO), each token keeps an advantage of its own.

        TRL's ratio of an episode passes its gradient to all tokens alike, which would average the advantages of
        turns and objects away. GSPO-token (arXiv 2507.18071, section 4.3) has the ratio's value and each token's own
        gradient, which is the same where all tokens of an episode have one advantage.
        """
        if self.importance_sampling_level != "sequence" or inputs["advantages"].dim() == 1:
            return super()._compute_loss(model, inputs)  # type: ignore[no-untyped-call]
        self._shared_ratio = inputs = dict(inputs)
        self.importance_sampling_level = "token"
        try:
            return super()._compute_loss(model, inputs)  # type: ignore[no-untyped-call]
        finally:
            self._shared_ratio, self.importance_sampling_level = None, "sequence"

    def compute_loss(self, model: Any, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """Return TRL's loss; the time and tokens of training are taken.

        Raises:
            InputError: If TRL's log-probabilities are not those of the model, found before the first update.
        """
        if torch.is_grad_enabled() and not self._is_compared:
            self._is_compared = check_agreement(self, inputs, self.args.logprob_tolerance)
        began = time.perf_counter()
        loss = super().compute_loss(model, inputs, *args, **kwargs)
        if torch.is_grad_enabled():
            self._settle()
            self._loss_made = time.perf_counter()
            self._update["forward"] += self._loss_made - began
            self._update["tokens"] += int(inputs["prompt_mask"].sum() + inputs["completion_mask"].sum())
        return loss

    def training_step(self, *args: Any, **kwargs: Any) -> torch.Tensor:
        """Do TRL's pass forward and backward; with the last of a step, log where the time went."""
        loss: torch.Tensor = super().training_step(*args, **kwargs)  # type: ignore[no-untyped-call]
        self._settle()
        self._update["backward"] += time.perf_counter() - self._loss_made
        if self._step % self.current_gradient_accumulation_steps == 0:
            tokens = sum(gather_object([self._update.pop("tokens")]))
            spent = sum(self._update.values())
            for kind, seconds in self._update.items():
                self._metrics["train"][f"seconds/{kind}"].append(seconds)
            self._metrics["train"]["speed/train"].append(tokens / spent)
            self._update = dict.fromkeys(("forward", "backward", "tokens"), 0.0)
        return loss

    def _settle(self) -> None:
        """Wait until the device is done, so that its time is not told of what comes next."""
        if self.accelerator.device.type == "cuda":
            torch.cuda.synchronize()

    # --- advantages and records ---------------------------------------------------------------------

    def episode_scores(self) -> list[list[TurnScores]]:
        """Return what each turn of the episodes just played earned, on this rank.

        A failed episode has no turns, so that it moves nothing.
        """
        credit = self.args.credit
        episodes = [seat.episode() for seat in self.seats]
        return [
            [] if episode.failure else [turn_scores(turn, credit) for turn in episode.turns] for episode in episodes
        ]

    @property
    def _group_size(self) -> int:
        return self.num_generations if self.model.training else self.num_generations_eval

    def _token_advantages(self, completion_ids: torch.Tensor) -> torch.Tensor:
        """Return the advantage of each token, shaped as `completion_ids`; 0 for what is not trained on."""
        own = self.episode_scores()
        credits = assign_credit(gather_object(own), self._group_size, self.args.credit)
        first = len(own) * self.accelerator.process_index
        advantages = torch.zeros(completion_ids.shape, dtype=torch.float32)
        for row, rollout in enumerate(self.rollouts):
            values = rollout.advantages(credits[first + row])
            advantages[row, : len(values)] = torch.tensor(values)
        return advantages.to(self.accelerator.device)

    def _leave_out_level_groups(self, output: dict[str, Any]) -> None:
        """Take the tokens of groups without any advantage out of the mask and of the count."""
        advantages = output["advantages"] if output["advantages"].dim() > 1 else output["advantages"][:, None]
        most = self.accelerator.gather((advantages * output["tool_mask"]).abs().amax(dim=1))
        uneven = (most.view(-1, self._group_size).amax(dim=1) > LEVEL).repeat_interleave(self._group_size)
        first = len(advantages) * self.accelerator.process_index
        output["tool_mask"] = output["tool_mask"] * uneven[first : first + len(advantages), None]
        kept = (output["completion_mask"] * output["tool_mask"]).sum()
        output["num_items_in_batch"] = self.accelerator.gather(kept).sum()
        mode = "train" if self.model.training else "eval"
        self._metrics[mode]["groups/left_out"].append(1 - uneven.float().mean().item())

    def _log_episodes(self) -> None:
        own = [
            episode_record(
                rollout.seat.episode(),
                [answer.format_level for answer in rollout.seat.answers],
                rollout.lengths,
                rollout.cut_off,
                len(rollout.prompt_ids),
            )
            for rollout in self.rollouts
        ]
        records = gather_object(own)
        spent: list[dict[str, float]] = gather_object([self.seconds])
        slowest = {kind: max(each[kind] for each in spent) for kind in self.seconds}
        sampled = sum(sum(record.lengths) for record in records)
        if self.model.training:
            self.state.num_input_tokens_seen += sampled + sum(record.prompt_tokens for record in records)
        metrics = self._metrics["train" if self.model.training else "eval"]
        metrics["num_tokens"] = [self.state.num_input_tokens_seen]
        found = figures(records, self._group_size)
        found |= {f"seconds/{kind}": seconds for kind, seconds in slowest.items()}
        if slowest["generate"]:
            found["speed/generate"] = sampled / slowest["generate"]
        for name, value in found.items():
            metrics[name].append(value)


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


def _share_ratio(inputs: dict[str, Any], logps: torch.Tensor) -> None:
    """Let the ratio of each token have the value of its episode's: the geometric mean over those learned from."""
    mask = inputs["completion_mask"] * inputs["tool_mask"]
    old = inputs.get("old_per_token_logps")
    apart = torch.zeros_like(logps) if old is None else (logps - old) * mask
    inputs["old_per_token_logps"] = logps - apart.sum(-1, keepdim=True) / mask.sum(-1, keepdim=True).clamp(min=1)


def _answers(seat: Seat) -> list[dict[str, str]]:
    return [{"role": "assistant", "content": turn.text} for turn in seat.episode().turns]
