"""Sheets: several pictures on one, with a line under each."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from spatialenv.core.episode import Episode
from spatialenv.core.layout import Layout
from spatialenv.core.violations import Violation
from spatialenv.errors import InputError
from spatialenv.renderers import Annotations, Renderer, draw_annotated
from spatialenv.renderers.camera import VIEWS, CameraSpec
from spatialenv.renderers.registry import open_renderer
from spatialenv.report.captions import PAGE, caption_font, caption_strip, title_strip
from spatialenv.report.film import turn_caption

Picture = npt.NDArray[np.uint8]

MAX_SIDE = 16384
"""Greatest side of a sheet in pixels."""


def contact_sheet(
    pictures: Sequence[Picture],
    titles: Sequence[str] = (),
    columns: int | None = None,
    *,
    gap: int = 12,
    background: tuple[int, int, int] = PAGE,
) -> Picture:
    """Return pictures of one size in rows, with a title under each.

    Args:
        pictures: ``(H, W, 3)`` uint8 each.
        titles: A line for each, or none at all.
        columns: Pictures in a row; None: as many as make the sheet about four by three.
        gap: Pixels between pictures and around them.
        background: Colour of what is between them.

    Raises:
        InputError: If there is no picture, sizes differ, or the sheet would be too large.

    Example:
        >>> contact_sheet([np.zeros((40, 60, 3), np.uint8)] * 4, columns=2, gap=10).shape
        (110, 150, 3)
    """
    if not pictures:
        raise InputError("a sheet of no pictures; give at least one")
    if titles and len(titles) != len(pictures):
        raise InputError(f"a sheet of {len(pictures)} pictures has {len(titles)} titles; give one for each, or none")
    if len({picture.shape for picture in pictures}) != 1:
        raise InputError("pictures of a sheet differ in size; draw all with one `size` and as many views")
    if columns is not None and (type(columns) is not int or columns < 1):
        raise InputError(f"`columns` is {columns!r}; it must be a whole number, 1 or more")
    height, width, _ = pictures[0].shape
    cells = list(pictures)
    if titles:
        font = caption_font(width)
        cells = [
            np.concatenate([picture, title_strip(width, title, font)])
            for picture, title in zip(pictures, titles, strict=True)
        ]
    height = cells[0].shape[0]
    across = columns or min(max(round(math.sqrt(len(cells) * 4 / 3 * height / width)), 1), len(cells))
    down = math.ceil(len(cells) / across)
    extent = (down * (height + gap) + gap, across * (width + gap) + gap)
    if max(extent) > MAX_SIDE:
        raise InputError(
            f"the sheet would have {extent[1]} x {extent[0]} pixels; {MAX_SIDE} a side are allowed: "
            "draw smaller pictures or fewer"
        )
    sheet = np.empty((*extent, 3), np.uint8)
    sheet[:] = background
    for number, cell in enumerate(cells):
        top = gap + number // across * (height + gap)
        left = gap + number % across * (width + gap)
        sheet[top : top + height, left : left + width] = cell
    return sheet


def before_after(
    episode: Episode,
    renderer: str | Mapping[str, Any] | Renderer = "fast",
    cameras: Sequence[CameraSpec] = VIEWS,
    size: tuple[int, int] = (384, 384),
    *,
    labels: bool = True,
    violations: bool = True,
) -> Picture:
    """Return the first turn of an episode beside its last, each with its score and what is wrong.

    Args:
        episode: The episode; of one turn, where it starts stands first.
        renderer: What draws it.
        cameras: The views, one above the other.
        size: ``(width, height)`` of each view in pixels.
        labels: Whether objects are named.
        violations: Whether what is wrong is marked.

    Raises:
        InputError: If the episode has no turns, or an argument is not allowed.
        RendererError: If a picture could not be made.
    """
    if not episode.turns:
        raise InputError("the episode has no turns; a sheet of before and after needs one that was played")
    count, font = len(episode.turns), caption_font(round(1.3 * size[0]))
    panels = []
    with open_renderer(renderer) as drawer:
        for number in (1 if count > 1 else 0, count):
            if number:
                turn = episode.turns[number - 1]
                layout, caption = turn.layout, turn_caption(number, count, turn)
                marked = tuple(Violation.from_dict(held) for held in turn.violations) if violations else ()
            else:
                start = episode.scene.start
                layout, caption, marked = Layout() if start is None else start, ("start", "before the first turn"), ()
            placed = episode.scene.place(layout)
            frames = draw_annotated(drawer, placed, cameras, size, Annotations(labels=labels, violations=marked))
            strip = caption_strip(size[0], *caption, font)
            panels.append(np.concatenate([strip, *frames.views.values()]))
    wish = episode.scene.description or episode.scene.id
    sheet = contact_sheet(panels, columns=2)
    return np.concatenate([title_strip(sheet.shape[1], wish, font + 1, most_lines=2), sheet]) if wish else sheet
