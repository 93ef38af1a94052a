"""Collecting the polygons of a room into a mesh."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from spatialenv.core.mesh import Material, TriangleMesh
from spatialenv.core.room import Point

Corner = tuple[float, float, float]
"""A point in metres."""

Place = Callable[[float, float, float], Corner]
"""From a wall's own metres, ``(along, up, into the room)``, to the world."""


class Faces:
    """Polygons of a room, one after the other; `mesh` makes triangles of them.

    Example:
        >>> faces = Faces()
        >>> faces.add(flat(0.0, 0.0, 2.0, 1.0, 0.0), Material((200.0, 190.0, 180.0)), 0)
        >>> len(faces.mesh())
        2
    """

    def __init__(self) -> None:
        self._corners: list[Corner] = []
        self._uvs: list[Point] = []
        self._counts: list[int] = []
        self._materials: dict[Material, int] = {}
        self._material_of: list[int] = []
        self._groups: list[int] = []

    def add(
        self, corners: Sequence[Corner], material: Material, group: int, uvs: Sequence[Point] | None = None
    ) -> None:
        """Add a convex polygon.

        Args:
            corners: Counter-clockwise from where it is seen, metres.
            material: Its material.
            group: Its smoothing group: no line is drawn between polygons of one group.
            uvs: Where the corners lie on the texture, in repeats; None where it has none.
        """
        self._corners += corners
        self._uvs += [(0.0, 0.0)] * len(corners) if uvs is None else uvs
        self._counts.append(len(corners))
        self._material_of.append(self._materials.setdefault(material, len(self._materials)))
        self._groups.append(group)

    def mesh(self) -> TriangleMesh:
        """Return what was added as triangles; a polygon of k corners becomes a fan of k - 2."""
        counts = np.array(self._counts, dtype=np.int64)
        pieces = counts - 2
        firsts = np.repeat(np.cumsum(counts) - counts, pieces)
        steps = np.arange(len(firsts)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
        faces = firsts[:, None] + np.column_stack([np.zeros_like(steps), steps + 1, steps + 2])
        return TriangleMesh(
            vertices=np.array(self._corners, dtype=np.float64),
            faces=faces.astype(np.int32),
            materials=tuple(self._materials),
            material_of=np.repeat(np.array(self._material_of, np.int32), pieces),
            smoothing=np.repeat(np.array(self._groups, np.int32), pieces),
            uvs=np.array(self._uvs, dtype=np.float32).reshape(-1, 2)[faces],
        )


def flat(x0: float, y0: float, x1: float, y1: float, z: float) -> tuple[Corner, ...]:
    """Return a level rectangle, seen from above."""
    return (x0, y0, z), (x1, y0, z), (x1, y1, z), (x0, y1, z)


def level(points: Sequence[Point], z: float) -> tuple[Corner, ...]:
    """Return a level polygon; `points` run counter-clockwise."""
    return tuple((x, y, z) for x, y in points)


def upright(place: Place, along: Point, up: Point, out: float) -> tuple[Corner, ...]:
    """Return a rectangle parallel to a wall, seen from the room.

    Args:
        place: The wall's own metres.
        along: From and to along the wall.
        up: From and to above the floor.
        out: How far in front of the wall's inner side; behind it where negative.
    """
    # Seen from the room, a wall runs from right to left.
    (a, b), (low, high) = along, up
    return place(b, low, out), place(a, low, out), place(a, high, out), place(b, high, out)


def bar(faces: Faces, place: Place, along: Point, up: Point, out: Point, material: Material, group: int) -> None:
    """Add a bar that lies on a wall: its front and its four sides.

    Args:
        faces: What it is added to.
        place: The wall's own metres.
        along: From and to along the wall.
        up: From and to above the floor.
        out: From and to in front of the wall's inner side.
        material: Its material.
        group: Its smoothing group.
    """
    (a, b), (low, high), (back, front) = along, up, out
    faces.add(upright(place, along, up, front), material, group)
    for corners in (
        ((a, high, back), (b, high, back), (b, high, front), (a, high, front)),
        ((b, low, back), (a, low, back), (a, low, front), (b, low, front)),
        ((a, low, back), (a, high, back), (a, high, front), (a, low, front)),
        ((b, high, back), (b, low, back), (b, low, front), (b, high, front)),
    ):
        faces.add([place(*corner) for corner in corners], material, group)


def recess(faces: Faces, place: Place, along: Point, up: Point, out: Point, material: Material, group: int) -> None:
    """Add the four inner sides of a hole in a wall; arguments as `bar`."""
    (a, b), (low, high), (back, front) = along, up, out
    for corners in (
        ((a, high, front), (b, high, front), (b, high, back), (a, high, back)),
        ((b, low, front), (a, low, front), (a, low, back), (b, low, back)),
        ((a, low, front), (a, high, front), (a, high, back), (a, low, back)),
        ((b, high, front), (b, low, front), (b, low, back), (b, high, back)),
    ):
        faces.add([place(*corner) for corner in corners], material, group)
