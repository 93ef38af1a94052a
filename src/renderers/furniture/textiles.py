"""Soft things: rugs, curtains, cushions, blankets, beds of animals."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np

from spatialenv.core.mesh import Material
from spatialenv.core.placed import FloatArray
from spatialenv.renderers.furniture.builder import Builder, spread
from spatialenv.renderers.furniture.parts import ball, box, pillow, rod, soft_box, turned
from spatialenv.renderers.furniture.pictures import rug_texture, variant_of
from spatialenv.renderers.furniture.shells import closed_loop, loft, picture, sheet
from spatialenv.renderers.surfaces import Kind, material_for, style_of, without_style

_CLOTH: tuple[Kind, ...] = ("fabric", "leather", "wicker")
_RUG_DEFAULTS = {
    "": "oatmeal wool", "modern": "greige wool", "classic": "burgundy wool", "rustic": "tan wool",
    "industrial": "charcoal wool", "coastal": "light denim wool", "bohemian": "terracotta wool",
    "midcentury": "mustard wool", "minimal": "ivory wool", "scandinavian": "light grey wool",
    "japandi": "beige wool", "glamour": "emerald wool", "tropical": "sage wool",
}  # fmt: skip

_RUG_PATTERNS = {
    "striped": "striped", "stripe": "striped", "diamond": "diamonds", "geometric": "diamonds", "plain": "plain",
    "solid": "plain", "shag": "plain", "jute": "plain", "persian": "medallion", "oriental": "medallion",
    "bordered": "bordered", "classic": "medallion", "traditional": "medallion", "bohemian": "diamonds",
    "coastal": "striped", "minimal": "plain", "scandinavian": "diamonds",
}  # fmt: skip


def rug(make: Builder) -> None:
    """A flat rug with a pattern; oval where the words say round, fringed where they are classic or bohemian."""
    x, y, z = make.length / 2, make.width / 2, make.height
    default = _RUG_DEFAULTS[style_of(make.text)]
    base = material_for(without_style(make.text), default, _CLOTH)
    if make.says("round", "circular", "oval"):
        border = replace(base, colour=_darker(base, 0.72))
        bands = ((border, 0.0, 0.9, 1.0), (base, 0.5, 0.94, 0.9), (border, 0.5, 0.97, 0.6), (base, 0.5, 1.0, 0.54))
        for material, low, high, share in bands:
            make.add(loft([_circle(share * x, share * y, h * z) for h in (low, high)], material, sharp=(1,)))
        return
    pattern = next((_RUG_PATTERNS[word] for word in _RUG_PATTERNS if make.says(word)), None)
    if pattern is None:
        pattern = ("bordered", "bordered", "diamonds", "striped")[variant_of(make.text, round(make.length, 2), count=4)]
    has_fringe = pattern in ("medallion", "diamonds") and make.length > 0.5
    fringe = min(0.05, 0.05 * make.length) if has_fringe else 0.0
    turn = make.width > make.length
    long = max(make.length, make.width) > 1.35 * min(make.length, make.width)
    top = Material(_lifted(base), rug_texture(pattern, long), roughness=0.95)
    reach_x, reach_y = (x, y - fringe) if turn else (x - fringe, y)
    part = picture(
        (-reach_x, -reach_y, 0.0),
        (reach_x, reach_y, z),
        top,
        replace(base, texture=None, colour=_darker(base, 0.8)),
        axis="z",
    )
    if turn and part.uvs is not None:
        part = replace(part, uvs=part.uvs[..., ::-1].copy())
    make.add(part)
    if has_fringe:
        cream = material_for("", "ivory cotton")
        ends = spread(-0.98 * (x if turn else y), 0.98 * (x if turn else y), 14)
        for end in (-1.0, 1.0):
            for start, high in pairwise(ends):
                low = start + 0.3 * (high - start)
                inner, outer = end * (reach_y if turn else reach_x), end * (y if turn else x)
                near, far = min(inner, outer), max(inner, outer)
                if turn:
                    make.add(box((low, near, 0.0), (high, far, 0.6 * z), cream))
                else:
                    make.add(box((near, low, 0.0), (far, high, 0.6 * z), cream))


def curtain(make: Builder) -> None:
    """Two lengths of cloth in folds on a rod, drawn apart where the window is wide."""
    x, y, z = make.length / 2, make.width / 2, make.height
    cloth = replace(material_for(make.text, "light linen", _CLOTH), double_sided=True)
    metal = material_for(make.text, "black metal", ("metal", "wood"), trim=True)
    thin = min(0.014, 0.2 * make.width, 0.02 * z)
    level = z - 1.6 * thin
    make.add(rod((-0.985 * x, 0.0, level), (0.985 * x, 0.0, level), thin, metal, sides=8))
    for end in (-1.0, 1.0):
        make.add(ball((end * (x - 1.5 * thin), 0.0, level), (1.5 * thin, 1.6 * thin, 1.6 * thin), metal, 8, 4))
    is_single = make.length < 0.7
    covers = [(-0.95 * x, 0.95 * x)] if is_single else [(-0.95 * x, -0.42 * x), (0.42 * x, 0.95 * x)]
    for left, right in covers:
        folds = int(min(max(round((right - left) / 0.11), 2), 14))
        columns = 6 * folds + 1
        u = np.linspace(0.0, 1.0, columns)
        rows = (level, 0.7 * level, 0.0)
        grid = np.empty((len(rows), columns, 3))
        for k, height in enumerate(rows):
            swing = (0.62, 0.8, 0.98)[k] * y
            grid[k, :, 0] = left + (right - left) * u
            grid[k, :, 1] = swing * np.cos(2 * math.pi * folds * u)
            grid[k, :, 2] = height
        make.add(sheet(grid, cloth))


def blind(make: Builder) -> None:
    """A roller blind, or slats where the words say so."""
    x, y, z = make.length / 2, make.width / 2, make.height
    cloth = material_for(make.text, "oatmeal linen", ("fabric", "wood", "metal", "plastic", "wicker"))
    case = material_for("", "white lacquer")
    top = min(0.08, 0.15 * z)
    make.add(box((-x, -y, z - top), (x, y, z), case))
    if make.says("venetian", "slat", "slatted", "wood", "wooden", "oak", "bamboo"):
        count = int(min(max((z - top) / 0.05, 4), 40))
        for k in range(count):
            low = (z - top) * k / count
            make.add(box((-0.98 * x, -0.7 * y, low), (0.98 * x, 0.7 * y, low + 0.75 * (z - top) / count), cloth))
        return
    make.add(box((-0.97 * x, -0.2 * y, 0.02 * z), (0.97 * x, 0.2 * y, z - 0.5 * top), cloth))
    make.add(box((-0.97 * x, -0.4 * y, 0.0), (0.97 * x, 0.4 * y, 0.025 * z), case))


def cushion(make: Builder) -> None:
    """A cushion: lying where the box is flat, leaning upright where it is high."""
    x, y, z = make.length / 2, make.width / 2, make.height
    cloth = material_for(make.text, "sage linen", _CLOTH)
    if z <= 1.2 * min(make.length, make.width):
        make.add(pillow((-x, -y, 0.0), (x, y, z), cloth, 6))
        return
    make.add(turned(pillow((-x, -z / 2, -y), (x, z / 2, y), cloth, 6), "x", math.pi / 2).placed((0.0, 0.0, z / 2), 0.0))


def blanket(make: Builder) -> None:
    """A folded blanket: layers with soft edges."""
    x, y, z = make.length / 2, make.width / 2, make.height
    cloth = material_for(make.text, "cream wool", _CLOTH)
    count = 3
    for k in range(count):
        low = z * k / count
        drift = 0.03 * x * (k % 2)
        make.add(
            soft_box(
                (-x + drift, -y, low),
                (x - 0.02 * x * k, y - 0.02 * y * k, low + 0.98 * z / count + 0.02 * z),
                cloth,
                0.5 * z / count,
            )
        )


def pet_bed(make: Builder) -> None:
    """A padded ring, lower in front, about a cushion."""
    x, y, z = make.length / 2, make.width / 2, make.height
    outside = material_for(make.text, "grey wool", _CLOTH)
    inside = material_for("", "cream boucle")
    sides = 28
    angles = np.arange(sides) * (2 * math.pi / sides)
    power = 3.0
    stretch = (np.abs(np.cos(angles)) ** power + np.abs(np.sin(angles)) ** power) ** (-1 / power)
    a, b = np.cos(angles) * stretch, np.sin(angles) * stretch
    # The rim dips where the animal steps in.
    top = 1.0 - 0.45 * np.clip((np.sin(angles) - 0.7) / 0.3, 0.0, 1.0)
    wall = min(0.14, 0.36 * min(x, y)) / min(x, y)
    tube_shape = [
        (1 - 0.5 * wall, 0.0),
        (1.0, 0.3),
        (1 - 0.08 * wall, 0.8),
        (1 - 0.5 * wall, 1.0),
        (1 - wall, 0.72),
        (1 - wall, 0.1),
    ]
    rings = [np.stack([x * r * a, y * r * b, h * z * top], axis=1) for r, h in tube_shape[::-1]]
    mesh = closed_loop(rings[::-1], outside)
    make.add(replace(mesh, smoothing=np.zeros(len(mesh), np.int32)))
    bed = [(1 - 0.7 * wall, 0.0), (1 - 0.7 * wall, 0.34), (0.86 - 0.7 * wall, 0.44)]
    make.add(loft([np.stack([x * r * a, y * r * b, np.full(sides, h * z)], axis=1) for r, h in bed], inside))


def _circle(rx: float, ry: float, z: float) -> FloatArray:
    angles = np.arange(36) * (2 * math.pi / 36)
    return np.stack([rx * np.cos(angles), ry * np.sin(angles), np.full(36, z)], axis=1)


def _darker(material: Material, share: float) -> tuple[float, float, float]:
    red, green, blue = material.colour
    return share * red, share * green, share * blue


def _lifted(material: Material) -> tuple[float, float, float]:
    red, green, blue = (min(1.04 * channel, 255.0) for channel in material.colour)
    return red, green, blue
