"""Microseconds a scene of every registered reward, and how components grow with the number of objects.

Rooms with a door, a window and furniture of categories that are used (seats, tables, beds, cupboards), at a constant
12 objects to 30 m2: some lie flat as rugs, some stand on others, some must stay, each has a relation and half of them
something to face. They are put anywhere, each at its height. Scored in a batch of prepared transitions; times are
those of the one thread that works, without what others ran meanwhile.

`stability` simulates and `mesh_collision` and `mesh_boundary` cut meshes: they have figures of their own.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from benchmarks.speed.timing import interleave
from spatialenv.core.layout import Layout, Pose
from spatialenv.core.packed import pack
from spatialenv.core.placed import PlacedScene
from spatialenv.core.room import WALLS, Opening, Room
from spatialenv.core.scene import Relation, Scene, SceneObject
from spatialenv.core.score import Score, Transition
from spatialenv.errors import BackendError, MissingExtraError
from spatialenv.rewards import REWARDS, Reward, make_reward
from spatialenv.rewards.base import ObjectReward

SIMULATED = ("stability",)
MESHES = ("mesh_boundary", "mesh_collision")
PRESETS = ("physics", "editing")
"""Sums and products of components, whose growth is told beside theirs."""

SIZES = (5, 10, 20, 50, 100, 200, 500)
DENSITY = 12 / 30
"""Objects to a square metre of floor."""

ARRAYS = "physics from arrays"
"""Name of `physics` over packed scenes, which is not a reward but the same value without transitions and details."""

CATEGORIES = ("chair", "sofa", "bed", "desk", "dining_table", "wardrobe", "cabinet", "plant", "lamp")


def run(quick: bool = False) -> tuple[dict[str, float], dict[str, Any]]:
    """Return no ratios, and the figures; `quick` takes fewer scenes, turns and sizes.

    Figures: ``component_us_per_scene`` of 12 objects by name; ``definition_us_per_scene`` (presets that reproduce
    public definitions), ``simulated_us_per_scene`` and ``mesh_us_per_scene`` likewise; ``growth_us_per_scene`` by name
    and number of objects; ``growth_exponent`` by name: the slope of the line fitted to the logarithms, and
    ``growth_exponent_from_50`` without the smaller rooms, where what each call costs anyway hides growth.
    """
    turns = 3 if quick else 15
    few = layouts(12, 2 if quick else 8)
    own, apart = components(), (*SIMULATED, *MESHES)
    others = tuple(name for name in sorted(REWARDS) if name not in own + apart)
    growth: dict[str, dict[str, float]] = {}
    for size in (5, 50, 500) if quick else SIZES:
        scenes = max(2, (100 if quick else 600) // size)
        for name, value in times(own, layouts(size, scenes), turns, with_arrays=True).items():
            growth.setdefault(name, {})[str(size)] = value
    return {}, {
        "component_us_per_scene": times(own, layouts(12, 8 if quick else 200), turns, with_arrays=True),
        "definition_us_per_scene": times(others, few, 3),
        "simulated_us_per_scene": simulated(len(few)),
        "mesh_us_per_scene": times(MESHES, few, 1),
        "growth_us_per_scene": growth,
        "growth_exponent": {name: exponent(values) for name, values in growth.items()},
        "growth_exponent_from_50": {name: exponent(values, least=50) for name, values in growth.items()},
    }


def components() -> tuple[str, ...]:
    """Return the names of the components that work on boxes without simulation, and of the `PRESETS` made of them."""
    return tuple(
        name
        for name in sorted(REWARDS)
        if name in PRESETS or (name not in SIMULATED + MESHES and isinstance(make_reward(name), ObjectReward))
    )


def times(names: Sequence[str], given: Sequence[Transition], turns: int, with_arrays: bool = False) -> dict[str, float]:
    """Return microseconds a scene by name of the reward; those that cannot run here are left out.

    Args:
        names: Names of rewards.
        given: What they score, in one batch.
        turns: How often.
        with_arrays: Whether to time `physics` over packed scenes too, from arrays to values, as `ARRAYS`.
    """
    calls: dict[str, Callable[[], object]] = {}
    if with_arrays:
        placed = [one.placed for one in given]
        packed = pack([one.scene for one in placed])
        centers, yaws = np.stack([one.centers for one in placed]), np.stack([one.yaws for one in placed])
        calls[ARRAYS] = lambda: packed.physics(centers, yaws)
    for name in names:
        try:
            reward = make_reward(name)
            reward.batch(given[:1])
        except (MissingExtraError, BackendError):
            continue
        calls[name] = _batch(reward, given)
    timed = interleave(calls, turns, clock=time.thread_time)
    return {name: 1e6 * value / len(given) for name, value in timed.items()}


def simulated(scenes: int) -> dict[str, float]:
    """Return microseconds a scene of the rewards that simulate, by the wall's clock: they have a process of their own.

    Every call gets layouts that were not simulated before, because results are kept.
    """
    fresh = layouts(12, 2 * scenes)
    calls: dict[str, Callable[[], object]] = {}
    for name in SIMULATED:
        try:
            reward = make_reward(name)
            reward.batch(fresh[:1])
        except (MissingExtraError, BackendError):
            continue
        batches = iter((fresh[1:scenes], fresh[scenes:]))
        calls[name] = lambda reward=reward, batches=batches: reward.batch(next(batches))  # type: ignore[misc]
    return {name: 1e6 * value / scenes for name, value in interleave(calls, turns=1).items()}


def exponent(values: Mapping[str, float], least: int = 5) -> float:
    """Return k of the n^k fitted to times by numbers of objects, of at `least` so many.

    Example:
        >>> round(exponent({"5": 10.0, "50": 100.0, "500": 1000.0}), 6)
        1.0
    """
    points = [(float(n), value) for n, value in values.items() if float(n) >= least]
    slope, _ = np.polyfit(*np.log(points).T, 1)
    return float(slope)


def layouts(count: int, scenes: int) -> list[Transition]:
    """Return layouts of that many objects, each of a scene of its own."""
    rng = np.random.default_rng(count)
    return [Transition.of(_layout(count, rng)) for _ in range(scenes)]


def _batch(reward: Reward, given: Sequence[Transition]) -> Callable[[], list[Score]]:
    return lambda: reward.batch(given)


def _layout(count: int, rng: np.random.Generator) -> PlacedScene:
    side = math.sqrt(count / DENSITY)
    openings = (
        Opening("door", "south_wall", offset=side / 2, width=0.9, height=2.0, swing="in"),
        Opening("window", "north_wall", offset=side / 2, width=1.2, height=1.2, sill=0.9),
    )
    objects, places = [], {}
    for i in range(count):
        name = f"object_{i}"
        length, width, height = rng.uniform(0.3, 1.4, 3).tolist()
        is_rug, is_stacked = i % 12 == 7, i % 6 == 5
        if is_rug:
            height = 0.02
        base = f"object_{i - 1}"
        if is_stacked:
            relation = Relation(name, "on", base)
        elif i % 3 == 0:
            relation = Relation(name, "on", WALLS[i % 4])
        else:
            relation = Relation(name, ("in front", "left of", "behind")[i % 3], base, is_adjacent=i % 2 == 0)
        x, y = rng.uniform(0, side, 2).tolist()
        z = height / 2
        if is_stacked:
            x, y, z = places[base][0], places[base][1], places[base][2] + objects[-1].size[2] / 2 + height / 2
        facing = WALLS[i % 4] if i % 4 == 1 else base if i % 4 == 2 else None
        places[name] = (x, y, z, float(rng.uniform(0, 2 * math.pi)))
        category = CATEGORIES[i % len(CATEGORIES)]
        objects.append(
            SceneObject(name, category, (length, width, height), facing=facing, relations=(relation,), is_rug=is_rug,
                        on_floor=not is_stacked)
        )  # fmt: skip
    poses = Layout(tuple((name, Pose(*place)) for name, place in places.items()))
    fixed = tuple(item.id for item in objects[::5])
    scene = Scene(Room.rectangle(side, side, 3, openings=openings), tuple(objects), start=poses, fixed=fixed)
    return scene.place(poses)
