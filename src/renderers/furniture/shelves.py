"""Open shelves: bookcases, television stands; and the piano."""

from __future__ import annotations

import math
from dataclasses import replace

from spatialenv.renderers.furniture.builder import Builder, fitting, spread
from spatialenv.renderers.furniture.joinery import (
    accent,
    books,
    doors,
    drawers,
    four_legs,
    front_depth,
    leg_form,
    legwood,
    metal,
    shadow_gap,
    style,
    wood,
)
from spatialenv.renderers.furniture.parts import box, lathe, prism, rod, soft_box, taper
from spatialenv.renderers.surfaces import material_for


def bookcase(make: Builder) -> None:
    """Shelves with books, boxes and vases, open to the front; framed in metal where the style is industrial."""
    made = wood(make)
    x, y, z = make.length / 2, make.width / 2, make.height
    board = min(0.028, 0.04 * z, 0.06 * make.length)
    bays = fitting(make.length, 0.85, 1, 3)
    rows = fitting(z, 0.36, 1, 6)
    is_open = style(make) in ("industrial", "modern") or make.says("etagere", "ladder", "shelving", "metal", "steel")
    plinth = min(0.07, 0.05 * z)
    if is_open:
        bars = metal(make) if not make.says("ladder") else made
        post = 0.5 * board
        for cx in (-x + post, x - post):
            for cy in (-y + post, y - post):
                make.add(box((cx - post, cy - post, 0.0), (cx + post, cy + post, z - 0.4 * board), bars))
        for sx in (-1, 1):
            make.add(
                box(
                    (sx * (x - post) - 0.6 * post, -y + post, z - 2 * post),
                    (sx * (x - post) + 0.6 * post, y - post, z - 0.2 * post),
                    bars,
                )
            )
        slant = rod((-x + post, -y + 0.5 * post, 0.1 * z), (x - post, -y + 0.5 * post, 0.9 * z), 0.5 * post, bars, 4)
        make.add(slant)
    else:
        for edge in (-x, x - board):
            make.add(box((edge, -y, 0.0), (edge + board, y, z), made))
        make.add(
            box(
                (-x + 0.3 * board, -y + 0.002, 0.5 * plinth), (x - 0.3 * board, -y + 0.4 * board, z - 0.5 * board), made
            )
        )
        make.add(
            box(
                (-x + 0.5 * board, y - 0.06 * make.width - 0.01, 0.0),
                (x - 0.5 * board, y - 0.06 * make.width, plinth),
                made,
            )
        )
    inset = 0.004 if not is_open else 0.12 * board
    edges = spread(-x + board, x - board, bays)
    for cx in edges[1:-1]:
        make.add(box((cx - board / 2, -y + 0.003, plinth), (cx + board / 2, y - 0.008, z - 0.5 * board), made))
    levels = spread(plinth, z - board, rows)
    for level in levels:
        make.add(box((-x + 0.4 * board, -y + inset, level), (x - 0.4 * board, y - inset, level + board), made))
    back = -y + (0.4 * board if not is_open else 0.1 * make.width)
    for row in range(rows):
        low, room = levels[row] + board, levels[row + 1] - levels[row] - board
        for bay in range(bays):
            a, b = edges[bay] + 0.7 * board, edges[bay + 1] - 0.7 * board
            seed = 2 * row + 7 * bay + round(10 * make.length) + round(10 * z)
            _fill(make, a, b, back, low, room, y - 0.01 - back, seed)


