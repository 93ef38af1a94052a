"""MuJoCo's own XML: a room that can be simulated, with its meshes and textures in a folder beside it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import ClassVar
from xml.etree import ElementTree as ET

import numpy as np

from spatialenv.core.mesh import Material, Texture, TriangleMesh
from spatialenv.core.placed import FloatArray
from spatialenv.export.base import Exporter
from spatialenv.export.contents import Contents
from spatialenv.export.files import check_folder, write_with_folder
from spatialenv.export.names import WORLD, printable, unique_names
from spatialenv.export.physics import FRICTION, Physics, make_physics
from spatialenv.export.surfaces import Surface, png, surfaces
from spatialenv.renderers.camera import make_camera
from spatialenv.renderers.lens import lens_of

SEEN, FELT = "2", "3"
"""Groups of geoms: those that are seen, and those that touch, which viewers hide by default."""

TIME_STEP = 0.002
"""Seconds of a step of the simulation."""

GENTLE = {"solref": "0.1 1", "solimp": "0.99 0.999 0.001"}
"""Contact of bodies that begin in each other: with MuJoCo's usual one they would be thrown apart."""

LEAST_CORNERS = 4
"""MuJoCo refuses meshes of fewer: a single triangle is cut in two."""

CAMERAS = ("corner", "front")
CAMERA_SIZE = (640, 480)


class MjcfExporter(Exporter):
    """MJCF: metres, z up; objects are boxes that can move, as `spatialenv.physics.settle` has them.

    Geoms of group 2 are what is seen: furniture and room as meshes, without contact. Those of group 3 are what
    touches: a box for each object, for each wall, and a plane for the floor. What hangs on a wall or the ceiling is
    fixed; pairs that pass through each other in `settle` do so here. The floor bears the objects whose centre is
    above it at the start: others fall. True ids stand under `custom`, by the bodies' names.
    """

    endings: ClassVar[tuple[str, ...]] = (".xml", ".mjcf")

    def write(self, contents: Contents, path: Path) -> list[Path]:
        """Write the XML and its folder; see `Exporter`."""
        folder = check_folder(path)
        model = _Model(contents, folder.name)
        text: bytes = ET.tostring(model.root, encoding="utf-8", xml_declaration=True)
        return write_with_folder(path, text + b"\n", model.files)


