"""The inner side of a worker: what a program that serves requests needs. The standard library alone, loadable by path.

A program of a worker is started with the number of its socket as last argument::

    inside = ...  # this file, loaded by its path, where spatialenv is not installed
    connection = inside.connect()
    inside.serve(connection, answer)

where ``answer(header, blobs)`` returns the header and the blobs of the reply.
"""

from __future__ import annotations

import importlib.util
import math
import os
import select
import shutil
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SPARE_SECONDS = 5
"""How much longer than its time limit a process lives that hangs and that nobody is left to end."""

_LOOK = 2.0
_GRACE = 1.0

Blob = bytes | bytearray | memoryview
Answer = Callable[[dict[str, Any], Sequence[bytearray]], tuple[dict[str, Any], Sequence[Blob]]]


def _load_wire() -> Any:
    specification = importlib.util.spec_from_file_location("spatialenv_wire", Path(__file__).with_name("wire.py"))
    if specification is None or specification.loader is None:
        raise ImportError("wire.py is not beside this file")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


wire = _load_wire()


def connect() -> socket.socket:
    """Return the socket whose number is the last argument; the process ends soon after its other side is gone."""
    connection = socket.socket(fileno=int(sys.argv[-1]))
    os.set_inheritable(connection.fileno(), False)
    threading.Thread(target=_watch, args=(connection.fileno(), os.getppid()), daemon=True).start()
    return connection


def serve(connection: socket.socket, answer: Answer, ready: dict[str, Any] | None = None) -> None:
    """Say that the worker is ready, and answer requests until the other side hangs up.

    An error that `answer` raises is the reply ``{"error": "Type: text"}``. A request that takes much longer than its
    own `limit` ends the process. Each reply holds `memory_mb`.

    Args:
        connection: The socket.
        answer: Is given the header and the blobs of a request, and returns those of the reply.
        ready: What the first message tells beside ``"ready": true``.
    """
    try:
        wire.send(connection, {"ready": True, **(ready or {})})
        while (message := wire.receive(connection)) is not None:
            header, blobs = message
            signal.alarm(math.ceil(header.get("limit", 3600)) + SPARE_SECONDS)
            reply: tuple[dict[str, Any], Sequence[Blob]]
            try:
                reply = answer(header, blobs)
            except Exception as error:  # whatever it is, it is told, not swallowed
                reply = {"error": f"{type(error).__name__}: {error}"}, ()
            signal.alarm(0)
            wire.send(connection, {**reply[0], "memory_mb": memory_mb()}, reply[1])
    finally:  # also when nobody is left to take a reply
        leave()


def leave() -> None:
    """Remove the temporary folder of this process: nobody else does if the other side was killed."""
    folder = os.environ.get("TMPDIR", "")
    if os.path.basename(folder).startswith("spatialenv-worker-"):
        shutil.rmtree(folder, ignore_errors=True)


def refuse(connection: socket.socket, error: BaseException) -> None:
    """Say that the worker cannot work, and why, in place of being ready."""
    wire.send(connection, {"ready": False, "error": f"{type(error).__name__}: {error}"})


def memory_mb() -> float:
    """Return how many megabytes this process holds now; 0 where the system does not say.

    Not `resource.getrusage`: its peak is inherited, here from a parent that may hold a large model.
    """
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            pages = int(file.read().split()[1])
    except OSError:
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


@contextmanager
def silence() -> Iterator[None]:
    """Throw away what is printed meanwhile, also by libraries: it would be taken for the reason of a later failure."""
    sys.stdout.flush()
    sys.stderr.flush()
    kept = [os.dup(1), os.dup(2)]
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        for descriptor, number in zip(kept, (1, 2), strict=True):
            os.dup2(descriptor, number)
            os.close(descriptor)
        os.close(nowhere)


def _watch(descriptor: int, parent: int) -> None:
    """End the process when the other side of its socket has hung up, also in the middle of a request."""
    hung_up = select.poll()
    hung_up.register(descriptor, 0)
    while not hung_up.poll(_LOOK * 1000) and os.getppid() == parent:
        pass
    time.sleep(_GRACE)  # a sound worker ends by itself meanwhile
    leave()
    os._exit(1)
