"""Things to play on."""

from __future__ import annotations

from spatialenv.renderers.furniture.builder import Builder
from spatialenv.renderers.furniture.joinery import four_legs, metal, wood
from spatialenv.renderers.furniture.parts import ball, box, lathe, prism, rod
from spatialenv.renderers.surfaces import material_for, plain


def pool_table(make: Builder) -> None:
    """A table to play on: green cloth between wooden rails."""
    made = wood(make, "mahogany")
    x, y, z = make.length / 2, make.width / 2, make.height
    rail = min(0.14, 0.1 * min(make.length, make.width))
    body = 0.32 * z
    felt = material_for("", "#2f7a54 felt")
    make.add(box((-x + 0.3 * rail, -y + 0.3 * rail, z - body), (x - 0.3 * rail, y - 0.3 * rail, z - 0.1 * body), made))
    make.add(
        box((-x + 0.8 * rail, -y + 0.8 * rail, z - 0.4 * body), (x - 0.8 * rail, y - 0.8 * rail, z - 0.06 * body), felt)
    )
    for sx in (-1, 1):
        a, b = sorted((sx * x, sx * (x - rail)))
        make.add(box((a, -y, z - 0.5 * body), (b, y, z), made))
        a, b = sorted((sx * y, sx * (y - rail)))
        make.add(box((-x + 0.5 * rail, a, z - 0.48 * body), (x - 0.5 * rail, b, z - 0.004), made))
    four_legs(make, x - 1.2 * rail, y - 1.2 * rail, z - 0.9 * body, 1.1 * rail, made, "turned")
    for k, (a, b) in enumerate(((0.3, 0.1), (-0.4, -0.2), (0.1, -0.3), (-0.1, 0.3))):
        colour = material_for("", ("white ceramic", "red plastic", "yellow plastic", "blue plastic")[k])
        level = z - 0.06 * body
        make.add(
            lathe(
                [(0.0, level), (0.028, level + 0.02), (0.0, level + 0.05)], colour, (a * make.length, b * make.width), 6
            )
        )


def table_tennis(make: Builder) -> None:
    """A blue table with white lines and a net across its longer side."""
    x, y, z = make.length / 2, make.width / 2, make.height
    top = material_for(make.text, "#2f5d8c paint", "paint")
    white, bars = material_for("", "white paint"), metal(make)
    net = min(0.15, 0.2 * z)
    level, thick = z - net, min(0.03, 0.05 * z)
    line = min(0.02, 0.02 * min(make.length, make.width))
    make.add(box((-x + line, -y + line, level - thick), (x - line, y - line, level), top))
    for sign in (-1, 1):
        a, b = sorted((sign * x, sign * (x - line)))
        make.add(box((a, -y, level - thick), (b, y, level + 0.002), white))
        a, b = sorted((sign * y, sign * (y - line)))
        make.add(box((-x + line, a, level - thick), (x - line, b, level + 0.0016), white))
    if make.length >= make.width:
        make.add(box((-x + line, -line / 4, level - 0.01), (x - line, line / 4, level + 0.0012), white))
        make.add(box((-line / 4, -y + 0.001, level - 0.01), (line / 4, y - 0.001, z), material_for("", "grey canvas")))
    else:
        make.add(box((-line / 4, -y + line, level - 0.01), (line / 4, y - line, level + 0.0012), white))
        make.add(box((-x + 0.001, -line / 4, level - 0.01), (x - 0.001, line / 4, z), material_for("", "grey canvas")))
    leg = min(0.06, 0.06 * min(make.length, make.width))
    four_legs(make, 0.72 * x, 0.72 * y, level - 0.5 * thick, leg, bars, "square")


def arcade_machine(make: Builder) -> None:
    """A tall cabinet with a leaning screen, a lit sign over it and a desk of knobs towards who plays."""
    body = material_for(make.text, "charcoal plastic", ("plastic", "wood", "paint"))
    panel = material_for(make.text, "red plastic", "plastic", trim=True)
    x, y, z = make.length / 2, make.width / 2, make.height
    side = [(-y, 0.0), (0.7 * y, 0.0), (0.7 * y, 0.42 * z), (y, 0.46 * z), (y, 0.52 * z), (0.3 * y, 0.57 * z),
            (0.02 * y, 0.8 * z), (0.6 * y, 0.84 * z), (0.6 * y, z), (-y, z)]  # fmt: skip
    wall = 0.06 * make.length
    for a, b in ((-x, -x + wall), (x - wall, x)):
        make.add(prism(side, a, b, body, "x"))
    inner = [(0.97 * b - 0.02 * y, 0.99 * h if h else 0.02 * z) for b, h in side]
    make.add(prism(inner, -x + 0.9 * wall, x - 0.9 * wall, panel, "x"))
    screen = [(0.26 * y, 0.59 * z), (0.05 * y, 0.765 * z), (0.0, 0.765 * z), (0.2 * y, 0.59 * z)]
    make.add(prism(screen, -x + 2 * wall, x - 2 * wall, plain((70.0, 120.0, 190.0), 0.2, 0.6), "x"))
    sign = plain((250.0, 206.0, 96.0), 0.5, 0.7)
    make.add(box((-x + 1.5 * wall, 0.5 * y, 0.86 * z), (x - 1.5 * wall, 0.595 * y, 0.97 * z), sign))
    desk = 0.535 * z
    for k, name in enumerate(("yellow plastic", "blue plastic", "green plastic")):
        at = (0.1 + 0.22 * k) * x
        make.add(ball((at, 0.72 * y, desk), (0.06 * x, 0.06 * x, 0.02 * z), material_for("", name), 6, 4))
    make.add(rod((-0.4 * x, 0.7 * y, desk - 0.02 * z), (-0.4 * x, 0.7 * y, desk + 0.05 * z), 0.03 * x, metal(make), 6))
    make.add(ball((-0.4 * x, 0.7 * y, desk + 0.055 * z), (0.07 * x, 0.07 * x, 0.018 * z), body, 8, 6))
