"""Seats for one without much padding: chairs, stools, office chairs, rocking chairs."""

from __future__ import annotations

import math

from spatialenv.core.mesh import Material
from spatialenv.renderers.furniture.builder import Builder, spread
from spatialenv.renderers.furniture.joinery import cover, four_legs, leg_form, legwood, metal, style, wood
from spatialenv.renderers.furniture.parts import ball, box, lathe, prism, rod, soft_box, taper, tube, turned
from spatialenv.renderers.surfaces import material_for

_SOFT = ("fabric", "linen", "wool", "velvet", "leather", "cotton", "upholstered", "padded", "boucle", "suede", "tweed")


def chair(make: Builder) -> None:
    """A chair to sit at a table on: wood, with a padded seat where words name a fabric."""
    form = leg_form(make)
    is_metal = form == "metal" or make.says("metal", "steel", "chrome", "iron")
    frame = metal(make) if is_metal else wood(make)
    padded = make.says(*_SOFT)
    if padded and not is_metal:
        frame = legwood(make)
    x, y, z = make.length / 2, make.width / 2, make.height
    seat = min(0.47, 0.55 * z) if z > 0.6 else 0.55 * z
    thick = min(0.045, 0.12 * min(make.length, make.width))
    board = min(0.035, 0.1 * seat)
    post = 0.5 * thick
    four_legs(make, x - 0.8 * thick, y - 0.8 * thick, seat - 0.5 * board, thick, frame, form)
    if padded:
        make.add(soft_box((-x, -y + 0.02, seat - 1.6 * board), (x, y, seat + 0.5 * board), cover(make), board))
    else:
        base = wood(make) if is_metal else frame
        make.add(soft_box((-x, -y + 0.02, seat - board), (x, y, seat), base, 0.3 * board))
    lean = 0.07 * (z - seat)
    for sx in (-1, 1):
        cx = sx * (x - 0.8 * thick)
        foot = (cx - post, -y + 0.3 * thick, cx + post, -y + 1.3 * thick + lean)
        make.add(taper(foot, (cx - post, -y - lean, cx + post, -y + thick - lean), seat - board, z - 0.01 * z, frame))
    inner = x - 0.8 * thick
    middle = -y + 0.5 * thick
    if padded:
        pad = soft_box(
            (-x + 0.2 * thick, -y - 0.02, seat + 0.12 * (z - seat)),
            (x - 0.2 * thick, -y + 1.5 * thick, z),
            cover(make),
            board,
        )
        make.add(turned(pad, "x", 0.05, (0.0, middle, seat)))
    elif style(make) in ("classic", "rustic", "coastal", "bohemian"):
        rail = 0.2 * (z - seat)
        make.add(
            box(
                (-inner - 0.8 * post, -y - lean - 0.004, z - rail),
                (inner + 0.8 * post, -y + 0.7 * thick - lean, z),
                frame,
            )
        )
        for cx in spread(-inner, inner, 5)[1:-1]:
            bar = 0.3 * thick
            make.add(
                taper(
                    (cx - bar, middle - bar, cx + bar, middle + bar),
                    (cx - bar, middle - bar - lean, cx + bar, middle + bar - lean),
                    seat - 0.01,
                    z - 0.6 * rail,
                    frame,
                )
            )
        low = 0.35 * seat
        for cx in (-inner, inner):
            make.add(box((cx - bar, -y + thick, low), (cx + bar, y - thick, low + 2 * bar), frame))
    else:
        base = wood(make) if is_metal else frame
        for low, high in ((0.3, 0.52), (0.7, 1.0)):
            make.add(
                soft_box(
                    (-inner - 0.8 * post, -y - lean - 0.006, seat + low * (z - seat)),
                    (inner + 0.8 * post, -y + 0.6 * thick - 0.5 * lean, seat + high * (z - seat)),
                    base,
                    0.2 * thick,
                )
            )


