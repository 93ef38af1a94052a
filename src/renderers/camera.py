"""Cameras: where a picture is taken from, and how world points become pixels.

A camera is one 4 x 4 matrix. It takes a world point ``(x, y, z, 1)`` to ``(X, Y, K, W)``: the
pixel is ``(X / W, Y / W)``, measured from the picture's upper left corner, x to the right and y
down, and ``K / W`` is the *depth key*, which is affine over any plane in the picture and greater
for what is nearer. Perspective and parallel projection thus need one code path.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from spatialenv.core.placed import FloatArray
from spatialenv.core.room import Room
from spatialenv.renderers.camera_specs import (
    NAMED_CAMERAS,
    VIEWS,
    CameraSpec,
    CheckedCamera,
    FreeCamera,
    OrbitCamera,
    Vector,
    camera_name,
    check_camera,
    check_cameras,
    describe_camera,
)
from spatialenv.renderers.framing import (
    Aim,
    aim,
    frame_margin,
    framed_polygon,
    framed_rectangle,
    framed_ring,
    look,
    walk_place,
)
from spatialenv.renderers.walls import is_inside, raised_walls, wall_thickness

__all__ = [
    "NAMED_CAMERAS",
    "VIEWS",
    "Camera",
    "CameraSpec",
    "CheckedCamera",
    "FreeCamera",
    "OrbitCamera",
    "camera_name",
    "check_camera",
    "check_cameras",
    "describe_camera",
    "frame_margin",
    "make_camera",
]

HEADING = math.radians(33.0)
"""Compass bearing in which the corner camera looks: from the south-west, x still runs to the right."""

ELEVATION = math.radians(42.0)
"""How far the corner camera looks down."""

HALF_ANGLE_TAN = math.tan(math.radians(17.0))
"""Tangent of half the angle of view, along the picture's shorter side, of cameras outside the room."""

FRONT_ELEVATION = math.radians(11.0)
"""How far the front camera looks down."""

WALK_FOV = 74.0
"""Angle of view of the walk camera along the picture's shorter side, degrees."""

NEAR_SHARE = 0.02
"""Nearest distance that is drawn, as a share of the distance of the room's centre."""


@dataclass(frozen=True, slots=True, eq=False)
class Camera:
    """A camera over one room and one picture size.

    Attributes:
        name: Its name among the views.
        matrix: World to ``(X, Y, K, W)``, shape ``(4, 4)``; see the module.
        origin: Where depth is measured from, metres, ``(3,)``: the eye, or a point of the plane of a parallel view.
        ahead: Direction of view, a unit vector, ``(3,)``.
        size: ``(width, height)`` of the picture in pixels.
        near: Least ``W`` that is drawn.
        walls: Walls that are drawn in full; the others are cut away.
        pixels_per_metre: Scale at the middle of the room.
        key_step: A difference of depth keys that is too small to see and enough to settle ties.
    """

    name: str
    matrix: FloatArray
    origin: FloatArray
    ahead: FloatArray
    size: tuple[int, int]
    near: float
    walls: tuple[str, ...]
    pixels_per_metre: float
    key_step: float

    def project(self, points: FloatArray) -> FloatArray:
        """Return the pixels of world points.

        Args:
            points: Shape ``(..., 3)`` in metres.

        Returns:
            ``(x, y)`` from the upper left corner, shape ``(..., 2)``; NaN behind the camera.

        Example:
            >>> camera = make_camera("top", Room.rectangle(4, 4, 3), (100, 100))
            >>> camera.project(np.array([2.0, 2.0, 0.0])).tolist()
            [50.0, 50.0]
        """
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            mapped = np.asarray(points, dtype=np.float64) @ self.matrix[:, :3].T + self.matrix[:, 3]
            w = mapped[..., 3:4]
            return np.where(w >= self.near, mapped[..., :2] / w, np.nan)

    def depths(self, points: FloatArray) -> FloatArray:
        """Return how far world points, ``(..., 3)``, are along the direction of view, metres, ``(...)``."""
        depths: FloatArray = (np.asarray(points, dtype=np.float64) - self.origin) @ self.ahead
        return depths

    def rays(self) -> tuple[FloatArray, FloatArray]:
        """Return where the ray through the middle of each pixel starts and its unit direction, ``(H, W, 3)`` each.

        Example:
            >>> origins, directions = make_camera("top", Room.rectangle(4, 4, 3), (4, 4)).rays()
            >>> directions[0, 0].tolist()
            [0.0, 0.0, -1.0]
        """
        width, height = self.size
        x, y = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
        inverse = np.linalg.inv(self.matrix)
        # Two points of the ray: where its depth is 1 metre and 2 metres.
        ends = []
        for depth in (1.0, 2.0):
            probe = self.matrix @ np.append(self.origin + depth * self.ahead, 1.0)
            pixels = np.stack([x, y, np.full_like(x, probe[2] / probe[3]), np.ones_like(x)], axis=-1)
            ends.append(pixels @ inverse.T)
        near, far = (end[..., :3] / end[..., 3:] for end in ends)
        directions = far - near
        directions /= np.linalg.norm(directions, axis=-1, keepdims=True)
        start = np.array(np.broadcast_to(self.origin, near.shape)) if self.is_perspective else near - directions
        return start, directions

    @property
    def is_perspective(self) -> bool:
        """Whether lines of sight meet at `origin`; else they are parallel."""
        return bool(np.any(self.matrix[3, :3] != 0))


