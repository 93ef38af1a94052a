"""The renderer `fast`."""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from spatialenv.core.placed import FloatArray, PlacedScene
from spatialenv.errors import InputError, RendererError
from spatialenv.renderers.base import NOTHING, Channel, Frames, Picture, check_request, shown_objects
from spatialenv.renderers.camera import VIEWS, Camera, CameraSpec
from spatialenv.renderers.fast.kernels import EMPTY_KEY, rasterise, shade_samples
from spatialenv.renderers.fast.mesh import LIGHT, Mesh, build_mesh
from spatialenv.renderers.models import Appearance, Colours

BACKGROUND = np.array([247.0, 248.0, 250.0])
GHOST_SHARE = 0.22
"""How much of an object shows through a wall or the floor that it stands behind."""

SHADOW_SLACK = 0.004
"""How much nearer to the light, in metres, a thing must be to cast a shadow."""

MAX_SHADOW_SIDE = 2048
"""Greatest side of the shadow map in cells."""

NO_KEYS = np.zeros((0, 0), np.float32)
NO_FACES = np.zeros((0, 0), np.int32)

_local = threading.local()


@dataclass(frozen=True, slots=True)
class FastRenderer:
    """Draws boxes in a room on the processor: same input, same bytes.

    Attributes:
        shadows: Whether objects cast shadows.
        supersampling: Samples a pixel in each direction, 1 to 4; 2 smooths the edges.
        furniture: Whether objects have the shape of furniture; else all are boxes.
        colours: ``"material"``, as style and material words say, or ``"identity"``, one for each object of a scene.

    Example:
        >>> from spatialenv.core.room import Room
        >>> from spatialenv.core.scene import Scene
        >>> empty = Scene(room=Room.rectangle(4, 3, 2.5), objects=()).place({})
        >>> FastRenderer().render(empty, views=["top"], size=(64, 48)).image.shape
        (48, 64, 3)
    """

    shadows: bool = True
    supersampling: int = 2
    furniture: bool = True
    colours: Colours = "material"

    name: ClassVar[str] = "fast"
    version: ClassVar[str] = "fast-3"
    is_thread_safe: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if not isinstance(self.shadows, bool):
            raise InputError(f"renderer option `shadows` is {self.shadows!r}; it must be true or false")
        if type(self.supersampling) is not int or not 1 <= self.supersampling <= 4:
            raise InputError(f"renderer option `supersampling` is {self.supersampling!r}; it must be 1, 2, 3 or 4")

    def render(
        self,
        placed: PlacedScene,
        cameras: Sequence[CameraSpec] = VIEWS,
        size: tuple[int, int] = (256, 256),
        *,
        channels: Sequence[Channel] = (),
    ) -> Frames:
        """Draw `placed` from each of `cameras`; see `Renderer.render`."""
        request = check_request(placed, cameras, size, channels)
        try:
            views, ids = {}, {}
            for camera in request.cameras:
                mesh = build_mesh(placed, shown_objects(placed), camera, Appearance(self.furniture, self.colours))
                samples = draw_samples(mesh, camera, self.supersampling)
                light = shadow_map(mesh, request.size) if self.shadows and mesh.boxes else None
                views[camera.name] = shade(mesh, camera, samples, light, self.supersampling)
                if "ids" in request.channels:
                    middle = self.supersampling // 2
                    ids[camera.name] = samples.owners(mesh)[
                        middle :: self.supersampling, middle :: self.supersampling
                    ].copy()
        except Exception as error:
            raise RendererError(
                f"the renderer 'fast' could not draw {placed!r}: {type(error).__name__}: {error}"
            ) from error
        return Frames(views, {camera.name: camera for camera in request.cameras}, ids=ids)

    def render_batch(
        self,
        placed: Sequence[PlacedScene],
        cameras: Sequence[CameraSpec] = VIEWS,
        size: tuple[int, int] = (256, 256),
        *,
        channels: Sequence[Channel] = (),
    ) -> list[Frames]:
        """Draw several scenes; see `Renderer.render_batch`."""
        return [self.render(scene, cameras, size, channels=channels) for scene in placed]


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """What is seen at each sample; valid until the thread draws again.

    Attributes:
        keys: Depth keys, ``(h, w)`` float32.
        faces: Polygon of the mesh or -1, ``(h, w)`` int32.
        ghosts: Polygon of an object that a wall or the floor covers, or -1, ``(h, w)`` int32.
        matrix: World to ``(X, Y, K, W)`` in samples.
    """

    keys: npt.NDArray[np.float32]
    faces: npt.NDArray[np.int32]
    ghosts: npt.NDArray[np.int32]
    matrix: FloatArray

    def owners(self, mesh: Mesh) -> npt.NDArray[np.int32]:
        """Return the index of the placed object at each sample, -1 for nothing, `ROOM` for the room."""
        owners: npt.NDArray[np.int32] = np.append(mesh.owners, np.int32(NOTHING))[self.faces]
        return owners


