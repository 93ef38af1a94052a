"""The thread in which a renderer's context of OpenGL lives."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from spatialenv.renderers.gl.painter import Painter

Made = TypeVar("Made")


class Desk:
    """Lets any thread draw in one context, made when it is first needed.

    It may be copied to other processes, where it starts without a context.

    Args:
        index: Which of EGL's devices.
        memory_mb: See `Painter`.
    """

    def __init__(self, index: int, memory_mb: int) -> None:
        self._arguments = (index, memory_mb)
        self._lock = threading.Lock()
        self._open: _Open | None = None
        self._process = os.getpid()

    def __reduce__(self) -> tuple[type[Desk], tuple[int, int]]:
        return Desk, self._arguments

    def run(self, work: Callable[[Painter], Made]) -> Made:
        """Return what `work` makes of the painter, in the painter's thread."""
        return self._opened().run(work)

    def close(self) -> None:
        """Free the context, if there is one; the next call makes another."""
        with self._lock:
            opened, self._open = self._open, None
        if opened is not None:
            opened.close()

    def _opened(self) -> _Open:
        if self._process != os.getpid():
            # A fork left the thread behind, and whoever held the lock.
            self._lock, self._open, self._process = threading.Lock(), None, os.getpid()
        with self._lock:
            if self._open is None:
                self._open = _Open(*self._arguments)
            return self._open


class _Open:
    """A thread with a painter."""

    def __init__(self, index: int, memory_mb: int) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="spatialenv-gl")
        try:
            self._painter = self._thread.submit(Painter, index, memory_mb).result()
        except BaseException:
            self._thread.shutdown()
            raise
        self.close = weakref.finalize(self, _end, self._thread, self._painter, os.getpid())

    def run(self, work: Callable[[Painter], Made]) -> Made:
        return self._thread.submit(work, self._painter).result()


def _end(thread: ThreadPoolExecutor, painter: Any, process: int) -> None:
    if process != os.getpid():
        return  # the context is the parent's
    try:
        thread.submit(painter.release)
    except RuntimeError:
        return  # the interpreter ends, and the context with it
    thread.shutdown()
