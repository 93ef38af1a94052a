"""Supervised learning on transformers' Trainer: of demonstrations, or of a model's own answers.

It teaches the form of an answer before answers are rewarded for their content: a tiny model with random weights
never writes valid JSON by chance, so that reinforcement learning would see no reward at all. The same trainer learns
from skilled demonstrations and from the best of what a model sampled.

A demonstration is made anew from its index, so that any rank makes its own and a stopped run goes on in the middle.
"""

from __future__ import annotations

import inspect
import random
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch.nn.functional import cross_entropy
from transformers import (
    PrinterCallback,
    ProgressCallback,
    SchedulerType,
    Trainer,
    TrainerCallback,
    TrainingArguments,
)

from spatialenv.envs.room_layout import RoomLayoutEnv
from spatialenv.errors import InputError, require, unknown_name
from spatialenv.evaluation.chat import Chat
from spatialenv.trainers.callbacks.checkpoints import ExactCheckpoints
from spatialenv.trainers.demonstrate import Demonstrator, UnskilledDemonstrator

OnStep = Callable[[int, Mapping[str, float]], None]
"""Told the number of a step and its figures."""

IGNORED = -100
"""Label of tokens that are not taught."""

SCHEDULES = ("one_cycle", *(kind.value for kind in SchedulerType))


@dataclass(frozen=True, slots=True)
class WarmStartConfig:
    """How supervised learning goes.

    Attributes:
        steps: Optimiser steps; 0 skips it.
        batch_size: Episodes that a process learns from at once.
        learning_rate: Peak of the schedule.
        first_seed: Seed of the first scene; each episode takes the next one.
        max_grad_norm: Gradients are clipped to this norm.
        seconds: Stop after so many seconds, or None. The learning rate is then constant.
        demonstrator: Writes the answers.
        schedule: ``"one_cycle"``, or a name of transformers' ``SchedulerType``: ``"cosine"``, ``"linear"``, ...
        warmup_steps: Steps over which the learning rate rises; ``one_cycle`` takes a tenth of all.
        gradient_accumulation_steps: Batches that a step sums up; each token weighs the same.
        gradient_checkpointing: Spend time to save memory.
        bf16: Compute in bfloat16.
        adam_beta2: Decay of the mean of squared gradients.
        extra: Further ``TrainingArguments`` of transformers; they win.
        save_steps: Steps between checkpoints, where `warm_start` is given a folder; 0 for none.
        pictures: Whether the model is shown the pictures of the rooms.
    """

    steps: int = 600
    batch_size: int = 16
    learning_rate: float = 2e-3
    first_seed: int = 0
    max_grad_norm: float = 1.0
    seconds: float | None = None
    demonstrator: Demonstrator = field(default_factory=UnskilledDemonstrator)
    schedule: str = "one_cycle"
    warmup_steps: int = 0
    gradient_accumulation_steps: int = 1
    gradient_checkpointing: bool = False
    bf16: bool = False
    adam_beta2: float = 0.98
    extra: Mapping[str, Any] = field(default_factory=dict)
    save_steps: int = 0
    pictures: bool = True

    def __post_init__(self) -> None:
        if self.steps < 0 or self.batch_size < 1 or self.gradient_accumulation_steps < 1:
            raise InputError(
                f"warm start `steps` {self.steps} must be 0 or more, `batch_size` {self.batch_size} and "
                f"`gradient_accumulation_steps` {self.gradient_accumulation_steps} 1 or more"
            )
        if self.schedule not in SCHEDULES:
            raise unknown_name("warm start schedule", self.schedule, SCHEDULES)


