"""Steps a second of `RoomLayoutEnv`, with pictures and without the share of drawing them.

A step reads an answer, places, scores (reward ``physics``), finds what is wrong, draws, and writes
feedback; its answers are random places in rooms of the preset ``medium`` (4 to 7 objects), episodes
have three turns, and the reset is timed apart. One process, one env.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from spatialenv.core.placed import PlacedScene
from spatialenv.core.scene import Scene
from spatialenv.core.violations import Violation
from spatialenv.core.write import write_answer
from spatialenv.envs import RoomLayoutEnv
from spatialenv.renderers import Frames
from spatialenv.tasks import make_tasks

SETTINGS: dict[str, dict[str, Any]] = {
    "two_views_labels_256px": {"views": ("corner", "top"), "size": (256, 256), "labels": True},
    "one_view_256px": {"views": ("top",), "size": (256, 256), "labels": False},
    "one_view_48px": {"views": ("top",), "size": (48, 48), "labels": False},
    "no_drawing": {"views": ("top",), "size": (16, 16), "labels": False},
}
"""Keyword arguments of the env by the name in the figures."""

TURNS = 3


@dataclass(frozen=True)
class BlankRenderer:
    """Gives empty pictures, so that all but drawing is timed."""

    name: str = "blank"
    version: str = "blank-1"

    def render(
        self,
        placed: PlacedScene,
        *,
        views: Sequence[str] = ("corner", "top"),
        size: tuple[int, int] = (256, 256),
        labels: bool = True,
        violations: Sequence[Violation] = (),
    ) -> Frames:
        """Return black pictures."""
        return Frames({view: np.zeros((size[1], size[0], 3), np.uint8) for view in views})


def run(quick: bool = False) -> tuple[dict[str, float], dict[str, Any]]:
    """Return ``(ratios, figures)``.

    Args:
        quick: Fewer episodes, for a smoke test.

    Returns:
        No ratios. Figures: ``env_steps_per_s`` and ``env_reset_ms`` by setting, from medians, and
        ``env_drawing_share``, the part of a step's time that drawing takes, by setting.
    """
    tasks = make_tasks("medium")
    scenes = [tasks.sample(seed) for seed in range(4 if quick else 40)]
    answers = [random_answers(scene, seed) for seed, scene in enumerate(scenes)]
    envs = {
        name: RoomLayoutEnv(
            tasks=scenes,
            renderer=BlankRenderer() if name == "no_drawing" else "fast",
            max_turns=TURNS,
            **options,
        )
        for name, options in SETTINGS.items()
    }
    resets: dict[str, list[float]] = {name: [] for name in envs}
    steps: dict[str, list[float]] = {name: [] for name in envs}
    for env in envs.values():
        play(env, scenes[0], answers[0])  # kernels are compiled and loaded
    for scene, texts in zip(scenes, answers, strict=True):
        for name, env in envs.items():  # they take turns, so that a change of the machine's load meets all
            reset, found = play(env, scene, texts)
            resets[name].append(reset)
            steps[name] += found
    seconds = {name: statistics.median(times) for name, times in steps.items()}
    return {}, {
        "env_steps_per_s": {name: 1.0 / value for name, value in seconds.items()},
        "env_reset_ms": {name: 1000.0 * statistics.median(times) for name, times in resets.items()},
        "env_drawing_share": {name: 1.0 - seconds["no_drawing"] / value for name, value in seconds.items()},
    }


def play(env: RoomLayoutEnv, scene: Scene, texts: Sequence[str]) -> tuple[float, list[float]]:
    """Return the seconds of the reset and of each step of an episode."""
    start = time.perf_counter()
    env.reset(options={"scene": scene})
    reset = time.perf_counter() - start
    steps = []
    for text in texts:
        if env.is_over:
            break
        start = time.perf_counter()
        env.step(text)
        steps.append(time.perf_counter() - start)
    return reset, steps


def random_answers(scene: Scene, seed: int) -> list[str]:
    """Return an episode's answers: every object on the floor somewhere."""
    rng = np.random.default_rng(seed)
    answers = []
    for _ in range(TURNS):
        places: dict[str, tuple[float, ...]] = {
            item.id: (
                float(rng.uniform(0, scene.room.length)),
                float(rng.uniform(0, scene.room.width)),
                item.size[2] / 2,
            )
            for item in scene.objects
        }
        answers.append(write_answer(scene.place(places).layout))
    return answers


if __name__ == "__main__":
    print(json.dumps(run()[1], indent=2))
