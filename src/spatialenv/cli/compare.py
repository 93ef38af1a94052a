"""`spatialenv compare`: one layout under every definition, and why they differ."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spatialenv.cli.output import check_writable, write
from spatialenv.errors import InputError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from spatialenv.core.placed import PlacedScene
    from spatialenv.rewards.comparing import Comparison

EXAMPLES = (
    "spatialenv compare room.json",
    "spatialenv compare rooms.json --index 3",
    "spatialenv compare room.json --json comparison.json",
)

MOST_ROWS = 12
MOST_REASONS = 20


def compare(
    file: Annotated[Path, typer.Argument(help="Scene file with a layout.")],
    index: Annotated[int | None, typer.Option(help="Which scene of a file that holds many, from 0.")] = None,
    json_output: Annotated[Path | None, typer.Option("--json", help="Also write everything to this file.")] = None,
) -> None:
    """Score a layout under every public definition, side by side, and say why they differ."""
    from rich.console import Console

    from spatialenv.rewards.comparing import compare as compare_layout

    if json_output is not None:
        check_writable(json_output)
    placed = _read(file, index)
    found = compare_layout(placed)
    if json_output is not None:
        report = {"file": str(file), "index": index or 0, "id": placed.scene.id, **found.to_dict()}
        write(json_output, json.dumps(report, indent=2, allow_nan=False).encode() + b"\n")
    _show(Console(), file, found)


def _read(file: Path, index: int | None) -> PlacedScene:
    from spatialenv.formats import read_any

    scenes = read_any(file)
    if index is None and len(scenes) != 1:
        raise InputError(f"{str(file)!r} holds {len(scenes)} scenes; choose one: --index 0 to {len(scenes) - 1}")
    chosen = index or 0
    if not 0 <= chosen < len(scenes):
        raise InputError(f"`--index` is {chosen}; {str(file)!r} holds {len(scenes)} scenes: 0 to {len(scenes) - 1}")
    scene, layout = scenes[chosen]
    if layout is None:
        raise InputError(f"scene {chosen} of {str(file)!r} holds no layout; give each object a position")
    return scene.place(layout)


def _show(console: Console, file: Path, found: Comparison) -> None:
    console.print(_values(file, found))
    if found.pairs:
        console.print(_pairs(found))
        _more(console, len(found.pairs), MOST_ROWS, "pairs")
    if found.outside:
        console.print(_outside(found))
        _more(console, len(found.outside), MOST_ROWS, "objects")
    if not found.reasons:
        console.print("The definitions see no difference that could be told.")
        return
    console.print("[bold]Why they differ[/bold]")
    for reason in found.reasons[:MOST_REASONS]:
        console.print(_point(reason))
    _more(console, len(found.reasons), MOST_REASONS, "reasons")


def _values(file: Path, found: Comparison) -> Table:
    from spatialenv.rewards.definitions import DEFINITIONS

    table = _table(f"{file.name}: {found.placed} of {found.objects} objects placed")
    table.add_column("definition", no_wrap=True)
    table.add_column("value", justify="right", no_wrap=True)
    table.add_column("of", no_wrap=True)
    table.add_column("pairs", justify="right")
    table.add_column("out", justify="right")
    table.add_column("its own figures")
    for one in found.judgements:
        definition = DEFINITIONS[one.name]
        low, high = definition.bounds
        units = {figure.label: figure.unit for figure in definition.figures}
        table.add_row(
            f"[bold]{one.name}[/bold]",
            f"{one.value:.3f}",
            f"{low:g} to {high:g}",
            "-" if definition.collision == "-" else str(len(one.colliding_pairs)),
            "-" if one.name in ("metaspatial", "physcene") else str(len(one.outside_objects)),
            _figures(one.figures, units),
        )
    return table


def _pairs(found: Comparison) -> Table:
    from spatialenv.rewards.layout_facts import length, litres

    table = _table("Who collides")
    table.add_column("pair", overflow="fold")
    table.add_column("deep", justify="right", no_wrap=True)
    table.add_column("shared", justify="right", no_wrap=True)
    table.add_column("collides for")
    table.add_column("not for")
    for one in found.pairs[:MOST_ROWS]:
        is_deep = one.depth > 0
        table.add_row(
            _plain(" + ".join(one.objects)),
            length(one.depth) if is_deep else "apart",
            litres(one.volume) if is_deep else "",
            ", ".join(one.colliding),
            ", ".join(one.clear) or "-",
        )
    return table


def _outside(found: Comparison) -> Table:
    from spatialenv.rewards.layout_facts import litres

    table = _table("Who is out of the room")
    table.add_column("object", overflow="fold")
    table.add_column("outside", justify="right", no_wrap=True)
    table.add_column("out for")
    table.add_column("in for")
    for one in found.outside[:MOST_ROWS]:
        table.add_row(_plain(one.object_id), litres(one.volume), ", ".join(one.outside), ", ".join(one.inside) or "-")
    return table


def _table(title: str) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(title=_plain(title), title_justify="left", box=box.SIMPLE, pad_edge=False)
    table.padding = (0, 1, 0, 0)
    return table


def _figures(figures: Mapping[str, float | None], units: Mapping[str, str]) -> str:
    return ", ".join(f"{label} {_number(value, units[label])}" for label, value in figures.items() if value is not None)


def _number(value: float, unit: str) -> str:
    from spatialenv.rewards.layout_facts import length, litres

    if unit == "count":
        return str(round(value))
    if unit == "m":
        return length(value) if value > 0 else "0"
    if unit == "l":
        return litres(value / 1000) if value > 0 else "0"
    if unit == "m3":
        return f"{value:.3g} m3"
    return f"{value:.1f} %" if unit == "%" else f"{value:.3f}"


def _point(text: str) -> Table:
    from rich.table import Table

    grid = Table.grid(padding=(0, 1))
    grid.add_row("-", _plain(text))
    return grid


def _more(console: Console, count: int, shown: int, what: str) -> None:
    if count > shown:
        console.print(f"... and {count - shown} more {what}: --json writes all")


def _plain(text: str) -> str:
    """Return a text whose brackets are no markup."""
    from rich.markup import escape

    return escape(text)
