"""A job's folder: what is in it, whether it still answers to the study, and how it is written.

runs/learning/<arm>/seed<k>/
result.json            everything that tables need; written last
training.json          what training came to, once the model is there
model/                 the model that training left
metrics.jsonl          a row a step of training
episodes/<suite>.jsonl episodes, without pictures
episodes/<suite>.json  the rates, and what was played, so that only what changed is played again
log.txt                what the process said
"""

from __future__ import annotations

import contextlib
import json
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from benchmarks.learning.arms import Arm, find_arm
from benchmarks.learning.study import Study, arm_settings, file_stem
from spatialenv.errors import InputError
from spatialenv.evaluation.model_policy import fingerprint
from spatialenv.formats.atomic import write_atomically
from spatialenv.trainers.settings import RunSettings

State = Literal["open", "unplayed", "done", "failed", "changed"]
"""``"open"``: to be run. ``"unplayed"``: trained, but suites are new or others. ``"changed"``: made by another arm."""

STUDY = "study.json"
"""The study as the schedule read it, in the folder of all jobs."""

TRAINS = ("warm_start", "train")
"""Kinds of arms that leave a model."""

FACTS = ("steps", "samples", "samples_by", "seconds", "cpu_seconds", "weights", "start_model")
"""What a record of training holds beside `identity`."""

_OF_PLAYING = ("evaluate", "held_out", "threads", "logging", "watch")
"""Settings that say nothing of the model that training leaves."""


@dataclass(frozen=True, slots=True)
class Job:
    """An arm and a seed, in their folder.

    Attributes:
        study: The study.
        arm: The arm.
        seed: The seed.
        output: The folder of all jobs.
    """

    study: Study
    arm: Arm
    seed: int
    output: Path

    @property
    def name(self) -> str:
        """What it is called: ``"grpo seed 1"``."""
        return f"{self.arm.name} seed {self.seed}"

    @property
    def folder(self) -> Path:
        """Its folder."""
        return self.output / self.arm.name / f"seed{self.seed}"

    @property
    def start(self) -> Job | None:
        """The job whose model it starts from or plays."""
        if self.arm.start is None:
            return None
        return Job(self.study, find_arm(self.arm.start), self.seed, self.output)

    @property
    def suites(self) -> tuple[str, ...]:
        """The suites that it is played on."""
        names = tuple(self.study.suites)
        chosen = self.arm.suites
        return names[:1] if chosen is None else tuple(name for name in names if name in (chosen or names))

    @property
    def trains(self) -> bool:
        """Whether it leaves a model."""
        return self.arm.how in TRAINS

    @property
    def model(self) -> Path | None:
        """The folder of the model that it plays; None where its policy has none."""
        if self.trains:
            return self.folder / "model"
        return None if self.start is None else self.start.folder / "model"

    def settings(self) -> RunSettings:
        """Return its settings."""
        return arm_settings(self.study, self.arm, self.seed)

    def result(self) -> dict[str, Any] | None:
        """Return what ``result.json`` holds; None where there is none."""
        return _read(self.folder / "result.json")

    def training(self) -> dict[str, Any] | None:
        """Return what ``training.json`` holds; None where nothing was trained to the end."""
        return _read(self.folder / "training.json")

    def suite(self, name: str) -> dict[str, Any] | None:
        """Return ``{"played", "summary"}`` of a suite; None where it was not played."""
        return _read(self.episodes(name).with_suffix(".json"))

    def episodes(self, suite: str) -> Path:
        """Return the file of a suite's episodes."""
        return self.folder / "episodes" / f"{file_stem(suite)}.jsonl"


def weights_of(job: Job) -> str | None:
    """Return a hash of the model that a job plays; None where there is none."""
    return None if job.model is None else fingerprint(job.model)


def played(job: Job, suite: str, weights: str | None) -> dict[str, Any]:
    """Return all that what a job does in a suite depends on, as JSON types.

    Args:
        job: The job.
        suite: The suite.
        weights: `weights_of` the job.
    """
    settings, chosen = job.settings(), job.study.suites[suite]
    everything = {
        "model": weights,
        "policy": job.arm.policy,
        "control": job.arm.control,
        "suite": chosen.model_dump(mode="json", exclude={"title"}),
        "max_new_tokens": chosen.max_new_tokens or settings.rl.max_new_tokens,
        "env": settings.env.model_dump(mode="json"),
        "evaluate": settings.evaluate.model_dump(mode="json"),
        "seed": job.seed,
    }
    if job.arm.policy == "constant":
        everything["tasks"] = settings.tasks
    plain: dict[str, Any] = json.loads(json.dumps(everything))
    return plain


