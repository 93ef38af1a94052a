"""Pictures with what is written over them: any renderer's frames, annotated in one place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from spatialenv.core.placed import PlacedScene
from spatialenv.core.violations import Violation
from spatialenv.errors import InputError, RendererError, unknown_name
from spatialenv.renderers.base import Channel, Frames, Renderer, check_size, shown_objects
from spatialenv.renderers.camera import VIEWS, CameraSpec

SWITCHES = ("labels", "axes", "fronts", "relations")
"""Annotations that are on or off."""


@dataclass(frozen=True, slots=True)
class Annotations:
    """What is written over pictures.

    Pictures with a side below 128 pixels carry no labels, axes or fronts: they could not be read.

    Attributes:
        labels: Whether to write object ids, with lines to what they name; brackets mark those that are hidden.
        violations: What to mark in red; those of kinds that cannot be seen are left out.
        axes: Whether to write a ruler with x and y along two sides of the floor, and walls' names where they have
            numbers; None: as `labels`.
        fronts: Whether to mark with an arrow which way each object looks; None: as `labels`, but not where a
            renderer draws boxes, which have marks of their own (its attribute `furniture` is False).
        relations: Whether to draw an arrow for each relation, teal when met, red when not.
        previous: The scene as it was: objects that have moved since have an arrow from there, and their old foot
            is outlined.

    Raises:
        InputError: If an argument is of another kind.

    Example:
        >>> Annotations.of({"labels": False, "relations": True}).relations
        True
    """

    labels: bool = True
    violations: tuple[Violation, ...] = ()
    axes: bool | None = None
    fronts: bool | None = None
    relations: bool = False
    previous: PlacedScene | None = None

    def __post_init__(self) -> None:
        for name in SWITCHES:
            value = getattr(self, name)
            if not (isinstance(value, bool) or (value is None and name in ("axes", "fronts"))):
                raise InputError(f"annotation `{name}` is {value!r}; it must be true or false")
        if self.previous is not None and not isinstance(self.previous, PlacedScene):
            raise InputError(f"`previous` is a {type(self.previous).__name__}; it must be a PlacedScene or None")
        if isinstance(self.violations, str) or not isinstance(self.violations, Sequence):
            raise InputError(f"`violations` is {self.violations!r}; it must be a sequence of Violation objects")
        for violation in self.violations:
            if not isinstance(violation, Violation):
                raise InputError(
                    f"`violations` holds a {type(violation).__name__}; "
                    "it must hold Violation objects: use find_violations"
                )
        object.__setattr__(self, "violations", tuple(self.violations))

    @classmethod
    def of(cls, switches: Mapping[str, Any]) -> Annotations:
        """Return annotations from a plain mapping of on and off by name (`SWITCHES`), as settings hold it.

        Raises:
            UnknownNameError: If a name is none of `SWITCHES`.
            InputError: If a value is neither true nor false.
        """
        for name in switches:
            if name not in SWITCHES:
                raise unknown_name("annotation", name, SWITCHES)
        return cls(**switches)

    def to_dict(self) -> dict[str, Any]:
        """Return the plain mapping that `of` reads: what is drawn besides, of one scene alone, is not in it."""
        return {name: getattr(self, name) for name in SWITCHES if getattr(self, name) is not None}


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
        RendererError: If no picture could be made, or the renderer does not give a channel that annotations need.
    """
    wanted = Annotations() if annotations is None else annotations
    can_read = min(check_size(size)) >= 128
    parts = _Parts(
        labels=wanted.labels and can_read,
        axes=can_read and (wanted.labels if wanted.axes is None else wanted.axes),
        fronts=can_read and _has_fronts(wanted, renderer),
    )
    needed: tuple[Channel, ...] = ("ids",) if parts.labels else ()
    if parts.axes or parts.fronts or wanted.violations or wanted.relations or wanted.previous is not None:
        needed += ("depth",)
    frames = renderer.render(placed, cameras, size, channels=tuple(dict.fromkeys((*channels, *needed))))
    _check_channels(renderer, frames, channels, "is asked for")
    _check_channels(renderer, frames, needed, "annotations need")
    if needed:
        for name in frames.views:
            _write(frames, name, placed, wanted, parts)
    return frames


@dataclass(frozen=True, slots=True)
class _Parts:
    """What is written in pictures that are large enough."""

    labels: bool
    axes: bool
    fronts: bool


def _has_fronts(wanted: Annotations, renderer: Renderer) -> bool:
    if wanted.fronts is None:
        return wanted.labels and getattr(renderer, "furniture", True) is not False
    return wanted.fronts


def _check_channels(renderer: Renderer, frames: Frames, needed: Sequence[Channel], why: str) -> None:
    for channel in needed:
        if not set(getattr(frames, channel)) >= set(frames.views):
            raise RendererError(
                f"the renderer {renderer.name!r} gives no `{channel}`, which {why}; "
                "draw without labels, axes, marks and channels, or use the renderer 'fast'"
            )


def _write(frames: Frames, name: str, placed: PlacedScene, wanted: Annotations, parts: _Parts) -> None:
    """Write over one picture: lines first, then what must stay readable."""
    import numpy as np

    from spatialenv.renderers.annotate import label_font, write_axes, write_labels
    from spatialenv.renderers.arrows import draw_paths, draw_relations, write_prepositions
    from spatialenv.renderers.fronts import draw_fronts, front_points
    from spatialenv.renderers.marks import mark_violations
    from spatialenv.renderers.sight import find_sight
    from spatialenv.renderers.strokes import NO_DEPTH

    picture, camera = frames.views[name], frames.cameras[name]
    depth = frames.depth.get(name, NO_DEPTH)
    # The colours of objects are those before anything is written over them.
    sight = find_sight(frames.ids[name], len(placed.ids), picture) if parts.labels else None
    fronts = draw_fronts(picture, camera, placed, depth) if parts.fronts else camera.project(front_points(placed))
    if wanted.previous is not None:
        draw_paths(picture, camera, placed, wanted.previous, depth)
    if wanted.violations:
        mark_violations(picture, camera, placed, shown_objects(placed), wanted.violations, depth)
    arrows = draw_relations(picture, camera, placed, depth) if wanted.relations else []
    taken = write_axes(picture, camera, placed.room, depth) if parts.axes else []
    if sight is not None:
        labels = write_labels(picture, camera, placed, sight, taken, np.asarray(fronts))
        taken += [label.rectangle for label in labels]
    if arrows and min(camera.size) >= 128:
        write_prepositions(picture, arrows, label_font(camera, len(placed.ids)), taken)
