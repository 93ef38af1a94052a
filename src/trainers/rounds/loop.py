"""Rounds of sampling and learning: ``rft`` learns from the best of each group, ``dpo`` from pairs.

A round samples with the weights as they are, keeps what the rewards rank first, learns from it for its share of the
steps, and saves the weights. What it does depends on the seed, its number and the weights alone, so that a stopped run
goes on from the last whole round; a source of scenes that learns is saved with the weights.
"""

from __future__ import annotations

import copy
import json
import random
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from accelerate.utils import set_seed
from safetensors.torch import load_file, save_file

from spatialenv.errors import InputError
from spatialenv.evaluation.chat import Chat
from spatialenv.formats.atomic import replace_folder
from spatialenv.trainers.algorithms import resolve, rounds_of
from spatialenv.trainers.callbacks.checkpoints import Memory, last_checkpoint, step_of
from spatialenv.trainers.distributed import process_count
from spatialenv.trainers.rounds.preferences import (
    Pair,
    learn_from_pairs,
    preference_arguments,
    sample_pairs,
    save_pairs,
    shuffled_rows,
)
from spatialenv.trainers.rounds.rejection import Kept, learn_from_best, rejection_config, sample_best
from spatialenv.trainers.settings import RunSettings
from spatialenv.trainers.supervision import OnStep, supervised_arguments

WEIGHTS = "weights.safetensors"
TASKS = "tasks.json"


def check_rounds(settings: RunSettings, folder: Path) -> None:
    """Find what transformers or TRL would not accept, before anything is sampled.

    Raises:
        InputError: If something is wrong.
    """
    settings = resolve(settings)
    if process_count() > 1:
        raise InputError(
            f"the algorithm {settings.algorithm!r} runs on one process, but there are {process_count()}; "
            "start one, or use an online algorithm such as 'grpo'"
        )
    if settings.algorithm == "dpo":
        preference_arguments(settings, folder, 1)
    else:
        supervised_arguments(rejection_config(settings, 1), folder)


