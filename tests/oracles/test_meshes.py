"""`mesh_collision` and `mesh_boundary` against counts of random points on 2,000 layouts.

Each shape is a few boxes in the unit cube, so that whether a point is in it needs no mesh. A count of 1,024 points
has a standard error of at most 1.6% of the box it is drawn in; each volume is to be within five of them, and the mean
error over all layouts within five of its own, which is some thirty times finer.
"""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import shapely

from spatialenv.core.layout import Layout, Pose
from spatialenv.core.placed import FloatArray, PlacedScene
from spatialenv.core.room import Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.core.score import Transition
from spatialenv.rewards import make_reward

trimesh = pytest.importorskip("trimesh")
pytest.importorskip("manifold3d")

COUNT, POINTS, SIGMAS = 2000, 1024, 5.0
Part = tuple[tuple[float, float, float], tuple[float, float, float]]
SHAPES: dict[str, list[Part]] = {
    "box": [((-0.5, -0.5, -0.5), (0.5, 0.5, 0.5))],
    "arch": [
        ((-0.5, -0.5, 0.2), (0.5, 0.5, 0.5)),
        ((-0.5, -0.5, -0.5), (-0.3, 0.5, 0.3)),
        ((0.2, -0.5, -0.5), (0.5, 0.5, 0.3)),
    ],
    "chair": [
        ((-0.5, -0.5, -0.1), (0.5, 0.5, 0.1)),
        ((-0.5, -0.5, 0.0), (0.5, -0.3, 0.5)),
        *[((x, y, -0.5), (x + 0.15, y + 0.15, 0.0)) for x in (-0.5, 0.35) for y in (-0.5, 0.35)],
    ],
    "step": [((-0.5, -0.5, -0.5), (0.5, 0.5, 0.0)), ((0.0, 0.0, -0.1), (0.5, 0.5, 0.5))],
}


def is_in(shape: str, points: FloatArray) -> np.ndarray:
    """Whether points in the unit cube's own axes lie in a shape."""
    found = np.zeros(len(points), dtype=bool)
    for low, high in SHAPES[shape]:
        found |= ((points >= low) & (points <= high)).all(axis=1)
    return found


@cache
def share_of_cube(shape: str) -> float:
    """Volume by a grid on which all corners of the shapes lie."""
    steps = (np.arange(20) + 0.5) / 20 - 0.5
    grid = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(-1, 3)
    return float(is_in(shape, grid).mean())


@pytest.fixture(scope="module")
def assets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("assets")
    for name, parts in SHAPES.items():
        mesh = trimesh.util.concatenate([trimesh.creation.box(bounds=part) for part in parts])
        (folder / f"{name}.stl").write_bytes(mesh.export(file_type="stl"))
    return folder


@pytest.fixture(scope="module")
def layouts() -> list[PlacedScene]:
    rng = np.random.default_rng(11)
    rooms = (
        Room.rectangle(3, 2.5, 2.2),
        Room(((0, 0), (3.5, 0), (3.5, 1.5), (1.5, 1.5), (1.5, 3.0), (0, 3.0)), 2.2),
        Room(((0.7, 0), (3, 0.4), (3.2, 2.4), (1.5, 3), (0, 1.8)), 2.2),
    )
    drawn = []
    for index in range(COUNT):
        room, objects, poses = rooms[index % 3], [], []
        for i in range(int(rng.integers(2, 4))):
            name, shape = f"object_{i}", str(rng.choice(list(SHAPES)))
            size = tuple(rng.uniform(0.6, 1.8, 3).tolist())
            asset = None if shape == "box" and rng.random() < 0.5 else f"{shape}.stl"
            objects.append(SceneObject(name, shape, size, asset=asset))  # type: ignore[arg-type]
            yaw = float(rng.uniform(-4, 4)) if rng.random() < 0.6 else int(rng.integers(4)) * math.pi / 2
            x, y, z = rng.uniform(0.3, (room.length - 0.3, room.width - 0.3, 1.6)).tolist()
            poses.append((name, Pose(x, y, z, yaw)))
        drawn.append(Scene(room, tuple(objects)).place(Layout(tuple(poses))))
    return drawn


