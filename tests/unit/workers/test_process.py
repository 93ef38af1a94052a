"""One worker: what it says arrives, what it prints is in nobody's way, how it ends is told."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from spatialenv.workers.process import (
    KEPT_OUTPUT,
    PLACES,
    Worker,
    WorkerHungError,
    WorkerLostError,
    WorkerStartError,
    kept_environment,
)

Start = Callable[..., Worker]
Program = Callable[..., list[str]]
Check = Callable[[int], bool]
Wait = Callable[[Callable[[], bool]], bool]


@pytest.fixture
def start(program: Program, is_there: Check) -> Iterator[Start]:
    made: list[Worker] = []

    def make(script: str = "", *, serves: bool = False, **options: object) -> Worker:
        made.append(Worker(program(script, serves=serves), what="the doubler", **options))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for worker in made:
        worker.close()
        assert not is_there(worker.pid)


def ask(worker: Worker, n: int = 1, limit: float = 10.0) -> int:
    answer = worker.request({"n": n}, limit=limit, task=f"double {n}").header
    assert "error" not in answer, answer
    return int(answer["n"])


def test_it_answers_with_what_it_was_sent(start: Start) -> None:
    worker = start(serves=True)
    worker.wait()
    blob = np.arange(500_000, dtype=np.float32)
    reply = worker.request({"n": 21}, [blob.data, b""], limit=10, task="double")
    assert reply.header["n"] == 42
    assert reply.header["pid"] == worker.pid
    assert np.array_equal(np.frombuffer(reply.blobs[0], np.float32), blob)
    assert reply.blobs[1] == b""
    assert worker.calls == 1
    assert worker.is_free
    assert worker.is_alive


def test_its_memory_is_its_own(start: Start) -> None:
    """Not that of the process that started it, which may hold a large model."""
    ballast = np.ones(40_000_000)
    worker = start(serves=True)
    worker.wait()
    ask(worker)
    assert 3 < worker.memory_mb < ballast.nbytes / (1 << 20) * 0.8


def test_its_first_message_is_kept(start: Start) -> None:
    worker = start("say({'ready': True, 'version': '5.0.1'}); hear()")
    worker.wait()
    assert worker.info == {"ready": True, "version": "5.0.1"}


def test_an_error_is_a_reply_and_the_next_request_is_answered(start: Start) -> None:
    worker = start(serves=True)
    worker.wait()
    reply = worker.request({"n": -1}, limit=10, task="double").header
    assert reply["error"] == "ArithmeticError: -1 is below 0"
    assert worker.is_free
    assert ask(worker, 4) == 8


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_megabyte_is_in_nobodys_way(start: Start, stream: str, wait_until: Wait) -> None:
    script = f"""
    import os
    number = sys.{stream}.fileno()
    def shout(end):
        os.write(number, b"first")
        for _ in range(20):
            os.write(number, b"x" * 65536)
        os.write(number, end)
    shout(b"")
    say({{"ready": True}})
    while True:
        n = hear()["n"]
        shout(b"")
        s.sendall((8).to_bytes(4) + bytes(4) + b'{{"n"')
        shout(b"the end")
        s.sendall(b": 7}}")
    """
    worker = start(script)
    worker.wait(10)
    for _ in range(3):
        assert ask(worker) == 7
    assert wait_until(lambda: worker.output.endswith("the end"))
    assert len(worker.output) == KEPT_OUTPUT
    assert "first" not in worker.output


def test_what_it_printed_last_is_told(start: Start) -> None:
    worker = start("say({'ready': True}); hear(); print('one'); print('no more memory', flush=True); os.abort()")
    worker.wait()
    with pytest.raises(WorkerLostError, match=r"the doubler ended with status -6 \(no more memory\); it is started"):
        ask(worker)
    assert not worker.is_free


@pytest.mark.parametrize(
    ("script", "error", "message"),
    [
        ("sys.exit(3)", WorkerStartError, "the doubler ended with status 3;"),
        ("raise OSError('no room')", WorkerStartError, r"ended with status 1 \(OSError: no room\)"),
        ("say({'ready': False, 'error': 'no card'}); time.sleep(60)", WorkerStartError, "cannot start: no card"),
        ("say({}); time.sleep(60)", WorkerStartError, "did not say that it is ready"),
        ("os.kill(os.getpid(), 9)", WorkerLostError, "ended with status -9"),
        ("sys.exit(137)", WorkerLostError, "ended with status 137"),
        ("time.sleep(60)", WorkerHungError, r"took more than 0\.5 s to get ready"),
        ("s.sendall(b'ready? yes, I am')", WorkerStartError, "is no message"),
    ],
)
def test_what_does_not_get_ready_says_why(start: Start, script: str, error: type[Exception], message: str) -> None:
    worker = start(script)
    with pytest.raises(error, match=message) as raised:
        worker.wait(0.5 if error is WorkerHungError else 10)
    assert type(raised.value) is error


def test_all_that_it_said_is_there_to_be_explained(start: Start) -> None:
    worker = start("print('libXi.so.6: cannot open'); raise ImportError('second line')")
    with pytest.raises(WorkerStartError) as raised:
        worker.wait()
    assert "libXi.so.6: cannot open" in raised.value.output
    assert "second line" in raised.value.output


def test_no_such_program() -> None:
    with pytest.raises(WorkerStartError, match=r"the worker could not be started: No such file .*/nowhere/python"):
        Worker(["/nowhere/python"])


@pytest.mark.parametrize(
    "script",
    [
        "hear(); time.sleep(60)",
        "hear(); signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 32)); time.sleep(60)",
        "hear(); s.sendall(bytes(3)); time.sleep(60)",
        # A byte now and then is no sign of life: the limit holds for the whole answer.
        "hear(); s.sendall((9).to_bytes(4) + bytes(4)); [(time.sleep(0.2), s.sendall(b' ')) for _ in range(99)]",
    ],
)
def test_a_hang_is_told_in_time(start: Start, script: str, is_there: Check) -> None:
    worker = start("say({'ready': True});" + script)
    worker.wait()
    began = time.monotonic()
    with pytest.raises(WorkerHungError, match=r"more than 0\.5 s to double 1; .* a higher time limit"):
        ask(worker, limit=0.5)
    assert time.monotonic() - began < 1.5
    assert not worker.is_free
    worker.close()
    assert not is_there(worker.pid)


def test_one_that_takes_nothing_is_told_in_time(start: Start) -> None:
    worker = start("say({'ready': True}); time.sleep(60)")
    worker.wait()
    with pytest.raises(WorkerHungError, match=r"took no work for 0\.5 s"):
        worker.request({}, [bytes(1 << 24)], limit=0.5, task="double")


def test_its_end_is_seen_though_another_holds_its_socket(start: Start) -> None:
    """Such as a process that was forked while it was started."""
    worker = start("say({'ready': True}); hear(); os.fork() or time.sleep(3); os._exit(5)")
    worker.wait()
    began = time.monotonic()
    with pytest.raises(WorkerLostError, match="ended with status 5"):
        ask(worker, limit=60)
    assert time.monotonic() - began < 5


def test_what_it_started_ends_with_it(start: Start, is_alive: Check, wait_until: Wait) -> None:
    script = "import subprocess; p = subprocess.Popen(['sleep', '60']); say({'ready': True, 'child': p.pid}); hear()"
    worker = start(script)
    worker.wait()
    child = worker.info["child"]
    assert is_alive(child)
    worker.close()
    assert wait_until(lambda: not is_alive(child))


def test_it_may_end_by_itself(start: Start) -> None:
    worker = start("import atexit; atexit.register(print, 'goodbye', flush=True); say({'ready': True}); hear()")
    worker.wait()
    worker.close(grace=5)
    assert worker.output == "goodbye\n"


def test_it_knows_no_secrets(monkeypatch: pytest.MonkeyPatch, start: Start) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    monkeypatch.setenv("HF_TOKEN", "secret")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    worker = start("say({'ready': True, **os.environ}); hear()", variables={"OMP_NUM_THREADS": "1"})
    worker.wait()
    known = {name: value for name, value in worker.info.items() if name not in ("ready", "LC_CTYPE")}
    places = {known.pop(name) for name in PLACES}
    assert len(places) == 1
    assert known == {**kept_environment(), "OMP_NUM_THREADS": "1"}
    assert "secret" not in known.values()
    assert known["CUDA_VISIBLE_DEVICES"] == "1"


def test_one_whose_first_thread_has_ended_is_not_alive(start: Start, wait_until: Wait) -> None:
    """As for a moment after a kill, when the system has not yet ended all threads: nothing can be waited for then."""
    script = """
    import ctypes, threading
    threading.Thread(target=time.sleep, args=(60,)).start()
    say({"ready": True})
    hear()
    ctypes.CDLL(None).syscall(60 if os.uname().machine == "x86_64" else 93, 0)  # the first thread alone
    """
    worker = start(script)
    worker.wait()
    assert worker.is_alive
    with pytest.raises(WorkerHungError):
        ask(worker, limit=0.2)
    assert wait_until(lambda: not worker.is_alive)
    assert worker._process.poll() is None


def test_its_temporary_files_go_with_it(start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    script = """
    import tempfile
    place = tempfile.mkdtemp()
    open(place + "/file", "w").close()
    say({"ready": True, "place": place})
    hear()
    """
    before = set(tmp_path.iterdir())
    worker = start(script)
    worker.wait()
    assert Path(worker.info["place"], "file").exists()
    assert Path(worker.info["place"]).is_relative_to(tmp_path)
    worker.kill()
    worker.close()
    assert {path for path in tmp_path.iterdir() if path.is_dir()} <= before


def test_without_a_temporary_folder_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere")
    with pytest.raises(
        WorkerStartError, match="no temporary folder can be made: No such file or directory; set TMPDIR"
    ):
        Worker([sys.executable])


def test_it_has_no_other_files_and_no_terminal(start: Start) -> None:
    script = """
    open_files = sorted(int(n) for n in os.listdir("/proc/self/fd"))
    say({"ready": True, "files": open_files, "socket": s.fileno(), "session": os.getsid(0), "in": sys.stdin.read()})
    hear()
    """
    with open("/dev/null") as ours:
        os.set_inheritable(ours.fileno(), True)
        worker = start(script)
    worker.wait()
    assert worker.info["session"] == worker.pid
    assert worker.info["in"] == ""
    assert set(worker.info["files"][:3]) == {0, 1, 2}
    assert len(worker.info["files"]) <= 5  # those, the socket, and the folder that is being listed
    assert worker.info["socket"] in worker.info["files"]


@pytest.mark.parametrize(
    "doing",
    [
        "pass",
        "worker.request({'n': 1, 'seconds': 100}, limit=200, task='sleep')",
    ],
)
def test_it_ends_when_its_parent_is_killed(
    program: Program, tmp_path: Path, doing: str, is_alive: Check, wait_until: Wait
) -> None:
    """Also in the middle of a long request."""
    command = program(serves=True)
    code = (
        "import time\nfrom spatialenv.workers.process import Worker\n"
        f"worker = Worker({command!r})\nworker.wait()\nprint(worker.pid, flush=True)\n{doing}\ntime.sleep(100)"
    )
    places = tmp_path / "places"
    places.mkdir()
    variables = {**os.environ, "TMPDIR": str(places)}
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=variables) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        time.sleep(0.3)
        assert is_alive(pid)
        assert len(list(places.iterdir())) == 1
        parent.kill()
    assert wait_until(lambda: not is_alive(pid))
    assert list(places.iterdir()) == []


def test_one_that_no_signal_of_python_reaches_ends_by_the_clock(
    program: Program, tmp_path: Path, is_alive: Check, wait_until: Wait
) -> None:
    """A library may hold the interpreter's lock for ever: then only the system's alarm is left."""
    hangs = """
    inside.SPARE_SECONDS = 0
    def answer(header, blobs):
        import ctypes
        ctypes.PyDLL(None).sleep(100)  # sleeps in C without letting other threads run
    """
    command = program(hangs, serves=True)
    code = (
        "import threading, time\nfrom spatialenv.workers.process import Worker\n"
        f"worker = Worker({command!r})\nworker.wait()\nprint(worker.pid, flush=True)\n"
        "threading.Thread(target=worker.request, args=({'n': 1},), kwargs={'limit': 2, 'task': ''}).start()\n"
    )
    variables = {**os.environ, "TMPDIR": str(tmp_path)}  # nobody is left to remove its folder
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=variables) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        time.sleep(0.3)
        os.kill(parent.pid, signal.SIGKILL)
    assert is_alive(pid)
    assert wait_until(lambda: not is_alive(pid))
