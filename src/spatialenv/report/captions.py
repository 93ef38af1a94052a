"""Lines of text under and over pictures of films and sheets."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from spatialenv.renderers.drawing import draw_glyphs
from spatialenv.renderers.palette import FAINT_INK, INK
from spatialenv.renderers.text import glyphs, shorten

Picture = npt.NDArray[np.uint8]

PAGE = (255, 255, 255)
"""Colour of what is around pictures."""


def plain_line(text: str) -> str:
    r"""Return text on one line in characters that the font has, whatever its length.

    Example:
        >>> plain_line("a  warm\nroom")
        'a warm room'
    """
    # Words are looked at one by one, because long ids are cut and long lines are not.
    return " ".join(shorten(word) for word in text.split())


def fit_line(text: str, width: int, font: int) -> str:
    """Return as much of a line as fits into `width` pixels, with dots for what is left out."""
    if glyphs(text, font).shape[1] <= width:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if glyphs(f"{text[:middle].rstrip()} ...", font).shape[1] <= width:
            low = middle
        else:
            high = middle - 1
    return f"{text[:low].rstrip()} ..." if low else ""


def line_height(font: int) -> int:
    """Return how many pixels a line of text takes, with what is between lines."""
    return round(1.5 * int(glyphs("x", font).shape[0]))


def caption_font(width: int) -> int:
    """Return the size of letters that suits a strip of `width` pixels."""
    return min(max(round(width / 38), 11), 20)


def write_line(
    picture: Picture,
    text: str,
    left: int,
    top: int,
    width: int,
    font: int,
    colour: tuple[float, float, float] = INK,
) -> None:
    """Write one line, cut to `width` pixels, into a picture; changed."""
    draw_glyphs(picture, glyphs(fit_line(plain_line(text), width, font), font), left, top, colour)


def wrap_lines(text: str, width: int, font: int, count: int) -> list[str]:
    """Return a text as at most `count` lines of at most `width` pixels; dots stand for what is left out."""
    words = plain_line(text).split(" ")
    lines: list[str] = []
    while words and len(lines) < count - 1:
        taken = 1
        while taken < len(words) and glyphs(" ".join(words[: taken + 1]), font).shape[1] <= width:
            taken += 1
        lines.append(fit_line(" ".join(words[:taken]), width, font))
        words = words[taken:]
    return [*lines, fit_line(" ".join(words), width, font)] if words else lines


def caption_strip(width: int, title: str, text: str, font: int, lines: int = 2) -> Picture:
    """Return a strip with a title and fainter lines under it, ``(h, width, 3)`` uint8.

    Its height depends on `font` and `lines` alone, so that strips of one film are alike.
    """
    line, pad = line_height(font), font // 2 + 2
    strip = np.full(((1 + lines) * line + 2 * pad, width, 3), PAGE, np.uint8)
    write_line(strip, title, pad, pad, width - 2 * pad, font, INK)
    for number, part in enumerate(wrap_lines(text, width - 2 * pad, font, lines), start=1):
        write_line(strip, part, pad, pad + number * line, width - 2 * pad, font, FAINT_INK)
    return strip


def title_strip(width: int, title: str, font: int, most_lines: int = 1) -> Picture:
    """Return a strip with a title in as many lines as it needs and may have, ``(h, width, 3)`` uint8."""
    line, pad = line_height(font), font // 2
    parts = wrap_lines(title, width - 2 * pad, font, most_lines)
    strip = np.full((len(parts) * line + 2 * pad, width, 3), PAGE, np.uint8)
    for number, part in enumerate(parts):
        write_line(strip, part, pad, pad + number * line, width - 2 * pad, font, INK)
    return strip