def unplayed(job: Job) -> list[str]:
    """Return the suites that were not played, or not with what would play them now."""
    weights = weights_of(job)
    return [name for name in job.suites if (job.suite(name) or {}).get("played") != played(job, name, weights)]


def state(job: Job) -> State:
    """Return how a job stands.

    A failure of an arm that is another now is no longer its failure: such a job is open.
    """
    result, training = job.result(), job.training()
    record = training if result is None else result
    if record is None:
        return "open"
    is_changed = bool(changes(job, record))
    if result is not None and result["failure"] is not None:
        return "open" if is_changed else "failed"
    if is_changed:
        return "changed"
    if result is None or (job.trains and training is None):
        return "open"
    is_whole = set(result["test"]) == set(job.suites) and not unplayed(job)
    return "done" if is_whole else "unplayed"


def changes(job: Job, record: Mapping[str, Any]) -> list[str]:
    """Return what differs between a job and a record of it.

    Args:
        job: The job.
        record: What its ``result.json`` or ``training.json`` holds.

    Returns:
        Dotted names of settings, and ``how``, ``start``, ``control``, ``policy`` and ``start's model``.
    """
    found = [name for name in ("how", "start", "control", "policy") if record[name] != getattr(job.arm, name)]
    if job.arm.how == "train" and job.start is not None and record["start_model"] is not None:
        found += ["start's model"] * (record["start_model"] != fingerprint(job.start.folder / "model"))
    before = record["settings"]
    with contextlib.suppress(ValidationError):  # a value that is allowed no more is one that differs
        before = RunSettings.model_validate(before).model_dump(mode="json")  # what was added since has its default
    return [*found, *_differences(before, job.settings().model_dump(mode="json"))]


def identity(job: Job) -> dict[str, Any]:
    """Return what says which arm, with what settings, a record is of."""
    arm = job.arm
    return {
        "arm": arm.name,
        "seed": job.seed,
        "how": arm.how,
        "start": arm.start,
        "control": arm.control,
        "policy": arm.policy,
        "settings": job.settings().model_dump(mode="json"),
    }


def result_of(job: Job, failure: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return what ``result.json`` shall hold, from what the job has left in its folder."""
    training = job.training() if job.trains else None
    lacking = unplayed(job)
    found = {suite: job.suite(suite) for suite in job.suites if suite not in lacking}
    test = {suite: kept["summary"] for suite, kept in found.items() if kept is not None}
    facts = dict.fromkeys(FACTS) | {"steps": 0, "samples": 0, "seconds": 0.0}
    if training is not None:
        facts |= {name: training[name] for name in FACTS}
    return {**identity(job), "trained": training is not None, **facts, "test": test, "failure": failure}


def check_start(job: Job) -> None:
    """Raise InputError if the job that another starts from has left no model."""
    if job.start is not None and job.start.training() is None:
        raise InputError(f"{job.start.name}, which this starts from, has left no model; see '{job.start.folder}'")


def failure_of(error: BaseException) -> dict[str, str]:
    """Return a failure as results keep it."""
    told = "".join(traceback.format_exception(error))
    return {"type": type(error).__name__, "message": str(error), "traceback": told}


def write(path: Path, value: Mapping[str, Any]) -> None:
    """Write a JSON file whole or not at all, and its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, json.dumps(value, indent=1, ensure_ascii=False) + "\n")


def _read(path: Path) -> dict[str, Any] | None:
    if not path.is_file():
        return None
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"'{path}' is not JSON ({error}); delete its folder to run the job anew") from error
    return found


def _differences(before: Mapping[str, Any], now: Mapping[str, Any], prefix: str = "") -> list[str]:
    found: list[str] = []
    for name in sorted({*before, *now}):
        old, new = before.get(name), now.get(name)
        if not prefix and name in _OF_PLAYING:
            continue
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            found += _differences(old, new, f"{prefix}{name}.")
        elif old != new:
            found.append(f"{prefix}{name}")
    return found
