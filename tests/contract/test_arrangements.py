"""Rewards of scenes with arrangements, alone, in batches with other scenes, and in other orders."""

from __future__ import annotations

import numpy as np
import pytest

from spatialenv.core.layout import Layout, Pose
from spatialenv.core.placed import PlacedScene
from spatialenv.core.relations import relation_batch
from spatialenv.core.room import Room
from spatialenv.core.scene import PREPOSITIONS, Relation, Scene, SceneObject, takes_target
from spatialenv.core.score import Transition
from spatialenv.rewards import make_reward
from spatialenv.tasks import make_tasks
from spatialenv.testing.samples import renamed, reordered, shuffled

NAMES = ["constraint", "physics", "editing", "collision", "support"]


def arranged(rng: np.random.Generator, size: int) -> PlacedScene:
    """A scene with relations of all kinds in a random layout."""
    room = (
        Room.rectangle(5, 4, 2.6) if rng.random() < 0.5 else Room.polygon([(0, 0), (6, 0), (6, 3), (4, 5), (0, 5)], 2.6)
    )
    ids = [f"object_{i}" for i in range(size)]
    objects, poses = [], {}
    for name in ids:
        targets = [t for t in (*ids, *room.walls, "middle of the room") if t != name]
        relations = []
        for _ in range(int(rng.integers(0, 4))):
            preposition, target = str(rng.choice(PREPOSITIONS)), str(rng.choice(targets))
            relations += [Relation(name, preposition, target)] if takes_target(preposition, target) else []
        extents = tuple(float(v) for v in rng.uniform(0.2, 1.2, 3))
        objects.append(SceneObject(name, str(rng.choice(["a", "b"])), extents, relations=tuple(relations)))
        if rng.random() < 0.9:
            x, y = rng.uniform(0, (room.length, room.width)).tolist()
            poses[name] = Pose(x, y, extents[2] / 2, float(rng.uniform(0, 6)))
    return Scene(room, tuple(objects)).place(Layout.from_mapping(poses))


@pytest.fixture(scope="module")
def layouts() -> list[PlacedScene]:
    rng = np.random.default_rng(8)
    plain = [shuffled(make_tasks(name).sample(seed), rng) for name in ("hard", "easy") for seed in range(4)]
    mixed = plain + [arranged(rng, int(rng.integers(1, 9))) for _ in range(40)]
    return [mixed[i] for i in rng.permutation(len(mixed))]


@pytest.mark.parametrize("name", NAMES)
def test_a_batch_scores_to_the_last_bit_as_each_alone(name: str, layouts: list[PlacedScene]) -> None:
    reward = make_reward(name)
    for together, placed in zip(reward.batch([Transition.of(p) for p in layouts]), layouts, strict=True):
        alone = reward(Transition.of(placed))
        assert (together.value, together.details) == (alone.value, alone.details)
        assert np.array_equal(together.per_object, alone.per_object, equal_nan=True)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", NAMES)
def test_order_and_names_do_not_matter(name: str, layouts: list[PlacedScene]) -> None:
    rng, reward = np.random.default_rng(9), make_reward(name)
    for placed in layouts:
        score = reward(Transition.of(placed))
        order = rng.permutation(len(placed.scene.objects)).tolist()
        moved = reward(Transition.of(reordered(placed, order)))
        assert moved.value == pytest.approx(score.value, abs=1e-12)
        assert reward(Transition.of(renamed(placed))).value == pytest.approx(score.value, abs=1e-12)


def test_constraint_is_the_mean_of_what_relation_batch_says(layouts: list[PlacedScene]) -> None:
    scores = make_reward("constraint").batch([Transition.of(placed) for placed in layouts])
    for score, placed in zip(scores, layouts, strict=True):
        batch = relation_batch([placed])
        for index in placed.indices.tolist():
            own = batch.scores[batch.subjects == index]
            wanted = own.mean() if len(own) else 1.0
            assert score.per_object is not None
            assert score.per_object[index] == pytest.approx(wanted, abs=1e-12)
        assert score.details["relations_met"] == (batch.scores >= 1.0).sum()
