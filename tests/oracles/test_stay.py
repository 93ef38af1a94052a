"""`stay` against its documentation, written anew: within 1e-9."""

from __future__ import annotations

import cmath
import math
from dataclasses import replace

import numpy as np

from spatialenv.core.layout import Layout, Pose
from spatialenv.core.placed import PlacedScene
from spatialenv.core.score import Transition
from spatialenv.rewards import make_reward


def fade(value: float, tolerance: float, reach: float) -> float:
    return 1.0 if value <= tolerance + 1e-9 else max(0.0, 1 - (value - tolerance) / (reach - tolerance))


def test_two_thousand_layouts(random_layouts: list[PlacedScene]) -> None:
    rng = np.random.default_rng(9)
    checked = 0
    for placed in random_layouts:
        fixed = tuple(name for name in placed.ids if rng.random() < 0.5)
        start = Layout(
            tuple(
                (n, Pose(p.x, p.y, p.z, float(y))) for (n, p), y in zip(placed.layout.poses, placed.yaws, strict=True)
            )
        )
        scene = replace(placed.scene, start=start, fixed=fixed)
        shifts = {n: rng.normal(0, 0.3, 3) * (rng.random() < 0.8) for n in placed.ids}
        turns = {n: float(rng.normal(0, 0.5)) * (rng.random() < 0.8) for n in placed.ids}
        moved = Layout(
            tuple(
                (n, Pose(*(np.array((p.x, p.y, p.z)) + shifts[n]).tolist(), (p.yaw or 0.0) + turns[n]))
                for n, p in start.poses
            )
        )
        score = make_reward("stay")(Transition.of(scene.place(moved)))
        for name, value in zip(scene.ids, score.per_object, strict=True):  # type: ignore[arg-type]
            expected = 1.0
            if name in fixed:
                turned = abs(cmath.phase(cmath.rect(1, turns[name])))
                distance = float(np.linalg.norm(shifts[name]))
                expected = fade(distance, 0.01, 1.0) * fade(turned, math.radians(1), math.radians(90))
            assert abs(float(value) - expected) <= 1e-9
            checked += name in fixed
    assert checked > 4000
