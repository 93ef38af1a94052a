"""The renderer `blender`."""

from __future__ import annotations

import functools
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, ClassVar, Literal, get_args

from spatialenv import workers as workers_package
from spatialenv.assets import AssetSpec, make_library
from spatialenv.core.placed import PlacedScene
from spatialenv.errors import InputError, unknown_name
from spatialenv.renderers.base import Channel, Frames, check_request
from spatialenv.renderers.blender.orders import Order, ask, frames_of
from spatialenv.renderers.camera import VIEWS, CameraSpec
from spatialenv.renderers.models import Appearance, Colours
from spatialenv.renderers.room import RoomStyle, make_room_style, room_style_for
from spatialenv.renderers.scenery import make_scenery
from spatialenv.workers.pool import WorkerPool
from spatialenv.workers.process import Worker

Quality = Literal["training", "showcase"]
Engine = Literal["cycles", "eevee"]
Device = Literal["auto", "cpu", "gpu"]


@dataclass(frozen=True)
class BlenderRenderer:
    quality: Quality = "training"
    engine: Engine = "cycles"
    samples: int | None = None
    denoise: bool = True
    device: Device = "auto"
    furniture: bool = True
    colours: Colours = "material"
    room: str | Mapping[str, Any] | RoomStyle = "auto"
    assets: AssetSpec | None = None
    workers: int | None = None
    threads: int = 1
    time_limit: float = 120.0
    memory_limit_mb: float = 4096.0
    blender: str | None = None
    _hold: _Hold = field(init=False, repr=False, compare=False)

    name: ClassVar[str] = "blender"
    version: ClassVar[str] = "blender-1"
    is_thread_safe: ClassVar[bool] = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "room", make_room_style(self.room))
        object.__setattr__(self, "assets", None if self.assets is None else make_library(self.assets))
        object.__setattr__(self, "_hold", _Hold())

    def render(
        self,
        placed: PlacedScene,
        cameras: Sequence[CameraSpec] = VIEWS,
        size: tuple[int, int] = (256, 256),
        *,
        channels: Sequence[Channel] = (),
    ) -> Frames:
        return self.render_batch([placed], cameras, size, channels=channels)[0]

    def render_batch(
        self,
        placed: Sequence[PlacedScene],
        cameras: Sequence[CameraSpec] = VIEWS,
        size: tuple[int, int] = (256, 256),
        *,
        channels: Sequence[Channel] = (),
    ) -> list[Frames]:
        orders = []
        for scene in placed:
            request = check_request(scene, cameras, size, channels)
            scenery = make_scenery(scene, Appearance(self.furniture, self.colours), self.assets)
            orders.append(Order(scene, scenery, room_style_for(scene.scene, self.room), request))
        return self._pool().run([functools.partial(self._draw, order) for order in orders])

    def _draw(self, order: Order, worker: Worker) -> Frames:
        task = {"task": "draw", "settings": self._settings()}
        return frames_of(order, ask(worker, order, task, self.time_limit))

    def _settings(self):
        return dict(samples=self.samples or 4, denoise=self.denoise, threads=self.threads)

    def close(self) -> None:
        self._hold.close()

    def _pool(self) -> WorkerPool:
        return self._hold.pool(lambda: WorkerPool(self._command, size=self.workers or 1))

    def _command(self) -> list[str]:
        main = Path(__file__).parent / "inside" / "main.py"
        return [self.blender or "/tmp/bpyenv/bin/python", "-P", "-s", str(main), str(Path(workers_package.__file__).parent)]


class _Hold:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pool = None

    def pool(self, make):
        with self._lock:
            if self._pool is None:
                self._pool = make()
            return self._pool

    def close(self):
        with self._lock:
            if self._pool is not None:
                self._pool.close()
