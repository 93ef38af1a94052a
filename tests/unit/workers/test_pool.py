"""Every job is done once, in order, whatever happens to the processes that do them, and none of these is left over."""

from __future__ import annotations

import gc
import os
import random
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from spatialenv.errors import InputError, MissingExtraError, RendererError, SimulationError
from spatialenv.workers.pool import WorkerPool
from spatialenv.workers.process import Worker, WorkerHungError

Program = Callable[..., list[str]]
Pool = Callable[..., WorkerPool]
Check = Callable[[int], bool]
Wait = Callable[[Callable[[], bool]], bool]


def double(n: int, seconds: float = 0.0, limit: float = 20.0) -> Callable[[Worker], int]:
    def job(worker: Worker) -> int:
        answer = worker.request({"n": n, "seconds": seconds}, limit=limit, task=f"double {n}").header
        if "error" in answer:
            raise RendererError(answer["error"])
        return int(answer["n"])

    return job


def whose(worker: Worker) -> int:
    return int(worker.request({"n": 0}, limit=20, task="tell").header["pid"])


def test_nothing_runs_before_the_first_job_and_one_process_serves_many(make_pool: Pool) -> None:
    pool = make_pool()
    assert pool.pids == ()
    assert pool.run([]) == []
    assert pool.pids == ()
    assert pool.run([double(3)]) == [6]
    (pid,) = pool.pids
    assert pool.run([whose] * 5) == [pid] * 5


def test_results_have_the_order_of_the_jobs(make_pool: Pool) -> None:
    pool = make_pool(size=3)
    seconds = [0.2, 0.0, 0.1, 0.0, 0.05, 0.0, 0.15]
    assert pool.run([double(n, pause) for n, pause in enumerate(seconds)]) == [0, 2, 4, 6, 8, 10, 12]
    assert len(pool.pids) == 3


@pytest.mark.parametrize("size", [1, 3])
def test_kills_at_random_change_nothing(make_pool: Pool, is_there: Check, size: int) -> None:
    pool = make_pool(size=size, attempts=12)
    rng, done, seen, answered = random.Random(size), threading.Event(), set(), []

    def kill() -> None:
        while not done.wait(rng.uniform(0.0, 0.25)):
            pids = pool.pids
            if pids:
                seen.update(pids)
                pid = rng.choice(pids)
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue

    def job(n: int) -> Callable[[Worker], int]:
        def do(worker: Worker) -> int:
            result = double(n, 0.01)(worker)
            answered.append(n)
            return result

        return do

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        results = pool.run([job(n) for n in range(200)])
    finally:
        done.set()
        killer.join()
    assert results == [2 * n for n in range(200)]
    assert sorted(answered) == list(range(200))
    pool.close()
    assert len(seen) > size + 3
    assert not any(is_there(pid) for pid in seen)


def test_a_process_that_was_killed_while_it_was_idle_is_replaced(make_pool: Pool, wait_until: Wait) -> None:
    pool = make_pool(attempts=1)
    pool.run([double(1)])
    (pid,) = pool.pids
    os.kill(pid, signal.SIGKILL)
    time.sleep(0.1)
    assert pool.run([double(2)]) == [4]
    assert pool.pids != (pid,)


DIES = """
def answer(header, blobs):
    if header["n"] == 3 and not os.path.exists({path!r} + str({count})):
        for i in range(1, {count} + 1):
            if not os.path.exists({path!r} + str(i)):
                open({path!r} + str(i), "w").close()
                {end}
    return {{"n": 2 * header["n"]}}, ()
"""


@pytest.mark.parametrize(
    ("end", "count"),
    [
        ("os.kill(os.getpid(), 11)", 3),
        ("print('x' * 99); os._exit(0)", 3),
        ("os.closerange(3, 99); time.sleep(60)", 1),
    ],
)
def test_a_job_whose_process_ends_is_done_again(
    make_pool: Pool, program: Program, tmp_path: Path, end: str, count: int
) -> None:
    command = program(DIES.format(path=str(tmp_path / "died"), count=count, end=end), serves=True)
    pool = make_pool(command, size=2)
    assert pool.run([double(n) for n in range(6)]) == [0, 2, 4, 6, 8, 10]
    assert (tmp_path / f"died{count}").exists()