def tv_stand(make: Builder) -> None:
    """A low cabinet for a television: an open compartment in the middle, doors or drawers beside it."""
    made = wood(make)
    x, y, z = make.length / 2, make.width / 2, make.height
    edge = y - front_depth(make)
    board = min(0.025, 0.08 * z)
    rise = min(0.14, 0.28 * z)
    thick = min(0.05, 0.4 * rise)
    form = leg_form(make)
    make.add(box((-x, -y, z - board), (x, edge + 0.5 * (y - edge), z), made))
    make.add(box((-x + 0.006, -y + 0.004, rise), (x - 0.006, edge, rise + board), made))
    parts = 3 if make.length > 0.9 else 1
    edges = (
        [-x + 0.006, -x + 0.34 * make.length, x - 0.34 * make.length, x - 0.006]
        if parts == 3
        else [-x + 0.006, x - 0.006]
    )
    for k, cx in enumerate(edges):
        at = cx if k == 0 else (cx - board if k == len(edges) - 1 else cx - board / 2)
        make.add(box((at, -y + 0.006, rise + 0.3 * board), (at + board, edge - 0.001, z - 0.5 * board), made))
    make.add(box((-x + 0.01, -y + 0.008, rise + 0.5 * board), (x - 0.01, -y + 0.02, z - 0.5 * board), made))
    inner, high = rise + board, z - board
    if parts == 3:
        for a, b in ((edges[0], edges[1]), (edges[2], edges[3])):
            make.add(
                box(
                    (a + 0.5 * board, edge - 0.04, inner - 0.2 * board),
                    (b - 0.5 * board, edge - 0.002, high + 0.2 * board),
                    made,
                )
            )
            if style(make) in ("modern", "minimal", "midcentury"):
                drawers(make, a, rise + 0.004, b, z - board - 0.004, edge, made, 2 if high - inner > 0.3 else 1)
            else:
                doors(make, a, rise + 0.004, b, z - board - 0.004, edge, made, 1)
        left, right = edges[1] + board, edges[2] - board
    else:
        left, right = edges[0] + board, edges[1] - board
    middle = (inner + high) / 2
    make.add(
        box(
            (left - 0.6 * board, -y + 0.015, middle - board / 3),
            (right + 0.6 * board, edge - 0.02, middle + board / 3),
            made,
        )
    )
    dark = material_for("", "black plastic")
    wide = right - left
    make.add(
        box(
            (left + 0.15 * wide, -0.5 * y, middle + board / 3 - 0.002),
            (left + 0.75 * wide, edge - 0.05, middle + min(0.07, 0.5 * (high - middle))),
            dark,
        )
    )
    books(make, left + 0.05 * wide, right - 0.1 * wide, -0.4 * y, inner - 0.001, 0.85 * (middle - inner), y, 4)
    legs = metal(make) if form == "metal" else legwood(make)
    four_legs(make, x - 1.6 * thick - 0.02, y - 1.6 * thick - 0.02, rise + 0.01, thick, legs, form)


def piano(make: Builder) -> None:
    """A piano, its keys at the front: upright, or a grand where words say so or where it is as deep as wide."""
    if make.says("grand") or make.width > 1.1:
        _grand(make)
        return
    made = material_for(make.text, "black lacquer", ("wood", "paint"))
    x, y, z = make.length / 2, make.width / 2, make.height
    edge = y - min(0.32, 0.5 * make.width)
    level = min(0.74, 0.66 * z)
    side = min(0.05, 0.05 * make.length)
    make.add(box((-x + 0.004, -y, 0.0), (x - 0.004, edge, z - 0.02), made))
    make.add(box((-x, -y + 0.0, z - 0.03), (x, edge + 0.03, z), made))
    make.add(box((-x + 0.01, edge - 0.02, level - 0.12), (x - 0.01, y - 0.01, level - 0.03), made))
    for sx in (-1, 1):
        a, b = sorted((sx * x, sx * (x - side)))
        make.add(box((a, edge - 0.01, level - 0.13), (b, y, level + 0.06), made))
        cx = sx * (x - 0.6 * side)
        make.add(box((cx - 0.5 * side, y - 0.1, 0.0), (cx + 0.5 * side, y - 0.04, level - 0.11), made))
    _keys(make, -x + side, x - side, edge + 0.02, y - 0.015, level - 0.035)
    make.add(
        taper(
            (-x + side, edge - 0.01, x - side, edge + 0.06),
            (-x + side, edge - 0.01, x - side, edge + 0.012),
            level - 0.02,
            level + 0.14,
            made,
        )
    )
    make.add(box((-0.35 * x, edge - 0.005, level + 0.16), (0.35 * x, edge + 0.03, level + 0.18), made))
    make.add(
        box(
            (-0.24 * x, edge - 0.004, level + 0.175),
            (0.24 * x, edge + 0.012, min(level + 0.4, z - 0.05)),
            material_for("", "ivory paper"),
        )
    )
    for k in (-1, 0, 1):
        cx = 0.07 * k
        make.add(box((cx - 0.012, edge - 0.01, 0.04), (cx + 0.012, edge + 0.1, 0.06), material_for("", "brass")))


