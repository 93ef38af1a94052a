"""The queue with workers that do as they are told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from spatialenv.serving import queue
from spatialenv.serving.process import Worker, WorkerLostError
from spatialenv.serving.queue import WorkQueue
from spatialenv.serving.refusal import Answer, Job, RefusalError


def _job(name: str) -> Job:
    return Job("score", {}, name.encode())


class FakeWorker:
    """Answers with what it was asked; a job named ``wait`` waits for `free`, one named ``die`` ends it."""

    def __init__(self) -> None:
        self.free = asyncio.Event()
        self.seen: list[str] = []
        self.is_closed: bool | None = None
        self.has_ended = False

    async def answer(self, job: Job, seconds: float) -> Answer:
        name = job.body.decode()
        self.seen.append(name)
        if name.startswith("wait"):
            await self.free.wait()
        if name == "die":
            raise WorkerLostError("a worker ended with code -11")
        return Answer(200, job.body, 1, 0)

    async def close(self, *, now: bool = False) -> None:
        self.is_closed = now


class Staff:
    """Starts workers, and fails to when `fails` says so."""

    def __init__(self) -> None:
        self.workers: list[FakeWorker] = []
        self.fails = 0

    async def start(self) -> Worker:
        if self.fails:
            self.fails -= 1
            raise WorkerLostError("no memory")
        self.workers.append(FakeWorker())
        return self.workers[-1]


def _run(
    scenario: Callable[[WorkQueue, Staff], Coroutine[Any, Any, None]],
    workers: int = 1,
    size: int = 2,
    seconds: float = 5.0,
) -> None:
    async def main() -> None:
        staff = Staff()
        work = WorkQueue(staff.start, workers=workers, size=size, seconds=seconds)
        await work.open()
        try:
            await asyncio.wait_for(scenario(work, staff), 20)
        finally:
            for worker in staff.workers:
                worker.free.set()
            await work.close()

    asyncio.run(main())


async def _settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


def test_answers_come_in_order_and_to_whom_they_belong() -> None:
    async def scenario(work: WorkQueue, staff: Staff) -> None:
        answers = await asyncio.gather(*(work.submit(_job(str(i))) for i in range(3)))
        assert [answer.body for answer in answers] == [b"0", b"1", b"2"]
        assert staff.workers[0].seen == ["0", "1", "2"]
        assert (work.depth, work.running) == (0, 0)

    _run(scenario)


def test_workers_share_the_work() -> None:
    async def scenario(work: WorkQueue, staff: Staff) -> None:
        waiting = [asyncio.ensure_future(work.submit(_job(f"wait {i}"))) for i in range(2)]
        await _settle()
        assert work.running == 2
        assert sorted(name for worker in staff.workers for name in worker.seen) == ["wait 0", "wait 1"]
        for worker in staff.workers:
            worker.free.set()
        assert {answer.body for answer in await asyncio.gather(*waiting)} == {b"wait 0", b"wait 1"}

    _run(scenario, workers=2)


def test_a_full_queue_sends_away_and_says_when_to_come_again() -> None:
    async def scenario(work: WorkQueue, staff: Staff) -> None:
        waiting = [asyncio.ensure_future(work.submit(_job(f"wait {i}"))) for i in range(3)]
        await _settle()
        assert (work.depth, work.running) == (2, 1)
        with pytest.raises(RefusalError, match="2 requests wait already") as refused:
            await work.submit(_job("more"))
        assert (refused.value.status, refused.value.retry_after) == (503, 1)
        staff.workers[0].free.set()
        assert len(await asyncio.gather(*waiting)) == 3
        assert (await work.submit(_job("more"))).body == b"more"

    _run(scenario)


def test_no_more_are_taken_at_once_than_have_a_place() -> None:
    async def scenario(work: WorkQueue, staff: Staff) -> None:
        found = await asyncio.gather(*(work.submit(_job(str(i))) for i in range(5)), return_exceptions=True)
        assert [isinstance(answer, Answer) for answer in found] == [True, True, True, False, False]

    _run(scenario)


def test_what_waits_too_long_is_told_so_and_never_begun() -> None:
    async def scenario(work: WorkQueue, staff: Staff) -> None:
        first = asyncio.ensure_future(work.submit(_job("wait")))
        await _settle()
        with pytest.raises(RefusalError, match=r"waited longer than 0\.2 seconds") as refused:
            await work.submit(_job("late"))
        assert refused.value.status == 504
        assert work.depth == 0
        staff.workers[0].free.set()
        await first
        assert staff.workers[0].seen == ["wait"]

    _run(scenario, seconds=0.2)


def test_a_worker_that_hangs_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "GRACE", 0.05)

    async def scenario(work: WorkQueue, staff: Staff) -> None:
        with pytest.raises(RefusalError, match=r"took longer than 0\.1 seconds") as refused:
            await work.submit(_job("wait"))
        assert refused.value.status == 504
        assert (await work.submit(_job("next"))).body == b"next"
        assert [worker.is_closed for worker in staff.workers] == [True, None]
        assert work.restarts == 1

    _run(scenario, seconds=0.1)


def test_a_worker_that_dies_costs_one_request() -> None:
    async def scenario(work: WorkQueue, staff: Staff) -> None:
        found = await asyncio.gather(work.submit(_job("die")), work.submit(_job("a")), return_exceptions=True)
        assert isinstance(found[0], RefusalError)
        assert (found[0].status, found[0].code) == (500, "worker-lost")
        assert "code -11" in found[0].message
        assert isinstance(found[1], Answer)

    _run(scenario)


def test_a_worker_that_cannot_be_started_again_is_tried_with_the_next_request() -> None:
    async def scenario(work: WorkQueue, staff: Staff) -> None:
        staff.fails = 2
        for name in ("die", "a"):
            with pytest.raises(RefusalError, match="ended with code -11" if name == "die" else "no memory"):
                await work.submit(_job(name))
        assert (await work.submit(_job("b"))).body == b"b"

    _run(scenario)


def test_what_nobody_waits_for_is_dropped() -> None:
    async def scenario(work: WorkQueue, staff: Staff) -> None:
        first = asyncio.ensure_future(work.submit(_job("wait")))
        second = asyncio.ensure_future(work.submit(_job("gone")))
        await _settle()
        second.cancel()
        await _settle()
        assert work.depth == 0
        staff.workers[0].free.set()
        await first
        assert staff.workers[0].seen == ["wait"]

    _run(scenario)


def test_closing_answers_what_was_taken() -> None:
    async def main() -> None:
        staff = Staff()
        work = WorkQueue(staff.start, workers=2, size=8, seconds=5.0)
        await work.open()
        waiting = [asyncio.ensure_future(work.submit(_job(f"wait {i}"))) for i in range(6)]
        await _settle()
        closing = asyncio.ensure_future(work.close())
        await _settle()
        with pytest.raises(RefusalError, match="shutting down"):
            await work.submit(_job("late"))
        for worker in staff.workers:
            worker.free.set()
        await asyncio.wait_for(closing, 5)
        assert [(await one).status for one in waiting] == [200] * 6
        assert [worker.is_closed for worker in staff.workers] == [False, False]

    asyncio.run(main())


def test_a_queue_whose_workers_cannot_start_does_not_open() -> None:
    async def main() -> None:
        staff = Staff()
        staff.fails = 1
        work = WorkQueue(staff.start, workers=2, size=8, seconds=5.0)
        with pytest.raises(WorkerLostError, match="no memory"):
            await work.open()
        assert [worker.is_closed for worker in staff.workers] == [True]

    asyncio.run(main())


def test_the_wait_grows_with_what_waits_and_how_long_it_takes() -> None:
    async def scenario(work: WorkQueue, staff: Staff) -> None:
        work._mean = 4.0
        assert work.retry_after() == 4
        work._mean = 1e6
        assert work.retry_after() == 60

    _run(scenario)


def test_a_worker_that_ended_while_it_was_idle_costs_no_request() -> None:
    async def scenario(work: WorkQueue, staff: Staff) -> None:
        staff.workers[0].has_ended = True
        assert (await work.submit(_job("next"))).body == b"next"
        assert [worker.seen for worker in staff.workers] == [[], ["next"]]
        assert work.restarts == 1

    _run(scenario)
