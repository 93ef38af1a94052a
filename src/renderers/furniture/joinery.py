"""What many pieces of furniture share: their materials, legs, drawers, doors, handles and books."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from itertools import pairwise
from typing import Literal

from spatialenv.core.mesh import Material
from spatialenv.renderers.furniture.builder import Builder, fitting, spread
from spatialenv.renderers.furniture.parts import ball, box, lathe, pillow, rod, taper, turned
from spatialenv.renderers.surfaces import Kind, material_for, plain, style_of

LegForm = Literal["tapered", "square", "turned", "round", "metal"]

BODY: tuple[Kind, ...] = ("wood", "paint", "metal", "plastic", "wicker", "ceramic", "stone")
"""What the body of a cabinet or a table can be made of."""

COVER: tuple[Kind, ...] = ("fabric", "leather")
"""What covers a seat."""

_ACCENTS = {
    "modern": "mustard wool", "minimal": "taupe linen", "scandinavian": "sage wool", "japandi": "terracotta linen",
    "rustic": "rust wool", "classic": "navy velvet", "industrial": "rust canvas", "coastal": "navy linen",
    "bohemian": "mustard cotton", "midcentury": "teal wool", "glamour": "gold velvet", "tropical": "emerald linen",
}  # fmt: skip
_BOOKS = ("#8a3b34 paper", "#2f4a63 paper", "#d8c9a4 paper", "#4d6650 paper", "#c48a3c paper", "#e6e0d4 paper")
_DARK = plain((62.0, 57.0, 54.0), 0.9)


def wood(make: Builder, default: str = "oak") -> Material:
    """Return what the body of a piece is made of."""
    return material_for(make.text, default, BODY)


def cover(make: Builder, default: str = "grey wool") -> Material:
    """Return what covers a piece."""
    return material_for(make.text, default, COVER)


def metal(make: Builder, default: str = "black metal") -> Material:
    """Return the metal of legs and handles."""
    return material_for(make.text, default, "metal", trim=True)


def legwood(make: Builder, default: str = "walnut") -> Material:
    """Return the wood of the legs of what is not of wood as a whole."""
    return material_for(make.text, default, "wood", trim=True)


@lru_cache(maxsize=1024)
def darker(material: Material, share: float = 0.86) -> Material:
    """Return a material in a darker shade: what lies below cushions, so that they stand out."""
    red, green, blue = (share * channel for channel in material.colour)
    return replace(material, colour=(red, green, blue))


def accent(make: Builder) -> Material:
    """Return the fabric of what is thrown over a piece, by its style."""
    return material_for("", _ACCENTS.get(style_of(make.text), "dusty blue linen"))


def style(make: Builder) -> str:
    """Return the style of a piece; empty where no words name one."""
    return style_of(make.text)


def is_plain(make: Builder) -> bool:
    """Return whether a piece has plain fronts, without frames and knobs."""
    return style(make) not in ("rustic", "classic", "coastal", "glamour", "bohemian")


def leg_form(make: Builder) -> LegForm:
    """Return which legs a style asks for."""
    forms: dict[str, LegForm] = {
        "rustic": "square", "classic": "turned", "industrial": "metal", "coastal": "square", "minimal": "square",
        "glamour": "metal",
    }  # fmt: skip
    return forms.get(style(make), "tapered")


def leg(
    make: Builder, x: float, y: float, low: float, high: float, thick: float, material: Material, form: LegForm
) -> None:
    """Add one leg whose middle stands at x, y.

    Args:
        make: What it is added to.
        x: Middle of its top.
        y: Middle of its top.
        low: z of its foot.
        high: z of its top.
        thick: Metres across at its top.
        material: Its material.
        form: Its form; a turned one that is short is a bun.
    """
    half, rise = thick / 2, high - low
    if form == "turned" and rise > 2.5 * thick:
        profile = [(0.45, 0.0), (0.6, 0.06), (0.42, 0.16), (0.8, 0.5), (1.0, 0.68), (0.6, 0.74), (0.9, 0.8)]
        make.add(lathe([(half * r, low + rise * z) for r, z in profile], material, (x, y), sides=8))
        top = low + 0.8 * rise
        make.add(box((x - half, y - half, top), (x + half, y + half, high), material))
    elif form == "turned":
        make.add(ball((x, y, (low + high) / 2), (half, half, rise / 2), material, sides=8, rings=4))
    elif form == "round":
        make.add(rod((x, y, low), (x, y, high), 0.7 * half, material, 8, end_radius=half))
    else:
        share = {"tapered": 0.55, "metal": 0.6}.get(form, 1.0)
        top = half * (0.6 if form == "metal" else 1.0)
        foot = (x - half * share, y - half * share, x + half * share, y + half * share)
        make.add(taper(foot, (x - top, y - top, x + top, y + top), low, high, material))


def four_legs(
    make: Builder,
    x: float,
    y: float,
    top: float,
    thick: float,
    material: Material,
    form: LegForm | None = None,
) -> None:
    """Add four legs from the floor to z = `top`, their middles at plus and minus x and y."""
    for cx in (-x, x):
        for cy in (-y, y):
            leg(make, cx, cy, 0.0, top, thick, material, leg_form(make) if form is None else form)


def front_depth(make: Builder) -> float:
    """Return how far fronts with their handles stand out from a body: the front of a body is so far behind the box."""
    return min(0.045, 0.12 * make.width)


def front(
    make: Builder,
    left: float,
    low: float,
    right: float,
    high: float,
    y: float,
    material: Material,
    handle: Literal["middle", "left", "right", "top", "none"] = "middle",
) -> None:
    """Add a drawer front or a door with its handle.

    Args:
        make: What it is added to.
        left: Least x.
        low: Least z.
        right: Greatest x.
        high: Greatest z.
        y: The plane of the body that it lies on.
        material: Its material.
        handle: Where its handle is: a door's at the side that it opens.
    """
    depth = front_depth(make)
    thick, gap = 0.4 * depth, min(0.006, 0.04 * min(right - left, high - low))
    a, b, c, d = left + gap, right - gap, low + gap, high - gap
    make.add(box((a, y - 0.5 * thick, c), (b, y + thick, d), material))
    out = y + thick
    if not is_plain(make):
        rim = min(0.05, 0.22 * min(b - a, d - c))
        if min(b - a, d - c) > 0.12:
            out += 0.12 * depth
            make.add(box((a + rim, y, c + rim), (b - rim, out, d - rim), material))
    if handle == "none" or (style(make) == "minimal" and handle == "middle"):
        return
    is_wide = handle in ("middle", "top")
    x = {"left": a + 0.06 * (b - a) + 0.015, "right": b - 0.06 * (b - a) - 0.015}.get(handle, (a + b) / 2)
    z = d - min(0.03, 0.2 * (d - c)) if handle == "top" else (c + d) / 2
    grip = metal(make, "brass" if not is_plain(make) else "black metal")
    if not is_plain(make):
        size = min(0.018, 0.12 * (d - c), 0.12 * (b - a))
        for cx in (-1, 1) if is_wide and b - a > 0.55 else (0,):
            at = x + cx * 0.25 * (b - a)
            make.add(rod((at, y, z), (at, y + depth, z), 0.7 * size, grip, 6, end_radius=size))
        return
    span = min(0.09, 0.2 * (b - a)) if is_wide else min(0.12, 0.2 * (d - c))
    thin = min(0.007, 0.1 * (d - c), 0.1 * (b - a))
    along, up = (span, thin) if is_wide else (thin, span)
    make.add(box((x - along, y + 0.2 * thick, z - up), (x + along, y + depth, z + up), grip))


def drawers(
    make: Builder,
    left: float,
    low: float,
    right: float,
    high: float,
    y: float,
    material: Material,
    rows: int,
    columns: int = 1,
) -> None:
    """Add fronts of drawers in rows and columns, dark between them; see `front`."""
    _reveal(make, (left, low, right, high), y, material)
    across, up = spread(left, right, columns), spread(low, high, rows)
    for a, b in pairwise(across):
        for c, d in pairwise(up):
            front(make, a, c, b, d, y, material)


def doors(
    make: Builder, left: float, low: float, right: float, high: float, y: float, material: Material, count: int
) -> None:
    """Add doors side by side, in pairs that open from their middle, dark between them; see `front`."""
    _reveal(make, (left, low, right, high), y, material)
    across = spread(left, right, count)
    for k, (a, b) in enumerate(pairwise(across)):
        front(make, a, low, b, high, y, material, "left" if k % 2 or count == 1 else "right")


def _reveal(make: Builder, around: tuple[float, float, float, float], y: float, material: Material) -> None:
    """Add the dark that is seen in the gaps between fronts, within least x and z and greatest x and z."""
    left, low, right, high = around
    gap, depth = min(0.003, 0.02 * min(right - left, high - low)), front_depth(make)
    behind = (left + gap, y - 0.3 * depth, low + gap), (right - gap, y + 0.1 * depth, high - gap)
    make.add(box(*behind, darker(material, 0.45)))


def books(
    make: Builder, left: float, right: float, back: float, low: float, room: float, depth: float, seed: int
) -> None:
    """Add a row of books that stand on a shelf, sometimes with room left at its end.

    Args:
        make: What it is added to.
        left: Least x.
        right: Greatest x.
        back: y of the shelf's back.
        low: z of the board.
        room: Metres up to the next board.
        depth: Metres from the back to the front edge.
        seed: Shelves of different seeds differ.
    """
    widths = (0.9, 0.7, 1.2, 0.8, 1.1)
    wide = right - left
    count = fitting(wide, 0.085, 2, 8)
    share = (0.95, 0.7, 0.85)[seed % 3]
    total = sum(widths[(k + seed) % 5] for k in range(count))
    at = left
    for k in range(count):
        each = share * wide * widths[(k + seed) % 5] / total
        tall = min(room, 0.36) * (0.66 + 0.07 * ((3 * k + seed) % 4))
        deep = min(depth, 0.27) * (0.72 + 0.06 * ((k + seed) % 3))
        paper = material_for("", _BOOKS[(k * 5 + 3 * seed) % len(_BOOKS)])
        make.add(box((at, back, low), (at + 0.94 * each, back + deep, low + tall), paper))
        at += each


def leaning_pillow(
    make: Builder, middle: tuple[float, float, float], size: tuple[float, float, float], angle: float, made: Material
) -> None:
    """Add a cushion that leans back.

    Args:
        make: What it is added to.
        middle: Middle of the edge that it stands on.
        size: Width, height and thickness in metres.
        angle: Radians from lying flat to the back.
        made: Its cover.
    """
    x, y, z = middle
    wide, tall, thick = size
    flat = pillow((x - wide / 2, y - tall, z), (x + wide / 2, y, z + thick), made)
    make.add(turned(flat, "x", -angle, (x, y, z + 0.3 * thick)))


def shadow_gap() -> Material:
    """Return the dark of what lies deep inside a piece: gaps, plinths, the inside of a piano."""
    return _DARK
