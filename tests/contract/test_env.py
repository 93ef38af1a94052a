"""What every registered environment must keep to."""

from __future__ import annotations

import json
import pickle
import warnings
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import gymnasium as gym
import hypothesis
import numpy as np
import pytest
from gymnasium.envs.registration import EnvSpec, registry
from gymnasium.utils.env_checker import check_env
from hypothesis import strategies as st

import spatialenv
from spatialenv.core.scene import Relation, Scene
from spatialenv.core.write import write_answer
from spatialenv.envs import FEEDBACK_MODES, RoomLayoutEnv, RoomLayoutVectorEnv

IDS = sorted(name for name in registry if name.startswith(f"{spatialenv.__name__}/"))
SMALL: dict[str, Any] = {"tasks": "easy", "size": [32, 24]}


@pytest.fixture(params=IDS)
def env_id(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def small() -> Iterator[RoomLayoutEnv]:
    env = RoomLayoutEnv(**SMALL, max_turns=3)
    env.reset(seed=0)
    yield env
    env.close()


def texts(env: gym.Env[Any, str]) -> list[str]:
    """Three answers: no use, all in one place with a fault, the witness."""
    scene: Scene = env.get_wrapper_attr("scene")
    assert scene.witness is not None
    heap = [{"new_object_id": name, "x": 1.0, "y": 1.0, "z": 0.5} for name in (*scene.ids, "ghost_1")]
    return ["no answer", f"```{json.dumps(heap)}```", write_answer(scene.witness)]


def play(env: gym.Env[Any, str], seed: int) -> list[Any]:
    steps: list[Any] = [env.reset(seed=seed)]
    for text in texts(env):
        steps.append(env.step(text))
        if steps[-1][2] or steps[-1][3]:
            break
    return steps


def same(first: Any, second: Any) -> bool:
    if type(first) is not type(second):
        return False
    if isinstance(first, np.ndarray):
        return first.dtype == second.dtype and np.array_equal(first, second)
    if isinstance(first, dict):
        return list(first) == list(second) and all(same(first[key], second[key]) for key in first)
    if isinstance(first, (list, tuple)):
        return len(first) == len(second) and all(map(same, first, second))
    return bool(first == second)


def arrays(value: Any) -> list[np.ndarray[Any, Any]]:
    if isinstance(value, np.ndarray):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    return [array for item in value for array in arrays(item)] if isinstance(value, (list, tuple)) else []


def test_the_ids() -> None:
    assert [f"spatialenv/Room{name}-v0" for name in ("Completion", "Edit", "Layout", "Repair")] == IDS


@pytest.mark.parametrize("max_turns", [1, 3])
def test_gymnasium_s_checker_has_nothing_to_say(env_id: str, max_turns: int) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        env = gym.make(env_id, **SMALL, max_turns=max_turns)
        check_env(env.unwrapped)
        play(env, seed=1)
        env.render()
        env.close()
        check_env(RoomLayoutEnv(**SMALL, max_turns=max_turns), skip_render_check=True)
    assert [str(warning.message) for warning in caught] == []


def test_no_limit_of_steps_is_wrapped_around(env_id: str) -> None:
    assert gym.spec(env_id).max_episode_steps is None
    env = gym.make(env_id, **SMALL, max_turns=60)
    env.reset(seed=0)
    for turn in range(60):
        _, _, terminated, truncated, _ = env.step("")
        assert (terminated, truncated) == (turn == 59, False)


def test_is_made_again_from_its_spec_as_json(env_id: str) -> None:
    options = {
        **SMALL,
        "tasks": {"name": "easy", "split": "validation", "count": [2, 2]},
        "reward": {"weighted_sum": {"collision": 0.5, "boundary": 0.5}},
        "renderer": {"name": "fast", "shadows": False},
        "max_turns": 3,
        "views": ["top"],
        "labels": False,
        "mark_violations": True,
        "feedback": "names",
        "reward_mode": "final",
        "yaw": "free",
        "parse_mode": "strict",
    }
    env = gym.make(env_id, **options)
    assert env.spec is not None
    again = gym.make(EnvSpec.from_json(env.spec.to_json()))
    assert same(play(env, seed=3), play(again, seed=3))


def test_equal_seeds_and_texts_give_equal_everything(env_id: str) -> None:
    env, other = gym.make(env_id, **SMALL), gym.make(env_id, **SMALL)
    first = play(env, seed=7)
    play(env, seed=8)
    assert same(first, play(env, seed=7))
    assert same(first, play(other, seed=7))
    assert not same(first[0][0], play(other, seed=8)[0][0])


def test_everything_is_in_its_space_and_finite(env_id: str) -> None:
    env = gym.make(env_id, **SMALL)
    for step in play(env, seed=2):
        assert step[0] in env.observation_space
        assert type(step[0]["turn"]) is int
        if len(step) == 5:
            assert type(step[1]) is float
            assert np.isfinite(step[1])
            assert [type(flag) for flag in step[2:4]] == [bool, bool]
            json.dumps({key: value for key, value in step[4].items() if key != "views"}, allow_nan=False)
    assert all(text in env.action_space for text in texts(env))


def test_no_array_is_shared(env_id: str) -> None:
    env = gym.make(env_id, **SMALL)
    steps = play(env, seed=2)
    episode = env.get_wrapper_attr("episode")()
    found = [*arrays(steps), episode.image, *(turn.image for turn in episode.turns), env.render(), env.render()]
    # Two records of one turn may share a picture, which is read-only.
    loose = [array for array in found if array.flags.writeable]
    assert len(loose) == 3 * len(steps) + 2
    for index, array in enumerate(found):
        for other in found[index + 1 :]:
            assert not np.shares_memory(array, other) or not (array.flags.writeable or other.flags.writeable)


def test_pickles_in_the_middle_and_goes_on(env_id: str) -> None:
    env = gym.make(env_id, **SMALL)
    env.reset(seed=4)
    env.step("no answer")
    other = pickle.loads(pickle.dumps(env))
    for text in texts(env)[1:]:
        assert same(env.step(text), other.step(text))
    assert same(env.reset(), other.reset())


@pytest.mark.parametrize("mode", FEEDBACK_MODES)
def test_the_prompt_is_constant_and_free_of_the_witness(env_id: str, mode: str) -> None:
    env = gym.make(env_id, **SMALL, feedback=mode)
    steps = play(env, seed=5)
    assert len({step[0]["prompt"] for step in steps}) == 1
    scene = env.get_wrapper_attr("scene")
    blank = env.reset(options={"scene": scene.with_witness(None)})
    assert same(blank, steps[0])


def test_order_and_names_of_objects_do_not_matter(env_id: str) -> None:
    env = gym.make(env_id, **SMALL, max_turns=1)
    env.reset(seed=6)
    scene = env.get_wrapper_attr("scene")
    names = {name: f"thing_{index}" for index, name in enumerate(scene.ids)}
    renamed = tuple(
        replace(
            item,
            id=names[item.id],
            facing=names.get(item.facing, item.facing),
            relations=tuple(
                Relation(names[r.subject], r.preposition, names.get(r.target, r.target), r.is_adjacent)
                for r in item.relations
            ),
        )
        for item in reversed(scene.objects)
    )
    other = replace(scene, objects=renamed, witness=None)
    heap = {name: (1.0 + 0.3 * i, 1.0, 0.5) for i, name in enumerate(scene.ids)}
    *_, info = env.step(write_answer(scene.place(heap).layout))
    env.reset(options={"scene": other})
    *_, info_2 = env.step(write_answer(other.place({names[name]: place for name, place in heap.items()}).layout))
    assert info["score"] == pytest.approx(info_2["score"], abs=1e-12)
    assert info["status"] == info_2["status"]
    assert {names[name]: pytest.approx(value) for name, value in info["per_object"].items()} == info_2["per_object"]


ENTRIES = st.dictionaries(
    st.sampled_from(["new_object_id", "x", "y", "z", "yaw", "z_angle"]),
    st.one_of(st.floats(), st.integers(), st.text(max_size=5), st.none(), st.lists(st.integers(), max_size=2)),
)


@hypothesis.settings(max_examples=60, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture])
@hypothesis.given(
    text=st.one_of(
        st.text(st.characters(), max_size=200),
        st.lists(ENTRIES, max_size=5).map(lambda found: f"<think></think><answer>{json.dumps(found)}</answer>"),
    ),
    places=st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=3, max_size=3),
    mode=st.sampled_from(FEEDBACK_MODES),
)
def test_no_text_raises(small: RoomLayoutEnv, text: str, places: list[float], mode: Any) -> None:
    small.feedback = mode
    obs, _ = small.reset(seed=0)
    wild = json.dumps([{"new_object_id": name, **dict(zip("xyz", places, strict=True))} for name in small.scene.ids])
    for given in (text, wild, text + wild):
        obs, reward, terminated, truncated, info = small.step(given)
        assert obs in small.observation_space
        assert np.isfinite(reward)
        assert 0.0 <= info["score"] <= 1.0
        assert not truncated
        json.dumps({key: value for key, value in info.items() if key != "views"})
        if terminated:
            break


