"""What every source of scenes must keep."""

from __future__ import annotations

import json
import pickle
import random
from collections.abc import Iterable
from typing import Any

import numpy as np

from spatialenv.core.scene import Scene
from spatialenv.core.violations import layout_status
from spatialenv.errors import InputError, SpatialEnvError
from spatialenv.formats.native import scene_and_layout_from_json, scene_to_json
from spatialenv.tasks.procedural import scene_key
from spatialenv.tasks.source import TaskSource
from spatialenv.testing.checks import Check, CheckError, CheckResult, expect, insist, run

SEEDS = (0, 1, 2, 3, 17, 2**31 - 1)
"""Seeds that are tried unless others are given."""


def check_tasks(tasks: TaskSource, *, seeds: Iterable[int] = SEEDS) -> None:
    """Check that a source of scenes keeps what sources must keep.

    Args:
        tasks: The source.
        seeds: Seeds to try, at least two.

    Raises:
        CheckError: If something does not hold; the message lists everything that was found.
        InputError: If there are fewer than two seeds.

    Example:
        >>> from spatialenv.tasks import make_tasks
        >>> check_tasks(make_tasks("easy"))
    """
    insist(f"task source {getattr(tasks, 'name', type(tasks).__name__)!r}", tasks_checks(tasks, seeds=seeds))


def tasks_checks(tasks: TaskSource, *, seeds: Iterable[int] = SEEDS) -> list[CheckResult]:
    """Return the result of each check of `check_tasks`."""
    tried = _Tried(tasks, tuple(seeds))
    if len(tried.seeds) < 2:
        raise InputError(f"`seeds` holds {len(tried.seeds)}; give at least two, to see that scenes differ")
    checks: list[Check] = [
        ("it has a name and `sample`", tried.is_a_source),
        ("every seed gives a scene with a wish", tried.gives_scenes),
        ("a seed gives the same scene each time, also after pickling", tried.is_deterministic),
        ("sampling leaves the random generators of others alone", tried.leaves_randomness_alone),
        ("seeds give different scenes", tried.gives_different_scenes),
        ("scenes can be saved and read back the same", tried.can_be_saved),
        ("a witness, where there is one, is complete and clean", tried.witnesses_are_clean),
        ("a seed below 0 is refused", tried.refuses_negative_seeds),
    ]
    return run(checks)


class _Tried:
    """A source with the seeds that it is tried on."""

    def __init__(self, tasks: TaskSource, seeds: tuple[int, ...]) -> None:
        self.tasks = tasks
        self.seeds = seeds

    def is_a_source(self) -> None:
        expect(isinstance(self.tasks, TaskSource), "it lacks `name` or `sample`")
        name: Any = self.tasks.name
        expect(isinstance(name, str) and name, f"`name` is {name!r}; give a non-empty string")
        yaw = getattr(self.tasks, "yaw", "fixed")
        expect(yaw in ("fixed", "free"), f"`yaw` is {yaw!r}; allowed: 'fixed', 'free'")

    def gives_scenes(self) -> None:
        for seed, scene in zip(self.seeds, self._scenes(), strict=True):
            expect(isinstance(scene, Scene), f"seed {seed} gave a {type(scene).__name__}; it must give a Scene")
            expect(
                scene.description.strip(), f"the scene of seed {seed} has no description: say in words what is wanted"
            )
            expect(scene.objects, f"the scene of seed {seed} has no objects to place")

    def is_deterministic(self) -> None:
        first = self._scenes()
        expect(first == self._scenes(), "a seed gave another scene the second time")
        again = pickle.loads(pickle.dumps(self.tasks))
        expect(
            first[::-1] == [again.sample(seed) for seed in self.seeds[::-1]],
            "a copy gave other scenes, or in other order",
        )

    def leaves_randomness_alone(self) -> None:
        plain, numpy = random.getstate(), json.dumps(np.random.get_state(legacy=False), default=str)  # noqa: NPY002
        self._scenes()
        expect(random.getstate() == plain, "it uses Python's global generator; make a random.Random(seed)")
        now = json.dumps(np.random.get_state(legacy=False), default=str)  # noqa: NPY002
        expect(now == numpy, "it uses NumPy's global generator; make a numpy.random.default_rng(seed)")

    def gives_different_scenes(self) -> None:
        keys = {(scene_key(scene), scene.description) for scene in self._scenes()}
        expect(len(keys) > 1, f"{len(self.seeds)} seeds gave one and the same scene")

    def can_be_saved(self) -> None:
        for scene in self._scenes():
            data = json.loads(json.dumps(scene_to_json(scene), allow_nan=False))
            read, _ = scene_and_layout_from_json({"format": "spatialenv/scene", "version": 1, **data}, "a scene")
            expect(read == scene, "a scene read back differs from the one that was written")

    def witnesses_are_clean(self) -> None:
        for seed, scene in zip(self.seeds, self._scenes(), strict=True):
            if scene.witness is None:
                continue
            missing = sorted(set(scene.ids) - set(scene.witness.ids))
            expect(not missing, f"the witness of seed {seed} leaves out {missing}")
            status = layout_status(scene.place(scene.witness), is_complete=True)
            expect(status.clean, f"the witness of seed {seed} is not clean: {status.to_dict()}")

    def refuses_negative_seeds(self) -> None:
        try:
            self.tasks.sample(-1)
        except (SpatialEnvError, ValueError):
            return
        raise CheckError("it took the seed -1; raise a ValueError")

    def _scenes(self) -> list[Scene]:
        return [self.tasks.sample(seed) for seed in self.seeds]