def test_after_some_attempts_it_is_given_up(make_pool: Pool, program: Program, tmp_path: Path) -> None:
    end = "print('Segfault in the sofa', flush=True); os.kill(os.getpid(), 9)"
    command = program(DIES.format(path=str(tmp_path / "died"), count=9, end=end), serves=True)
    pool = make_pool(command)
    message = r"the doubler ended with status -9 \(Segfault in the sofa\); .* \(4 attempts\)"
    with pytest.raises(RendererError, match=message):
        pool.run([double(n) for n in range(9)])
    assert (tmp_path / "died4").exists()
    assert not (tmp_path / "died5").exists()
    assert pool.run([double(5)]) == [10]


def test_a_job_whose_process_hangs_is_done_again(make_pool: Pool, program: Program, tmp_path: Path) -> None:
    command = program(DIES.format(path=str(tmp_path / "hung"), count=1, end="time.sleep(60)"), serves=True)
    pool = make_pool(command, size=2)
    began = time.monotonic()
    assert pool.run([double(n, limit=1.0) for n in range(6)]) == [0, 2, 4, 6, 8, 10]
    assert time.monotonic() - began < 8


def test_a_job_that_hangs_twice_is_given_up(make_pool: Pool, program: Program, tmp_path: Path) -> None:
    command = program(DIES.format(path=str(tmp_path / "hung"), count=9, end="time.sleep(60)"), serves=True)
    pool = make_pool(command)
    with pytest.raises(RendererError, match=r"took more than 0\.5 s to double 3; .* \(2 attempts\)"):
        pool.run([double(3, limit=0.5)])
    assert (tmp_path / "hung2").exists()
    assert not (tmp_path / "hung3").exists()
    assert pool.pids == ()


def test_an_error_of_the_job_is_not_tried_again_and_costs_no_process(make_pool: Pool) -> None:
    pool = make_pool()
    pool.run([double(1)])
    (pid,) = pool.pids
    with pytest.raises(RendererError, match=r"^ArithmeticError: -1 is below 0$"):
        pool.run([double(-1)])
    assert pool.pids == (pid,)
    assert pool.run([whose, double(4)]) == [pid, 8]


def test_of_several_errors_the_first_jobs_is_told_and_what_is_left_is_not_begun(make_pool: Pool) -> None:
    pool = make_pool(size=2)
    begun = []

    def noted(n: int) -> Callable[[Worker], int]:
        def job(worker: Worker) -> int:
            begun.append(n)
            return double(n, 0.3 if n == -1 else 0.1)(worker)

        return job

    with pytest.raises(RendererError, match="-1 is below 0"):
        pool.run([noted(-1), noted(-2), *map(noted, range(20))])
    assert set(begun) <= {-1, -2, 0, 1, 2}


def test_a_job_that_leaves_an_answer_unread_costs_the_process(make_pool: Pool) -> None:
    pool = make_pool()

    def careless(worker: Worker) -> int:
        try:
            worker.request({"n": 1, "seconds": 2}, limit=0.2, task="sleep")
        except WorkerHungError:
            return 0
        return 1

    assert pool.run([careless]) == [0]
    assert pool.pids == ()
    assert pool.run([double(7)]) == [14]


@pytest.mark.parametrize("script", ["sys.exit('libXi.so.6: cannot open')", "raise ImportError('libXi.so.6: cannot')"])
def test_why_none_can_be_started_is_explained(make_pool: Pool, program: Program, script: str) -> None:
    pool = make_pool(
        program(script), size=2, explain=lambda said: MissingExtraError("apt") if "libXi" in said else None
    )
    with pytest.raises(MissingExtraError, match=r"^apt$"):
        pool.run([double(1), double(2)])
    assert pool.pids == ()


def test_what_cannot_be_explained_is_an_error(make_pool: Pool, program: Program, tmp_path: Path) -> None:
    starts = tmp_path / "starts"
    script = f"open({str(starts)!r}, 'a').write('x'); sys.exit('no luck')"
    pool = make_pool(program(script), explain=lambda _: None, error=SimulationError, what="the simulator")
    with pytest.raises(SimulationError, match=r"the simulator ended with status 1 \(no luck\)"):
        pool.run([double(1)])
    assert starts.read_text() == "x"  # the next would end in the same way


