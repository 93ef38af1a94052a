"""How far a long command is: bars in a terminal, plain lines in a log; on stderr, and nothing before work begins."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from rich.console import Console

SHOWN = {
    "loss": "loss",
    "reward": "reward",
    "final/valid_layout_rate": "valid",
    "watch/final/valid_layout_rate": "valid, held-out",
}
"""Figures that are shown beside a stage, where it has them, and what they are called."""

EVERY = 30.0
"""Seconds between lines of one stage."""


class Report(Protocol):
    """What is called as the stages of a command go on."""

    def __call__(self, title: str, done: int, total: int, figures: Mapping[str, float]) -> None:
        """Show that `done` of `total` steps of the stage `title` are done."""

    def notify(self, text: str) -> None:
        """Show something that the user should know at once."""


@contextmanager
def show_progress(console: Console | None = None) -> Iterator[Report]:
    """Yield what shows how far the stages are.

    In a terminal each stage has a bar. Elsewhere there is a line when a stage is first heard of, one every
    half a minute with the time that is left, and one when it is done.

    Args:
        console: Where it is shown; stderr by default.
    """
    from rich.console import Console

    shown = console or Console(stderr=True)
    if not shown.is_terminal:
        yield _Lines(shown)
        return
    bars = _Bars(shown)
    try:
        yield bars
    finally:
        bars.stop()


class _Lines:
    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self.console = console
        self.clock = clock
        self.latest = self.told = clock()
        self.began: dict[str, tuple[float, int]] = {}
        self.ended: set[str] = set()

    def __call__(self, title: str, done: int, total: int, figures: Mapping[str, float]) -> None:
        if title not in self.began:
            # A stage is first heard of when its first step is done: it began when the one before was last heard of.
            self.began[title] = (self.latest, done - 1)
            self.told = self.clock()
            self._print(f"{title}: {done} of {total}")
        self.latest = self.clock()
        began, before = self.began[title]
        seconds = self.latest - began
        if done >= total and title not in self.ended:
            self.ended.add(title)
            self._print("  ".join(filter(None, (f"{title}: done in {seconds:.0f} s", _figures(figures)))))
        elif done < total and self.latest - self.told >= EVERY:
            self.told = self.latest
            left = seconds / max(done - before, 1) * (total - done)
            told = (f"{title}: {done} of {total}", f"{_span(left)} left", _figures(figures))
            self._print("  ".join(filter(None, told)))

    def notify(self, text: str) -> None:
        self._print(f"Warning: {text}")

    def _print(self, line: str) -> None:
        self.console.print(line, soft_wrap=True, markup=False, highlight=False)


class _Bars:
    def __init__(self, console: Console) -> None:
        from rich import progress

        self.bars: dict[str, Any] = {}
        self.progress = progress.Progress(
            progress.TextColumn("{task.description:<42}", markup=False),
            progress.BarColumn(),
            progress.MofNCompleteColumn(),
            progress.TimeElapsedColumn(),
            progress.TimeRemainingColumn(),
            progress.TextColumn("{task.fields[figures]}", markup=False),
            console=console,
        )

    def __call__(self, title: str, done: int, total: int, figures: Mapping[str, float]) -> None:
        if not self.bars:
            self.progress.start()
        if title not in self.bars:
            self.bars[title] = self.progress.add_task(title, total=total, figures="")
        self.progress.update(self.bars[title], completed=done, total=total, figures=_figures(figures))

    def notify(self, text: str) -> None:
        self.progress.console.print(f"Warning: {text}", style="bold red", markup=False, highlight=False)

    def stop(self) -> None:
        if self.bars:
            self.progress.stop()


def _figures(figures: Mapping[str, float]) -> str:
    return "  ".join(f"{label} {figures[name]:.3f}" for name, label in SHOWN.items() if name in figures)


def _span(seconds: float) -> str:
    """Return a length of time: ``45 s``, ``12 min``, ``3 h 05 min``."""
    minutes = round(seconds / 60)
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02d} min"
