"""Supervised warm start: teach a model the form of an answer before it is rewarded for the content.

A tiny model with random weights never writes valid JSON by chance, so reinforcement learning would see
no reward at all.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from spatialenv.envs.room_layout import RoomLayoutEnv
from spatialenv.errors import InputError
from spatialenv.evaluation.chat import Chat
from spatialenv.trainers.demonstrate import Demonstrator, UnskilledDemonstrator

IGNORED = -100


@dataclass(frozen=True, slots=True)
class WarmStartConfig:
    """How the warm start trains.

    Attributes:
        steps: Optimiser steps; 0 skips the warm start.
        batch_size: Episodes a step.
        learning_rate: Peak of a one-cycle schedule.
        first_seed: Seed of the first scene; each episode takes the next one.
        max_grad_norm: Gradients are clipped to this norm.
        seconds: Stop after so many seconds, or None. The learning rate is then constant.
        demonstrator: Writes the answers.
    """

    steps: int = 600
    batch_size: int = 16
    learning_rate: float = 2e-3
    first_seed: int = 0
    max_grad_norm: float = 1.0
    seconds: float | None = None
    demonstrator: Demonstrator = field(default_factory=UnskilledDemonstrator)

    def __post_init__(self) -> None:
        if self.steps < 0 or self.batch_size < 1:
            raise InputError(
                f"warm start `steps` {self.steps} must be 0 or more, `batch_size` {self.batch_size} 1 or more"
            )


def warm_start(
    model: Any,
    processor: Any,
    env_fn: Callable[[], RoomLayoutEnv],
    config: WarmStartConfig,
    *,
    seed: int = 0,
    on_step: Callable[[int, dict[str, float]], None] | None = None,
) -> int:
    """Train `model` in place to imitate demonstrations.

    Args:
        model: A VLM.
        processor: Its processor.
        env_fn: Makes an environment.
        config: How to train.
        seed: Seed of the demonstrations.
        on_step: Called after each step with its number and ``{"loss", "token_accuracy"}``.

    Returns:
        The number of steps made.
    """
    chat = Chat(processor)
    rng = random.Random(seed)
    envs = [env_fn() for _ in range(config.batch_size)]
    optimizer = torch.optim.AdamW(model.parameters(), lr=config.learning_rate, weight_decay=0.01, betas=(0.9, 0.98))
    schedule = None
    if config.seconds is None and config.steps:
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, config.learning_rate, total_steps=config.steps, pct_start=0.1
        )
    model.train()
    began = time.monotonic()
    for step in range(config.steps):
        first = config.first_seed + step * config.batch_size
        inputs, labels = demonstration_batch(envs, range(first, first + len(envs)), chat, config.demonstrator, rng)
        inputs = {name: value.to(model.device) for name, value in inputs.items()}
        labels = labels.to(model.device)
        output = model(**inputs, labels=labels)
        output.loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), config.max_grad_norm)
        optimizer.step()
        optimizer.zero_grad()
        if schedule is not None:
            schedule.step()
        if on_step is not None:
            taught = labels[:, 1:] != IGNORED
            right = (output.logits[:, :-1].argmax(-1) == labels[:, 1:]) & taught
            on_step(step + 1, {"loss": output.loss.item(), "token_accuracy": right.sum().item() / taught.sum().item()})
        if config.seconds is not None and time.monotonic() - began > config.seconds:
            return step + 1
    return config.steps


def demonstration_batch(
    envs: Sequence[RoomLayoutEnv],
    seeds: Sequence[int],
    chat: Chat,
    demonstrator: Demonstrator,
    rng: random.Random,
) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
    """Play demonstrations and return model inputs and labels, padded on the right.

    Only the tokens of answers have labels; prompts, feedback and pictures have `IGNORED`.
    """
    for env, seed in zip(envs, seeds, strict=True):
        env.reset(seed=seed)
    rows = chat.opening([env.to_messages() for env in envs])
    labels = [[IGNORED] * len(row) for row in rows]
    going = list(range(len(envs)))
    while going:
        for index in going:
            answer = demonstrator(envs[index], rng)
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
    pad = chat.tokenizer.pad_token_id if chat.tokenizer.pad_token_id is not None else chat.eos_ids[0]
    width = max(map(len, rows))
    inputs: dict[str, torch.Tensor] = {
        "input_ids": torch.tensor([row + [pad] * (width - len(row)) for row in rows]),
        "attention_mask": torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in rows]),
    }
    inputs.update(chat.pictures(images))
    if chat.type_field is not None:
        inputs[chat.type_field] = chat.type_ids(inputs["input_ids"])
    return inputs, torch.tensor([row + [IGNORED] * (width - len(row)) for row in labels])
