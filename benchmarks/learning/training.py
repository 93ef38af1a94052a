"""What the arms train: a tiny model from nothing, and the model of another arm on from there."""

from __future__ import annotations

import json
import math
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from benchmarks.learning.controls import Control, make_control
from benchmarks.learning.folders import Job, check_start, identity, write
from spatialenv.envs.room_layout import RoomLayoutEnv
from spatialenv.errors import InputError
from spatialenv.evaluation.model_policy import fingerprint, load_model
from spatialenv.formats.atomic import replace_folder
from spatialenv.tasks import TaskSource, make_tasks, scene_key
from spatialenv.trainers.algorithms import make_algorithm, resolve, scenes_used
from spatialenv.trainers.held_out import training_sources
from spatialenv.trainers.settings import RunSettings
from spatialenv.trainers.stages import (
    HELD_OUT_SEED,
    SEEDS_A_RUN,
    OnStep,
    build_start,
    check_algorithm,
    first_seed,
    make_trainer,
    run_warm_start,
    shown_demonstrator,
)
from spatialenv.trainers.supervision import WarmStartConfig, warm_start


@dataclass(slots=True)
class Answers:
    """A count of the answers that environments were given.

    Attributes:
        count: Answers so far.
    """

    count: int = 0

    def counted(self, env_class: type[RoomLayoutEnv]) -> type[RoomLayoutEnv]:
        """Return the same class of environments, which count here."""

        def step(env: RoomLayoutEnv, action: str) -> Any:
            self.count += 1
            return env_class.step(env, action)

        return type(env_class.__name__, (env_class,), {"step": step})


def train_job(job: Job) -> None:
    """Train what a job trains; leave its model, ``metrics.jsonl`` and ``training.json``.

    Raises:
        InputError: If the arm cannot be trained as its settings say, the job that it starts from has left no model, or
            a room of a suite is among the training scenes.
    """
    settings = job.settings()
    if settings.threads is not None:
        torch.set_num_threads(settings.threads)
    control = make_control(job.arm.control)
    answers = Answers()
    env_class = answers.counted(control.env_class)
    start_model = None
    with tempfile.TemporaryDirectory() as scratch:
        if job.arm.how == "warm_start":
            stage, count = "warm_start", settings.warm_start.steps * settings.warm_start.batch_size
            model, processor = _new_model(settings, control, Path(scratch) / "start")
        else:
            check_start(job)
            assert job.start is not None
            stage, count = "rl", _scenes(settings)
            check_algorithm(settings, Path(scratch))
            start_model = fingerprint(job.start.folder / "model")
            model, processor = load_model(job.start.folder / "model", pictures=settings.pictures, dtype=settings.dtype)
        check_rooms_are_new(job, first_seed(settings, stage), count)
        record = _Record(job.folder / "metrics.jsonl")
        began, worked = time.monotonic(), time.process_time()
        if job.arm.how == "warm_start":
            run_warm_start(model, processor, _env_fn(env_class, settings), settings, record)
        elif settings.algorithm == "sft":
            continue_supervision(model, processor, _env_fn(env_class, settings), settings, record)
        else:
            tasks = make_tasks(settings.tasks)
            model = _reinforce(
                model, processor, _env_fn(env_class, settings, tasks), settings, control, record, scratch
            )
        seconds, cpu_seconds = time.monotonic() - began, time.process_time() - worked
    is_shown = job.arm.how == "warm_start" or settings.algorithm == "sft"
    facts = {
        "steps": record.steps,
        "samples": answers.count,
        "samples_by": "demonstrator" if is_shown else "policy",
        "seconds": round(seconds, 2),
        "cpu_seconds": round(cpu_seconds, 2),
        "weights": sum(weight.numel() for weight in model.parameters()),
        "start_model": start_model,
    }
    _save(model, processor, job.folder / "model")
    write(job.folder / "training.json", {**identity(job), **facts})


