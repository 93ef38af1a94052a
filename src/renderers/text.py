"""Text as masks, with Pillow's own font, drawn once and kept."""

from __future__ import annotations

import threading
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

MAX_CHARACTERS = 24
"""Longer ids are cut and end in two dots."""

_lock = threading.Lock()


def shorten(text: str) -> str:
    """Return `text` in printable characters on one line, at most `MAX_CHARACTERS` long."""
    plain = "".join(character if character.isprintable() else " " for character in text)
    return plain if len(plain) <= MAX_CHARACTERS else plain[: MAX_CHARACTERS - 2] + ".."


def glyphs(text: str, size: int) -> npt.NDArray[np.uint8]:
    """Return a read-only mask of `text`, ``(h, w)``, 255 where it is written; `h` depends on `size` alone."""
    # One thread at a time draws with the shared font.
    with _lock:
        return _glyphs(text, size)


@lru_cache(maxsize=8192)
def _glyphs(text: str, size: int) -> npt.NDArray[np.uint8]:
    font = _font(size)
    ascent, descent = font.getmetrics()
    width = max(int(np.ceil(font.getlength(text))), 1)
    canvas = Image.new("L", (width, ascent + descent), 0)
    ImageDraw.Draw(canvas).text((0, 0), text, fill=255, font=font)
    low, high = _line_extent(size)
    mask = np.asarray(canvas)[low:high].copy()
    mask.flags.writeable = False
    return mask


@lru_cache(maxsize=64)
def _line_extent(size: int) -> tuple[int, int]:
    """Return the rows that ordinary letters use, so that a line is no higher than it must be."""
    box = _font(size).getbbox("Agjpqy_|0")
    return int(box[1]), int(np.ceil(box[3]))


@lru_cache(maxsize=64)
def _font(size: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size)
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise RuntimeError("Pillow was built without FreeType, which labels need; reinstall pillow from its wheel")
    return font
