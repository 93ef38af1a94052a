"""What the adapters share: scenes out of dataset rows, texts out of completions, scores and figures for both."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Any, Literal, get_args

from spatialenv.core.answer import ParsedAnswer
from spatialenv.core.layout import Layout
from spatialenv.core.parse import YawMode, parse_answer
from spatialenv.core.room import Room
from spatialenv.core.scene import Scene
from spatialenv.core.schema import VERSION, SceneFile
from spatialenv.core.score import Score, Transition
from spatialenv.core.violations import layout_status
from spatialenv.errors import BackendError, FileFormatError, InputError
from spatialenv.formats.native import scene_and_layout_from_json, scene_to_json
from spatialenv.rewards.base import Reward
from spatialenv.rewards.registry import RewardSpec, make_reward

FailureMode = Literal["raise", "nan"]
"""What an adapter does where a judge, a renderer or a simulation failed: raise, or give NaN for that row."""

KNOWN_SCENES = 1024
"""How many scenes are kept once read: the answers of a group share theirs."""

KNOWN_REWARDS = 32
"""How many rewards are kept once made from a description."""

_NO_SCENE = Scene(room=Room.rectangle(1.0, 1.0, 1.0), objects=())


class TextScorer:
    """Scores texts as answers, each to the scene of its row.

    Args:
        reward: A reward, or what `make_reward` takes.
        yaw: ``"free"`` when answers may state the yaw, as in `parse_answer`.

    Attributes:
        reward: The reward.

    Raises:
        UnknownNameError: If there is no such reward.
        InputError: If `yaw` is neither.

    Example:
        >>> from spatialenv.core.room import Room
        >>> from spatialenv.core.scene import SceneObject
        >>> scene = Scene(Room.rectangle(6, 4, 3), (SceneObject(id="cube_1", category="cube", size=(1, 1, 1)),))
        >>> answer = '<think></think><answer>[{"new_object_id": "cube_1", "x": 3, "y": 2, "z": 0.5}]</answer>'
        >>> scorer = TextScorer("boundary")
        >>> scorer.figures([scorer.transition(answer, scene)], "score")
        [{'score': 1.0, 'boundary': 1.0, 'format': 1.0, 'valid': 1.0, 'clean': 1.0}]
    """

    def __init__(self, reward: RewardSpec, yaw: YawMode = "fixed") -> None:
        if yaw not in get_args(YawMode):
            raise InputError(f"`yaw` is {yaw!r}; allowed: 'fixed', 'free'")
        self.reward: Reward = make_reward(reward)
        self.yaw: YawMode = yaw

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the components that every row of `figures` has."""
        return component_names(self.reward)

    def transition(self, completion: Any, scene: Scene) -> Transition:
        """Return what a reward is given for a completion: its text, parsed and placed."""
        parsed = parse_answer(text_of(completion), scene, yaw=self.yaw)
        return Transition(placed=scene.place(parsed.layout or Layout()), parsed=parsed)

    def scores(self, transitions: Sequence[Transition]) -> list[Score | BackendError]:
        """Return the score of each transition, or how its judge, renderer or simulation failed.

        All are scored together; where that fails, one by one, so that only those that fail alone are lost.
        """
        try:
            return list(self.reward.batch(transitions))
        except BackendError:
            return [self._score_one(transition) for transition in transitions]

    def figures(
        self, transitions: Sequence[Transition], total: str, on_failure: FailureMode = "raise"
    ) -> list[dict[str, float]]:
        """Return what a trainer logs for each transition: plain floats under the same names, in the same order.

        Args:
            transitions: What is scored.
            total: The name under which the trainer looks for the reward: ``"score"``, ``"overall"``.
            on_failure: ``"nan"`` gives NaN for the reward and its components where there is no score.

        Returns:
            For each: `total`; the reward's components (where it has none, itself by its name), NaN where one was
            not measured; ``format``, the published level of the text; ``valid`` and ``clean`` of the layout, 0 or 1.

        Raises:
            BackendError: If there is no score for one of them and `on_failure` is ``"raise"``.
        """
        rows = []
        for transition, score in zip(transitions, self.scores(transitions), strict=True):
            if isinstance(score, BackendError):
                if on_failure == "raise":
                    raise score
                score = Score(math.nan)
            rows.append(self._figures(transition, score, total))
        return rows

    def _score_one(self, transition: Transition) -> Score | BackendError:
        try:
            return self.reward(transition)
        except BackendError as error:
            return error

    def _figures(self, transition: Transition, score: Score, total: str) -> dict[str, float]:
        status = layout_status(transition.placed, transition.parsed.is_complete)
        found: Mapping[str, float] = score.details.get("components") or {self.reward.name: score.value}
        row = {total: float(score.value)}
        row |= {name: float(found.get(name, math.nan)) for name in self.names if name != total}
        row["format"] = float(transition.parsed.format_level)
        row["valid"] = float(status.valid)
        row["clean"] = float(status.clean)
        return row


