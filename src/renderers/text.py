"""Text as masks, with Pillow's own font, drawn once and kept."""

from __future__ import annotations

import re
import threading
import unicodedata
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

MAX_CHARACTERS = 24
"""Longer ids are cut: two dots stand for what is left out."""

_TAIL = 6  # characters kept at the end of an id of escapes, where its number stands

_MARKS = re.compile("[\u0300-\u036f]")  # accents that stand alone

_NO_GLYPH = "\U0010fffe"  # no character, so the font draws its box

_lock = threading.Lock()


def shorten(text: str) -> str:
    r"""Return `text` in characters that the font has, on one line, at most `MAX_CHARACTERS` long.

    Others become their closest ASCII, or an escape such as ``\u957f``, so that labels stay apart.

    Example:
        >>> shorten("canapé_1"), shorten("长_1")
        ('canape_1', '\\u957f_1')
    """
    plain = text if text.isascii() else "".join(map(_written, unicodedata.normalize("NFC", text)))
    plain = "".join(character if character.isprintable() else " " for character in plain)
    if len(plain) <= MAX_CHARACTERS:
        return plain
    tail = 0 if text.isascii() or "\\" not in plain else _TAIL
    return f"{plain[: MAX_CHARACTERS - 2 - tail]}..{plain[len(plain) - tail :]}"


def glyphs(text: str, size: int) -> npt.NDArray[np.uint8]:
    """Return a read-only mask of `text`, ``(h, w)``, 255 where it is written; `h` depends on `size` alone."""
    # One thread at a time draws with the shared font.
    with _lock:
        return _glyphs(text, size)


@lru_cache(maxsize=8192)
def _written(character: str) -> str:
    """Return a character as the font can write it."""
    if character.isascii() or not character.isprintable() or _has_glyph(character):
        return character
    plain = _MARKS.sub("", unicodedata.normalize("NFKD", character))
    if plain.isascii() and (plain or _MARKS.fullmatch(character)):
        return plain
    return f"\\u{ord(character):04x}" if ord(character) < 0x10000 else f"\\U{ord(character):08x}"


def _has_glyph(character: str) -> bool:
    with _lock:
        font = _font(20)
        mask, missing = font.getmask(character), font.getmask(_NO_GLYPH)
        return mask.size != missing.size or bytes(mask) != bytes(missing)


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
