"""Small things: vases, bowls, cups, books, candles, sculptures, baskets."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from spatialenv.renderers.furniture.builder import Builder, fitting, spread
from spatialenv.renderers.furniture.parts import ball, box, lathe, rod, tube
from spatialenv.renderers.furniture.pictures import variant_of
from spatialenv.renderers.furniture.shells import closed_loop, loft, rounded, tray
from spatialenv.renderers.surfaces import material_for, plain

_COVERS = ("navy", "rust", "sage", "mustard", "burgundy", "petrol", "beige", "charcoal")


def vase(make: Builder) -> None:
    """A vase: a round belly and a narrow neck, or a tall one where the box is slender."""
    x, y, z = make.length / 2, make.width / 2, make.height
    body = material_for(make.text, "sage ceramic", ("ceramic", "glass", "metal", "stone", "wood"))
    if z > 2.2 * min(make.length, make.width):
        shape = [
            (0.5, 0.0),
            (0.62, 0.1),
            (1.0, 0.55),
            (0.86, 0.78),
            (0.4, 0.92),
            (0.5, 1.0),
            (0.4, 1.0),
            (0.3, 0.92),
            (0.0, 0.5),
        ]
    else:
        shape = [
            (0.5, 0.0),
            (0.86, 0.16),
            (1.0, 0.42),
            (0.84, 0.68),
            (0.42, 0.84),
            (0.5, 1.0),
            (0.4, 1.0),
            (0.32, 0.84),
            (0.0, 0.4),
        ]
    make.add(lathe([(a, b * z) for a, b in shape], body, sides=18, stretch=(x, y)))


def bowl(make: Builder) -> None:
    """A hollow bowl on a small foot."""
    x, y, z = make.length / 2, make.width / 2, make.height
    body = material_for(make.text, "cream ceramic", ("ceramic", "glass", "metal", "wood", "stone", "wicker"))
    shape = [
        (0.44, 0.0),
        (0.44, 0.06),
        (0.78, 0.36),
        (0.95, 0.74),
        (1.0, 1.0),
        (0.94, 1.0),
        (0.86, 0.7),
        (0.66, 0.38),
        (0.0, 0.14),
    ]
    make.add(lathe([(a, b * z) for a, b in shape], body, sides=20, stretch=(x, y)))
    if make.says("fruit"):
        for k, name in enumerate(("mustard", "coral", "olive")):
            angle, size = k * 2.1, 0.3 * min(x, y)
            at = (0.36 * x * math.cos(angle), 0.36 * y * math.sin(angle), 0.62 * z)
            make.add(ball(at, (size, size, min(size, 0.36 * z)), material_for("", f"{name} wax"), 8, 5))


def plate(make: Builder) -> None:
    """A plate, or a tray where the words say so."""
    x, y, z = make.length / 2, make.width / 2, make.height
    body = material_for(make.text, "white ceramic", ("ceramic", "glass", "metal", "wood", "stone", "wicker"))
    if make.says("tray"):
        make.add(*tray((-x, -y, 0.0), (x, y, z), 0.06 * min(make.length, make.width), body, 0.3 * z))
        return
    shape = [(0.6, 0.0), (0.98, 0.85), (1.0, 1.0), (0.66, 0.35), (0.0, 0.3)]
    make.add(lathe([(a, b * z) for a, b in shape], body, sides=24, stretch=(x, y)))


def cup(make: Builder) -> None:
    """A cup with its handle at +x; a glass where the words say so."""
    x, y, z = make.length / 2, make.width / 2, make.height
    body = material_for(make.text, "cream ceramic", ("ceramic", "glass", "metal"))
    handle = 0.0 if make.says("glass", "tumbler") else 0.22 * x
    radius = x - handle
    shape = [(0.72, 0.0), (0.9, 0.3), (1.0, 1.0), (0.9, 1.0), (0.8, 0.3), (0.0, 0.1)]
    make.add(lathe([(a * radius, b * z) for a, b in shape], body, (-handle, 0.0), 16, (1.0, y / radius)))
    if handle:
        at = radius - handle
        thin = 0.3 * handle
        path = [
            (0.9 * at, 0.0, 0.8 * z),
            (x - thin, 0.0, 0.76 * z),
            (x - thin, 0.0, 0.36 * z),
            (0.86 * at, 0.0, 0.26 * z),
        ]
        make.add(tube(path, thin, body, 6))


def book(make: Builder) -> None:
    """Books: one that lies, a pile, or a row that stands, as the box is flat, thick or high."""
    x, y, z = make.length / 2, make.width / 2, make.height
    first = variant_of(make.text, count=len(_COVERS))
    if z > 1.1 * min(make.length, make.width) and z > 0.1:
        count = fitting(make.length, 0.035, 1, 14)
        edges = spread(-x, x, count)
        for k in range(count):
            high = z * (1.0, 0.86, 0.94, 0.8, 0.9)[k % 5]
            _volume(
                make, (edges[k], -y, 0.0), (edges[k + 1], y * (1.0 - 0.12 * (k % 3)), high), first + k, upright=True
            )
        return
    count = fitting(z, 0.04, 1, 6)
    levels = spread(0.0, z, count)
    for k in range(count):
        shrink = 1.0 - 0.07 * k
        shift = 0.03 * x * (-1) ** k * (k > 0)
        _volume(
            make,
            (-shrink * x + shift, -shrink * y, levels[k]),
            (shrink * x + shift, shrink * y, levels[k + 1]),
            first + k,
        )


def _volume(
    make: Builder, low: tuple[float, float, float], high: tuple[float, float, float], number: int, upright: bool = False
) -> None:
    """Add a book: its back at -x where it lies, at +y where it stands."""
    says = make.text if number % len(_COVERS) == variant_of(make.text, count=len(_COVERS)) else ""
    cover = material_for(says, f"{_COVERS[number % len(_COVERS)]} paper", ("leather", "fabric"))
    paper = material_for("", "paper")
    (x0, y0, z0), (x1, y1, z1) = low, high
    if upright:
        thick = 0.12 * (x1 - x0)
        make.add(box((x0, y0, z0), (x0 + thick, y1, z1), cover), box((x1 - thick, y0, z0), (x1, y1, z1), cover))
        make.add(box((x0 + thick, y1 - 0.5 * thick, z0), (x1 - thick, y1, z1), cover))
        make.add(
            box((x0 + thick, y0 + 0.03 * (y1 - y0), z0 + 0.02 * z1), (x1 - thick, y1 - 0.5 * thick, 0.97 * z1), paper)
        )
        return
    thick = 0.13 * (z1 - z0)
    make.add(box((x0, y0, z0), (x1, y1, z0 + thick), cover), box((x0, y0, z1 - thick), (x1, y1, z1), cover))
    make.add(box((x0, y0, z0 + thick), (x0 + 0.5 * thick, y1, z1 - thick), cover))
    inset = 0.03 * (y1 - y0)
    make.add(box((x0 + 0.5 * thick, y0 + inset, z0 + thick), (x1 - inset, y1 - inset, z1 - thick), paper))


def candle(make: Builder) -> None:
    """A candle with a flame; on a holder where it is slender."""
    x, y, z = make.length / 2, make.width / 2, make.height
    wax = material_for(make.text, "wax", "paper")
    low = 0.0
    radius = 0.96
    if z > 2.4 * min(make.length, make.width):
        metal = material_for(make.text, "brass", ("metal", "glass", "ceramic", "wood"))
        shape = [(1.0, 0.0), (0.9, 0.05), (0.25, 0.1), (0.16, 0.26), (0.3, 0.4), (0.5, 0.42), (0.5, 0.47)]
        make.add(lathe([(a, b * z) for a, b in shape], metal, sides=14, stretch=(x, y)))
        low, radius = 0.46 * z, 0.34
    else:
        make.add(lathe([(1.0, 0.0), (1.0, 0.05 * z)], material_for("", "brass"), sides=16, stretch=(x, y)))
        low = 0.04 * z
    top = z - 0.14 * (z - low)
    make.add(lathe([(radius, low), (radius, top), (0.8 * radius, top + 0.005 * z)], wax, sides=14, stretch=(x, y)))
    flame = plain((255.0, 206.0, 120.0), 0.6, 0.95)
    thin = 0.18 * radius
    make.add(lathe([(0.3 * thin, top), (thin, top + 0.4 * (z - top)), (0.0, z)], flame, sides=8, stretch=(x, y)))


def sculpture(make: Builder) -> None:
    """An abstract figure: a ring on a foot of stone; a globe where words name one."""
    if make.says("globe"):
        _globe(make)
        return
    x, y, z = make.length / 2, make.width / 2, make.height
    body = material_for(make.text, "black ceramic", ("ceramic", "metal", "stone", "wood", "glass"))
    stone = material_for("", "marble")
    foot = 0.12 * z
    make.add(box((-0.62 * x, -0.8 * y, 0.0), (0.62 * x, 0.8 * y, foot), stone))
    half = (z - foot) / 2
    angles = np.arange(26) * (2 * math.pi / 26)
    thick = 0.17 + 0.11 * np.sin(angles + 0.8)  # the ring swells to one side
    rings = []
    for out, side in ((-1.0, 0.0), (-0.6, 0.8), (0.6, 0.8), (1.0, 0.0), (0.6, -0.8), (-0.6, -0.8)):
        reach = 0.72 + out * thick
        level = foot + half + reach * half * np.sin(angles)
        rings.append(np.stack([reach * x * np.cos(angles), side * y * (0.5 + 1.6 * thick), level], axis=1))
    ring_of_six = closed_loop(rings, body)
    make.add(replace(ring_of_six, smoothing=np.zeros(len(ring_of_six), np.int32)))


def _globe(make: Builder) -> None:
    """A ball that turns in half a ring, on a round foot."""
    x, y, z = make.length / 2, make.width / 2, make.height
    stand = material_for(make.text, "walnut", ("wood", "metal", "plastic"))
    middle, reach = 0.58 * z, 0.42 * z
    make.add(lathe([(0.6, 0.0), (0.6, 0.05 * z), (0.12, 0.09 * z), (0.12, 0.2 * z)], stand, sides=16, stretch=(x, y)))
    make.add(ball((0.0, 0.0, middle), (0.86 * x, y, 0.86 * reach), plain((104.0, 146.0, 178.0), 0.5)))
    angles = np.linspace(-math.pi / 2, math.pi / 2, 9)
    half = [(0.96 * x * math.cos(a), 0.0, middle + 0.96 * reach * math.sin(a)) for a in angles.tolist()]
    make.add(tube(half, 0.04 * min(x, z), stand, 6))


def basket(make: Builder) -> None:
    """An open basket that widens upwards, with two grips."""
    x, y, z = make.length / 2, make.width / 2, make.height
    wicker = material_for(make.text, "wicker", ("wicker", "fabric", "metal", "plastic", "wood"))
    rim = 0.86 * z
    corner = 0.4 * min(make.length, make.width)
    wall = 0.06
    shape = [(0.78, 0.0), (0.92, 0.5), (0.98, 1.0), (0.98 - wall, 1.0), (0.86 - wall, 0.5), (0.74 - wall, 0.08)]
    make.add(
        loft([rounded((-a * x, -a * y, a * x, a * y), h * rim, a * corner, 4) for a, h in shape], wicker, sharp=(2, 3))
    )
    thin = min(0.012, 0.05 * min(make.length, make.width))
    for side in (-1.0, 1.0):
        at = side * (x - thin)
        path = [
            (at * 0.97, -0.3 * y, 0.9 * rim),
            (at, -0.22 * y, z - thin),
            (at, 0.22 * y, z - thin),
            (at * 0.97, 0.3 * y, 0.9 * rim),
        ]
        make.add(tube(path, thin, wicker, 6))
    make.add(
        rod((0.0, -y, 0.94 * rim), (0.0, -y + 2 * thin, 0.94 * rim), thin, wicker, 6),
        rod((0.0, y - 2 * thin, 0.94 * rim), (0.0, y, 0.94 * rim), thin, wicker, 6),
    )
