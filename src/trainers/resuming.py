"""Where checkpoints may fall, and what they must hold of the trainer, so that a run goes on as if it had not stopped.

`callbacks.checkpoints` writes them. Answers that wait for a later step are not in them, so checkpoints fall where there
are none (`align_checkpoints`). Only that of the last step may fall elsewhere; a run that is trained on from there draws
the answers that are left anew.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from spatialenv.errors import InputError


def align_checkpoints(args: Any) -> None:
    """Move the checkpoints of `args` to steps from which a run can go on exactly: `save_steps` is rounded up.

    Args:
        args: A `trl.GRPOConfig`; its `save_steps` is changed where needed.

    Raises:
        InputError: If the reference model changes, which no checkpoint holds.
    """
    strategy = str(getattr(args.save_strategy, "value", args.save_strategy))
    if strategy == "no":
        return
    if args.sync_ref_model:
        raise InputError(
            "`sync_ref_model` is on, but checkpoints do not hold the reference model, so that the run could not go on "
            "from one; switch it off, or save no checkpoints (save_steps 0)"
        )
    if strategy == "steps":
        every = generation_steps(args)
        steps = args.save_steps if args.save_steps >= 1 else math.ceil(args.max_steps * args.save_steps)
        args.save_steps = math.ceil(steps / every) * every


def generation_steps(args: Any) -> int:
    """Return after how many optimiser steps answers are generated anew and none are left over.

    Args:
        args: A `trl.GRPOConfig`, whose `steps_per_generation` counts passes forward and backward.
    """
    passes = args.steps_per_generation * args.num_iterations
    return int(math.lcm(passes, args.gradient_accumulation_steps) // args.gradient_accumulation_steps)


def check_task_source(tasks: Any, processes: int, rows: int, group_size: int) -> None:
    """Make sure that all samples of a group play one scene.

    Args:
        tasks: The source of the scenes, or None where it is not known.
        processes: Number of processes.
        rows: Episodes that one of them plays at a time.
        group_size: Episodes a group.

    Raises:
        InputError: If the source learns from outcomes, so that each process has its own, and groups span processes.
    """
    if processes > 1 and hasattr(tasks, "observe") and rows % group_size:
        raise InputError(
            f"the task source {getattr(tasks, 'name', tasks)!r} follows the outcomes of its own process, but groups of "
            f"{group_size} span processes that play {rows} episodes each; let each play a multiple of {group_size}, "
            "or use a source that does not change"
        )


class StepMemory:
    """Where TRL stands beside the weights, for checkpoints (`ExactCheckpoints.remember`).

    That is the number of passes, which says when answers are generated anew, and its controller of the entropy bonus.

    Args:
        trainer: A `trl.GRPOTrainer`.
    """

    def __init__(self, trainer: Any) -> None:
        self._trainer = trainer

    def state(self) -> dict[str, Any]:
        """Return it in JSON types."""
        entropy = self._trainer._last_world_entropy
        return {
            "passes": self._trainer._step,
            "entropy_weight": self._trainer.entropy_coef,
            "entropy": entropy if math.isfinite(entropy) else None,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a `state`."""
        self._trainer._step = state["passes"]
        self._trainer.entropy_coef = state["entropy_weight"]
        self._trainer._last_world_entropy = math.inf if state["entropy"] is None else state["entropy"]
