"""Cameras of an environment: by name, by value, as JSON."""

from __future__ import annotations

import json
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

import spatialenv
from spatialenv.core.scene import Scene
from spatialenv.envs import RoomLayoutEnv
from spatialenv.envs.prompt import make_prompt
from spatialenv.errors import InputError
from spatialenv.renderers.camera import FreeCamera, OrbitCamera

FREE = {"name": "free", "eye": [1.0, 1.0, 1.6], "target": [3.0, 2.0, 1.0], "fov": 70.0, "view": "door"}
ORBIT = {"name": "orbit", "azimuth": 30.0, "elevation": 40.0, "zoom": 1.0}
ANSWER = "<answer>[]</answer>"


def test_named_free_and_orbiting_cameras_stand_side_by_side() -> None:
    env = RoomLayoutEnv(tasks="easy", views=["walk", FREE, ORBIT, "front"], size=(32, 24), max_turns=1)
    observation, info = env.reset(seed=0)
    assert env.observation_space.contains(observation)
    assert observation["image"].shape == (24, 4 * 32, 3)
    assert list(info["views"]) == ["walk", "door", "orbit", "front"]
    env.step(ANSWER)
    assert env.views == ("walk", FreeCamera((1, 1, 1.6), (3, 2, 1), 70, "door"), OrbitCamera(30, 40), "front")


def test_views_survive_records_and_gym_specs() -> None:
    values: dict[str, Any] = {"tasks": "easy", "views": ["top", FREE, ORBIT], "size": [32, 24], "max_turns": 1}
    env = RoomLayoutEnv(
        **{**values, "views": ["top", FreeCamera((1, 1, 1.6), (3, 2, 1), 70, "door"), OrbitCamera(30, 40)]}
    )
    env.reset(seed=0)
    assert json.loads(json.dumps(env.episode().settings))["views"] == ["top", FREE, ORBIT]
    made = gym.make("spatialenv/RoomLayout-v0", **values)
    assert made.spec is not None
    again = gym.make(gym.envs.registration.EnvSpec.from_json(made.spec.to_json()))
    pictures = [each.reset(seed=0)[0]["image"] for each in (env, made, again)]
    assert np.array_equal(pictures[0], pictures[1])
    assert np.array_equal(pictures[0], pictures[2])


def test_batches_have_the_same_views() -> None:
    envs = gym.make_vec("spatialenv/RoomLayout-v0", num_envs=2, tasks="easy", views=["orbit", FREE], size=[32, 24])
    observations, _ = envs.reset(seed=0)
    alone = RoomLayoutEnv(tasks="easy", views=["orbit", FREE], size=[32, 24])
    assert np.array_equal(observations["image"][0], alone.reset(seed=0)[0]["image"])


@pytest.mark.parametrize(
    ("views", "words"),
    [
        (("corner", "top"), "from: corner and top."),
        (("top",), "from: top."),
        (("front", "walk"), "from: front (from the south, looking north) and walk (from inside, at eye level)."),
        (("orbit",), "from: orbit (looking 320 degrees clockwise from north, 32 degrees down)."),
        ((OrbitCamera(30, 40, name="left"),), "from: left (looking 30 degrees clockwise from north, 40 degrees down)."),
        ((FreeCamera((1, 1, 1.6), (3, 2, 1)),), "from: free (from x, y, z 1, 1, 1.6 towards 3, 2, 1)."),
    ],
)
def test_the_prompt_says_where_the_picture_is_taken_from(views: Any, words: str) -> None:
    scene = Scene(room=spatialenv.Room.rectangle(4, 3, 2.5), objects=())
    assert f"The picture shows the room {words}" in make_prompt(scene, views=views)


def test_render_takes_cameras_of_every_form() -> None:
    placed = Scene(room=spatialenv.Room.rectangle(4, 3, 2.5), objects=()).place({})
    both = spatialenv.render(placed, size=(48, 32), views=[FREE, OrbitCamera(30, 40)], labels=False)
    assert both.shape == (32, 96, 3)
    assert np.array_equal(spatialenv.render(placed, size=(48, 32), views=FREE, labels=False), both[:, :48])
    with pytest.raises(InputError, match="`fov` is 500"):
        spatialenv.render(placed, views=[{**FREE, "fov": 500}])


def test_two_views_need_two_names() -> None:
    with pytest.raises(InputError, match="tells two of a kind apart"):
        RoomLayoutEnv(views=[ORBIT, {"name": "orbit", "azimuth": 90}])
