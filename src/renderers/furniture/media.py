"""Screens, sound and paper: televisions, computers, speakers, printers."""

from __future__ import annotations

import math
from itertools import pairwise

from spatialenv.core.mesh import Material
from spatialenv.renderers.furniture.builder import Builder, spread
from spatialenv.renderers.furniture.parts import box, lathe, rod, soft_box, taper, turned
from spatialenv.renderers.furniture.pictures import screen_texture
from spatialenv.renderers.furniture.shells import disc, loft, picture, ring, rounded
from spatialenv.renderers.surfaces import material_for, plain

BLACK = plain((40.0, 41.0, 44.0), 0.4)


def television(make: Builder) -> None:
    """A flat screen that glows; on two feet where the box is deep enough to stand, else for the wall."""
    x, y, z = make.length / 2, make.width / 2, make.height
    metal = material_for(make.text, "black metal", "metal", trim=True)
    stands = make.width > 0.1
    low = min(0.09, 0.14 * z) if stands else 0.0
    thick = min(0.05, make.width)
    front = min(0.5 * thick, y) if stands else y
    back = front - thick if stands else -y
    edge = min(0.012, 0.03 * z)
    make.add(box((-x, front - 0.55 * (front - back), low), (x, front - 0.06 * (front - back), z), BLACK))
    make.add(box((-0.6 * x, back, low + 0.15 * z), (0.6 * x, front - 0.4 * (front - back), 0.75 * z), BLACK))
    make.add(
        picture(
            (-x + edge, front - 0.3 * (front - back), low + 2 * edge),
            (x - edge, front, z - edge),
            _screen("film"),
            BLACK,
        )
    )
    if stands:
        for cx in (-0.62 * x, 0.62 * x):
            thin = min(0.02, 0.03 * make.length)
            make.add(
                taper(
                    (cx - thin, -y, cx + thin, y),
                    (cx - thin, back, cx + thin, front - 0.1 * thick),
                    0.0,
                    low * 1.15,
                    metal,
                )
            )


def monitor(make: Builder) -> None:
    """A screen on a neck and a foot."""
    x, y, z = make.length / 2, make.width / 2, make.height
    metal = material_for(make.text, "black metal", ("metal", "plastic"), trim=True)
    low = 0.22 * z
    front = 0.35 * y
    thick = min(0.05, 0.4 * make.width)
    edge = min(0.01, 0.03 * z)
    make.add(box((-x, front - thick, low), (x, front - 0.1 * thick, z), BLACK))
    make.add(
        picture((-x + edge, front - 0.5 * thick, low + 2 * edge), (x - edge, front, z - edge), _screen("desk"), BLACK)
    )
    make.add(box((-0.1 * x, -0.55 * y, 0.02 * z), (0.1 * x, -0.25 * y, 0.6 * z), metal))
    make.add(box((-0.12 * x, -0.4 * y, 0.45 * z), (0.12 * x, front - 0.9 * thick, 0.62 * z), metal))
    foot = min(0.5 * x, 0.16)
    make.add(soft_box((-foot, -y, 0.0), (foot, y, 0.035 * z), metal, 0.01))


def laptop(make: Builder) -> None:
    """An open laptop, its screen towards +y over the keys."""
    x, y, z = make.length / 2, make.width / 2, make.height
    metal = material_for(make.text, "aluminium", ("metal", "plastic"))
    thick = min(0.018, 0.12 * z)
    make.add(soft_box((-x, -0.55 * y, 0.0), (x, y, thick), metal, 0.3 * thick))
    make.add(box((-0.88 * x, -0.38 * y, 0.5 * thick), (0.88 * x, 0.38 * y, 1.06 * thick), BLACK))
    keys = plain((74.0, 75.0, 78.0))
    rows, lines = spread(-0.36 * y, 0.36 * y, 4), spread(-0.86 * x, 0.86 * x, 10)
    for low, high in pairwise(rows):
        for left, right in pairwise(lines):
            make.add(
                box((left + 0.015 * x, low + 0.02 * y, thick), (right - 0.015 * x, high - 0.02 * y, 1.25 * thick), keys)
            )
    pad = plain((176.0, 178.0, 180.0), 0.5)
    make.add(box((-0.3 * x, 0.48 * y, 0.5 * thick), (0.3 * x, 0.9 * y, 1.04 * thick), pad))
    tall = math.hypot(z - thick, 0.42 * make.width / 2)
    lean = math.atan2(0.45 * y, z - thick)
    edge = 0.03 * make.length
    lid = [
        box((-x, -0.7 * thick, 0.0), (x, -0.02 * thick, tall), metal),
        box((-0.985 * x, -0.4 * thick, 0.015 * tall), (0.985 * x, 0.1 * thick, 0.985 * tall), BLACK),
        picture((-x + edge, -0.2 * thick, edge), (x - edge, 0.2 * thick, tall - 0.8 * edge), _screen("desk"), BLACK),
    ]
    for part in lid:
        make.add(turned(part, "x", lean).placed((0.0, -0.53 * y, 0.6 * thick), 0.0))


