"""Parts that are hollow, round at the corners or flat: basins, baths, trays, rings, sheets of leaves, pictures."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from spatialenv.core.mesh import Material, TriangleMesh
from spatialenv.core.placed import FloatArray
from spatialenv.renderers.furniture.parts import Axis, Point, Rectangle, box, lathe, turned


def rounded(rectangle: Rectangle, z: float, radius: float, steps: int = 3) -> FloatArray:
    """Return points around a rectangle with round corners at height `z`, counter-clockwise, ``(4 * steps + 4, 3)``."""
    x0, y0, x1, y1 = rectangle
    radius = min(radius, 0.499 * (x1 - x0), 0.499 * (y1 - y0))
    points = []
    for k, (cx, cy) in enumerate(
        ((x1 - radius, y1 - radius), (x0 + radius, y1 - radius), (x0 + radius, y0 + radius), (x1 - radius, y0 + radius))
    ):
        for step in range(steps + 1):
            angle = (k + step / steps) * math.pi / 2
            points.append((cx + radius * math.cos(angle), cy + radius * math.sin(angle), z))
    return np.array(points)


def loft(rings: Sequence[FloatArray], material: Material, sharp: Sequence[int] = ()) -> TriangleMesh:
    """Return rings of equally many points joined to a closed skin, its first and last ring closed by flat lids.

    Args:
        rings: From the bottom up, each counter-clockwise from above and convex; a hollow thing's go on down the inside.
        material: Its material.
        sharp: Rings at which the surface has an edge.
    """
    n, count = len(rings[0]), len(rings)
    here = np.arange(n)
    after = (here + 1) % n
    faces, groups, group = [], [], 0
    for k in range(count - 1):
        group += k in sharp
        low, high = k * n, (k + 1) * n
        faces.append(np.stack([low + here, low + after, high + after], axis=1))
        faces.append(np.stack([low + here, high + after, high + here], axis=1))
        groups.append(np.full(2 * n, group))
    fan = np.stack([np.zeros(n - 2, np.int64), here[1:-1], here[2:]], axis=1)
    faces += [fan[:, ::-1], fan + (count - 1) * n]
    groups += [np.full(n - 2, group + 1), np.full(n - 2, group + 2)]
    joined = np.concatenate(faces).astype(np.int32)
    return TriangleMesh(
        np.concatenate(rings),
        joined,
        (material,),
        np.zeros(len(joined), np.int32),
        np.concatenate(groups).astype(np.int32),
    )


def tray(low: Point, high: Point, wall: float, material: Material, floor: float = 0.0) -> list[TriangleMesh]:
    """Return an open box of five boards: drawers, crates, sinks.

    Args:
        low: Its least corner.
        high: Its greatest corner.
        wall: Thickness of its boards in metres.
        material: Its material.
        floor: Thickness of its floor; 0 for as thick as the walls.
    """
    (x0, y0, z0), (x1, y1, z1) = low, high
    wall = min(wall, 0.3 * (x1 - x0), 0.3 * (y1 - y0))
    base = z0 + min(floor or wall, 0.4 * (z1 - z0))
    return [
        box(low, (x1, y1, base), material),
        box((x0, y0, base), (x0 + wall, y1, z1), material),
        box((x1 - wall, y0, base), (x1, y1, z1), material),
        box((x0 + wall, y0, base), (x1 - wall, y0 + wall, z1), material),
        box((x0 + wall, y1 - wall, base), (x1 - wall, y1, z1), material),
    ]


def frame(low: Point, high: Point, bar: float, material: Material) -> list[TriangleMesh]:
    """Return four bars around an opening that is looked at along y: frames of pictures, doors, windows."""
    (x0, y0, z0), (x1, y1, z1) = low, high
    bar = min(bar, 0.3 * (x1 - x0), 0.3 * (z1 - z0))
    return [
        box((x0, y0, z0), (x1, y1, z0 + bar), material),
        box((x0, y0, z1 - bar), (x1, y1, z1), material),
        box((x0, y0, z0 + bar), (x0 + bar, y1, z1 - bar), material),
        box((x1 - bar, y0, z0 + bar), (x1, y1, z1 - bar), material),
    ]


def disc(
    middle: Point,
    radius: float,
    thickness: float,
    material: Material,
    axis: Axis = "y",
    sides: int = 16,
    stretch: tuple[float, float] = (1.0, 1.0),
) -> TriangleMesh:
    """Return a round plate about `middle`, its axis along x, y or z; `stretch` counts before it is turned."""
    flat = lathe([(radius, -thickness / 2), (radius, thickness / 2)], material, sides=sides, stretch=stretch)
    return _faced(flat, axis).placed(middle, 0.0)


def ring(
    middle: Point, outer: float, inner: float, thickness: float, material: Material, axis: Axis = "y", sides: int = 16
) -> TriangleMesh:
    """Return a flat ring about `middle`: portholes, clocks, toilet seats."""
    half = thickness / 2
    rings = [
        np.stack([r * np.cos(a), r * np.sin(a), np.full(sides, z)], axis=1)
        for a in [np.arange(sides) * (2 * math.pi / sides)]
        for r, z in ((inner, -half), (outer, -half), (outer, half), (inner, half))
    ]
    return _faced(closed_loop(rings, material), axis).placed(middle, 0.0)


def closed_loop(rings: Sequence[FloatArray], material: Material) -> TriangleMesh:
    """Return rings joined to a skin that ends where it began: a ring, a frame with round corners. Edges are sharp."""
    n, count = len(rings[0]), len(rings)
    here = np.arange(n)
    after = (here + 1) % n
    faces, groups = [], []
    for k in range(count):
        low, high = k * n, (k + 1) % count * n
        faces.append(np.stack([low + here, low + after, high + after], axis=1))
        faces.append(np.stack([low + here, high + after, high + here], axis=1))
        groups.append(np.full(2 * n, k))
    joined = np.concatenate(faces).astype(np.int32)
    zeros = np.zeros(len(joined), np.int32)
    return TriangleMesh(np.concatenate(rings), joined, (material,), zeros, np.concatenate(groups).astype(np.int32))


def sheet(grid: FloatArray, material: Material) -> TriangleMesh:
    """Return a smooth sheet through ``(rows, columns, 3)`` points; its material should be double-sided."""
    rows, columns = grid.shape[:2]
    number = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = (part.ravel() for part in (number[:-1, :-1], number[:-1, 1:], number[1:, 1:], number[1:, :-1]))
    faces = np.concatenate([np.stack([a, b, c], axis=1), np.stack([a, c, d], axis=1)]).astype(np.int32)
    zeros = np.zeros(len(faces), np.int32)
    return TriangleMesh(grid.reshape(-1, 3), faces, (material,), zeros, zeros)


def picture(low: Point, high: Point, front: Material, side: Material, axis: Axis = "y") -> TriangleMesh:
    """Return a board whose face towards +`axis` (y or z) shows one whole texture, the right way up."""
    board = box(low, high, side)
    u, v = (0, 2) if axis == "y" else (0, 1)
    is_front = board.normals[:, {"y": 1, "z": 2}[axis]] > 0.5
    corners = board.corners
    spans = np.maximum(np.subtract(high, low), 1e-12)
    uvs = ((corners - np.array(low)) / spans)[..., [u, v]]
    if axis == "y":
        uvs[..., 0] = 1 - uvs[..., 0]  # seen from +y, x runs to the left
    uvs[~is_front] = 0.0
    return TriangleMesh(
        board.vertices,
        board.faces,
        (side, front),
        is_front.astype(np.int32),
        board.smoothing,
        uvs.astype(np.float32),
    )


def _faced(mesh: TriangleMesh, axis: Axis) -> TriangleMesh:
    if axis == "z":
        return mesh
    return turned(mesh, "x", -math.pi / 2) if axis == "y" else turned(mesh, "y", math.pi / 2)
