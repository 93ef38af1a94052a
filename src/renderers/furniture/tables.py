"""Tables and desks."""

from __future__ import annotations

import math

from spatialenv.core.mesh import Material
from spatialenv.renderers.furniture.builder import Builder, fitting
from spatialenv.renderers.furniture.joinery import (
    BODY,
    drawers,
    four_legs,
    front_depth,
    leg_form,
    legwood,
    metal,
    style,
    wood,
)
from spatialenv.renderers.furniture.parts import box, lathe, rod, taper
from spatialenv.renderers.surfaces import material_for

_TOPS = (*BODY, "glass")


def dining_table(make: Builder) -> None:
    """A table to sit around: four legs, or one in the middle where it is round."""
    _table(make, is_round=_is_round(make, 1.15), apron=True)


def coffee_table(make: Builder) -> None:
    """A low table, with a shelf where its top stands on legs."""
    is_round = _is_round(make, 0.0)
    _table(make, is_round, apron=False)
    if not is_round and not make.says("glass"):
        _shelf(make, 0.3)


def side_table(make: Builder) -> None:
    """A small table beside a seat: round on one leg, or square with a shelf."""
    is_round = _is_round(make, 0.0) or (style(make) in ("modern", "glamour", "midcentury") and _is_square(make))
    _table(make, is_round, apron=False)
    if not is_round and not make.says("glass"):
        _shelf(make, 0.32)


def console_table(make: Builder) -> None:
    """A narrow table along a wall, with drawers below its top and a shelf."""
    made = wood(make)
    x, y, z = make.length / 2, make.width / 2, make.height
    thick = min(0.05, 0.15 * make.width)
    top, box_low = min(0.03, 0.05 * z), z - min(0.16, 0.2 * z)
    edge = y - front_depth(make)
    make.add(box((-x, -y, z - top), (x, y, z), made))
    make.add(box((-x + 0.02, -y + 0.01, box_low), (x - 0.02, edge, z - 0.5 * top), made))
    drawers(make, -x + 0.03, box_low + 0.008, x - 0.03, z - top - 0.006, edge, made, 1, fitting(make.length, 0.5, 1, 4))
    form = leg_form(make)
    legs = metal(make) if form == "metal" else made
    for cx in (-x + thick, x - thick):
        for cy in (-y + 0.8 * thick, edge - 0.6 * thick):
            half = 0.5 * thick
            make.add(
                taper(
                    (cx - 0.6 * half, cy - 0.6 * half, cx + 0.6 * half, cy + 0.6 * half),
                    (cx - half, cy - half, cx + half, cy + half),
                    0.0,
                    box_low + 0.01,
                    legs,
                )
            )
    make.add(
        box(
            (-x + 0.6 * thick, -y + 0.4 * thick, 0.2 * z),
            (x - 0.6 * thick, edge - 0.2 * thick, 0.2 * z + 0.7 * top),
            made,
        )
    )


def _is_round(make: Builder, largest: float) -> bool:
    """Tell whether a table is round or oval: where words say so, or where it is square and at most `largest` wide."""
    if make.says("square", "rectangular"):
        return False
    return make.says("round", "oval", "circular", "pedestal") or (_is_square(make) and make.length <= largest)


def _is_square(make: Builder) -> bool:
    return 0.93 < make.length / make.width < 1.08 and not make.says("square")


