"""The vector env against single envs, played side by side."""

from __future__ import annotations

import json
import pickle
import random
from collections.abc import Callable, Sequence
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode, SyncVectorEnv

import spatialenv
from spatialenv.core.layout import Pose
from spatialenv.core.scene import Scene
from spatialenv.core.score import Score, Transition
from spatialenv.core.write import write_answer
from spatialenv.envs import RoomLayoutEnv, RoomLayoutVectorEnv
from spatialenv.errors import InputError, JudgeError, RendererError, UnknownNameError
from spatialenv.renderers import Frames, Renderer, make_renderer
from spatialenv.rewards import make_reward

ENV_ID = f"{spatialenv.__name__}/RoomLayout-v0"
SMALL: dict[str, Any] = {"tasks": "easy", "size": [16, 16], "labels": False}


def write(scene: Scene, rng: random.Random) -> str:
    """A text of some kind: sound, random, with a fault, unusable, or none at all."""
    kind = rng.choice(["witness", "random", "random", "some", "fault", "words", "empty"])
    if kind == "words":
        return "".join(chr(rng.randrange(32, 0x2FFF)) for _ in range(rng.randrange(200)))
    if kind == "empty":
        return ""
    if kind == "witness" and scene.witness is not None:
        return write_answer(scene.witness)
    room = scene.room
    poses = {
        item.id: Pose(rng.uniform(0, room.length), rng.uniform(0, room.width), item.size[2] / 2)
        for item in scene.objects
    }
    if kind == "some":
        poses.pop(rng.choice(list(poses)))
    text = write_answer(poses)
    return f"```json\n{text}" if kind == "fault" else text


def same(first: Any, second: Any) -> bool:
    if type(first) is not type(second):
        return False
    if isinstance(first, np.ndarray):
        if first.dtype != second.dtype or first.shape != second.shape:
            return False
        if first.dtype == object:
            return all(map(same, first.tolist(), second.tolist()))
        return np.array_equal(first, second)
    if isinstance(first, dict):
        return list(first) == list(second) and all(same(first[key], second[key]) for key in first)
    if isinstance(first, (list, tuple)):
        return len(first) == len(second) and all(map(same, first, second))
    return bool(first == second)


def play_both(envs: RoomLayoutVectorEnv, other: SyncVectorEnv, steps: int, seed: int) -> tuple[int, set[int]]:
    """Play both with the same texts; return how many episodes ended and how many resets met in one step."""
    rng = random.Random(seed)
    assert same(envs.reset(seed=seed), other.reset(seed=seed))
    ended, together = 0, set()
    for _ in range(steps):
        texts = tuple(write(play.scene, rng) for play in envs.plays)
        given, wanted = envs.step(texts), other.step(texts)
        for mine, theirs in zip(given, wanted, strict=True):
            assert same(mine, theirs)
        over = int((given[2] | given[3]).sum())
        ended += over
        together.add(over)
    return ended, together


class TestEquality:
    @pytest.mark.parametrize(
        ("options", "steps"),
        [
            ({"tasks": "medium", "max_turns": 3}, 110),
            ({"max_turns": 2, "reward": "metaspatial", "reward_mode": "score", "yaw": "free", "labels": True}, 12),
            ({"max_turns": 4, "mark_violations": True, "feedback": "targets", "reward_mode": "final"}, 12),
            ({"tasks": "hard/endless", "max_turns": 2}, 20),
            ({"tasks": "polygons", "max_turns": 2}, 10),
            ({"max_turns": 1, "views": ["top"], "feedback": "none", "parse_mode": "strict"}, 8),
            ({"reward": {"gate": {"condition": "format", "reward": "collision"}}, "renderer": "blank"}, 12),
        ],
        ids=str,
    )
    def test_as_single_envs_in_gymnasium_s_own_batches(self, options: dict[str, Any], steps: int) -> None:
        options = SMALL | options
        envs = RoomLayoutVectorEnv(num_envs=8, num_threads=2, **options)
        other = SyncVectorEnv([lambda: RoomLayoutEnv(**options) for _ in range(8)])
        ended, together = play_both(envs, other, steps, seed=3)
        if steps > 100:
            assert ended >= 200
            assert len(together) > 3  # the envs are at different turns
        assert same(envs.render(), other.render())
        envs.close()
        other.close()

    def test_spaces_and_metadata_are_those_of_gymnasium_s_batches(self) -> None:
        envs = RoomLayoutVectorEnv(num_envs=3, **SMALL)
        other = SyncVectorEnv([lambda: RoomLayoutEnv(**SMALL) for _ in range(3)])
        for name in ("single_action_space", "action_space", "single_observation_space", "observation_space"):
            assert getattr(envs, name) == getattr(other, name)
        assert envs.metadata == other.metadata
        assert envs.metadata["autoreset_mode"] is AutoresetMode.NEXT_STEP
        assert envs.render_mode == other.render_mode
        obs, _ = envs.reset(seed=0)
        assert obs in envs.observation_space
        assert envs.action_space.sample() in envs.action_space

    def test_what_is_returned_is_the_caller_s(self) -> None:
        envs = RoomLayoutVectorEnv(num_envs=2, **SMALL)
        obs, infos = envs.reset(seed=0)
        kept = obs["image"].copy()
        obs["image"][:] = 0
        infos["views"]["top"][:] = 0
        after, *_ = envs.step(["", ""])
        assert np.array_equal(after["image"], kept)
        assert not np.shares_memory(after["image"], obs["image"])


