"""Keeping what is worked out from a scene alone, which many layouts of that scene share."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import TypeVar

from spatialenv.core.scene import Scene

Result = TypeVar("Result")

_KEPT = 1024

_FORGET: list[Callable[[], None]] = []
"""What empties each function's results."""


class _Identity:
    """A scene as a key: hashing its contents would cost more than is saved."""

    __slots__ = ("scene",)

    def __init__(self, scene: Scene) -> None:
        self.scene = scene

    def __hash__(self) -> int:
        return id(self.scene)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Identity) and self.scene is other.scene


def per_scene(compute: Callable[[Scene], Result]) -> Callable[[Scene], Result]:
    """Return `compute`, which keeps its results for the scenes (the very objects) used latest.

    The result is shared: it must not be changed.
    """

    @lru_cache(maxsize=_KEPT)
    def kept(key: _Identity) -> Result:
        return compute(key.scene)

    _FORGET.append(kept.cache_clear)

    @wraps(compute)
    def call(scene: Scene) -> Result:
        return kept(_Identity(scene))

    return call


def forget_scenes() -> None:
    """Drop all that is kept of scenes, and so the scenes: for processes that will not see them again.

    Example:
        >>> forget_scenes()
    """
    for forget in _FORGET:
        forget()
