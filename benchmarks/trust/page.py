"""The page that shows the figures: docs/trust.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from spatialenv.testing.damage import LEVELS
from spatialenv.testing.trust import SUITES

LIMIT = 0.2
"""Most that a trick should earn, of what a witness earns."""

PRESETS = (
    "editing", "il3d", "metaspatial", "physcene", "physics", "respace", "sceneeval", "scenerevis", "sceneweaver",
    "strict",
)  # fmt: skip


def trust_page(results: Mapping[str, Any]) -> str:
    """Return docs/trust.md."""
    parts = [
        "# Can the rewards be trusted?",
        f"Made by `python -m benchmarks.trust` on {results['rooms']} rooms, drawn in turn from the training splits of "
        f"{len(SUITES)} suites; each has a *witness*, a layout known to be sound. The figures are in "
        "`benchmarks/results/trust.json`; `tests/trust` asserts them on every run. Try a reward of your own with "
        "`spatialenv check reward my_reward --trust`.",
        "## Policies without effort",
        f"What each earns as a share of what the witness earns. Above {LIMIT:.0%} is **bold**.",
        f"### In `physics` (witness: {results['tricks']['physics']['witness']:.3f})",
        *_tricks(results["tricks"]["physics"]["tricks"]),
        f"### In `strict` (witness: {results['tricks']['strict']['witness']:.3f})",
        *_tricks(results["tricks"]["strict"]["tricks"]),
        "## By rote",
        "A row is no trick: its objects stand side by side on the floor, and where the wall is long enough and nothing "
        "else is asked for, that is a sound layout. So it earns what it is worth, most in `easy`, which has no "
        "relations: a score there does not show that a policy looks at the room.",
        _rote(results["rote"]),
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
    above = sorted(name for name, trick in tricks.items() if max(trick["suites"].values()) > LIMIT)
    if not above:
        return [table, f"No policy earns more than {LIMIT:.0%} in any suite."]
    return [
        table,
        f"More than {LIMIT:.0%} in some suite: {', '.join(above)}. They put one object where it may well stand, and "
        "`physics` pays object by object: one sound object of n earns 1/n, which is much in rooms of two to four "
        "objects. Where that is too much, take `strict`.",
    ]


def _rote(rote: Mapping[str, Any]) -> str:
    rows = [
        [f"`{reward}`", name, trick["about"], f"{trick['share']:.1%}"]
        + [f"{trick['suites'][suite]:.1%}" for suite in SUITES]
        for reward, tricks in rote.items()
        for name, trick in tricks.items()
    ]
    return _table(["reward", "policy", "what it does", "all", *SUITES], rows)


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
