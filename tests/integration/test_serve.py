"""The real command under load, on signals, and before peers that drag things out."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from benchmarks.serve import __main__ as load
from benchmarks.serve import strangers
from benchmarks.serve.server import ServerProcess

from spatialenv.core.room import Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.envs import RoomLayoutEnv
from spatialenv.errors import InputError
from spatialenv.serving import RemoteReward, ScoreClient
from spatialenv.serving.settings import TOKEN_VARIABLE

CUBE = SceneObject(id="cube_1", category="cube", size=(1, 1, 1))
SCENE = Scene(Room.rectangle(6, 4, 3), (CUBE,))
LAYOUT = {"cube_1": (1.0, 1.0, 0.5)}
LIGHT = ("--reward", "format")
"""Options of a server that starts sooner, because it needs no kernels."""


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    started = ServerProcess("--queue", "4", "--max-bytes", "100000")
    yield started
    assert started.end() == 0


@pytest.mark.slow
def test_nothing_is_lost_under_load(tmp_path: Path) -> None:
    file = tmp_path / "serve.json"
    # Memory needs longer than this to settle: the benchmark itself, of a minute, is where it is judged.
    load.main(["--seconds", "3", "--clients", "4", "--queue", "2", "--json", str(file)])
    figures = json.loads(file.read_text())
    assert figures["unexpected"] == []
    assert figures["items"]["sent"] == figures["items"]["answered"] > 0
    assert figures["items"]["wrong"] == 0
    assert figures["requests"]["refused"] > 0
    assert figures["exit_code"] == 0
    assert figures["worker_restarts"] == 0


@pytest.mark.parametrize("make", list(strangers.REFUSED), ids=lambda make: make.__name__)
def test_what_is_wrong_is_refused(server: ServerProcess, make: Callable[[random.Random], bytes]) -> None:
    status, body = strangers.ask(server.url, make(random.Random(0)))
    assert (status, set(json.loads(body))) == (strangers.REFUSED[make], {"error"})


def test_a_connection_serves_on_after_a_refusal(server: ServerProcess) -> None:
    with ScoreClient(server.url, max_bytes=10**6) as client:
        for _ in range(3):
            with pytest.raises(InputError, match="413"):
                client.score(SCENE, "x" * 200_000)
            assert client.score(SCENE, LAYOUT).score == 1.0
            with pytest.raises(InputError, match=r"422.*not in the scene"):
                client.score(SCENE, {"cube_2": (1, 1, 1)})


def test_a_slow_body_is_answered(server: ServerProcess) -> None:
    status, body = strangers.ask(server.url, strangers.post(b'{"items": []}'), pieces=4, pause=0.05)
    assert (status, json.loads(body)["items"]) == (200, [])


def test_those_who_hang_up_leave_nothing_behind(server: ServerProcess) -> None:
    for share in (0.0, 0.2, 0.9, 1.0):
        for _ in range(5):
            strangers.give_up(server.url, strangers.post(b'{"items": []}' + b" " * 1000), share)
    with ScoreClient(server.url) as client:
        assert client.score(SCENE, LAYOUT).score == 1.0
        health = client.health()
    assert (health["queue"]["depth"], health["queue"]["running"], health["restarts"]) == (0, 0, 0)


def test_a_reward_of_the_server_is_a_reward_here(server: ServerProcess) -> None:
    with ScoreClient(server.url, reward="boundary", include=["details"]) as client:
        env = RoomLayoutEnv(tasks=[SCENE], reward=RemoteReward(client), renderer="blank", max_turns=1)
        env.reset(seed=0)
        text = '<think></think><answer>[{"new_object_id": "cube_1", "x": 0, "y": 2, "z": 0.5}]</answer>'
        _, reward, _, _, info = env.step(text)
        assert (reward, info["score"]) == (0.5, 0.5)


def test_a_worker_that_is_killed_is_replaced() -> None:
    server = ServerProcess(*LIGHT)
    try:
        with ScoreClient(server.url) as client:
            assert client.score(SCENE, LAYOUT).score == 1.0
            os.kill(server.pids()[1], signal.SIGKILL)
            time.sleep(0.5)  # until the system has ended it: nobody's request is lost with an idle worker
            assert client.score(SCENE, LAYOUT).score == 1.0
            assert client.health()["restarts"] == 1
    finally:
        assert server.end() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_what_was_accepted_is_answered_before_the_end(number: signal.Signals) -> None:
    server = ServerProcess(*LIGHT, "--queue", "20")
    workers = server.pids()[1:]
    try:
        os.kill(workers[0], signal.SIGSTOP)  # so that all of them wait
        with ScoreClient(server.url) as client, ThreadPoolExecutor(6) as pool:
            taken = [pool.submit(client.score_batch, [(SCENE, LAYOUT)] * 20) for _ in range(6)]
            until = time.monotonic() + 30
            while client.health()["queue"]["depth"] < 5:
                assert time.monotonic() < until
            os.kill(server.pid, number)
            time.sleep(0.3)
            os.kill(workers[0], signal.SIGCONT)
            for one in taken:
                assert [item.score for item in one.result(60)] == [1.0] * 20
            assert client.retried == 0
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(workers[0], signal.SIGCONT)
        assert server.end() == 0
    for worker in workers:
        assert not Path(f"/proc/{worker}").exists()


def test_workers_end_with_a_server_that_is_killed() -> None:
    server = ServerProcess(*LIGHT)
    workers = server.pids()[1:]
    os.kill(server.pid, signal.SIGKILL)
    assert server.end() == -9
    until = time.monotonic() + 20
    while any(Path(f"/proc/{worker}").exists() for worker in workers):
        assert time.monotonic() < until
        time.sleep(0.05)


def test_a_token_of_the_environment_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TOKEN_VARIABLE, "s3cret")
    server = ServerProcess(*LIGHT)
    try:
        assert Path(f"/proc/{server.pid}/cmdline").read_bytes().find(b"s3cret") == -1
        with ScoreClient(server.url) as client:
            assert client.score(SCENE, LAYOUT).score == 1.0
        with ScoreClient(server.url, token="wrong") as client, pytest.raises(InputError, match=r"401.*token"):
            client.score(SCENE, LAYOUT)
    finally:
        assert server.end() == 0


def _refused(*options: str) -> str:
    command = [sys.executable, "-m", "spatialenv", "serve", *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    return done.stderr


def test_mistakes_are_told_in_one_line(server: ServerProcess) -> None:
    port = str(urlsplit(server.url).port)
    assert "choose another --port" in _refused("--port", port)
    assert "did you mean 'collision'" in _refused("--reward", "colision")


def test_heads_that_do_not_end_are_dropped(server: ServerProcess) -> None:
    """Only that others are served beside them; the time limit itself is tested on the protocol."""
    place = urlsplit(server.url)
    held = [socket.create_connection((place.hostname or "", place.port or 0)) for _ in range(20)]
    try:
        for connection in held:
            connection.sendall(b"POST /score HTTP/1.1\r\nHost: s\r\n")
        with ScoreClient(server.url) as client:
            assert client.score(SCENE, LAYOUT).score == 1.0
    finally:
        for connection in held:
            connection.close()
