"""The parts that furniture is put together from: closed meshes of one material, outward-facing.

Every part is a `TriangleMesh` in metres, in whatever frame its caller works in. Parts may run into each other; they
should not share a plane, because which of two is seen there is a matter of rounding. Texture coordinates are left to
`Builder.mesh`, which lays textures along the parts.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

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
    return _quads(corners, _BOX, range(6), material)


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
    inset = np.minimum(radius, 0.499 * half.min())
    if rings == 1:
        return _bevelled(least, greatest, inset, material)
    offsets = np.concatenate([np.linspace(-1, 0, rings), np.linspace(0, 1, rings)])
    middle = np.concatenate([np.full(rings, -1.0), np.full(rings, 1.0)])
    count = len(offsets)
    number: dict[tuple[int, int, int], int] = {}
    vertices: list[FloatArray] = []
    quads: list[tuple[int, ...]] = []
    for axis in range(3):
        for end in (0, count - 1):
            for a in range(count - 1):
                for b in range(count - 1):
                    ring = []
                    for i, j in ((a, b), (a + 1, b), (a + 1, b + 1), (a, b + 1)):
                        place = [0, 0, 0]
                        place[axis], place[(axis + 1) % 3], place[(axis + 2) % 3] = end, i, j
                        key = (place[0], place[1], place[2])
                        if key not in number:
                            number[key] = len(vertices)
                            away = offsets[place]
                            core = (least + greatest) / 2 + middle[place] * (half - inset)
                            vertices.append(core + inset * away / np.linalg.norm(away))
                        ring.append(number[key])
                    quads.append(tuple(ring if end else ring[::-1]))
    return _quads(vertices, quads, [0] * len(quads), material)


def pillow(low: Point, high: Point, material: Material, steps: int = 4) -> TriangleMesh:
    """Return a cushion that is thick in the middle and thin at its seam, lying flat: ``4 * steps ** 2`` triangles."""
    count = steps + 1
    spread = np.linspace(-1.0, 1.0, count)
    a, b = (grid.ravel() for grid in np.meshgrid(spread, spread, indexing="ij"))
    swell = ((1 - a**4) * (1 - b**4)) ** 0.5
    # Corners reach out and sides draw in, as those of a filled cover do.
    x, y = a * (1 - 0.08 * (1 - b**2) * np.abs(a)), b * (1 - 0.08 * (1 - a**2) * np.abs(b))
    number = np.arange(count * count).reshape(count, count)
    is_seam = np.zeros((count, count), dtype=bool)
    is_seam[[0, -1]] = is_seam[:, [0, -1]] = True
    below = np.where(is_seam, number, number + count * count)
    quads = [
        ring
        for i in range(steps)
        for j in range(steps)
        for ring in (
            (number[i, j], number[i + 1, j], number[i + 1, j + 1], number[i, j + 1]),
            (below[i, j + 1], below[i + 1, j + 1], below[i + 1, j], below[i, j]),
        )
    ]
    unit = np.concatenate([np.stack([x, y, swell], axis=1), np.stack([x, y, -swell], axis=1)])
    middle, half = (np.add(low, high)) / 2, np.subtract(high, low) / 2
    return _quads(middle + unit * half, quads, [0] * len(quads), material, tidy=True)


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
    along = ends[1] - ends[0]
    along /= max(float(np.linalg.norm(along)), 1e-12)
    across, up = _across(along)
    angles = (np.arange(sides) + 0.5) * (2 * math.pi / sides)
    ring = np.cos(angles)[:, None] * across + np.sin(angles)[:, None] * up
    last = radius if end_radius is None else end_radius
    rings = [ends[0] + radius * ring, ends[1] + max(last, 1e-3 * radius) * ring]
    return _sleeve(rings, material, smooth=[sides >= 6])


def tube(points: Sequence[Point], radius: float, material: Material, sides: int = 6) -> TriangleMesh:
    """Return a round bar that is bent along `points`: taps, metal frames."""
    path = np.array(points, dtype=np.float64)
    steps = np.diff(path, axis=0)
    steps /= np.linalg.norm(steps, axis=1, keepdims=True)
    across, up = _across(steps[0])
    angles = (np.arange(sides) + 0.5) * (2 * math.pi / sides)
    rings = []
    for k, point in enumerate(path):
        before, after = steps[max(k - 1, 0)], steps[min(k, len(steps) - 1)]
        ring = radius * (np.cos(angles)[:, None] * across + np.sin(angles)[:, None] * up)
        # The ring lies in the plane that halves the bend, so that the bar keeps its width.
        half = before + after
        rings.append(point + ring - np.outer((ring @ half) / max(float(before @ half), 0.2), before))
        across = across - half * float(across @ after) / max(1.0 + float(before @ after), 0.1)
        across /= np.linalg.norm(across)
        up = np.cross(after, across)
    return _sleeve(rings, material, smooth=[True] * (len(rings) - 1))


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
    angles = (np.arange(sides) + 0.5) * (2 * math.pi / sides)
    around = np.stack([np.cos(angles) * stretch[0], np.sin(angles) * stretch[1], np.zeros(sides)], axis=1)
    at = np.array([center[0], center[1], 0.0])
    rings = [at + max(radius, 0.0) * around + np.array([0.0, 0.0, z]) for radius, z in profile]
    smooth = [True] * (len(rings) - 1)
    pieces, first = [], 0
    turns = [math.atan2(b[1] - a[1], b[0] - a[0]) for a, b in pairwise(profile)]
    for k in range(1, len(turns)):
        if abs(math.remainder(turns[k] - turns[k - 1], 2 * math.pi)) > SHARP:
            pieces.append((first, k))
            first = k
    pieces.append((first, len(turns)))
    groups = [number for number, (start, stop) in enumerate(pieces) for _ in range(stop - start)]
    return _sleeve(rings, material, smooth, groups)


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
    around = [(k, (k + 1) % n, n + (k + 1) % n, n + k) for k in range(n)]
    shell = _quads(vertices, around, sides, material)
    last = int(sides[-1])
    return TriangleMesh(
        vertices=vertices,
        faces=np.concatenate([shell.faces, lid[:, ::-1], lid + n]),
        materials=(material,),
        material_of=np.zeros(len(shell) + 2 * len(lid), np.int32),
        smoothing=np.concatenate([shell.smoothing, np.full(len(lid), last + 1), np.full(len(lid), last + 2)]),
    )


def ball(middle: Point, radii: Point, material: Material, sides: int = 10, rings: int = 6) -> TriangleMesh:
    """Return an ellipsoid: ``2 * sides * (rings - 1)`` triangles."""
    angles = np.linspace(-math.pi / 2, math.pi / 2, rings + 1)
    profile = [(max(math.cos(a), 0.0) if 0 < k < rings else 0.0, math.sin(a)) for k, a in enumerate(angles)]
    mesh = lathe(profile, material, sides=sides)
    smooth = np.zeros(len(mesh), np.int32)
    return _with(mesh, mesh.vertices * np.array(radii) + np.array(middle), smooth)


def turned(mesh: TriangleMesh, axis: Axis, angle: float, about: Point = (0.0, 0.0, 0.0)) -> TriangleMesh:
    """Return a part turned by `angle` radians about the line through `about` along an axis, by the right-hand rule."""
    cosine, sine = math.cos(angle), math.sin(angle)
    a, b = {"x": (1, 2), "y": (2, 0), "z": (0, 1)}[axis]
    turn = np.eye(3)
    turn[a, a] = turn[b, b] = cosine
    turn[a, b], turn[b, a] = -sine, sine
    return _with(mesh, (mesh.vertices - np.array(about)) @ turn.T + np.array(about), mesh.smoothing)


def _with(mesh: TriangleMesh, vertices: FloatArray, smoothing: npt.NDArray[np.int32]) -> TriangleMesh:
    return TriangleMesh(vertices, mesh.faces, mesh.materials, mesh.material_of, smoothing, mesh.uvs)


def _bevelled(low: FloatArray, high: FloatArray, inset: float, material: Material) -> TriangleMesh:
    """Return a box whose edges and corners are cut off: each corner is three points, one on each of its sides."""
    vertices = np.empty((8, 3, 3))
    for corner in range(8):
        signs = np.array([1.0 if corner >> axis & 1 else -1.0 for axis in range(3)])
        outer = np.where(signs > 0, high, low)
        for axis in range(3):
            vertices[corner, axis] = outer - inset * signs
            vertices[corner, axis, axis] = outer[axis]
    rings: list[tuple[int, ...]] = []
    for side, ring in enumerate(_BOX):
        rings.append(tuple(3 * corner + side // 2 for corner in ring))
        for start, stop in zip(ring, (*ring[1:], ring[0]), strict=True):
            along = (start ^ stop).bit_length() - 1
            other = 3 - along - side // 2
            if other > side // 2:
                rings.append(tuple(3 * c + a for c, a in (
                    (stop, side // 2), (start, side // 2), (start, other), (stop, other)
                )))  # fmt: skip
    quads = _quads(vertices.reshape(-1, 3), rings, [0] * len(rings), material)
    caps = np.array(
        [(3 * c, 3 * c + 1, 3 * c + 2) if c.bit_count() % 2 else (3 * c, 3 * c + 2, 3 * c + 1) for c in range(8)]
    )
    faces = np.concatenate([quads.faces, caps.astype(np.int32)])
    zeros = np.zeros(len(faces), np.int32)
    return TriangleMesh(quads.vertices, faces, (material,), zeros, zeros)


def _across(along: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return two unit vectors square to a direction and to each other, right-handed with it."""
    helper = np.array([0.0, 1.0, 0.0]) if abs(along[2]) > 0.9 else np.array([0.0, 0.0, 1.0])
    across = np.cross(helper, along)
    across /= np.linalg.norm(across)
    return across, np.cross(along, across)


