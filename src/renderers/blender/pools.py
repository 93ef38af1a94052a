"""The worker processes of a renderer, started when first needed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import spatialenv.workers
from spatialenv.renderers.blender.command import BlenderCommand
from spatialenv.workers.pool import WorkerPool

MAIN = Path(__file__).parent / "inside" / "main.py"
"""The script that a worker runs."""


class LazyPool:
    """Holds a pool of workers that is made when first asked for; copies of it hold none."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pool: WorkerPool | None = None

    def get(self, make: Callable[[], WorkerPool]) -> WorkerPool:
        """Return the pool; `make` makes it."""
        with self._lock:
            if self._pool is None:
                self._pool = make()
            return self._pool

    def close(self) -> None:
        """End the workers."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.close()

    @property
    def pids(self) -> tuple[int, ...]:
        """Numbers of the processes."""
        pool = self._pool
        return () if pool is None else pool.pids


def worker_command(blender: BlenderCommand, threads: int) -> list[str]:
    """Return what starts a worker, but for the number of its socket.

    Args:
        blender: The Blender that draws.
        threads: How many threads a picture may take.
    """
    folder = Path(str(spatialenv.workers.__file__)).parent
    return blender.script(MAIN, str(folder), str(threads))