@pytest.mark.parametrize("place", [1e6, -1e6, 1e-300, 1e5])
def test_far_away_places_are_drawn_and_scored(small: RoomLayoutEnv, place: float) -> None:
    small.reset(seed=0)
    far = small.scene.place(dict.fromkeys(small.scene.ids, (place, place, place))).layout
    _, reward, _, truncated, info = small.step(write_answer(far))
    assert np.isfinite(reward)
    assert not truncated
    assert len(info["layout"]) == len(small.scene.ids)


def test_batches_are_as_single_envs(env_id: str) -> None:
    envs = gym.make_vec(env_id, num_envs=3, **SMALL)
    assert isinstance(envs, RoomLayoutVectorEnv)
    singles = [gym.make(env_id, **SMALL) for _ in range(3)]
    obs, _ = envs.reset(seed=4)
    first = [env.reset(seed=4 + index)[0] for index, env in enumerate(singles)]
    for turn in range(2):
        for index, alone in enumerate(first):
            assert {key: obs[key][index] for key in ("prompt", "feedback")} == {
                key: alone[key] for key in ("prompt", "feedback")
            }
            assert np.array_equal(obs["image"][index], alone["image"])
        given = [texts(env)[turn] for env in singles]
        obs, rewards, terminated, truncated, infos = envs.step(given)
        steps = [env.step(text) for env, text in zip(singles, given, strict=True)]
        first = [step[0] for step in steps]
        assert [rewards.tolist(), terminated.tolist(), truncated.tolist()] == [
            [step[part] for step in steps] for part in (1, 2, 3)
        ]
        assert infos["score"].tolist() == [step[4]["score"] for step in steps]
