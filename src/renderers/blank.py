"""A renderer that draws nothing, for those who do not look: models of text alone and agents that read arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from spatialenv.core.placed import PlacedScene
from spatialenv.core.violations import Violation
from spatialenv.errors import InputError
from spatialenv.renderers.base import Frames, check_request
from spatialenv.renderers.camera import VIEWS


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
        >>> BlankRenderer().render(empty, views=["top"], size=(64, 48)).image[0, 0].tolist()
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
        *,
        views: Sequence[str] = VIEWS,
        size: tuple[int, int] = (256, 256),
        labels: bool = True,
        violations: Sequence[Violation] = (),
    ) -> Frames:
        """Return a plain picture for each of `views`; see `Renderer.render`."""
        names, (width, height) = check_request(placed, views, size, violations)
        return Frames({name: np.full((height, width, 3), self.shade, np.uint8) for name in names})
