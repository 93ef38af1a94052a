"""Policies that need no model: what results are compared with."""

from __future__ import annotations

import hashlib
import math
import random
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from spatialenv.core.edits import edits_between, write_edits
from spatialenv.core.geometry import inside_volumes
from spatialenv.core.layout import Layout, Pose
from spatialenv.core.room import Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.core.write import DIGITS, write_answer
from spatialenv.envs.prompt import YawMode
from spatialenv.envs.room_layout import RoomLayoutEnv
from spatialenv.errors import InputError
from spatialenv.tasks.packing import extents
from spatialenv.tasks.procedural import scene_key
from spatialenv.tasks.resting import resting_heights
from spatialenv.tasks.solver import solve

_TRIES = 64
"""Places drawn for an object on a floor that is no rectangle, before one that does not fit is taken."""
_STRAIGHT = 1e-9
_OUTSIDE = 1e-6
"""Cubic metres of an object that may lie outside the room."""


class RandomPolicy:
    """Places every object at random inside the room, resting on what should bear it.

    Where yaws are part of the answer, an object without one of its own is turned at random, too. What
    the scene says is fixed stays at its start. The answer depends on the scene, the turn, the draw and
    the seed alone, not on the batch it is asked in.

    Args:
        seed: Seed.
        grid: Step in metres, from where an object touches the walls; None for any place.

    Raises:
        InputError: If `grid` is not above 0.
    """

    name = "random"

    def __init__(self, seed: int = 0, grid: float | None = None) -> None:
        if grid is not None and not grid > 0:
            raise InputError(f"`grid` is {grid!r}; it must be None or more than 0 metres")
        self.seed = seed
        self.grid = grid

    @property
    def settings(self) -> Mapping[str, Any]:
        """What its answers depend on."""
        return {"seed": self.seed, "grid": self.grid}

    def respond(self, envs: Sequence[RoomLayoutEnv]) -> list[str]:
        """Return an answer for each env."""
        return self.sample(envs, 0)

    def sample(self, envs: Sequence[RoomLayoutEnv], draw: int) -> list[str]:
        """Return another answer for each env; draw 0 is what `respond` gives."""
        return [write_layout(env, self.layout(env.scene, turns_of(env), yaw=env.yaw, draw=draw)) for env in envs]

    def layout(self, scene: Scene, turn: int = 0, *, yaw: YawMode = "fixed", draw: int = 0) -> Layout:
        """Return the layout for a scene at a turn; with `yaw` ``"free"`` its poses have yaws."""
        again = f" {draw}" if draw else ""
        digest = hashlib.sha256(f"{self.seed} {turn} {scene_key(scene)}{again}".encode("ascii")).digest()
        rng = random.Random(int.from_bytes(digest[:8], "big"))
        heights = resting_heights(scene)
        poses = {}
        for item in scene.objects:
            if item.id in scene.fixed and scene.start is not None:
                poses[item.id] = scene.start[item.id]
                continue
            turned = scene.default_yaw(item.id)
            if yaw == "free" and item.yaw is None:
                turned = math.tau * rng.random()
            x, y = self._place(rng, scene.room, item, heights[item.id], turned)
            poses[item.id] = Pose(x, y, heights[item.id], turned if yaw == "free" else None)
        return Layout(tuple(poses.items()))

    def _place(self, rng: random.Random, room: Room, item: SceneObject, z: float, yaw: float) -> tuple[float, float]:
        x, y = extents(item.size, yaw)
        count = 1 if room.is_rectangle else _TRIES
        places = [(self._coordinate(rng, room.length, x), self._coordinate(rng, room.width, y)) for _ in range(count)]
        if count == 1:
            return places[0]
        centers = np.array([(*place, z) for place in places])
        sizes, yaws = np.tile(item.size, (count, 1)), np.full(count, yaw)
        extent = np.array((room.length, room.width, room.height))
        inside = inside_volumes(centers, sizes, yaws, extent, floors=room.floor)
        fits = np.flatnonzero(math.prod(item.size) - inside <= _OUTSIDE)
        return places[int(fits[0]) if len(fits) else int(np.argmax(inside))]

    def _coordinate(self, rng: random.Random, room: float, extent: float) -> float:
        play = max(0.0, room - extent)
        if self.grid is None:
            return extent / 2 + play * rng.random()
        return extent / 2 + self.grid * int(rng.random() * (int(play / self.grid + 1e-9) + 1))


class SolverPolicy:
    """Gives the solver's layout; a random one where it finds none.

    Args:
        seed: Seed of the solver.
    """

    name = "solver"

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed
        self._fallback = RandomPolicy(seed)

    @property
    def settings(self) -> Mapping[str, Any]:
        """What its answers depend on."""
        return {"seed": self.seed}

    def respond(self, envs: Sequence[RoomLayoutEnv]) -> list[str]:
        """Return an answer for each env; a later turn tries another seed."""
        return self.sample(envs, 0)

    def sample(self, envs: Sequence[RoomLayoutEnv], draw: int) -> list[str]:
        """Return another answer for each env, from another seed; draw 0 is what `respond` gives."""
        answers = []
        for env in envs:
            turn = turns_of(env)
            layout = solve(env.scene, self.seed + turn + env.max_turns * draw, yaw=env.yaw)
            if layout is None:
                layout = self._fallback.layout(env.scene, turn, yaw=env.yaw, draw=draw)
            answers.append(write_layout(env, layout))
        return answers


class WitnessPolicy:
    """Gives the scene's witness: what a perfect answer scores.

    Raises (when it responds):
        InputError: If a scene has no witness.
    """

    name = "witness"

    def respond(self, envs: Sequence[RoomLayoutEnv]) -> list[str]:
        """Return an answer for each env."""
        answers = []
        for env in envs:
            if env.scene.witness is None:
                raise InputError("the scene has no witness; use scenes of the generator or another policy")
            answers.append(write_layout(env, env.scene.witness))
        return answers


def turns_of(env: RoomLayoutEnv) -> int:
    """Return how many answers an env's episode has had."""
    return len(env.episode().turns)


def write_layout(env: RoomLayoutEnv, layout: Layout) -> str:
    """Return the text that puts the objects where `layout` says, as `env` reads it: whole, or as edits.

    Where the env reads a yaw, every pose is written with one; else with none. Numbers have four decimals, and
    nine where something stands askew: boxes that touch at an angle would overlap by more than is allowed.
    """
    poses = {}
    for object_id, pose in layout.items():
        yaw = None
        if env.yaw == "free":
            yaw = env.scene.default_yaw(object_id) if pose.yaw is None else pose.yaw
        poses[object_id] = Pose(pose.x, pose.y, pose.z, yaw)
    if env.actions == "edits":
        return write_edits(edits_between(env.placed.layout, Layout(tuple(poses.items()))))
    turns = [env.scene.default_yaw(name) if pose.yaw is None else pose.yaw for name, pose in poses.items()]
    is_askew = not env.scene.room.is_rectangle or any(abs(math.sin(2 * turn)) > _STRAIGHT for turn in turns)
    return write_answer(poses, digits=9 if is_askew else DIGITS)
