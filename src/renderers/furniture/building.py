"""What belongs to a building: doors, windows, radiators, fires, screens, stairs."""

from __future__ import annotations

import math
from itertools import pairwise

from spatialenv.core.mesh import Material, TriangleMesh
from spatialenv.renderers.furniture.builder import Builder, fitting, mirrored, spread
from spatialenv.renderers.furniture.kitchen import PLINTH
from spatialenv.renderers.furniture.parts import Rectangle, box, lathe, rod, soft_box, taper, turned
from spatialenv.renderers.furniture.shells import disc, frame
from spatialenv.renderers.surfaces import material_for, plain


def door(make: Builder) -> None:
    """A door leaf in its frame: two panels and a handle, or glass panes where the words say so."""
    x, y, z = make.length / 2, make.width / 2, make.height
    leaf = material_for(make.text, "white lacquer", ("wood", "paint", "plastic", "metal"))
    metal = material_for(make.text, "steel", "metal", trim=True)
    post = min(0.07, 0.1 * make.length)
    make.add(
        box((-x, -0.9 * y, 0.0), (-x + post, 0.9 * y, z), leaf), box((x - post, -0.9 * y, 0.0), (x, 0.9 * y, z), leaf)
    )
    make.add(box((-x + post, -0.9 * y, z - post), (x - post, 0.9 * y, z), leaf))
    thick = min(0.022, 0.25 * make.width)
    count = 2 if make.length > 1.25 else 1
    edges = spread(-x + post, x - post, count)
    gap = min(0.004, 0.01 * make.length)
    for k in range(count):
        x0, x1, z1 = edges[k] + gap, edges[k + 1] - gap, z - post - gap
        stile = 0.14 * (x1 - x0)
        if make.says("glass", "french", "patio"):
            make.add(*frame((x0, -thick, gap), (x1, thick, z1), stile, leaf))
            glass = material_for("", "glass")
            make.add(box((x0 + stile, -0.2 * thick, gap + stile), (x1 - stile, 0.2 * thick, z1 - stile), glass))
        else:
            make.add(box((x0, -thick, gap), (x1, thick, z1), leaf))
            middle = 0.45 * z
            for low, high in ((gap + stile, middle), (middle + 0.7 * stile, z1 - stile)):
                for side in (-1.0, 1.0):
                    make.add(*_panel((x0 + stile, low, x1 - stile, high), side * thick, leaf))
        inwards = -1.0 if count == 2 and k == 0 else 1.0  # the handles of two leaves meet in the middle
        at = x0 + 0.4 * stile if inwards > 0 else x1 - 0.4 * stile
        for side in (-1.0, 1.0):
            out = side * 0.88 * y
            make.add(disc((at, side * thick, 0.48 * z), min(0.025, 0.3 * stile), 0.4 * thick, metal, "y", 12))
            make.add(rod((at, side * thick, 0.48 * z), (at, out, 0.48 * z), min(0.01, 0.1 * stile), metal, 6))
            make.add(
                rod(
                    (at, out, 0.48 * z),
                    (at + inwards * min(0.11, stile), out, 0.48 * z),
                    min(0.01, 0.1 * stile),
                    metal,
                    6,
                )
            )


def window(make: Builder) -> None:
    """A frame with two panes and a sill towards the room."""
    x, y, z = make.length / 2, make.width / 2, make.height
    wood = material_for(make.text, "white lacquer", ("wood", "paint", "plastic", "metal"))
    glass = material_for("", "glass")
    bar = min(0.06, 0.09 * min(make.length, z))
    sill = min(0.03, 0.05 * z)
    make.add(*frame((-0.98 * x, -y, sill), (0.98 * x, 0.5 * y, z), bar, wood))
    make.add(box((-x, -y, 0.0), (x, y, sill), wood))
    count = fitting(make.length, 0.7, 1, 6)
    edges = spread(-0.98 * x + bar, 0.98 * x - bar, count)
    for k in range(count):
        inset = 0.5 * bar
        low, high = sill + bar, z - bar
        make.add(*frame((edges[k], -0.5 * y, low), (edges[k + 1], 0.3 * y, high), inset, wood))
        make.add(box((edges[k] + inset, -0.2 * y, low + inset), (edges[k + 1] - inset, -0.05 * y, high - inset), glass))


