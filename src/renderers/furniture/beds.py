"""Beds of every kind; a bed's front is its foot end."""

from __future__ import annotations

from itertools import pairwise

from spatialenv.core.mesh import Material
from spatialenv.renderers.furniture.builder import Builder, fitting, spread
from spatialenv.renderers.furniture.joinery import accent, cover, four_legs, leaning_pillow, legwood, metal, style, wood
from spatialenv.renderers.furniture.parts import box, pillow, rod, soft_box
from spatialenv.renderers.surfaces import material_for

_SOFT = ("linen", "wool", "velvet", "leather", "fabric", "upholstered", "boucle", "padded", "suede", "cotton")


def bed(make: Builder) -> None:
    """A bed: headboard at the back, pillows by its width, a duvet with a throw over the foot."""
    x, y, z = make.length / 2, make.width / 2, make.height
    padded = make.says(*_SOFT)
    frame = cover(make) if padded else wood(make)
    has_posts = make.says("canopy", "poster")
    top = min(0.56, (0.3 if has_posts else 0.74) * z)
    if make.says("mattress"):
        make.add(soft_box((-x, -y, 0.0), (x, y, 0.8 * z), _sheet(make), 0.2 * z))
        _bedding(make, -x, x, -y, y, 0.8 * z, z, 0.0)
        return
    head = min(0.1 if padded else 0.06, 0.05 * make.width)
    low, rail = 0.22 * top, 0.58 * top
    board = min(0.035, 0.04 * make.length)
    crown = min(0.62 * z, top + 0.6) if has_posts else z
    if padded:
        count = fitting(make.length, 0.55, 1, 4)
        edges = spread(-x, x, count)
        for a, b in pairwise(edges):
            make.add(soft_box((a, -y, 0.3 * low), (b, -y + head, crown), frame, 0.35 * head))
    else:
        _headboard(make, frame, head, crown, top)
    make.add(box((-x + 0.01, -y + 0.5 * head, low), (x - 0.01, y - 0.03, rail), frame))
    if style(make) in ("classic", "rustic") and not padded:
        make.add(box((-x + 0.004, y - 0.03 - head, 0.0), (x - 0.004, y - 0.004, 1.05 * top), frame))
    foot = min(0.07, 0.1 * make.length)
    four_legs(make, x - foot, y - foot, low + 0.01, foot, legwood(make) if padded else frame, "square")
    make.add(
        soft_box((-x + board, -y + head, rail - 0.01), (x - board, y - 0.045, top), _sheet(make), 0.2 * (top - rail))
    )
    _bedding(make, -x + 0.012, x - 0.012, -y + head, y - 0.04, top, min(top + 0.22, 0.97 * z), rail)
    if has_posts:
        thick = min(0.06, 0.05 * make.length)
        for sx in (-1, 1):
            for sy in (-1, 1):
                a, b = sx * (x - thick / 2), sy * (y - thick / 2)
                make.add(box((a - thick / 2, b - thick / 2, 0.0), (a + thick / 2, b + thick / 2, z), frame))
            cx = sx * (x - thick / 2)
            make.add(
                box(
                    (cx - 0.4 * thick, -y + 0.2 * thick, z - thick),
                    (cx + 0.4 * thick, y - 0.2 * thick, z - 0.1 * thick),
                    frame,
                )
            )
        for cy in (-y + thick / 2, y - thick / 2):
            make.add(
                box(
                    (-x + 0.2 * thick, cy - 0.35 * thick, z - 0.9 * thick),
                    (x - 0.2 * thick, cy + 0.35 * thick, z - 0.2 * thick),
                    frame,
                )
            )


def _sheet(make: Builder) -> Material:
    return material_for("", "ivory cotton")


def _headboard(make: Builder, frame: Material, head: float, crown: float, top: float) -> None:
    """Add a wooden headboard: plain, or posts with rails and slats."""
    x, y = make.length / 2, make.width / 2
    if style(make) in ("classic", "rustic", "coastal", "industrial") and crown - top > 0.12:
        made = metal(make, "iron") if style(make) == "industrial" else frame
        post = min(0.07, 0.06 * make.length)
        for sx in (-1, 1):
            a = sx * (x - post / 2)
            make.add(box((a - post / 2, -y, 0.0), (a + post / 2, -y + head, 0.97 * crown), made))
        rail = min(0.12, 0.3 * (crown - top))
        make.add(box((-x + 0.01, -y + 0.1 * head, 0.97 * crown - rail), (x - 0.01, -y + 0.9 * head, crown), made))
        make.add(box((-x + 0.02, -y + 0.15 * head, 0.5 * top), (x - 0.02, -y + 0.85 * head, top + 0.02), made))
        for cx in spread(-x + post, x - post, fitting(make.length, 0.22, 3, 9))[1:-1]:
            thin = 0.28 * post
            make.add(box((cx - thin, -y + 0.3 * head, top), (cx + thin, -y + 0.7 * head, crown - 0.5 * rail), made))
        return
    make.add(box((-x, -y, 0.25 * top), (x, -y + head, crown), frame))


