"""The parts that furniture is put together from: closed meshes of one material, outward-facing.

Every part is a `TriangleMesh` in metres, in whatever frame its caller works in. Parts may run into each other; they
should not share a plane, because which of two is seen there is a matter of rounding. Texture coordinates are left to
`Builder.mesh`, which lays textures along the parts.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import cache, lru_cache
from itertools import pairwise
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from spatialenv.core.mesh import Material, TriangleMesh
from spatialenv.core.placed import FloatArray
from spatialenv.renderers.floors import triangulate

Point = tuple[float, float, float]
Axis = Literal["x", "y", "z"]
Rectangle = tuple[float, float, float, float]
"""Least x, least y, greatest x, greatest y."""

SHARP = math.radians(40.0)
"""Surfaces that meet at a greater angle are not smoothed into one."""

_BOX = ((1, 3, 7, 5), (2, 0, 4, 6), (3, 2, 6, 7), (0, 1, 5, 4), (4, 5, 7, 6), (2, 3, 1, 0))


def box(low: Point, high: Point, material: Material) -> TriangleMesh:
    """Return a box between two corners: 12 triangles, sharp edges.

    Example:
        >>> wood = Material((180.0, 140.0, 100.0))
        >>> box((0, 0, 0), (1, 2, 3), wood).bounds.tolist()
        [[0.0, 0.0, 0.0], [1.0, 2.0, 3.0]]
    """
    return taper((low[0], low[1], high[0], high[1]), (low[0], low[1], high[0], high[1]), low[2], high[2], material)


def taper(bottom: Rectangle, top: Rectangle, low: float, high: float, material: Material) -> TriangleMesh:
    """Return a block whose top is another rectangle than its bottom: tapered legs, slanted backs; 12 triangles.

    Args:
        bottom: Its rectangle at z = `low`.
        top: Its rectangle at z = `high`.
        low: Least z.
        high: Greatest z.
        material: Its material.
    """
    corners = [
        (rectangle[2 if k & 1 else 0], rectangle[3 if k & 2 else 1], z)
        for rectangle, z in ((bottom, low), (top, high))
        for k in range(4)
    ]
    return _part(np.array(corners, dtype=np.float64), _block(), material)


def soft_box(low: Point, high: Point, material: Material, radius: float, rings: int = 1) -> TriangleMesh:
    """Return a box with soft edges, all one smooth surface: a cushion, a mattress.

    Args:
        low: Its least corner.
        high: Its greatest corner.
        material: Its material.
        radius: How far the edges are rounded in metres; at most half the least side is used.
        rings: 1 for a bevel (44 triangles), 2 for a round edge (108).
    """
    least, greatest = np.array(low, dtype=np.float64), np.array(high, dtype=np.float64)
    half = (greatest - least) / 2
    inset = min(radius, 0.499 * float(half.min()))
    core, away, shape = _bevel() if rings == 1 else _rounding(rings)
    return _part((least + greatest) / 2 + core * (half - inset) + away * inset, shape, material)


def pillow(low: Point, high: Point, material: Material, steps: int = 4) -> TriangleMesh:
    """Return a cushion that is thick in the middle and thin at its seam, lying flat: ``4 * steps ** 2`` triangles."""
    unit, shape = _pillow(steps)
    middle, half = np.add(low, high) / 2, np.subtract(high, low) / 2
    return _part(middle + unit * half, shape, material)


def rod(
    start: Point, end: Point, radius: float, material: Material, sides: int = 8, end_radius: float | None = None
) -> TriangleMesh:
    """Return a round bar between two points, or a cone where its ends differ: ``4 * sides - 4`` triangles.

    Args:
        start: Middle of one end.
        end: Middle of the other.
        radius: Metres, to the corners of its cross-section; a bar of 4 sides is square, its sides along the axes.
        material: Its material.
        sides: Sides of its cross-section; 6 and more are smoothed.
        end_radius: Radius at `end`; None for the same, 0 for a point.
    """
    ends = np.array([start, end], dtype=np.float64)
    ring = _circle(sides) @ np.array(_across(*(ends[1] - ends[0]).tolist()))
    last = radius if end_radius is None else max(end_radius, 1e-3 * radius)
    vertices = np.concatenate([ends[0] + radius * ring, ends[1] + last * ring])
    return _part(vertices, _sleeve(sides, (False, False), (0,) if sides >= 6 else (-1,)), material)


def tube(points: Sequence[Point], radius: float, material: Material, sides: int = 6) -> TriangleMesh:
    """Return a round bar that is bent along `points`: taps, metal frames."""
    path = np.array(points, dtype=np.float64)
    steps = np.diff(path, axis=0)
    steps /= np.linalg.norm(steps, axis=1, keepdims=True)
    frame = np.array(_across(*steps[0].tolist()))
    rings = []
    for k, point in enumerate(path):
        before, after = steps[max(k - 1, 0)], steps[min(k, len(steps) - 1)]
        ring = radius * (_circle(sides) @ frame)
        # The ring lies in the plane that halves the bend, so that the bar keeps its width.
        half = before + after
        rings.append(point + ring - np.outer((ring @ half) / max(float(before @ half), 0.2), before))
        across = frame[0] - half * float(frame[0] @ after) / max(1.0 + float(before @ after), 0.1)
        across /= np.linalg.norm(across)
        frame = np.stack([across, np.cross(after, across)])
    return _part(np.concatenate(rings), _sleeve(sides, (False,) * len(rings), (0,) * (len(rings) - 1)), material)


def lathe(
    profile: Sequence[tuple[float, float]],
    material: Material,
    center: tuple[float, float] = (0.0, 0.0),
    sides: int = 12,
    stretch: tuple[float, float] = (1.0, 1.0),
) -> TriangleMesh:
    """Return what turns about an upright line: turned legs, bowls, lamp shades.

    Args:
        profile: ``(radius, z)`` in metres from the bottom to the top along the outside; a hollow thing's goes on down
            the inside. Where an end has a radius above 0, it is closed by a flat lid.
        material: Its material.
        center: x and y of the line.
        sides: How many sides a circle has.
        stretch: Factors along x and y: ovals.
    """
    heights = np.array(profile, dtype=np.float64)
    around = _circle(sides) * np.array(stretch)
    vertices = np.empty((len(profile), sides, 3))
    vertices[..., :2] = np.maximum(heights[:, :1, None], 0.0) * around + np.array(center)
    vertices[..., 2] = heights[:, 1:]
    turns = [math.atan2(b[1] - a[1], b[0] - a[0]) for a, b in pairwise(profile)]
    groups = [0]
    for before, after in pairwise(turns):
        groups.append(groups[-1] + (abs(math.remainder(after - before, 2 * math.pi)) > SHARP))
    points = tuple(radius <= 0 for radius, _ in profile)
    return _part(vertices.reshape(-1, 3), _sleeve(sides, points, tuple(groups)), material)


def prism(
    outline: Sequence[tuple[float, float]], low: float, high: float, material: Material, axis: Axis = "z"
) -> TriangleMesh:
    """Return an outline drawn out along an axis: panels with a curve, profiles, slanted sides.

    Args:
        outline: Corners of a simple polygon, in either direction, no three in a line: ``(x, y)`` for the axis z,
            ``(x, z)`` for y, ``(y, z)`` for x.
        low: Where it begins along the axis.
        high: Where it ends.
        material: Its material.
        axis: The axis.
    """
    points = [(b, a) for a, b in outline] if axis == "y" else [(a, b) for a, b in outline]
    area = sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(points, [*points[1:], points[0]], strict=True))
    points = points if area > 0 else points[::-1]
    n = len(points)
    turns = [math.atan2(b[1] - a[1], b[0] - a[0]) for a, b in zip(points, [*points[1:], points[0]], strict=True)]
    sharp = [abs(math.remainder(turns[k] - turns[k - 1], 2 * math.pi)) > SHARP for k in range(n)]
    first = sharp.index(True) if True in sharp else 0
    points, sharp = points[first:] + points[:first], sharp[first:] + sharp[:first]
    sides = np.cumsum([False, *sharp[1:]])
    flat = np.array(points)
    order = {"x": (2, 0, 1), "y": (1, 2, 0), "z": (0, 1, 2)}[axis]
    vertices = np.concatenate([np.column_stack([flat, np.full(n, level)]) for level in (low, high)])[:, order]
    lid = np.array(triangulate(tuple(points)), dtype=np.int32)
    shell = _shape([(k, (k + 1) % n, n + (k + 1) % n, n + k) for k in range(n)], sides.tolist())
    last = int(sides[-1])
    groups = np.repeat([last + 1, last + 2], len(lid))
    faces = np.concatenate([shell.faces, lid[:, ::-1], lid + n])
    return _part(vertices, _Shape(faces, np.concatenate([shell.groups, groups])), material)


def ball(middle: Point, radii: Point, material: Material, sides: int = 10, rings: int = 6) -> TriangleMesh:
    """Return an ellipsoid: ``2 * sides * (rings - 1)`` triangles."""
    angles = np.linspace(-math.pi / 2, math.pi / 2, rings + 1)
    profile = [(max(math.cos(a), 0.0) if 0 < k < rings else 0.0, math.sin(a)) for k, a in enumerate(angles)]
    mesh = lathe(profile, material, sides=sides)
    vertices = mesh.vertices * np.array(radii) + np.array(middle)
    return replace(mesh, vertices=vertices, smoothing=np.zeros_like(mesh.smoothing))


def turned(mesh: TriangleMesh, axis: Axis, angle: float, about: Point = (0.0, 0.0, 0.0)) -> TriangleMesh:
    """Return a part turned by `angle` radians about the line through `about` along an axis, by the right-hand rule."""
    cosine, sine = math.cos(angle), math.sin(angle)
    a, b = {"x": (1, 2), "y": (2, 0), "z": (0, 1)}[axis]
    turn = np.eye(3)
    turn[a, a] = turn[b, b] = cosine
    turn[a, b], turn[b, a] = -sine, sine
    return replace(mesh, vertices=(mesh.vertices - np.array(about)) @ turn.T + np.array(about))


class _Shape(NamedTuple):
    """Which corners make triangles, ``(f, 3)``, and which of these are one smooth surface, ``(f,)``."""

    faces: npt.NDArray[np.int32]
    groups: npt.NDArray[np.int32]


def _shape(quads: Sequence[Sequence[int]], groups: Sequence[int], triangles: Sequence[Sequence[int]] = ()) -> _Shape:
    """Return quads and triangles as a shape; `groups` counts both."""
    rings = np.array(quads, dtype=np.int32).reshape(-1, 4)[:, [(0, 1, 2), (0, 2, 3)]].reshape(-1, 3)
    faces = np.concatenate([rings, np.array(triangles, dtype=np.int32).reshape(-1, 3)])
    counts = [2] * len(quads) + [1] * len(triangles)
    return _Shape(faces, np.repeat(np.array(groups, dtype=np.int32), counts))


def _part(vertices: FloatArray, shape: _Shape, material: Material) -> TriangleMesh:
    return TriangleMesh(vertices, shape.faces, (material,), np.zeros(len(shape.faces), np.int32), shape.groups)


@cache
def _block() -> _Shape:
    """Return the shape of a box with sharp edges."""
    return _shape(_BOX, range(6))


@cache
def _circle(sides: int) -> FloatArray:
    """Return points of a circle of radius 1, counter-clockwise, ``(sides, 2)``; none lies on an axis."""
    angles = (np.arange(sides) + 0.5) * (2 * math.pi / sides)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1)


def _across(x: float, y: float, z: float) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """Return two unit vectors square to a direction and to each other, right-handed with it."""
    length = max(math.sqrt(x * x + y * y + z * z), 1e-12)
    x, y, z = x / length, y / length, z / length
    a, b, c = (z, 0.0, -x) if abs(z) > 0.9 else (-y, x, 0.0)
    length = max(math.sqrt(a * a + b * b + c * c), 1e-12)
    a, b, c = a / length, b / length, c / length
    return (a, b, c), (y * c - z * b, z * a - x * c, x * b - y * a)


@lru_cache(maxsize=512)
def _sleeve(sides: int, points: tuple[bool, ...], groups: tuple[int, ...]) -> _Shape:
    """Return the shape of rings joined to a skin with a lid at each end.

    Args:
        sides: Corners of each ring.
        points: Whether each ring has shrunk to a point.
        groups: Smoothing group of each stretch between rings; -1 where each of its sides is its own.
    """
    quads, triangles = [], []
    of_quads, of_triangles = [], []
    for k, group in enumerate(groups):
        low, high = k * sides, (k + 1) * sides
        for s in range(sides):
            t = (s + 1) % sides
            mine = s if group < 0 else group
            if points[k] and points[k + 1]:
                continue
            if points[k] or points[k + 1]:
                triangles.append((low, high + t, high + s) if points[k] else (low + s, low + t, high))
                of_triangles.append(mine)
            else:
                quads.append((low + s, low + t, high + t, high + s))
                of_quads.append(mine)
    last = max(*of_quads, *of_triangles, 0)
    for end, first in ((0, 0), (1, len(groups) * sides)):
        if not points[-end]:
            for s in range(1, sides - 1):
                fan = first, first + s, first + s + 1
                triangles.append(fan if end else fan[::-1])
                of_triangles.append(last + 1 + end)
    return _shape(quads, [*of_quads, *of_triangles], triangles)


@cache
def _bevel() -> tuple[FloatArray, FloatArray, _Shape]:
    """Return a box whose edges and corners are cut off: each corner is three points, one on each of its sides.

    Returns:
        Corners in half sizes of the core and in insets, ``(24, 3)`` each, and the shape.
    """
    signs = np.array([[1.0 if corner >> axis & 1 else -1.0 for axis in range(3)] for corner in range(8)])
    quads: list[tuple[int, ...]] = []
    for side, ring in enumerate(_BOX):
        own = side // 2
        quads.append(tuple(3 * corner + own for corner in ring))
        for start, stop in zip(ring, (*ring[1:], ring[0]), strict=True):
            other = 3 - own - ((start ^ stop).bit_length() - 1)
            if other > own:
                quads.append((3 * stop + own, 3 * start + own, 3 * start + other, 3 * stop + other))
    caps = [(3 * c, 3 * c + 1, 3 * c + 2) if c.bit_count() % 2 else (3 * c, 3 * c + 2, 3 * c + 1) for c in range(8)]
    away = (signs[:, None] * np.eye(3)).reshape(-1, 3)
    return np.repeat(signs, 3, axis=0), away, _shape(quads, [0] * (len(quads) + 8), caps)


@cache
def _rounding(rings: int) -> tuple[FloatArray, FloatArray, _Shape]:
    """Return a box with round edges, as `_bevel` does: the surface of a cube's grid, whose ends bend to spheres."""
    offsets = np.concatenate([np.linspace(-1, 0, rings), np.linspace(0, 1, rings)])
    sides = np.concatenate([np.full(rings, -1.0), np.full(rings, 1.0)])
    count = len(offsets)
    number: dict[tuple[int, ...], int] = {}
    quads = []
    for axis in range(3):
        for end in (0, count - 1):
            for a in range(count - 1):
                for b in range(count - 1):
                    ring = []
                    for i, j in ((a, b), (a + 1, b), (a + 1, b + 1), (a, b + 1)):
                        place = [0, 0, 0]
                        place[axis], place[(axis + 1) % 3], place[(axis + 2) % 3] = end, i, j
                        ring.append(number.setdefault(tuple(place), len(number)))
                    quads.append(tuple(ring if end else ring[::-1]))
    places = np.array(list(number))
    away = offsets[places]
    return sides[places], away / np.linalg.norm(away, axis=1, keepdims=True), _shape(quads, [0] * len(quads))


