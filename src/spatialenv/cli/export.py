"""`spatialenv export`: rooms as files of other programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from spatialenv.cli.drawn import Drawn, episode_of, scene_of
from spatialenv.cli.output import check_writable
from spatialenv.cli.settings import parse_part
from spatialenv.errors import InputError

if TYPE_CHECKING:
    from spatialenv.export import Exported

EXAMPLES = (
    "spatialenv export room.json -o room.glb",
    "spatialenv export room.json -o room.usdz -o room.xml -o room.blend",
    "spatialenv export easy/validation --scene 3 -o rooms/third --format glb --format mjcf",
    "spatialenv export runs/demo/episodes/after.jsonl --episode 3 --turn 2 -o turn.usda",
    "spatialenv export room.json -o room.glb --assets meshes/ --room carpet --ceiling",
)


def export(
    source: Annotated[
        Path,
        typer.Argument(
            help="Scenes (our JSON, or an IDesign / MetaSpatial scene graph), episodes (.jsonl), or a source of "
            "scenes (easy/validation), whose rooms are furnished as their witness has it."
        ),
    ],
    output: Annotated[
        list[Path],
        typer.Option("-o", "--output", help="File to write: .glb, .usda, .usdc, .usdz, .xml (MuJoCo), .blend; repeat."),
    ],
    format_: Annotated[
        list[str] | None,
        typer.Option("--format", help="Format of a file without ending: glb, usd, mjcf, blend; repeat for several."),
    ] = None,
    scene: Annotated[int, typer.Option(min=0, help="Which scene of a file or source that has many, from 0.")] = 0,
    episode: Annotated[int, typer.Option(min=0, help="Which episode of the file, from 0.")] = 0,
    turn: Annotated[
        int | None, typer.Option(help="Turn of the episode, from 1; 0 is its start (default: the last).")
    ] = None,
    furniture: Annotated[bool, typer.Option(help="Objects have the shape of furniture; else all are boxes.")] = True,
    colours: Annotated[str, typer.Option(help="Colours: material, or identity (one for each object).")] = "material",
    room: Annotated[
        str | None, typer.Option(help="What lies on the floor, or JSON of a room style (default: by the furniture).")
    ] = None,
    assets: Annotated[str | None, typer.Option(help="Where meshes come from: a folder, a source, or JSON.")] = None,
    ceiling: Annotated[bool, typer.Option("--ceiling", help="Give the room a ceiling.")] = False,
) -> None:
    """Write a room for other programs: viewers, Blender, Isaac Sim, MuJoCo. Formats go by the outputs' endings."""
    from spatialenv.export.write import find_exporter

    wanted = [(path, name) for path in output for name in format_ or (None,)]
    targets = [find_exporter(path, name)[0] for path, name in wanted]
    for target in targets:
        check_writable(target)
        if targets.count(target) > 1:
            raise InputError(f"`--output` names {str(target)!r} more than once; give each file once")
    options: dict[str, Any] = {"furniture": furniture, "colours": colours, "ceiling": ceiling}
    if room is not None:
        options["room"] = parse_part("--room", room)
    if assets is not None:
        options["assets"] = parse_part("--assets", assets)
    shown = _shown(source, scene, episode, turn)
    fallbacks: dict[str, str] = {}
    left_out: list[tuple[str, str]] = []
    written = []
    for target, (_, name) in zip(targets, wanted, strict=True):
        written.append(_write(shown, target, name, options))
        fallbacks.update(written[-1].fallbacks)
        left_out += [(object_id, target.name) for object_id in written[-1].left_out]
    _tell(written)
    for object_id, reason in fallbacks.items():
        typer.echo(f"{object_id} is a box: {reason}", err=True)
    for object_id, file in left_out:
        typer.echo(f"{object_id} is left out of {file}: it is too far from the room", err=True)


def _write(shown: Drawn, target: Path, name: str | None, options: dict[str, Any]) -> Exported:
    from spatialenv.export import export_scene

    return export_scene(shown.placed, target, name, **options)


def _shown(source: Path, scene: int, episode: int, turn: int | None) -> Drawn:
    if source.suffix.lower() == ".jsonl":
        if scene:
            raise InputError(f"`--scene` is {scene}, and {str(source)!r} holds episodes; choose by `--episode`")
        return episode_of(source, episode).at_turn(turn)
    for option, value in (("turn", turn), ("episode", episode or None)):
        if value is not None:
            raise InputError(f"`--{option}` is {value}, and {str(source)!r} holds no episodes; leave it out")
    if source.exists() or source.suffix:
        return scene_of(source, scene)
    from spatialenv.tasks import make_tasks

    found = make_tasks(str(source)).sample(scene)
    layout = found.witness if found.witness is not None else found.start
    if layout is None:
        raise InputError(f"the scenes of {str(source)!r} have no layout; write answers to a file, and give that")
    return Drawn(found.place(layout), found.id)


def _tell(written: list[Exported]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("written", overflow="fold")
    table.add_column("files", justify="right", no_wrap=True)
    table.add_column("size", justify="right", no_wrap=True)
    for exported in written:
        first, *others = exported.files
        table.add_row(Text(str(first)), "1", _size([first]))
        if others:
            table.add_row(Text(f"{others[0].parent}/"), str(len(others)), _size(others))
    Console().print(table)


def _size(files: list[Path]) -> str:
    count = sum(file.stat().st_size for file in files)
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{count / 1e3:.1f} kB"
