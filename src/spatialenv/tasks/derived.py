"""Tasks over the rooms of another source: what repair, edit and completion share."""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar, Literal

from spatialenv.core.layout import Layout
from spatialenv.core.numeric import as_number
from spatialenv.core.scene import Scene
from spatialenv.core.violations import find_violations, layout_status
from spatialenv.errors import InputError
from spatialenv.tasks.mixture import with_split
from spatialenv.tasks.procedural import MAX_SEED, check_seed
from spatialenv.tasks.solver import solve
from spatialenv.tasks.source import TaskSource, TaskSpec, make_tasks

_ATTEMPTS = 240
_TRIES = 8
"""Draws over one room before the next one is taken."""

_STRIDE = 1_000_003
"""Distance of the seeds of rooms that are taken when a room allows no task."""


class DerivedTasks(ABC):
    """Scenes made from those of another source, by seed.

    A seed takes the room that the source gives for it; where that allows no such task, the rooms of seeds a
    fixed distance apart.

    Attributes:
        source: Where the rooms come from.
        name: ``"repair(easy)/train"``.
        yaw: Who chooses yaws, as in the source.

    Args:
        of: The source, as `make_tasks` takes it.
        split: Split of the source, where `of` states none.

    Raises:
        InputError: If the source is not known, or `split` is given and it has none.
    """

    kind: ClassVar[str]

    def __init__(self, of: TaskSpec, split: str | None = None) -> None:
        self.source: TaskSource = make_tasks(with_split(of, split))
        self.yaw: Literal["fixed", "free"] = getattr(self.source, "yaw", "fixed")
        inner, bracket, rest = self.source.name.rpartition(")")
        stem, slash, part = rest.partition("/")
        self.name = f"{self.kind}({inner}{bracket}{stem}){slash}{part}"

    def sample(self, seed: int) -> Scene:
        """Return the scene of a seed.

        Raises:
            InputError: If the seed is out of range, or the rooms allow no such task.
        """
        seed = check_seed(seed)
        for attempt in range(_ATTEMPTS):
            room, draw = divmod(attempt, _TRIES)
            if draw == 0:
                base = self.source.sample((seed + room * _STRIDE) % MAX_SEED)
                witness = self._witness(base, seed)
            if witness is None:
                continue
            scene = self._draw(random.Random(attempt * MAX_SEED + seed), base, witness)
            if scene is not None:
                return replace(scene, id=f"{self.kind}({base.id})") if base.id else scene
        raise InputError(
            f"the rooms of {self.source.name!r} allow no scene of {self.name!r} after {_ATTEMPTS} attempts; "
            "choose rooms with more objects or relations, or allow more kinds of changes"
        )

    @abstractmethod
    def _draw(self, rng: random.Random, base: Scene, witness: Layout) -> Scene | None:
        """Return a scene over a room and a sound layout of it, or None where none was found."""

    def _witness(self, base: Scene, seed: int) -> Layout | None:
        """Return a sound layout of a room: its own, else the solver's."""
        found = base.witness if base.witness is not None else solve(base, seed, yaw=self.yaw)
        return found if found is not None and is_sound(base, found) else None


def is_sound(scene: Scene, layout: Layout) -> bool:
    """Return whether every object of the scene is placed and nothing at all is wrong."""
    placed = scene.place(layout)
    return layout_status(placed, is_complete=placed.is_complete).clean and not find_violations(placed)


def check_pair(given: Sequence[float], name: str, least: float, most: float, form: str) -> tuple[float, float]:
    """Return a pair of numbers ``least <= low <= high <= most``, or raise InputError that says what `form` to give."""
    values = [as_number(value) for value in given] if isinstance(given, Sequence) and not isinstance(given, str) else []
    if len(values) != 2 or not least <= values[0] <= values[1] <= most:
        raise InputError(f"`{name}` is {given!r}; it must be {form}")
    return values[0], values[1]
