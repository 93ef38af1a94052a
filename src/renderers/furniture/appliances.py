"""Machines: for the laundry, for the worktop, for air."""

from __future__ import annotations

import math

from spatialenv.core.mesh import Material
from spatialenv.renderers.furniture.builder import Builder, spread
from spatialenv.renderers.furniture.cooking import DARK_GLASS
from spatialenv.renderers.furniture.kitchen import PLINTH, bar
from spatialenv.renderers.furniture.parts import ball, box, lathe, rod, soft_box, tube, turned
from spatialenv.renderers.furniture.shells import disc, loft, ring, rounded
from spatialenv.renderers.surfaces import Kind, material_for, plain

_BODY: tuple[Kind, ...] = ("metal", "ceramic", "paint", "plastic")
SHINE = plain((120.0, 214.0, 226.0), 0.4, 0.8)


def washing_machine(make: Builder) -> None:
    """A white box with a porthole, a dial, a drawer and a display."""
    _laundry(make, plain((46.0, 52.0, 60.0), 0.1), 0.33)


def clothes_dryer(make: Builder) -> None:
    """As a washing machine, its door wider and pale."""
    _laundry(make, plain((150.0, 160.0, 168.0), 0.2), 0.37)


def _laundry(make: Builder, glass: Material, share: float) -> None:
    x, y, z = make.length / 2, make.width / 2, make.height
    body = material_for(make.text, "enamel", _BODY)
    trim = material_for("", "chrome")
    lip = min(0.05, 0.1 * make.width)
    face = y - lip
    foot = 0.03 * z
    make.add(soft_box((-x, -y, foot), (x, face, z), body, 0.01))
    make.add(box((-0.95 * x, -0.95 * y, 0.0), (0.95 * x, face - 0.5 * lip, foot + 0.01 * z), PLINTH))
    make.add(box((-0.985 * x, face - 0.5 * lip, 0.845 * z), (0.985 * x, face + 0.2 * lip, 0.985 * z), body))
    make.add(box((0.38 * x, face, 0.865 * z), (0.93 * x, face + 0.35 * lip, 0.965 * z), body))
    make.add(box((-0.88 * x, face, 0.885 * z), (-0.42 * x, face + 0.28 * lip, 0.945 * z), DARK_GLASS))
    make.add(box((-0.78 * x, face, 0.9 * z), (-0.62 * x, face + 0.33 * lip, 0.93 * z), SHINE))
    knob = min(0.05 * z, 0.12 * x)
    make.add(disc((0.0, face + 0.4 * lip, 0.915 * z), knob, 0.7 * lip, trim, "y", 14))
    radius = share * min(make.length, 0.8 * z)
    level = 0.45 * z
    make.add(ring((0.0, face + 0.2 * lip, level), radius, 0.74 * radius, 0.7 * lip, trim, "y", 24))
    dome = [(0.78 * radius, -0.3 * lip), (0.72 * radius, 0.4 * lip), (0.45 * radius, 0.8 * lip), (0.0, 0.95 * lip)]
    make.add(turned(lathe(dome, glass, sides=20), "x", -math.pi / 2).placed((0.0, face, level), 0.0))
    make.add(box((-0.98 * radius, face, level - 0.14 * radius), (-0.8 * radius, y, level + 0.14 * radius), PLINTH))


def microwave(make: Builder) -> None:
    """A dark window with a bar, and a strip of buttons under a display."""
    x, y, z = make.length / 2, make.width / 2, make.height
    body = material_for(make.text, "steel", _BODY)
    lip = min(0.04, 0.12 * make.width)
    face = y - 0.6 * lip
    make.add(soft_box((-x, -y, 0.04 * z), (x, face - 0.3 * lip, z), body, 0.008))
    for cx in (-0.8 * x, 0.8 * x):
        make.add(box((cx - 0.06 * x, -0.8 * y, 0.0), (cx + 0.06 * x, 0.7 * y, 0.06 * z), PLINTH))
    split = -0.42 * x  # seen from the front, x runs to the left: buttons on the right
    make.add(box((split + 0.01 * x, face - 0.5 * lip, 0.06 * z), (0.985 * x, face, 0.98 * z), body))
    make.add(box((split + 0.22 * x, face - 0.1 * lip, 0.17 * z), (0.88 * x, face + 0.08 * lip, 0.87 * z), DARK_GLASS))
    make.add(box((-0.985 * x, face - 0.5 * lip, 0.06 * z), (split - 0.01 * x, face, 0.98 * z), DARK_GLASS))
    make.add(box((-0.88 * x, face, 0.78 * z), (split - 0.12 * x, face + 0.06 * lip, 0.9 * z), SHINE))
    keys = plain((150.0, 152.0, 154.0))
    columns = spread(-0.9 * x, split - 0.1 * x, 3)
    for row in range(4):
        low = (0.14 + 0.15 * row) * z
        for left in columns[:-1]:
            wide = 0.7 * (columns[1] - columns[0])
            make.add(
                box((left + 0.02 * x, face, low), (left + 0.02 * x + wide, face + 0.06 * lip, low + 0.09 * z), keys)
            )
    at = split + 0.12 * x
    bar(make, (at, 0.16 * z), (at, 0.88 * z), face, y, 0.3 * lip, material_for("", "chrome"))


