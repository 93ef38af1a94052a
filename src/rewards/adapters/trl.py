"""Rewards for TRL's `GRPOTrainer`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from spatialenv.core.episode import Turn
from spatialenv.core.parse import YawMode
from spatialenv.errors import BackendError, InputError
from spatialenv.rewards.adapters.texts import TextScorer, read_scene
from spatialenv.rewards.base import Reward
from spatialenv.rewards.registry import RewardSpec, make_reward
from spatialenv.rewards.trajectory import Trajectory, TrajectorySpec, make_trajectory


def to_trl(
    reward: RewardSpec,
    scenes: str | None = None,
    *,
    yaw: YawMode = "fixed",
    trajectory: TrajectorySpec = "last",
) -> TrlReward:
    """Return `reward` as a reward function for TRL: for `GRPOTrainer(reward_funcs=[...])`.

    Args:
        reward: A reward, or what `make_reward` takes.
        scenes: Name of the dataset's column that holds each row's scene: what `write_scene` writes, as text
            or as a dict, or a `Scene`. Leave it out when the trainer hands over environments of this package.
        yaw: ``"free"`` when answers may state the yaw, as in `parse_answer`.
        trajectory: How the scores of an environment's turns become one, as in `make_trajectory`; without
            environments there is one turn.

    Returns:
        A function ``(prompts, completions, **columns) -> list``. With `scenes` each completion is parsed
        as an answer and scored. Without, each environment's scores are used: those it gave when it plays
        for this same reward, else its component of that name.

    Raises:
        UnknownNameError: If there is no such reward or rule.

    Example:
        >>> from spatialenv.core.room import Room
        >>> from spatialenv.core.scene import Scene, SceneObject
        >>> scene = Scene(Room.rectangle(6, 4, 3), (SceneObject(id="cube_1", category="cube", size=(1, 1, 1)),))
        >>> answer = '<think></think><answer>[{"new_object_id": "cube_1", "x": 3, "y": 2, "z": 0.5}]</answer>'
        >>> physics = to_trl("physics", scenes="scene")
        >>> physics.__name__, physics(prompts=["", ""], completions=[answer, "no idea"], scene=[scene, scene])
        ('physics', [1.0, 0.0])
    """
    return TrlReward(make_reward(reward), scenes, yaw, make_trajectory(trajectory))


class TrlReward:
    """A reward function as TRL calls it; made by `to_trl`.

    Attributes:
        __name__: The reward's name, under which TRL logs it.
    """

    def __init__(self, reward: Reward, scenes: str | None, yaw: YawMode, trajectory: Trajectory) -> None:
        self.__name__ = reward.name
        self._reward = reward
        self._scenes = scenes
        self._trajectory = trajectory
        self._scorer = TextScorer(reward, yaw)

    def __call__(self, prompts: Sequence[Any], completions: Sequence[Any], **columns: Any) -> list[float | None]:
        """Return a reward for each completion.

        None, which TRL leaves out, where a judge or a renderer failed. Nothing that a model writes raises.

        Args:
            prompts: Prompts, as TRL gives them.
            completions: Texts, or lists of chat messages.
            **columns: The dataset's columns and what else TRL hands over.

        Raises:
            InputError: If there are neither scenes nor environments of this package to score by.
            FileFormatError: If a row's scene cannot be read.
        """
        if self._scenes is not None:
            if self._scenes not in columns:
                raise InputError(
                    f"`scenes` names the column {self._scenes!r}, which the dataset does not have; "
                    f"it has: {', '.join(sorted(columns)) or 'none'}"
                )
            return self._score_texts(completions, columns[self._scenes])
        environments = columns.get("environments")
        if environments is None:
            raise InputError(
                f"the reward {self.__name__!r} was given no environments: name the dataset's column of scenes, "
                f"to_trl({self.__name__!r}, scenes='scene')"
            )
        return [self._score_environment(environment) for environment in environments]

    def _score_texts(self, completions: Sequence[Any], scenes: Sequence[Any]) -> list[float | None]:
        transitions = [
            self._scorer.transition(completion, read_scene(value, f"row {row} of the column {self._scenes!r}"))
            for row, (completion, value) in enumerate(zip(completions, scenes, strict=True))
        ]
        scores = self._scorer.scores(transitions)
        return [None if isinstance(score, BackendError) else score.value for score in scores]

    def _score_environment(self, environment: Any) -> float | None:
        inner = getattr(environment, "unwrapped", environment)
        played = getattr(inner, "reward", None)
        if not isinstance(played, Reward) or not callable(getattr(inner, "episode", None)):
            raise InputError(
                f"the trainer's environments are {type(inner).__name__}, which keep no episode of this package; "
                f"name the dataset's column of scenes instead: to_trl({self.__name__!r}, scenes='scene')"
            )
        episode = inner.episode()
        if episode.failure is not None:
            return None
        if not episode.turns:
            return 0.0
        return self._trajectory([self._value(turn, played) for turn in episode.turns])

    def _value(self, turn: Turn, played: Reward) -> float:
        """Return what a turn earned in this reward."""
        if played.version == self._reward.version:
            return float(turn.score)
        if self.__name__ in turn.components:
            return float(turn.components[self.__name__])
        if set(turn.components) <= {"format"}:  # an answer that could not be used: the env scores it 0
            return 0.0
        raise InputError(
            f"the environments play for {played.name!r}, which has no component {self.__name__!r}; "
            f"give to_trl their own reward or one of: {', '.join(sorted(turn.components))}"
        )
