"""Tables to work at: desks, workbenches, dressing tables."""

from __future__ import annotations

import math

from spatialenv.core.mesh import Material
from spatialenv.renderers.furniture.builder import Builder, fitting, spread
from spatialenv.renderers.furniture.joinery import (
    BODY,
    drawers,
    front,
    front_depth,
    leg_form,
    legwood,
    metal,
    wood,
)
from spatialenv.renderers.furniture.parts import box, prism, rod, taper
from spatialenv.renderers.surfaces import material_for


def desk(make: Builder) -> None:
    """A desk: drawers on the right of who sits at it, a panel or legs on the left, a modesty panel at the back."""
    made = wood(make)
    x, y, z = make.length / 2, make.width / 2, make.height
    top_level = min(z, 0.78) if z > 0.95 else z
    top = min(0.035, 0.06 * top_level)
    thick = min(0.05, 0.08 * make.width)
    form = leg_form(make)
    is_glass = make.says("glass")
    top_made = material_for(make.text, "glass", "glass") if is_glass else made
    make.add(box((-x, -y, top_level - top), (x, y, top_level), top_made))
    form = "metal" if is_glass else form
    bars = metal(make) if form == "metal" else made
    has_drawers = make.length > 0.75
    left = -x + min(0.42, 0.34 * make.length) if has_drawers else -x
    # Who sits in front of the desk looks along -y: the right hand is at -x.
    if has_drawers:
        edge = y - 0.03 - front_depth(make)
        feet = 0.0 if form != "metal" else 0.12 * top_level
        body = material_for(make.text, "oak", BODY) if form != "metal" else made
        make.add(box((-x + 0.012, -y + 0.02, max(feet, 0.04)), (left, edge, top_level - 0.5 * top), body))
        drawers(
            make,
            -x + 0.02,
            max(feet, 0.05),
            left - 0.008,
            top_level - top - 0.008,
            edge,
            body,
            fitting(top_level, 0.23, 2, 4),
        )
        if feet == 0.0:
            make.add(box((-x + 0.03, -y + 0.04, 0.0), (left - 0.02, edge - 0.03, 0.05), legwood(make)))
    legs = [(x - thick, -y + thick), (x - thick, y - thick)]
    if not has_drawers or form == "metal":
        legs += [(-x + thick, -y + thick), (-x + thick, y - thick)]
    for cx, cy in legs:
        half = thick / 2
        share = 1.0 if form in ("metal", "square") else 0.6
        make.add(
            taper(
                (cx - share * half, cy - share * half, cx + share * half, cy + share * half),
                (cx - half, cy - half, cx + half, cy + half),
                0.0,
                top_level - 0.5 * top,
                bars,
            )
        )
    if form == "metal":
        make.add(box((x - 1.3 * thick, -y + thick, 0.0), (x - 0.7 * thick, y - thick, 0.6 * thick), bars))
    panel_low = 0.5 * top_level
    make.add(box((left - 0.01, -y + 0.03, panel_low), (x - 0.7 * thick, -y + 0.05, top_level - 0.5 * top), made))
    make.add(
        box(
            (left - 0.01, y - 0.08, top_level - 0.11 * top_level),
            (x - 0.6 * thick, y - 0.055, top_level - 0.5 * top),
            made,
        )
    )
    if z > top_level:
        _hutch(make, made, top_level)


def _hutch(make: Builder, made: Material, low: float) -> None:
    """Add shelves that stand on the back of a desk or workbench, from z = `low` to the top of its box."""
    x, y, z = make.length / 2, make.width / 2, make.height
    deep, board = min(0.28, 0.4 * make.width), min(0.025, 0.05 * make.width)
    make.add(box((-x + 0.004, -y + 0.004, low - 0.01), (x - 0.004, -y + 0.5 * board, z - 0.004), made))
    for cx in spread(-x, x - board, fitting(make.length, 0.6, 1, 4)):
        make.add(box((cx, -y + 0.002, low - 0.005), (cx + board, -y + deep, z - 0.5 * board), made))
    count = fitting(z - low, 0.32, 1, 4)
    for level in spread(low, z, count)[1:]:
        make.add(box((-x + 0.001 * x, -y, level - board), (x - 0.001 * x, -y + deep + 0.004, level), made))


