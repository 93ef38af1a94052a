"""Cameras as PyBullet's renderers take them, and where the light is for them."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import numpy as np

from spatialenv.core.placed import FloatArray
from spatialenv.core.room import Room
from spatialenv.renderers.camera import Camera
from spatialenv.renderers.lens import Lens, lens_of, projection_matrix, view_matrix

Drawer = Literal["tiny", "egl"]
"""What draws: TinyRenderer, or OpenGL by the EGL plugin."""

LIGHT = (0.42 / math.hypot(0.42, 0.58, 0.70), -0.58 / math.hypot(0.42, 0.58, 0.70), 0.70 / math.hypot(0.42, 0.58, 0.70))
"""Direction towards the light: from the south-east, above, as `fast` has it."""

FAR_BACK = 300.0
"""Metres by which the eye of a parallel view is moved back: TinyRenderer drops backs as if all lines met at the eye."""

FARTHER_BACK = 1000.0
"""Metres from which shadows of a parallel view are drawn: TinyRenderer finds them in perspective views alone."""

NEAREST = 0.01
"""Metres from the eye to the nearest that is drawn; TinyRenderer takes it from the 5 cm by which shadows keep off."""

NEAR_RADII = 2.0
"""Radii of the room before its middle at which OpenGL begins to draw."""

FARTHEST = 10_000.0
"""Metres from an eye that was moved back to the farthest that is drawn."""

LIGHT_REACH = 2.5
"""Least distance of the light, in radii of the room: nearer, shadows would spread."""


class Shot(NamedTuple):
    """One picture as PyBullet is asked for it; the room's middle is at the origin.

    Attributes:
        view: World to eye, ``(4, 4)``, column vectors.
        projection: Eye to clip coordinates, ``(4, 4)``.
        light: Metres from the origin to the light.
    """

    view: FloatArray
    projection: FloatArray
    light: float


def middle_of(room: Room) -> FloatArray:
    """Return the room's middle, metres, ``(3,)``."""
    return np.array([room.length, room.width, room.height]) / 2


def make_shot(camera: Camera, room: Room, scale: int, drawer: Drawer) -> Shot:
    """Return how PyBullet takes the picture of a camera.

    Args:
        camera: The camera.
        room: The room that it looks at.
        scale: Samples a pixel in each direction.
        drawer: What draws.

    Example:
        >>> from spatialenv.renderers.camera import make_camera
        >>> room = Room.rectangle(4, 3, 2.5)
        >>> (make_shot(make_camera("top", room, (64, 48)), room, 2, "tiny").view @ (0, 0, 0, 1)).round(3).tolist()
        [0.0, 0.0, -305.25, 1.0]
    """
    lens, radius = _lens(camera, room, scale), _radius(room)
    if drawer == "egl":
        # What is drawn begins near the room: the plugin's depths are coarse.
        away = float(-lens.eye @ lens.axes[2])
        lens = lens._replace(near=max(lens.near, away - NEAR_RADII * radius))
        return Shot(view_matrix(lens), projection_matrix(lens, _samples(camera, scale)), LIGHT_REACH * radius)
    light = FAR_BACK
    if lens.is_perspective:
        tangent = min(camera.size) * scale / (2 * lens.scale)
        # It sees from the light by the camera's own projection, which must take in the whole room.
        light = max(radius / math.sin(math.atan(tangent)), LIGHT_REACH * radius)
        lens = lens._replace(near=min(lens.near, NEAREST), far=max(lens.far, light + 2 * radius))
    else:
        lens = lens._replace(eye=lens.eye - FAR_BACK * lens.axes[2], near=NEAREST, far=FARTHEST)
    return Shot(view_matrix(lens), _tiny_projection(lens, _samples(camera, scale)), light)


def make_shadow_shot(camera: Camera, room: Room, scale: int) -> Shot:
    """Return how TinyRenderer draws the shadows of a parallel view: in perspective, from far away.

    What is as high as the room's middle is where the parallel view shows it; other things are off by less than a third
    of a hundredth of their distance from it.
    """
    lens = _lens(camera, room, scale)
    back = FARTHER_BACK - float(-lens.eye @ lens.axes[2])
    lens = lens._replace(
        eye=lens.eye - back * lens.axes[2],
        scale=lens.scale * FARTHER_BACK,
        near=NEAREST,
        far=FARTHEST,
        is_perspective=True,
    )
    (width, height), (across, up) = _samples(camera, scale), _light_extent(middle_of(room))
    metre = lens.scale / FARTHER_BACK
    wider = max(1.0, 2.05 * across * metre / width, 2.05 * up * metre / height)
    return Shot(view_matrix(lens), _tiny_projection(lens, (width, height)), FARTHER_BACK * wider)


def _lens(camera: Camera, room: Room, scale: int) -> Lens:
    lens = lens_of(camera, room)
    return lens._replace(eye=lens.eye - middle_of(room), scale=lens.scale * scale)


def _samples(camera: Camera, scale: int) -> tuple[int, int]:
    return camera.size[0] * scale, camera.size[1] * scale


def _radius(room: Room) -> float:
    return float(np.linalg.norm(middle_of(room)))


def _tiny_projection(lens: Lens, size: tuple[int, int]) -> FloatArray:
    """Return eye to clip coordinates.

    Depth is linear in metres for TinyRenderer, which takes near and far from the matrix as if it were one of a
    perspective; hence one third row for both kinds. It looks at the lower left corners of pixels, not their middles.
    """
    near, far = lens.near, lens.far
    matrix = projection_matrix(lens, size)
    matrix[2, 2], matrix[2, 3] = -(far + near) / (far - near), -2 * far * near / (far - near)
    shift = np.eye(4)
    shift[0, 3], shift[1, 3] = -1 / size[0], -1 / size[1]
    shifted: FloatArray = shift @ matrix
    return shifted


def _light_extent(half: FloatArray) -> tuple[float, float]:
    """Return how far a box around the origin reaches to the sides and up, as seen from the light, metres."""
    light = np.array(LIGHT)
    right = np.cross(-light, (0.0, 0.0, 1.0))
    right /= np.linalg.norm(right)
    up = np.cross(right, -light)
    return float(np.abs(right) @ half), float(np.abs(up) @ half)
