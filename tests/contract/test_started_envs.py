"""What the environments over furnished rooms must keep to, with the tasks they are made for."""

from __future__ import annotations

import json
import math
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

import spatialenv
from spatialenv.core.edits import edits_between, write_edits
from spatialenv.core.layout import Layout, Pose
from spatialenv.core.room import Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.core.write import write_answer
from spatialenv.envs import RoomCompletionEnv, RoomEditEnv, RoomLayoutEnv, RoomRepairEnv, replay
from spatialenv.formats import load_episodes, save_episodes

SMALL: dict[str, Any] = {"size": [32, 24]}
NAMES = ("RoomRepair", "RoomEdit", "RoomCompletion")


@pytest.fixture(params=NAMES)
def env_id(request: pytest.FixtureRequest) -> str:
    return f"{spatialenv.__name__}/{request.param}-v0"


def play(env: gym.Env[Any, str], seed: int) -> list[Any]:
    """No use; nothing new; the witness, by edits or whole."""
    steps: list[Any] = [env.reset(seed=seed)]
    unwrapped: Any = env.unwrapped
    scene: Scene = unwrapped.scene
    assert scene.start is not None
    assert scene.witness is not None
    if unwrapped.actions == "edits":
        texts = ["no answer", write_edits([]), write_edits(edits_between(scene.start, scene.witness))]
    else:
        texts = ["no answer", write_answer(scene.start), write_answer(scene.witness)]
    steps += [env.step(text) for text in texts]
    return steps


def plain(steps: list[Any]) -> str:
    def show(value: Any) -> Any:
        return [value.shape, int(value.sum())] if isinstance(value, np.ndarray) else str(value)

    return json.dumps(steps, default=show)


def test_gymnasium_s_checker_has_nothing_to_say(env_id: str) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        check_env(gym.make(env_id, **SMALL).unwrapped)
    assert [str(warning.message) for warning in caught] == []


@pytest.mark.parametrize("made", [RoomRepairEnv, RoomEditEnv, RoomCompletionEnv])
def test_the_class_s_defaults_are_those_of_its_id(made: type[RoomLayoutEnv]) -> None:
    env = made(**SMALL)
    spec = gym.spec(f"spatialenv/{made.__name__[:-3]}-v0")
    assert (env.tasks.name.partition("(")[0], env.settings["reward"], env.actions) == (
        spec.kwargs["tasks"],
        spec.kwargs["reward"],
        spec.kwargs["actions"],
    )


@pytest.mark.parametrize("seed", range(3))
def test_begins_at_the_start_and_ends_with_the_witness(env_id: str, seed: int) -> None:
    env = gym.make(env_id, **SMALL)
    steps = play(env, seed)
    scene: Scene = env.get_wrapper_attr("scene")
    assert scene.start is not None
    (obs, info), unused, idle, last = steps
    assert info["score"] == 0.0
    assert 0.0 <= info["start_score"] < 1.0
    assert info["layout"] == scene.start.to_records(with_yaw=True)
    assert unused[4]["layout"] == info["layout"]
    assert (unused[0]["image"] == obs["image"]).all()
    assert unused[4]["score"] == 0.0
    assert idle[4]["layout"] == info["layout"]
    assert idle[4]["score"] == info["start_score"]
    assert not idle[2]
    assert last[2]
    assert last[4]["status"]["clean"]
    assert last[4]["violations"] == []
    assert last[4]["score"] == pytest.approx(1.0)


def test_equal_seeds_give_equal_episodes_that_play_again(env_id: str) -> None:
    env = gym.make(env_id, **SMALL)
    first = play(env, 5)
    assert plain(play(gym.make(env_id, **SMALL), 5)) == plain(first)
    episode = env.get_wrapper_attr("episode")()
    again = replay(episode)
    assert [turn.score for turn in again.turns] == [turn.score for turn in episode.turns]
    assert [turn.layout for turn in again.turns] == [turn.layout for turn in episode.turns]
    assert [turn.feedback for turn in again.turns] == [turn.feedback for turn in episode.turns]
    assert episode.settings["actions"] == env.get_wrapper_attr("actions")


def test_many_at_once_equal_one_alone(env_id: str) -> None:
    envs = gym.make_vec(env_id, num_envs=3, **SMALL)
    observations, infos = envs.reset(seed=4)
    singles = [gym.make(env_id, **SMALL) for _ in range(3)]
    for index, single in enumerate(singles):
        obs, info = single.reset(seed=4 + index)
        assert (observations["image"][index] == obs["image"]).all()
        assert observations["prompt"][index] == obs["prompt"]
        assert infos["start_score"][index] == info["start_score"]
    _, rewards, *_ = envs.step([write_edits([])] * 3)
    assert rewards.tolist() == [single.step(write_edits([]))[1] for single in singles]
    envs.close()


