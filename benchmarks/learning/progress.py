"""What the terminal shows while jobs run."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.live import Live
from rich.table import Table

from benchmarks.learning.folders import Job


class Board:
    """A table of the jobs that run, and a line for each that has ended; in a terminal it stays in place.

    Args:
        jobs: All jobs of the schedule.
        workers: How many run at a time.
        console: Where it is shown.
    """

    def __init__(self, jobs: Sequence[Job], workers: int, console: Console) -> None:
        self._waiting = {job.name: job for job in jobs}
        self._total = len(jobs)
        self._workers = workers
        self._console = console
        self._running: dict[str, tuple[Job, float]] = {}
        self._spent: list[tuple[Job, float]] = []
        self._failed = 0
        self._began = time.monotonic()
        self._live = Live(console=console, auto_refresh=False, transient=True) if console.is_terminal else None

    def __enter__(self) -> Self:
        """Begin to show it."""
        if self._live is not None:
            self._live.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Show it no more."""
        if self._live is not None:
            self._live.__exit__(kind, error, traceback)

    def began(self, job: Job) -> None:
        """Take in that a job has begun."""
        del self._waiting[job.name]
        self._running[job.name] = job, time.monotonic()

    def ended(self, job: Job, seconds: float, failure: str | None) -> None:
        """Take in that a job has ended, and tell it."""
        del self._running[job.name]
        self._failed += failure is not None
        if failure is None:
            self._spent.append((job, seconds))
        done = self._total - len(self._waiting) - len(self._running)
        told = "done" if failure is None else f"FAILED: {failure}"
        left = self.seconds_left()
        rest = "" if left is None else f", about {_clock(left)} left"
        line = f"{done}/{self._total} {job.name} in {_clock(seconds)}{rest}: {told}"
        self._console.print(line, markup=False, highlight=False)

    def look(self) -> None:
        """Show how things stand."""
        if self._live is not None:
            self._live.update(self._table(), refresh=True)

    def seconds_left(self) -> float | None:
        """Return the seconds that the rest should take: from jobs of the same arm, else kind, else all that ended."""
        if not self._spent:
            return None
        now = time.monotonic()
        left = sum(map(self._expected, self._waiting.values()))
        left += sum(max(self._expected(job) - (now - began), 0.0) for job, began in self._running.values())
        return left / self._workers

    def _expected(self, job: Job) -> float:
        for alike in (
            lambda other: other.arm.name == job.arm.name,
            lambda other: other.arm.how == job.arm.how,
            lambda other: True,
        ):
            found = [seconds for other, seconds in self._spent if alike(other)]
            if found:
                return sum(found) / len(found)
        return 0.0

    def _table(self) -> Table:
        now, left = time.monotonic(), self.seconds_left()
        done = self._total - len(self._waiting) - len(self._running)
        title = f"{done}/{self._total} jobs, {self._failed} failed, {_clock(now - self._began)}"
        table = Table(title=title if left is None else f"{title}, about {_clock(left)} left")
        for name in ("job", "stage", "time"):
            table.add_column(name)
        for name, (job, began) in self._running.items():
            table.add_row(name, _stage(job), _clock(now - began))
        return table


def _stage(job: Job) -> str:
    """Return what a job is at, by the files it has left so far."""
    if not job.trains or (job.folder / "training.json").is_file():
        return "suites"
    path = job.folder / "metrics.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    if not lines:
        return "getting ready"
    try:
        row: dict[str, Any] = json.loads(lines[-1])
    except ValueError:  # half a line
        return "training"
    return f"step {row['step']}"


def _clock(seconds: float) -> str:
    """Return a time as ``"1:02:03"``."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"
