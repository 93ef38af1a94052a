"""Named cameras: where a picture is taken from, and how world points become pixels.

A camera is one 4 x 4 matrix. It takes a world point ``(x, y, z, 1)`` to ``(X, Y, K, W)``: the
pixel is ``(X / W, Y / W)``, measured from the picture's upper left corner, x to the right and y
down, and ``K / W`` is the *depth key*, which is affine over any plane in the picture and greater
for what is nearer. Perspective and parallel projection thus need one code path.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from spatialenv.core.placed import FloatArray
from spatialenv.core.room import Room
from spatialenv.errors import InputError, unknown_name
from spatialenv.renderers.walls import raised_walls, wall_thickness

HEADING = math.radians(33.0)
"""Compass bearing in which the corner camera looks: from the south-west, x still runs to the right."""

ELEVATION = math.radians(42.0)
"""How far the corner camera looks down."""

HALF_ANGLE_TAN = math.tan(math.radians(17.0))
"""Tangent of half the corner camera's angle of view along the picture's shorter side."""

FILL = 0.975
"""Share of the corner picture's height or width that the room may fill."""

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

    def project_segments(self, segments: FloatArray) -> FloatArray:
        """Return the pixels of world segments, cut where they pass behind the camera.

        Args:
            segments: Ends, shape ``(n, 2, 3)`` in metres.

        Returns:
            Ends in pixels, shape ``(k, 2, 2)`` with ``k <= n``: segments behind are left out.
        """
        ends = np.asarray(segments, dtype=np.float64) @ self.matrix[:, :3].T + self.matrix[:, 3]
        kept = []
        for first, second in ends:
            if first[3] < self.near and second[3] < self.near:
                continue
            if first[3] < self.near or second[3] < self.near:
                share = (self.near - first[3]) / (second[3] - first[3])
                cut = first + share * (second - first)
                first, second = (cut, second) if first[3] < self.near else (first, cut)
            kept.append((first[:2] / first[3], second[:2] / second[3]))
        return np.array(kept, dtype=np.float64).reshape(-1, 2, 2)


@dataclass(frozen=True, slots=True)
class FreeCamera:
    """A camera at any place, perspective.

    Attributes:
        eye: Where it is, metres.
        target: A point in the middle of the picture, metres.
        fov: Angle of view along the picture's shorter side, degrees, 1 to 150.
        name: Its name among the views.
    """

    eye: tuple[float, float, float]
    target: tuple[float, float, float]
    fov: float = 60.0
    name: str = "free"


CameraSpec = str | FreeCamera
"""What names or describes a camera."""


def check_cameras(cameras: Sequence[CameraSpec]) -> tuple[CameraSpec, ...]:
    """Return `cameras` as a tuple, one alone included, or raise InputError."""
    if isinstance(cameras, (str, FreeCamera)):
        cameras = (cameras,)
    if not isinstance(cameras, Sequence):
        raise InputError(f"`views` is {cameras!r}; it must be a sequence of names: {', '.join(VIEWS)}")
    specs = tuple(cameras)
    for spec in specs:
        if not isinstance(spec, FreeCamera) and spec not in VIEWS:
            raise unknown_name("view", spec, VIEWS)
    names = [spec if isinstance(spec, str) else spec.name for spec in specs]
    if not names or len(set(names)) != len(names):
        raise InputError(f"`views` is {names!r}; name each of the wanted views once: {', '.join(VIEWS)}")
    return specs


def make_camera(name: CameraSpec, room: Room, size: tuple[int, int]) -> Camera:
    """Return the camera called `name`.

    What it frames depends on the room and the picture's size alone, so pictures of one room can
    be compared.

    Args:
        name: ``"corner"``: perspective from above the south-west corner, the whole room in the frame;
            walls that would hide the floor, in a rectangle the south and west walls, are cut away.
            ``"top"``: parallel, straight down, north up.
        room: The room.
        size: ``(width, height)`` of the picture in pixels.

    Raises:
        UnknownNameError: If there is no such camera.
    """
    if isinstance(name, FreeCamera):
        raise InputError("free cameras are not there yet")
    if name not in _CAMERAS:
        raise unknown_name("view", name, _CAMERAS)
    return _make_camera(name, room, (int(size[0]), int(size[1])))


