"""`spatialenv score`: a table of how good the layouts of scene files are."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from spatialenv.cli.output import check_writable, write
from spatialenv.errors import InputError

if TYPE_CHECKING:
    from rich.table import Table

    from spatialenv.core.layout import Layout
    from spatialenv.core.scene import Scene
    from spatialenv.core.score import Score
    from spatialenv.core.violations import Violation

EXAMPLES = (
    "spatialenv score room.json",
    "spatialenv score rooms/*.json --reward metaspatial",
    "spatialenv score room.json --reward my_reward.yaml --json scores.json",
    "spatialenv score room.json --why",
)


class Row(NamedTuple):
    """A scored layout: the file it is from, its place there, its score, and what lowers that where it was asked."""

    file: Path
    number: int
    scene: Scene
    score: Score
    violations: tuple[Violation, ...] | None = None


def score(
    files: Annotated[list[Path], typer.Argument(help="Scene files with layouts; a file may hold many scenes.")],
    reward: Annotated[str, typer.Option(help="Reward or preset by name, or the path of a YAML file.")] = "physics",
    why: Annotated[bool, typer.Option("--why", help="Also list what lowers each score, and what mends it.")] = False,
    json_output: Annotated[Path | None, typer.Option("--json", help="Also write every score to this file.")] = None,
) -> None:
    """Score the layouts that scene files hold: a row each, and their mean."""
    from rich.console import Console
    from rich.progress import track

    from spatialenv.core.score import Transition
    from spatialenv.formats import read_any
    from spatialenv.rewards import make_reward, violations_of

    if json_output is not None:
        check_writable(json_output)
    measure = make_reward(reward)
    questions: list[tuple[Path, int, Scene, Layout]] = []
    for file in files:
        for index, (scene, layout) in enumerate(read_any(file)):
            if layout is None:
                raise InputError(f"scene {index} of {str(file)!r} holds no layout; give each object a position")
            questions.append((file, index, scene, layout))
    rows = [
        Row(
            file,
            index,
            scene,
            measure(Transition.of(scene.place(layout))),
            violations_of(measure, scene.place(layout)) if why else None,
        )
        for file, index, scene, layout in track(
            questions, description="Scoring", console=Console(stderr=True), transient=True, disable=len(questions) < 2
        )
    ]
    if json_output is not None:
        write(json_output, json.dumps(_report(reward, rows), indent=2, allow_nan=False).encode() + b"\n")
    Console().print(_table(reward, rows))
    if why:
        Console().print(_reasons(rows))


def columns(scores: Sequence[Score]) -> dict[str, list[float]]:
    """Return the numbers of several scores by name: the parts of a composite reward, else its details.

    Flags and lists are left out, and so is what not every score states.

    Example:
        >>> from spatialenv.core.score import Score
        >>> columns([Score(0.5, details={"collision_ratio": 0.25, "flag": True, "ids": []})])
        {'collision_ratio': [0.25]}
    """
    parts: list[Mapping[str, Any]] = [item.details.get("components") or item.details for item in scores]
    names = [name for name, value in parts[0].items() if _is_number(value)] if parts else []
    return {
        name: [float(part[name]) for part in parts]
        for name in names
        if all(_is_number(part.get(name)) for part in parts)
    }


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _names(rows: Sequence[Row]) -> list[str]:
    """Return a short name for each row: what tells it from the others."""
    counts = Counter(row.file for row in rows)
    names = []
    for row in rows:
        number = str(row.number) if counts[row.file] > 1 else ""
        file = row.file.stem if len(counts) > 1 or not number else ""
        names.append(row.scene.id or " ".join(filter(None, (file, number))))
    return names


def _table(reward: str, rows: Sequence[Row]) -> Table:
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    numbers = columns([row.score for row in rows])
    files = {row.file.name for row in rows}
    table = Table(title=f"{reward}: {files.pop() if len(files) == 1 else f'{len(files)} files'}", box=box.SIMPLE)
    table.show_footer, table.pad_edge, table.padding = True, False, (0, 0)
    table.add_column("scene", footer="mean", overflow="fold")
    table.add_column("objects", justify="right", footer=f"{_mean([len(row.scene.objects) for row in rows]):.1f}")
    table.add_column("score", justify="right", footer=f"{_mean([row.score.value for row in rows]):.4f}")
    for name, values in numbers.items():
        table.add_column(name.replace("_", " "), justify="right", footer=f"{_mean(values):.4f}", overflow="fold")
    names = _names(rows)
    for i, row in enumerate(rows):
        cells = [f"{values[i]:.4f}" for values in numbers.values()]
        table.add_row(escape(names[i]), str(len(row.scene.objects)), f"{row.score.value:.4f}", *cells)
    return table


def _reasons(rows: Sequence[Row]) -> Table:
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    table = Table("scene", "what lowers it", "what mends it", box=box.SIMPLE, pad_edge=False)
    for name, row in zip(_names(rows), rows, strict=True):
        for violation in row.violations or ():
            table.add_row(escape(name), escape(violation.text), _remedy(violation))
    if not table.row_count:
        table.add_row("", "nothing", "")
    return table


def _remedy(violation: Violation) -> str:
    """Return the move and the turn in words: ``move by (+0.25, 0, 0) m``."""
    parts = []
    if violation.move is not None:
        amounts = ", ".join(f"{value:+.2f}" if abs(value) >= 0.005 else "0" for value in violation.move)
        parts.append(f"move by ({amounts}) m")
    if violation.turn is not None:
        parts.append(f"turn by {math.degrees(violation.turn):+.0f} deg")
    return " and ".join(parts)


def _report(reward: str, rows: Sequence[Row]) -> dict[str, Any]:
    numbers = columns([row.score for row in rows])
    return {
        "reward": reward,
        "version": rows[0].score.version,
        "mean": {"score": _mean([row.score.value for row in rows])} | {k: _mean(v) for k, v in numbers.items()},
        "scenes": [
            {
                "file": str(row.file),
                "index": row.number,
                "id": row.scene.id,
                "objects": len(row.scene.objects),
                "score": row.score.value,
                "per_object": _per_object(row),
                "details": dict(row.score.details),
                **({} if row.violations is None else {"violations": [wrong.to_dict() for wrong in row.violations]}),
            }
            for row in rows
        ],
    }


def _per_object(row: Row) -> dict[str, float | None] | None:
    if row.score.per_object is None:
        return None
    values = row.score.per_object.tolist()
    return {key: value if value == value else None for key, value in zip(row.scene.ids, values, strict=True)}
