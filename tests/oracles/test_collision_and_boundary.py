"""`collision` and `boundary` against shapely on 2,000 layouts (1e-9), and against trimesh's booleans on some (1e-5:
its corners are of single precision)."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from shapely import affinity

from spatialenv.core.placed import PlacedScene
from spatialenv.core.score import Transition
from spatialenv.rewards import make_reward

TOLERANCE = 1e-9
MESH_TOLERANCE = 1e-5


def footprints(placed: PlacedScene) -> list[shapely.Polygon]:
    found = []
    for center, size, yaw in zip(placed.centers.tolist(), placed.sizes.tolist(), placed.yaws.tolist(), strict=True):
        box = shapely.box(-size[0] / 2, -size[1] / 2, size[0] / 2, size[1] / 2)
        found.append(affinity.translate(affinity.rotate(box, yaw, origin=(0, 0), use_radians=True), *center[:2]))
    return found


def is_flat(placed: PlacedScene) -> list[bool]:
    return [item.is_rug and item.size[2] <= 0.03 for item in placed.objects]


def collision(placed: PlacedScene) -> list[float]:
    outlines, flat = footprints(placed), is_flat(placed)
    low, high = placed.centers[:, 2] - placed.sizes[:, 2] / 2, placed.centers[:, 2] + placed.sizes[:, 2] / 2
    shared = np.zeros(len(outlines))
    for i in range(len(outlines)):
        for j in range(i):
            tall = min(high[i], high[j]) - max(low[i], low[j])
            if tall > 0 and not flat[i] and not flat[j]:
                shared[[i, j]] += outlines[i].intersection(outlines[j]).area * tall
    own = placed.sizes.prod(axis=1)
    return (1 - np.minimum(1, shared / own)).tolist()


def boundary(placed: PlacedScene) -> list[float]:
    floor, height = shapely.Polygon(placed.room.floor), placed.room.height
    values = []
    for outline, center, size in zip(footprints(placed), placed.centers, placed.sizes, strict=True):
        tall = max(0.0, min(center[2] + size[2] / 2, height) - max(center[2] - size[2] / 2, 0.0))
        values.append(outline.intersection(floor).area / outline.area * tall / size[2])
    return values


@pytest.mark.parametrize(("name", "oracle"), [("collision", collision), ("boundary", boundary)])
def test_two_thousand_layouts(name: str, oracle: object, random_layouts: list[PlacedScene]) -> None:
    scores = make_reward(name).batch([Transition.of(placed) for placed in random_layouts])
    partly = 0
    for placed, score in zip(random_layouts, scores, strict=True):
        expected = oracle(placed)  # type: ignore[operator]
        assert score.per_object.tolist() == pytest.approx(expected, abs=TOLERANCE)  # type: ignore[union-attr]
        assert score.value == pytest.approx(np.mean(expected), abs=TOLERANCE)
        partly += sum(0.01 < value < 0.99 for value in expected)
    assert partly > 2000  # the layouts are no easy ones


def test_trimesh_agrees(random_layouts: list[PlacedScene]) -> None:
    """Every twentieth layout, by booleans of triangle meshes: what shapely and the kernels share is not geometry."""
    trimesh = pytest.importorskip("trimesh")
    pytest.importorskip("manifold3d")
    chosen = random_layouts[::20]
    transitions = [Transition.of(placed) for placed in chosen]
    collisions, boundaries = make_reward("collision").batch(transitions), make_reward("boundary").batch(transitions)
    for placed, first, second in zip(chosen, collisions, boundaries, strict=True):
        meshes = []
        for center, size, yaw in zip(placed.centers, placed.sizes, placed.yaws, strict=True):
            turn = trimesh.transformations.rotation_matrix(float(yaw), (0, 0, 1))
            turn[:3, 3] = center
            meshes.append(trimesh.creation.box(size, transform=turn))
        room = trimesh.creation.extrude_polygon(
            shapely.Polygon(placed.room.floor), placed.room.height, engine="manifold"
        )
        flat, own, shared = is_flat(placed), placed.sizes.prod(axis=1), np.zeros(len(meshes))
        for i in range(len(meshes)):
            for j in range(i):
                apart = (meshes[i].bounds[0] > meshes[j].bounds[1]) | (meshes[j].bounds[0] > meshes[i].bounds[1])
                if not (flat[i] or flat[j] or apart.any()):
                    both = trimesh.boolean.intersection([meshes[i], meshes[j]], engine="manifold")
                    shared[[i, j]] += 0.0 if both.is_empty else both.volume
        assert first.per_object == pytest.approx(1 - np.minimum(1, shared / own), abs=MESH_TOLERANCE)
        inside = [trimesh.boolean.intersection([mesh, room], engine="manifold") for mesh in meshes]
        volumes = np.array([0.0 if part.is_empty else part.volume for part in inside])
        assert second.per_object == pytest.approx(volumes / own, abs=MESH_TOLERANCE)
