from __future__ import annotations

import asyncio
import io
import json
from typing import Any

import pytest

from spatialenv.serving import frame, process, worker
from spatialenv.serving.process import WorkerLostError, WorkerProcess
from spatialenv.serving.refusal import Answer, Job
from spatialenv.serving.scorer import Scorer
from spatialenv.serving.settings import TOKEN_VARIABLE, ServerSettings

SETTINGS = ServerSettings(rewards={"boundary": "boundary"})


def _frames(data: bytes) -> list[tuple[dict[str, Any], bytes]]:
    file = io.BytesIO(data)
    return list(iter(lambda: frame.read(file), None))


def test_frames_are_read_as_they_were_written() -> None:
    data = frame.pack({"a": "ü"}, b"\x00\n") + frame.pack({})
    assert _frames(data) == [({"a": "ü"}, b"\x00\n"), ({}, b"")]
    assert frame.read(io.BytesIO(data[:5])) is None


def test_a_worker_answers_until_there_is_no_more() -> None:
    asked = {"form": "score", "options": {}, "seconds": 5.0}
    requests = frame.pack(SETTINGS.to_dict()) + frame.pack(asked, b'{"items": []}') + frame.pack(asked, b"[")
    answers = io.BytesIO()
    worker.run(io.BytesIO(requests), answers)
    (ready, _), (good, body), (bad, _) = _frames(answers.getvalue())
    assert ready == {"ready": True}
    assert good == {"status": 200, "items": 0, "failures": 0}
    assert json.loads(body)["reward"] == "boundary"
    assert bad["status"] == 400


def test_without_a_server_it_ends() -> None:
    answers = io.BytesIO()
    worker.run(io.BytesIO(), answers)
    assert answers.getvalue() == b""


def test_a_defect_costs_one_request(capsys: pytest.CaptureFixture[str]) -> None:
    class Broken(Scorer):
        def answer(self, job: Job, seconds: float) -> Answer:
            raise ZeroDivisionError("of somebody's reward")

    asked = {"form": "score", "options": {}, "seconds": 5.0}
    answers = io.BytesIO()
    worker.run(io.BytesIO(frame.pack(SETTINGS.to_dict()) + frame.pack(asked, b"{}")), answers, Broken)
    record, body = _frames(answers.getvalue())[1]
    assert record["status"] == 500
    assert json.loads(body)["error"]["code"] == "internal"
    assert "somebody" not in body.decode()
    assert "ZeroDivisionError: of somebody's reward" in capsys.readouterr().err


def test_a_process_answers_and_ends_with_its_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TOKEN_VARIABLE, "secret")

    async def main() -> None:
        started = await WorkerProcess.start(SETTINGS)
        with open(f"/proc/{started.pid}/environ", "rb") as environment:
            assert b"secret" not in environment.read()
        answers = [await started.answer(Job("score", {}, body), 5.0) for body in (b'{"items": []}', b"[", b"{}")]
        assert [answer.status for answer in answers] == [200, 400, 422]
        await started.close()
        with pytest.raises(WorkerLostError, match="ended with code 0"):
            await started.answer(Job("score", {}, b"{}"), 5.0)

    asyncio.run(main())


def test_a_process_that_cannot_begin_says_so() -> None:
    with pytest.raises(WorkerLostError, match="ended with code 1"):
        asyncio.run(WorkerProcess.start(ServerSettings(rewards={"x": "no such reward"})))


def test_a_process_that_is_not_ready_in_time_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "START_SECONDS", 0.01)
    with pytest.raises(WorkerLostError, match=r"not ready within 0\.01 seconds"):
        asyncio.run(WorkerProcess.start(SETTINGS))
