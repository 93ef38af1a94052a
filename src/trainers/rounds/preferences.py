"""Pairs of answers to the same history, ranked by the rewards, and DPO on them.

TRL's `DPOTrainer` makes the loss. Its own collator writes chat messages as text and tokenises that, which need not
give the ids that the model sampled; here it is given another one, which puts the sampled ids behind the history.
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from transformers import PrinterCallback, ProgressCallback
from trl import DPOConfig, DPOTrainer

from spatialenv.errors import InputError
from spatialenv.evaluation.chat import Chat
from spatialenv.formats.atomic import write_atomically
from spatialenv.trainers.rollout import Rollout
from spatialenv.trainers.settings import RunSettings
from spatialenv.trainers.supervision import IGNORED, OnStep, Steps, padded_batch

REFERENCE = "ref"
"""Name that TRL gives to the frozen copy of an adapter."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of a turn.

    Attributes:
        ids: What the model sampled.
        text: The same as text.
        reward: The score of what it made of the room.
        is_choosable: Whether it is well-formed and was not cut off.
    """

    ids: Sequence[int]
    text: str
    reward: float
    is_choosable: bool = True


@dataclass(frozen=True, slots=True)
class Pair:
    """Two answers to the same history.

    Attributes:
        seed: Seed of the scene.
        turn: Which turn they answer, from 0.
        history: Ids before the answer: prompt, earlier answers, replies.
        images: Pictures in it (PIL), in order.
        messages: The same as chat messages.
        chosen: The better answer.
        rejected: The worse one.
    """

    seed: int
    turn: int
    history: Sequence[int]
    images: Sequence[Any]
    messages: Sequence[Mapping[str, Any]]
    chosen: Answer
    rejected: Answer


def rank(
    answers: Sequence[Answer], *, keep: int = 1, margin: float = 0.0, threshold: float | None = None
) -> list[tuple[Answer, Answer]]:
    """Return pairs of a better and a worse answer, those furthest apart first; each answer is in one at most.

    Args:
        answers: Answers to one history.
        keep: Most pairs.
        margin: Their rewards differ by at least this, and always differ.
        threshold: Least reward of the better one.

    Example:
        >>> answers = [Answer([1], "a", 0.2), Answer([2], "b", 0.9), Answer([3], "c", 0.5)]
        >>> [(better.text, worse.text) for better, worse in rank(answers, keep=2)]
        [('b', 'a')]
    """
    ordered = sorted(answers, key=lambda answer: -answer.reward)
    better = [answer for answer in ordered if answer.is_choosable]
    pairs: list[tuple[Answer, Answer]] = []
    used: set[int] = set()
    for chosen, rejected in zip(better, reversed(ordered), strict=False):
        apart = chosen.reward - rejected.reward
        is_good = threshold is None or chosen.reward >= threshold
        if len(pairs) == keep or not is_good or apart <= 0 or apart < margin or {id(chosen), id(rejected)} & used:
            break
        used |= {id(chosen), id(rejected)}
        pairs.append((chosen, rejected))
    return pairs


def sample_pairs(
    sampler: Any, seeds: Sequence[int], settings: RunSettings, rng: random.Random
) -> tuple[list[Pair], list[float]]:
    """Let the policy answer each scene `group_size` times, and each later turn of it from one history.

    After each turn the group goes on from one of its episodes, drawn at random of those that go on: all its next
    answers are to the same history, and histories are those that the policy comes to by itself.

    Args:
        sampler: The `LayoutGRPOTrainer` whose model answers.
        seeds: A seed for each group.
        settings: The run's.
        rng: Draws the histories.

    Returns:
        The pairs, and the rewards of all first answers.
    """
    chosen, size = settings.rounds, settings.rl.group_size
    pairs: list[Pair] = []
    firsts: list[float] = []
    rollouts: list[Rollout] = sampler.start([seed for seed in seeds for _ in range(size)])
    turn = 0
    while True:
        before = [len(rollout.ids) for rollout in rollouts]
        going = [rollout.is_open for rollout in rollouts]
        messages = [rollout.seat.to_messages() if rollout.is_open else [] for rollout in rollouts]
        images = [list(rollout.images) for rollout in rollouts]
        if not sampler.play_turn():
            return pairs, firsts
        for group, seed in enumerate(seeds):
            rows = [row for row in range(group * size, (group + 1) * size) if going[row]]
            rows = [row for row in rows if rollouts[row].seat.episode().failure is None]
            answers = [_answer(rollouts[row], before[row], turn) for row in rows]
            if not rows:
                continue
            firsts += [answer.reward for answer in answers] if turn == 0 else []
            history = rollouts[rows[0]].prompt_ids + rollouts[rows[0]].ids[: before[rows[0]]]
            shown = images[rows[0]]
            ranked = rank(answers, keep=chosen.keep, margin=chosen.margin, threshold=chosen.threshold)
            pairs += [Pair(seed, turn, history, shown, messages[rows[0]], *pair) for pair in ranked]
        turn += 1
        sources = [_pick(rollouts[group * size : (group + 1) * size], rng) for group in range(len(seeds))]
        if not any(sources):
            return pairs, firsts
        rollouts = _branch(sampler, seeds, [source for source in sources for _ in range(size)], size)


def _answer(rollout: Rollout, start: int, turn: int) -> Answer:
    played = rollout.seat.episode().turns[turn]
    is_whole = bool(played.status["well_formed"]) and not rollout.cut_off[turn]
    return Answer(rollout.ids[start : start + rollout.lengths[turn]], played.text, float(played.score), is_whole)


def _pick(group: Sequence[Rollout], rng: random.Random) -> Rollout | None:
    going = [rollout for rollout in group if rollout.is_open]
    return rng.choice(going) if going else None


def _branch(sampler: Any, seeds: Sequence[int], sources: Sequence[Rollout | None], size: int) -> list[Rollout]:
    """Play each group again up to where its source is, in all its seats."""
    sampler.start([seed for seed in seeds for _ in range(size)])
    for turn in range(max(source.turns for source in sources if source is not None)):
        pairs = zip(sampler.seats, sources, strict=True)
        again = [(seat, source) for seat, source in pairs if source is not None and not seat.is_over]
        texts = [source.seat.episode().turns[turn].text for _, source in again]
        sampler.executor.step([seat for seat, _ in again], texts).wait()
    rollouts = []
    for rollout, source in zip(sampler.rollouts, sources, strict=True):
        rollout.is_open = False
        if source is not None and not rollout.seat.is_over:  # else there is nothing to answer, or it failed here
            rollout = source.fork(rollout.seat)
        rollouts.append(rollout)
    sampler.rollouts = rollouts
    return rollouts


class PairBatches:
    """Makes what TRL's `DPOTrainer` learns from: the chosen answers of some pairs, then the rejected ones.

    Args:
        pairs: The pairs; rows of the dataset name them by ``index``.
        chat: Of the model's processor.
    """

    def __init__(self, pairs: Sequence[Pair], chat: Chat) -> None:
        self.pairs = pairs
        self.chat = chat

    def __call__(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, torch.Tensor]:
        """Return the model's inputs and ``completion_mask``, 1 for the tokens of answers."""
        pairs = [self.pairs[row["index"]] for row in rows]
        ids, labels = [], []
        for answers in ([pair.chosen for pair in pairs], [pair.rejected for pair in pairs]):
            for pair, answer in zip(pairs, answers, strict=True):
                ids.append([*pair.history, *answer.ids])
                labels.append([IGNORED] * len(pair.history) + list(answer.ids))
        images = [pair.images for pair in pairs] * 2
        inputs, taught = padded_batch(self.chat, ids, labels, images)
        return {**inputs, "completion_mask": (taught != IGNORED).long()}