def coffee_machine(make: Builder) -> None:
    """A foot, a back with the tank, a head, and a jug of coffee between them."""
    x, y, z = make.length / 2, make.width / 2, make.height
    body = material_for(make.text, "steel", _BODY)
    dark = plain((52.0, 51.0, 52.0), 0.5)
    make.add(soft_box((-x, -y, 0.0), (x, y, 0.12 * z), dark, 0.02))
    make.add(soft_box((-0.96 * x, -y, 0.1 * z), (0.96 * x, -0.25 * y, 0.98 * z), body, 0.02))
    make.add(soft_box((-0.96 * x, -0.6 * y, 0.66 * z), (0.96 * x, 0.86 * y, z), body, 0.03))
    make.add(box((-0.6 * x, 0.8 * y, 0.74 * z), (0.6 * x, 0.885 * y, 0.93 * z), dark))
    make.add(box((0.1 * x, 0.8 * y, 0.81 * z), (0.5 * x, 0.9 * y, 0.89 * z), SHINE))
    for k in range(2):
        make.add(
            disc(
                ((-0.15 - 0.28 * k) * x, 0.89 * y, 0.85 * z),
                0.1 * min(x, z / 2),
                0.04 * y,
                material_for("", "chrome"),
                "y",
                10,
            )
        )
    radius, cy = min(0.62 * x, 0.5 * y), 0.32 * y
    coffee = plain((58.0, 38.0, 28.0), 0.1)
    jug = [(0.86, 0.125), (1.0, 0.2), (1.0, 0.36), (0.98, 0.37)]
    make.add(lathe([(a * radius, b * z) for a, b in jug], coffee, (0.0, cy), 14))
    make.add(
        lathe(
            [(0.97 * radius, 0.37 * z), (0.7 * radius, 0.54 * z)],
            plain((205.0, 222.0, 226.0), 0.1, 0.0, 0.45),
            (0.0, cy),
            14,
        )
    )
    make.add(
        lathe([(0.72 * radius, 0.54 * z), (0.72 * radius, 0.6 * z), (0.5 * radius, 0.62 * z)], dark, (0.0, cy), 14)
    )
    out = cy + radius
    thin = 0.12 * radius
    grip = min(out + 3 * thin, 0.96 * y)
    path = [(out - 2 * thin, 0.54), (grip, 0.5), (grip, 0.3), (out - thin, 0.25)]
    make.add(tube([(0.0, a, b * z) for a, b in path], thin, dark, 6))


def toaster(make: Builder) -> None:
    """A soft block with two slots and a lever at its end."""
    x, y, z = make.length / 2, make.width / 2, make.height
    body = material_for(make.text, "cream ceramic", _BODY)
    dark = plain((50.0, 48.0, 47.0), 0.6)
    make.add(soft_box((-0.96 * x, -y, 0.06 * z), (0.96 * x, y, 0.97 * z), body, 0.3 * min(make.width, z), 2))
    make.add(box((-0.9 * x, -0.8 * y, 0.0), (0.9 * x, 0.8 * y, 0.1 * z), dark))
    for cy in (-0.36 * y, 0.36 * y):
        make.add(box((-0.66 * x, cy - 0.14 * y, 0.9 * z), (0.66 * x, cy + 0.14 * y, 0.976 * z), dark))
        make.add(box((-0.58 * x, cy - 0.09 * y, 0.9 * z), (0.58 * x, cy + 0.09 * y, z), plain((214.0, 164.0, 106.0))))
    make.add(box((-0.97 * x, -0.05 * y, 0.25 * z), (-0.95 * x, 0.05 * y, 0.8 * z), dark))
    make.add(box((-x, -0.18 * y, 0.66 * z), (-0.94 * x, 0.18 * y, 0.76 * z), dark))
    make.add(disc((0.97 * x, 0.0, 0.35 * z), 0.12 * z, 0.06 * x, material_for("", "chrome"), "x", 12))


