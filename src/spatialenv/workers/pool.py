"""Workers that jobs are given to: started when needed, replaced when they fail or are worn, ended when done."""

from __future__ import annotations

import contextlib
import os
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from spatialenv.errors import BackendError, InputError, RendererError
from spatialenv.workers.process import START_LIMIT, Worker, WorkerHungError, WorkerLostError, WorkerStartError

Result = TypeVar("Result")

MAX_CALLS = 1000
"""Requests after which a worker is replaced by a fresh one."""

MAX_MEMORY_MB = 4096.0
"""Memory of a worker above which it is replaced."""

ATTEMPTS = 4
"""How often a job is begun, when the workers that do it end."""

HANGS = 2
"""How often a job is begun, when the workers that do it take too long."""

_GRACE = 1.0


class WorkerPool:
    """At most `size` workers for any number of threads.

    A worker is started when a job needs one. One that ends or takes too long is replaced and its job done again; one
    that has answered `max_calls` requests, or holds more than `max_memory_mb`, is replaced after its job. They end
    with `close`, with the pool, and with the process. A forked process starts its own.

    Args:
        command: What starts a worker (`spatialenv.workers.process.Worker`); asked each time, and may raise what the
            caller is to be told, such as MissingExtraError.
        what: What a worker is called in error messages.
        error: The type of the errors that tell of failed workers.
        size: Most workers at a time.
        start_limit: Seconds that a worker has to get ready.
        max_calls: Requests after which a worker is replaced.
        max_memory_mb: Megabytes above which it is replaced.
        attempts: How often a job is begun at most; after workers that took too long, twice at most.
        explain: Is given what a worker said that could not start, and returns what is raised then; None for `error`.
        variables: Environment variables for the workers; asked at each start.

    Raises:
        InputError: If `size` is no whole number above 0.
    """

    def __init__(
        self,
        command: Callable[[], Sequence[str]],
        *,
        what: str = "Blender",
        error: type[BackendError] = RendererError,
        size: int = 1,
        start_limit: float = START_LIMIT,
        max_calls: int = MAX_CALLS,
        max_memory_mb: float = MAX_MEMORY_MB,
        attempts: int = ATTEMPTS,
        explain: Callable[[str], Exception | None] | None = None,
        variables: Callable[[], Mapping[str, str]] | None = None,
    ) -> None:
        if isinstance(size, bool) or not isinstance(size, int) or size < 1:
            raise InputError(f"`size` is {size!r}; give a whole number of processes, at least 1")
        self._command = command
        self._what = what
        self._error = error
        self._size = size
        self._start_limit = start_limit
        self._max_calls = max_calls
        self._max_memory_mb = max_memory_mb
        self._attempts = attempts
        self._explain = explain
        self._variables = variables
        self._workers: set[Worker] = set()
        self._reset()
        weakref.finalize(self, _end, self._workers)
        _POOLS.add(self)

    def _reset(self) -> None:
        self._condition = threading.Condition()
        self._idle: list[Worker] = []
        self._held: set[_Task[Any]] = set()  # tasks that have a worker, or start one
        self._runs = 0
        self._is_closing = False

    @property
    def pids(self) -> tuple[int, ...]:
        """Numbers of the processes that it holds."""
        return tuple(worker.pid for worker in tuple(self._workers))

    def run(self, jobs: Sequence[Callable[[Worker], Result]]) -> list[Result]:
        """Do jobs, several at a time, and return their results in the order of the jobs.

        A job asks its worker (`Worker.request`) and returns something. It may be called again with another worker.
        What it raises itself ends the run, without another attempt. Jobs must not run others in the same pool.

        Args:
            jobs: What is done.

        Raises:
            BackendError: Of the pool's type, if the workers of a job failed again and again.
            Exception: What a job raises; what `command` and `explain` say when no worker can be started.
        """
        run = _Run(jobs)
        with self._condition:
            self._runs += 1
        helpers: list[threading.Thread] = []
        try:
            for _ in range(min(self._size, len(jobs)) - 1):
                helper = threading.Thread(target=self._work, args=(run,), name="worker pool")
                helpers.append(helper)
                helper.start()
            self._work(run)
            for helper in helpers:
                helper.join()
        finally:
            self._stop(run, helpers)
            with self._condition:
                self._runs -= 1
            self._end_if_closing()
        if run.failures:
            raise run.failures[min(run.failures)]
        return [run.results[i] for i in range(len(jobs))]

    def close(self) -> None:
        """End the workers: those at work when nothing is left to do. A later run starts others."""
        with self._condition:
            self._is_closing = True
        self._end_if_closing()

    def forget(self) -> None:
        """Let go of all workers, in a process that was forked from the one that started them."""
        for worker in self._workers:
            worker.forget()
        self._workers.clear()
        self._reset()

    def _work(self, run: _Run[Result]) -> None:
        while (number := run.next()) is not None:
            try:
                run.results[number] = self._finish(_Task(run, run.jobs[number]))
            except Exception as error:
                run.fail(number, error)
            except BaseException:
                run.is_stopped = True
                raise

    def _finish(self, task: _Task[Result]) -> Result:
        ended = hung = 0
        while True:
            try:
                return self._begin(task)
            except WorkerStartError as error:
                found = self._explain(error.output) if self._explain is not None else None
                raise found or self._error(str(error)) from error
            except WorkerLostError as error:
                ended += 1
                hung += isinstance(error, WorkerHungError)
                if ended >= self._attempts or hung >= HANGS or task.run.is_stopped:
                    raise self._error(f"{error} ({ended} attempts)" if ended > 1 else str(error)) from error

    def _begin(self, task: _Task[Result]) -> Result:
        try:
            worker = self._take(task)
            result = task.job(worker)
        except Exception as error:
            self._give_back(task, is_sound=not isinstance(error, WorkerLostError))
            raise
        except BaseException:  # an interrupt: nobody knows what was half done
            self._give_back(task, is_sound=False)
            raise
        self._give_back(task, is_sound=True)
        return result

    def _take(self, task: _Task[Result]) -> Worker:
        """Wait until a worker is free or may be started; the task holds it from the moment that it is there."""
        with self._condition:
            while True:
                if task.run.is_stopped:
                    raise WorkerLostError("the work was given up")
                while self._idle:
                    task.worker = self._idle.pop()
                    if task.worker.is_alive:
                        self._held.add(task)
                        return task.worker
                    self._drop(task.worker)
                    task.worker = None
                if len(self._held) < self._size:
                    self._held.add(task)
                    break
                self._condition.wait()
        variables = self._variables() if self._variables is not None else None
        worker = Worker(self._command(), what=self._what, variables=variables)
        task.worker = worker
        self._workers.add(worker)
        worker.wait(self._start_limit)
        return worker

    def _give_back(self, task: _Task[Result], *, is_sound: bool) -> None:
        worker, task.worker = task.worker, None
        is_kept = (
            worker is not None
            and is_sound
            and worker.is_ready
            and worker.is_free
            and worker.calls < self._max_calls
            and worker.memory_mb <= self._max_memory_mb
        )
        with self._condition:
            self._held.discard(task)
            if is_kept and worker is not None:
                self._idle.append(worker)
            self._condition.notify()
        if worker is not None and not is_kept:
            self._drop(worker, _GRACE if is_sound else 0.0)

    def _drop(self, worker: Worker, grace: float = 0.0) -> None:
        worker.close(grace)
        self._workers.discard(worker)

    def _stop(self, run: _Run[Result], helpers: Sequence[threading.Thread]) -> None:
        """End what a run left unfinished, as an interrupted one does."""
        run.is_stopped = True
        while any(helper.is_alive() for helper in helpers):
            with self._condition:
                held = [task.worker for task in self._held if task.run is run]
                self._condition.notify_all()
            for worker in held:
                if worker is not None:
                    worker.kill()
            for helper in helpers:
                if helper.is_alive():
                    helper.join(_GRACE / 20)

    def _end_if_closing(self) -> None:
        with self._condition:
            if not self._is_closing:
                return
            self._is_closing = self._runs > 0
            ended: list[Worker] = []
            if not self._is_closing:
                ended, self._idle = self._idle, []
        _end(ended)
        self._workers.difference_update(ended)


