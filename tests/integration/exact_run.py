"""Runs in processes of their own that are killed at a chosen moment, for `test_exact_runs`.

They are forked from a process that has imported everything, so that each starts at once.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
import traceback
from typing import Any

import torch

from spatialenv.core.write import write_answer
from spatialenv.evaluation.policy import RandomPolicy
from spatialenv.trainers import grpo, run, stages  # noqa: F401  (imported before the first fork)
from spatialenv.trainers.callbacks import checkpoints
from spatialenv.trainers.settings import load_settings

SETTINGS: dict[str, Any] = {
    "tasks": {
        "name": "curriculum",
        "of": ["demo", "easy"],
        "window": 2,
        "raise_at": 0.5,
        "lower_at": 0.0,
        "split": "train",
    },
    "held_out": "demo/test",
    "threads": 1,
    "env": {"views": ["top"], "size": [32, 32], "labels": False, "feedback": "targets", "max_turns": 2},
    "warm_start": {"steps": 4, "batch_size": 2},
    "rl": {
        "steps": 6,
        "batch_size": 4,
        "group_size": 2,
        "max_new_tokens": 12,
        "learning_rate": 1e-2,
        "warmup_steps": 0,
        "gradient_accumulation_steps": 1,
        "gradient_checkpointing": False,
        "save_steps": 2,
    },
    "evaluate": {"n": 2, "constant_rooms": 4},
    "logging": {"samples_every": 3, "samples": 2},
    "watch": {"every": 3, "n": 2, "tasks": "demo/validation"},
}


def scripted_answers(
    trainer: Any, histories: Any, images: Any, fields: Any, count: int
) -> tuple[list[list[int]], None]:
    """Answer with layouts drawn by torch's random numbers, so that there is something to learn, and a state to keep."""
    ids = []
    for rollout in (rollout for rollout in trainer.rollouts if rollout.is_open):
        policy = RandomPolicy(seed=int(torch.randint(2**31, (1,))))
        ids.append(trainer.chat.encode(write_answer(policy.layout(rollout.seat.scene))))
    return ids, None


def play(folder: str, model: str, kill: str = "", overrides: dict[str, Any] | None = None) -> None:
    """Train in this process.

    Args:
        folder: The run folder.
        model: The model folder.
        kill: When to end without a warning: ``"<title of a stage>:<step>"``, or ``"saving:<n>"`` in the middle of the
            n-th checkpoint that this process writes.
        overrides: Settings that win.
    """
    where, _, number = kill.rpartition(":")
    run.fit_constant = lambda rooms, seed: RandomPolicy(seed)  # type: ignore[assignment]
    run.write_report = lambda folder: folder.path  # it is drawn in other tests, and takes a sixth of the time
    saves = 0
    save = checkpoints.ExactCheckpoints._save_checkpoint

    def progress(title: str, done: int, total: int, figures: Any) -> None:
        if title == where and done >= int(number):
            os.kill(os.getpid(), signal.SIGKILL)

    def die(*_: Any, **__: Any) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def saving(trainer: Any, *args: Any) -> None:
        nonlocal saves
        saves += 1
        if where == "saving" and saves == int(number):
            trainer._save_rng_state = die  # after the weights and the optimiser, before the rest
        save(trainer, *args)

    grpo.LayoutGRPOTrainer._generate_single_turn = scripted_answers  # type: ignore[method-assign]
    checkpoints.ExactCheckpoints._save_checkpoint = saving  # type: ignore[method-assign]
    settings = load_settings({**SETTINGS, "model": model}, overrides)
    run.train(settings, folder, progress=progress, notify=lambda text: None, command="spatialenv train")


def serve() -> None:
    """Read jobs, a JSON object a line; play each in a process forked from this one; answer how it ended."""
    for line in sys.stdin:
        job = json.loads(line)
        after = job.pop("after", None)
        process = os.fork()
        if process == 0:
            code = 1
            try:
                os.dup2(os.open(job["folder"] + ".log", os.O_WRONLY | os.O_CREAT | os.O_APPEND), 2)
                os.dup2(2, 1)
                play(**job)
                code = 0
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(code)
        if after is not None:
            time.sleep(after)
            os.kill(process, signal.SIGKILL)
        status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
        print(status, flush=True)  # noqa: T201


if __name__ == "__main__":
    serve()
    os._exit(0)  # nothing is left to tidy up, and torch takes seconds to
