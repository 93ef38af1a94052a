"""The processes that simulate for this one (`spatialenv.workers`)."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from spatialenv.errors import MissingExtraError, SimulationError
from spatialenv.physics import worker as program
from spatialenv.workers.pool import WorkerPool
from spatialenv.workers.process import Worker

CALLS = 1000
"""Worlds after which a process is replaced by a fresh one."""

MEMORY_LIMIT_MB = 1024.0
"""Memory of a process above which it is replaced."""

CHUNK = 32
"""Most worlds that a process is given in a row."""


def worker_command() -> list[str]:
    """Return the command of a process that simulates; the number of its socket goes behind it.

    Raises:
        MissingExtraError: If PyBullet is not installed.
    """
    if find_spec("pybullet") is None:
        raise MissingExtraError(
            "settling needs the package 'pybullet', which is not installed: pip install 'spatialenv[physics]'"
        )
    return [sys.executable, "-P", "-s", str(Path(program.__file__))]


class SimulatorPool:
    """At most `size` processes that simulate, started when they are needed, for any number of threads.

    Args:
        size: Most processes at a time.
        command: What starts one.
        max_calls: Worlds after which one is replaced.
        max_memory_mb: Memory above which it is replaced.

    Raises:
        InputError: If `size` is no whole number above 0.
    """

    def __init__(
        self,
        size: int = 2,
        command: Callable[[], Sequence[str]] = worker_command,
        *,
        max_calls: int = CALLS,
        max_memory_mb: float = MEMORY_LIMIT_MB,
        attempts: int = 1,
    ) -> None:
        self._size = size
        self._workers = WorkerPool(
            command,
            what="the simulator",
            error=SimulationError,
            size=size,
            max_calls=max_calls,
            max_memory_mb=max_memory_mb,
            attempts=attempts,
            variables=_variables,
        )

    @property
    def pids(self) -> tuple[int, ...]:
        """Numbers of the processes that it holds."""
        return self._workers.pids

    def settle(self, worlds: Sequence[dict[str, Any]], seconds: float, limit: float) -> list[dict[str, Any]]:
        """Return the answer for each world, in order (`spatialenv.physics.worker` has their form).

        Args:
            worlds: The worlds.
            seconds: How long they are simulated.
            limit: Most seconds that one world may take.

        Raises:
            MissingExtraError: If PyBullet is not installed.
            SimulationError: If the process ends, fails or takes too long. It is replaced at the next call.
        """
        length = max(1, min(CHUNK, math.ceil(len(worlds) / self._size)))
        chunks = [worlds[start : start + length] for start in range(0, len(worlds), length)]
        answers = self._workers.run([_Chunk(chunk, seconds, limit) for chunk in chunks])
        return [reply for replies in answers for reply in replies]

    def close(self) -> None:
        """End all processes when they have done what they are doing; the next call starts others."""
        self._workers.close()


class _Chunk:
    """Worlds that one process settles."""

    def __init__(self, worlds: Sequence[dict[str, Any]], seconds: float, limit: float) -> None:
        self.worlds = worlds
        self.seconds = seconds
        self.limit = limit

    def __call__(self, worker: Worker) -> list[dict[str, Any]]:
        replies = []
        for world in self.worlds:
            asked = {"world": world, "seconds": self.seconds}
            reply = worker.request(asked, limit=self.limit, task=f"settle {len(world['bodies'])} bodies").header
            if "error" in reply:
                worker.kill()  # its engine is in a state that nobody knows
                raise SimulationError(f"PyBullet failed: {reply['error']}; look at the scene's sizes and positions")
            replies.append(reply)
        return replies


def _variables() -> dict[str, str]:
    """Return where the modules of this interpreter are."""
    modules = os.pathsep.join(path for path in sys.path if path and os.path.isabs(path))
    return {"PYTHONPATH": modules, "OMP_NUM_THREADS": "1"}


POOL = SimulatorPool()
"""The processes that all rewards of this process share."""
