"""A training run from settings to report: each stage is recorded, so that a stopped run goes on where it was.

check        that no held-out room is among the training scenes
prepare      the model folder the run starts from (the tiny one is built)
baselines    random, best constant layout, solver, on the held-out rooms
warm_start   supervised demonstrations, then evaluation: "warm_start"
rl           GRPO, then evaluation: "after"
report       summary.json and report.html
"""

from __future__ import annotations

import contextlib
import os
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from spatialenv.envs.room_layout import RoomLayoutEnv
from spatialenv.errors import InputError, require
from spatialenv.evaluation import fit_constant, make_policy
from spatialenv.renderers.base import Renderer, close_renderer
from spatialenv.report import RunFolder, write_report
from spatialenv.tasks import make_tasks, scene_key
from spatialenv.trainers.settings import RunSettings

Progress = Callable[[str, int, int, Mapping[str, float]], None]
"""Called with a stage's title, steps done, steps in all, and the latest figures."""


def train(
    settings: RunSettings,
    output: str | Path,
    *,
    progress: Progress | None = None,
    restart: bool = False,
    command: str | None = None,
) -> dict[str, Any]:
    """Train a model and write a run folder; returns what its ``summary.json`` holds.

    Args:
        settings: What to train on what.
        output: The run folder; a stopped run in it goes on where it was.
        progress: Called as the stages go on.
        restart: Start anew instead of going on.
        command: What the report names as the command that made it.

    Raises:
        MissingExtraError: If the extra ``train`` is not installed.
        InputError: If the folder cannot be used or the model is no vision-language model.
    """
    for module in ("torch", "transformers", "trl", "accelerate", "datasets"):
        require(module, "train", "training")
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        raise InputError(
            "a run folder is written by one process, but WORLD_SIZE says there are several; "
            "to train on several processes use LayoutGRPOTrainer in a script of your own under torchrun"
        )
    return Run(settings, RunFolder(output), progress or _silent).play(restart=restart, command=command)