def radiator(make: Builder) -> None:
    """Upright ribs between two pipes, on feet."""
    x, y, z = make.length / 2, make.width / 2, make.height
    paint = material_for(make.text, "white metal", ("metal", "paint"))
    count = fitting(make.length, 0.07, 4, 24)
    edges = spread(-x, x, count)
    for left, right in pairwise(edges):
        inset = 0.1 * (right - left)
        make.add(soft_box((left + inset, -0.8 * y, 0.08 * z), (right - inset, y, z), paint, 0.3 * (right - left)))
    for level in (0.16 * z, 0.9 * z):
        make.add(rod((-x, 0.0, level), (x, 0.0, level), min(0.5 * y, 0.03 * z), paint, 6))
    for cx in (-0.8 * x, 0.8 * x):
        make.add(box((cx - 0.02 * x, -y, 0.0), (cx + 0.02 * x, 0.6 * y, 0.12 * z), paint))


def fireplace(make: Builder) -> None:
    """A mantel of stone or wood around a dark hearth with logs and a fire."""
    x, y, z = make.length / 2, make.width / 2, make.height
    stone = material_for(make.text, "marble", ("stone", "wood", "paint", "metal"))
    dark = plain((52.0, 48.0, 46.0), 0.95)
    shelf = min(0.07, 0.08 * z)
    side = 0.22 * make.length
    head = 0.26 * z
    front = 0.72 * y
    make.add(box((-x, -y, z - shelf), (x, y, z), stone))
    make.add(
        taper((-0.93 * x, -y, 0.93 * x, front), (-0.98 * x, -y, 0.98 * x, 0.94 * y), z - 1.8 * shelf, z - shelf, stone)
    )
    for a, b in ((-0.93 * x, -0.93 * x + side), (0.93 * x - side, 0.93 * x)):
        make.add(box((a, -y, 0.0), (b, front, z - 1.8 * shelf), stone))
        make.add(box((a - 0.02 * x, -y, 0.0), (b + 0.02 * x, front + 0.1 * y, 0.09 * z), stone))
    make.add(box((-0.93 * x + side, -y, z - head), (0.93 * x - side, front, z - 1.8 * shelf), stone))
    opening = 0.93 * x - side
    make.add(box((-opening, -0.98 * y, 0.0), (opening, -0.85 * y, z - head), dark))
    make.add(box((-opening, -0.85 * y, 0.0), (opening, 0.9 * y, 0.03 * z), dark))
    log = material_for("", "dark oak")
    thick = min(0.045 * z, 0.16 * opening)
    for k, (cy, level) in enumerate(((-0.45, 0.03), (-0.05, 0.03), (-0.25, 0.03 + 1.5 * thick / z))):
        lean = 0.12 * opening * (-1) ** k
        make.add(
            rod(
                (-0.6 * opening, cy * y, level * z + thick),
                (0.6 * opening, cy * y + lean * 0.3, level * z + thick),
                thick,
                log,
                8,
            )
        )
    for k, (at, high) in enumerate(((-0.28, 0.3), (0.0, 0.42), (0.26, 0.26))):
        fire = plain(((250.0, 168.0, 72.0), (255.0, 206.0, 104.0), (244.0, 140.0, 60.0))[k], 0.8, 0.95)
        flame = [(0.02, 0.0), (0.16, 0.3), (0.1, 0.65), (0.0, 1.0)]
        tall = high * (z - head)
        make.add(
            lathe([(a * opening, 0.05 * z + thick + b * tall) for a, b in flame], fire, (at * opening, -0.25 * y), 8)
        )


