"""`spatialenv check`: whether a reward, renderer or source of scenes keeps what parts of its kind must keep."""

from __future__ import annotations

import math
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

EXAMPLES = (
    "spatialenv check reward collision",
    "spatialenv check reward my_reward.yaml",
    "spatialenv check renderer fast",
    "spatialenv check tasks easy/validation",
)


class Kind(StrEnum):
    """What may be checked."""

    reward = "reward"
    renderer = "renderer"
    tasks = "tasks"


def check(
    kind: Annotated[Kind, typer.Argument(help="What kind of part it is.")],
    name: Annotated[str, typer.Argument(help="Its name, or for rewards a YAML file.")],
    any_range: Annotated[bool, typer.Option("--any-range", help="Its scores may leave [0, 1] (rewards).")] = False,
    about_format: Annotated[
        bool, typer.Option("--about-format", help="It looks at the answer's form alone (rewards).")
    ] = False,
    draws_nothing: Annotated[
        bool, typer.Option("--draws-nothing", help="Its pictures are always the same (renderers).")
    ] = False,
) -> None:
    """Check a part, ours or one that an installed package offers; exits with 1 when something does not hold."""
    from rich.console import Console
    from rich.table import Table

    from spatialenv.renderers import make_renderer
    from spatialenv.rewards import make_reward
    from spatialenv.tasks import make_tasks
    from spatialenv.testing import renderer_checks, reward_checks, tasks_checks

    part: Any
    if kind is Kind.reward:
        part = make_reward(Path(name) if name.endswith((".yaml", ".yml")) else name)
        bounds = (-math.inf, math.inf) if any_range else (0.0, 1.0)
        results = reward_checks(part, bounds=bounds, is_about_format=about_format)
    elif kind is Kind.renderer:
        part = make_renderer(name)
        results = renderer_checks(part, draws=not draws_nothing)
    else:
        part = make_tasks(name)
        results = tasks_checks(part)
    table = Table(title=f"{kind.value} {part.name}", title_justify="left")
    table.add_column("what must hold")
    table.add_column("")
    for result in results:
        table.add_row(
            result.name, "[green]holds[/green]" if result.is_passed else f"[red]{_plain(result.problem)}[/red]"
        )
    Console().print(table)
    failed = sum(not result.is_passed for result in results)
    typer.echo(f"{len(results) - failed} of {len(results)} checks passed")
    if failed:
        raise typer.Exit(1)


def _plain(text: str) -> str:
    """Return a text whose brackets are no markup."""
    from rich.markup import escape

    return escape(text)
