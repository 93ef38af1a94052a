"""The numbers of the study: what ``benchmarks/results/learning.json`` holds."""

from __future__ import annotations

import json
import os
import platform
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.learning.arms import ARMS, Arm
from benchmarks.learning.comparisons import compare, comparisons
from benchmarks.learning.intervals import Estimate, rate
from benchmarks.learning.records import METRICS, Record, read_records, share_of
from benchmarks.learning.study import Study

LAYOUT_SHARES = ("commonest_layout_share", "commonest_corners_share")
"""Shares of the most frequent layout, as each job's own result gives them."""

PER_SEED = ("valid_layout_rate", "clean_rate", "collision_rate_of_well_formed")
"""Rates that are kept of each seed, too."""

REPAIRS = ("repaired", "kept", "moves_followed", "right_objects_left_alone")
MOST_POINTS = 16
"""Points of a learning curve."""

_CURVES = {"first": "first/valid_layout_rate", "final": "final/valid_layout_rate"}
_DIGITS, _NOISE = 5, 1e-9


def study_results(folder: Path, study: Study | Mapping[str, Any], arms: Mapping[str, Arm] = ARMS) -> dict[str, Any]:
    """Return everything that the page shows, as JSON types.

    What has no result is said: an arm's ``missing`` names the seeds without a finished job, its ``failures`` those that
    failed, and ``missing_comparisons`` what could not be compared for want of them.

    Args:
        folder: The jobs' folders, ``<arm>/seed<k>/``.
        study: The study, or what its file holds: ``seeds``, ``settings`` and ``suites``, the suite of the training
            first.
        arms: The arms.

    Returns:
        ``machine``, ``study``, ``seconds_total`` (of all jobs together), ``arms`` by name, ``comparisons``,
        ``missing_comparisons`` and ``unknown_arms`` (folders of arms that the table lacks).
    """
    told = study.model_dump(mode="json", exclude_defaults=True) if isinstance(study, Study) else dict(study)
    suites = list(told["suites"])
    records: dict[str, list[Record]] = {}
    for record in read_records(folder, suites):
        records.setdefault(record.arm, []).append(record)
    found, missing = compare(comparisons(arms), records, suites)
    everyone = [record.result for group in records.values() for record in group if record.result]
    results: dict[str, Any] = _rounded(
        {
            "machine": _machine(),
            "study": told,
            "seconds_total": sum(result.get("seconds_job") or result["seconds"] or 0.0 for result in everyone),
            "arms": {name: _arm(arm, records.get(name, []), told["seeds"], suites) for name, arm in arms.items()},
            "comparisons": found,
            "missing_comparisons": missing,
            "unknown_arms": sorted(set(records) - set(arms)),
        }
    )
    return results


def results_text(results: Mapping[str, Any]) -> str:
    """Return the text of the results' file: JSON with a line a thing, lists of numbers on one.

    Example:
        >>> print(results_text({"interval": [0.25, 0.5]}), end="")
        {
         "interval": [0.25, 0.5]
        }
    """
    text = json.dumps(results, indent=1, allow_nan=False)
    return (
        re.sub(
            r"\[[^\[\]{}\"]+\]", lambda found: " ".join(found[0].split()).replace("[ ", "[").replace(" ]", "]"), text
        )
        + "\n"
    )


def _arm(arm: Arm, records: Sequence[Record], seeds: Sequence[int], suites: Sequence[str]) -> dict[str, Any]:
    results = {str(record.seed): record.result for record in records if record.result}
    played = {suite: [record for record in records if suite in record.played] for suite in suites}
    return {
        "title": arm.title,
        "group": arm.group,
        "question": arm.question,
        "how": arm.how,
        "start": arm.start,
        "control": arm.control,
        "suites": None if arm.suites is None else list(arm.suites),
        "settings": dict(arm.settings),
        "trained": any(bool(result["trained"]) for result in results.values()),
        "seeds": [int(seed) for seed in results],
        "missing": [seed for seed in seeds if str(seed) not in results],
        "failures": {str(record.seed): record.failure for record in records if record.failure is not None},
        "steps": {seed: result["steps"] for seed, result in results.items()},
        "samples": {seed: result["samples"] for seed, result in results.items()},
        "samples_by": next((result["samples_by"] for result in results.values()), None),
        "seconds": {seed: result["seconds"] for seed, result in results.items()},
        "weights": next((result["weights"] for result in results.values() if result["weights"]), None),
        "test": {suite: _suite(group, suite) for suite, group in played.items() if group},
        "curve": _curve(records),
    }


