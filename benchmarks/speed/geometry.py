"""Speed of boxes, support, violations and mending, and of a plain way to find shared volumes.

`physics_vs_shapely_loop`: a loop over pairs with shapely, against `overlap_volumes` and `inside_volumes` of the
whole batch. Both find every shared volume and every volume outside the room of scenes of 12 boxes, half of
them turned freely, and their results must agree.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from benchmarks.speed.physics import BOXES, grid_scene
from benchmarks.speed.timing import interleave
from spatialenv.core.geometry import inside_volumes, overlap_volumes, separations
from spatialenv.core.placed import PlacedBatch, PlacedScene
from spatialenv.core.relations import relation_states
from spatialenv.core.support import support_states
from spatialenv.core.violations import find_violations, layout_status, mending_moves

FloatArray = npt.NDArray[np.float64]
TOLERANCE = 1e-9


def run(quick: bool = False) -> tuple[dict[str, float], dict[str, Any]]:
    """Return ``(ratios, figures)``; `quick` takes fewer scenes and turns.

    Raises:
        RuntimeError: If our results and those compared with differ.
    """
    scenes = 64 if quick else 512
    turns = 5 if quick else 25
    batch = random_batch(scenes)
    _check_agreement(batch)
    by_name = interleave(
        {
            "shapely_loop": lambda: shapely_loop(batch),
            "shapely_arrays": lambda: shapely_arrays(batch),
            "ours": lambda: ours(batch),
        },
        turns,
    )
    ratios = {"physics_vs_shapely_loop": by_name["shapely_loop"] / by_name["ours"]}
    figures: dict[str, Any] = {f"geometry_{name}_us_per_scene": _us(value, scenes) for name, value in by_name.items()}
    figures["geometry_us_per_scene"] = _component_times(batch, turns)
    return ratios, figures


def random_batch(scenes: int) -> PlacedBatch:
    """Return scenes of 12 boxes in a room of 6 x 5 x 3 m, a few of them through a wall."""
    rng = np.random.default_rng(1)
    shape = (scenes, BOXES)
    sizes = rng.uniform((0.3, 0.3, 0.3), (1.8, 1.0, 1.8), (*shape, 3))
    centers = rng.uniform((0, 0, 0), (6, 5, 0), (*shape, 3)) + sizes * (0, 0, 0.5)
    is_free = rng.random(shape) < 0.5
    yaws = np.where(is_free, rng.uniform(0, 2 * math.pi, shape), rng.integers(0, 4, shape) * math.pi / 2)
    return PlacedBatch(centers, sizes, yaws, np.ones(shape, dtype=np.bool_), np.tile((6.0, 5.0, 3.0), (scenes, 1)))


def ours(batch: PlacedBatch) -> tuple[FloatArray, FloatArray]:
    """Return shared volumes ``(b, n, n)`` and volumes outside the room ``(b, n)``."""
    shared = overlap_volumes(batch.centers, batch.sizes, batch.yaws, batch.mask)
    inside = inside_volumes(batch.centers, batch.sizes, batch.yaws, batch.rooms, batch.mask)
    outside: FloatArray = batch.sizes.prod(axis=2) - inside
    return shared, outside


def shapely_loop(batch: PlacedBatch) -> tuple[FloatArray, FloatArray]:
    """Return the same with shapely, box by box and pair by pair."""
    scenes, n = batch.yaws.shape
    shared, outside = np.zeros((scenes, n, n)), np.zeros((scenes, n))
    for k in range(scenes):
        centers, sizes, yaws = batch.centers[k].tolist(), batch.sizes[k].tolist(), batch.yaws[k].tolist()
        length, width, height = batch.rooms[k].tolist()
        floor = shapely.box(0, 0, length, width)
        polygons = [shapely.Polygon(_corners(*row)) for row in zip(centers, sizes, yaws, strict=True)]
        bottoms = [center[2] - size[2] / 2 for center, size in zip(centers, sizes, strict=True)]
        tops = [center[2] + size[2] / 2 for center, size in zip(centers, sizes, strict=True)]
        for i in range(n):
            tall = max(0.0, min(tops[i], height) - max(bottoms[i], 0.0))
            outside[k, i] = math.prod(sizes[i]) - polygons[i].intersection(floor).area * tall
            for j in range(i + 1, n):
                tall = min(tops[i], tops[j]) - max(bottoms[i], bottoms[j])
                if tall > 0:
                    shared[k, i, j] = shared[k, j, i] = polygons[i].intersection(polygons[j]).area * tall
    return shared, outside


def shapely_arrays(batch: PlacedBatch) -> tuple[FloatArray, FloatArray]:
    """Return the same with shapely's functions of arrays, over the whole batch at once."""
    n = batch.yaws.shape[1]
    half = batch.sizes[..., None, :2] / 2 * np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)])
    cos, sin = np.cos(batch.yaws)[..., None], np.sin(batch.yaws)[..., None]
    turned = np.stack([cos * half[..., 0] - sin * half[..., 1], sin * half[..., 0] + cos * half[..., 1]], axis=-1)
    polygons = np.asarray(shapely.polygons(turned + batch.centers[..., None, :2]))
    bottom, top = (batch.centers[..., 2] + sign * batch.sizes[..., 2] / 2 for sign in (-1, 1))
    i, j = np.triu_indices(n, 1)
    tall = np.clip(np.minimum(top[:, i], top[:, j]) - np.maximum(bottom[:, i], bottom[:, j]), 0, None)
    shared = np.zeros((len(batch.yaws), n, n))
    shared[:, i, j] = shapely.area(shapely.intersection(polygons[:, i], polygons[:, j])) * tall
    shared += shared.transpose(0, 2, 1)
    floors = np.asarray(shapely.box(0, 0, batch.rooms[:, 0], batch.rooms[:, 1]))[:, None]
    tall = np.clip(np.minimum(top, batch.rooms[:, 2:]) - np.maximum(bottom, 0), 0, None)
    outside = batch.sizes.prod(axis=2) - shapely.area(shapely.intersection(polygons, floors)) * tall
    return shared, outside


