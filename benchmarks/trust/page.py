"""The page that shows the figures: docs/trust.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from spatialenv.testing.damage import LEVELS
from spatialenv.testing.trust import SUITES

LIMIT = 0.2
"""Most that a trick should earn, of what a witness earns."""

PRESETS = ("editing", "il3d", "metaspatial", "physcene", "physics", "respace", "sceneeval", "scenerevis", "sceneweaver")


def trust_page(results: Mapping[str, Any]) -> str:
    """Return docs/trust.md."""
    parts = [
        "# Can the rewards be trusted?",
        f"Made by `python -m benchmarks.trust` on {results['rooms']} rooms, drawn in turn from the training splits of "
        f"{len(SUITES)} suites; each has a *witness*, a layout known to be sound. The figures are in "
        "`benchmarks/results/trust.json`; `tests/trust` asserts them on every run. Try a reward of your own with "
        "`spatialenv check reward my_reward --trust`.",
        "## Policies without effort",
        f"What each earns in `{results['version'].partition('(')[0]}` as a share of what the witness earns "
        f"({results['tricks']['witness']:.3f} on average). Above {LIMIT:.0%} is **bold**.",
        *_tricks(results["tricks"]["tricks"]),
        "## Near misses",
        "The witness with one thing wrong. *Costs*: it scores less than the witness. *Named*: a violation of the right "
        "kind names the object.",
        _near_misses(results["near_misses"]),
        "## Damage",
        f"The witness, the same a little off ({LEVELS[1]}: 2 cm and 2 degrees, standard deviations), more off "
        f"({LEVELS[2]}: 10 cm and 10 degrees along the same directions), and a random layout. *In order*: over the "
        "three pairs of neighbours, how often the less damaged layout scores more (the witness: at least as much). A "
        "tie below the witness counts as out of order, so a component that has nothing to judge in a room loses here. "
        "*Reversal*: the most by which the mean rises from a level to the next.",
        "### Presets",
        _damage({name: row for name, row in results["damage"].items() if name in PRESETS}),
        "### Components",
        _damage({name: row for name, row in results["damage"].items() if name not in PRESETS}),
    ]
    for name, reason in results["left_out"].items():
        parts.append(f"`{name}` was not measured: {reason}")
    return "\n\n".join(parts) + "\n"


def _tricks(tricks: Mapping[str, Any]) -> list[str]:
    rows = []
    for name, trick in tricks.items():
        cells = [_share(trick["share"]), *(_share(trick["suites"][suite]) for suite in SUITES)]
        rows.append([name, trick["about"].replace("`", "'"), *cells])
    table = _table(["policy", "what it does", "all", *SUITES], rows)
    above = sorted(name for name, trick in tricks.items() if trick["share"] > LIMIT)
    small = sorted(
        name for name, trick in tricks.items() if trick["share"] <= LIMIT and max(trick["suites"].values()) > LIMIT
    )
    notes = []
    if above or small:
        held = f"Over all rooms these earn more than {LIMIT:.0%}: {', '.join(above)}. " if above else ""
        also = f"In some suites these do: {', '.join(small)}. " if small else ""
        notes.append(
            f"{held}{also}They put one object where it may well stand, and `physics` pays object by object: one sound "
            "object of n earns 1/n, which is much in rooms of two to four objects. A policy that furnishes one object in "
            "three is paid for one in three; where that is too much, put `physics` behind a gate."
        )
    return [table, *notes]


def _near_misses(misses: Mapping[str, Any]) -> str:
    rows = [
        [name, str(row["n"]), f"{row['costs']:.1%}", f"{row['mean_cost']:.3f}", f"{row['named']:.1%}"]
        for name, row in misses.items()
    ]
    return _table(["what is wrong", "rooms", "costs", "mean cost", "named"], rows)


def _damage(damage: Mapping[str, Any]) -> str:
    rows = [
        [
            f"`{name}`",
            str(row["rooms"]),
            *(f"{row['mean'][level]:.3f}" for level in LEVELS),
            *(f"{share:.1%}" for share in row["in_order"]),
            f"{row['all_in_order']:.1%}",
            f"{row['reversal']:.3f}",
        ]
        for name, row in damage.items()
    ]
    head = ["reward", "rooms", *LEVELS, "witness, slightly", "slightly, strongly", "strongly, random", "in order"]
    return _table([*head, "reversal"], rows)


def _share(value: float) -> str:
    return f"**{value:.1%}**" if value > LIMIT else f"{value:.1%}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
