"""The processes of a renderer, and whether OpenGL works here."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from spatialenv.errors import MissingExtraError, RendererError, SpatialEnvError
from spatialenv.physics.pool import SimulatorPool
from spatialenv.renderers.base import Device, is_software
from spatialenv.renderers.pybullet import worker
from spatialenv.renderers.pybullet.engine import TINY
from spatialenv.renderers.pybullet.files import SOLID
from spatialenv.renderers.pybullet.shots import Drawer
from spatialenv.workers import inside
from spatialenv.workers.pool import ATTEMPTS, WorkerPool
from spatialenv.workers.process import Worker

MEMORY_LIMIT_MB = 2048.0
"""Memory of a process above which it is replaced."""

CALLS = 2000
"""Requests after which a process is replaced."""

START_LIMIT = 60.0
"""Seconds that a process has to load PyBullet."""

TRY_LIMIT = 60.0
"""Seconds that the EGL plugin has to draw a triangle."""

LIBRARIES = "apt-get install libegl1 libgl1 libgl1-mesa-dri"
"""What installs OpenGL without a display on Debian and Ubuntu."""


class Processes:
    """Pools of processes by what they draw with, and those that simulate; made when they are needed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pools: dict[Drawer, WorkerPool] = {}
        self._simulators: SimulatorPool | None = None

    def pool(self, drawer: Drawer, size: int) -> WorkerPool:
        """Return the processes that draw with `drawer`, at most `size`."""
        with self._lock:
            if drawer not in self._pools:
                self._pools[drawer] = make_pool(drawer, size)
            return self._pools[drawer]

    def simulators(self, size: int) -> SimulatorPool:
        """Return the processes that simulate, at most `size`."""
        with self._lock:
            if self._simulators is None:
                self._simulators = SimulatorPool(size, attempts=ATTEMPTS)
            return self._simulators

    @property
    def pids(self) -> tuple[int, ...]:
        """Numbers of all these processes."""
        with self._lock:
            drawing = [pid for pool in self._pools.values() for pid in pool.pids]
            simulating = () if self._simulators is None else self._simulators.pids
        return (*drawing, *simulating)

    def close(self) -> None:
        """End all; those who ask again are given others."""
        with self._lock:
            pools, self._pools = self._pools, {}
            simulators, self._simulators = self._simulators, None
        for pool in pools.values():
            pool.close()
        if simulators is not None:
            simulators.close()


def make_pool(drawer: Drawer, size: int = 1, attempts: int = ATTEMPTS) -> WorkerPool:
    """Return processes that draw with `drawer`."""
    return WorkerPool(
        lambda: worker_command(drawer),
        what="PyBullet",
        error=RendererError,
        size=size,
        start_limit=START_LIMIT,
        max_calls=CALLS,
        max_memory_mb=MEMORY_LIMIT_MB,
        attempts=attempts,
        explain=lambda said: _explain(drawer, said),
        variables=_variables,
    )


def worker_command(drawer: Drawer) -> list[str]:
    """Return the command of a process that draws; the number of its socket goes behind it.

    Raises:
        MissingExtraError: If PyBullet is not installed.
    """
    if find_spec("pybullet") is None:
        raise MissingExtraError(
            "the renderer 'pybullet' needs the package 'pybullet', which is not installed: "
            "pip install 'spatialenv[physics]'"
        )
    return [sys.executable, "-P", "-s", str(Path(worker.__file__)), str(Path(inside.__file__).parent), drawer]


def drawer_for(backend: str) -> Drawer:
    """Return what draws for a backend.

    Raises:
        MissingExtraError: If OpenGL is asked for and does not work, or PyBullet is not installed.
    """
    if backend == "tiny":
        return "tiny"
    worker_command("egl")
    problem = egl_problem()
    if backend == "egl" and problem:
        raise MissingExtraError(
            f"the backend 'egl' of the renderer 'pybullet' does not work here ({problem}): {LIBRARIES}"
        )
    return "tiny" if problem else "egl"


def device_of(process: Worker) -> Device:
    """Return what a process draws by."""
    name, version = process.info["device"]
    return Device(name, version, name == TINY or is_software(name))


@cache
def egl_problem() -> str:
    """Return why PyBullet's EGL plugin does not draw here, in a line; empty where it does.

    A process of its own tries it, once: where something is missing, the plugin may end its process.
    """
    pool = make_pool("egl", attempts=1)
    try:
        pool.run([_try])
    except SpatialEnvError as error:
        return " ".join(str(error).split())
    finally:
        pool.close()
    return ""


def _try(process: Worker) -> None:
    """Let a process draw a triangle and look whether it is there."""
    side = 16
    corners = np.array(((-9, -9, 0), (9, -9, 0), (0, 9, 0)), np.float32)
    normals = np.tile(np.array((0, 0, 1), np.float32), (3, 1))
    header = {
        "bodies": [["probe", 0, 0, 0, 0, 0, 0, 1, None]],
        "view": [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, -2, 1],
        "projection": [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, -0.25, 0, 0, 0, 0, 1],
        "size": [side, side],
        "scale": 1,
        "light": [0, 0, 1],
        "shade": None,
        "background": [255, 255, 255],
        "numbers": None,
        "shapes": [["probe", SOLID, 1, False, [1.0, 0.0, 0.0], 1.0]],
    }
    reply = process.request(header, [corners.tobytes() + normals.tobytes()], limit=TRY_LIMIT, task="draw a triangle")
    if "error" in reply.header:
        raise RendererError(str(reply.header["error"]))
    red, green, _ = np.frombuffer(reply.blobs[0], np.uint8).reshape(side, side, 3)[side // 2, side // 2].tolist()
    if not red > 100 > green:
        raise RendererError(f"a red triangle came out as {red}, {green}")


def _explain(drawer: Drawer, said: str) -> SpatialEnvError | None:
    if drawer == "egl":
        return MissingExtraError(f"PyBullet's EGL plugin does not start ({_last(said)}): {LIBRARIES}")
    return None


def _last(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return lines[0][:300] if lines else "it said nothing"


def _variables() -> Mapping[str, str]:
    modules = os.pathsep.join(path for path in sys.path if path and os.path.isabs(path))
    return {"PYTHONPATH": modules, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
