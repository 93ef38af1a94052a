"""What things are kept in or hung on beside cabinets: safes, chests, racks."""

from __future__ import annotations

from spatialenv.renderers.furniture.builder import Builder, fitting
from spatialenv.renderers.furniture.joinery import accent, four_legs, metal, style, wood
from spatialenv.renderers.furniture.parts import ball, box, prism, rod, soft_box
from spatialenv.renderers.surfaces import material_for


def safe(make: Builder) -> None:
    """A strongbox with a thick door, a dial and a handle."""
    made = material_for(make.text, "charcoal metal", ("metal", "paint"))
    x, y, z = make.length / 2, make.width / 2, make.height
    edge = 0.8 * y
    grip = metal(make, "steel")
    make.add(soft_box((-x, -y, 0.0), (x, edge, z), made, 0.05 * min(x, y, z)))
    make.add(
        soft_box((-0.84 * x, edge - 0.1 * y, 0.09 * z), (0.84 * x, edge + 0.07 * y, 0.91 * z), made, 0.03 * min(x, z))
    )
    dial = 0.16 * min(x, z)
    make.add(rod((0.1 * x, edge, 0.62 * z), (0.1 * x, y, 0.62 * z), dial, grip, 12, end_radius=0.8 * dial))
    make.add(rod((0.1 * x, edge, 0.38 * z), (0.1 * x, 0.97 * y, 0.38 * z), 0.5 * dial, grip, 8))
    make.add(box((-0.3 * x, 0.92 * y, 0.36 * z), (0.14 * x, 0.98 * y, 0.4 * z), grip))
    for level in (0.22 * z, 0.7 * z):
        make.add(rod((-0.9 * x, edge, level), (-0.9 * x, edge, level + 0.1 * z), 0.06 * x, grip, 6))


def toy_box(make: Builder) -> None:
    """A chest with a lid that opens to the front."""
    made = wood(make, "pine")
    x, y, z = make.length / 2, make.width / 2, make.height
    lid = 0.2 * z
    rim = min(0.012, 0.03 * min(make.length, make.width))
    edge = y - min(0.02, 0.06 * make.width)
    is_trunk = make.says("trunk", "treasure") or style(make) in ("classic", "industrial")
    make.add(box((-x + rim, -y + rim, 0.05 * z), (x - rim, edge - rim, z - 0.96 * lid), made))
    if is_trunk:
        side = [(-y, z - lid), (edge, z - lid), (edge, z - 0.5 * lid), (0.6 * edge, z - 0.1 * lid), (0.0, z),
                (-0.6 * y, z - 0.1 * lid), (-y, z - 0.5 * lid)]  # fmt: skip
        make.add(prism(side, -x, x, made, "x"))
    else:
        make.add(soft_box((-x, -y, z - lid), (x, edge, z), made, 0.25 * lid))
    bands = metal(make, "brass") if is_trunk else material_for("", "dark walnut")
    for cx in (-0.62 * x, 0.62 * x):
        make.add(
            box((cx - 0.05 * x, edge - 2 * rim, 0.05 * z), (cx + 0.05 * x, edge - 0.3 * rim, z - 0.97 * lid), bands)
        )
    make.add(box((-0.1 * x, edge - 2 * rim, z - 1.5 * lid), (0.1 * x, y, z - 0.6 * lid), metal(make, "brass")))
    foot = min(0.06, 0.1 * make.length)
    four_legs(make, x - foot, min(y, edge) - foot - rim, 0.06 * z, foot, made if not is_trunk else bands, "square")
    if make.says("toy"):
        for k, cx in enumerate((-0.4 * x, 0.0, 0.4 * x)):
            colour = material_for("", ("red paint", "yellow paint", "blue paint")[k])
            half = min(0.12 * x, 0.16 * z)
            make.add(
                box(
                    (cx - half, edge - 2 * rim, 0.36 * z - half), (cx + half, edge - 0.5 * rim, 0.36 * z + half), colour
                )
            )


