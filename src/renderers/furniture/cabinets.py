"""Cabinets: furniture with drawers and doors, which open to the front."""

from __future__ import annotations

from itertools import pairwise

from spatialenv.core.mesh import Material
from spatialenv.renderers.furniture.builder import Builder, fitting
from spatialenv.renderers.furniture.joinery import (
    BODY,
    doors,
    drawers,
    four_legs,
    front,
    front_depth,
    is_plain,
    leg_form,
    legwood,
    metal,
    shadow_gap,
    style,
    wood,
)
from spatialenv.renderers.furniture.parts import box, lathe, soft_box
from spatialenv.renderers.furniture.storage import shoe_rack
from spatialenv.renderers.surfaces import material_for


def nightstand(make: Builder) -> None:
    """A small cabinet beside a bed: a drawer over a second one, or over an open shelf with books."""
    is_open = style(make) in ("modern", "coastal", "rustic", "scandinavian", "japandi")
    low, edge, top, made = _body(make, feet=0.18, hollow=(0.0, 0.48) if is_open else None)
    x = make.length / 2 - 0.012
    if not is_open:
        drawers(make, -x, low, x, top, edge, made, fitting(top - low, 0.22, 1, 3))
        return
    front(make, -x, low + 0.48 * (top - low), x, top, edge, made)
    thick = min(0.025, 0.1 * (top - low))
    for k, paper in enumerate(("#8a3b34 paper", "#e6e0d4 paper", "#2f4a63 paper")):
        base = low + 0.3 * thick + 0.98 * thick * k
        pile = (-0.45 * x, -0.2 * make.width, base), (0.5 * x - 0.06 * k * x, edge - 0.05 - 0.01 * k, base + thick)
        make.add(box(*pile, material_for("", paper)))


def dresser(make: Builder) -> None:
    """A chest of drawers, its rows and columns by its size."""
    low, edge, top, made = _body(make, feet=0.13)
    x = make.length / 2 - 0.012
    drawers(make, -x, low, x, top, edge, made, fitting(top - low, 0.21, 2, 6), fitting(make.length, 0.65, 1, 3))


