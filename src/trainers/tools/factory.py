"""What TRL's own trainer is given for training by tools: a factory of environments, rows, and a function that logs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from spatialenv.envs.rules import Rules
from spatialenv.errors import InputError, require, unknown_name
from spatialenv.renderers.base import close_renderer
from spatialenv.rewards.trajectory import Trajectory, TrajectorySpec, make_trajectory
from spatialenv.tasks import TaskSpec
from spatialenv.trainers.tools.environments import ToolEnvironment, calls_of, episode_of, tool_names, tools_class
from spatialenv.trainers.tools.texts import PICTURE_MODES, Content, PictureMode

if TYPE_CHECKING:
    from datasets import Dataset

MAX_CALLS = 24
"""Calls an episode, where nothing else is said."""


class LayoutToolsFactory:
    """Makes environments that share tasks, reward and renderer; see `layout_tools`.

    Attributes:
        rules: What is played by.
        environment: The class that is made.
    """

    def __init__(self, rules: Rules, picture: PictureMode, trajectory: Trajectory | None) -> None:
        self.rules = rules
        self.picture = picture
        self.trajectory = trajectory
        self.environment: type[ToolEnvironment] = tools_class(rules.yaw)

    def __call__(self) -> ToolEnvironment:
        """Return a fresh environment."""
        return self.environment(self.rules, self.picture, self.trajectory)

    @property
    def tools(self) -> list[Callable[..., Content]]:
        """The tools of an environment, bound to one of their own: for schemas, not for playing."""
        made = self()
        return [getattr(made, name) for name in tool_names(self.environment)]

    def close(self) -> None:
        """End the processes that the renderer holds, if any."""
        close_renderer(self.rules.renderer)


def layout_tools(
    tasks: TaskSpec = "procedural",
    *,
    picture: PictureMode = "call",
    trajectory: TrajectorySpec = "return",
    max_turns: int = MAX_CALLS,
    **env: Any,
) -> LayoutToolsFactory:
    """Return a factory of environments with tools: `trl.GRPOTrainer(environment_factory=layout_tools("easy"), ...)`.

    The tools are ``place, move, swap, submit`` and, where yaws are free, ``rotate``; metres and degrees. A faulty
    call is answered with what was wrong, uses up a turn, and scores as an unusable answer does.

    Args:
        tasks: As in `RoomLayoutEnv`.
        picture: When the model is shown the room: ``"call"`` at first and after each call, ``"submit"`` at first and
            at the end, ``"none"`` never, for models that read text alone: then nothing is drawn, unless the reward
            may look at pictures (`spatialenv.rewards.base.looks_at_pictures`).
        trajectory: The episode's reward from its turns: ``"return"`` is the sum of step rewards (the last score, with
            the reward mode ``"delta"``), else a rule of `spatialenv.rewards.make_trajectory` over the scores.
        max_turns: Calls an episode, at least 1.
        env: Further arguments of `RoomLayoutEnv`: ``reward, renderer, views, size, feedback, yaw``, ...

    Raises:
        InputError: If a value is not allowed.
        UnknownNameError: If a name is not known.

    Example:
        >>> room = layout_tools("easy", picture="none", yaw="free")()
        >>> room.reset(seed=0)[:18]
        'Furnish this room:'
        >>> print(room.move("sofa_9", dx=0.5))
        The answer could not be used: the scene has no object 'sofa_9'.
        23 calls are left.
        >>> room.get_reward()
        0.0
    """
    if picture not in PICTURE_MODES:
        raise unknown_name("`picture`", picture, PICTURE_MODES)
    if "actions" in env:
        raise InputError("`actions` is what tools are made of and cannot be set here; leave it out")
    rule = None if trajectory == "return" else make_trajectory(trajectory)
    return LayoutToolsFactory(Rules(tasks=tasks, max_turns=max_turns, actions="edits", **env), picture, rule)


def tool_dataset(count: int, start: int = 0) -> Dataset:
    """Return rows for `trl.GRPOTrainer`: `count` seeds from `start`, each with an empty prompt that `reset` fills."""
    if count < 1:
        raise InputError(f"`count` is {count!r}; it must be at least 1")
    datasets: Any = require("datasets", "train", "training by tools")
    prompt = [{"role": "user", "content": ""}]
    made: Dataset = datasets.Dataset.from_dict({"prompt": [prompt] * count, "seed": list(range(start, start + count))})
    return made


def log_episodes(
    environments: Sequence[ToolEnvironment], log_metric: Callable[[str, float], None], **_: Any
) -> list[float | None]:
    """Log shares of episodes and of calls; a reward function for TRL whose weight is to be 0.

    It comes before the environments' own reward, so episodes are ended here.
    """
    for environment in environments:
        environment.get_reward()
    calls = [calls_of(environment) for environment in environments]
    played = [
        episode.turns if made else ()  # a model that never called is credited with nothing that stood before
        for episode, made in zip(map(episode_of, environments), calls, strict=True)
        if episode.failure is None
    ]
    figures: dict[str, Sequence[float]] = {
        "final/valid_layout_rate": [bool(turns) and turns[-1].status["valid"] for turns in played],
        "final/clean_rate": [bool(turns) and turns[-1].status["clean"] for turns in played],
        "final/score": [turns[-1].score if turns else 0.0 for turns in played],
        "episodes/turns": [len(turns) for turns in played],
        "episodes/failed": [0.0] * len(played) + [1.0] * (len(environments) - len(played)),
        "tools/fault_rate": [bool(call.faults) for made in calls for call in made],
    }
    for name, values in figures.items():
        if values:
            log_metric(name, float(sum(values)) / len(values))
    return [0.0] * len(environments)