def workbench(make: Builder) -> None:
    """A heavy bench with a vice, a shelf below, and a board for tools where it is high."""
    made = wood(make, "beech")
    x, y, z = make.length / 2, make.width / 2, make.height
    level = min(z, 0.9)
    top, thick = min(0.08, 0.1 * level), min(0.1, 0.12 * make.width)
    edge = y - min(0.1, 0.14 * make.width)
    make.add(box((-x, -y, level - top), (x, edge, level), made))
    for cx in (-x + thick, x - thick):
        for cy in (-y + 0.8 * thick, edge - 0.8 * thick):
            make.add(
                box((cx - thick / 2, cy - thick / 2, 0.0), (cx + thick / 2, cy + thick / 2, level - 0.5 * top), made)
            )
    make.add(
        box(
            (-x + 0.7 * thick, -y + 0.5 * thick, 0.2 * level),
            (x - 0.7 * thick, edge - 0.5 * thick, 0.2 * level + 0.4 * top),
            made,
        )
    )
    steel = metal(make, "steel")
    jaw = min(0.16, 0.2 * make.length)
    at = -x + 0.25 * make.length
    make.add(
        box(
            (at - jaw / 2, edge - 0.01, level - 1.2 * jaw),
            (at + jaw / 2, edge + 0.35 * (y - edge), level - 0.005),
            steel,
        )
    )
    make.add(rod((at, edge, level - 0.6 * jaw), (at, y, level - 0.6 * jaw), 0.1 * jaw, steel, 6))
    make.add(
        rod(
            (at - 0.6 * jaw, y - 0.06 * jaw, level - 0.6 * jaw),
            (at + 0.6 * jaw, y - 0.06 * jaw, level - 0.6 * jaw),
            0.06 * jaw,
            steel,
            6,
        )
    )
    make.add(
        box((-0.2 * x, -0.1 * y, level - 0.005), (0.12 * x, 0.2 * y, level + 0.03 * level), metal(make, "red metal"))
    )
    if z > level + 0.2:
        make.add(box((-x + 0.01, -y + 0.002, level - 0.01), (x - 0.01, -y + 0.03, z), made))
        for k, cx in enumerate(spread(-0.85 * x, 0.85 * x, fitting(make.length, 0.25, 2, 7))):
            tall = (0.5, 0.35, 0.6, 0.4)[k % 4] * (z - level)
            make.add(
                box(
                    (cx - 0.02, -y + 0.02, z - 0.15 * (z - level) - tall),
                    (cx + 0.02, -y + 0.05, z - 0.12 * (z - level)),
                    steel,
                )
            )
    else:
        make.add(box((0.4 * x, -0.6 * y, level - 0.004), (0.75 * x, -0.2 * y, z + 0.0), metal(make, "red metal")))


def vanity(make: Builder) -> None:
    """A dressing table: drawers on both sides, a mirror that stands on its back."""
    made = wood(make, "white lacquer")
    x, y, z = make.length / 2, make.width / 2, make.height
    level = min(0.76, 0.6 * z) if z > 0.95 else z
    top = min(0.03, 0.06 * level)
    edge = y - 0.012 - front_depth(make)
    side = 0.28 * make.length
    bottom = level - min(0.34, 0.5 * level)
    make.add(box((-x, -y, level - top), (x, y, level), made))
    for a, b in ((-x + 0.01, -x + side), (x - side, x - 0.01)):
        make.add(box((a, -y + 0.01, bottom), (b, edge, level - 0.5 * top), made))
        drawers(make, a + 0.006, bottom + 0.006, b - 0.006, level - top - 0.004, edge, made, 2)
    make.add(box((-x + 0.9 * side, -y + 0.012, level - 0.13), (x - 0.9 * side, edge, level - 0.55 * top), made))
    front(make, -x + side, level - 0.125, x - side, level - top - 0.004, edge, made)
    thick = min(0.045, 0.1 * make.width)
    for cx in (-x + thick, x - thick):
        for cy in (-y + thick, edge - 0.8 * thick):
            half = thick / 2
            make.add(
                taper(
                    (cx - 0.5 * half, cy - 0.5 * half, cx + 0.5 * half, cy + 0.5 * half),
                    (cx - half, cy - half, cx + half, cy + half),
                    0.0,
                    bottom + 0.01,
                    made,
                )
            )
    if z > level:
        wide, low = 0.72 * x, level + 0.03
        rise = (z - low) / 2
        ring = [(math.cos(t), math.sin(t)) for t in [2 * math.pi * (k + 0.5) / 16 for k in range(16)]]
        make.add(prism([(wide * a, low + rise * (1 + b)) for a, b in ring], -y + 0.02, -y + 0.05, made, "y"))
        glass = material_for("", "mirror")
        make.add(
            prism([(0.88 * wide * a, low + rise * (1 + 0.88 * b)) for a, b in ring], -y + 0.03, -y + 0.056, glass, "y")
        )
        for sx in (-1, 1):
            make.add(
                box(
                    (sx * 0.6 * wide - 0.015, -y + 0.024, level - 0.01),
                    (sx * 0.6 * wide + 0.015, -y + 0.046, low + rise),
                    made,
                )
            )
