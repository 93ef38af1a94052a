"""The script that Blender, or the Python that has bpy, is started with: ``main.py WORKERS_FOLDER THREADS SOCKET``.

`WORKERS_FOLDER` is where the modules of `spatialenv.workers` lie, `THREADS` how many threads a picture may take,
`SOCKET` the number of an open socket. It says which versions it has and serves requests (`serving`) until the other
side closes the connection, as every worker does (`spatialenv.workers.inside`).
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import types
from collections.abc import Iterator
from pathlib import Path

OLDEST = (4, 2)
"""The oldest Blender whose ways these modules know."""

START_SECONDS = 300
"""Longest start: when nobody is left to end a process that hangs, it ends by itself."""


def add_packages(workers: Path) -> None:
    """Let modules of this package be imported by their full names without importing the package itself.

    Its `__init__` imports what is not installed in Blender's Python, so empty modules stand in for the parents.
    """
    renderers = Path(__file__).resolve().parents[2]
    for name, folder in (
        ("spatialenv", None),
        ("spatialenv.renderers", renderers),
        ("spatialenv.renderers.blender", renderers / "blender"),
        ("spatialenv.workers", workers),
    ):
        module = types.ModuleType(name)
        module.__path__ = [] if folder is None else [str(folder)]
        sys.modules[name] = module


@contextlib.contextmanager
def few_cores(count: int) -> Iterator[None]:
    """Show this process `count` cores for a while.

    Blender's libraries start a thread for each core that they see, and those that have nothing to do spin: they took
    as much time of the processor again as the picture.
    """
    if not hasattr(os, "sched_setaffinity"):  # not Linux
        yield
        return
    cores = os.sched_getaffinity(0)
    first = os.getpid() % len(cores)
    with contextlib.suppress(OSError):  # some systems forbid it
        os.sched_setaffinity(0, (sorted(cores) * 2)[first : first + count])
    try:
        yield
    finally:
        for thread in os.listdir("/proc/self/task"):
            with contextlib.suppress(OSError):  # some threads end meanwhile
                os.sched_setaffinity(int(thread), cores)


def main(arguments: list[str]) -> None:
    """Serve what comes over the socket."""
    signal.alarm(START_SECONDS)
    add_packages(Path(arguments[0]))
    from spatialenv.workers import inside

    connection = inside.connect()
    import bpy

    if bpy.app.version < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        inside.refuse(connection, ImportError(f"Blender {bpy.app.version_string} is older than {oldest}"))
        return
    with few_cores(int(arguments[1])):
        from spatialenv.renderers.blender.inside.serving import VERSIONS, Clerk

        clerk = Clerk()
    signal.alarm(0)
    inside.serve(connection, clerk.answer, VERSIONS)


if __name__ == "__main__":
    # A Blender executable keeps its own arguments in front of these.
    main(sys.argv[-3:])
