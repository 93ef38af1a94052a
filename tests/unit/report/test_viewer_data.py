"""The viewer shows what the record says, and what the reward gives each object."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from spatialenv.core.episode import Episode
from spatialenv.core.layout import Layout, Pose
from spatialenv.core.score import Transition
from spatialenv.core.write import write_answer
from spatialenv.envs import RoomLayoutEnv
from spatialenv.renderers import make_renderer
from spatialenv.report.viewer_data import MOST_TEXT, viewer_data
from spatialenv.report.viewer_input import scene_episode
from spatialenv.rewards import make_reward
from spatialenv.tasks import make_tasks

MakeEpisode = Callable[..., Episode]


def played(texts: Callable[[RoomLayoutEnv, int], str], seed: int = 0, turns: int = 2, **options: Any) -> Episode:
    env = RoomLayoutEnv(
        **{"tasks": "easy", "renderer": "blank", "size": (64, 64), "views": ["top"], "max_turns": turns, **options}
    )
    env.reset(seed=seed)
    for turn in range(turns):
        env.step(texts(env, turn))
    return env.episode()


def shifted(layout: Layout, dx: float) -> Layout:
    return Layout(tuple((name, Pose(pose.x + dx, pose.y, pose.z, pose.yaw)) for name, pose in layout.poses))


def answer(env: RoomLayoutEnv, turn: int) -> str:
    assert env.scene.witness is not None
    return write_answer(shifted(env.scene.witness, 0.9 - 0.5 * turn), think="A 🛋 first.")


def test_turns_are_those_of_the_record_after_the_start() -> None:
    episode = played(answer)
    data = viewer_data({"Policy": [episode]})
    (record,) = data["episodes"]
    assert [turn["label"] for turn in record["turns"]] == ["Start", "1", "2"]
    assert all(pose is None for pose in record["turns"][0]["poses"])
    for shown, turn in zip(record["turns"][1:], episode.turns, strict=True):
        assert shown["score"] == pytest.approx(turn.score, abs=1e-4)
        assert [one["text"] for one in shown["violations"]] == [one["text"] for one in turn.violations]
        for item, pose in zip(episode.scene.objects, shown["poses"], strict=True):
            kept = turn.layout[item.id]
            assert pose[:3] == pytest.approx([kept.x, kept.y, kept.z], abs=1e-4)
    assert json.loads(json.dumps(data, allow_nan=False)) == data


def test_marks_are_counted_as_javascript_counts() -> None:
    episode = played(answer)
    text = episode.turns[0].text
    assert "🛋" in text
    spans = viewer_data({"Policy": [episode]})["episodes"][0]["turns"][1]["spans"]
    units = text.encode("utf-16-le")
    assert set(spans) == set(episode.scene.ids)
    for name, (start, end) in spans.items():
        entry = units[2 * start : 2 * end].decode("utf-16-le")
        assert entry.startswith("{")
        assert entry.endswith("}")
        assert json.loads(entry)["new_object_id"] == name


def test_parts_are_what_each_part_of_the_reward_gives_each_object() -> None:
    spec = {"weighted_sum": {"collision": 0.5, "boundary": 0.3, "constraint": 0.2}}
    episode = played(answer, reward=spec)
    parts = viewer_data({"Policy": [episode]})["episodes"][0]["turns"][1]["parts"]
    assert set(parts) == {"collision", "boundary", "constraint"}
    transition = Transition.of(episode.scene.place(episode.turns[0].layout))
    for name, values in parts.items():
        expected = make_reward(name)(transition).per_object
        assert expected is not None
        assert values == pytest.approx(expected.tolist(), abs=1e-4)


def test_a_reward_that_a_record_cannot_hold_leaves_the_parts_out(fake_episode: MakeEpisode) -> None:
    for spec in (None, {"object": "mine", "version": "mine-1"}, "of_a_package_that_is_not_here"):
        episode = fake_episode(0, 0.0)
        episode = replace(episode, settings={**episode.settings, "reward": spec})
        turn = viewer_data({"X": [episode]})["episodes"][0]["turns"][1]
        assert turn["parts"] == {}
        assert turn["perObject"] == pytest.approx(list(episode.turns[0].per_object.values()), abs=1e-4)


def test_relations_say_which_are_met() -> None:
    scene = make_tasks("rooms").sample(0)
    clean = viewer_data({"X": [scene_episode(scene, None)]})["episodes"][0]["turns"]
    assert clean[0]["relations"] == []  # nothing is placed
    assert len(clean[1]["relations"]) >= len(scene.relations)
    assert all(one["met"] for one in clean[1]["relations"])
    assert scene.witness is not None
    moved = viewer_data({"X": [scene_episode(scene, shifted(scene.witness, 1.7))]})["episodes"][0]["turns"][1]
    assert not all(one["met"] for one in moved["relations"])


def test_rooms_are_those_of_the_first_group_and_a_scene_may_come_twice(fake_episode: MakeEpisode) -> None:
    first, second, third = fake_episode(0, 0.0), fake_episode(0, 1.0), fake_episode(1, 0.0)
    data = viewer_data({"A": [first, second, third], "B": [third, second]}, rooms=3)
    assert [room["number"] for room in data["rooms"]] == [1, 2, 3]
    assert [room["scene"] for room in data["rooms"]] == [0, 0, 1]
    assert [[one is not None for one in room["episodes"]] for room in data["rooms"]] == [
        [True, True],
        [True, False],
        [True, True],
    ]
    assert len(viewer_data({"A": [first, second, third]}, rooms=1)["episodes"]) == 1


def test_beyond_the_budget_objects_are_boxes() -> None:
    episode = scene_episode(make_tasks("rooms").sample(0), None)
    full, lean = viewer_data({"X": [episode]}), viewer_data({"X": [episode]}, budget=0)
    assert len(lean["block"]) < len(full["block"])
    assert len(lean["scenes"][0]["objects"]) == len(full["scenes"][0]["objects"])
    assert {item["problem"] for item in full["scenes"][0]["objects"]} == {""}
    assert {item["problem"] for item in lean["scenes"][0]["objects"]} == {
        "Drawn as its box: the page would be too large."
    }


def test_beyond_their_budget_later_turns_have_no_picture(
    fake_episode: MakeEpisode, monkeypatch: pytest.MonkeyPatch
) -> None:
    episodes = {"X": [fake_episode(index, 0.0) for index in range(3)]}
    renderer = make_renderer("fast")

    def lengths() -> list[int]:
        data = viewer_data(episodes, renderer=renderer, pictures=True)
        return [len(turn["picture"] or "") for episode in data["episodes"] for turn in episode["turns"]]

    full = lengths()
    assert all(full)
    monkeypatch.setattr("spatialenv.report.viewer_data.MOST_PICTURES", sum(full[:3]))
    assert lengths() == [*full[:3], *[0] * (len(full) - 3)]


def test_long_texts_are_cut_and_marks_beyond_the_cut_are_left_out() -> None:
    def long(env: RoomLayoutEnv, turn: int) -> str:
        return write_answer(env.scene.witness or Layout(), think="x" * (MOST_TEXT + 10))

    turn = viewer_data({"X": [played(long, turns=1)]})["episodes"][0]["turns"][1]
    assert turn["text"].endswith("characters more)")
    assert turn["spans"] == {}


def test_edits_are_marked_too() -> None:
    def edits(env: RoomLayoutEnv, turn: int) -> str:
        name, pose = (env.scene.witness or Layout()).poses[0]
        place = {"op": "place", "id": name, "x": pose.x, "y": pose.y, "z": pose.z}
        return f"<think>.</think><answer>{json.dumps([place])}</answer>"

    episode = played(edits, turns=1, actions="edits")
    spans = viewer_data({"X": [episode]})["episodes"][0]["turns"][1]["spans"]
    (name,) = spans
    start, end = spans[name]
    assert json.loads(episode.turns[0].text[start:end])["id"] == name
