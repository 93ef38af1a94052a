"""The rules of an environment: what its keyword arguments say, checked once and shared by all its episodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from spatialenv.envs.prompt import ACTION_MODES, FEEDBACK_MODES, ActionMode, FeedbackMode, YawMode
from spatialenv.envs.result import describe_part
from spatialenv.errors import InputError, unknown_name
from spatialenv.renderers import Renderer, make_renderer
from spatialenv.renderers.base import check_size
from spatialenv.renderers.camera import CameraSpec, CheckedCamera, check_cameras, describe_camera
from spatialenv.rewards.base import Reward
from spatialenv.rewards.registry import make_reward
from spatialenv.tasks import TaskSource, TaskSpec, make_tasks

ParseMode = Literal["lenient", "strict"]
RewardMode = Literal["delta", "score", "final"]
REWARD_MODES = ("delta", "score", "final")
YAW_MODES = ("fixed", "free")


class Rules:
    """What the keyword arguments of `RoomLayoutEnv` say, which see; its parts are made and its values checked.

    Attributes:
        settings: The arguments, tasks apart, as a record keeps them.

    Raises:
        InputError: If a value is not allowed.
        UnknownNameError: If a name is not known.

    Example:
        >>> Rules(tasks="easy", size=[64, 48]).settings["size"]
        [64, 48]
    """

    def __init__(
        self,
        tasks: TaskSpec = "procedural",
        reward: str | Path | Mapping[str, Any] | Reward = "physics",
        renderer: str | Mapping[str, Any] | Renderer = "fast",
        max_turns: int = 3,
        views: Sequence[CameraSpec] = ("corner", "top"),
        size: Sequence[int] = (256, 256),
        labels: bool = True,
        mark_violations: bool = False,
        mark_relations: bool = False,
        mark_moves: bool = False,
        feedback: FeedbackMode = "moves",
        reward_mode: RewardMode = "delta",
        yaw: YawMode | None = None,
        parse_mode: ParseMode = "lenient",
        actions: ActionMode = "layout",
    ) -> None:
        if isinstance(max_turns, bool) or not isinstance(max_turns, int) or max_turns < 1:
            raise InputError(f"`max_turns` is {max_turns!r}; it must be a whole number of at least 1")
        for name, value, known in (
            ("feedback", feedback, FEEDBACK_MODES),
            ("reward_mode", reward_mode, REWARD_MODES),
            ("yaw", "fixed" if yaw is None else yaw, YAW_MODES),
            ("parse_mode", parse_mode, ("lenient", "strict")),
            ("actions", actions, ACTION_MODES),
        ):
            if value not in known:
                raise unknown_name(f"`{name}`", value, known)
        marks = {"mark_violations": mark_violations, "mark_relations": mark_relations, "mark_moves": mark_moves}
        for name, flag in {"labels": labels, **marks}.items():
            if not isinstance(flag, bool):
                raise InputError(f"`{name}` is {flag!r}; it must be True or False")
        self.tasks: TaskSource = make_tasks(tasks)
        self.reward: Reward = make_reward(reward)
        self.renderer: Renderer = make_renderer(renderer)
        self.max_turns = max_turns
        self.views = check_cameras(views)
        self.size = check_size(size)
        self.labels = labels
        self.mark_violations = mark_violations
        self.mark_relations = mark_relations
        self.mark_moves = mark_moves
        self.feedback: FeedbackMode = feedback
        self.reward_mode: RewardMode = reward_mode
        self.yaw: YawMode = yaw_of(self.tasks) if yaw is None else yaw
        self.parse_mode: ParseMode = parse_mode
        self.actions: ActionMode = actions
        self.settings: dict[str, Any] = {
            "reward": describe_part(reward, self.reward),
            "renderer": describe_part(renderer, self.renderer),
            "max_turns": max_turns,
            "views": [describe_camera(view) for view in self.views],
            "size": list(self.size),
            "labels": labels,
            **marks,
            "feedback": feedback,
            "reward_mode": reward_mode,
            "yaw": self.yaw,
            "parse_mode": parse_mode,
            "actions": actions,
        }


def _rule(name: str) -> Any:
    """Return a property of an env that is kept in its rules."""

    def read(env: Ruled) -> Any:
        return getattr(env.rules, name)

    def write(env: Ruled, value: Any) -> None:
        setattr(env.rules, name, value)

    return property(read, write, doc=f"The rules' `{name}`.")


class Ruled:
    """Gives an env the values of its rules as attributes of its own.

    Attributes:
        rules: The rules.
    """

    rules: Rules
    tasks: TaskSource = _rule("tasks")
    reward: Reward = _rule("reward")
    renderer: Renderer = _rule("renderer")
    max_turns: int = _rule("max_turns")
    views: tuple[CheckedCamera, ...] = _rule("views")
    size: tuple[int, int] = _rule("size")
    labels: bool = _rule("labels")
    mark_violations: bool = _rule("mark_violations")
    mark_relations: bool = _rule("mark_relations")
    mark_moves: bool = _rule("mark_moves")
    feedback: FeedbackMode = _rule("feedback")
    reward_mode: RewardMode = _rule("reward_mode")
    yaw: YawMode = _rule("yaw")
    parse_mode: ParseMode = _rule("parse_mode")
    actions: ActionMode = _rule("actions")
    settings: dict[str, Any] = _rule("settings")


def yaw_of(tasks: TaskSource) -> YawMode:
    """Return whether the scenes of `tasks` are meant to be answered with yaws: their attribute ``yaw``, else fixed."""
    yaw: YawMode = getattr(tasks, "yaw", "fixed")
    if yaw not in YAW_MODES:
        raise unknown_name(f"`yaw` of the tasks {tasks.name!r}", yaw, YAW_MODES)
    return yaw


def check_render_mode(render_mode: str | None) -> str | None:
    """Return `render_mode`, or raise InputError where it is not one of an env of this package."""
    if render_mode not in (None, "rgb_array"):
        raise InputError(f"`render_mode` is {render_mode!r}; allowed: 'rgb_array', None")
    return render_mode


def check_options(options: Mapping[str, Any] | None, known: Sequence[str]) -> Mapping[str, Any]:
    """Return the options of a reset, or raise UnknownNameError where one is not `known`."""
    options = options or {}
    for name in options:
        if name not in known:
            raise unknown_name("option of reset", name, known)
    return options
