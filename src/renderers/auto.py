"""The renderer `auto`: the first of several that works on this machine."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from spatialenv.errors import InputError, MissingExtraError, RendererError
from spatialenv.renderers.base import Renderer, close_renderer
from spatialenv.renderers.probe import Probe, is_installed, probe_renderer
from spatialenv.renderers.registry import AUTO, REGISTRY

ORDER = ("gl", "fast")
"""What `auto` tries, the best first."""

SAFE = ("blank", "fast")
"""What needs nothing but the package itself, and so is taken untried."""

DEVICES = ("dri/render*", "nvidia[0-9]*", "dxg")
"""Files under /dev, one of which is there where a graphics card is."""

_tried: dict[str, Probe] = {}
_trying = threading.Lock()


def auto_renderer(order: Sequence[str] = ORDER, **options: Any) -> Renderer:
    """Return the first renderer of `order` that works here: by default `gl` where a graphics card draws, else `fast`.

    What comes back is that renderer itself, and its name and version are what records hold. Each is tried once in
    a process of its own (`spatialenv.renderers.probe.probe_renderer`), and the result kept while this process
    lasts; where nothing preferred is installed nothing is tried. `gl` counts only on a graphics card: in software
    it is slower than `fast`.

    Args:
        order: Names of renderers, the best first.
        **options: Options of the renderer, which each of `order` must take.

    Raises:
        UnknownNameError: If a name is not known.
        InputError: If `order` is no list of names, or an option is not allowed.
        MissingExtraError: If none works, and that can be mended by installing something; the message says why of each.
        RendererError: If none works for other reasons.

    Example:
        >>> auto_renderer(order=["fast"]).name
        'fast'
    """
    names = _check_order(order)
    for name in names:
        REGISTRY.load(name, options)  # raises now what would be wrong with any of them
    problems, can_install = [], False
    for name in names:
        if name in SAFE:
            made: Renderer = REGISTRY.make(name, options)
            return made
        try:
            renderer: Renderer = REGISTRY.make(name, options)
        except MissingExtraError as error:
            problems.append(f"{name}: {error}")
            can_install = True
            continue
        probe = _try({"name": name, **options})
        if probe.works and not (name == "gl" and probe.is_software):
            return renderer
        close_renderer(renderer)
        problems.append(f"{name}: {probe.reason or f'{probe.device} draws, which is software: name it to have it so'}")
        can_install = can_install or probe.install is not None
    kind = MissingExtraError if can_install else RendererError
    raise kind(f"none of the renderers {', '.join(names)} works here; {'; '.join(problems)}; add 'fast' to `order`")


def has_graphics_device(folder: Path = Path("/dev")) -> bool:
    """Return whether there may be a graphics card, by the files of `DEVICES`: quick, and without touching it."""
    return any(next(folder.glob(pattern), None) is not None for pattern in DEVICES)


def _check_order(order: object) -> tuple[str, ...]:
    if isinstance(order, str) or not isinstance(order, Sequence) or not order:
        raise InputError(f"`order` is {order!r}; it must be a list of names of renderers, the best first")
    if AUTO in order:
        raise InputError(f"`order` is {order!r}; {AUTO!r} cannot stand in its own order: name renderers")
    return tuple(order)


def _try(spec: dict[str, Any]) -> Probe:
    """Return what came of trying a renderer, now or before."""
    name = spec["name"]
    if not is_installed(name):
        return Probe(name, works=False, reason="what it needs is not installed")
    if name == "gl" and not has_graphics_device():
        return Probe(name, works=False, reason="there is no graphics card")
    try:
        key = json.dumps(spec, sort_keys=True)
    except (TypeError, ValueError):  # an option is an object, which cannot be sent: it is tried without options
        spec = {"name": name}
        key = json.dumps(spec)
    with _trying:
        if key not in _tried:
            _tried[key] = probe_renderer(spec)
        return _tried[key]
