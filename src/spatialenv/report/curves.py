"""The learning curves of a run, in groups; docs/training/curves.md says what each number is."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from markupsafe import Markup

from spatialenv.report.charts import Line, line_chart, short, stacked_chart

Series = Mapping[tuple[str, str], tuple[list[float], list[float]]]
Chart = tuple[str, Markup]

PHASES = {"warm_start": "warm start", "rl": "reinforcement learning"}
MAX_OTHER_CURVES = 60
"""Further numbers drawn."""

MOST_LINES = 6
"""Lines in one chart; where there are more, the first ones by name."""

SECONDS = {
    "seconds/generate": "generate",
    "seconds/draw": "draw",
    "seconds/score": "score",
    "seconds/wait": "draw and score",
    "seconds/logprobs": "log-probs",
    "seconds/forward": "forward",
    "seconds/backward": "backward",
}
"""Parts of a step's time, and their names."""


@dataclass(frozen=True, slots=True)
class Curve:
    """A chart of training.

    Attributes:
        title: Its title.
        metrics: Numbers drawn, each with its label.
        pattern: Or those whose whole names match; the group ``label`` is the label.
        is_share: Whether they are shares, drawn from 0% to 100%.
        phase: The phase whose numbers they are.
    """

    title: str
    metrics: Mapping[str, str] = field(default_factory=dict)
    pattern: str | None = None
    is_share: bool = False
    phase: str = "rl"


def _by_turn(title: str, metric: str, *, is_watched: bool = True) -> Curve:
    metrics = {f"final/{metric}": "last answer", f"first/{metric}": "first answer"}
    if is_watched:
        metrics[f"watch/final/{metric}"] = "held-out rooms, last"
    return Curve(title, metrics, is_share=True)


GROUPS: Mapping[str, Sequence[Curve]] = {
    "Outcome": (
        Curve("Reward", {"reward": "reward"}),
        Curve("Score of the last answer", {"final/score": "training rooms", "watch/final/score": "held-out rooms"}),
        _by_turn("Valid layouts", "valid_layout_rate"),
        _by_turn("Clean layouts", "clean_rate"),
        _by_turn("Well-formed answers", "format_rate"),
        _by_turn("Collision, of well-formed", "collision_rate_of_well_formed", is_watched=False),
        _by_turn("Out of room, of well-formed", "out_of_room_rate_of_well_formed", is_watched=False),
        Curve(
            "Commonest layout, held-out rooms",
            {
                "watch/final/commonest_layout_share": "same positions",
                "watch/final/commonest_corners_share": "same corners",
            },
            is_share=True,
        ),
    ),
    "By component and difficulty": (
        Curve("Components of the score, last answers", pattern=r"final/component/(?P<label>.+)"),
        Curve("Components, held-out rooms", pattern=r"watch/final/component/(?P<label>.+)"),
        Curve(
            "Valid layouts by number of objects", pattern=r"objects/(?P<label>[^/]+)/valid_layout_rate", is_share=True
        ),
        Curve("Score by number of objects", pattern=r"objects/(?P<label>[^/]+)/score"),
        Curve("Valid layouts by task", pattern=r"task/(?P<label>[^/]+)/valid_layout_rate", is_share=True),
    ),
    "The policy": (
        Curve("Answers in an episode", {"episodes/turns": "answers"}),
        Curve("Length of an answer, tokens", pattern=r"length/(?P<label>turn_\d+)"),
        Curve("Answers cut off at the limit", pattern=r"cut_off/(?P<label>turn_\d+)", is_share=True),
        Curve("Entropy", {"entropy": "entropy"}),
        Curve("KL to the reference", {"kl": "KL"}),
        Curve("Groups whose samples all score alike", {"groups/without_spread": "groups"}, is_share=True),
        Curve("Gradient norm", {"grad_norm": "norm"}),
        Curve("Learning rate", {"learning_rate": "rate"}),
    ),
    "Time": (Curve("Tokens a second", {"speed/generate": "written", "speed/train": "trained on"}),),
    "Warm start": (
        Curve("Loss of the warm start", {"loss": "loss"}, phase="warm_start"),
        Curve("Token accuracy of the warm start", {"token_accuracy": "accuracy"}, is_share=True, phase="warm_start"),
    ),
}
"""The charts shown at once, by group; every other number of metrics.jsonl follows folded."""


