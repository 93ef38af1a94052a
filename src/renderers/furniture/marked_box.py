"""A box whose front is marked: what is drawn where a thing has no mesh."""

from __future__ import annotations

import numpy as np

from spatialenv.core.mesh import Colour, Material, TriangleMesh

_SIDES = ((1, 3, 7, 5), (2, 0, 4, 6), (0, 1, 5, 4), (2, 3, 1, 0))
_FRONT, _TOP = 4, 5
_RING = ((0, 1, 5), (0, 5, 4), (1, 2, 6), (1, 6, 5), (2, 3, 7), (2, 7, 6), (3, 0, 4), (3, 4, 7))
_AROUND = ((0, 1, 5), (0, 5, 4), (1, 2, 5), (5, 2, 6), (2, 3, 6), (6, 3, 4), (3, 0, 4))


def marked_box(size: tuple[float, float, float], colour: Colour) -> TriangleMesh:
    """Return a box in one colour with a pale strip on its front and an arrow to the front on its top.

    Args:
        size: ``(length, width, height)`` in metres.
        colour: Its colour.

    Example:
        >>> mesh = marked_box((1.0, 0.5, 0.8), (200.0, 60.0, 60.0))
        >>> len(mesh), len(mesh.materials), mesh.bounds.tolist()
        (26, 3, [[-0.5, -0.25, -0.4], [0.5, 0.25, 0.4]])
    """
    length, width, height = size
    x, y, z = length / 2, width / 2, height / 2
    strip = min(0.3 * height, 0.14)
    inset = min(0.12 * length, 0.1)
    side, upper = x - inset, z - 0.25 * strip
    reach = min(0.36 * min(length, width), 0.34)
    tip, across = y - 0.18 * reach, min(0.9 * reach, 0.9 * x)
    box = [(x if k & 1 else -x, y if k & 2 else -y, z if k & 4 else -z) for k in range(8)]
    front = [box[k] for k in (3, 2, 6, 7)]
    front += [(sign * side, y, level) for sign, level in _strip(upper - strip, upper)]
    top = [box[k] for k in (4, 5, 7, 6)]
    top += [(-across, tip - 1.1 * reach, z), (across, tip - 1.1 * reach, z), (0.0, tip, z)]
    faces = [corners for a, b, c, d in _SIDES for corners in ((a, b, c), (a, c, d))]
    faces += [(a + 8, b + 8, c + 8) for a, b, c in (*_RING, (4, 5, 6), (4, 6, 7))]
    faces += [(a + 16, b + 16, c + 16) for a, b, c in (*_AROUND, (4, 5, 6))]
    base = np.array(colour, dtype=np.float64)
    is_bright = float(base @ np.array([0.299, 0.587, 0.114])) > 150.0
    arrow = 0.38 * base if is_bright else 0.25 * base + 0.75 * 255.0
    colours = (base, 0.45 * base + 0.55 * 255.0, arrow)
    groups = [group for group in range(4) for _ in range(2)] + [_FRONT] * 10 + [_TOP] * 8
    return TriangleMesh(
        vertices=np.array([*box, *front, *top]),
        faces=np.array(faces, dtype=np.int32),
        materials=tuple(Material((float(c[0]), float(c[1]), float(c[2]))) for c in colours),
        material_of=np.array([0] * 16 + [1] * 2 + [0] * 7 + [2], dtype=np.int32),
        smoothing=np.array(groups, dtype=np.int32),
    )


def _strip(low: float, high: float) -> tuple[tuple[int, float], ...]:
    return (1, low), (-1, low), (-1, high), (1, high)