def component_names(reward: Reward) -> tuple[str, ...]:
    """Return the names of the components that a reward gives for every answer; its own name where it has none.

    They do not depend on what is scored: trainers take the names of a batch from its first row, and several
    processes score for one batch. They are read off the score of an answer that says nothing, for which no judge
    is asked.

    Example:
        >>> component_names(make_reward("physics"))
        ('collision', 'boundary', 'support', 'constraint')
    """
    nothing = ParsedAnswer(layout=None, format_level=0.0)
    score = reward(Transition(placed=_NO_SCENE.place(Layout()), parsed=nothing))
    names = score.details.get("components") or (reward.name,)
    return tuple(name for name in names if name != "format")


@lru_cache(maxsize=KNOWN_REWARDS)
def _scorer(description: str, yaw: YawMode) -> TextScorer:
    return TextScorer(json.loads(description), yaw)


def scorer_for(reward: RewardSpec, yaw: YawMode = "fixed") -> TextScorer:
    """Return the scorer of a reward that a trainer's configuration describes; each is made once.

    Raises:
        UnknownNameError: If there is no such reward.
        InputError: If the description is none, or `yaw` is neither.
    """
    try:
        description = json.dumps(_plain(reward))
    except TypeError:  # a reward itself, or a path: nothing to save
        return TextScorer(reward, yaw)
    return _scorer(description, yaw)


def _plain(value: Any) -> Any:
    """Return a description as dicts and lists, out of the mappings and sequences of a configuration library."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_plain(item) for item in value]
    return value


def check_failure_mode(on_failure: FailureMode) -> FailureMode:
    """Return `on_failure`, or raise InputError where it is none of those allowed."""
    if on_failure not in get_args(FailureMode):
        raise InputError(f"`on_failure` is {on_failure!r}; allowed: 'raise', 'nan'")
    return on_failure


def read_scene(value: Any, where: str) -> Scene:
    """Return the scene of a dataset's row.

    Args:
        value: What `write_scene` writes, as text or as a dict, or a `Scene`.
        where: Names the row in messages.

    Raises:
        FileFormatError: If it is anything else.
    """
    if isinstance(value, Scene):
        return value
    try:
        if isinstance(value, str):
            return _scene_of_text(value)
        return scene_and_layout_from_json(value, "the scene")[0]
    except FileFormatError as error:
        raise FileFormatError(f"{where}: {error}; give what write_scene writes") from error


@lru_cache(maxsize=KNOWN_SCENES)
def _scene_of_text(text: str) -> Scene:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FileFormatError(f"the scene is not JSON: {error}") from error
    return scene_and_layout_from_json(data, "the scene")[0]


def text_of(completion: Any) -> str:
    """Return the text of a completion: a string, or the last assistant message of a conversation."""
    if isinstance(completion, str):
        return completion
    if not isinstance(completion, Sequence):
        return ""
    for message in reversed(completion):
        if not isinstance(message, dict) or message.get("role", "assistant") != "assistant":
            continue
        content = message.get("content")
        if isinstance(content, str):
            return content
        if isinstance(content, Sequence):
            blocks = [block.get("text") for block in content if isinstance(block, dict)]
            return "".join(text for text in blocks if isinstance(text, str))
    return ""


def scene_text(scene: Scene) -> str:
    """Return a scene as the JSON text that a dataset's row holds: what `write_scene` writes, on one line.

    Example:
        >>> scene = Scene(Room.rectangle(6, 4, 3), ())
        >>> read_scene(scene_text(scene), "row 0") == scene
        True
    """
    record = {"format": SceneFile.name, "version": VERSION, **scene_to_json(scene)}
    return json.dumps(record, allow_nan=False)
