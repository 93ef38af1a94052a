"""`spatialenv render`: a picture of a scene file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from spatialenv.cli.output import check_writable, write
from spatialenv.errors import InputError

EXAMPLES = (
    "spatialenv render room.json -o room.png",
    "spatialenv render room.json -o plan.png --view top --size 1024 --violations",
    "spatialenv render many.json --scene 3 -o fourth.png --no-labels",
)


def render(
    file: Annotated[Path, typer.Argument(help="Scene file: our JSON or an IDesign / MetaSpatial scene graph.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="PNG to write.")],
    view: Annotated[list[str] | None, typer.Option(help="View; repeat for several. [default: corner, top]")] = None,
    size: Annotated[int, typer.Option(help="Side of each view in pixels.")] = 512,
    labels: Annotated[bool, typer.Option(help="Write ids on the objects.")] = True,
    violations: Annotated[bool, typer.Option("--violations", help="Mark what is wrong with the layout.")] = False,
    scene: Annotated[int, typer.Option(help="Which scene of a file that holds many, from 0.")] = 0,
    renderer: Annotated[str, typer.Option(help="Renderer.")] = "fast",
) -> None:
    """Draw a scene: the furnished room where the file holds a layout, else the empty room."""
    from spatialenv import api
    from spatialenv.core.layout import Layout
    from spatialenv.core.violations import find_violations
    from spatialenv.formats import read_any

    check_writable(output)
    if output.suffix.lower() != ".png":
        raise InputError(f"`--output` is {str(output)!r}; pictures are PNG files: give a name that ends in .png")
    found = read_any(file)
    if not 0 <= scene < len(found):
        raise InputError(f"`--scene` is {scene}; {str(file)!r} holds {len(found)}, numbered from 0")
    room, layout = found[scene]
    placed = room.place(Layout() if layout is None else layout)
    wrong = find_violations(placed) if violations else ()
    image = api.render(placed, (size, size), view or ("corner", "top"), labels, wrong, renderer)
    write(output, api.png(image))
    typer.echo(f"{output}: {image.shape[1]} x {image.shape[0]} pixels, {len(placed.ids)} objects")
