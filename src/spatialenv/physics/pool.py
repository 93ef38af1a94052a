"""Processes that simulate for this one: started when needed, given a time limit, replaced when they fail."""

from __future__ import annotations

import atexit
import math
import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

from spatialenv.errors import InputError, MissingExtraError, SimulationError
from spatialenv.physics import worker as protocol

START_LIMIT = 60.0
"""Seconds that a process has to load PyBullet."""

CALLS = 1000
"""Worlds after which a process is replaced by a fresh one."""

MEMORY_LIMIT_MB = 1024.0
"""Memory of a process above which it is replaced."""

CHUNK = 32
"""Most worlds in one message."""

_GRACE = 1.0
_KEPT_VARIABLES = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "LANG", "LC_ALL", "TMPDIR")


def worker_command() -> list[str]:
    """Return the command of a process that simulates; the number of its socket goes behind it."""
    return [sys.executable, "-P", "-s", str(Path(protocol.__file__))]


class Worker:
    """One process and the socket to it; for one thread at a time.

    Args:
        command: What starts it.

    Raises:
        SimulationError: If it does not get ready in time.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self.calls = 0
        self.memory_mb = 0.0
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 (closed with the process)
        self._socket, theirs = socket.socketpair()
        with theirs:
            try:
                self._process = subprocess.Popen(
                    [*command, str(theirs.fileno())],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=self._errors,
                    pass_fds=(theirs.fileno(),),
                    env=_environment(),
                    start_new_session=True,
                )
            except OSError as error:
                self._socket.close()
                self._errors.close()
                raise SimulationError(f"the simulator could not be started: {error.strerror}; try again") from error
        try:
            if not self._receive(START_LIMIT, "get ready").get("ready"):
                raise SimulationError("the simulator did not say that it is ready; reinstall spatialenv[physics]")
        except BaseException:
            self.close()
            raise

    @property
    def pid(self) -> int:
        """Number of the process."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    @property
    def is_worn(self) -> bool:
        """Whether it is time for a fresh one."""
        return self.calls >= CALLS or self.memory_mb > MEMORY_LIMIT_MB

    def settle(self, worlds: Sequence[dict[str, Any]], seconds: float, limit: float) -> list[dict[str, Any]]:
        """Return the answer for each world; after an error the process must be closed.

        Raises:
            SimulationError: If the process ends, fails, or takes more than `limit` seconds for one world.
        """
        self._send({"worlds": list(worlds), "seconds": seconds, "limit": limit}, limit)
        replies = []
        for world in worlds:
            reply = self._receive(limit, f"settle {len(world['bodies'])} bodies")
            if "error" in reply:
                raise SimulationError(f"PyBullet failed: {reply['error']}; look at the scene's sizes and positions")
            self.calls += 1
            self.memory_mb = float(reply["memory_mb"])
            replies.append(reply)
        return replies

    def close(self) -> None:
        """End the process and wait for it."""
        self._socket.close()
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._errors.close()

    def forget(self) -> None:
        """Let go of a process that belongs to the process from which this one was forked."""
        self._socket.close()
        self._errors.close()
        self._process.returncode = 0  # not ours to wait for

    def _send(self, message: dict[str, Any], limit: float) -> None:
        self._socket.settimeout(limit)
        try:
            protocol.send(self._socket, message)
        except TimeoutError as error:
            raise SimulationError(f"the simulator took no work for {limit:g} s; it was ended: try again") from error
        except OSError as error:
            raise self._ended() from error

    def _receive(self, limit: float, task: str) -> dict[str, Any]:
        self._socket.settimeout(limit)
        try:
            message = protocol.receive(self._socket)
        except TimeoutError as error:
            raise SimulationError(
                f"the simulator took more than {limit:g} s to {task}; it was ended: give it a higher `limit`, "
                "or fewer objects"
            ) from error
        except (OSError, ValueError) as error:
            raise self._ended() from error
        if message is None:
            raise self._ended()
        return message

    def _ended(self) -> SimulationError:
        try:
            code = self._process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        self._errors.seek(0)
        lines = self._errors.read()[-4000:].decode(errors="replace").strip().splitlines()
        said = [line for line in lines if not line.startswith("pybullet build time")]
        return SimulationError(
            f"the simulator ended with status {code}{f' ({said[-1]})' if said else ''}; "
            "it is started anew at the next call: try again"
        )


