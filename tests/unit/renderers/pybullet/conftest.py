"""Renderers that the tests of this folder share; they are skipped where PyBullet is not installed."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec

import pytest

from spatialenv.renderers.pybullet import PyBulletRenderer
from spatialenv.renderers.pybullet.processes import egl_problem


@pytest.fixture(scope="session")
def _needs_pybullet() -> None:
    if find_spec("pybullet") is None:
        pytest.skip("PyBullet is not installed: pip install 'spatialenv[physics]'")


@pytest.fixture(scope="session")
def plain(_needs_pybullet: None) -> Iterator[PyBulletRenderer]:
    """A renderer of one sample a pixel, without shadows."""
    renderer = PyBulletRenderer(supersampling=1, shadows=False)
    yield renderer
    renderer.close()


@pytest.fixture(scope="session")
def egl(_needs_pybullet: None) -> Iterator[PyBulletRenderer]:
    """The same by OpenGL."""
    if problem := egl_problem():
        pytest.skip(f"PyBullet's EGL plugin does not draw here: {problem}")
    renderer = PyBulletRenderer(backend="egl", supersampling=1, shadows=False)
    yield renderer
    renderer.close()
