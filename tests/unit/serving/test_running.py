from __future__ import annotations

import signal

import pytest

from spatialenv.errors import BackendError
from spatialenv.serving.process import WorkerLostError, WorkerProcess
from spatialenv.serving.running import run
from spatialenv.serving.server import listen
from spatialenv.serving.settings import ServerSettings


def test_a_server_without_workers_does_not_serve(monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(settings: ServerSettings) -> WorkerProcess:
        raise WorkerLostError("no memory")

    monkeypatch.setattr(WorkerProcess, "start", fail)
    before = signal.getsignal(signal.SIGTERM)
    with listen("127.0.0.1", 0) as listening, pytest.raises(BackendError, match="workers could not be started"):
        run(ServerSettings(rewards={"format": "format"}), None, listening, lambda url: pytest.fail("it is not ready"))
    assert signal.getsignal(signal.SIGTERM) == before
