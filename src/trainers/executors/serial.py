"""Episodes played in this process, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any

from spatialenv.envs.room_layout import RoomLayoutEnv
from spatialenv.tasks import TaskSpec
from spatialenv.trainers.executors.player import Job, Player
from spatialenv.trainers.executors.queued import QueuedExecutor


class SerialExecutor(QueuedExecutor):
    """Plays in this process: a step is done when it returns.

    Args:
        env: Keyword arguments of `RoomLayoutEnv` without ``tasks``, or a function that makes one; one is made for
            each seat and used again for the next batch.
        tasks: Where scenes come from; None takes those of the environment.

    Raises:
        InputError: If an argument of the environment is not allowed.
    """

    def __init__(self, env: Mapping[str, Any] | Callable[[], RoomLayoutEnv], tasks: TaskSpec | None = None) -> None:
        super().__init__(env, tasks)
        self._player = Player(self.make)

    def close(self) -> None:
        """End all episodes, and the processes that the renderer holds, if any."""
        super().close()
        self._player.close()

    def _submit(self, job: Job) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(self._player.play(job))
        except Exception as error:
            future.set_exception(error)
        return future
