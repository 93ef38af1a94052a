"""What was found, in sentences: which one is written is decided by the interval alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.learning.comparisons import FINAL, FIRST, MAIN, best_arm
from benchmarks.learning.figures import main_suite

RATE = "valid_layout_rate"
COLLIDES = "collision_rate_of_well_formed"
GAIN = "second_minus_first"

_TOLD_NO_PLACES = ("names", "none")
"""Kinds of feedback that do not say where anything should stand."""

_VERDICTS = {1: "More", -1: "Fewer", 0: "Not told apart"}

_TOPICS = {
    "turns": "Turns and what is paid",
    "credit": "Credit",
    "algorithms": "Algorithms and curriculum",
    "feedback": "Words of feedback in training",
    "pictures": "Use of pictures and words",
    "controls": "Controls",
}


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
    suite, best = main_suite(results), best_arm(results["arms"])
    arm = next((name for name in (best, MAIN) if suite in results["arms"].get(name, {"test": {}})["test"]), best)
    lines = [_best(results)]
    if arm in results["arms"]:
        lines += [
            _against(results, arm, RATE, FINAL, "valid last answers"),
            _against(results, arm, RATE, FIRST, "valid first answers"),
            _against(results, arm, COLLIDES, FIRST, "well-formed first answers that collide"),
            _repair(results, arm),
        ]
    lines += [_topic(results, section, title) for section, title in _TOPICS.items()]
    lines.append(_general(results, arm))
    return [f"- {line}" for line in lines]


def _best(results: Mapping[str, Any]) -> str:
    suite = main_suite(results)
    tested = {name: arm["test"][suite] for name, arm in _trained(results)}
    if not tested:
        return (
            f"**Best.** No arm that is never told where things should stand has been trained and played on `{suite}`."
        )
    name = max(tested, key=lambda arm: float(tested[arm][RATE]))
    top, start = tested[name], results["arms"].get("warm_start", {"test": {}})["test"].get(suite)
    low, high = top["interval"][RATE]
    line = (
        f"**Best.** Of {len(tested)} trained arms that are never told where things should stand (feedback `names` or "
        f"`none`), *{results['arms'][name]['title']}* has the most valid last answers on `{suite}`: {share(top[RATE])} "
        f"[{low:.3f}, {high:.3f}], clean {share(top['clean_rate'])}, valid first answers "
        f"{share(top['by_turn'][0][RATE])}; of its well-formed last answers {share(top[COLLIDES])} collide and "
        f"{share(top['commonest_layout_share'])} are the commonest layout. Being the highest it is a little flattered."
    )
    if start is not None and start[RATE]:
        line += f" That is {top[RATE] / start[RATE]:.1f} times the warm start's {share(start[RATE])}."
    return line


def _against(results: Mapping[str, Any], arm: str, metric: str, turn: int, what: str) -> str:
    """Return what a metric of an arm is against each of its references."""
    title = _capital(_title(results, arm))
    rows = [
        row
        for row in results["comparisons"]
        if (row["to"], row["metric"], row["turn"], row["section"]) == (arm, metric, turn, "teaching")
    ]
    if not rows:
        return f"*{title}*, **{what}**: nothing to compare with yet."
    verdicts = {1: "more than", -1: "fewer than", 0: "not told apart from"}
    told = [
        f"**{verdicts[sign(row['interval'])]}** *{_title(results, row['from'])}* "
        f"({share(row['before'])}; {_short(row['difference'], row['interval'])})"
        for row in rows
    ]
    return f"*{title}*, **{what}: {share(rows[0]['after'])}**, " + ", ".join(told) + "."


def _repair(results: Mapping[str, Any], arm: str) -> str:
    """Return in which arms the last answers are valid more often than the first, without being told where to go."""
    suite = main_suite(results)
    groups: dict[int, list[str]] = {1: [], 0: [], -1: []}
    for _, one in _trained(results):
        gain = one["test"][suite][GAIN]
        if gain["interval"] is not None:
            groups[sign(gain["interval"])].append(f"*{one['title']}* {_short(gain['difference'], gain['interval'])}")
    count = sum(len(group) for group in groups.values())
    if not count:
        return "**Repair.** No arm has been given two answers yet."
    line = (
        f"**Repair.** In {len(groups[1])} of these {count} arms with two answers the last is valid more often than the "
        f"first, in {len(groups[-1])} less often{_listed(groups[-1])}, in {len(groups[0])} not told "
        f"apart{_listed(groups[0])}."
    )
    gain = results["arms"][arm]["test"].get(suite, {}).get(GAIN, {"interval": None})
    if gain["interval"] is not None:
        line += f" *{_capital(_title(results, arm))}*: {_short(gain['difference'], gain['interval'])}."
    for row in results["comparisons"]:
        if (row["to"], row["metric"], row["section"]) == (arm, GAIN, "repair"):
            verdict = {1: "More than", -1: "Less than", 0: "Not told apart from"}[sign(row["interval"])]
            line += (
                f" {verdict} what a second try of the warm start gains ({share(row['before'])}; "
                f"{_short(row['difference'], row['interval'])})."
            )
    return line


def _topic(results: Mapping[str, Any], section: str, title: str) -> str:
    """Return the last answers of a section's comparisons by their signs, and how many first answers differ."""
    rows = [row for row in results["comparisons"] if row["section"] == section and row["metric"] == RATE]
    if not rows:
        return f"**{title}.** No results yet."
    last = [row for row in rows if row["turn"] == FINAL]
    line = f"**{title}.** Valid last answers: {_grouped(results, last)}."
    first = [row for row in rows if row["turn"] == FIRST]
    apart = [row for row in first if sign(row["interval"])]
    if first:
        line += f" First answers: {len(apart)} of {len(first)} told apart" + (
            f": {_grouped(results, apart)}." if apart else "."
        )
    return line


