"""What the worker's process does with PyBullet: worlds, what is seen of them, and the plugin that draws by OpenGL.

Like all that this process runs, it needs the standard library, numpy and pybullet, and nothing that is heavy.
"""

from __future__ import annotations

import ctypes
import importlib.util
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from spatialenv.renderers.pybullet.files import Bytes

MAX_SIDE = 2048
"""Most samples across and down that the EGL plugin draws at a time."""

WARM_UP = 4
"""Pictures after which those of the EGL plugin depend no longer on how many it has drawn."""

TINY = "TinyRenderer"
"""What draws on the processor."""

GL_RENDERER, GL_VERSION = 0x1F01, 0x1F02
"""What OpenGL is asked for."""

Ints = npt.NDArray[np.int32]


class Lists:
    """Arrays as lists that are used again and again: PyBullet never lets go of a list that it was given."""

    def __init__(self) -> None:
        self._rows: list[list[float]] = []
        self._given: list[list[float]] = []

    def fill(self, values: npt.NDArray[Any]) -> list[list[float]]:
        """Return rows ``(n, k)`` as lists, which hold others after the next call.

        Example:
            >>> lists = Lists()
            >>> first = lists.fill(np.zeros((3, 2)))
            >>> lists.fill(np.ones((2, 2))) is first, first
            (True, [[1.0, 1.0], [1.0, 1.0]])
        """
        while len(self._rows) < len(values):
            self._rows.append([])
        for row, numbers in zip(self._rows, values.tolist(), strict=False):
            row[:] = numbers
        self._given[:] = self._rows[: len(values)]
        return self._given


class World:
    """One client of the engine, with what it has made of shapes and textures, and the bodies of its last picture."""

    def __init__(self, engine: Any, renderer: int) -> None:
        self.engine = engine
        self.client = engine.connect(engine.DIRECT)
        self._renderer = renderer
        self._is_egl = renderer == engine.ER_BULLET_HARDWARE_OPENGL
        self.clear()

    def clear(self) -> None:
        """Remove everything."""
        self.engine.resetSimulation(physicsClientId=self.client)
        self.shapes: dict[str, int] = {}
        self.textures: dict[str, int] = {}  # those that bodies wear; OpenGL's are part of their shapes
        self.bodies: list[int] = []
        self._keys: list[str] = []
        self._worn: list[str | None] = []

    def stand(self, keys: list[str], poses: Sequence[Sequence[float]], textures: Sequence[str | None]) -> None:
        """Put bodies where they belong; their order decides what is seen where two lie in one plane."""
        engine, client = self.engine, self.client
        if keys != self._keys:
            for body in reversed(self.bodies):  # OpenGL gives the place that was left last to the next
                engine.removeBody(body, physicsClientId=client)
            self._keys, self._worn = keys, [None] * len(keys)
            self.bodies = [engine.createMultiBody(0, -1, self.shapes[key], physicsClientId=client) for key in keys]
        for k, (body, pose, texture) in enumerate(zip(self.bodies, poses, textures, strict=True)):
            if texture is not None and texture != self._worn[k]:
                number = self.textures[texture]
                engine.changeVisualShape(body, -1, textureUniqueId=number, physicsClientId=client)
                self._worn[k] = texture
            self.move(body, pose[:3], pose[3:])

    def move(self, body: int, place: Sequence[float], turn: Sequence[float] = (0.0, 0.0, 0.0, 1.0)) -> None:
        """Put one body somewhere."""
        self.engine.resetBasePositionAndOrientation(body, place, turn, physicsClientId=self.client)

    def look(self, view: Any, projection: Any, size: Sequence[int], **light: Any) -> tuple[Bytes, Ints]:
        """Return the picture, ``(h, w, 3)``, and the engine's number of the body at each sample, ``(h, w)``."""
        width, height = size
        picture, seen = np.empty((height, width, 3), np.uint8), np.empty((height, width), np.int32)
        most = MAX_SIDE if self._is_egl else max(size)
        for top in range(0, height, most):
            for left in range(0, width, most):
                rows, columns = min(most, height - top), min(most, width - left)
                found = self.engine.getCameraImage(
                    columns,
                    rows,
                    view,
                    cut(projection, size, (left, top), (columns, rows)),
                    renderer=self._renderer,
                    lightSpecularCoeff=0.0,
                    physicsClientId=self.client,
                    **light,
                )
                part = np.s_[top : top + rows, left : left + columns]
                picture[part] = np.asarray(found[2], np.uint8).reshape(rows, columns, 4)[..., :3]
                seen[part] = np.asarray(found[4], np.int32).reshape(rows, columns)
        return picture, seen


def cut(
    projection: Sequence[float], size: Sequence[int], corner: Sequence[int], part: Sequence[int]
) -> Sequence[float]:
    """Return the projection, 16 numbers column by column, of a part of a picture.

    Args:
        projection: Of the whole.
        size: Width and height of the whole in samples.
        corner: The part's left and top.
        part: Its width and height.
    """
    if list(part) == list(size):
        return projection
    (width, height), (left, top), (columns, rows) = size, corner, part
    inner = np.eye(4)
    inner[0, 0], inner[0, 3] = width / columns, (width - 2 * left - columns) / columns
    inner[1, 1], inner[1, 3] = height / rows, (2 * top + rows - height) / rows
    numbers: list[float] = (inner @ np.reshape(projection, (4, 4)).T).T.ravel().tolist()
    return numbers


def checked(number: int, what: str) -> int:
    """Return the engine's number of what it was given.

    Raises:
        ValueError: If it is none.
    """
    if number < 0:
        raise ValueError(f"PyBullet does not take {what}")
    return number


def load_plugin(engine: Any, client: int) -> None:
    """Make a client draw by OpenGL.

    Raises:
        ImportError: If the plugin is not there or does not start.
    """
    found = importlib.util.find_spec("eglRenderer")
    if found is None or found.origin is None:
        raise ImportError("this build of pybullet has no EGL plugin")
    if engine.loadPlugin(found.origin, "_eglRendererPlugin", physicsClientId=client) < 0:
        raise ImportError("PyBullet does not load it")


def describe(engine: Any, drawer: str) -> list[str]:
    """Return the name and version of what draws; OpenGL is asked in the plugin's context, which is current."""
    if drawer != "egl":
        return [TINY, f"API {engine.getAPIVersion()}"]
    try:
        get = ctypes.CDLL("libGL.so.1").glGetString
    except OSError:
        return ["OpenGL", ""]
    get.restype = ctypes.c_char_p
    return [(get(name) or b"").decode("utf-8", "replace") for name in (GL_RENDERER, GL_VERSION)]
