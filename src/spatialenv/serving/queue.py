"""Requests that wait for a worker: few, each for a limited time."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from spatialenv.serving.process import Worker, WorkerLostError
from spatialenv.serving.refusal import Answer, Job, RefusalError

GRACE = 2.0
"""Seconds beyond its time limit that a worker has to say so itself, before it is ended and another is started."""

_LONGEST_WAIT = 60
_WEIGHT = 0.1


@dataclass(eq=False, slots=True)
class _Waiting:
    """A request, when its time is over, and where its answer is awaited."""

    job: Job
    until: float
    done: asyncio.Future[Answer] = field(repr=False)


class WorkQueue:
    """Hands requests to workers in the order in which they came, and refuses what is too much.

    Args:
        start_worker: Starts a worker.
        workers: How many there are.
        size: Requests that may wait, beside those that workers have.
        seconds: Time limit of a request, waiting included.

    Attributes:
        running: Requests that workers have.
        restarts: Workers that were started in place of others.
    """

    def __init__(
        self, start_worker: Callable[[], Awaitable[Worker]], *, workers: int, size: int, seconds: float
    ) -> None:
        self._start_worker = start_worker
        self._workers = workers
        self._size = size
        self._seconds = seconds
        self._waiting: deque[_Waiting] = deque()
        self._ready = asyncio.Semaphore(0)
        self._runners: list[asyncio.Task[None]] = []
        self._is_open = False
        self._mean = 0.0
        self.running = 0
        self.restarts = 0

    @property
    def depth(self) -> int:
        """How many requests wait for a worker."""
        return len(self._waiting)

    async def open(self) -> None:
        """Start the workers.

        Raises:
            WorkerLostError: If one cannot be started.
        """
        started = await asyncio.gather(*(self._start_worker() for _ in range(self._workers)), return_exceptions=True)
        lost = [worker for worker in started if isinstance(worker, BaseException)]
        workers = [worker for worker in started if not isinstance(worker, BaseException)]
        if lost:
            await asyncio.gather(*(worker.close(now=True) for worker in workers))
            raise lost[0]
        self._runners = [asyncio.create_task(self._run(worker)) for worker in workers]
        self._is_open = True

    async def close(self) -> None:
        """Take no more requests, answer those that were taken, and end the workers."""
        self._is_open = False
        for _ in self._runners:
            self._ready.release()
        await asyncio.gather(*self._runners)
        self._runners = []

    async def submit(self, job: Job) -> Answer:
        """Return the answer to a request; when this is cancelled while the request waits, it is dropped.

        Raises:
            RefusalError: If the queue is full or closed, the time is over, or the worker was lost.
        """
        if not self._is_open:
            raise RefusalError(503, "closing", "the server is shutting down; ask another, or later", self.retry_after())
        if len(self._waiting) + self.running >= self._size + self._workers:
            raise RefusalError(
                503,
                "busy",
                f"{self.depth} requests wait already, which is all that may; try again after the time in Retry-After",
                self.retry_after(),
            )
        loop = asyncio.get_running_loop()
        waiting = _Waiting(job, loop.time() + self._seconds, loop.create_future())
        self._waiting.append(waiting)
        timer = loop.call_at(waiting.until, self._expire, waiting)
        self._ready.release()
        try:
            return await waiting.done
        finally:
            timer.cancel()
            self._forget(waiting)

    def retry_after(self) -> int:
        """Return the whole seconds after which there should be a place: what waits, times the mean, over workers."""
        expected = (self.depth + 1) * self._mean / self._workers
        return min(_LONGEST_WAIT, max(1, math.ceil(expected)))

    def _expire(self, waiting: _Waiting) -> None:
        """End the wait of a request that no worker has yet; one that a worker has is ended by `_work`."""
        if self._forget(waiting) and not waiting.done.done():
            waiting.done.set_exception(self._too_slow("waited"))

    def _forget(self, waiting: _Waiting) -> bool:
        if waiting not in self._waiting:
            return False
        self._waiting.remove(waiting)
        return True

    async def _run(self, worker: Worker | None) -> None:
        """Hand requests to one worker after the other until the queue is closed and empty."""
        while True:
            await self._ready.acquire()
            if self._waiting:
                waiting = self._waiting.popleft()
                self.running += 1
                try:
                    worker = await self._work(worker, waiting)
                finally:
                    self.running -= 1
            elif not self._is_open:
                break
        if worker is not None:
            await worker.close()

    async def _work(self, worker: Worker | None, waiting: _Waiting) -> Worker | None:
        """Have a request answered; returns the worker, None where it was lost and no other could be started."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        left = max(0.0, waiting.until - begun)
        try:
            if worker is None or worker.has_ended:  # not by this request
                worker = await self._start_worker()
                self.restarts += 1
            answer = await asyncio.wait_for(worker.answer(waiting.job, left), left + GRACE)
        except (WorkerLostError, TimeoutError) as error:
            if isinstance(error, TimeoutError):
                refusal = self._too_slow("took")
            else:
                refusal = RefusalError(500, "worker-lost", f"{error}; the request may be what ended it")
            if not waiting.done.done():
                waiting.done.set_exception(refusal)
            return await self._replace(worker)
        self._mean += _WEIGHT * (loop.time() - begun - self._mean)
        if not waiting.done.done():
            waiting.done.set_result(answer)
        return worker

    async def _replace(self, worker: Worker | None) -> Worker | None:
        if worker is not None:
            await worker.close(now=True)
        try:
            fresh = await self._start_worker()
        except WorkerLostError:
            return None  # the next request tries again
        self.restarts += 1
        return fresh

    def _too_slow(self, what: str) -> RefusalError:
        return RefusalError(
            504,
            "too-slow",
            f"the request {what} longer than {self._seconds:g} seconds; send fewer items, or fewer requests at a time",
        )
