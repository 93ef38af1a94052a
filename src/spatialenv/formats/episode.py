"""Episodes as JSON lines, with their pictures as PNG files in a folder beside."""

from __future__ import annotations

import io
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from spatialenv.core.episode import Episode, Turn
from spatialenv.core.schema import VERSION, EpisodeLine, TurnLine, validate
from spatialenv.core.violations import Violation
from spatialenv.errors import FileFormatError, InputError
from spatialenv.formats.atomic import write_atomically
from spatialenv.formats.json_file import parse_json, read_text
from spatialenv.formats.native import poses_from_json, poses_to_json, scene_from_body, scene_to_json

Picture = npt.NDArray[np.uint8]

_PICTURE = re.compile(r"[0-9]+_(?:start|[0-9]+)\.png")


def save_episodes(path: str | Path, episodes: Iterable[Episode]) -> None:
    """Write episodes, one JSON object a line, and their pictures.

    Pictures go to the folder beside the file that has its stem: ``0_start.png`` is the first
    picture of episode 0, ``0_2.png`` the one after its turn 2. Pictures of an earlier file of that
    name are replaced, other files in the folder left alone. Every file is written whole or not at
    all, the lines last, so that they never name a picture that is not there. Numbers that are not
    finite become null.

    Args:
        path: File to write, ``.../name.jsonl``.
        episodes: Episodes; pictures that are None are left out.

    Raises:
        InputError: If `settings` or another part is not made of JSON types, or a picture is no
            ``(H, W, 3)`` uint8 array.
        FileFormatError: If a file cannot be written.
    """
    path = Path(path)
    folder = path.with_suffix("")
    if folder == path:
        raise InputError(f"`path` is {str(path)!r}; it must end in .jsonl: the folder of pictures is named without it")
    pictures: dict[str, bytes] = {}
    lines = []
    for number, episode in enumerate(episodes):
        record = _to_json(episode, number, pictures)
        try:
            lines.append(json.dumps(record, allow_nan=False) + "\n")
        except (TypeError, ValueError) as error:
            raise InputError(f"episode {number} cannot be written as JSON: {error}") from error
    if pictures:
        try:
            folder.mkdir(exist_ok=True)
        except OSError as error:
            raise FileFormatError(f"{str(folder)!r} cannot be made: {error.strerror or error}") from error
    for name, content in pictures.items():
        write_atomically(folder / name, content, is_durable=False)
    write_atomically(path, "".join(lines), is_durable=False)
    if folder.is_dir():
        for old in folder.iterdir():
            if _PICTURE.fullmatch(old.name) and old.name not in pictures:
                old.unlink()


def load_episodes(path: str | Path, pictures: bool = True) -> list[Episode]:
    """Return the episodes of a file that `save_episodes` wrote.

    Args:
        path: The file.
        pictures: Whether to load pictures too; without, every image is None.

    Raises:
        FileFormatError: If the file or a picture is missing, damaged or cut off; the message names
            the line.
    """
    path = Path(path)
    return list(_read(path, path.with_suffix("") if pictures else None))


def _read(path: Path, folder: Path | None) -> Iterator[Episode]:
    # Only "\n" ends a line: other line ends may stand inside strings.
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if line.strip():
            where = f"{str(path)!r} line {number}"
            yield _from_json(validate(EpisodeLine, parse_json(line, where), where), folder, where)


def _to_json(episode: Episode, number: int, pictures: dict[str, bytes]) -> dict[str, Any]:
    def keep(image: Picture | None, name: str) -> str | None:
        if image is None:
            return None
        pictures[f"{number}_{name}.png"] = _encode(image, f"episode {number}")
        return f"{number}_{name}.png"

    return {
        "format": EpisodeLine.name,
        "version": VERSION,
        "scene": scene_to_json(episode.scene),
        "prompt": episode.prompt,
        "turns": [
            {
                "text": turn.text,
                "layout": poses_to_json(turn.layout),
                "reward": _plain(turn.reward),
                "score": _plain(turn.score),
                "components": _plain(turn.components),
                "per_object": _plain(turn.per_object),
                "violations": _plain(turn.violations),
                "issues": _plain(turn.issues),
                "feedback": turn.feedback,
                "status": _plain(turn.status),
                "image": keep(turn.image, str(index)),
            }
            for index, turn in enumerate(episode.turns)
        ],
        "settings": _plain(episode.settings),
        "seed": _plain(episode.seed),
        "image": keep(episode.image, "start"),
        "failure": episode.failure,
    }


def _from_json(line: EpisodeLine, folder: Path | None, where: str) -> Episode:
    return Episode(
        scene=scene_from_body(line.scene, where),
        prompt=line.prompt,
        turns=tuple(_turn(turn, folder, where) for turn in line.turns),
        settings=line.settings,
        seed=line.seed,
        image=_decode(line.image, folder, where),
        failure=line.failure,
    )


def _turn(turn: TurnLine, folder: Path | None, where: str) -> Turn:
    return Turn(
        text=turn.text,
        layout=poses_from_json(turn.layout, where),
        reward=_number(turn.reward),
        score=_number(turn.score),
        components={name: _number(value) for name, value in turn.components.items()},
        per_object={name: _number(value) for name, value in turn.per_object.items()},
        violations=tuple(_violation(told, where) for told in turn.violations),
        issues=tuple(turn.issues),
        feedback=turn.feedback,
        status=turn.status,
        image=_decode(turn.image, folder, where),
    )


def _violation(told: dict[str, Any], where: str) -> dict[str, Any]:
    """Return what a turn says is wrong as it is told, once it has proved to be readable."""
    try:
        Violation.from_dict(told)
    except InputError as error:
        raise FileFormatError(f"{where}: {error}") from error
    return told


def _number(value: float | None) -> float:
    return math.nan if value is None else value


def _plain(value: Any) -> Any:
    """Return the same in JSON types: numbers that are not finite become null, NumPy's become Python's."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value


def _encode(image: Picture, where: str) -> bytes:
    from PIL import Image

    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
        raise InputError(f"a picture of {where} is {image.dtype} {image.shape}; it must be uint8 (H, W, 3)")
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, format="PNG")
    return buffer.getvalue()


def _decode(name: str | None, folder: Path | None, where: str) -> Picture | None:
    from PIL import Image

    if name is None or folder is None:
        return None
    if not _PICTURE.fullmatch(name):
        raise FileFormatError(f"{where}: `image` is {name!r:.60}; it must be a name like '0_start.png' or '0_1.png'")
    try:
        with Image.open(folder / name, formats=["PNG"]) as image:
            return np.asarray(image.convert("RGB"), dtype=np.uint8)
    except FileNotFoundError as error:
        raise FileFormatError(f"{where}: the picture {str(folder / name)!r} is missing") from error
    except (OSError, SyntaxError, ValueError) as error:
        raise FileFormatError(f"{where}: the picture {str(folder / name)!r} cannot be read: {error}") from error