def curve_groups(rows: Sequence[Mapping[str, Any]], *, has_workers: bool = False) -> tuple[dict[str, list[Chart]], int]:
    """Return the charts of a run by group, those of further numbers last, under ``""``; and how many are left out.

    Args:
        rows: Rows of ``metrics.jsonl``.
        has_workers: Whether drawing and scoring went on beside the model, so that their times are no parts of a step's.
    """
    series = _series(rows)
    groups: dict[str, list[Chart]] = {}
    used: set[tuple[str, str]] = set()
    for heading, curves in GROUPS.items():
        charts: list[Chart] = []
        for each in curves:
            curve = each
            metrics = _metrics(curve, series)
            used |= {(curve.phase, name) for name in metrics}
            lines = [Line(label, *series[curve.phase, name]) for name, label in metrics.items()][:MOST_LINES]
            # a dot or two of a held-out number, or a line that never moves from nothing, is no curve of its own
            if lines and any(len(line.x) > 1 or len(lines) == 1 for line in lines):
                if curve.pattern is not None and len(lines) == 1:  # nothing else would name the line
                    curve = replace(curve, title=f"{curve.title}: {lines[0].label}")
                charts.append((curve.title, _chart(f"curve-{len(used)}-{len(charts)}", curve, lines)))
        if heading == "Time":
            charts = _time_charts(rows, has_workers=has_workers) + charts
            used |= {("rl", name) for name in (*SECONDS, "step_time")}
        if charts:
            groups[heading] = charts
    others = [key for key in series if key not in used and key[1] != "seconds"]
    charts = []
    for index, (phase, name) in enumerate(others[:MAX_OTHER_CURVES]):
        curve = Curve(f"{name} ({PHASES.get(phase, phase)})", phase=phase)
        charts.append((curve.title, _chart(f"other-{index}", curve, [Line(name, *series[phase, name])])))
    return ({**groups, "": charts} if charts else groups), max(0, len(others) - MAX_OTHER_CURVES)


def _series(rows: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str], tuple[list[float], list[float]]]:
    series: dict[tuple[str, str], tuple[list[float], list[float]]] = {}
    for row in rows:
        for metric, value in row.items():
            if metric not in ("phase", "step") and isinstance(value, (int, float)):
                xs, ys = series.setdefault((row["phase"], metric), ([], []))
                xs.append(row["step"])
                ys.append(value)
    return series


def _metrics(curve: Curve, series: Series) -> dict[str, str]:
    if curve.pattern is None:
        return {name: label for name, label in curve.metrics.items() if (curve.phase, name) in series}
    found = {}
    for phase, name in series:
        match = re.fullmatch(curve.pattern, name)
        if match and phase == curve.phase:
            found[name] = match["label"].replace("_", " ")
    return dict(
        sorted(
            found.items(),
            key=lambda item: [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", item[1])],
        )
    )


def _chart(name: str, curve: Curve, lines: Sequence[Line]) -> Markup:
    told = "; ".join(
        f"{line.label} from {short(line.y[0])} at step {line.x[0]:g} to {short(line.y[-1])} at step {line.x[-1]:g}"
        for line in lines
    )
    x_label = f"step of {PHASES.get(curve.phase, curve.phase)}" if len(lines) == 1 else "step"
    text = f"{curve.title}: {told}."
    return line_chart(lines, name=name, title=curve.title, text=text, share=curve.is_share, x_label=x_label)


def _time_charts(rows: Sequence[Mapping[str, Any]], *, has_workers: bool) -> list[Chart]:
    """Return where the seconds of a step go, as shares, and how many they are."""
    left_out = ("seconds/draw", "seconds/score") if has_workers else ("seconds/wait",)
    kinds = {name: label for name, label in SECONDS.items() if name not in left_out}
    timed = [row for row in rows if row["phase"] == "rl" and any(row.get(name) for name in kinds)]
    if not timed:
        return []
    steps = [float(row["step"]) for row in timed]
    parts = [Line(label, steps, [float(row.get(name) or 0) for row in timed]) for name, label in kinds.items()]
    parts = [part for part in parts if any(part.y)]
    known = [sum(values) for values in zip(*(part.y for part in parts), strict=True)]
    totals = [max(float(row.get("step_time") or 0), spent) for row, spent in zip(timed, known, strict=True)]
    parts.append(Line("other", steps, [total - spent for total, spent in zip(totals, known, strict=True)]))
    means = [f"{part.label} {sum(part.y) / len(timed):.2g} s" for part in parts]
    title = "Where the time of a step goes"
    stacked = stacked_chart(parts, name="seconds", title=title, text=f"{title}: on average {', '.join(means)}.")
    curve = Curve("Length of a step, seconds")
    return [(title, stacked), (curve.title, _chart("step-seconds", curve, [Line("seconds", steps, totals)]))]
