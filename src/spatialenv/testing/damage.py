"""Sound layouts damaged on purpose: by a little, by more, and in ways that are easy to miss."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from spatialenv.core.layout import Layout, Pose
from spatialenv.core.placed import FloatArray, PlacedScene
from spatialenv.core.scene import Scene
from spatialenv.core.support import stands_on_floor

LEVELS = ("witness", "slightly off", "strongly off", "random")
"""Damage of a layout, in order: none; 2 cm and 2 degrees; 10 cm and 10 degrees; anywhere."""

_SCALES = {"slightly off": (0.02, math.radians(2.0)), "strongly off": (0.10, math.radians(10.0))}
_RANDOM_HEIGHT = 1.5


def damaged(scene: Scene, seed: int) -> tuple[PlacedScene, ...]:
    """Return the scene's witness at each of `LEVELS` of damage.

    Both perturbations move each object along the same normally distributed vector (standard deviations in metres
    along each axis and in radians as `LEVELS` says); the random layout draws centres over the floor's bounding box
    up to 1.5 m high, and any yaw.

    Raises:
        ValueError: If the scene has no witness.
    """
    if scene.witness is None:
        raise ValueError(f"scene {scene.id!r} has no witness to damage")
    sound = scene.place(scene.witness)
    rng = np.random.default_rng(seed)
    n = len(sound.ids)
    shifts, turns = rng.normal(size=(n, 3)), rng.normal(size=n)
    found = [sound]
    for metres, radians in _SCALES.values():
        found.append(_posed(sound, sound.centers + metres * shifts, sound.yaws + radians * turns))
    top = (scene.room.length, scene.room.width, min(_RANDOM_HEIGHT, scene.room.height))
    found.append(_posed(sound, rng.uniform(0, top, (n, 3)), rng.uniform(0, math.tau, n)))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A sound layout with one thing wrong.

    Attributes:
        name: Short name.
        kinds: The kinds of violation of which at least one must be found.
        victim: Index of the object that was touched.
        placed: The layout.
    """

    name: str
    kinds: tuple[str, ...]
    victim: int
    placed: PlacedScene


def near_misses(scene: Scene, seed: int) -> list[NearMiss]:
    """Return the scene's witness with one thing wrong, in each of several ways that the scene allows.

    Raises:
        ValueError: If the scene has no witness.
    """
    if scene.witness is None:
        raise ValueError(f"scene {scene.id!r} has no witness to damage")
    sound = scene.place(scene.witness)
    rng = np.random.default_rng(seed)
    solid = [i for i, item in enumerate(sound.objects) if not item.lies_flat]
    if not solid:
        return []
    victim = int(rng.choice(solid))
    x, y, z = sound.centers[victim].tolist()
    size = sound.sizes[victim]
    found: list[tuple[str, tuple[str, ...], int, Sequence[float]]] = [
        ("one outside", ("out_of_room",), victim, (-size[:2].max(), y, z)),
        ("one half through the floor", ("out_of_room",), victim, (x, y, 0.0)),
    ]
    if stands_on_floor(sound)[victim]:  # what hangs on a wall may hang higher
        found += [
            ("one hovering 10 cm", ("unsupported",), victim, (x, y, z + 0.1)),
            ("one sunk 2 cm", ("out_of_room", "collision", "unsupported"), victim, (x, y, z - 0.02)),
        ]
    hosts = [i for i in solid if i != victim and (sound.sizes[i] >= size).all()]
    if hosts:
        host = int(rng.choice(hosts))
        found.append(("one hidden inside another", ("collision",), victim, tuple(sound.centers[host].tolist())))
    if len(solid) > 1:
        other = int(rng.choice([i for i in solid if i != victim]))
        found.append(("two at one place", ("collision",), victim, (*sound.centers[other, :2].tolist(), z)))
    return [
        NearMiss(name, kinds, row, _moved(sound, row, center))
        for name, kinds, row, center in found
        if name != "two at one place" or _shares_height(sound, row, center)
    ]


def _shares_height(placed: PlacedScene, row: int, center: Sequence[float]) -> bool:
    """Whether the object, put at `center`, shares space with another: they may differ in height alone."""
    from spatialenv.core.geometry import overlap_volumes

    moved = _moved(placed, row, center)
    return bool((overlap_volumes(moved.centers, moved.sizes, moved.yaws)[row] > 1e-4).any())


def _moved(placed: PlacedScene, row: int, center: Sequence[float]) -> PlacedScene:
    poses = dict(placed.layout.poses)
    name, (x, y, z) = placed.ids[row], center
    poses[name] = replace(poses[name], x=float(x), y=float(y), z=float(z))
    return placed.scene.place(Layout(tuple(poses.items())))


def _posed(placed: PlacedScene, centers: FloatArray, yaws: FloatArray) -> PlacedScene:
    poses = [
        (object_id, Pose(x, y, z, yaw))
        for object_id, (x, y, z), yaw in zip(placed.ids, centers.tolist(), yaws.tolist(), strict=True)
    ]
    return placed.scene.place(Layout(tuple(poses)))
