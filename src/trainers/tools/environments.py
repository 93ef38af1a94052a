"""Layout as tools to call: an environment for stock `trl.GRPOTrainer(environment_factory=...)`.

A call is a turn of `RoomLayoutEnv(actions="edits")` with one operation, so that scenes, rewards, feedback and records
are those of the text route, and a record of calls can be replayed there. TRL finds the tools by looking for public
methods, so an environment here has no others; what code needs of it are functions of this package.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from numbers import Integral
from typing import Any, Concatenate, ParamSpec, TypeVar

from spatialenv.core.episode import Episode
from spatialenv.core.scene import Scene
from spatialenv.envs.play import Play, score_plays
from spatialenv.envs.rules import Rules
from spatialenv.errors import InputError
from spatialenv.rewards.base import looks_at_pictures
from spatialenv.rewards.trajectory import Trajectory
from spatialenv.trainers.tools.texts import (
    OVER,
    SUBMITTED,
    Content,
    PictureMode,
    opening_content,
    read_call,
    result_content,
)

P = ParamSpec("P")
E = TypeVar("E", bound="_Environment")


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a tool and what came of it.

    Attributes:
        name: The tool.
        arguments: As the model gave them.
        turn: The turn of the episode that it was, or None where the episode was over.
        faults: What was wrong with it; empty where it was made as asked.
    """

    name: str
    arguments: Mapping[str, Any]
    turn: int | None
    faults: tuple[str, ...]


def _tool(declared: Callable[Concatenate[E, P], Content]) -> Callable[Concatenate[E, P], Content]:
    """Turn a declaration into a tool that takes whatever a model passes it: its faults are told, and never raised."""
    names = list(inspect.signature(declared).parameters)[1:]

    @functools.wraps(declared)
    def call(self: E, /, *args: P.args, **kwargs: P.kwargs) -> Content:
        return self._call(declared.__name__, {**dict(zip(names, args, strict=False)), **kwargs})

    return call


class _Environment:
    """What is common to the environments with tools: `layout_tools` makes them."""

    def __init__(self, rules: Rules, picture: PictureMode, trajectory: Trajectory | None) -> None:
        self._play = Play(rules)
        self._picture: PictureMode = picture
        self._is_drawn = picture != "none" or looks_at_pictures(rules.reward)
        self._trajectory = trajectory
        self._calls: list[Call] = []
        self._error: Exception | None = None

    # --- what TRL calls --------------------------------------------------------------------------

    def reset(self, seed: int | None = None, **row: Any) -> Content:
        """Start the episode of a dataset's row and return what the model is shown first.

        Args:
            seed: Seed of the scene, a whole number; all rows of a group have the same.
            row: Its other columns, which are not used.

        Raises:
            InputError: If the row has no seed, or it is no whole number.
        """
        if seed is None:
            raise InputError("the row has no `seed`, which says what scene is played; make rows with tool_dataset()")
        if isinstance(seed, bool) or not isinstance(seed, Integral):
            raise InputError(f"`seed` is {seed!r:.60}; it must be a whole number: make rows with tool_dataset()")
        play = self._play
        self._calls, self._error = [], None
        play.begin(play.rules.tasks.sample(int(seed)), int(seed))
        if self._is_drawn:
            play.draw()
        return opening_content(play, self._picture)

    def get_reward(self) -> float | None:
        """Return the episode's reward, or None where a renderer or judge failed: it is then left out.

        An episode whose model stopped calling tools is submitted as it stands. One without any call has 0, or what
        that is worth where it is less: with rewards below 0, too, silence does not pay.

        Raises:
            InputError: If no episode has begun.
        """
        if self._error is not None:
            raise self._error
        play = self._play
        if not play.is_over:
            self._answer(SUBMITTED)
        episode = play.episode()
        if episode.failure is not None:
            return None
        if self._trajectory is not None:
            earned = self._trajectory([turn.score for turn in episode.turns])
        else:
            earned = float(sum(turn.reward for turn in episode.turns))
        return earned if self._calls else min(earned, 0.0)

    # --- tools that all environments have ----------------------------------------------------------

    @_tool
    def move(self, object_id: str, dx: float = 0.0, dy: float = 0.0, dz: float = 0.0) -> Content:
        """Move an object that has a place by so many metres.

        Args:
            object_id: Its id, as in the list of objects.
            dx: Metres to the east; to the west if negative.
            dy: Metres to the north; to the south if negative.
            dz: Metres up; down if negative.
        """
        raise NotImplementedError

    @_tool
    def swap(self, object_id: str, other_id: str) -> Content:
        """Let two objects exchange their x and y. Each keeps its z and yaw.

        Args:
            object_id: The id of one object.
            other_id: The id of the other.
        """
        raise NotImplementedError

    @_tool
    def submit(self) -> Content:
        """Say that the layout is done. No further call is read."""
        raise NotImplementedError

    # --- inside --------------------------------------------------------------------------------------

    def _call(self, name: str, given: Mapping[str, Any]) -> Content:
        play = self._play
        if not play.has_begun:
            raise InputError(f"{name} was called before any episode: call reset(seed=...) first")
        if play.is_over:
            self._calls.append(Call(name, given, None, ("the episode was over",)))
            return OVER
        text, faults = read_call(type(self), name, given, is_lenient=play.rules.parse_mode == "lenient")
        turn = len(play.answers)
        try:
            self._answer(text)
        except Exception as error:  # TRL would tell it to the model and train on; `get_reward` raises it again
            self._error = error
            raise
        wrong = tuple(issue.message for issue in play.answers[-1].issues if not issue.is_repair)
        self._calls.append(Call(name, given, turn, faults + wrong))
        return result_content(play, self._picture, faults)

    def _answer(self, text: str) -> None:
        play = self._play
        play.answer(text)
        if self._is_drawn:
            play.draw()
        play.finish(score_plays([play])[0])


