"""What every renderer offers, and the checks of its arguments that all renderers share."""

from __future__ import annotations

import operator
import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Protocol, get_args, runtime_checkable

import numpy as np
import numpy.typing as npt

from spatialenv.core.placed import IntArray, PlacedScene
from spatialenv.errors import InputError, unknown_name
from spatialenv.renderers.camera import VIEWS, Camera, CameraSpec, check_cameras, make_camera

Picture = npt.NDArray[np.uint8]
"""A picture: shape ``(H, W, 3)``, red, green, blue, uint8; row 0 at the top."""

Channel = Literal["depth", "ids", "normals"]
"""What a renderer gives on request, beside the picture; see `Frames`."""

CHANNELS: tuple[Channel, ...] = get_args(Channel)

NOTHING, ROOM = -1, -2
"""What `Frames.ids` holds where a pixel shows no object: nothing at all, or the room."""

MIN_SIDE = 16
"""Least width and height of a view in pixels."""

MAX_SIDE = 2048
"""Greatest width and height of a view in pixels."""


@dataclass(frozen=True, slots=True, eq=False)
class Frames:
    """The pictures of one placed scene; every mapping goes by camera name, in the order asked for.

    Attributes:
        views: Pictures, each ``(H, W, 3)`` uint8.
        cameras: The cameras that took them.
        depth: Metres from the camera along its direction of view, ``(H, W)`` float32; inf where nothing is.
            Only where asked for, as the two that follow.
        ids: Index of the placed object that is seen (into ``placed.ids``), `ROOM` or `NOTHING`, ``(H, W)`` int32.
            Glass counts as what it belongs to.
        normals: Outward unit normals in the world's frame, ``(H, W, 3)`` float32; 0 where nothing is.
        fallbacks: Ids of objects whose asset could not be used, and why: they are drawn as their boxes.
    """

    views: Mapping[str, Picture]
    cameras: Mapping[str, Camera] = field(default_factory=dict)
    depth: Mapping[str, npt.NDArray[np.float32]] = field(default_factory=dict)
    ids: Mapping[str, npt.NDArray[np.int32]] = field(default_factory=dict)
    normals: Mapping[str, npt.NDArray[np.float32]] = field(default_factory=dict)
    fallbacks: Mapping[str, str] = field(default_factory=dict)

    @property
    def image(self) -> Picture:
        """All views side by side, ``(H, W * len(views), 3)`` uint8; a fresh array."""
        return np.concatenate(list(self.views.values()), axis=1)


class Device(NamedTuple):
    """What a renderer draws by: what its method `describe_device` returns, if it has one.

    Attributes:
        name: As its driver or program calls it: ``"llvmpipe (LLVM 15.0.6, 256 bits)"``.
        version: Of OpenGL, with the driver's, or of the program: ``"4.5 (Core Profile) Mesa 22.3.6"``.
        is_software: Whether the processor does the work.
    """

    name: str
    version: str
    is_software: bool


def is_software(name: str) -> bool:
    """Return whether a device of OpenGL of that name is the processor.

    Example:
        >>> is_software("llvmpipe (LLVM 15.0.6, 256 bits)"), is_software("NVIDIA H200/PCIe")
        (True, False)
    """
    return _SOFTWARE.search(name) is not None


_SOFTWARE = re.compile(r"llvmpipe|softpipe|swrast|software|swiftshader", re.IGNORECASE)


def merge_frames(frames: Sequence[Frames]) -> Frames:
    """Return frames of one scene from different cameras, at least one, as one."""
    merged: dict[str, dict[str, Any]] = {name: {} for name in ("views", "cameras", "depth", "ids", "normals")}
    for one in frames:
        for name, found in merged.items():
            found.update(getattr(one, name))
    return Frames(**merged, fallbacks=frames[0].fallbacks)


