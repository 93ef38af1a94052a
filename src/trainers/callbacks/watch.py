"""Held-out rooms that the policy plays while it trains, and the warning when the reward rises without them."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import torch
from transformers import TrainerCallback

from spatialenv.core.episode import Episode
from spatialenv.errors import InputError
from spatialenv.evaluation.metrics import turn_rates
from spatialenv.report import RunFolder
from spatialenv.report.watching import Gaming, find_gaming, gaming_now
from spatialenv.trainers.settings import RunSettings


class HeldOutWatch(TrainerCallback):
    """Plays held-out rooms with the policy as it is; training goes on as if it had not.

    Args:
        trainer: A `LayoutGRPOTrainer`.
        settings: Of the run.
        folder: The run folder.
        notify: Told when the reward seems to be gamed, once for each metric.
    """

    def __init__(self, trainer: Any, settings: RunSettings, folder: RunFolder, notify: Callable[[str], None]) -> None:
        self.trainer = trainer
        self.settings = settings
        self.folder = folder
        self.notify = notify
        self.found: dict[str, Gaming] | None = None

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Play if it is time; what came of it is logged with the step."""
        chosen = self.settings.watch
        step = int(state.global_step)
        if step % chosen.every:
            return
        figures = watch_figures(play_watched(self.trainer, self.settings))
        metrics = self.trainer._metrics["train"]
        if state.is_world_process_zero:
            rewards = [value for value in metrics["reward"] if value == value]
            row = {"step": step, "reward": float(np.mean(rewards)) if rewards else None, **figures}
            figures = {**figures, "watch/warnings": float(self._warn([*self.folder.metrics("rl"), row]))}
        for name, value in figures.items():
            metrics[name].append(value)

    def _warn(self, rows: list[dict[str, Any]]) -> int:
        """Tell of what the last watch shows for the first time; return how many metrics were warned of so far."""
        judge = find_gaming if self.found is None else gaming_now  # the first time, also of what was before a stop
        known = self.found or {}
        new = {
            gaming.metric: gaming for gaming in judge(rows, self.settings.watch.patience) if gaming.metric not in known
        }
        for gaming in new.values():
            self.notify(gaming.text)
        self.found = {**known, **new}
        return len(self.found)


def play_watched(trainer: Any, settings: RunSettings) -> list[Episode]:
    """Return the episodes of the watched rooms, played by the trainer's model; every process plays all of them."""
    from trl.models import unwrap_model_for_generation

    from spatialenv.trainers.stages import evaluate_model

    chosen = settings.watch
    watched = settings.model_copy(
        update={"held_out": watched_tasks(settings), "evaluate": settings.evaluate.model_copy(update={"n": chosen.n})}
    )
    with (
        random_state_kept(),
        unwrap_model_for_generation(trainer.model_wrapped, trainer.accelerator) as model,
    ):
        return list(evaluate_model(model, trainer.processing_class, watched, "watch").episodes)


def watched_tasks(settings: RunSettings) -> str | dict[str, Any]:
    """Return where the watched rooms come from: `watch.tasks`, else the validation split of the training tasks.

    Raises:
        InputError: If that cannot be told.

    Example:
        >>> watched_tasks(RunSettings(tasks="easy/train", held_out="easy/test"))
        'easy/validation'
    """
    given, tasks = settings.watch.tasks, settings.tasks
    if given is not None:
        found = given
    elif isinstance(tasks, str) and tasks.endswith("/train"):
        found = tasks.removesuffix("train") + "validation"
    elif isinstance(tasks, Mapping) and tasks.get("split") == "train":
        found = {**tasks, "split": "validation"}
    else:
        raise InputError(
            f"`watch.every` is {settings.watch.every}, but the validation split of the tasks {tasks!r} is not known; "
            "name rooms to watch in `watch.tasks`, such as 'easy/validation', or set `watch.every` to 0"
        )
    if found == settings.held_out:
        raise InputError(
            f"`watch` would play the rooms of `held_out` ({settings.held_out!r}), which are for the result alone; "
            "name others in `watch.tasks`"
        )
    return found


def watch_figures(episodes: list[Episode]) -> dict[str, float]:
    """Return the figures of watched episodes by their names in ``metrics.jsonl``.

    What has no value, as a share of no well-formed answers, is left out; failed episodes do not count.
    """
    played = [episode for episode in episodes if episode.failure is None and episode.turns]
    figures = {"watch/rooms": float(len(played))}
    if not played:
        return figures
    for when, turn in (("first", 0), ("final", -1)):
        rates = turn_rates(played, turn)
        for name in (
            "format_rate",
            "valid_layout_rate",
            "clean_rate",
            "commonest_layout_share",
            "commonest_corners_share",
        ):
            if rates[name] is not None:
                figures[f"watch/{when}/{name}"] = float(rates[name])
        figures[f"watch/{when}/score"] = float(rates["mean_score"])
    last = [episode.turns[-1] for episode in played]
    figures["watch/final/score_deviation"] = float(np.std([turn.score for turn in last]))
    if figures["watch/final/format_rate"]:
        figures["watch/final/valid_of_well_formed"] = (
            figures["watch/final/valid_layout_rate"] / figures["watch/final/format_rate"]
        )
    for name in sorted({name for turn in last for name in turn.components}):
        values = [float(turn.components[name]) for turn in last if name in turn.components]
        figures[f"watch/final/component/{name}"] = float(np.nanmean(values)) if not np.isnan(values).all() else 0.0
    return figures


@contextlib.contextmanager
def random_state_kept() -> Iterator[None]:
    """Leave every global source of random numbers as it was found."""
    held, held_numpy = random.getstate(), np.random.get_state()  # noqa: NPY002
    try:
        with torch.random.fork_rng():
            yield
    finally:
        random.setstate(held)
        np.random.set_state(held_numpy)  # noqa: NPY002
