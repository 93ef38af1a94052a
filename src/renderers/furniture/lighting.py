"""Lamps: on the floor, on tables, under ceilings, on walls. Their shades shine."""

from __future__ import annotations

import math
from dataclasses import replace

from spatialenv.core.mesh import Material, TriangleMesh
from spatialenv.renderers.furniture.builder import Builder
from spatialenv.renderers.furniture.parts import ball, box, lathe, rod, soft_box, tube, turned
from spatialenv.renderers.furniture.shells import disc
from spatialenv.renderers.surfaces import material_for, plain

BULB = plain((255.0, 240.0, 206.0), 0.6, 0.95)


def floor_lamp(make: Builder) -> None:
    """A pole with a drum shade, three legs in wood, or an arc where the box is long."""
    x, y, z = make.length / 2, make.width / 2, make.height
    metal = _metal(make, "black metal")
    if max(make.length, make.width) > 1.7 * min(make.length, make.width) and z > make.length:
        return _arc(make, metal)
    wood = material_for(make.text, "oak", "wood")
    has_legs = make.says("tripod", "wood", "wooden", "oak", "walnut", "pine", "scandinavian", "coastal")
    span = min(x, y)
    tall = min(0.26 * z, 1.6 * span, 0.42)
    low = z - tall
    make.add(*_shade(make, low, z, (x, y), 0.76))
    thin = min(0.012, 0.08 * span)
    make.add(rod((0.0, 0.0, 0.03 * z), (0.0, 0.0, z - 0.25 * tall), thin, metal, sides=8))
    if has_legs:
        for k in range(3):
            angle = math.pi / 2 + k * 2 * math.pi / 3
            foot = (0.92 * x * math.cos(angle), 0.92 * y * math.sin(angle), 0.0)
            top = (0.1 * x * math.cos(angle), 0.1 * y * math.sin(angle), low)
            make.add(rod(foot, top, min(0.018, 0.1 * span), wood, sides=6))
        make.add(disc((0.0, 0.0, 0.97 * low), 0.2 * span, 0.03 * z, wood, "z", 10))
        return None
    base = min(0.14, 0.8 * span) / span
    foot_high = min(0.025, 0.05 * z)
    profile = [(base, 0.0), (base, 0.6 * foot_high), (0.85 * base, foot_high)]
    make.add(lathe(profile, metal, sides=20, stretch=(x, y)))
    return None


def table_lamp(make: Builder) -> None:
    """A turned or ceramic foot under a shade."""
    x, y, z = make.length / 2, make.width / 2, make.height
    body = material_for(make.text, "ivory ceramic", ("ceramic", "metal", "wood", "glass", "stone"))
    tall = 0.42 * z
    low = z - tall
    span = min(x, y)
    wide = min(0.62, 0.5 * low / span)
    shape = [(0.55, 0.0), (0.55, 0.06), (0.34, 0.12), (0.72, 0.34), (1.0, 0.55), (0.86, 0.76), (0.4, 0.93), (0.22, 1.0)]
    make.add(lathe([(a * wide, b * low * 0.94) for a, b in shape], body, sides=14, stretch=(x, y)))
    metal = material_for("", "brass")
    make.add(rod((0.0, 0.0, 0.9 * low), (0.0, 0.0, low + 0.7 * tall), min(0.01, 0.1 * span), metal, sides=8))
    make.add(*_shade(make, low, z, (x, y), 0.62))


def desk_lamp(make: Builder) -> None:
    """A jointed arm that leans to the back and carries a head to the front; upright ones are table lamps."""
    x, y, z = make.length / 2, make.width / 2, make.height
    if make.says("table", "bedside", "nightstand"):
        return table_lamp(make)
    metal = _metal(make, "black metal")
    joint = _metal(make, "brass")
    span = min(x, y)
    foot = 0.06 * z
    base = min(0.62 * span, 0.12)
    make.add(disc((0.0, -y + 0.62 * y, foot / 2), base, foot, metal, "z", 18))
    thin = min(0.011, 0.07 * span)
    start, elbow, neck = (0.0, -0.38 * y, foot), (0.0, -0.92 * y, 0.58 * z), (0.0, 0.28 * y, 0.93 * z)
    make.add(rod(start, elbow, thin, metal, sides=8), rod(elbow, neck, thin, metal, sides=8))
    for at, size in ((start, 1.9), (elbow, 2.2), (neck, 1.9)):
        make.add(ball(at, (size * thin, size * thin, size * thin), joint, 8, 4))
    head, tall = min(0.5 * make.length, 0.5 * y, 0.1), min(0.24 * z, 0.16)
    profile = [(1.0, 0.0), (0.9, 0.25), (0.42, 0.8), (0.3, 1.0)]
    wide = (x / head, 1.0)
    cone = lathe([(a * head, (b - 0.9) * tall) for a, b in profile], metal, sides=16, stretch=wide)
    glow = disc((0.0, 0.0, -0.885 * tall), 0.88 * head, 0.05 * tall, BULB, "z", 14, wide)
    for part in (cone, glow):
        make.add(turned(part, "x", math.radians(32.0)).placed((0.0, neck[1] + 0.05 * y, neck[2]), 0.0))
    return None


