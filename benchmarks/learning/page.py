"""The page that shows the study's numbers: docs/results.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.learning.results import ABLATIONS, ARMS, BASELINES


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
        f"Every arm is evaluated on the same {rooms} held-out rooms (`{settings['held_out']}`), none of which occurs "
        f"in training (checked by content), sampled at temperature {settings['evaluate']['temperature']:g}. "
        "Definitions: [definitions.md](definitions.md). `collides` and `out of room` are shares of well-formed "
        "answers.",
        "",
        "## Rates, each seed",
        "",
        "| arm | seed | well-formed | valid, first turn | valid, final [95 %] | collides, first | collides, final | "
        "out of room, first | out of room, final | commonest layout | training s |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for arm, title in {**ARMS, **{key: f"after, {name}" for key, name in ABLATIONS.items()}}.items():
        entry = results["arms"][arm]
        lines += [_row(title, seed, entry["summary"][seed], entry["seconds"][seed]) for seed in seeds]
    lines += [_row(name, seeds[0], results["baselines"][name][seeds[0]], None) for name in BASELINES]
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
    formed = ", ".join(
        f"{_share(results['arms']['warm_start']['summary'][seed]['final']['format_rate'])} to "
        f"{_share(results['arms']['after']['summary'][seed]['final']['format_rate'])}"
        for seed in seeds
    )
    lost = max(results["arms"]["shuffled_rewards"]["summary"][seed]["final"]["format_rate"] for seed in seeds)
    share, signed = _share, lambda row: _signed(row["difference"], row["interval"])
    return [
        "## What it shows, and what it does not",
        "",
        f"- The lowest final valid rate after reinforcement learning is {share(lowest)}; the best constant layout "
        f"reaches {share(constant)}.",
        f"- Against more supervised training of equal time: {signed(best_sft)} in the final valid rate, "
        f"{signed(first)} in the first turn's. The demonstrations are unskilled on purpose, so supervision is limited "
        "by design.",
        f"- The share of well-formed last answers goes from {formed}: some of the validity is lost to the form.",
        f"- With shuffled scores at most {share(lost)} of the last answers stay well-formed: the gains need the true "
        "scores, but a control that collapses says little about what a gentler one would keep.",
        f"- Grey pictures change the final valid rate by {signed(grey)}, pictures of the empty room by "
        f"{signed(empty)}. The prompt states the room and the sizes in words, so a model can do without pictures; "
        "an interval that holds 0 shows no use of them.",
        "- Feedback `targets` states where everything should stand after the suggested moves. Final validity is "
        "therefore mostly the copying of a suggestion, not geometric repair; the first turn's rates are the ones that "
        "say something about placing.",
        "- A model of a million weights, rooms of three or four boxes on a grid, no turning: nothing here speaks for "
        "real models, free yaw or crowded rooms.",
        f"- {len(seeds)} seeds only, so an interval that resamples seeds is rough. Settings were chosen by looking at "
        "trial runs on these same held-out rooms, not on a separate validation split.",
    ]


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _signed(value: float | None, interval: Sequence[float] | None) -> str:
    if value is None or interval is None:
        return "-"
    return f"{value:+.3f} [{interval[0]:+.3f}, {interval[1]:+.3f}]"
