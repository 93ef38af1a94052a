"""Environments for the tests of executors, in a module that worker processes can import."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
import zlib
from pathlib import Path
from typing import Any

from spatialenv.core.placed import PlacedScene
from spatialenv.envs.room_layout import RoomLayoutEnv
from spatialenv.errors import RendererError
from spatialenv.renderers import Renderer, make_renderer

SMALL: dict[str, Any] = {"views": ("top",), "size": (48, 48), "max_turns": 3}


class FastRenderer(Renderer):
    """Draws as `fast` does, unless something happens."""

    name = "happening"
    version = "happening-1"

    def __init__(self) -> None:
        self.inner = make_renderer("fast")

    def happen(self, placed: PlacedScene) -> None:
        """Do what is to happen before a picture."""

    def render(self, placed: PlacedScene, *args: Any, **kwargs: Any) -> Any:
        self.happen(placed)
        return self.inner.render(placed, *args, **kwargs)


class Failing(FastRenderer):
    """Fails for one picture in eight, the same ones everywhere."""

    def happen(self, placed: PlacedScene) -> None:
        if zlib.crc32(repr((placed.scene.ids, placed.layout)).encode()) % 8 == 0:
            raise RendererError("out of paint")


class Crashing(FastRenderer):
    """Ends its process: at the first picture where a bed comes first, else where the first object is at x = 1."""

    def happen(self, placed: PlacedScene) -> None:
        poses = placed.layout.poses
        first = placed.scene.ids[0].startswith("bed") and not poses
        if first or (poses and poses[0][1].x == 1.0):
            os.kill(os.getpid(), signal.SIGSEGV)


class Gated(FastRenderer):
    """Draws furnished rooms once the file named by the variable GATE is there."""

    def happen(self, placed: PlacedScene) -> None:
        while placed.layout.poses and not Path(os.environ["GATE"]).exists():
            time.sleep(0.01)


class Telling(FastRenderer):
    """Fails with a JSON text that tells of the process that it is in, once an object is placed."""

    def happen(self, placed: PlacedScene) -> None:
        if placed.layout.poses:
            heavy = {"torch", "transformers", "trl", "accelerate", "datasets", "peft"} & set(sys.modules)
            threads = [os.environ.get(name) for name in ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS")]
            raise RendererError(json.dumps({"pid": os.getpid(), "heavy": sorted(heavy), "threads": threads}))


class Careless(RoomLayoutEnv):
    """Has a fault that is nobody's outside."""

    def step(self, action: str) -> Any:
        if not action:
            raise ZeroDivisionError("a fault of the program")
        return super().step(action)


def failing_layouts() -> RoomLayoutEnv:
    return RoomLayoutEnv(tasks="easy", renderer=Failing(), mark_violations=True, **SMALL)


def failing_edits() -> RoomLayoutEnv:
    return RoomLayoutEnv(tasks="easy", renderer=Failing(), actions="edits", yaw="free", mark_moves=True, **SMALL)


def crashing() -> RoomLayoutEnv:
    return RoomLayoutEnv(tasks="easy", renderer=Crashing(), **SMALL)


def gated() -> RoomLayoutEnv:
    return RoomLayoutEnv(tasks="easy", renderer=Gated(), **SMALL)


def telling() -> RoomLayoutEnv:
    return RoomLayoutEnv(tasks="easy", renderer=Telling(), **SMALL)


def careless() -> RoomLayoutEnv:
    return Careless(tasks="easy", renderer="blank", **SMALL)