def wardrobe(make: Builder) -> None:
    """A cupboard for clothes: tall doors, and drawers below them where it is wide and high."""
    low, edge, top, made = _body(make, feet=0.05, cornice=True)
    x = make.length / 2 - 0.012
    count = fitting(make.length, 0.5, 1, 8)
    base = low
    if make.height > 1.6 and not make.says("sliding") and style(make) not in ("modern", "minimal"):
        base = low + 0.16 * (top - low)
        drawers(make, -x, low, x, base, edge, made, 1, max(1, count // 2))
    doors(make, -x, base, x, top, edge, made, count)
    if make.says("mirror", "mirrored"):
        _mirror(make, -x, base, x, top, edge, count)


def cabinet(make: Builder) -> None:
    """A cupboard with doors; of glass, with crockery behind them, where words say display or glass."""
    is_showcase = make.says("display", "glass", "china", "curio", "vitrine")
    base = 0.3 if make.height > 1.2 else 0.0
    low, edge, top, made = _body(make, feet=0.1, hollow=(base, 1.0) if is_showcase else None)
    x = make.length / 2 - 0.012
    count = fitting(make.length, 0.48, 1, 6)
    if is_showcase:
        middle = low + base * (top - low)
        _showcase(make, -x, middle, x, top, edge, made, count)
        if base:
            doors(make, -x, low, x, middle, edge, made, count)
    elif make.height > 1.5:
        middle = low + 0.42 * (top - low)
        doors(make, -x, low, x, middle, edge, made, count)
        doors(make, -x, middle, x, top, edge, made, count)
    else:
        doors(make, -x, low, x, top, edge, made, count)


def sideboard(make: Builder) -> None:
    """A long low cabinet: drawers over doors."""
    low, edge, top, made = _body(make, feet=0.2)
    x = make.length / 2 - 0.012
    count = fitting(make.length, 0.45, 1, 6)
    middle = top - 0.27 * (top - low)
    drawers(make, -x, middle, x, top, edge, made, 1, max(1, (count + 1) // 2))
    doors(make, -x, low, x, middle, edge, made, count)


def shoe_cabinet(make: Builder) -> None:
    """A shallow cabinet whose flaps tip to the front; an open rack where words say so."""
    if make.says("rack", "shelf"):
        shoe_rack(make)
        return
    low, edge, top, made = _body(make, feet=0.1)
    x = make.length / 2 - 0.012
    rows, columns = fitting(top - low, 0.36, 1, 5), fitting(make.length, 0.7, 1, 4)
    across = [-x + 2 * x * k / columns for k in range(columns + 1)]
    for row in range(rows):
        a, b = (low + (top - low) * (row + k) / rows for k in (0, 1))
        for left, right in pairwise(across):
            front(make, left, a, right, b, edge, made, "top")


def changing_table(make: Builder) -> None:
    """A chest for a nursery: drawers and an open shelf below a padded top with a rim."""
    made = wood(make, "white lacquer")
    x, y, z = make.length / 2, make.width / 2, make.height
    rim, wall = min(0.1, 0.12 * z), min(0.02, 0.05 * min(make.length, make.width))
    level, edge = z - rim, y - front_depth(make)
    middle = 0.5 * level
    for a, b in ((-x, -x + wall), (x - wall, x)):
        make.add(box((a, -y, 0.0), (b, edge, z), made))
    make.add(box((-x + 0.5 * wall, -y + 0.002, 0.05 * z), (x - 0.5 * wall, -y + wall, z - 0.01 * z), made))
    make.add(box((-x + 0.5 * wall, -y + 0.5 * wall, middle), (x - 0.5 * wall, edge - 0.002, level), made))
    make.add(box((-x + 0.5 * wall, -y + 0.5 * wall, 0.08 * z), (x - 0.5 * wall, edge - 0.004, 0.08 * z + wall), made))
    make.add(box((-x + 0.5 * wall, edge - wall, level - 0.01 * z), (x - 0.5 * wall, edge - 0.001, z - 0.4 * rim), made))
    drawers(make, -x + wall, middle + 0.004, x - wall, level, edge, made, 2, fitting(make.length, 0.7, 1, 3))
    pad = (-x + 1.4 * wall, -y + 1.4 * wall, level - 0.002), (x - 1.4 * wall, edge - 1.4 * wall, level + 0.8 * rim)
    make.add(soft_box(*pad, material_for("", "sage cotton"), 0.3 * rim))
    floor, each = 0.08 * z + wall, (make.length - 2 * wall) / 2
    for k, name in enumerate(("light wicker", "light wicker")):
        a = -x + wall + (k + 0.08) * each
        basket = (a, -0.8 * y, floor - 0.002), (a + 0.84 * each, edge - 0.06 * y, floor + 0.7 * (middle - floor))
        make.add(soft_box(*basket, material_for("", name), 0.02))


def filing_cabinet(make: Builder) -> None:
    """An office cabinet of metal: deep drawers with a label and a handle each."""
    made = material_for(make.text, "grey metal", BODY)
    x, y, z = make.length / 2, make.width / 2, make.height
    depth = front_depth(make)
    edge = y - depth
    make.add(box((-x, -y, 0.03 * z), (x, edge, z), made))
    make.add(box((-0.94 * x, -0.94 * y, 0.0), (0.94 * x, edge - 0.02, 0.04 * z), shadow_gap()))
    rows, columns = fitting(z, 0.34, 1, 5), fitting(make.length, 0.8, 1, 3)
    gap, bars, paper = 0.01, material_for(make.text, "chrome", "metal", trim=True), material_for("", "white paper")
    for column in range(columns):
        left = -x + gap + 2 * (x - gap) * column / columns
        right = -x + gap + 2 * (x - gap) * (column + 1) / columns
        for row in range(rows):
            low = 0.05 * z + 0.94 * z * row / rows
            high = 0.05 * z + 0.94 * z * (row + 1) / rows
            make.add(
                box((left + gap, edge - 0.3 * depth, low + gap), (right - gap, edge + 0.4 * depth, high - gap), made)
            )
            middle, at = (left + right) / 2, low + 0.62 * (high - low)
            span = 0.16 * (right - left)
            make.add(box((middle - span, edge, at - 0.03 * z / rows), (middle + span, y, at + 0.03 * z / rows), bars))
            label = at + 0.16 * (high - low)
            make.add(
                box(
                    (middle - 0.6 * span, edge, label - 0.05 * z / rows),
                    (middle + 0.6 * span, edge + 0.55 * depth, label + 0.06 * z / rows),
                    paper,
                )
            )


def _body(
    make: Builder, feet: float, cornice: bool = False, hollow: tuple[float, float] | None = None
) -> tuple[float, float, float, Material]:
    """Add the body of a cabinet on its feet.

    Args:
        make: What it is added to.
        feet: Share of the height that feet take, of at most 0.2 m.
        cornice: Whether a style with frames gives it a crown.
        hollow: The stretch that is open to the front, in shares of the height of its fronts; None for none.

    Returns:
        Least z of the fronts, y of their plane, their greatest z, and the body's material.
    """
    made = wood(make)
    x, y, z = make.length / 2, make.width / 2, make.height
    edge = y - front_depth(make)
    top = min(0.03, 0.06 * z)
    over = min(0.012, 0.02 * make.length)
    form = leg_form(make)
    has_plinth = feet * z < 0.06 or form == "square" or z > 1.5
    rise = min(feet * z, 0.07 if has_plinth else 0.2)
    if cornice and not is_plain(make):
        crown = min(0.09, 0.06 * z)
        make.add(box((-x, -y, z - 0.5 * crown), (x, y, z), made))
        rim = edge + 0.5 * (y - edge)
        make.add(box((-x + 0.6 * over, -y + 0.002, z - crown), (x - 0.6 * over, rim, z - 0.4 * crown), made))
        top = crown
    else:
        make.add(box((-x, -y, z - top), (x, edge + 0.62 * (y - edge), z), made))
    low, high = rise + 0.012, z - top - 0.006
    left, back, lid = -x + over, -y + 0.3 * over, z - 0.6 * top
    if hollow is None:
        make.add(box((left, back, rise), (-left, edge, lid), made))
    else:
        a, b = (low + share * (high - low) for share in hollow)
        wall = min(0.02, 0.05 * make.length, 0.05 * make.width)
        make.add(box((left, back, rise), (-left, edge, max(a, rise + wall)), made))
        if b < high:
            make.add(box((left, back, b), (-left, edge, lid), made))
        end = b + 0.005 if b < high else lid
        for sign in (-1, 1):
            inner, outer = sorted((sign * (-left), sign * (-left - wall)))
            make.add(box((inner, back + 0.001, a - 0.3 * wall), (outer, edge - 0.001, end), made))
        make.add(box((left + 0.5 * wall, back + 0.002, a - 0.2 * wall), (-left - 0.5 * wall, back + wall, end), made))
    if has_plinth:
        inset = min(0.04, 0.1 * make.width)
        make.add(box((-x + 3 * over, -y + 2 * over, 0.0), (x - 3 * over, edge - inset, rise + 0.01), shadow_gap()))
    else:
        thick = min(0.05, 0.5 * rise, 0.1 * min(make.length, make.width))
        legs = metal(make) if form == "metal" else (made if form == "turned" else legwood(make, "walnut"))
        four_legs(make, x - over - 1.2 * thick, min(edge, y) - 1.2 * thick, rise + 0.01, thick, legs, form)
    return low, edge, high, made


def _mirror(make: Builder, left: float, low: float, right: float, high: float, edge: float, count: int) -> None:
    glass = material_for("", "mirror")
    each = (right - left) / count
    depth = front_depth(make)
    for k in range(count):
        if k % 3 == 1 or count == 1:
            a = left + k * each
            make.add(
                box((a + 0.12 * each, edge, low + 0.06), (a + 0.88 * each, edge + 0.62 * depth, high - 0.06), glass)
            )


def _showcase(
    make: Builder, left: float, low: float, right: float, high: float, edge: float, made: Material, count: int
) -> None:
    """Add glass doors in frames, and shelves of crockery behind them in a hollow body."""
    depth, back = front_depth(make), -make.width / 2
    each = (right - left) / count
    glass = material_for("", "glass", "glass")
    rim = min(0.045, 0.12 * each)
    rows = fitting(high - low, 0.34, 2, 5)
    beside = 2 if rows * count <= 15 else 1  # of pots in a compartment: a wall of them is too many triangles
    pots = [material_for("", name) for name in ("white porcelain", "teal ceramic", "terracotta")]
    for row in range(rows):
        level = low + (high - low) * row / rows
        if row:
            make.add(box((left + 0.01, back + 0.01, level - 0.016), (right - 0.01, edge - 0.02, level), made))
        for k in range(beside * count):
            wide, tall = 0.14 * each, (high - low) / rows * (0.34 + 0.14 * ((row + k) % 3))
            cx = left + each * (k + 0.5) / beside
            pot = [(0.6 * wide, level), (wide, level + 0.5 * tall), (0.5 * wide, level + tall)]
            make.add(
                lathe(
                    pot,
                    pots[(row + k) % 3],
                    (cx, 0.3 * back + 0.3 * edge),
                    6,
                    (1.0, min(1.0, 0.4 * (edge - back) / wide)),
                )
            )
    for k in range(count):
        a, b = left + k * each + 0.003, left + (k + 1) * each - 0.003
        for p, q in ((a, a + rim), (b - rim, b)):
            make.add(box((p, edge - 0.05 * depth, low + 0.004), (q, edge + 0.5 * depth, high - 0.004), made))
        for p, q in ((low + 0.006, low + rim), (high - rim, high - 0.006)):
            make.add(box((a + 0.2 * rim, edge - 0.04 * depth, p), (b - 0.2 * rim, edge + 0.48 * depth, q), made))
        pane = (
            (a + 0.9 * rim, edge + 0.2 * depth, low + 0.9 * rim),
            (b - 0.9 * rim, edge + 0.3 * depth, high - 0.9 * rim),
        )
        make.add(box(*pane, glass))
        side = b - 0.5 * rim if k % 2 == 0 and count > 1 else a + 0.5 * rim
        middle = (low + high) / 2
        grip = (side - 0.006, edge, middle - 0.05), (side + 0.006, edge + depth, middle + 0.05)
        make.add(box(*grip, metal(make, "brass")))
