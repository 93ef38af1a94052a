"""How long scoring takes: each component and preset, one layout at a time and in a batch.

Rooms of 12 boxes at any yaw, each with a relation, put anywhere: 64 layouts of 8 scenes, as in a step of GRPO.
`fresh` includes making the arrays of each layout, which is done once for every answer.

Ratio ``physics_batch_vs_single``: the ``physics`` preset on 64 layouts one by one, over the same in one batch.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from benchmarks.speed.components import components
from benchmarks.speed.timing import interleave
from spatialenv.core.layout import Layout, Pose
from spatialenv.core.placed import PlacedScene
from spatialenv.core.room import WALLS, Room
from spatialenv.core.scene import Relation, Scene, SceneObject
from spatialenv.core.score import Score, Transition
from spatialenv.rewards import Reward, make_reward

BOXES = 12
SCENES = 8
LAYOUTS = 64


def run(quick: bool = False) -> tuple[dict[str, float], dict[str, dict[str, float]]]:
    """Return ``(ratios, figures)``; `quick` measures fewer repeats.

    Figures in microseconds a layout, by name of the reward: ``reward_us_batch``, ``reward_us_batch_fresh``,
    ``reward_us_single``.
    """
    placed = layouts()
    transitions = [Transition.of(scene) for scene in placed]
    turns = 3 if quick else 20
    figures: dict[str, dict[str, float]] = {"reward_us_batch": {}, "reward_us_batch_fresh": {}, "reward_us_single": {}}
    for name in (*components(), "format", "metaspatial"):
        reward = make_reward(name)
        seconds = interleave(
            {
                "reward_us_batch": batch(reward, transitions),
                "reward_us_batch_fresh": fresh(reward, placed),
                "reward_us_single": single(reward, transitions),
            },
            turns,
        )
        for figure, value in seconds.items():
            figures[figure][name] = value / LAYOUTS * 1e6
    ratio = figures["reward_us_single"]["physics"] / figures["reward_us_batch"]["physics"]
    return {"physics_batch_vs_single": ratio}, figures


def batch(reward: Reward, transitions: list[Transition]) -> Callable[[], list[Score]]:
    """Return a call that scores all transitions together."""
    return lambda: reward.batch(transitions)


def fresh(reward: Reward, placed: list[PlacedScene]) -> Callable[[], list[Score]]:
    """Return a call that makes placed scenes and scores them together."""
    return lambda: reward.batch([Transition.of(PlacedScene(one.scene, one.layout)) for one in placed])


def single(reward: Reward, transitions: list[Transition]) -> Callable[[], list[Score]]:
    """Return a call that scores the transitions one by one."""
    return lambda: [reward(transition) for transition in transitions]


def layouts() -> list[PlacedScene]:
    """Return 64 layouts of 8 scenes of 12 boxes."""
    rng = np.random.default_rng(0)
    placed = []
    for _ in range(SCENES):
        objects = tuple(_box(i, rng) for i in range(BOXES))
        scene = Scene(room=Room.rectangle(6, 5, 3), objects=objects)
        for _ in range(LAYOUTS // SCENES):
            poses = [
                (item.id, Pose(*rng.uniform((0, 0), (6, 5)), item.size[2] / 2, rng.uniform(0, 2 * math.pi)))
                for item in objects
            ]
            placed.append(PlacedScene(scene, Layout(tuple(poses))))
    return placed


def _box(i: int, rng: np.random.Generator) -> SceneObject:
    """Return the i-th box: the first four belong on a wall, each other one in front of the fourth before it."""
    name = f"box_{i}"
    relation = Relation(name, "on", WALLS[i]) if i < 4 else Relation(name, "in front", f"box_{i - 4}", i % 2 == 0)
    length, width, height = rng.uniform(0.4, 1.6, 3)
    return SceneObject(id=name, category="box", size=(length, width, height), relations=(relation,))
