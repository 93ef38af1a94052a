"""`spatialenv blender`: the Blender that draws: which it is, whether it works, and an environment of its own for it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

EXAMPLES = ("spatialenv blender", "spatialenv blender install", "spatialenv blender check")
INSTALL_EXAMPLES = (
    "spatialenv blender install",
    "spatialenv blender install --python ~/.pyenv/versions/3.11.9/bin/python",
    "spatialenv blender install --path /opt/blender",
)
CHECK_EXAMPLES = (
    "spatialenv blender check",
    "spatialenv blender check --json",
    "spatialenv blender check ~/blender-5.0",
)
UNINSTALL_EXAMPLES = ("spatialenv blender uninstall", "spatialenv blender uninstall --path /opt/blender")

Folder = Annotated[
    Path | None,
    typer.Option("--path", help="Folder of the environment. \\[default: ~/.local/share/spatialenv/blender]"),
]


def blender(context: typer.Context) -> None:
    """Say which Blender draws; or install one, check it, remove it."""
    if context.invoked_subcommand is None:
        from spatialenv.renderers.blender.command import find_blender

        command = find_blender()
        kind = "a Python interpreter that has bpy" if command.kind == "python" else "a Blender executable"
        typer.echo(f"{command.path}: {kind} ({_source(command.source)})")


def install(
    path: Folder = None,
    python: Annotated[str | None, typer.Option(help="Python 3.11 to make it with. \\[default: looked for]")] = None,
    version: Annotated[str, typer.Option(help="Version of bpy.")] = "5.0.1",
) -> None:
    """Make a virtual environment that has bpy, Blender as a Python module; a second call finds it there.

    Downloads 0.4 GB and takes 1 GB of disk. Then draws a picture with it.
    """
    from spatialenv.renderers.blender.command import VARIABLE, environment_folder
    from spatialenv.renderers.blender.install import install_blender

    with _Lines() as lines:
        made = install_blender(path, python=python, version=version, report=lines)
    typer.echo(f"bpy {made.version} {'is installed' if made.is_new else 'was there already'}: {made.folder}")
    if made.folder != environment_folder().absolute():
        typer.echo(f"to draw with it: export {VARIABLE}={made.folder}")
    found = _examine(str(made.folder))
    _show(found)
    if not found["works"]:
        raise typer.Exit(1)


def check(
    blender: Annotated[
        str | None, typer.Argument(help="Interpreter, environment or executable. \\[default: the one that draws]")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Draw a picture with Blender; exits with 1 when that does not work."""
    found = _examine(blender)
    if as_json:
        typer.echo(json.dumps(found, indent=2))
    else:
        _show(found)
    if not found["works"]:
        raise typer.Exit(1)


def uninstall(path: Folder = None) -> None:
    """Remove the virtual environment that `install` made."""
    from spatialenv.renderers.blender.command import environment_folder
    from spatialenv.renderers.blender.install import uninstall_blender

    was_there = uninstall_blender(path)
    folder = path or environment_folder()
    typer.echo(f"{folder} {'is removed' if was_there else 'is not there: nothing to remove'}")


def _examine(given: str | None) -> dict[str, Any]:
    """Draw with a Blender and return what came of it, as JSON types."""
    from spatialenv.errors import SpatialEnvError
    from spatialenv.renderers.blender.check import check_blender

    found: dict[str, Any] = {"path": None, "kind": None, "source": None, "works": False, "reason": None}
    try:
        found |= check_blender(given)
        found["works"] = True
    except SpatialEnvError as error:
        found["reason"] = str(error)
    return found


def _show(found: dict[str, Any]) -> None:
    if found["works"]:
        typer.echo(
            f"Blender {found['version']} works: started in {found['start_seconds']:.1f} s, drew "
            f"{found['ms_per_frame']:.0f} ms a picture ({found['path']}, {_source(found['source'])})"
        )
    else:
        typer.echo(f"Blender does not work: {found['reason']}", err=True)


def _source(source: str) -> str:
    return {"given": "given", "installed": "installed by `spatialenv blender install`", "PATH": "on the path"}.get(
        source, f"named by {source}" if source.isupper() else source
    )


class _Lines:
    """What is being done: one changing line in a terminal, plain lines elsewhere."""

    def __init__(self) -> None:
        from rich.console import Console

        self._console = Console(stderr=True)
        self._status = self._console.status("") if self._console.is_terminal else None

    def __call__(self, line: str) -> None:
        if self._status is None:
            self._console.print(line, soft_wrap=True, markup=False, highlight=False)
        else:
            from rich.markup import escape

            self._status.update(escape(line[: self._console.width - 4]))

    def __enter__(self) -> _Lines:
        if self._status is not None:
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._status is not None:
            self._status.stop()
