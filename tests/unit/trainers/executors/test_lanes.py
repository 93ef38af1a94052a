"""Workers that end, by workers that are made up."""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from spatialenv.errors import BackendError, InputError
from spatialenv.trainers.executors import lanes
from spatialenv.trainers.executors.lanes import Connection, Lane, PooledExecutor, default_workers
from spatialenv.trainers.executors.player import EnvRecipe, EpisodeLostError, Job, Player
from spatialenv.trainers.executors.queued import LOST_LIMIT
from spatialenv.workers.process import WorkerHungError, WorkerLostError, WorkerStartError

ARGUMENTS: dict[str, Any] = {"renderer": "blank", "views": ("top",), "size": (16, 16), "max_turns": 2}


class MadeUp:
    """A worker in this process, which does what it is told."""

    made: list[MadeUp] = []  # noqa: RUF012

    def happen(self, job: Job) -> None:
        """What is set by the fixture `happen`."""

    def __init__(self) -> None:
        self.player = Player(EnvRecipe(ARGUMENTS))
        self.pid: int | None = len(self.made)
        self.is_killed = self.is_closed = self.is_forgotten = False
        self.made.append(self)

    def play(self, job: Job) -> Any:
        self.happen(job)
        return self.player.play(job)

    def kill(self) -> None:
        self.is_killed = True

    def close(self) -> None:
        self.is_closed = True

    def forget(self) -> None:
        self.is_forgotten = True


class MadeUpExecutor(PooledExecutor):
    def _connector(self) -> Callable[[], Connection]:
        return MadeUp


@pytest.fixture
def happen(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[MadeUp, Job], None]], None]:
    """Sets what happens to every worker from now on."""
    return lambda what: monkeypatch.setattr(MadeUp, "happen", what)


@pytest.fixture(autouse=True)
def _none_made(happen: Callable[..., None]) -> None:
    MadeUp.made.clear()
    happen(lambda worker, job: None)


@pytest.fixture
def executor() -> Iterator[MadeUpExecutor]:
    made = MadeUpExecutor(ARGUMENTS, "easy", 2)
    yield made
    made.close()


def end(worker: MadeUp, job: Job) -> None:
    raise WorkerLostError("it ended")


def test_workers_start_with_their_first_job_and_end_with_close(executor: MadeUpExecutor) -> None:
    assert not MadeUp.made
    executor.reset([0])
    assert len(MadeUp.made) == 1
    executor.reset([0, 1, 2])
    assert executor.pids == (0, 1)
    executor.close()
    assert executor.pids == ()
    assert all(worker.is_closed and not worker.is_killed for worker in MadeUp.made)


def test_workers_end_with_the_executor() -> None:
    executor = MadeUpExecutor(ARGUMENTS, "easy", 1)
    executor.reset([0])
    del executor
    gc.collect()
    assert MadeUp.made[0].is_closed


def test_a_lost_worker_is_replaced_and_the_episode_goes_on(
    executor: MadeUpExecutor, happen: Callable[..., None]
) -> None:
    seats = executor.reset([0, 1])
    executor.step(seats, ["no", "no"]).wait()

    def end_first(worker: MadeUp, job: Job) -> None:
        if worker.pid in (0, 1, 2):
            raise WorkerLostError("it ended")

    happen(end_first)
    executor.step(seats, ["never", "nor this"]).wait()
    assert [[turn.text for turn in seat.episode().turns] for seat in seats] == [["no", "never"], ["no", "nor this"]]
    assert all(seat.episode().failure is None for seat in seats)
    assert [worker.is_closed for worker in MadeUp.made[:2]] == [True, True]