def _bedding(
    make: Builder, left: float, right: float, back: float, front: float, top: float, crown: float, low: float
) -> None:
    """Add pillows, a duvet that hangs over the sides, its turned-down end and a throw at the foot."""
    wide, long = right - left, front - back
    deep = min(0.45, 0.24 * long)
    duvet = material_for(make.text, "oatmeal linen", "fabric", trim=True)
    over = min(0.035, 0.3 * (crown - top))
    hang = low + 0.15 * (top - low)
    begin = back + 1.28 * deep
    make.add(soft_box((left, begin, hang), (right, front + 0.02, top + over), duvet, 0.6 * over + 0.02))
    make.add(
        soft_box(
            (left - 0.004, begin - 0.05, top - 0.06),
            (right + 0.004, begin + 0.4 * deep, top + 1.6 * over),
            _sheet(make),
            over,
        )
    )
    throw = (front - 0.36 * (front - begin), front - 0.1 * (front - begin))
    make.add(
        soft_box(
            (left - 0.008, throw[0], hang + 0.3 * (top - hang)),
            (right + 0.008, throw[1], top + 1.35 * over),
            accent(make),
            0.6 * over,
        )
    )
    count = 1 if wide < 1.2 else 2
    each = min(0.75, 0.94 * wide / count)
    rise = min(0.16, 0.8 * (crown - top))
    for k in range(count):
        middle = left + wide * (k + 0.5) / count
        lean = 0.45 if crown - top > 0.15 else 0.1
        size = (each, min(deep, 0.42), rise)
        leaning_pillow(make, (middle, back + deep, top - 0.2 * rise), size, lean, material_for("", "white cotton"))
    if wide > 1.5 and crown - top > 0.15:
        side = min(0.34, 0.8 * deep)
        leaning_pillow(make, ((left + right) / 2, begin - 0.02, top), (1.5 * side, side, 0.4 * side), 0.8, accent(make))


def bunk_bed(make: Builder) -> None:
    """Two beds, one above the other, with rails and a ladder at the foot end."""
    made = wood(make, "pine")
    x, y, z = make.length / 2, make.width / 2, make.height
    post = min(0.075, 0.07 * make.length)
    for sx in (-1, 1):
        for sy in (-1, 1):
            a, b = sx * (x - post / 2), sy * (y - post / 2)
            make.add(box((a - post / 2, b - post / 2, 0.0), (a + post / 2, b + post / 2, z), made))
    is_loft = make.says("loft")
    rail = min(0.14, 0.08 * z)
    for level, guard in ((0.16 * z, 0.0), (0.62 * z, 0.2 * z)):
        if is_loft and not guard:
            continue
        for sx in (-1, 1):
            a = sx * (x - post / 2)
            for low, high in (
                (level, level + rail),
                *(((level + guard, level + guard + 0.6 * rail),) if guard else ()),
            ):
                make.add(box((a - 0.3 * post, -y + 0.3 * post, low), (a + 0.3 * post, y - 0.3 * post, high), made))
        for b in (-y + post / 2, y - post / 2):
            tops = (level + rail, level + guard + 0.6 * rail) if guard else (level + rail,)
            for high in tops:
                make.add(
                    box(
                        (-x + 0.3 * post, b - 0.25 * post, high - 0.9 * rail),
                        (x - 0.3 * post, b + 0.25 * post, high - 0.05 * rail),
                        made,
                    )
                )
        inner = x - 0.85 * post
        mattress = level + rail + 0.05 * z
        make.add(soft_box((-inner, -y + post, level + 0.3 * rail), (inner, y - post, mattress), _sheet(make), 0.02))
        cloth = accent(make) if guard else cover(make, "denim cotton")
        make.add(
            soft_box(
                (-inner - 0.004, -y + 0.38 * make.width, level + 0.6 * rail),
                (inner + 0.004, y - 0.9 * post, mattress + 0.03),
                cloth,
                0.03,
            )
        )
        each = min(0.6, 0.8 * make.length)
        make.add(
            pillow(
                (-each / 2, -y + 1.2 * post, mattress - 0.02),
                (each / 2, -y + 1.2 * post + 0.4, mattress + 0.1),
                material_for("", "white cotton"),
            )
        )
    thin = 0.3 * post
    left, right = x - post - min(0.42, 0.45 * make.length), x - post
    for a in (left + thin, right - thin):
        make.add(box((a - thin, y - 0.3 * post, 0.0), (a + thin, y + 0.2 * post, 0.9 * z), made))
    for level in spread(0.0, 0.62 * z, 5)[1:]:
        make.add(box((left, y - 0.2 * post, level - thin), (right, y + 0.1 * post, level + thin), made))