def ceiling_lamp(make: Builder) -> None:
    """A flat drum under the ceiling, or a dome that hangs from a cord where the box is high."""
    x, y, z = make.length / 2, make.width / 2, make.height
    metal = _metal(make, "black metal")
    if z < 0.55 * min(make.length, make.width):
        make.add(lathe([(0.9, 0.8 * z), (0.98, 0.82 * z), (0.98, z)], metal, sides=24, stretch=(x, y)))
        glow = _glow(make, "white linen", 0.75)
        make.add(
            lathe(
                [(0.0, 0.0), (0.6, 0.03 * z), (0.93, 0.16 * z), (1.0, 0.4 * z), (0.96, 0.82 * z)],
                glow,
                sides=24,
                stretch=(x, y),
            )
        )
        return None
    if max(make.length, make.width) > 1.8 * min(make.length, make.width):
        return _linear(make, metal)
    dome = min(0.62 * z, 1.1 * min(x, y))
    profile = [(0.94, 0.02), (1.0, 0.0), (0.97, 0.25), (0.8, 0.6), (0.5, 0.85), (0.14, 0.97), (0.12, 1.12)]
    make.add(lathe([(a, max(b, 0.0) * dome) for a, b in profile], metal, sides=20, stretch=(x, y)))
    make.add(lathe([(0.0, -0.0), (0.9, 0.018 * dome), (0.9, 0.05 * dome)], BULB, sides=16, stretch=(x, y)))
    cord = min(0.006, 0.05 * min(x, y))
    make.add(rod((0.0, 0.0, dome), (0.0, 0.0, z), cord, plain((44.0, 43.0, 43.0)), sides=6))
    make.add(lathe([(0.22, 0.94 * z), (0.22, z)], metal, sides=12, stretch=(x, y)))
    return None


def _linear(make: Builder, metal: Material) -> None:
    """A long bar that hangs from two cords and shines downwards."""
    x, y, z = make.length / 2, make.width / 2, make.height
    tall = min(0.09, 0.3 * z)
    cord = min(0.004, 0.05 * min(x, y))
    make.add(box((-x, -y, 0.1 * tall), (x, y, tall), metal))
    make.add(box((-0.97 * x, -0.86 * y, 0.0), (0.97 * x, 0.86 * y, 0.2 * tall), BULB))
    is_long = make.length > make.width
    for side in (-0.6, 0.6):
        at = (side * x, 0.0) if is_long else (0.0, side * y)
        make.add(rod((*at, 0.5 * tall), (*at, 0.98 * z), cord, metal, 6))
    reach = (0.7 * x, min(0.8 * y, 0.05)) if is_long else (min(0.8 * x, 0.05), 0.7 * y)
    make.add(box((-reach[0], -reach[1], 0.96 * z), (reach[0], reach[1], z), metal))


def chandelier(make: Builder) -> None:
    """Arms about a stem, a candle bulb on each."""
    x, y, z = make.length / 2, make.width / 2, make.height
    metal = _metal(make, "brass")
    thin = min(0.012, 0.05 * min(x, y))
    hub = 0.2 * z
    hanging = ((0.02, 0.0), (0.1, 0.05), (0.16, 0.14), (0.08, 0.26), (0.05, 0.34))
    make.add(lathe([(a * min(x, y), b * z) for a, b in hanging], metal, sides=12))
    make.add(rod((0.0, 0.0, 0.3 * z), (0.0, 0.0, z), 0.8 * thin, metal, sides=6))
    make.add(lathe([(0.14, 0.95 * z), (0.18, z)], metal, sides=12, stretch=(x, y)))
    count = 6 if max(make.length, make.width) < 0.9 else 8
    for k in range(count):
        angle = (k + 0.5) * 2 * math.pi / count
        a, b = math.cos(angle), math.sin(angle)
        cup = min(0.05, 0.16 * min(x, y))
        ex, ey = a * (x - cup), b * (y - cup)
        path = [
            (0.1 * ex, 0.1 * ey, hub),
            (0.45 * ex, 0.45 * ey, 0.06 * z),
            (0.82 * ex, 0.82 * ey, 0.12 * z),
            (ex, ey, 0.26 * z),
        ]
        make.add(tube(path, thin, metal, 5))
        make.add(lathe([(0.3 * cup, 0.25 * z), (cup, 0.28 * z), (cup, 0.3 * z)], metal, (ex, ey), 8))
        make.add(rod((ex, ey, 0.29 * z), (ex, ey, 0.44 * z), 0.42 * cup, plain((244.0, 240.0, 230.0)), sides=6))
        make.add(ball((ex, ey, 0.5 * z), (0.4 * cup, 0.4 * cup, 0.08 * z), BULB, 6, 4))


