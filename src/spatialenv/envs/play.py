"""One episode: its state and its rules, in phases, so that one can be played alone or many together."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from spatialenv.core.answer import Issue, ParsedAnswer
from spatialenv.core.edits import parse_edits
from spatialenv.core.episode import Episode, Turn
from spatialenv.core.layout import Layout
from spatialenv.core.parse import parse_answer
from spatialenv.core.placed import PlacedScene
from spatialenv.core.scene import Scene
from spatialenv.core.score import Score, Transition
from spatialenv.core.violations import LayoutStatus, Violation, find_violations, layout_status
from spatialenv.envs.drawing import draw_room
from spatialenv.envs.prompt import make_feedback, make_prompt
from spatialenv.envs.result import TurnResult, make_turn, read_score, turn_info
from spatialenv.envs.rules import Rules
from spatialenv.errors import BackendError, InputError
from spatialenv.renderers import Annotations, Frames
from spatialenv.renderers.base import Picture
from spatialenv.renderers.camera import camera_name
from spatialenv.rewards.base import further_violations

Observation = dict[str, Any]


class Step(NamedTuple):
    """What an env returns for a turn, its observation apart.

    Attributes:
        reward: The step's reward.
        terminated: Whether the episode ended by its rules.
        truncated: Whether a renderer or judge failed.
        info: Plain values and fresh arrays.
    """

    reward: float
    terminated: bool
    truncated: bool
    info: dict[str, Any]


class _Answer(NamedTuple):
    """An answer that was read and placed, and is not yet drawn and scored."""

    text: str
    parsed: ParsedAnswer
    is_used: bool
    status: LayoutStatus
    violations: tuple[Violation, ...]
    previous: PlacedScene | None


class Play:
    """An episode as it is played: `begin`, `draw`, then for each turn `answer`, `draw`, `finish`.

    `draw` is the only slow phase and touches nothing but this episode, so that several can be drawn at
    once; what `transition` holds may be scored together with those of other episodes. Who shows no pictures
    may leave `draw` out throughout: the record then holds none, and the reward is given none.

    Args:
        rules: What is played by.

    Example:
        >>> from spatialenv.tasks import make_tasks
        >>> play = Play(Rules(size=(32, 24), max_turns=1))
        >>> play.begin(make_tasks("easy").sample(0))
        >>> play.draw()
        >>> play.answer("I would rather not.")
        >>> play.draw()  # nothing: the room looks as before
        >>> play.transition is None  # and nothing to score
        True
        >>> play.finish(None).terminated
        True
    """

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self._scene: Scene | None = None
        self._is_over = True

    # --- the phases -------------------------------------------------------------------------------

    def begin(self, scene: Scene, seed: int | None = None) -> None:
        """Start an episode of `scene`; `seed` is kept in its record."""
        self._scene = scene
        self._seed = seed
        self._prompt = make_prompt(scene, self.rules.yaw, self.rules.views, self.rules.actions)
        self._placed = PlacedScene(scene, scene.start or Layout())
        self._score = 0.0
        self._turns: list[Turn] = []
        self._frames: Frames | None = None
        self._image: Picture | None = None
        self._images: list[Picture | None] = [None]
        self._failure: str | None = None
        self._answer: _Answer | None = None
        self._answers: list[ParsedAnswer] = []
        self._is_over = False

    def answer(self, text: str) -> None:
        """Read an answer, place the objects, and see what is wrong.

        Raises:
            InputError: If `text` is not a string, or no episode is under way.
        """
        if self._is_over:
            raise InputError("the episode is over, or has not begun: call reset() before step()")
        if not isinstance(text, str):
            raise InputError(f"an action is the text of an answer; a {type(text).__name__} was given")
        parsed = self._parse(text)
        # A scene without objects is answered by an empty list, which places nothing and is right.
        layout = Layout() if parsed.layout is None and parsed.is_complete else parsed.layout
        previous = self._placed if self._turns or self.scene.start is not None else None
        if layout is not None:
            self._placed = PlacedScene(self.scene, layout)
        status = layout_status(self._placed, parsed.is_complete)
        violations = find_violations(self._placed)
        try:
            violations += further_violations(self.rules.reward, self._placed)
        except BackendError as error:  # some rewards simulate to find them
            self._failure = reason(error)
        self._answer = _Answer(text, parsed, layout is not None, status, violations, previous)

    def draw(self) -> None:
        """Draw the room as it stands, where it has changed; a renderer that fails is noted."""
        answer, rules = self._answer, self.rules
        if answer is not None and (not answer.is_used or self._failure is not None):
            return
        annotations = Annotations(
            labels=rules.labels,
            violations=tuple(answer.violations) if answer is not None and rules.mark_violations else (),
            relations=rules.mark_relations and answer is not None,
            previous=answer.previous if answer is not None and rules.mark_moves else None,
        )
        try:
            frames = draw_room(rules.renderer, self._placed, rules.views, rules.size, annotations)
            picture = self.picture(frames, 0 if answer is None else len(self._turns) + 1)
        except BackendError as error:
            self._failure = reason(error)
            if answer is not None:
                return
            width, height = rules.size
            frames = Frames({camera_name(view): np.zeros((height, width, 3), np.uint8) for view in rules.views})
            picture = frames.image
        self._keep(frames, picture)
        if answer is None:
            self._images = [self._image]

    @property
    def transition(self) -> Transition | None:
        """What is to be scored; None where the answer cannot be used or something failed."""
        answer = self._answer
        if answer is None or not answer.is_used or self._failure is not None:
            return None
        pictures = None if self._frames is None else list(self._frames.views.values())
        return Transition(self._placed, answer.parsed, answer.previous, len(self._turns), pictures)

    def finish(self, score: Score | BackendError | None) -> Step:
        """End the turn.

        Args:
            score: What the reward gave for `transition`, or how it failed; None where there is none.

        Raises:
            InputError: If no answer was given, or the score cannot be used.
        """
        if self._answer is None:
            raise InputError("no answer was given: call answer() before finish()")
        text, parsed, is_used, status, violations, _ = self._answer
        result = TurnResult(0.0, {"format": parsed.format_level}, dict.fromkeys(self.scene.ids, 0.0))
        if isinstance(score, BackendError):
            self._failure = reason(score)
        elif score is not None or self.transition is not None:
            result = read_score(score, self.rules.reward.name, self._placed, parsed)
        truncated = self._failure is not None
        if truncated:
            result = TurnResult(self._score, {"format": parsed.format_level}, {})
        is_clean = status.clean and not violations
        is_last = len(self._turns) + 1 == self.rules.max_turns
        self._is_over = truncated or is_clean or parsed.is_submitted or is_last
        feedback = self.feedback(violations, parsed.issues, is_used=is_used, is_clean=is_clean)
        reward = 0.0 if truncated else self._step_reward(result.score)
        self._images.append(self._image)
        self._turns.append(
            make_turn(text, self._placed, parsed, status, violations, result, reward, feedback, self._images[-1])
        )
        self._score = result.score
        self._answer = None
        self._answers.append(parsed)
        if self._is_over and not truncated:
            self._tell_tasks(status.clean)
        return Step(reward, self._is_over and not truncated, truncated, self._info())

    def _tell_tasks(self, is_solved: bool) -> None:
        """Let a source that learns from outcomes, as a curriculum does, know how the episode ended."""
        observe = getattr(self.rules.tasks, "observe", None)
        if observe is not None and self._seed is not None:
            observe(self._seed, is_solved)

    # --- what the policy is shown and told; controls of a study override these ------------------------

    def picture(self, frames: Frames, turn: int) -> Picture:
        """Return the picture of a turn, ``(H, W, 3)`` uint8, which no one else holds.

        It is what the policy sees and what the record holds; rewards and `info` are given `frames` in any case.

        Args:
            frames: The room as it was drawn.
            turn: Number of answers given, 0 at the opening.

        Raises:
            BackendError: If a renderer fails; the episode is then truncated.
        """
        return frames.image

    def feedback(
        self, violations: Sequence[Violation], issues: Sequence[Issue], *, is_used: bool, is_clean: bool
    ) -> str:
        """Return the words that follow the answer that was just scored.

        Args:
            violations: What is wrong with the layout.
            issues: What was wrong with the answer's text.
            is_used: Whether the answer could be used.
            is_clean: Whether nothing is wrong.
        """
        return make_feedback(
            self._placed,
            violations,
            issues,
            mode=self.rules.feedback,
            is_used=is_used,
            is_clean=is_clean,
            is_over=self._is_over,
            actions=self.rules.actions,
        )

    # --- what is seen of it -----------------------------------------------------------------------

    @property
    def scene(self) -> Scene:
        """The scene being played."""
        if self._scene is None:
            raise InputError("no episode has begun: call reset() first")
        return self._scene

    @property
    def placed(self) -> PlacedScene:
        """The scene as it stands."""
        self.scene  # noqa: B018  # raises when no episode has begun
        return self._placed

    @property
    def image(self) -> Picture:
        """The current picture, the views side by side, ``(H, W, 3)`` uint8, read-only."""
        if self._scene is None:
            raise InputError("there is nothing to draw yet: call reset() before render()")
        if self._image is None:
            raise InputError("this episode is played without pictures: place its layout to draw it")
        return self._image

    @property
    def has_begun(self) -> bool:
        """Whether an episode has begun, even if it has ended since."""
        return self._scene is not None

    @property
    def is_over(self) -> bool:
        """Whether the episode has ended (or none has begun)."""
        return self._is_over

    @property
    def answers(self) -> tuple[ParsedAnswer, ...]:
        """What was read of each turn's text."""
        return tuple(self._answers)

    def observation(self) -> Observation:
        """Return what the policy sees; its picture is read-only."""
        return {
            "image": self.image,
            "prompt": self._prompt,
            "feedback": self._turns[-1].feedback if self._turns else "",
            "turn": len(self._turns),
        }

    def first_info(self) -> dict[str, Any]:
        """Return the `info` of a reset; scores the start where the scene has one."""
        layout = self._placed.layout.to_records(with_yaw=True)
        info: dict[str, Any] = {"score": 0.0, "layout": layout, "views": self._view_copies()}
        start_score = self._start_score()
        if start_score is not None:
            info["start_score"] = start_score
        if self._failure is not None:
            info["failure"] = self._failure
        return info

    def to_messages(self) -> list[dict[str, Any]]:
        """Return the episode so far as chat messages, each user turn with its picture (a PIL image).

        The last message is the one to answer, unless the episode is over.
        """
        messages = [self.message(0)]
        for index, turn in enumerate(self._turns, start=1):
            messages.append({"role": "assistant", "content": [{"type": "text", "text": turn.text}]})
            messages.append(self.message(index))
        return messages

    def message(self, turn: int) -> dict[str, Any]:
        """Return the user message after `turn` answers: the picture, if drawn, then the prompt or the feedback."""
        self.scene  # noqa: B018  # raises when no episode has begun
        if not 0 <= turn <= len(self._turns):
            raise InputError(f"`turn` is {turn!r}; the episode has messages 0 to {len(self._turns)}")
        text = self._prompt if turn == 0 else self._turns[turn - 1].feedback
        content: list[dict[str, Any]] = [{"type": "text", "text": text}]
        picture = self._images[turn]
        if picture is not None:
            content.insert(0, {"type": "image", "image": Image.fromarray(picture)})
        return {"role": "user", "content": content}

    def episode(self) -> Episode:
        """Return a record of the episode so far; its pictures are read-only."""
        return Episode(
            scene=self.scene,
            prompt=self._prompt,
            turns=tuple(self._turns),
            settings=copy.deepcopy(self.rules.settings),
            seed=self._seed,
            image=self._images[0],
            failure=self._failure,
        )

    # --- inside -----------------------------------------------------------------------------------

    def _parse(self, text: str) -> ParsedAnswer:
        rules = self.rules
        if rules.actions == "edits":
            return parse_edits(text, self.scene, self._placed.layout, mode=rules.parse_mode, yaw=rules.yaw)
        return parse_answer(text, self.scene, mode=rules.parse_mode, yaw=rules.yaw)

    def _start_score(self) -> float | None:
        """Return the score of the start; None where there is none, or where it was not drawn or judged."""
        if self.scene.start is None or self._failure is not None:
            return None
        transition = replace(Transition.of(self._placed), pictures=list(self._views().values()) or None)
        score = _score_one(self.rules, transition)
        if isinstance(score, BackendError):
            return None
        return read_score(score, self.rules.reward.name, self._placed, transition.parsed).score

    def _keep(self, frames: Frames, picture: Picture) -> None:
        """Make `picture` the current one; read-only, since a judge and the records are given the same arrays."""
        self._frames, self._image = frames, picture
        for shown in (picture, *frames.views.values()):
            shown.flags.writeable = False

    def _step_reward(self, score: float) -> float:
        if self.rules.reward_mode == "delta":
            return score - self._score
        if self.rules.reward_mode == "final":
            return score if self._is_over else 0.0
        return score

    def _info(self) -> dict[str, Any]:
        info = {**turn_info(self._turns[-1]), "views": self._view_copies()}
        if self._failure is not None:
            info["failure"] = self._failure
        return info

    def _view_copies(self) -> dict[str, Picture]:
        return {name: view.copy() for name, view in self._views().items()}

    def _views(self) -> Mapping[str, Picture]:
        return {} if self._frames is None else self._frames.views


def score_plays(plays: Sequence[Play]) -> list[Score | BackendError | None]:
    """Return what the reward gives for each play's `transition`, scored together.

    Where a judge fails, each is scored by itself, so that only those that fail alone are given up.

    Raises:
        InputError: If the reward does not give a score for each.
    """
    transitions = [play.transition for play in plays]
    asked = [transition for transition in transitions if transition is not None]
    if not asked:
        return [None] * len(plays)
    reward = plays[0].rules.reward
    given: list[Score | BackendError]
    if len(asked) == 1:
        given = [_score_one(plays[0].rules, asked[0])]
    else:
        try:
            given = list(reward.batch(asked))
        except BackendError:
            given = [_score_one(plays[0].rules, transition) for transition in asked]
    if len(given) != len(asked):
        raise InputError(
            f"reward {reward.name!r} gave {len(given)} scores for {len(asked)} transitions: mend its `batch`"
        )
    scores = iter(given)
    return [None if transition is None else next(scores) for transition in transitions]


def reason(error: BackendError) -> str:
    """Return why an episode was truncated."""
    return f"{type(error).__name__}: {error}"


def _score_one(rules: Rules, transition: Transition) -> Score | BackendError:
    try:
        return rules.reward(transition)
    except BackendError as error:
        return error
