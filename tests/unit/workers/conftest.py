"""Small programs that stand in for Blender and others."""

from __future__ import annotations

import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from spatialenv.errors import RendererError
from spatialenv.workers import inside, wire
from spatialenv.workers.pool import WorkerPool

BARE = f"""
import importlib.util, os, signal, socket, sys, time
where = importlib.util.spec_from_file_location("wire", {wire.__file__!r})
wire = importlib.util.module_from_spec(where)
where.loader.exec_module(wire)
s = socket.socket(fileno=int(sys.argv[-1]))
def say(header, blobs=()):
    wire.send(s, header, blobs)
def hear():
    message = wire.receive(s)
    if message is None:
        sys.exit(0)
    return message.header
"""
"""Speaks by hand: `say`, `hear`, the socket `s`."""

DOUBLES = f"""
import importlib.util, os, signal, sys, time
where = importlib.util.spec_from_file_location("inside", {inside.__file__!r})
inside = importlib.util.module_from_spec(where)
where.loader.exec_module(inside)
def answer(header, blobs):
    n = header["n"]
    time.sleep(header.get("seconds", 0))
    if n < 0:
        raise ArithmeticError(f"{{n}} is below 0")
    return {{"n": 2 * n, "pid": os.getpid()}}, blobs
"""
SERVES = "inside.serve(inside.connect(), answer)"
"""Ends `DOUBLES`: answers twice the number that it is given."""

Program = Callable[..., list[str]]
Pool = Callable[..., WorkerPool]
Check = Callable[[int], bool]
Wait = Callable[[Callable[[], bool]], bool]


def _is_there(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def _wait_until(condition: Callable[[], bool], seconds: float = 10.0) -> bool:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    return condition()


@pytest.fixture(scope="session")
def is_there() -> Check:
    """Return whether a process is there, be it as a zombie."""
    return _is_there


@pytest.fixture(scope="session")
def is_alive() -> Check:
    """Return whether a process is there and no zombie."""
    return _is_alive


@pytest.fixture(scope="session")
def wait_until() -> Wait:
    """Return what waits until something holds, ten seconds at most, and says whether it does."""
    return _wait_until


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """Return the command of a program: `BARE`, or with `serves` what doubles numbers, after some lines of ours."""

    def make(script: str = "", *, serves: bool = False) -> list[str]:
        path = tmp_path / f"worker_{len(list(tmp_path.iterdir()))}.py"
        lines = textwrap.dedent(script)
        path.write_text(f"{DOUBLES}\n{lines}\n{SERVES}\n" if serves else f"{BARE}\n{lines}\n")
        return [sys.executable, "-I", str(path)]

    return make


@pytest.fixture
def make_pool(program: Program) -> Iterator[Pool]:
    """Return what makes a pool of a command, or of what doubles numbers; none leaves a process behind."""
    made: list[WorkerPool] = []

    def make(command: list[str] | None = None, **options: object) -> WorkerPool:
        command = program(serves=True) if command is None else command
        pool = WorkerPool(lambda: command, **{"what": "the doubler", "error": RendererError, **options})  # type: ignore[arg-type]
        made.append(pool)
        return pool

    yield make
    for pool in made:
        pids = pool.pids
        pool.close()
        assert pool.pids == ()
        assert not any(_is_there(pid) for pid in pids)