@cache
def _pillow(steps: int) -> tuple[FloatArray, _Shape]:
    count = steps + 1
    spread = np.linspace(-1.0, 1.0, count)
    a, b = (grid.ravel() for grid in np.meshgrid(spread, spread, indexing="ij"))
    swell = ((1 - a**4) * (1 - b**4)) ** 0.5
    # Corners reach out and sides draw in, as those of a filled cover do.
    x, y = a * (1 - 0.08 * (1 - b**2) * np.abs(a)), b * (1 - 0.08 * (1 - a**2) * np.abs(b))
    above = np.arange(count * count).reshape(count, count)
    below = above.copy()
    below[1:-1, 1:-1] = count * count + np.arange((count - 2) ** 2).reshape(count - 2, count - 2)
    quads = [
        ring
        for i in range(steps)
        for j in range(steps)
        for ring in (
            (above[i, j], above[i + 1, j], above[i + 1, j + 1], above[i, j + 1]),
            (below[i, j + 1], below[i + 1, j + 1], below[i + 1, j], below[i, j]),
        )
    ]
    inner = (below >= count * count).ravel()
    unit = np.concatenate([np.stack([x, y, swell], axis=1), np.stack([x, y, -swell], axis=1)[inner]])
    return unit, _shape(quads, [0] * len(quads))
