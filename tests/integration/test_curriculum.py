"""Environments tell a curriculum how episodes end, one at a time and in batches."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import pytest

from spatialenv.core.write import write_answer
from spatialenv.envs import RoomLayoutEnv
from spatialenv.tasks import make_tasks
from spatialenv.tasks.curriculum import CurriculumTasks

LADDER = {"name": "curriculum", "of": ["easy", "medium"], "window": 3, "review": 0.0}
SMALL: dict[str, Any] = {"size": (16, 16), "views": ("top",), "labels": False, "renderer": "blank"}


def ladder() -> CurriculumTasks:
    tasks = make_tasks(LADDER)
    assert isinstance(tasks, CurriculumTasks)
    return tasks


@pytest.mark.parametrize(("is_solved", "level"), [(True, 1), (False, 0)])
def test_an_env_climbs_with_its_policy(is_solved: bool, level: int) -> None:
    tasks = ladder()
    env = RoomLayoutEnv(tasks=tasks, max_turns=1, **SMALL)
    for seed in range(3):
        env.reset(seed=seed)
        assert env.scene.witness is not None
        env.step(write_answer(env.scene.witness) if is_solved else "no answer")
    assert tasks.level == level


def test_a_batch_of_envs_shares_one_ladder() -> None:
    tasks = ladder()
    envs = gym.make_vec("spatialenv/RoomLayout-v0", num_envs=3, tasks=tasks, max_turns=1, **SMALL)
    envs.reset(seed=0)
    envs.step([write_answer(play.scene.witness) for play in envs.unwrapped.plays])
    assert tasks.level == 1
