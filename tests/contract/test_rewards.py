"""What holds for every registered reward, and for compositions of them."""

from __future__ import annotations

import math
from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pytest

from spatialenv.core.layout import Layout
from spatialenv.core.relations import relation_states
from spatialenv.core.scene import Scene
from spatialenv.core.score import Transition
from spatialenv.rewards import REWARDS, Reward, make_reward
from spatialenv.tasks import make_tasks
from spatialenv.testing import check_reward
from spatialenv.testing.samples import shuffled, witness

SPECS = {
    **{name: name for name in sorted(REWARDS)},
    # As published, it gives the same -1 to every layout of fewer than four objects, and so tells none apart.
    "scenerevis": {"name": "scenerevis", "least_objects": 1},
    "sum": {"weighted_sum": {"collision": 0.25, "boundary": 0.25, "support": 0.25, "constraint": 0.25}},
    "gate": {"gate": {"condition": "format", "reward": "physics"}},
}

BOUNDS = {"scenerevis": (-1.0, 1.0)}
"""Presets that keep a published range."""

MAY_FALL_BELOW_A_SHUFFLED_LAYOUT = {
    "balance": "furniture along the walls leaves the free floor less even than furniture anywhere",
    "physcene": "only the ways through the room count, and things on top of each other leave more of them",
}
"""Rewards that see too little to rank every sound layout above a shuffled one."""


@pytest.fixture(scope="module", params=sorted(SPECS))
def reward(request: pytest.FixtureRequest) -> Reward:
    if request.param == "stability" and find_spec("pybullet") is None:
        pytest.skip("pybullet has no wheels for this Python")
    return make_reward(SPECS[request.param])


@pytest.fixture(scope="module")
def scenes() -> list[Scene]:
    tasks = [make_tasks(name) for name in ("easy", "medium", "hard")]
    return [source.sample(seed) for source in tasks for seed in range(6)]


def test_keeps_what_rewards_must_keep(reward: Reward) -> None:
    bounds = BOUNDS.get(reward.name, (0.0, 1.0))
    check_reward(reward, bounds=bounds, is_about_format=reward.name == "format")


def test_a_sound_layout_scores_at_least_what_a_shuffled_one_does(reward: Reward, scenes: list[Scene]) -> None:
    rng = np.random.default_rng(17)
    sound = reward.batch([Transition.of(witness(scene)) for scene in scenes])
    loose = reward.batch([Transition.of(shuffled(scene, rng)) for scene in scenes])
    reversed_pairs = sum(a.value < b.value for a, b in zip(sound, loose, strict=True))
    assert (reversed_pairs > 0) == (reward.name in MAY_FALL_BELOW_A_SHUFFLED_LAYOUT)


def test_a_batch_of_rooms_of_all_sizes_scores_to_the_last_bit_as_each_alone(reward: Reward) -> None:
    rng = np.random.default_rng(5)
    tasks = [make_tasks(name) for name in ("hard", "polygons", "easy", "small-objects")]
    given = [Transition.of(shuffled(source.sample(seed), rng)) for seed in range(4) for source in tasks]
    for together, transition in zip(reward.batch(given), given, strict=True):
        alone = reward(transition)
        assert (together.value, together.details) == (alone.value, alone.details)
        if alone.per_object is not None:
            assert np.array_equal(together.per_object, alone.per_object, equal_nan=True)  # type: ignore[arg-type]


def test_says_what_it_can_and_cannot_see(reward: Reward) -> None:
    sections = [line.strip().split(":")[0] for line in (type(reward).__doc__ or "").splitlines()]
    assert [s for s in sections if s in ("Range", "Zero means", "Best means", "Cannot see")] == [
        "Range",
        "Zero means",
        "Best means",
        "Cannot see",
    ]


def test_witness_meets_every_relation(scenes: list[Scene]) -> None:
    states = [state for scene in scenes for state in relation_states(witness(scene))]
    assert states
    assert all(state.is_met for state in states)


@pytest.mark.parametrize("name", ["boundary", "collision", "constraint", "physics", "support"])
def test_turning_by_whole_turns_changes_nothing(name: str, scenes: list[Scene]) -> None:
    chosen = make_reward(name)
    placed = witness(scenes[-1])
    turned = [
        (i, replace(p, yaw=yaw + 2 * math.pi)) for (i, p), yaw in zip(placed.layout.poses, placed.yaws, strict=True)
    ]
    assert placed.ids == placed.layout.ids
    a, b = chosen(Transition.of(placed)), chosen(Transition.of(placed.scene.place(Layout(tuple(turned)))))
    assert a.value == pytest.approx(b.value, abs=1e-9)
