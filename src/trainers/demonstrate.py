"""Demonstrations: unskilled on purpose for the warm start, skilled for supervised learning alone.

The unskilled one's first answer puts objects anywhere, later ones follow each told move only now and then: they
teach the form of an answer and leave the skill for the rewards to teach. Between the think tags they state the
room's size, and on request how far each object reaches, which brings the numbers that matter close to where they
are needed.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np

from spatialenv.core.edits import edits_between, write_edits
from spatialenv.core.layout import Layout, Pose
from spatialenv.core.violations import find_violations
from spatialenv.core.write import write_answer
from spatialenv.envs.prompt import targets
from spatialenv.envs.room_layout import RoomLayoutEnv
from spatialenv.errors import InputError, unknown_name
from spatialenv.evaluation.policy import POLICIES, Policy

_LITTLE = 1e-6
"""What rounding may leave of a coordinate that is unchanged, in metres, or on the grid, in steps."""


class Demonstrator(Protocol):
    """Writes the answer that a model should imitate."""

    def __call__(self, env: RoomLayoutEnv, rng: random.Random) -> str:
        """Return the answer to the env's current turn."""
        ...


@dataclass(frozen=True, slots=True)
class UnskilledDemonstrator:
    """First answers at random, later answers that follow told moves now and then.

    Where answers are edits it writes edits; where they state yaws, random quarter turns at first. Objects that must
    stay are left alone.

    Attributes:
        follow: Probability that an object makes the move it was told, on to the next step of the grid.
        inside: Probability that a random coordinate keeps its object inside the room, as if it were not turned.
        grid: Step in metres of x and y; heights are rounded up to a centimetre, which counts as standing.
        think: What stands between the think tags: the size of the ``"room"``, or also each object's ``"reach"``
            from its centre along x and y as it is turned, rounded up to the grid, in the order of the answer.
    """

    follow: float = 0.8
    inside: float = 0.97
    grid: float = 0.25
    think: Literal["room", "reach"] = "room"

    def __call__(self, env: RoomLayoutEnv, rng: random.Random) -> str:
        """Return the answer to the env's current turn."""
        if not env.placed.is_complete:
            return self._write(env, self._random_layout(env, rng))
        goals = targets(env.placed, find_violations(env.placed))
        chosen = {
            i: self._on_grid(pose, goals[i]) if rng.random() < self.follow else pose
            for i, pose in env.placed.layout.items()
        }
        return self._write(env, Layout.from_mapping(chosen))

    def _write(self, env: RoomLayoutEnv, layout: Layout) -> str:
        room = env.scene.room
        think = f"The room is {room.length} by {room.width}."
        if self.think == "reach":
            placed = env.scene.place(layout)
            cos, sin = np.abs(np.cos(placed.yaws)), np.abs(np.sin(placed.yaws))
            length, width = placed.sizes[:, 0] / 2, placed.sizes[:, 1] / 2
            reach = np.stack([cos * length + sin * width, sin * length + cos * width], 1)
            told = (
                f"{i} {_up(x, self.grid)} {_up(y, self.grid)}"
                for i, (x, y) in zip(placed.ids, reach.tolist(), strict=True)
            )
            think += f" Reach: {'; '.join(told)}."
        if env.rules.actions == "edits":
            return write_edits(edits_between(env.placed.layout, layout), think)
        return write_answer(layout, think)

    def _on_grid(self, pose: Pose, goal: Pose) -> Pose:
        """Return the goal, gone on to the next step of the grid in the direction of the move."""
        x, y = (
            here if abs(there - here) < _LITTLE else (_up if there > here else _down)(there, self.grid)
            for here, there in ((pose.x, goal.x), (pose.y, goal.y))
        )
        z = pose.z if abs(goal.z - pose.z) < _LITTLE else _up(goal.z, 0.01)
        return Pose(x, y, z, goal.yaw)

    def _random_layout(self, env: RoomLayoutEnv, rng: random.Random) -> Layout:
        room = env.scene.room
        poses = {}
        for item in env.scene.objects:
            if item.id in env.scene.fixed:
                poses[item.id] = env.placed.layout[item.id]
                continue
            length, width, height = item.size
            x = self._coordinate(room.length, length, rng)
            y = self._coordinate(room.width, width, rng)
            is_turned = env.yaw == "free" and item.yaw is None
            yaw = math.radians(90 * rng.randint(0, 3)) if is_turned else None
            poses[item.id] = Pose(x, y, _up(height / 2, 0.01), yaw)
        return Layout.from_mapping(poses)

    def _coordinate(self, extent: float, size: float, rng: random.Random) -> float:
        margin = size / 2 if rng.random() < self.inside else 0.0
        first, last = _up(margin, self.grid), _down(extent - margin, self.grid)
        return round(first + self.grid * rng.randint(0, max(round((last - first) / self.grid), 0)), 4)


def _up(value: float, step: float) -> float:
    return round(math.ceil(value / step - _LITTLE) * step, 4)


def _down(value: float, step: float) -> float:
    return round(math.floor(value / step + _LITTLE) * step, 4)


class PolicyDemonstrator:
    """Answers as a policy does, such as ``witness``, which knows a sound layout of each scene of the generator.

    A demonstration depends on the scene and on the policy's own seed, not on the random numbers given.

    Args:
        policy: The policy.
    """

    def __init__(self, policy: Policy) -> None:
        self.policy = policy

    def __call__(self, env: RoomLayoutEnv, rng: random.Random) -> str:
        """Return the answer to the env's current turn."""
        answer = self.policy.respond([env])[0]
        if not isinstance(answer, str):
            raise InputError(f"the demonstrator {self.policy.name!r} gave no answer: {answer}")
        return answer


def make_demonstrator(name: str, **options: Any) -> Demonstrator:
    """Return a demonstrator by name.

    Args:
        name: ``"unskilled"``, or a policy that needs no model: ``"witness"``, ``"solver"``, ``"random"``.
        options: Attributes of `UnskilledDemonstrator`, or keyword arguments of the policy.

    Raises:
        UnknownNameError: If there is none of this name.

    Example:
        >>> env = RoomLayoutEnv(tasks="easy", renderer="blank", size=(16, 16))
        >>> _ = env.reset(seed=0)
        >>> env.step(make_demonstrator("witness")(env, random.Random(0)))[4]["status"]["valid"]
        True
    """
    if name == "unskilled":
        return UnskilledDemonstrator(**options)
    if name not in POLICIES:
        raise unknown_name("demonstrator", name, ["unskilled", *POLICIES])
    return PolicyDemonstrator(POLICIES[name](**options))