class TestReset:
    def test_an_int_seeds_each_env_apart(self) -> None:
        envs = RoomLayoutVectorEnv(num_envs=4, **SMALL)
        envs.reset(seed=7)
        assert [play.scene for play in envs.plays] == [envs.tasks.sample(7 + i) for i in range(4)]
        assert envs.np_random_seed == (7, 8, 9, 10)
        assert [episode.seed for episode in envs.episodes()] == [7, 8, 9, 10]

    def test_a_list_seeds_each_and_none_goes_on(self) -> None:
        envs = RoomLayoutVectorEnv(num_envs=3, **SMALL)
        envs.reset(seed=0)
        drawn = RoomLayoutVectorEnv(num_envs=3, **SMALL)
        drawn.reset(seed=0)
        drawn.reset()
        envs.reset(seed=[5, None, np.int64(5)])
        assert envs.plays[0].scene == envs.plays[2].scene == envs.tasks.sample(5)
        assert envs.plays[1].scene == drawn.plays[1].scene
        assert len(envs.np_random) == 3

    def test_a_mask_may_leave_out_no_env_that_was_never_reset(self) -> None:
        envs = RoomLayoutVectorEnv(num_envs=3, **SMALL)
        with pytest.raises(InputError, match=r"leaves out envs \[1, 2\], never reset"):
            envs.reset(options={"reset_mask": np.array([True, False, False])})
        envs.reset(seed=0, options={"reset_mask": np.ones(3, dtype=np.bool_)})

    @pytest.mark.parametrize("seed", ["abc", 1.5, [1, "2", 3]])
    def test_a_seed_that_is_none_is_refused(self, seed: Any) -> None:
        with pytest.raises(InputError, match=r"`seed` is .*; give a whole number"):
            RoomLayoutVectorEnv(num_envs=3, **SMALL).reset(seed=seed)

    def test_an_argument_that_there_is_not_is_told_with_the_nearest(self) -> None:
        with pytest.raises(UnknownNameError, match="'max_turn'; did you mean 'max_turns'"):
            RoomLayoutVectorEnv(num_envs=2, max_turn=3)

    def test_without_a_seed_each_draws_its_own(self) -> None:
        envs = RoomLayoutVectorEnv(num_envs=3, **SMALL)
        envs.reset()
        assert len({episode.seed for episode in envs.episodes()}) == 3
        assert envs.np_random_seed == (-1, -1, -1)

    def test_a_scene_for_all_or_one_for_each(self) -> None:
        envs = RoomLayoutVectorEnv(num_envs=2, **SMALL)
        first, second = envs.tasks.sample(1), envs.tasks.sample(2)
        envs.reset(options={"scene": first})
        assert [play.scene for play in envs.plays] == [first, first]
        envs.reset(seed=0, options={"scene": [second, None]})
        assert [play.scene for play in envs.plays] == [second, envs.tasks.sample(1)]

    def test_a_mask_resets_some(self) -> None:
        envs = RoomLayoutVectorEnv(num_envs=3, **SMALL, max_turns=1)
        other = SyncVectorEnv([lambda: RoomLayoutEnv(**SMALL, max_turns=1) for _ in range(3)])
        for one in (envs, other):
            one.reset(seed=0)
            one.step(("", "", ""))
        given, wanted = (
            one.reset(seed=9, options={"reset_mask": np.array([False, True, False])}) for one in (envs, other)
        )
        assert same(given, wanted)
        assert given[0]["turn"].tolist() == [1, 0, 1]
        stepped, expected = envs.step(("", "", "")), other.step(("", "", ""))
        assert same(stepped, expected)
        assert stepped[0]["turn"].tolist() == [0, 1, 0]

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"seed": [1]}, "1 seeds for 2 envs"),
            ({"options": {"scene": "room"}}, "is a str"),
            ({"options": {"scene": [None]}}, "1 scenes for 2 envs"),
            ({"options": {"scnee": None}}, "did you mean 'scene'"),
            ({"options": {"reset_mask": [True, False]}}, "boolean array"),
            ({"options": {"reset_mask": np.zeros(2, np.bool_)}}, "chooses no env"),
        ],
    )
    def test_refuses(self, arguments: dict[str, Any], message: str) -> None:
        with pytest.raises((InputError, UnknownNameError), match=message):
            RoomLayoutVectorEnv(num_envs=2, **SMALL).reset(**arguments)


