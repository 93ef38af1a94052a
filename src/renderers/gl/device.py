"""Devices that draw by OpenGL: their names, and contexts on them without a display."""

from __future__ import annotations

import ctypes
import os
from typing import Any

from spatialenv.errors import MissingExtraError, RendererError, require
from spatialenv.renderers.base import Device, is_software

REQUIRED = 430
"""Least version of OpenGL: 4.3 has the buffers that the shaders read."""

LIBRARIES = {"libegl": ("libEGL.so.1",), "libgl": ("libGL.so.1", "libOpenGL.so.0")}
"""Shared libraries by argument of `moderngl.create_context`; any of each will do."""

INSTALL = (
    "a card of NVIDIA also needs its driver's libraries for graphics (in a container: the capability 'graphics'): "
    "apt-get install libegl1 libgl1 libgl1-mesa-dri"
)
"""What to do where EGL does not work; the last package draws in software."""

_first_process: int | None = None
"""The process in which EGL was first used; those that are forked from it later cannot use it."""


def describe_device(index: int = 0) -> Device:
    """Return what draws on the EGL device `index`.

    A broken driver may end the process here: to try one, ask in a process of its own.

    Args:
        index: Which of EGL's devices, from 0.

    Raises:
        MissingExtraError: If moderngl or a library of the system is missing.
        RendererError: If there is no such device, or no context on it.

    Example:
        >>> describe_device().is_software  # doctest: +SKIP
        True
    """
    context = open_context(index)
    try:
        return read_device(context)
    finally:
        close_context(context)


def open_context(index: int = 0) -> Any:
    """Return a new `moderngl.Context` on the EGL device `index`, current in this thread.

    Raises:
        MissingExtraError: If moderngl or a library of the system is missing.
        RendererError: If there is no such device, or no context on it, or EGL was in use when this process was forked.
    """
    global _first_process
    moderngl = require("moderngl", "gl", "the renderer 'gl'")
    require("glcontext", "gl", "the renderer 'gl'")
    libraries = {argument: _find(names) for argument, names in LIBRARIES.items()}
    if _first_process not in (None, os.getpid()):
        # Drivers have threads, which a fork leaves behind: the next call would wait for them for ever.
        raise RendererError(
            "the renderer 'gl' cannot draw in a process that was forked from one in which it had drawn: fork before "
            "the first picture, start processes by 'spawn' or 'forkserver', or use the renderer 'fast'"
        )
    try:
        context = moderngl.create_context(
            standalone=True, backend="egl", require=REQUIRED, device_index=index, **libraries
        )
    except Exception as error:
        raise RendererError(
            f"the renderer 'gl' got no context of OpenGL {REQUIRED / 100} on EGL device {index}: {error}; "
            f"use the renderer 'fast', or what the device lacks must be installed; {INSTALL}"
        ) from error
    _first_process = os.getpid()
    return context


def close_context(context: Any) -> None:
    """Free a context in the thread in which it is current."""
    context.release()
    # Until the thread lets go of it too, drivers keep what it held.
    ctypes.CDLL(_find(LIBRARIES["libegl"])).eglReleaseThread()


def read_device(context: Any) -> Device:
    """Return what draws in a context.

    Example:
        >>> from types import SimpleNamespace
        >>> read_device(SimpleNamespace(info={"GL_RENDERER": "llvmpipe (LLVM 15.0.6)", "GL_VERSION": "4.5"}))
        Device(name='llvmpipe (LLVM 15.0.6)', version='4.5', is_software=True)
    """
    name, version = str(context.info["GL_RENDERER"]), str(context.info["GL_VERSION"])
    return Device(name, version, is_software(name))


def _find(names: tuple[str, ...]) -> str:
    """Return the first of `names` that the system can load."""
    for name in names:
        try:
            ctypes.CDLL(name)
        except OSError:
            continue
        return name
    raise MissingExtraError(
        f"the renderer 'gl' needs the library {' or '.join(names)}, which is not installed; {INSTALL}"
    )