@pytest.mark.parametrize(("error", "attempts"), [(WorkerLostError, lanes.ATTEMPTS), (WorkerHungError, lanes.HANGS)])
def test_an_episode_on_which_several_end_is_truncated(
    executor: MadeUpExecutor, happen: Callable[..., None], error: type[Exception], attempts: int
) -> None:
    seats = executor.reset([0, 1])
    begun = []

    def end_one(worker: MadeUp, job: Job) -> None:
        if job.row == 0:
            begun.append(job)
            raise error("it ended")

    happen(end_one)
    executor.step(seats, ["no", "no"]).wait()
    lost, fine = (seat.episode() for seat in seats)
    assert len(begun) == attempts
    assert lost.failure == f"EpisodeLostError: it ended ({attempts} attempts)"
    assert seats[0].is_over
    assert lost.turns[0].reward == 0.0
    assert lost.turns[0].per_object == {}
    assert fine.failure is None


def test_when_all_episodes_are_lost_training_ends(executor: MadeUpExecutor, happen: Callable[..., None]) -> None:
    happen(end)
    seats = executor.reset(range(LOST_LIMIT - 1))
    assert all(seat.episode().failure for seat in seats)
    waiting = executor.step(seats[:1], ["no"])
    with pytest.raises(BackendError, match=f"{LOST_LIMIT} episodes were lost one after the other"):
        waiting.wait()


def test_a_worker_that_cannot_start_ends_training_at_once(
    executor: MadeUpExecutor, happen: Callable[..., None]
) -> None:
    def refuse(worker: MadeUp, job: Job) -> None:
        raise WorkerStartError("no such program", "")

    happen(refuse)
    with pytest.raises(BackendError, match="no worker can be started: no such program"):
        executor.reset([0])
    assert len(MadeUp.made) == 1


def test_a_lane_that_is_closed_at_work_kills_its_worker(happen: Callable[..., None]) -> None:
    has_begun, is_let = threading.Event(), threading.Event()

    def wait(worker: MadeUp, job: Job) -> None:
        has_begun.set()
        assert is_let.wait(10)
        raise WorkerLostError("it was killed")

    happen(wait)
    lane = Lane(MadeUp, "lane of a test")
    job = Job(1, 0, MadeUpExecutor(ARGUMENTS, "easy", 1).tasks.sample(0), 0)
    first, second = lane.submit(job), lane.submit(job)
    assert has_begun.wait(10)
    lane.hang_up()
    assert MadeUp.made[0].is_killed
    is_let.set()
    lane.join()
    assert isinstance(first.exception(), EpisodeLostError)
    assert second.cancelled()
    assert len(MadeUp.made) == 1


def test_an_executor_of_another_process_is_refused(executor: MadeUpExecutor, monkeypatch: pytest.MonkeyPatch) -> None:
    executor.reset([0])
    with monkeypatch.context() as patch:
        patch.setattr(os, "getpid", lambda: -1)
        with pytest.raises(InputError, match="before this process was forked"):
            executor.reset([0])
        executor.close()
    assert not MadeUp.made[0].is_closed


def test_a_forked_process_lets_go_of_the_workers(executor: MadeUpExecutor) -> None:
    executor.reset([0])
    executor.forget()
    assert MadeUp.made[0].is_forgotten
    assert not MadeUp.made[0].is_closed
    assert executor.pids == ()


@pytest.mark.parametrize("workers", [0, -1, 1.5, True])
def test_the_number_of_workers_is_checked(workers: Any) -> None:
    with pytest.raises(InputError, match="at least 1"):
        MadeUpExecutor(ARGUMENTS, "easy", workers)


@pytest.mark.parametrize(("ranks", "workers"), [(None, 8), ("1", 8), ("3", 2), ("16", 1), ("none", 8), ("0", 8)])
def test_cores_are_shared_among_the_processes_of_a_machine(
    monkeypatch: pytest.MonkeyPatch, ranks: str | None, workers: int
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(8)), raising=False)
    if ranks is None:
        monkeypatch.delenv("LOCAL_WORLD_SIZE", raising=False)
    else:
        monkeypatch.setenv("LOCAL_WORLD_SIZE", ranks)
    assert default_workers() == workers
