"""Episodes played in processes of this machine."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from spatialenv.envs.room_layout import RoomLayoutEnv
from spatialenv.tasks import TaskSpec
from spatialenv.trainers.executors.lanes import ONE_THREAD, TIME_LIMIT, Connection, PooledExecutor
from spatialenv.trainers.executors.packing import Part, pack, pack_recipe, unpack_call
from spatialenv.trainers.executors.player import Job
from spatialenv.workers import Worker
from spatialenv.workers.process import PLACES

_GRACE = 5.0
_WHAT = "the process that plays"


class ProcessExecutor(PooledExecutor):
    """Plays in processes of this machine while this one goes on; scores and pictures equal `SerialExecutor`'s.

    Each worker plays its share of the seats, draws with one thread and shows no output of its own. They are fresh
    interpreters that do not run the training script again and import no torch. They end with `close`, with this
    process however it ends, and one that is killed is replaced: its episodes are played again from their texts. An
    episode on which several end one after the other is truncated, as by a renderer that failed.

    Args:
        env: Keyword arguments of `RoomLayoutEnv` without ``tasks``, or a function that makes one: a function of a
            module that workers can import.
        tasks: Where scenes come from; None takes those of the environment.
        workers: How many processes; None for one a core, shared among the training processes of this machine.
        limit: Seconds that a worker has for a job.

    Raises:
        InputError: If an argument is not allowed, or the environment cannot be sent to workers.

    Example:
        >>> executor = ProcessExecutor({"size": (32, 32), "views": ("top",)}, "easy", workers=1)
        >>> seats = executor.reset([0, 1])
        >>> waiting = executor.step(seats, ["no answer", "nor here"])  # returns at once
        >>> seconds = waiting.wait()
        >>> [seat.episode().turns[0].score for seat in seats], len(executor.pids)
        ([0.0, 0.0], 1)
        >>> executor.close()
    """

    def __init__(
        self,
        env: Mapping[str, Any] | Callable[[], RoomLayoutEnv],
        tasks: TaskSpec | None = None,
        workers: int | None = None,
        *,
        limit: float = TIME_LIMIT,
    ) -> None:
        super().__init__(env, tasks, workers)
        self._recipe = pack_recipe(self.make)
        self._limit = limit

    def _connector(self) -> Callable[[], Connection]:
        return partial(_ProcessConnection, self._recipe, self._limit)


class _ProcessConnection:
    """A worker process; see `spatialenv.trainers.executors.process_worker` for its other side."""

    def __init__(self, recipe: bytes, limit: float) -> None:
        command = [sys.executable, "-m", "spatialenv.trainers.executors.process_worker"]
        # what is played may need any of this process's variables, as judges need keys; folders are the worker's own
        variables = {name: value for name, value in os.environ.items() if name not in PLACES}
        self._worker = Worker(command, what=_WHAT, variables={**variables, **ONE_THREAD})
        self._recipe: bytes | None = recipe
        self._limit = limit

    @property
    def pid(self) -> int | None:
        return self._worker.pid

    def play(self, job: Job) -> Any:
        if self._recipe is not None:
            self._worker.wait()
            self._ask({"ask": "make"}, pack((sys.path, self._recipe)), "make the environment", self._limit)
            self._recipe = None
        limit = self._limit * max(1, len(job.texts))  # a fresh worker plays all of them
        return self._ask({"ask": "play"}, pack(job), f"play turn {len(job.texts)}", limit)

    def kill(self) -> None:
        self._worker.kill()

    def close(self) -> None:
        self._worker.hang_up()
        self._worker.close(_GRACE if self._worker.is_free else 0.0)

    def forget(self) -> None:
        self._worker.forget()

    def _ask(self, header: dict[str, Any], parts: list[Part], task: str, limit: float) -> Any:
        return unpack_call(self._worker.request(header, parts, limit=limit, task=task).blobs)
