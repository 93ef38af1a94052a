"""The renderer `blender`."""

from __future__ import annotations

import functools
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, ClassVar, Literal, get_args

from spatialenv.assets import AssetSpec, make_library
from spatialenv.core.numeric import as_number
from spatialenv.core.placed import PlacedScene
from spatialenv.errors import InputError
from spatialenv.renderers import base
from spatialenv.renderers.base import Channel, Frames, Renderer, check_request, merge_frames
from spatialenv.renderers.blender.command import find_blender
from spatialenv.renderers.blender.orders import Order, ask, ask_device, frames_of
from spatialenv.renderers.blender.packages import explain_start
from spatialenv.renderers.blender.pools import LazyPool, worker_command
from spatialenv.renderers.camera import VIEWS, CameraSpec
from spatialenv.renderers.models import Appearance, Colours
from spatialenv.renderers.options import check_choice, check_switches, check_whole, plain_look
from spatialenv.renderers.room import RoomStyle, make_room_style, room_style_for
from spatialenv.renderers.scenery import make_scenery
from spatialenv.workers.pool import WorkerPool
from spatialenv.workers.process import Worker

Quality = Literal["training", "showcase"]
"""``training``: few samples, short light paths; ``showcase``: many samples, light that goes from wall to wall."""

Engine = Literal["cycles", "eevee"]
"""``cycles`` follows rays, on processors or graphics cards; ``eevee`` needs OpenGL and is slow without a card."""

Device = Literal["auto", "cpu", "gpu"]
"""Where Cycles draws; ``auto``: on a graphics card where there is one that works."""

SAMPLES: Mapping[Quality, int] = {"training": 4, "showcase": 192}
"""Samples a pixel unless said otherwise."""

MAX_SAMPLES = 65536
MAX_WORKERS = 256
START_SECONDS = 120.0

LEAST_LIMIT = 60.0
"""Seconds that any picture may take unless said otherwise."""

SAMPLE_LIMITS: Mapping[Engine, float] = {"cycles": 3e-5, "eevee": 3e-4}
"""Seconds more for each sample of each pixel: about eight times what one core needs without a graphics card."""

_CHOICES = {"quality": Quality, "engine": Engine, "device": Device, "colours": Colours}