def computer(make: Builder) -> None:
    """A computer's case: a glass side at +x, fans in front."""
    x, y, z = make.length / 2, make.width / 2, make.height
    body = material_for(make.text, "black metal", ("metal", "plastic"))
    make.add(box((-x, -y, 0.03 * z), (x, 0.96 * y, z), body))
    make.add(box((-0.8 * x, 0.9 * y, 0.08 * z), (0.8 * x, y, 0.95 * z), BLACK))
    for k in range(3):
        level = (0.22 + 0.28 * k) * z
        radius = min(0.62 * x, 0.12 * z)
        make.add(ring((0.0, y, level), radius, 0.8 * radius, 0.04 * y, plain((120.0, 196.0, 226.0), 0.4, 0.7), "y", 14))
    for cy in (-0.7 * y, 0.7 * y):
        make.add(box((-0.8 * x, cy - 0.1 * y, 0.0), (0.8 * x, cy + 0.1 * y, 0.04 * z), BLACK))


def speaker(make: Builder) -> None:
    """A box with two cones behind a dark front."""
    x, y, z = make.length / 2, make.width / 2, make.height
    wood = material_for(make.text, "walnut", ("wood", "plastic", "metal", "paint"))
    make.add(box((-x, -y, 0.0), (x, 0.93 * y, z), wood))
    make.add(box((-0.93 * x, 0.85 * y, 0.03 * z), (0.93 * x, 0.97 * y, 0.97 * z), BLACK))
    rim, cone = plain((120.0, 122.0, 124.0), 0.4), plain((72.0, 73.0, 76.0))
    for level, share in ((0.34, 0.7), (0.76, 0.42)):
        radius = min(share * x, share * 0.36 * z)
        make.add(ring((0.0, 0.97 * y, level * z), radius, 0.86 * radius, 0.06 * y, rim, "y", 18))
        make.add(disc((0.0, 0.96 * y, level * z), 0.88 * radius, 0.05 * y, cone, "y", 18))
        make.add(disc((0.0, 0.97 * y, level * z), 0.3 * radius, 0.05 * y, rim, "y", 12))


def printer(make: Builder) -> None:
    """A soft box with a sheet above and one in front."""
    x, y, z = make.length / 2, make.width / 2, make.height
    body = material_for(make.text, "white plastic", ("plastic", "metal", "paint"))
    paper = material_for("", "paper")
    low = 0.74 * z
    make.add(soft_box((-x, -y, 0.0), (x, 0.72 * y, low), body, 0.12 * z))
    make.add(box((-0.94 * x, 0.6 * y, 0.5 * low), (0.94 * x, 0.76 * y, 0.9 * low), BLACK))
    make.add(
        box((0.3 * x, 0.7 * y, 0.62 * low), (0.8 * x, 0.78 * y, 0.82 * low), plain((120.0, 214.0, 226.0), 0.4, 0.8))
    )
    make.add(box((-0.75 * x, 0.5 * y, 0.18 * low), (0.75 * x, y, 0.24 * low), BLACK))
    make.add(box((-0.62 * x, 0.5 * y, 0.23 * low), (0.62 * x, 0.95 * y, 0.27 * low), paper))
    make.add(box((-0.7 * x, -0.9 * y, 0.9 * low), (0.7 * x, -0.5 * y, 1.02 * low), BLACK))
    make.add(
        turned(box((-0.6 * x, -0.02 * y, -0.4 * low), (0.6 * x, 0.02 * y, z - low), paper), "x", 0.2).placed(
            (0.0, -0.7 * y, low), 0.0
        )
    )


def game_console(make: Builder) -> None:
    """A flat box with a line of light."""
    x, y, z = make.length / 2, make.width / 2, make.height
    body = material_for(make.text, "black plastic", ("plastic", "metal"))
    make.add(loft([rounded((-x, -y, x, 0.97 * y), h * z, 0.1 * min(x, y)) for h in (0.0, 0.44)], body))
    make.add(
        box((-0.97 * x, -0.97 * y, 0.4 * z), (0.97 * x, 0.95 * y, 0.56 * z), plain((110.0, 180.0, 230.0), 0.4, 0.7))
    )
    make.add(loft([rounded((-x, -y, x, y), h * z, 0.1 * min(x, y)) for h in (0.52, 1.0)], body))


def telephone(make: Builder) -> None:
    """A telephone with its handset across."""
    x, y, z = make.length / 2, make.width / 2, make.height
    body = material_for(make.text, "black plastic", ("plastic", "metal", "ceramic"))
    make.add(taper((-0.9 * x, -y, 0.9 * x, y), (-0.6 * x, -0.8 * y, 0.6 * x, 0.2 * y), 0.0, 0.6 * z, body))
    dial = lathe([(0.34 * x, 0.0), (0.34 * x, 0.08 * z)], plain((228.0, 224.0, 214.0)), sides=14)
    make.add(turned(dial, "x", -0.45).placed((0.0, 0.3 * y, 0.4 * z), 0.0))
    make.add(rod((-0.8 * x, -0.3 * y, 0.85 * z), (0.8 * x, -0.3 * y, 0.85 * z), 0.15 * z, body, 8))
    for cx in (-0.78 * x, 0.78 * x):
        make.add(lathe([(0.24 * x, 0.56 * z), (0.18 * x, 0.9 * z)], body, (cx, -0.3 * y), 10))


def _screen(kind: str) -> Material:
    return Material((255.0, 255.0, 255.0), screen_texture(kind), roughness=0.2, emission=0.7)
