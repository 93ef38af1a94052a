"""The room as Blender is given it."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np

from spatialenv.core.mesh import TriangleMesh
from spatialenv.core.room import Room
from spatialenv.renderers.camera import Camera
from spatialenv.renderers.lens import lens_of
from spatialenv.renderers.room import RoomStyle, room_mesh


@lru_cache(maxsize=512)
def shown_room(room: Room, camera: Camera, style: RoomStyle) -> TriangleMesh:
    """Return the triangles of a room whose front `camera` sees: Blender would draw the backs of the others too.

    Args:
        room: The room.
        camera: The camera.
        style: How its surfaces look.

    Example:
        >>> from spatialenv.renderers.camera import make_camera
        >>> room = Room.rectangle(4, 3, 2.5)
        >>> len(shown_room(room, make_camera("top", room, (64, 64)), RoomStyle(grid=False)))
        10
    """
    mesh = room_mesh(room, camera, style)
    lens = lens_of(camera, room)
    sights = mesh.corners[:, 0] - lens.eye if lens.is_perspective else lens.axes[2]
    is_shown = np.sum(mesh.normals * sights, axis=1) < 0
    is_shown |= np.array([material.double_sided for material in mesh.materials], dtype=np.bool_)[mesh.material_of]
    return replace(
        mesh,
        faces=mesh.faces[is_shown],
        material_of=mesh.material_of[is_shown],
        smoothing=mesh.smoothing[is_shown],
        uvs=None if mesh.uvs is None else mesh.uvs[is_shown],
    )
