"""Workers at work: a thread each asks its worker, and replaces it when it is lost."""

from __future__ import annotations

import contextlib
import os
import queue
import threading
import weakref
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Protocol

from spatialenv.envs.room_layout import RoomLayoutEnv
from spatialenv.errors import BackendError, InputError
from spatialenv.tasks import TaskSpec
from spatialenv.trainers.executors.base import Seat
from spatialenv.trainers.executors.player import EpisodeLostError, Job
from spatialenv.trainers.executors.queued import QueuedExecutor
from spatialenv.workers.process import WorkerHungError, WorkerLostError, WorkerStartError

ATTEMPTS = 3
"""How often a job is begun, when the workers that do it end."""

HANGS = 2
"""How often a job is begun, when the workers that do it take too long."""

TIME_LIMIT = 600.0
"""Seconds that a worker has for a job; renderers and judges have shorter limits of their own."""

ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1"
)
"""Environment variables of a worker: there are as many workers as cores."""


class Connection(Protocol):
    """A worker that has been started, for one thread; `kill` may be called by another."""

    @property
    def pid(self) -> int | None:
        """Number of its process, once it is known."""
        ...

    def play(self, job: Job) -> Any:
        """Have a job done, when the worker is ready.

        Raises:
            WorkerLostError: If it ended or took too long.
            WorkerStartError: If it cannot work, and no other could.
        """
        ...

    def kill(self) -> None:
        """End it now, whatever it does."""
        ...

    def close(self) -> None:
        """Let it end, by force where it does not."""
        ...

    def forget(self) -> None:
        """Let go of it, in a process that was forked from the one that started it."""
        ...


@dataclass(frozen=True, slots=True)
class _Asked:
    job: Job
    future: Future[Any]


class Lane:
    """One worker's jobs, done in the order in which they come.

    The worker is started with the first job. A lost one is replaced; the new one plays the episode again from its
    texts. A job on which several are lost is given up with `EpisodeLostError`.

    Args:
        connect: Starts a worker.
        name: Of the thread.
    """

    def __init__(self, connect: Callable[[], Connection], name: str) -> None:
        self._connect = connect
        self._queue: queue.SimpleQueue[_Asked | None] = queue.SimpleQueue()
        self._connection: Connection | None = None
        self._is_busy = self._is_closing = False
        # of the daemon's kind: an interrupted run ends at once, and the workers follow, as nobody is left to ask them
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    @property
    def pid(self) -> int | None:
        """Number of the worker's process, if there is one."""
        connection = self._connection
        return connection.pid if connection is not None else None

    def submit(self, job: Job) -> Future[Any]:
        """Have a job done."""
        asked = _Asked(job, Future())
        self._queue.put(asked)
        return asked.future

    def hang_up(self) -> None:
        """Do no further job, and end the worker: now, if it is at work."""
        self._is_closing = True
        connection = self._connection
        if self._is_busy and connection is not None:
            connection.kill()
        self._queue.put(None)

    def join(self) -> None:
        """Wait until the worker has ended, after `hang_up`."""
        self._thread.join()

    def forget(self) -> None:
        """Let go of the worker, in a process that was forked from the one that started it."""
        if self._connection is not None:
            self._connection.forget()
            self._connection = None

    def _work(self) -> None:
        while (asked := self._queue.get()) is not None:
            if self._is_closing or not asked.future.set_running_or_notify_cancel():
                asked.future.cancel()
                continue
            self._is_busy = True
            try:
                asked.future.set_result(self._play(asked.job))
            except Exception as error:  # it is the caller's
                asked.future.set_exception(error)
            self._is_busy = False
        self._drop()

    def _play(self, job: Job) -> Any:
        lost = hung = 0
        while True:
            try:
                if self._connection is None:
                    self._connection = self._connect()
                if self._is_closing:
                    raise WorkerLostError("the executor was closed")
                return self._connection.play(job)
            except WorkerStartError as error:
                self._drop()
                raise BackendError(f"no worker can be started: {error}") from error
            except WorkerLostError as error:
                self._drop()
                lost += 1
                hung += isinstance(error, WorkerHungError)
                if lost >= ATTEMPTS or hung >= HANGS or self._is_closing:
                    raise EpisodeLostError(f"{error} ({lost} attempts)") from error

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


class PooledExecutor(QueuedExecutor):
    """An executor with workers, each of which plays its share of the seats.

    Args:
        env: Keyword arguments of `RoomLayoutEnv` without ``tasks``, or a function that makes one and can be sent.
        tasks: Where scenes come from; None takes those of the environment.
        workers: How many; None for one a core, shared among the training processes of this machine.

    Raises:
        InputError: If an argument is not allowed, or the environment cannot be sent to workers.
    """

    def __init__(
        self,
        env: Mapping[str, Any] | Callable[[], RoomLayoutEnv],
        tasks: TaskSpec | None = None,
        workers: int | None = None,
    ) -> None:
        if workers is not None and (isinstance(workers, bool) or not isinstance(workers, int) or workers < 1):
            raise InputError(f"`workers` is {workers!r}; give a whole number of at least 1, or None")
        super().__init__(env, tasks)
        self.workers = workers or default_workers()
        self._lanes: list[Lane] = []
        self._afterwards: list[Callable[[], None]] = []  # called when the workers have ended
        self._pid = os.getpid()
        weakref.finalize(self, _end, self._lanes, self._afterwards, self._pid)
        _EXECUTORS.add(self)

    @property
    def pids(self) -> tuple[int, ...]:
        """Numbers of the workers' processes that are known."""
        return tuple(pid for lane in self._lanes if (pid := lane.pid) is not None)

    def reset(self, seeds: Sequence[int]) -> list[Seat]:
        """Start an episode for each seed, in new seats; those of the batch before end.

        Raises:
            InputError: In a process that was forked from the one that made the executor.
        """
        if os.getpid() != self._pid:
            raise InputError("this executor was made before this process was forked; make one of its own")
        return super().reset(seeds)

    def close(self) -> None:
        """End all episodes and all workers."""
        super().close()
        _end(self._lanes, self._afterwards, self._pid)

    def forget(self) -> None:
        """Let go of all workers, in a process that was forked from the one that started them."""
        for lane in self._lanes:
            lane.forget()
        self._lanes.clear()
        self._end_episodes()

    def _connector(self) -> Callable[[], Connection]:
        """Return what starts a worker; it must not hold the executor, which would never be freed."""
        raise NotImplementedError

    def _submit(self, job: Job) -> Future[Any]:
        number = job.row % self.workers
        while len(self._lanes) <= number:
            self._lanes.append(Lane(self._connector(), f"spatialenv worker {len(self._lanes)}"))
        return self._lanes[number].submit(job)


def default_workers() -> int:
    """Return one worker a core that this process may use, shared among the training processes of the machine."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    share = os.environ.get("LOCAL_WORLD_SIZE", "1")
    return max(1, cores // (int(share) if share.isdecimal() and int(share) else 1))


def _end(lanes: list[Lane], afterwards: list[Callable[[], None]], pid: int) -> None:
    """End workers, all at once; in a forked process they are another's."""
    if os.getpid() != pid:
        return
    ended = list(lanes)
    lanes.clear()
    for lane in ended:
        lane.hang_up()
    for lane in ended:
        lane.join()
    while afterwards:
        afterwards.pop()()


_EXECUTORS: weakref.WeakSet[PooledExecutor] = weakref.WeakSet()


def _forget_all() -> None:
    for executor in tuple(_EXECUTORS):
        with contextlib.suppress(Exception):
            executor.forget()


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_forget_all)
