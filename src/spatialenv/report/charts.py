"""Charts as inline SVG: no script, no font, no file beside the page.

Colours come from the page's CSS by class (``s0`` ... for series, ``k-after`` ... for bars), so that
light and dark need one drawing. Nothing is told by colour alone: bars carry their numbers, lines
differ by dash. Every text is escaped.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup, escape

from spatialenv.core.placed import FloatArray

MAX_POINTS = 400
"""Lines with more points are thinned by averaging neighbours."""

MOST_COLUMNS = 60
"""Points along x of a stacked chart."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar with whiskers; `low` and `high` are None where there is no interval."""

    label: str
    value: float
    low: float | None = None
    high: float | None = None
    kind: str = "plain"


@dataclass(frozen=True, slots=True)
class Line:
    """A curve: `x` ascending, `y` of the same length; points whose `y` is not finite are gaps."""

    label: str
    x: Sequence[float]
    y: Sequence[float]


def percent(value: float) -> str:
    """Return a share as a percentage: ``percent(0.343)`` is ``"34.3%"``."""
    return f"{100 * value:.1f}%"


def short(value: float) -> str:
    """Return a number for an axis: ``0.25``, ``1500``, ``2e-05``."""
    return f"{value:.4g}"


def bar_chart(bars: Sequence[Bar], *, name: str, title: str, text: str, mark: str | None = None) -> Markup:
    """Return horizontal bars of shares in [0, 1] with interval whiskers.

    Args:
        bars: From top to bottom.
        name: Unique in the page; used for element ids.
        title: What it shows, for screen readers and as a tooltip.
        text: The chart in words, for screen readers.
        mark: Label of the bar whose value a dashed line carries through the chart.
    """
    left, width, row, top = 112.0, 252.0, 36.0, 6.0
    bottom = top + row * len(bars)

    def to_x(share: float) -> float:
        return left + width * min(1.0, max(0.0, share))

    parts = []
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        x = to_x(share)
        parts.append(_tag("line", css="grid", x1=x, y1=top, x2=x, y2=bottom))
        parts.append(_tag("text", f"{share:.0%}", css="tick", x=x, y=bottom + 16, text_anchor="middle"))
    for index, bar in enumerate(bars):
        y, thick = top + row * index + 8, row - 16
        middle, end = y + thick / 2, to_x(bar.value)
        parts.append(_tag("text", bar.label, css="label", x=left - 10, y=middle + 4, text_anchor="end"))
        parts.append(_tag("rect", css=f"bar k-{bar.kind}", x=left, y=y, width=max(1.0, end - left), height=thick, rx=3))
        if bar.label == mark:
            parts.append(_tag("line", css="mark", x1=end, y1=top, x2=end, y2=bottom))
        number = end
        if bar.low is not None and bar.high is not None:
            a, b = to_x(bar.low), to_x(bar.high)
            number = max(end, b)
            whisker = f"M{a:.1f} {middle - 5}v10M{a:.1f} {middle}H{b:.1f}M{b:.1f} {middle - 5}v10"
            parts.append(_tag("path", css="whisker", d=whisker))
        parts.append(_tag("text", percent(bar.value), css="value", x=number + 8, y=middle + 4))
    return _svg(parts, 430, bottom + 24, name=name, title=title, text=text, css="bars")