class WorkerPool:
    """At most `size` processes, started when they are needed, for any number of threads.

    Args:
        size: Most processes at a time.
        command: What starts one.

    Raises:
        InputError: If `size` is no whole number above 0.
    """

    def __init__(self, size: int = 2, command: Sequence[str] | None = None) -> None:
        if not isinstance(size, int) or size < 1:
            raise InputError(f"`size` is {size!r}; give a whole number of processes, at least 1")
        self._command = worker_command() if command is None else list(command)
        self._size = size
        self._reset()

    def _reset(self) -> None:
        self._condition = threading.Condition()
        self._idle: list[Worker] = []
        self._busy: list[Worker] = []
        self._starting = 0

    @property
    def pids(self) -> tuple[int, ...]:
        """Numbers of the processes that it holds."""
        with self._condition:
            return tuple(worker.pid for worker in (*self._idle, *self._busy))

    def settle(self, worlds: Sequence[dict[str, Any]], seconds: float, limit: float) -> list[dict[str, Any]]:
        """Return the answer for each world, in order (`spatialenv.physics.worker` has their form).

        Args:
            worlds: The worlds.
            seconds: How long they are simulated.
            limit: Most seconds that one world may take.

        Raises:
            MissingExtraError: If PyBullet is not installed.
            SimulationError: If the process ends, fails or takes too long. It is replaced at the next call.
        """
        length = max(1, min(CHUNK, math.ceil(len(worlds) / self._size)))
        chunks = [worlds[start : start + length] for start in range(0, len(worlds), length)]
        if len(chunks) < 2:
            return [reply for chunk in chunks for reply in self._settle(chunk, seconds, limit)]
        with ThreadPoolExecutor(self._size) as threads:
            answered = threads.map(lambda chunk: self._settle(chunk, seconds, limit), chunks)
            return [reply for replies in answered for reply in replies]

    def close(self) -> None:
        """End all processes that are not at work; the next call starts others."""
        with self._condition:
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.close()

    def forget(self) -> None:
        """Let go of all processes, in a process that was forked from the one that started them."""
        for worker in (*self._idle, *self._busy):
            worker.forget()
        self._reset()

    def _settle(self, worlds: Sequence[dict[str, Any]], seconds: float, limit: float) -> list[dict[str, Any]]:
        worker = self._take()
        try:
            replies = worker.settle(worlds, seconds, limit)
        except BaseException:  # also an interrupt: its answers would be taken for those of the next call
            self._drop(worker)
            raise
        if worker.is_worn:
            self._drop(worker)
        else:
            self._give_back(worker)
        return replies

    def _take(self) -> Worker:
        with self._condition:
            while True:
                while self._idle:
                    worker = self._idle.pop()
                    if worker.is_alive:
                        self._busy.append(worker)
                        return worker
                    worker.close()
                if len(self._busy) + self._starting < self._size:
                    self._starting += 1
                    break
                self._condition.wait()
        try:
            if find_spec("pybullet") is None:
                raise MissingExtraError(
                    "settling needs the package 'pybullet', which is not installed: pip install 'spatialenv[physics]'"
                )
            worker = Worker(self._command)
        except BaseException:
            with self._condition:
                self._starting -= 1
                self._condition.notify()
            raise
        with self._condition:
            self._starting -= 1
            self._busy.append(worker)
        return worker

    def _give_back(self, worker: Worker) -> None:
        with self._condition:
            self._busy.remove(worker)
            self._idle.append(worker)
            self._condition.notify()

    def _drop(self, worker: Worker) -> None:
        with self._condition:
            self._busy.remove(worker)
            self._condition.notify()
        worker.close()


def _environment() -> dict[str, str]:
    """Return the variables that the process gets: where its modules are, and no secrets."""
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    modules = os.pathsep.join(path for path in sys.path if path and os.path.isabs(path))
    return {**kept, "PYTHONPATH": modules, "OMP_NUM_THREADS": "1"}


POOL = WorkerPool()
"""The processes that all rewards of this process share."""

atexit.register(POOL.close)
if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=POOL.forget)
