"""`spatialenv render`: pictures, sheets and films of scenes and episodes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from spatialenv.cli.drawn import Drawn, Watched, episode_of, scene_of, scenes_of
from spatialenv.cli.output import check_writable, write
from spatialenv.cli.progress import show_progress
from spatialenv.cli.settings import parse_json, parse_part
from spatialenv.errors import InputError, unknown_name

if TYPE_CHECKING:
    from spatialenv.renderers import Annotations, Renderer
    from spatialenv.renderers.base import Channel
    from spatialenv.renderers.camera_specs import CameraSpec
    from spatialenv.report.film_files import Film

EXAMPLES = (
    "spatialenv render room.json -o room.png",
    "spatialenv render room.json -o plan.png --view top --size 1024 --violations --relations",
    """spatialenv render room.json -o door.png --camera '{"name": "free", "eye": [1, 1, 1.6], "target": [4, 3, 1]}'""",
    "spatialenv render many.json --scene 3 -o fourth.png --no-labels --depth fourth_depth.png",
    "spatialenv render many.json --sheet scenes -o all.png --view corner --no-labels",
    "spatialenv render room.json -o around.gif --frames 48",
    "spatialenv render runs/demo/episodes/after.jsonl --episode 3 --turn 2 -o turn.png --violations --moves",
    "spatialenv render runs/demo/episodes/after.jsonl --episode 3 -o turns.mp4",
    "spatialenv render runs/demo/episodes/after.jsonl --sheet before-after -o sheet.png",
)

FILMS = ("turntable", "turns")
SHEETS = ("before-after", "scenes", "turns")
LONG = 12
"""A film of fewer pictures needs no progress bar."""

Size = tuple[int, int]


def render(
    file: Annotated[
        Path,
        typer.Argument(help="Scenes (our JSON, or an IDesign / MetaSpatial scene graph), or episodes (.jsonl)."),
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", help="What to write: a picture (.png) or a film (.gif, .mp4).")
    ],
    view: Annotated[
        list[str] | None,
        typer.Option(help="View: corner, top, front, walk, orbit; repeat for several (default: corner and top)."),
    ] = None,
    camera: Annotated[
        list[str] | None,
        typer.Option(help="Camera as JSON, beside the views: a free one, or one that goes around; repeat for several."),
    ] = None,
    size: Annotated[str, typer.Option(help="Side of each view in pixels, or WIDTHxHEIGHT.")] = "512",
    labels: Annotated[
        bool | None,
        typer.Option(
            "--labels/--no-labels",
            help="Write ids on the objects, a ruler and fronts (default: on, but not in a turntable).",
            show_default=False,
        ),
    ] = None,
    violations: Annotated[bool, typer.Option("--violations", help="Mark what is wrong with the layout.")] = False,
    relations: Annotated[bool, typer.Option("--relations", help="Draw an arrow for each relation.")] = False,
    moves: Annotated[
        bool, typer.Option("--moves", help="Show where objects have come from: the turn before, or the start.")
    ] = False,
    scene: Annotated[int, typer.Option(help="Which scene of a file that holds many, from 0.")] = 0,
    episode: Annotated[int, typer.Option(help="Which episode of the file, from 0.")] = 0,
    turn: Annotated[
        int | None, typer.Option(help="Turn of the episode, from 1; 0 is its start (default: the last).")
    ] = None,
    film: Annotated[
        str | None,
        typer.Option(
            help="Film: turntable, or turns (default for .gif and .mp4: turns of episodes, else a turntable)."
        ),
    ] = None,
    sheet: Annotated[str | None, typer.Option(help="Sheet of pictures: before-after, turns, or scenes.")] = None,
    frames: Annotated[int, typer.Option(help="Pictures of a turntable.")] = 60,
    seconds: Annotated[float, typer.Option(help="How long a turntable takes to go around.")] = 6.0,
    depth: Annotated[
        Path | None, typer.Option(help="Write depths too: a 16-bit PNG in millimetres, 0 where nothing is.")
    ] = None,
    renderer: Annotated[
        str,
        typer.Option(help="Renderer: its name, `auto` for the best that works here, or JSON with `name` and options."),
    ] = "fast",
) -> None:
    """Draw scenes and episodes: what is written goes by the output's ending, and by --film or --sheet.

    A picture is of the furnished room where the file holds a layout, else of the room as it is at the start.
    Of an episode it is of the room after a turn.
    """
    from spatialenv.renderers import Annotations
    from spatialenv.renderers.registry import open_renderer

    sides = _size(size)
    _check_outputs(output, depth, film, sheet)
    spec = parse_part("--renderer", renderer)
    cameras = _cameras(view, camera)
    is_labelled = labels is not False
    is_film = output.suffix.lower() != ".png"
    with open_renderer(spec) as made:
        drawer = Watched(made)
        if is_film and (film or ("turns" if file.suffix.lower() == ".jsonl" else "turntable")) == "turns":
            if relations or turn is not None:
                raise InputError(
                    "a film of turns shows every turn, what moves and what is wrong; leave --relations and --turn out"
                )
            _film_of_turns(file, episode, output, drawer, cameras, sides, is_labelled)
        elif is_film:
            if view or camera:
                raise InputError("a turntable has its own camera; leave --view and --camera out")
            shown = _shown(file, scene, episode, turn)
            wanted = _annotations(shown, bool(labels), violations, relations, moves)
            _turntable(shown, output, drawer, sides, wanted, frames, seconds)
        elif sheet is not None:
            flags = Annotations(labels=is_labelled, relations=relations)
            _sheet(sheet, file, episode, output, drawer, cameras, sides, flags, violations, moves)
        else:
            shown = _shown(file, scene, episode, turn)
            wanted = _annotations(shown, is_labelled, violations, relations, moves)
            _picture(shown, output, depth, drawer, cameras, sides, wanted)
    for name, reason in drawer.fallbacks.items():
        typer.echo(f"{name} is drawn as its box: {reason}", err=True)


def _check_outputs(output: Path, depth: Path | None, film: str | None, sheet: str | None) -> None:
    from spatialenv.report.film_files import ENDINGS, check_film_path

    check_writable(output)
    for name, value, known in (("film", film, FILMS), ("sheet", sheet, SHEETS)):
        if value is not None and value not in known:
            raise unknown_name(name, value, known)
    ending = output.suffix.lower()
    if ending not in (".png", *ENDINGS):
        raise InputError(
            f"`--output` is {str(output)!r}; pictures are PNG files, films GIF or MP4: "
            "give a name that ends in .png, .gif or .mp4"
        )
    if film is not None and ending == ".png":
        raise InputError(f"a film cannot be written to {str(output)!r}; give a name that ends in .gif or .mp4")
    if ending != ".png":
        check_film_path(output)
        for name, given in (("--sheet", sheet), ("--depth", depth)):
            if given is not None:
                raise InputError(f"`{name}` does not go with a film; leave it out, or write a .png")
    if depth is not None:
        if sheet is not None:
            raise InputError("`--depth` does not go with a sheet; leave one of them out")
        if depth.suffix.lower() != ".png":
            raise InputError(f"`--depth` is {str(depth)!r}; it is written as a PNG: give a name that ends in .png")
        if depth.absolute() == output.absolute():
            raise InputError(f"`--depth` and `--output` are both {str(depth)!r}; give two names")
        check_writable(depth)


def _shown(file: Path, scene: int, episode: int, turn: int | None) -> Drawn:
    return episode_of(file, episode).at_turn(turn) if file.suffix.lower() == ".jsonl" else scene_of(file, scene)


def _annotations(shown: Drawn, labels: bool, violations: bool, relations: bool, moves: bool) -> Annotations:
    from spatialenv.renderers import Annotations

    return Annotations(
        labels=labels,
        violations=shown.violations() if violations else (),
        relations=relations,
        previous=shown.previous if moves else None,
    )


def _picture(
    shown: Drawn,
    output: Path,
    depth: Path | None,
    renderer: Renderer,
    cameras: tuple[CameraSpec, ...],
    size: Size,
    annotations: Annotations,
) -> None:
    from spatialenv import api
    from spatialenv.renderers import draw_annotated

    channels: tuple[Channel, ...] = ("depth",) if depth is not None else ()
    drawn = draw_annotated(renderer, shown.placed, cameras, size, annotations, channels=channels)
    image = drawn.image
    if depth is not None:
        write(depth, _depth_png([drawn.depth[name] for name in drawn.views]))
    write(output, api.png(image))
    typer.echo(f"{output}: {image.shape[1]} x {image.shape[0]} pixels, {len(shown.placed.ids)} objects")


def _turntable(
    shown: Drawn, output: Path, renderer: Renderer, size: Size, annotations: Annotations, frames: int, seconds: float
) -> None:
    from spatialenv.report.film import turntable

    with show_progress() as report:
        made = turntable(
            shown.placed,
            renderer,
            frames,
            size,
            annotations,
            seconds=seconds,
            progress=lambda done, total: report("drawing", done, total, {}) if total > LONG else None,
        )
    _write_film(made, output, f"{len(made.frames)} frames")


def _film_of_turns(
    file: Path,
    number: int,
    output: Path,
    renderer: Renderer,
    cameras: tuple[CameraSpec, ...],
    size: Size,
    labels: bool,
) -> None:
    from spatialenv.report.film import film_of_turns

    played = episode_of(file, number).episode
    with show_progress() as report:
        made = film_of_turns(
            played,
            renderer,
            cameras,
            size,
            labels=labels,
            progress=lambda done, total: report("drawing", done, total, {}) if total > LONG else None,
        )
    _write_film(made, output, f"{len(played.turns)} turns")


def _write_film(film: Film, output: Path, length: str) -> None:
    """Write a film and tell how long and large it is."""
    from spatialenv.report.film_files import film_bytes

    content = film_bytes(film, output)
    write(output, content)
    typer.echo(f"{output}: {length}, {film.seconds:g} s, {len(content) / 1e6:.2f} MB")


def _sheet(
    kind: str,
    file: Path,
    number: int,
    output: Path,
    renderer: Renderer,
    cameras: tuple[CameraSpec, ...],
    size: Size,
    flags: Annotations,
    violations: bool,
    moves: bool,
) -> None:
    from spatialenv import api
    from spatialenv.renderers import draw_annotated
    from spatialenv.report.sheet import before_after, contact_sheet

    if kind == "before-after":
        played = episode_of(file, number).episode
        # What was wrong is the point of the sheet, so it is always marked.
        image = before_after(played, renderer, cameras, size, labels=flags.labels)
    else:
        shown = scenes_of(file) if kind == "scenes" else episode_of(file, number).turns()
        pictures = [
            draw_annotated(
                renderer,
                item.placed,
                cameras,
                size,
                _annotations(item, flags.labels, violations, flags.relations, moves),
            ).image
            for item in shown
        ]
        image = contact_sheet(pictures, [item.title for item in shown])
    write(output, api.png(image))
    typer.echo(f"{output}: {image.shape[1]} x {image.shape[0]} pixels")


def _cameras(views: list[str] | None, cameras: list[str] | None) -> tuple[CameraSpec, ...]:
    from spatialenv.renderers.camera_specs import VIEWS, check_cameras

    given: list[Any] = [*(views or ()), *(parse_json("--camera", text) for text in cameras or ())]
    return check_cameras(given or VIEWS)


def _size(text: str) -> Size:
    from spatialenv.renderers.base import check_size

    found = re.fullmatch(r"(\d{1,5})(?:x(\d{1,5}))?", text, re.ASCII)
    if found is None:
        raise InputError(f"`--size` is {text!r}; it must be pixels as 512 or 640x360")
    return check_size((int(found[1]), int(found[2] or found[1])))


def _depth_png(depths: list[Any]) -> bytes:
    import io

    import numpy as np
    from PIL import Image

    metres = np.concatenate(depths, axis=1)
    millimetres = np.where(np.isfinite(metres), np.clip(np.rint(1000.0 * metres), 1, 65535), 0).astype(np.uint16)
    buffer = io.BytesIO()
    Image.fromarray(millimetres).save(buffer, format="PNG")
    return buffer.getvalue()
