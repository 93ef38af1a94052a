"""`spatialenv train`: from settings to a trained model and a page that shows what it learned."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from spatialenv.cli.progress import show_progress
from spatialenv.cli.settings import parse_settings
from spatialenv.trainers.algorithms import ALGORITHMS
from spatialenv.trainers.settings import load_settings, preset_names

EXAMPLES = (
    "spatialenv train demo --output runs/demo",
    "spatialenv train my.yaml --algorithm gspo --output runs/a --seed 1 --set rl.steps=400",
    "spatialenv train qwen2_5_vl_3b --algorithm dpo --tasks medium/train --held-out medium/test --output runs/qwen",
)


def train(
    settings: Annotated[
        str, typer.Argument(help=f"A preset ({', '.join(preset_names())}) or a YAML file of settings.")
    ] = "demo",
    output: Annotated[Path, typer.Option("--output", "-o", help="The run folder.")] = Path("runs/demo"),
    model: Annotated[str | None, typer.Option(help="tiny, a model folder or a hub name.")] = None,
    tasks: Annotated[str | None, typer.Option(help="Training scenes: demo/train, easy/train, a scene file ...")] = None,
    held_out: Annotated[str | None, typer.Option(help="Scenes to evaluate on: demo/test, easy/test ...")] = None,
    algorithm: Annotated[
        str | None, typer.Option("--algorithm", "-a", metavar="NAME", help=f"How to train: {', '.join(ALGORITHMS)}.")
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Seed of the run.")] = None,
    override: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Any setting: rl.steps=50. Repeatable.")
    ] = None,
    no_pictures: Annotated[
        bool, typer.Option("--no-pictures", help="Show the model words alone; models of text will do.")
    ] = False,
    restart: Annotated[bool, typer.Option("--restart", help="Start anew instead of going on with the run.")] = False,
) -> None:
    """Train a vision-language model to furnish rooms; writes a run folder with report.html.

    A run that was stopped goes on where it was; a finished one is shown again.
    """
    from rich.console import Console

    from spatialenv.report import RunFolder
    from spatialenv.trainers.distributed import is_leader
    from spatialenv.trainers.run import train as run_training

    overrides: dict[str, Any] = {
        "model": model,
        "tasks": tasks,
        "held_out": held_out,
        "algorithm": algorithm,
        "seed": seed,
    }
    if no_pictures:
        overrides["pictures"] = False
    overrides.update(parse_settings("--set", override or []))
    chosen = load_settings(settings, overrides)
    if not is_leader():  # of several processes the first tells how it goes
        run_training(chosen, output)
        return
    was_complete = RunFolder(output).exists and RunFolder(output).is_complete and not restart
    command = shlex.join(["spatialenv", *sys.argv[1:]])
    with show_progress() as progress:
        summary = run_training(
            chosen, output, progress=progress, notify=progress.notify, restart=restart, command=command
        )
    console = Console()
    if was_complete:
        console.print(f"The run in {output} was finished before; add --restart to train again.")
    console.print(results_table(summary))
    console.print(f"Report: {output / 'report.html'}", soft_wrap=True)


def results_table(summary: Mapping[str, Any]) -> Any:
    """Return a table of the final rates of each policy of a ``summary.json``."""
    from rich.table import Table

    table = Table(title="Held-out rooms", caption="Shares of answers; [95 % interval]. All numbers: report.html")
    for column in ("policy", "rooms", "valid, first turn", "valid, final", "clean, final", "collides*", "score"):
        table.add_column(column, justify="left" if column == "policy" else "right")
    for name, result in summary.items():
        if not isinstance(result, Mapping) or "final" not in result:
            continue
        final, first = result["final"], result["by_turn"][0]
        low, high = final["interval"]["valid_layout_rate"]
        table.add_row(
            name.replace("_", " "),
            str(result["n"]),
            _percent(first["valid_layout_rate"]),
            f"{_percent(final['valid_layout_rate'])} [{_percent(low)}, {_percent(high)}]",
            _percent(final["clean_rate"]),
            _percent(final["collision_rate_of_well_formed"]),
            f"{final['mean_score']:.3f}",
        )
    return table


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f} %"
