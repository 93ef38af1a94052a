"""The study's file: what all arms share, the seeds, and the suites that arms are played on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from benchmarks.learning.arms import Arm
from spatialenv.errors import FileFormatError, InputError
from spatialenv.tasks import TaskSource, make_tasks
from spatialenv.trainers.settings import RunSettings, load_settings

STUDY = Path(__file__).with_name("study.yaml")

CONTINUED_LEARNING_RATE = 3e-4
"""Constant learning rate of an arm of ``algorithm: sft`` that states none."""

QUICK: Mapping[str, Any] = {
    "tiny.texts": 50,
    "warm_start.steps": 2,
    "warm_start.batch_size": 4,
    "rl.steps": 2,
    "rl.batch_size": 8,
    "rl.group_size": 4,
    "evaluate.batch_size": 8,
    "evaluate.constant_rooms": 8,
}
"""Settings of a quick look; they win over those of the arms."""

QUICK_ROOMS = 8


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Suite(_Part):
    """Rooms that arms are played on.

    Attributes:
        title: What tables call it.
        n: Number of rooms.
        tasks: Where they come from, as `make_tasks` takes it; None for the suite's own name.
        max_new_tokens: Longest answer in tokens; None for that of the arm's settings.
    """

    title: str
    n: int = Field(ge=1)
    tasks: str | dict[str, Any] | None = None
    max_new_tokens: int | None = Field(None, ge=1)


class Study(_Part):
    """What the study's file says.

    Attributes:
        seeds: One job a seed and arm.
        settings: What all arms share, as `load_settings` takes it.
        suites: What arms are played on, by name; all arms on the first.
        overrides: Settings by dotted name that win over those of the arms: of a quick look.
    """

    seeds: tuple[int, ...] = Field(min_length=1)
    settings: dict[str, Any]
    suites: dict[str, Suite] = Field(min_length=1)
    overrides: dict[str, Any] = Field(default_factory=dict)

    @field_validator("seeds")
    @classmethod
    def _seeds_differ(cls, seeds: tuple[int, ...]) -> tuple[int, ...]:
        if len(set(seeds)) < len(seeds) or min(seeds) < 0:
            raise ValueError(f"seeds {list(seeds)} must be 0 or more, and no two alike")
        return seeds

    @field_validator("settings")
    @classmethod
    def _settings_are_allowed(cls, settings: dict[str, Any]) -> dict[str, Any]:
        load_settings(settings)
        return settings

    @field_validator("suites")
    @classmethod
    def _suites_can_be_played(cls, suites: dict[str, Suite]) -> dict[str, Suite]:
        files: dict[str, str] = {}
        for name, suite in suites.items():
            try:
                make_tasks(name if suite.tasks is None else suite.tasks)
            except InputError as error:
                raise ValueError(f"the suite {name!r}: {error}") from error
            other = files.setdefault(file_stem(name), name)
            if other != name:
                raise ValueError(f"the suites {other!r} and {name!r} would share a file; rename one")
        return suites

    def tasks(self, suite: str) -> TaskSource:
        """Return the rooms of a suite."""
        given = self.suites[suite].tasks
        return make_tasks(suite if given is None else given)

    def quick(self) -> Study:
        """Return the study for a look at whether it runs: 2 small steps of training, 8 rooms a suite."""
        suites = {
            name: suite.model_copy(update={"n": min(suite.n, QUICK_ROOMS)}) for name, suite in self.suites.items()
        }
        return self.model_copy(update={"suites": suites, "overrides": {**self.overrides, **QUICK}})


def load_study(path: Path = STUDY) -> Study:
    """Return what a study's file says.

    Args:
        path: A YAML file, or the JSON file of a study (ending in .json).

    Raises:
        FileFormatError: If it cannot be read, or is not of its kind.
        InputError: If a name or value in it is not allowed; says which.

    Example:
        >>> "easy/test" in load_study().suites
        True
    """
    try:
        text = path.read_text(encoding="utf-8")
        values = json.loads(text) if path.suffix == ".json" else yaml.safe_load(text)
    except OSError as error:
        raise FileFormatError(f"the study '{path}' could not be read: {error.strerror}; give a file") from error
    except (yaml.YAMLError, ValueError) as error:
        raise FileFormatError(f"the study '{path}' is not YAML or JSON: {' '.join(str(error).split())}") from error
    try:
        return Study.model_validate(values)
    except ValidationError as error:
        fault = error.errors()[0]
        place = ".".join(str(part) for part in fault["loc"])
        raise InputError(f"{path}: `{place}`: {fault['msg'].removeprefix('Value error, ')}") from error


def arm_settings(study: Study, arm: Arm, seed: int) -> RunSettings:
    """Return the settings of a job: those of the study, and over them those that the arm states.

    An arm of ``algorithm: sft`` is shown what the warm start's demonstrator does, at a learning rate of
    `CONTINUED_LEARNING_RATE`, unless it states ``rl.demonstrator`` or ``rl.learning_rate``.

    Args:
        study: The study.
        arm: The arm.
        seed: Its seed.

    Raises:
        InputError: If the arm states what is not allowed.

    Example:
        >>> from benchmarks.learning.arms import find_arm
        >>> arm_settings(load_study(), find_arm("more_supervision"), 2).rl.learning_rate
        0.0003
    """
    stated = dict(arm.settings)
    settings = _load(study, stated, arm, seed)
    if settings.algorithm == "sft":
        stated.setdefault("rl.learning_rate", CONTINUED_LEARNING_RATE)
        stated.setdefault("rl.demonstrator", settings.warm_start.demonstrator)
        settings = _load(study, stated, arm, seed)
    return settings


def file_stem(suite: str) -> str:
    """Return the name of a suite's files, without their ending.

    Example:
        >>> file_stem("easy/test")
        'easy-test'
    """
    return suite.replace("/", "-")


def _load(study: Study, stated: Mapping[str, Any], arm: Arm, seed: int) -> RunSettings:
    try:
        return load_settings(study.settings, {**stated, **study.overrides, "seed": seed})
    except InputError as error:
        raise InputError(f"arm {arm.name!r}: {error}") from error
