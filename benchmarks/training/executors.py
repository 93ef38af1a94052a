"""What worker processes and Ray bring: ``python -m benchmarks.training.executors [--json FILE]``.

Batches of two turns are played by each executor in turn, on the same scenes and answers, so that a change of the
machine's load meets all of them. Then a model is imitated that takes as long for its answers as drawing them takes
(it multiplies matrices in one thread, or waits, as for a graphics card), and steps with and without overlap are timed.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import json
import os
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.speed.__main__ import describe_machine
from spatialenv.core.write import write_answer
from spatialenv.evaluation.policy import RandomPolicy
from spatialenv.trainers.executors import Executor, Seat, make_executor
from spatialenv.trainers.settings import ExecutorSettings

KINDS = ("serial", "processes", "ray")
WORKERS = 2
CHUNKS = 4

SLOWER = 4
"""How many times fewer episodes a batch has where a picture is slow."""

FAST = "fast, 224 x 224"
ENVS: dict[str, dict[str, Any]] = {
    FAST: {"renderer": "fast", "size": (224, 224)},
    "fast, 512 x 512": {"renderer": "fast", "size": (512, 512)},
    "pybullet, 224 x 224": {"renderer": "pybullet", "size": (224, 224)},
}


def main() -> None:
    """Time, print, and write what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="where the figures go")
    parser.add_argument("--rows", type=int, default=32, help="episodes a batch")
    parser.add_argument("--rounds", type=int, default=5, help="batches timed of each kind")
    given = parser.parse_args()
    figures: dict[str, Any] = {
        "machine": describe_machine(),
        "load": os.getloadavg()[0],  # others' work at the start: above the number of cores, workers gain less
        "workers": WORKERS,
        "rows": given.rows,
        "rates": measure_rates(given.rows, given.rounds),
        "overlap": measure_overlap(given.rows // 2, given.rounds),
    }
    for table in tables(figures):
        Console().print(table)
    if given.json is not None:
        given.json.parent.mkdir(parents=True, exist_ok=True)
        given.json.write_text(json.dumps(figures, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def measure_rates(rows: int, rounds: int) -> dict[str, dict[str, dict[str, float]]]:
    """Return, by environment and executor, episodes a second and this process's own milliseconds an episode."""
    rates: dict[str, dict[str, dict[str, float]]] = {}
    for name, env in ENVS.items():
        if env["renderer"] == "pybullet" and importlib.util.find_spec("pybullet") is None:
            continue
        batch = rows if name == FAST else max(8, rows // SLOWER)
        with _executors(env) as executors:
            spent: dict[str, list[tuple[float, float]]] = {kind: [] for kind in executors}
            for number in range(rounds + 1):  # they take turns, and the first does not count
                for kind, executor in executors.items():
                    spent[kind].append(_batch(executor, batch, number))
        medians = {
            kind: [statistics.median(column) for column in zip(*pairs[1:], strict=True)]
            for kind, pairs in spent.items()
        }
        rates[name] = {
            kind: {"episodes_per_second": batch / wall, "own_ms": 1000 * own / batch}
            for kind, (wall, own) in medians.items()
        }
    return rates


def measure_overlap(rows: int, rounds: int) -> dict[str, dict[str, float]]:
    """Return milliseconds of a turn by kind of imitated model and way of playing."""
    found: dict[str, dict[str, float]] = {}
    with _executors(ENVS["fast, 512 x 512"], kinds=("serial", "processes")) as executors:
        seconds = [_turn(executors["serial"], rows, lambda n: None, 1) for _ in range(rounds + 1)][1:]
        an_answer = statistics.median(seconds) / rows
        for model, work in (("computes", _compute), ("waits", time.sleep)):

            def write(n: int, work: Callable[[float], object] = work) -> None:
                work(n * an_answer)

            ways = {"serial": ("serial", 1), "processes": ("processes", 1), "overlapped": ("processes", CHUNKS)}
            timed: dict[str, list[float]] = {way: [] for way in ways}
            for turn in range(rounds + 1):
                for way, (kind, chunks) in ways.items():
                    spent = _turn(executors[kind], rows, write, chunks)
                    if turn:
                        timed[way].append(spent)
            found[model] = {way: 1000 * statistics.median(values) for way, values in timed.items()}
            found[model]["model alone"] = 1000 * rows * an_answer
    return found


def tables(figures: Mapping[str, Any]) -> list[Table]:
    """Return the figures as tables."""
    kinds = list(dict.fromkeys(kind for rates in figures["rates"].values() for kind in rates))
    first = Table(title=f"Episodes a second, {figures['workers']} workers (times serial)")
    for head in ("environment", *kinds):
        first.add_column(head, justify="left" if head == "environment" else "right")
    for name, rates in figures["rates"].items():
        speeds = {kind: found["episodes_per_second"] for kind, found in rates.items()}
        cells = [f"{speeds[kind]:,.1f} ({speeds[kind] / speeds['serial']:.2f})" for kind in kinds]
        first.add_row(name, *cells)
        first.add_row("  own work, ms an episode", *(f"{rates[kind]['own_ms']:,.1f}" for kind in kinds))
    second = Table(title=f"Milliseconds of a turn of {figures['rows'] // 2} episodes with a model as slow as drawing")
    for head in ("the model", "model alone", "serial", "processes", f"processes, {CHUNKS} parts"):
        second.add_column(head, justify="left" if head == "the model" else "right")
    for model, spent in figures["overlap"].items():
        ways = ("model alone", "serial", "processes", "overlapped")
        second.add_row(model, *(f"{spent[way]:,.0f}" for way in ways))
    return [first, second]


@contextlib.contextmanager
def _executors(env: Mapping[str, Any], kinds: Sequence[str] = KINDS) -> Iterator[dict[str, Executor]]:
    arguments = {"views": ("top",), "max_turns": 2, **env}
    with contextlib.ExitStack() as stack:
        made: dict[str, Executor] = {}
        for kind in kinds:
            if kind == "ray" and importlib.util.find_spec("ray") is None:
                continue
            settings = {"kind": kind, "workers": None if kind == "serial" else WORKERS}
            made[kind] = make_executor(ExecutorSettings.model_validate(settings), arguments, "demo/train")
            stack.callback(made[kind].close)
        yield made


def _batch(executor: Executor, rows: int, number: int) -> tuple[float, float]:
    """Play a batch, groups of eight and two turns; return its seconds, and those of this process's own work."""
    wall, own = -time.perf_counter(), -time.process_time()
    seats = executor.reset([number * rows + row // 8 for row in range(rows)])
    for turn in range(2):
        wall, own = wall + time.perf_counter(), own + time.process_time()
        going = [seat for seat in seats if not seat.is_over]
        texts = [_answer(seat, turn) for seat in going]
        wall, own = wall - time.perf_counter(), own - time.process_time()
        executor.step(going, texts).wait()
    return wall + time.perf_counter(), own + time.process_time()


def _turn(executor: Executor, rows: int, write: Callable[[int], None], chunks: int) -> float:
    """Return the seconds of one turn, in so many parts, as the trainer plays it."""
    seats = executor.reset(range(rows))
    texts = [_answer(seat, 0) for seat in seats]
    began = time.perf_counter()
    edges = [rows * part // chunks for part in range(chunks + 1)]
    waiting = []
    for start, end in pairwise(edges):
        write(end - start)
        waiting.append(executor.step(seats[start:end], texts[start:end]))
    for part in waiting:
        part.wait()
    return time.perf_counter() - began


def _answer(seat: Seat, turn: int) -> str:
    """Return a random layout, another one for each seat and turn."""
    return write_answer(RandomPolicy(seed=2 * seat.row + turn).layout(seat.scene))


def _compute(seconds: float) -> None:
    """Multiply matrices for so long."""
    matrix = np.ones((192, 192), np.float32)
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        matrix @ matrix


if __name__ == "__main__":
    main()
