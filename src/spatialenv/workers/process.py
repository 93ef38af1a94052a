"""One worker process: how it is started, asked, listened to and ended."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from spatialenv.workers import wire
from spatialenv.workers.wire import Message

START_LIMIT = 60.0
"""Seconds that a worker has to get ready."""

KEPT_OUTPUT = 16 << 10
"""Bytes of what a worker prints that are kept: the last ones."""

KEPT_VARIABLES = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "LANG", "LC_ALL", "HOME", "DISPLAY")
KEPT_PREFIXES = ("XDG_", "CUDA_", "NVIDIA_", "EGL_", "__EGL_", "__GLX_", "LIBGL_", "MESA_", "GALLIUM_", "LP_", "VK_")
"""Variables that a worker is given: where programs and libraries are, and which device draws; no secrets."""

PLACES = ("TMPDIR", "TMP", "TEMP", "BLENDER_USER_RESOURCES")
"""Variables that name a folder to write into; a worker's own is put in. Blender makes one in HOME otherwise."""

FOLDER = "spatialenv-worker-"
"""How the names of workers' temporary folders begin."""

_SIGNALLED = 128
"""What a shell adds to the number of the signal that ended what it ran; a worker's program may be a shell's script."""

_GRACE = 1.0
_LOOK = 1.0
"""Seconds between two looks at whether a silent worker still runs."""


class WorkerLostError(Exception):
    """A worker that ended, or that sent what is no message: what it was asked may be asked of another."""


class WorkerHungError(WorkerLostError):
    """A worker that took too long."""


class WorkerStartError(Exception):
    """A worker that ended by itself, or said what it lacks, before it was ready: another would do the same.

    Attributes:
        output: What it said.
    """

    def __init__(self, message: str, output: str) -> None:
        super().__init__(message)
        self.output = output


class Worker:
    """A process and the socket to it; for one thread at a time.

    The process is started at once, in a session of its own and with a folder of its own for temporary files, which is
    removed with it; `wait` must be called before the first request.

    Args:
        command: What starts it. The number of its socket goes behind it as last argument.
        what: What it is called in error messages.
        variables: Environment variables that it gets beside `KEPT_VARIABLES`.

    Attributes:
        info: Its first message, the one that says that it is ready.
        calls: Requests that it has answered.
        memory_mb: Megabytes that it holds, as its last reply says.
        notes: What those who use it remember of it, such as what it has been sent before.

    Raises:
        WorkerStartError: If there is no such program, or no place for temporary files.
    """

    def __init__(
        self, command: Sequence[str], *, what: str = "the worker", variables: Mapping[str, str] | None = None
    ) -> None:
        self.info: dict[str, Any] = {}
        self.calls = 0
        self.memory_mb = 0.0
        self.notes: dict[str, Any] = {}
        self._what = what
        self._is_asked = False
        self._is_killed = False
        self._folder = _temporary_folder(what)
        self._socket, theirs = socket.socketpair()
        output, printed = os.pipe()
        places = dict.fromkeys(PLACES, self._folder)
        try:
            self._process = subprocess.Popen(
                [*command, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=subprocess.STDOUT,
                pass_fds=(theirs.fileno(),),
                env={**kept_environment(), **places, **(variables or {})},
                start_new_session=True,
            )
        except OSError as error:
            self._socket.close()
            os.close(output)
            shutil.rmtree(self._folder, ignore_errors=True)
            text = f"{what} could not be started: {error.strerror}: {command[0]!r}"
            raise WorkerStartError(text, text) from error
        finally:
            theirs.close()
            os.close(printed)
        self._output = _Output(output)

    @property
    def pid(self) -> int:
        """Number of the process."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether the process runs; not while its threads end one after the other."""
        return self._process.poll() is None and not _is_zombie(self.pid)

    @property
    def is_ready(self) -> bool:
        """Whether it has said that it is ready."""
        return bool(self.info.get("ready"))

    @property
    def is_free(self) -> bool:
        """Whether it has answered all that it was asked, so that its next message answers the next request."""
        return not self._is_asked and not self._is_killed

    @property
    def output(self) -> str:
        """What it printed last, at most `KEPT_OUTPUT` bytes."""
        return self._output.text

    def wait(self, limit: float = START_LIMIT) -> None:
        """Wait until it is ready.

        Args:
            limit: Seconds that it has.

        Raises:
            WorkerStartError: If it ended by itself, or said that it cannot work.
            WorkerHungError: If it is not ready in time.
            WorkerLostError: If another's signal ended it.
        """
        try:
            self.info = self._receive(time.monotonic() + limit, limit, "get ready").header
        except WorkerHungError:
            raise
        except WorkerLostError as error:
            code = self._process.returncode or 0
            if code < 0 or code > _SIGNALLED:
                raise
            raise WorkerStartError(str(error), self.output) from error
        if not self.is_ready:
            said = str(self.info.get("error", "it did not say that it is ready"))
            raise WorkerStartError(f"{self._what} cannot start: {said}", f"{said}\n{self.output}")

    def request(
        self,
        header: dict[str, Any],
        blobs: Sequence[bytes | bytearray | memoryview] = (),
        *,
        limit: float,
        task: str,
    ) -> Message:
        """Ask something and return the reply.

        The header is sent with `limit` in it, so that a worker whose other side is gone can end itself in time.

        Args:
            header: JSON types.
            blobs: Bytes that go with it.
            limit: Seconds for all of it.
            task: What is asked, for error messages: ``"draw 12 objects"``.

        Raises:
            WorkerLostError: If the process ends or sends what is no message; it must be closed then.
            WorkerHungError: If it takes longer than `limit`; it must be closed then.
        """
        end = time.monotonic() + limit
        self._is_asked = True
        try:
            wire.send(_Timed(self._socket, self._process, end), {**header, "limit": limit}, blobs)
        except TimeoutError as error:
            raise WorkerHungError(f"{self._what} took no work for {limit:g} s; it was ended: try again") from error
        except OSError as error:
            raise self._ended() from error
        reply = self._receive(end, limit, task)
        self._is_asked = False
        self.calls += 1
        self.memory_mb = float(reply.header.get("memory_mb", self.memory_mb))
        return reply

    def kill(self) -> None:
        """End the process now; `close` has still to be called."""
        self._is_killed = True
        if self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)  # it leads a session, so that this is its group

    def hang_up(self) -> None:
        """Close the socket, whereupon a sound worker ends by itself."""
        self._socket.close()

    def close(self, grace: float = 0.0) -> None:
        """End the process and wait for it.

        Args:
            grace: Seconds that it has to end by itself.
        """
        self._socket.close()
        if grace > 0:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(grace)
        self.kill()
        self._process.wait()
        self._output.join()
        shutil.rmtree(self._folder, ignore_errors=True)

    def forget(self) -> None:
        """Let go of a process that belongs to the process from which this one was forked."""
        self._socket.close()
        self._output.forget()
        self._process.returncode = 0  # not ours to wait for

    def _receive(self, end: float, limit: float, task: str) -> Message:
        try:
            message = wire.receive(_Timed(self._socket, self._process, end))
        except TimeoutError as error:
            raise WorkerHungError(
                f"{self._what} took more than {limit:g} s to {task}; it was ended: give it a higher time limit, "
                "or fewer objects"
            ) from error
        except OSError as error:
            raise self._ended() from error
        except ValueError as error:
            self.kill()
            raise WorkerLostError(f"{self._what} sent what is no message ({error}); it was ended: try again") from error
        if message is None:
            raise self._ended()
        return message

    def _ended(self) -> WorkerLostError:
        try:
            code = self._process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            self.kill()
            code = self._process.wait()
        self._output.join()
        lines = self.output.strip().splitlines()
        said = f" ({lines[-1].strip()[:500]})" if lines else ""
        return WorkerLostError(
            f"{self._what} ended with status {code}{said}; it is started anew at the next call: try again"
        )


