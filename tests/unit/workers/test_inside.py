"""The inner side of a worker leaves nothing behind, however its other side goes."""

from __future__ import annotations

import signal
import socket
from pathlib import Path

import pytest

from spatialenv.workers import inside, wire


def test_an_answer_that_nobody_takes_leaves_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "spatialenv-worker-test"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    ours, theirs = socket.socketpair()
    with ours, theirs:
        wire.send(ours, {"limit": 30})

        def answer(header: dict[str, object], blobs: object) -> tuple[dict[str, object], tuple[()]]:
            ours.close()
            return {}, ()

        with pytest.raises(BrokenPipeError):
            inside.serve(theirs, answer)
    assert not folder.exists()


def test_other_folders_are_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    inside.leave()
    assert tmp_path.exists()


def test_errors_are_told_and_the_alarm_is_off_between_requests() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        wire.send(ours, {"limit": 30, "a": 1})
        ours.shutdown(socket.SHUT_WR)

        def answer(header: dict[str, object], blobs: object) -> tuple[dict[str, object], tuple[()]]:
            raise ZeroDivisionError("by nothing")

        inside.serve(theirs, answer, {"colour": "red"})
        ready, reply = wire.receive(ours), wire.receive(ours)
    assert ready is not None
    assert ready.header == {"ready": True, "colour": "red"}
    assert reply is not None
    assert reply.header["error"] == "ZeroDivisionError: by nothing"
    assert reply.header["memory_mb"] > 10
    assert signal.alarm(0) == 0
