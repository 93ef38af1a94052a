"""The server's hold on a worker: a process behind two pipes."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import Protocol

from spatialenv.serving import frame
from spatialenv.serving.refusal import Answer, Job
from spatialenv.serving.settings import TOKEN_VARIABLE, ServerSettings

START_SECONDS = 180.0
"""Time for a worker to become ready; kernels that are not yet cached are compiled."""

_END_SECONDS = 5.0


class WorkerLostError(Exception):
    """A worker that ended, or never began."""


class Worker(Protocol):
    """What answers requests, one at a time."""

    @property
    def has_ended(self) -> bool:
        """Whether it is known to answer nothing more."""

    async def answer(self, job: Job, seconds: float) -> Answer:
        """Return the answer to a request, or raise WorkerLostError."""

    async def close(self, *, now: bool = False) -> None:
        """End it, at once or after what it is doing."""


class WorkerProcess:
    """A worker in a process of its own; made by `start`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def start(cls, settings: ServerSettings) -> WorkerProcess:
        """Start a process and wait until it is ready.

        Raises:
            WorkerLostError: If it ends, or is not ready in time.
        """
        environment = {name: value for name, value in os.environ.items() if name != TOKEN_VARIABLE}
        for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
            environment.setdefault(name, "1")
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "spatialenv.serving.worker",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=environment,
            start_new_session=True,  # Ctrl-C ends the server, which lets its workers finish
        )
        worker = cls(process)
        try:
            await asyncio.wait_for(worker._exchange(frame.pack(settings.to_dict())), START_SECONDS)
        except BaseException as error:
            await worker.close(now=True)
            if isinstance(error, TimeoutError):
                raise WorkerLostError(f"a worker was not ready within {START_SECONDS:g} seconds") from error
            raise
        return worker

    @property
    def pid(self) -> int:
        """Number of the process."""
        return self._process.pid

    @property
    def has_ended(self) -> bool:
        """Whether the process has ended, as one that lay idle may by another's hand."""
        return self._process.returncode is not None

    async def answer(self, job: Job, seconds: float) -> Answer:
        """Return the answer to a request.

        Raises:
            WorkerLostError: If the process ended.
        """
        record = {"form": job.form, "options": job.options, "seconds": seconds}
        found, body = await self._exchange(frame.pack(record, job.body))
        return Answer(found["status"], body, found["items"], found["failures"])

    async def close(self, *, now: bool = False) -> None:
        """End the process: by closing its input, and by force when that does not help."""
        streams = self._process.stdin
        if streams is not None:
            streams.close()
        if not now:
            try:
                await asyncio.wait_for(self._process.wait(), _END_SECONDS)
            except TimeoutError:
                now = True
        if now and self._process.returncode is None:
            self._process.kill()
        await self._process.wait()

    async def _exchange(self, request: bytes) -> tuple[dict[str, int], bytes]:
        if self._process.stdin is None or self._process.stdout is None:
            raise WorkerLostError("the worker has no pipes")
        try:
            self._process.stdin.write(request)
            await self._process.stdin.drain()
            return await frame.receive(self._process.stdout)
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            code = await self._process.wait()
            raise WorkerLostError(f"a worker ended with code {code}") from error
