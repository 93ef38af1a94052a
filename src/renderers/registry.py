"""Renderers by name: an explicit table, then the entry points of other packages."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from spatialenv.errors import InputError, nearest, unknown_name
from spatialenv.renderers.base import Renderer

RENDERERS = {"fast": "spatialenv.renderers.fast:FastRenderer"}
"""Renderers of this package: name -> ``module:class``."""

ENTRY_POINT_GROUP = "spatialenv.renderers"
"""Entry points under which another package offers a renderer."""


def renderer_names() -> tuple[str, ...]:
    """Return the names that `make_renderer` knows, sorted."""
    return tuple(sorted({*RENDERERS, *_offered()}))


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
            raise InputError(f"the renderer {dict(spec)!r} has no `name`; known: {', '.join(renderer_names())}")
    elif isinstance(spec, Renderer):
        return spec
    else:
        raise InputError(f"`renderer` is {spec!r}; it must be a name or a mapping with `name` and options")
    # Asking for the entry points of all installed packages takes milliseconds.
    if not isinstance(name, str) or (name not in RENDERERS and name not in renderer_names()):
        raise unknown_name("renderer", name, renderer_names())
    maker = _load(name)
    _check_options(name, maker, options)
    return maker(**options)


def _load(name: str) -> Callable[..., Renderer]:
    if name in RENDERERS:
        module, _, attribute = RENDERERS[name].partition(":")
        maker: Callable[..., Renderer] = getattr(import_module(module), attribute)
        return maker
    loaded: Callable[..., Renderer] = _offered()[name].load()
    return loaded


def _offered() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=ENTRY_POINT_GROUP)}


def _check_options(name: str, maker: Callable[..., Renderer], options: Mapping[str, Any]) -> None:
    if not dataclasses.is_dataclass(maker):
        return
    allowed = [field.name for field in dataclasses.fields(maker) if field.init]
    for option in options:
        if option not in allowed:
            raise InputError(
                f"the renderer {name!r} has no option {option!r};{nearest(str(option), allowed)} "
                f"Known: {', '.join(allowed)}"
            )
