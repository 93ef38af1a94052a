"""The thread in which a renderer's context of OpenGL lives."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

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

    def submit(self, work: Callable[[Painter], Made]) -> Future[Made]:
        """Have `work` done to the painter in the painter's thread.

        Raises:
            MissingExtraError: See `open_context`.
            RendererError: Likewise.
        """
        while True:
            opened = self._opened()
            try:
                return opened.thread.submit(work, opened.painter)
            except RuntimeError:
                # Another thread closed it in between; where it is still open, no thread takes work any more.
                if self._open is opened:
                    raise

    def close(self) -> None:
        """Free the context once what was submitted is done; the next call makes another."""
        self._after_fork()
        with self._lock:
            opened, self._open = self._open, None
        if opened is not None:
            opened.end()
            opened.thread.shutdown()

    def _opened(self) -> _Open:
        self._after_fork()
        with self._lock:
            if self._open is None:
                self._open = _Open(*self._arguments)
            return self._open

    def _after_fork(self) -> None:
        """In a process forked from the one that made this, let go of the thread and the lock left behind."""
        if self._process != os.getpid():
            self._lock, self._open, self._process = threading.Lock(), None, os.getpid()


class _Open:
    """A thread with a painter, which ends with this object at the latest."""

    def __init__(self, index: int, memory_mb: int) -> None:
        self.thread = ThreadPoolExecutor(1, thread_name_prefix="spatialenv-gl")
        try:
            self.painter = self.thread.submit(Painter, index, memory_mb).result()
        except BaseException:
            self.thread.shutdown()
            raise
        self.end = weakref.finalize(self, _end, self.thread, self.painter, os.getpid())


def _end(thread: ThreadPoolExecutor, painter: Painter, process: int) -> None:
    if process != os.getpid():
        return  # the context is the parent's
    try:
        thread.submit(painter.release)
    except RuntimeError:
        return  # the interpreter ends, and the context with it
    thread.shutdown(wait=False)
