"""Rewards for verl: a function for `reward.custom_reward_function`, and one made in Python.

verl loads the function `compute_score` of this module by path: ``pkg://spatialenv.rewards.adapters.verl``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from spatialenv.core.parse import YawMode
from spatialenv.core.scene import Scene
from spatialenv.errors import InputError
from spatialenv.rewards.adapters.texts import TextScorer, read_scene, scorer_for
from spatialenv.rewards.registry import RewardSpec


def to_verl(reward: RewardSpec, *, yaw: YawMode = "fixed") -> VerlReward:
    """Return `reward` as a function that verl calls for each answer.

    Args:
        reward: A reward, or what `make_reward` takes.
        yaw: ``"free"`` when answers may state the yaw, as in `parse_answer`.

    Returns:
        A function ``(data_source, solution_str, ground_truth, extra_info=None, **others) -> dict``. The scene is
        what `write_scene` writes, as text, in `ground_truth`, else in ``extra_info["scene"]``. The dict holds
        ``score``, the reward; its components; ``format, valid, clean``: plain floats under the same names each
        time, which verl logs. It pickles, and several threads may call it.

    Raises:
        UnknownNameError: If there is no such reward.

    Example:
        >>> from spatialenv.core.room import Room
        >>> from spatialenv.core.scene import SceneObject
        >>> scene = Scene(Room.rectangle(6, 4, 3), (SceneObject(id="cube_1", category="cube", size=(1, 1, 1)),))
        >>> answer = '<think></think><answer>[{"new_object_id": "cube_1", "x": 3, "y": 2, "z": 0.5}]</answer>'
        >>> to_verl("boundary")("rooms", answer, scene)
        {'score': 1.0, 'boundary': 1.0, 'format': 1.0, 'valid': 1.0, 'clean': 1.0}
    """
    return VerlReward(TextScorer(reward, yaw))


class VerlReward:
    """A reward function as verl calls it; made by `to_verl`.

    Attributes:
        __name__: The reward's name.
    """

    def __init__(self, scorer: TextScorer) -> None:
        self.__name__ = scorer.reward.name
        self._scorer = scorer

    def __call__(
        self,
        data_source: str,
        solution_str: str,
        ground_truth: Any,
        extra_info: Mapping[str, Any] | None = None,
        **others: Any,
    ) -> dict[str, float]:
        """Return the figures of an answer; `others`, as the router's address, are not used.

        Raises:
            InputError: If the row has no scene, or one that cannot be read; the message names the row.
            BackendError: If a judge, a renderer or a simulation failed. There is no number that says so: verl's
                trainers take NaN for a reward.
        """
        transition = self._scorer.transition(solution_str, _scene(data_source, ground_truth, extra_info or {}))
        return self._scorer.figures([transition], "score")[0]


def compute_score(
    data_source: str,
    solution_str: str,
    ground_truth: Any,
    extra_info: Mapping[str, Any] | None = None,
    *,
    reward: RewardSpec = "physics",
    yaw: YawMode = "fixed",
    **others: Any,
) -> dict[str, float]:
    """Return the figures of an answer: the function that verl's configuration names.

    `reward` and `yaw` come from ``reward.custom_reward_function.reward_kwargs``; for the rest see `to_verl`.
    """
    return VerlReward(scorer_for(reward, yaw))(data_source, solution_str, ground_truth, extra_info, **others)


def _scene(data_source: str, ground_truth: Any, extra_info: Mapping[str, Any]) -> Scene:
    """Return the scene of a row: `ground_truth`, or where that is empty what `extra_info` holds."""
    is_given = ground_truth is not None and ground_truth != ""
    value = ground_truth if is_given else extra_info.get("scene")
    index = extra_info.get("index")
    row = f"{data_source!r}" if index is None else f"row {index} of {data_source!r}"
    if value is None:
        raise InputError(
            f"{row} has no scene: put what write_scene writes, as text, into reward_model.ground_truth "
            "or extra_info.scene"
        )
    return read_scene(value, f"{'ground_truth' if is_given else 'extra_info.scene'} of {row}")
