"""Renderers that work on this machine, and the processes that there are."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import psutil
import pytest

from spatialenv.renderers import Renderer, make_renderer
from spatialenv.renderers.base import close_renderer
from spatialenv.renderers.probe import is_installed, probe_renderer

SAFE = ("blank", "fast")
"""Renderers that need nothing but the package itself."""

QUICK: dict[str, dict[str, Any]] = {"blender": {"samples": 1, "denoise": False, "workers": 1}}
"""Options by which a renderer takes less time."""


def children() -> set[int]:
    """Return the processes that this one has started, those among them that ended and were not waited for."""
    return {child.pid for child in psutil.Process().children()}


@pytest.fixture
def no_child_left() -> Iterator[Callable[[], set[int]]]:
    """Check that all processes that the test starts have ended when it does."""
    before = children()
    yield children
    wait_for_end(before)


def wait_for_end(before: set[int]) -> None:
    """Wait until no process is left but those of `before`."""
    until = time.monotonic() + 10
    while left := children() - before:
        assert time.monotonic() < until, f"processes {left} were left behind"
        time.sleep(0.05)


@pytest.fixture(scope="session")
def quick() -> dict[str, dict[str, Any]]:
    """Options by which a renderer takes less time, by name."""
    return QUICK


@pytest.fixture(scope="module")
def make_working() -> Callable[[str], Renderer]:
    """Make a renderer with `QUICK` options; the test is skipped where something is missing that could be installed."""
    known: dict[str, str] = {}

    def make(name: str) -> Renderer:
        spec = {"name": name, **QUICK.get(name, {})}
        if name not in known:
            known[name] = "" if name in SAFE else _problem(spec)
        if known[name]:
            pytest.skip(known[name])
        return make_renderer(spec)

    return make


def _problem(spec: dict[str, Any]) -> str:
    """Return why a renderer cannot be tested here, empty where it can."""
    name = spec["name"]
    if not is_installed(name):
        return f"{name} is not installed: spatialenv doctor says how"
    probe = probe_renderer(spec)
    # What fails though nothing is missing is broken, and its tests must say so.
    return "" if probe.works or probe.install is None else f"{probe.reason}: {probe.install}"


@pytest.fixture(scope="module")
def closing() -> Callable[[Renderer], Iterator[Renderer]]:
    """Yield a renderer and close it; nothing that it started may be left then."""

    def run(renderer: Renderer, before: set[int]) -> Iterator[Renderer]:
        yield renderer
        close_renderer(renderer)
        wait_for_end(before)

    return lambda renderer: run(renderer, children())
