"""The best of several answers."""

from __future__ import annotations

from typing import Any

import pytest

from spatialenv.core.parse import parse_answer
from spatialenv.core.room import Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.core.score import Score, Transition
from spatialenv.core.write import write_answer
from spatialenv.envs.room_layout import RoomLayoutEnv
from spatialenv.errors import InputError, JudgeError, PolicyError, UnknownNameError
from spatialenv.evaluation import BestOf, RandomPolicy, TextPolicy, WitnessPolicy, make_policy
from spatialenv.rewards import make_reward

OPTIONS: dict[str, Any] = {"views": ["top"], "size": [16, 16], "renderer": "blank", "max_turns": 3}
SCENE = Scene(Room.rectangle(4, 4, 3), tuple(SceneObject(name, "box", (1, 1, 1)) for name in ("a", "b")))
GOOD = write_answer(SCENE.place({"a": (0.5, 0.5, 0.5), "b": (3, 3, 0.5)}).layout)
FLOATS = write_answer(SCENE.place({"a": (0.5, 0.5, 1.5), "b": (3, 3, 0.5)}).layout)
BAD = write_answer(SCENE.place({"a": (0.5, 0.5, 0.5), "b": (0.5, 0.5, 0.5)}).layout)


class Scripted:
    """Gives the answers of a list, one a draw."""

    name = "scripted"

    def __init__(self, *answers: Any) -> None:
        self.answers = answers
        self.asked: list[int] = []

    def respond(self, envs: Any) -> list[Any]:
        return self.sample(envs, 0)

    def sample(self, envs: Any, draw: int) -> list[Any]:
        self.asked.append(draw)
        return [self.answers[draw % len(self.answers)]] * len(envs)


def make_env(tasks: Any = (SCENE,), seed: int = 0, **options: Any) -> RoomLayoutEnv:
    env = RoomLayoutEnv(tasks=tasks, **{**OPTIONS, **options})
    env.reset(seed=seed)
    return env


@pytest.mark.parametrize("answers", [(BAD, FLOATS, GOOD), (GOOD, BAD, FLOATS), ("no answer", GOOD, FLOATS)])
def test_the_best_is_given_wherever_it_stands(answers: tuple[str, ...]) -> None:
    assert BestOf(Scripted(*answers), 3).respond([make_env(), make_env()]) == [GOOD, GOOD]


def test_the_first_of_equals_is_given() -> None:
    again = GOOD.replace("<think>", "<think>again")
    assert BestOf(Scripted(GOOD, again), 2).respond([make_env()]) == [GOOD]
    assert BestOf(Scripted("what?", "no"), 2).respond([make_env()]) == ["what?"]


def test_a_failure_is_given_only_where_nothing_else_was_had() -> None:
    failed = PolicyError("no connection")
    assert BestOf(Scripted(failed, BAD), 2).respond([make_env()]) == [BAD]
    assert BestOf(Scripted("no answer", failed), 2).respond([make_env()]) == ["no answer"]
    assert BestOf(Scripted(failed), 2).respond([make_env()]) == [failed]


class HalfBlind:
    """A judge that fails on layouts in which something floats, and wherever many are given at once."""

    name, version = "half-blind", "half-blind-1"

    def __call__(self, transition: Transition) -> Score:
        return self.batch([transition])[0]

    def batch(self, transitions: Any) -> list[Score]:
        if len(transitions) > 1 or transitions[0].placed.centers[0, 2] > 1:
            raise JudgeError("I cannot see")
        return [make_reward("collision")(transition) for transition in transitions]


def test_what_a_judge_failed_on_neither_wins_nor_is_scored_nothing() -> None:
    policy = BestOf(Scripted(FLOATS, BAD), 2, HalfBlind())
    assert policy.respond([make_env(), make_env()]) == [BAD, BAD]
    (failure,) = BestOf(Scripted(FLOATS), 2, HalfBlind()).respond([make_env()])
    assert str(failure) == "an answer could not be compared: JudgeError: I cannot see"


def test_the_env_stays_as_it_is() -> None:
    env = make_env()
    env.step(BAD)
    before, turns = env.placed, env.episode().turns
    BestOf(Scripted(GOOD, FLOATS), 2).respond([env])
    assert env.placed is before
    assert env.episode().turns == turns


def test_it_equals_a_search_by_hand_over_random_answers() -> None:
    env, inner, reward = make_env("medium", seed=3), RandomPolicy(5), make_reward("physics")
    answers = [inner.sample([env], draw)[0] for draw in range(6)]
    assert len(set(answers)) == 6, "draws differ"
    assert answers[0] == inner.respond([env])[0]

    def value(text: str) -> float:
        parsed = parse_answer(text, env.scene)
        return reward(Transition(env.scene.place(parsed.layout or {}), parsed)).value

    assert BestOf(inner, 6).respond([env]) == [max(answers, key=value)]


def test_other_draws_of_it_are_other_answers_and_nest() -> None:
    scripted = Scripted(BAD)
    nested = BestOf(BestOf(scripted, 2), 3)
    nested.respond([make_env()])
    assert scripted.asked == [0, 1, 2, 3, 4, 5]
    assert nested.name == "best-of-3:best-of-2:scripted"
    flat = BestOf(RandomPolicy(), 6).respond([make_env("hard", 1)])
    assert BestOf(BestOf(RandomPolicy(), 2), 3).respond([make_env("hard", 1)]) == flat


def test_its_reward_may_be_another() -> None:
    env = make_env()
    assert BestOf(Scripted(FLOATS, BAD), 2, "support").respond([env]) == [BAD]
    assert BestOf(Scripted(BAD, FLOATS), 2, "collision").respond([env]) == [FLOATS]


def test_edits_are_read_as_the_env_reads_them() -> None:
    start = SCENE.place({"a": (0.5, 0.5, 0.5), "b": (0.6, 0.6, 0.5)}).layout
    scene = Scene(SCENE.room, SCENE.objects, start=start)
    away = '<think></think><answer>[{"op": "move", "id": "b", "dx": 2}]</answer>'
    nothing = "<think></think><answer>[]</answer>"
    env = make_env([scene], actions="edits")
    assert BestOf(Scripted(nothing, away), 2).respond([env]) == [away]


def test_specs() -> None:
    policy = make_policy("best-of-4:random", seed=3, reward="collision")
    assert isinstance(policy, BestOf)
    assert (policy.n, policy.name, policy.reward.name) == (4, "best-of-4:random", "collision")
    assert policy.settings["of"] == {"name": "random", "seed": 3, "grid": None}
    nested = make_policy("best-of-2:best-of-3:solver", seed=1, reward="support")
    assert nested.settings["of"]["of"] == {"name": "solver", "seed": 1}
    assert nested.settings["of"]["reward"] == nested.settings["reward"]


def test_wrong_use_is_told() -> None:
    with pytest.raises(InputError, match="best-of is 0"):
        make_policy("best-of-0:random")
    with pytest.raises(InputError, match="'witness' gives one answer"):
        BestOf(WitnessPolicy(), 2)
    with pytest.raises(InputError, match="'text' gives one answer"):
        BestOf(TextPolicy(lambda env: ""), 2)
    with pytest.raises(UnknownNameError, match="did you mean 'seed'"):
        make_policy("best-of-2:random", sed=1)
    with pytest.raises(UnknownNameError, match="best-of-N:POLICY"):
        make_policy("best-of-x:random")
