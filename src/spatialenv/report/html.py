"""The report: one self-contained page that shows what came of a run."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from markupsafe import Markup

from spatialenv.core.episode import Episode
from spatialenv.formats.atomic import write_atomically
from spatialenv.renderers import Renderer
from spatialenv.renderers.registry import open_renderer
from spatialenv.report import wording
from spatialenv.report.charts import Bar, bar_chart
from spatialenv.report.curves import PHASES, curve_groups
from spatialenv.report.environment import make_environment
from spatialenv.report.plain import flatten
from spatialenv.report.rooms import mean_components, room_views
from spatialenv.report.run_folder import RunFolder
from spatialenv.report.samples import sample_views
from spatialenv.report.viewer import page_viewer
from spatialenv.report.watching import find_gaming
from spatialenv.report.wording import METRICS, POLICIES, REPAIR

SHOWN = {"before": "Before RL", "after": "After RL"}
"""Names of the saved episodes that the page shows room by room, and their titles."""


LAST = "last answer"
KEY_FIGURES = (
    ("Valid layouts", "valid_layout_rate", False),
    ("Valid first answers", "valid_layout_rate", True),
    ("Clean layouts", "clean_rate", False),
    ("Mean score", "mean_score", False),
    ("Collision, of well-formed", "collision_rate_of_well_formed", False),
    ("Commonest layout", "commonest_layout_share", False),
)
"""Label, metric, and whether it is of the first answers instead of the last."""


def write_report(
    run: RunFolder | str | os.PathLike[str],
    *,
    renderer: str | Mapping[str, Any] | Renderer = "fast",
    rooms: int = 8,
) -> Path:
    """Write ``report.html`` into a run folder and return its path.

    The page needs no network and no other file. It can be written at any time: what an
    interrupted run has not reached is said to be missing.

    Args:
        run: The run folder, or its path.
        renderer: What draws the layouts anew, as `make_renderer` takes it.
        rooms: Number of rooms shown turn by turn: the first ones by index.

    Raises:
        InputError: If it is no run folder, or the renderer is unknown.
        FileFormatError: If a file in it is broken.
    """
    folder = run if isinstance(run, RunFolder) else RunFolder(run)
    state, summary, settings, rows = folder.state(), folder.summary(), folder.config(), folder.metrics()
    has_workers = (settings.get("executor") or {}).get("kind", "serial") != "serial"
    saved = set(folder.episode_names())
    played = {name: folder.load_episodes(name) for name in SHOWN if name in saved}
    shown = {SHOWN[name]: episodes for name, episodes in played.items()}
    with open_renderer(renderer) as draw:
        views, viewer = room_views(shown, draw, rooms), page_viewer(shown, rooms, draw)
    stages = dict(state["stages"])
    held_out = stages.pop("held_out", {})
    curves, left_out = curve_groups(rows, has_workers=has_workers)
    page = (
        make_environment()
        .get_template("report.html.j2")
        .render(
            name=folder.path.resolve().name,
            started=_moment(state.get("started")),
            is_complete=folder.is_complete,
            stages_done=list(stages),
            headline=wording.headline(summary, is_checked=held_out.get("shared") == 0),
            held_out=held_out,
            setup=_setup(settings),
            key_figures=_key_figures(summary),
            bars=_bars(summary),
            policies=[(label, text) for name, (label, text) in POLICIES.items() if name in summary],
            checks=wording.checks(summary),
            status=state.get("status") or {},
            changes=_changes(state),
            warnings=_warnings(rows, settings),
            curves=curves,
            numbers_left_out=left_out,
            samples=sample_views(folder),
            rooms=views,
            viewer=viewer,
            saved=min((len(episodes) for episodes in played.values()), default=0),
            breakdown=_breakdown(played),
            failed={SHOWN[name]: sum(e.failure is not None for e in episodes) for name, episodes in played.items()},
            metric_labels=[METRICS[name][0] for name in METRICS],
            results=_results(summary),
            repair_labels=[label for label, _ in REPAIR.values()],
            repair=_repair(summary),
            definitions=METRICS,
            repair_definitions=REPAIR,
            settings=flatten(settings),
            versions=folder.versions(),
            durations=[(PHASES.get(name, name), _duration(facts.get("seconds"))) for name, facts in stages.items()],
            command=summary.get("command") or state.get("command", ""),
            does_not_show=list(summary.get("does_not_show") or ()),
        )
    )
    return write_atomically(folder.path / "report.html", page)


def interval_text(metric: str, result: Mapping[str, Any]) -> str:
    """Return the 95% interval of a number as the pages print it, empty where there is none."""
    found = wording.interval(result, metric)
    return "" if found is None else f"{wording.show(metric, found[0])} – {wording.show(metric, found[1])}"


def _setup(settings: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what was trained how, as far as the settings say."""
    rl, env = settings.get("rl") or {}, settings.get("env") or {}
    steps = rl.get("steps")
    how = [str(settings["algorithm"])] if settings.get("algorithm") else []
    how += [f"{steps} step{'s' if steps != 1 else ''}"] if steps is not None else []
    most = env.get("max_turns")
    told = {
        "model": "tiny, made for this run" if settings.get("model") == "tiny" else settings.get("model"),
        "reinforcement learning": ", ".join(how),
        "training rooms": settings.get("tasks"),
        "held-out rooms": settings.get("held_out"),
        "reward": env.get("reward"),
        "answers an episode": None if most is None else f"at most {most}" if most > 1 else "1",
    }
    return [(name, _named(value)) for name, value in told.items() if value]