def kettle(make: Builder) -> None:
    """A round kettle, its spout at +x, its handle at -x."""
    x, y, z = make.length / 2, make.width / 2, make.height
    body = material_for(make.text, "steel", _BODY)
    dark = plain((50.0, 48.0, 47.0), 0.6)
    radius = min(y, 0.62 * x)
    wide = (1.0, y / radius)
    cx = 0.08 * x
    profile = [(0.96, 0.05), (1.0, 0.14), (0.92, 0.5), (0.72, 0.76), (0.6, 0.84)]
    make.add(lathe([(0.9 * radius, 0.0), (0.94 * radius, 0.05 * z)], dark, (cx, 0.0), 18, wide))
    make.add(lathe([(a * radius, b * z) for a, b in profile], body, (cx, 0.0), 18, wide))
    make.add(
        lathe([(0.6 * radius, 0.84 * z), (0.4 * radius, 0.92 * z), (0.1 * radius, 0.93 * z)], dark, (cx, 0.0), 14, wide)
    )
    make.add(ball((cx, 0.0, 0.96 * z), (0.1 * radius, 0.1 * radius, 0.04 * z), dark, 8, 4))
    thin = 0.1 * radius
    make.add(rod((cx + 0.6 * radius, 0.0, 0.52 * z), (x - thin, 0.0, 0.8 * z), 0.2 * radius, body, 8, 0.1 * radius))
    back = -x + thin
    path = [(cx - 0.6 * radius, 0.0, 0.78 * z), (0.5 * back, 0.0, 0.9 * z), (back, 0.0, 0.76 * z), (back, 0.0, 0.4 * z),
            (cx - 0.9 * radius, 0.0, 0.26 * z)]  # fmt: skip
    make.add(tube(path, thin, dark, 6))


def fan(make: Builder) -> None:
    """A fan on a stand: a ring, blades, a foot."""
    x, y, z = make.length / 2, make.width / 2, make.height
    body = material_for(make.text, "white plastic", _BODY)
    dark = plain((110.0, 112.0, 114.0))
    radius = min(x, 0.46 * z)
    level = z - radius
    wide = x / radius
    head = [ring((0.0, shift, 0.0), radius, 0.94 * radius, 0.12 * y, body, "y", 24) for shift in (0.15 * y, 0.72 * y)]
    for k in range(12):
        angle = k * math.pi / 6
        a, b = math.cos(angle), math.sin(angle)
        start = (0.12 * radius * a, 0.85 * y, 0.12 * radius * b)
        head.append(rod(start, (0.96 * radius * a, 0.72 * y, 0.96 * radius * b), 0.012 * radius, body, 4))
    for k in range(4):
        blade = box((-0.17 * radius, -0.02 * y, 0.1 * radius), (0.17 * radius, 0.02 * y, 0.84 * radius), dark)
        blade = turned(turned(blade, "z", 0.6), "y", k * math.pi / 2 + 0.4)
        head.append(blade.placed((0.0, 0.42 * y, 0.0), 0.0))
    head.append(disc((0.0, 0.86 * y, 0.0), 0.16 * radius, 0.1 * y, body, "y", 12))
    head.append(
        turned(
            lathe([(0.16 * radius, -0.5 * y), (0.24 * radius, -0.3 * y), (0.2 * radius, 0.4 * y)], body, sides=12),
            "x",
            -math.pi / 2,
        )
    )
    for part in head:
        make.add(part.placed((0.0, 0.05 * y, level), 0.0))
    make.add(rod((0.0, 0.0, 0.02 * z), (0.0, 0.0, level - 0.05 * radius), 0.05 * radius, body, 8))
    foot = min(0.7 * x, y)
    make.add(lathe([(foot, 0.0), (foot, 0.02 * z), (0.3 * foot, 0.045 * z)], body, sides=20, stretch=(wide, y / foot)))


def heater(make: Builder) -> None:
    """A small machine for air: a soft box with a grille, on a foot."""
    x, y, z = make.length / 2, make.width / 2, make.height
    body = material_for(make.text, "white plastic", _BODY)
    dark = plain((78.0, 80.0, 82.0))
    corner = 0.3 * min(make.length, make.width)
    make.add(loft([rounded((-x, -y, x, 0.8 * y), h * z, corner) for h in (0.03, 0.97, 1.0)], body, sharp=(1,)))
    make.add(box((-0.9 * x + corner, -0.9 * y, 0.0), (0.9 * x - corner, 0.7 * y, 0.05 * z), dark))
    count = 7
    for k in range(count):
        low = (0.12 + 0.09 * k) * z
        make.add(box((corner - x, 0.7 * y, low), (x - corner, y, low + 0.045 * z), dark))
    make.add(box((-0.2 * x, 0.7 * y, 0.82 * z), (0.2 * x, 0.9 * y, 0.88 * z), SHINE))
