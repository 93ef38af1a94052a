"""Bathrooms: toilets, basins, baths, showers, towels, laundry."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np

from spatialenv.core.placed import FloatArray
from spatialenv.renderers.furniture.builder import Builder, fitting, spread
from spatialenv.renderers.furniture.kitchen import faucet
from spatialenv.renderers.furniture.parts import box, rod, soft_box
from spatialenv.renderers.furniture.shells import closed_loop, disc, loft, rounded
from spatialenv.renderers.surfaces import material_for, plain

WATER = plain((188.0, 214.0, 224.0), 0.05)
_CERAMIC = ("ceramic", "stone", "plastic")


def toilet(make: Builder) -> None:
    """A bowl with its seat, the lid up against the cistern."""
    x, y, z = make.length / 2, make.width / 2, make.height
    white = material_for(make.text, "ceramic", _CERAMIC)
    seat_material = material_for("", "white plastic")
    tank = min(0.2, 0.27 * make.width)
    seat = min(0.45 * z, 0.5) if z < 1.3 else 0.42
    wide = min(0.23, 0.44 * make.length)
    middle, deep = (y + (-y + tank)) / 2 + 0.01, (2 * y - tank) / 2 - 0.01
    if z > 1.25 * seat:
        low = seat + 0.02 * z
        make.add(soft_box((-x, -y, low), (x, -y + tank, 0.955 * z), white, 0.025))
        make.add(soft_box((-x, -y, 0.95 * z), (x, -y + 1.04 * tank, 0.99 * z), white, 0.012))
        make.add(
            disc((0.0, -y + tank / 2, 0.99 * z), min(0.024, 0.2 * tank), 0.02 * z, material_for("", "chrome"), "z", 12)
        )
        make.add(soft_box((-0.62 * wide, -y + 0.01, 0.0), (0.62 * wide, middle, 0.55 * seat), white, 0.03))
        make.add(box((-0.75 * wide, -y + 0.01, 0.5 * seat), (0.75 * wide, -y + 1.05 * tank, low + 0.01 * z), white))
        lid_y = -y + tank + 0.045 * make.width
        top = min(seat + 2 * deep * 0.92, 0.93 * z)
        lid = [_oval(0.0, (seat + top) / 2, wide, (top - seat) / 2, lid_y + shift) for shift in (-0.012, 0.012)]
        make.add(loft([ring[:, [0, 2, 1]] * (-1, 1, 1) for ring in lid], seat_material, sharp=(1,)))
    bowl = [(0.50, 0.62, 0.0), (0.46, 0.58, 0.25), (0.62, 0.72, 0.55), (0.96, 0.97, 0.9), (1.0, 1.0, 0.97)]
    rings = [
        _oval(0.0, middle - 0.12 * deep * (1 - c), a * wide, b * deep * (0.86 + 0.14 * c), c * seat * 0.96)
        for a, b, c in bowl
    ]
    rings += [
        _oval(0.0, middle, 0.62 * wide, 0.72 * deep, 0.93 * seat),
        _oval(0.0, middle - 0.1 * deep, 0.4 * wide, 0.4 * deep, 0.6 * seat),
    ]
    make.add(loft(rings, white, sharp=(5,)))
    make.add(
        loft([_oval(0.0, middle - 0.05 * deep, 0.5 * wide, 0.52 * deep, h * seat) for h in (0.62, 0.72)], WATER, (1,))
    )
    make.add(closed_loop([
        _oval(0.0, middle, a * wide, b * deep, h) for a, b, h in (
            (0.64, 0.70, 0.95 * seat), (1.0, 1.0, 0.95 * seat), (1.02, 1.01, 0.995 * seat), (0.62, 0.69, seat)
        )
    ], seat_material))  # fmt: skip


def bidet(make: Builder) -> None:
    """A low oval basin with a tap at its back."""
    y, z = make.width / 2, make.height
    white = material_for(make.text, "ceramic", _CERAMIC)
    rim = 0.78 * z
    wide = make.length / 2
    bowl = [(0.58, 0.7, 0.0), (0.55, 0.68, 0.2), (0.7, 0.8, 0.55), (0.97, 0.98, 0.9), (1.0, 1.0, 0.98)]
    rings = [_oval(0.0, 0.0, a * wide, b * y, c * rim) for a, b, c in bowl]
    rings += [_oval(0.0, 0.08 * y, 0.72 * wide, 0.74 * y, rim), _oval(0.0, 0.08 * y, 0.5 * wide, 0.5 * y, 0.62 * rim)]
    make.add(loft(rings, white, sharp=(5,)))
    make.add(box((-0.8 * wide, -y, 0.1 * rim), (0.8 * wide, -0.6 * y, 0.97 * rim), white))
    faucet(make, (0.0, -0.82 * y, 0.97 * rim), z - 0.97 * rim, 0.55 * y, material_for("", "chrome"))


def washbasin(make: Builder) -> None:
    """A basin on a cabinet, on a pedestal, or alone on the wall or a top, as size and words say."""
    x, y, z = make.length / 2, make.width / 2, make.height
    white = material_for(make.text, "ceramic", _CERAMIC)
    tap = min(0.16, 0.2 * z)
    rim = z - tap
    has_cabinet = z > 0.55 and (make.length > 0.68 or make.says("vanity", "cabinet", "oak", "walnut", "pine", "wood"))
    bowl = min(0.16, 0.3 * rim) if z > 0.45 else rim
    low = rim - bowl
    deck = min(0.13, 0.28 * make.width)
    corner = 0.3 * min(make.length, make.width)
    if has_cabinet:
        wood = material_for(make.text, "oak", ("wood", "paint", "plastic"))
        foot = 0.16 * rim
        front = y - 0.05 * make.width
        dark = plain((70.0, 68.0, 66.0))
        make.add(box((-x, -y, foot), (x, front - 0.03, low), wood))
        make.add(box((-0.99 * x, front - 0.05, foot + 0.004), (0.99 * x, front - 0.028, low - 0.004), dark))
        make.add(box((-0.94 * x, -0.94 * y, 0.0), (0.94 * x, front - 0.12 * make.width, foot), dark))
        columns = spread(-x, x, fitting(make.length, 0.6))
        middle = (foot + low) / 2
        for left, right in pairwise(columns):
            for bottom, top in ((foot, middle), (middle, low)):
                make.add(box((left + 0.004, front - 0.04, bottom + 0.004), (right - 0.004, front, top - 0.004), wood))
                half, at = 0.16 * (right - left), (left + right) / 2
                level = top - 0.22 * (top - bottom)
                make.add(box((at - half, front - 0.01, level - 0.006), (at + half, front + 0.02, level + 0.006),
                             material_for(make.text, "black metal", "metal", trim=True)))  # fmt: skip
        corner = 0.08 * min(make.length, make.width)
    elif z > 0.55:
        stem = min(0.1, 0.3 * make.length)
        back = -y + 0.1 * make.width
        column = [(1.0, 0.0), (0.78, 0.12 * rim), (0.72, 0.6 * rim), (1.1, low + 0.4 * bowl)]
        make.add(
            loft([rounded((-a * stem, back, a * stem, back + 2 * a * stem), h, 0.6 * stem) for a, h in column], white)
        )
    shape = [(0.9 if not has_cabinet else 1.0, low), (1.0, low + (0.5 if not has_cabinet else 0.05) * bowl), (1.0, rim)]
    outer = [rounded((-a * x, -y, a * x, y * (2 * a - 1)), h, corner) for a, h in shape]
    side = min(0.06, 0.1 * make.length)
    half = min(x - side, 0.3) if has_cabinet else x - side
    hole = (-half, -y + deck, half, y - 0.6 * side)
    inner = 0.4 * min(hole[2] - hole[0], hole[3] - hole[1])
    foot_hole = (0.7 * hole[0], hole[1] + 0.2 * y, 0.7 * hole[2], hole[3] - 0.2 * y)
    make.add(
        loft([*outer, rounded(hole, rim, inner), rounded(foot_hole, low + 0.25 * bowl, inner)], white, sharp=(1, 2, 3))
    )
    chrome = material_for(make.text, "chrome", "metal", trim=True)
    make.add(disc((0.0, (hole[1] + hole[3]) / 2, low + 0.25 * bowl), min(0.025, 0.1 * y), 0.01, chrome, "z", 10))
    faucet(make, (0.0, -y + 0.5 * deck, rim), tap, min(0.14, 0.35 * make.width), chrome)


def bathtub(make: Builder) -> None:
    """A hollow bath, its tap at one end; free-standing ones are oval, others have a flat front."""
    x, y, z = make.length / 2, make.width / 2, make.height
    white = material_for(make.text, "ceramic", (*_CERAMIC, "metal"))
    chrome = material_for(make.text, "chrome", "metal", trim=True)
    is_free = make.says("freestanding", "free", "standing", "clawfoot", "classic", "oval", "soaking")
    tap = min(0.12, 0.18 * z)
    rim = z - tap
    edge = min(0.07, 0.1 * make.width)
    if is_free:
        outer = [_oval(0.0, 0.0, a * x, a * y, h * rim, 28, 2.6) for a, h in
                 ((0.70, 0.0), (0.84, 0.25), (0.93, 0.7), (1.0, 0.97), (0.995, 1.0))]  # fmt: skip
        inner = [_oval(0.0, 0.0, a * x, a * y - 0.2 * edge, h * rim, 28, 2.6) for a, h in
                 ((1 - 0.7 * edge / y, 1.0), (0.8, 0.5), (0.62, 0.16))]  # fmt: skip
        make.add(loft([*outer, *inner], white, sharp=(5,)))
    else:
        levels = ((edge, edge, 1.0), (edge + 0.06 * x, edge + 0.06 * y, 0.5), (edge + 0.14 * x, edge + 0.14 * y, 0.18))
        inner = [rounded((a - x, b - y, x - a, y - b), h * rim, 0.45 * y, 5) for a, b, h in levels]
        outer = [rounded((-x, -y, x, y), h, 0.02, 5) for h in (0.0, rim)]
        make.add(loft([*outer, *inner], white, sharp=(1, 2)))
    water = 0.2 * rim
    make.add(disc((0.3 * x, 0.0, water), min(0.03, 0.1 * y), 0.02, chrome, "z", 10))
    reach = min(0.14, 0.3 * make.length)
    make.add(rod((x - 0.5 * edge, 0.0, 0.97 * rim), (x - 0.5 * edge, 0.0, z), min(0.016, 0.1 * y), chrome, sides=8))
    make.add(
        rod(
            (x - 0.4 * edge, 0.0, z - 0.2 * tap),
            (x - edge - reach, 0.0, z - 0.4 * tap),
            min(0.013, 0.09 * y),
            chrome,
            sides=8,
        )
    )
    for side in (-1.0, 1.0):
        at = side * min(0.09, 0.4 * y)
        make.add(
            rod(
                (x - 0.5 * edge, at, 0.97 * rim),
                (x - 0.5 * edge, at, z - 0.45 * tap),
                min(0.018, 0.1 * y),
                chrome,
                sides=8,
            )
        )


def shower(make: Builder) -> None:
    """A tray with glass on three sides, a door in front, a shower head at the back."""
    x, y, z = make.length / 2, make.width / 2, make.height
    white = material_for("", "ceramic")
    metal = material_for(make.text, "chrome", "metal", trim=True)
    glass = material_for(make.text, "glass", "glass", trim=True)
    foot = min(0.08, 0.1 * z)
    edge = min(0.05, 0.1 * min(make.length, make.width))
    outer = [rounded((-x, -y, x, y), h, 0.5 * edge) for h in (0.0, foot)]
    inner = [rounded((-x + edge, -y + edge, x - edge, y - edge), h * foot, edge) for h in (1.0, 0.5)]
    make.add(loft([*outer, *inner], white, sharp=(1, 2, 3)))
    make.add(disc((0.0, 0.0, 0.5 * foot), min(0.05, 0.2 * x), 0.2 * foot, metal, "z", 12))
    thin = min(0.012, 0.1 * edge * 3)
    post = 0.35 * edge
    for cx in (-x + post, x - post):
        for cy in (-y + post, y - post):
            make.add(box((cx - post, cy - post, 0.97 * foot), (cx + post, cy + post, z), metal))
    for level in (foot, z - 1.4 * post):
        for cx in (-x + post, x - post):
            make.add(box((cx - 0.7 * post, -y + post, level), (cx + 0.7 * post, y - post, level + 1.2 * post), metal))
        make.add(box((-x + post, y - 1.7 * post, level), (x - post, y - 0.3 * post, level + 1.2 * post), metal))
    make.add(
        box(
            (-x + 2 * post, -y, foot),
            (x - 2 * post, -y + 1.2 * post, z - 0.2 * post),
            material_for(make.text, "white metro", "stone", trim=True),
        )
    )
    for cx in (-x + post, x - post):
        make.add(box((cx - thin / 2, -y + 2 * post, foot), (cx + thin / 2, y - 2 * post, z - post), glass))
    make.add(box((-x + 2 * post, y - post - thin / 2, foot), (x - 2 * post, y - post + thin / 2, z - post), glass))
    grip = min(0.2, 0.15 * z)
    make.add(
        rod(
            (0.55 * x, y - 0.3 * post, 0.48 * z),
            (0.55 * x, y - 0.3 * post, 0.48 * z + grip),
            0.3 * post,
            metal,
            sides=8,
        )
    )
    back = -y + 2.4 * post
    head = min(0.11, 0.3 * x)
    make.add(rod((0.0, back, 0.45 * z), (0.0, back, 0.93 * z), 0.4 * post, metal, sides=8))
    make.add(rod((0.0, back, 0.93 * z), (0.0, back + 0.55 * y, 0.95 * z), 0.4 * post, metal, sides=8))
    make.add(disc((0.0, back + 0.55 * y, 0.93 * z), head, 0.012 * z, metal, "z", 16))
    make.add(rod((-0.12 * x, back, 0.5 * z), (0.12 * x, back, 0.5 * z), 0.9 * post, metal, sides=8))


def towel_rail(make: Builder) -> None:
    """A ladder of rods with two towels."""
    x, y, z = make.length / 2, make.width / 2, make.height
    metal = material_for(make.text, "chrome", "metal", trim=True)
    post = min(0.018, 0.06 * make.length, 0.25 * make.width)
    for cx in (-x + post, x - post):
        make.add(rod((cx, -0.2 * y, 0.0), (cx, -0.2 * y, z), post, metal, sides=8))
        for level in (0.1 * z, 0.9 * z):
            make.add(rod((cx, -y, level), (cx, -0.2 * y, level), 0.7 * post, metal, sides=6))
    count = fitting(z, 0.14, 2, 10)
    levels = spread(0.06 * z, 0.94 * z, count)
    for level in levels:
        make.add(rod((-x + post, -0.2 * y, level), (x - post, -0.2 * y, level), 0.55 * post, metal, sides=6))
    cloth = material_for(make.text, "white cotton", "fabric")
    second = material_for(make.text, "sage cotton", "fabric")
    for top, long, look, inset in (
        (levels[-1], 0.42 * z, cloth, 0.14),
        (levels[len(levels) // 2], 0.3 * z, second, 0.22),
    ):
        bottom = max(top - long, 0.02 * z)
        half = (1 - inset) * x - post
        make.add(
            soft_box(
                (-half, -0.75 * y, bottom),
                (half, y * (1.0 if look is cloth else 0.9), top + post),
                look,
                0.3 * make.width,
            )
        )


def laundry_hamper(make: Builder) -> None:
    """A basket that narrows towards its foot, with a lid and two grips."""
    x, y, z = make.length / 2, make.width / 2, make.height
    wicker = material_for(make.text, "wicker", ("wicker", "fabric", "plastic", "wood", "metal"))
    trim = material_for("", "oatmeal linen")
    corner = 0.35 * min(make.length, make.width)
    body = [(0.86, 0.0), (0.93, 0.45), (0.96, 0.88)]
    make.add(loft([rounded((-a * x, -a * y, a * x, a * y), h * z, a * corner) for a, h in body], wicker))
    band = [(0.965, 0.80), (0.985, 0.81), (0.99, 0.885), (0.97, 0.89)]
    make.add(loft([rounded((-a * x, -a * y, a * x, a * y), h * z, a * corner) for a, h in band], trim))
    lid = [(1.0, 0.885), (1.0, 0.945), (0.9, 0.985)]
    make.add(loft([rounded((-a * x, -a * y, a * x, a * y), h * z, a * corner) for a, h in lid], wicker, sharp=(1,)))
    make.add(box((-0.18 * x, -0.08 * y, 0.98 * z), (0.18 * x, 0.08 * y, z), material_for("", "leather")))


def _oval(cx: float, cy: float, rx: float, ry: float, z: float, sides: int = 20, power: float = 2.0) -> FloatArray:
    """Return points around an oval, counter-clockwise; a greater `power` is nearer to a rectangle."""
    angles = (np.arange(sides) + 0.5) * (2 * math.pi / sides)
    a, b = np.cos(angles), np.sin(angles)
    out = (np.abs(a) ** power + np.abs(b) ** power) ** (-1 / power)
    return np.stack([cx + rx * a * out, cy + ry * b * out, np.full(sides, z)], axis=1)
