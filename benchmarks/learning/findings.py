"""What was found, in sentences: which one is written is decided by the interval alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from benchmarks.learning.comparisons import FINAL, FIRST, MAIN, best_arm
from benchmarks.learning.figures import main_suite

RATE = "valid_layout_rate"
COLLIDES = "collision_rate_of_well_formed"
GAIN = "second_minus_first"

_TOLD_WITHOUT_A_SOLUTION = ("names", "none")
"""Kinds of feedback that do not say where anything should stand."""


def sign(interval: Sequence[float]) -> int:
    """Return 1 where an interval lies above 0, -1 where it lies below, and 0 where it holds 0.

    Example:
        >>> sign([0.01, 0.2]), sign([-0.3, -0.1]), sign([-0.1, 0.1])
        (1, -1, 0)
    """
    return (interval[0] > 0) - (interval[1] < 0)


def answer(row: Mapping[str, Any]) -> str:
    """Return what a comparison answers to its question: yes, no (the opposite), or that the two are not told apart."""
    found = sign(row["interval"]) * row["yes"]
    return {1: "yes", -1: "no, the opposite", 0: "not told apart"}[found]


def share(value: float | None) -> str:
    """Return a share as tables show it."""
    return "-" if value is None else f"{value:.3f}"


def signed(value: float | None, interval: Sequence[float] | None) -> str:
    """Return a difference with its interval, as tables show it."""
    if value is None or interval is None:
        return "-"
    return f"{value:+.3f} [{interval[0]:+.3f}, {interval[1]:+.3f}]"


def findings(results: Mapping[str, Any]) -> list[str]:
    """Return the bullets of "What was found", each a line of Markdown; what has no numbers yet says so."""
    best = best_arm(results["arms"])
    arms = [MAIN] if best == MAIN else [MAIN, best]
    told: Callable[[str], str] = lambda name: str(results["arms"].get(name, {"title": name})["title"])  # noqa: E731
    lines = [_best(results)]
    for arm in arms:
        for metric, turns in ((RATE, (FINAL, FIRST)), (COLLIDES, (FIRST,))):
            for turn in turns:
                rows = [
                    _find(results, before, arm, metric, turn, "teaching")
                    for before in ("warm_start", "more_supervision", "constant")
                ]
                lines += [_sentence(row) for row in rows if row is not None]
    lines.append(_second_answers(results))
    lines += [
        _sentence(row) for arm in arms if (row := _find(results, "redraw", arm, GAIN, FINAL, "repair")) is not None
    ]
    for title, section in (
        ("One or two turns, and what is paid", "turns"),
        ("Credit", "credit"),
        ("Algorithms", "algorithms"),
        ("Feedback in training", "feedback"),
        ("Pictures and words, shown otherwise to the trained model", "pictures"),
        ("Controls", "controls"),
    ):
        for turn, name in ((FINAL, "last"), (FIRST, "first")):
            rows = [row for row in results["comparisons"] if row["section"] == section and row["turn"] == turn]
            lines.append(
                f"{title}, {name} answers. {_grouped(rows, told)}" if rows else f"{title}, {name} answers: no results."
            )
    lines.append(_general(results, best))
    return [f"- {line}" for line in lines]


def _best(results: Mapping[str, Any]) -> str:
    suite = main_suite(results)
    tested = {
        name: arm["test"][suite]
        for name, arm in results["arms"].items()
        if arm["how"] == "train" and arm["trained"] and suite in arm["test"]
    }
    if not tested:
        return "No arm has been trained and played yet."
    name = max(tested, key=lambda arm: float(tested[arm][RATE]))
    top, start = tested[name], results["arms"].get("warm_start", {"test": {}})["test"].get(suite)
    line = (
        f"The highest valid rate of last answers on `{suite}` is that of {results['arms'][name]['title']}: "
        f"{share(top[RATE])} [{_ends(top['interval'][RATE])}], clean {share(top['clean_rate'])}, "
        f"first answers {share(top['by_turn'][0][RATE])}; the best of {len(tested)} trained arms, so a little flattered."
    )
    if start is not None and start[RATE]:
        line += f" The warm start has {share(start[RATE])}: {top[RATE] / start[RATE]:.1f} times as many."
    return line


def _second_answers(results: Mapping[str, Any]) -> str:
    """Return in which arms the last answers are valid more often than the first, without being told where to go."""
    suite = main_suite(results)
    groups: dict[int, list[str]] = {1: [], 0: [], -1: []}
    for arm in results["arms"].values():
        gain = arm["test"].get(suite, {}).get(GAIN, {"interval": None})
        feedback = arm["settings"].get("env.feedback", results["study"]["settings"]["env"]["feedback"])
        if arm["how"] == "train" and gain["interval"] is not None and feedback in _TOLD_WITHOUT_A_SOLUTION:
            groups[sign(gain["interval"])].append(f"{arm['title']} {signed(gain['difference'], gain['interval'])}")
    counts = sum(len(group) for group in groups.values())
    if not counts:
        return "Repair without being told where things should stand: no results."
    return (
        f"Repair: of {counts} trained arms that are never told where things should stand (feedback `names` or `none`), "
        f"last answers are valid more often than first ones in {len(groups[1])}, less often in {len(groups[-1])} and not "
        f"told apart in {len(groups[0])}. More: {_listed(groups[1])}. Less: {_listed(groups[-1])}."
    )


def _general(results: Mapping[str, Any], best: str) -> str:
    rows = [row for row in results["comparisons"] if row["section"] == "generalisation" and row["to"] == best]
    parts = []
    for before in dict.fromkeys(row["from"] for row in rows):
        groups: dict[int, list[str]] = {1: [], 0: [], -1: []}
        for row in rows:
            if row["from"] == before:
                told = f"`{row['suite']}` {signed(row['difference'], row['interval'])}"
                groups[sign(row["interval"])].append(told)
        parts.append(
            f"against {results['arms'][before]['title']}: more in {_listed(groups[1])}; fewer in {_listed(groups[-1])}; "
            f"not told apart in {_listed(groups[0])}"
        )
    if not parts:
        return "Generalisation: no results."
    return f"Generalisation, valid last answers of {results['arms'][best]['title']} " + ". And ".join(parts) + "."


def _grouped(rows: Iterable[Mapping[str, Any]], told: Callable[[str], str]) -> str:
    groups: dict[int, list[str]] = {1: [], -1: [], 0: []}
    for row in rows:
        difference = signed(row["difference"], row["interval"])
        groups[sign(row["interval"])].append(f"{told(row['to'])} against {told(row['from'])} {difference}")
    names = {1: "More valid", -1: "Fewer valid", 0: "Not told apart"}
    return ". ".join(f"*{names[found]}*: {_listed(group)}" for found, group in groups.items()) + "."


def _sentence(row: Mapping[str, Any]) -> str:
    numbers = signed(row["difference"], row["interval"])
    return (
        f"{row['question']} **{answer(row).capitalize()}**: {share(row['before'])} to {share(row['after'])}, {numbers}."
    )


def _find(
    results: Mapping[str, Any], before: str, after: str, metric: str, turn: int, section: str
) -> Mapping[str, Any] | None:
    wanted = (before, after, metric, turn, section)
    for row in results["comparisons"]:
        if (row["from"], row["to"], row["metric"], row["turn"], row["section"]) == wanted:
            found: Mapping[str, Any] = row
            return found
    return None


def _listed(told: Sequence[str]) -> str:
    return ", ".join(told) if told else "none"


def _ends(interval: Sequence[float]) -> str:
    return f"{interval[0]:.3f}, {interval[1]:.3f}"