def test_a_start_that_another_ends_is_tried_again(make_pool: Pool, program: Program, tmp_path: Path) -> None:
    mark = str(tmp_path / "killed")
    script = f"os.path.exists({mark!r}) or (open({mark!r}, 'w'), os.kill(os.getpid(), 9))"
    assert make_pool(program(script, serves=True)).run([double(2)]) == [4]


def test_a_start_that_hangs_is_given_up(make_pool: Pool, program: Program) -> None:
    pool = make_pool(program("time.sleep(60)"), start_limit=0.3)
    with pytest.raises(RendererError, match=r"took more than 0\.3 s to get ready"):
        pool.run([double(2)])
    assert pool.pids == ()


def test_no_such_program(make_pool: Pool) -> None:
    with pytest.raises(RendererError, match="the doubler could not be started: No such file"):
        make_pool(["/nowhere/blender"]).run([double(1)])


def test_what_the_command_says_is_raised() -> None:
    def command() -> list[str]:
        raise MissingExtraError("spatialenv blender install")

    pool = WorkerPool(command)
    for _ in range(2):
        with pytest.raises(MissingExtraError, match="blender install"):
            pool.run([double(1)])


@pytest.mark.parametrize("size", [0, -1, 1.5, "2", True])
def test_a_pool_has_at_least_one_process(size: object) -> None:
    with pytest.raises(InputError, match=r"`size` is .*; give a whole number of processes, at least 1"):
        WorkerPool(lambda: [], size=size)  # type: ignore[arg-type]


def test_processes_are_replaced_after_some_calls(make_pool: Pool, is_there: Check) -> None:
    pool = make_pool(max_calls=3)
    pids = [pool.run([whose])[0] for _ in range(7)]
    assert [pids.count(pid) for pid in dict.fromkeys(pids)] == [3, 3, 1]
    assert not any(is_there(pid) for pid in pids[:6])


def test_one_that_leaks_is_replaced(make_pool: Pool, program: Program) -> None:
    leaks = """
    kept = []
    def answer(header, blobs):
        kept.append(bytearray(os.urandom(1 << 20) * 10))
        return {"pid": os.getpid()}, ()
    """
    pool = make_pool(program(leaks, serves=True), max_memory_mb=100)
    pids = [pool.run([whose])[0] for _ in range(25)]
    runs = [pids.count(pid) for pid in dict.fromkeys(pids)]
    assert len(runs) in (3, 4)
    assert all(7 <= count <= 10 for count in runs[:-1])


