"""Training episodes that are kept to be looked at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from transformers import TrainerCallback

from spatialenv.report import RunFolder


class KeptSamples(TrainerCallback):
    """Keeps some episodes of every so many steps, and of the first and last, with their pictures.

    Args:
        trainer: A `LayoutGRPOTrainer`.
        folder: The run folder.
        every: Steps from one to the next.
        count: Episodes of a step.
    """

    def __init__(self, trainer: Any, folder: RunFolder, every: int, count: int) -> None:
        self.trainer = trainer
        self.folder = folder
        self.every = every
        self.count = count

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Keep episodes of this step if it is one of those."""
        step = int(state.global_step)
        if not state.is_world_process_zero or not (step == 1 or step % self.every == 0 or step >= state.max_steps):
            return
        rows = sample_rows(len(self.trainer.seats), int(self.trainer.num_generations), self.count)
        self.folder.save_samples(step, [self.trainer.seats[row].episode() for row in rows])


def sample_rows(rows: int, group_size: int, count: int) -> Sequence[int]:
    """Return which episodes of a batch are kept: the first of groups spread over it, whatever came of them.

    Args:
        rows: Episodes of the batch; of several processes one may hold less than a group.
        group_size: Episodes of a group, which follow each other.
        count: Number wanted; where there are fewer groups, further episodes of these follow.

    Example:
        >>> sample_rows(48, 8, 4), sample_rows(8, 8, 3)
        ([0, 16, 24, 40], [0, 1, 2])
    """
    groups = max(1, rows // group_size)
    taken = [round(index * (groups - 1) / max(1, min(count, groups) - 1)) for index in range(min(count, groups))]
    chosen = [group * group_size for group in taken]
    others = [group * group_size + within for within in range(1, min(group_size, rows)) for group in taken]
    return sorted([*chosen, *others[: count - len(chosen)]])