def make_camera(spec: CameraSpec, room: Room, size: tuple[int, int]) -> Camera:
    """Return a camera over a room.

    What a named camera frames depends on the room and the picture's size alone, so pictures of one room can
    be compared.

    | name | what it shows |
    | --- | --- |
    | corner | perspective from above the south-west corner, the whole room in the frame |
    | top | parallel, straight down, north up, all walls cut away |
    | front | perspective from the south, a little from above, like an elevation |
    | walk | from inside at eye height: from the first door, else from the corner that sees most of the floor |
    | orbit | perspective from around the room, by default from the south-east; see `OrbitCamera` |

    From outside, walls that would hide the floor are cut away.

    Args:
        spec: A name of `NAMED_CAMERAS`, a `FreeCamera`, an `OrbitCamera`, or a mapping (`check_camera`).
        room: The room.
        size: ``(width, height)`` of the picture in pixels.

    Raises:
        UnknownNameError: If there is no such camera.
        InputError: If a value is not allowed.

    Example:
        >>> make_camera({"name": "orbit", "azimuth": 0}, Room.rectangle(4, 3, 2.5), (64, 64)).walls
        ('east_wall', 'north_wall', 'west_wall')
    """
    return _make_camera(check_camera(spec), room, (int(size[0]), int(size[1])))


@lru_cache(maxsize=512)
def _make_camera(spec: CheckedCamera, room: Room, size: tuple[int, int]) -> Camera:
    if isinstance(spec, FreeCamera):
        camera = _free(spec, room, size)
    elif isinstance(spec, OrbitCamera):
        camera = _orbit(spec, room, size)
    else:
        camera = _CAMERAS[spec](room, size)
    for array in (camera.matrix, camera.origin, camera.ahead):
        array.flags.writeable = False
    return camera


def _perspective(
    name: str,
    aimed: Aim,
    size: tuple[int, int],
    walls: tuple[str, ...],
    half_angle_tan: float = HALF_ANGLE_TAN,
    near: float | None = None,
) -> Camera:
    width, height = size
    focal = min(width, height) / (2 * half_angle_tan)
    axes = np.stack([aimed.right, aimed.up, aimed.ahead])
    seen = np.column_stack([axes, -axes @ aimed.eye])
    matrix = np.stack(
        [
            focal * seen[0] + width / 2 * seen[2],
            -focal * seen[1] + height / 2 * seen[2],
            np.array([0.0, 0.0, 0.0, 1.0]),
            seen[2],
        ]
    )
    return Camera(
        name=name,
        matrix=matrix,
        origin=aimed.eye,
        ahead=aimed.ahead,
        size=size,
        near=NEAR_SHARE * aimed.distance if near is None else near,
        walls=walls,
        pixels_per_metre=focal / aimed.distance,
        key_step=2e-7 / aimed.distance,
    )


