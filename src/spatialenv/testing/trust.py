"""Whether a reward can be trusted: what tricks earn, whether damage costs, whether near misses are seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from spatialenv.core.placed import FloatArray, PlacedScene
from spatialenv.core.scene import Scene
from spatialenv.core.score import Transition
from spatialenv.errors import InputError
from spatialenv.rewards.base import Reward, violations_of
from spatialenv.tasks import make_tasks
from spatialenv.testing.damage import LEVELS, damaged, near_misses
from spatialenv.testing.tricks import TRICKS, Trick, score_texts

SUITES = ("easy", "medium", "hard", "polygons", "dense", "small-objects", "rotation")
"""Suites whose training rooms the trust suite draws, in turn."""

_BATCH = 256


@dataclass(frozen=True)
class Rooms:
    """Scenes with witnesses, and the suite that each is from.

    Attributes:
        scenes: The scenes.
        suites: Name of the suite of each.
    """

    scenes: tuple[Scene, ...]
    suites: tuple[str, ...]

    def of(self, suite: str) -> list[int]:
        """Return the indices of a suite's scenes."""
        return [i for i, name in enumerate(self.suites) if name == suite]


def trust_rooms(count: int, suites: Sequence[str] = SUITES) -> Rooms:
    """Return `count` scenes of the suites' training splits, taken in turn.

    Raises:
        InputError: If `count` is below 1.

    Example:
        >>> trust_rooms(3, ("easy", "hard")).suites
        ('easy', 'hard', 'easy')
    """
    if count < 1:
        raise InputError(f"`count` is {count!r}; it must be at least 1")
    sources = {name: make_tasks(f"{name}/train") for name in suites}
    names = tuple(suites[i % len(suites)] for i in range(count))
    return Rooms(tuple(sources[name].sample(i // len(suites)) for i, name in enumerate(names)), names)


def measure_tricks(reward: Reward, rooms: Rooms, tricks: Sequence[Trick] = TRICKS) -> dict[str, Any]:
    """Return what each trick earns.

    Returns:
        ``witness``, the mean score of the witnesses, and ``tricks``: by name the ``mean`` score, the ``share`` of the
        witnesses' mean, and ``suites``, that share by suite.
    """
    sound = _scores(reward, [scene.place(scene.witness or {}) for scene in rooms.scenes])
    suites = sorted(set(rooms.suites), key=rooms.suites.index)
    found = {}
    for trick in tricks:
        earned = np.array(score_texts(reward, rooms.scenes, [trick.answer(scene) for scene in rooms.scenes]))
        found[trick.name] = {
            "about": trick.about,
            "mean": float(earned.mean()),
            "share": float(earned.mean() / sound.mean()),
            "suites": {name: float(earned[rooms.of(name)].mean() / sound[rooms.of(name)].mean()) for name in suites},
        }
    return {"witness": float(sound.mean()), "tricks": found}


def measure_damage(rewards: Mapping[str, Reward], rooms: Rooms) -> dict[str, Any]:
    """Return how each reward falls with damage (`damaged`).

    Returns:
        By name of the reward: ``mean``, by level; ``in_order``, for each pair of neighbouring levels the share of the
        scenes in which the less damaged layout scores more (the witness: at least as much); ``all_in_order``, over
        all pairs; ``reversal``, the most by which the mean rises from a level to the next, 0 where it never does.
    """
    layouts: list[list[PlacedScene]] = [[] for _ in LEVELS]
    for seed, scene in enumerate(rooms.scenes):
        for level, placed in zip(layouts, damaged(scene, seed), strict=True):
            level.append(placed)
    found = {}
    for name, reward in rewards.items():
        values = np.array([_scores(reward, level) for level in layouts])
        means = values.mean(axis=1)
        pairs = [values[0] >= values[1], values[1] > values[2], values[2] > values[3]]
        found[name] = {
            "version": reward.version,
            "mean": dict(zip(LEVELS, means.tolist(), strict=True)),
            "in_order": [float(pair.mean()) for pair in pairs],
            "all_in_order": float(np.mean(pairs)),
            "reversal": float(max(0.0, np.diff(means).max())),
        }
    return found


def measure_near_misses(reward: Reward, rooms: Rooms) -> dict[str, Any]:
    """Return whether a reward sees one thing that is wrong (`near_misses`).

    Returns:
        By name of the near miss: ``n``; ``costs``, the share that scores less than the witness; ``mean_cost``;
        ``named``, the share in which a violation of the right kind names the object.
    """
    rows: dict[str, list[tuple[bool, float, bool]]] = {}
    for seed, scene in enumerate(rooms.scenes):
        sound = reward(Transition.of(scene.place(scene.witness or {}))).value
        for miss in near_misses(scene, seed):
            value = reward(Transition.of(miss.placed)).value
            victim = miss.placed.ids[miss.victim]
            named = any(
                wrong.kind in miss.kinds and victim in wrong.objects for wrong in violations_of(reward, miss.placed)
            )
            rows.setdefault(miss.name, []).append((value < sound, sound - value, named))
    return {
        name: {
            "n": len(found),
            "costs": float(np.mean([costs for costs, _, _ in found])),
            "mean_cost": float(np.mean([cost for _, cost, _ in found])),
            "named": float(np.mean([named for _, _, named in found])),
        }
        for name, found in rows.items()
    }


def _scores(reward: Reward, placed: Sequence[PlacedScene]) -> FloatArray:
    values: list[float] = []
    for start in range(0, len(placed), _BATCH):
        values += [
            score.value for score in reward.batch([Transition.of(one) for one in placed[start : start + _BATCH]])
        ]
    return np.array(values, dtype=np.float64)