class Rounds:
    """The rounds of a run.

    Args:
        model: The policy, trained in place; adapters alone are trained where it has some.
        processor: Its processor.
        sampler: Makes the `LayoutGRPOTrainer` that samples with it.
        settings: The run's.
        folder: Where the weights after each round are kept, and ``round-<n>`` with what was learned from.
        first_seed: Seed of the first scene.
        on_step: Told of each optimiser step: the figures of supervised learning or DPO, and ``round``, ``reward``
            (mean of what was sampled), ``sampled`` and ``kept``.
    """

    def __init__(
        self,
        model: Any,
        processor: Any,
        sampler: Callable[[Any], Any],
        settings: RunSettings,
        folder: Path,
        first_seed: int,
        on_step: OnStep,
    ) -> None:
        self.model = model
        self.chat = Chat(processor) if settings.pictures else Chat(processor, pictures=False)
        self.settings = resolve(settings)
        self.folder = folder
        self.first_seed = first_seed
        self.on_step = on_step
        self._make_sampler = sampler
        self._began = time.monotonic()

    def play(self) -> None:
        """Play the rounds that are not done yet.

        Raises:
            InputError: If the folder's last round is not one of these settings'.
        """
        is_compared_with_start = self.settings.algorithm == "dpo" and self.settings.rounds.reference == "start"
        start = None
        if is_compared_with_start and not hasattr(self.model, "peft_config"):
            start = copy.deepcopy(self.model)
        done = self._load()
        sampler = self._make_sampler(self.model)
        tasks = getattr(sampler.executor, "tasks", None)
        memory = tasks if isinstance(tasks, Memory) else None
        try:
            if done and memory is not None:
                memory.restore(json.loads((self._place(done) / TASKS).read_text(encoding="utf-8")))
            step, seed = 0, self.first_seed
            for number, (steps, scenes) in enumerate(rounds_of(self.settings)):
                if step >= done:
                    self._play_round(sampler, start, number, step, steps, range(seed, seed + scenes))
                    self._save(step + steps, memory)
                elif step + steps > done:
                    raise InputError(
                        f"the last round in '{self.folder}' ended after step {done}, where these settings end none; "
                        "give the `rl.steps` and `rounds.count` that it was made with, or start anew"
                    )
                step, seed = step + steps, seed + scenes
        finally:
            sampler.executor.close()

    def _play_round(self, sampler: Any, start: Any, number: int, step: int, steps: int, seeds: range) -> None:
        chosen = self.settings
        set_seed(_seed_of(chosen.seed, number))
        rng = random.Random(f"{chosen.seed} {number}")
        self.model.eval()
        sampler._last_loaded_step = -1  # so that vLLM takes over what the round before learned
        is_dpo = chosen.algorithm == "dpo"
        pairs: list[Pair] = []
        kept: list[Kept] = []
        rewards: list[float] = []
        groups = max(chosen.rl.batch_size * chosen.rl.gradient_accumulation_steps // chosen.rl.group_size, 1)
        for first in range(0, len(seeds), groups):
            some = seeds[first : first + groups]
            if is_dpo:
                more_pairs, earned = sample_pairs(sampler, some, chosen, rng)
                pairs += more_pairs
            else:
                more, earned = sample_best(sampler, some, chosen)
                kept += more
            rewards += earned
        facts = {
            "round": number + 1,
            "reward": float(np.mean(rewards)) if rewards else 0.0,
            "sampled": len(rewards),
            "kept": len(pairs) if is_dpo else len(kept),
        }
        place = self.folder / f"round-{number + 1}"
        if is_dpo:
            save_pairs(pairs, place)
        if not facts["kept"]:
            self._tell(step + steps, facts)
            return

        def record(done: int, figures: Mapping[str, float]) -> None:
            self._tell(step + done, {**facts, **figures})

        seed = _seed_of(chosen.seed, number)
        if is_dpo:
            learn_from_pairs(self.model, start, self.chat, pairs, chosen, place, steps, record, seed)
        else:
            length = steps * chosen.rl.batch_size * chosen.rl.gradient_accumulation_steps
            order = shuffled_rows(len(kept), length, seed)
            learn_from_best(self.model, self.chat, kept, chosen, place, steps, record, order)

    def _tell(self, step: int, figures: Mapping[str, float]) -> None:
        self.on_step(step, {**figures, "seconds": time.monotonic() - self._began})

    def _load(self) -> int:
        """Take the weights after the last whole round; return the steps made until then."""
        checkpoint = last_checkpoint(self.folder)
        if checkpoint is not None:
            weights = load_file(checkpoint / WEIGHTS)
            _, unknown = self.model.load_state_dict(weights, strict=False)
            if unknown:
                raise InputError(f"'{checkpoint}' holds weights that the model does not have: {', '.join(unknown[:3])}")
        return step_of(checkpoint)

    def _place(self, step: int) -> Path:
        return self.folder / f"checkpoint-{step}"

    def _save(self, step: int, memory: Memory | None) -> None:
        place = self._place(step)
        writing = self.folder / f".{place.name}"
        shutil.rmtree(writing, ignore_errors=True)
        writing.mkdir(parents=True)
        trained = {name: weight for name, weight in self.model.named_parameters() if weight.requires_grad}
        save_file({name: weight.detach().cpu().contiguous() for name, weight in trained.items()}, writing / WEIGHTS)
        if memory is not None:
            (writing / TASKS).write_text(json.dumps(memory.state()), encoding="utf-8")
        (writing / "trainer_state.json").write_text(json.dumps({"global_step": step}), encoding="utf-8")
        before = [path for path in self.folder.glob("checkpoint-*") if path != place]
        replace_folder(writing, place)
        for path in before:
            shutil.rmtree(path, ignore_errors=True)


def _seed_of(seed: int, number: int) -> int:
    """Return the seed of a round; rounds and runs near each other have none in common."""
    return random.Random(f"round {seed} {number}").getrandbits(32)
