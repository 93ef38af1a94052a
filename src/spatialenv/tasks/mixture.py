"""Scenes from several sources, each drawn with its own share."""

from __future__ import annotations

import hashlib
import math
from bisect import bisect
from collections.abc import Mapping
from itertools import accumulate
from pathlib import Path
from typing import Any, Literal, TypeVar

from spatialenv.core.numeric import as_number
from spatialenv.core.scene import Scene
from spatialenv.errors import InputError
from spatialenv.tasks.procedural import check_seed
from spatialenv.tasks.source import TaskSource, TaskSpec, make_tasks
from spatialenv.tasks.suite import ENDLESS

Spec = TypeVar("Spec", bound=TaskSpec)


class MixtureTasks:
    """A mixture: the seed decides which source a scene comes from, and which of its scenes it is.

    Args:
        of: Weights by the name of a source: ``{"easy": 3, "polygons/train": 1}``. They need not sum to 1.
        seed: Other seeds choose other sources for the same scene seeds.
        split: Of the sources whose names state none, when the mixture itself is asked for with a split.

    Raises:
        InputError: If there is no source, a weight is not above 0, or the sources disagree on who chooses yaws.

    Example:
        >>> tasks = MixtureTasks({"easy": 3, "hard": 1})
        >>> 700 < sum(tasks.part(seed) == "easy" for seed in range(1000)) < 800
        True
    """

    def __init__(self, of: Mapping[str, float], seed: int = 0, split: str | None = None) -> None:
        if not isinstance(of, Mapping) or not of:
            raise InputError(f"`of` is {of!r}; give weights by source, such as {{'easy': 3, 'hard': 1}}")
        for name, weight in of.items():
            if not isinstance(name, str):
                raise InputError(f"`of` names the source {name!r}; give names, such as {{'easy': 3, 'hard': 1}}")
            if not 0 < as_number(weight) < math.inf:
                raise InputError(f"the weight of {name!r} is {weight!r}; it must be a finite number above 0")
        self.seed = check_seed(seed)
        total = sum(of.values())
        if not total < math.inf:
            raise InputError(f"the weights of `of` sum to {total!r}; give smaller ones")
        named = {name: with_split(name, split) for name in of}
        self.sources = {name: make_tasks(spec) for name, spec in named.items()}
        self.yaw = common_yaw(self.sources)
        self._bounds = list(accumulate(weight / total for weight in of.values()))
        self.name = f"mixture({', '.join(f'{weight:g} {named[name]}' for name, weight in of.items())})"

    def part(self, seed: int) -> str:
        """Return the name of the source that the scene of a seed comes from."""
        index = bisect(self._bounds, unit_hash(self.seed, check_seed(seed)))
        return list(self.sources)[min(index, len(self.sources) - 1)]

    def sample(self, seed: int) -> Scene:
        """Return the scene of a seed."""
        return self.sources[self.part(seed)].sample(seed)


def with_split(spec: Spec, split: str | None) -> Spec | str | dict[str, Any]:
    """Return a name, or a dict with one, with `split`, unless it states one itself or none is asked for.

    Raises:
        InputError: If `spec` is something that has no splits: a file, scenes, a function, a source.

    Example:
        >>> with_split("easy", "test"), with_split("easy/endless", "test"), with_split("easy/train", "test")
        ('easy/test', 'easy/endless/test', 'easy/train')
    """
    if split is None:
        return spec
    if isinstance(spec, Mapping):
        own = spec.get("split")
        part = f"{ENDLESS}/{split}" if own == ENDLESS else split if own is None else own
        return {**spec, "split": part}
    if not isinstance(spec, str) or spec.endswith(".json"):
        given = repr(spec) if isinstance(spec, (str, Path)) else f"a {type(spec).__name__}"
        raise InputError(f"`split` is {split!r}, but `of` is {given}, which has no splits; leave `split` out")
    name, _, own = spec.partition("/")
    return f"{name}/{ENDLESS}/{split}" if own == ENDLESS else f"{name}/{own or split}"


def common_yaw(sources: Mapping[str, TaskSource]) -> Literal["fixed", "free"]:
    """Return who chooses yaws in all of `sources`, or raise InputError where they disagree."""
    found: dict[Any, str] = {getattr(source, "yaw", "fixed"): name for name, source in sources.items()}
    if len(found) > 1:
        raise InputError(
            f"{found['free']!r} leaves yaws to the answer and {found['fixed']!r} does not; "
            "mix sources that agree, since one env reads all answers alike"
        )
    return "free" if "free" in found else "fixed"


def unit_hash(*numbers: int) -> float:
    """Return a number in [0, 1) that depends on `numbers` alone, the same on every platform.

    Example:
        >>> unit_hash(1, 2) == unit_hash(1, 2) != unit_hash(2, 1)
        True
    """
    digest = hashlib.sha256(" ".join(map(str, numbers)).encode("ascii")).digest()
    return int.from_bytes(digest[:6], "big") / 2**48