class _Run(Generic[Result]):
    """Jobs, which of them are begun, and what came of them."""

    def __init__(self, jobs: Sequence[Callable[[Worker], Result]]) -> None:
        self.jobs = jobs
        self.results: dict[int, Result] = {}
        self.failures: dict[int, Exception] = {}
        self.is_stopped = False
        self._numbers = iter(range(len(jobs)))
        self._lock = threading.Lock()

    def next(self) -> int | None:
        """Return the number of a job that is not begun; None when there is none, or another has failed."""
        with self._lock:
            return None if self.is_stopped or self.failures else next(self._numbers, None)

    def fail(self, number: int, error: Exception) -> None:
        with self._lock:
            self.failures[number] = error


class _Task(Generic[Result]):
    """A job and the worker that does it."""

    def __init__(self, run: _Run[Result], job: Callable[[Worker], Result]) -> None:
        self.run = run
        self.job = job
        self.worker: Worker | None = None


def _end(workers: Iterable[Worker]) -> None:
    """End idle workers: all at once, by hanging up, and those that do not follow by force."""
    ended = list(workers)
    for worker in ended:
        worker.hang_up()
    end = time.monotonic() + _GRACE
    for worker in ended:
        worker.close(max(end - time.monotonic(), 0.001))


_POOLS: weakref.WeakSet[WorkerPool] = weakref.WeakSet()


def _forget_all() -> None:
    for pool in tuple(_POOLS):
        with contextlib.suppress(Exception):
            pool.forget()


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_forget_all)
