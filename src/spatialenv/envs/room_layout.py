"""The environment: a room to furnish over several turns."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import gymnasium as gym

from spatialenv.core.answer import ParsedAnswer
from spatialenv.core.episode import Episode
from spatialenv.core.placed import PlacedScene
from spatialenv.core.scene import Scene
from spatialenv.envs.play import Observation, Play, score_plays
from spatialenv.envs.prompt import ActionMode, FeedbackMode, YawMode
from spatialenv.envs.rules import ParseMode, RewardMode, Ruled, Rules, check_options, check_render_mode
from spatialenv.envs.spaces import MAX_TEXT, UnicodeText, make_observation_space
from spatialenv.errors import InputError
from spatialenv.renderers import Renderer
from spatialenv.renderers.base import Picture, close_renderer
from spatialenv.renderers.camera import CameraSpec
from spatialenv.rewards.base import Reward
from spatialenv.tasks import TaskSpec


class RoomLayoutEnv(Ruled, gym.Env[Observation, str]):
    """Furnish a room: write where each object goes, look at the picture, try again.

    ## Description
    Each episode poses a scene: a room, objects to place and a wish in words. The policy writes an
    answer, the objects are placed, and it sees the furnished room and feedback for its next turn.

    ## Action Space
    A string of any characters: ``<think>...</think><answer>[{"new_object_id": ..., "x": ..., "y": ...,
    "z": ...}, ...]</answer>``, the centre of each object's box in metres. With ``actions="edits"`` the list
    holds operations instead: ``{"op": "place" | "move" | "rotate" | "swap" | "submit", "id": ..., ...}``.

    ## Observation Space
    A dict: ``image`` (H, W, 3) uint8, the views side by side; ``prompt``, constant within an episode;
    ``feedback``, empty at first; ``turn``, the number of answers given.

    ## Starting State
    The room of the scene that `tasks` gives for the seed, or of ``options={"scene": scene}``: empty, or
    with the objects where the scene's `start` puts them.

    ## Rewards
    ``reward_mode="delta"``: ``score_t - score_(t-1)`` with 0 before the first turn, so the return is the
    last score. ``"score"``: the score. ``"final"``: the score at the end of the episode, else 0.

    An answer that cannot be used scores 0, uses up the turn and leaves the layout and the picture as
    they were.

    ## Episode End
    Terminated when the layout is clean (valid, supported, every relation met) and nothing else is wrong
    with it, when the answer says that it is the last (``submit``), or when `max_turns` answers were
    given. Truncated only when a renderer or judge failed: ``info["failure"]`` says why, the reward
    is 0, the score is left as it was, and the episode should be left out of training. Where already the
    first picture could not be made it is black, and the first answer truncates. A program or package that a
    renderer lacks is no such failure: it raises MissingExtraError.

    ## Information
    ``score, components, per_object, violations, issues, layout, status, views`` (and ``failure``):
    plain values and fresh arrays, equal for equal seeds and texts. `reset` gives ``score`` (0), ``layout,
    views`` and, where the scene has a start, ``start_score``: what the reward says of that
    (left out where a renderer or judge failed).
    ``per_object`` holds the score of each object by id; where the reward does not divide by object,
    each placed one has the whole; it is empty after a failure.

    ## Arguments
    Args:
        tasks: Name, ``"easy/validation"``, dict, path to a scene, sequence of scenes, or callable of a seed.
        reward: Name, dict, YAML path or a reward.
        renderer: Name, dict or a renderer; ``"auto"`` for the best that works here. `close` closes it.
        max_turns: Answers an episode, at least 1.
        views: Cameras of the picture, side by side: names (``"corner"``, ``"top"``, ``"front"``, ``"walk"``,
            ``"orbit"``), `FreeCamera` or `OrbitCamera`, or mappings (``{"name": "orbit", "azimuth": 30}``).
        size: Width and height of each view in pixels.
        labels: Whether ids, axes and ruler are drawn.
        mark_violations: Whether the picture marks what is wrong.
        mark_relations: Whether it shows each relation as an arrow, teal when met, red when not.
        mark_moves: Whether it shows with arrows what has moved since the turn before.
        feedback: How much feedback tells: ``"targets"``, ``"moves"``, ``"names"`` or ``"none"``.
        reward_mode: ``"delta"``, ``"score"`` or ``"final"``.
        yaw: ``"free"`` reads a yaw from the answer; ``"fixed"`` keeps the scene's; None is what the tasks
            are made for (their attribute ``yaw``), else ``"fixed"``.
        parse_mode: ``"lenient"`` repairs what models write; ``"strict"`` is the published reading.
        actions: ``"layout"``: an answer is the whole layout; ``"edits"``: operations over the layout as it
            stands (`spatialenv.core.edits.parse_edits`).
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
    play_class: ClassVar[type[Play]] = Play
    """What plays its episodes; a subclass of it may show or tell the policy something else."""

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
        render_mode: str | None = "rgb_array",
    ) -> None:
        self.rules = Rules(
            tasks=tasks,
            reward=reward,
            renderer=renderer,
            max_turns=max_turns,
            views=views,
            size=size,
            labels=labels,
            mark_violations=mark_violations,
            mark_relations=mark_relations,
            mark_moves=mark_moves,
            feedback=feedback,
            reward_mode=reward_mode,
            yaw=yaw,
            parse_mode=parse_mode,
            actions=actions,
        )
        self.render_mode = check_render_mode(render_mode)
        self.action_space = UnicodeText(MAX_TEXT)
        self.observation_space = make_observation_space(self.size, len(self.views), max_turns)
        self.seconds = {"draw": 0.0, "score": 0.0}
        """Time spent on pictures and on everything else of `step` since the env was made."""
        self._play = self.play_class(self.rules)

    # --- gymnasium's API ----------------------------------------------------------------------

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Start an episode: the scene of `seed`, of the env's own generator, or ``options["scene"]``."""
        super().reset(seed=seed)
        scene = check_options(options, ["scene"]).get("scene")
        if scene is None:
            seed = int(self.np_random.integers(2**31)) if seed is None else seed
            scene = self.tasks.sample(seed)
        elif not isinstance(scene, Scene):
            raise InputError(f"`options['scene']` is a {type(scene).__name__}; give a spatialenv.Scene")
        self._play.begin(scene, seed)
        self._play.draw()
        return self._observation(), self._play.first_info()

    def step(self, action: str) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Read an answer, place, score, draw; see the class for what is returned."""
        play = self._play
        began = time.perf_counter()
        play.answer(action)
        read = time.perf_counter()
        play.draw()
        drawn = time.perf_counter()
        step = play.finish(score_plays([play])[0])
        self.seconds["draw"] += drawn - read
        self.seconds["score"] += read - began + time.perf_counter() - drawn
        return self._observation(), *step

    def render(self) -> Picture:
        """Return the current picture, ``(H, W, 3)`` uint8, the views side by side."""
        return self._play.image.copy()

    def close(self) -> None:
        """End the processes that the renderer holds, if any; they start again if the env is used again."""
        close_renderer(self.renderer)

    # --- what a policy, a trainer and a record need ---------------------------------------------

    @property
    def scene(self) -> Scene:
        """The scene being played."""
        return self._play.scene

    @property
    def placed(self) -> PlacedScene:
        """The scene as it stands."""
        return self._play.placed

    @property
    def is_over(self) -> bool:
        """Whether the episode has ended (or none has begun)."""
        return self._play.is_over

    @property
    def answers(self) -> tuple[ParsedAnswer, ...]:
        """What was read of each turn's text so far: issues, and the characters that placed each object."""
        return self._play.answers

    def to_messages(self) -> list[dict[str, Any]]:
        """Return the episode so far as chat messages, each user turn with its picture (a PIL image).

        The last message is the one to answer, unless the episode is over.
        """
        return self._play.to_messages()

    def message(self, turn: int) -> dict[str, Any]:
        """Return the user message after `turn` answers: the picture, then the prompt or the feedback."""
        return self._play.message(turn)

    def episode(self) -> Episode:
        """Return a record of the episode so far; its pictures are read-only."""
        return self._play.episode()

    def _observation(self) -> Observation:
        seen = self._play.observation()
        return {**seen, "image": seen["image"].copy()}
