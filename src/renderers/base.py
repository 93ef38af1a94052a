"""What every renderer offers, and the checks of its arguments that all renderers share."""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from spatialenv.core.placed import PlacedScene
from spatialenv.core.violations import Violation
from spatialenv.errors import InputError, unknown_name
from spatialenv.renderers.camera import VIEWS

Picture = npt.NDArray[np.uint8]
"""A picture: shape ``(H, W, 3)``, red, green, blue, uint8; row 0 at the top."""

MIN_SIDE = 16
"""Least width and height of a view in pixels."""

MAX_SIDE = 2048
"""Greatest width and height of a view in pixels."""


@dataclass(frozen=True, slots=True, eq=False)
class Frames:
    """The pictures of one placed scene.

    Attributes:
        views: Picture of each view by name, each ``(H, W, 3)`` uint8, in the order asked for.
    """

    views: Mapping[str, Picture]

    @property
    def image(self) -> Picture:
        """All views side by side, ``(H, W * len(views), 3)`` uint8; a fresh array."""
        return np.concatenate(list(self.views.values()), axis=1)


@runtime_checkable
class Renderer(Protocol):
    """Draws placed scenes.

    One with an attribute ``is_thread_safe`` that is True may be called by several threads at once; others are not.

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
        *,
        views: Sequence[str] = VIEWS,
        size: tuple[int, int] = (256, 256),
        labels: bool = True,
        violations: Sequence[Violation] = (),
    ) -> Frames:
        """Draw `placed` from each of `views`.

        Args:
            placed: The scene; objects that its layout leaves out are not drawn.
            views: Names of cameras, a subset of ``("corner", "top")``.
            size: ``(width, height)`` in pixels of *each* view, 16 to 2048.
            labels: Whether to write object ids, axes and a ruler, and walls' names where they have numbers.
            violations: What to mark in red; those of kinds that cannot be seen are left out.

        Returns:
            Fresh arrays.

        Raises:
            InputError: If an argument is not allowed.
            RendererError: If no picture could be made.
        """
        ...


def check_request(
    placed: PlacedScene, views: Sequence[str], size: tuple[int, int], violations: Sequence[Violation]
) -> tuple[tuple[str, ...], tuple[int, int]]:
    """Return `views` and `size` in plain form, or raise InputError.

    Any renderer calls this first, so that all of them refuse the same things in the same words.
    """
    if not isinstance(placed, PlacedScene):
        raise InputError(f"`placed` is a {type(placed).__name__}; it must be a PlacedScene: use scene.place(layout)")
    names = check_views(views)
    if not isinstance(violations, Sequence):
        raise InputError(f"`violations` is {violations!r}; it must be a sequence of Violation objects")
    for violation in violations:
        if not isinstance(violation, Violation):
            raise InputError(
                f"`violations` holds a {type(violation).__name__}; it must hold Violation objects: use find_violations"
            )
    return names, check_size(size)


def check_views(views: Sequence[str]) -> tuple[str, ...]:
    """Return `views` as a tuple of names, one name alone included, or raise InputError."""
    if not isinstance(views, Sequence):
        raise InputError(f"`views` is {views!r}; it must be a sequence of names: {', '.join(VIEWS)}")
    names = (views,) if isinstance(views, str) else tuple(views)
    for name in names:
        if name not in VIEWS:
            raise unknown_name("view", name, VIEWS)
    if not names or len(set(names)) != len(names):
        raise InputError(f"`views` is {names!r}; name each of the wanted views once: {', '.join(VIEWS)}")
    return names


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
