"""What stands about: bins, trolleys, tanks, machines for sport, boxes, cases."""

from __future__ import annotations

from itertools import pairwise

from spatialenv.core.mesh import Material, TriangleMesh
from spatialenv.renderers.furniture.builder import Builder, fitting, mirrored, spread
from spatialenv.renderers.furniture.parts import Rectangle, ball, box, lathe, prism, rod, soft_box, taper, tube
from spatialenv.renderers.furniture.shells import disc, loft, ring, rounded
from spatialenv.renderers.surfaces import material_for, plain


def garbage_can(make: Builder) -> None:
    """A bin with a pedal and a lid; an open basket where it is low and broad, or of wicker or mesh."""
    x, y, z = make.length / 2, make.width / 2, make.height
    body = material_for(make.text, "steel", ("metal", "plastic", "wicker", "wood", "ceramic"))
    dark = plain((58.0, 58.0, 60.0), 0.7)
    corner = 0.45 * min(make.length, make.width)
    if make.says("wicker", "open", "paper", "waste", "wastebasket", "rattan"):
        shape = [(0.8, 0.0), (1.0, 1.0), (0.94, 1.0), (0.76, 0.06)]
        make.add(
            loft([rounded((-a * x, -a * y, a * x, a * y), h * z, a * corner, 5) for a, h in shape], body, sharp=(1, 2))
        )
        return
    back = 0.94
    shape = [(0.9, 0.03), (0.96, 0.82)]
    make.add(
        loft([rounded((-a * x, -a * back * y, a * x, a * back * y), h * z, a * corner, 5) for a, h in shape], body)
    )
    foot = [rounded((-0.93 * x, -0.88 * y, 0.93 * x, 0.88 * y), h * z, corner, 5) for h in (0.0, 0.06)]
    band = [rounded((-0.99 * x, -0.96 * y, 0.99 * x, 0.96 * y), h * z, corner, 5) for h in (0.8, 0.86)]
    lid = [
        rounded((-a * x, -a * 0.96 * y, a * x, a * 0.96 * y), h * z, a * corner, 5)
        for a, h in ((1.0, 0.865), (0.97, 0.93), (0.7, 0.98), (0.3, 1.0))
    ]
    make.add(loft(foot, dark), loft(band, dark), loft(lid, body))
    make.add(box((-0.2 * x, 0.6 * y, 0.0), (0.2 * x, y, 0.035 * z), dark))
    make.add(box((-0.2 * x, -y, 0.82 * z), (0.2 * x, -0.8 * y, 0.9 * z), dark))


def cart(make: Builder) -> None:
    """A trolley: shelves with rims between four posts, a grip, four wheels."""
    x, y, z = make.length / 2, make.width / 2, make.height
    metal = material_for(make.text, "black metal", "metal", trim=True)
    deck = material_for(make.text, "oak", ("wood", "metal", "glass", "plastic"))
    dark = plain((60.0, 60.0, 62.0), 0.8)
    wheel = min(0.045, 0.08 * z, 0.1 * make.length)
    post = min(0.014, 0.06 * min(make.length, make.width))
    inner = x - 3 * post
    for cx in mirrored([inner]):
        for cy in mirrored([y - post]):
            make.add(rod((cx, cy, 1.6 * wheel), (cx, cy, 0.96 * z), post, metal, 6))
            make.add(disc((cx, cy * (1 - wheel * 0.2 / y), wheel), wheel, 0.7 * post * 2, dark, "y", 12))
            make.add(
                box(
                    (cx - 0.8 * post, cy * 0.98 - 0.5 * post, 0.9 * wheel),
                    (cx + 0.8 * post, cy * 0.98 + 0.5 * post, 2.2 * wheel),
                    metal,
                )
            )
    count = fitting(z, 0.36, 2, 4)
    levels = spread(2.4 * wheel, 0.84 * z, count - 1)
    for level in levels:
        make.add(box((-inner, -y + post, level), (inner, y - post, level + 0.02 * z), deck))
        rail = level + min(0.07, 0.4 * (levels[1] - levels[0]))
        for cy in mirrored([y - post]):
            make.add(rod((-inner, cy, rail), (inner, cy, rail), 0.6 * post, metal, 6))
        for cx in mirrored([inner]):
            make.add(rod((cx, -y + post, rail), (cx, y - post, rail), 0.6 * post, metal, 6))
    grip = 0.96 * z
    make.add(
        tube(
            [
                (inner, -y + post, grip),
                (x - post, -0.7 * y, z - post),
                (x - post, 0.7 * y, z - post),
                (inner, y - post, grip),
            ],
            post,
            metal,
            6,
        )
    )
    make.add(rod((-x, 0.0, levels[-1]), (-inner, 0.0, levels[-1]), post, metal, 6))