def test_edits_build_on_the_turn_before_and_submit_ends() -> None:
    scene = Scene(
        Room.rectangle(4, 3, 2.5),
        (SceneObject("sofa_1", "sofa", (2, 1, 0.8)), SceneObject("lamp_1", "lamp", (0.4, 0.4, 1.6))),
    )
    env = RoomLayoutEnv([scene], **SMALL, actions="edits", max_turns=5)
    env.reset(seed=0)
    move = write_edits([{"op": "move", "id": "lamp_1", "dx": 1}])
    *_, info = env.step(move)
    assert [issue["code"] for issue in info["issues"]] == ["not-placed"]
    assert (info["layout"], info["score"]) == ([], 0.0)
    obs, *_, info = env.step(write_edits([{"op": "place", "id": "lamp_1", "x": 1, "y": 1, "z": 0.8}]))
    assert [violation["text"] for violation in info["violations"]] == ["sofa_1 is not placed"]
    assert obs["feedback"].endswith("Answer again with further edits.")
    env.step(write_edits([{"op": "place", "id": "sofa_1", "x": 1, "y": 1, "z": 0.4}]))
    obs, _, terminated, _, info = env.step(write_edits([{"op": "move", "id": "lamp_1", "dx": 0.1}, {"op": "submit"}]))
    assert terminated
    assert not info["status"]["valid"]
    assert env.placed.layout == Layout.of({"sofa_1": (1, 1, 0.4), "lamp_1": (1.1, 1, 0.8)})
    assert "Answer again" not in obs["feedback"]


def test_feedback_in_targets_is_told_as_edits() -> None:
    scene = Scene(Room.rectangle(4, 3, 2.5), (SceneObject("sofa_1", "sofa", (2, 1, 0.8)),))
    env = RoomLayoutEnv([scene], **SMALL, actions="edits", feedback="targets")
    env.reset(seed=0)
    obs, *_ = env.step(write_edits([{"op": "place", "id": "sofa_1", "x": 2, "y": 1, "z": 0.65}]))
    assert '[{"op": "move", "id": "sofa_1", "dz": -0.25}]' in obs["feedback"]


def test_prompts_tell_edits_start_and_what_is_fixed() -> None:
    objects = (SceneObject("sofa_1", "sofa", (2, 1, 0.8)), SceneObject("lamp_1", "lamp", (0.4, 0.4, 1.6)))
    start = Layout.of({"sofa_1": (2, 1, 0.4)})
    scene = Scene(Room.rectangle(4, 3, 2.5), objects, "A place to read.", start=start, fixed=("sofa_1",))
    for yaw, has_turn in (("fixed", False), ("free", True)):
        env = RoomLayoutEnv([scene], **SMALL, actions="edits", yaw=yaw)  # type: ignore[arg-type]
        lines = env.reset(seed=0)[0]["prompt"].splitlines()
        assert lines[0] == "Complete this room: A place to read."
        record = {"new_object_id": "sofa_1", "x": 2.0, "y": 1.0, "z": 0.4, **({"yaw": 0.0} if has_turn else {})}
        assert f"At the start there stand: {json.dumps([record])}" in lines
        assert "These must stay where they are: sofa_1." in lines
        assert any("rotate" in line for line in lines) == has_turn
        assert sum(line.startswith('{"op": ') for line in lines) == 4 + has_turn
    whole = replace(scene, start=Layout.of({**start, "lamp_1": Pose(1, 2, 0.8)}))
    prompt = RoomLayoutEnv([whole], **SMALL).reset(seed=0)[0]["prompt"]
    assert prompt.startswith("Change this room: ")
    assert '"op"' not in prompt


def test_prompts_tell_corners_walls_and_openings() -> None:
    from spatialenv.core.room import Opening
    from spatialenv.envs.prompt import make_prompt

    floor = ((0, 0), (4, 0), (4, 2), (2, 4), (0, 4))
    openings = (
        Opening("door", "wall_0", 0.5, 0.9, 2.0, swing="in"),
        Opening("window", "wall_3", 0.5, 1.0, 1.2, sill=0.8),
    )
    prompt = make_prompt(Scene(Room(floor, 2.5, openings), ()))
    for words in (
        "the floor's bounding box is the origin",
        "counter-clockwise: (0.0, 0.0), (4.0, 0.0), (4.0, 2.0), (2.0, 4.0), (0.0, 4.0).",
        "wall_2 from (4.0, 2.0) to (2.0, 4.0) (slanted: an object whose back is to it has yaw 135.0)",
        "wall_1 from (4.0, 0.0) to (4.0, 2.0);",
        "door_0 in wall_0 (0.0, 0.0): offset 0.5, width 0.9, height 2.0, sill 0.0, opens in",
        "window_1 in wall_3 (2.0, 4.0): offset 0.5, width 1.0, height 1.2, sill 0.8",
    ):
        assert words in prompt
    slanted = Room(floor, 2.5).wall("wall_2")
    assert math.degrees(slanted.backing_yaw) == pytest.approx(135)
    plain_prompt = make_prompt(Scene(Room.rectangle(4, 4, 2.5), ()))
    assert "Corners" not in plain_prompt
    assert "Doors" not in plain_prompt


def test_a_saved_episode_plays_again_to_the_same_scores(env_id: str, tmp_path: Path) -> None:
    env = gym.make(env_id, **SMALL)
    for seed in range(3):
        play(env, seed)
        save_episodes(tmp_path / "played.jsonl", [env.get_wrapper_attr("episode")()])
        kept = load_episodes(tmp_path / "played.jsonl")[0]
        assert kept.scene == env.get_wrapper_attr("scene")
        again = replay(kept)
        assert [turn.score for turn in again.turns] == [turn.score for turn in kept.turns]
        assert [turn.per_object for turn in again.turns] == [turn.per_object for turn in kept.turns]
        assert [turn.status for turn in again.turns] == [turn.status for turn in kept.turns]