def line_chart(
    lines: Sequence[Line], *, name: str, title: str, text: str, share: bool = False, x_label: str = "step"
) -> Markup:
    """Return curves: the raw values faint, a moving mean bold, a band of one standard deviation.

    Of more than three curves only the means are drawn.

    Args:
        lines: Curves over one x axis.
        name: Unique in the page; used for element ids.
        title: What it shows, for screen readers and as a tooltip.
        text: The chart in words, for screen readers.
        share: Whether the values are shares, drawn from 0% to 100%.
        x_label: What x counts.
    """
    drawn = [(line.label, *thinned(line.x, line.y)) for line in lines]
    drawn = [(label, x, y) for label, x, y in drawn if len(x)]
    if not drawn:
        return Markup("")
    xs = np.concatenate([x for _, x, _ in drawn])
    ys = np.concatenate([y for _, _, y in drawn])
    y_ticks = [0.0, 0.25, 0.5, 0.75, 1.0] if share else ticks(float(ys.min()), float(ys.max()), 4)
    x_ticks = _step_ticks(xs)
    left, right, top, bottom = 44.0, 348.0, 10.0, 168.0
    x_low, x_span = float(xs.min()), max(float(np.ptp(xs)), 1e-12)
    y_low, y_high = y_ticks[0], y_ticks[-1]

    def to_x(value: float) -> float:
        return left + (right - left) * (value - x_low) / x_span

    def to_y(value: float) -> float:
        return bottom - (bottom - top) * (min(max(value, y_low), y_high) - y_low) / max(y_high - y_low, 1e-12)

    parts = []
    for tick in y_ticks:
        y, label = to_y(tick), f"{tick:.0%}" if share else short(tick)
        parts.append(_tag("line", css="grid", x1=left, y1=y, x2=right, y2=y))
        parts.append(_tag("text", label, css="tick", x=left - 6, y=y + 4, text_anchor="end"))
    below = bottom + 17
    parts += [_tag("text", short(tick), css="tick", x=to_x(tick), y=below, text_anchor="middle") for tick in x_ticks]
    below = bottom + 32
    parts.append(_tag("text", x_label, css="tick", x=right, y=below, text_anchor="end"))
    for index, (_, x, y_values) in enumerate(drawn):
        parts += _curve(index, x, y_values, to_x, to_y, is_alone=len(drawn) <= 3)
    if len(drawn) > 1:
        keys = [_tag("line", css=f"smooth s{index}", x1=0, y1=-4, x2=22, y2=-4) for index in range(len(drawn))]
        legend, below = _legend(keys, [label for label, _, _ in drawn], below)
        parts += legend
    return _svg(parts, 360, below + 8, name=name, title=title, text=text, css="lines")


def stacked_chart(lines: Sequence[Line], *, name: str, title: str, text: str) -> Markup:
    """Return how a whole is made up at each x: areas that add up to 100%.

    Args:
        lines: The parts, with the same `x`; values that are not below 0. Neighbours are averaged.
        name: Unique in the page; used for element ids.
        title: What it shows, for screen readers and as a tooltip.
        text: The chart in words, for screen readers.
    """
    values = np.array([line.y for line in lines], dtype=np.float64)
    if not values.size or not values.sum() > 0:
        return Markup("")
    xs = np.asarray(lines[0].x, dtype=np.float64)
    steps = xs
    run = math.ceil(len(xs) / MOST_COLUMNS)
    cuts = np.arange(0, len(xs), run)
    xs = np.add.reduceat(xs, cuts) / np.diff(np.append(cuts, len(xs)))
    values = np.add.reduceat(values, cuts, axis=1)
    shares = values / np.maximum(values.sum(axis=0), 1e-12)
    edges = np.vstack([np.zeros(len(xs)), np.cumsum(shares, axis=0)])
    if len(xs) == 1:  # a single step is drawn as wide as the chart
        xs, edges = np.array([xs[0], xs[0] + 1]), np.repeat(edges, 2, axis=1)
    left, right, top, bottom = 44.0, 348.0, 10.0, 168.0
    at = left + (right - left) * (xs - xs[0]) / (xs[-1] - xs[0])
    heights = bottom - (bottom - top) * edges
    parts = []
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        y = bottom - (bottom - top) * share
        parts.append(_tag("text", f"{share:.0%}", css="tick", x=left - 6, y=y + 4, text_anchor="end"))
    for index in range(len(lines)):
        upper = "L".join(f"{x:.1f} {y:.1f}" for x, y in zip(at, heights[index + 1], strict=True))
        lower = "L".join(f"{x:.1f} {y:.1f}" for x, y in zip(at[::-1], heights[index][::-1], strict=True))
        parts.append(_tag("path", css=f"part s{index}", d=f"M{upper}L{lower}Z"))
    for tick in _step_ticks(steps):
        x = left + (right - left) * min(1.0, max(0.0, (tick - xs[0]) / (xs[-1] - xs[0])))
        parts.append(_tag("text", short(tick), css="tick", x=float(x), y=bottom + 17, text_anchor="middle"))
    means = values.sum(axis=1) / values.sum()
    labels = [f"{line.label} {mean:.0%}" for line, mean in zip(lines, means, strict=True)]
    keys = [_tag("rect", css=f"part s{index}", x=10, y=-11, width=12, height=9, rx=2) for index in range(len(lines))]
    legend, below = _legend(keys, labels, bottom + 34)
    return _svg([*parts, *legend], 360, below + 8, name=name, title=title, text=text, css="lines")


