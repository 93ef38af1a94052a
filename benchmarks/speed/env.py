"""Steps a second of `RoomLayoutEnv`, alone and in batches, with pictures and without the share of drawing them.

A step reads an answer, places, scores (reward ``physics``), finds what is wrong, draws, and writes
feedback; its answers are random places in rooms of the preset ``medium`` (4 to 7 objects), and episodes
have three turns. Of one env the reset is timed apart; in the comparison with batches it counts, and each side
plays the same episodes. One process.
"""

from __future__ import annotations

import hashlib
import json
import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from gymnasium.vector import SyncVectorEnv, VectorEnv

from benchmarks.speed.timing import interleave
from spatialenv.core.scene import Scene
from spatialenv.core.write import write_answer
from spatialenv.envs import RoomLayoutEnv, RoomLayoutVectorEnv
from spatialenv.tasks import make_tasks

SETTINGS: dict[str, dict[str, Any]] = {
    "two_views_labels_256px": {"views": ("corner", "top"), "size": (256, 256), "labels": True},
    "one_view_256px": {"views": ("top",), "size": (256, 256), "labels": False},
    "one_view_48px": {"views": ("top",), "size": (48, 48), "labels": False},
    "no_drawing": {"views": ("top",), "size": (16, 16), "labels": False},
}
"""Keyword arguments of the env by the name in the figures."""

TURNS = 3


ENVS = 8
"""Envs of a batch."""


def run(quick: bool = False) -> tuple[dict[str, float], dict[str, Any]]:
    """Return ``(ratios, figures)``.

    Args:
        quick: Fewer episodes, for a smoke test.

    Returns:
        Ratios: those of `compare_batches`. Figures: ``env_steps_per_s`` and ``env_reset_ms`` by setting, from
        medians; ``env_drawing_share``, the part of a step's time that drawing takes, by setting; and
        ``env_batch_steps_per_s``, see `compare_batches`, with ``env_machine_2_threads_vs_1``, what two threads gain
        on this machine at work that never holds the interpreter's lock: no ratio of threads can be greater.
    """
    tasks = make_tasks("medium")
    scenes = [tasks.sample(seed) for seed in range(4 if quick else 40)]
    answers = [random_answers(scene, seed) for seed, scene in enumerate(scenes)]
    envs = {
        name: RoomLayoutEnv(
            tasks=scenes,
            renderer="blank" if name == "no_drawing" else "fast",
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
    rates = compare_batches(scenes, answers, turns=3 if quick else 30)
    ratios = {
        "vector_vs_single": rates["vector_1_thread"] / rates["single"],
        "vector_2_threads_vs_1": rates["vector_2_threads"] / rates["vector_1_thread"],
        "vector_2_threads_vs_single": rates["vector_2_threads"] / rates["single"],
        "vector_2_threads_vs_sync_vector": rates["vector_2_threads"] / rates["sync_vector"],
    }
    return ratios, {
        "env_batch_steps_per_s": rates,
        "env_machine_2_threads_vs_1": thread_gain(),
        "env_steps_per_s": {name: 1.0 / value for name, value in seconds.items()},
        "env_reset_ms": {name: 1000.0 * statistics.median(times) for name, times in resets.items()},
        "env_drawing_share": {name: 1.0 - seconds["no_drawing"] / value for name, value in seconds.items()},
    }


def compare_batches(
    scenes: Sequence[Scene], answers: Sequence[Sequence[str]], *, turns: int, **options: Any
) -> dict[str, float]:
    """Return the answers a second of eight episodes at a time, their resets included, two views of 256 x 256 px.

    Args:
        scenes: Scenes; the first ones are played again where there are fewer than eight.
        answers: An episode's answers for each of them.
        turns: How often each side plays.
        **options: Arguments of the env in place of the default ones.

    Returns:
        By side: ``single``, one env; ``single_2_threads``, two of them, each in a thread of its own;
        ``sync_vector``, gymnasium's `SyncVectorEnv`; ``vector_1_thread`` and ``vector_2_threads``, the native one.
    """
    rooms = [scenes[index % len(scenes)] for index in range(ENVS)]
    texts = [answers[index % len(scenes)] for index in range(ENVS)]
    options = {"tasks": rooms, "max_turns": TURNS, **options}
    pool = ThreadPoolExecutor(2)
    singles = [RoomLayoutEnv(**options) for _ in range(2)]
    sync = SyncVectorEnv([lambda: RoomLayoutEnv(**options) for _ in range(ENVS)])
    native = {threads: RoomLayoutVectorEnv(ENVS, threads, **options) for threads in (1, 2)}

    def play_alone(env: RoomLayoutEnv, indices: range) -> None:
        for index in indices:
            play(env, rooms[index], texts[index])

    def play_apart() -> None:
        list(pool.map(play_alone, singles, (range(0, ENVS, 2), range(1, ENVS, 2))))

    def play_batch(envs: VectorEnv[Any, Any, Any]) -> Callable[[], None]:
        def call() -> None:
            envs.reset(seed=0)  # env i plays room i
            for turn in range(TURNS):
                envs.step(tuple(found[turn] for found in texts))

        return call

    seconds = interleave(
        {
            "single": lambda: play_alone(singles[0], range(ENVS)),
            "single_2_threads": play_apart,
            "sync_vector": play_batch(sync),
            "vector_1_thread": play_batch(native[1]),
            "vector_2_threads": play_batch(native[2]),
        },
        turns,
    )
    pool.shutdown()
    for env in (sync, *native.values()):
        env.close()
    return {name: ENVS * TURNS / value for name, value in seconds.items()}


def thread_gain(turns: int = 5) -> float:
    """Return how many times as fast two threads are as one at hashing bytes."""
    data = bytes(10_000_000)

    def work(_: int) -> bytes:
        return hashlib.sha256(data).digest()

    with ThreadPoolExecutor(2) as pool:
        seconds = interleave(
            {"one": lambda: list(map(work, range(4))), "two": lambda: list(pool.map(work, range(4)))}, turns
        )
    return seconds["one"] / seconds["two"]


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