def _named(value: Any) -> str:
    """Return a name as it is, of a mapping its name and options."""
    if isinstance(value, Mapping):
        return ", ".join(str(item) if key == "name" else f"{key}: {item}" for key, item in flatten(value).items())
    return str(value)


def _key_figures(summary: Mapping[str, Any]) -> list[dict[str, Any]]:
    figures = []
    known = [name for name in ("warm_start", "after") if name in wording.policies_in(summary)]
    for label, metric, is_first in KEY_FIGURES:
        values = []
        for name in known:
            by_turn = summary[name].get("by_turn") or [{}]
            result = by_turn[0] if is_first else summary[name]["final"]
            shown = wording.show(metric, result.get(metric))
            values.append({"label": wording.label_of(name), "value": shown, "interval": interval_text(metric, result)})
        if values:
            figures.append({"label": label, "policies": values})
    return figures


def _bars(summary: Mapping[str, Any]) -> Markup:
    bars, metric = [], "valid_layout_rate"
    for name in wording.policies_in(summary):
        final = summary[name]["final"]
        if final.get(metric) is not None:
            low, high = wording.interval(final, metric) or (None, None)
            kind = name.replace("_", "-") if name in POLICIES else "plain"
            bars.append(Bar(wording.label_of(name), final[metric], low, high, kind))
    if not bars:
        return Markup("")
    told = ", ".join(f"{bar.label} {wording.show(metric, bar.value)}" for bar in bars)
    title = "Share of valid layouts, last answers"
    return bar_chart(bars, name="valid", title=title, text=f"{title}: {told}.", mark=POLICIES["constant"][0])


def _warnings(rows: Sequence[Mapping[str, Any]], settings: Mapping[str, Any]) -> list[str]:
    """Return what the held-out rooms that were watched warn of."""
    patience = (settings.get("watch") or {}).get("patience") or 3
    return [gaming.text for gaming in find_gaming([row for row in rows if row["phase"] == "rl"], patience)]


def _changes(state: Mapping[str, Any]) -> list[str]:
    told = []
    for change in state.get("changes") or ():
        text = f"{_moment(change['at'])}: {change['setting']} from {change['before']} to {change['now']}"
        if change["setting"] == "rl.steps":
            text += "; the learning rate follows the schedule of the longer run from there on"
        told.append(text)
    return told


def _breakdown(played: Mapping[str, Sequence[Episode]]) -> dict[str, Any]:
    """Return the mean of each component on the last turns, for each policy whose episodes are saved."""
    means = {SHOWN[name]: mean_components(episodes) for name, episodes in played.items()}
    names = list(dict.fromkeys(name for found in means.values() for name in found))
    return {
        "titles": list(means),
        "counts": [len(episodes) for episodes in played.values()],
        "rows": [(name, [found.get(name) for found in means.values()]) for name in names],
    }


def _results(summary: Mapping[str, Any]) -> list[dict[str, Any]]:
    rows = []
    for name in wording.policies_in(summary):
        entry = summary[name]
        by_turn = entry.get("by_turn") or []
        results = [(f"turn {turn}", result) for turn, result in enumerate(by_turn, start=1)]
        if results and results[-1][1] == entry["final"]:
            results.pop()  # it is the last answer, which follows
        results.append((LAST, entry["final"]))
        for index, (when, result) in enumerate(results):
            cells = [(wording.show(metric, result.get(metric)), interval_text(metric, result)) for metric in METRICS]
            rows.append(
                {
                    "policy": wording.label_of(name) if index == 0 else "",
                    "span": len(results),
                    "n": entry.get("n", "–"),
                    "failures": entry.get("failures", 0),
                    "when": when,
                    "is_final": when == LAST,
                    "cells": cells,
                }
            )
    return rows


def _repair(summary: Mapping[str, Any]) -> list[tuple[str, list[tuple[str, str]]]]:
    rows = []
    for name in wording.policies_in(summary):
        repair = summary[name].get("repair") or {}
        if any(repair.get(key) is not None for key in REPAIR):
            cells = [(wording.show(key, repair.get(key)), interval_text(key, repair)) for key in REPAIR]
            rows.append((wording.label_of(name), cells))
    return rows


def _moment(iso: str | None) -> str:
    return "" if not iso else f"{datetime.fromisoformat(iso):%d %b %Y, %H:%M} UTC"


def _duration(seconds: float | None) -> str:
    if seconds is None:
        return "–"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{seconds:.1f} s"
