"""The tokens of an answer, coloured by what each level of credit gives them."""

from __future__ import annotations

import re
from html import escape
from itertools import groupby
from pathlib import Path

from pictures.saving import FOLDER
from spatialenv.core.parse import parse_answer
from spatialenv.core.room import Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.trainers.credit import CreditConfig, TurnScores, assign_credit, token_advantages

SCENE = Scene(
    Room.rectangle(5, 4, 2.6),
    (SceneObject("bed_1", "bed", (1.6, 2.0, 0.6)), SceneObject("desk_1", "desk", (1.4, 0.7, 0.75))),
)
ANSWERS = tuple(
    f'[{{"new_object_id":"bed_1","x":0.9,"y":2.8,"z":0.3}},{{"new_object_id":"desk_1","x":{x},"y":0.4,"z":0.38}}]'
    for x in ("1.1", "4.2")
)


def earned(score: float, reward: float, bed: float, desk: float, *, is_well_formed: bool = True) -> TurnScores:
    """Return what a turn of a scene with a bed and a desk earned."""
    return TurnScores(is_well_formed, False, {"bed_1": bed, "desk_1": desk}, score, reward)


EPISODES = (  # those of the table in docs/training/credit.md; the first is drawn
    (earned(0.6, 0.6, 1.0, 0.2), earned(0.9, 0.3, 1.0, 0.8)),
    (earned(0.6, 0.6, 0.4, 0.8), earned(0.5, -0.1, 0.4, 0.6)),
    (earned(1.0, 1.0, 1.0, 1.0),),
    (earned(0.0, 0.0, 0.0, 0.0, is_well_formed=False), earned(0.4, 0.4, 0.2, 0.6)),
)
PANELS = (
    ("trajectory", CreditConfig(level="trajectory")),
    ("turn", CreditConfig(level="turn")),
    ("object", CreditConfig(level="object")),
    ("object, scope numbers", CreditConfig(level="object", scope="numbers")),
    ("parts", CreditConfig(level="parts")),
)

STEP, LINE, LEFT, TOP = 7.5, 42, 12, 44
PANEL = 2 * LINE + 34
WIDTH = int(max(map(len, ANSWERS)) * STEP) + 2 * LEFT + 58
FULL = 1.6
"""Advantage of the strongest colour."""


def credit_svg() -> str:
    """Return the picture as SVG."""
    height = TOP + PANEL * len(PANELS)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        'role="img" font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="12" fill="#1a1a1a">',
        "<title>Tokens of two turns coloured by their advantage at each level of credit</title>",
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        *_scale(),
    ]
    for index, (name, config) in enumerate(PANELS):
        top = TOP + index * PANEL
        parts.append(f'<text x="{LEFT}" y="{top + 14}" font-weight="bold" font-size="13">{escape(name)}</text>')
        credits = assign_credit(EPISODES, len(EPISODES), config)[0]
        for turn, (text, credit) in enumerate(zip(ANSWERS, credits, strict=True)):
            tokens = [match.span() for match in re.finditer(r"\w+|[^\w\s]+|\s+", text)]
            values = token_advantages(tokens, text, parse_answer(text, SCENE).spans, credit)
            parts += _line(f"turn {turn + 1}", text, tokens, values, top + 22 + turn * LINE)
    return "\n".join([*parts, "</svg>", ""])


def save_credit_svg() -> Path:
    """Write the picture to the folder of the documentation's pictures."""
    path = FOLDER / "credit.svg"
    path.write_text(credit_svg(), encoding="utf-8")
    print(f"{path}: {path.stat().st_size // 1024} kB")
    return path


def _line(label: str, text: str, tokens: list[tuple[int, int]], values: list[float], top: float) -> list[str]:
    left = LEFT + 58
    parts = [f'<text x="{LEFT}" y="{top + 30}" fill="#555555">{label}</text>']
    told: set[float] = set()
    runs = groupby(zip(tokens, values, strict=True), key=lambda pair: round(pair[1], 6))
    for value, run in runs:
        spans = [span for span, _ in run]
        if value not in told:
            told.add(value)
            x = left + spans[0][0] * STEP
            parts.append(f'<text x="{x:g}" y="{top + 13}" font-size="10" fill="#555555">{value:+.2f}</text>')
        for start, end in spans:
            x, width = left + start * STEP, (end - start) * STEP
            parts.append(
                f'<rect x="{x:g}" y="{top + 17}" width="{width:g}" height="19" fill="{_colour(value)}" '
                f'stroke="#ffffff" stroke-width="0.8"/><text x="{x:g}" y="{top + 30}" textLength="{width:g}" '
                f'lengthAdjust="spacingAndGlyphs">{escape(text[start:end])}</text>'
            )
    return parts


def _scale() -> list[str]:
    parts = [f'<text x="{LEFT}" y="25">advantage of each token</text>']
    for step in range(-8, 9):
        x = LEFT + 250 + (step + 8) * 18
        value = FULL * step / 8
        parts.append(f'<rect x="{x}" y="12" width="18" height="18" fill="{_colour(value)}"/>')
        if step % 4 == 0:
            parts.append(f'<text x="{x + 9}" y="40" font-size="10" text-anchor="middle">{value:+.1f}</text>')
    return parts


def _colour(value: float) -> str:
    """Blue for what is encouraged, orange for what is discouraged, grey for nothing."""
    share = min(abs(value) / FULL, 1.0)
    full = (78, 148, 222) if value > 0 else (240, 136, 50)
    return "#" + "".join(f"{round(236 + (each - 236) * share):02x}" for each in full)
