"""Pictures with what is written over them: any renderer's frames, annotated in one place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from spatialenv.core.placed import PlacedScene
from spatialenv.core.violations import Violation
from spatialenv.errors import InputError
from spatialenv.renderers.base import Channel, Frames, Renderer, check_size, shown_objects
from spatialenv.renderers.camera import VIEWS, CameraSpec


@dataclass(frozen=True, slots=True)
class Annotations:
    """What is written over pictures.

    Attributes:
        labels: Whether to write object ids, axes and a ruler, and walls' names where they have numbers.
        violations: What to mark in red; those of kinds that cannot be seen are left out.

    Raises:
        InputError: If `violations` holds something else.
    """

    labels: bool = True
    violations: tuple[Violation, ...] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.violations, Sequence):
            raise InputError(f"`violations` is {self.violations!r}; it must be a sequence of Violation objects")
        for violation in self.violations:
            if not isinstance(violation, Violation):
                raise InputError(
                    f"`violations` holds a {type(violation).__name__}; "
                    "it must hold Violation objects: use find_violations"
                )
        object.__setattr__(self, "violations", tuple(self.violations))


def draw_annotated(
    renderer: Renderer,
    placed: PlacedScene,
    cameras: Sequence[CameraSpec] = VIEWS,
    size: tuple[int, int] = (256, 256),
    annotations: Annotations | None = None,
    *,
    channels: Sequence[Channel] = (),
) -> Frames:
    """Draw `placed` with a renderer and write over its pictures.

    Args:
        renderer: Any renderer.
        placed: The scene.
        cameras: As `Renderer.render`.
        size: As `Renderer.render`.
        annotations: What to write; None for labels alone.
        channels: What to give beside the pictures, as `Renderer.render`; what annotations need besides is asked for.

    Raises:
        InputError: If an argument is not allowed.
        RendererError: If no picture could be made.
    """
    wanted = Annotations() if annotations is None else annotations
    is_written = wanted.labels and min(check_size(size)) >= 128
    needed = dict.fromkeys((*channels, *(("ids",) if is_written else ())))
    frames = renderer.render(placed, cameras, size, channels=tuple(needed))
    if wanted.violations or is_written:
        from spatialenv.renderers.annotate import annotate
        from spatialenv.renderers.marks import mark_violations
        from spatialenv.renderers.sight import find_sight

        shown = shown_objects(placed)
        for name, picture in frames.views.items():
            camera = frames.cameras[name]
            if wanted.violations:
                mark_violations(picture, camera, placed, shown, wanted.violations)
            if is_written:
                annotate(picture, camera, placed, find_sight(frames.ids[name], len(placed.ids)))
    return frames
