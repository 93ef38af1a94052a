"""Seats with cushions: sofas, armchairs, ottomans, benches, bean bags."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np

from spatialenv.core.mesh import Material
from spatialenv.renderers.furniture.builder import Builder, fitting, spread
from spatialenv.renderers.furniture.joinery import (
    accent,
    cover,
    darker,
    four_legs,
    leaning_pillow,
    leg_form,
    legwood,
    metal,
    style,
    wood,
)
from spatialenv.renderers.furniture.parts import box, lathe, prism, rod, soft_box, turned
from spatialenv.renderers.surfaces import material_for


def sofa(make: Builder) -> None:
    """A sofa with a seat cushion for each who sits on it; a deep and long one has a corner."""
    cloth = cover(make)
    x, y, z = make.length / 2, make.width / 2, make.height
    deep = make.width
    corner = (make.says("sectional", "corner", "shaped") and make.length > 1.6) or (
        make.width > 1.3 and make.length > 1.9
    )
    if corner:
        deep = min(0.95, 0.62 * make.width)
    arm = min(0.2, 0.13 * make.length)
    front = deep - y
    if corner:
        wide = min(1.0, 0.42 * make.length)
        _seat(make, -x, x, front, cloth, arms=(arm, arm), count=fitting(make.length - 2 * arm, 0.75), skip=x - wide)
        _chaise(make, x - wide, x - 0.0, front, cloth, arm)
    else:
        _seat(make, -x, x, front, cloth, arms=(arm, arm), count=fitting(make.length - 2 * arm, 0.75, 1, 5))
    if make.length > 1.3:
        side = min(0.42, 0.55 * z)
        at = -y + min(0.2, 0.22 * deep) + min(0.16, 0.2 * deep) + 0.42 * side
        for sign in (-1, 1) if make.length > 1.9 and not corner else (-1,):
            middle = (sign * (x - arm - 0.6 * side), at, _seat_height(make) - 0.01)
            leaning_pillow(make, middle, (side, side, 0.42 * side), 1.15, accent(make))


def armchair(make: Builder) -> None:
    """A seat for one with arms, soft all over."""
    arm = min(0.17, 0.19 * make.length)
    x = make.length / 2
    _seat(make, -x, x, make.width / 2, cover(make), arms=(arm, arm), count=1)


def chaise(make: Builder) -> None:
    """A long seat for one, its back at the back and legs stretched to the front, an arm on one side."""
    x, y = make.length / 2, make.width / 2
    _seat(make, -x, x, y, cover(make), arms=(0.0, min(0.14, 0.16 * make.length)), count=1)


def _seat_height(make: Builder) -> float:
    return min(0.45, 0.55 * make.height)


def _seat(
    make: Builder,
    left: float,
    right: float,
    front: float,
    cloth: Material,
    arms: tuple[float, float],
    count: int,
    skip: float = math.inf,
) -> None:
    """Add a base, back, arms and cushions; of what lies beyond x = `skip` only the back."""
    y, z, depth = make.width / 2, make.height, front + make.width / 2
    top, feet = _seat_height(make), min(0.12, 0.16 * make.height)
    pad = 0.38 * top
    soft = min(0.05, 0.3 * pad)
    back = min(0.2, 0.22 * depth)
    is_classic = style(make) in ("classic", "rustic", "glamour")
    arm_top = min(z - 0.02, top + 0.42 * (z - top)) if style(make) != "modern" else top + 0.3 * (z - top)
    end = min(right, skip) if skip < right else right
    below = darker(cloth)
    make.add(box((left + 0.01, -y + 0.012, feet), (right - 0.01, -y + 0.95 * back, top - 0.4 * pad), below))
    make.add(box((left + 0.012, -y + 0.02, feet), (end - 0.012, front - 0.03, top - pad), below))
    make.add(soft_box((left, -y, feet + 0.01), (right, -y + back, z - 0.06 * z), cloth, min(0.06, 0.3 * back)))
    for x0, wide, sign in ((left, arms[0], 1), (right, -arms[1], -1)):
        if wide == 0 or (sign < 0 and skip < right):
            continue
        a, b = sorted((x0, x0 + wide))
        make.add(soft_box((a, -y + 0.004, feet + 0.004), (b, front, arm_top), cloth, min(0.05, 0.3 * abs(wide))))
        if is_classic:
            middle = (a + b) / 2
            radius = 0.62 * abs(wide)
            make.add(rod((middle, -y + 0.02, arm_top - 0.5 * radius), (middle, front + 0.004, arm_top - 0.5 * radius),
                         radius * 0.92, cloth, 10))  # fmt: skip
    inner = left + arms[0], end - (0.0 if skip < right else arms[1])
    edges = spread(*inner, count)
    slit = min(0.009, 0.02 * (inner[1] - inner[0]) / count)
    lean = min(0.16, 0.2 * depth)
    for a, b in pairwise(edges):
        low, high = (a + slit, -y + 0.8 * back, top - pad + 0.004), (b - slit, front - 0.006, top)
        make.add(soft_box(low, high, cloth, soft))
        cushion = soft_box((a + slit, -y + 0.55 * back, top - 0.02), (b - slit, -y + back + lean, z), cloth, 0.4 * lean)
        make.add(turned(cushion, "x", 0.12, (0.0, -y + back, top)))
    form = leg_form(make)
    legs = metal(make, "black metal") if form == "metal" else legwood(make)
    thick = min(0.06, 0.5 * feet)
    four = [(sx * (right - left - 2.4 * thick) / 2 + (left + right) / 2, cy)
            for sx in (-1, 1) for cy in (-y + 1.4 * thick, front - 1.6 * thick)]  # fmt: skip
    for cx, cy in four:
        make.add(rod((cx, cy, 0.0), (cx, cy, feet + 0.02), 0.6 * thick, legs, 6, end_radius=thick))


def _chaise(make: Builder, left: float, right: float, front: float, cloth: Material, arm: float) -> None:
    """Add the long end of a corner sofa, with the arm beside it."""
    y, z = make.width / 2, make.height
    top, feet = _seat_height(make), min(0.12, 0.16 * make.height)
    pad, back = 0.38 * top, min(0.2, 0.22 * (front + make.width / 2))
    make.add(box((left, -y + 0.02, feet), (right - 0.01, y - 0.012, top - pad), darker(cloth)))
    make.add(soft_box((left + 0.006, -y + 0.8 * back, top - pad + 0.004), (right - 0.004, y, top), cloth, 0.3 * pad))
    make.add(soft_box((right - arm, -y + 0.004, feet + 0.004), (right, front, top + 0.4 * (z - top)), cloth, 0.3 * arm))
    lean = min(0.16, 0.2 * (front + y))
    cushion = soft_box(
        (left + 0.006, -y + 0.55 * back, top - 0.02), (right - arm, -y + back + lean, z), cloth, 0.4 * lean
    )
    make.add(turned(cushion, "x", 0.12, (0.0, -y + back, top)))
    thick = min(0.06, 0.5 * feet)
    for cx in (left + 1.4 * thick, right - 1.4 * thick):
        foot = (cx, y - 1.6 * thick, 0.0)
        make.add(rod(foot, (foot[0], foot[1], feet + 0.02), 0.6 * thick, legwood(make), 6, end_radius=thick))


def ottoman(make: Builder) -> None:
    """A footstool: a cushion on legs, or a round pouf."""
    cloth = cover(make)
    x, y, z = make.length / 2, make.width / 2, make.height
    if make.says("pouf", "pouffe", "hassock", "round"):
        profile = [(0.0, 0.0), (0.7, 0.0), (0.93, 0.12), (1.0, 0.4), (0.98, 0.7), (0.85, 0.93), (0.6, 1.0), (0.0, 1.0)]
        make.add(lathe([(r, z * share) for r, share in profile], cloth, sides=14, stretch=(x, y)))
        return
    feet = min(0.12, 0.3 * z)
    thick = min(0.05, 0.2 * min(make.length, make.width))
    seam = feet + 0.45 * (z - feet)
    make.add(box((-x + 0.012, -y + 0.012, feet), (x - 0.012, y - 0.012, seam + 0.01), darker(cloth)))
    make.add(soft_box((-x, -y, seam), (x, y, z), cloth, 0.4 * (z - seam), rings=2))
    four_legs(make, x - thick, y - thick, feet + 0.01, thick, legwood(make), "round")


def bench(make: Builder) -> None:
    """A seat without a back; with a cushion where words name a fabric, with a chest below where they say storage."""
    made = wood(make)
    x, y, z = make.length / 2, make.width / 2, make.height
    has_back = z > 0.7
    seat = min(0.46, 0.55 * z) if has_back else z
    soft = make.text != "" and make.says(
        "fabric", "linen", "wool", "velvet", "leather", "cotton", "upholstered", "padded", "boucle", "cushion"
    )
    pad = min(0.08, 0.2 * seat) if soft else 0.0
    board = min(0.045, 0.12 * seat)
    top = seat - pad
    thick = min(0.06, 0.25 * make.width, 0.1 * make.length)
    if make.says("storage", "shoe"):
        make.add(box((-x + 0.01, -y + 0.01, 0.0), (x - 0.01, -y + 0.03, top - 0.5 * board), made))
        for level in (0.02, 0.5 * top):
            make.add(box((-x + 0.02, -y + 0.02, level), (x - 0.02, y - 0.012, level + 0.6 * board), made))
        for edge in (-x + 0.005, x - 0.005 - board):
            make.add(box((edge, -y + 0.005, 0.0), (edge + board, y - 0.005, top - 0.5 * board), made))
        _shoes(make, -x + 2 * board, x - 2 * board, 0.02 + 0.6 * board, y)
    elif style(make) in ("industrial", "modern", "glamour"):
        bars = metal(make)
        for sx in (-1, 1):
            cx = sx * (x - 1.6 * thick)
            for cy in (-y + 0.5 * thick, y - 0.5 * thick):
                make.add(
                    box(
                        (cx - thick / 3, cy - thick / 3, 0.0), (cx + thick / 3, cy + thick / 3, top - 0.5 * board), bars
                    )
                )
            make.add(
                box((cx - thick / 3.2, -y + 0.5 * thick, 0.0), (cx + thick / 3.2, y - 0.5 * thick, 0.5 * thick), bars)
            )
    else:
        four_legs(make, x - 1.2 * thick, y - 0.8 * thick, top - 0.5 * board, thick, made)
        make.add(box((-x + thick, -0.3 * thick, 0.3 * top), (x - thick, 0.3 * thick, 0.3 * top + thick), made))
    make.add(box((-x, -y, top - board), (x, y, top), made))
    if pad:
        make.add(soft_box((-x + 0.004, -y + 0.004, top - 0.005), (x - 0.004, y - 0.004, seat), cover(make), 0.4 * pad))
    if has_back:
        rail = 0.25 * (z - seat)
        make.add(box((-x, -y, z - rail), (x, -y + board, z), made))
        for share in spread(-x + thick / 2, x - thick / 2, fitting(make.length, 0.25, 2, 8)):
            make.add(
                box(
                    (share - thick / 3, -y + 0.2 * board, top - 0.01),
                    (share + thick / 3, -y + 0.8 * board, z - 0.5 * rail),
                    made,
                )
            )


def _shoes(make: Builder, left: float, right: float, floor: float, front: float) -> None:
    pairs = [material_for("", name) for name in ("charcoal leather", "cognac leather", "white canvas")]
    for k, x in enumerate(spread(left, right, fitting(right - left, 0.2, 1, 6))[:-1]):
        if k % 4 != 2:
            for dx in (0.03, 0.11):
                shoe = [(front - 0.28, floor), (front - 0.03, floor), (front - 0.03, floor + 0.03),
                        (front - 0.16, floor + 0.09), (front - 0.28, floor + 0.1)]  # fmt: skip
                make.add(prism(shoe, x + dx, x + dx + 0.07, pairs[k % 3], "x"))


def bean_bag(make: Builder) -> None:
    """A bag that has given way to who sat on it: high at the back, a hollow towards the front."""
    x, y, z = make.length / 2, make.width / 2, make.height
    cloth = cover(make, "mustard cotton")
    profile = [(0.0, 0.0), (0.75, 0.0), (0.95, 0.1), (1.0, 0.26), (0.95, 0.46), (0.8, 0.66), (0.55, 0.84), (0.26, 0.96),
               (0.0, 1.0)]  # fmt: skip
    body = lathe([(r, z * share) for r, share in profile], cloth, sides=16, stretch=(x, y))
    points = body.vertices.copy()
    height = points[:, 2] / z
    ahead = np.clip(0.9 * points[:, 1] / y + 0.5, 0.0, 1.0)
    points[:, 1] -= 0.4 * y * height**2
    points[:, 2] *= 1.0 - 0.6 * ahead * np.sqrt(height)
    make.add(replace(body, vertices=points, smoothing=np.zeros_like(body.smoothing)))