def aquarium(make: Builder) -> None:
    """A tank of water with plants and fish; on a cabinet where it is high."""
    x, y, z = make.length / 2, make.width / 2, make.height
    low = 0.55 * z if z > 0.9 else 0.0
    if low:
        wood = material_for(make.text, "walnut", ("wood", "paint", "metal"))
        make.add(box((-0.98 * x, -0.98 * y, 0.0), (0.98 * x, 0.95 * y, low), wood))
        for left, right in ((-0.96 * x, -0.01 * x), (0.01 * x, 0.96 * x)):
            make.add(box((left, 0.8 * y, 0.04 * z), (right, 0.98 * y, low - 0.02 * z), wood))
    tank = z - low
    black = plain((48.0, 49.0, 52.0), 0.5)
    for bottom, top in ((low, low + 0.06 * tank), (z - 0.07 * tank, z)):
        make.add(*_rim((-x, -y, x, y), bottom, top, 0.04 * min(make.length, make.width), black))
    sand = material_for("", "sand stone")
    make.add(box((-0.97 * x, -0.96 * y, low), (0.97 * x, 0.96 * y, low + 0.14 * tank), sand))
    for k, at in enumerate((-0.6, -0.15, 0.35, 0.72)):
        green = plain((70.0 + 14 * k, 130.0, 82.0))
        cy = 0.35 * y * (-1) ** k
        make.add(
            rod(
                (at * x, cy, low + 0.12 * tank),
                (at * x + 0.04 * x, cy, low + (0.5 + 0.08 * k) * tank),
                0.05 * min(x, tank),
                green,
                6,
                0.0,
            )
        )
    for k, (at, level) in enumerate(((-0.35, 0.6), (0.1, 0.42), (0.5, 0.7))):
        size = 0.09 * min(x, tank)
        orange = plain(((226.0, 132.0, 62.0), (230.0, 196.0, 92.0), (214.0, 92.0, 70.0))[k])
        make.add(ball((at * x, 0.2 * y, low + level * tank), (1.6 * size, 0.4 * size, size), orange, 8, 4))
    water = plain((150.0, 200.0, 214.0), 0.05, 0.0, 0.35)
    make.add(box((-0.98 * x, -0.97 * y, low + 0.05 * tank), (0.98 * x, 0.9 * y, z - 0.1 * tank), water))
    backdrop = plain((62.0, 92.0, 108.0), 0.9)
    make.add(box((-0.98 * x, -0.995 * y, low + 0.05 * tank), (0.98 * x, -0.955 * y, z - 0.06 * tank), backdrop))


def treadmill(make: Builder) -> None:
    """A running deck, two posts at its front, grips and a console."""
    x, y, z = make.length / 2, make.width / 2, make.height
    dark, belt = plain((64.0, 66.0, 70.0), 0.5), plain((44.0, 44.0, 46.0), 0.9)
    metal = material_for(make.text, "steel", "metal", trim=True)
    deck = min(0.18, 0.15 * z)
    make.add(prism([(-y, 0.0), (-y, 0.5 * deck), (0.75 * y, deck), (y, 0.7 * deck), (y, 0.0)], -x, x, dark, "x"))
    make.add(
        prism(
            [(-0.96 * y, 0.5 * deck), (-0.96 * y, 0.6 * deck), (0.6 * y, 1.06 * deck), (0.6 * y, 0.9 * deck)],
            -0.78 * x,
            0.78 * x,
            belt,
            "x",
        )
    )
    thin = min(0.03, 0.08 * make.length)
    for cx in mirrored([0.92 * x]):
        make.add(
            tube(
                [(cx, 0.8 * y, 0.5 * deck), (cx, 0.62 * y, 0.9 * z), (cx, 0.45 * y, 0.9 * z), (cx, 0.0, 0.82 * z)],
                thin,
                metal,
                6,
            )
        )
    make.add(box((-x, 0.6 * y, 0.82 * z), (x, 0.72 * y, z), dark))
    screen = plain((110.0, 190.0, 206.0), 0.3, 0.7)
    make.add(box((-0.5 * x, 0.58 * y, 0.86 * z), (0.5 * x, 0.61 * y, 0.98 * z), screen))