@dataclass(frozen=True)
class BlenderRenderer(Renderer):
    """Draws rooms with Blender, in processes of its own that are kept: same input, same bytes on the same machine.

    Processes start with the first picture, and end with `close`; a picture asked for later starts others. One that
    crashes, hangs or holds too much memory is replaced and its picture drawn again.

    Attributes:
        quality: ``"training"`` or ``"showcase"``; see `Quality`.
        engine: ``"cycles"`` or ``"eevee"``; see `Engine`.
        samples: Samples a pixel, 1 to 65,536; None for what suits `quality`, 4 or 192.
        denoise: Whether what few samples leave of noise is taken away.
        device: Where Cycles draws: ``"auto"``, ``"cpu"`` or ``"gpu"``.
        furniture: Whether objects have the shape of furniture; else all are boxes.
        colours: ``"material"``, as style and material words say, or ``"identity"``, one for each object of a scene.
        room: How the room's surfaces look: what lies on the floor, a mapping, or a style (`make_room_style`).
        assets: Where the meshes of objects with an `asset` come from (`spatialenv.assets.make_library`); None passes
            over them.
        workers: Processes that draw at the same time; None for as many as there are cores.
        threads: Threads of each. More than one pays for single large pictures alone.
        time_limit: Seconds that one picture may take; None for a minute and several times what its samples need.
        memory_limit_mb: Megabytes above which a process is replaced.
        blender: A Python interpreter that has bpy, or a Blender executable; None for what is found
            (`spatialenv.renderers.blender.command.find_blender`).

    Raises:
        InputError: If an option is not allowed.

    Example:
        >>> renderer = BlenderRenderer(quality="showcase", samples=64)
        >>> renderer.name, renderer.samples
        ('blender', 64)
    """

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
    time_limit: float | None = None
    memory_limit_mb: float = 4096.0
    blender: str | None = None
    _processes: LazyPool = field(default_factory=LazyPool, init=False, repr=False, compare=False)

    name: ClassVar[str] = "blender"
    version: ClassVar[str] = "blender-1"
    is_thread_safe: ClassVar[bool] = True

    def __post_init__(self) -> None:
        for option, choice in _CHOICES.items():
            check_choice(self, option, get_args(choice))
        check_switches(self, ("denoise", "furniture"))
        check_whole(self, "samples", 1, MAX_SAMPLES, "or None for what suits `quality`")
        check_whole(self, "workers", 1, MAX_WORKERS, "or None for as many as there are cores")
        check_whole(self, "threads", 1, MAX_WORKERS)
        for option in ("time_limit", "memory_limit_mb"):
            value = getattr(self, option)
            if not (0 < as_number(value) < float("inf") or (value is None and option == "time_limit")):
                raise InputError(f"renderer option `{option}` is {value!r}; it must be above 0")
        if self.blender is not None and not isinstance(self.blender, str | os.PathLike):
            raise InputError(
                f"renderer option `blender` is {self.blender!r}; it must be the path of a Python interpreter that has "
                "bpy, or of a Blender executable"
            )
        plain_look(self)

    def __reduce__(self) -> tuple[Callable[..., BlenderRenderer], tuple[dict[str, Any]]]:
        # Processes stay with the renderer that started them.
        return _remade, ({one.name: getattr(self, one.name) for one in fields(self) if one.init},)

    def __enter__(self) -> BlenderRenderer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def render(
        self,
        placed: PlacedScene,
        cameras: Sequence[CameraSpec] = VIEWS,
        size: tuple[int, int] = (256, 256),
        *,
        channels: Sequence[Channel] = (),
    ) -> Frames:
        """Draw `placed` bare; see `Renderer.render`.

        Channels tell of the ray through the middle of each pixel. Glass counts as solid there.

        Raises:
            InputError: If an argument is not allowed.
            MissingExtraError: If there is no Blender, or it lacks a library or a graphics card.
            RendererError: If no picture could be made.
        """
        return self.render_batch([placed], cameras, size, channels=channels)[0]

    def render_batch(
        self,
        placed: Sequence[PlacedScene],
        cameras: Sequence[CameraSpec] = VIEWS,
        size: tuple[int, int] = (256, 256),
        *,
        channels: Sequence[Channel] = (),
    ) -> list[Frames]:
        """Draw several scenes, in several processes; see `Renderer.render_batch`."""
        orders = [self._order(scene, cameras, size, channels) for scene in placed]
        if not orders:
            return []
        if len(orders) >= self._size:
            return self._run([functools.partial(self._draw, order) for order in orders])
        # Too few scenes to keep all processes busy: each picture is a job of its own.
        single = [
            order._replace(request=replace(order.request, cameras=(camera,)))
            for order in orders
            for camera in order.request.cameras
        ]
        drawn = iter(self._run([functools.partial(self._draw, order) for order in single]))
        return [merge_frames([next(drawn) for _ in order.request.cameras]) for order in orders]

    def save_blend(
        self,
        placed: PlacedScene,
        path: str | os.PathLike[str],
        camera: CameraSpec = "corner",
        size: tuple[int, int] = (1024, 1024),
    ) -> None:
        """Write a ``.blend`` file of `placed`: objects by their ids, materials, textures, light, and one camera.

        Rendered in Blender it gives the picture that this renderer draws.

        Args:
            placed: The scene.
            path: The file; one that is there is replaced when the new one is whole.
            camera: The camera; walls that it does not show are cut away.
            size: ``(width, height)`` of its picture in pixels.

        Raises:
            InputError: If an argument is not allowed, or the file cannot be written.
            MissingExtraError: If there is no Blender, or it lacks a library.
            RendererError: If Blender failed.
        """
        order = self._order(placed, (camera,), size, ())
        target = Path(path).absolute()
        if not target.parent.is_dir():
            raise InputError(f"`path` is {os.fspath(path)!r}, in a folder that is not there; make the folder first")
        if target.exists() and not target.is_file():
            raise InputError(f"`path` is {os.fspath(path)!r}, which is no file; give the path of one")
        try:
            with tempfile.TemporaryDirectory(prefix=f".{target.name}.", dir=target.parent) as folder:
                unfinished = Path(folder) / "scene.blend"
                task = {"task": "save", "path": str(unfinished), "settings": self._settings()}
                self._run([lambda worker: ask(worker, order, task, self._limit(), anew=True)])
                unfinished.replace(target)
        except (OSError, ValueError) as error:  # the latter for what no file can be called
            said = getattr(error, "strerror", error)
            raise InputError(f"`path` is {os.fspath(path)!r}, which cannot be written: {said}") from error

    def describe_device(self) -> base.Device:
        """Return what draws: the engine, and the graphics card that it uses or the processor.

        Raises:
            MissingExtraError: If there is no Blender, or it lacks a library or a graphics card.
            RendererError: If Blender failed.
        """
        found: base.Device = self._run([lambda worker: ask_device(worker, self._settings(), self._limit())])[0]
        return found

    def close(self) -> None:
        """End the processes. The renderer may be used again, and then starts others."""
        self._processes.close()

    @property
    def pids(self) -> tuple[int, ...]:
        """Numbers of the processes that it holds now."""
        return self._processes.pids

    @property
    def _size(self) -> int:
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        return self.workers or cores or 1

    def _order(
        self,
        placed: PlacedScene,
        cameras: Sequence[CameraSpec],
        size: tuple[int, int],
        channels: Sequence[Channel],
    ) -> Order:
        request = check_request(placed, cameras, size, channels)
        library = None if self.assets is None else make_library(self.assets)
        scenery = make_scenery(placed, Appearance(self.furniture, self.colours), library)
        return Order(placed, scenery, room_style_for(placed.scene, make_room_style(self.room)), request)

    def _draw(self, order: Order, worker: Worker) -> Frames:
        task = {"task": "draw", "settings": self._settings()}
        limit = self._limit(order.request.size) * len(order.request.cameras)
        return frames_of(order, ask(worker, order, task, limit))

    def _limit(self, size: tuple[int, int] = (0, 0)) -> float:
        """Return how many seconds a picture may take."""
        samples = size[0] * size[1] * (self.samples or SAMPLES[self.quality])
        return self.time_limit or LEAST_LIMIT + SAMPLE_LIMITS[self.engine] * samples

    def _settings(self) -> dict[str, Any]:
        return {
            "engine": self.engine,
            "samples": self.samples or SAMPLES[self.quality],
            "denoise": self.denoise,
            "is_showcase": self.quality == "showcase",
            "threads": self.threads,
            "device": self.device,
        }

    def _run(self, jobs: Sequence[Callable[[Worker], Any]]) -> list[Any]:
        return self._processes.get(self._make_pool).run(jobs)

    def _make_pool(self) -> WorkerPool:
        return WorkerPool(
            lambda: worker_command(find_blender(self.blender), self.threads),
            what="Blender",
            size=self._size,
            start_limit=START_SECONDS,
            max_memory_mb=self.memory_limit_mb,
            explain=lambda output: explain_start(find_blender(self.blender), output),
        )


def _remade(options: dict[str, Any]) -> BlenderRenderer:
    return BlenderRenderer(**options)
