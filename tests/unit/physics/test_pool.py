from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from spatialenv.errors import InputError, MissingExtraError, SimulationError
from spatialenv.physics import pool as module
from spatialenv.physics.pool import SimulatorPool
from spatialenv.physics.settle import settle_boxes
from spatialenv.workers import wire
from spatialenv.workers.process import Worker

pytestmark = pytest.mark.skipif(find_spec("pybullet") is None, reason="pybullet is not installed")

CUBE = {"centers": [[0, 0, 0.7]], "sizes": [[0.4, 0.4, 0.4]], "yaws": [0.0]}
SLOW = {
    "centers": np.random.default_rng(0).uniform(0, 2, (150, 3)),
    "sizes": np.full((150, 3), 0.5),
    "yaws": np.linspace(0, 3, 150),
    "seconds": 60.0,
}
SPEAKS = f"""
import importlib.util, json, socket, sys, time
where = importlib.util.spec_from_file_location("wire", {wire.__file__!r})
wire = importlib.util.module_from_spec(where)
where.loader.exec_module(wire)
s = socket.socket(fileno=int(sys.argv[1]))
def send(m):
    wire.send(s, m)
def receive():
    return wire.receive(s)
"""


@pytest.fixture
def pool() -> Iterator[SimulatorPool]:
    made = SimulatorPool(size=1)
    yield made
    made.close()
    assert made.pids == ()


@pytest.fixture(autouse=True)
def forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    from spatialenv.physics import settle

    monkeypatch.setattr(settle, "_kept", settle._Kept(0))


def fall(pool: SimulatorPool) -> float:
    return float(settle_boxes(**CUBE, pool=pool).displacements[0])


def strange(script: str) -> SimulatorPool:
    return SimulatorPool(size=1, command=lambda: [sys.executable, "-c", SPEAKS + textwrap.dedent(script)])


def is_alive(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_until_gone(pid: int, seconds: float = 10.0) -> bool:
    end = time.monotonic() + seconds
    while is_alive(pid) and time.monotonic() < end:
        time.sleep(0.02)
    return not is_alive(pid)


def test_nothing_runs_before_the_first_call_and_one_process_serves_many(pool: SimulatorPool) -> None:
    assert pool.pids == ()
    fall(pool)
    pids = pool.pids
    assert len(pids) == 1
    fall(pool)
    assert pool.pids == pids


def test_a_process_killed_between_calls_is_replaced(pool: SimulatorPool) -> None:
    expected = fall(pool)
    (pid,) = pool.pids
    os.kill(pid, signal.SIGKILL)
    assert wait_until_gone(pid)
    assert fall(pool) == expected
    assert pool.pids != (pid,)


def test_a_process_killed_in_a_call_fails_the_call_and_not_the_next(pool: SimulatorPool) -> None:
    expected = fall(pool)
    (pid,) = pool.pids

    def kill() -> None:
        while not pool._workers._held:
            time.sleep(0.01)
        time.sleep(0.2)
        os.kill(pid, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    with pytest.raises(SimulationError, match=r"the simulator ended with status -9; it is started anew"):
        settle_boxes(**SLOW, pool=pool)
    killer.join()
    assert wait_until_gone(pid)
    assert fall(pool) == expected


def test_a_call_that_takes_too_long_is_given_up_and_its_process_ended(pool: SimulatorPool) -> None:
    fall(pool)
    (pid,) = pool.pids
    start = time.monotonic()
    with pytest.raises(SimulationError, match=r"took more than 0\.2 s to settle 150 bodies; .* higher time limit"):
        settle_boxes(**SLOW, limit=0.2, pool=pool)
    assert time.monotonic() - start < 5.0
    assert wait_until_gone(pid)
    assert fall(pool) > 0


def test_a_process_that_hangs_is_ended() -> None:
    pool = strange("send({'ready': True}); receive(); time.sleep(60)")
    with pytest.raises(SimulationError, match=r"more than 0\.3 s to settle 1 bodies"):
        settle_boxes(**CUBE, limit=0.3, pool=pool)
    assert pool.pids == ()


def test_a_process_that_takes_no_work_is_ended() -> None:
    pool = strange("send({'ready': True}); time.sleep(60)")
    world = {"bodies": np.zeros((20000, 8)).tolist(), "floor": [], "apart": []}
    with pytest.raises(SimulationError, match=r"took no work for 0\.3 s"):
        pool.settle([world], 1.0, 0.3)
    assert pool.pids == ()


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("sys.exit(3)", "ended with status 3"),
        ("raise OSError('no room')", r"ended with status 1 \(OSError: no room\)"),
        ("send({'ready': True}); receive(); sys.exit(4)", "ended with status 4"),
        (
            "send({'ready': True}); receive(); s.sendall(b'\\0\\0\\0\\4\\0\\0\\0\\0nope'); time.sleep(60)",
            "is no message",
        ),
        ("send({'ready': True}); receive(); s.sendall(b'\\0\\0\\0\\xff\\0\\0\\0\\0half'); sys.exit(0)", "status 0"),
        ("send({'ready': True}); receive(); send({'error': 'error: Out of memory'})", "PyBullet failed: error: Out of"),
        ("send({}); time.sleep(60)", "did not say that it is ready"),
    ],
)
def test_whatever_a_process_does_is_an_error_that_says_so(script: str, message: str) -> None:
    pool = strange(script)
    with pytest.raises(SimulationError, match=message):
        settle_boxes(**CUBE, pool=pool)
    assert pool.pids == ()


