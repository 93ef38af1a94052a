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
_SMALL, _CHARACTER = 11, 6.3
_ROW, _GROUP, _OFFSET = 27, 26, 6
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


@dataclass(frozen=True, slots=True)
class Column:
    """An axis: title, ends, and upright lines of reference, each a value and a label."""

    title: str
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
    keys = [("first answers", "first"), ("last answers", "final"), ("last answers of the first panel", "other")]
    parts, top = _legend(keys, "a band from the least seed to the most", lines=True)
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
    longest = max(len(line) for row in rows for line in (_wrap(row.label, 240) if row.cells else [""]))
    left = 24 + longest * _CHARACTER
    gap, right = 24.0, 16.0 if places > 1 else 100.0
    inner = (WIDTH - left - right - gap * (places - 1)) / places
    titles = [_wrap(column.title, inner) for column in columns]
    y += 18 * bool(any(column.title for column in columns)) + 15 * (max(len(told) for told in titles) - 1)
    notes = max((len(column.lines) for column in columns), default=0)
    top = y + 14 * notes + 6
    bottom = top + sum(_ROW if row.cells else _GROUP for row in rows)
    parts: list[str] = []
    for place, column in enumerate(columns):
        x = left + place * (inner + gap)
        for line, told in enumerate(reversed(titles[place])):
            parts.append(_text(told, x, y - 4 - 15 * line, size=12, weight="600"))
        parts += _axis(column, x, inner, top, bottom, seen, signed)
    at = top
    for row in rows:
        if not row.cells:
            parts.append(_text(row.label, 12, at + _GROUP - 8, size=12, weight="700"))
            parts.append(_line(12, at + _GROUP - 3, left + len(columns) * (inner + gap) - gap, at + _GROUP - 3, GRID))
            at += _GROUP
            continue
        middle = at + _ROW / 2
        told = _wrap(row.label, 240)
        for line, words in enumerate(told):
            parts.append(_text(words, left - 12, middle + 4 + 12 * (line - (len(told) - 1) / 2), size=12, anchor="end"))
        for place, (column, cell) in enumerate(zip(columns, row.cells, strict=True)):
            x = left + place * (inner + gap)
            parts += _cell(cell, column, x, inner, middle, signed)
            if places == 1:
                parts += _numbers(cell, WIDTH - right + 8, middle, signed)
        at += _ROW
    return parts, bottom + 42


def _axis(column: Column, x: float, inner: float, top: float, bottom: float, seen: str, signed: bool) -> list[str]:
    parts = []
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
        parts.append(_text(label, at + beside, above + 4, size=_SMALL, colour=INK, anchor=anchor))
    return parts


def _cell(cell: Cell, column: Column, x: float, inner: float, middle: float, signed: bool) -> list[str]:
    if cell.words:
        return [_text(cell.words, x + 6, middle + 4, size=_SMALL, colour=PALE, style="italic")]
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
        parts.append(_text(_number(cell.final.value, signed, 3), x + 46, middle + 4, size=_SMALL, weight="600"))
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
    for value, anchor in ((0.0, "start"), (most / 2, "middle"), (most, "end")):
        parts.append(_text(_thousands(value), across(value), y + height + 15, size=10, colour=PALE, anchor=anchor))
    if panel.other is not None:
        parts.append(_path([(across(a), up(b)) for a, b in zip(*panel.other, strict=True)], "#8a929b", 1.2, "1.5 2.5"))
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
        colour = {"first": FIRST, "final": FINAL, "other": "#8a929b"}[kind]
        if lines:
            dash = {"first": "5 3", "final": "", "other": "1.5 2.5"}[kind]
            parts.append(_path([(x, 18), (x + 24, 18)], colour, 1.2 if kind == "other" else 2.0, dash))
            x += 16
        else:
            parts.append(_dot(x + 4, 18, 4, "#ffffff" if kind == "first" else colour, colour))
        parts.append(_text(label, x + 14, 22, size=12))
        x += 14 + len(label) * _CHARACTER + 18
    parts.append(_text(words, x + 4, 22, size=_SMALL, colour=PALE))
    return parts, 36.0


def _across(value: float, column: Column, x: float, inner: float) -> float:
    share = (value - column.low) / (column.high - column.low)
    return x + inner * min(max(share, 0.0), 1.0)


def _ticks(low: float, high: float, inner: float) -> list[float]:
    step = next(s for s in (0.05, 0.1, 0.2, 0.25, 0.5, 1.0) if inner * s / (high - low) >= 34 or s == 1.0)
    return [round(step * k, 6) for k in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]


def _number(value: float, signed: bool, digits: int) -> str:
    told = f"{value:+.{digits}f}" if signed and abs(value) > 1e-9 else f"{value:.{digits}f}"
    if digits == 1 and abs(value * 10 - round(value * 10)) > 1e-9:
        told = f"{value:+.2f}" if signed else f"{value:.2f}"
    return told.replace("-", "\N{MINUS SIGN}")


def _thousands(value: float) -> str:
    return f"{value / 1000:.3g}k" if value >= 1000 else f"{value:.0f}"


def _wrap(text: str, width: float) -> list[str]:
    return textwrap.wrap(text, max(8, int(width / _CHARACTER))) or [""]


def _text(
    words: str,
    x: float,
    y: float,
    *,
    size: int,
    colour: str = INK,
    anchor: str = "start",
    weight: str = "",
    style: str = "",
) -> str:
    more = f' text-anchor="{anchor}"' if anchor != "start" else ""
    more += f' font-weight="{weight}"' if weight else ""
    more += f' font-style="{style}"' if style else ""
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