def _keys(make: Builder, left: float, right: float, back: float, front: float, level: float) -> None:
    make.add(box((left, back, level - 0.01), (right, front, level + 0.02), material_for("", "ivory plastic")))
    count = fitting(right - left, 0.028, 8, 40)
    at = spread(left, right, count)
    deep = back + 0.62 * (front - back)
    for k in range(1, count):
        if k % 7 not in (0, 3):
            thin = 0.28 * (at[1] - at[0])
            make.add(box((at[k] - thin, back - 0.004, level + 0.01), (at[k] + thin, deep, level + 0.034), shadow_gap()))


def _grand(make: Builder) -> None:
    made = material_for(make.text, "black lacquer", ("wood", "paint"))
    x, y, z = make.length / 2, make.width / 2, make.height
    level = min(0.74, 0.72 * z)
    low, rim = 0.62 * level, 0.27 * z
    edge = y - min(0.3, 0.18 * make.width)
    # Who plays looks along -y: the strings of the low notes, and the long side, are at +x.
    curve = [(x, edge), (-x, edge), (-x, 0.1 * y), (-0.82 * x, -0.2 * y), (-0.3 * x, -0.45 * y), (-0.1 * x, -0.8 * y),
             (0.15 * x, -0.97 * y), (0.55 * x, -y), (0.9 * x, -0.9 * y), (x, -0.7 * y)]  # fmt: skip
    make.add(prism(curve, low, low + rim, made))
    inner = [(0.93 * a, b - 0.03 if b > 0 else 0.96 * b) for a, b in curve]
    make.add(prism(inner, low + 0.5 * rim, low + rim + 0.006, material_for("", "brass")))
    make.add(box((-x + 0.003, edge - 0.05, low + 0.02), (x - 0.003, y, low + 0.45 * rim), made))
    for sx in (-1, 1):
        a, b = sorted((sx * x, sx * (x - 0.06)))
        make.add(box((a, edge - 0.02, low + 0.01), (b, y - 0.002, low + 0.9 * rim), made))
    _keys(make, -x + 0.06, x - 0.06, edge + 0.01, y - 0.01, low + 0.47 * rim)
    # The lid is hinged on the long side and stands open towards the other.
    rise = z - low - rim - 0.03
    lid = prism(curve, 0.0, 0.02, made)
    points = lid.vertices.copy()
    away = x - points[:, 0]
    points[:, 2] += low + rim + 0.01 + away / (2 * x) * rise
    points[:, 0] = x - away * math.cos(min(math.atan2(rise, 2 * x), 1.2))
    make.add(replace(lid, vertices=points))
    make.add(rod((-0.75 * x, 0.1 * y, low + 0.9 * rim), (-0.5 * x, 0.1 * y, low + rim + 0.75 * rise), 0.012, made, 6))
    thick = min(0.11, 0.1 * make.length)
    for cx, cy in ((-x + thick, edge - thick), (x - thick, edge - thick), (0.5 * x, -0.8 * y)):
        make.add(
            lathe(
                [(0.3 * thick, 0.0), (0.3 * thick, 0.04), (0.22 * thick, 0.08), (0.5 * thick, low + 0.01)],
                made,
                (cx, cy),
                8,
            )
        )
    make.add(box((-0.1 * x, edge - 0.1, 0.06), (0.1 * x, edge - 0.06, low + 0.02), made))


def _fill(
    make: Builder, left: float, right: float, back: float, low: float, room: float, depth: float, seed: int
) -> None:
    """Add what stands on one shelf: books, a box, a vase, by its number."""
    kind = seed % 9
    wide = right - left
    if kind in (3, 6):
        cloth = material_for(make.text, "natural wicker", "wicker", trim=True)
        make.add(
            soft_box(
                (left + 0.12 * wide, back + 0.05 * depth, low - 0.001),
                (left + 0.88 * wide, back + 0.93 * depth, low + 0.66 * room),
                cloth,
                0.02,
            )
        )
    elif kind in (1, 5):
        middle = left + 0.72 * wide
        books(make, left, left + 0.52 * wide, back, low - 0.001, room, depth, seed)
        size = min(0.3 * room, 0.14 * wide, 0.35 * depth)
        profile = [(0.6, 0.0), (1.0, 0.8), (0.75, 1.7), (0.38, 2.1), (0.5, 2.3)]
        pot = (accent(make), material_for("", "white ceramic"), material_for("", "terracotta"))[seed % 3]
        make.add(lathe([(size * r, low - 0.001 + size * t) for r, t in profile], pot, (middle, back + 0.5 * depth), 10))
    else:
        books(make, left, right, back, low - 0.001, room, depth, seed)
