"""What the worker's process answers: it holds shapes, and draws pictures of bodies with them.

It has two worlds: one is drawn as it looks, by TinyRenderer or the EGL plugin; in the other each triangle has a colour
of its own, its number, and TinyRenderer tells which one each pixel shows.

A request's header is a picture: ``bodies``, rows of ``[shape, x, y, z, qx, qy, qz, qw, texture or None]``; ``view`` and
``projection``, 16 numbers each, column by column; ``size`` in samples and ``scale``, samples a pixel; ``light``, its
direction; ``shade``, the view, projection and distance of the light that shadows are drawn with, or None;
``background``; and ``numbers``, the view, projection and size for the triangles' numbers, or None.
Shapes and textures go with it when they have been asked for: ``shapes``, rows of ``[key, role, triangles, has uvs,
colour, opacity]``, then ``textures``, keys; a blob each. The reply holds ``missing``, the keys of what must be sent, or
its blobs are the picture and, where asked for, the number of the body (-1 for none) and of the triangle at each pixel.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from spatialenv.renderers.pybullet.engine import WARM_UP, Lists, World, checked, load_plugin
from spatialenv.renderers.pybullet.files import (
    AWAY,
    GLASS,
    Bytes,
    Floats,
    Shape,
    number_side,
    number_texture,
    wavefront,
)

AMBIENT, DIRECT = 0.58, 0.52
"""Shares of its colour that a surface shows without the light, and that the light adds where it falls straight on."""

DEEPEN = {"tiny": 4.0, "egl": 1.5}
"""By how much a shadow takes more light away than the engine lets it."""

MAX_TRIANGLES = 300_000
"""Triangles of shapes that are held; above, all are let go."""

HIDDEN = (0.0, 0.0, -1e5)
"""Where no camera sees a body."""


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

    def answer(self, header: dict[str, Any], blobs: Sequence[bytearray]) -> tuple[dict[str, Any], list[bytes]]:
        """Return the reply to a request (`spatialenv.workers.inside.serve`)."""
        self.take(header, blobs)
        if missing := self.missing(header):
            return {"missing": missing}, []
        drawn = self.draw(header)
        self.empty_if_full()
        return {}, drawn

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


def average(colours: Floats, scale: int) -> Bytes:
    """Return samples averaged into pixels."""
    rows, columns = colours.shape[0] // scale, colours.shape[1] // scale
    mean = colours.reshape(rows, scale, columns, scale, 3).mean(axis=(1, 3))
    pixels: Bytes = np.clip(mean + 0.5, 0.0, 255.0).astype(np.uint8)
    return pixels
