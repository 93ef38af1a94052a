"""Figures of a step from records of its episodes: hand-computed, whatever the number of processes."""

from __future__ import annotations

import pickle
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatialenv.core.write import write_answer
from spatialenv.envs.room_layout import RoomLayoutEnv
from spatialenv.tasks import make_tasks
from spatialenv.trainers.records import (
    EpisodeRecord,
    TurnRecord,
    episode_record,
    figures,
    object_count,
    task_name,
)


def turn(
    score: float, *, formed: bool = True, collides: bool = False, level: float = 1.0, **parts: float
) -> TurnRecord:
    sound = formed and not collides
    status = {
        "well_formed": formed,
        "valid": sound,
        "clean": sound,
        "collides": collides,
        "out_of_room": False,
    }
    return TurnRecord(status, score, parts, level)


def record(*turns: TurnRecord, reward: float = 0.0, failed: bool = False, **other: Any) -> EpisodeRecord:
    values: dict[str, Any] = {
        "objects": 3,
        "task": "easy",
        "failed": failed,
        "reward": reward,
        "first": turns[0] if turns else None,
        "final": turns[-1] if turns else None,
        "lengths": [10 * (index + 1) for index in range(len(turns))],
        "cut_off": [False] * len(turns),
        "prompt_tokens": 5,
    }
    return EpisodeRecord(**{**values, **other})


BAD = turn(0.0, formed=False, level=0.1)
CLASH = turn(0.25, collides=True, collision=0.5, boundary=1.0)
GOOD = turn(1.0, collision=1.0, boundary=1.0)


def test_figures_of_a_step_by_hand() -> None:
    rows = [
        record(BAD, GOOD, reward=1.0, cut_off=[True, False]),
        record(CLASH, reward=0.25, objects=9, task=None),
        record(CLASH, CLASH, reward=0.25, lengths=[30, 40]),
        record(GOOD, reward=0.25, task="repair"),
    ]
    found = figures(rows, 2)
    assert found == pytest.approx(
        {
            "episodes/failed": 0.0,
            "groups/without_spread": 0.5,  # the second group: 0.25 and 0.25
            "episodes/turns": 1.5,
            "completions/mean_length": (30 + 10 + 70 + 10) / 4,
            "first/format_rate": 3 / 4,
            "first/format_level": (0.1 + 3) / 4,
            "first/valid_layout_rate": 1 / 4,
            "first/clean_rate": 1 / 4,
            "first/score": 1.5 / 4,
            "first/collision_rate_of_well_formed": 2 / 3,
            "first/out_of_room_rate_of_well_formed": 0.0,
            "first/component/collision": (0.5 + 0.5 + 1.0) / 3,  # the answer that was not read has none
            "first/component/boundary": 1.0,
            "final/format_rate": 1.0,
            "final/format_level": 1.0,
            "final/valid_layout_rate": 2 / 4,
            "final/clean_rate": 2 / 4,
            "final/score": 2.5 / 4,
            "final/collision_rate_of_well_formed": 2 / 4,
            "final/out_of_room_rate_of_well_formed": 0.0,
            "final/component/collision": 3.0 / 4,
            "final/component/boundary": 1.0,
            "length/turn_1": (10 + 10 + 30 + 10) / 4,
            "length/turn_2": 30.0,
            "cut_off/turn_1": 1 / 4,
            "cut_off/turn_2": 0.0,
            "objects/1-4/score": (1.0 + 0.25 + 1.0) / 3,
            "objects/1-4/valid_layout_rate": 2 / 3,
            "objects/9-16/score": 0.25,
            "objects/9-16/valid_layout_rate": 0.0,
            "task/easy/score": (1.0 + 0.25) / 2,
            "task/easy/valid_layout_rate": 1 / 2,
            "task/repair/score": 1.0,
            "task/repair/valid_layout_rate": 1.0,
        }
    )


def test_failed_episodes_are_counted_and_leave_no_other_mark() -> None:
    rows = [record(CLASH, reward=0.25), record(GOOD, reward=1.0)]
    with_failed = [*rows, record(CLASH, GOOD, reward=9.0, failed=True), record(failed=True)]
    found, alone = figures(with_failed, 2), figures(rows, 2)
    assert found.pop("episodes/failed") == 0.5
    assert found.pop("groups/without_spread") == 0.5  # a group without an episode teaches nothing
    assert {name: alone[name] for name in found} == found
    assert figures([record(failed=True)] * 2, 2) == {"episodes/failed": 1.0, "groups/without_spread": 1.0}


def test_no_episode_gives_no_figure() -> None:
    assert figures([], 4) == {}


def test_what_was_not_measured_is_left_out() -> None:
    found = figures([record(BAD), record(BAD)], 2)
    assert "final/collision_rate_of_well_formed" not in found
    assert found["final/format_rate"] == 0.0


@given(st.lists(st.sampled_from([BAD, CLASH, GOOD]), min_size=4, max_size=4), st.permutations(range(2)))
def test_figures_do_not_depend_on_the_order_of_groups(turns: list[TurnRecord], order: list[int]) -> None:
    rows = [record(each, reward=each.score) for each in turns]
    groups = [rows[:2], rows[2:]]
    moved = [row for group in order for row in groups[group]]
    assert figures(moved, 2) == pytest.approx(figures(rows, 2))


def test_an_episode_is_read_as_it_was_played() -> None:
    env = RoomLayoutEnv(tasks="easy", renderer="blank", views=("top",), size=(16, 16), labels=False, max_turns=2)
    env.reset(seed=1)
    env.step("no answer")
    assert env.scene.witness is not None
    env.step(write_answer(env.scene.witness))
    episode = env.episode()
    levels = [answer.format_level for answer in env.answers]
    found = episode_record(episode, levels, [4, 9], [True, False], 77)
    assert pickle.loads(pickle.dumps(found)) == found
    assert found.first is not None
    assert found.final is not None
    assert (found.first.format_level, found.final.format_level) == (0.0, 1.0)
    assert found.final.score == episode.turns[-1].score
    assert dict(found.final.components) == dict(episode.turns[-1].components)
    assert found.reward == pytest.approx(sum(turn.reward for turn in episode.turns))
    assert (found.objects, found.task, found.failed) == (len(env.scene.objects), "easy", False)
    assert episode_record(replace(episode, failure="gone"), levels, [4, 9], [True, False], 77).failed


@pytest.mark.parametrize(
    ("tasks", "name"),
    [
        ("easy/test", "easy"),
        ("small-objects", "small-objects"),
        ("repair", "repair"),
        ({"name": "curriculum", "of": ["easy", "medium"]}, "easy"),
        ("procedural", None),
        ("demo/train", None),
    ],
)
def test_tasks_are_named_by_their_scenes(tasks: Any, name: str | None) -> None:
    assert task_name(make_tasks(tasks).sample(0)) == name


def test_ids_of_files_are_no_tasks() -> None:
    scene = make_tasks("easy").sample(0)
    assert [task_name(replace(scene, id=id)) for id in ("", "scene_12", "bedroom", "a/b")] == [None] * 4


@given(st.integers(1, 60))
def test_every_number_of_objects_is_in_one_range(count: int) -> None:
    name = object_count(count)
    low, _, high = name.rstrip("+").partition("-")
    assert int(low) <= count
    assert name.endswith("+") or count <= int(high)
