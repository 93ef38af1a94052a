"""Machines of the kitchen: cookers, ovens, hoods, dishwashers, fridges."""

from __future__ import annotations

from spatialenv.core.mesh import Material
from spatialenv.renderers.furniture.builder import Builder
from spatialenv.renderers.furniture.kitchen import PLINTH, bar
from spatialenv.renderers.furniture.parts import Rectangle, box, rod, taper
from spatialenv.renderers.furniture.shells import ring
from spatialenv.renderers.surfaces import material_for, plain

DARK_GLASS = plain((38.0, 40.0, 44.0), 0.1)


def stove(make: Builder) -> None:
    """A cooker: a glass hob with four rings, knobs, an oven door with a window."""
    x, y, z = make.length / 2, make.width / 2, make.height
    body = material_for(make.text, "steel", ("metal", "ceramic", "paint", "plastic"))
    grip = material_for("", "steel")
    lip = min(0.05, 0.1 * make.width)
    guard = min(0.06, 0.07 * z)
    top = z - guard
    make.add(box((-x, -y, 0.06 * z), (x, y - lip, 0.985 * top), body))
    make.add(box((-0.94 * x, -0.97 * y, 0.0), (0.94 * x, y - 2 * lip, 0.07 * z), PLINTH))
    make.add(box((-x, -y, 0.985 * top), (x, y - 0.4 * lip, top), DARK_GLASS))
    make.add(box((-x, -y, top), (x, -y + 0.5 * lip, z), body))
    hob(make, (-x, -y + lip, x, y - lip), top, lip)
    panel = 0.84 * top
    make.add(box((-x, y - 1.2 * lip, panel), (x, y - 0.5 * lip, 0.975 * top), body))
    knob = min(0.022, 0.05 * (0.975 * top - panel) * 5, 0.03 * make.length)
    for k in range(5):
        at = (-0.72 + 0.36 * k) * x
        level = (panel + 0.975 * top) / 2
        make.add(rod((at, y - 0.55 * lip, level), (at, y, level), knob, grip, sides=8))
    oven_door(make, (-0.97 * x, 0.25 * top, 0.97 * x, panel - 0.02 * top), y, lip, body, grip)
    make.add(box((-0.97 * x, y - 1.2 * lip, 0.09 * top), (0.97 * x, y - 0.5 * lip, 0.235 * top), body))


def oven(make: Builder) -> None:
    """A built-in oven: a control strip with a display and two knobs over a door with a window."""
    x, y, z = make.length / 2, make.width / 2, make.height
    body = material_for(make.text, "steel", ("metal", "ceramic", "paint", "plastic"))
    grip = material_for("", "steel")
    lip = min(0.05, 0.1 * make.width)
    make.add(box((-x, -y, 0.0), (x, y - lip, z), body))
    strip = 0.82 * z
    make.add(box((-x, y - lip, strip), (x, y - 0.5 * lip, z), DARK_GLASS))
    shine = plain((120.0, 214.0, 226.0), 0.4, 0.8)
    make.add(box((-0.2 * x, y - 0.6 * lip, strip + 0.06 * z), (0.2 * x, y - 0.45 * lip, strip + 0.12 * z), shine))
    for at in (-0.7 * x, 0.7 * x):
        middle = strip + 0.09 * z
        make.add(rod((at, y - 0.6 * lip, middle), (at, y, middle), min(0.03 * z, 0.1 * x), grip, sides=10))
    oven_door(make, (-x, 0.02 * z, x, strip - 0.02 * z), y, lip, body, grip)


def hob(make: Builder, area: Rectangle, z: float, thick: float) -> None:
    """Add four rings of a hob to a level `z` within an area."""
    x0, y0, x1, y1 = area
    mark = plain((128.0, 128.0, 130.0), 0.4)
    for k in range(4):
        right, front = k % 2, k // 2
        cx = x0 + (0.27 + 0.46 * right) * (x1 - x0)
        cy = y0 + (0.27 + 0.46 * front) * (y1 - y0)
        radius = (0.19 if right == front else 0.15) * min(x1 - x0, y1 - y0)
        make.add(ring((cx, cy, z), radius, 0.82 * radius, 0.06 * thick, mark, "z", 16))


def oven_door(make: Builder, area: Rectangle, front: float, lip: float, body: Material, grip: Material) -> None:
    """Add a door with a dark window and a bar across; its area is least x, z, greatest x, z."""
    x0, z0, x1, z1 = area
    wide, tall = x1 - x0, z1 - z0
    face = front - 0.5 * lip
    make.add(box((x0, front - 1.2 * lip, z0), (x1, face, z1), body))
    make.add(
        box(
            (x0 + 0.12 * wide, face - 0.2 * lip, z0 + 0.16 * tall),
            (x1 - 0.12 * wide, face + 0.06 * lip, z1 - 0.24 * tall),
            DARK_GLASS,
        )
    )
    level, thin = z1 - 0.12 * tall, min(0.2 * lip, 0.03 * tall)
    bar(make, (x0 + 0.1 * wide, level), (x1 - 0.1 * wide, level), face, front, thin, grip)