def warm_start(
    model: Any,
    processor: Any,
    env_fn: Callable[[], RoomLayoutEnv],
    config: WarmStartConfig,
    *,
    seed: int = 0,
    on_step: OnStep | None = None,
    peft_config: Any = None,
    folder: str | Path | None = None,
    callbacks: Sequence[TrainerCallback] = (),
    demonstrations: Any = None,
) -> int:
    """Train `model` in place to imitate demonstrations.

    Args:
        model: A chat model.
        processor: Its processor.
        env_fn: Makes an environment.
        config: How to train.
        seed: Seed of the demonstrations.
        on_step: Called after each step with its number and ``{"loss", "token_accuracy", ...}``.
        peft_config: A `peft` configuration: adapters are trained and then merged into the weights. None trains all.
        folder: Where checkpoints are kept; training goes on from the last one there.
        callbacks: Further callbacks of the Trainer.
        demonstrations: Makes batches by index, and has the ``chat`` that writes their tokens; by default
            `Demonstrations` of `env_fn` and `config`.

    Returns:
        The number of steps made.
    """
    if not config.steps:
        return 0
    per_step = config.batch_size * config.gradient_accumulation_steps
    if demonstrations is None:
        chat = Chat(processor, pictures=config.pictures)
        demonstrations = Demonstrations(env_fn, chat, config.demonstrator, seed=seed, first_seed=config.first_seed)
    with tempfile.TemporaryDirectory() as scratch:
        args = supervised_arguments(config, Path(folder or scratch), seed=seed)
        trained = (
            model if peft_config is None else require("peft", "train", "adapters").get_peft_model(model, peft_config)
        )
        trainer = SupervisedTrainer(
            model=trained,
            args=args,
            train_dataset=range(config.steps * per_step * args.world_size),
            data_collator=demonstrations,
            callbacks=[*callbacks, *([Steps(on_step)] if on_step else []), *_budget(config.seconds)],
            chat=demonstrations.chat,
            one_cycle=config.schedule == "one_cycle" and config.seconds is None,
        )
        trainer.train(resume_from_checkpoint=folder is not None)
    if peft_config is not None:
        trained.merge_and_unload()
    return int(trainer.state.global_step)


def supervised_arguments(config: WarmStartConfig, folder: Path, *, seed: int = 0) -> TrainingArguments:
    """Return the Trainer's arguments.

    Raises:
        InputError: If transformers does not accept them.
    """
    on_cpu = not torch.cuda.is_available()
    schedule = "constant" if config.seconds is not None or config.schedule == "one_cycle" else config.schedule
    values: dict[str, Any] = {
        "output_dir": str(folder),
        "max_steps": config.steps,
        "per_device_train_batch_size": config.batch_size,
        "gradient_accumulation_steps": config.gradient_accumulation_steps,
        "activation_checkpointing": config.gradient_checkpointing,
        "learning_rate": config.learning_rate,
        "lr_scheduler_type": schedule,
        "warmup_steps": 0 if schedule == "constant" else config.warmup_steps,
        "weight_decay": 0.01,
        "adam_beta1": 0.9,
        "adam_beta2": config.adam_beta2,
        "max_grad_norm": config.max_grad_norm,
        "train_sampling_strategy": "sequential",  # an episode is known by its index: runs with one seed see the same
        "save_strategy": "steps" if config.save_steps else "no",
        "save_steps": config.save_steps or 500,
        "save_total_limit": 1,
        "logging_steps": 1,
        "report_to": [],
        "disable_tqdm": True,
        "remove_unused_columns": False,
        "use_cpu": on_cpu,
        "bf16": config.bf16,
        "dataloader_pin_memory": not on_cpu,
        "seed": seed % 2**32,
        **config.extra,
    }
    try:
        return TrainingArguments(**values)
    except (TypeError, ValueError) as error:
        raise InputError(f"transformers does not accept the settings of supervised learning: {error}") from error