def _legend(keys: Sequence[str], labels: Sequence[str], below: float) -> tuple[list[str], float]:
    """Return keys with labels in rows from `below` on, and where the last row stands; the x label ends the first."""
    parts, x, right = [], 44.0, 316.0
    for key, label in zip(keys, labels, strict=True):
        width = 27 + 5.6 * len(label) + 12
        if x > 44.0 and x + width > right + 12:
            x, below, right = 44.0, below + 16, 348.0
        parts.append(
            f'<g transform="translate({x:.1f} {below:.1f})">{key}{_tag("text", label, css="tick", x=27, y=0)}</g>'
        )
        x += width
    return parts, below


def histogram(values: Sequence[float], *, name: str, title: str, text: str, x_label: str, bins: int = 20) -> Markup:
    """Return how many values fall in each of `bins` equal parts, of [0, 1] where all lie in it.

    Args:
        values: Finite numbers.
        name: Unique in the page; used for element ids.
        title: What it shows, for screen readers and as a tooltip.
        text: The chart in words, for screen readers.
        x_label: What the values are.
        bins: Number of bars.
    """
    found = np.asarray(values, dtype=np.float64)
    if not len(found):
        return Markup("")
    x_ticks = ticks(min(0.0, float(found.min())), max(1.0, float(found.max())), 4)
    low, high = x_ticks[0], x_ticks[-1]
    counts = np.histogram(found, bins=bins, range=(low, high))[0]
    y_ticks = [tick for tick in ticks(0.0, float(counts.max()), 4) if tick == round(tick)]
    left, right, top, bottom = 44.0, 348.0, 10.0, 168.0
    width = (right - left) / bins
    parts = []
    for tick in y_ticks:
        y = bottom - (bottom - top) * tick / y_ticks[-1]
        parts.append(_tag("line", css="grid", x1=left, y1=y, x2=right, y2=y))
        parts.append(_tag("text", short(tick), css="tick", x=left - 6, y=y + 4, text_anchor="end"))
    for tick in x_ticks:
        x = left + (right - left) * (tick - low) / (high - low)
        parts.append(_tag("text", short(tick), css="tick", x=x, y=bottom + 17, text_anchor="middle"))
    for index, count in enumerate(counts.tolist()):
        if count:
            height = max(1.5, (bottom - top) * count / y_ticks[-1])
            x = left + width * index + 0.8
            parts.append(
                _tag("rect", css="bar k-after", x=x, y=bottom - height, width=width - 1.6, height=height, rx=2)
            )
    parts.append(_tag("text", x_label, css="tick", x=right, y=bottom + 32, text_anchor="end"))
    return _svg(parts, 360, bottom + 40, name=name, title=title, text=text, css="bins")


def thinned(x: Sequence[float], y: Sequence[float]) -> tuple[FloatArray, FloatArray]:
    """Return the finite points as arrays, averaged in runs so that at most `MAX_POINTS` are left."""
    xs, ys = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    finite = np.isfinite(xs) & np.isfinite(ys)
    xs, ys = xs[finite], ys[finite]
    run = math.ceil(len(xs) / MAX_POINTS)
    if run <= 1:
        return xs, ys
    cuts = np.arange(0, len(xs), run)
    lengths = np.diff(np.append(cuts, len(xs)))
    return np.add.reduceat(xs, cuts) / lengths, np.add.reduceat(ys, cuts) / lengths