def learn_from_pairs(
    model: Any,
    start: Any,
    chat: Chat,
    pairs: Sequence[Pair],
    settings: RunSettings,
    folder: Path,
    steps: int,
    on_step: OnStep,
    seed: int,
) -> None:
    """Train `model` in place on pairs by DPO.

    Args:
        model: The policy; adapters alone are trained where it has some.
        start: What it is compared with, or None for its own weights as they are now.
        chat: Of its processor.
        pairs: What to learn from.
        settings: The run's.
        folder: For what TRL writes.
        steps: Optimiser steps.
        on_step: Told of each.
        seed: Seed of the order.
    """
    args = preference_arguments(settings, folder, steps)
    order = shuffled_rows(len(pairs), steps * args.per_device_train_batch_size * args.gradient_accumulation_steps, seed)
    rows: dict[str, Any] = {"index": order}
    if any(pair.images for pair in pairs):
        rows["images"] = [[] for _ in order]  # says that there are pictures; the collator has them
    else:  # says that rows are tokenised
        rows |= dict.fromkeys(("prompt", "chosen", "rejected"), [""] * len(order))
        rows |= dict.fromkeys(("prompt_ids", "chosen_ids", "rejected_ids"), [[0]] * len(order))
    is_adapted = hasattr(model, "peft_config")
    if start is None and not is_adapted:
        start = copy.deepcopy(model)
    base = model.get_base_model() if is_adapted else model
    forward = vars(base).get("forward")
    trainer = DPOTrainer(
        model=model,
        ref_model=None if is_adapted else start,
        args=args,
        train_dataset=Dataset.from_dict(rows),
        processing_class=chat.processor,
        data_collator=PairBatches(pairs, chat),
        callbacks=[Steps(on_step)],
    )
    if is_adapted and settings.rounds.reference == "start":
        model.delete_adapter(REFERENCE)  # TRL then compares with the weights without any adapter
    trainer.remove_callback(PrinterCallback)
    trainer.remove_callback(ProgressCallback)
    trainer.train()
    if is_adapted and REFERENCE in model.peft_config:
        model.delete_adapter(REFERENCE)
    # TRL puts its loss into `forward`; each round would put one more on top
    vars(base).pop("forward", None)
    if forward is not None:
        vars(base)["forward"] = forward