def wall_lamp(make: Builder) -> None:
    """A plate on the wall, an arm, and a shade in front of it."""
    x, y, z = make.length / 2, make.width / 2, make.height
    metal = _metal(make, "brass")
    plate = min(0.02, 0.12 * make.width)
    make.add(soft_box((-0.5 * x, -y, 0.12 * z), (0.5 * x, -y + plate, 0.62 * z), metal, 0.01))
    thin = min(0.009, 0.06 * make.length, 0.06 * z)
    cy = y - min(x, 0.6 * y)
    out = y - cy
    path = [(0.0, -y + plate, 0.35 * z), (0.0, 0.5 * (cy - y), 0.24 * z), (0.0, cy, 0.26 * z), (0.0, cy, 0.6 * z)]
    make.add(tube(path, thin, metal, 6))
    make.add(lathe([(0.0, 0.19 * z), (0.24, 0.2 * z), (0.24, 0.3 * z)], metal, (0.0, cy), 10, (x, out)))
    for part in _shade(make, 0.42 * z, z, (x, out), 0.72):
        make.add(part.placed((0.0, cy, 0.0), 0.0))
    make.add(rod((0.0, -y, 0.0), (0.0, -y + 2 * thin, 0.14 * z), thin, metal, sides=6))


def _arc(make: Builder, metal: Material) -> None:
    """A heavy foot at one end, a bow, and a dome at the other."""
    turn = make.length < make.width
    x, y, z = make.length / 2, make.width / 2, make.height
    reach, side = (y, x) if turn else (x, y)
    dome = min(side, 0.34 * reach, 0.2)
    foot = min(0.95 * side, 0.3 * reach, 0.17)
    stone = material_for(make.text, "marble", "stone", trim=True)
    weight = lathe([(foot, 0.0), (foot, 0.03 * z), (0.9 * foot, 0.035 * z)], stone, (foot - reach, 0.0), 18)
    parts: list[TriangleMesh] = [weight]
    low, high = 0.64 * z, 0.02 * z
    start, stop = foot - reach, reach - dome
    path = [(start, 0.0, high)]
    for step in range(9):
        angle = math.pi * step / 8
        path.append(
            (start + (stop - start) * (1 - math.cos(angle)) / 2, 0.0, low + (0.99 * z - low) * math.sin(angle) ** 0.8)
        )
    thin = min(0.012, 0.06 * side)
    parts.append(tube(path, thin, metal, 6))
    tall = 0.9 * dome
    profile = [(1.0, -0.8), (0.97, -0.5), (0.72, -0.1), (0.2, 0.12), (0.1, 0.3)]
    parts.append(lathe([(a * dome, low + b * tall) for a, b in profile], metal, (stop, 0.0), 18))
    parts.append(disc((stop, 0.0, low - 0.81 * tall), 0.9 * dome, 0.04 * tall, BULB, "z", 14))
    for part in parts:
        make.add(turned(part, "z", math.pi / 2) if turn else part)
    thick = min(0.004, 0.02 * side)
    for end in (-1.0, 1.0):
        at = end * (side - thick)
        bit = lathe([(thick, 0.0), (thick, 0.01 * z)], metal, (start, at), 4)
        make.add(turned(bit, "z", math.pi / 2) if turn else bit)


def _shade(make: Builder, low: float, high: float, half: tuple[float, float], narrow: float) -> list[TriangleMesh]:
    """Return a shade of cloth that shines: a cone, hollow from below and from above."""
    cloth = _glow(make, "ivory linen", 0.42)
    wall, deep = 0.03, high - 0.3 * (high - low)
    profile = [(0.0, deep), (1.0 - wall, low), (1.0, low), (narrow, high), (narrow - wall, high), (0.0, deep)]
    return [lathe(profile, cloth, sides=20, stretch=half)]


def _glow(make: Builder, default: str, emission: float) -> Material:
    return replace(
        material_for(make.text, default, ("fabric", "paper", "glass", "wicker"), trim=True),
        emission=emission,
        opacity=1.0,
    )


def _metal(make: Builder, default: str) -> Material:
    return material_for(make.text, default, "metal")