def _corner(room: Room, size: tuple[int, int]) -> Camera:
    if room.is_rectangle:
        aimed = aim(room, size, framed_rectangle(room), HEADING, ELEVATION, HALF_ANGLE_TAN)
        return _perspective("corner", aimed, size, ("east_wall", "north_wall"))
    return _from_outside("corner", room, size, HEADING, ELEVATION)


def _front(room: Room, size: tuple[int, int]) -> Camera:
    # As far east of the room as west of it: seen straight on, it stands in the middle.
    return _from_outside("front", room, size, 0.0, FRONT_ELEVATION, 1.0)


def _from_outside(
    name: str, room: Room, size: tuple[int, int], heading: float, elevation: float, east: float = 0.0
) -> Camera:
    # Which walls stand up depends on the eye, and the eye on what stands up: two looks settle it.
    walls = room.walls
    for _ in range(2):
        aimed = aim(room, size, framed_polygon(room, walls, east), heading, elevation, HALF_ANGLE_TAN)
        camera = _perspective(name, aimed, size, walls)
        walls = raised_walls(room, aimed.eye, wall_thickness(camera.pixels_per_metre), walls)
    return replace(camera, walls=walls)


def _orbit(spec: OrbitCamera, room: Room, size: tuple[int, int]) -> Camera:
    heading, elevation = math.radians(spec.azimuth), math.radians(spec.elevation)
    aimed = aim(room, size, framed_ring(room, heading), heading, elevation, HALF_ANGLE_TAN)
    camera = _perspective(spec.name, aimed, size, (), HALF_ANGLE_TAN / spec.zoom, NEAR_SHARE * aimed.distance)
    return replace(camera, walls=raised_walls(room, aimed.eye, wall_thickness(camera.pixels_per_metre)))


def _walk(room: Room, size: tuple[int, int]) -> Camera:
    eye, target = walk_place(room)
    return _standing("walk", eye, target, WALK_FOV, room, size)


def _free(spec: FreeCamera, room: Room, size: tuple[int, int]) -> Camera:
    return _standing(spec.name, spec.eye, spec.target, spec.fov, room, size)


def _standing(name: str, eye: Vector, target: Vector, fov: float, room: Room, size: tuple[int, int]) -> Camera:
    aimed = look(np.array(eye), np.array(target))
    half_angle_tan = math.tan(math.radians(fov) / 2)
    camera = _perspective(name, aimed, size, room.walls, half_angle_tan, min(0.03, NEAR_SHARE * aimed.distance))
    if is_inside(room, aimed.eye):
        return camera
    return replace(camera, walls=raised_walls(room, aimed.eye, wall_thickness(camera.pixels_per_metre)))


def _top(room: Room, size: tuple[int, int]) -> Camera:
    width, height = size
    margin = frame_margin(room)
    scale = min(width / (room.length + 2 * margin), height / (room.width + 2 * margin))
    matrix = np.array(
        [
            [scale, 0.0, 0.0, width / 2 - scale * room.length / 2],
            [0.0, -scale, 0.0, height / 2 + scale * room.width / 2],
            [0.0, 0.0, 1.0, 0.0],
            [0.0, 0.0, 0.0, 1.0],
        ]
    )
    # Above all that is drawn, so that every depth is positive.
    above = 2.0 + room.height + 0.5 * max(room.length, room.width, room.height)
    return Camera(
        name="top",
        matrix=matrix,
        origin=np.array([room.length / 2, room.width / 2, above]),
        ahead=np.array([0.0, 0.0, -1.0]),
        size=size,
        near=0.5,
        walls=(),
        pixels_per_metre=scale,
        key_step=2e-7 * (room.length + room.width + room.height),
    )


_CAMERAS: dict[str, Callable[[Room, tuple[int, int]], Camera]] = {
    "corner": _corner,
    "top": _top,
    "front": _front,
    "walk": _walk,
    "orbit": lambda room, size: _orbit(OrbitCamera(), room, size),
}