class _Model:
    """The XML and the files while they are made."""

    def __init__(self, contents: Contents, folder: str) -> None:
        self.files: dict[str, bytes] = {}
        self.root = ET.Element("mujoco", model="room")
        self._contents = contents
        self._meshes: dict[TriangleMesh, list[tuple[str, str]]] = {}
        self._materials: dict[Material, str] = {}
        self._textures: dict[Texture, str] = {}
        self._names: dict[bytes, str] = {}  # of files, by what they hold
        self._add_settings(folder)
        self._assets = _add(self.root, "asset")
        sky = {"builtin": "gradient", "rgb1": "0.96 0.97 0.98", "rgb2": "0.80 0.84 0.88"}
        _add(self._assets, "texture", name="sky", type="skybox", width="256", height="256", **sky)
        world = _add(self.root, "worldbody")
        self._add_lights(world)
        physics = make_physics(contents.placed)
        names = unique_names((prop.id for prop in contents.props), (WORLD,))
        # In the world each wall has a body that is seen, with its doors and windows, and one that touches.
        fixed = unique_names(("room", "ground", *(f"solid_{name}" for name in physics.walls.names)), names)
        self._add_room(world, fixed[0], (*names, *fixed))
        self._add_ground(world, fixed[1])
        self._add_walls(world, physics, fixed[2:])
        self._add_objects(world, physics, names)
        self._add_pairs(physics, names, fixed[2:], fixed[1])
        self._add_ids(names)

    def _add_settings(self, folder: str) -> None:
        room = self._contents.placed.room
        _add(self.root, "compiler", angle="radian", meshdir=folder, texturedir=folder)
        _add(self.root, "option", timestep=f"{TIME_STEP}", integrator="implicitfast", cone="elliptic", impratio="10")
        # Its own guess is 128 MB even for a table and a chair, which counts where many rooms are simulated.
        _add(self.root, "size", memory=f"{32 + len(self._contents.props) // 4}M")
        center = (room.length / 2, room.width / 2, room.height / 2)
        _add(self.root, "statistic", center=_numbers(center), extent=_numbers([math.hypot(*center)]))
        visual = _add(self.root, "visual")
        _add(visual, "headlight", ambient="0.5 0.5 0.5", diffuse="0.35 0.35 0.35", specular="0 0 0")
        _add(visual, "global", offwidth="1920", offheight="1440")
        _add(visual, "quality", shadowsize="4096")
        _add(visual, "map", znear="0.02", zfar="20")

    def _add_lights(self, world: ET.Element) -> None:
        room = self._contents.placed.room
        place = (room.length / 2, room.width / 2, room.height + 2.0)
        look = {"dir": "0.03 0.05 -1", "directional": "true", "diffuse": "0.3 0.3 0.3", "specular": "0.1 0.1 0.1"}
        _add(world, "light", pos=_numbers(place), castshadow="true", **look)
        for name in CAMERAS:
            lens = lens_of(make_camera(name, room, CAMERA_SIZE), room)
            angle = math.degrees(2 * math.atan(CAMERA_SIZE[1] / 2 / lens.scale))
            axes = _numbers(lens.axes[:2].ravel())
            # This angle is in degrees whatever the compiler is told.
            _add(world, "camera", name=name, pos=_numbers(lens.eye), xyaxes=axes, fovy=_numbers([angle]))

    def _add_room(self, world: ET.Element, name: str, taken: Sequence[str]) -> None:
        parts = self._contents.room
        body = _add(world, "body", name=name)
        for label, part in zip(unique_names((part.name for part in parts), taken), parts, strict=True):
            self._add_seen(body, part.mesh, label)

    def _add_ground(self, world: ET.Element, name: str) -> None:
        room = self._contents.placed.room
        body = _add(world, "body", name=name, pos=_numbers((room.length / 2, room.width / 2, 0.0)))
        size = _numbers((room.length, room.width, 0.1))
        look = {"group": FELT, "rgba": "0.7 0.7 0.7 0.5", "friction": _SURFACE}
        _add(body, "geom", name=name, type="plane", size=size, **look)

    def _add_walls(self, world: ET.Element, physics: Physics, names: Sequence[str]) -> None:
        walls = physics.walls
        for k, name in enumerate(names):
            body = _add(world, "body", name=name, pos=_numbers(walls.centers[k]), euler=_turn(float(walls.yaws[k])))
            _add_box(body, name, walls.sizes[k])

    def _add_objects(self, world: ET.Element, physics: Physics, names: Sequence[str]) -> None:
        bodies = physics.objects
        for k, (name, prop) in enumerate(zip(names, self._contents.props, strict=True)):
            body = _add(world, "body", name=name, pos=_numbers(prop.center), euler=_turn(prop.yaw))
            mass = float(bodies.masses[k])
            if mass > 0.0:
                _add(body, "freejoint", name=name)
            _add_box(body, name, bodies.sizes[k], mass)
            self._add_seen(body, prop.mesh, name)

    def _add_pairs(self, physics: Physics, names: Sequence[str], walls: Sequence[str], ground: str) -> None:
        pairs = [(names[i], names[j]) for i, j in physics.apart]
        pairs += [(names[i], walls[j]) for i, j in physics.through]
        pairs += [(names[i], ground) for i in physics.unborne]
        soft = [(names[i], names[j]) for i, j in physics.overlapping]
        soft += [(names[i], ground) for i in physics.sunken]
        contact = _add(self.root, "contact") if pairs or soft else self.root
        for first, second in pairs:
            _add(contact, "exclude", body1=first, body2=second)
        for first, second in soft:
            look = {"friction": f"{FRICTION} {FRICTION} {_SURFACE.partition(' ')[2]} 0.0001", **GENTLE}
            _add(contact, "pair", geom1=first, geom2=second, condim="3", **look)

    def _add_ids(self, names: Sequence[str]) -> None:
        custom = _add(self.root, "custom") if names else self.root
        for name, prop in zip(names, self._contents.props, strict=True):
            _add(custom, "text", name=name, data=printable(prop.id))

    def _add_seen(self, body: ET.Element, mesh: TriangleMesh, name: str) -> None:
        """Add what is seen of a mesh: a geom for each material; objects that look alike share their files."""
        if mesh not in self._meshes:
            self._meshes[mesh] = [
                (self._put_mesh(surface, f"{name}_{number}"), self._material(surface.material))
                for number, surface in enumerate(surfaces(mesh))
            ]
        for asset, material in self._meshes[mesh]:
            look = {"mesh": asset, "material": material, "group": SEEN, "mass": "0"}
            _add(body, "geom", type="mesh", contype="0", conaffinity="0", **look)

    def _put_mesh(self, surface: Surface, name: str) -> str:
        content = _obj(surface).encode("ascii")
        if content in self._names:  # as of a mesh that was made twice
            return self._names[content]
        file = f"{name}.obj"
        self.files[file], self._names[content] = content, name
        # Floors and panes are flat and enclose no volume.
        _add(self._assets, "mesh", name=name, file=file, inertia="shell")
        return name

    def _material(self, material: Material) -> str:
        if material not in self._materials:
            name = self._materials[material] = f"material_{len(self._materials)}"
            colour = _numbers([*(part / 255.0 for part in material.colour), material.opacity])
            gloss = 1.0 - material.roughness
            look = {"specular": _numbers([0.5 * gloss]), "shininess": _numbers([gloss]), "rgba": colour}
            if material.emission > 0.0:
                look["emission"] = _numbers([0.5 * material.emission])
            if material.texture is not None:
                look["texture"] = self._texture(material.texture)
            _add(self._assets, "material", name=name, **look)
        return self._materials[material]

    def _texture(self, texture: Texture) -> str:
        if texture not in self._textures:
            content = png(texture)
            if content not in self._names:
                name = self._names[content] = f"texture_{len(self._textures)}"
                self.files[f"{name}.png"] = content
                _add(self._assets, "texture", name=name, type="2d", file=f"{name}.png")
            self._textures[texture] = self._names[content]
        return self._textures[texture]


