from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from spatialenv.core.scene import Scene
from spatialenv.envs import RoomLayoutEnv, replay
from spatialenv.errors import InputError
from spatialenv.renderers.fast import FastRenderer
from spatialenv.rewards import make_reward

ANSWER = (
    '[{"new_object_id": "sofa_1", "x": 2, "y": 1, "z": 0.4}, {"new_object_id": "desk_1", "x": 2, "y": 1, "z": 0.4}, '
    '{"new_object_id": "lamp_1", "x": 2, "y": 1, "z": 2}]'
)


def test_a_reward_given_as_an_object_is_asked_for(scene: Scene) -> None:
    reward, renderer = make_reward("collision"), FastRenderer(shadows=False)
    env = RoomLayoutEnv(tasks=[scene], reward=reward, renderer=renderer, size=(64, 48))
    env.reset(seed=0)
    env.step(ANSWER)
    with pytest.raises(InputError, match="reward object, 'collision'; pass it as `reward`"):
        replay(env.episode())
    with pytest.raises(InputError, match="renderer object, 'fast'; pass it as `renderer`"):
        replay(env.episode(), reward=reward)
    again = replay(env.episode(), reward=reward, renderer=renderer)
    assert again.turns[0].score == env.episode().turns[0].score > 0
    assert np.array_equal(again.turns[0].image, env.episode().turns[0].image)  # type: ignore[arg-type]


def test_what_follows_the_end_is_not_played(scene: Scene) -> None:
    env = RoomLayoutEnv(tasks=[scene], max_turns=1, size=(64, 48))
    env.reset(seed=0)
    env.step(ANSWER)
    record = env.episode()
    assert len(replay(replace(record, turns=record.turns * 3)).turns) == 1


def test_an_episode_without_turns(scene: Scene) -> None:
    env = RoomLayoutEnv(tasks=[scene], size=(64, 48))
    env.reset(options={"scene": scene})
    again = replay(env.episode())
    assert (again.turns, again.seed, again.prompt) == ((), None, env.episode().prompt)
