"""A training run from settings to report: each stage is recorded, so that a stopped run goes on where it was.

check        that no held-out room is among the training scenes
prepare      the model folder the run starts from (the tiny one is built)
baselines    random, best constant layout, solver, on the held-out rooms
warm_start   supervised demonstrations
before       evaluation of what came of it
rl           the algorithm's steps
after        evaluation of what came of them
report       summary.json, report.html and the model card

A stage is done when ``state.json`` says so, and what it leaves is moved to its place when it is complete, so that a
run that was killed at any moment goes on by the same command.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from spatialenv.envs.room_layout import RoomLayoutEnv
from spatialenv.errors import InputError, SpatialEnvError, require
from spatialenv.evaluation import fit_constant, make_policy
from spatialenv.renderers.base import Renderer, close_renderer
from spatialenv.report import RunFolder, write_model_card, write_report
from spatialenv.tasks import TaskSource, make_tasks
from spatialenv.trainers.algorithms import make_algorithm, resolve
from spatialenv.trainers.distributed import Team, check_sharding, whole_weights
from spatialenv.trainers.executors import check_executor
from spatialenv.trainers.held_out import check_held_out, check_watched, training_sources
from spatialenv.trainers.settings import RunSettings

Progress = Callable[[str, int, int, Mapping[str, float]], None]
"""Called with a stage's title, steps done, steps in all, and the latest figures."""

HARMLESS = (
    "logging.",
    "watch.",
    "executor.",
    "rl.save_steps",
    "vllm.host",
    "vllm.port",
    "vllm.memory_share",
    "vllm.sleep",
)
"""Settings, or beginnings of their names, that a run can go on without: no figure of training depends on them."""

TOGETHER = ("warm_start", "rl")
"""Stages that all processes of a run take part in."""

GROWS = "rl.steps"
"""The setting that may grow between starts, so that a finished run trains on."""


def train(
    settings: RunSettings,
    output: str | Path,
    *,
    progress: Progress | None = None,
    notify: Callable[[str], None] | None = None,
    restart: bool = False,
    command: str | None = None,
) -> dict[str, Any]:
    """Train a model and write a run folder; returns what its ``summary.json`` holds.

    Args:
        settings: What to train on what.
        output: The run folder; a stopped run in it goes on where it was, and one whose `rl.steps` grew trains on.
        progress: Called as the stages go on.
        notify: Told what the user should know at once; `warnings.warn` by default.
        restart: Start anew instead of going on.
        command: What the report names as the command that made it.

    Raises:
        MissingExtraError: If the extra ``train`` or a tracker is not installed.
        InputError: If the folder cannot be used, another process works on it, it holds a run with other settings, or
            the model is no vision-language model.
    """
    for module in ("torch", "transformers", "trl", "accelerate", "datasets"):
        require(module, "train", "training")
    team = Team()
    run = Run(settings, RunFolder(output), progress or _silent, notify or _warn, team)
    summary = run.play(restart=restart, command=command)
    team.leave()
    return summary