def continue_supervision(
    model: Any, processor: Any, env_fn: Callable[[], RoomLayoutEnv], settings: RunSettings, on_step: OnStep
) -> None:
    """Train `model` in place on demonstrations: as many as reinforcement learning would play episodes.

    The learning rate is constant, as a schedule that ends at nothing has been gone through already.
    """
    began = time.monotonic()
    chosen = settings.warm_start
    config = WarmStartConfig(
        steps=_supervised_steps(settings),
        batch_size=chosen.batch_size,
        learning_rate=settings.rl.learning_rate,
        first_seed=first_seed(settings, "rl"),
        demonstrator=shown_demonstrator(settings),
        schedule="constant",
        pictures=settings.pictures,
    )
    torch.manual_seed(settings.seed)
    warm_start(
        model,
        processor,
        env_fn,
        config,
        seed=settings.seed + SEEDS_A_RUN,  # other demonstrations than the warm start's
        on_step=lambda step, figures: on_step(step, {"seconds": time.monotonic() - began, **figures}),
    )


def check_rooms_are_new(job: Job, first: int, count: int) -> None:
    """See that no room of any suite is among training scenes, told by the rooms themselves.

    Args:
        job: The job.
        first: Seed of the first training scene.
        count: Number of training scenes.

    Raises:
        InputError: If one is.
    """
    played: dict[str, str] = {}
    for suite, chosen in job.study.suites.items():
        source = job.study.tasks(suite)
        played |= {scene_key(source.sample(HELD_OUT_SEED + index)): suite for index in range(chosen.n)}
    for source in training_sources(job.settings()):
        for seed in range(first, first + count):
            suite = played.get(scene_key(source.sample(seed)), "")
            if suite:
                raise InputError(f"the training scene of seed {seed} is among the rooms of the suite {suite!r}")


def _new_model(settings: RunSettings, control: Control, folder: Path) -> tuple[Any, Any]:
    """Return a tiny model with random weights and its processor."""
    build_start(folder, _env_fn(control.env_class, settings), settings)
    return load_model(folder, pictures=settings.pictures, dtype=settings.dtype)


def _reinforce(
    model: Any,
    processor: Any,
    env_fn: Callable[[], RoomLayoutEnv],
    settings: RunSettings,
    control: Control,
    record: OnStep,
    scratch: str,
) -> Any:
    """Return the model, trained by an online algorithm."""
    if make_algorithm(settings.algorithm).kind != "online" or settings.executor.kind != "serial":
        raise InputError(
            f"the algorithm {settings.algorithm!r} with the executor {settings.executor.kind!r} cannot be an arm: "
            "answers are counted of online algorithms and 'sft', with the executor 'serial'"
        )
    trainer = make_trainer(
        model, processor, env_fn, settings, Path(scratch), on_step=record, trainer_class=control.trainer_class
    )
    try:
        trainer.train()
    finally:
        trainer.executor.close()
    return trainer.accelerator.unwrap_model(trainer.model)


def _env_fn(
    env_class: type[RoomLayoutEnv], settings: RunSettings, tasks: TaskSource | None = None
) -> Callable[[], RoomLayoutEnv]:
    """Return what makes training environments, by default on scenes that do not depend on what was answered."""
    source = training_sources(settings)[0] if tasks is None else tasks
    return lambda: env_class(tasks=source, **settings.env.model_dump())


def _supervised_steps(settings: RunSettings) -> int:
    """Return the steps after which as many episodes were shown as reinforcement learning plays."""
    rl = resolve(settings).rl
    return math.ceil(rl.steps * rl.batch_size * rl.gradient_accumulation_steps / settings.warm_start.batch_size)


def _scenes(settings: RunSettings) -> int:
    """Return how many scenes are trained on from the first of the stage on."""
    if settings.algorithm == "sft":
        return _supervised_steps(settings) * settings.warm_start.batch_size
    return scenes_used(settings)


def _save(model: Any, processor: Any, folder: Path) -> None:
    """Write a model folder whole or not at all."""
    writing = folder.with_name(f".{folder.name}")
    shutil.rmtree(writing, ignore_errors=True)
    model.save_pretrained(writing)
    processor.save_pretrained(writing)
    replace_folder(writing, folder)


class _Record:
    """Writes the figures of each step as a line of JSON."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.steps = 0
        path.write_text("", encoding="utf-8")

    def __call__(self, step: int, figures: Mapping[str, float]) -> None:
        self.steps = step
        finite = {name: value if math.isfinite(value) else None for name, value in figures.items()}
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"step": step, **finite}) + "\n")
