"""What `fast` sees at each pixel against the first hit of Embree's ray through the pixel's middle.

Both get the same triangles. Of what has one side, triangles that look away from the camera are left out before
Embree builds its tree, as `Material.double_sided` promises. Glass counts as what it belongs to.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import numpy.typing as npt
import pytest

from spatialenv.core.mesh import TriangleMesh, join
from spatialenv.core.placed import FloatArray, PlacedScene
from spatialenv.renderers import Frames, make_renderer
from spatialenv.renderers.base import NOTHING, ROOM
from spatialenv.renderers.camera import Camera
from spatialenv.renderers.models import Appearance, object_model
from spatialenv.renderers.room import room_mesh, room_style_for
from spatialenv.tasks import example_rooms, make_tasks

trimesh = pytest.importorskip("trimesh", reason="trimesh casts the rays")
pytest.importorskip("embreex", reason="embreex is Embree, which finds the first hits")
pyembree = pytest.importorskip("trimesh.ray.ray_pyembree")

SIZE = (512, 512)
LEAST_PIXELS, LEAST_IOU = 2000, 0.98
MILLIMETRE = 1e-3
DRAWN = {"polygons/test": (0, 1, 2), "rotation/test": (0, 1, 2), "small-objects/test": (0, 1)}
SCENES = [f"{name}:{seed}" for name, seeds in DRAWN.items() for seed in seeds] + list(example_rooms())


def cameras_of(name: str) -> tuple[str, ...]:
    return ("corner", "top", "walk", "orbit") if name in SCENES[::5] else ("corner",)


VIEWS = [(name, view) for name in SCENES for view in cameras_of(name)]


@dataclass(frozen=True)
class Hits:
    """What the rays of a camera hit first: arrays ``(H, W, ...)``."""

    ids: npt.NDArray[np.int64]
    depth: FloatArray
    normals: FloatArray
    is_glass: npt.NDArray[np.bool_]


@cache
def placed_scene(name: str) -> PlacedScene:
    source, _, seed = name.partition(":")
    scene = make_tasks(source).sample(int(seed)) if seed else example_rooms()[name]
    assert scene.witness is not None
    return scene.place(scene.witness)


def triangles(placed: PlacedScene, camera: Camera) -> tuple[TriangleMesh, npt.NDArray[np.int64]]:
    """Return all triangles of a scene in the world's frame, and whose each is."""
    meshes, owners = [], []
    for index, item in enumerate(placed.objects):
        mesh = object_model(item, int(placed.indices[index]), Appearance()).mesh
        meshes.append(mesh.placed(placed.centers[index], float(placed.yaws[index])))
        owners.append(np.full(len(mesh), index))
    room = room_mesh(placed.room, camera, room_style_for(placed.scene))
    return join([*meshes, room]), np.concatenate([*owners, np.full(len(room), ROOM)])


def first_hits(placed: PlacedScene, camera: Camera) -> Hits:
    mesh, owners = triangles(placed, camera)
    two_sided = np.array([material.double_sided for material in mesh.materials])[mesh.material_of]
    glass = np.array([material.opacity < 1.0 for material in mesh.materials])[mesh.material_of]
    corners, normals = mesh.corners, mesh.normals
    sight = camera.origin - corners[:, 0] if camera.is_perspective else -np.broadcast_to(camera.ahead, normals.shape)
    facing = np.einsum("ij,ij->i", normals, sight)
    kept = np.flatnonzero((facing > 0.0) | (two_sided & (facing != 0.0)))
    starts, directions = (rays.reshape(-1, 3) for rays in camera.rays())
    soup = trimesh.Trimesh(corners[kept].reshape(-1, 3), np.arange(3 * len(kept)).reshape(-1, 3), process=False)
    hit = pyembree.RayMeshIntersector(soup).intersects_first(starts, directions)
    seen = hit >= 0
    face = kept[hit]  # the last one where nothing is hit, which `seen` leaves out
    towards = np.where(facing[face] >= 0.0, 1.0, -1.0)[:, None] * normals[face]
    with np.errstate(divide="ignore", invalid="ignore"):
        along = np.einsum("ij,ij->i", towards, corners[face, 0] - starts) / np.einsum("ij,ij->i", towards, directions)
    depth = (starts + along[:, None] * directions - camera.origin) @ camera.ahead
    shape = SIZE[::-1]
    return Hits(
        np.where(seen, owners[face], NOTHING).reshape(shape),
        np.where(seen, depth, np.inf).reshape(shape),
        np.where(seen[:, None], towards, 0.0).reshape(*shape, 3),
        (seen & glass[face]).reshape(shape),
    )


@cache
def pictures(name: str) -> Frames:
    renderer = make_renderer({"name": "fast", "supersampling": 1})
    return renderer.render(placed_scene(name), cameras_of(name), SIZE, channels=("depth", "ids", "normals"))


@cache
def oracle(name: str, view: str) -> Hits:
    return first_hits(placed_scene(name), pictures(name).cameras[view])


@pytest.mark.parametrize(("name", "view"), VIEWS)
def test_instance_masks(name: str, view: str) -> None:
    expected, actual = oracle(name, view).ids, pictures(name).ids[view]
    compared = 0
    for index in (*range(len(placed_scene(name).ids)), ROOM, NOTHING):
        ours, theirs = actual == index, expected == index
        if max(ours.sum(), theirs.sum()) >= LEAST_PIXELS:
            iou = (ours & theirs).sum() / (ours | theirs).sum()
            assert iou >= LEAST_IOU, f"object {index} of {name}: IoU {iou:.4f}"
            compared += 1
    assert compared >= 2
    assert (actual == expected).mean() > 0.9998


@pytest.mark.parametrize(("name", "view"), VIEWS)
def test_depth_and_normals(name: str, view: str) -> None:
    hits, frames = oracle(name, view), pictures(name)
    both = (hits.ids == frames.ids[view]) & (hits.ids != NOTHING)
    away = np.abs(frames.depth[view][both] - hits.depth[both])
    assert (away <= MILLIMETRE).mean() > 0.9998, f"{name}: {(away > MILLIMETRE).sum()} pixels are off"
    turned = np.abs(frames.normals[view][both] - hits.normals[both]).max(axis=1)
    assert (turned < 1e-3).mean() > 0.9998, f"{name}: {(turned >= 1e-3).sum()} normals are off"
    nothing = (hits.ids == NOTHING) & (frames.ids[view] == NOTHING)
    assert np.isinf(frames.depth[view][nothing]).all()
    assert not frames.normals[view][nothing].any()


def test_the_scenes_hold_what_can_go_wrong() -> None:
    scenes = [placed_scene(name) for name in SCENES]
    assert len(scenes) == 20
    assert sum(not scene.room.is_rectangle for scene in scenes) >= 5
    turns = [np.abs(np.sin(2 * scene.yaws)) > 0.05 for scene in scenes]
    assert sum(int(turn.sum()) for turn in turns) >= 15


def test_a_moved_object_would_be_seen() -> None:
    """The comparison can fail: the same rays against a scene where one object stands 5 cm away."""
    placed = placed_scene("bedroom")
    poses = dict(placed.layout.poses)
    poses["dresser_1"] = replace(poses["dresser_1"], y=poses["dresser_1"].y + 0.05)
    moved = placed.scene.place(poses)
    index = placed.ids.index("dresser_1")
    ours = pictures("bedroom").ids["corner"] == index
    theirs = first_hits(moved, pictures("bedroom").cameras["corner"]).ids == index
    assert (ours & theirs).sum() / (ours | theirs).sum() < LEAST_IOU
