"""Rejection fine-tuning: the best of what a policy sampled is learnt by heart, token by token as it was sampled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from spatialenv.evaluation.chat import Chat
from spatialenv.trainers.credit import make_credit, trajectory_rewards, turn_scores
from spatialenv.trainers.rollout import Rollout
from spatialenv.trainers.settings import RunSettings
from spatialenv.trainers.supervision import (
    IGNORED,
    OnStep,
    Steps,
    SupervisedTrainer,
    WarmStartConfig,
    padded_batch,
    supervised_arguments,
)


@dataclass(frozen=True, slots=True)
class Kept:
    """An episode that is learned from.

    Attributes:
        ids: All its ids.
        labels: Those that the model sampled; `IGNORED` elsewhere.
        images: Its pictures (PIL), in order.
        reward: What it earned.
    """

    ids: Sequence[int]
    labels: Sequence[int]
    images: Sequence[Any]
    reward: float


def keep_best(
    rollouts: Sequence[Rollout],
    rewards: Sequence[float],
    group_size: int,
    *,
    keep: int = 1,
    threshold: float | None = None,
) -> list[Kept]:
    """Return the best episodes of each group.

    Only those count whose last answer is well-formed: the best of a group of which none is would teach bad form.

    Args:
        rollouts: Episodes that are over; each run of `group_size` played one scene.
        rewards: What each earned; NaN for one that failed.
        group_size: Episodes a group.
        keep: Most episodes kept of a group.
        threshold: Least reward.
    """
    kept = []
    for start in range(0, len(rollouts), group_size):
        rows = [row for row in range(start, start + group_size) if _is_sound(rollouts[row], rewards[row])]
        rows = [row for row in rows if threshold is None or rewards[row] >= threshold]
        for row in sorted(rows, key=lambda row: -rewards[row])[:keep]:
            rollout = rollouts[row]
            taught = [token if mine else IGNORED for token, mine in zip(rollout.ids, rollout.mask, strict=True)]
            labels = [IGNORED] * len(rollout.prompt_ids) + taught
            kept.append(Kept(rollout.history, labels, rollout.images, float(rewards[row])))
    return kept


def _is_sound(rollout: Rollout, reward: float) -> bool:
    turns = rollout.seat.episode().turns
    return reward == reward and bool(turns) and bool(turns[-1].status["well_formed"]) and not rollout.cut_off[-1]


def sample_best(sampler: Any, seeds: Sequence[int], settings: RunSettings) -> tuple[list[Kept], list[float]]:
    """Let the policy play each scene `group_size` times.

    Args:
        sampler: The `LayoutGRPOTrainer` whose model answers.
        seeds: A seed for each group.
        settings: The run's; `rl.credit` says what an episode's reward is.

    Returns:
        The best episodes, and the rewards of all that did not fail.
    """
    size, credit = settings.rl.group_size, make_credit(settings.rl.credit)
    rollouts: list[Rollout] = sampler.start([seed for seed in seeds for _ in range(size)])
    while sampler.play_turn():
        pass
    episodes = [rollout.seat.episode() for rollout in rollouts]
    scores = [[] if each.failure else [turn_scores(turn, credit) for turn in each.turns] for each in episodes]
    rewards = [float(reward) for reward in trajectory_rewards(scores, credit)]
    chosen = settings.rounds
    kept = keep_best(rollouts, rewards, size, keep=chosen.keep, threshold=chosen.threshold)
    return kept, [reward for reward in rewards if reward == reward]


def learn_from_best(
    model: Any,
    chat: Chat,
    kept: Sequence[Kept],
    settings: RunSettings,
    folder: Path,
    steps: int,
    on_step: OnStep,
    order: Sequence[int],
) -> None:
    """Train `model` in place on episodes that it sampled.

    Args:
        model: The policy; adapters alone are trained where it has some.
        chat: Of its processor.
        kept: What to learn from.
        settings: The run's.
        folder: For what transformers writes.
        steps: Optimiser steps.
        on_step: Told of each.
        order: Which of `kept` is learned from, in turn.
    """
    args = supervised_arguments(rejection_config(settings, steps), folder, seed=settings.seed)

    def batch(rows: Sequence[int]) -> dict[str, torch.Tensor]:
        some = [kept[row] for row in rows]
        images = [each.images for each in some]
        ids, labels = [list(each.ids) for each in some], [list(each.labels) for each in some]
        inputs, taught = padded_batch(chat, ids, labels, images)
        return {**inputs, "labels": taught}

    trainer = SupervisedTrainer(
        model=model, args=args, train_dataset=list(order), data_collator=batch, callbacks=[Steps(on_step)], chat=chat
    )
    trainer.train()


def rejection_config(settings: RunSettings, steps: int) -> WarmStartConfig:
    """Return how a round of supervised learning goes."""
    chosen = settings.rl
    return WarmStartConfig(
        steps=max(steps, 1),
        batch_size=chosen.batch_size,
        learning_rate=chosen.learning_rate,
        max_grad_norm=chosen.max_grad_norm,
        schedule="constant_with_warmup",
        warmup_steps=min(chosen.warmup_steps, steps // 2),
        gradient_accumulation_steps=chosen.gradient_accumulation_steps,
        gradient_checkpointing=chosen.gradient_checkpointing,
        bf16=settings.dtype == "bfloat16",
        adam_beta2=chosen.adam_beta2,
        extra=chosen.extra,
    )