def exercise_bike(make: Builder) -> None:
    """A flywheel, a saddle, pedals and bars; its front at +y."""
    x, y, z = make.length / 2, make.width / 2, make.height
    dark = plain((60.0, 62.0, 66.0), 0.6)
    metal = material_for(make.text, "black metal", "metal")
    thin = min(0.025, 0.08 * make.length)
    for cy in (-0.9 * y, 0.9 * y):
        make.add(rod((-x, cy, thin), (x, cy, thin), thin, metal, 6))
    wheel = min(0.28 * z, 0.4 * y)
    make.add(ring((0.0, 0.45 * y, wheel + 2 * thin), wheel, 0.7 * wheel, 1.6 * thin, metal, "x", 20))
    make.add(disc((0.0, 0.45 * y, wheel + 2 * thin), 0.72 * wheel, 0.8 * thin, dark, "x", 16))
    hub = (0.0, -0.1 * y, 0.3 * z)
    make.add(tube([(0.0, -0.9 * y, thin), hub, (0.0, 0.9 * y, thin)], 1.3 * thin, metal, 6))
    make.add(
        rod(hub, (0.0, -0.5 * y, 0.72 * z), 1.2 * thin, metal, 6),
        rod(hub, (0.0, 0.5 * y, 0.9 * z), 1.2 * thin, metal, 6),
    )
    wide, seat = min(0.13, 0.45 * x), 0.79 * z
    back, nose = -0.5 * y - min(0.13, 0.35 * y), -0.5 * y + min(0.17, 0.45 * y)
    make.add(
        soft_box((-wide, back, 0.71 * z), (wide, -0.45 * y, seat), dark, 0.03 * z),
        taper(
            (-0.6 * wide, -0.5 * y, 0.6 * wide, nose), (-0.7 * wide, -0.5 * y, 0.7 * wide, nose), 0.72 * z, seat, dark
        ),
    )
    make.add(
        tube(
            [
                (-0.8 * x, 0.25 * y, z - thin),
                (-0.6 * x, 0.55 * y, 0.9 * z),
                (0.6 * x, 0.55 * y, 0.9 * z),
                (0.8 * x, 0.25 * y, z - thin),
            ],
            thin,
            dark,
            6,
        )
    )
    for side in (-1.0, 1.0):
        cy, level, inner = hub[1] + side * 0.15 * y, hub[2] - side * 0.09 * z, side * 1.5 * thin
        path = [(inner, hub[1], hub[2]), (inner, cy, level), (side * 0.5 * x, cy, level)]
        make.add(*(rod(start, end, 0.6 * thin, metal, 6) for start, end in pairwise(path)))
        pedal = side * 0.5 * x - 0.15 * x, cy - 0.1 * y, level - thin / 2
        make.add(box(pedal, (side * 0.5 * x + 0.15 * x, cy + 0.1 * y, level + thin / 2), dark))


def crate(make: Builder) -> None:
    """An open crate of slats, a closed box of card, or a plain box."""
    x, y, z = make.length / 2, make.width / 2, make.height
    body = material_for(make.text, "cardboard" if make.says("cardboard", "moving", "carton", "package") else "pine",
                        ("wood", "plastic", "wicker", "metal", "fabric", "paper"))  # fmt: skip
    if make.says("cardboard", "moving", "carton", "package"):
        make.add(box((-x, -y, 0.0), (x, y, 0.99 * z), body))
        make.add(box((-x, -0.1 * y, 0.97 * z), (x, 0.1 * y, z), plain((206.0, 182.0, 140.0))))
        return
    wall = min(0.015, 0.08 * min(make.length, make.width))
    make.add(box((-x, -y, 0.0), (x, y, wall), body))
    for cx in mirrored([x - 1.5 * wall]):
        for cy in mirrored([y - 1.5 * wall]):
            make.add(box((cx - 0.5 * wall, cy - 0.5 * wall, wall), (cx + 0.5 * wall, cy + 0.5 * wall, 0.98 * z), body))
    count = fitting(z, 0.11, 2, 5)
    levels = spread(1.5 * wall, z, count)
    for low, top in pairwise(levels):
        high = low + 0.8 * (top - low) if top < z else z
        for near, far in ((-y, -y + wall), (y - wall, y)):
            make.add(box((-x, near, low), (x, far, high), body))
        for left, right in ((-x, -x + wall), (x - wall, x)):
            make.add(box((left, -y + wall, low), (right, y - wall, high), body))


