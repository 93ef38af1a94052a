"""The renderer `gl`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar, get_args

from spatialenv.assets import AssetSpec, make_library
from spatialenv.core.placed import PlacedScene
from spatialenv.errors import MissingExtraError, RendererError
from spatialenv.renderers.base import Channel, Device, Frames, Request, check_request
from spatialenv.renderers.camera import VIEWS, CameraSpec
from spatialenv.renderers.fast.soup import standing_soup
from spatialenv.renderers.fast.stage import make_stage, scene_style
from spatialenv.renderers.fast.threads import available_cores, spread
from spatialenv.renderers.gl.desk import Desk
from spatialenv.renderers.gl.painter import Drawn, Job, Painter, Style
from spatialenv.renderers.gl.tables import make_tables
from spatialenv.renderers.models import Appearance, Colours
from spatialenv.renderers.options import check_choice, check_supersampling, check_switches, check_whole, plain_look
from spatialenv.renderers.room import RoomStyle, make_room_style, room_mesh

SWITCHES = ("shadows", "ambient_occlusion", "edges", "textures", "furniture")
"""Options that are true or false."""

MAX_DEVICES = 64
"""One more than the greatest number of a device that one may ask for."""

MEMORY_MB = (64, 65536)
"""Least and most of the device's memory that pictures in the making may be given."""

SCENES_AT_ONCE = 64
"""Scenes of a batch that are made ready, and held in memory, at once."""

Task = tuple[PlacedScene, Request]


@dataclass(frozen=True, slots=True)
class GlRenderer:
    """Draws what `fast` draws by OpenGL, without a display: for machines with a graphics card.

    Its pictures are those of `fast` but for the rounding of numbers; the same device gives the same bytes again.

    Attributes:
        shadows: Whether objects cast shadows.
        ambient_occlusion: Whether places are darker that other things surround.
        supersampling: Samples a pixel in each direction, 1 to 4; 2 smooths the edges.
        edges: Whether thin lines are drawn where surfaces meet.
        textures: Whether surfaces show their textures; else their plain colours.
        furniture: Whether objects have the shape of furniture; else all are boxes.
        colours: ``"material"``, as style and material words say, or ``"identity"``, one for each object of a scene.
        room: How the room's surfaces look: what lies on the floor, a mapping, or a style (`make_room_style`).
        assets: Where the meshes of objects with an `asset` come from, as for `FastRenderer`.
        device: Which of EGL's devices draws, from 0.
        memory_mb: About how much of the device's memory pictures in the making may take, megabytes; what does not fit
            at once is drawn in turns.

    Example:
        >>> from spatialenv.core.room import Room
        >>> from spatialenv.core.scene import Scene
        >>> empty = Scene(room=Room.rectangle(4, 3, 2.5), objects=()).place({})
        >>> with GlRenderer() as renderer:  # doctest: +SKIP
        ...     renderer.render(empty, cameras=["top"], size=(64, 48)).image.shape
        (48, 64, 3)
    """

    shadows: bool = True
    ambient_occlusion: bool = True
    supersampling: int = 2
    edges: bool = True
    textures: bool = True
    furniture: bool = True
    colours: Colours = "material"
    room: str | Mapping[str, Any] | RoomStyle = "auto"
    assets: AssetSpec | None = None
    device: int = 0
    memory_mb: int = 256
    _desk: Desk = field(init=False, repr=False, compare=False)

    name: ClassVar[str] = "gl"
    version: ClassVar[str] = "gl-1"
    is_thread_safe: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_switches(self, SWITCHES)
        check_supersampling(self)
        check_choice(self, "colours", get_args(Colours))
        check_whole(self, "device", 0, MAX_DEVICES - 1)
        check_whole(self, "memory_mb", *MEMORY_MB)
        plain_look(self)
        object.__setattr__(self, "_desk", Desk(self.device, self.memory_mb))

    def __enter__(self) -> GlRenderer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Free the device; a renderer that is used again takes it again."""
        self._desk.close()

    def describe_device(self) -> Device:
        """Return what draws, and whether it is the processor (`Device.is_software`).

        Raises:
            MissingExtraError: If moderngl or a library of the system is missing.
            RendererError: If there is no such device, or no context on it.
        """
        return self._desk.submit(lambda painter: painter.device).result()

    def render(
        self,
        placed: PlacedScene,
        cameras: Sequence[CameraSpec] = VIEWS,
        size: tuple[int, int] = (256, 256),
        *,
        channels: Sequence[Channel] = (),
    ) -> Frames:
        """Draw `placed` bare; see `Renderer.render`.

        Channels tell of the sample in the middle of each pixel, or, where `supersampling` is even, of the one just
        right of and below it. Glass counts as solid there; what shows faintly through walls does not count.

        Raises:
            MissingExtraError: If moderngl or a library of the system is missing.
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
        """Draw several scenes, many side by side at once; see `Renderer.render_batch`."""
        tasks = [(scene, check_request(scene, cameras, size, channels)) for scene in placed]
        style = Style(self.supersampling, self.shadows, self.edges, bool(channels))
        frames: list[Frames] = []
        waiting: tuple[Sequence[Task], list[Job], Future[list[list[Drawn]]]] | None = None
        try:
            # While some are drawn, the next are made ready.
            for start in range(0, len(tasks), SCENES_AT_ONCE):
                part = tasks[start : start + SCENES_AT_ONCE]
                jobs = spread(self._job, part, available_cores())
                drawn = self._desk.submit(partial(Painter.draw, jobs=jobs, style=style))
                if waiting is not None:
                    frames += _collect(*waiting)
                waiting = (part, jobs, drawn)
            if waiting is not None:
                frames += _collect(*waiting)
        except (MissingExtraError, RendererError):
            raise
        except Exception as error:
            # Whatever state the device is in now: the next picture starts afresh.
            self._desk.close()
            raise _failure(tasks[0][0], error) from error
        return frames

    def _job(self, task: Task) -> Job:
        try:
            return self._prepare(*task)
        except RendererError:
            raise
        except Exception as error:
            raise _failure(task[0], error) from error

    def _prepare(self, placed: PlacedScene, request: Request) -> Job:
        stage = make_stage(
            placed,
            Appearance(self.furniture, self.colours),
            max(request.size),
            shadows=False,  # the device draws them
            occlusion=self.ambient_occlusion,
            assets=None if self.assets is None else make_library(self.assets),
        )
        style = scene_style(placed.scene, make_room_style(self.room))
        rooms = [standing_soup(room_mesh(placed.room, camera, style)) for camera in request.cameras]
        return Job(stage, make_tables(stage, rooms, textures=self.textures), request.cameras)


def _collect(tasks: Sequence[Task], jobs: Sequence[Job], drawn: Future[list[list[Drawn]]]) -> list[Frames]:
    return [_frames(task[1], job, pictures) for task, job, pictures in zip(tasks, jobs, drawn.result(), strict=True)]


def _frames(request: Request, job: Job, drawn: Sequence[Drawn]) -> Frames:
    by_name = {camera.name: one for camera, one in zip(request.cameras, drawn, strict=True)}
    found = {
        channel: {name: value for name, one in by_name.items() if (value := getattr(one, channel)) is not None}
        for channel in request.channels
    }
    return Frames(
        {name: one.picture for name, one in by_name.items()},
        {camera.name: camera for camera in request.cameras},
        found.get("depth", {}),
        found.get("ids", {}),
        found.get("normals", {}),
        job.stage.fallbacks,
    )


def _failure(placed: PlacedScene, error: Exception) -> RendererError:
    return RendererError(f"the renderer 'gl' could not draw {placed!r}: {type(error).__name__}: {error}")