def office_chair(make: Builder) -> None:
    """A chair on a five-star base with castors, with arms."""
    x, y, z = make.length / 2, make.width / 2, make.height
    cloth = material_for(make.text, "charcoal wool", ("fabric", "leather"))
    bars = material_for(make.text, "black metal", ("metal", "plastic"), trim=True)
    dark = material_for("", "black plastic")
    seat = min(0.5, 0.52 * z)
    reach, wheel = min(x, y), min(0.03, 0.07 * z)
    for k in range(5):
        angle = math.pi / 2 + 2 * math.pi * k / 5
        tip = (0.97 * x * math.cos(angle), 0.97 * y * math.sin(angle))
        make.add(
            rod(
                (0.0, 0.0, 2.6 * wheel),
                (0.96 * tip[0], 0.96 * tip[1], 2.0 * wheel),
                0.9 * wheel,
                bars,
                4,
                end_radius=0.5 * wheel,
            )
        )
        make.add(ball((0.93 * tip[0], 0.93 * tip[1], wheel), (wheel, wheel, wheel), dark, 6, 4))
    make.add(rod((0.0, 0.0, 2 * wheel), (0.0, 0.0, seat - 0.06), 1.1 * wheel, bars, 8))
    wide, deep = 0.8 * x, 0.78 * y
    pad = min(0.09, 0.16 * seat)
    make.add(box((-0.4 * wide, -0.4 * deep, seat - pad - 0.03), (0.4 * wide, 0.4 * deep, seat - pad + 0.01), dark))
    make.add(soft_box((-wide, -0.72 * y, seat - pad), (wide, 0.86 * y, seat), cloth, 0.45 * pad, rings=2))
    rise = z - seat
    low, half, bend = seat + 0.1 * rise, 0.92 * wide, 0.35 * wide
    arc = [(bend * math.sin(a), bend * math.cos(a)) for a in map(math.radians, (0, 30, 60, 90))]
    side = [(half - bend + a, z - bend + b) for a, b in arc]
    side += [(0.86 * (half - bend + a), low + bend - b) for a, b in reversed(arc)]
    back = prism([*side, *((-a, b) for a, b in reversed(side))], -0.9 * y, -0.74 * y, cloth, "y")
    make.add(turned(back, "x", 0.08, (0.0, -0.9 * y, seat + 0.5 * rise)))
    make.add(box((-0.12 * wide, -y, seat - pad), (0.12 * wide, -0.93 * y, seat + 0.5 * rise), bars))
    make.add(box((-0.12 * wide, -y, seat - pad - 0.02), (0.12 * wide, 0.0, seat - pad + 0.015), bars))
    arm = seat + min(0.22, 0.4 * rise)
    for sx in (-1, 1):
        cx = sx * (x - 0.06 * x)
        make.add(box((cx - 0.05 * x, -0.25 * y, seat - pad), (cx + 0.05 * x, -0.05 * y, arm), bars))
        make.add(
            box(
                (min(cx, sx * 0.5 * wide), -0.2 * y, seat - 0.9 * pad),
                (max(cx, sx * 0.5 * wide), -0.1 * y, seat - 0.4 * pad),
                bars,
            )
        )
        make.add(soft_box((cx - 0.1 * x, -0.5 * y, arm), (cx + 0.06 * x, 0.35 * y, arm + 0.05 * z * 0.6), dark, 0.01))
    make.add(rod((0.0, 0.0, seat - 0.1), (0.0, 0.0, seat - pad), 0.9 * reach * 0.2, dark, 8))


def stool(make: Builder) -> None:
    """A seat without a back, round where it is as wide as long; a tall one has a ring for the feet."""
    x, y, z = make.length / 2, make.width / 2, make.height
    is_round = 0.85 < x / y < 1.18 and not make.says("square", "step")
    padded = make.says(*_SOFT)
    form = leg_form(make)
    is_metal = form == "metal" or (z > 0.6 and style(make) == "modern")
    legs = metal(make) if is_metal else (legwood(make) if padded else wood(make))
    seat = cover(make) if padded else wood(make)
    board = min(0.07 if padded else 0.04, 0.15 * z)
    thick = min(0.045, 0.15 * min(make.length, make.width))
    if make.says("step"):
        _steps(make, seat)
        return
    tall = z > 0.6
    back = tall and z > 0.9
    top = z - min(0.28, 0.28 * z) if back else z
    if is_round:
        soft = 0.35 * board
        profile = [(0.9, top - board), (1.0, top - board + soft), (1.0, top - soft), (0.93, top), (0.0, top)]
        make.add(lathe(profile, seat, sides=14, stretch=(x, y)))
    else:
        make.add(soft_box((-x, -y, top - board), (x, y, top), seat, 0.35 * board))
    splay = 0.72 if is_round else 0.9
    inset = 0.6 if is_round else 0.8
    level = 0.35 * top
    for sx in (-1, 1):
        for sy in (-1, 1):
            foot, head = (sx * splay * x, sy * splay * y, 0.0), (sx * inset * x, sy * inset * y, top - 0.5 * board)
            make.add(rod(foot, head, 0.35 * thick, legs, 6, end_radius=0.55 * thick))
    if tall:
        a, b = (splay - (splay - inset) * 0.35) * x, (splay - (splay - inset) * 0.35) * y
        corners = [(-a, -b), (a, -b), (a, b), (-a, b)]
        for p, q in zip(corners, [*corners[1:], corners[0]], strict=True):
            make.add(rod((*p, level), (*q, level), 0.3 * thick, metal(make) if is_metal else legs, 6))
    if back:
        _low_back(make, x, y, top, thick, seat, legs)


def _low_back(make: Builder, x: float, y: float, top: float, thick: float, seat: Material, legs: Material) -> None:
    z = make.height
    for sx in (-1, 1):
        make.add(rod((sx * 0.6 * x, -0.8 * y, top - 0.01), (sx * 0.68 * x, -0.94 * y, z - 0.02), 0.3 * thick, legs, 6))
    make.add(soft_box((-0.85 * x, -y, top + 0.5 * (z - top)), (0.85 * x, -y + 0.9 * thick, z), seat, 0.3 * thick))


