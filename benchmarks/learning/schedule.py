"""The order of the jobs, and the processes that do them.

Each job is a process of its own with one thread, so that one that crashes or is killed takes nothing along. Who stops
the schedule stops its processes; the same command goes on with the jobs that are not finished.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from rich.console import Console

import benchmarks
from benchmarks.learning.arms import Arm, find_arm
from benchmarks.learning.folders import STUDY, Job, changes, result_of, state, write
from benchmarks.learning.progress import Board
from benchmarks.learning.study import Study
from spatialenv.errors import InputError

_ROOT = Path(benchmarks.__file__).parents[1]
_LOOK = 0.2
"""Seconds between two looks at the processes."""

_GRACE = 10.0
"""Seconds that a process has to end when it is asked to."""

_TAIL = 4000
"""Characters of a lost job's log that are kept as its traceback."""


def ordered(study: Study, arms: Sequence[Arm], seeds: Sequence[int], output: Path) -> list[Job]:
    """Return the jobs of some arms and of those that they start from: seed by seed, starts first.

    Example:
        >>> from benchmarks.learning.study import load_study
        >>> [job.name for job in ordered(load_study(), [find_arm("best_of_8")], [1], Path("runs/learning"))]
        ['warm_start seed 1', 'best_of_8 seed 1']
    """
    found: dict[str, Arm] = {}
    for arm in arms:
        line = [arm]
        while line[-1].start is not None:
            line.append(find_arm(line[-1].start))
        found |= {each.name: each for each in reversed(line) if each.name not in found}
    return [Job(study, arm, seed, output.absolute()) for seed in seeds for arm in found.values()]


def to_run(jobs: Sequence[Job], *, redo: bool = False, retry_failed: bool = False) -> list[Job]:
    """Return the jobs that are not finished, and those that start from one that will be trained.

    Args:
        jobs: Jobs, starts first.
        redo: Run those again whose settings have changed.
        retry_failed: Run those again that failed.

    Raises:
        InputError: If a finished job was made with other settings, unless `redo`; says which and where.
    """
    chosen: list[Job] = []
    trained: set[tuple[str | None, int]] = set()
    refused = []
    for job in jobs:
        now = state(job)
        if now == "changed" and not redo:
            record = job.result() or job.training() or {}
            refused.append(f"'{job.folder}' ({', '.join(changes(job, record))})")
        if now == "done" and (job.arm.start, job.seed) not in trained:
            continue
        if now == "failed" and not retry_failed:
            continue
        chosen.append(job)
        if job.trains and now != "unplayed":
            trained.add((job.arm.name, job.seed))
    if refused:
        raise InputError(
            f"made with other settings than the study now has: {'; '.join(refused)}. "
            "Run them again with --redo, or give another --output"
        )
    return chosen


@dataclass(slots=True)
class Schedule:
    """Runs jobs, some at a time.

    Attributes:
        jobs: The jobs, starts first.
        output: The folder of all jobs.
        workers: Processes at a time.
        console: Where progress is shown.
        failed: Names of the jobs that failed, once they have been run.
    """

    jobs: Sequence[Job]
    output: Path
    workers: int
    console: Console
    failed: list[str] = field(default_factory=list)
    _running: dict[subprocess.Popen[bytes], tuple[Job, float]] = field(default_factory=dict)

    def run(self) -> None:
        """Run the jobs.

        Raises:
            InputError: If another schedule works on the folder.
            KeyboardInterrupt: On SIGINT or SIGTERM, once the processes have ended.
        """
        self.output.mkdir(parents=True, exist_ok=True)
        with _lock(self.output), _terminable(), Board(self.jobs, self.workers, self.console) as board:
            if self.jobs:
                write(self.output / STUDY, self.jobs[0].study.model_dump(mode="json"))
            try:
                self._run(board)
            finally:
                self._stop()

    def _run(self, board: Board) -> None:
        waiting = list(self.jobs)
        unfinished = {(job.arm.name, job.seed) for job in waiting}
        while waiting or self._running:
            ready = [job for job in waiting if (job.arm.start, job.seed) not in unfinished]
            for job in ready[: self.workers - len(self._running)]:
                waiting.remove(job)
                board.began(job)
                self._begin(job)
            board.look()
            time.sleep(_LOOK)
            for job, seconds in self._ended():
                unfinished.discard((job.arm.name, job.seed))
                failure = (job.result() or {}).get("failure")
                self.failed += [job.name] if failure else []
                board.ended(job, seconds, None if failure is None else failure["message"])

    def _begin(self, job: Job) -> None:
        scratch = job.folder / "scratch"
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(parents=True)
        threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        quiet = {"TOKENIZERS_PARALLELISM": "false", "TRL_EXPERIMENTAL_SILENCE": "1"}
        with (job.folder / "log.txt").open("wb") as log:
            process = subprocess.Popen(
                command(job),
                cwd=_ROOT,
                env={**os.environ, **threads, **quiet, "TMPDIR": str(scratch)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # an interrupt of the terminal is for the schedule, which ends its processes
            )
        self._running[process] = job, time.monotonic()

    def _ended(self) -> list[tuple[Job, float]]:
        """Return the jobs whose processes have ended, and the seconds they took; a lost one's failure is written."""
        ended = []
        for process, (job, began) in list(self._running.items()):
            status = process.poll()
            if status is not None:
                del self._running[process]
                shutil.rmtree(job.folder / "scratch", ignore_errors=True)
                if status != 0:
                    write(job.folder / "result.json", result_of(job, _loss(job, status)))
                ended.append((job, time.monotonic() - began))
        return ended

    def _stop(self) -> None:
        """End the processes that run."""
        for process in self._running:
            process.terminate()
        until = time.monotonic() + _GRACE
        for process, (job, _) in self._running.items():
            try:
                process.wait(max(until - time.monotonic(), 0.1))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            shutil.rmtree(job.folder / "scratch", ignore_errors=True)
        self._running.clear()


def command(job: Job) -> list[str]:
    """Return the command that does a job."""
    return [sys.executable, "-m", "benchmarks.learning.running", str(job.output), job.arm.name, str(job.seed)]


def _loss(job: Job, status: int) -> dict[str, str]:
    """Return the failure of a job whose process ended without a result."""
    how = f"was ended by signal {-status}" if status < 0 else f"ended with status {status}"
    said = (job.folder / "log.txt").read_text(encoding="utf-8", errors="replace")[-_TAIL:]
    return {"type": "LostProcess", "message": f"the process of the job {how}", "traceback": said}


@contextlib.contextmanager
def _lock(output: Path) -> Iterator[IO[str]]:
    """Keep other schedules from the folder; the system ends it with the process."""
    with (output / ".lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise InputError(f"another schedule works on '{output}'; wait for it, or end it") from error
        yield file


@contextlib.contextmanager
def _terminable() -> Iterator[None]:
    """Let SIGTERM, and SIGINT where a shell has it ignored, stop the schedule as Ctrl-C does."""
    before = {kind: signal.signal(kind, signal.default_int_handler) for kind in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler)
