"""`spatialenv trust`: what tricks earn in a reward, whether damage costs, whether near misses are seen."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from spatialenv.cli.output import check_writable, write
from spatialenv.errors import InputError

if TYPE_CHECKING:
    from rich.table import Table

EXAMPLES = (
    "spatialenv trust physics",
    "spatialenv trust my_reward.yaml --rooms 700",
    "spatialenv trust collision --suite hard --suite dense --json trust.json",
)


def trust(
    reward: Annotated[str, typer.Argument(help="Reward or preset by name, or the path of a YAML file.")] = "physics",
    rooms: Annotated[int, typer.Option(min=1, help="How many rooms, in turn from each suite.")] = 140,
    suite: Annotated[
        list[str] | None, typer.Option(help="Suites to draw from; may be repeated. All by default.")
    ] = None,
    json_output: Annotated[Path | None, typer.Option("--json", help="Also write every figure to this file.")] = None,
) -> None:
    """Try to game a reward: play tricks on it, damage sound layouts, miss narrowly."""
    from rich.console import Console

    from spatialenv.errors import unknown_name
    from spatialenv.rewards import make_reward
    from spatialenv.testing.trust import SUITES, measure_damage, measure_near_misses, measure_tricks, trust_rooms

    if json_output is not None:
        check_writable(json_output)
    for name in suite or ():
        if name not in SUITES:
            raise unknown_name("suite", name, SUITES)
    tried = make_reward(reward)
    drawn = trust_rooms(rooms, tuple(suite or SUITES))
    with Console(stderr=True).status("playing tricks"):
        tricks = measure_tricks(tried, drawn)
    if not tricks["witness"] > 0:
        raise InputError(
            f"reward {tried.name!r} pays {tricks['witness']:g} for sound layouts; there is nothing to compare"
        )
    with Console(stderr=True).status("damaging layouts"):
        damage = measure_damage({tried.name: tried}, drawn)[tried.name]
        misses = measure_near_misses(tried, drawn)
    if json_output is not None:
        found = {"rooms": rooms, "tricks": tricks, "damage": damage, "near_misses": misses}
        write(json_output, json.dumps(found, indent=2, allow_nan=False).encode() + b"\n")
    console = Console()
    console.print(_tricks(tried.name, tricks))
    console.print(_damage(damage))
    console.print(_misses(misses))


def _tricks(name: str, found: Mapping[str, Any]) -> Table:
    from rich.table import Table

    table = Table(title=f"{name}: what policies without effort earn", title_justify="left")
    table.add_column("policy")
    table.add_column("what it does")
    table.add_column("score", justify="right")
    table.add_column("of the witness", justify="right")
    for trick, row in sorted(found["tricks"].items(), key=lambda item: -item[1]["share"]):
        share = f"{row['share']:.1%}"
        table.add_row(trick, row["about"], f"{row['mean']:.3f}", f"[red]{share}[/red]" if row["share"] > 0.2 else share)
    table.add_row("[bold]witness[/bold]", "a layout known to be sound", f"{found['witness']:.3f}", "100.0%")
    return table


def _damage(found: Mapping[str, Any]) -> Table:
    from rich.table import Table

    table = Table(title="what damage costs", title_justify="left")
    table.add_column("layout")
    table.add_column("mean score", justify="right")
    table.add_column("above the next", justify="right")
    shares = [f"{share:.1%}" for share in found["in_order"]] + [""]
    for (level, mean), share in zip(found["mean"].items(), shares, strict=True):
        table.add_row(level, f"{mean:.3f}", share)
    return table


def _misses(found: Mapping[str, Any]) -> Table:
    from rich.table import Table

    table = Table(title="whether one thing wrong is seen", title_justify="left")
    for name in ("what is wrong", "rooms", "costs", "mean cost", "named"):
        table.add_column(name, justify="left" if name == "what is wrong" else "right")
    for name, row in found.items():
        table.add_row(name, str(row["n"]), f"{row['costs']:.1%}", f"{row['mean_cost']:+.3f}", f"{row['named']:.1%}")
    return table
