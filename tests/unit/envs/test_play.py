"""An episode in phases, and the rules that it is played by."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from spatialenv.core.layout import Pose
from spatialenv.core.room import Opening, Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.core.score import Score, Transition
from spatialenv.core.write import write_answer
from spatialenv.envs import RoomLayoutEnv, RoomLayoutVectorEnv
from spatialenv.envs.play import Play, score_plays
from spatialenv.envs.rules import Rules
from spatialenv.errors import InputError, JudgeError, UnknownNameError

PLAIN: dict[str, Any] = {"renderer": "blank", "size": (16, 16), "views": ["top"]}
BAD = {"sofa_1": Pose(2.0, 0.5, 0.4), "desk_1": Pose(2.0, 0.5, 0.4), "lamp_1": Pose(1.0, 2.0, 0.25)}


def begun(scene: Scene, **options: Any) -> Play:
    play = Play(Rules(tasks=[scene], **PLAIN, **options))
    play.begin(scene)
    play.draw()
    return play


class TestPhases:
    def test_a_turn_is_recorded_when_it_is_finished(self, scene: Scene) -> None:
        play = begun(scene)
        play.answer(write_answer(BAD))
        play.draw()
        assert play.episode().turns == ()
        assert play.transition is not None
        assert play.transition.turn == 0
        step = play.finish(Score(0.25, np.array([0.1, 0.2, 0.3])))
        assert step[:3] == (0.25, False, False)
        assert step.info["per_object"] == {"sofa_1": 0.1, "desk_1": 0.2, "lamp_1": 0.3}
        assert [turn.score for turn in play.episode().turns] == [0.25]
        assert play.transition is None

    def test_what_cannot_be_used_is_not_scored(self, scene: Scene) -> None:
        play = begun(scene)
        play.answer("no answer")
        assert play.transition is None
        assert score_plays([play]) == [None]
        assert play.finish(None).reward == 0.0

    def test_a_judge_that_failed_truncates(self, scene: Scene) -> None:
        play = begun(scene)
        play.answer(write_answer(BAD))
        play.draw()
        assert play.finish(JudgeError("no grade"))[:3] == (0.0, False, True)
        assert play.episode().failure == "JudgeError: no grade"

    def test_the_order_of_the_phases_is_kept(self, scene: Scene) -> None:
        play = Play(Rules(tasks=[scene], **PLAIN))
        for call in (lambda: play.answer(""), lambda: play.scene, lambda: play.placed, lambda: play.image):
            with pytest.raises(InputError, match=r"call reset\(\)"):
                call()
        play.begin(scene)
        play.draw()
        with pytest.raises(InputError, match=r"call answer\(\) before finish"):
            play.finish(None)


class TestEnds:
    def test_with_what_is_wrong_beside_clean(self) -> None:
        """A box in front of a door: valid and clean as papers have it, but the door cannot open."""
        door = Opening("door", "south_wall", 1.0, 0.9, 2.0, swing="in")
        scene = Scene(Room.rectangle(4, 3, 2.5, (door,)), (SceneObject("box_1", "box", (0.5, 0.5, 0.5)),))
        env = RoomLayoutEnv(tasks=[scene], **PLAIN)
        env.reset(seed=0)
        obs, _, terminated, _, info = env.step(write_answer({"box_1": Pose(1.4, 0.4, 0.25)}))
        assert info["status"]["clean"]
        assert [wrong["kind"] for wrong in info["violations"]] == ["blocked_opening"]
        assert not terminated
        assert "Everything is in place" not in obs["feedback"]
        assert env.step(write_answer({"box_1": Pose(3.0, 2.0, 0.25)}))[2]

    def test_with_submit(self, scene: Scene) -> None:
        env = RoomLayoutEnv(tasks=[scene], actions="edits", **PLAIN)
        env.reset(seed=0)
        _, _, terminated, truncated, _ = env.step(json.dumps([{"op": "submit"}]))
        assert (terminated, truncated) == (True, False)


class Tasks:
    """A source whose scenes are meant to be answered with yaws."""

    name = "turning"

    def __init__(self, scene: Scene, yaw: Any = "free") -> None:
        self.scene, self.yaw = scene, yaw

    def sample(self, seed: int) -> Scene:
        return self.scene


class TestYaw:
    @pytest.mark.parametrize("make", [RoomLayoutEnv, RoomLayoutVectorEnv])
    def test_is_that_of_the_tasks_unless_given(self, scene: Scene, make: Any) -> None:
        tasks = Tasks(scene)
        assert make(tasks=tasks, **PLAIN).settings["yaw"] == make(tasks=tasks, **PLAIN).yaw == "free"
        assert make(tasks=tasks, yaw="fixed", **PLAIN).yaw == "fixed"
        assert make(tasks=[scene], **PLAIN).settings["yaw"] == "fixed"

    def test_of_the_tasks_is_checked(self, scene: Scene) -> None:
        with pytest.raises(UnknownNameError, match="'turning'"):
            RoomLayoutEnv(tasks=Tasks(scene, "loose"), **PLAIN)

    def test_of_the_suite_of_turned_rooms_is_free(self) -> None:
        assert RoomLayoutEnv(tasks="rotation", **PLAIN).yaw == "free"


def test_a_rule_that_is_changed_on_the_env_holds(scene: Scene) -> None:
    env = RoomLayoutEnv(tasks=[scene], **PLAIN)
    env.feedback = "none"
    env.reset(seed=0)
    assert env.rules.feedback == "none"
    assert env.step(write_answer(BAD))[0]["feedback"] == "Answer again with all objects."


class Odd:
    """A reward that gives what it is told to, a score or not."""

    name = "odd"
    version = "odd-1"

    def __init__(self, given: Any) -> None:
        self.given = given

    def __call__(self, transition: Transition) -> Score:
        score: Score = self.given
        return score

    def batch(self, transitions: Sequence[Transition]) -> list[Score]:
        return [self(transition) for transition in transitions]


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (None, "'odd' gave None; it must give a Score"),
        (0.5, "'odd' gave 0.5; it must give a Score"),
        (Score(float("nan")), "'odd' gave the value nan"),
        (Score(0.5, np.zeros(9)), r"values of objects of shape \(9,\)"),
        (Score(0.5, details={"components": None}), "`components` must hold numbers by name"),
        (Score(0.5, details={"components": {"tone": "kind"}}), "`components` must hold numbers by name"),
    ],
)
def test_what_a_reward_gives_that_is_no_score_is_named(scene: Scene, given: Any, problem: str) -> None:
    text = write_answer({item.id: Pose(1, 1, 1) for item in scene.objects})
    env = RoomLayoutEnv(tasks=[scene], reward=Odd(given), size=(16, 16))
    env.reset(seed=0)
    with pytest.raises(InputError, match=problem):
        env.step(text)
    envs = RoomLayoutVectorEnv(num_envs=2, tasks=[scene], reward=Odd(given), size=(16, 16))
    envs.reset(seed=0)
    with pytest.raises(InputError, match=problem):
        envs.step([text, text])
