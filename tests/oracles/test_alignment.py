"""Alignment against shapely distances and angles in degrees, on 2,000 random scenes: within 1e-9.

A scene in which another wall, or a neighbour, is as near to within 1e-6 m is left out: rounding may decide there.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from shapely import LineString, Polygon, affinity

from spatialenv.core.usability.alignment import alignment

SCENES = 2000
CLOSE = 1e-6


def a_floor(rng: np.random.Generator) -> np.ndarray:
    size = rng.uniform(2, 7)
    if rng.random() < 0.3:
        return np.array([(0, 0), (size, 0), (size, 4), (0, 4)])
    turns = np.sort(rng.uniform(0, 2 * np.pi, int(rng.integers(5, 11))))
    while np.diff(np.concatenate((turns, turns[:1] + 2 * np.pi))).max() > 2.8:
        turns = np.sort(rng.uniform(0, 2 * np.pi, len(turns)))
    radii = rng.uniform(0.5, 1.0, len(turns)) * size
    floor = np.column_stack((radii * np.cos(turns), radii * np.sin(turns)))
    return floor - floor.min(axis=0)


def footprint(center: np.ndarray, size: np.ndarray, yaw: float) -> Polygon:
    flat = shapely.box(-size[0] / 2, -size[1] / 2, size[0] / 2, size[1] / 2)
    return affinity.translate(affinity.rotate(flat, math.degrees(yaw), origin=(0, 0)), center[0], center[1])


def off(first: float, second: float) -> float:
    """Return by how many degrees a direction is off the nearest quarter turn from another, signed."""
    return (second - first + 45) % 90 - 45


def score(degrees: float) -> float:
    return min(1.0, (45 - abs(degrees)) / 43)


def test_against_shapely() -> None:
    rng = np.random.default_rng(77)
    compared = neighbours = 0
    for _ in range(SCENES):
        n, floor = int(rng.integers(1, 8)), a_floor(rng)
        sizes = rng.uniform(0.2, 1.8, (n, 3))
        centers = rng.uniform(-0.2, (*(floor.max(axis=0) + 0.2), 2), (n, 3))
        yaws = np.where(rng.random(n) < 0.4, rng.integers(-4, 5, n) * np.pi / 2, rng.uniform(-7, 7, n))
        mask = rng.random(n) < 0.9
        room = (*floor.max(axis=0).tolist(), 3.0)
        found = alignment(centers, sizes, yaws, room, floors=None if len(floor) == 4 else floor, mask=mask)
        shapes = [footprint(centers[i], sizes[i], yaws[i]) for i in range(n)]
        walls = [LineString((floor[k - 1], floor[k])) for k in range(len(floor))]
        angles = [math.degrees(math.atan2(*(floor[k] - floor[k - 1])[::-1])) for k in range(len(floor))]
        turns = np.zeros(n)
        is_close = False
        for i in range(n):
            distances = np.array([shapes[i].distance(wall) for wall in walls])
            near = np.flatnonzero(distances <= distances.min() + 1e-9).tolist()
            is_close |= len(walls) > 4 and bool((distances < distances.min() + CLOSE).sum() != len(near))
            turns[i] = min((off(math.degrees(yaws[i]), angles[k]) for k in near), key=abs)
        for i in range(n):
            others = [j for j in range(n) if j != i and mask[j]]
            is_close |= any(abs(shapes[i].distance(shapes[j]) - 1.0) < CLOSE for j in others)
        if is_close:
            continue
        compared += 1
        for i in range(n):
            if not mask[i]:
                assert found.values[i] == 1.0
                assert found.turns[i] == 0.0
                continue
            beside = [j for j in range(n) if j != i and mask[j] and shapes[i].distance(shapes[j]) <= 1.0]
            wall = score(turns[i])
            pairs = [
                max(score(off(math.degrees(yaws[i]), math.degrees(yaws[j]))), min(wall, score(turns[j])))
                for j in beside
            ]
            expected = (wall + np.mean(pairs)) / 2 if pairs else wall
            assert found.values[i] == pytest.approx(expected, abs=1e-9)
            assert abs(off(math.degrees(found.turns[i]), turns[i])) < 1e-6
            neighbours += len(beside)
    assert compared > 0.98 * SCENES
    assert neighbours > SCENES
