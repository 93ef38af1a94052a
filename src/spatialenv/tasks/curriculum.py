"""Scenes that grow harder as they are solved."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from spatialenv.core.numeric import as_number
from spatialenv.core.scene import Scene
from spatialenv.errors import InputError
from spatialenv.tasks.mixture import common_yaw, unit_hash, with_split
from spatialenv.tasks.procedural import check_seed
from spatialenv.tasks.source import make_tasks

_STATE = {"level", "recent", "drawn"}


class CurriculumTasks:
    """A ladder of sources: difficulty follows success.

    Scenes come from the current level, a share of them (`review`) from the levels below. After each episode the
    env tells whether the last layout was clean (`observe`). When `window` scenes of the current level have been
    played since it was reached, its rate of success decides: at `raise_at` or above the next level is taken, at
    `lower_at` or below the one before; else the window slides on.

    A seed keeps the level at which it was first drawn, so that all samples of a group play one scene, and a run
    can ask later what it played. The same seeds and the same outcomes in the same order give the same scenes.
    `state` and `restore` carry it over a break. Processes that each make one (an `AsyncVectorEnv`) each climb alone.

    Args:
        of: Names of sources, or mappings with a ``name`` and options, the easiest first.
        window: Scenes of a level that are looked at, at least 1.
        raise_at: Rate of success, in (0, 1], at which the next level is taken.
        lower_at: Rate of success, in [0, `raise_at`), at which the level before is taken.
        review: Share of scenes, in [0, 1), that come from the levels below the current one.
        seed: Other seeds choose other scenes for review.
        split: Of the sources whose names state none.

    Raises:
        InputError: If an argument is not allowed.

    Example:
        >>> tasks = CurriculumTasks(["easy", "hard"], window=2, review=0.0)
        >>> for seed in (0, 1):
        ...     scene = tasks.sample(seed)
        ...     tasks.observe(seed, True)
        >>> tasks.level, tasks.level_of(0), tasks.level_of(2)
        (1, 0, 1)
    """

    def __init__(
        self,
        of: Sequence[str | Mapping[str, Any]],
        window: int = 64,
        raise_at: float = 0.7,
        lower_at: float = 0.2,
        review: float = 0.2,
        seed: int = 0,
        split: str | None = None,
    ) -> None:
        if isinstance(of, str) or not isinstance(of, Sequence) or len(of) < 2:
            raise InputError(f"`of` is {of!r}; give the names of at least two sources, the easiest first")
        for each in of:
            if not isinstance(each, (str, Mapping)):
                raise InputError(f"`of` names the source {each!r}; give names or mappings, the easiest first")
        if isinstance(window, bool) or not isinstance(window, int) or window < 1:
            raise InputError(f"`window` is {window!r}; it must be a whole number of at least 1")
        if not 0 <= as_number(lower_at) < as_number(raise_at) <= 1:
            raise InputError(
                f"`lower_at` is {lower_at!r} and `raise_at` is {raise_at!r}; they must be rates, the first one lower"
            )
        if not 0 <= as_number(review) < 1:
            raise InputError(f"`review` is {review!r}; it must be a share from 0 to below 1")
        specs = [with_split(each, split) for each in of]
        self.levels = [make_tasks(spec) for spec in specs]
        named = [spec if isinstance(spec, str) else json.dumps(spec) for spec in specs]
        self.yaw = common_yaw(dict(zip(named, self.levels, strict=True)))
        self.window = window
        self.raise_at = raise_at
        self.lower_at = lower_at
        self.review = review
        self.seed = check_seed(seed)
        self.level = 0
        self.name = f"curriculum({' < '.join(named)})"
        self._recent: deque[bool] = deque(maxlen=window)
        self._drawn: dict[int, int] = {}

    def level_of(self, seed: int) -> int:
        """Return the level, from 0, of a seed's scene: as it was first drawn, or as it would be drawn now."""
        seed = check_seed(seed)
        if seed in self._drawn:
            return self._drawn[seed]
        if self.level and unit_hash(self.seed, seed, 0) < self.review:
            return int(self.level * unit_hash(self.seed, seed, 1))
        return self.level

    def sample(self, seed: int) -> Scene:
        """Return the scene of a seed."""
        level = self.level_of(seed)
        self._drawn[check_seed(seed)] = level
        return self.levels[level].sample(seed)

    def observe(self, seed: int, is_solved: bool) -> None:
        """Take note of how an episode ended.

        Args:
            seed: The seed of its scene; those of other levels and those never drawn do not count.
            is_solved: Whether its last layout was clean.
        """
        if self._drawn.get(seed) != self.level:
            return
        self._recent.append(bool(is_solved))
        if len(self._recent) < self.window:
            return
        rate = sum(self._recent) / self.window
        step = int(rate >= self.raise_at) - int(rate <= self.lower_at)
        if step and 0 <= self.level + step < len(self.levels):
            self.level += step
            self._recent.clear()

    def state(self) -> dict[str, Any]:
        """Return where it stands, in JSON types."""
        drawn = [[seed, level] for seed, level in self._drawn.items()]
        return {"level": self.level, "recent": list(self._recent), "drawn": drawn}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a `state`.

        Raises:
            InputError: If it is none of a curriculum with as many levels.
        """
        remedy = "`state` is no state of this curriculum; give what its `state()` returned"
        if not isinstance(state, Mapping) or set(state) != _STATE:
            raise InputError(remedy)
        try:
            level, recent = int(state["level"]), [bool(is_solved) for is_solved in state["recent"]]
            drawn = {check_seed(seed): int(at) for seed, at in state["drawn"]}
        except (TypeError, ValueError) as error:
            raise InputError(remedy) from error
        if not {level, *drawn.values()}.issubset(range(len(self.levels))):
            raise InputError(remedy)
        self.level = level
        self._recent = deque(recent, maxlen=self.window)
        self._drawn = drawn