class LayoutTools(_Environment):
    """Tools for rooms whose objects may be turned; made by `layout_tools`."""

    @_tool
    def place(self, object_id: str, x: float, y: float, z: float, yaw: float | None = None) -> Content:
        """Put the centre of an object's box at a point of the room, whether it has a place yet or not.

        Args:
            object_id: Its id, as in the list of objects.
            x: Metres east of the origin, which is the south-west corner of the floor's bounding box.
            y: Metres north of the origin.
            z: Metres from the floor up to the centre: half its height for an object that stands on the floor.
            yaw: Where its front looks, degrees counter-clockwise from north; left out, it stays as it is.
        """
        raise NotImplementedError

    @_tool
    def rotate(self, object_id: str, yaw: float | None = None, dyaw: float | None = None) -> Content:
        """Turn an object that has a place about its vertical axis: give either yaw or dyaw.

        Args:
            object_id: Its id, as in the list of objects.
            yaw: Where its front is to look, degrees counter-clockwise from north, seen from above.
            dyaw: Degrees to turn by, counter-clockwise; clockwise if negative.
        """
        raise NotImplementedError


class FixedYawLayoutTools(_Environment):
    """Tools for rooms whose objects keep their yaws; made by `layout_tools`."""

    @_tool
    def place(self, object_id: str, x: float, y: float, z: float) -> Content:
        """Put the centre of an object's box at a point of the room, with a place before or not; it is not turned.

        Args:
            object_id: Its id, as in the list of objects.
            x: Metres east of the origin, which is the south-west corner of the floor's bounding box.
            y: Metres north of the origin.
            z: Metres from the floor up to the centre: half its height for an object that stands on the floor.
        """
        raise NotImplementedError


ToolEnvironment = LayoutTools | FixedYawLayoutTools
"""What a factory makes."""


def tool_names(environment: type) -> list[str]:
    """Return the names of an environment's tools, as TRL finds them.

    Example:
        >>> tool_names(LayoutTools)
        ['move', 'place', 'rotate', 'submit', 'swap']
    """
    functions = inspect.getmembers(environment, predicate=inspect.isfunction)
    return [name for name, _ in functions if not name.startswith("_") and name not in ("reset", "get_reward")]


def tools_class(yaw: str) -> type[ToolEnvironment]:
    """Return the environment for rooms whose yaws are ``"free"`` or ``"fixed"``."""
    return LayoutTools if yaw == "free" else FixedYawLayoutTools


def episode_of(environment: ToolEnvironment) -> Episode:
    """Return a record of the episode so far, as `RoomLayoutEnv.episode` does."""
    return environment._play.episode()


def calls_of(environment: ToolEnvironment) -> tuple[Call, ...]:
    """Return the calls of the episode so far, those too that were not read."""
    return tuple(environment._calls)


def scene_of(environment: ToolEnvironment) -> Scene:
    """Return the scene being played."""
    return environment._play.scene
