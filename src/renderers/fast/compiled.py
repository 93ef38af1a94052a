"""How the kernels of this folder are compiled."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from numba import njit

Function = Callable[..., Any]

_SOURCES = b"".join(path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py")))
STAMP = f"{zlib.crc32(_SOURCES):08x}"
"""Of all files here. Numba compiles a kernel anew when the kernel's own file changes, not when what it calls does."""


def kernel(*, inline: bool = False) -> Callable[[Function], Function]:
    """Return the decorator that compiles a kernel: without the interpreter's lock, without fastmath, kept on disk.

    An `inline` one becomes part of its callers before they are compiled: for short kernels of the innermost loops.
    """
    inlining: Literal["always", "never"] = "always" if inline else "never"
    compile_kernel = njit(cache=True, nogil=True, error_model="numpy", inline=inlining)

    def decorate(function: Function) -> Function:
        function.__qualname__ = f"{function.__qualname__}_{STAMP}"
        compiled: Function = compile_kernel(function)
        return compiled

    return decorate
