"""A renderer that draws nothing, for those who do not look: models of text alone and agents that read arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from spatialenv.core.placed import PlacedScene
from spatialenv.errors import InputError
from spatialenv.renderers.base import NOTHING, Channel, Frames, check_request
from spatialenv.renderers.camera import VIEWS, CameraSpec


@dataclass(frozen=True, slots=True)
class BlankRenderer:
    """Gives plain pictures of one grey, whatever stands in the room.

    Drawing is most of a step's time; without it an env plays several times as many. Rewards that look at
    pictures mean nothing here.

    Attributes:
        shade: The grey, 0 (black) to 255 (white).

    Example:
        >>> from spatialenv.core.room import Room
        >>> from spatialenv.core.scene import Scene
        >>> empty = Scene(room=Room.rectangle(4, 3, 2.5), objects=()).place({})
        >>> BlankRenderer().render(empty, cameras=["top"], size=(64, 48)).image[0, 0].tolist()
        [128, 128, 128]
    """

    shade: int = 128

    name: ClassVar[str] = "blank"
    version: ClassVar[str] = "blank-1"
    is_thread_safe: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if type(self.shade) is not int or not 0 <= self.shade <= 255:
            raise InputError(f"renderer option `shade` is {self.shade!r}; it must be a whole number from 0 to 255")

    def render(
        self,
        placed: PlacedScene,
        cameras: Sequence[CameraSpec] = VIEWS,
        size: tuple[int, int] = (256, 256),
        *,
        channels: Sequence[Channel] = (),
    ) -> Frames:
        """Return a plain picture for each of `cameras`, in which nothing is seen; see `Renderer.render`."""
        request = check_request(placed, cameras, size, channels)
        shape = request.size[::-1]
        names = [camera.name for camera in request.cameras]
        asked = request.channels
        return Frames(
            views={name: np.full((*shape, 3), self.shade, np.uint8) for name in names},
            cameras={camera.name: camera for camera in request.cameras},
            depth={name: np.full(shape, np.inf, np.float32) for name in names if "depth" in asked},
            ids={name: np.full(shape, NOTHING, np.int32) for name in names if "ids" in asked},
            normals={name: np.zeros((*shape, 3), np.float32) for name in names if "normals" in asked},
        )

    def render_batch(
        self,
        placed: Sequence[PlacedScene],
        cameras: Sequence[CameraSpec] = VIEWS,
        size: tuple[int, int] = (256, 256),
        *,
        channels: Sequence[Channel] = (),
    ) -> list[Frames]:
        """Return what `render` returns for each of `placed`."""
        return [self.render(scene, cameras, size, channels=channels) for scene in placed]

    def close(self) -> None:
        """Do nothing: it holds nothing."""