def _component_times(batch: PlacedBatch, turns: int) -> dict[str, float]:
    """Return microseconds a scene of each part: in a batch, and of one call for one scene."""
    scenes = len(batch.yaws)
    boxes = batch.centers, batch.sizes, batch.yaws
    times = interleave(
        {
            "overlap_batch": lambda: overlap_volumes(*boxes, batch.mask),
            "inside_batch": lambda: inside_volumes(*boxes, batch.rooms, batch.mask),
            "separation_batch": lambda: separations(*boxes, batch.mask),
        },
        turns,
    )
    figures = {name: _us(value, scenes) for name, value in times.items()}
    for n in (6, BOXES):
        calls = _call_times([grid_scene(seed, n) for seed in range(32)], turns)
        figures |= {f"{name}_{n}_boxes": value for name, value in calls.items()}
    return figures


def _call_times(placed: list[PlacedScene], turns: int) -> dict[str, float]:
    for scene in placed:
        find_violations(scene)  # makes the scene's arrays, which later calls share
    calls: dict[str, Callable[[PlacedScene], object]] = {
        "overlap": lambda p: overlap_volumes(p.centers, p.sizes, p.yaws),
        "support": support_states,
        "relations": relation_states,
        "status": lambda p: layout_status(p, True),
        "mending": mending_moves,
        "violations": find_violations,
    }

    def loop(call: Callable[[PlacedScene], object]) -> Callable[[], object]:
        return lambda: [call(scene) for scene in placed]

    times = interleave({name: loop(call) for name, call in calls.items()}, turns)
    return {name: _us(value, len(placed)) for name, value in times.items()}


def _check_agreement(batch: PlacedBatch) -> None:
    """Raise where results differ."""
    for theirs in (shapely_loop(batch), shapely_arrays(batch)):
        for a, b in zip(ours(batch), theirs, strict=True):
            if not np.allclose(a, b, rtol=0, atol=TOLERANCE):
                raise RuntimeError(f"volumes differ from shapely's by {np.abs(a - b).max():.1e} m3")


def _corners(center: list[float], size: list[float], yaw: float) -> list[tuple[float, float]]:
    cos, sin = math.cos(yaw), math.sin(yaw)
    corners = []
    for u, v in ((-1, -1), (1, -1), (1, 1), (-1, 1)):
        x, y = u * size[0] / 2, v * size[1] / 2
        corners.append((center[0] + cos * x - sin * y, center[1] + sin * x + cos * y))
    return corners


def _us(seconds: float, scenes: int) -> float:
    return 1e6 * seconds / scenes