def range_hood(make: Builder) -> None:
    """A hood that narrows to a chimney."""
    x, y, z = make.length / 2, make.width / 2, make.height
    steel = material_for(make.text, "steel", ("metal", "wood", "paint", "ceramic"))
    rim, shoulder = min(0.06, 0.15 * z), 0.45 * z
    slot = min(0.15, 0.3 * x)
    depth = min(0.28, 0.5 * make.width)
    make.add(box((-x, -y, 0.12 * rim), (x, y, rim), steel))
    make.add(box((-0.9 * x, -0.9 * y, 0.0), (0.9 * x, 0.9 * y, 0.2 * rim), PLINTH))
    make.add(taper((-x, -y, x, y), (-slot, -y, slot, -y + depth), rim, shoulder, steel))
    make.add(box((-slot, -y, shoulder), (slot, -y + depth, z), steel))


def dishwasher(make: Builder) -> None:
    """A front with a control strip and a bar, over a plinth."""
    x, y, z = make.length / 2, make.width / 2, make.height
    body = material_for(make.text, "steel", ("metal", "ceramic", "paint", "plastic", "wood"))
    lip = min(0.05, 0.1 * make.width)
    make.add(box((-x, -y, 0.1 * z), (x, y - lip, z), body))
    make.add(box((-0.97 * x, -0.97 * y, 0.0), (0.97 * x, y - 1.6 * lip, 0.1 * z), PLINTH))
    make.add(box((-0.985 * x, y - 1.1 * lip, 0.115 * z), (0.985 * x, y - 0.45 * lip, 0.865 * z), body))
    make.add(box((-0.985 * x, y - 1.1 * lip, 0.88 * z), (0.985 * x, y - 0.45 * lip, 0.985 * z), DARK_GLASS))
    shine = plain((120.0, 214.0, 226.0), 0.4, 0.8)
    make.add(box((0.5 * x, y - 0.5 * lip, 0.92 * z), (0.8 * x, y - 0.4 * lip, 0.95 * z), shine))
    bar(
        make, (-0.75 * x, 0.8 * z), (0.75 * x, 0.8 * z), y - 0.45 * lip, y, min(0.2 * lip, 0.02 * z),
        material_for("", "steel"),
    )  # fmt: skip


def fridge(make: Builder) -> None:
    """A fridge: a door over a freezer drawer, or two doors side by side where it is wide."""
    x, y, z = make.length / 2, make.width / 2, make.height
    body = material_for(make.text, "steel", ("metal", "ceramic", "paint", "plastic", "wood"))
    grip = material_for("", "chrome")
    lip = min(0.05, 0.08 * make.width)
    foot = min(0.06, 0.05 * z)
    face = y - 0.6 * lip
    make.add(box((-x, -y, foot), (x, face - 1.6 * lip, z), body))
    make.add(box((-0.96 * x, -0.96 * y, 0.0), (0.96 * x, face - 2 * lip, foot), PLINTH))
    make.add(box((-0.97 * x, face - 2 * lip, 1.2 * foot), (0.97 * x, face - lip, 0.985 * z), PLINTH))
    gap = min(0.004, 0.01 * make.length)
    if z < 1.0:
        doors = [(-x, foot, x, z, 1)]
    elif make.length > 0.85:
        split = 0.36 * z
        doors = [(-x, split, 0.0, z, 1), (0.0, split, x, z, -1), (-x, foot, x, split, 0)]
    else:
        split = 0.36 * z
        doors = [(-x, split, x, z, 1), (-x, foot, x, split, 1)]
    for x0, z0, x1, z1, side in doors:
        make.add(box((x0 + gap, face - 1.3 * lip, z0 + gap), (x1 - gap, face, z1 - gap), body))
        thin = min(0.25 * lip, 0.03 * make.length)
        if side:
            at = x1 - 0.08 * make.length if side > 0 else x0 + 0.08 * make.length
            low, high = z0 + 0.12 * (z1 - z0), z0 + 0.55 * (z1 - z0)
            if z1 < 0.5 * z:
                low, high = z0 + 0.5 * (z1 - z0), z0 + 0.9 * (z1 - z0)
            bar(make, (at, low), (at, high), face, y, thin, grip)
        else:
            level = z1 - 0.15 * (z1 - z0)
            bar(make, (x0 + 0.15 * (x1 - x0), level), (x1 - 0.15 * (x1 - x0), level), face, y, thin, grip)