def _add(parent: ET.Element, tag: str, **attributes: str) -> ET.Element:
    return ET.SubElement(parent, tag, attributes)


def _add_box(body: ET.Element, name: str, size: FloatArray, mass: float = 0.0) -> None:
    # What can move is blue, what cannot is grey, where a viewer shows this group.
    look = {"mass": _numbers([mass]), "rgba": "0.35 0.55 0.85 0.6"} if mass > 0.0 else {"rgba": "0.6 0.6 0.6 0.4"}
    _add(body, "geom", name=name, type="box", size=_numbers(size / 2), group=FELT, friction=_SURFACE, **look)


def _numbers(values: Iterable[float]) -> str:
    """Return numbers as they are read back to the last bit, but for -0."""
    return " ".join(repr(float(value) + 0.0) for value in values)


def _turn(yaw: float) -> str:
    return f"0 0 {_numbers([yaw])}"


def _obj(surface: Surface) -> str:
    """Return a surface as a Wavefront file; corners have nine digits, which tell float32 apart."""
    if len(np.unique(surface.positions, axis=0)) < LEAST_CORNERS:
        surface = _halved(surface)
    if surface.material.double_sided:
        surface = _with_backs(surface)
    lines = [f"v {x:.9g} {y:.9g} {z:.9g}" for x, y, z in (surface.positions + 0.0).tolist()]
    lines += [f"vn {x:.6g} {y:.6g} {z:.6g}" for x, y, z in (surface.normals + 0.0).tolist()]
    if surface.uvs is not None:
        lines += [f"vt {u:.7g} {v:.7g}" for u, v in (surface.uvs + 0.0).tolist()]
    form = "{0}//{0}" if surface.uvs is None else "{0}/{0}/{0}"
    for face in (surface.faces + 1).tolist():
        lines.append("f " + " ".join(form.format(corner) for corner in face))
    return "\n".join(lines) + "\n"


def _halved(surface: Surface) -> Surface:
    """Return a surface with each triangle cut in two."""
    a, b, c = surface.faces.T
    middles = len(surface.positions) + np.arange(len(a))

    def extended(values: FloatArray) -> FloatArray:
        return np.concatenate([values, (values[a] + values[b]) / 2])

    return surface._replace(
        positions=extended(surface.positions),
        normals=extended(surface.normals),
        uvs=None if surface.uvs is None else extended(surface.uvs),
        faces=np.concatenate([np.stack([a, middles, c], axis=1), np.stack([middles, b, c], axis=1)]),
    )


def _with_backs(surface: Surface) -> Surface:
    """Return a surface and its back: MuJoCo draws front sides alone."""
    return surface._replace(
        positions=np.concatenate([surface.positions] * 2),
        normals=np.concatenate([surface.normals, -surface.normals]),
        uvs=None if surface.uvs is None else np.concatenate([surface.uvs] * 2),
        faces=np.concatenate([surface.faces, surface.faces[:, ::-1] + len(surface.positions)]),
    )


_SURFACE = _numbers((FRICTION, 0.005, 0.0001))
