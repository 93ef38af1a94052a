"""`spatialenv view`: a page on which rooms are walked through."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from spatialenv.cli.output import check_writable, make_folders
from spatialenv.cli.settings import parse_part
from spatialenv.errors import InputError

EXAMPLES = (
    "spatialenv view runs/demo --open",
    "spatialenv view runs/demo/episodes/after.jsonl -o after.html --rooms 20",
    "spatialenv view room.json -o room.html",
)


def view(
    source: Annotated[
        Path, typer.Argument(help="Run or evaluation folder, episodes (.jsonl), or a scene file (ours or IDesign's).")
    ],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="Page to write (default: view.html in the folder, or beside)."),
    ] = None,
    open_page: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
    rooms: Annotated[int, typer.Option(help="Most rooms on the page: the first ones by index.")] = 8,
    renderer: Annotated[
        str, typer.Option(help="What rooms look like: a renderer's name, or JSON with `name` and options.")
    ] = "fast",
    reward: Annotated[str, typer.Option(help="Scores the layouts of a scene file.")] = "physics",
    pictures: Annotated[bool, typer.Option(help="Carry pictures for browsers without WebGL.")] = True,
) -> None:
    """Write a page of rooms in three dimensions: turn by turn, with scores and what is wrong."""
    from spatialenv.report.viewer import write_viewer
    from spatialenv.report.viewer_input import read_played

    page = output if output is not None else source / "view.html" if source.is_dir() else source.with_suffix(".html")
    check_writable(page)
    if page.suffix.lower() not in (".html", ".htm"):
        raise InputError(f"`--output` is {str(page)!r}; give a name that ends in .html")
    played = read_played(source, reward=reward)
    make_folders(page)
    write_viewer(
        page,
        played,
        title=source.resolve().stem,
        rooms=rooms,
        renderer=parse_part("--renderer", renderer),
        pictures=pictures,
    )
    typer.echo(f"{page}: {page.stat().st_size / 1e6:.1f} MB")
    if open_page:
        typer.launch(str(page))