class Run:
    """The stages of a run over its folder.

    Args:
        settings: What to train on what.
        folder: Where it is recorded.
        progress: Called as the stages go on.
    """

    def __init__(self, settings: RunSettings, folder: RunFolder, progress: Progress) -> None:
        self.settings = settings
        self.folder = folder
        self.progress = progress
        self.tasks = make_tasks(settings.tasks)
        self.held_out = make_tasks(settings.held_out)
        self._renderer: Renderer | None = None

    def play(self, *, restart: bool = False, command: str | None = None) -> dict[str, Any]:
        """Run the stages that are not done yet and return the summary."""
        with _quiet_libraries():
            self._check_settings()
        self.folder.create(self.settings.model_dump(mode="json"), command=command, restart=restart)
        if self.settings.threads is not None:
            import torch

            torch.set_num_threads(self.settings.threads)
        stages: dict[str, Callable[[], None]] = {
            "check": self._check_held_out,
            "prepare": self._prepare,
            "baselines": self._baselines,
            "warm_start": self._warm_start,
            "rl": self._reinforce,
        }
        try:
            for name, stage in stages.items():
                if not self.folder.stage_done(name):
                    began = time.monotonic()
                    with _quiet_libraries():
                        stage()
                    self.folder.mark_done(name, seconds=round(time.monotonic() - began, 1))
        finally:
            if self._renderer is not None:
                close_renderer(self._renderer)
        self._summarise({"does_not_show": limits(self.settings)})
        write_report(self.folder)
        return self.folder.summary()

    def env(self) -> RoomLayoutEnv:
        """Return a fresh training environment."""
        env = RoomLayoutEnv(tasks=self.tasks, **self.settings.env.model_dump())
        if self._renderer is None:
            self._renderer = env.renderer
        env.renderer = self._renderer  # so that what one holds, as a Blender, is there once
        return env

    def _check_settings(self) -> None:
        """Find what the settings' own checks cannot, before anything is written or trained."""
        from spatialenv.trainers.stages import adapter_config, trainer_config

        self.env()
        trainer_config(self.settings, self.folder.path)
        adapter_config(self.settings)
        if self.settings.model != "tiny":
            from spatialenv.evaluation.model_policy import check_vlm

            check_vlm(self.settings.model)

    # --- stages -----------------------------------------------------------------------------------

    def _prepare(self) -> None:
        if self.settings.model != "tiny":
            return
        import random

        from spatialenv.trainers.stages import demonstrator, first_seed
        from spatialenv.trainers.tiny_vlm import TinyVLMConfig, build_tiny_vlm, sample_texts

        start = first_seed(self.settings, "texts")
        rng = random.Random(self.settings.seed)
        texts = sample_texts(self.env(), demonstrator(self.settings), range(start, start + 500), rng)
        config = TinyVLMConfig(seed=self.settings.seed, **self.settings.tiny.model_dump())
        build_tiny_vlm(self.folder.checkpoint("start"), texts, config)

    def _baselines(self) -> None:
        from spatialenv.trainers.stages import evaluate_policy

        results = {}
        training_rooms = [self.tasks.sample(seed) for seed in range(self.settings.evaluate.constant_rooms)]
        constant = fit_constant(training_rooms, seed=self.settings.seed)
        for name, policy in (
            ("random", make_policy("random", seed=self.settings.seed)),
            ("constant", constant),
            ("solver", make_policy("solver", seed=self.settings.seed)),
        ):
            results[name] = evaluate_policy(policy, self.settings, self._bar(f"baseline: {name}")).summary
        self._summarise(results)

    def _warm_start(self) -> None:
        from spatialenv.trainers.stages import run_warm_start

        model, processor = self._load("start")
        if self.settings.warm_start.steps:
            record = self._recorder("warm_start", "warm start", self.settings.warm_start.steps)
            run_warm_start(model, processor, self.env, self.settings, record)
        self._save(model, processor, "warm_start")
        self._evaluate_model(model, processor, "warm_start", "before")

    def _reinforce(self) -> None:
        from spatialenv.trainers.stages import make_trainer

        model, processor = self._load("warm_start")
        if self.settings.rl.steps:
            steps = self.settings.rl.steps
            folder = self.folder.checkpoint("rl")
            record = self._recorder("rl", "reinforcement learning", steps)
            trainer = make_trainer(model, processor, self.env, self.settings, folder, on_step=record)
            resume = bool(self.settings.rl.save_steps) and any(folder.glob("checkpoint-*"))
            trainer.train(resume_from_checkpoint=resume or None)
            model = trainer.accelerator.unwrap_model(trainer.model)
            if self.settings.peft is not None:
                model = model.merge_and_unload()
        self._save(model, processor, "final")
        self._evaluate_model(model, processor, "after", "after")

    def _check_held_out(self) -> None:
        """Make sure that no evaluated room was trained on, by the rooms themselves."""
        from spatialenv.trainers.stages import HELD_OUT_SEED, first_seed

        chosen = self.settings
        trained = range(first_seed(chosen, "warm_start"), first_seed(chosen, "warm_start") + _warm_scenes(chosen))
        reinforced = range(first_seed(chosen, "rl"), first_seed(chosen, "rl") + _rl_scenes(chosen))
        held = {scene_key(self.held_out.sample(HELD_OUT_SEED + index)) for index in range(chosen.evaluate.n)}
        done, total, shared = 0, len(trained) + len(reinforced), 0
        for seeds in (trained, reinforced):
            for seed in seeds:
                shared += scene_key(self.tasks.sample(seed)) in held
                done += 1
                if done % 500 == 0 or done == total:
                    self.progress("check that held-out rooms are new", done, total, {})
        if shared:
            raise InputError(
                f"{shared} training scenes are among the held-out rooms; give `held_out` a split of its own, "
                "such as 'demo/test'"
            )
        self.folder.mark_done("held_out", rooms=len(held), training_scenes=total, shared=0)

    # --- pieces -----------------------------------------------------------------------------------

    def _load(self, checkpoint: str) -> tuple[Any, Any]:
        from spatialenv.evaluation.model_policy import load_vlm

        folder = self.folder.checkpoint(checkpoint)
        source = folder if (folder / "config.json").is_file() else self.settings.model
        return load_vlm(source, dtype=self.settings.dtype)

    def _save(self, model: Any, processor: Any, checkpoint: str) -> None:
        folder = self.folder.checkpoint(checkpoint)
        model.save_pretrained(folder)
        processor.save_pretrained(folder)

    def _evaluate_model(self, model: Any, processor: Any, result: str, episodes: str) -> None:
        from spatialenv.trainers.stages import evaluate_model

        report = self._bar(f"held-out rooms: {result.replace('_', ' ')}")
        evaluation = evaluate_model(model, processor, self.settings, result, report)
        self.folder.save_episodes(episodes, evaluation.episodes)
        self._summarise({result: evaluation.summary})

    def _bar(self, title: str) -> Callable[[int, int], None]:
        return lambda done, total: self.progress(title, done, total, {})

    def _recorder(self, phase: str, title: str, total: int) -> Callable[[int, Mapping[str, float]], None]:
        def record(step: int, figures: Mapping[str, float]) -> None:
            self.folder.append_metrics({"phase": phase, "step": step, **figures})
            self.progress(title, step, total, figures)

        return record

    def _summarise(self, results: Mapping[str, Any]) -> None:
        self.folder.write_summary({**self.folder.summary(), **results})


def limits(settings: RunSettings) -> list[str]:
    """Return what a single run with these settings does not show, for its report."""
    found = ["One run with one seed: it does not tell the rewards' doing from more training of any kind."]
    if settings.env.feedback == "targets" and settings.env.max_turns > 1:
        found.append(
            "Feedback states where everything should stand after the suggested moves, so a valid final answer is "
            "mostly a copied suggestion; the first turn's rates are the ones that say something about placing."
        )
    found.append(
        "The prompt states the room and the sizes in words, and no run with pictures withheld is made here: the use of "
        "pictures is not shown."
    )
    if settings.model == "tiny":
        found.append(
            "The model has about a million weights and the rooms are made for it: nothing here speaks for real models."
        )
    return found


def _warm_scenes(settings: RunSettings) -> int:
    return settings.warm_start.steps * settings.warm_start.batch_size


def _rl_scenes(settings: RunSettings) -> int:
    chosen = settings.rl
    return chosen.steps * chosen.batch_size // chosen.group_size * chosen.gradient_accumulation_steps


def _silent(title: str, done: int, total: int, figures: Mapping[str, float]) -> None:
    """Ignore progress."""


@contextlib.contextmanager
def _quiet_libraries() -> Iterator[None]:
    """Keep progress bars, advice and warnings to developers of the libraries below from the terminal."""
    import datasets
    import transformers

    os.environ.setdefault("TRL_EXPERIMENTAL_SILENCE", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    verbosity = transformers.logging.get_verbosity()
    transformers.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    datasets.disable_progress_bars()
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", category=FutureWarning, module=r"transformers\.")
            yield
    finally:
        transformers.logging.set_verbosity(verbosity)
