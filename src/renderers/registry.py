"""Renderers by name: an explicit table, then the entry points of other packages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from spatialenv.core.part import Registry
from spatialenv.errors import InputError
from spatialenv.renderers.base import Renderer

RENDERERS = {
    "blank": "spatialenv.renderers.blank:BlankRenderer",
    "fast": "spatialenv.renderers.fast:FastRenderer",
}
"""Renderers of this package: name -> ``module:class``."""

REGISTRY = Registry("renderer", RENDERERS, "spatialenv.renderers")
"""These, and the renderers that other distributions offer."""


def make_renderer(spec: str | Mapping[str, Any] | Renderer) -> Renderer:
    """Return a renderer.

    Args:
        spec: A name (``"fast"``), a mapping with ``name`` and the renderer's options
            (``{"name": "fast", "shadows": False}``), or a renderer, which is returned as it is.

    Raises:
        UnknownNameError: If no renderer has that name.
        InputError: If `spec` is of another kind or an option is not allowed.

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
    elif isinstance(spec, Renderer):
        return spec
    else:
        raise InputError(f"`renderer` is {spec!r}; it must be a name or a mapping with `name` and options")
    made: Renderer = REGISTRY.make(name, options)
    return made