class TestStep:
    @pytest.mark.parametrize("actions", ["ab", ["a"], ["a", "b", "c"], 3])
    def test_wants_one_text_for_each(self, actions: Any) -> None:
        envs = RoomLayoutVectorEnv(num_envs=2, **SMALL)
        envs.reset(seed=0)
        with pytest.raises(InputError, match="one text for each of the 2 envs"):
            envs.step(actions)

    def test_a_wrong_action_leaves_all_as_they_were(self) -> None:
        envs = RoomLayoutVectorEnv(num_envs=2, **SMALL)
        envs.reset(seed=0)
        with pytest.raises(InputError, match="a int was given"):
            envs.step(["", 3])  # type: ignore[list-item]
        assert [len(episode.turns) for episode in envs.episodes()] == [0, 0]

    def test_begins_with_a_reset(self) -> None:
        with pytest.raises(InputError, match="call reset"):
            RoomLayoutVectorEnv(num_envs=2, **SMALL).step(["", ""])

    def test_arrays_of_texts_are_read(self) -> None:
        envs = RoomLayoutVectorEnv(num_envs=2, **SMALL)
        envs.reset(seed=0)
        obs, *_ = envs.step(np.array(["a", "b"]))
        assert obs["turn"].tolist() == [1, 1]

    def test_an_ended_episode_can_be_read_until_the_next_step(self) -> None:
        envs = RoomLayoutVectorEnv(num_envs=2, **SMALL, max_turns=1)
        envs.reset(seed=0)
        envs.step(["a", "b"])
        assert [episode.turns[0].text for episode in envs.episodes()] == ["a", "b"]
        assert [messages[1]["content"][0]["text"] for messages in envs.to_messages()] == ["a", "b"]
        assert all(play.is_over for play in envs.plays)
        obs, rewards, terminated, truncated, infos = envs.step(["ignored", "ignored"])
        assert obs["turn"].tolist() == [0, 0]
        assert rewards.tolist() == [0.0, 0.0]
        assert not terminated.any()
        assert not truncated.any()
        assert sorted(key for key in infos if not key.startswith("_")) == ["layout", "score", "views"]
        assert [len(episode.turns) for episode in envs.episodes()] == [0, 0]


class TestThreads:
    def test_one_or_two_give_the_same(self) -> None:
        found = []
        for threads in (1, 2):
            envs = RoomLayoutVectorEnv(num_envs=4, num_threads=threads, **SMALL | {"size": [48, 32], "labels": True})
            rng = random.Random(0)
            steps: list[Any] = [envs.reset(seed=0)]
            steps += [envs.step([write(play.scene, rng) for play in envs.plays]) for _ in range(12)]
            found.append(steps)
            envs.close()
        assert same(*found)

    def test_a_renderer_that_may_not_be_shared_is_called_by_one_thread(self) -> None:
        import threading

        seen: set[int] = set()

        class Alone(Renderer):
            name, version = "alone", "alone-1"

            def render(self, placed: Any, *request: Any, **options: Any) -> Frames:
                seen.add(threading.get_ident())
                return make_renderer("blank").render(placed, *request, **options)

        envs = RoomLayoutVectorEnv(num_envs=4, num_threads=2, **SMALL, renderer=Alone())
        envs.reset(seed=0)
        assert seen == {threading.get_ident()}

    def test_no_more_threads_than_envs(self) -> None:
        assert RoomLayoutVectorEnv(num_envs=2, num_threads=9, **SMALL).num_threads == 2

    @pytest.mark.parametrize("name", ["num_envs", "num_threads"])
    @pytest.mark.parametrize("value", [0, -1, 1.5, True, "2"])
    def test_numbers_are_whole(self, name: str, value: Any) -> None:
        with pytest.raises(InputError, match=f"`{name}` is"):
            RoomLayoutVectorEnv(**{name: value})

    def test_closes_and_goes_on(self) -> None:
        envs = RoomLayoutVectorEnv(num_envs=2, num_threads=2, **SMALL)
        envs.reset(seed=0)
        assert envs._pool is not None
        envs.close()
        assert envs._pool is None
        envs.step(["", ""])
        envs.close_extras()