class SupervisedTrainer(ExactCheckpoints, Trainer):
    """transformers' Trainer with the mean loss over taught tokens, and the share of them that the model has right.

    The mean is over all batches of a step and all processes, so that each token weighs the same.

    Args:
        chat: Of the model's processor, which is saved with checkpoints.
        one_cycle: Whether the learning rate goes up over a tenth of the steps and then down to nothing.
        **kwargs: Arguments of the Trainer.
    """

    def __init__(self, *, chat: Chat, one_cycle: bool = False, **kwargs: Any) -> None:
        self._one_cycle = one_cycle
        self._counts: list[torch.Tensor] = []  # of each batch since the last log: tokens right, tokens taught
        super().__init__(processing_class=chat.processor, compute_loss_func=self._mean_loss, **kwargs)
        model: Any = self.model
        base = model.get_base_model() if hasattr(model, "get_base_model") else model
        self._keeps = "logits_to_keep" in inspect.signature(base.forward).parameters
        self.remove_callback(PrinterCallback)
        self.remove_callback(ProgressCallback)

    def create_scheduler(self, num_training_steps: int, optimizer: Any = None) -> Any:
        """Make the schedule of the learning rate."""
        if self._one_cycle and self.lr_scheduler is None:
            scheduled: Any = optimizer or self.optimizer
            schedule: Any = torch.optim.lr_scheduler.OneCycleLR(
                scheduled, self.args.learning_rate, total_steps=num_training_steps, pct_start=0.1
            )
            self.lr_scheduler = schedule
        return super().create_scheduler(num_training_steps, optimizer)

    def compute_loss(
        self, model: Any, inputs: Any, return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """Return the loss; logits are made from the first taught token on, prompts being most of a batch."""
        if self._keeps:
            first = int((inputs["labels"] != IGNORED).any(0).nonzero()[0])
            inputs = {**inputs, "logits_to_keep": inputs["labels"].shape[1] - first + 1}
        return super().compute_loss(model, inputs, return_outputs, num_items_in_batch)

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Add the token accuracy since the last log."""
        if "loss" in logs and self._counts:
            right, taught = self.accelerator.reduce(torch.stack(self._counts).sum(0), reduction="sum").tolist()
            self._counts = []
            logs = {**logs, "token_accuracy": right / max(taught, 1)}
        super().log(logs, start_time)

    def _mean_loss(self, outputs: Any, labels: torch.Tensor, num_items_in_batch: Any = None) -> torch.Tensor:
        logits = outputs["logits"]
        targets = labels[:, 1:][:, -(logits.shape[1] - 1) :]
        taught = targets != IGNORED
        scores, targets = logits[:, :-1][taught].float(), targets[taught]
        self._counts.append(torch.stack([(scores.argmax(-1) == targets).sum(), taught.sum()]).detach())
        return cross_entropy(scores, targets, reduction="sum") / (num_items_in_batch or taught.sum())


class Demonstrations:
    """Makes the batch of any demonstrations, by index.

    Args:
        env_fn: Makes an environment.
        chat: Writes the tokens.
        demonstrator: Writes the answers.
        seed: Seed of the demonstrator.
        first_seed: Seed of the scene of index 0; each index takes the next one.
    """

    def __init__(
        self,
        env_fn: Callable[[], RoomLayoutEnv],
        chat: Chat,
        demonstrator: Demonstrator,
        *,
        seed: int = 0,
        first_seed: int = 0,
    ) -> None:
        self._env_fn = env_fn
        self._envs: list[RoomLayoutEnv] = []
        self.chat = chat
        self.demonstrator = demonstrator
        self.seed = seed
        self.first_seed = first_seed

    def __call__(self, indices: Sequence[int]) -> dict[str, torch.Tensor]:
        """Return the model's inputs and ``labels`` of some demonstrations."""
        self._envs += [self._env_fn() for _ in range(len(indices) - len(self._envs))]
        rngs = [random.Random(f"{self.seed} {index}") for index in indices]
        seeds = [self.first_seed + index for index in indices]
        inputs, labels = demonstration_batch(self._envs[: len(seeds)], seeds, self.chat, self.demonstrator, rngs)
        return {**inputs, "labels": labels}


def demonstration_batch(
    envs: Sequence[RoomLayoutEnv],
    seeds: Sequence[int],
    chat: Chat,
    demonstrator: Demonstrator,
    rngs: Sequence[random.Random],
) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
    """Play demonstrations and return model inputs and labels, padded on the right.

    Only the tokens of answers have labels; prompts, feedback and pictures have `IGNORED`.

    Args:
        envs: An environment for each demonstration.
        seeds: Seed of each scene.
        chat: Writes the tokens.
        demonstrator: Writes the answers.
        rngs: Random numbers of each demonstration.

    Raises:
        InputError: If the demonstrator has no answer to a scene; says which.
    """
    for env, seed in zip(envs, seeds, strict=True):
        env.reset(seed=seed)
    rows = chat.opening([env.to_messages() for env in envs])
    labels = [[IGNORED] * len(row) for row in rows]
    going = list(range(len(envs)))
    while going:
        for index in going:
            answer = _shown(demonstrator, envs[index], rngs[index], seeds[index])
            ids = chat.encode(answer)
            rows[index] += ids
            labels[index] += ids
            envs[index].step(answer)
        going = [index for index in going if not envs[index].is_over]
        replies = chat.replies([envs[index].to_messages()[-1] for index in going])
        for index, reply in zip(going, replies, strict=True):
            rows[index] += reply
            labels[index] += [IGNORED] * len(reply)
    images = []
    for env in envs:
        messages = env.to_messages() if not env.is_over else env.to_messages()[:-1]
        images.append([part["image"] for m in messages for part in m["content"] if part["type"] == "image"])
    return padded_batch(chat, rows, labels, images)


def _shown(demonstrator: Demonstrator, env: RoomLayoutEnv, rng: random.Random, seed: int) -> str:
    try:
        return demonstrator(env, rng)
    except InputError as error:
        raise InputError(
            f"the demonstrator gave no answer to the scene of seed {seed}: {error}; name another, such as 'solver'"
        ) from error


def padded_batch(
    chat: Chat, rows: Sequence[list[int]], labels: Sequence[list[int]], images: Sequence[Sequence[Any]]
) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
    """Return model inputs and labels of episodes, padded on the right.

    Args:
        chat: Of the model's processor.
        rows: Ids of each episode.
        labels: As many for each, `IGNORED` where nothing is taught.
        images: Pictures of each (PIL), in order.
    """
    pad = chat.tokenizer.pad_token_id if chat.tokenizer.pad_token_id is not None else chat.eos_ids[0]
    width = max(map(len, rows))
    inputs: dict[str, torch.Tensor] = {
        "input_ids": torch.tensor([row + [pad] * (width - len(row)) for row in rows]),
        "attention_mask": torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in rows]),
    }
    if any(images):
        inputs.update(chat.pictures(images))
    if chat.type_field is not None:
        inputs[chat.type_field] = chat.type_ids(inputs["input_ids"])
    return inputs, torch.tensor([row + [IGNORED] * (width - len(row)) for row in labels])


class Steps(TrainerCallback):
    """Hands the numbers of each step to a function."""

    def __init__(self, on_step: OnStep) -> None:
        self.on_step = on_step

    def on_log(self, args: Any, state: Any, control: Any, logs: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        """Pass the numbers of a step on."""
        if logs is not None and "loss" in logs:
            figures = {name: float(value) for name, value in logs.items() if isinstance(value, (int, float))}
            figures.pop("epoch", None)  # of a data set that has no end, or is shuffled anew
            self.on_step(int(state.global_step), figures)


class _Budget(TrainerCallback):
    """Stops after so many seconds."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.began = time.monotonic()

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Start the clock."""
        self.began = time.monotonic()

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Stop when the time is used up."""
        if time.monotonic() - self.began > self.seconds:
            control.should_training_stop = True


def _budget(seconds: float | None) -> list[TrainerCallback]:
    return [] if seconds is None else [_Budget(seconds)]