def crib(make: Builder) -> None:
    """A cot: slatted sides, solid ends, a mattress."""
    made = wood(make, "white lacquer")
    x, y, z = make.length / 2, make.width / 2, make.height
    post = min(0.05, 0.08 * min(make.length, make.width))
    floor, rail = 0.38 * z, 0.06 * z
    for sx in (-1, 1):
        for sy in (-1, 1):
            a, b = sx * (x - post / 2), sy * (y - post / 2)
            make.add(box((a - post / 2, b - post / 2, 0.0), (a + post / 2, b + post / 2, z), made))
    thin = 0.2 * post
    for b in (-y + post / 2, y - post / 2):
        for low in (0.25 * z, z - 1.3 * rail):
            make.add(box((-x + 0.3 * post, b - 0.35 * post, low), (x - 0.3 * post, b + 0.35 * post, low + rail), made))
        for a in spread(-x + post, x - post, fitting(make.length, 0.11, 3, 11))[1:-1]:
            make.add(box((a - thin, b - thin, 0.25 * z + 0.5 * rail), (a + thin, b + thin, z - 0.8 * rail), made))
    for a in (-x + post / 2, x - post / 2):
        for low in (0.25 * z, z - 1.3 * rail):
            make.add(box((a - 0.35 * post, -y + 0.3 * post, low), (a + 0.35 * post, y - 0.3 * post, low + rail), made))
        for b in spread(-y + post, y - post, fitting(make.width, 0.11, 3, 9))[1:-1]:
            make.add(box((a - thin, b - thin, 0.25 * z + 0.5 * rail), (a + thin, b + thin, z - 0.8 * rail), made))
    make.add(box((-x + post, -y + post, 0.29 * z), (x - post, y - post, floor - 0.06 * z), made))
    make.add(
        soft_box((-x + post, -y + post, floor - 0.08 * z), (x - post, y - post, floor + 0.06 * z), _sheet(make), 0.03)
    )
    along_y = make.width > make.length
    cloth = accent(make)
    if along_y:
        make.add(
            soft_box(
                (-x + 0.9 * post, -0.1 * y, floor - 0.02 * z),
                (x - 0.9 * post, y - 0.9 * post, floor + 0.09 * z),
                cloth,
                0.02,
            )
        )
        make.add(
            pillow((-0.6 * x, -y + 1.4 * post, floor + 0.03 * z), (0.6 * x, -0.5 * y, floor + 0.13 * z), _sheet(make))
        )
    else:
        make.add(
            soft_box(
                (-0.1 * x, -y + 0.9 * post, floor - 0.02 * z),
                (x - 0.9 * post, y - 0.9 * post, floor + 0.09 * z),
                cloth,
                0.02,
            )
        )
        make.add(
            pillow((-x + 1.4 * post, -0.6 * y, floor + 0.03 * z), (-0.5 * x, 0.6 * y, floor + 0.13 * z), _sheet(make))
        )


def daybed(make: Builder) -> None:
    """A bed along the wall to sit on: rails at the back and both ends, cushions."""
    made = wood(make)
    x, y, z = make.length / 2, make.width / 2, make.height
    post = min(0.06, 0.06 * make.width)
    top = min(0.46, 0.6 * z)
    base = 0.5 * top
    side = 0.85 * z
    for sx in (-1, 1):
        a = sx * (x - post / 2)
        for b, high in ((-y + post / 2, z), (y - post / 2, side)):
            make.add(box((a - post / 2, b - post / 2, 0.0), (a + post / 2, b + post / 2, high), made))
        make.add(
            box(
                (a - 0.35 * post, -y + 0.2 * post, side - post),
                (a + 0.35 * post, y - 0.2 * post, side - 0.1 * post),
                made,
            )
        )
        for b in spread(-y + post, y - post, fitting(make.width, 0.2, 2, 7))[1:-1]:
            make.add(rod((a, b, base), (a, b, side - 0.5 * post), 0.25 * post, made, 6))
    make.add(
        box(
            (-x + 0.2 * post, -y + 0.15 * post, z - 1.2 * post),
            (x - 0.2 * post, -y + 0.85 * post, z - 0.05 * post),
            made,
        )
    )
    for a in spread(-x + post, x - post, fitting(make.length, 0.22, 3, 10))[1:-1]:
        make.add(rod((a, -y + post / 2, base), (a, -y + post / 2, z - 0.6 * post), 0.25 * post, made, 6))
    make.add(box((-x + 0.25 * post, -y + 0.25 * post, 0.55 * base), (x - 0.25 * post, y - 0.15 * post, base), made))
    cloth = cover(make, "ivory linen")
    make.add(soft_box((-x + post, -y + post, base - 0.01), (x - post, y - 0.2 * post, top), cloth, 0.04))
    each = min(0.48, 0.8 * (z - top) + 0.12)
    count = fitting(make.length, 0.62, 2, 4)
    for k in range(count):
        cx = -x + post + (make.length - 2 * post) * (k + 0.5) / count
        colour = accent(make) if k % 2 else cloth
        leaning_pillow(make, (cx, -y + post + 0.62 * each, top), (each, each, 0.4 * each), 1.2, colour)
