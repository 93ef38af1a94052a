"""The program that runs PyBullet to draw, started as a script: ``worker.py WORKERS_FOLDER DRAWER SOCKET``.

`WORKERS_FOLDER` is where the modules of `spatialenv.workers` lie, `DRAWER` what it draws with, ``tiny`` or ``egl``,
`SOCKET` the number of an open socket. It says what draws and serves requests (`studio`) until the other side closes
the connection, as every worker does (`spatialenv.workers.inside`). It needs the standard library, numpy and pybullet.
"""

from __future__ import annotations

import sys
import tempfile
import types
from pathlib import Path


def add_packages(workers: Path) -> None:
    """Let modules of this package be imported by their full names without importing the package itself.

    Empty modules stand in for the parents, whose `__init__` import what takes long to load and is not needed here.
    """
    here = Path(__file__).resolve().parent
    for name, folders in (
        ("spatialenv", []),
        ("spatialenv.renderers", []),
        ("spatialenv.renderers.pybullet", [str(here)]),
        ("spatialenv.workers", [str(workers)]),
    ):
        module = types.ModuleType(name)
        module.__path__ = folders
        sys.modules[name] = module


def main(arguments: list[str]) -> None:
    """Serve what comes over the socket."""
    workers, drawer, _ = arguments
    add_packages(Path(workers))
    from spatialenv.workers import inside

    connection = inside.connect()
    try:
        with inside.silence():  # it tells when it was built
            import pybullet

        from spatialenv.renderers.pybullet.engine import describe
        from spatialenv.renderers.pybullet.studio import Studio

        studio = Studio(pybullet, drawer, Path(tempfile.mkdtemp()))  # in the worker's own folder, which goes with it
    except ImportError as error:
        inside.refuse(connection, error)
        return
    inside.serve(connection, studio.answer, {"device": describe(pybullet, drawer)})


if __name__ == "__main__":
    main(sys.argv[1:])