class Shapes:
    """The shapes of a layout, and where points are in them."""

    def __init__(self, placed: PlacedScene, rng: np.random.Generator) -> None:
        self.placed, self.rng = placed, rng
        self.boxes = placed.sizes.prod(axis=1)
        self.own = self.boxes * [share_of_cube(item.category) for item in placed.objects]

    def points_in_box(self, i: int) -> FloatArray:
        """Return random points of a box, in the room's axes."""
        local = self.rng.uniform(-0.5, 0.5, (POINTS, 3)) * self.placed.sizes[i]
        yaw = self.placed.yaws[i]
        turn = np.array(((math.cos(yaw), math.sin(yaw), 0), (-math.sin(yaw), math.cos(yaw), 0), (0, 0, 1)))
        return self.placed.centers[i] + local @ turn

    def is_in(self, i: int, points: FloatArray) -> np.ndarray:
        yaw = self.placed.yaws[i]
        turn = np.array(((math.cos(yaw), math.sin(yaw), 0), (-math.sin(yaw), math.cos(yaw), 0), (0, 0, 1)))
        local = (points - self.placed.centers[i]) @ turn.T / self.placed.sizes[i]
        return is_in(self.placed.objects[i].category, local)


@pytest.mark.slow
def test_shared_volumes(assets: Path, layouts: list[PlacedScene]) -> None:
    rng = np.random.default_rng(1)
    scores = make_reward({"name": "mesh_collision", "assets": str(assets)}).batch([Transition.of(p) for p in layouts])
    errors, variances = [], []
    for placed, score in zip(layouts, scores, strict=True):
        shapes, n = Shapes(placed, rng), len(placed.ids)
        shared, variance = np.zeros(n), np.zeros(n)
        total = total_variance = 0.0
        for i in range(n):
            for j in range(i):
                a, b = (i, j) if shapes.boxes[i] < shapes.boxes[j] else (j, i)
                points = shapes.points_in_box(a)
                share = float((shapes.is_in(a, points) & shapes.is_in(b, points)).mean())
                spread = (share * (1 - share) + 1 / POINTS) / POINTS * shapes.boxes[a] ** 2
                shared[[i, j]] += share * shapes.boxes[a]
                variance[[i, j]] += spread
                total, total_variance = total + share * shapes.boxes[a], total_variance + spread
        value = 1 - np.minimum(1, shared / shapes.own)
        assert np.all(np.abs(score.per_object - value) <= SIGMAS * np.sqrt(variance) / shapes.own)
        errors.append(score.details["shared_volume"] - total)
        variances.append(total_variance)
    assert abs(np.mean(errors)) <= SIGMAS * math.sqrt(sum(variances)) / COUNT
    assert np.mean([score.value < 0.99 for score in scores]) > 0.4  # many do overlap


@pytest.mark.slow
def test_volumes_inside(assets: Path, layouts: list[PlacedScene]) -> None:
    rng = np.random.default_rng(2)
    scores = make_reward({"name": "mesh_boundary", "assets": str(assets)}).batch([Transition.of(p) for p in layouts])
    errors, variances = [], []
    for placed, score in zip(layouts, scores, strict=True):
        shapes, floor = Shapes(placed, rng), shapely.Polygon(placed.room.floor)
        for i in range(len(placed.ids)):
            points = shapes.points_in_box(i)
            inside = shapes.is_in(i, points) & (points[:, 2] >= 0) & (points[:, 2] <= placed.room.height)
            inside &= shapely.contains_xy(floor, points[:, 0], points[:, 1])
            share = float(inside.mean())
            spread = (share * (1 - share) + 1 / POINTS) / POINTS * (shapes.boxes[i] / shapes.own[i]) ** 2
            error = score.per_object[i] - share * shapes.boxes[i] / shapes.own[i]  # type: ignore[index]
            assert abs(error) <= SIGMAS * math.sqrt(spread)
            errors.append(error)
            variances.append(spread)
    assert abs(np.mean(errors)) <= SIGMAS * math.sqrt(sum(variances)) / len(errors)
