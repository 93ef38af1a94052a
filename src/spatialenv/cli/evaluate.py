"""`spatialenv eval`: a policy on held-out rooms, as a table."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from spatialenv.cli.output import check_writable, write
from spatialenv.cli.progress import show_progress
from spatialenv.cli.train import results_table
from spatialenv.errors import InputError

EXAMPLES = (
    "spatialenv eval solver --tasks easy/test --n 64",
    "spatialenv eval runs/demo/checkpoints/final --like runs/demo --n 256 --json after.json",
)


def evaluate(
    policy: Annotated[str, typer.Argument(help="random, solver, witness, a model folder or a hub name.")],
    tasks: Annotated[str | None, typer.Option(help="Rooms to play; easy/test unless --like says otherwise.")] = None,
    n: Annotated[int, typer.Option(min=1, help="Number of rooms.")] = 128,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the first room.")] = 0,
    max_turns: Annotated[int | None, typer.Option(min=1, help="Answers an episode.")] = None,
    feedback: Annotated[str | None, typer.Option(help="targets, moves, names or none.")] = None,
    like: Annotated[Path | None, typer.Option(help="A run folder whose env and held-out rooms are used.")] = None,
    json_output: Annotated[Path | None, typer.Option("--json", help="Also write the results to this file.")] = None,
    episodes: Annotated[Path | None, typer.Option(help="Also write every episode to this .jsonl file.")] = None,
) -> None:
    """Play a policy on rooms and print its rates with 95 % intervals."""
    from rich.console import Console

    from spatialenv.evaluation import evaluate as run_evaluation
    from spatialenv.evaluation import make_policy
    from spatialenv.formats import save_episodes
    from spatialenv.tasks import make_tasks

    for path in (json_output, episodes):
        if path is not None:
            check_writable(path)
    if episodes is not None and episodes.suffix != ".jsonl":
        raise InputError(f"`--episodes` is {str(episodes)!r}; give a name that ends in .jsonl")
    options: dict[str, Any] = {}
    policy_options: dict[str, Any] = {}
    rooms: str | dict[str, Any] = "easy/test"
    if like is not None:
        from spatialenv.report import RunFolder
        from spatialenv.trainers.settings import load_settings

        settings = load_settings(RunFolder(like).config())
        options, rooms = settings.env.model_dump(), settings.held_out
        if policy not in ("random", "solver", "witness"):
            policy_options = {"max_new_tokens": settings.rl.max_new_tokens}
    options.update({k: v for k, v in {"max_turns": max_turns, "feedback": feedback}.items() if v is not None})
    player = make_policy(policy, **policy_options)
    source = make_tasks(rooms if tasks is None else tasks)
    title = f"{player.name} on {source.name}"
    with show_progress() as report:
        result = run_evaluation(
            player,
            source,
            n=n,
            seed=seed,
            env=options,
            progress=lambda done, total: report(title, done, total, {}),
        )
    Console().print(results_table({player.name: result.summary}))
    if json_output is not None:
        write(json_output, json.dumps({player.name: result.summary}, indent=2).encode())
    if episodes is not None:
        episodes.parent.mkdir(parents=True, exist_ok=True)
        save_episodes(episodes, result.episodes)