def _steps(make: Builder, made: Material) -> None:
    x, y, z = make.length / 2, make.width / 2, make.height
    board = 0.08 * z
    side = [(-y, 0.0), (y, 0.0), (y, 0.46 * z), (0.0, 0.46 * z), (0.0, 0.94 * z), (-y, 0.94 * z)]
    for cx in (-0.9 * x, 0.9 * x - 0.08 * x):
        make.add(prism(side, cx, cx + 0.08 * x, made, "x"))
    make.add(box((-x, -y, z - board), (x, 0.06 * y, z), made))
    make.add(box((-x, -0.1 * y, 0.5 * z - board), (x, y, 0.5 * z), made))


def high_chair(make: Builder) -> None:
    """A chair for a small child: long legs that stand apart, a padded seat, a tray in front."""
    made, cloth = wood(make, "beech"), cover(make, "sage cotton")
    x, y, z = make.length / 2, make.width / 2, make.height
    seat, thick = 0.56 * z, min(0.045, 0.09 * make.length)
    for sx in (-1, 1):
        for sy in (-1, 1):
            head = (0.62 * sx * x, 0.5 * sy * y - 0.1 * y, seat)
            make.add(rod((0.97 * sx * x, 0.95 * sy * y, 0.0), head, 0.4 * thick, made, 6, end_radius=0.6 * thick))
        make.add(rod((0.6 * sx * x, -0.6 * y, seat), (0.66 * sx * x, -0.9 * y, z), 0.5 * thick, made, 6))
        make.add(
            box((0.7 * sx * x - thick / 2, -0.7 * y, 0.74 * z), (0.7 * sx * x + thick / 2, 0.4 * y, 0.77 * z), made)
        )
    make.add(soft_box((-0.7 * x, -0.75 * y, seat - 0.03 * z), (0.7 * x, 0.4 * y, seat + 0.02 * z), cloth, 0.02 * z))
    back = soft_box((-0.62 * x, -0.75 * y, seat + 0.04 * z), (0.62 * x, -0.6 * y, z), cloth, 0.05 * y)
    make.add(turned(back, "x", 0.15, (0.0, -0.7 * y, seat)))
    make.add(soft_box((-0.85 * x, 0.1 * y, 0.755 * z), (0.85 * x, 0.85 * y, 0.79 * z), made, 0.015 * z))
    make.add(box((-0.72 * x, 0.66 * y, 0.28 * z), (0.72 * x, 0.84 * y, 0.31 * z), made))


def rocking_chair(make: Builder) -> None:
    """A chair on two curved runners, with arms and a high slatted back."""
    made = wood(make)
    x, y, z = make.length / 2, make.width / 2, make.height
    thick = min(0.045, 0.1 * make.length)
    seat, depth = 0.42 * z, 0.62 * y
    bow = [(y * t, 0.12 * z * t * t) for t in (-1.0, -0.6, -0.2, 0.2, 0.6, 1.0)]
    runner = bow + [(a, b + 0.05 * z) for a, b in reversed(bow)]
    for sx in (-1, 1):
        cx = sx * (x - thick)
        make.add(prism(runner, cx - thick / 2, cx + thick / 2, made, "x"))
        make.add(rod((cx, 0.55 * y, 0.05 * z), (cx, 0.5 * depth + 0.1 * y, 0.62 * z), 0.5 * thick, made, 6))
        make.add(rod((cx, -0.6 * y, 0.06 * z), (cx, -0.55 * depth, seat + 0.02), 0.5 * thick, made, 6))
        make.add(rod((cx, -0.62 * depth, seat - 0.02), (cx, -0.95 * y, z), 0.5 * thick, made, 6))
        make.add(soft_box((cx - 0.9 * thick, -0.75 * y, 0.61 * z), (cx + 0.9 * thick, 0.55 * y, 0.65 * z), made, 0.01))
    make.add(
        soft_box((-x + 0.6 * thick, -0.75 * depth, seat - 0.03), (x - 0.6 * thick, 0.6 * y, seat + 0.02), made, 0.015)
    )
    for cx in spread(-x + thick, x - thick, 6)[1:-1]:
        make.add(rod((cx, -0.66 * depth, seat), (cx, -0.92 * y, 0.93 * z), 0.3 * thick, made, 6))
    make.add(
        tube(
            [(-x + thick, -0.93 * y, 0.95 * z), (0.0, -0.99 * y, 0.99 * z), (x - thick, -0.93 * y, 0.95 * z)],
            thick,
            made,
        )
    )
    cloth = cover(make, "oatmeal linen")
    make.add(
        soft_box((-x + 1.8 * thick, -0.68 * depth, seat + 0.01), (x - 1.8 * thick, 0.52 * y, seat + 0.07), cloth, 0.03)
    )