def _general(results: Mapping[str, Any], arm: str) -> str:
    rows = [row for row in results["comparisons"] if row["section"] == "generalisation" and row["to"] == arm]
    parts = []
    for before in dict.fromkeys(row["from"] for row in rows):
        groups: dict[int, list[str]] = {1: [], 0: [], -1: []}
        for row in rows:
            if row["from"] == before:
                groups[sign(row["interval"])].append(f"`{row['suite']}` {row['difference']:+.3f}")
        told = ". ".join(f"**{name}**: {', '.join(groups[key])}" for key, name in _VERDICTS.items() if groups[key])
        parts.append(f"Against *{_title(results, before)}*. {told}.")
    if not parts:
        return "**Other rooms.** No results yet."
    return f"**Other rooms.** Valid last answers of *{_title(results, arm)}*. " + " ".join(parts)


def _grouped(results: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> str:
    """Return comparisons by the sign of what was found."""
    groups: dict[int, list[str]] = {key: [] for key in _VERDICTS}
    one = len({row["from"] for row in rows}) == 1
    for row in rows:
        against = "" if one else f" against *{_title(results, row['from'])}*"
        numbers = _short(row["difference"], row["interval"])
        groups[sign(row["interval"])].append(f"*{_title(results, row['to'])}*{against} {numbers}")
    told = [f"**{_VERDICTS[key]}**: {'; '.join(group)}" for key, group in groups.items() if group]
    return (f"against *{_title(results, rows[0]['from'])}*. " if one else "") + ". ".join(told)


def _trained(results: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """Return the arms trained and played on the main suite that are never told where things should stand."""
    suite, shared = main_suite(results), results["study"]["settings"].get("env", {}).get("feedback", "moves")
    return [
        (name, arm)
        for name, arm in results["arms"].items()
        if arm["how"] == "train" and suite in arm["test"]
        if arm["settings"].get("env.feedback", shared) in _TOLD_NO_PLACES
    ]


def _title(results: Mapping[str, Any], name: str) -> str:
    return str(results["arms"][name]["title"]) if name in results["arms"] else name


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _listed(told: Sequence[str]) -> str:
    return f" ({'; '.join(told)})" if told else ""


def _short(value: float, interval: Sequence[float]) -> str:
    return f"{value:+.2f} [{interval[0]:+.2f}, {interval[1]:+.2f}]"
