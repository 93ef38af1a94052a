"""Renderers by name: an explicit table, then the entry points of other packages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from spatialenv.core.part import Registry
from spatialenv.errors import InputError
from spatialenv.renderers.base import Renderer, close_renderer, is_renderer

RENDERERS = {
    "blank": "spatialenv.renderers.blank:BlankRenderer",
    "blender": "spatialenv.renderers.blender:BlenderRenderer",
    "fast": "spatialenv.renderers.fast:FastRenderer",
    "pybullet": "spatialenv.renderers.pybullet:PyBulletRenderer",
    "gl": "spatialenv.renderers.gl:GlRenderer",
}
"""Renderers of this package: name -> ``module:class``."""

AUTO = "auto"
"""The name that stands for the best renderer that works here; see `spatialenv.renderers.auto`."""

REGISTRY = Registry("renderer", {**RENDERERS, AUTO: "spatialenv.renderers.auto:auto_renderer"}, "spatialenv.renderers")
"""These, the renderers that other distributions offer, and `AUTO`."""


def renderer_names() -> tuple[str, ...]:
    """Return the names of all renderers there are to choose from, `AUTO` apart, sorted.

    Example:
        >>> "fast" in renderer_names()
        True
    """
    return tuple(name for name in REGISTRY.names() if name != AUTO)


def make_renderer(spec: str | Mapping[str, Any] | Renderer) -> Renderer:
    """Return a renderer.

    Args:
        spec: A name (``"fast"``), a mapping with ``name`` and the renderer's options
            (``{"name": "fast", "shadows": False}``), or a renderer, which is returned as it is. ``"auto"`` gives
            the best that works on this machine (`spatialenv.renderers.auto.auto_renderer`).

    Raises:
        UnknownNameError: If no renderer has that name.
        InputError: If `spec` is of another kind or an option is not allowed.
        MissingExtraError: If the renderer needs something that is not installed, where that can be told before it
            draws.

    Example:
        >>> make_renderer("fast").name
        'fast'
    """
    if isinstance(spec, str):
        name: object = spec
        options: dict[str, Any] = {}
    elif isinstance(spec, Mapping):
        options = dict(spec)
        name = options.pop("name", None)
        if name is None:
            raise InputError(f"the renderer {dict(spec)!r} has no `name`; known: {', '.join(REGISTRY.names())}")
    elif is_renderer(spec):
        return spec
    else:
        raise InputError(f"`renderer` is {spec!r}; it must be a name or a mapping with `name` and options")
    made: Renderer = REGISTRY.make(name, options)
    return made


@contextmanager
def open_renderer(spec: str | Mapping[str, Any] | Renderer) -> Iterator[Renderer]:
    """Make a renderer for a few pictures and close it afterwards; one that is given as it is stays open.

    Args:
        spec: As `make_renderer` takes it.

    Example:
        >>> with open_renderer("blank") as renderer:
        ...     renderer.name
        'blank'
    """
    renderer = make_renderer(spec)
    try:
        yield renderer
    finally:
        if renderer is not spec:
            close_renderer(renderer)
