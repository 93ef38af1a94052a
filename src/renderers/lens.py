"""A camera in the words of other programs: a pose, a focal length, and the matrices of OpenGL."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from spatialenv.core.placed import FloatArray
from spatialenv.core.room import Room
from spatialenv.renderers.camera import Camera


class Lens(NamedTuple):
    """A camera taken apart; its principal point is the middle of the picture, its pixels are square.

    Attributes:
        eye: Where it is, metres, ``(3,)``; for a parallel view a point of its plane.
        axes: Rows: right, up and ahead in the world, unit vectors, ``(3, 3)``.
        scale: Pixels of one metre at one metre's distance; for a parallel view, at any distance.
        near: Least depth that is drawn, metres.
        far: A depth behind all that is drawn, metres.
        is_perspective: Whether lines of sight meet at the eye.
    """

    eye: FloatArray
    axes: FloatArray
    scale: float
    near: float
    far: float
    is_perspective: bool


def lens_of(camera: Camera, room: Room) -> Lens:
    """Return `camera` taken apart.

    Args:
        camera: The camera.
        room: The room that it looks at, which decides how far it sees.

    Example:
        >>> from spatialenv.renderers.camera import make_camera
        >>> room = Room.rectangle(4, 3, 2.5)
        >>> lens = lens_of(make_camera("top", room, (64, 64)), room)
        >>> lens.axes.round(6).tolist(), lens.is_perspective
        ([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, -1.0]], False)
    """
    width, height = camera.size
    ahead = camera.ahead
    w = camera.matrix[3]
    if camera.is_perspective:
        right = camera.matrix[0, :3] - width / 2 * w[:3]
        down = camera.matrix[1, :3] - height / 2 * w[:3]
        eye = camera.origin
    else:
        right, down = camera.matrix[0, :3], camera.matrix[1, :3]
        # The point of the plane of depth 0 that the picture's middle shows.
        aside = np.array([width / 2, height / 2]) - (camera.matrix[:2, :3] @ camera.origin + camera.matrix[:2, 3])
        scale = float(right @ right)
        eye = camera.origin + (aside[0] * right + aside[1] * down) / scale
    focal = float(np.linalg.norm(right))
    axes = np.stack([right / focal, -down / focal, ahead]) + 0.0  # no zeros below 0
    extent = np.array([room.length, room.width, room.height])
    # What is farther off than this from the room is not drawn (`shown_objects`); its own size comes on top.
    reach = 1.0 + 0.5 * float(extent.max())
    middle = float((extent / 2 - camera.origin) @ ahead)
    far = max(middle, 0.0) + float(np.linalg.norm(extent)) + 4 * reach
    return Lens(eye, axes, focal, camera.near, far, camera.is_perspective)


def view_matrix(lens: Lens) -> FloatArray:
    """Return world to OpenGL's eye coordinates (x right, y up, z backwards), ``(4, 4)``, column vectors.

    Example:
        >>> from spatialenv.renderers.camera import make_camera
        >>> room = Room.rectangle(4, 3, 2.5)
        >>> lens = lens_of(make_camera("corner", room, (64, 64)), room)
        >>> (view_matrix(lens) @ np.append(lens.eye + 2 * lens.axes[2], 1.0)).round(6).tolist()
        [0.0, 0.0, -2.0, 1.0]
    """
    rotation = np.stack([lens.axes[0], lens.axes[1], -lens.axes[2]])
    matrix = np.eye(4)
    matrix[:3, :3] = rotation
    matrix[:3, 3] = -rotation @ lens.eye
    return matrix


def projection_matrix(lens: Lens, size: tuple[int, int]) -> FloatArray:
    """Return eye coordinates to OpenGL's clip coordinates, ``(4, 4)``, column vectors; depth from -1 to 1."""
    width, height = size
    near, far = lens.near, lens.far
    matrix = np.zeros((4, 4))
    matrix[0, 0], matrix[1, 1] = 2 * lens.scale / width, 2 * lens.scale / height
    if lens.is_perspective:
        matrix[2, 2], matrix[2, 3] = -(far + near) / (far - near), -2 * far * near / (far - near)
        matrix[3, 2] = -1.0
    else:
        matrix[2, 2], matrix[2, 3] = -2 / (far - near), -(far + near) / (far - near)
        matrix[3, 3] = 1.0
    return matrix