def _sleeve(
    rings: Sequence[FloatArray], material: Material, smooth: Sequence[bool], groups: Sequence[int] | None = None
) -> TriangleMesh:
    """Return rings of points joined to a skin with a lid at each end; where `smooth` is false, each side is its own."""
    sides, count = len(rings[0]), len(rings)
    quads, of = [], []
    for k in range(count - 1):
        for s in range(sides):
            t = (s + 1) % sides
            quads.append((k * sides + s, k * sides + t, (k + 1) * sides + t, (k + 1) * sides + s))
            of.append((0 if groups is None else groups[k]) if smooth[k] else s)
    last = max(of)
    for end, group in ((0, last + 1), (count - 1, last + 2)):
        fan = [(end * sides, end * sides + s, end * sides + s + 1) for s in range(1, sides - 1)]
        quads += [(*(ring if end else ring[::-1]), -1) for ring in fan]
        of += [group] * len(fan)
    return _quads(np.concatenate(rings), quads, of, material, tidy=True)


def _quads(
    vertices: npt.ArrayLike,
    quads: Sequence[Sequence[int]],
    groups: Sequence[int] | npt.NDArray[np.int_] | range,
    material: Material,
    tidy: bool = False,
) -> TriangleMesh:
    """Return quads (or triangles, their last number -1) as a mesh; `tidy` welds points that meet and drops slivers."""
    rings = np.array(quads, dtype=np.int32)
    faces = rings[:, [(0, 1, 2), (0, 2, 3)]].reshape(-1, 3)
    smoothing = np.repeat(np.asarray(groups, dtype=np.int32), 2)
    points = np.asarray(vertices, dtype=np.float64)
    if tidy:
        kept = faces.min(axis=1) >= 0
        faces, smoothing = faces[kept], smoothing[kept]
        points, inverse = np.unique(points, axis=0, return_inverse=True)
        faces = inverse.reshape(-1)[faces].astype(np.int32)
        kept = (faces[:, 0] != faces[:, 1]) & (faces[:, 1] != faces[:, 2]) & (faces[:, 2] != faces[:, 0])
        faces, smoothing = faces[kept], smoothing[kept]
    return TriangleMesh(points, faces, (material,), np.zeros(len(faces), np.int32), smoothing)
