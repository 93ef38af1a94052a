"""The script that Blender, or the Python that has bpy, is started with: ``main.py WORKERS_FOLDER SOCKET``.

`WORKERS_FOLDER` is where the modules of `spatialenv.workers` lie, `SOCKET` the number of an open socket. First it sends
``{"ready": true}`` with the versions, then serves requests (`serving`) until the other side closes the connection.
"""

from __future__ import annotations

import signal
import socket
import sys
import types
from pathlib import Path

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


def main(arguments: list[str]) -> None:
    """Serve what comes over the socket."""
    signal.alarm(START_SECONDS)
    add_packages(Path(arguments[0]))
    import os
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    import bpy
    bpy.context.scene.render.engine = "CYCLES"
    bpy.context.scene.render.resolution_percentage = 1
    bpy.ops.render.render()
    for t in os.listdir("/proc/self/task"):
        os.sched_setaffinity(int(t), cores)
    from spatialenv.renderers.blender.inside.serving import serve

    with socket.socket(fileno=int(arguments[1])) as connection:
        serve(connection)


if __name__ == "__main__":
    # A Blender executable keeps its own arguments in front of these two.
    main(sys.argv[-2:])
