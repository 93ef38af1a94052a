"""The process that runs PyBullet: holds shapes, draws pictures of bodies with them.

It is started as a script, ``worker.py WIRE DRAWER SOCKET``, and needs the standard library, numpy and pybullet; WIRE is
the path of `spatialenv.workers.wire`. It has two worlds: one is drawn as it looks, by TinyRenderer or the EGL plugin;
in the other each triangle has a colour of its own, its number, and TinyRenderer tells which one each pixel shows.

A request's header is a picture: ``bodies``, rows of ``[shape, x, y, z, qx, qy, qz, qw, texture or None]``; ``view`` and
``projection``, 16 numbers each, column by column; ``size`` in samples and ``scale``, samples a pixel; ``light``, its
direction; ``shade``, the view, projection and distance of the light that shadows are drawn with, or None;
``background``; and ``numbers``, the view, projection and size for the triangles' numbers, or None.
Shapes and textures go with it when they have been asked for: ``shapes``, rows of ``[key, role, triangles, has uvs,
colour, opacity]``, then ``textures``, keys; a blob each. The reply holds ``missing``, the keys of what must be sent, or
its blobs are the picture and, where asked for, the number of the body (-1 for none) and of the triangle at each pixel.
"""

from __future__ import annotations

import ctypes
import importlib.util
import math
import os
import signal
import socket
import struct
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

SOLID, GLASS, AWAY = 0, 1, 2
"""What a shape is: solid, glass, or of the room where it stands between the light and what is in it."""

AMBIENT, DIRECT = 0.58, 0.52
"""Shares of its colour that a surface shows without the light, and that the light adds where it falls straight on."""

DEEPEN = {"tiny": 4.0, "egl": 1.5}
"""By how much a shadow takes more light away than the engine lets it."""

MAX_SIDE = 2048
"""Most samples across and down that the EGL plugin draws at a time."""

WARM_UP = 4
"""Pictures after which those of the EGL plugin depend no longer on how many it has drawn."""

MAX_TRIANGLES = 300_000
"""Triangles of shapes that are held; above, all are let go."""

NUMBER_SIDES = (16, 64, 256)
"""Sides of the textures that hold the numbers of triangles."""

TINY = "TinyRenderer"
"""What draws on the processor."""

SPARE_SECONDS = 5
"""How much longer than its time limit the process lives when it hangs and nobody is left to end it."""

GL_RENDERER, GL_VERSION = 0x1F01, 0x1F02
"""What OpenGL is asked for."""

HIDDEN = (0.0, 0.0, -1e5)
"""Where no camera sees a body."""

Ints = npt.NDArray[np.int32]
Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]


class Shape(NamedTuple):
    """Triangles of one material."""

    role: int
    corners: Floats
    normals: Floats
    uvs: Floats | None
    colour: tuple[float, ...]
    opacity: float


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


