"""Policies that need no model: what results are compared with."""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from spatialenv.core.layout import Layout, Pose
from spatialenv.core.scene import Scene
from spatialenv.core.write import write_answer
from spatialenv.envs.room_layout import RoomLayoutEnv
from spatialenv.errors import InputError, unknown_name
from spatialenv.tasks.packing import extents
from spatialenv.tasks.procedural import scene_key
from spatialenv.tasks.resting import resting_heights
from spatialenv.tasks.solver import solve


@runtime_checkable
class Policy(Protocol):
    """Anything that answers.

    Attributes:
        name: For records.
    """

    name: str

    def respond(self, envs: Sequence[RoomLayoutEnv]) -> list[str]:
        """Return one text for each env; every env awaits an answer.

        What it may look at is what a model sees: ``env.to_messages()``. The baselines of this
        package read ``env.scene`` and never its witness, but for `WitnessPolicy`.
        """
        ...


class RandomPolicy:
    """Places every object at random inside the room, resting on what should bear it.

    The answer depends on the scene, the turn and the seed alone, not on the batch it is asked in.

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

    def respond(self, envs: Sequence[RoomLayoutEnv]) -> list[str]:
        """Return an answer for each env."""
        return [write_answer(self.layout(env.scene, len(env.episode().turns))) for env in envs]

    def layout(self, scene: Scene, turn: int = 0) -> Layout:
        """Return the layout for a scene at a turn."""
        digest = hashlib.sha256(f"{self.seed} {turn} {scene_key(scene)}".encode("ascii")).digest()
        rng = random.Random(int.from_bytes(digest[:8], "big"))
        heights = resting_heights(scene)
        poses = {}
        for item in scene.objects:
            x, y = extents(item.size, scene.default_yaw(item.id))
            poses[item.id] = Pose(
                self._coordinate(rng, scene.room.length, x),
                self._coordinate(rng, scene.room.width, y),
                heights[item.id],
            )
        return Layout(tuple(poses.items()))

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

    def respond(self, envs: Sequence[RoomLayoutEnv]) -> list[str]:
        """Return an answer for each env; a later turn tries another seed."""
        answers = []
        for env in envs:
            turn = len(env.episode().turns)
            layout = solve(env.scene, self.seed + turn)
            answers.append(write_answer(self._fallback.layout(env.scene, turn) if layout is None else layout))
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
            answers.append(write_answer(env.scene.witness))
        return answers


class TextPolicy:
    """Gives the text that a function of the env returns: for tests, scripts and people.

    Args:
        write: Called with each env that awaits an answer.
        name: Name for records.
    """

    def __init__(self, write: Callable[[RoomLayoutEnv], str], name: str = "text") -> None:
        self.write = write
        self.name = name

    def respond(self, envs: Sequence[RoomLayoutEnv]) -> list[str]:
        """Return an answer for each env."""
        return [self.write(env) for env in envs]


POLICIES: dict[str, Callable[..., Policy]] = {
    "random": RandomPolicy,
    "solver": SolverPolicy,
    "witness": WitnessPolicy,
}
"""Policies by name."""


MODEL_OPTIONS = ("max_new_tokens", "temperature", "seed", "batch_size")
"""Options of a model as policy; see `spatialenv.evaluation.model_policy.ModelPolicy`."""


def make_policy(spec: str | Path | Policy, **options: Any) -> Policy:
    """Return a policy.

    Args:
        spec: A name of `POLICIES`, a model folder, a hub name ``"owner/model"``, or a policy, which is
            returned as it is.
        options: Keyword arguments of the named policy (``seed``, ``grid``) or of a model (`MODEL_OPTIONS`).

    Raises:
        UnknownNameError: If the name or an option is unknown.
        InputError: If the folder or hub name holds no vision-language model.
        MissingExtraError: If a model is asked for without the extra ``train``.

    Example:
        >>> make_policy("random", seed=3).name
        'random'
    """
    if not isinstance(spec, (str, Path)):
        if not isinstance(spec, Policy):
            raise InputError(f"`policy` is a {type(spec).__name__}; give a name or an object with `name` and `respond`")
        return spec
    name = str(spec)
    is_model = isinstance(spec, Path) or (name not in POLICIES and _may_be_model(name))
    if name not in POLICIES and _looks_like_path(name) and not Path(name).is_dir():
        raise InputError(f"the folder {name!r} does not exist; give a model folder, or one of {', '.join(POLICIES)}")
    if name not in POLICIES and not is_model:
        raise unknown_name("policy", name, [*POLICIES, "a model folder", "a hub name 'owner/model'"])
    known = MODEL_OPTIONS if is_model else {"random": ("seed", "grid"), "solver": ("seed",), "witness": ()}[name]
    for key in options:
        if key not in known:
            raise unknown_name(f"option of the policy {name!r}", key, known)
    if is_model:
        from spatialenv.evaluation.model_policy import ModelPolicy

        return ModelPolicy.load(spec, **options)
    return POLICIES[name](**options)


def _looks_like_path(name: str) -> bool:
    """Whether `name` can only be meant as a folder: no hub name begins so, or its parent folder is here."""
    return name.startswith(("/", ".", "~")) or ("/" in name and Path(name.partition("/")[0]).is_dir())


def _may_be_model(name: str) -> bool:
    """Whether `name` is a folder or has the form of a hub name."""
    return name != "" and (Path(name).is_dir() or re.fullmatch(r"[\w.-]+/[\w.-]+", name) is not None)