def room_divider(make: Builder) -> None:
    """A folding screen of panels in a zigzag."""
    x, y, z = make.length / 2, make.width / 2, make.height
    wood = material_for(make.text, "oak", ("wood", "metal", "wicker"))
    cloth = material_for(make.text, "ivory paper", ("paper", "fabric", "wicker", "glass"), trim=True)
    count = fitting(make.length, 0.45, 2, 8)
    edges = spread(-x, x, count)
    thick = min(0.025, 0.3 * make.width)
    for k in range(count):
        start, stop = (-1.0, 1.0) if k % 2 == 0 else (1.0, -1.0)
        reach = y - thick
        ends = ((edges[k], start * reach), (edges[k + 1], stop * reach))
        long = math.hypot(ends[1][0] - ends[0][0], ends[1][1] - ends[0][1])
        angle = math.atan2(ends[1][1] - ends[0][1], ends[1][0] - ends[0][0])
        bar = 0.08 * long
        leaf = [*frame((0.0, -thick / 2, 0.04 * z), (long, thick / 2, z), bar, wood)]
        leaf.append(box((bar, -0.15 * thick, 0.04 * z + bar), (long - bar, 0.15 * thick, z - bar), cloth))
        leaf += [
            box((bar, -0.35 * thick, share * z), (long - bar, 0.35 * thick, share * z + 0.4 * bar), wood)
            for share in (0.34, 0.67)
        ]
        leaf += [box((at, -thick / 2, 0.0), (at + bar, thick / 2, 0.045 * z), wood) for at in (0.0, long - bar)]
        for part in leaf:
            make.add(turned(part, "z", angle).placed((ends[0][0], ends[0][1], 0.0), 0.0))


def stairs(make: Builder) -> None:
    """Steps that rise towards the back."""
    x, y, z = make.length / 2, make.width / 2, make.height
    wood = material_for(make.text, "oak", ("wood", "stone", "metal", "paint"))
    riser = material_for("", "white lacquer")
    count = fitting(z, 0.18, 2, 24)
    depths, levels = spread(y, -y, count), spread(0.0, z, count)
    tread = min(0.03, 0.2 * z / count)
    for k in range(count):
        make.add(
            box(
                (-0.99 * x, -y, max(levels[k] - tread, 0.0)),
                (0.99 * x, depths[k] - 0.1 * (depths[k] - depths[k + 1]), levels[k + 1] - tread),
                riser,
            )
        )
        make.add(
            box(
                (-x, depths[k + 1] - 0.2 * (depths[k] - depths[k + 1]) if k + 1 < count else -y, levels[k + 1] - tread),
                (x, depths[k], levels[k + 1]),
                wood,
            )
        )


def column(make: Builder) -> None:
    """A column with a foot and a head."""
    x, y, z = make.length / 2, make.width / 2, make.height
    stone = material_for(make.text, "plaster", ("stone", "paint", "wood", "metal"))
    low = min(0.12, 0.08 * z)
    make.add(box((-x, -y, 0.0), (x, y, 0.5 * low), stone), box((-x, -y, z - 0.5 * low), (x, y, z), stone))
    shape = [
        (0.98, 0.5 * low),
        (0.96, low),
        (0.82, 1.2 * low),
        (0.76, z - 1.4 * low),
        (0.94, z - low),
        (0.98, z - 0.5 * low),
    ]
    make.add(lathe(shape, stone, sides=20, stretch=(x, y)))


def ladder(make: Builder) -> None:
    """A step ladder: two legs with treads, two behind."""
    x, y, z = make.length / 2, make.width / 2, make.height
    body = material_for(make.text, "aluminium", ("metal", "wood"))
    thin = min(0.02, 0.06 * make.length)
    for cx in mirrored([x - thin]):
        make.add(rod((cx, y - thin, 0.0), (0.7 * cx, 0.1 * y, z - thin), thin, body, 4))
        make.add(rod((cx, -y + thin, 0.0), (0.7 * cx, -0.1 * y, z - thin), thin, body, 4))
    count = fitting(z, 0.28, 2, 10)
    for k in range(1, count):
        share = k / count
        half, at = x * (1 - 0.3 * share) - thin, (y - thin) * (1 - share) + 0.1 * y * share
        make.add(
            box((-half, at - 0.12 * y, share * z - 0.6 * thin), (half, at + 0.12 * y, share * z + 0.6 * thin), body)
        )
    make.add(box((-0.75 * x, -0.25 * y, z - 2 * thin), (0.75 * x, 0.25 * y, z), body))
    make.add(
        box((-x, y - 2.4 * thin, 0.0), (-x + 2.4 * thin, y, 0.02 * z), PLINTH),
        box((x - 2.4 * thin, -y, 0.0), (x, -y + 2.4 * thin, 0.02 * z), PLINTH),
    )


def _panel(area: Rectangle, plane: float, material: Material) -> list[TriangleMesh]:
    """Return a raised bead around a panel of a door; its area is least x, z, greatest x, z."""
    x0, z0, x1, z1 = area
    near, far = sorted((plane, plane * 1.25))
    return frame((x0, near, z0), (x1, far, z1), 0.06 * (x1 - x0), material)
