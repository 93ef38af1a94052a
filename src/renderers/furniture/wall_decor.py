"""Pictures, mirrors and clocks."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from spatialenv.core.mesh import Material, TriangleMesh
from spatialenv.renderers.furniture.builder import Builder
from spatialenv.renderers.furniture.parts import box, lathe, rod, soft_box, turned
from spatialenv.renderers.furniture.pictures import mirror_texture, painting_texture, variant_of
from spatialenv.renderers.furniture.shells import disc, frame, picture, ring
from spatialenv.renderers.surfaces import material_for, plain

_SEGMENTS = {
    "top": (0.0, 1.0, False), "middle": (0.0, 0.0, False), "bottom": (0.0, -1.0, False), "ul": (-1.0, 0.5, True),
    "ur": (1.0, 0.5, True), "ll": (-1.0, -0.5, True), "lr": (1.0, -0.5, True),
}  # fmt: skip
"""Parts of a lit digit: right, up, and whether it stands."""
_DIGITS = {
    "0": ("top", "bottom", "ul", "ur", "ll", "lr"), "1": ("ur", "lr"), "2": ("top", "ur", "middle", "ll", "bottom"),
    "4": ("ul", "ur", "middle", "lr"),
}  # fmt: skip


_BOARDS = {
    "whiteboard": ("white metal", (248.0, 249.0, 249.0)), "blackboard": ("oak", (54.0, 66.0, 60.0)),
    "chalkboard": ("oak", (54.0, 66.0, 60.0)), "bulletin": ("oak", (206.0, 168.0, 120.0)),
}  # fmt: skip
"""Boards to write on or to pin notes to: what their frames are made of, and the colours of their faces."""


def painting(make: Builder) -> None:
    """A framed picture towards +y, with a mount where it is large; a bare board where words name one.

    Which picture it is depends on words and size.
    """
    kind = next((word for word in _BOARDS if make.says(word)), None)
    if kind is not None:
        _board(make, kind)
        return
    x, y, z = make.length / 2, make.width / 2, make.height
    wood = material_for(make.text, "oak", ("wood", "metal"))
    bar = min(0.03, 0.08 * min(make.length, z))
    face = y - 0.25 * make.width
    make.add(*frame((-x, -y, 0.0), (x, y, z), bar, wood))
    variant = variant_of(make.text, round(make.length, 3), round(z, 3))
    canvas = Material((255.0, 255.0, 255.0), painting_texture(variant), roughness=0.9)
    mount = plain((243.0, 241.0, 235.0))
    board = plain((176.0, 150.0, 120.0))
    make.add(box((-x + bar, -y, bar), (x - bar, -0.6 * y, z - bar), board))
    make.add(box((-x + bar, -0.6 * y, bar), (x - bar, face - 0.1 * make.width, z - bar), mount))
    has_mount = min(make.length, z) > 0.55 or make.says("poster", "print", "photo", "photograph", "drawing")
    border = bar + 0.1 * min(make.length, z) * has_mount
    make.add(picture((-x + border, -y + 0.1 * make.width, border), (x - border, face, z - border), canvas, mount))


def _board(make: Builder, kind: str) -> None:
    x, y, z = make.length / 2, make.width / 2, make.height
    default, colour = _BOARDS[kind]
    trim = material_for(make.text, default, ("wood", "metal"))
    bar = min(0.025, 0.06 * min(make.length, z))
    rim, level = 0.2 * y, -0.2 * y
    make.add(*frame((-x, -y, 0.0), (x, rim, z), bar, trim))
    make.add(box((-x + bar, -y, bar), (x - bar, level, z - bar), plain(colour, 0.4)))
    if kind == "bulletin":
        for at, up, shade in ((-0.5, 0.55, "white"), (0.05, 0.4, "mustard"), (0.5, 0.6, "sky")):
            low = (at - 0.14) * x, level, (up - 0.13) * z
            make.add(box(low, ((at + 0.14) * x, y, (up + 0.13) * z), material_for("", f"{shade} paper")))
    else:
        make.add(box((-0.45 * x, rim, 0.0), (0.45 * x, y, 0.6 * bar), trim))


def mirror(make: Builder) -> None:
    """A mirror in a frame; oval where the words say round."""
    x, y, z = make.length / 2, make.width / 2, make.height
    trim = material_for(make.text, "brass", ("metal", "wood"))
    glass = Material((255.0, 255.0, 255.0), mirror_texture(), roughness=0.05, emission=0.5)
    back = plain((120.0, 112.0, 102.0))
    if make.says("round", "oval", "circular"):
        bar = min(0.03, 0.1 * min(make.length, z))
        half = z / 2
        rim = [(1.0, -y), (1.0, 0.8 * y), (1 - 0.4 * bar / half, y), (1 - bar / half, 0.7 * y)]
        shell = [
            turned(lathe([(a * half, b) for a, b in rim], trim, sides=32, stretch=(x / half, 1.0)), "x", -math.pi / 2)
        ]
        pane = disc((0.0, 0.62 * y, 0.0), half - bar, 0.3 * make.width, glass, "y", 32, (x / half, 1.0))
        shell.append(_shown_once(pane))
        for part in shell:
            make.add(part.placed((0.0, 0.0, half), 0.0))
        return
    bar = min(0.035, 0.1 * min(make.length, z))
    if make.width > 0.18:
        lean = math.atan2(0.8 * make.width, z)
        tall = z / math.cos(lean) * 0.98
        thick = min(0.04, 0.15 * make.width)
        leaf = [*frame((-x, -thick, 0.0), (x, 0.0, tall), bar, trim)]
        leaf.append(_shown_once(box((-x + bar, -0.9 * thick, bar), (x - bar, -0.3 * thick, tall - bar), glass)))
        for part in leaf:
            make.add(turned(part, "x", lean).placed((0.0, y, 0.0), 0.0))
        for cx in (-0.8 * x, 0.8 * x):
            make.add(rod((cx, -y, 0.0), (cx, -0.62 * y, 0.86 * z), 0.4 * bar, trim, 6))
        return
    make.add(*frame((-x, -y, 0.0), (x, y, z), bar, trim))
    make.add(box((-x + bar, -y, bar), (x - bar, 0.0, z - bar), back))
    make.add(_shown_once(box((-x + bar, -0.5 * y, bar), (x - bar, 0.4 * y, z - bar), glass)))


def _shown_once(pane: TriangleMesh) -> TriangleMesh:
    """Lay a texture once over a part that is looked at along y."""
    low, high = pane.bounds
    uvs = ((pane.corners - low) / (high - low))[..., [0, 2]]
    return replace(pane, uvs=uvs.astype(np.float32))


def clock(make: Builder) -> None:
    """A clock on the wall; a tall case with a pendulum where it is high."""
    x, y, z = make.length / 2, make.width / 2, make.height
    body = material_for(make.text, "walnut", ("wood", "metal", "plastic"))
    if z > 1.0 and z > 2.5 * make.length:
        brass = material_for("", "brass")
        head = min(0.26 * z, 1.15 * make.length)
        make.add(
            box((-x, -y, 0.0), (x, y, 0.2 * z), body),
            box((-0.78 * x, -0.9 * y, 0.2 * z), (0.78 * x, 0.75 * y, z - head), body),
        )
        make.add(
            box((-x, -y, z - head), (x, 0.92 * y, 0.97 * z), body),
            box((-0.9 * x, -0.9 * y, 0.96 * z), (0.9 * x, 0.9 * y, z), body),
        )
        make.add(
            box((-0.55 * x, 0.6 * y, 0.27 * z), (0.55 * x, 0.78 * y, z - 1.12 * head), plain((44.0, 36.0, 32.0), 0.2))
        )
        make.add(rod((0.0, 0.82 * y, 0.4 * z), (0.0, 0.82 * y, z - 1.2 * head), 0.02 * x, brass, 4))
        make.add(disc((0.0, 0.82 * y, 0.38 * z), 0.3 * x, 0.08 * y, brass, "y", 14))
        _dial(make, (0.0, 0.92 * y, z - 0.53 * head), min(0.8 * x, 0.4 * head), 1.0, 0.08 * y)
        return
    half = z / 2
    rim = [(1.0, -y), (1.0, 0.7 * y), (0.9, y), (0.86, 0.4 * y)]
    make.add(
        turned(
            lathe([(a * half, b) for a, b in rim], body, sides=28, stretch=(x / half, 1.0)), "x", -math.pi / 2
        ).placed((0.0, 0.0, half), 0.0)
    )
    _dial(make, (0.0, 0.4 * y, half), 0.87 * half, x / half, 0.2 * y)


def alarm_clock(make: Builder) -> None:
    """A round clock on two feet with two bells; a block with a display where the box is wide."""
    x, y, z = make.length / 2, make.width / 2, make.height
    body = material_for(make.text, "brass", ("metal", "plastic", "wood"))
    if make.length > 1.3 * z:
        make.add(soft_box((-x, -y, 0.0), (x, 0.92 * y, z), body, 0.12 * min(z, make.width)))
        make.add(box((-0.86 * x, 0.8 * y, 0.16 * z), (0.86 * x, y, 0.84 * z), plain((34.0, 36.0, 40.0), 0.2)))
        lit = plain((250.0, 120.0, 90.0), 0.4, 0.9)
        for at, digit in zip((0.62, 0.26, -0.26, -0.62), "1024", strict=True):
            for across, level, is_upright in (_SEGMENTS[k] for k in _DIGITS[digit]):
                half, tall = (0.025, 0.13) if is_upright else (0.1, 0.03)
                cx, cz = (at - 0.11 * across) * x, (0.5 + 0.27 * level) * z  # seen from the front, x runs to the left
                make.add(box((cx - half * x, 0.9 * y, cz - tall * z), (cx + half * x, 1.01 * y, cz + tall * z), lit))
        return
    radius = min(0.86 * x, 0.40 * z)
    level = 0.08 * z + radius
    make.add(disc((0.0, -0.05 * y, level), radius, 1.7 * y, body, "y", 22))
    make.add(ring((0.0, 0.85 * y, level), radius, 0.86 * radius, 0.3 * y, body, "y", 22))
    _dial(make, (0.0, 0.8 * y, level), 0.87 * radius, 1.0, 0.1 * y)
    for side in (-1.0, 1.0):
        make.add(
            rod((0.45 * side * radius, 0.0, level - 0.8 * radius), (0.8 * side * x, 0.0, 0.0), 0.09 * radius, body, 6)
        )
        bell = lathe([(0.42 * radius, 0.0), (0.36 * radius, 0.16 * radius), (0.0, 0.28 * radius)], body, sides=10)
        make.add(turned(bell, "y", side * 0.55).placed((0.5 * side * radius, 0.0, level + 0.86 * radius), 0.0))
    make.add(rod((0.0, 0.0, level + 0.9 * radius), (0.0, 0.0, z), 0.06 * radius, body, 6))
    make.add(rod((-x, 0.0, level), (x, 0.0, level), 0.05 * radius, body, 4))


def picture_frame(make: Builder) -> None:
    """A small frame that leans on its strut."""
    x, y, z = make.length / 2, make.width / 2, make.height
    trim = material_for(make.text, "brass", ("wood", "metal", "plastic"))
    if make.width < 0.12 * z:
        return painting(make)
    bar = 0.09 * min(make.length, z)
    lean = math.atan2(0.55 * make.width, z)
    thick = 0.12 * make.width
    canvas = Material((255.0, 255.0, 255.0), painting_texture(variant_of(make.text, round(z, 3))), roughness=0.7)
    tall = 0.98 * z / math.cos(lean)
    leaf = [*frame((-x, -thick, 0.0), (x, 0.0, tall), bar, trim)]
    leaf.append(picture((-x + bar, -0.8 * thick, bar), (x - bar, -0.3 * thick, tall - bar), canvas, trim))
    for part in leaf:
        make.add(turned(part, "x", lean).placed((0.0, y, 0.0), 0.0))
    make.add(rod((0.0, -y, 0.0), (0.0, 0.1 * y, 0.7 * z), 0.3 * bar, trim, 4))
    return None


def _dial(make: Builder, middle: tuple[float, float, float], radius: float, wide: float, thick: float) -> None:
    """Add a clock face at ten past ten, seen from +y."""
    x, y, z = middle
    dark = plain((52.0, 50.0, 50.0))
    make.add(disc(middle, radius, thick, plain((246.0, 243.0, 236.0)), "y", 24, (wide, 1.0)))
    front = y + 0.5 * thick
    for k in range(12):
        angle = k * math.pi / 6
        size = 0.05 * radius if k % 3 else 0.08 * radius
        at = (x + 0.84 * wide * radius * math.sin(angle), z + 0.84 * radius * math.cos(angle))
        make.add(
            box(
                (at[0] - 0.6 * size, front - 0.1 * thick, at[1] - size),
                (at[0] + 0.6 * size, front + 0.2 * thick, at[1] + size),
                dark,
            )
        )
    # Seen from +y, x runs to the left: the hour hand points up and left, to ten.
    for angle, long, half in ((-math.radians(60.0), 0.62, 0.035), (math.radians(60.0), 0.46, 0.05)):
        hand = box((-half * radius, front, -0.08 * radius), (half * radius, front + 0.4 * thick, long * radius), dark)
        make.add(turned(hand, "y", angle).placed((x, 0.0, z), 0.0))
