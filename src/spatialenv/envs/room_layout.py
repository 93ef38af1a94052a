"""The environment: a room to furnish over several turns."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import gymnasium as gym
import numpy as np
from PIL import Image

from spatialenv.core.episode import Episode, Turn
from spatialenv.core.layout import Layout
from spatialenv.core.parse import parse_answer
from spatialenv.core.placed import PlacedScene
from spatialenv.core.scene import Scene
from spatialenv.core.score import Transition
from spatialenv.core.violations import Violation, find_violations, layout_status
from spatialenv.envs.prompt import FEEDBACK_MODES, FeedbackMode, YawMode, make_feedback, make_prompt
from spatialenv.envs.result import TurnResult, describe_part, make_turn, read_score, turn_info
from spatialenv.envs.spaces import MAX_TEXT, UnicodeText, make_observation_space
from spatialenv.errors import BackendError, InputError, unknown_name
from spatialenv.renderers import Frames, Renderer, make_renderer
from spatialenv.renderers.base import Picture, check_size, check_views
from spatialenv.rewards.base import Reward
from spatialenv.rewards.registry import make_reward
from spatialenv.tasks import TaskSpec, make_tasks

RewardMode = Literal["delta", "score", "final"]
REWARD_MODES = ("delta", "score", "final")

Observation = dict[str, Any]


class RoomLayoutEnv(gym.Env[Observation, str]):
    """Furnish a room: write where each object goes, look at the picture, try again.

    ## Description
    Each episode poses a scene: a room, objects to place and a wish in words. The policy writes an
    answer, the objects are placed, and it sees the furnished room and feedback for its next turn.

    ## Action Space
    A string of any characters: ``<think>...</think><answer>[{"new_object_id": ..., "x": ..., "y": ...,
    "z": ...}, ...]</answer>``, the centre of each object's box in metres.

    ## Observation Space
    A dict: ``image`` (H, W, 3) uint8, the views side by side; ``prompt``, constant within an episode;
    ``feedback``, empty at first; ``turn``, the number of answers given.

    ## Starting State
    The empty room of the scene that `tasks` gives for the seed, or of ``options={"scene": scene}``.

    ## Rewards
    ``reward_mode="delta"``: ``score_t - score_(t-1)`` with 0 before the first turn, so the return is the
    last score. ``"score"``: the score. ``"final"``: the score at the end of the episode, else 0.

    An answer that cannot be used scores 0, uses up the turn and leaves the layout and the picture as
    they were.

    ## Episode End
    Terminated when the layout is clean (valid, supported, every relation met) or `max_turns` answers
    were given. Truncated only when a renderer or judge failed: ``info["failure"]`` says why, the reward
    is 0, the score is left as it was, and the episode should be left out of training. Where already the
    first picture could not be made it is black, and the first answer truncates.

    ## Information
    ``score, components, per_object, violations, issues, layout, status, views`` (and ``failure``):
    plain values and fresh arrays, equal for equal seeds and texts. `reset` gives ``score, layout,
    views``. ``per_object`` holds the score of each object by id; where the reward does not divide by
    object, each placed one has the whole; it is empty after a failure.

    ## Arguments
    Args:
        tasks: Name, ``"easy/validation"``, dict, path to a scene, sequence of scenes, or callable of a seed.
        reward: Name, dict, YAML path or a reward.
        renderer: Name, dict or a renderer.
        max_turns: Answers an episode, at least 1.
        views: Views in the picture, side by side.
        size: Width and height of each view in pixels.
        labels: Whether ids, axes and ruler are drawn.
        mark_violations: Whether the picture marks what is wrong.
        feedback: How much feedback tells: ``"targets"``, ``"moves"``, ``"names"`` or ``"none"``.
        reward_mode: ``"delta"``, ``"score"`` or ``"final"``.
        yaw: ``"free"`` reads a yaw from the answer; ``"fixed"`` keeps the scene's.
        parse_mode: ``"lenient"`` repairs what models write; ``"strict"`` is the published reading.
        render_mode: ``"rgb_array"`` or None; `render` returns the picture either way.

    ## Version History
    * v0: first version.

    Example:
        >>> import gymnasium as gym, spatialenv
        >>> env = gym.make("spatialenv/RoomLayout-v0", tasks="easy", max_turns=2)
        >>> obs, info = env.reset(seed=0)
        >>> obs["image"].shape
        (256, 512, 3)
    """

    metadata = {"render_modes": ["rgb_array"], "render_fps": 1}  # noqa: RUF012  # gymnasium's own form

    def __init__(
        self,
        tasks: TaskSpec = "procedural",
        reward: str | Path | Mapping[str, Any] | Reward = "physics",
        renderer: str | Mapping[str, Any] | Renderer = "fast",
        max_turns: int = 3,
        views: Sequence[str] = ("corner", "top"),
        size: Sequence[int] = (256, 256),
        labels: bool = True,
        mark_violations: bool = False,
        feedback: FeedbackMode = "moves",
        reward_mode: RewardMode = "delta",
        yaw: YawMode = "fixed",
        parse_mode: Literal["lenient", "strict"] = "lenient",
        render_mode: str | None = "rgb_array",
    ) -> None:
        if isinstance(max_turns, bool) or not isinstance(max_turns, int) or max_turns < 1:
            raise InputError(f"`max_turns` is {max_turns!r}; it must be a whole number of at least 1")
        for name, value, known in (
            ("feedback", feedback, FEEDBACK_MODES),
            ("reward_mode", reward_mode, REWARD_MODES),
            ("yaw", yaw, ("fixed", "free")),
            ("parse_mode", parse_mode, ("lenient", "strict")),
        ):
            if value not in known:
                raise unknown_name(f"`{name}`", value, known)
        for name, flag in (("labels", labels), ("mark_violations", mark_violations)):
            if not isinstance(flag, bool):
                raise InputError(f"`{name}` is {flag!r}; it must be True or False")
        if render_mode not in (None, "rgb_array"):
            raise InputError(f"`render_mode` is {render_mode!r}; allowed: 'rgb_array', None")
        self.render_mode = render_mode
        self.tasks = make_tasks(tasks)
        self.reward: Reward = make_reward(reward)
        self.renderer: Renderer = make_renderer(renderer)
        self.max_turns = max_turns
        self.views = check_views(views)
        self.size = check_size(size)
        self.labels = labels
        self.mark_violations = mark_violations
        self.feedback: FeedbackMode = feedback
        self.reward_mode: RewardMode = reward_mode
        self.yaw: YawMode = yaw
        self.parse_mode: Literal["lenient", "strict"] = parse_mode
        self.settings = {
            "reward": describe_part(reward, self.reward),
            "renderer": describe_part(renderer, self.renderer),
            "max_turns": max_turns,
            "views": list(self.views),
            "size": list(self.size),
            "labels": labels,
            "mark_violations": mark_violations,
            "feedback": feedback,
            "reward_mode": reward_mode,
            "yaw": yaw,
            "parse_mode": parse_mode,
        }
        self.action_space = UnicodeText(MAX_TEXT)
        self.observation_space = make_observation_space(self.size, len(self.views), max_turns)
        self._scene: Scene | None = None
        self._is_over = True

    # --- gymnasium's API ----------------------------------------------------------------------

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Start an episode: the scene of `seed`, of the env's own generator, or ``options["scene"]``."""
        super().reset(seed=seed)
        options = options or {}
        for name in options:
            if name != "scene":
                raise unknown_name("option of reset", name, ["scene"])
        scene = options.get("scene")
        if scene is None:
            seed = int(self.np_random.integers(2**31)) if seed is None else seed
            scene = self.tasks.sample(seed)
        elif not isinstance(scene, Scene):
            raise InputError(f"`options['scene']` is a {type(scene).__name__}; give a spatialenv.Scene")
        self._seed = seed
        self._scene = scene
        self._prompt = make_prompt(scene, self.yaw, self.views)
        self._placed = PlacedScene(scene, Layout())
        self._score = 0.0
        self._turns: list[Turn] = []
        self._failure: str | None = None
        try:
            self._draw(())
        except BackendError as error:
            self._failure = _reason(error)
            width, height = self.size
            self._keep(Frames({view: np.zeros((height, width, 3), np.uint8) for view in self.views}))
        self._images = [self._image]
        self._is_over = False
        info: dict[str, Any] = {"score": 0.0, "layout": [], "views": self._view_copies()}
        if self._failure is not None:
            info["failure"] = self._failure
        return self._observation(""), info

    def step(self, action: str) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Read an answer, place, score, draw; see the class for what is returned."""
        if self._is_over:
            raise InputError("the episode is over, or has not begun: call reset() before step()")
        if not isinstance(action, str):
            raise InputError(f"an action is the text of an answer; a {type(action).__name__} was given")
        turn = len(self._turns)
        parsed = parse_answer(action, self.scene, mode=self.parse_mode, yaw=self.yaw)
        # A scene without objects is answered by an empty list, which places nothing and is right.
        layout = Layout() if parsed.layout is None and parsed.is_complete else parsed.layout
        previous = self._placed if turn else None
        if layout is not None:
            self._placed = PlacedScene(self.scene, layout)
        status = layout_status(self._placed, parsed.is_complete)
        violations = find_violations(self._placed)
        result = TurnResult(0.0, {"format": parsed.format_level}, dict.fromkeys(self.scene.ids, 0.0))
        if layout is not None and self._failure is None:
            try:
                self._draw(violations if self.mark_violations else ())
                pictures = list(self._frames.views.values())
                score = self.reward(Transition(self._placed, parsed, previous, turn, pictures))
                result = read_score(score, self.reward.name, self._placed, parsed)
            except BackendError as error:
                self._failure = _reason(error)
        truncated = self._failure is not None
        if truncated:
            result = TurnResult(self._score, {"format": parsed.format_level}, {})
        self._is_over = truncated or status.clean or turn + 1 == self.max_turns
        feedback = make_feedback(
            self._placed,
            violations,
            parsed.issues,
            mode=self.feedback,
            is_used=layout is not None,
            is_clean=status.clean,
            is_over=self._is_over,
        )
        reward = 0.0 if truncated else self._step_reward(result.score)
        self._images.append(self._image)
        self._turns.append(
            make_turn(action, self._placed, parsed, status, violations, result, reward, feedback, self._image)
        )
        self._score = result.score
        return self._observation(feedback), reward, self._is_over and not truncated, truncated, self._info()

    def render(self) -> Picture:
        """Return the current picture, ``(H, W, 3)`` uint8, the views side by side."""
        if self._scene is None:
            raise InputError("there is nothing to draw yet: call reset() before render()")
        return self._image.copy()

    # --- what a policy, a trainer and a record need ---------------------------------------------

    @property
    def scene(self) -> Scene:
        """The scene being played."""
        if self._scene is None:
            raise InputError("no episode has begun: call reset() first")
        return self._scene

    @property
    def placed(self) -> PlacedScene:
        """The scene as it stands."""
        if self._scene is None:
            raise InputError("no episode has begun: call reset() first")
        return self._placed

    @property
    def is_over(self) -> bool:
        """Whether the episode has ended (or none has begun)."""
        return self._is_over

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
        """Return the user message after `turn` answers: the picture, then the prompt or the feedback."""
        self.scene  # noqa: B018  # raises when no episode has begun
        if not 0 <= turn <= len(self._turns):
            raise InputError(f"`turn` is {turn!r}; the episode has messages 0 to {len(self._turns)}")
        text = self._prompt if turn == 0 else self._turns[turn - 1].feedback
        picture = Image.fromarray(self._images[turn])
        return {"role": "user", "content": [{"type": "image", "image": picture}, {"type": "text", "text": text}]}

    def episode(self) -> Episode:
        """Return a record of the episode so far; its pictures are read-only."""
        return Episode(
            scene=self.scene,
            prompt=self._prompt,
            turns=tuple(self._turns),
            settings=copy.deepcopy(self.settings),
            seed=self._seed,
            image=self._images[0],
            failure=self._failure,
        )

    # --- inside -----------------------------------------------------------------------------------

    def _draw(self, violations: Sequence[Violation]) -> None:
        self._keep(
            self.renderer.render(
                self._placed, views=self.views, size=self.size, labels=self.labels, violations=violations
            )
        )

    def _keep(self, frames: Frames) -> None:
        """Make `frames` the current picture; read-only, since a judge and the records are given the same arrays."""
        self._frames = frames
        self._image = frames.image
        for picture in (self._image, *frames.views.values()):
            picture.flags.writeable = False

    def _step_reward(self, score: float) -> float:
        if self.reward_mode == "delta":
            return score - self._score
        if self.reward_mode == "final":
            return score if self._is_over else 0.0
        return score

    def _info(self) -> dict[str, Any]:
        info = {**turn_info(self._turns[-1]), "views": self._view_copies()}
        if self._failure is not None:
            info["failure"] = self._failure
        return info

    def _view_copies(self) -> dict[str, Picture]:
        return {name: view.copy() for name, view in self._frames.views.items()}

    def _observation(self, feedback: str) -> Observation:
        return {
            "image": self._image.copy(),
            "prompt": self._prompt,
            "feedback": feedback,
            "turn": len(self._turns),
        }


def _reason(error: BackendError) -> str:
    return f"{type(error).__name__}: {error}"