def smoothed(y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return moving mean and standard deviation, shape ``(n,)``.

    The window is centred and about a tenth of the points wide; near the ends it is cut off.
    """
    half = len(y) // 20
    mean, deviation = np.zeros(len(y)), np.zeros(len(y))
    for index in range(len(y)):
        window = y[max(0, index - half) : index + half + 1]
        mean[index], deviation[index] = window.mean(), window.std()
    return mean, deviation


def ticks(low: float, high: float, count: int, *, inside: bool = False) -> list[float]:
    """Return about `count` round numbers that enclose ``[low, high]``, or lie `inside` it.

    Example:
        >>> ticks(0.03, 0.87, 4)
        [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    """
    if not high > low:
        if inside:
            return [low]
        pad = abs(low) * 0.1
        low, high = (low - pad, high + pad) if pad else (0.0, 1.0)  # what is always 0 is rarely below it
    raw = (high - low) / count
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= raw * 0.8)
    first, last = (math.ceil, math.floor) if inside else (math.floor, math.ceil)
    return [round(step * k, 12) for k in range(first(low / step), last(high / step) + 1)]


def _step_ticks(x: FloatArray) -> list[float]:
    """Return ticks along the range of `x`, at whole numbers where all of `x` are."""
    low, high = float(x.min()), float(x.max())
    found = ticks(low, high, 5, inside=True)
    if (x == np.round(x)).all():
        found = [tick for tick in found if tick == round(tick)]
    return found


def _curve(
    index: int,
    x: FloatArray,
    y: FloatArray,
    to_x: Callable[[float], float],
    to_y: Callable[[float], float],
    *,
    is_alone: bool = True,
) -> list[str]:
    mean, deviation = smoothed(y)

    def path(values: FloatArray, order: slice = slice(None)) -> str:
        points = zip(x[order], values[order], strict=True)
        return "L".join(f"{to_x(float(a)):.1f} {to_y(float(b)):.1f}" for a, b in points)

    if len(x) == 1:
        return [_tag("circle", css=f"dot s{index}", cx=to_x(float(x[0])), cy=to_y(float(y[0])), r=3)]
    if not is_alone:
        return [_tag("path", css=f"smooth s{index}", d=f"M{path(mean)}")]
    band = f"M{path(mean + deviation)}L{path(mean - deviation, slice(None, None, -1))}Z"
    return [
        _tag("path", css=f"band s{index}", d=band),
        _tag("path", css=f"raw s{index}", d=f"M{path(y)}"),
        _tag("path", css=f"smooth s{index}", d=f"M{path(mean)}"),
    ]


def _tag(element: str, content: str = "", /, *, css: str, **attributes: float | str) -> str:
    """Return an element with its text and attributes escaped; numbers keep one decimal."""
    written = [f'class="{escape(css)}"']
    for name, value in attributes.items():
        shown = f"{value:.1f}".removesuffix(".0") if isinstance(value, (int, float)) else escape(value)
        written.append(f'{name.replace("_", "-")}="{shown}"')
    return f"<{element} {' '.join(written)}>{escape(content)}</{element}>"


def _svg(parts: Sequence[str], width: float, height: float, *, name: str, title: str, text: str, css: str) -> Markup:
    head = (
        f'<svg class="chart {css}" viewBox="0 0 {width:g} {height:g}" role="img" '
        f'aria-labelledby="{escape(name)}-t {escape(name)}-d">'
        f'<title id="{escape(name)}-t">{escape(title)}</title><desc id="{escape(name)}-d">{escape(text)}</desc>'
    )
    return Markup(head + "".join(parts) + "</svg>")  # every text in it was escaped above
