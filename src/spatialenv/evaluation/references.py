"""Reference results of suites: what random, solver and witness reach on every split."""

from __future__ import annotations

import contextlib
import multiprocessing
import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from importlib import metadata
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from spatialenv.evaluation.runner import evaluate
from spatialenv.rewards.registry import make_reward
from spatialenv.tasks.procedural import SPLITS
from spatialenv.tasks.suite import SUITES, load_suite

POLICIES = ("random", "solver", "witness")
"""The policies that every suite is played by."""

SETTINGS: Mapping[str, Any] = MappingProxyType(
    {"max_turns": 1, "renderer": "blank", "views": ["top"], "size": [16, 16], "labels": False, "feedback": "none"}
)
"""How they play: one answer, and no pictures, since none of them looks."""

BATCH_SIZE = 64

Progress = Callable[[str, int, int], None]
"""Called with a suite, the number of its evaluations that are done, and of all of them."""


class _Job(NamedTuple):
    suite: str
    split: str
    policy: str
    n: int | None
    folder: str


def reference_results(
    folder: str | Path,
    *,
    suites: Sequence[str] = (),
    splits: Sequence[str] = SPLITS,
    policies: Sequence[str] = POLICIES,
    n: int | None = None,
    jobs: int = 1,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Play the reference policies and return their results.

    Each evaluation has a folder in `folder`, so that a stopped call goes on where it was.

    Args:
        folder: Where the episodes are kept.
        suites: Names of suites; none: all.
        splits: Which of their splits.
        policies: Which policies.
        n: Rooms of each split; None: all.
        jobs: Processes.
        progress: Told of each evaluation that is done.

    Returns:
        By suite, split and policy, the rates of `spatialenv.evaluation.metrics.turn_rates` with the number
        ``n`` of rooms; and under ``"versions"`` what they were made with.

    Raises:
        UnknownNameError: If there is no such suite.
        InputError: If `folder` holds other evaluations.
    """
    names = tuple(suites) or tuple(SUITES)
    asked = [
        _Job(load_suite(suite).name, split, policy, n, str(Path(folder) / suite / split / policy))
        for suite in names
        for split in splits
        for policy in policies
    ]
    found: dict[_Job, dict[str, Any]] = {}
    with _results(asked, jobs) as results:
        for job, rates in results:
            found[job] = rates
            if progress is not None:
                done, total = (sum(other.suite == job.suite for other in some) for some in (found, asked))
                progress(job.suite, done, total)
    table: dict[str, Any] = {"versions": versions()}
    for job in asked:
        table.setdefault(job.suite, {}).setdefault(job.split, {})[job.policy] = found[job]
    return table


def versions() -> dict[str, str]:
    """Return what reference results depend on."""
    return {
        "spatialenv": metadata.version("spatialenv"),
        "reward": make_reward("physics").version,
        "python": platform.python_version(),
        "numpy": metadata.version("numpy"),
    }


def references_markdown(results: Mapping[str, Any]) -> str:
    """Return results as tables of Markdown, one a suite.

    Args:
        results: What `reference_results` returns, or a part of it.
    """
    lines = []
    for suite, splits in results.items():
        if suite == "versions":
            continue
        lines += [
            f"### {suite}",
            "",
            "| split | policy | rooms | valid % | clean % | mean score |",
            "| --- | --- | ---: | ---: | ---: | ---: |",
        ]
        for split, policies in splits.items():
            for policy, rates in policies.items():
                cells = (_share(rates, "valid_layout_rate"), _share(rates, "clean_rate"), _mean(rates))
                lines.append(f"| {split} | {policy} | {rates['n']} | {' | '.join(cells)} |")
        lines.append("")
    made_with = results.get("versions")
    if made_with:
        lines += [f"One answer a room; 95% intervals. {', '.join(f'{k} {v}' for k, v in made_with.items())}.", ""]
    return "\n".join(lines)


@contextlib.contextmanager
def _results(asked: Sequence[_Job], jobs: int) -> Iterator[Iterator[tuple[_Job, dict[str, Any]]]]:
    """Yield the jobs with their results, as they are done."""
    if jobs <= 1:
        yield ((job, _run(job)) for job in asked)
        return
    # A fork of a process in which compiled code runs threads may never end.
    pool = ProcessPoolExecutor(min(jobs, len(asked)), mp_context=multiprocessing.get_context("spawn"))
    try:
        waiting = {pool.submit(_run, job): job for job in asked}
        yield ((waiting[done], done.result()) for done in as_completed(waiting))
    finally:
        pool.shutdown(cancel_futures=True)


def _run(job: _Job) -> dict[str, Any]:
    result = evaluate(
        job.policy,
        f"{job.suite}/{job.split}",
        n=job.n,
        env=SETTINGS,
        batch_size=BATCH_SIZE,
        keep_pictures=0,
        output=job.folder,
    )
    return {"n": result.summary["n"], **result.summary["final"]}


def _share(rates: Mapping[str, Any], name: str) -> str:
    low, high = rates["interval"][name]
    return f"{100 * rates[name]:.1f} ({100 * low:.1f}–{100 * high:.1f})"


def _mean(rates: Mapping[str, Any]) -> str:
    low, high = rates["bootstrap"]["mean_score"]
    return f"{rates['mean_score']:.3f} ({low:.3f}–{high:.3f})"