def _suite(records: Sequence[Record], suite: str) -> dict[str, Any]:
    turns = max(len(record.played[suite].values) for record in records)
    tests = [record.result["test"][suite] for record in records]
    final, finals = _rates(records, suite, -1, [test["final"] for test in tests])
    each = [
        _rates(records, suite, turn, [test["by_turn"][min(turn, len(test["by_turn"]) - 1)] for test in tests])
        for turn in range(turns)
    ]
    firsts = each[0][1]
    gain = rate(share_of(records, suite, "second_minus_first", -1))
    repair: dict[str, Any] = {"interval": {}}
    for name in REPAIRS:
        if name in ("repaired", "kept"):
            found = rate(share_of(records, suite, name, -1))
            repair[name], repair["interval"][name] = found.value, _list(found)
        else:
            repair[name] = _mean([test["repair"][name] for test in tests])
    return {
        **final,
        "n": tests[0]["n"],
        "failures": sum(test["failures"] for test in tests),
        "by_turn": [rates for rates, _ in each],
        "repair": repair,
        "second_minus_first": {"difference": gain.value, "interval": _list(gain)},
        "per_seed": {
            str(record.seed): {
                **{name: estimate.per_seed[row] for name, estimate in finals.items() if name in PER_SEED},
                "first": {name: estimate.per_seed[row] for name, estimate in firsts.items() if name in PER_SEED},
                "second_minus_first": gain.per_seed[row],
            }
            for row, record in enumerate(records)
        },
    }


def _rates(
    records: Sequence[Record], suite: str, turn: int, told: Sequence[Mapping[str, Any]]
) -> tuple[dict[str, Any], dict[str, Estimate]]:
    """Return the rates after a turn with their intervals, and the estimates behind them.

    Args:
        records: What the arm's jobs left.
        suite: The suite.
        turn: The turn.
        told: The rates that each job's own result gives after that turn.
    """
    found = {metric: rate(share_of(records, suite, metric, turn)) for metric in METRICS}
    rates: dict[str, Any] = {metric: one.value for metric, one in found.items()}
    rates |= {name: _mean([rates_of[name] for rates_of in told]) for name in LAYOUT_SHARES}
    rates["interval"] = {metric: _list(one) for metric, one in found.items()}
    return rates, found


def _curve(records: Sequence[Record]) -> dict[str, Any] | None:
    """Return valid rates by answers sampled: mean, least and most over seeds, each a mean of neighbouring steps."""
    seeds = []
    for record in records:
        rows = [row for row in record.curve if all(name in row for name in _CURVES.values())]
        if rows and record.result["samples"] and record.result["steps"]:
            a_step = record.result["samples"] / record.result["steps"]
            seeds.append(np.array([[row["step"] * a_step, *(row[name] for name in _CURVES.values())] for row in rows]))
    if not seeds:
        return None
    points = min(MOST_POINTS, min(len(rows) for rows in seeds))
    binned = np.array([[part.mean(0) for part in np.array_split(rows, points)] for rows in seeds])
    lows, means, highs = binned.min(0), binned.mean(0), binned.max(0)
    curve: dict[str, Any] = {"samples": means[:, 0].tolist()}
    for column, name in enumerate(_CURVES, start=1):
        curve[name] = np.stack([lows[:, column], means[:, column], highs[:, column]], axis=1).tolist()
    return curve


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _list(estimate: Estimate) -> list[float] | None:
    return None if estimate.interval is None else list(estimate.interval)


def _rounded(value: Any) -> Any:
    """Return JSON types with numbers of a few digits."""
    if isinstance(value, float):
        return float(f"{value:.{_DIGITS}g}") if abs(value) > _NOISE else 0.0
    if isinstance(value, Mapping):
        return {str(key): _rounded(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(item) for item in value]
    return value


def _machine() -> dict[str, Any]:
    listing = Path("/proc/cpuinfo")
    lines = listing.read_text("utf-8").splitlines() if listing.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return {
        "processor": next(iter(names), platform.processor() or platform.machine()),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "numpy": np.__version__,
    }