def suitcase(make: Builder) -> None:
    """A case with ribs, corners, a grip on top and wheels; its broad side at +y."""
    x, y, z = make.length / 2, make.width / 2, make.height
    body = material_for(make.text, "petrol plastic", ("plastic", "leather", "metal", "fabric"))
    dark = plain((58.0, 58.0, 60.0), 0.6)
    metal = material_for("", "steel")
    wheel, top = min(0.05, 0.08 * z), 0.88 * z
    soft = 0.16 * min(make.length, z)
    make.add(soft_box((-x, -0.94 * y, wheel), (x, 0.94 * y, top), body, min(soft, 0.4 * make.width), 2))
    for k in range(5):
        at = (-0.64 + 0.32 * k) * x
        for side in (-1.0, 1.0):
            make.add(
                box(
                    (at - 0.05 * x, min(side * 0.8 * y, side * y), wheel + 0.16 * z),
                    (at + 0.05 * x, max(side * 0.8 * y, side * y), top - 0.1 * z),
                    body,
                )
            )
    for cx in mirrored([0.75 * x]):
        for cy in mirrored([0.6 * y]):
            make.add(disc((cx, cy, 0.5 * wheel), 0.5 * wheel, 0.3 * y, dark, "y", 10))
            make.add(box((cx - 0.06 * x, cy - 0.2 * y, 0.5 * wheel), (cx + 0.06 * x, cy + 0.2 * y, 1.6 * wheel), dark))
    thin = min(0.01, 0.1 * x, 0.2 * y)
    half = 0.36 * x
    path = [(-half, 0.0, 0.96 * top), (-half, 0.0, z - thin), (half, 0.0, z - thin), (half, 0.0, 0.96 * top)]
    make.add(tube(path, thin, metal, 6))
    make.add(rod((-1.1 * half, 0.0, z - 1.3 * thin), (1.1 * half, 0.0, z - 1.3 * thin), 1.3 * thin, dark, 8))


def umbrella_stand(make: Builder) -> None:
    """A tall pot with two umbrellas."""
    x, y, z = make.length / 2, make.width / 2, make.height
    body = material_for(make.text, "black metal", ("metal", "ceramic", "wicker", "wood"))
    shape = [(0.86, 0.0), (1.0, 0.58), (0.94, 0.58), (0.8, 0.04), (0.0, 0.04)]
    make.add(lathe([(a, b * z) for a, b in shape], body, sides=18, stretch=(x, y)))
    for side, name in ((-1.0, "navy"), (1.0, "burgundy")):
        cloth = material_for("", f"{name} canvas")
        top = (0.5 * side * x, 0.2 * side * y, 0.88 * z)
        make.add(rod((-0.3 * side * x, 0.0, 0.06 * z), top, 0.05 * min(x, z), cloth, 8, 0.16 * min(x, z)))
        make.add(rod(top, (0.58 * side * x, 0.22 * side * y, z), 0.05 * min(x, z), material_for("", "walnut"), 6))


def _rim(area: Rectangle, low: float, high: float, bar: float, material: Material) -> list[TriangleMesh]:
    """Return four bars around the edge of a tank."""
    x0, y0, x1, y1 = area
    return [
        box((x0, y0, low), (x1, y0 + bar, high), material),
        box((x0, y1 - bar, low), (x1, y1, high), material),
        box((x0, y0 + bar, low), (x0 + bar, y1 - bar, high), material),
        box((x1 - bar, y0 + bar, low), (x1, y1 - bar, high), material),
    ]
