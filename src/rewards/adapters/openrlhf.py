"""Rewards for OpenRLHF: a file for `--reward.remote_url`, and a function made in Python.

OpenRLHF loads `reward_func` from the path of this file; it is then the reward `physics`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from spatialenv.core.parse import YawMode
from spatialenv.core.score import Transition
from spatialenv.errors import InputError, require
from spatialenv.rewards.adapters.texts import FailureMode, TextScorer, check_failure_mode, read_scene, scorer_for
from spatialenv.rewards.registry import RewardSpec

END_TOKENS = ("<|im_end|>", "<|endoftext|>", "<|eot_id|>", "<|end|>", "<end_of_turn>", "<eos>", "<pad>", "</s>")
"""What models write where their turn ends: OpenRLHF decodes these too."""


LEAST_END = 8
"""Characters of a prompt's end by which it is known again."""


def to_openrlhf(
    reward: RewardSpec,
    *,
    yaw: YawMode = "fixed",
    on_failure: FailureMode = "raise",
    end_tokens: Sequence[str] = END_TOKENS,
) -> OpenRLHFReward:
    """Return `reward` as a reward function of OpenRLHF.

    In the file that ``--reward.remote_url`` names: ``reward_func = to_openrlhf(...)``.

    Args:
        reward: A reward, or what `make_reward` takes.
        yaw: ``"free"`` when answers may state the yaw, as in `parse_answer`.
        on_failure: What a judge, a renderer or a simulation that fails means. ``"raise"``: OpenRLHF writes the
            reason to its log and stops when it comes to the missing reward. ``"nan"``: that answer's reward is NaN,
            which with ``--algo.dynamic_filtering_enable`` drops its whole group and draws another prompt, and
            without it spoils the step.
        end_tokens: What is taken off the end of a response.

    Returns:
        A function ``(queries, prompts, labels, **others) -> dict`` of ``rewards`` and ``scores``, tensors of shape
        ``(n,)``, and ``extra_logs``, such a tensor for each component, ``format, valid, clean``. A query is
        the prompt and the response; a label is the scene: what `write_scene` writes, as text.

    Raises:
        UnknownNameError: If there is no such reward.
        InputError: If `on_failure` is neither.

    Example:
        >>> reward_func = to_openrlhf("boundary")
        >>> reward_func.__name__
        'boundary'
    """
    return OpenRLHFReward(TextScorer(reward, yaw), check_failure_mode(on_failure), end_tokens)


class OpenRLHFReward:
    """A reward function as OpenRLHF calls it; made by `to_openrlhf`.

    Attributes:
        __name__: The reward's name.
    """

    def __init__(self, scorer: TextScorer, on_failure: FailureMode, end_tokens: Sequence[str] = END_TOKENS) -> None:
        self.__name__ = scorer.reward.name
        self._scorer = scorer
        self._on_failure = on_failure
        self._end_tokens = tuple(end_tokens)

    def __call__(
        self, queries: Sequence[str], prompts: Sequence[str], labels: Sequence[Any], **others: Any
    ) -> dict[str, Any]:
        """Return the reward of each query, scored together.

        Raises:
            InputError: If a label holds no scene, or one that cannot be read; the message names the row.
            BackendError: If a judge, a renderer or a simulation failed and failures are to raise.
            MissingExtraError: If torch is not installed.
        """
        torch = require("torch", "train", "a reward function of OpenRLHF")
        rows = self._scorer.figures(
            [
                self._transition(row, query, prompt, label)
                for row, (query, prompt, label) in enumerate(zip(queries, prompts, labels, strict=True))
            ],
            "rewards",
            self._on_failure,
        )
        names = rows[0] if rows else ()
        columns = {name: torch.tensor([row[name] for row in rows], dtype=torch.float32) for name in names}
        rewards = columns.pop("rewards", torch.zeros(0))
        return {"rewards": rewards, "scores": rewards.clone(), "extra_logs": columns}

    def _transition(self, row: int, query: str, prompt: str, label: Any) -> Transition:
        if label in (None, ""):
            raise InputError(
                f"row {row} has no scene: put what write_scene writes, as text, into the dataset's column that "
                "--data.label_key names"
            )
        scene = read_scene(label, f"label of row {row}")
        return self._scorer.transition(response_of(query, prompt, self._end_tokens), scene)


def reward_func(queries: Sequence[str], prompts: Sequence[str], labels: Sequence[Any], **others: Any) -> dict[str, Any]:
    """Return the reward `physics` of each query: the function that OpenRLHF looks for; see `to_openrlhf`."""
    return OpenRLHFReward(scorer_for("physics"), "raise")(queries, prompts, labels, **others)


def response_of(query: str, prompt: str, end_tokens: Sequence[str] = END_TOKENS) -> str:
    """Return what stands in `query` after the prompt, without end tokens.

    The query is decoded from tokens and need not begin with the prompt as it was written: a long prompt is cut at
    its left, a picture's placeholder is repeated, special tokens come in. So the longest end of the prompt that the
    query has is taken, where it first stands. Where that is shorter than `LEAST_END` the prompt is not there, and
    all of the query is the response.

    Example:
        >>> response_of("<s>Furnish. Assistant: [1]</s>", "Furnish. Assistant:")
        '[1]'
    """
    least, most = 0, len(prompt)  # an end of the prompt that is there, and one that is too long or all of it
    while least < most:
        middle = (least + most + 1) // 2
        if prompt[len(prompt) - middle :] in query:
            least = middle
        else:
            most = middle - 1
    end = prompt[len(prompt) - least :] if least >= min(LEAST_END, len(prompt)) else ""
    response = query[query.index(end) + len(end) :].strip()
    while ended := next((token for token in end_tokens if token and response.endswith(token)), ""):
        response = response.removesuffix(ended).rstrip()
    return response
