"""Exported rooms as other programs read them: trimesh, pxr and MuJoCo find what is placed, where it is placed."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spatialenv import Room, Scene, SceneObject
from spatialenv.assets import make_library
from spatialenv.core.layout import Layout, Pose
from spatialenv.core.placed import FloatArray, PlacedScene
from spatialenv.core.room import Opening
from spatialenv.export import export_scene
from spatialenv.export.surfaces import has_area
from spatialenv.renderers.scenery import Scenery, make_scenery
from spatialenv.tasks import make_tasks

TO_OURS = np.array(((1.0, 0.0, 0.0), (0.0, 0.0, -1.0), (0.0, 1.0, 0.0)))
"""From glTF's axes to ours."""

ODD_IDS = (
    "../../etc/passwd",
    "sofa 1",
    "sofa_1",
    "SOFA_1",
    "a/b",
    "a\\b",
    "椅子 🛋",
    "\0\x1b\u202e",
    "\ud800",
    "<!-- & \"' -->",
    "floor",
    "room",
    "world",
    "Collider",
    "x" * 1_000_000,
    "x" * 1_000_000 + "y",
)


def _witness(name: str, seed: int) -> PlacedScene:
    scene = make_tasks(name).sample(seed)
    assert scene.witness is not None
    return scene.place(scene.witness)


def _angled() -> PlacedScene:
    room = Room.polygon(
        [(0, 0), (6, 0), (6, 2.5), (3, 2.5), (3, 5), (0, 5)],
        2.6,
        (
            Opening("door", "wall_0", 1, 0.9, 2.1, swing="in"),
            Opening("window", "wall_3", 0.4, 1.2, 1.0, sill=1.0),
            Opening("window", "wall_5", 1.0, 1.5, 1.2, sill=0.8),
            Opening("door", "wall_5", 3.5, 0.9, 2.0, swing="none"),
        ),
    )
    items = [
        SceneObject(id="sofa_1", category="sofa", size=(1.8, 0.9, 0.8)),
        SceneObject(id="bed_1", category="bed", size=(1.6, 2.0, 0.6)),
        SceneObject(id="vitrine_1", category="display cabinet", size=(0.9, 0.4, 1.8), material="glass"),
        SceneObject(id="stray_1", category="armchair", size=(0.8, 0.8, 0.9)),
        SceneObject(id="far_1", category="armchair", size=(0.8, 0.8, 0.9)),
    ]
    poses = {
        "sofa_1": Pose(2.0, 1.0, 0.4, 0.3),
        "bed_1": Pose(1.0, 3.5, 0.3, math.pi / 2),
        "vitrine_1": Pose(5.0, 0.4, 0.9, -7.0),
        "stray_1": Pose(4.5, 4.0, 0.45, 4.0),
        "far_1": Pose(-60.0, 200.0, -30.0, 1.0),
    }
    return Scene(room, tuple(items)).place(poses)


