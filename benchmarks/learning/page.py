"""Write docs/results.md and its figures from the committed numbers: ``python -m benchmarks.learning.page``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from benchmarks.learning.figures import figures, main_suite, write_figures
from benchmarks.learning.findings import COLLIDES, GAIN, RATE, answer, findings, share, signed
from spatialenv.formats.atomic import write_atomically

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "benchmarks" / "results" / "learning.json"
PAGE = ROOT / "docs" / "results.md"
PICTURES = Path("pictures", "learning")
"""Where the figures are, from the page's folder."""

_MUCH_BY_HEART = 0.5
"""Rate of the constant layout from which on a high rate is said to show little."""

_OUT = "out_of_room_rate_of_well_formed"
_METRICS = {RATE: "valid", COLLIDES: "collides", GAIN: "valid, last less first", "mean_score": "score"}
_CAPTIONS = {
    "rates": "Share of valid layouts of every arm, first and last answer",
    "curves": "Share of valid layouts while training, by answers sampled",
    "probes": "Changes of the share of valid layouts by what is shown and told",
    "suites": "Share of valid layouts by suite",
}


def write_page(results: Mapping[str, Any], path: Path) -> None:
    """Write the page, and its figures to ``pictures/learning`` beside it.

    Args:
        results: What `benchmarks.learning.results.study_results` gives.
        path: The page; its folder is there.
    """
    write_figures(results, path.parent / PICTURES)
    write_atomically(path, results_page(results))


