"""The renderer `fast`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, NamedTuple, get_args

from spatialenv.assets import AssetSpec, make_library
from spatialenv.core.placed import PlacedScene
from spatialenv.errors import RendererError
from spatialenv.renderers.base import Channel, Frames, Picture, Request, check_request, merge_frames
from spatialenv.renderers.camera import VIEWS, Camera, CameraSpec
from spatialenv.renderers.fast.picture import Channels, draw_channels, draw_samples, line_width, shade_samples
from spatialenv.renderers.fast.soup import find_texels, join_soups, standing_soup
from spatialenv.renderers.fast.stage import Stage, make_stage, scene_style
from spatialenv.renderers.fast.threads import available_cores, spread
from spatialenv.renderers.models import Appearance, Colours
from spatialenv.renderers.options import check_choice, check_supersampling, check_switches, check_whole, plain_look
from spatialenv.renderers.room import RoomStyle, make_room_style, room_mesh

SWITCHES = ("shadows", "ambient_occlusion", "edges", "textures", "furniture")
"""Options that are true or false."""

MAX_THREADS = 256
"""Most threads that one may ask for."""


class Task(NamedTuple):
    """Pictures that are to be drawn: a scene, what is asked for, and its stage where that is made already."""

    placed: PlacedScene
    request: Request
    stage: Stage | None = None


@dataclass(frozen=True, slots=True)
class FastRenderer:
    """Draws rooms on the processor, in milliseconds: same input, same bytes, whatever the number of threads.

    Attributes:
        shadows: Whether objects cast shadows.
        ambient_occlusion: Whether places are darker that other things surround.
        supersampling: Samples a pixel in each direction, 1 to 4; 2 smooths the edges.
        edges: Whether thin lines are drawn where surfaces meet.
        textures: Whether surfaces show their textures; else their plain colours.
        furniture: Whether objects have the shape of furniture; else all are boxes.
        colours: ``"material"``, as style and material words say, or ``"identity"``, one for each object of a scene.
        room: How the room's surfaces look: what lies on the floor, a mapping, or a style (`make_room_style`).
        assets: Where the meshes of objects with an `asset` come from (`spatialenv.assets.make_library`): a folder, a
            source's name or mapping, a source, or a library, which it becomes; None passes over them.
        threads: Among how many threads `render_batch` divides its pictures; None for as many as there are cores.

    Example:
        >>> from spatialenv.core.room import Room
        >>> from spatialenv.core.scene import Scene
        >>> empty = Scene(room=Room.rectangle(4, 3, 2.5), objects=()).place({})
        >>> FastRenderer().render(empty, cameras=["top"], size=(64, 48)).image.shape
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
    threads: int | None = None
    assets: AssetSpec | None = None

    name: ClassVar[str] = "fast"
    version: ClassVar[str] = "fast-3"
    is_thread_safe: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_switches(self, SWITCHES)
        check_supersampling(self)
        check_choice(self, "colours", get_args(Colours))
        check_whole(self, "threads", 1, MAX_THREADS, "or None for as many as there are cores")
        plain_look(self)

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
        """
        return self._draw(Task(placed, check_request(placed, cameras, size, channels)))

    def render_batch(
        self,
        placed: Sequence[PlacedScene],
        cameras: Sequence[CameraSpec] = VIEWS,
        size: tuple[int, int] = (256, 256),
        *,
        channels: Sequence[Channel] = (),
    ) -> list[Frames]:
        """Draw several scenes, on several threads; see `Renderer.render_batch`."""
        tasks = [Task(scene, check_request(scene, cameras, size, channels)) for scene in placed]
        threads = self.threads or available_cores()
        if len(tasks) >= threads:
            return spread(self._draw, tasks, threads)
        # Too few scenes to keep all threads busy: each picture is a task of its own.
        staged = [
            task._replace(stage=stage) for task, stage in zip(tasks, spread(self._stage, tasks, threads), strict=True)
        ]
        single = [
            task._replace(request=replace(task.request, cameras=(camera,)))
            for task in staged
            for camera in task.request.cameras
        ]
        drawn = iter(spread(self._draw, single, threads))
        return [merge_frames([next(drawn) for _ in task.request.cameras]) for task in tasks]

    def close(self) -> None:
        """Do nothing: it holds nothing."""

    def _stage(self, task: Task) -> Stage:
        appearance = Appearance(self.furniture, self.colours)
        try:
            return make_stage(
                task.placed,
                appearance,
                max(task.request.size),
                shadows=self.shadows,
                occlusion=self.ambient_occlusion,
                assets=None if self.assets is None else make_library(self.assets),
            )
        except Exception as error:
            raise _failure(task.placed, error) from error

    def _draw(self, task: Task) -> Frames:
        stage = task.stage or self._stage(task)
        request = task.request
        try:
            drawn = {camera.name: self._picture(task.placed, stage, camera, request) for camera in request.cameras}
        except Exception as error:
            raise _failure(task.placed, error) from error
        found = {name: given for name, (_, given) in drawn.items() if given is not None}
        return Frames(
            {name: picture for name, (picture, _) in drawn.items()},
            {camera.name: camera for camera in request.cameras},
            {name: given.depth for name, given in found.items() if "depth" in request.channels},
            {name: given.ids for name, given in found.items() if "ids" in request.channels},
            {name: given.normals for name, given in found.items() if "normals" in request.channels},
            stage.fallbacks,
        )

    def _picture(
        self, placed: PlacedScene, stage: Stage, camera: Camera, request: Request
    ) -> tuple[Picture, Channels | None]:
        style = scene_style(placed.scene, make_room_style(self.room))
        soup = join_soups(stage.objects, standing_soup(room_mesh(placed.room, camera, style)))
        if not self.textures:
            soup = soup._replace(textures=[])
        texels = find_texels(soup)
        scale = self.supersampling
        samples = draw_samples(soup, stage, camera, scale)
        line = line_width(request.size, scale) if self.edges else 0
        picture = shade_samples(soup, texels, stage, camera, samples, scale, line=line)
        if not request.channels:
            return picture, None
        return picture, draw_channels(soup, stage, camera, samples, scale, request.channels)


def _failure(placed: PlacedScene, error: Exception) -> RendererError:
    return RendererError(f"the renderer 'fast' could not draw {placed!r}: {type(error).__name__}: {error}")
