"""The interactive viewer: rooms in three dimensions, turn by turn, in one page that loads nothing."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from markupsafe import Markup

from spatialenv.core.episode import Episode
from spatialenv.errors import InputError
from spatialenv.formats.atomic import write_atomically
from spatialenv.renderers import Renderer
from spatialenv.renderers.registry import open_renderer
from spatialenv.report.environment import make_environment
from spatialenv.report.viewer_data import MOST_ROOMS, viewer_data

TEMPLATES = Path(__file__).with_name("templates")
SCRIPTS = ("vendor/three.min.js", "viewer_meshes.js", "viewer_scene.js", "viewer.js")
"""Scripts that a page with the viewer carries, in this order."""


@dataclass(frozen=True, slots=True)
class ViewerParts:
    """What a page needs to hold the viewer.

    Attributes:
        data: What `viewer_data` gave as JSON, compressed with zlib, in base64: nothing in it can end a script.
        scripts: Scripts in order, to be written into the page as they are.
        sources: Their digests as a content policy names them.
    """

    data: Markup
    scripts: tuple[Markup, ...]
    sources: str


def viewer_parts(data: Mapping[str, Any]) -> ViewerParts:
    """Return what a page needs to show what `viewer_data` gave."""
    scripts = _scripts()
    return ViewerParts(_packed(data), scripts, " ".join(map(_source, scripts)))


def page_viewer(
    played: Mapping[str, Sequence[Episode]], rooms: int = MOST_ROOMS, renderer: Renderer | None = None
) -> ViewerParts | None:
    """Return the viewer for a page that shows pictures of the same rooms itself; None where there is no episode.

    Args:
        played: Episodes by the title of their group; see `viewer_data`.
        rooms: Most rooms that it holds: the first ones by index.
        renderer: What the rooms are to look like; see `viewer_data`.
    """
    given = {name: episodes for name, episodes in played.items() if episodes}
    data = viewer_data(given, rooms=rooms, renderer=renderer) if given and rooms > 0 else None
    return None if data is None else viewer_parts(data)


def write_viewer(
    path: str | os.PathLike[str],
    played: Mapping[str, Sequence[Episode]],
    *,
    title: str,
    rooms: int = MOST_ROOMS,
    renderer: str | Mapping[str, Any] | Renderer = "fast",
    pictures: bool = True,
) -> Path:
    """Write a page that shows episodes in three dimensions, and return its path.

    Args:
        path: File to write, ``.html``.
        played: Episodes by the title of their group, such as a policy; see `viewer_data`.
        title: What the page is called.
        rooms: Most rooms that it holds: the first ones by index.
        renderer: What the rooms are to look like, and what draws the pictures.
        pictures: Whether the page carries a picture of each turn, for browsers without WebGL.

    Raises:
        InputError: If there is no episode, or `rooms` is no whole number above 0.
    """
    if isinstance(rooms, bool) or not isinstance(rooms, int) or rooms < 1:
        raise InputError(f"`rooms` is {rooms!r}; it must be a whole number of at least 1")
    given = {name: episodes for name, episodes in played.items() if episodes}
    if not given:
        raise InputError("there is no episode to show; give a file or a run that holds some")
    with open_renderer(renderer) as drawer:
        data = viewer_data(given, rooms=rooms, renderer=drawer, pictures=pictures)
    most = len(next(iter(given.values())))
    count = len(data["rooms"])
    about = f"{count} {'room' if count == 1 else 'rooms'}"
    if most > count:
        about = f"the first {count} of {most} rooms"
    page = (
        make_environment()
        .get_template("viewer.html.j2")
        .render(title=title, about=f"{about} · a page by spatialenv", viewer=viewer_parts(data))
    )
    return write_atomically(Path(path), page)


def _packed(data: Mapping[str, Any]) -> Markup:
    """Return `data` as JSON, compressed with zlib, in base64: small, and of characters that end no script."""
    text = json.dumps(data, allow_nan=False, separators=(",", ":"))
    return Markup(base64.b64encode(zlib.compress(text.encode("ascii"), 9)).decode("ascii"))


@lru_cache(maxsize=1)
def _scripts() -> tuple[Markup, ...]:
    return tuple(Markup(TEMPLATES.joinpath(name).read_text(encoding="utf-8")) for name in SCRIPTS)  # our own files


def _source(script: str) -> str:
    digest = hashlib.sha256(script.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"
