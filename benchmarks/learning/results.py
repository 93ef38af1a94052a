"""The numbers of the study and the page that shows them."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from spatialenv.core.episode import Episode
from spatialenv.evaluation.metrics import paired_difference
from spatialenv.trainers.settings import RunSettings

ARMS = {
    "warm_start": "warm start",
    "after": "reinforcement learning",
    "continued_supervision": "continued supervision",
    "shuffled_rewards": "shuffled rewards",
}
ABLATIONS = {"after_grey_pictures": "grey pictures", "after_empty_rooms": "pictures of the empty room"}
BASELINES = ("random", "constant", "solver")
COMPARISONS = (
    ("warm_start", "after", "valid_layout_rate", -1),
    ("warm_start", "after", "valid_layout_rate", 0),
    ("warm_start", "after", "collision_rate_of_well_formed", -1),
    ("continued_supervision", "after", "valid_layout_rate", -1),
    ("continued_supervision", "after", "valid_layout_rate", 0),
    ("shuffled_rewards", "after", "valid_layout_rate", -1),
    ("after", "after_grey_pictures", "valid_layout_rate", -1),
    ("after", "after_empty_rooms", "valid_layout_rate", -1),
)
"""What is compared with what, by which metric, after which answer (0 the first, -1 the last)."""


def study_results(studies: Mapping[int, Mapping[str, Any]], settings: RunSettings) -> dict[str, Any]:
    """Return everything the page shows, as JSON types."""
    arms: dict[str, Any] = {}
    for arm in (*ARMS, *ABLATIONS):
        per_seed = {str(seed): study["arms"][arm][1] for seed, study in studies.items()}
        arms[arm] = {
            "seeds": list(per_seed),
            "seconds": {seed: facts.get("seconds") for seed, facts in per_seed.items()},
            "summary": {seed: facts["summary"] for seed, facts in per_seed.items()},
        }
    baselines = {name: {str(seed): study["summary"][name] for seed, study in studies.items()} for name in BASELINES}
    comparisons = []
    for first, second, metric, turn in COMPARISONS:
        before = {seed: study["arms"][first][0] for seed, study in studies.items()}
        after = {seed: study["arms"][second][0] for seed, study in studies.items()}
        comparisons.append(
            {
                "from": first,
                "to": second,
                "metric": metric,
                "turn": turn,
                "seeds": {
                    str(seed): paired_difference(before[seed], after[seed], metric, turn=turn) for seed in studies
                },
                "pooled": pooled_difference(list(before.values()), list(after.values()), metric, turn),
            }
        )
    return {
        "machine": {"cpus": os.cpu_count(), "platform": platform.platform(), "python": platform.python_version()},
        "settings": settings.model_dump(mode="json"),
        "stages": {str(seed): study["stages"] for seed, study in studies.items()},
        "arms": arms,
        "baselines": baselines,
        "comparisons": comparisons,
    }


def pooled_difference(
    before: Sequence[Sequence[Episode]],
    after: Sequence[Sequence[Episode]],
    metric: str,
    turn: int,
    *,
    resamples: int = 2000,
    seed: int = 0,
) -> dict[str, Any]:
    """Return the mean difference over seeds, with a 95 % interval that resamples seeds and rooms."""
    rng = np.random.default_rng(seed)
    tables = [_flags(b, a, metric, turn) for b, a in zip(before, after, strict=True)]
    drawn = []
    for _ in range(resamples):
        picked = [tables[index] for index in rng.integers(len(tables), size=len(tables))]
        values = [_table_difference(table[rng.integers(len(table), size=len(table))]) for table in picked]
        drawn += [float(np.mean(values))] if np.isfinite(values).all() else []
    low, high = np.percentile(drawn, [2.5, 97.5])
    points = [_table_difference(table) for table in tables]
    return {"difference": float(np.mean(points)), "interval": [float(low), float(high)]}


def _table_difference(table: np.ndarray[Any, Any]) -> float:
    """Return the second rate less the first of rows ``(hits, base, hits, base)``; NaN where a base is empty."""
    hits_before, base_before, hits_after, base_after = table.sum(axis=0)
    return float(hits_after / base_after - hits_before / base_before) if base_before and base_after else float("nan")


def _flags(before: Sequence[Episode], after: Sequence[Episode], metric: str, turn: int) -> np.ndarray[Any, Any]:
    key = {"valid_layout_rate": "valid", "collision_rate_of_well_formed": "collides"}[metric]
    rows = []
    for pair in zip(before, after, strict=True):
        row: list[float] = []
        for episode in pair:
            status = episode.turns[turn].status
            base = 1.0 if metric == "valid_layout_rate" else float(status["well_formed"])
            row += [float(status[key]) * base, base]
        rows.append(row)
    return np.array(rows)


def results_page(results: Mapping[str, Any]) -> str:
    """Return docs/results.md."""
    seeds = results["arms"]["after"]["seeds"]
    rooms = results["arms"]["after"]["summary"][seeds[0]]["n"]
    settings = results["settings"]
    machine = results["machine"]
    lines = [
        "# Results of the demo's job",
        "",
        "Made by `python -m benchmarks.learning`, which runs what `make demo` runs with seeds "
        f"{', '.join(seeds)} and the controls below, and writes this page and `benchmarks/results/demo.json`. "
        f"Machine: {machine['cpus']} CPU cores, no GPU.",
        "",
        f"Every arm is evaluated on the same {rooms} held-out rooms (`{settings['held_out']}`), none of which occurs in "
        f"training (checked by content), sampled at temperature {settings['evaluate']['temperature']:g}. "
        "Definitions: [definitions.md](definitions.md). `collides` and `out of room` are shares of well-formed answers.",
        "",
        "## Rates, each seed",
        "",
        "| arm | seed | well-formed | valid, first turn | valid, final [95 %] | collides, first | collides, final | "
        "out of room, first | out of room, final | commonest layout | training s |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for arm, title in {**ARMS, **{key: f"after, {name}" for key, name in ABLATIONS.items()}}.items():
        entry = results["arms"][arm]
        for seed in seeds:
            lines.append(_row(title, seed, entry["summary"][seed], entry["seconds"][seed]))
    for name in BASELINES:
        lines.append(_row(name, seeds[0], results["baselines"][name][seeds[0]], None))
    lines += [
        "",
        "## Differences on the same rooms",
        "",
        "Mean over seeds; the interval resamples seeds and rooms. Per seed the interval resamples rooms.",
        "",
        "| from | to | metric | answer | difference [95 %] | " + " | ".join(f"seed {seed}" for seed in seeds) + " |",
        "| --- | --- | --- | --- | --- | " + " | ".join("---" for _ in seeds) + " |",
    ]
    titles = {**ARMS, **ABLATIONS}
    for row in results["comparisons"]:
        cells = [_signed(row["seeds"][seed]["difference"], row["seeds"][seed]["interval"]) for seed in seeds]
        lines.append(
            f"| {titles[row['from']]} | {titles[row['to']]} | {row['metric'].replace('_', ' ')} | "
            f"{'first' if row['turn'] == 0 else 'final'} | "
            f"{_signed(row['pooled']['difference'], row['pooled']['interval'])} | " + " | ".join(cells) + " |"
        )
    lines += ["", "## Repair", "", *_repair_table(results, seeds), "", *_reading(results, seeds)]
    return "\n".join(lines) + "\n"


def _row(title: str, seed: str, summary: Mapping[str, Any], seconds: float | None) -> str:
    first, final = summary["by_turn"][0], summary["final"]
    low, high = final["interval"]["valid_layout_rate"]
    cells = [
        title,
        seed,
        _share(final["format_rate"]),
        _share(first["valid_layout_rate"]),
        f"{_share(final['valid_layout_rate'])} [{_share(low)}, {_share(high)}]",
        _share(first["collision_rate_of_well_formed"]),
        _share(final["collision_rate_of_well_formed"]),
        _share(first["out_of_room_rate_of_well_formed"]),
        _share(final["out_of_room_rate_of_well_formed"]),
        _share(first["commonest_layout_share"]),
        "" if seconds is None else f"{seconds:.0f}",
    ]
    return "| " + " | ".join(cells) + " |"


def _repair_table(results: Mapping[str, Any], seeds: Sequence[str]) -> list[str]:
    lines = [
        "| arm | seed | repaired | kept | moves followed | right objects left alone |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for arm, title in ARMS.items():
        for seed in seeds:
            repair = results["arms"][arm]["summary"][seed]["repair"]
            names = ("repaired", "kept", "moves_followed", "right_objects_left_alone")
            lines.append(f"| {title} | {seed} | " + " | ".join(_share(repair[name]) for name in names) + " |")
    return lines


def _reading(results: Mapping[str, Any], seeds: Sequence[str]) -> list[str]:
    rows = {(r["from"], r["to"], r["metric"], r["turn"]): r["pooled"] for r in results["comparisons"]}
    constant = max(results["baselines"]["constant"][seed]["final"]["valid_layout_rate"] for seed in seeds)
    lowest = min(results["arms"]["after"]["summary"][seed]["final"]["valid_layout_rate"] for seed in seeds)
    best_sft = rows[("continued_supervision", "after", "valid_layout_rate", -1)]
    first = rows[("continued_supervision", "after", "valid_layout_rate", 0)]
    grey = rows[("after", "after_grey_pictures", "valid_layout_rate", -1)]
    empty = rows[("after", "after_empty_rooms", "valid_layout_rate", -1)]
    return [
        "## What it shows, and what it does not",
        "",
        f"- The lowest final valid rate after reinforcement learning is {_share(lowest)}; the best constant layout reaches "
        f"{_share(constant)}.",
        f"- Against more supervised training of equal time: {_signed(best_sft['difference'], best_sft['interval'])} in the "
        f"final valid rate, {_signed(first['difference'], first['interval'])} in the first turn's. "
        "The demonstrations are unskilled on purpose, so supervision is limited by design.",
        f"- Grey pictures change the final valid rate by {_signed(grey['difference'], grey['interval'])}, pictures of the "
        f"empty room by {_signed(empty['difference'], empty['interval'])}: the prompt states the room and the sizes in words, "
        "so these results show nothing about the use of pictures unless these intervals exclude 0.",
        "- Feedback `targets` states where everything should stand after the suggested moves. Final validity is therefore "
        "mostly the copying of a suggestion, not geometric repair; the first turn's rates are the ones that say something "
        "about placing.",
        "- A model of a million weights, rooms of three or four boxes on a grid, no turning: nothing here speaks for real "
        "models, free yaw or crowded rooms.",
        f"- {len(seeds)} seeds. The interval over seeds is wide for that reason, and no hyperparameter was tuned on a "
        "separate validation split.",
    ]


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _signed(value: float | None, interval: Sequence[float] | None) -> str:
    if value is None or interval is None:
        return "-"
    return f"{value:+.3f} [{interval[0]:+.3f}, {interval[1]:+.3f}]"