class Studio:
    """The two worlds and the shapes that stand in them."""

    def __init__(self, engine: Any, drawer: str, folder: Path) -> None:
        self._engine, self._drawer, self._folder = engine, drawer, folder
        self._shapes: dict[str, Shape] = {}
        self._textures: set[str] = set()
        self._corners, self._normals, self._uvs = Lists(), Lists(), Lists()
        self._order: list[int] = []
        is_egl = drawer == "egl"
        self._pictures = World(engine, engine.ER_BULLET_HARDWARE_OPENGL if is_egl else engine.ER_TINY_RENDERER)
        if is_egl:
            load_plugin(engine, self._pictures.client)
            for _ in range(WARM_UP):
                identity = np.eye(4).ravel().tolist()
                self._pictures.look(identity, identity, (16, 16), shadow=1, lightDirection=(0, 0, 1))
        self._numbers = World(engine, engine.ER_TINY_RENDERER)

    def missing(self, picture: dict[str, Any]) -> list[str]:
        """Return the keys of the shapes and textures that a picture needs and that are not here."""
        shapes = dict.fromkeys(row[0] for row in picture["bodies"])
        textures = dict.fromkeys(row[8] for row in picture["bodies"] if row[8] is not None)
        return [
            *(key for key in shapes if key not in self._shapes),
            *(key for key in textures if key not in self._textures),
        ]

    def take(self, header: dict[str, Any], blobs: Sequence[bytearray]) -> None:
        """Hold the shapes and textures that come with a picture."""
        given = iter(blobs)
        for key, role, triangles, has_uvs, colour, opacity in header.get("shapes", []):
            numbers = np.frombuffer(next(given), np.float32)
            corners, normals, uvs = np.split(numbers, (9 * triangles, 18 * triangles))
            self._shapes[key] = Shape(
                role, corners.reshape(-1, 3), normals.reshape(-1, 3), uvs.reshape(-1, 2) if has_uvs else None,
                tuple(colour), opacity,
            )  # fmt: skip
        for key in header.get("textures", []):
            (self._folder / f"{key}.tga").write_bytes(next(given))
            self._textures.add(key)

    def empty_if_full(self) -> None:
        """Let go of everything where there is much."""
        if sum(len(shape.corners) for shape in self._shapes.values()) > 3 * MAX_TRIANGLES:
            self._shapes.clear()
            self._textures.clear()
            self._pictures.clear()
            self._numbers.clear()
            for path in self._folder.iterdir():
                path.unlink()

    def draw(self, picture: dict[str, Any]) -> list[bytes]:
        """Return a picture and, where asked for, the body and the triangle at each pixel."""
        rows = picture["bodies"]
        keys = [row[0] for row in rows]
        self._stand(rows)
        blobs = [self._shade(picture, [self._shapes[key] for key in keys])]
        if picture["numbers"] is not None:
            blobs += self._count(picture, keys)
        return blobs

    def _stand(self, rows: Sequence[Sequence[Any]]) -> None:
        """Put the bodies of a picture where they belong, as they look."""
        world, is_egl = self._pictures, self._drawer == "egl"
        names = [f"{row[0]}-{row[8]}" if is_egl else row[0] for row in rows]
        worn = [None if is_egl else row[8] for row in rows]
        for name, row in zip(names, rows, strict=True):
            if name not in world.shapes:
                world.shapes[name] = self._read_file(name, row[0], row[8]) if is_egl else self._make(row[0])
        for key in worn:
            if key is not None and key not in world.textures:
                world.textures[key] = self._load(world, key)
        world.stand(names, [row[1:8] for row in rows], worn)

    def _shade(self, picture: dict[str, Any], shapes: Sequence[Shape]) -> bytes:
        """Draw what is solid without and with shadows, then what is glass, and mix them."""
        world = self._pictures
        places = {body: picture["bodies"][k][1:8] for k, body in enumerate(world.bodies)}
        glass = {body: shape.opacity for body, shape in zip(world.bodies, shapes, strict=True) if shape.role == GLASS}
        away = [body for body, shape in zip(world.bodies, shapes, strict=True) if shape.role == AWAY]
        view, projection, size = picture["view"], picture["projection"], picture["size"]
        light = {
            "lightDirection": picture["light"],
            "lightAmbientCoeff": AMBIENT,
            "lightDiffuseCoeff": DIRECT,
        }
        for body in glass:
            world.move(body, HIDDEN)
        plain, seen = world.look(view, projection, size, shadow=0, **light)
        colours = plain.astype(np.float32)
        colours[seen < 0] = picture["background"]
        if picture["shade"] is not None:
            eye, lens, distance = picture["shade"]
            is_same = (eye, lens) == (view, projection)
            lit = plain if is_same else world.look(eye, lens, size, shadow=0, **light)[0]
            for body in away:
                world.move(body, HIDDEN)
            shaded, again = world.look(eye, lens, size, shadow=1, lightDistance=distance, **light)
            for body in away:
                world.move(body, places[body][:3], places[body][3:])
            dark = np.minimum(shaded.astype(np.float32) - lit, 0.0)
            colours += (DEEPEN[self._drawer] * (seen == again))[..., None] * dark
        if glass:
            for body in glass:
                world.move(body, places[body][:3], places[body][3:])
            through, seen = world.look(view, projection, size, shadow=0, **light)
            share = np.zeros(max(int(seen.max()), max(glass)) + 2, np.float32)
            share[list(glass)] = list(glass.values())
            shares = share[seen][..., None]  # that of nothing, -1, is the last, 0
            colours += shares * (through - colours)
        return average(colours, picture["scale"]).tobytes()

    def _count(self, picture: dict[str, Any], keys: list[str]) -> list[bytes]:
        """Return the body and the triangle at each pixel."""
        world = self._numbers
        sides = {key: number_side(len(self._shapes[key].corners) // 3) for key in dict.fromkeys(keys)}
        for side in sorted(set(sides.values()) - set(map(int, world.textures))):
            (self._folder / f"{side}.tga").write_bytes(number_texture(side))
            world.textures[str(side)] = self._load(world, str(side))
        for key, side in sides.items():
            if key not in world.shapes:
                world.shapes[key] = self._make_numbered(key, side)
        world.stand(keys, [row[1:8] for row in picture["bodies"]], [str(sides[key]) for key in keys])
        colours, seen = world.look(
            *picture["numbers"], shadow=0, lightAmbientCoeff=1.0, lightDiffuseCoeff=0.0, lightDirection=(0, 0, 1)
        )
        order = np.full(max([int(seen.max()), *world.bodies, 0]) + 2, -1, np.int32)
        order[world.bodies] = np.arange(len(world.bodies))
        triangles = colours.astype(np.int32) @ np.array((1 << 16, 1 << 8, 1), np.int32)
        return [order[seen].tobytes(), triangles.tobytes()]

    def _make(self, key: str) -> int:
        shape = self._shapes[key]
        return self._create(self._pictures, shape.corners, shape.normals, shape.uvs, shape.colour)

    def _read_file(self, name: str, key: str, texture: str | None) -> int:
        """Make a shape from files: the EGL plugin takes none otherwise, and mixes up textures that are put on later."""
        shape = self._shapes[key]
        material = "newmtl m\nKd 1 1 1\nKs 0 0 0\n" + ("" if texture is None else f"map_Kd {texture}.tga\n")
        (self._folder / f"{name}.mtl").write_text(material, encoding="ascii")
        path = self._folder / f"{name}.obj"
        path.write_text(f"mtllib {name}.mtl\nusemtl m\n{wavefront(shape)}", encoding="ascii")
        number: int = self._engine.createVisualShape(
            self._engine.GEOM_MESH, fileName=str(path), rgbaColor=(*shape.colour, 1.0),
            physicsClientId=self._pictures.client,
        )  # fmt: skip
        return checked(number, "a shape")

    def _make_numbered(self, key: str, side: int) -> int:
        shape = self._shapes[key]
        numbers = np.arange(len(shape.corners)) // 3
        uvs = np.stack([numbers % side, side - 1 - numbers // side], axis=1)
        return self._create(self._numbers, shape.corners, shape.normals, (uvs + 0.5) / side, (1.0, 1.0, 1.0))

    def _create(self, world: World, corners: Any, normals: Any, uvs: Any, colour: Sequence[float]) -> int:
        self._order[:] = range(len(corners))
        number: int = self._engine.createVisualShape(
            self._engine.GEOM_MESH,
            vertices=self._corners.fill(corners),
            indices=self._order,
            normals=self._normals.fill(normals),
            uvs=self._uvs.fill(np.zeros((len(corners), 2)) if uvs is None else uvs),
            rgbaColor=(*colour, 1.0),
            physicsClientId=world.client,
        )
        return checked(number, f"a shape of {len(corners) // 3} triangles")

    def _load(self, world: World, key: str) -> int:
        path = self._folder / f"{key}.tga"
        return checked(self._engine.loadTexture(str(path), physicsClientId=world.client), "a texture")


def checked(number: int, what: str) -> int:
    """Return the engine's number of what it was given.

    Raises:
        ValueError: If it is none.
    """
    if number < 0:
        raise ValueError(f"PyBullet does not take {what}")
    return number


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


def average(colours: Floats, scale: int) -> Bytes:
    """Return samples averaged into pixels."""
    rows, columns = colours.shape[0] // scale, colours.shape[1] // scale
    mean = colours.reshape(rows, scale, columns, scale, 3).mean(axis=(1, 3))
    pixels: Bytes = np.clip(mean + 0.5, 0.0, 255.0).astype(np.uint8)
    return pixels


def number_side(triangles: int) -> int:
    """Return the side of the texture that holds the numbers of so many triangles."""
    return next(side for side in NUMBER_SIDES if side * side >= triangles)


def number_texture(side: int) -> bytes:
    """Return the file of a texture whose texels hold their numbers: row by row, most significant byte first."""
    numbers = np.arange(side * side, dtype=np.uint32).reshape(side, side)
    return targa(np.stack([numbers >> 16, numbers >> 8 & 255, numbers & 255], axis=-1).astype(np.uint8))


def targa(pixels: Bytes) -> bytes:
    """Return a picture ``(h, w, 3)`` as an uncompressed TGA file, which PyBullet reads."""
    height, width = pixels.shape[:2]
    start = struct.pack("<3B5x2H2H2B", 0, 0, 2, 0, 0, width, height, 24, 0x20)
    return start + pixels[..., ::-1].tobytes()


def wavefront(shape: Shape) -> str:
    """Return a shape as the text of an OBJ file."""
    uvs = np.zeros((len(shape.corners), 2)) if shape.uvs is None else shape.uvs
    lines = [f"v {x:.9g} {y:.9g} {z:.9g}" for x, y, z in shape.corners.tolist()]
    lines += [f"vn {x:.9g} {y:.9g} {z:.9g}" for x, y, z in shape.normals.tolist()]
    lines += [f"vt {u:.9g} {v:.9g}" for u, v in uvs.tolist()]
    for first in range(1, len(shape.corners) + 1, 3):
        lines.append("f " + " ".join(f"{k}/{k}/{k}" for k in range(first, first + 3)))
    return "\n".join(lines) + "\n"


def load_plugin(engine: Any, client: int) -> None:
    """Make a client draw by OpenGL.

    Raises:
        ImportError: If the plugin is not there or does not start.
    """
    found = importlib.util.find_spec("eglRenderer")
    if found is None or found.origin is None:
        raise ImportError("this build of pybullet has no EGL plugin")
    if engine.loadPlugin(found.origin, "_eglRendererPlugin", physicsClientId=client) < 0:
        raise ImportError("PyBullet's EGL plugin does not start")


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


def serve(wire: Any, drawer: str, connection: socket.socket) -> None:
    """Answer requests until the other side closes the connection."""
    try:
        import pybullet

        with tempfile.TemporaryDirectory() as folder:  # in the worker's own, which goes with it in any case
            studio = Studio(pybullet, drawer, Path(folder))
            wire.send(connection, {"ready": True, "device": describe(pybullet, drawer)})
            while (message := wire.receive(connection)) is not None:
                signal.alarm(math.ceil(message.header["limit"]) + SPARE_SECONDS)
                wire.send(connection, *answer(studio, message))
                signal.alarm(0)
    except ImportError as error:
        wire.send(connection, {"ready": False, "error": str(error)})


def answer(studio: Studio, message: Any) -> tuple[dict[str, Any], list[bytes]]:
    """Return the reply to a request."""
    header: dict[str, Any] = {}
    blobs: list[bytes] = []
    try:
        studio.take(message.header, message.blobs)
        header["missing"] = studio.missing(message.header)
        if not header["missing"]:
            blobs = studio.draw(message.header)
            studio.empty_if_full()
    except Exception as error:  # whatever the engine raises is told, not swallowed
        header = {"error": f"{type(error).__name__}: {error}"}
    return {**header, "memory_mb": megabytes()}, blobs


def megabytes() -> float:
    """Return how much memory this process has now; 0 where the system does not say."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            pages = int(file.read().split()[1])
    except OSError:
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


def load_wire(path: str) -> Any:
    """Return the module at `path`, without the package around it."""
    spec = importlib.util.spec_from_file_location("spatialenv_wire", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no module")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[3])) as given:
        serve(load_wire(sys.argv[1]), sys.argv[2], given)
