"""What goes on beside the steps of a run: whole checkpoints, samples to look at, held-out rooms, trackers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from spatialenv.report import RunFolder
from spatialenv.trainers.callbacks.checkpoints import ExactCheckpoints, last_checkpoint
from spatialenv.trainers.callbacks.samples import KeptSamples
from spatialenv.trainers.callbacks.trackers import tracker_callbacks
from spatialenv.trainers.callbacks.watch import HeldOutWatch
from spatialenv.trainers.settings import RunSettings

__all__ = ["ExactCheckpoints", "HeldOutWatch", "KeptSamples", "add_callbacks", "last_checkpoint"]


def add_callbacks(
    trainer: Any, settings: RunSettings, folder: RunFolder, notify: Callable[[str], None], *, step: int = 0
) -> None:
    """Add to a trainer what the settings ask for beside its steps.

    Args:
        trainer: A `LayoutGRPOTrainer`. On several processes all add them; the first one writes.
        settings: Of the run.
        folder: The run folder.
        notify: Told what the user should know at once.
        step: The last step that was done.
    """
    if settings.logging.samples_every and hasattr(trainer, "seats"):  # stock TRL keeps no record of its episodes
        trainer.add_callback(KeptSamples(trainer, folder, settings.logging.samples_every, settings.logging.samples))
    if settings.watch.every:
        trainer.add_callback(HeldOutWatch(trainer, settings, folder, notify))
    if trainer.is_world_process_zero():
        for callback in tracker_callbacks(settings, folder.path, step):
            trainer.add_callback(callback)
