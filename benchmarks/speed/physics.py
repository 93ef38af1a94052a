"""Speed of the four parts of `physics` (collision, boundary, support, constraint) and of the published check.

`physics_vs_published_plain`: the published check (colliding pairs, objects that violate their relations) in plain
Python, over all four parts for every object from centres and yaws over packed scenes, on one thread. Each has its own
input made beforehand: entries by name there, tables and arrays here. The scenes stand on a grid and are axis-aligned,
so that the colliding objects must agree; the two define relations differently, so for these the share of equal
verdicts is among the figures.

`physics_reward_vs_published_plain`: the same from layouts whose arrays are not made yet: the check reads them, here
the preset `physics` makes its transitions, arrays and scores of them.

Times are those of the one thread that works, without what others ran meanwhile.
"""

from __future__ import annotations

import math
import time
from typing import Any

import numpy as np

from benchmarks.speed import published
from benchmarks.speed.timing import interleave
from spatialenv.core.packed import PackedScenes, PhysicsArrays, pack
from spatialenv.core.placed import FloatArray, PlacedScene
from spatialenv.core.relations import relation_batch
from spatialenv.core.room import Room
from spatialenv.core.scene import Relation, Scene, SceneObject
from spatialenv.core.score import Transition
from spatialenv.rewards import make_reward

BOXES = 12
SCENES = 1000


def run(quick: bool = False) -> tuple[dict[str, float], dict[str, Any]]:
    """Return ``(ratios, figures)``; `quick` takes fewer scenes and turns.

    Raises:
        RuntimeError: If the colliding objects differ.
    """
    scenes, turns = (100, 5) if quick else (SCENES, 15)
    placed = [grid_scene(seed) for seed in range(scenes)]
    packed = pack([one.scene for one in placed])
    centers = np.stack([one.centers for one in placed])
    yaws = np.stack([one.yaws for one in placed])
    entries = [published.prepare(one) for one in placed]
    reward = make_reward("physics")
    figures: dict[str, Any] = {
        "published_equal_relation_verdicts": _agreement(placed, entries, packed.measure(centers, yaws))
    }
    times = interleave(
        {
            "published_plain": lambda: [published.check(one) for one in entries],
            "ours": lambda: packed.measure(centers, yaws),
            "published_plain_from_layouts": lambda: [published.check(published.prepare(one)) for one in _fresh(placed)],
            "ours_from_layouts": lambda: reward.batch([Transition.of(one) for one in _fresh(placed)]),
        },
        turns,
        clock=time.thread_time,
    )
    figures |= {f"published_{name}_us_per_scene": 1e6 * value / scenes for name, value in times.items()}
    figures["physics_parts_us_per_scene"] = _parts(packed, centers, yaws, turns)
    ratios = {
        "physics_vs_published_plain": times["published_plain"] / times["ours"],
        "physics_reward_vs_published_plain": times["published_plain_from_layouts"] / times["ours_from_layouts"],
    }
    return ratios, figures


def grid_scene(seed: int, boxes: int = BOXES) -> PlacedScene:
    """Return a layout of boxes on a 0.25 m grid, each with one relation, most of them not met."""
    rng = np.random.default_rng(seed)
    objects: list[SceneObject] = []
    places: dict[str, tuple[float, ...]] = {}
    for i in range(boxes):
        name = f"box_{i}"
        length, width, height = (0.5 * float(n) for n in rng.integers(1, 4, 3))
        if i % 3 == 0:
            relation = Relation(name, "on", ("south_wall", "east_wall", "north_wall", "west_wall")[i % 4])
        else:
            side = published.SIDES[int(rng.integers(4))]
            relation = Relation(name, side, f"box_{i - 1}", is_adjacent=bool(rng.random() < 0.5))
        yaw = float(rng.integers(4)) * math.pi / 2
        objects.append(SceneObject(name, "box", (length, width, height), yaw=yaw, relations=(relation,)))
        x, y = (0.25 * float(n) for n in rng.integers(1, (24, 20)))
        places[name] = (x, y, height / 2)
    return Scene(Room.rectangle(6, 5, 3), tuple(objects)).place(places)


def _fresh(placed: list[PlacedScene]) -> list[PlacedScene]:
    """Return the layouts without the arrays that were made of them."""
    return [PlacedScene(one.scene, one.layout) for one in placed]


def _parts(packed: PackedScenes, centers: FloatArray, yaws: FloatArray, turns: int) -> dict[str, float]:
    """Return microseconds a scene of each part alone, of all together, and of the preset's value."""
    times = interleave(
        {
            "collision": lambda: packed.measure(centers, yaws, parts=("collision",)),
            "boundary": lambda: packed.measure(centers, yaws, parts=("boundary",)),
            "support": lambda: packed.measure(centers, yaws, parts=("support",)),
            "constraint": lambda: packed.measure(centers, yaws, parts=("constraint",)),
            "all four": lambda: packed.measure(centers, yaws),
            "preset physics": lambda: packed.physics(centers, yaws),
        },
        turns,
        clock=time.thread_time,
    )
    return {name: 1e6 * value / len(packed) for name, value in times.items()}


def _agreement(placed: list[PlacedScene], entries: list[published.Entries], found: PhysicsArrays) -> float:
    """Raise where colliding objects differ; return the share of relations on which both definitions agree."""
    distances = relation_batch(placed).distances
    verdicts = np.split(distances > 0.01, np.cumsum([len(one.scene.relations) for one in placed])[:-1])
    equal = []
    for k, (one, entry) in enumerate(zip(placed, entries, strict=True)):
        pairs, violating = published.check(entry)
        # walls collide too, in that definition
        theirs = {name for pair in pairs if set(pair) <= set(one.ids) for name in pair}
        ours = {name for name, shared in zip(one.ids, found.shared[k], strict=True) if shared > 1e-6}
        if theirs != ours:
            raise RuntimeError(f"colliding objects of scene {k} differ: {sorted(theirs ^ ours)}")
        equal += [bool(v) == (name in violating) for v, name in zip(verdicts[k], one.ids, strict=True)]
    return float(np.mean(equal))
