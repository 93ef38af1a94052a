"""The page of an evaluation: its rates, and every episode with what the policy saw and wrote."""

from __future__ import annotations

import base64
import hashlib
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from markupsafe import Markup
from PIL import Image

from spatialenv.core.episode import Episode
from spatialenv.errors import FileFormatError, InputError
from spatialenv.formats.atomic import write_atomically
from spatialenv.formats.episode import load_episodes
from spatialenv.report import wording
from spatialenv.report.charts import histogram
from spatialenv.report.environment import make_environment
from spatialenv.report.html import interval_text
from spatialenv.report.plain import flatten, read_object
from spatialenv.report.rooms import Badge, TurnView, badges_of, data_uri, mean_components, turn_view
from spatialenv.report.viewer import page_viewer
from spatialenv.report.wording import METRICS, REPAIR

KIND = "spatialenv-evaluation"
PAGE = "report.html"
MOST_EMBEDDED = 300
"""Pictures that the page holds itself; where there are more, it shows the files beside it."""

KEY_FIGURES = (
    ("Valid layouts", "valid_layout_rate", False),
    ("Valid first answers", "valid_layout_rate", True),
    ("Clean layouts", "clean_rate", False),
    ("Mean score", "mean_score", False),
    ("Collision, of well-formed", "collision_rate_of_well_formed", False),
    ("Out of room, of well-formed", "out_of_room_rate_of_well_formed", False),
)
"""Label, metric, and whether it is of the first answers instead of the last."""

FILTERS = {
    "all": "All",
    "clean": "Clean",
    "valid": "Valid",
    "invalid": "Not valid",
    "collides": "Collides",
    "out_of_room": "Out of room",
    "malformed": "Not well-formed",
    "failed": "Failed",
}
"""Kinds of rooms that the page can be narrowed to, by how their last answer ended."""


@dataclass(frozen=True, slots=True)
class EpisodeView:
    """An episode as the page shows it; pictures are addresses, empty where none was kept."""

    title: str
    seed: int | None
    facts: str
    wish: str
    objects: tuple[str, ...]
    prompt: str
    note: str
    score: float
    tags: tuple[str, ...]
    badges: tuple[Badge, ...]
    thumb: str
    start: str
    turns: tuple[TurnView, ...]


def write_evaluation_page(folder: str | os.PathLike[str], *, embed: bool | None = None) -> Path:
    """Write ``report.html`` into the folder of an evaluation and return its path.

    Args:
        folder: What `spatialenv.evaluation.evaluate` was given as `output`, finished.
        embed: Whether the page holds its pictures itself, so that it can be sent alone; None: where there
            are at most `MOST_EMBEDDED`. Else it shows the files beside it.

    Raises:
        InputError: If the folder holds no finished evaluation.
        FileFormatError: If a file in it is damaged.
    """
    path = Path(folder)
    results = _results(path)
    files = sorted((path / "shards").glob("*.jsonl"))
    played = [(file, number, episode) for file in files for number, episode in enumerate(load_episodes(file, False))]
    if embed is None:
        embed = sum(1 for _ in (path / "shards").glob("*/*.png")) <= MOST_EMBEDDED
    episodes = [episode for _, _, episode in played]
    rooms = [_view(episode, file, number, embed) for file, number, episode in played]
    result, tasks = results["result"], results["tasks"]
    script = Path(__file__).with_name("templates").joinpath("evaluation.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")
    page = (
        make_environment()
        .get_template("evaluation.html.j2")
        .render(
            policy=results["policy"]["name"],
            tasks=tasks["name"],
            headline=_headline(result, tasks["name"]),
            n=result["n"],
            failures=result["failures"],
            key_figures=_key_figures(result),
            metric_labels=[label for label, _, _ in METRICS.values()],
            rates=_rates(result),
            repair=_repair(result),
            charts=_charts(episodes),
            components=mean_components(episodes),
            rooms=rooms,
            viewer=page_viewer({results["policy"]["name"]: episodes}),
            has_pictures=any(room.thumb for room in rooms),
            filters=[(tag, label, sum(tag in room.tags for room in rooms)) for tag, label in FILTERS.items()],
            definitions=METRICS,
            repair_definitions=REPAIR if len(result["by_turn"]) > 1 else {},
            settings=_settings(results),
            is_embedded=embed,
            script=Markup(script),  # our own file
            script_hash=f"sha256-{digest}",
        )
    )
    return write_atomically(path / PAGE, page)


def _results(path: Path) -> dict[str, Any]:
    file = path / "results.json"
    if not file.is_file():
        raise InputError(f"{str(path)!r} holds no finished evaluation (no results.json); evaluate into it first")
    results = read_object(file)
    if results.get("format") != KIND or "result" not in results:
        raise FileFormatError(f"{str(file)!r} is not what an evaluation writes; give the folder of one")
    return results


def _headline(result: Mapping[str, Any], tasks: str) -> str:
    metric, final = "valid_layout_rate", result["final"]
    text = f"{wording.show(metric, final[metric])} of {result['n']} rooms of {tasks} end with a valid layout"
    found = wording.interval(final, metric)
    return text if found is None else f"{text} (95% interval {interval_text(metric, final)})"


