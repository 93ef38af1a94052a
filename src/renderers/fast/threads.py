"""The threads that draw the pictures of a batch, shared by all renderers of a process."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Given = TypeVar("Given")
Made = TypeVar("Made")

_lock = threading.Lock()
_pools: dict[int, ThreadPoolExecutor] = {}


def spread(work: Callable[[Given], Made], items: Sequence[Given], threads: int) -> list[Made]:
    """Return what `work` makes of each item, in order, by up to `threads` threads.

    `work` must not call this again. Several callers may share the threads.

    Raises:
        Exception: What `work` raised for the first item for which it did.

    Example:
        >>> spread(lambda number: number + 1, [1, 2, 3], 2)
        [2, 3, 4]
    """
    if threads < 2 or len(items) < 2:
        return [work(item) for item in items]
    with _lock:
        pool = _pools.get(threads)
        if pool is None:
            pool = _pools[threads] = ThreadPoolExecutor(threads, thread_name_prefix="spatialenv-fast")
    return list(pool.map(work, items))


def available_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS and Windows
        return max(1, len(os.sched_getaffinity(0)))
    return os.cpu_count() or 1


def _forget() -> None:
    """Let go of threads that a fork left behind."""
    global _lock
    _lock = threading.Lock()
    _pools.clear()


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_forget)
