"""The four figures of the page, made of the study's numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.learning.comparisons import FINAL, FIRST, MAIN
from benchmarks.learning.plots import Cell, Column, Mark, Panel, Row, dot_plot, panel_plot
from spatialenv.formats.atomic import write_atomically

RATE = "valid_layout_rate"

_REFERENCES = (("constant", "best constant layout"), ("redraw", "warm start with a second try"))


def write_figures(results: Mapping[str, Any], folder: Path) -> list[Path]:
    """Write the figures that there are numbers for, and return their files."""
    folder.mkdir(parents=True, exist_ok=True)
    return [write_atomically(folder / f"{name}.svg", drawn) for name, drawn in figures(results).items()]


def figures(results: Mapping[str, Any]) -> dict[str, str]:
    """Return the figures as SVG, by name: ``rates``, ``curves``, ``probes``, ``suites``; fewer where numbers lack."""
    drawn = {
        "rates": _rates(results),
        "curves": _curves(results),
        "probes": _probes(results),
        "suites": _suites(results),
    }
    return {name: picture for name, picture in drawn.items() if picture is not None}


def _rates(results: Mapping[str, Any]) -> str | None:
    suite = main_suite(results)
    if not any(suite in arm["test"] for arm in results["arms"].values()):
        return None
    rows: list[Row] = []
    for group in dict.fromkeys(arm["group"] for arm in results["arms"].values()):
        arms = [arm for arm in results["arms"].values() if arm["group"] == group]
        rows += [Row(_capital(group)), *(Row(_label(arm, suite), [_cell(arm, suite)]) for arm in arms)]
    lines = []
    for name, label in _REFERENCES:
        tested = results["arms"].get(name, {"test": {}})["test"].get(suite)
        if tested is not None:
            lines.append((tested[RATE], f"{label} {tested[RATE]:.2f}"))
    column = Column(lines=lines)
    return dot_plot(rows, [column], title=f"Share of valid layouts of every arm on {suite}, first and last answer")


def _curves(results: Mapping[str, Any]) -> str | None:
    curves = {name: arm for name, arm in results["arms"].items() if arm["curve"] is not None}
    if not curves:
        return None
    names = [MAIN, *(name for name in curves if name != MAIN)] if MAIN in curves else list(curves)
    head = curves[names[0]]["curve"]
    other = (head["samples"], [row[1] for row in head["final"]])
    panels = [
        Panel(
            curves[name]["title"],
            curves[name]["curve"]["samples"],
            curves[name]["curve"]["first"],
            curves[name]["curve"]["final"],
            None if name == names[0] else other,
        )
        for name in names
    ]
    return panel_plot(
        panels,
        title="Share of valid layouts while training, by answers sampled",
        x_label="answers sampled",
        y_label="valid layouts in training rooms",
    )


def _probes(results: Mapping[str, Any]) -> str | None:
    rows: list[Row] = []
    reach = 0.1
    for section, heading in (
        ("pictures", "Shown or told something else, without training on it"),
        ("feedback", "Trained with other words"),
    ):
        pairs = dict.fromkeys(
            (row["from"], row["to"])
            for row in results["comparisons"]
            if row["section"] == section and row["metric"] == RATE
        )
        group = []
        for before, after in pairs:
            found = {row["turn"]: row for row in results["comparisons"] if (row["from"], row["to"]) == (before, after)
                     and row["section"] == section and row["metric"] == RATE}  # fmt: skip
            cell = Cell(_change(found.get(FIRST)), _change(found.get(FINAL)))
            reach = max(reach, *(abs(end) for row in found.values() for end in row["interval"]))
            title = results["arms"][after]["title"]
            against = "" if section == "pictures" else f" against {results['arms'][before]['title']}"
            group.append(Row(title + against, [cell]))
        rows += [Row(heading), *group] if group else []
    if not rows:
        return None
    reach = min(1.0, (int(reach * 20) + 1) / 20)
    column = Column(low=-reach, high=reach)
    title = "What pictures and words do: changes of the share of valid layouts"
    return dot_plot(rows, [column], title=title, seen="change of valid layouts", signed=True)


def _suites(results: Mapping[str, Any]) -> str | None:
    suites = results["study"]["suites"]
    arms = [arm for name, arm in results["arms"].items() if len(arm["test"]) > 1 and name != "witness"]
    if not arms:
        return None
    columns = [Column(name, suite["title"]) for name, suite in suites.items()]
    rows = [Row(arm["title"], [_cell(arm, suite) for suite in suites]) for arm in arms]
    return dot_plot(rows, columns, title="Share of valid layouts by suite, first and last answer")


def _label(arm: Mapping[str, Any], suite: str) -> str:
    """Return an arm's title, and how many of its seeds there are where some lack."""
    there = len(arm["test"].get(suite, {"per_seed": {}})["per_seed"])
    wanted = len({*arm["seeds"], *arm["missing"]})
    return str(arm["title"]) if there in (0, wanted) else f"{arm['title']} ({there} of {wanted} seeds)"


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def main_suite(results: Mapping[str, Any]) -> str:
    """Return the suite of the training's own kind of rooms: the study's first."""
    return str(next(iter(results["study"]["suites"])))


def _cell(arm: Mapping[str, Any], suite: str) -> Cell:
    tested = arm["test"].get(suite)
    if tested is None:
        return Cell(words="failed" if arm["failures"] else "no result")
    seeds = tested["per_seed"].values()
    first = tested["by_turn"][0]
    return Cell(
        _mark(first[RATE], first["interval"][RATE], [seed["first"][RATE] for seed in seeds]),
        _mark(tested[RATE], tested["interval"][RATE], [seed[RATE] for seed in seeds]),
    )


def _change(row: Mapping[str, Any] | None) -> Mark | None:
    if row is None:
        return None
    return _mark(row["difference"], row["interval"], [seed["difference"] for seed in row["seeds"].values()])


def _mark(value: float | None, interval: Sequence[float] | None, seeds: Sequence[float | None]) -> Mark | None:
    return None if value is None else Mark(value, interval, [seed for seed in seeds if seed is not None])