def _key_figures(result: Mapping[str, Any]) -> list[dict[str, str]]:
    figures = []
    for label, metric, is_first in KEY_FIGURES:
        rates = result["by_turn"][0] if is_first else result["final"]
        if is_first and len(result["by_turn"]) == 1:
            continue
        value = wording.show(metric, rates[metric])
        figures.append({"label": label, "value": value, "interval": _interval(metric, rates)})
    return figures


def _interval(metric: str, rates: Mapping[str, Any]) -> str:
    """Return the interval of a number: from resampled rooms for means, else as `interval_text`."""
    if metric == "mean_score" and rates.get("bootstrap"):
        return interval_text(metric, {"interval": rates["bootstrap"]})
    return interval_text(metric, rates)


def _rates(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "when": f"turn {turn}",
            "cells": [(wording.show(metric, rates.get(metric)), _interval(metric, rates)) for metric in METRICS],
        }
        for turn, rates in enumerate(result["by_turn"], start=1)
    ]


def _repair(result: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    repair = result["repair"]
    if len(result["by_turn"]) < 2 or all(repair[name] is None for name in REPAIR):
        return []
    rows = []
    for name, (label, _) in REPAIR.items():
        found = wording.interval({"interval": repair["bootstrap"]}, name)
        # Rooms that are all alike say nothing when they are resampled.
        is_known = found is not None and found[0] < found[1]
        chosen = {"interval": repair["bootstrap"]} if is_known else repair
        rows.append((label, wording.show(name, repair[name]), interval_text(name, chosen)))
    return rows


def _charts(episodes: Sequence[Episode]) -> list[tuple[str, Markup]]:
    played = [episode for episode in episodes if episode.turns and episode.failure is None]
    charts = []
    for key, turn in (("first", 0), ("last", -1)):
        scores = [episode.turns[turn].score for episode in played]
        scores = [score for score in scores if math.isfinite(score)]
        title = f"Scores of the {key} answers"
        if scores:
            told = f"{title}: from {min(scores):.3f} to {max(scores):.3f}, median {float(np.median(scores)):.3f}."
            chart = histogram(scores, name=f"scores-{key}", title=title, text=told, x_label="score")
            charts.append((title, chart))
    return charts if any(len(episode.turns) > 1 for episode in played) else charts[-1:]


def _view(episode: Episode, file: Path, number: int, embed: bool) -> EpisodeView:
    scene, turns = episode.scene, episode.turns
    pictures = {
        name: _picture(file.with_suffix("") / f"{number}_{name}.png", embed)
        for name in ("start", *(str(index) for index in range(len(turns))))
    }
    views = tuple(
        turn_view(index + 1, turn, scene, {"seen": pictures[str(index)]} if pictures[str(index)] else {})
        for index, turn in enumerate(turns)
    )
    badges = badges_of(turns[-1].status) if turns else ()
    if episode.failure is not None:
        badges = (Badge("✕ failed", "bad"),)
    room = scene.room
    shape = "" if room.is_rectangle else f", {len(room.floor)} walls"
    return EpisodeView(
        title=scene.id or f"Room {episode.seed}",
        seed=episode.seed,
        facts=f"seed {episode.seed} · {room.length:g} × {room.width:g} × {room.height:g} m{shape} · "
        f"{len(scene.objects)} objects · {len(turns)} {'answer' if len(turns) == 1 else 'answers'}",
        wish=scene.description,
        objects=tuple(f"{item.id} ({' × '.join(f'{side:g}' for side in item.size)} m)" for item in scene.objects),
        prompt=episode.prompt,
        note="" if episode.failure is None else f"Left out of every number. {episode.failure}",
        score=turns[-1].score if turns else 0.0,
        tags=_tags(episode),
        badges=badges,
        thumb=pictures[str(len(turns) - 1)] if turns else pictures["start"],
        start=pictures["start"],
        turns=views,
    )


def _tags(episode: Episode) -> tuple[str, ...]:
    if episode.failure is not None or not episode.turns:
        return ("all", "failed")
    status = episode.turns[-1].status
    held = {
        "clean": status["clean"],
        "valid": status["valid"],
        "invalid": not status["valid"],
        "collides": status["collides"],
        "out_of_room": status["out_of_room"],
        "malformed": not status["well_formed"],
    }
    return ("all", *(tag for tag, is_held in held.items() if is_held))


def _picture(file: Path, embed: bool) -> str:
    """Return the address of a picture, an empty string where it was not kept."""
    if not file.is_file():
        return ""
    if not embed:
        return "/".join(file.parts[-3:])
    try:
        with Image.open(file, formats=["PNG"]) as image:
            return data_uri(np.asarray(image.convert("RGB"), dtype=np.uint8))
    except (OSError, SyntaxError, ValueError) as error:
        raise FileFormatError(f"the picture {str(file)!r} cannot be read: {error}") from error


def _settings(results: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    other = {key: results[key] for key in ("batch_size", "keep_pictures") if key in results}
    return [
        ("Policy", flatten(results["policy"])),
        ("Rooms", {**flatten(results["tasks"]), **other}),
        ("Environment", flatten(results["env"])),
        ("Versions", flatten(results["versions"])),
    ]