class FailsFor(Renderer):
    """A renderer that cannot draw layouts that place some object at a marked place."""

    name, version = "fails", "fails-1"
    is_thread_safe = True

    def render(self, placed: Any, *request: Any, **options: Any) -> Frames:
        if (placed.centers == 0.125).any():
            raise RendererError("no light")
        return make_renderer("blank").render(placed, *request, **options)


class Judge:
    """A reward that cannot score such layouts, nor any batch with one of them."""

    name, version = "judge", "judge-1"

    def __init__(self) -> None:
        self.batches: list[int] = []

    def __call__(self, transition: Transition) -> Score:
        if (transition.placed.centers == 0.125).any():
            raise JudgeError("no grade")
        return make_reward("physics")(transition)

    def batch(self, transitions: Sequence[Transition]) -> list[Score]:
        self.batches.append(len(transitions))
        return [self(transition) for transition in transitions]


class TestFailures:
    @pytest.mark.parametrize("make", [lambda: {"renderer": FailsFor()}, lambda: {"reward": Judge()}])
    def test_only_the_env_that_failed_is_truncated(self, make: Callable[[], dict[str, Any]]) -> None:
        envs = RoomLayoutVectorEnv(num_envs=4, **SMALL | make())
        other = SyncVectorEnv([lambda: RoomLayoutEnv(**SMALL | make()) for _ in range(4)])
        assert same(envs.reset(seed=1), other.reset(seed=1))
        texts = []
        for index, play in enumerate(envs.plays):
            place = Pose(0.125, 1.0, 1.0) if index == 2 else Pose(1.0, 1.0, 1.0)
            texts.append(write_answer(dict.fromkeys(play.scene.ids, place)))
        given = envs.step(texts)
        assert all(map(same, given, other.step(tuple(texts))))
        assert given[3].tolist() == [False, False, True, False]
        assert given[4]["failure"][2] in ("RendererError: no light", "JudgeError: no grade")
        assert given[4]["_failure"].tolist() == [False, False, True, False]
        assert all(map(same, envs.step([""] * 4), other.step(("",) * 4)))

    def test_scores_are_asked_for_in_one_batch(self) -> None:
        judge = Judge()
        envs = RoomLayoutVectorEnv(num_envs=4, **SMALL, reward=judge)
        envs.reset(seed=1)
        texts = [write_answer(dict.fromkeys(play.scene.ids, Pose(1.0, 1.0, 1.0))) for play in envs.plays]
        envs.step([*texts[:3], "no answer"])
        assert judge.batches == [3]

    def test_a_reward_that_forgets_one_is_named(self) -> None:
        class Forgets(Judge):
            def batch(self, transitions: Sequence[Transition]) -> list[Score]:
                return [self(transitions[0])]

        envs = RoomLayoutVectorEnv(num_envs=2, **SMALL, reward=Forgets())
        envs.reset(seed=1)
        texts = [write_answer(dict.fromkeys(play.scene.ids, Pose(1.0, 1.0, 1.0))) for play in envs.plays]
        with pytest.raises(InputError, match="'judge' gave 1 scores for 2"):
            envs.step(texts)


class TestMade:
    @pytest.mark.parametrize("mode", [None, "vector_entry_point"])
    def test_by_gymnasium(self, mode: str | None) -> None:
        options = {
            "max_turns": 2,
            "views": ["top"],
            "reward": {"weighted_sum": {"collision": 1.0}},
            "mark_violations": True,
            "mark_relations": True,
            "mark_moves": True,
            "feedback": "names",
            "reward_mode": "final",
            "yaw": "free",
            "parse_mode": "strict",
            "num_threads": 1,
            **SMALL,
        }
        envs = gym.make_vec(ENV_ID, num_envs=3, vectorization_mode=mode, **options)
        assert isinstance(envs, RoomLayoutVectorEnv)
        assert envs.num_envs == 3
        assert envs.settings["reward_mode"] == "final"
        obs, _ = envs.reset(seed=0)
        assert obs["image"].shape == (3, 16, 16, 3)
        assert envs.spec is not None
        json.loads(envs.spec.to_json())
        again = gym.make_vec(envs.spec)
        assert same(again.reset(seed=0), envs.reset(seed=0))

    def test_pickles_in_the_middle_and_goes_on(self) -> None:
        envs = RoomLayoutVectorEnv(num_envs=3, num_threads=2, **SMALL, max_turns=2)
        envs.reset(seed=0)
        envs.step(["", "", ""])
        copy = pickle.loads(pickle.dumps(envs))
        for _ in range(4):
            assert all(map(same, envs.step(["x"] * 3), copy.step(["x"] * 3)))