class Run:
    """The stages of a run over its folder.

    Args:
        settings: What to train on what.
        folder: Where it is recorded.
        progress: Called as the stages go on.
        notify: Told what the user should know at once.
        team: The processes of the run; this one alone by default.
    """

    def __init__(
        self,
        settings: RunSettings,
        folder: RunFolder,
        progress: Progress,
        notify: Callable[[str], None],
        team: Team | None = None,
    ) -> None:
        self.settings = resolve(settings)
        self.folder = folder
        self.progress = progress
        self.notify = notify
        self.team = team or Team()
        self._is_together = False
        make_tasks(settings.held_out)  # a name that is not known is told before anything is done
        self._renderer: Renderer | None = None

    def play(self, *, restart: bool = False, command: str | None = None) -> dict[str, Any]:
        """Run the stages that are not done yet and return the summary; all but the leader are called in for some."""
        if not self.team.is_leader:
            stages = {"warm_start": self._warm_start, "rl": self._reinforce}
            self.team.follow({name: partial(self._join, stage) for name, stage in stages.items()})
            return self.folder.summary()
        try:
            summary = self._lead(restart=restart, command=command)
        except BaseException as error:
            if not self._is_together:  # the others wait for a call; else they are ended with this process
                self.team.dismiss(error)
            raise
        self.team.dismiss()
        return summary

    def _join(self, stage: Callable[[], None], call: Mapping[str, Any]) -> None:
        """Take part in a stage that the leader has called."""
        if not self.folder.exists or self.folder.state()["started"] != call["started"]:
            raise InputError(
                f"process {self.team.rank} does not see the run folder {str(self.folder.path)!r} that the first one "
                "writes; put it on a file system that all machines share"
            )
        self._set_threads()
        with _quiet_libraries():
            stage()

    def _lead(self, *, restart: bool, command: str | None) -> dict[str, Any]:
        with _quiet_libraries():
            self._check_settings()
        with self.folder.lock():
            self._open(restart=restart, command=command)
            self._set_threads()
            try:
                self._play_stages()
            finally:
                if self._renderer is not None:
                    close_renderer(self._renderer)
            self._summarise({"does_not_show": limits(self.settings)})
            self.folder.note(status={"state": "done"})
            write_model_card(self.folder)
            write_report(self.folder)
            return self.folder.summary()

    def _set_threads(self) -> None:
        if self.settings.threads is not None:
            import torch

            torch.set_num_threads(self.settings.threads)

    def _open(self, *, restart: bool, command: str | None) -> None:
        """Make the folder, or go on in it where the settings allow that."""
        config = self.settings.model_dump(mode="json")
        if self.folder.exists and not restart:
            changed = self.folder.differences(config)
            before, now = changed.get(GROWS, (0, 0))
            may_grow = make_algorithm(self.settings.algorithm).kind == "online" and now > before
            allowed = {name for name in changed if name.startswith(HARMLESS) or (name == GROWS and may_grow)}
            if changed and allowed == set(changed):
                repeat = () if GROWS not in changed else ("check", "held_out", "rl", "after")
                if repeat and self.folder.is_complete:
                    self._check_trains_on(before)
                    results = self.folder.summary()
                    results[f"after_{before}_steps"] = results.pop("after")
                    self.folder.write_summary(results)
                self.folder.change(config, repeat=repeat)
        self.folder.create(config, command=command, restart=restart)

    def _check_trains_on(self, steps: int) -> None:
        from spatialenv.trainers.callbacks.checkpoints import last_checkpoint, step_of

        if step_of(last_checkpoint(self.folder.checkpoint("rl"))) < steps:
            raise InputError(
                f"the run {str(self.folder.path)!r} kept no checkpoint of its last step, so that it cannot train on; "
                "start it anew with `rl.save_steps` above 0"
            )

    def _play_stages(self) -> None:
        stages: dict[str, Callable[[], None]] = {
            "check": self._check_rooms,
            "prepare": self._prepare,
            "baselines": self._baselines,
            "warm_start": self._warm_start,
            "before": lambda: self._evaluate_checkpoint("warm_start", "warm_start", "before"),
            "rl": self._reinforce,
            "after": lambda: self._evaluate_checkpoint("final", "after", "after"),
        }
        for name, stage in stages.items():
            if self.folder.stage_done(name):
                continue
            self.folder.note(status={"state": "running", "stage": name, "process": os.getpid()})
            began = time.monotonic()
            self._is_together = name in TOGETHER
            try:
                if self._is_together:
                    self.team.call(name, started=self.folder.state()["started"])
                with _quiet_libraries():
                    stage()
            except BaseException as error:
                told = " ".join(str(error).split())[:500]
                state = "stopped" if isinstance(error, (KeyboardInterrupt, SystemExit)) else "failed"
                with contextlib.suppress(SpatialEnvError):  # on a full disk; what is told is what came first
                    self.folder.note(status={"state": state, "stage": name, "error": f"{type(error).__name__}: {told}"})
                raise
            self._is_together = False
            self.folder.mark_done(name, seconds=round(time.monotonic() - began, 1))

    def env_fn(self, tasks: TaskSource | None = None) -> Callable[[], RoomLayoutEnv]:
        """Return what makes training environments on one task source.

        By default it is a new one that does not change: that of the first level, where tasks have levels. A run that
        goes on does not play the stages before again, so a source must not learn from them.
        """
        source = training_sources(self.settings)[0] if tasks is None else tasks

        def make() -> RoomLayoutEnv:
            env = RoomLayoutEnv(tasks=source, **self.settings.env.model_dump())
            if self._renderer is None:
                self._renderer = env.renderer
            env.renderer = self._renderer  # so that what one holds, as a Blender, is there once
            return env

        return make

    def _check_settings(self) -> None:
        """Find what the settings' own checks cannot, before anything is written or trained."""
        from spatialenv.trainers.adapters import adapter_config, quantization_config
        from spatialenv.trainers.callbacks.trackers import check_trackers
        from spatialenv.trainers.callbacks.watch import watched_tasks
        from spatialenv.trainers.engines import check_engine
        from spatialenv.trainers.stages import check_algorithm

        self.env_fn()()
        check_algorithm(self.settings, self.folder.path)
        if self.settings.route == "tools":
            from spatialenv.trainers.tools.stages import check_tool_settings

            check_tool_settings(self.settings)
        is_online = make_algorithm(self.settings.algorithm).kind == "online"
        check_sharding(self.settings.algorithm, is_online=is_online, warm_start_steps=self.settings.warm_start.steps)
        adapter_config(self.settings)
        quantization_config(self.settings)
        check_engine(self.settings)
        check_executor(self.settings.executor)
        check_trackers(self.settings)
        if make_algorithm(self.settings.algorithm).kind != "online" and (
            self.settings.logging.to or self.settings.watch.every
        ):
            raise InputError(
                f"the algorithm {self.settings.algorithm!r} has no trackers and watches no rooms, but `logging.to` or "
                "`watch.every` is set; unset them: metrics.jsonl holds its curves"
            )
        if self.settings.watch.every:
            check_watched(self.settings, make_tasks(watched_tasks(self.settings)))
        if self.settings.model != "tiny":
            from spatialenv.evaluation.model_policy import check_model

            check_model(self.settings.model, pictures=self.settings.pictures)

    def _check_rooms(self) -> None:
        self.folder.mark_done(
            "held_out", **check_held_out(self.settings, self._bar("check that held-out rooms are new"))
        )

    # --- stages -----------------------------------------------------------------------------------

    def _prepare(self) -> None:
        if self.settings.model != "tiny":
            return
        from spatialenv.trainers.stages import build_start

        build_start(self.folder.checkpoint("start"), self.env_fn(), self.settings)

    def _baselines(self) -> None:
        from spatialenv.trainers.stages import evaluate_policy

        results = {}
        tasks = training_sources(self.settings)[0]
        training_rooms = [tasks.sample(seed) for seed in range(self.settings.evaluate.constant_rooms)]
        constant = fit_constant(training_rooms, seed=self.settings.seed)
        for name, policy in (
            ("random", make_policy("random", seed=self.settings.seed)),
            ("constant", constant),
            ("solver", make_policy("solver", seed=self.settings.seed)),
        ):
            results[name] = evaluate_policy(policy, self.settings, self._bar(f"baseline: {name}")).summary
        self._summarise(results)

    def _warm_start(self) -> None:
        from spatialenv.trainers.callbacks.checkpoints import last_checkpoint, step_of
        from spatialenv.trainers.stages import run_warm_start

        if not self.settings.warm_start.steps and self.settings.model != "tiny":
            return  # nothing to keep: what comes next begins with the model itself
        model, processor = self._load("start")
        if self.settings.warm_start.steps:
            folder = self.folder.checkpoint("warming")
            if self.team.is_leader:
                self.folder.go_back("warm_start", step_of(last_checkpoint(folder)))
            record = self._recorder("warm_start", "warm start", self.settings.warm_start.steps)
            run_warm_start(model, processor, self.env_fn(), self.settings, record, folder)
        if self.team.is_leader:
            self._save(model, processor, "warm_start")
            shutil.rmtree(self.folder.checkpoint("warming"), ignore_errors=True)

    def _reinforce(self) -> None:
        from spatialenv.trainers.adapters import ADAPTER, merge_adapter
        from spatialenv.trainers.callbacks import add_callbacks
        from spatialenv.trainers.callbacks.checkpoints import last_checkpoint, step_of
        from spatialenv.trainers.grpo import LayoutGRPOTrainer
        from spatialenv.trainers.stages import improve, make_trainer

        model, processor = self._load("warm_start", is_trained=True)
        weights = None
        if self.settings.rl.steps:
            steps = self.settings.rl.steps
            folder = self.folder.checkpoint("rl")
            checkpoint = last_checkpoint(folder)
            if self.team.is_leader:
                self.folder.go_back("rl", step_of(checkpoint))
            record = self._recorder("rl", "reinforcement learning", steps)
            tasks = make_tasks(self.settings.tasks)
            env_fn = self.env_fn(tasks)
            if make_algorithm(self.settings.algorithm).kind != "online":
                model = improve(model, processor, env_fn, self.settings, record, folder)
            else:
                with self._tracked():
                    trainer = make_trainer(model, processor, env_fn, self.settings, folder, on_step=record)
                    try:
                        add_callbacks(trainer, self.settings, self.folder, self.notify, step=step_of(checkpoint))
                        trainer.train(resume_from_checkpoint=checkpoint)
                    finally:
                        if isinstance(trainer, LayoutGRPOTrainer):
                            trainer.executor.close()
                model, weights = trainer.accelerator.unwrap_model(trainer.model), whole_weights(trainer)
        if self.team.is_leader:
            if self.settings.rl.steps and self.settings.peft is not None:
                self._save(model, processor, ADAPTER, weights)
                model, weights = merge_adapter(self._load("warm_start")[0], self.folder.checkpoint(ADAPTER)), None
            self._save(model, processor, "final", weights)

    @contextlib.contextmanager
    def _tracked(self) -> Iterator[None]:
        """Let trackers file the curves under the run, which they know again when it goes on."""
        from spatialenv.trainers.callbacks.trackers import tracked

        if not self.team.is_leader:
            yield
            return
        with tracked(self.settings, self.folder.path, self.folder.state().get("wandb")) as known:
            if known is not None:
                self.folder.note(wandb=known)
            yield

    # --- pieces -----------------------------------------------------------------------------------

    def _load(self, checkpoint: str, *, is_trained: bool = False) -> tuple[Any, Any]:
        """Return a model and its processor; to be trained it may be quantised."""
        from spatialenv.evaluation.model_policy import load_model
        from spatialenv.trainers.adapters import quantization_config

        folder = self.folder.checkpoint(checkpoint)
        source = folder if (folder / "config.json").is_file() else self.settings.model
        quantized = quantization_config(self.settings) if is_trained and self.settings.rl.steps else None
        pictures = self.settings.pictures
        return load_model(source, pictures=pictures, dtype=self.settings.dtype, quantization_config=quantized)

    def _save(self, model: Any, processor: Any, checkpoint: str, weights: Mapping[str, Any] | None = None) -> None:
        """Write a checkpoint; `weights` are the model's own unless they are shared out among processes."""
        with self.folder.writing_checkpoint(checkpoint) as folder:
            model.save_pretrained(folder, **({} if weights is None else {"state_dict": weights}))
            processor.save_pretrained(folder)

    def _evaluate_checkpoint(self, checkpoint: str, result: str, episodes: str) -> None:
        """Evaluate a model as it was saved, so that it is the same one when the run was stopped in between."""
        from spatialenv.trainers.stages import evaluate_model

        model, processor = self._load(checkpoint)
        report = self._bar(f"held-out rooms: {result.replace('_', ' ')}")
        evaluation = evaluate_model(model, processor, self.settings, result, report)
        self.folder.save_episodes(episodes, evaluation.episodes)
        self._summarise({result: evaluation.summary})

    def _bar(self, title: str) -> Callable[[int, int], None]:
        return lambda done, total: self.progress(title, done, total, {})

    def _recorder(self, phase: str, title: str, total: int) -> Callable[[int, Mapping[str, float]], None]:
        # the clock of a stage goes on where it was: time that it stood still does not count
        rows = self.folder.metrics(phase)
        spent: float | None = None

        if not self.team.is_leader:
            return lambda step, figures: None

        def record(step: int, figures: Mapping[str, float]) -> None:
            nonlocal spent
            if spent is None:
                spent = max((row.get("seconds") or 0.0 for row in rows if row["step"] < step), default=0.0)
            row: dict[str, Any] = {"phase": phase, "step": step, **figures}
            if "seconds" in row:
                row["seconds"] += spent
            self.folder.append_metrics(row)
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
    if settings.pictures:
        found.append(
            "The prompt states the room and the sizes in words, and no run with pictures withheld is made here: the "
            "use of pictures is not shown."
        )
    else:
        found.append("The model was shown no pictures: nothing here speaks for what it makes of them.")
    if settings.model == "tiny":
        found.append(
            "The model has about a million weights and the rooms are made for it: nothing here speaks for real models."
        )
    return found


def _warn(text: str) -> None:
    warnings.warn(text, UserWarning, stacklevel=2)


def _silent(title: str, done: int, total: int, figures: Mapping[str, float]) -> None:
    """Ignore progress."""


@contextlib.contextmanager
def _quiet_libraries() -> Iterator[None]:
    """Keep progress bars, advice and warnings to developers of the libraries below from the terminal."""
    import datasets
    import transformers

    os.environ.setdefault("TRL_EXPERIMENTAL_SILENCE", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)  # peft imports it; it asks for kernels that none needs
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