def _many() -> PlacedScene:
    items = tuple(SceneObject(id=f"chair_{i}", category="chair", size=(0.5, 0.5, 0.9)) for i in range(200))
    poses = {item.id: Pose(0.4 + 0.7 * (i % 20), 0.4 + 0.7 * (i // 20), 0.45, 0.1 * i) for i, item in enumerate(items)}
    return Scene(Room.rectangle(15, 8, 3), items).place(Layout(tuple(poses.items())))


def _odd() -> PlacedScene:
    items = tuple(SceneObject(id=name, category=name[:50], size=(0.3, 0.4, 0.5)) for name in ODD_IDS)
    poses = {item.id: Pose(0.3 + 0.5 * i, 0.5, 0.25) for i, item in enumerate(items)}
    return Scene(Room.rectangle(9, 3, 2.5), items).place(Layout(tuple(poses.items())))


def _extreme() -> PlacedScene:
    sizes = [(1e-6, 1e-6, 1e-6), (1e4, 1e4, 1e4), (1e-6, 1e4, 1.0), (3.0, 2.0, 1e-6), (0.02, 0.02, 0.02)]
    words = ["sofa", "lamp", "rug", "bookcase", "plant"]
    items = tuple(
        SceneObject(id=f"{word}_{i}", category=word, size=size) for i, size in enumerate(sizes) for word in words
    )
    poses = {item.id: Pose(1.0 + 0.1 * k, 1.0, item.size[2] / 2, 0.5 * k) for k, item in enumerate(items)}
    return Scene(Room.rectangle(4, 3, 2.5), items).place(Layout(tuple(poses.items())))


ROOMS: Mapping[str, Callable[[], PlacedScene]] = {
    "medium": lambda: _witness("medium", 1),
    "hard": lambda: _witness("hard", 3),
    "polygons": lambda: _witness("polygons", 2),
    "rotation": lambda: _witness("rotation", 0),
    "angled": _angled,
    "empty": lambda: Scene(Room.rectangle(4, 3, 2.5), ()).place({}),
    "many": _many,
    "odd": _odd,
    "extreme": _extreme,
}


def _expected(placed: PlacedScene, **options: Any) -> Scenery:
    return make_scenery(placed, strays=True, **options)


def _standing(prop: Any) -> FloatArray:
    """Return the corners of a prop's mesh in the world, ``(n, 3)``."""
    mesh = prop.mesh
    points: FloatArray = mesh.corners[has_area(mesh)].reshape(-1, 3) @ prop.matrix[:3, :3].T + prop.matrix[:3, 3]
    return points


def _check_points(found: FloatArray, prop: Any, *, has_more: bool = False) -> None:
    """Compare where corners are, as far as single precision tells; triangles may be cut in two or have backs."""
    wanted = _standing(prop)
    assert len(found) == len(wanted) or has_more, prop.id[:50]
    tolerance = 1e-6 + 1e-6 * float(np.abs(prop.mesh.vertices).max(initial=0.0))
    for low_or_high in (np.min, np.max):
        assert low_or_high(found, axis=0) == pytest.approx(low_or_high(wanted, axis=0), abs=tolerance), prop.id[:50]
    if len(found) == len(wanted):
        assert found.mean(axis=0) == pytest.approx(wanted.mean(axis=0), abs=tolerance)


# GLB


class _Glb:
    """A file as trimesh reads it, and its JSON."""

    def __init__(self, path: Path) -> None:
        trimesh = pytest.importorskip("trimesh")
        content = path.read_bytes()
        (length,) = struct.unpack_from("<I", content, 12)
        self.json: dict[str, Any] = json.loads(content[20 : 20 + length])
        assert struct.unpack_from("<4sII", content) == (b"glTF", 2, len(content))
        self.scene = trimesh.load(path, force="scene")
        parents = self.scene.graph.transforms.parents
        self.meshes: dict[str, list[Any]] = {}
        for name in self.scene.graph.nodes_geometry:
            matrix, geometry = self.scene.graph[name]
            mesh = self.scene.geometry[geometry].copy()
            mesh.apply_transform(matrix)
            # trimesh makes a node for each primitive, below the one that the file names.
            owner = name if name in self.nodes else parents[name]
            self.meshes.setdefault(owner, []).append((matrix, mesh))

    @property
    def nodes(self) -> dict[str, dict[str, Any]]:
        return {node["name"]: node for node in self.json["nodes"]}

    def objects(self) -> dict[str, dict[str, Any]]:
        """Return the nodes of objects by their true ids."""
        found = [node for node in self.json["nodes"] if node["extras"]["kind"] == "object"]
        return {node["extras"]["id"]: node for node in found}

    def corners(self, name: str) -> FloatArray:
        return np.concatenate([mesh.triangles.reshape(-1, 3) for _, mesh in self.meshes[name]]) @ TO_OURS.T


@pytest.mark.parametrize("name", ROOMS)
def test_glb_by_trimesh(tmp_path: Path, name: str) -> None:
    placed = ROOMS[name]()
    export_scene(placed, tmp_path / "room.glb")
    glb = _Glb(tmp_path / "room.glb")
    objects = glb.objects()
    assert len(glb.nodes) == len(glb.json["nodes"])  # no two of a name
    assert len(objects) == len(placed.ids)
    for prop, item, (object_id, node) in zip(_expected(placed).props, placed.objects, objects.items(), strict=True):
        assert object_id == prop.id.translate({0: 0xFFFD, 0x1B: 0xFFFD, 0xD800: 0xFFFD})
        extras = node["extras"]
        assert extras["size"] == list(item.size)
        assert len(extras["category"]) == len(item.category)
        assert math.remainder(math.radians(extras["yaw"]) - prop.yaw, math.tau) == pytest.approx(0.0, abs=1e-9)
        front = TO_OURS @ np.array(extras["front"])
        assert front == pytest.approx((-math.sin(prop.yaw), math.cos(prop.yaw), 0.0), abs=1e-9)
        if node.get("mesh") is not None:
            _check_points(glb.corners(node["name"]), prop)
            for matrix, _ in glb.meshes[node["name"]]:
                assert np.linalg.det(matrix[:3, :3]) == pytest.approx(1.0)
    room = glb.nodes["room" if name != "odd" else "room_2"]
    assert room["extras"]["size"] == [placed.room.length, placed.room.width, placed.room.height]
    kinds = [glb.json["nodes"][child]["extras"]["kind"] for child in room["children"]]
    assert kinds.count("wall") == len(placed.room.wall_lines)
    openings = [opening.kind for opening in placed.room.openings]
    assert sorted(kind for kind in kinds if kind in ("door", "window")) == sorted(openings)


def test_objects_fill_their_boxes_in_a_glb(tmp_path: Path) -> None:
    placed = _witness("rotation", 1)
    export_scene(placed, tmp_path / "room.glb")
    glb = _Glb(tmp_path / "room.glb")
    for k, object_id in enumerate(placed.ids):
        found = glb.corners(object_id)
        yaw = placed.yaws[k]
        turn = np.array(((np.cos(yaw), -np.sin(yaw), 0), (np.sin(yaw), np.cos(yaw), 0), (0, 0, 1)))
        local = (found - placed.centers[k]) @ turn
        assert local.max(axis=0) == pytest.approx(placed.sizes[k] / 2, abs=1e-6)
        assert local.min(axis=0) == pytest.approx(-placed.sizes[k] / 2, abs=1e-6)


@pytest.mark.parametrize("yaw", [0, 90, 180, 270, 30])
def test_backs_are_behind_in_a_glb(tmp_path: Path, yaw: float) -> None:
    chair = SceneObject(id="chair_1", category="chair", size=(0.5, 0.5, 0.9))
    angle = math.radians(yaw)
    placed = Scene(Room.rectangle(4, 3, 2.5), (chair,)).place({"chair_1": (2, 1.5, 0.45, angle)})
    export_scene(placed, tmp_path / "room.glb")
    corners = _Glb(tmp_path / "room.glb").corners("chair_1")
    high = corners[corners[:, 2] > 0.82].mean(axis=0) - (2, 1.5, 0)
    assert high[:2] == pytest.approx((0.23 * math.sin(angle), -0.23 * math.cos(angle)), abs=0.02)


def test_the_room_of_a_glb_is_in_parts(tmp_path: Path) -> None:
    placed = _angled()
    export_scene(placed, tmp_path / "room.glb", ceiling=True)
    glb = _Glb(tmp_path / "room.glb")
    floor, ceiling = glb.corners("floor"), glb.corners("ceiling")
    for flat, height in ((floor, 0.0), (ceiling, 2.6)):
        assert np.abs(flat[:, 2] - height).max() < 1e-6
        corners = flat.reshape(-1, 3, 3)
        crossed = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        area = np.linalg.norm(crossed, axis=1).sum() / 2
        # On the floor lie the thresholds of doors, too.
        assert placed.room.area - 1e-5 <= area <= placed.room.area + (1e-5 if height > 0.0 else 0.2)
        assert (np.sign(crossed[:, 2]) == (1 if height == 0.0 else -1)).all()
    for number, opening in enumerate(placed.room.openings):
        wall = next(wall for wall in placed.room.wall_lines if wall.name == opening.wall)
        found = glb.corners(f"{opening.kind}_{number}")
        along = (found[:, :2] - wall.start) @ wall.along
        assert along.min() == pytest.approx(opening.offset, abs=0.07)
        assert along.max() == pytest.approx(opening.offset + opening.width, abs=0.07)
        assert found[:, 2].max() == pytest.approx(opening.sill + opening.height, abs=0.07)


def test_materials_of_a_glb(tmp_path: Path) -> None:
    placed = _angled()
    export_scene(placed, tmp_path / "room.glb")
    glb = _Glb(tmp_path / "room.glb")
    vitrine = next(prop for prop in _expected(placed).props if prop.id == "vitrine_1")
    assert any(material.opacity < 1 for material in vitrine.mesh.materials)
    node = glb.objects()["vitrine_1"]
    used = [glb.json["materials"][part["material"]] for part in glb.json["meshes"][node["mesh"]]["primitives"]]
    glass = [material for material in used if material.get("alphaMode") == "BLEND"]
    assert glass
    assert all(material["pbrMetallicRoughness"]["baseColorFactor"][3] < 1 for material in glass)
    # The pane shines: its own light and what it gives back are its colour together.
    window = glb.nodes["window_1"]
    used = [glb.json["materials"][part["material"]] for part in glb.json["meshes"][window["mesh"]]["primitives"]]
    pane = next(material for material in used if "emissiveTexture" in material)
    both = np.array(pane["pbrMetallicRoughness"]["baseColorFactor"][:3]) + pane["emissiveFactor"]
    assert both == pytest.approx(np.ones(3), abs=1e-5)


def _textured_asset(folder: Path) -> None:
    """Write a box whose sides show a picture: red at the top left, green, blue and white clockwise."""
    trimesh = pytest.importorskip("trimesh")
    from PIL import Image

    picture = Image.new("RGB", (4, 4))
    for x in range(4):
        for y in range(4):
            picture.putpixel((x, y), ((255, 0, 0), (0, 255, 0), (255, 255, 255), (0, 0, 255))[x // 2 + 2 * (y // 2)])
    quad = np.array([[-1, 0, 0], [1, 0, 0], [1, 2, 0], [-1, 2, 0], [-1, 0, -0.5], [1, 0, -0.5]], dtype=float)
    faces = [[0, 1, 2], [0, 2, 3], [0, 4, 5], [0, 5, 1]]
    uv = np.array([[0, 0], [1, 0], [1, 1], [0, 1], [0, 0], [1, 0]], dtype=float)
    look = trimesh.visual.TextureVisuals(
        uv=uv, material=trimesh.visual.material.PBRMaterial(baseColorTexture=picture, metallicFactor=0.0)
    )
    trimesh.Trimesh(quad, faces, visual=look, process=False).export(folder / "sign.glb")


def test_textures_of_an_asset_stay_upright(tmp_path: Path) -> None:
    """The corner of the sign that shows red is the same in ours and in the file."""
    (tmp_path / "assets").mkdir()
    _textured_asset(tmp_path / "assets")
    sign = SceneObject(id="sign_1", category="sign", size=(2, 0.5, 2), asset="sign.glb")
    placed = Scene(Room.rectangle(4, 3, 2.5), (sign,)).place({"sign_1": (2, 1.5, 1.0, math.pi)})
    export_scene(placed, tmp_path / "room.glb", assets=tmp_path / "assets")
    glb = _Glb(tmp_path / "room.glb")
    (prop,) = _expected(placed, assets=make_library(tmp_path / "assets")).props
    assert prop.kind == "asset"
    assert prop.mesh.uvs is not None
    tables = [
        np.concatenate([mesh.vertices @ TO_OURS.T, mesh.visual.uv], axis=1)[mesh.faces.ravel()]
        for _, mesh in glb.meshes["sign_1"]
    ]
    wanted = np.concatenate([_standing(prop), prop.mesh.uvs[has_area(prop.mesh)].reshape(-1, 2)], axis=1)
    assert _rows(np.concatenate(tables)) == _rows(wanted)
    pixels = np.asarray(glb.meshes["sign_1"][0][1].visual.material.baseColorTexture.convert("RGB"))
    own = next(material.texture for material in prop.mesh.materials if material.texture is not None)
    assert (pixels == own.pixels).all()


def _rows(values: FloatArray) -> list[tuple[float, ...]]:
    return sorted(tuple(row) for row in (np.round(values, 4) + 0.0).tolist())


# USD


def _usd_corners(stage: Any, prim: Any) -> FloatArray:
    from pxr import UsdGeom

    mesh = UsdGeom.Mesh(stage.GetPrimAtPath(f"{prim.GetPath()}/{prim.GetName()}"))
    matrix = np.array(UsdGeom.XformCache().GetLocalToWorldTransform(mesh.GetPrim()))  # for rows on its left
    points = np.array(mesh.GetPointsAttr().Get(), dtype=np.float64)
    assert set(mesh.GetFaceVertexCountsAttr().Get()) == {3}
    world: FloatArray = points @ matrix[:3, :3] + matrix[3, :3]
    assert np.linalg.det(matrix[:3, :3]) == pytest.approx(1.0)
    return world[np.array(mesh.GetFaceVertexIndicesAttr().Get())]


@pytest.mark.parametrize("ending", ["usda", "usdc", "usdz"])
@pytest.mark.parametrize("name", ROOMS)
def test_usd_by_pxr(tmp_path: Path, name: str, ending: str) -> None:
    pytest.importorskip("pxr", reason="pip install 'spatialenv[export]'")
    from pxr import Usd, UsdGeom, UsdPhysics

    if name in ("many", "extreme", "polygons") and ending != "usdc":
        pytest.skip("one ending is enough for large rooms")
    placed = ROOMS[name]()
    files = export_scene(placed, tmp_path / f"room.{ending}").files
    assert (len(files) == 1) == (ending == "usdz")
    stage = Usd.Stage.Open(str(files[0]))
    assert UsdGeom.GetStageUpAxis(stage) == "Z"
    assert UsdGeom.GetStageMetersPerUnit(stage) == 1.0
    assert str(stage.GetDefaultPrim().GetPath()) == "/Scene"
    prims = stage.GetPrimAtPath("/Scene/Objects").GetChildren()
    assert len(prims) == len(placed.ids)
    for prop, item, prim in zip(_expected(placed).props, placed.objects, prims, strict=True):
        assert prim.GetName().isidentifier()
        assert len(prim.GetAttribute("spatialenv:id").Get()) == len(prop.id)
        assert tuple(prim.GetAttribute("spatialenv:size").Get()) == item.size
        assert prim.GetAttribute("semantics:labels:category").Get()[0] == prim.GetAttribute("spatialenv:category").Get()
        extent = UsdGeom.Cube(prim.GetChild("Collider")).GetExtentAttr().Get()
        assert [tuple(corner) for corner in extent] == [(-0.5,) * 3, (0.5,) * 3]
        if prim.GetChild(prim.GetName()):
            assert prim.GetChild(prim.GetName()).IsA(UsdGeom.Mesh)
            _check_points(_usd_corners(stage, prim), prop)
        box = UsdGeom.XformCache().GetLocalToWorldTransform(prim.GetChild("Collider"))
        assert np.array(box)[3, :3] == pytest.approx(prop.center)
        assert np.linalg.norm(np.array(box)[:3, :3], axis=1) == pytest.approx(np.maximum(item.size, 0.002))
        assert prim.GetChild("Collider").HasAPI(UsdPhysics.CollisionAPI)
        if prim.HasAPI(UsdPhysics.RigidBodyAPI):
            mass = UsdPhysics.MassAPI(prim).GetMassAttr().Get()
            assert mass == pytest.approx(200 * np.prod(np.maximum(item.size, 0.002)), rel=1e-5)
    parts = {prim.GetName(): prim for prim in stage.GetPrimAtPath("/Scene/Room").GetChildren()}
    assert {"floor", *placed.room.walls} <= set(parts)
    assert len(parts) == 1 + len(placed.room.walls) + len(placed.room.openings)


def _in_each_other() -> PlacedScene:
    """Return two boxes that share a third of their height, another that is sunk into the floor, and one by itself."""
    items = tuple(SceneObject(id=f"box_{i}", category="box", size=(0.6, 0.6, 0.6)) for i in range(4))
    places = {"box_0": (1, 1, 0.3), "box_1": (1, 1, 0.7), "box_2": (3, 1, 0.1), "box_3": (2, 2.5, 0.3)}
    return Scene(Room.rectangle(4, 3, 2.5), items).place(places)


def test_what_begins_in_each_other_is_told_to_physx(tmp_path: Path) -> None:
    pytest.importorskip("pxr", reason="pip install 'spatialenv[export]'")
    from pxr import Usd

    stage = Usd.Stage.Open(str(export_scene(_in_each_other(), tmp_path / "room.usda").files[0]))
    speeds = {
        prim.GetName(): prim.GetAttribute("physxRigidBody:maxDepenetrationVelocity").Get()
        for prim in stage.GetPrimAtPath("/Scene/Objects").GetChildren()
    }
    assert speeds == {"box_0": 0.5, "box_1": 0.5, "box_2": 0.5, "box_3": None}


@pytest.mark.parametrize("ending", ["usda", "usdz"])
@pytest.mark.parametrize("name", ["angled", "odd", "in each other"])
def test_usd_validates(tmp_path: Path, name: str, ending: str) -> None:
    pytest.importorskip("pxr.UsdValidation", reason="pip install 'usd-core>=24.11'")
    from pxr import Usd, UsdValidation

    placed = _in_each_other() if name == "in each other" else ROOMS[name]()
    (path, *_) = export_scene(placed, tmp_path / f"room.{ending}", ceiling=True).files
    context = UsdValidation.ValidationContext(UsdValidation.ValidationRegistry().GetOrLoadAllValidators())
    assert [error.GetErrorAsString() for error in context.Validate(Usd.Stage.Open(str(path)))] == []


def test_looks_of_a_usd(tmp_path: Path) -> None:
    pytest.importorskip("pxr", reason="pip install 'spatialenv[export]'")
    from pxr import Usd, UsdShade

    placed = _angled()
    files = export_scene(placed, tmp_path / "room.usda").files
    stage = Usd.Stage.Open(str(files[0]))
    props = {prop.id: prop for prop in _expected(placed).props}
    mesh = stage.GetPrimAtPath("/Scene/Objects/vitrine_1/vitrine_1")
    shown = set()
    faces = 0
    for subset in UsdShade.MaterialBindingAPI(mesh).GetMaterialBindSubsets():
        material = UsdShade.MaterialBindingAPI(subset.GetPrim()).ComputeBoundMaterial()[0]
        shader = material.ComputeSurfaceSource()[0]
        assert shader.GetIdAttr().Get() == "UsdPreviewSurface"
        shown.add(round(shader.GetInput("opacity").Get(), 4))
        faces += len(subset.GetIndicesAttr().Get())
    assert shown == {round(material.opacity, 4) for material in props["vitrine_1"].mesh.materials}
    assert faces == has_area(props["vitrine_1"].mesh).sum()
    readers = [prim for prim in stage.Traverse() if prim.GetAttribute("inputs:file")]
    assert readers
    for prim in readers:
        assert Path(prim.GetAttribute("inputs:file").Get().resolvedPath) in files
    for prim in stage.Traverse():
        assert str(prim.GetPath()).isascii()


# MuJoCo


def _simulated(path: Path, seconds: float) -> tuple[Any, Any]:
    """Return model and data after some seconds; nothing may be warned of."""
    mujoco = pytest.importorskip("mujoco", reason="pip install mujoco")
    model = mujoco.MjModel.from_xml_path(str(path))
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    while data.time < seconds:
        mujoco.mj_step(model, data)
    assert not any(warning.number for warning in data.warning)
    return model, data


def _bodies(model: Any, placed: PlacedScene) -> list[int]:
    """Return the number of each object's body, by the true ids."""
    import mujoco

    found = []
    for k in range(len(placed.ids)):
        name = mujoco.mj_id2name(model, mujoco.mjtObj.mjOBJ_TEXT, k)
        text = bytes(model.text_data[model.text_adr[k] :][: model.text_size[k] - 1]).decode()
        assert len(text) == len(placed.ids[k])
        found.append(mujoco.mj_name2id(model, mujoco.mjtObj.mjOBJ_BODY, name))
    return found


@pytest.mark.parametrize("name", ROOMS)
def test_mjcf_by_mujoco(tmp_path: Path, name: str) -> None:
    placed = ROOMS[name]()
    files = export_scene(placed, tmp_path / "room.xml").files
    assert {file.parent for file in files} == {tmp_path, tmp_path / "room_xml"}
    model, data = _simulated(files[0], 0.0)
    for prop, item, body in zip(_expected(placed).props, placed.objects, _bodies(model, placed), strict=True):
        assert data.xpos[body] == pytest.approx(prop.center, abs=1e-9)
        turn = data.xmat[body].reshape(3, 3)
        assert turn == pytest.approx(prop.matrix[:3, :3], abs=1e-9)
        first = model.body_geomadr[body]
        size = np.maximum(item.size, 0.002)
        assert model.geom_size[first] == pytest.approx(size / 2)
        assert model.geom_group[first] == 3
        is_free = model.body_dofnum[body] == 6
        if is_free:
            assert model.body_mass[body] == pytest.approx(200 * np.prod(size))
            # A box of uniform density: m/12 (a2 + b2).
            squares = size**2
            inertia = model.body_mass[body] / 12 * (squares.sum() - squares)
            assert np.sort(model.body_inertia[body]) == pytest.approx(np.sort(inertia), rel=1e-6)
        seen = []
        for geom in range(first + 1, first + model.body_geomnum[body]):
            assert model.geom_group[geom] == 2
            assert model.geom_contype[geom] == model.geom_conaffinity[geom] == 0
            mesh = model.geom_dataid[geom]
            start, count = model.mesh_faceadr[mesh], model.mesh_facenum[mesh]
            vertices = model.mesh_vert[model.mesh_vertadr[mesh] :][model.mesh_face[start : start + count].ravel()]
            seen.append(vertices @ data.geom_xmat[geom].reshape(3, 3).T + data.geom_xpos[geom])
        if seen and min(item.size) > 0.01 and max(item.size) < 100:
            has_more = prop.kind == "box" or any(material.double_sided for material in prop.mesh.materials)
            _check_points(np.concatenate(seen), prop, has_more=has_more)


def test_surfaces_with_two_sides_have_backs_in_mujoco(tmp_path: Path) -> None:
    """MuJoCo draws front sides alone: each leaf of a plant is there twice, the second time turned over."""
    mujoco = pytest.importorskip("mujoco", reason="pip install mujoco")
    plant = SceneObject(id="plant_1", category="plant", size=(0.5, 0.5, 1.2))
    placed = Scene(Room.rectangle(4, 3, 2.5), (plant,)).place({"plant_1": (2, 1, 0.6)})
    export_scene(placed, tmp_path / "room.xml")
    model = mujoco.MjModel.from_xml_path(str(tmp_path / "room.xml"))
    (prop,) = _expected(placed).props
    materials = [prop.mesh.materials[number] for number in np.unique(prop.mesh.material_of)]
    meshes = [mesh for mesh in range(model.nmesh) if model.mesh(mesh).name.startswith("plant_1_")]
    assert any(material.double_sided for material in materials)
    for material, mesh in zip(materials, meshes, strict=True):
        start, count = model.mesh_faceadr[mesh], model.mesh_facenum[mesh]
        vertices = model.mesh_vert[model.mesh_vertadr[mesh] :][model.mesh_face[start : start + count]]
        crossed = np.cross(vertices[:, 1] - vertices[:, 0], vertices[:, 2] - vertices[:, 0])
        is_balanced = np.abs(crossed.sum(axis=0)).max() < 1e-6 and count % 2 == 0
        if material.double_sided:
            assert is_balanced
            assert count == 2 * (prop.mesh.material_of == prop.mesh.materials.index(material)).sum()


def test_a_room_takes_a_robot(tmp_path: Path) -> None:
    """A body of somebody else's has its own mass, in a file that includes the room or attached to it."""
    mujoco = pytest.importorskip("mujoco", reason="pip install mujoco")
    placed = _witness("easy", 1)
    export_scene(placed, tmp_path / "room.xml")
    body = '<body name="robot" pos="1 1 1"><freejoint/><geom size="0.1" density="1000"/></body>'
    (tmp_path / "all.xml").write_text(
        f'<mujoco><include file="room.xml"/><worldbody>{body}</worldbody></mujoco>', encoding="utf-8"
    )
    both = mujoco.MjModel.from_xml_path(str(tmp_path / "all.xml"))
    assert both.body("robot").mass[0] == pytest.approx(1000 * 4 / 3 * math.pi * 0.1**3)
    robot = mujoco.MjSpec.from_string(f"<mujoco><worldbody>{body}</worldbody></mujoco>")
    room = mujoco.MjSpec.from_file(str(tmp_path / "room.xml"))
    room.attach(robot, prefix="r/", frame=room.worldbody.add_frame())
    model = room.compile()
    assert model.body("r/robot").mass[0] == pytest.approx(both.body("robot").mass[0])
    assert model.opt.cone == mujoco.mjtCone.mjCONE_ELLIPTIC
    for item in placed.objects:
        assert model.body(item.id).mass[0] == pytest.approx(200 * np.prod(item.size))


@pytest.mark.parametrize("suite", ["easy", "medium", "hard", "polygons", "dense", "small-objects", "rotation"])
def test_what_settles_stands_still_in_mujoco(tmp_path: Path, suite: str) -> None:
    pytest.importorskip("pybullet", reason="pip install 'spatialenv[physics]'")
    from spatialenv.physics.settle import settle_all

    rooms = [_witness(suite, seed) for seed in range(4)]
    for placed, settled in zip(rooms, settle_all(rooms), strict=True):
        export_scene(placed, tmp_path / "room.xml", furniture=False)
        _, data = _simulated(tmp_path / "room.xml", 2.0)
        moved = np.array(
            [np.linalg.norm(data.body(k).xpos - c) for k, c in zip(placed.ids, placed.centers, strict=True)]
        )
        assert settled.displacements.max() < 0.01
        assert moved.max() < 0.002


@pytest.mark.parametrize("suite", ["hard", "polygons", "small-objects"])
def test_what_falls_falls_in_mujoco(tmp_path: Path, suite: str) -> None:
    """Of objects that are lifted, or put outside, both say the same."""
    pytest.importorskip("pybullet", reason="pip install 'spatialenv[physics]'")
    from spatialenv.physics.settle import settle

    rng = np.random.default_rng(5)
    counts = np.zeros((2, 2), dtype=np.int64)
    for seed in range(4):
        scene = make_tasks(suite).sample(seed)
        assert scene.witness is not None
        poses = []
        for object_id, pose in scene.witness.poses:
            change = rng.choice(["none", "lifted", "outside"])
            if change == "lifted":
                pose = Pose(pose.x, pose.y, pose.z + 0.15, pose.yaw)
            elif change == "outside":
                pose = Pose(pose.x - scene.room.length - 3.0, pose.y, pose.z, pose.yaw)
            poses.append((object_id, pose))
        placed = scene.place(Layout(tuple(poses)))
        export_scene(placed, tmp_path / "room.xml", furniture=False)
        _, data = _simulated(tmp_path / "room.xml", 1.0)
        moved = np.array(
            [np.linalg.norm(data.body(k).xpos - c) for k, c in zip(placed.ids, placed.centers, strict=True)]
        )
        fell = settle(placed).displacements > 0.02
        np.add.at(counts, (fell.astype(int), (moved > 0.02).astype(int)), 1)
    assert counts[0, 0] >= 5
    assert counts[1, 1] >= 5
    assert counts[0, 1] == counts[1, 0] == 0, counts


def test_what_begins_in_each_other_is_not_thrown(tmp_path: Path) -> None:
    """They part without gaining speed."""
    placed = _in_each_other()
    export_scene(placed, tmp_path / "room.xml")
    mujoco = pytest.importorskip("mujoco", reason="pip install mujoco")
    model = mujoco.MjModel.from_xml_path(str(tmp_path / "room.xml"))
    data = mujoco.MjData(model)
    top = np.zeros(4)
    while data.time < 1.5:
        mujoco.mj_step(model, data)
        top = np.maximum(top, [data.body(name).xpos[2] for name in placed.ids])
    assert top == pytest.approx((0.3, 0.9, 0.3, 0.3), abs=0.02)


def test_rugs_and_what_hangs_in_mujoco(tmp_path: Path) -> None:
    """A rug lies under the legs of a table, a picture hangs on its wall; a door's wall is solid."""
    from spatialenv import Relation

    items = (
        SceneObject(id="rug_1", category="rug", size=(2, 1.5, 0.02), is_rug=True),
        SceneObject(id="table_1", category="table", size=(1, 0.8, 0.7)),
        SceneObject(
            id="painting_1",
            category="painting",
            size=(0.8, 0.04, 0.6),
            on_floor=False,
            relations=(Relation("painting_1", "on", "north_wall"),),
        ),
    )
    placed = Scene(Room.rectangle(4, 3, 2.5), items).place(
        {"rug_1": (2, 1.5, 0.01), "table_1": (2, 1.5, 0.35), "painting_1": (2, 2.98, 1.5, math.pi)}
    )
    export_scene(placed, tmp_path / "room.xml")
    model, data = _simulated(tmp_path / "room.xml", 2.0)
    for k, object_id in enumerate(placed.ids):
        assert data.body(object_id).xpos == pytest.approx(placed.centers[k], abs=1e-3)
    assert model.body("painting_1").dofnum[0] == 0
    walls = {model.geom(g).name: model.geom(g) for g in range(model.ngeom) if model.geom(g).name.startswith("solid_")}
    assert set(walls) == {f"solid_{name}" for name in placed.room.walls}
    assert model.body("solid_west_wall").pos == pytest.approx((-0.1, 1.5, 1.25))


# Blender

READ_BLEND = """
import json, sys
import bpy
bpy.ops.wm.open_mainfile(filepath=sys.argv[-2])
scene = bpy.context.scene
found = {
    "objects": [
        [thing.name, [list(row) for row in thing.matrix_world], list(thing.dimensions), len(thing.data.polygons)]
        for thing in scene.objects if thing.type == "MESH"
    ],
    "camera": [list(row) for row in scene.camera.matrix_world],
    "missing": [image.name for image in bpy.data.images if image.source == "FILE" and image.size[0] == 0],
    "materials": sum(len(thing.data.materials) for thing in scene.objects if thing.type == "MESH"),
}
with open(sys.argv[-1], "w") as file:
    json.dump(found, file)
"""

IMPORT = """
import json, sys
import bpy
bpy.ops.wm.read_factory_settings(use_empty=True)
path = sys.argv[-2]
bpy.ops.import_scene.gltf(filepath=path) if path.endswith(".glb") else bpy.ops.wm.usd_import(filepath=path)
bpy.context.view_layer.update()
with open(sys.argv[-1], "w") as file:
    json.dump({thing.name: [list(row) for row in thing.matrix_world] for thing in bpy.context.scene.objects}, file)
"""


@pytest.fixture(scope="module")
def in_blender(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Path], Any]:
    """Run a script on a file in Blender's own interpreter; returns the JSON that it writes."""
    import subprocess

    from spatialenv.errors import MissingExtraError
    from spatialenv.renderers.blender.command import find_blender

    try:
        command = find_blender()
    except MissingExtraError as error:
        pytest.skip(str(error))

    def run(script: str, path: Path) -> Any:
        folder = tmp_path_factory.mktemp("blender")
        (folder / "script.py").write_text(script)
        words = command.script(folder / "script.py", str(path), str(folder / "found.json"))
        done = subprocess.run(words, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads((folder / "found.json").read_text())

    return run


@pytest.mark.slow
@pytest.mark.parametrize("name", ["hard", "angled", "empty", "odd"])
def test_blend_by_blender(tmp_path: Path, in_blender: Callable[[str, Path], Any], name: str) -> None:
    from spatialenv.renderers.camera import make_camera
    from spatialenv.renderers.lens import lens_of

    placed = ROOMS[name]()
    if name == "odd":  # Blender has no halves of pairs, and calls the room so
        kept = tuple((key, pose) for key, pose in placed.layout.poses if key not in ("\ud800", "room"))
        placed = placed.scene.place(Layout(kept))
    exported = export_scene(placed, tmp_path / "room.blend")
    assert exported.files == (tmp_path / "room.blend",)
    assert exported.left_out == (("far_1",) if name == "angled" else ())
    found = in_blender(READ_BLEND, tmp_path / "room.blend")
    assert found["missing"] == []
    rows = [row for row in found["objects"] if row[0] != "room"]
    props = [prop for prop in _expected(placed).props if prop.id not in exported.left_out]
    assert len(rows) == len(props)
    for prop, (given, matrix, dimensions, count) in zip(props, rows, strict=True):
        if name != "odd":
            assert given == prop.id
        assert np.array(matrix) == pytest.approx(prop.matrix, abs=1e-5)
        assert dimensions == pytest.approx(np.ptp(prop.mesh.bounds, axis=0), abs=1e-5)
        assert count == len(prop.mesh)
    lens = lens_of(make_camera("corner", placed.room, (1024, 1024)), placed.room)
    camera = np.array(found["camera"])
    assert camera[:3, 3] == pytest.approx(lens.eye, abs=1e-4)
    assert camera[:3, :3] == pytest.approx(np.stack([lens.axes[0], lens.axes[1], -lens.axes[2]], axis=1), abs=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["glb", "usda"])
def test_objects_imported_by_blender(tmp_path: Path, in_blender: Callable[[str, Path], Any], ending: str) -> None:
    placed = _witness("rotation", 1)
    path = export_scene(placed, tmp_path / f"room.{ending}").files[0]
    found = in_blender(IMPORT, path)
    for prop in _expected(placed).props:
        assert np.array(found[prop.id]) == pytest.approx(prop.matrix, abs=1e-5)