@lru_cache(maxsize=512)
def _make_camera(name: str, room: Room, size: tuple[int, int]) -> Camera:
    camera = _CAMERAS[name](room, size)
    for array in (camera.matrix, camera.origin, camera.ahead):
        array.flags.writeable = False
    return camera


def frame_margin(room: Room) -> float:
    """Return how many metres around the floor a picture shows."""
    return 0.3 + 0.06 * max(room.length, room.width)


def _corner(room: Room, size: tuple[int, int]) -> Camera:
    if room.is_rectangle:
        return _aim(room, size, _framed_corners(room), ("east_wall", "north_wall"))[0]
    # Which walls stand up depends on the eye, and the eye on what stands up: two looks settle it.
    walls = room.walls
    for _ in range(2):
        camera, eye = _aim(room, size, _framed_polygon(room, walls), walls)
        walls = raised_walls(room, eye, wall_thickness(camera.pixels_per_metre), walls)
    return replace(camera, walls=walls)


def _aim(room: Room, size: tuple[int, int], framed: FloatArray, walls: tuple[str, ...]) -> tuple[Camera, FloatArray]:
    """Return the corner camera that just frames some points, and where it is."""
    width, height = size
    ahead = np.array(
        [
            math.sin(HEADING) * math.cos(ELEVATION),
            math.cos(HEADING) * math.cos(ELEVATION),
            -math.sin(ELEVATION),
        ]
    )
    right = np.array([math.cos(HEADING), -math.sin(HEADING), 0.0])
    up = np.cross(right, ahead)
    middle = np.array([room.length, room.width, room.height]) / 2
    framed = framed - middle
    across, above, deep = framed @ right, framed @ up, framed @ ahead

    # The eye may slide sideways and up, so each picture direction gives one least distance.
    tan_x = FILL * HALF_ANGLE_TAN * width / min(width, height)
    tan_y = FILL * HALF_ANGLE_TAN * height / min(width, height)
    right_need, left_need = np.max(across - tan_x * deep), np.max(-across - tan_x * deep)
    up_need, down_need = np.max(above - tan_y * deep), np.max(-above - tan_y * deep)
    distance = float(max((right_need + left_need) / (2 * tan_x), (up_need + down_need) / (2 * tan_y)))
    eye = middle - distance * ahead + (right_need - left_need) / 2 * right + (up_need - down_need) / 2 * up

    focal = min(width, height) / (2 * HALF_ANGLE_TAN)
    axes = np.stack([right, up, ahead])
    seen = np.column_stack([axes, -axes @ eye])
    matrix = np.stack(
        [
            focal * seen[0] + width / 2 * seen[2],
            -focal * seen[1] + height / 2 * seen[2],
            np.array([0.0, 0.0, 0.0, 1.0]),
            seen[2],
        ]
    )
    camera = Camera(
        name="corner",
        matrix=matrix,
        origin=eye,
        ahead=ahead,
        size=size,
        near=NEAR_SHARE * distance,
        walls=walls,
        pixels_per_metre=focal / distance,
        key_step=2e-7 / distance,
    )
    return camera, eye


def _framed_corners(room: Room) -> FloatArray:
    margin = frame_margin(room)
    low = [(x, y, 0.0) for x in (-margin, room.length + margin / 3) for y in (-margin, room.width + margin / 3)]
    high = [(x, y, room.height) for x in (0.0, room.length) for y in (0.0, room.width)]
    # Nothing stands at the top of the walls that are cut away.
    return np.array(low + [corner for corner in high if corner[:2] != (0.0, 0.0)])


def _framed_polygon(room: Room, raised: tuple[str, ...]) -> FloatArray:
    """Return the points that the picture of a room of any shape must hold: axes, floor and raised walls."""
    margin = frame_margin(room)
    rim = margin / 3
    low = [(-margin, -margin, 0.0), (room.length + rim, -margin, 0.0), (-margin, room.width + rim, 0.0)]
    low += [(x + dx, y + dy, 0.0) for x, y in room.floor for dx in (-rim, rim) for dy in (-rim, rim)]
    walls = [wall for wall in room.wall_lines if wall.name in raised]
    return np.array(low + [(*corner, room.height) for wall in walls for corner in (wall.start, wall.end)])


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


_CAMERAS: dict[str, Callable[[Room, tuple[int, int]], Camera]] = {"corner": _corner, "top": _top}

VIEWS: tuple[str, ...] = tuple(_CAMERAS)
"""Names of the cameras."""