def preference_arguments(settings: RunSettings, folder: Path, steps: int) -> DPOConfig:
    """Return the arguments of TRL's `DPOTrainer`; a pair counts as two rows of `rl.batch_size`.

    Raises:
        InputError: If TRL does not accept them.
    """
    chosen = settings.rl
    on_cpu = not torch.cuda.is_available()
    values: dict[str, Any] = {
        "output_dir": str(folder),
        "per_device_train_batch_size": max(chosen.batch_size // 2, 1),
        "gradient_accumulation_steps": chosen.gradient_accumulation_steps,
        "activation_checkpointing": chosen.gradient_checkpointing,
        "max_steps": max(steps, 1),
        "learning_rate": chosen.learning_rate,
        "lr_scheduler_type": "constant_with_warmup",
        "warmup_steps": min(chosen.warmup_steps, steps // 2),
        "adam_beta2": chosen.adam_beta2,
        "max_grad_norm": chosen.max_grad_norm,
        "beta": chosen.beta,
        "max_length": None,
        "seed": settings.seed,
        "bf16": settings.dtype == "bfloat16",
        "use_cpu": on_cpu,
        "dataloader_pin_memory": not on_cpu,
        "train_sampling_strategy": "sequential",
        "logging_steps": 1,
        "report_to": [],
        "save_strategy": "no",
        "disable_tqdm": True,
        "remove_unused_columns": False,
        **chosen.extra,
    }
    try:
        return DPOConfig(**values)
    except (TypeError, ValueError) as error:
        raise InputError(f"TRL's DPO does not accept the settings under `rl`: {error}") from error


def shuffled_rows(count: int, length: int, seed: int) -> list[int]:
    """Return `length` rows of `count`: all of them shuffled, and again.

    Example:
        >>> sorted(shuffled_rows(3, 6, seed=0))
        [0, 0, 1, 1, 2, 2]
    """
    rng = random.Random(seed)
    rows: list[int] = []
    while len(rows) < length:
        rows += rng.sample(range(count), count)
    return rows[:length]


def save_pairs(pairs: Sequence[Pair], folder: str | Path) -> Path:
    """Write pairs in TRL's conversational preference format: ``pairs.jsonl``, pictures beside it.

    A row has ``prompt``, ``chosen``, ``rejected`` (messages), ``images`` (paths within the folder, in the order of the
    prompt's places for pictures), ``chosen_reward``, ``rejected_reward``, ``seed`` and ``turn``.

    Args:
        pairs: What to write.
        folder: Where; made if it is not there.

    Returns:
        The file.
    """
    folder = Path(folder)
    (folder / "pictures").mkdir(parents=True, exist_ok=True)
    lines = []
    for number, pair in enumerate(pairs):
        names = []
        for index, image in enumerate(pair.images):
            names.append(f"pictures/{number:06d}-{index}.png")
            image.save(folder / names[-1])
        row = {
            "prompt": [_plain(message, bool(names)) for message in pair.messages],
            "chosen": [{"role": "assistant", "content": [{"type": "text", "text": pair.chosen.text}]}],
            "rejected": [{"role": "assistant", "content": [{"type": "text", "text": pair.rejected.text}]}],
            "images": names,
            "chosen_reward": pair.chosen.reward,
            "rejected_reward": pair.rejected.reward,
            "seed": pair.seed,
            "turn": pair.turn,
        }
        lines.append(json.dumps(row, ensure_ascii=False) + "\n")
    write_atomically(folder / "pairs.jsonl", "".join(lines))
    return folder / "pairs.jsonl"


def _plain(message: Mapping[str, Any], has_pictures: bool) -> dict[str, Any]:
    parts = [{"type": "image"} if part["type"] == "image" else dict(part) for part in message["content"]]
    return {"role": message["role"], "content": [part for part in parts if has_pictures or part["type"] != "image"]}
