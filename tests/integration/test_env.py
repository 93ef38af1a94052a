"""Whole episodes: across processes, through files, in gymnasium's vector env, on every preset."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

import spatialenv
from spatialenv.core.episode import Episode, Turn
from spatialenv.core.layout import Pose
from spatialenv.core.write import write_answer
from spatialenv.envs import FEEDBACK_MODES, RoomLayoutEnv, RoomLayoutVectorEnv, replay
from spatialenv.formats import load_episodes, save_episodes

ENV_ID = f"{spatialenv.__name__}/RoomLayout-v0"

PROGRAM = """
import hashlib, json
import gymnasium as gym, spatialenv
env = gym.make("spatialenv/RoomLayout-v0", tasks="medium", size=[48, 32], feedback="moves")
found = []
for seed in (0, 1):
    steps = [env.reset(seed=seed)]
    scene = env.unwrapped.scene
    heap = [{"new_object_id": name, "x": 1.0, "y": 1.0, "z": 0.6} for name in scene.ids]
    steps += [env.step(text) for text in ("no", json.dumps(heap), json.dumps(heap[1:]))]
    for obs, *rest in steps:
        views = rest[-1].pop("views")
        pictures = [hashlib.sha256(x.tobytes()).hexdigest() for x in (obs.pop("image"), *views.values())]
        found.append([obs, rest, pictures])
print(json.dumps(found))
"""


def run(hash_seed: str) -> Any:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAM], capture_output=True, text=True, env=environment, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_processes_agree() -> None:
    first, second = run("1"), run("2")
    assert len(first) == 8
    assert first == second


def played(seed: int, **options: Any) -> Episode:
    """An episode with surrogates and a fault in its texts, a usable answer, and one that mends it."""
    env = RoomLayoutEnv(tasks="hard/validation", size=(48, 32), **options)
    env.reset(seed=seed)
    rng = np.random.default_rng(seed)
    room = env.scene.room
    places = rng.uniform(0, [room.length, room.width, 1], (len(env.scene.ids), 3))
    layout = dict(zip(env.scene.ids, map(tuple, places.tolist()), strict=True))
    env.step("I\ud800 would \u2028 say\x00")
    env.step(write_answer(env.scene.place(layout).layout, think="été"))
    if not env.is_over and env.scene.witness is not None:
        env.step(write_answer(env.scene.witness))
    return env.episode()


def assert_same_turn(turn: Turn, other: Turn) -> None:
    for name in ("text", "reward", "score", "feedback"):
        assert getattr(turn, name) == getattr(other, name), name
    for name in ("components", "per_object", "status"):
        assert dict(getattr(turn, name)) == dict(getattr(other, name)), name
    for name in ("violations", "issues"):
        assert list(map(dict, getattr(turn, name))) == list(map(dict, getattr(other, name))), name
    assert turn.layout.ids == other.layout.ids
    assert turn.image is not None
    assert other.image is not None
    assert np.array_equal(turn.image, other.image)


def assert_same(episode: Episode, other: Episode) -> None:
    assert len(episode.turns) == len(other.turns)
    for turn, again in zip(episode.turns, other.turns, strict=True):
        assert_same_turn(turn, again)
    assert episode.prompt == other.prompt
    assert dict(episode.settings) == dict(other.settings)
    assert (episode.seed, episode.failure) == (other.seed, other.failure)
    assert episode.image is not None
    assert other.image is not None
    assert np.array_equal(episode.image, other.image)


OPTIONS: list[dict[str, Any]] = [
    *({"feedback": mode} for mode in FEEDBACK_MODES),
    {"reward": "metaspatial", "reward_mode": "score", "yaw": "free"},
    {"reward": {"gate": {"condition": "format", "reward": "collision"}}, "parse_mode": "strict"},
    {"views": ["top"], "mark_violations": True, "labels": False, "renderer": {"name": "fast", "shadows": False}},
    {"max_turns": 2, "reward_mode": "final"},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_replay_gives_the_same_also_after_a_file(options: dict[str, Any], tmp_path: Path) -> None:
    episodes = [played(seed, **options) for seed in (0, 1)]
    file = tmp_path / "episodes.jsonl"
    save_episodes(file, episodes)
    for episode, loaded in zip(episodes, load_episodes(file), strict=True):
        assert_same(episode, replay(episode))
        assert_same(episode, loaded)
        assert_same(episode, replay(loaded))


def test_scores_of_a_changed_record_differ() -> None:
    episode = played(3)
    assert episode.turns[1].score != episode.turns[2].score


@pytest.mark.parametrize("preset", ["procedural", "easy", "medium", "hard", "demo"])
def test_the_witness_is_the_end_of_every_preset(preset: str) -> None:
    env = RoomLayoutEnv(tasks=f"{preset}/test", size=(32, 24), labels=False)
    for seed in range(6):
        env.reset(seed=seed)
        assert env.scene.witness is not None
        _, reward, terminated, truncated, info = env.step(write_answer(env.scene.witness))
        assert reward == pytest.approx(1.0)
        assert (terminated, truncated) == (True, False)
        assert info["violations"] == []


def test_told_targets_are_a_valid_layout() -> None:
    env = RoomLayoutEnv(tasks="demo", size=(32, 24), labels=False, feedback="targets", max_turns=2)
    valid = []
    for seed in range(20):
        obs, _ = env.reset(seed=seed)
        heap = {item.id: Pose(1.0, 1.0, item.size[2] / 2) for item in env.scene.objects}
        obs, *_ = env.step(write_answer(heap))
        *_, info = env.step(obs["feedback"])
        valid.append(info["status"]["valid"])
    assert np.mean(valid) >= 0.9


@pytest.mark.parametrize("shared_memory", [True, False])
def test_processes_play_as_the_native_vector_env(shared_memory: bool) -> None:
    options: dict[str, Any] = {"tasks": "easy", "size": [32, 24], "max_turns": 2}
    kwargs = {"shared_memory": shared_memory}
    apart = gym.make_vec(ENV_ID, num_envs=2, vectorization_mode="async", vector_kwargs=kwargs, **options)
    native = gym.make_vec(ENV_ID, num_envs=2, **options)
    assert isinstance(native, RoomLayoutVectorEnv)
    try:
        (obs, infos), (wanted, wanted_infos) = apart.reset(seed=5), native.reset(seed=5)
        for texts in (("été \u2028\ud800", "長い"), ("no", "no"), ("", "")):
            assert obs in apart.observation_space
            assert obs.keys() == wanted.keys()
            assert (obs["prompt"], obs["feedback"]) == (wanted["prompt"], wanted["feedback"])
            assert np.array_equal(obs["image"], wanted["image"])
            assert np.array_equal(obs["turn"], wanted["turn"])
            assert infos.keys() == wanted_infos.keys()
            obs, *figures, infos = apart.step(texts)
            wanted, *wanted_figures, wanted_infos = native.step(texts)
            assert all(map(np.array_equal, figures, wanted_figures))
    finally:
        apart.close()
