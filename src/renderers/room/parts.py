"""The surfaces of a room in parts: the floor, and each wall with its doors and windows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from spatialenv.core.mesh import TriangleMesh
from spatialenv.core.placed import FloatArray
from spatialenv.core.room import Room
from spatialenv.renderers.room.mesh import room_shell
from spatialenv.renderers.room.style import RoomStyle

ON_FLOOR = 0.02
"""Height in metres up to which what lies flat belongs to the floor: its grid, and the marks of doors that swing."""


def room_parts(room: Room, style: RoomStyle) -> tuple[TriangleMesh, tuple[TriangleMesh, ...]]:
    """Return the floor, and each wall in the order of `Room.wall_lines` with all that is on it.

    A viewer leaves out the walls whose outside it sees, so that doors and skirting boards go with them.

    Example:
        >>> floor, walls = room_parts(Room.rectangle(4, 3, 2.5), RoomStyle(floor="planks"))
        >>> len(walls), float(floor.bounds[1, 2]) <= ON_FLOOR, float(walls[0].bounds[1, 2])
        (4, True, 2.5)
    """
    shell = room_shell(room, style)
    heights = shell.corners[:, :, 2].max(axis=1) if len(shell) else np.zeros(0)
    owner = np.where(heights <= ON_FLOOR, -1, _nearest_walls(room, shell))
    return some_triangles(shell, owner == -1), tuple(
        some_triangles(shell, owner == index) for index in range(len(room.wall_lines))
    )


def _nearest_walls(room: Room, mesh: TriangleMesh) -> npt.NDArray[np.int64]:
    """Return which wall each triangle's middle is nearest to; of two at a corner, the one that it looks away from."""
    middles, normals = mesh.corners.mean(axis=1)[:, :2], mesh.normals[:, :2]
    distances: list[FloatArray] = []
    for wall in room.wall_lines:
        start, along, inward = np.array(wall.start), np.array(wall.along), np.array(wall.inward)
        offset = np.clip((middles - start) @ along, 0.0, wall.length)
        away = np.linalg.norm(middles - start - offset[:, None] * along, axis=1)
        distances.append(away - 0.01 * (normals @ inward))
    nearest: npt.NDArray[np.int64] = np.argmin(distances, axis=0)
    return nearest


def some_triangles(mesh: TriangleMesh, rows: npt.NDArray[np.bool_]) -> TriangleMesh:
    """Return a mesh of some of the triangles of another, ``(f,)``."""
    return replace(
        mesh,
        faces=mesh.faces[rows],
        material_of=mesh.material_of[rows],
        smoothing=mesh.smoothing[rows],
        uvs=None if mesh.uvs is None else mesh.uvs[rows],
    )
