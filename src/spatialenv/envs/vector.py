"""The environment in batches: many rooms, one call."""

from __future__ import annotations

import inspect
import operator
import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, SupportsIndex, cast

import gymnasium as gym
import numpy as np
import numpy.typing as npt
from gymnasium.utils import seeding
from gymnasium.vector import AutoresetMode
from gymnasium.vector.utils import batch_space, concatenate, create_empty_array

from spatialenv.core.episode import Episode
from spatialenv.core.scene import Scene
from spatialenv.envs.play import Observation, Play, Step, score_plays
from spatialenv.envs.rules import Ruled, Rules, check_options, check_render_mode
from spatialenv.envs.spaces import MAX_TEXT, UnicodeText, make_observation_space
from spatialenv.errors import InputError, unknown_name
from spatialenv.renderers.base import Picture, close_renderer

Flags = npt.NDArray[np.bool_]
Infos = dict[str, Any]


class RoomLayoutVectorEnv(Ruled, gym.vector.VectorEnv[Observation, Sequence[str], npt.NDArray[Any]]):
    """Several `RoomLayoutEnv` played together, equal to them step by step.

    Layouts are scored in one batch and pictures are drawn by several threads, so that it is quicker than as
    many single envs. What it returns is batched as gymnasium's `SyncVectorEnv` does it.

    An env whose episode ended is reset by the next step (``AutoresetMode.NEXT_STEP``): that step ignores its
    action, gives it the reward 0, and returns the first observation and ``info`` of its new episode. Until then
    `episodes` and `to_messages` still tell of the episode that ended.

    Seeds: ``reset(seed=s)`` gives env `i` the seed ``s + i``; a list gives each its own. Later episodes of an env
    draw their scenes from its own generator. ``options``: ``"scene"``, one `Scene` for all or a list with one for
    each; ``"reset_mask"``, a boolean array, resets those envs alone.

    Where drawing is not most of the work, or a renderer may not be shared, processes may be quicker than threads:
    ``gym.make_vec(id, num_envs, vectorization_mode="async")`` gives gymnasium's `AsyncVectorEnv`, with or without
    its shared memory.

    Args:
        num_envs: How many envs.
        num_threads: How many threads draw; None takes one for each core, at most `num_envs`. A renderer that is
            not known to be safe (``is_thread_safe``) is called by one.
        render_mode: As in `RoomLayoutEnv`.
        **rules: Any other argument of `RoomLayoutEnv`.

    Raises:
        InputError: If an argument is not allowed.

    Example:
        >>> import gymnasium as gym, spatialenv
        >>> envs = gym.make_vec("spatialenv/RoomLayout-v0", num_envs=2, tasks="easy", size=[32, 24])
        >>> observations, infos = envs.reset(seed=0)
        >>> observations["image"].shape
        (2, 24, 64, 3)
        >>> _, rewards, terminated, _, _ = envs.step(["no answer", "nor here"])
        >>> rewards.tolist(), terminated.tolist()
        ([0.0, 0.0], [False, False])
    """

    metadata = {  # noqa: RUF012  # gymnasium's own form
        "render_modes": ["rgb_array"],
        "render_fps": 1,
        "autoreset_mode": AutoresetMode.NEXT_STEP,
    }

    def __init__(
        self,
        num_envs: int = 1,
        num_threads: int | None = None,
        render_mode: str | None = "rgb_array",
        **rules: Any,
    ) -> None:
        for name, value in (("num_envs", num_envs), ("num_threads", 1 if num_threads is None else num_threads)):
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise InputError(f"`{name}` is {value!r}; it must be a whole number of at least 1")
        known = ("num_envs", "num_threads", "render_mode", *inspect.signature(Rules).parameters)
        for name in rules:
            if name not in known:
                raise unknown_name("argument of a vector env", name, known)
        self.rules = Rules(**rules)
        self.render_mode = check_render_mode(render_mode)
        self.num_envs = num_envs
        self.num_threads = min(num_envs, num_threads or os.cpu_count() or 1)
        self.single_action_space = UnicodeText(MAX_TEXT)
        self.single_observation_space = make_observation_space(self.size, len(self.views), self.max_turns)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self._plays = tuple(Play(self.rules) for _ in range(num_envs))
        self._generators: list[np.random.Generator | None] = [None] * num_envs
        self._seeds: list[int] = [-1] * num_envs
        self._ended = np.zeros(num_envs, dtype=np.bool_)
        self._pool: ThreadPoolExecutor | None = None

    # --- gymnasium's API ----------------------------------------------------------------------

    def reset(
        self,
        *,
        seed: int | Sequence[SupportsIndex | None] | None = None,
        options: dict[str, Any] | None = None,
    ) -> tuple[Observation, Infos]:
        """Start an episode in every env; see the class for `seed` and `options`."""
        seeds = self._seed_of_each(seed)
        given = check_options(options, ["scene", "reset_mask"])
        scenes = self._scene_of_each(given.get("scene"))
        chosen = self._chosen(given.get("reset_mask"))
        unbegun = [i for i, play in enumerate(self._plays) if not play.has_begun and i not in chosen]
        if unbegun:
            raise InputError(f"`options['reset_mask']` leaves out envs {unbegun}, never reset; reset all at first")
        for index in chosen:
            self._begin(index, seeds[index], scenes[index])
        self._draw(chosen)
        self._ended[chosen] = False
        infos: Infos = {}
        for index in chosen:
            infos = self._add_info(infos, self._plays[index].first_info(), index)
        return self._observation(), infos

    def step(
        self, actions: Sequence[str] | npt.NDArray[Any]
    ) -> tuple[Observation, npt.NDArray[np.float64], Flags, Flags, Infos]:
        """Read one answer for each env; see the class for envs whose episode had ended."""
        texts = list(actions) if isinstance(actions, Iterable) and not isinstance(actions, str) else None
        if texts is None or len(texts) != self.num_envs:
            raise InputError(f"`actions` must hold one text for each of the {self.num_envs} envs")
        for text in texts:  # before any env is touched
            if not isinstance(text, str):
                raise InputError(f"an action is the text of an answer; a {type(text).__name__} was given")
        anew = np.flatnonzero(self._ended).tolist()
        going = np.flatnonzero(~self._ended).tolist()
        for index in going:
            self._plays[index].answer(texts[index])
        for index in anew:
            self._begin(index, None, None)
        self._draw(range(self.num_envs))
        steps: dict[int, Step] = {}
        playing = [self._plays[index] for index in going]
        for index, play, score in zip(going, playing, score_plays(playing), strict=True):
            steps[index] = play.finish(score)
        rewards = np.zeros(self.num_envs)
        terminated, truncated = np.zeros((2, self.num_envs), dtype=np.bool_)
        infos: Infos = {}
        for index, play in enumerate(self._plays):
            if index in steps:
                rewards[index], terminated[index], truncated[index], info = steps[index]
            else:
                info = play.first_info()
            infos = self._add_info(infos, info, index)
        self._ended = terminated | truncated
        return self._observation(), rewards, terminated, truncated, infos

    def render(self) -> tuple[Picture, ...]:
        """Return the current picture of each env, ``(H, W, 3)`` uint8, the views side by side."""
        return tuple(play.image.copy() for play in self._plays)

    def close_extras(self, **kwargs: Any) -> None:
        """End the drawing threads, and the processes that the renderer holds, if any."""
        if self._pool is not None:
            self._pool.shutdown()
            self._pool = None
        close_renderer(self.renderer)

    @property  # type: ignore[misc]  # one for each and read-only, as SyncVectorEnv has it
    def np_random(self) -> tuple[np.random.Generator, ...]:  # type: ignore[override]
        """The random generator of each env."""
        return tuple(self._generator(index) for index in range(self.num_envs))

    @property
    def np_random_seed(self) -> tuple[int, ...]:  # type: ignore[override]
        """The seed of each env's generator; -1 where it was not set."""
        return tuple(self._seeds)

    # --- what a policy, a trainer and a record need ---------------------------------------------

    @property
    def plays(self) -> tuple[Play, ...]:
        """The episode of each env, with the `scene`, `is_over`, `to_messages` and `episode` of a single env."""
        return self._plays

    def to_messages(self) -> list[list[dict[str, Any]]]:
        """Return each env's episode so far as chat messages; see `RoomLayoutEnv.to_messages`."""
        return [play.to_messages() for play in self._plays]

    def episodes(self) -> list[Episode]:
        """Return a record of each env's episode so far."""
        return [play.episode() for play in self._plays]

    # --- inside -----------------------------------------------------------------------------------

    def _begin(self, index: int, seed: int | None, scene: Scene | None) -> None:
        """Start an episode of one env as `RoomLayoutEnv.reset` does."""
        if seed is not None:
            self._generators[index], self._seeds[index] = seeding.np_random(seed)
        if scene is None:
            seed = int(self._generator(index).integers(2**31)) if seed is None else seed
            scene = self.tasks.sample(seed)
        self._plays[index].begin(scene, seed)

    def _generator(self, index: int) -> np.random.Generator:
        found = self._generators[index]
        if found is None:
            found, _ = seeding.np_random()
            self._generators[index] = found
        return found

    def _draw(self, indices: Iterable[int]) -> None:
        self.closed = False  # what is used again after `close` must be closed again
        plays = [self._plays[index] for index in indices]
        threads = self.num_threads if getattr(self.renderer, "is_thread_safe", False) else 1
        if threads == 1 or len(plays) == 1:
            for play in plays:
                play.draw()
            return
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self.num_threads, thread_name_prefix="spatialenv-draw")
        draw: Callable[[Play], None] = Play.draw
        for _ in self._pool.map(draw, plays):
            pass

    def _observation(self) -> Observation:
        space = self.single_observation_space
        empty = cast("Observation", create_empty_array(space, n=self.num_envs, fn=np.empty))
        return cast("Observation", concatenate(space, [play.observation() for play in self._plays], empty))

    def _seed_of_each(self, seed: int | Sequence[SupportsIndex | None] | None) -> list[int | None]:
        if seed is None:
            return [None] * self.num_envs
        if isinstance(seed, (int, np.integer)):
            return [int(seed) + index for index in range(self.num_envs)]
        try:
            seeds = [None if one is None else operator.index(one) for one in seed]
        except TypeError as error:
            raise InputError(
                f"`seed` is {seed!r}; give a whole number, a list with one for each env, or None"
            ) from error
        if len(seeds) != self.num_envs:
            raise InputError(f"`seed` holds {len(seeds)} seeds for {self.num_envs} envs; give one for each")
        return seeds

    def _scene_of_each(self, given: Any) -> list[Scene | None]:
        scenes = list(given) if isinstance(given, (list, tuple)) else [given] * self.num_envs
        if len(scenes) != self.num_envs:
            raise InputError(f"`options['scene']` holds {len(scenes)} scenes for {self.num_envs} envs")
        for scene in scenes:
            if scene is not None and not isinstance(scene, Scene):
                raise InputError(f"`options['scene']` is a {type(scene).__name__}; give a spatialenv.Scene")
        return scenes

    def _chosen(self, mask: Any) -> list[int]:
        if mask is None:
            return list(range(self.num_envs))
        if not isinstance(mask, np.ndarray) or mask.shape != (self.num_envs,) or mask.dtype != np.bool_:
            raise InputError(f"`options['reset_mask']` must be a boolean array of shape ({self.num_envs},)")
        if not mask.any():
            raise InputError("`options['reset_mask']` chooses no env; set at least one to True")
        chosen: list[int] = np.flatnonzero(mask).tolist()
        return chosen

    def __getstate__(self) -> dict[str, Any]:
        """Return what is pickled: all but the threads, which the copy starts again."""
        return {**self.__dict__, "_pool": None}