@runtime_checkable
class Renderer(Protocol):
    """Draws placed scenes, bare: what is written over pictures is drawn over any renderer's (`draw_annotated`).

    One with an attribute ``is_thread_safe`` that is True may be called by several threads at once; others are not. A
    class that derives from this one needs `name`, `version` and `render`.

    Attributes:
        name: Its key in the registry.
        version: Changes when its pictures do.
    """

    @property
    def name(self) -> str:
        """Key in the registry."""
        ...

    @property
    def version(self) -> str:
        """Changes when its pictures do: ``"fast-2"``."""
        ...

    def render(
        self,
        placed: PlacedScene,
        cameras: Sequence[CameraSpec] = VIEWS,
        size: tuple[int, int] = (256, 256),
        *,
        channels: Sequence[Channel] = (),
    ) -> Frames:
        """Draw `placed` from each of `cameras`.

        Args:
            placed: The scene; objects that its layout leaves out are not drawn.
            cameras: Names of cameras (`NAMED_CAMERAS`) or free ones; see `make_camera`.
            size: ``(width, height)`` in pixels of *each* view, 16 to 2048.
            channels: What to give beside the pictures, of `CHANNELS`.

        Returns:
            Fresh arrays.

        Raises:
            InputError: If an argument is not allowed.
            RendererError: If no picture could be made.
        """
        ...

    def render_batch(
        self,
        placed: Sequence[PlacedScene],
        cameras: Sequence[CameraSpec] = VIEWS,
        size: tuple[int, int] = (256, 256),
        *,
        channels: Sequence[Channel] = (),
    ) -> list[Frames]:
        """Draw several scenes as `render` draws each; equal to the last bit.

        Unless a renderer knows better it draws one after the other.

        Raises:
            InputError: As `render`.
            RendererError: As `render`.
        """
        return [self.render(scene, cameras, size, channels=channels) for scene in placed]

    def close(self) -> None:
        """End the processes and free the graphics contexts that it holds; unless a renderer holds any, do nothing.

        It may be called more than once, and the renderer used again: it starts anew.
        """


def is_renderer(value: object) -> bool:
    """Return whether `value` offers what renderers must: `Renderer` but for `close`.

    Example:
        >>> from spatialenv.renderers.blank import BlankRenderer
        >>> is_renderer(BlankRenderer()), is_renderer("blank")
        (True, False)
    """
    return all(hasattr(value, name) for name in ("name", "version", "render", "render_batch"))


def close_renderer(renderer: Renderer) -> None:
    """Close a renderer of whatever origin: one without `close` holds nothing, one that fails to close is warned of.

    What was drawn and scored by then is not lost by it.
    """
    close = getattr(renderer, "close", None)
    if close is None:
        return
    try:
        close()
    except Exception as error:  # renderers come from other packages
        message = f"the renderer {renderer.name!r} could not be closed: {type(error).__name__}: {error}"
        warnings.warn(message, RuntimeWarning, stacklevel=2)


@dataclass(frozen=True, slots=True)
class Request:
    """What a renderer is asked for, checked.

    Attributes:
        cameras: The cameras, each with its name, made for the scene's room.
        size: ``(width, height)`` of each view.
        channels: What to give beside the pictures.
    """

    cameras: tuple[Camera, ...]
    size: tuple[int, int]
    channels: frozenset[Channel]


def check_request(
    placed: PlacedScene, cameras: Sequence[CameraSpec], size: tuple[int, int], channels: Sequence[Channel] = ()
) -> Request:
    """Return what is asked for in plain form, or raise InputError.

    Any renderer calls this first, so that all of them refuse the same things in the same words.
    """
    if not isinstance(placed, PlacedScene):
        raise InputError(f"`placed` is a {type(placed).__name__}; it must be a PlacedScene: use scene.place(layout)")
    specs = check_cameras(cameras)
    plain = check_size(size)
    if isinstance(channels, str) or not isinstance(channels, Sequence):
        raise InputError(f"`channels` is {channels!r}; it must be a sequence of names: {', '.join(CHANNELS)}")
    for name in channels:
        if name not in CHANNELS:
            raise unknown_name("channel", name, CHANNELS)
    return Request(tuple(make_camera(spec, placed.room, plain) for spec in specs), plain, frozenset(channels))


def shown_objects(placed: PlacedScene) -> IntArray:
    """Return the indices, among the placed objects, of those near enough to the room to be drawn by any renderer.

    An object is drawn when its centre is at most half the room's greatest extent and one metre
    away from the room, so that a stray object never stands between the camera and the room.
    """
    room = placed.room
    extent = np.array([room.length, room.width, room.height])
    reach = 1.0 + 0.5 * float(extent.max())
    near = np.all((placed.centers >= -reach) & (placed.centers <= extent + reach), axis=1)
    return np.flatnonzero(near)


def check_size(size: Sequence[int]) -> tuple[int, int]:
    """Return `size` as two plain ints from `MIN_SIDE` to `MAX_SIDE`, or raise InputError."""
    try:
        width, height = (operator.index(side) for side in size)
    except (TypeError, ValueError):
        width = height = -1
    if not (MIN_SIDE <= width <= MAX_SIDE and MIN_SIDE <= height <= MAX_SIDE):
        raise InputError(
            f"`size` is {size!r}; it must be (width, height) of each view, whole pixels from {MIN_SIDE} to {MAX_SIDE}"
        )
    return width, height