def kept_environment() -> dict[str, str]:
    """Return the variables of this process that a worker is given."""
    return {
        name: value for name, value in os.environ.items() if name in KEPT_VARIABLES or name.startswith(KEPT_PREFIXES)
    }


def _is_zombie(pid: int) -> bool:
    """Return whether the first thread of a process has ended: it cannot be waited for until the others have too."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()[0] == b"Z"
    except OSError:  # not Linux
        return False


def _temporary_folder(what: str) -> str:
    try:
        return tempfile.mkdtemp(prefix=FOLDER)
    except OSError as error:
        text = f"{what} could not be started: no temporary folder can be made: {error.strerror}; set TMPDIR to yours"
        raise WorkerStartError(text, text) from error


class _Timed:
    """A socket whose reads and writes end at one moment, or soon after the process behind it has ended.

    That process's end of the socket may be held open by a process that was forked meanwhile: then nothing tells that
    it is gone but a look.
    """

    def __init__(self, connection: socket.socket, process: subprocess.Popen[bytes], end: float) -> None:
        self._connection = connection
        self._process = process
        self._end = end

    def sendall(self, data: bytes | bytearray | memoryview) -> None:
        self._connection.settimeout(self._left())
        self._connection.sendall(data)

    def recv(self, count: int) -> bytes:
        while True:
            left = self._left()
            has_ended = self._process.poll() is not None
            self._connection.settimeout(min(left, _LOOK))
            try:
                return self._connection.recv(count)
            except TimeoutError:
                if has_ended:  # and since then nothing came
                    return b""

    def _left(self) -> float:
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


class _Output:
    """What a process prints, read by a thread so that the process never waits; the end of it is kept."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor: int | None = descriptor
        self._parts: deque[bytes] = deque()
        self._size = 0
        self._thread = threading.Thread(target=self._read, args=(descriptor,), daemon=True, name="worker output")
        self._thread.start()

    @property
    def text(self) -> str:
        return b"".join(tuple(self._parts))[-KEPT_OUTPUT:].decode(errors="replace")

    def join(self) -> None:
        """Wait for the rest of what an ended process printed."""
        self._thread.join(_GRACE)

    def forget(self) -> None:
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)

    def _read(self, descriptor: int) -> None:
        with contextlib.suppress(OSError):
            while part := os.read(descriptor, KEPT_OUTPUT):
                self._parts.append(part)
                self._size += len(part)
                while self._size - len(self._parts[0]) >= KEPT_OUTPUT:
                    self._size -= len(self._parts.popleft())
        self._descriptor = None
        os.close(descriptor)
