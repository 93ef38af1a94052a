from __future__ import annotations

import io

import pytest
from rich.console import Console

from spatialenv.cli.progress import _Lines, _span, show_progress


def _console(is_terminal: bool) -> tuple[Console, io.StringIO]:
    file = io.StringIO()
    return Console(file=file, force_terminal=is_terminal, width=200, color_system=None), file


def test_a_log_has_a_line_when_a_stage_begins_and_one_when_it_ends() -> None:
    console, file = _console(is_terminal=False)
    with show_progress(console) as report:
        for step in range(1, 4):
            report("warm start", step, 3, {"loss": 1 / step, "seconds": 0.1})
        report("held-out [rooms]", 64, 64, {})
    assert file.getvalue().splitlines() == [
        "warm start: 1 of 3",
        "warm start: done in 0 s  loss 0.333",
        "held-out [rooms]: 64 of 64",
        "held-out [rooms]: done in 0 s",
    ]


def test_a_terminal_has_a_bar_a_stage() -> None:
    console, file = _console(is_terminal=True)
    with show_progress(console) as report:
        report("warm start", 1, 2, {"loss": 0.5})
        report("warm start", 2, 2, {"loss": 0.25})
        report("held-out [rooms]", 1, 64, {})
    last = file.getvalue()[file.getvalue().rindex("warm start") :]
    assert "2/2" in last
    assert "loss 0.250" in last
    assert "1/64" in last[last.index("held-out [rooms]") :]


@pytest.mark.parametrize("is_terminal", [True, False])
def test_nothing_is_shown_before_work_begins(is_terminal: bool) -> None:
    console, file = _console(is_terminal)
    with pytest.raises(ZeroDivisionError), show_progress(console):
        raise ZeroDivisionError
    assert file.getvalue() == ""


def test_it_stands_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    with show_progress() as report:
        report("stage", 1, 1, {})
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "stage" in captured.err


def test_a_long_stage_in_a_log_tells_every_half_minute_how_long_it_will_take() -> None:
    console, file = _console(is_terminal=False)
    now = 0.0
    lines = _Lines(console, clock=lambda: now)
    for step in range(1, 101):
        now += 12.0
        lines("reinforcement learning", step, 100, {"reward": 0.5, "final/valid_layout_rate": 0.25, "kl": 1.0})
    told = file.getvalue().splitlines()
    assert told[0] == "reinforcement learning: 1 of 100"
    # lines at steps 4, 7, ...: the first one at least 30 s after the last; 96 steps of 12 s are left at step 4
    assert told[1] == "reinforcement learning: 4 of 100  19 min left  reward 0.500  valid 0.250"
    assert told[-1] == "reinforcement learning: done in 1200 s  reward 0.500  valid 0.250"
    assert len(told) == 2 + 32


@pytest.mark.parametrize(("seconds", "told"), [(45, "45 s"), (720, "12 min"), (11100, "3 h 05 min")])
def test_spans_of_time(seconds: float, told: str) -> None:
    assert _span(seconds) == told


@pytest.mark.parametrize("is_terminal", [True, False])
def test_a_warning_is_shown_at_once(is_terminal: bool) -> None:
    console, file = _console(is_terminal)
    with show_progress(console) as report:
        report("warm start", 1, 2, {})
        report.notify("the reward may be [gamed]")
    assert "Warning: the reward may be [gamed]" in file.getvalue()