def test_a_command_that_is_not_there_is_an_error() -> None:
    with pytest.raises(SimulationError, match="could not be started: No such file"):
        settle_boxes(**CUBE, pool=SimulatorPool(command=lambda: ["/nowhere/python"]))


def test_without_the_package_the_extra_is_named(pool: SimulatorPool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"pip install 'spatialenv\[physics\]'"):
        fall(pool)


@pytest.mark.parametrize("size", [0, -1, 1.5, "2"])
def test_a_pool_has_at_least_one_process(size: object) -> None:
    with pytest.raises(InputError, match=r"`size` is .*; give a whole number of processes, at least 1"):
        SimulatorPool(size=size)  # type: ignore[arg-type]


def test_processes_are_replaced_when_they_are_worn() -> None:
    pool = SimulatorPool(size=1, max_calls=3)
    seen = set()
    for _ in range(7):
        fall(pool)
        seen.update(pool.pids)
    assert len(seen) == 3  # it is dropped right after its third call
    pool.close()
    small = SimulatorPool(size=1, max_memory_mb=1.0)
    fall(small)
    assert small.pids == ()


def test_threads_share_two_processes() -> None:
    pool = SimulatorPool(size=2)
    results: list[float] = []
    most = []

    def work() -> None:
        for _ in range(5):
            results.append(fall(pool))
            most.append(len(pool.pids))

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 30
    assert len(set(results)) == 1
    assert max(most) <= 2
    pool.close()


def test_an_interrupted_call_leaves_no_answer_behind(pool: SimulatorPool, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = fall(pool)
    (pid,) = pool.pids
    with monkeypatch.context() as patched:
        patched.setattr(Worker, "_receive", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            settle_boxes([[0, 0, 9]], [[1, 1, 1]], [0], pool=pool)
    assert wait_until_gone(pid)
    assert fall(pool) == expected


SCRIPT = """
import multiprocessing, os, sys
from spatialenv.physics.pool import POOL
from spatialenv.physics.settle import settle_boxes
from spatialenv.workers import wire
from spatialenv.workers.process import Worker
from spatialenv.physics import settle
settle._kept._most = 0
def fall(_=0):
    return float(settle_boxes([[0, 0, 0.7]], [[0.4, 0.4, 0.4]], [0.0]).displacements[0])
"""


def run(code: str) -> str:
    command = [sys.executable, "-W", "error", "-c", SCRIPT + textwrap.dedent(code)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_no_process_outlives_the_interpreter_and_it_prints_nothing() -> None:
    out = run("fall(); print(*POOL.pids)")
    assert all(wait_until_gone(int(pid)) for pid in out.split())


def test_no_process_outlives_a_killed_interpreter() -> None:
    code = SCRIPT + "fall(); print(*POOL.pids, flush=True); import time; time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert is_alive(pid)
        parent.kill()
    assert wait_until_gone(pid)


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_a_child_process_starts_its_own(method: str, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        SCRIPT
        + textwrap.dedent(f"""
        def child(_):
            return fall(), POOL.pids
        if __name__ == "__main__":
            mine = fall()
            before = POOL.pids
            with multiprocessing.get_context({method!r}).Pool(1) as children:
                (theirs, pids), = children.map(child, [0])
                children.close()
                children.join()
            assert theirs == mine and set(pids).isdisjoint(before), (theirs, mine, pids, before)
            assert fall() == mine and POOL.pids == before
            print(*pids, *before)
        """)
    )
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    assert all(wait_until_gone(int(pid)) for pid in done.stdout.split())


def test_a_reward_that_was_used_can_be_pickled() -> None:
    from spatialenv.rewards import make_reward
    from spatialenv.testing.samples import sample_transitions

    reward, transition = make_reward("stability"), sample_transitions()[0]
    value = reward(transition).value
    assert pickle.loads(pickle.dumps(reward))(transition).value == value


@pytest.mark.slow
def test_two_thousand_calls_leave_the_memory_flat() -> None:
    import resource

    pool = SimulatorPool(size=1)
    rng = np.random.default_rng(0)
    memory, own, seen = [], [], set()
    for turn in range(2000):
        boxes = rng.uniform(0, 2, (4, 3)), rng.uniform(0.2, 0.6, (4, 3)), rng.uniform(0, 3, 4)
        settle_boxes(*boxes, seconds=0.1, pool=pool)
        seen.update(pool.pids)
        if turn % 200 == 199:
            memory += [worker.memory_mb for worker in pool._workers._idle]
            own.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    pool.close()
    assert len(seen) <= 3
    assert max(memory) < 1.25 * min(memory)
    assert own[-1] < own[2] + 20
