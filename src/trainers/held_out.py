"""No room that a result is of was trained on or watched: told by the rooms themselves, not by their seeds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from spatialenv.errors import InputError
from spatialenv.tasks import TaskSource, make_tasks, scene_key
from spatialenv.trainers.algorithms import scenes_used
from spatialenv.trainers.settings import RunSettings


def training_sources(settings: RunSettings) -> list[TaskSource]:
    """Return the sources of training scenes: the levels of a curriculum, else one."""
    tasks = make_tasks(settings.tasks)
    return list(getattr(tasks, "levels", [tasks]))


def check_held_out(settings: RunSettings, progress: Callable[[int, int], None]) -> dict[str, Any]:
    """Compare the held-out rooms with every training scene; return ``{"rooms", "training_scenes", "shared"}``.

    Args:
        settings: Of the run, resolved.
        progress: Called now and then with the scenes compared and all of them.

    Raises:
        InputError: If a held-out room is among the training scenes.
    """
    from spatialenv.trainers.stages import first_seed

    chosen = settings.warm_start
    counts = {
        "warm_start": chosen.steps * chosen.batch_size * chosen.gradient_accumulation_steps,
        "rl": scenes_used(settings),
    }
    held = _held_out_rooms(settings)
    sources = training_sources(settings)  # a seed may be drawn at any
    done, total, shared = 0, sum(counts.values()), 0
    for stage, count in counts.items():
        first = first_seed(settings, stage)
        for seed in range(first, first + count):
            shared += any(scene_key(source.sample(seed)) in held for source in sources)
            done += 1
            if done % 500 == 0 or done == total:
                progress(done, total)
    if shared:
        raise InputError(
            f"{shared} training scenes are among the held-out rooms; give `held_out` a split of its own, "
            "such as 'demo/test'"
        )
    return {"rooms": len(held), "training_scenes": total, "shared": 0}


def check_watched(settings: RunSettings, watched: TaskSource) -> None:
    """Raise InputError if a room that is watched during training is one of those that the result is of."""
    from spatialenv.trainers.stages import HELD_OUT_SEED

    held = _held_out_rooms(settings)
    shared = sum(scene_key(watched.sample(HELD_OUT_SEED + index)) in held for index in range(settings.watch.n))
    if shared:
        raise InputError(
            f"{shared} of the rooms to watch are among the held-out rooms, which are for the result alone; name a "
            "split of its own in `watch.tasks`, such as 'easy/validation'"
        )


def _held_out_rooms(settings: RunSettings) -> set[str]:
    from spatialenv.trainers.stages import HELD_OUT_SEED

    tasks = make_tasks(settings.held_out)
    return {scene_key(tasks.sample(HELD_OUT_SEED + index)) for index in range(settings.evaluate.n)}
