"""Plants in pots: a bush, a palm or a tree, by their proportions and words."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from spatialenv.core.mesh import Colour, Material, TriangleMesh
from spatialenv.renderers.furniture.builder import Builder
from spatialenv.renderers.furniture.parts import ball, lathe, rod, tube
from spatialenv.renderers.furniture.pictures import variant_of
from spatialenv.renderers.furniture.shells import sheet
from spatialenv.renderers.surfaces import material_for

_GREENS: tuple[tuple[Colour, Colour], ...] = (
    ((76, 122, 70), (108, 152, 84)),
    ((58, 104, 76), (92, 136, 96)),
    ((94, 128, 68), (136, 162, 92)),
)


def house_plant(make: Builder) -> None:
    """A pot with leaves: broad ones on a low plant, a crown on a tall one, fronds for a palm, pads for a cactus."""
    z = make.height
    span = min(make.length, make.width)
    seed = variant_of(make.text, round(z, 2), count=997)
    pot_high = min(0.34 * z, 0.9 * span, 0.42)
    if make.says("cactus", "succulent"):
        pot_high = min(0.4 * z, 0.8 * span)
    wide = 0.5 * min(0.66, 0.75 * pot_high / span + 0.2)
    _pot(make, pot_high, wide)
    dark, pale = (_leaf_material(colour) for colour in _GREENS[seed % len(_GREENS)])
    if make.says("cactus"):
        return _cactus(make, pot_high, wide)
    if make.says("palm", "fern", "kentia", "areca"):
        return _fronds(make, pot_high, seed, dark, pale)
    if make.says("tree", "fig", "ficus", "olive", "bonsai") or (z > 2.4 * span and z > 0.9):
        return _tree(make, pot_high, seed, dark, pale)
    return _bush(make, pot_high, seed, dark, pale)


def flowers(make: Builder) -> None:
    """Cut flowers in a vase."""
    x, y, z = make.length / 2, make.width / 2, make.height
    vase = material_for(make.text, "glass", ("ceramic", "glass", "metal", "stone"))
    profile = [(0.5, 0.0), (0.62, 0.12), (0.42, 0.32), (0.36, 0.4), (0.46, 0.44), (0.38, 0.44), (0.0, 0.1)]
    make.add(lathe([(0.7 * a, b * z) for a, b in profile], vase, sides=14, stretch=(x, y)))
    rng = np.random.default_rng(variant_of(make.text, count=997))
    green = _leaf_material(_GREENS[0][0])
    petals = [material_for(make.text, f"{name} linen", "fabric") for name in ("blush", "coral", "cream")]
    for k in range(9):
        angle = k * 2.4 + rng.uniform(-0.2, 0.2)
        share = 0.2 + 0.64 * (k / 8)
        top = (share * x * math.cos(angle), share * y * math.sin(angle), z * (0.93 - 0.3 * share**2))
        make.add(rod((0.0, 0.0, 0.3 * z), top, 0.01 * z, green, 4))
        size = 0.16 * min(make.length, make.width)
        make.add(ball(top, (size, size, min(0.7 * size, 0.07 * z)), petals[k % 3], 7, 4))


def _leaf_material(colour: Colour) -> Material:
    return replace(material_for("", "leaves"), colour=colour, double_sided=True)


def _pot(make: Builder, high: float, wide: float) -> None:
    pot = material_for(make.text, "white ceramic", ("ceramic", "metal", "wicker", "stone", "wood", "plastic", "glass"))
    shape = [(0.74, 0.0), (0.92, 0.75), (0.96, 0.78), (1.0, 1.0), (0.88, 1.0), (0.84, 0.86), (0.0, 0.86)]
    make.add(lathe([(a * wide, b * high) for a, b in shape], pot, sides=12, stretch=(make.length, make.width)))
    soil = material_for("", "soil")
    mound = [(0.86 * wide, 0.8 * high), (0.86 * wide, 0.88 * high), (0.0, 0.92 * high)]
    make.add(lathe(mound, soil, sides=10, stretch=(make.length, make.width)))


def _leaf(
    start: tuple[float, float, float], angle: float, reach: float, rise: float, droop: float, broad: float,
    material: Material, shape: tuple[float, ...] = (0.25, 0.9, 1.0, 0.62, 0.03),
) -> TriangleMesh:  # fmt: skip
    """Return a leaf that rises from a point and bends down, folded along its rib.

    Args:
        start: Where it begins.
        angle: Its direction seen from above.
        reach: How far it goes level.
        rise: How far it goes up before it bends.
        droop: How far its tip falls below its highest.
        broad: Half its greatest width.
        material: Double-sided.
        shape: Half widths from the stem to the tip, as shares of `broad`.
    """
    along = np.linspace(0.0, 1.0, len(shape))
    a, b = math.cos(angle), math.sin(angle)
    level = reach * along
    up = rise * np.sin(along * math.pi / 2) - droop * along**2
    half = broad * np.array(shape)
    grid = np.empty((3, len(shape), 3))
    for row, side in enumerate((-1.0, 0.0, 1.0)):
        grid[row, :, 0] = start[0] + a * level - side * b * half
        grid[row, :, 1] = start[1] + b * level + side * a * half
        grid[row, :, 2] = start[2] + up + 0.28 * abs(side) * half
    return sheet(grid, material)


def _bush(make: Builder, low: float, seed: int, dark: Material, pale: Material) -> None:
    rng = np.random.default_rng(seed)
    x, y, z = make.length / 2, make.width / 2, make.height
    tall = z - low
    count = 22
    for k in range(count):
        share = k / (count - 1)
        angle = k * 2.39996 + rng.uniform(-0.25, 0.25)
        out = (0.98 - 0.5 * share**1.5) * rng.uniform(0.85, 1.0)
        reach = out * math.hypot(x * math.cos(angle), y * math.sin(angle))
        top = tall * (0.30 + 0.72 * share)
        droop = top * (0.55 - 0.45 * share)
        broad = min(0.17 * (x + y), 0.24 * tall) * (1.0 - 0.25 * share)
        material = dark if rng.random() < 0.55 else pale
        make.add(
            _leaf(
                (0.0, 0.0, 0.85 * low), angle, reach, top, droop, broad, material, (0.05, 0.22, 0.9, 0.95, 0.55, 0.03)
            )
        )


def _fronds(make: Builder, low: float, seed: int, dark: Material, pale: Material) -> None:
    rng = np.random.default_rng(seed)
    x, y, z = make.length / 2, make.width / 2, make.height
    tall = z - low
    for k in range(22):
        share = k / 21
        angle = k * 2.39996 + rng.uniform(-0.2, 0.2)
        reach = (1.0 - 0.6 * share**2) * math.hypot(x * math.cos(angle), y * math.sin(angle))
        top = tall * (0.62 + 0.42 * share)
        droop = top * (0.62 - 0.5 * share)
        broad = min(0.11 * (x + y), 0.09 * tall)
        shape = (0.08, 0.3, 0.85, 1.0, 0.8, 0.5, 0.04)
        make.add(_leaf((0.0, 0.0, 0.85 * low), angle, reach, top, droop, broad, dark if k % 3 else pale, shape))


def _tree(make: Builder, low: float, seed: int, dark: Material, pale: Material) -> None:
    rng = np.random.default_rng(seed)
    x, y, z = make.length / 2, make.width / 2, make.height
    bark = material_for("", "dark oak")
    tall = z - low
    thin = min(0.02, 0.06 * (x + y))
    lean = 0.06 * x
    path = [
        (0.0, 0.0, 0.8 * low),
        (lean, 0.0, low + 0.3 * tall),
        (-lean, 0.3 * lean, low + 0.62 * tall),
        (0.0, 0.0, low + 0.8 * tall),
    ]
    make.add(tube(path, thin, bark, 6))
    count = 30
    for k in range(count):
        share = k / (count - 1)
        angle = k * 2.39996 + rng.uniform(-0.3, 0.3)
        level = low + tall * (0.40 + 0.42 * share)
        swell = math.sin(math.pi * (0.22 + 0.68 * share)) ** 0.7
        reach = swell * rng.uniform(0.72, 1.0) * math.hypot(x * math.cos(angle), y * math.sin(angle))
        rise = tall * rng.uniform(0.10, 0.18)
        droop = rise * (0.95 - 0.7 * share) + 0.02 * tall
        broad = min(0.2 * (x + y), 0.12 * tall)
        make.add(
            _leaf(
                (0.0, 0.0, level),
                angle,
                reach,
                rise,
                droop,
                broad,
                dark if rng.random() < 0.6 else pale,
                (0.05, 0.3, 1.0, 0.75, 0.03),
            )
        )


def _cactus(make: Builder, low: float, wide: float) -> None:
    x, z = make.length / 2, make.height
    green = replace(material_for("", "leaves"), colour=(96.0, 134.0, 92.0))
    radius = min(0.3 * make.length, 0.3 * make.width, wide * make.length)
    column = [
        (0.9, 0.8 * low),
        (1.0, low + 0.3 * (z - low)),
        (0.96, low + 0.75 * (z - low)),
        (0.6, z - 0.04 * (z - low)),
        (0.0, z),
    ]
    make.add(lathe([(a * radius, b) for a, b in column], green, sides=12))
    for side, level in ((-1.0, 0.35), (1.0, 0.5)):
        h = low + level * (z - low)
        arm = 0.42 * radius
        end = side * (x - arm)
        make.add(
            tube(
                [(0.0, 0.0, h), (0.8 * end, 0.0, h), (end, 0.0, h + 0.06 * z), (end, 0.0, h + 0.3 * (z - low))],
                arm,
                green,
                8,
            )
        )
        make.add(ball((end, 0.0, h + 0.3 * (z - low)), (arm, arm, arm), green, 8, 4))
