"""Plots as SVG: rows of dots with intervals, and small panels of curves.

They stand on a white card, so that they read the same on light and on dark pages. The first answer is hollow or dashed
and the last one filled or solid: nothing is told by colour alone.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH = 760
"""Width of every plot; what a page shows without shrinking it."""

INK, PALE, GRID = "#1b1f24", "#5c6670", "#dfe3e8"
FIRST, FINAL = "#c05a00", "#0a5fa5"
_SMALL, _CHARACTER, _LINE = 11, 7.0, 13
_ROW, _GROUP, _OFFSET = 27, 27, 6
_LABEL = 252
"""Most pixels of a row's label before it is broken into lines."""

_PANEL_GAP = 14


@dataclass(frozen=True, slots=True)
class Mark:
    """A number with its interval and the same of each seed; None where there is none."""

    value: float
    interval: Sequence[float] | None = None
    seeds: Sequence[float] = ()


@dataclass(frozen=True, slots=True)
class Cell:
    """What a row shows in a column: the first answer's mark, the last one's, or words instead."""

    first: Mark | None = None
    final: Mark | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A row; `cells` are one a column, or none for the heading of a group."""

    label: str
    cells: Sequence[Cell] = ()

    @property
    def lines(self) -> list[str]:
        """The label in lines."""
        return _wrap(self.label, _LABEL)

    @property
    def height(self) -> float:
        """Pixels from this row to the next."""
        return max(_ROW, _LINE * len(self.lines) + 8) if self.cells else _GROUP


@dataclass(frozen=True, slots=True)
class Column:
    """An axis: title, what it is in more words, ends, and upright lines of reference, each a value and a label."""

    title: str = ""
    about: str = ""
    low: float = 0.0
    high: float = 1.0
    lines: Sequence[tuple[float, str]] = ()


@dataclass(frozen=True, slots=True)
class Panel:
    """Curves of an arm: `x`, and ``(low, mean, high)`` at each; `other` is a curve to compare with, ``(x, y)``."""

    title: str
    x: Sequence[float]
    first: Sequence[Sequence[float]]
    final: Sequence[Sequence[float]]
    other: tuple[Sequence[float], Sequence[float]] | None = None


def dot_plot(
    rows: Sequence[Row],
    columns: Sequence[Column],
    *,
    title: str,
    seen: str = "valid layouts",
    signed: bool = False,
    most_columns: int = 3,
) -> str:
    """Return rows of dots: one a seed, a tick at the mean, a line over the interval.

    Args:
        rows: From top to bottom.
        columns: Side by side; more than `most_columns` go on below, with the rows again.
        title: What it shows, for screen readers.
        seen: What is measured, below the axes.
        signed: Whether numbers are differences.
        most_columns: Columns side by side.
    """
    parts, y = _legend(
        [("first answer", "first"), ("last answer", "final")],
        "a dot a seed, a tick at their mean, a line over the 95 % interval",
    )
    for start in range(0, len(columns), most_columns):
        shown = columns[start : start + most_columns]
        cut = [Row(row.label, row.cells[start : start + most_columns]) for row in rows]
        band, y = _band(cut, shown, y, seen, signed, min(most_columns, len(columns)))
        parts += band
    return _svg(parts, y + 4, title)


def panel_plot(panels: Sequence[Panel], *, title: str, x_label: str, y_label: str, across: int = 4) -> str:
    """Return small panels of curves, all with the same axes.

    Args:
        panels: At least one; from left to right and from top to bottom.
        title: What it shows, for screen readers.
        x_label: What x counts.
        y_label: What y is.
        across: Panels side by side.
    """
    other = panels[0].title if len(panels[0].title) < 28 else "the first panel"
    keys = [("first answers", "first"), ("last answers", "final"), (f"last ones of {other}", "other")]
    parts, top = _legend(keys, "a band over the seeds", lines=True)
    left, inner = 44.0, (WIDTH - 44 - 12 - _PANEL_GAP * (across - 1)) / across
    height, most = 104.0, max(max(panel.x) for panel in panels)
    top += 8
    parts.append(_text(y_label, left - 34, top + 2, size=_SMALL, colour=PALE))
    top += 10
    titles = [_wrap(panel.title, inner) for panel in panels]
    for start in range(0, len(panels), across):
        lines = max(len(told) for told in titles[start : start + across])
        above = top + 15 * lines + 4
        for place, panel in enumerate(panels[start : start + across]):
            x = left + place * (inner + _PANEL_GAP)
            for line, told in enumerate(reversed(titles[start + place])):
                parts.append(_text(told, x, above - 7 - 15 * line, size=12, weight="600"))
            parts += _panel(panel, x, above, inner, height, most, is_leftmost=place == 0)
        top = above + height + 30
    parts.append(_text(x_label, WIDTH - 12, top - 2, size=_SMALL, colour=PALE, anchor="end"))
    return _svg(parts, top + 8, title)


def _band(
    rows: Sequence[Row], columns: Sequence[Column], y: float, seen: str, signed: bool, places: int
) -> tuple[list[str], float]:
    """Return rows over columns of which `places` would fit side by side, and where they end."""
    left = 26 + _CHARACTER * max(len(line) for row in rows if row.cells for line in row.lines)
    gap, right = 34.0, 18.0 if places > 1 else 112.0
    inner = (WIDTH - left - right - gap * (places - 1)) / places
    told = [_wrap(column.about, inner + 12, _SMALL) if column.about else [] for column in columns]
    y += 16 + 13 * max(map(len, told)) if any(column.title for column in columns) else 0
    top = y + 15 * max(len(column.lines) for column in columns) + 6
    bottom = top + sum(row.height for row in rows)
    starts = [left + place * (inner + gap) for place in range(len(columns))]
    parts: list[str] = []
    for x, column, about in zip(starts, columns, told, strict=True):
        parts.append(_text(column.title, x, y - 4 - 13 * len(about), size=12, weight="600"))
        for line, words in enumerate(reversed(about)):
            parts.append(_text(words, x, y - 4 - 13 * line, size=_SMALL, colour=PALE))
        parts += _axis(column, x, inner, top, bottom, seen, signed)
    if places == 1:
        parts.append(_text("first", WIDTH - right + 12, top - 4, size=_SMALL, colour=PALE))
        parts.append(_text("last", WIDTH - right + 62, top - 4, size=_SMALL, weight="600"))
    for row in rows:
        if row.cells:
            middle = top + row.height / 2
            for line, words in enumerate(row.lines):
                at = middle + 4 + _LINE * (line - (len(row.lines) - 1) / 2)
                parts.append(_text(words, left - 14, at, size=12, anchor="end"))
            for x, column, cell in zip(starts, columns, row.cells, strict=True):
                parts += _cell(cell, column, x, inner, middle)
                if places == 1:
                    parts += _numbers(cell, WIDTH - right + 12, middle, signed)
        else:
            parts.append(_text(row.label, 14, top + _GROUP - 8, size=12, weight="700"))
            parts.append(_line(14, top + _GROUP - 3, starts[-1] + inner, top + _GROUP - 3, GRID))
        top += row.height
    return parts, bottom + 44


def _axis(column: Column, x: float, inner: float, top: float, bottom: float, seen: str, signed: bool) -> list[str]:
    parts, labels = [], []
    for value in _ticks(column.low, column.high, inner):
        at = _across(value, column, x, inner)
        is_zero = signed and abs(value) < 1e-9
        parts.append(_line(at, top, at, bottom, PALE if is_zero else GRID, 1.5 if is_zero else 1.0))
        parts.append(_text(_number(value, signed, 1), at, bottom + 15, size=_SMALL, colour=PALE, anchor="middle"))
    parts.append(_text(seen, x + inner, bottom + 30, size=_SMALL, colour=PALE, anchor="end"))
    for index, (value, label) in enumerate(column.lines):
        at, above = _across(value, column, x, inner), top - 10 - 14 * (len(column.lines) - 1 - index)
        dash = ("6 3", "2 3", "8 3 2 3")[index % 3]
        parts.append(f'<path d="M{at:.1f} {above + 4:.1f}V{bottom:.1f}" stroke="{INK}" stroke-dasharray="{dash}"/>')
        anchor = "start" if at < x + inner / 2 else "end"
        beside = 4 if anchor == "start" else -4
        labels.append(_text(label, at + beside, above + 4, size=_SMALL, anchor=anchor, is_clear=True))
    return [*parts, *labels]


def _cell(cell: Cell, column: Column, x: float, inner: float, middle: float) -> list[str]:
    if cell.words:
        return [_text(cell.words, x + 6, middle + 4, size=_SMALL, colour=PALE, is_clear=True)]
    parts = []
    both = cell.first is not None and cell.final is not None
    for mark, offset, kind in ((cell.first, -_OFFSET, "first"), (cell.final, _OFFSET, "final")):
        if mark is None:
            continue
        y = middle + (offset if both else 0)
        colour = FIRST if kind == "first" else FINAL
        if mark.interval is not None:
            ends = [_across(end, column, x, inner) for end in mark.interval]
            parts.append(_line(ends[0], y, ends[1], y, colour, 1.6))
        at = _across(mark.value, column, x, inner)
        parts.append(_line(at, y - 5.5, at, y + 5.5, colour, 2.2))
        for seed in mark.seeds:
            fill = "#ffffff" if kind == "first" else colour
            parts.append(_dot(_across(seed, column, x, inner), y, 3.2, fill, colour))
    return parts


def _numbers(cell: Cell, x: float, middle: float, signed: bool) -> list[str]:
    """Return the values beside a row: the first answer's in pale, the last one's in bold."""
    parts = []
    if cell.first is not None:
        parts.append(_text(_number(cell.first.value, signed, 3), x, middle + 4, size=_SMALL, colour=PALE))
    if cell.final is not None:
        parts.append(_text(_number(cell.final.value, signed, 3), x + 50, middle + 4, size=_SMALL, weight="600"))
    return parts


def _panel(panel: Panel, x: float, y: float, inner: float, height: float, most: float, is_leftmost: bool) -> list[str]:
    def across(value: float) -> float:
        return x + inner * value / most

    def up(value: float) -> float:
        return y + height * (1 - min(max(value, 0.0), 1.0))

    parts = []
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        parts.append(_line(x, up(share), x + inner, up(share), GRID))
        if is_leftmost and share in (0.0, 0.5, 1.0):
            parts.append(_text(f"{share:g}", x - 6, up(share) + 4, size=_SMALL, colour=PALE, anchor="end"))
    step = _step(most)
    for count in range(int(most / step) + 1):
        anchor = "middle" if count else "start"
        parts.append(_text(_thousands(count * step), across(count * step), y + height + 15, size=10, anchor=anchor))
    if panel.other is not None:
        parts.append(_path([(across(a), up(b)) for a, b in zip(*panel.other, strict=True)], PALE, 1.2, "1.5 2.5"))
    for rows, colour, dash in ((panel.first, FIRST, "5 3"), (panel.final, FINAL, "")):
        lows = [(across(a), up(row[0])) for a, row in zip(panel.x, rows, strict=True)]
        highs = [(across(a), up(row[2])) for a, row in zip(panel.x, rows, strict=True)]
        outline = "L".join(f"{a:.1f} {b:.1f}" for a, b in [*lows, *reversed(highs)])
        parts.append(f'<path d="M{outline}Z" fill="{colour}" fill-opacity="0.16"/>')
        parts.append(_path([(across(a), up(row[1])) for a, row in zip(panel.x, rows, strict=True)], colour, 2.0, dash))
        fill = colour if dash == "" else "#ffffff"
        parts.append(_dot(across(panel.x[-1]), up(rows[-1][1]), 3.4, fill, colour))
    return parts


def _legend(keys: Sequence[tuple[str, str]], words: str, *, lines: bool = False) -> tuple[list[str], float]:
    """Return the key to the marks, and where it ends."""
    parts, x = [], 14.0
    for label, kind in keys:
        colour = {"first": FIRST, "final": FINAL, "other": PALE}[kind]
        if lines:
            dash = {"first": "5 3", "final": "", "other": "1.5 2.5"}[kind]
            parts.append(_path([(x, 18), (x + 24, 18)], colour, 1.2 if kind == "other" else 2.0, dash))
            x += 16
        else:
            parts.append(_dot(x + 4, 18, 4, "#ffffff" if kind == "first" else colour, colour))
        parts.append(_text(label, x + 14, 22, size=12))
        x += 14 + len(label) * _CHARACTER + 10
    parts.append(_text(words, x + 6, 22, size=_SMALL, colour=PALE))
    return parts, 36.0


def _across(value: float, column: Column, x: float, inner: float) -> float:
    share = (value - column.low) / (column.high - column.low)
    return x + inner * min(max(share, 0.0), 1.0)


def _ticks(low: float, high: float, inner: float) -> list[float]:
    step = next(s for s in (0.05, 0.1, 0.2, 0.25, 0.5, 1.0) if inner * s / (high - low) > 38 or s == 1.0)
    return [round(step * k, 6) for k in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]


def _step(most: float) -> float:
    """Return the distance of two or three ticks up to `most`: 1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(most))
    return next(power * k for k in (0.2, 0.5, 1.0, 2.0, 5.0) if most / (power * k) < 4)


