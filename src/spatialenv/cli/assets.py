"""`spatialenv assets`: folders of meshes: their index, which of them can be used, and what they look like."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from spatialenv.cli.output import check_writable, write
from spatialenv.errors import InputError, unknown_name

if TYPE_CHECKING:
    from spatialenv.assets.inspect import AssetReport

EXAMPLES = (
    "spatialenv assets",
    "spatialenv assets index meshes --licence CC0-1.0",
    "spatialenv assets check meshes",
    "spatialenv assets show meshes -o sheet.png",
)
INDEX_EXAMPLES = (
    "spatialenv assets index meshes",
    "spatialenv assets index meshes --licence CC-BY-4.0 --source https://example.org --front -y --up +z",
)
CHECK_EXAMPLES = ("spatialenv assets check meshes", "spatialenv assets check meshes --problems")
SHOW_EXAMPLES = (
    "spatialenv assets show meshes -o sheet.png",
    "spatialenv assets show meshes -o chairs.png --asset chair_1 --asset chairs/armchair.glb --size 256",
)


def assets(context: typer.Context) -> None:
    """List the sources of assets; or index, check or show the meshes of a folder."""
    if context.invoked_subcommand is None:
        from rich import box
        from rich.console import Console
        from rich.table import Table

        from spatialenv.assets.registry import REGISTRY

        table = Table(box=box.SIMPLE_HEAD)
        table.add_column("source", no_wrap=True)
        table.add_column("what it offers")
        for name in REGISTRY.names():
            table.add_row(name, _plain(REGISTRY.summary(name)))
        Console().print(table)


def index(
    folder: Annotated[Path, typer.Argument(help="Folder of meshes: .glb, .gltf, .obj, .ply, .stl.")],
    licence: Annotated[str, typer.Option(help="Licence of meshes that are new in the index.")] = "",
    source: Annotated[str, typer.Option(help="Where these come from.")] = "",
    front: Annotated[
        str, typer.Option(help="Where their fronts look in the files: +x, -x, +y ... (default: usual).")
    ] = "",
    up: Annotated[str, typer.Option(help="Where their tops are in the files (default: usual).")] = "",
) -> None:
    """Write the index of a folder, assets.json: what is in it already is kept, files that are gone are left out."""
    from spatialenv.assets.files import INDEX_NAME
    from spatialenv.assets.inspect import index_folder
    from spatialenv.assets.read import AXES

    for name, axis in (("front", front), ("up", up)):
        if axis and axis not in AXES:
            raise unknown_name(f"direction for `--{name}`", axis, AXES)
    given = {"licence": licence, "source": source, "front": front, "up": up}
    made, problems = index_folder(folder, {name: value for name, value in given.items() if value})
    write(folder / INDEX_NAME, made.to_json().encode())
    _print_problems(problems)
    typer.echo(f"{folder / INDEX_NAME}: {len(made.assets)} assets; files that cannot be used: {len(problems)}")


def check(
    folder: Annotated[Path, typer.Argument(help="Folder of meshes, with or without an index.")],
    problems: Annotated[bool, typer.Option("--problems", help="List only what cannot be used.")] = False,
) -> None:
    """Read every mesh of a folder; exits with 1 when some cannot be used."""
    from rich.console import Console

    from spatialenv.assets.inspect import inspect_folder

    reports = list(inspect_folder(folder))
    sound = [report for report in reports if not report.problem]
    if sound and not problems:
        Console().print(_table(sound))
        for report in sound:
            for note in report.notes:
                Console().print(f"{_plain(report.id)}: {_plain(note)}", soft_wrap=True)
    _print_problems([(report.id, report.problem) for report in reports if report.problem])
    typer.echo(f"{len(sound)} of {len(reports)} assets can be used")
    if len(sound) < len(reports):
        raise typer.Exit(1)


def show(
    folder: Annotated[Path, typer.Argument(help="Folder of meshes, with or without an index.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="PNG to write.")],
    asset: Annotated[list[str] | None, typer.Option(help="Id or path; repeat for several (default: all).")] = None,
    size: Annotated[int, typer.Option(min=32, max=512, help="Side of each view in pixels.")] = 160,
    n: Annotated[int, typer.Option(min=1, help="Most assets on the sheet.")] = 60,
) -> None:
    """Draw a sheet of the meshes of a folder from four sides, their fronts marked."""
    from spatialenv import api
    from spatialenv.assets.inspect import inspect_folder
    from spatialenv.assets.registry import make_library
    from spatialenv.report.asset_sheet import asset_sheet

    check_writable(output)
    if output.suffix.lower() != ".png":
        raise InputError(f"`--output` is {str(output)!r}; pictures are PNG files: give a name that ends in .png")
    reports = list(inspect_folder(folder))
    names = {report.id for report in reports} | {report.file for report in reports}
    for name in asset or ():
        if name not in names:
            raise unknown_name("asset", name, names)
    chosen = [report for report in reports if not asset or report.id in asset or report.file in asset]
    if not chosen:
        raise InputError(f"{str(folder)!r} holds no meshes; put .glb, .gltf, .obj, .ply or .stl files there")
    rows = [(report.id, (1.0, 1.0, 1.0) if report.problem else report.size) for report in chosen[:n]]
    sheet, failed = asset_sheet(make_library(folder), rows, size)
    write(output, api.png(sheet))
    _print_problems(list(failed.items()))
    left = f"; {len(chosen) - n} more left out (`--n`)" if len(chosen) > n else ""
    typer.echo(f"{output}: {sheet.shape[1]} x {sheet.shape[0]} pixels, {len(rows)} assets{left}")


def _table(reports: Sequence[AssetReport]) -> Any:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, caption="Sizes: length x width x height in the file's units, front ahead.")
    for column in ("asset", "triangles", "materials", "textures", "size"):
        is_text = column == "asset"
        table.add_column(column, justify="left" if is_text else "right", overflow="fold", no_wrap=not is_text)
    for report in reports:
        few = "" if report.drawn >= report.triangles else f"\n[dim]{report.drawn:,} drawn[/dim]"
        table.add_row(
            _plain(report.id),
            f"{report.triangles:,}{few}",
            str(report.materials),
            str(report.textures),
            " x ".join(f"{extent:.3g}" for extent in report.size),
        )
    return table


def _print_problems(problems: Sequence[tuple[str, str]]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    if not problems:
        return
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("cannot be used", overflow="fold")
    table.add_column("why", overflow="fold")
    for name, problem in problems:
        table.add_row(_plain(name), f"[red]{_plain(problem)}[/red]")
    Console().print(table)


def _plain(text: str) -> str:
    """Return a text whose brackets are no markup and whose control characters are seen."""
    from rich.markup import escape

    return escape("".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text))
