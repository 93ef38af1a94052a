"""Whether a renderer works here: it is tried in a process of its own, since a bad driver may end the process, or hang.

What is found is what `spatialenv doctor` prints and what the renderer ``"auto"`` chooses by.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import IO, Any

import numpy as np

from spatialenv.errors import InputError
from spatialenv.renderers.base import Picture
from spatialenv.renderers.missing import split_install
from spatialenv.renderers.registry import AUTO, REGISTRY, renderer_names
from spatialenv.workers import wire

TIME_LIMIT = 180.0
"""Seconds that a renderer has to draw a few pictures, the first compilation of `fast` among them."""

SIZE = (384, 288)
"""Width and height of the pictures that are drawn."""

PACKAGES = {"gl": "moderngl", "pybullet": "pybullet"}
"""What must be importable for a renderer to be worth trying."""

AT_ONCE = 2 if (os.cpu_count() or 1) >= 4 else 1
"""Renderers that are tried at a time: two where each has cores of its own, so that one's time is not the other's."""

_GRACE = 5.0
"""Seconds in which a process that has told what it found may end by itself."""

_SHOWN_OUTPUT = 300


@dataclass(frozen=True, slots=True)
class Probe:
    """What came of trying a renderer.

    Attributes:
        name: Of the renderer.
        works: Whether it drew.
        reason: Why not, in a line; empty where it works.
        install: What would mend that: a line for the shell; None where it works, or where nothing is known to.
        ms_per_frame: Milliseconds of a picture of `SIZE` pixels, the median of those after the first; None where
            it does not work.
        picture: What it drew, ``(H, W, 3)`` uint8; None where it does not work.
        device: What drew it, where the renderer says: ``"llvmpipe (LLVM 15.0.6, 256 bits)"``; else empty.
        is_software: Whether that device is the processor.
    """

    name: str
    works: bool
    reason: str = ""
    install: str | None = None
    ms_per_frame: float | None = None
    picture: Picture | None = field(default=None, compare=False, repr=False)
    device: str = ""
    is_software: bool = False


def is_installed(name: str) -> bool:
    """Return whether the package that a renderer draws by can be imported; True where it needs none."""
    package = PACKAGES.get(name)
    return package is None or find_spec(package) is not None


def probe_renderer(spec: str | Mapping[str, Any], *, time_limit: float = TIME_LIMIT) -> Probe:
    """Try a renderer: draw a small furnished room a few times, in a process of its own.

    Args:
        spec: The renderer's name, or a mapping of JSON types with ``name`` and options.
        time_limit: Seconds that it has.

    Raises:
        UnknownNameError: If no renderer has that name.
        InputError: If `spec` or an option is not allowed.

    Example:
        >>> probe = probe_renderer("blank")
        >>> probe.works, probe.reason, probe.picture.shape
        (True, '', (288, 384, 3))
    """
    return _probe(spec, time_limit, set())


def _probe(spec: object, time_limit: float, running: set[subprocess.Popen[bytes]]) -> Probe:
    """Try a renderer; its process is in `running` meanwhile."""
    given = _check(spec)
    if isinstance(time_limit, bool) or not isinstance(time_limit, (int, float)) or not time_limit > 0:
        raise InputError(f"`time_limit` is {time_limit!r}; it must be a number of seconds above 0")
    name = str(given["name"])
    found = _Found()
    with tempfile.TemporaryFile() as output:
        ours, theirs = socket.socketpair()
        with ours:
            process = subprocess.Popen(
                [sys.executable, "-m", "spatialenv.renderers.probed", str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=(theirs.fileno(),),
                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
                start_new_session=True,
            )
            theirs.close()
            running.add(process)
            try:
                _listen(ours, given, found, time.monotonic() + time_limit)
            finally:
                running.discard(process)
                code = _end(process, has_told=found.has_told)
        return _conclude(name, found, code, time_limit, output)


def probe_renderers(
    names: Sequence[str] | None = None,
    *,
    time_limit: float = TIME_LIMIT,
    progress: Callable[[Probe], None] | None = None,
) -> list[Probe]:
    """Try several renderers, `AT_ONCE` at a time.

    Args:
        names: Which; None for all there are.
        time_limit: Seconds that each has.
        progress: Called with each result, in order.

    Returns:
        Results in the order of the names.
    """
    wanted = renderer_names() if names is None else tuple(names)
    running: set[subprocess.Popen[bytes]] = set()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        waiting = [pool.submit(_probe, name, time_limit, running) for name in wanted]
        probes = []
        try:
            for future in waiting:
                probes.append(future.result())
                if progress is not None:
                    progress(probes[-1])
        except BaseException:  # the user has seen enough: nobody waits for those that hang
            pool.shutdown(wait=False, cancel_futures=True)
            for process in tuple(running):
                process.kill()
            raise
    return probes


class _Found:
    """What a process has told so far.

    Attributes:
        task: What it was about to do.
        told: Its last message; empty until then.
        picture: What it drew.
        is_late: Whether its time is over.
    """

    def __init__(self) -> None:
        self.task = "starting Python"
        self.told: dict[str, Any] = {}
        self.picture: Picture | None = None
        self.is_late = False

    @property
    def has_told(self) -> bool:
        return bool(self.told)


def _check(spec: object) -> dict[str, Any]:
    """Return a spec as a mapping that can be sent, or raise InputError."""
    given: dict[str, Any] = {"name": spec} if isinstance(spec, str) else dict(spec) if isinstance(spec, Mapping) else {}
    if "name" not in given:
        raise InputError(f"`spec` is {spec!r}; it must be a renderer's name, or a mapping with `name` and options")
    if given["name"] == AUTO:
        raise InputError(f"{AUTO!r} chooses among renderers; probe one of {', '.join(renderer_names())}")
    if not REGISTRY.knows(given["name"]):
        REGISTRY.make(given["name"], {})  # says which names there are
    try:
        plain: dict[str, Any] = json.loads(json.dumps(given))
    except (TypeError, ValueError) as error:
        raise InputError(f"`spec` is {spec!r}; its options must be JSON types to be sent to a process") from error
    return plain


def _listen(connection: socket.socket, spec: dict[str, Any], found: _Found, until: float) -> None:
    """Send what is to be tried and read messages until the last one, the end of the process, or of its time."""
    try:
        connection.settimeout(max(until - time.monotonic(), 0.01))
        wire.send(connection, {"spec": spec, "size": list(SIZE)})
        while True:
            connection.settimeout(max(until - time.monotonic(), 0.01))
            message = wire.receive(connection)
            if message is None:
                return
            if "task" in message.header:
                found.task = str(message.header["task"])
                continue
            found.told = message.header
            if message.blobs:
                found.picture = np.frombuffer(message.blobs[0], np.uint8).reshape(SIZE[1], SIZE[0], 3).copy()
            return
    except TimeoutError:
        found.is_late = True
    except (OSError, ValueError):  # the process is gone in the middle of a message
        return


def _end(process: subprocess.Popen[bytes], *, has_told: bool) -> int:
    """Wait for a process, or end it and what it started; return how it ended, negative by a signal."""
    code: int | None = None
    with contextlib.suppress(subprocess.TimeoutExpired):
        # One that has closed its end without a word is ending; one that hangs gets no grace.
        code = process.wait(_GRACE if has_told else 0.5)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return process.returncode if code is None else code


def _conclude(name: str, found: _Found, code: int, time_limit: float, output: IO[bytes]) -> Probe:
    told = found.told
    if told.get("works"):
        return Probe(
            name,
            works=True,
            ms_per_frame=told["ms_per_frame"],
            picture=found.picture,
            device=told["device"],
            is_software=told["is_software"],
        )
    if told:
        reason, install = split_install(str(told["reason"]))
        return Probe(name, works=False, reason=reason, install=install or None)
    if found.is_late:
        reason = f"took longer than {time_limit:g} seconds, while {found.task}"
    elif code < 0:
        reason = f"its process was ended by {signal_name(-code)} while {found.task}"
    else:
        reason = f"its process ended with code {code} while {found.task}"
    said = last_line(output)
    return Probe(name, works=False, reason=f"{reason}: {said}" if said else reason, install=None)


def signal_name(number: int) -> str:
    """Return what a signal is called.

    Example:
        >>> signal_name(11), signal_name(200)
        ('SIGSEGV', 'signal 200')
    """
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def last_line(output: IO[bytes]) -> str:
    """Return the last line that is not empty of what was printed, shortened."""
    output.seek(0, os.SEEK_END)
    output.seek(max(output.tell() - 4096, 0))
    lines = [line.strip() for line in output.read().decode("utf-8", "replace").splitlines() if line.strip()]
    return lines[-1][:_SHOWN_OUTPUT] if lines else ""