def test_threads_share_the_processes(make_pool: Pool) -> None:
    pool = make_pool(size=2)
    results: dict[int, list[int]] = {}
    most = []
    others = threading.active_count()

    def work(first: int) -> None:
        results[first] = pool.run([double(first + n, 0.01) for n in range(10)])
        most.append(len(pool.pids))

    threads = [threading.Thread(target=work, args=(100 * i,)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {100 * i: [2 * (100 * i + n) for n in range(10)] for i in range(6)}
    assert max(most) <= 2
    assert threading.active_count() <= others + 4


def test_what_is_remembered_of_a_process_ends_with_it(make_pool: Pool) -> None:
    pool = make_pool(max_calls=3)

    def remember(worker: Worker) -> int:
        worker.notes["sent"] = worker.notes.get("sent", 0) + 1
        whose(worker)
        return int(worker.notes["sent"])

    assert [pool.run([remember])[0] for _ in range(5)] == [1, 2, 3, 1, 2]


def test_closed_while_idle_they_end_and_others_are_started(make_pool: Pool, is_there: Check) -> None:
    pool = make_pool(size=2)
    pool.run([double(n, 0.1) for n in range(4)])
    pids = pool.pids
    began = time.monotonic()
    pool.close()
    assert time.monotonic() - began < 1.0
    assert not any(is_there(pid) for pid in pids)
    assert pool.run([double(8)]) == [16]
    assert not set(pool.pids) & set(pids)
    pool.close()
    pool.close()


def test_closed_while_at_work_they_finish_and_end(make_pool: Pool, is_there: Check) -> None:
    pool = make_pool(size=2)
    results: list[int] = []
    work = threading.Thread(target=lambda: results.extend(pool.run([double(n, 0.2) for n in range(6)])))
    work.start()
    time.sleep(0.3)
    pool.close()
    pids = pool.pids
    assert len(pids) == 2
    work.join()
    assert results == [0, 2, 4, 6, 8, 10]
    assert pool.pids == ()
    assert not any(is_there(pid) for pid in pids)


def test_a_pool_that_nobody_holds_ends_its_processes(program: Program, is_there: Check) -> None:
    command = program(serves=True)
    pool = WorkerPool(lambda: command)
    pool.run([double(1)])
    (pid,) = pool.pids
    del pool
    gc.collect()
    assert not is_there(pid)


SCRIPT = """
import multiprocessing, os, sys, threading, time
from spatialenv.workers.pool import WorkerPool
def command():
    return {command!r}
pool = WorkerPool(command, size=2)
def double(n, seconds=0.0):
    return lambda worker: worker.request({{"n": n, "seconds": seconds}}, limit=20, task="double").header["n"]
"""


def run(command: list[str], code: str, **options: object) -> str:
    script = SCRIPT.format(command=command) + textwrap.dedent(code)
    done = subprocess.run([sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.parametrize(
    "code",
    [
        "pool.run([double(1)])",
        "pool.run([double(n, 0.1) for n in range(4)])",
        "threading.Thread(target=pool.run, args=([double(1, 9)],), daemon=True).start(); time.sleep(1)",
    ],
)
def test_no_process_outlives_the_interpreter_and_it_prints_nothing(
    program: Program, is_there: Check, code: str
) -> None:
    out = run(program(serves=True), f"{code}\nprint(*pool.pids)")
    assert out.split()
    assert not any(is_there(int(pid)) for pid in out.split())


def test_a_forked_process_starts_its_own(program: Program, is_there: Check, wait_until: Wait) -> None:
    code = """
    def child(n):
        return pool.run([double(n)]), pool.pids, os.getpid()
    first = pool.run([double(n, 0.1) for n in range(4)])
    before = pool.pids
    with multiprocessing.get_context("fork").Pool(2) as children:
        answers = children.map(child, range(4), chunksize=1)
        children.close()
        children.join()
    assert [answer for (answer,), _, _ in answers] == [0, 2, 4, 6]
    theirs = {pid for _, pids, _ in answers for pid in pids}
    assert theirs.isdisjoint(before), (theirs, before)
    assert pool.run([double(5)]) == [10] and pool.pids == before
    print(*theirs, *before)
    """
    pids = [int(pid) for pid in run(program(serves=True), code).split()]
    assert len(pids) >= 3
    assert wait_until(lambda: not any(is_there(pid) for pid in pids))


def test_a_fork_in_the_middle_of_work_harms_neither(program: Program) -> None:
    """The forked process ends nothing and takes no answer; the first one's work goes on."""
    code = """
    results = []
    work = threading.Thread(target=lambda: results.extend(pool.run([double(n, 0.2) for n in range(8)])))
    work.start()
    for _ in range(4):
        time.sleep(0.3)
        child = os.fork()
        if child == 0:
            assert pool.pids == ()
            answer = pool.run([double(5)])
            pool.close()
            os._exit(answer != [10])
        assert os.waitpid(child, 0)[1] == 0
    work.join()
    assert results == [2 * n for n in range(8)], results
    """
    script = SCRIPT.format(command=program(serves=True)) + textwrap.dedent(code)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


def test_an_interrupt_ends_what_was_begun(program: Program) -> None:
    """In an interpreter of its own: libraries that other tests use take interrupts for themselves."""
    code = """
    import signal
    signal.signal(signal.SIGINT, signal.default_int_handler)  # shells start jobs in the background without it
    pool.run([double(n, 0.1) for n in range(4)])
    before = pool.pids
    assert len(before) == 2
    threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
    began = time.monotonic()
    try:
        pool.run([double(n, 15.0) for n in range(4)])
    except KeyboardInterrupt:
        assert time.monotonic() - began < 10
    else:
        raise SystemExit("no interrupt")
    assert not any(os.path.exists(f"/proc/{pid}") for pid in before)
    assert pool.run([double(n) for n in range(4)]) == [0, 2, 4, 6]
    print("ended")
    """
    assert run(program(serves=True), code) == "ended\n"