@dataclass(frozen=True, slots=True, eq=False)
class Light:
    """A shadow map; valid until the thread makes another.

    Attributes:
        keys: Depth keys towards the light, metres, ``(s, s)`` float32.
        faces: Polygon of the mesh or -1, ``(s, s)`` int32.
        matrix: World to ``(u, v, key, 1)`` in cells.
    """

    keys: npt.NDArray[np.float32]
    faces: npt.NDArray[np.int32]
    matrix: FloatArray


def draw_samples(mesh: Mesh, camera: Camera, scale: int) -> Samples:
    """Return what `camera` sees, `scale` samples a pixel in each direction."""
    columns, rows = camera.size[0] * scale, camera.size[1] * scale
    keys = _key_buffer("keys", rows, columns)
    faces = _face_buffer("faces", rows, columns)
    ghosts = _face_buffer("ghosts", rows, columns)
    matrix = camera.matrix * np.array([[scale], [scale], [1.0], [1.0]])
    bias = mesh.bias * camera.key_step
    common = (mesh.points, mesh.counts)
    rasterise(*common, 0, mesh.boxes, matrix, camera.near, bias, keys, faces, NO_FACES, mesh.owners)
    rasterise(*common, mesh.boxes, len(mesh.points), matrix, camera.near, bias, keys, faces, ghosts, mesh.owners)
    return Samples(keys, faces, ghosts, matrix)


def shadow_map(mesh: Mesh, size: tuple[int, int]) -> Light:
    """Return what the light sees, fine enough for a picture of `size`; the mesh must hold a box."""
    side = min(max(2 * max(size), 256), MAX_SHADOW_SIDE)
    matrix = light_camera(mesh, side)
    keys, faces = _key_buffer("light_keys", side, side), _face_buffer("light_faces", side, side)
    sides = mesh.boxes
    bias = np.zeros(len(mesh.points))
    rasterise(mesh.points, mesh.counts, 0, sides, matrix, 0.5, bias, keys, faces, NO_FACES, mesh.owners)
    return Light(keys, faces, matrix)


def light_camera(mesh: Mesh, side: int) -> FloatArray:
    """Return the matrix from the world to the cells of a shadow map that just holds the objects."""
    right = np.array([-LIGHT[1], LIGHT[0], 0.0]) / math.hypot(LIGHT[0], LIGHT[1])
    up = np.cross(LIGHT, right)
    casters = mesh.points[: mesh.boxes].reshape(-1, 3)
    across, above = casters @ right, casters @ up
    cell = max(float(np.ptp(across)), float(np.ptp(above)), 1e-6) / (side - 4)
    matrix = np.zeros((4, 4))
    matrix[0, :3], matrix[0, 3] = right / cell, 2.0 - across.min() / cell
    matrix[1, :3], matrix[1, 3] = -up / cell, 2.0 + above.max() / cell
    matrix[2, :3] = LIGHT
    matrix[3, 3] = 1.0
    return matrix


def shade(mesh: Mesh, camera: Camera, samples: Samples, light: Light | None, scale: int) -> Picture:
    """Return the picture of `samples`, without shadows when `light` is None."""
    width, height = camera.size
    out = np.zeros((height, width, 3), dtype=np.uint8)
    shade_samples(
        samples.keys,
        samples.faces,
        samples.ghosts,
        mesh.owners,
        mesh.groups,
        mesh.lit,
        mesh.dark,
        mesh.facing_light,
        np.eye(4) if light is None else light.matrix @ np.linalg.inv(samples.matrix),
        SHADOW_SLACK,
        NO_KEYS if light is None else light.keys,
        NO_FACES if light is None else light.faces,
        BACKGROUND,
        max(1, round(scale * min(width, height) / 768)),
        GHOST_SHARE,
        scale,
        out,
    )
    return out


def _key_buffer(name: str, rows: int, columns: int) -> npt.NDArray[np.float32]:
    """Return this thread's array of depth keys of that name, emptied."""
    held: npt.NDArray[np.float32] | None = getattr(_local, name, None)
    if held is None or held.shape != (rows, columns):
        held = np.zeros((rows, columns), np.float32)
        setattr(_local, name, held)
    held.fill(EMPTY_KEY)
    return held


def _face_buffer(name: str, rows: int, columns: int) -> npt.NDArray[np.int32]:
    """Return this thread's array of polygons of that name, emptied."""
    held: npt.NDArray[np.int32] | None = getattr(_local, name, None)
    if held is None or held.shape != (rows, columns):
        held = np.zeros((rows, columns), np.int32)
        setattr(_local, name, held)
    held.fill(-1)
    return held
