"""The command's entry: its subcommands, and how mistakes are told."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib import metadata
from typing import Annotated, NamedTuple

import typer
from pydantic import ValidationError

from spatialenv.cli import check, doctor, evaluate, render, score, train
from spatialenv.errors import SpatialEnvError

MISTAKE = 2
"""Exit code when the caller asked for something that cannot be done."""


class Command(NamedTuple):
    """A subcommand: what runs, and the examples that end its help."""

    run: Callable[..., None]
    examples: tuple[str, ...]


COMMANDS = {
    "train": Command(train.train, train.EXAMPLES),
    "eval": Command(evaluate.evaluate, evaluate.EXAMPLES),
    "render": Command(render.render, render.EXAMPLES),
    "score": Command(score.score, score.EXAMPLES),
    "check": Command(check.check, check.EXAMPLES),
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
    for name, command in COMMANDS.items():
        # A blank line keeps the help's text wrapping from joining the examples.
        epilog = "\n\n".join(["Examples:", *command.examples])
        app.command(name, epilog=epilog)(command.run)
    return app


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
