"""The renderer `pybullet`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Literal, get_args

from spatialenv.assets import AssetSpec, make_library
from spatialenv.core.numeric import as_number
from spatialenv.core.placed import PlacedScene
from spatialenv.errors import InputError
from spatialenv.renderers.base import Channel, Device, Frames, check_request
from spatialenv.renderers.camera import VIEWS, Camera, CameraSpec
from spatialenv.renderers.models import Appearance, Colours
from spatialenv.renderers.options import check_choice, check_supersampling, check_switches, check_whole, plain_look
from spatialenv.renderers.pybullet.drawing import draw
from spatialenv.renderers.pybullet.orders import Drawn, Order, make_orders
from spatialenv.renderers.pybullet.processes import Processes, device_of, drawer_for
from spatialenv.renderers.pybullet.shots import Drawer
from spatialenv.renderers.room import RoomStyle, make_room_style
from spatialenv.workers.process import Worker

Backend = Literal["tiny", "egl", "auto"]
"""``tiny``: TinyRenderer, on the processor; ``egl``: OpenGL; ``auto``: OpenGL where it works, else TinyRenderer."""

MAX_WORKERS = 256
"""Most processes that one may ask for."""

MAX_SETTLE = 60.0
"""Most seconds of physics."""


@dataclass(frozen=True)
class PyBulletRenderer:
    """Draws rooms with PyBullet, in processes of its own; also what becomes of a layout when it is let go.

    Attributes:
        backend: What draws; see `Backend`. Pictures of different backends differ in light and shadows.
        settle: Seconds of physics before the picture is taken, 0 to 60: objects stand where `physics.settle`, the test
            behind the reward `stability`, leaves them after that time.
        shadows: Whether objects cast shadows.
        supersampling: Samples a pixel in each direction, 1 to 4; 2 smooths the edges.
        furniture: Whether objects have the shape of furniture; else all are boxes.
        colours: ``"material"``, as style and material words say, or ``"identity"``, one for each object of a scene.
        room: How the room's surfaces look: what lies on the floor, a mapping, or a style (`make_room_style`).
        assets: Where the meshes of objects with an `asset` come from (`spatialenv.assets.make_library`): a folder, a
            source's name or mapping, a source, or a library, which it becomes; None passes over them.
        workers: Processes that draw at a time; each is started when it is needed.
        time_limit: Seconds that one picture may take, above 0, at most 3600.

    Raises:
        InputError: If an option is not allowed.

    Example:
        >>> from spatialenv import Room, Scene
        >>> empty = Scene(room=Room.rectangle(4, 3, 2.5), objects=()).place({})
        >>> renderer = PyBulletRenderer()
        >>> renderer.render(empty, cameras=["top"], size=(64, 48)).image.shape
        (48, 64, 3)
        >>> renderer.close()
    """

    backend: Backend = "tiny"
    settle: float = 0.0
    shadows: bool = True
    supersampling: int = 2
    furniture: bool = True
    colours: Colours = "material"
    room: str | Mapping[str, Any] | RoomStyle = "auto"
    assets: AssetSpec | None = None
    workers: int = 1
    time_limit: float = 60.0
    _processes: Processes = field(init=False, repr=False, compare=False)

    name: ClassVar[str] = "pybullet"
    version: ClassVar[str] = "pybullet-1"
    is_thread_safe: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_choice(self, "backend", get_args(Backend))
        check_switches(self, ("shadows", "furniture"))
        check_supersampling(self)
        check_choice(self, "colours", get_args(Colours))
        check_whole(self, "workers", 1, MAX_WORKERS)
        if not 0 <= as_number(self.settle) <= MAX_SETTLE:
            raise InputError(
                f"renderer option `settle` is {self.settle!r}; it must be seconds of physics, 0 to {MAX_SETTLE:g}"
            )
        if not 0 < as_number(self.time_limit) <= 3600:
            raise InputError(
                f"renderer option `time_limit` is {self.time_limit!r}; it must be seconds above 0, at most 3600"
            )
        plain_look(self)
        object.__setattr__(self, "_processes", Processes())

    def __reduce__(self) -> tuple[Any, ...]:
        # A copy in another process has processes of its own.
        return type(self), tuple(getattr(self, option.name) for option in fields(self) if option.init)

    def render(
        self,
        placed: PlacedScene,
        cameras: Sequence[CameraSpec] = VIEWS,
        size: tuple[int, int] = (256, 256),
        *,
        channels: Sequence[Channel] = (),
    ) -> Frames:
        """Draw `placed` bare; see `Renderer.render`.

        Channels tell of the middle of each pixel. Depth and normals are exact but for float32 of the corners.

        Raises:
            InputError: If an argument is not allowed.
            MissingExtraError: If PyBullet, or what `backend` needs, is not installed.
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
        """Draw several scenes, on as many processes as there are `workers`; see `Renderer.render_batch`."""
        requests = [check_request(scene, cameras, size, channels) for scene in placed]
        orders = make_orders(
            placed,
            requests,
            Appearance(self.furniture, self.colours),
            make_room_style(self.room),
            None if self.assets is None else make_library(self.assets),
            float(self.settle),
            float(self.time_limit),
            self._processes.simulators(self.workers),
        )
        drawer = drawer_for(self.backend)
        jobs = [self._job(order, camera, drawer) for order in orders for camera in order.request.cameras]
        drawn = iter(self._processes.pool(drawer, self.workers).run(jobs))
        return [order.frames([next(drawn) for _ in order.request.cameras]) for order in orders]

    def _job(self, order: Order, camera: Camera, drawer: Drawer) -> Callable[[Worker], Drawn]:
        return lambda worker: draw(
            worker, order, camera, drawer, self.supersampling, self.shadows, float(self.time_limit)
        )

    def describe_device(self) -> Device:
        """Return what draws, and whether it is the processor.

        Raises:
            MissingExtraError: If PyBullet, or what `backend` needs, is not installed.
            RendererError: If its process fails.
        """
        drawer = drawer_for(self.backend)
        return self._processes.pool(drawer, self.workers).run([device_of])[0]

    @property
    def pids(self) -> tuple[int, ...]:
        """Numbers of the processes that it holds now."""
        return self._processes.pids

    def close(self) -> None:
        """End its processes; drawing again starts others."""
        self._processes.close()
