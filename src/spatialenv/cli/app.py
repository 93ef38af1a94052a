"""The command's entry: its subcommands, and how mistakes are told."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import metadata
from types import MappingProxyType
from typing import Annotated, NamedTuple

import typer
from pydantic import ValidationError

from spatialenv.cli import (
    assets,
    blender,
    check,
    compare,
    doctor,
    evaluate,
    export,
    recipe,
    render,
    score,
    serve,
    suite,
    tasks,
    train,
    trust,
    view,
)
from spatialenv.errors import SpatialEnvError

MISTAKE = 2
"""Exit code when the caller asked for something that cannot be done."""


class Command(NamedTuple):
    """A subcommand: what runs, the examples that end its help, and subcommands of its own."""

    run: Callable[..., None]
    examples: tuple[str, ...]
    subcommands: Mapping[str, Command] = MappingProxyType({})


COMMANDS = {
    "train": Command(train.train, train.EXAMPLES),
    "recipe": Command(recipe.recipe, recipe.EXAMPLES),
    "eval": Command(evaluate.evaluate, evaluate.EXAMPLES),
    "render": Command(render.render, render.EXAMPLES),
    "view": Command(view.view, view.EXAMPLES),
    "export": Command(export.export, export.EXAMPLES),
    "score": Command(score.score, score.EXAMPLES),
    "compare": Command(compare.compare, compare.EXAMPLES),
    "serve": Command(serve.serve, serve.EXAMPLES),
    "check": Command(check.check, check.EXAMPLES),
    "trust": Command(trust.trust, trust.EXAMPLES),
    "tasks": Command(
        tasks.tasks,
        tasks.EXAMPLES,
        {
            "show": Command(tasks.show, tasks.SHOW_EXAMPLES),
            "write": Command(tasks.write_scenes, tasks.WRITE_EXAMPLES),
            "check": Command(tasks.check, tasks.CHECK_EXAMPLES),
        },
    ),
    "assets": Command(
        assets.assets,
        assets.EXAMPLES,
        {
            "index": Command(assets.index, assets.INDEX_EXAMPLES),
            "check": Command(assets.check, assets.CHECK_EXAMPLES),
            "show": Command(assets.show, assets.SHOW_EXAMPLES),
        },
    ),
    "suite": Command(
        suite.suite,
        suite.EXAMPLES,
        {
            "show": Command(suite.show, suite.SHOW_EXAMPLES),
            "baselines": Command(suite.baselines, suite.BASELINES_EXAMPLES),
        },
    ),
    "blender": Command(
        blender.blender,
        blender.EXAMPLES,
        {
            "install": Command(blender.install, blender.INSTALL_EXAMPLES),
            "check": Command(blender.check, blender.CHECK_EXAMPLES),
            "uninstall": Command(blender.uninstall, blender.UNINSTALL_EXAMPLES),
        },
    ),
    "doctor": Command(doctor.doctor, doctor.EXAMPLES),
}
"""The subcommands in the order of the help text; adding one is one line."""


def main() -> None:
    """Run the command with the process's arguments and exit."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run the command and return its exit code.

    A mistake of the caller is told in one line on stderr and gives 2; whatever else is raised is
    a defect of this package and keeps its traceback.
    """
    try:
        code = make_app()(args=list(arguments) or ["--help"], prog_name="spatialenv", standalone_mode=False)
    except typer.TyperException as error:
        return _fail(f"{error.format_message()}{_hint(error)}")
    except ValidationError as error:
        first = error.errors()[0]
        return _fail(f"`{'.'.join(map(str, first['loc']))}` is {first['input']!r}: {first['msg']}")
    except SpatialEnvError as error:
        return _fail(str(error))
    except OSError as error:
        return _fail(": ".join(str(part) for part in (error.filename, error.strerror or error) if part is not None))
    return code if isinstance(code, int) else 0


def make_app() -> typer.Typer:
    """Return the typer application made of `COMMANDS`."""
    app = typer.Typer(
        help="Furnish rooms with vision-language models: train, evaluate, score and draw.",
        rich_markup_mode="rich",
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_global_options)
    _add(app, COMMANDS)
    return app


def _add(app: typer.Typer, commands: Mapping[str, Command]) -> None:
    for name, command in commands.items():
        # A blank line keeps the help's text wrapping from joining the examples.
        epilog = "\n\n".join(["Examples:", *command.examples])
        if not command.subcommands:
            app.command(name, epilog=epilog)(command.run)
            continue
        group = typer.Typer(rich_markup_mode="rich", add_completion=False, pretty_exceptions_enable=False)
        group.callback(invoke_without_command=True, epilog=epilog)(command.run)
        _add(group, command.subcommands)
        app.add_typer(group, name=name)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"spatialenv {metadata.version('spatialenv')}")
        raise typer.Exit


def _global_options(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Print the version and exit.")
    ] = False,
) -> None:
    """Take the options that stand before a subcommand."""


def _hint(error: typer.TyperException) -> str:
    context = getattr(error, "ctx", None)
    return "" if context is None else f" (see `{context.command_path} --help`)"


def _fail(message: str) -> int:
    typer.echo(f"error: {' '.join(message.split())}", err=True)
    return MISTAKE