def coat_rack(make: Builder) -> None:
    """A stand with hooks; a rail with clothes on it where it is wide."""
    x, y, z = make.length / 2, make.width / 2, make.height
    made = wood(make, "walnut")
    if make.length > 0.7 or make.says("clothe", "clothes", "garment", "rail"):
        bars = metal(make)
        thick = min(0.016, 0.03 * min(make.length, make.width))
        for sx in (-1, 1):
            cx = sx * (x - thick)
            make.add(rod((cx, 0.0, 0.02 * z), (cx, 0.0, z), thick, bars, 8))
            make.add(rod((cx, -y, thick), (cx, y, thick), thick, bars, 8))
        make.add(rod((-x, 0.0, z - thick), (x, 0.0, z - thick), thick, bars, 8))
        make.add(box((-x + thick, -0.5 * y, 0.1 * z), (x - thick, 0.5 * y, 0.115 * z), made))
        names = ("navy wool", "oatmeal linen", "rust cotton", "charcoal wool", "sage linen")
        for k in range(fitting(0.6 * make.length, 0.11, 2, 9)):
            at = -0.75 * x + 1.3 * x * (k + 0.5) / fitting(0.6 * make.length, 0.11, 2, 9)
            low = z * (0.32 + 0.08 * (k % 3))
            cloth = material_for("", names[k % 5])
            shape = [
                (-0.75 * y, low),
                (0.75 * y, low),
                (0.85 * y, 0.85 * z),
                (0.1 * y, 0.94 * z),
                (-0.1 * y, 0.94 * z),
                (-0.85 * y, 0.85 * z),
            ]
            make.add(prism(shape, at - 0.012, at + 0.014, cloth, "x"))
        return
    stem = min(0.03, 0.12 * min(make.length, make.width))
    make.add(rod((0.0, 0.0, 0.0), (0.0, 0.0, 0.97 * z), stem, made, 8, end_radius=0.7 * stem))
    make.add(ball((0.0, 0.0, 0.97 * z), (stem, stem, 0.03 * z), made, 8, 6))
    for sx, sy in ((1, 1), (-1, 1), (1, -1), (-1, -1)):
        make.add(rod((sx * 0.92 * x, sy * 0.92 * y, stem), (0.0, 0.0, 0.16 * z), 0.7 * stem, made, 6))
        for level, reach in ((0.82 * z, 0.72), (0.6 * z, 0.45)):
            tip = (sx * reach * x, sy * reach * y, level + 0.09 * z)
            make.add(rod((0.0, 0.0, level), tip, 0.45 * stem, made, 6))
            make.add(ball(tip, (0.7 * stem, 0.7 * stem, 0.7 * stem), made, 6, 4))
    make.add(
        prism(
            [(0.05 * x, 0.38 * z), (0.6 * x, 0.36 * z), (0.55 * x, 0.84 * z), (0.42 * x, 0.88 * z), (0.2 * x, 0.8 * z)],
            0.25 * y,
            0.5 * y,
            accent(make),
            "y",
        )
    )


def shoe_rack(make: Builder) -> None:
    """Add an open rack of slatted shelves with shoes."""
    made = wood(make)
    x, y, z = make.length / 2, make.width / 2, make.height
    thick = min(0.03, 0.06 * make.length)
    for cx in (-x + thick / 2, x - thick / 2):
        for cy in (-y + thick / 2, y - thick / 2):
            make.add(box((cx - thick / 2, cy - thick / 2, 0.0), (cx + thick / 2, cy + thick / 2, z), made))
    rows = fitting(z, 0.25, 2, 6)
    for row in range(rows):
        level = 0.08 * z + 0.9 * z * row / max(rows - 1, 1)
        make.add(
            box(
                (-x + 0.3 * thick, -y + 0.2 * thick, level - 0.01),
                (x - 0.3 * thick, y - 0.2 * thick, level + 0.012),
                made,
            )
        )
        if row == rows - 1:
            break
        tall = min(0.11, 0.5 * z / rows)
        count = fitting(make.length - 2 * thick, 0.13, 2, 8)
        for k in range(count):
            if (k // 2 + row) % 3 == 2:
                continue
            cx = -x + 1.5 * thick + (make.length - 3 * thick) * (k + 0.5) / count
            colour = material_for(
                "", ("#3c3a3a leather", "white canvas", "cognac leather", "navy canvas")[(k // 2 + row) % 4]
            )
            shoe = [
                (-0.7 * y, level),
                (0.9 * y, level),
                (0.9 * y, level + 0.35 * tall),
                (0.2 * y, level + 0.9 * tall),
                (-0.7 * y, level + tall),
            ]
            half = 0.34 * (make.length - 3 * thick) / count
            make.add(prism(shoe, cx - half, cx + half, colour, "x"))