def _number(value: float, signed: bool, digits: int) -> str:
    told = f"{value:+.{digits}f}" if signed and abs(value) > 1e-9 else f"{value:.{digits}f}"
    if digits == 1 and abs(value * 10 - round(value * 10)) > 1e-9:
        told = f"{value:+.2f}" if signed else f"{value:.2f}"
    return told.replace("-", "\N{MINUS SIGN}")


def _thousands(value: float) -> str:
    return f"{value / 1000:.3g}k" if value >= 1000 else f"{value:.0f}"


def _wrap(text: str, width: float, size: int = 12) -> list[str]:
    return textwrap.wrap(text, max(8, int(width / (_CHARACTER * size / 12)))) or [""]


def _text(
    words: str,
    x: float,
    y: float,
    *,
    size: int,
    colour: str = INK,
    anchor: str = "start",
    weight: str = "",
    is_clear: bool = False,
) -> str:
    """Return a text; where it `is_clear`, lines behind it are kept off its letters."""
    more = f' text-anchor="{anchor}"' if anchor != "start" else ""
    more += f' font-weight="{weight}"' if weight else ""
    more += ' stroke="#ffffff" stroke-width="4" paint-order="stroke"' if is_clear else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{colour}"{more}>{escape(words)}</text>'


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, width: float = 1.0) -> str:
    return f'<path d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}" stroke="{colour}" stroke-width="{width:g}"/>'


def _path(points: Sequence[tuple[float, float]], colour: str, width: float, dash: str) -> str:
    told = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<path d="M{told}" fill="none" stroke="{colour}" stroke-width="{width:g}"{dashes}/>'


def _dot(x: float, y: float, radius: float, fill: str, colour: str) -> str:
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}" fill="{fill}" stroke="{colour}" stroke-width="1.4"/>'


def _svg(parts: Sequence[str], height: float, title: str) -> str:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" width="{WIDTH}" '
        f'height="{height:.0f}" role="img" font-family="system-ui, Segoe UI, Helvetica, Arial, sans-serif">'
    )
    card = (
        f'<rect x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1:.0f}" rx="8" fill="#ffffff" stroke="{GRID}"/>'
    )
    return "\n".join([head, f"<title>{escape(title)}</title>", card, *parts, "</svg>", ""])