def _table(make: Builder, is_round: bool, apron: bool) -> None:
    top_made = material_for(make.text, "oak", _TOPS)
    x, y, z = make.length / 2, make.width / 2, make.height
    top = min(0.035, 0.1 * z)
    form = leg_form(make)
    is_glass = make.says("glass") or top_made.opacity < 1
    is_stone = make.says("marble", "stone", "granite", "terrazzo", "travertine", "quartz", "concrete")
    bars = metal(make) if form == "metal" or is_glass else (legwood(make) if is_stone else top_made)
    if is_round:
        soft = 0.3 * top
        profile = [(0.0, z - top), (0.97, z - top), (1.0, z - top + soft), (1.0, z - soft), (0.985, z), (0.0, z)]
        make.add(lathe(profile, top_made, sides=20, stretch=(x, y)))
        _pedestal(make, bars, min(x, y), z - 0.5 * top)
        return
    make.add(box((-x, -y, z - top), (x, y, z), top_made))
    thick = min(0.09 if make.length > 1.2 else 0.06, 0.12 * min(make.length, make.width))
    if form == "metal" or is_glass:
        bar = 0.45 * thick
        for sx in (-1, 1):
            cx = sx * (x - 0.1 * x - bar)
            for cy in (-y + 0.08 * y + bar, y - 0.08 * y - bar):
                make.add(box((cx - bar, cy - bar, 0.0), (cx + bar, cy + bar, z - 0.5 * top), bars))
            for low in (0.0, z - top - 1.6 * bar):
                make.add(
                    box(
                        (cx - 0.9 * bar, -y + 0.08 * y + bar, low),
                        (cx + 0.9 * bar, y - 0.08 * y - bar, low + 1.8 * bar),
                        bars,
                    )
                )
        return
    inset = 1.0 if form == "square" else 1.15
    four_legs(make, x - inset * thick, y - inset * thick, z - 0.5 * top, thick, bars, form)
    if apron:
        deep = min(0.09, 0.12 * z)
        for sx in (-1, 1):
            a = sx * (x - inset * thick)
            make.add(
                box(
                    (a - 0.2 * thick, -y + inset * thick, z - top - deep),
                    (a + 0.2 * thick, y - inset * thick, z - 0.6 * top),
                    bars,
                )
            )
            b = sx * (y - inset * thick)
            make.add(
                box(
                    (-x + inset * thick, b - 0.2 * thick, z - top - 0.98 * deep),
                    (x - inset * thick, b + 0.2 * thick, z - 0.62 * top),
                    bars,
                )
            )


def _pedestal(make: Builder, made: Material, radius: float, high: float) -> None:
    """Add one leg in the middle: a column on a foot, or three legs that stand apart under a small top."""
    if make.length > 1.9 * make.width:
        for sx in (-1, 1):
            x = 0.5 * sx * make.length / 2
            make.add(
                lathe(
                    [
                        (0.55 * radius, 0.0),
                        (0.5 * radius, 0.03 * high),
                        (0.14 * radius, 0.12 * high),
                        (0.12 * radius, 0.8 * high),
                        (0.3 * radius, high),
                    ],
                    made,
                    (x, 0.0),
                    10,
                )
            )
        return
    if style(make) in ("midcentury", "scandinavian", "japandi", ""):
        for k in range(4 if radius > 0.35 else 3):
            angle = math.pi / 4 + 2 * math.pi * k / (4 if radius > 0.35 else 3)
            a, b = math.cos(angle) * make.length / 2, math.sin(angle) * make.width / 2
            thick = min(0.04, 0.1 * radius)
            make.add(rod((0.78 * a, 0.78 * b, 0.0), (0.55 * a, 0.55 * b, high), 0.6 * thick, made, 8, end_radius=thick))
        return
    neck = min(0.06, 0.16 * radius)
    profile = [
        (0.6 * radius, 0.0),
        (0.58 * radius, 0.035 * high),
        (1.5 * neck, 0.1 * high),
        (neck, 0.3 * high),
        (neck, 0.85 * high),
        (2.4 * neck, high),
    ]
    make.add(lathe(profile, made, sides=12))


def _shelf(make: Builder, share: float) -> None:
    made = material_for(make.text, "oak", BODY)
    x, y, z = make.length / 2, make.width / 2, make.height
    thick = min(0.06, 0.12 * min(make.length, make.width))
    low = share * z
    make.add(
        box(
            (-x + 1.1 * thick, -y + 1.1 * thick, low),
            (x - 1.1 * thick, y - 1.1 * thick, low + min(0.025, 0.08 * z)),
            made,
        )
    )
