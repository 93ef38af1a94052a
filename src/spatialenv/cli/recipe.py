"""`spatialenv recipe`: what a preset for a real model needs, by arithmetic, and files for accelerate."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from spatialenv.cli.output import check_writable, write

if TYPE_CHECKING:
    from spatialenv.trainers.recipes import Estimate, Line

EXAMPLES = (
    "spatialenv recipe",
    "spatialenv recipe qwen2_5_vl_7b --gpu h200-141 --gpus 4",
    "spatialenv recipe zero3 --write accelerate.yaml",
)


def recipe(
    name: Annotated[
        str | None, typer.Argument(help="A preset for a real model, or a file for accelerate; none: all names.")
    ] = None,
    gpu: Annotated[str | None, typer.Option(help="Count with this card (default: the recipe's own).")] = None,
    gpus: Annotated[int | None, typer.Option(min=1, help="Count with so many (default: the recipe's own).")] = None,
    output: Annotated[
        Path | None, typer.Option("--write", help="Write the preset or file there instead, to change it.")
    ] = None,
) -> None:
    """Show the memory and time that training a model takes, line by line, or write the files to do it with.

    Nothing is measured: the lines are arithmetic on known sizes and named assumptions.
    """
    from rich.console import Console

    from spatialenv.errors import InputError, unknown_name
    from spatialenv.trainers.recipes import ACCELERATE, RECIPES, estimate
    from spatialenv.trainers.settings import PRESETS
    from spatialenv.trainers.sizes import CARDS

    files = {path.stem: path for path in sorted(ACCELERATE.glob("*.yaml"))}
    console = Console()
    if name is None:
        if output is not None or gpu is not None or gpus is not None:
            raise InputError(f"say which recipe is meant: {', '.join([*RECIPES, *files])}")
        console.print(f"Recipes: {', '.join(RECIPES)}\nFor accelerate: {', '.join(files)}\nCards: {', '.join(CARDS)}")
        return
    source = files.get(name) or (PRESETS / f"{name}.yaml" if name in RECIPES else None)
    if source is None:
        raise unknown_name("recipe", name, [*RECIPES, *files])
    if output is not None:
        check_writable(output)
        write(output, source.read_bytes())
        typer.echo(str(output))
    elif name in files:
        if gpu is not None or gpus is not None:
            raise InputError(
                f"{name!r} is a file for accelerate, for which nothing is counted; --gpu and --gpus are for "
                f"{', '.join(RECIPES)}"
            )
        typer.echo(source.read_text(encoding="utf-8"), nl=False)
    else:
        _show(console, name, estimate(name, gpu=gpu, gpus=gpus))


def _show(console: Any, name: str, needed: Estimate) -> None:
    console.print(f"[bold]{name}[/]: by arithmetic, not measured; GB are 10^9 bytes", highlight=False)
    for fact in needed.facts:
        console.print(fact, highlight=False)
    for title, lines in (("learning", needed.training), ("writing", needed.generation)):
        console.print(_table(f"Memory of each card while {title}", lines, 1e9, "GB"))
    console.print(_table("Time of a step; rooms, and sending weights to vLLM, apart", needed.time, 1.0, "s"))
    verdict = "fits" if needed.fits else "does not fit"
    console.print(
        f"At most {needed.peak / 1e9:.1f} GB of {needed.capacity / 1e9:.0f} GB: {verdict} (a tenth is left for "
        f"fragments); {needed.seconds:.0f} s a step. Not measured.",
        highlight=False,
    )


def _table(title: str, lines: tuple[Line, ...], unit: float, name: str) -> Any:
    from rich.table import Table

    table = Table(title=title, title_justify="left")
    table.add_column("part")
    table.add_column(name, justify="right")
    table.add_column("arithmetic", overflow="fold")
    for line in lines:
        table.add_row(line.name, f"{line.amount / unit:.2f}", line.arithmetic)
    total = sum(line.amount for line in lines)
    table.add_row("together", f"{total / unit:.2f}", "", style="bold")
    return table
