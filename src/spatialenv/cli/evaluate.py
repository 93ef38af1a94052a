"""`spatialenv eval`: a policy on held-out rooms, as a table, as JSON and as a page."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from spatialenv.cli.output import check_writable, write
from spatialenv.cli.progress import show_progress
from spatialenv.cli.settings import parse_part, parse_settings
from spatialenv.errors import InputError, unknown_name

EXAMPLES = (
    "spatialenv eval solver --tasks easy/test --n 64",
    "spatialenv eval best-of-8:random --tasks hard/test --output runs/eval/best-of-8",
    "spatialenv eval openai:gpt-4o --tasks medium/test --n 100 --output runs/eval/gpt-4o",
    "spatialenv eval openai:my-vlm@http://127.0.0.1:8000/v1 --option max_tokens=1024 --output runs/eval/my-vlm",
    "spatialenv eval runs/demo/checkpoints/final --like runs/demo --n 256 --json after.json",
)


def evaluate(
    policy: Annotated[
        str,
        typer.Argument(
            help="random, solver, witness, a model folder, a hub name, openai:MODEL, openai:MODEL@URL, "
            "best-of-N:POLICY."
        ),
    ],
    tasks: Annotated[str | None, typer.Option(help="Rooms to play; easy/test unless --like says otherwise.")] = None,
    n: Annotated[int | None, typer.Option(min=1, help="Number of rooms (default: the split, or 128).")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the first room.")] = 0,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Folder for results.json, report.html and every episode.")
    ] = None,
    reward: Annotated[str | None, typer.Option(help="Reward by name, or a YAML file (default: physics).")] = None,
    renderer: Annotated[
        str | None, typer.Option(help="Renderer: a name, or JSON with `name` and options (default: fast).")
    ] = None,
    max_turns: Annotated[int | None, typer.Option(min=1, help="Answers an episode (default: 3).")] = None,
    feedback: Annotated[str | None, typer.Option(help="targets, moves, names or none (default: moves).")] = None,
    option: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="Option of the policy: temperature=0. Repeatable.")
    ] = None,
    env: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="Any argument of the env: yaw=free. Repeatable.")
    ] = None,
    batch_size: Annotated[int, typer.Option(min=1, help="Rooms played at a time, and kept as one.")] = 32,
    pictures: Annotated[int | None, typer.Option(min=0, help="Episodes with pictures kept (default: all).")] = None,
    no_pictures: Annotated[
        bool, typer.Option("--no-pictures", help="Show a model words alone; models of text will do.")
    ] = False,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Play batches with failures again.")] = False,
    like: Annotated[Path | None, typer.Option(help="A run folder whose env and held-out rooms are used.")] = None,
    json_output: Annotated[Path | None, typer.Option("--json", help="Also write the rates to this file.")] = None,
    episodes: Annotated[Path | None, typer.Option(help="Also write every episode to this .jsonl file.")] = None,
) -> None:
    """Play a policy on rooms and print its rates with 95 % intervals.

    With --output, an evaluation that was stopped goes on where it was: run the same command again.
    """
    from rich.console import Console

    from spatialenv.evaluation import evaluate as run_evaluation
    from spatialenv.evaluation import make_policy
    from spatialenv.formats import save_episodes
    from spatialenv.report import write_evaluation_page
    from spatialenv.tasks import make_tasks

    for path in (json_output, episodes):
        if path is not None:
            check_writable(path)
    if episodes is not None and episodes.suffix != ".jsonl":
        raise InputError(f"`--episodes` is {str(episodes)!r}; give a name that ends in .jsonl")
    if episodes is not None and output is not None:
        raise InputError("`--episodes` and `--output` are both given; --output keeps every episode already")
    settings: dict[str, Any] = {}
    policy_options: dict[str, Any] = {}
    rooms: str | dict[str, Any] = "easy/test"
    if like is not None:
        from spatialenv.report import RunFolder
        from spatialenv.trainers.settings import load_settings

        run = load_settings(RunFolder(like).config())
        settings, rooms = run.env.model_dump(), run.held_out
        if _is_model(policy):
            policy_options = {"max_new_tokens": run.rl.max_new_tokens, **({} if run.pictures else {"pictures": False})}
    if no_pictures:
        if not _is_model(policy):
            raise InputError(f"`--no-pictures` is for a model folder or hub name, not for the policy {policy!r}")
        policy_options["pictures"] = False
    drawer = None if renderer is None else parse_part("--renderer", renderer)
    named = {"reward": reward, "renderer": drawer, "max_turns": max_turns, "feedback": feedback}
    settings.update({name: value for name, value in named.items() if value is not None})
    settings.update(_env_settings(env or []))
    player = make_policy(policy, **{**policy_options, **parse_settings("--option", option or [])})
    source = make_tasks(rooms if tasks is None else tasks)
    title = f"{player.name} on {source.name}"
    with show_progress() as report:
        result = run_evaluation(
            player,
            source,
            n=n,
            seed=seed,
            env=settings,
            batch_size=batch_size,
            keep_pictures=pictures,
            output=output,
            retry_failed=retry_failed,
            progress=lambda done, total: report(title, done, total, {}),
        )
    console = Console()
    console.print(rates_table(title, result.summary))
    if output is not None:
        page = write_evaluation_page(output)
        console.print(f"Results: {output / 'results.json'}\nReport: {page}", soft_wrap=True, highlight=False)
    if json_output is not None:
        write(json_output, json.dumps({player.name: result.summary}, indent=2).encode())
    if episodes is not None:
        episodes.parent.mkdir(parents=True, exist_ok=True)
        save_episodes(episodes, result.episodes)


COLUMNS = {
    "valid": "valid_layout_rate",
    "clean": "clean_rate",
    "collides*": "collision_rate_of_well_formed",
    "outside*": "out_of_room_rate_of_well_formed",
    "format": "format_rate",
}
"""Rates of the table by their heading; the mean score comes first."""


def rates_table(title: str, summary: Mapping[str, Any]) -> Any:
    """Return a table of a policy's rates after each turn, with 95 % intervals under them."""
    from rich import box
    from rich.table import Table

    failures = f", {summary['failures']} failed and left out" if summary["failures"] else ""
    table = Table(
        title=f"{title}: {summary['n']} rooms{failures}",
        caption="Shares in % of answers (* of well-formed ones), 95 % intervals below. "
        "An episode that ends early counts with its last answer.",
        box=box.SIMPLE_HEAD,
    )
    for column in ("turn", "score", *COLUMNS):
        table.add_column(column, justify="left" if column == "turn" else "right", no_wrap=True)
    for turn, rates in enumerate(summary["by_turn"], start=1):
        low, high = (rates.get("bootstrap") or rates["interval"])["mean_score"]
        cells = [f"{rates['mean_score']:.3f}\n[dim]{low:.2f}–{high:.2f}[/dim]"]
        cells += [share_cell(rates, name) for name in COLUMNS.values()]
        table.add_row(str(turn), *cells)
    return table


def share_cell(rates: Mapping[str, Any], name: str) -> str:
    """Return a rate in per cent and, below it, its interval."""
    value, interval = rates[name], rates["interval"][name]
    if value is None or interval is None:
        return "-"
    return f"{100 * value:.1f}\n[dim]{100 * interval[0]:.1f}–{100 * interval[1]:.1f}[/dim]"


def _is_model(policy: str) -> bool:
    """Whether a policy's spec names a model folder or hub name, perhaps as the best of several answers."""
    base = re.sub(r"^(best-of-[0-9]+:)+", "", policy)
    return base not in ("random", "solver", "witness") and not base.startswith("openai:")


def _env_settings(items: list[str]) -> dict[str, Any]:
    from spatialenv.envs.room_layout import RoomLayoutEnv

    known = [name for name in inspect.signature(RoomLayoutEnv).parameters if name not in ("tasks", "render_mode")]
    settings = parse_settings("--env", items)
    for name in settings:
        if name not in known:
            raise unknown_name("argument of the env", name, known)
    return settings
