"""Trackers: Weights & Biases, TensorBoard and trackio, by the callbacks that transformers has for them.

The curves of a run that goes on continue: TensorBoard's points after the checkpoint are dropped, Weights & Biases and
trackio are told the run that they know.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spatialenv.errors import require
from spatialenv.trainers.settings import RunSettings

if TYPE_CHECKING:
    from transformers import TrainerCallback

PROJECT = "spatialenv"
"""Project that runs are filed under where the environment names none."""


def hosted_trackers(settings: RunSettings) -> list[str]:
    """Return the trackers that transformers makes by itself, for ``report_to``; see `tracker_callbacks` for others."""
    return [name for name in settings.logging.to if name != "tensorboard"]


def run_name(folder: Path) -> str:
    """Return what trackers call the run whose trainer writes to ``<run>/checkpoints/<name>``."""
    return folder.resolve().parent.parent.name


def check_trackers(settings: RunSettings) -> None:
    """Raise MissingExtraError if a tracker of the settings is not installed."""
    for name in settings.logging.to:
        require(name, name, f"the tracker {name!r}")


def tracker_callbacks(settings: RunSettings, folder: Path, step: int) -> list[TrainerCallback]:
    """Return callbacks that write for trackers which transformers would not let go on exactly.

    Args:
        settings: Of the run.
        folder: The run folder.
        step: The last step that was done.
    """
    if "tensorboard" not in settings.logging.to:
        return []
    from torch.utils.tensorboard import SummaryWriter
    from transformers.integrations.integration_utils import TensorBoardCallback

    writer: Any = SummaryWriter(str(folder / "trackers" / "tensorboard"), purge_step=step + 1)
    return [TensorBoardCallback(writer)]


@contextlib.contextmanager
def tracked(settings: RunSettings, folder: Path, known: str | None) -> Iterator[str | None]:
    """Let trackers file the curves of a run in its folder and under its name, and end them in any case.

    What the environment says already (``WANDB_PROJECT``, ``WANDB_MODE``, ...) stays.

    Args:
        settings: Of the run.
        folder: The run folder.
        known: The run's id at Weights & Biases, where it has one.

    Yields:
        The id from now on, or None without Weights & Biases.
    """
    names = settings.logging.to
    values: dict[str, str] = {}
    if "wandb" in names:
        known = os.environ.get("WANDB_RUN_ID") or known or secrets.token_hex(6)
        values |= {"WANDB_RUN_ID": known, "WANDB_RESUME": "allow", "WANDB_PROJECT": PROJECT}
        values["WANDB_DIR"] = str(folder / "trackers")
        (folder / "trackers").mkdir(exist_ok=True)
    if "trackio" in names:
        values["TRACKIO_DIR"] = str(folder / "trackers" / "trackio")
    ours = {name: value for name, value in values.items() if name not in os.environ}
    os.environ.update(ours)
    try:
        yield known if "wandb" in names else None
    finally:
        for name in ours:
            os.environ.pop(name, None)
        if "wandb" in names:
            import wandb

            wandb.finish()
