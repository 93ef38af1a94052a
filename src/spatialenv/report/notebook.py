"""What notebooks show: scenes, placed scenes, scores and episodes as small pieces of HTML.

Everything is inline and takes its colours from the notebook, so it fits light and dark themes. Texts of scenes
and models are escaped.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape

import numpy as np

from spatialenv.core.episode import Episode, Turn
from spatialenv.core.layout import Layout
from spatialenv.core.placed import PlacedScene
from spatialenv.core.scene import Scene
from spatialenv.core.score import Score
from spatialenv.core.violations import find_violations
from spatialenv.errors import RendererError
from spatialenv.renderers import Annotations, draw_annotated, make_renderer
from spatialenv.renderers.base import Picture
from spatialenv.report.rooms import badges_of, data_uri

SIZE = (320, 240)
"""``(width, height)`` in pixels of each view."""

MAX_ROWS = 40
"""Objects and turns listed; the rest is counted."""

MAX_TEXT = 600
"""Characters shown of a text."""

_BOX = "font-family:system-ui,sans-serif;font-size:13px;line-height:1.45;max-width:760px"
_CELL = "padding:1px 10px 1px 0;text-align:left;background:none"
_NUMBER = "padding:1px 10px 1px 0;text-align:right;background:none;font-variant-numeric:tabular-nums"
_FAINT = "opacity:.7"
_COLOURS = {"good": "#1a7f4b", "fair": "#9a6a00", "bad": "#c0392b"}


def show(thing: object) -> str:
    """Return the HTML of a `Scene`, `PlacedScene`, `Score` or `Episode`.

    Raises:
        TypeError: If it is none of these.
    """
    if isinstance(thing, Scene):
        return _box(_scene(thing))
    if isinstance(thing, PlacedScene):
        return _box(_placed(thing))
    if isinstance(thing, Score):
        return _box(_score(thing))
    if isinstance(thing, Episode):
        return _box(_episode(thing))
    raise TypeError(f"a {type(thing).__name__} has no form for notebooks")


def _scene(scene: Scene) -> list[str]:
    room = scene.room
    title = (
        f"Scene{f' {escape(scene.id)}' if scene.id else ''}: {_count(len(scene.objects), 'object')} in {_extent(scene)}"
    )
    start = Layout() if scene.start is None else scene.start
    rows = []
    for item in scene.objects[:MAX_ROWS]:
        size = " × ".join(f"{side:g}" for side in item.size)
        turn = "" if item.yaw is None else f"{math.degrees(item.yaw) % 360:g}°"
        where = "; ".join(f"{relation.preposition} {relation.target}" for relation in item.relations)
        where += f"{'; ' if where else ''}faces {item.facing}" if item.facing else ""
        stays = "stays" if item.id in scene.fixed else ""
        rows.append([item.id, size, turn, where, stays])
    openings = f"{_count(len(room.openings), 'opening')}. " if room.openings else ""
    return [
        _title(title),
        _text(scene.description),
        _picture(_draw(scene.place(start))),
        _table(["object", "size, m", "yaw", "where", ""], rows, len(scene.objects)),
        _faint(f"{openings}{'Kept with a layout that proves it solvable.' if scene.witness is not None else ''}"),
    ]


def _placed(placed: PlacedScene) -> list[str]:
    violations = find_violations(placed)
    found = [[violation.kind, violation.text] for violation in violations[:MAX_ROWS]]
    verdict = (
        _badge("nothing is wrong", "good") if not violations else _badge(_count(len(violations), "problem"), "bad")
    )
    title = f"{len(placed.layout)} of {_count(len(placed.scene.objects), 'object')} placed in {_extent(placed.scene)}"
    return [
        _title(title, verdict),
        _picture(_draw(placed, is_marked=True)),
        _table(["problem", ""], found, len(violations)) if found else "",
    ]


def _score(score: Score) -> list[str]:
    components = score.details.get("components")
    parts: list[list[str | float]] = []
    if isinstance(components, Mapping):
        parts = [
            [str(name), float(value) if isinstance(value, (int, float)) else f"{value}"]
            for name, value in components.items()
        ]
    others = {
        name: value
        for name, value in score.details.items()
        if name != "components" and isinstance(value, (int, float, str, bool))
    }
    parts += [[name, value if isinstance(value, str) else float(value)] for name, value in others.items()]
    objects = ""
    if score.per_object is not None:
        values: list[float] = np.asarray(score.per_object, dtype=np.float64).tolist()
        rows: list[list[str | float]] = [[f"object {i}", value] for i, value in enumerate(values[:MAX_ROWS])]
        objects = _table(["by object, in the scene's order", ""], rows, len(values))
    return [
        _title(f"Score {score.value:.4g}", _bar(score.value)),
        _faint(score.version),
        _table(["part", ""], parts, len(parts)) if parts else "",
        objects,
    ]


def _episode(episode: Episode) -> list[str]:
    turns = episode.turns
    seed = "" if episode.seed is None else f", seed {episode.seed}"
    parts = [_title(f"Episode of {_count(len(turns), 'turn')}{seed}"), _text(episode.scene.description)]
    if episode.failure is not None:
        parts.append(_badge(f"failed: {episode.failure}", "bad"))
    for number, turn in enumerate(turns[:MAX_ROWS], start=1):
        parts += _turn(number, turn, episode.scene)
    if len(turns) > MAX_ROWS:
        parts.append(_faint(f"{len(turns) - MAX_ROWS} more turns"))
    return parts


def _turn(number: int, turn: Turn, scene: Scene) -> list[str]:
    badges = " ".join(_badge(badge.text, badge.kind) for badge in badges_of(turn.status))
    picture = turn.image if turn.image is not None else _draw(scene.place(turn.layout))
    answer = f"<details><summary>answer</summary><pre style='white-space:pre-wrap'>{_cut(turn.text)}</pre></details>"
    return [
        _title(f"Turn {number}: score {turn.score:.3f}, reward {turn.reward:+.3f}", badges),
        _picture(picture),
        answer,
        f"<pre style='white-space:pre-wrap;{_FAINT}'>{_cut(turn.feedback)}</pre>",
    ]


def _draw(placed: PlacedScene, is_marked: bool = False) -> Picture | None:
    violations = find_violations(placed) if is_marked else ()
    try:
        return draw_annotated(
            make_renderer("fast"), placed, size=SIZE, annotations=Annotations(True, tuple(violations))
        ).image
    except RendererError:
        return None


def _extent(scene: Scene) -> str:
    room = scene.room
    shape = "" if room.is_rectangle else f" ({len(room.floor)} walls)"
    return f"{room.length:g} × {room.width:g} × {room.height:g} m{shape}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _box(parts: Iterable[str]) -> str:
    html = f'<div style="{_BOX}">{"".join(part for part in parts if part)}</div>'
    return html.encode("utf-8", "replace").decode("utf-8")  # a model may write half a character, which no page can hold


def _title(text: str, aside: str = "") -> str:
    return f"<div style='margin:6px 0 2px'><b>{escape(text)}</b> {aside}</div>"


def _text(text: str) -> str:
    return f"<div style='margin:2px 0'>{_cut(text)}</div>" if text else ""


def _faint(text: str) -> str:
    return f"<div style='{_FAINT};font-size:12px'>{escape(text)}</div>" if text else ""


def _badge(text: str, kind: str) -> str:
    return f"<span style='color:{_COLOURS[kind]};font-weight:600;margin-left:6px'>{escape(text)}</span>"


def _picture(picture: Picture | None) -> str:
    if picture is None:
        return _faint("no picture could be made")
    height, width = picture.shape[:2]
    return (
        f"<img alt='the room' width='{width}' height='{height}' src='{data_uri(picture)}' "
        "style='max-width:100%;height:auto;border-radius:4px;margin:4px 0'>"
    )


def _bar(value: float) -> str:
    share = min(1.0, max(0.0, value)) if math.isfinite(value) else 0.0
    return (
        "<span style='display:inline-block;width:120px;height:8px;border:1px solid currentColor;border-radius:4px;"
        f"vertical-align:middle;margin-left:8px;{_FAINT}'><span style='display:block;height:100%;"
        f"width:{100 * share:.0f}%;background:currentColor'></span></span>"
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[str | float]], count: int) -> str:
    cells = "".join(f"<th style='{_CELL};{_FAINT};font-weight:500'>{escape(name)}</th>" for name in head)
    body = "".join(f"<tr style='background:none'>{''.join(map(_cell, row))}</tr>" for row in rows)
    more = f"<tr><td style='{_CELL};{_FAINT}'>and {count - len(rows)} more</td></tr>" if count > len(rows) else ""
    top = f"<tr style='background:none'>{cells}</tr>"
    return f"<table style='border-collapse:collapse;margin:4px 0'>{top}{body}{more}</table>"


def _cell(value: str | float) -> str:
    if isinstance(value, str):
        return f"<td style='{_CELL}'>{escape(value)}</td>"
    shown = "not placed" if math.isnan(value) else f"{value:.4g}"
    return f"<td style='{_NUMBER}'>{shown}</td>"


def _cut(text: str) -> str:
    return escape(text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]} … ({len(text) - MAX_TEXT:,} characters more)")