def results_page(results: Mapping[str, Any]) -> str:
    """Return the page."""
    drawn = figures(results)

    def figure(name: str) -> list[str]:
        return [f"![{_CAPTIONS[name]}]({(PICTURES / name).as_posix()}.svg)"] if name in drawn else []

    suite = main_suite(results)
    parts = [
        "# Does it teach, and what matters",
        *_head(results),
        "## What was found",
        "\n".join(findings(results)),
        f"## Every arm on `{suite}`",
        *figure("rates"),
        _main_table(results),
        _blind(results),
        "What goes wrong, as shares of well-formed answers. *Commonest layout*: the share of the most frequent one, by "
        "the objects' centres; 1 says that one answer is given whatever the room.",
        _wrong_table(results),
        "## Learning",
        *figure("curves"),
        _differences(results, "teaching"),
        "Trained arms against the arm that they start from, where no other table has it.",
        _differences(results, "starts"),
        "## Repair",
        "*Last less first*: how much more often the last answer is valid than the first one, in the same rooms. "
        "*Repaired*: first answers that were not valid whose last one is. *Kept*: valid ones that stay so.",
        _repair_table(results),
        _differences(results, "repair"),
        "## Turns and rewards",
        _differences(results, "turns"),
        "## Credit",
        _differences(results, "credit"),
        "## Algorithms",
        _differences(results, "algorithms"),
        "## Feedback and pictures",
        *figure("probes"),
        _differences(results, "feedback"),
        "A trained model is shown or told something else, without training on it. A difference that holds 0 shows no "
        "use of what was changed.",
        _differences(results, "pictures"),
        "## Other rooms",
        *figure("suites"),
        _suites_table(results),
        _differences(results, "generalisation"),
        "## Controls",
        _differences(results, "controls"),
        "## Failures and what is missing",
        *_failures(results),
        "## What each arm is",
        _arms_table(results),
        "What all share:",
        "```yaml\n"
        + yaml.safe_dump(results["study"], sort_keys=False, allow_unicode=True, width=110).strip()
        + "\n```",
        "## Run it",
        "```bash\npython -m benchmarks.learning               # all; stopped, the same command goes on\n"
        "python -m benchmarks.learning --list        # the arms, and how far each seed is\n"
        "python -m benchmarks.learning --arms grpo --seeds 0\n"
        "python -m benchmarks.learning --quick       # 2 steps and 8 rooms each, kept apart: does all run?\n"
        "python -m benchmarks.learning --page-only   # numbers, figures and this page of what was run\n```",
        "## Limits",
        *_limits(results),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _head(results: Mapping[str, Any]) -> list[str]:
    machine, study = results["machine"], results["study"]
    weights = sorted({arm["weights"] for arm in results["arms"].values() if arm["weights"]})
    told = " to ".join(f"{count / 1e6:.2f}" for count in dict.fromkeys(weights[:1] + weights[-1:])) or "?"
    return [
        f"Made by `python -m benchmarks.learning`: {len(results['arms'])} arms, seeds {_listed(study['seeds'])}, "
        f"{len(study['suites'])} suites of rooms that none was trained on, models of {told} million weights. "
        f"Machine: {machine['processor']}, {machine['cores']} cores, no GPU; the jobs' times add up to "
        f"{results['seconds_total'] / 3600:.1f} hours, two at a time. The numbers are in "
        "`benchmarks/results/learning.json`.",
        "Rates are means over seeds. Intervals are of 95 % and resample seeds and rooms, the same rooms for all seeds; "
        "differences are taken in the same rooms and seeds. An effect is called one where its interval lies above or "
        "below 0; else the two are *not told apart*. *First* and *last* are the answers of an episode, which ends "
        "early when one is perfect. Other words are those of [definitions.md](definitions.md).",
    ]


def main() -> None:
    """Write the page of the numbers that are committed."""
    write_page(json.loads(RESULTS.read_text(encoding="utf-8")), PAGE)


def _main_table(results: Mapping[str, Any]) -> str:
    head = [
        "arm",
        "seeds",
        "well-formed",
        "valid, first",
        "valid, last [95 %]",
        "each seed, last",
        "clean, last",
        "score",
    ]
    rows: list[list[str]] = []
    group = None
    for arm, tested in _grouped(results):
        if arm["group"] != group:
            group = arm["group"]
            rows.append([f"*{group}*", *[""] * (len(head) + 1)])
        if tested is None:
            rows.append([arm["title"], *_nothing(arm, len(head) + 1)])
            continue
        low, high = tested["interval"][RATE]
        rows.append(
            [
                arm["title"],
                str(len(tested["per_seed"])),
                share(tested["format_rate"]),
                share(tested["by_turn"][0][RATE]),
                f"**{share(tested[RATE])}** [{share(low)}, {share(high)}]",
                " ".join(share(seed[RATE]) for seed in tested["per_seed"].values()),
                share(tested["clean_rate"]),
                share(tested["mean_score"]),
                _range(arm["samples"].values()),
                _range(arm["seconds"].values()),
            ]
        )
    return _table([*head, "answers trained on", "training, s"], rows)


def _blind(results: Mapping[str, Any]) -> str:
    """Return what a high rate does not show, where one layout learnt by heart already is valid in most rooms."""
    constant = results["arms"].get("constant", {"test": {}})["test"]
    rates = {suite: tested[RATE] for suite, tested in constant.items()}
    reached = rates.pop(main_suite(results), 0.0)
    if reached < _MUCH_BY_HEART:
        return ""
    less = [f"`{suite}` {share(rate)}" for suite, rate in rates.items() if rate < _MUCH_BY_HEART]
    others = f", and the suites where it reaches less ({_listed(less)})," if less else ""
    return (
        f"The best constant layout reaches {share(reached)}, so a high rate here does not show that a room was looked "
        f"at; last less first, the probes and the controls{others} do."
    )


def _wrong_table(results: Mapping[str, Any]) -> str:
    rows = []
    for arm, tested in _grouped(results):
        if tested is not None:
            first = tested["by_turn"][0]
            values = (first[COLLIDES], tested[COLLIDES], first[_OUT], tested[_OUT])
            common = (
                first["commonest_layout_share"],
                tested["commonest_layout_share"],
                tested["commonest_corners_share"],
            )
            rows.append([arm["title"], *(share(value) for value in (*values, *common))])
    head = ["arm", "collides, first", "collides, last", "out of room, first", "out of room, last"]
    return _table([*head, "commonest layout, first", "last", "commonest corners, last"], rows)


def _repair_table(results: Mapping[str, Any]) -> str:
    rows = []
    for arm, tested in _grouped(results):
        if tested is not None and tested[GAIN]["difference"] is not None:
            repair = tested["repair"]
            values = [repair[name] for name in ("repaired", "kept", "moves_followed", "right_objects_left_alone")]
            gain = signed(tested[GAIN]["difference"], tested[GAIN]["interval"])
            rows.append([arm["title"], gain, *(share(value) for value in values)])
    return _table(
        ["arm", "last less first [95 %]", "repaired", "kept", "moves followed", "right objects left alone"], rows
    )


def _suites_table(results: Mapping[str, Any]) -> str:
    suites = results["study"]["suites"]
    rows = []
    for arm in results["arms"].values():
        if len(arm["test"]) > 1 or (arm["test"] and len(suites) == 1):
            cells = []
            for name in suites:
                tested = arm["test"].get(name)
                cells.append(
                    "-" if tested is None else f"{share(tested['by_turn'][0][RATE])}, **{share(tested[RATE])}**"
                )
            rows.append([arm["title"], *cells])
    head = ["valid: first, **last**", *(f"{suite['title']} (`{name}`, {suite['n']})" for name, suite in suites.items())]
    return _table(head, rows)


def _differences(results: Mapping[str, Any], section: str) -> str:
    """Return the table of a section's comparisons; empty where there are none."""
    suite = main_suite(results)
    rows = []
    for row in results["comparisons"]:
        if row["section"] == section:
            where = "" if row["suite"] == suite else f" (`{row['suite']}`)"
            seeds = " ".join(
                "-" if one["difference"] is None else f"{one['difference']:+.3f}" for one in row["seeds"].values()
            )
            rows.append(
                [
                    row["question"] + where,
                    _METRICS.get(row["metric"], row["metric"].replace("_", " ")),
                    f"{share(row['before'])} to {share(row['after'])}",
                    signed(row["difference"], row["interval"]),
                    seeds,
                    answer(row),
                ]
            )
    return _table(["question", "rate", "from, to", "difference [95 %]", "each seed", "answer"], rows) if rows else ""


def _failures(results: Mapping[str, Any]) -> list[str]:
    arms = results["arms"].values()
    failed = [
        f"- {arm['title']}, seed {seed}: {_plain(told)}" for arm in arms for seed, told in arm["failures"].items()
    ]
    missing = [f"- {arm['title']}: seeds {_listed(arm['missing'])}" for arm in arms if arm["missing"]]
    lost = [
        f"- {arm['title']} on `{suite}`: {tested['failures']} episodes"
        for arm in arms
        for suite, tested in arm["test"].items()
        if tested["failures"]
    ]
    count = sum(len(arm["seeds"]) for arm in arms)
    parts = [f"Of {count} finished jobs {len(failed)} failed." + ("" if failed else " None is left out.")]
    parts += ["\n".join(failed)]
    if missing:
        parts += ["Without a finished job:", "\n".join(missing)]
    if lost:
        parts += ["Episodes that failed, and count nowhere else:", "\n".join(lost)]
    if results["unknown_arms"]:
        parts.append(f"Folders of arms that the table lacks: {_listed(results['unknown_arms'])}.")
    if results["missing_comparisons"]:
        rows = [
            [row["question"], f"`{row['from']}`, `{row['to']}`", f"`{row['suite']}`", row["reason"]]
            for row in results["missing_comparisons"]
        ]
        parts += ["Questions without an answer yet:", _table(["question", "arms", "suite", "why"], rows)]
    return parts


def _arms_table(results: Mapping[str, Any]) -> str:
    rows = []
    for name, arm in results["arms"].items():
        differs = [f"`{key}: {_value(value)}`" for key, value in arm["settings"].items()]
        differs += [f"control `{arm['control']}`"] if arm["control"] else []
        start = f"`{arm['start']}`" if arm["start"] else ""
        rows.append(
            [f"`{name}`", arm["title"], arm["question"], arm["how"].replace("_", " "), start, ", ".join(differs)]
        )
    return _table(["name", "arm", "question", "kind", "starts from", "what differs from what all share"], rows)


def _limits(results: Mapping[str, Any]) -> list[str]:
    seeds, count = len(results["study"]["seeds"]), len(results["comparisons"])
    lines = [
        "A tiny model and rooms of a few boxes: nothing here speaks for real models.",
        f"{seeds} seeds: an interval that resamples so few is rough, and rather too narrow than too wide.",
        f"{count} differences are shown. Of as many without any effect about {count / 20:.0f} would be told apart.",
        "The demonstrations are unskilled on purpose, so supervision is limited by design.",
        "Rooms that are larger, of other shapes or with other furniture than those of training hold numbers and names "
        "that the tiny model's tokenizer never saw and spells in pieces: what falls there may be reading, not placing.",
        "Settings were chosen with seed 0 in few trials, listed in the [design record](design/0007-evidence.md): most "
        "on `easy/validation` and `demo/validation`, some on test rooms. Learning rate, batch and steps of the "
        "algorithms were not searched, and all arms have the same ones, so that one that wants others is shown worse "
        "than it could be.",
    ]
    return ["\n".join(f"- {line}" for line in lines)]


def _grouped(results: Mapping[str, Any]) -> Iterable[tuple[Mapping[str, Any], Mapping[str, Any] | None]]:
    """Yield every arm with its numbers of the main suite, group after group."""
    suite = main_suite(results)
    for group in dict.fromkeys(arm["group"] for arm in results["arms"].values()):
        for arm in results["arms"].values():
            if arm["group"] == group:
                yield arm, arm["test"].get(suite)


def _nothing(arm: Mapping[str, Any], cells: int) -> list[str]:
    return [("failed" if arm["failures"] else "no result"), *([""] * (cells - 1))]


def _range(values: Iterable[float]) -> str:
    known = [value for value in values if value]
    if not known:
        return ""
    low, high = min(known), max(known)
    return f"{low:,.0f}" if round(low) == round(high) else f"{low:,.0f} to {high:,.0f}"


def _listed(values: Iterable[Any]) -> str:
    return ", ".join(str(value) for value in values)


def _value(value: Any) -> str:
    return _plain(yaml.safe_dump(value, default_flow_style=True, width=10_000).removesuffix("...\n"))


def _plain(value: Any) -> str:
    return " ".join(str(value).split()).replace("|", "\\|")


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    main()
