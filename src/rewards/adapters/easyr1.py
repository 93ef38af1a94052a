"""Rewards for EasyR1: a file for `worker.reward.reward_function`, and a function made in Python.

EasyR1 loads `compute_score` from the path of this file and reads the two constants beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from spatialenv.core.parse import YawMode
from spatialenv.core.score import Transition
from spatialenv.errors import InputError
from spatialenv.rewards.adapters.texts import FailureMode, TextScorer, check_failure_mode, read_scene, scorer_for
from spatialenv.rewards.registry import RewardSpec

REWARD_NAME = "spatialenv"
"""Under which EasyR1 reports this file."""

REWARD_TYPE = "batch"
"""EasyR1 gives all answers of a batch at once."""


def to_easyr1(reward: RewardSpec, *, yaw: YawMode = "fixed", on_failure: FailureMode = "raise") -> EasyR1Reward:
    """Return `reward` as a batch reward function of EasyR1.

    In the file that EasyR1 loads, set ``compute_score = to_easyr1(...)``; its `REWARD_TYPE` is ``"batch"``, which
    is also what EasyR1 takes for granted.

    Args:
        reward: A reward, or what `make_reward` takes.
        yaw: ``"free"`` when answers may state the yaw, as in `parse_answer`.
        on_failure: What a judge, a renderer or a simulation that fails means. ``"raise"``: training stops.
            ``"nan"``: that answer's reward is NaN, which drops its whole group where
            ``algorithm.online_filtering`` is on, and spoils the step where it is off.

    Returns:
        A function ``(reward_inputs) -> list of dicts``, one for each input: ``overall``, the reward; its
        components; ``format, valid, clean``. ``ground_truth`` of an input holds the scene: what `write_scene`
        writes, as text. One input, not in a list, gives one dict.

    Raises:
        UnknownNameError: If there is no such reward.
        InputError: If `on_failure` is neither.

    Example:
        >>> from spatialenv.core.room import Room
        >>> from spatialenv.core.scene import Scene, SceneObject
        >>> scene = Scene(Room.rectangle(6, 4, 3), (SceneObject(id="cube_1", category="cube", size=(1, 1, 1)),))
        >>> answer = '<think></think><answer>[{"new_object_id": "cube_1", "x": 3, "y": 2, "z": 0.5}]</answer>'
        >>> to_easyr1("boundary")([{"response": answer, "response_length": 40, "ground_truth": scene}])
        [{'overall': 1.0, 'boundary': 1.0, 'format': 1.0, 'valid': 1.0, 'clean': 1.0}]
    """
    return EasyR1Reward(TextScorer(reward, yaw), check_failure_mode(on_failure))


class EasyR1Reward:
    """A reward function as EasyR1 calls it; made by `to_easyr1`.

    Attributes:
        __name__: The reward's name.
    """

    def __init__(self, scorer: TextScorer, on_failure: FailureMode) -> None:
        self.__name__ = scorer.reward.name
        self._scorer = scorer
        self._on_failure = on_failure

    def __call__(
        self, reward_inputs: Sequence[Mapping[str, Any]] | Mapping[str, Any]
    ) -> list[dict[str, float]] | dict[str, float]:
        """Return the figures of each answer, scored together.

        Raises:
            InputError: If a scene is missing or cannot be read; the message names the row.
            BackendError: If a judge, a renderer or a simulation failed and failures are to raise.
        """
        if isinstance(reward_inputs, Mapping):
            return self._rows([reward_inputs])[0]
        return self._rows(reward_inputs)

    def _rows(self, inputs: Sequence[Mapping[str, Any]]) -> list[dict[str, float]]:
        transitions = [self._transition(one, row) for row, one in enumerate(inputs)]
        return self._scorer.figures(transitions, "overall", self._on_failure)

    def _transition(self, one: Mapping[str, Any], row: int) -> Transition:
        if one.get("ground_truth") in (None, ""):
            raise InputError(
                f"row {row} has no scene: put what write_scene writes, as text, into the dataset's column that "
                "`data.answer_key` names"
            )
        return self._scorer.transition(
            one.get("response"), read_scene(one["ground_truth"], f"ground_truth of row {row}")
        )


def compute_score(
    reward_inputs: Sequence[Mapping[str, Any]] | Mapping[str, Any],
    *,
    reward: RewardSpec = "physics",
    yaw: YawMode = "fixed",
    on_failure: FailureMode = "raise",
) -> list[dict[str, float]] | dict[str, float]:
    """Return the figures of each answer: the function that EasyR1's configuration names.

    `reward`, `yaw` and `on_failure` come from ``worker.reward.reward_function_kwargs``; for the rest see `to_easyr1`.
    """
    return EasyR1Reward(scorer_for(reward, yaw), check_failure_mode(on_failure))(reward_inputs)
