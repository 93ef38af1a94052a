"""`spatialenv tasks`: where scenes come from, what they look like, and files of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from spatialenv.cli.check import Kind
from spatialenv.cli.check import check as check_part
from spatialenv.cli.output import check_writable, write
from spatialenv.errors import InputError, unknown_name

if TYPE_CHECKING:
    from spatialenv.core.layout import Layout
    from spatialenv.core.scene import Scene

EXAMPLES = (
    "spatialenv tasks",
    "spatialenv tasks show polygons/test --seed 3 --png room.png",
    "spatialenv tasks write hard/endless rooms.json --n 20",
)
SHOW_EXAMPLES = (
    "spatialenv tasks show easy/test --seed 3",
    "spatialenv tasks show repair/test --seed 1 --png start.png --layout start",
)
WRITE_EXAMPLES = (
    "spatialenv tasks write easy/endless rooms.json --n 20 --seed 100",
    "spatialenv tasks write rotation/test furnished.json --n 5 --layout witness",
)
CHECK_EXAMPLES = ("spatialenv tasks check repair/train",)
LAYOUTS = ("witness", "start", "none")


def tasks(context: typer.Context) -> None:
    """List the sources of scenes, show or write their scenes, or check a source."""
    if context.invoked_subcommand is None:
        from rich.console import Console

        Console().print(_list())


def show(
    name: Annotated[str, typer.Argument(help="Source of scenes: easy, easy/test, demo, repair/test, a scene file ...")],
    seed: Annotated[int, typer.Option(min=0, help="Seed of the scene.")] = 0,
    png: Annotated[Path | None, typer.Option(help="Also draw the scene to this PNG file.")] = None,
    layout: Annotated[str, typer.Option(help="What is drawn: witness, start or none (an empty room).")] = "witness",
    size: Annotated[int, typer.Option(help="Side of each view in pixels.")] = 512,
    renderer: Annotated[str, typer.Option(help="Renderer.")] = "fast",
) -> None:
    """Print a scene as a policy is asked about it, and draw it."""
    from spatialenv import api
    from spatialenv.envs.prompt import make_prompt
    from spatialenv.tasks import make_tasks

    if png is not None:
        check_writable(png)
        if png.suffix.lower() != ".png":
            raise InputError(f"`--png` is {str(png)!r}; give a name that ends in .png")
    if layout not in LAYOUTS:
        raise unknown_name("layout", layout, LAYOUTS)
    source = make_tasks(name)
    scene = source.sample(seed)
    typer.echo(f"{scene.id or source.name}, seed {seed}\n")
    typer.echo(make_prompt(scene, getattr(source, "yaw", "fixed")))
    if png is not None:
        image = api.render(scene.place(_layout(scene, layout) or {}), (size, size), renderer=renderer)
        write(png, api.png(image))
        typer.echo(f"\n{png}: {image.shape[1]} x {image.shape[0]} pixels")


def write_scenes(
    name: Annotated[str, typer.Argument(help="Source of scenes: easy, easy/test, demo, repair/test ...")],
    output: Annotated[Path, typer.Argument(help="JSON file to write; every command that takes scenes reads it.")],
    n: Annotated[int, typer.Option(min=1, help="Number of scenes.")] = 20,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the first scene.")] = 0,
    layout: Annotated[str, typer.Option(help="Layout written with each scene: witness, start or none.")] = "none",
) -> None:
    """Write scenes to a file."""
    from spatialenv.core.schema import VERSION, SceneFile
    from spatialenv.formats.native import poses_to_json, scene_to_json
    from spatialenv.tasks import make_tasks

    check_writable(output)
    if output.suffix != ".json":
        raise InputError(f"`OUTPUT` is {str(output)!r}; scenes are JSON: give a name that ends in .json")
    if layout not in LAYOUTS:
        raise unknown_name("layout", layout, LAYOUTS)
    source = make_tasks(name)
    records: list[dict[str, Any]] = []
    for index in range(seed, seed + n):
        scene = source.sample(index)
        record: dict[str, Any] = {"format": SceneFile.name, "version": VERSION, **scene_to_json(scene)}
        placed = _layout(scene, layout)
        if placed is not None:
            record["layout"] = poses_to_json(placed)
        records.append(record)
    write(output, (json.dumps(records, indent=1, allow_nan=False) + "\n").encode())
    typer.echo(f"{output}: {n} {'scene' if n == 1 else 'scenes'} of {source.name}")


def check(name: Annotated[str, typer.Argument(help="Source of scenes.")]) -> None:
    """Check that a source keeps what sources must keep; exits with 1 when something does not hold."""
    check_part(Kind.tasks, name)


def _layout(scene: Scene, name: str) -> Layout | None:
    return {"witness": scene.witness, "start": scene.start}.get(name)


def _list() -> Any:
    from rich import box
    from rich.table import Table

    from spatialenv.tasks.registry import REGISTRY
    from spatialenv.tasks.source import PRESETS
    from spatialenv.tasks.suite import SUITES

    table = Table(
        box=box.SIMPLE_HEAD,
        caption="NAME alone is the split train; NAME/validation and NAME/test are never trained on; a suite's "
        "NAME/endless draws more of its kind.",
    )
    for column in ("name", "kind", "what"):
        table.add_column(column)
    for name, chosen in SUITES.items():
        table.add_row(name, "suite", chosen.description)
    for name in PRESETS:
        if name not in SUITES:
            table.add_row(name, "generator", _PRESETS.get(name, ""))
    for name in REGISTRY.names():
        table.add_row(name, "registered", REGISTRY.summary(name))
    return table


_PRESETS = {
    "demo": "Few objects in narrow rooms, all numbers multiples of a quarter of a metre; for tiny models.",
    "procedural": "Rooms by the options of ProceduralConfig: count, shapes, density, relations, doors ...",
}
