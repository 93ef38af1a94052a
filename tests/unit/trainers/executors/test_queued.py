"""The rules of seats and answers, by the executor that plays in this process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from spatialenv.envs.room_layout import RoomLayoutEnv
from spatialenv.errors import InputError
from spatialenv.tasks.curriculum import CurriculumTasks
from spatialenv.trainers.executors import Seat, SerialExecutor

ARGUMENTS: dict[str, Any] = {"renderer": "blank", "views": ("top",), "size": (16, 16), "max_turns": 2}


def sound(seat: Seat) -> str:
    assert seat.scene.witness is not None
    return f"<think></think><answer>{json.dumps(seat.scene.witness.to_records())}</answer>"


@pytest.fixture
def executor() -> Iterator[SerialExecutor]:
    made = SerialExecutor(ARGUMENTS, "easy")
    yield made
    made.close()


def test_a_seat_holds_what_the_environment_does(executor: SerialExecutor) -> None:
    env = RoomLayoutEnv(tasks="easy", **ARGUMENTS)
    env.reset(seed=5)
    [seat] = executor.reset([5])
    assert seat.episode().prompt == env.episode().prompt
    assert seat.episode().settings == env.episode().settings
    for text in ("no", sound(seat)):
        env.step(text)
        executor.step([seat], [text]).wait()
    ours, theirs = seat.episode(), env.episode()
    assert [turn.score for turn in ours.turns] == [turn.score for turn in theirs.turns]
    assert ours.turns[1].score > 0.9
    assert seat.is_over
    assert seat.answers == env.answers
    assert [message["role"] for message in seat.to_messages()] == ["user", "assistant"] * 2 + ["user"]


def test_a_group_plays_one_scene(executor: SerialExecutor) -> None:
    first, second, other = executor.reset([3, 3, 4])
    assert first.scene is second.scene
    assert other.scene != first.scene
    assert [seat.row for seat in (first, second, other)] == [0, 1, 2]


def test_arguments_may_hold_the_tasks_and_say_the_yaw() -> None:
    executor = SerialExecutor({**ARGUMENTS, "tasks": "rotation"})
    [seat] = executor.reset([0])
    assert executor.tasks.name == "rotation/train"
    assert seat.episode().settings["yaw"] == "free"
    assert SerialExecutor(ARGUMENTS, "easy").rules.yaw == "fixed"


def test_the_environment_may_be_made_by_a_function_with_other_tasks() -> None:
    executor = SerialExecutor(lambda: RoomLayoutEnv(tasks="easy", **ARGUMENTS), "medium")
    assert executor.tasks.name == "medium/train"
    assert executor.reset([1])[0].scene == RoomLayoutEnv(tasks="medium").tasks.sample(1)


def test_what_is_no_environment_is_refused() -> None:
    with pytest.raises(InputError, match="made a int; it must make a RoomLayoutEnv"):
        SerialExecutor(lambda: 3)  # type: ignore[arg-type, return-value]
    with pytest.raises(InputError, match="max_turns"):
        SerialExecutor({"max_turns": 0})


def test_one_curriculum_hears_of_each_episode_once() -> None:
    tasks = CurriculumTasks(["easy", "medium"], window=2, review=0.0)
    executor = SerialExecutor(ARGUMENTS, tasks)
    seats = executor.reset([0, 1, 2])
    executor.step(seats, [sound(seats[0]), "no", "no"]).wait()
    assert tasks.state()["recent"] == [True]
    executor.step(seats[1:2], [sound(seats[1])]).wait()
    assert tasks.level == 1
    executor.step(seats[2:], [sound(seats[2])]).wait()  # of the level before: it does not count
    assert tasks.state()["recent"] == []
    assert executor.reset([7])[0].scene == tasks.levels[1].sample(7)


@pytest.mark.parametrize(
    ("rows", "texts", "message"),
    [
        ([0], [], "1 seats were given 0 texts"),
        ([0, 0], ["a", "b"], "a seat is given twice"),
        ([0], [3], "an answer is a text; a int was given"),
    ],
)
def test_steps_that_mean_nothing_are_refused(
    executor: SerialExecutor, rows: list[int], texts: list[Any], message: str
) -> None:
    seats = executor.reset([0, 1])
    with pytest.raises(InputError, match=message):
        executor.step([seats[row] for row in rows], texts)
    executor.step(seats, ["no", "no"]).wait()  # nothing was done
    assert [len(seat.episode().turns) for seat in seats] == [1, 1]


def test_seats_of_other_batches_and_ended_episodes_are_refused(executor: SerialExecutor) -> None:
    [old] = executor.reset([0])
    [seat] = executor.reset([0])
    with pytest.raises(InputError, match="not of this batch"):
        executor.step([old], ["no"])
    executor.step([seat], [sound(seat)]).wait()
    with pytest.raises(InputError, match="is over"):
        executor.step([seat], ["no"])


def test_an_answer_is_waited_for_before_the_next(executor: SerialExecutor) -> None:
    [seat] = executor.reset([0])
    waiting = executor.step([seat], ["no"])
    assert not seat.episode().turns
    with pytest.raises(InputError, match="was not waited for"):
        executor.step([seat], ["no"])
    assert set(waiting.wait()) == {"draw", "score"}
    assert len(seat.episode().turns) == 1
    waiting.wait()
    assert len(seat.episode().turns) == 1


def test_to_wait_for_a_step_is_to_wait_for_those_before(executor: SerialExecutor) -> None:
    seats = executor.reset([0, 1])
    first, second = executor.step(seats[:1], ["no"]), executor.step(seats[1:], ["no"])
    second.wait()
    assert [len(seat.episode().turns) for seat in seats] == [1, 1]
    assert set(first.wait()) == {"draw", "score"}


@pytest.mark.parametrize("end", ["reset", "close"])
def test_answers_in_flight_are_given_up(executor: SerialExecutor, end: str) -> None:
    [seat] = executor.reset([0])
    waiting = executor.step([seat], ["no"])
    executor.reset([0]) if end == "reset" else executor.close()
    with pytest.raises(InputError, match="given up"):
        waiting.wait()
    assert not seat.episode().turns


def test_a_closed_executor_starts_anew(executor: SerialExecutor) -> None:
    executor.close()
    executor.close()
    [seat] = executor.reset([0])
    executor.step([seat], ["no"]).wait()
    assert len(seat.episode().turns) == 1


def test_seeds_are_whole_numbers(executor: SerialExecutor) -> None:
    with pytest.raises(TypeError):
        executor.reset([0.5])  # type: ignore[list-item]
