"""What the clients ask: rooms with sound, poor and unusable answers, and what each must score."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from spatialenv.core.layout import Layout, Pose
from spatialenv.core.parse import parse_answer
from spatialenv.core.scene import Scene
from spatialenv.core.score import Score, Transition
from spatialenv.core.write import write_answer
from spatialenv.rewards import make_reward
from spatialenv.serving import RemoteScore
from spatialenv.tasks import make_tasks

REWARDS: tuple[Any, ...] = (
    None,
    "metaspatial",
    {"weighted_sum": {"collision": 0.5, "boundary": 0.25, "format": 0.25}},
)
"""What requests ask for; None is the server's default, `physics`."""

SUITES = ("easy", "medium", "polygons", "dense")
ANSWERS = 6


@dataclass(frozen=True)
class Question:
    """An answer to a scene, and its score by each of `REWARDS` as this process finds it."""

    scene: Scene
    text: str
    expected: tuple[Score, ...]

    def is_right(self, reward: int, found: RemoteScore) -> bool:
        """Whether a server found the same, to the last bit."""
        expected = self.expected[reward]
        if found.score != expected.value or found.version != expected.version:
            return False
        if expected.per_object is None or found.per_object is None:
            return expected.per_object is found.per_object
        values = [found.per_object[object_id] for object_id in self.scene.ids]
        numbers = np.array([np.nan if value is None else value for value in values])
        return bool(np.array_equal(numbers, expected.per_object, equal_nan=True))


def make_questions(rooms: int, seed: int = 0) -> list[Question]:
    """Return answers to rooms of several suites, some of them sound and some of them no answers at all."""
    rng = random.Random(seed)
    rewards = [make_reward("physics" if reward is None else reward) for reward in REWARDS]
    sources = [make_tasks(name) for name in SUITES]
    pairs: list[tuple[Scene, str]] = []
    for number in range(rooms):
        scene = sources[number % len(sources)].sample(number)
        pairs += [(scene, text) for text in _texts(scene, rng)]
    transitions = [_transition(scene, text) for scene, text in pairs]
    columns = [reward.batch(transitions) for reward in rewards]
    return [
        Question(scene, text, expected)
        for (scene, text), expected in zip(pairs, zip(*columns, strict=True), strict=True)
    ]


def _texts(scene: Scene, rng: random.Random) -> Sequence[str]:
    texts = ["I would rather not.", "<think></think><answer>[{]</answer>"]
    if scene.witness is not None:
        texts.append(f"<think>As it was.</think>{write_answer(dict(scene.witness.poses))}")
    while len(texts) < ANSWERS:
        poses = {
            item.id: Pose(rng.uniform(0, scene.room.length), rng.uniform(0, scene.room.width), item.size[2] / 2)
            for item in scene.objects
            if rng.random() < 0.95
        }
        texts.append(f"<think>So.</think>{write_answer(poses)}")
    return texts


def _transition(scene: Scene, text: str) -> Transition:
    parsed = parse_answer(text, scene)
    return Transition(scene.place(parsed.layout or Layout()), parsed)
