"""The inner side of an executor: a player holds environments and does jobs, wherever it runs. It imports no torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from spatialenv.core.episode import Episode
from spatialenv.core.scene import Scene
from spatialenv.envs.room_layout import RoomLayoutEnv
from spatialenv.errors import BackendError, InputError
from spatialenv.trainers.executors.base import Outcome


class EpisodeLostError(BackendError):
    """An episode that cannot be played on, as one that ends every process that plays it."""


@dataclass(frozen=True, slots=True)
class Job:
    """What a player is asked, complete in itself: one that has not played the episode so far can play it again.

    Attributes:
        batch: Number of the batch.
        row: Number of the seat.
        scene: The scene.
        seed: What the episode is reset with.
        texts: All answers so far, the last one new; none asks for the opening.
    """

    batch: int
    row: int
    scene: Scene
    seed: int
    texts: tuple[str, ...] = ()


class SentScenes:
    """The tasks of an environment that is sent its scenes; it draws none, and is told of no outcome."""

    name = "sent scenes"

    def sample(self, seed: int) -> Scene:
        """Refuse: scenes are drawn in the training process."""
        raise InputError(f"no scene of seed {seed} here: scenes are drawn in the training process")


@dataclass(frozen=True, slots=True)
class EnvRecipe:
    """Makes environments from keyword arguments; it can be sent wherever they can.

    Attributes:
        arguments: Arguments of `RoomLayoutEnv`, tasks apart.
    """

    arguments: Mapping[str, Any]

    def __call__(self) -> RoomLayoutEnv:
        """Return a fresh environment."""
        return RoomLayoutEnv(tasks=SentScenes(), **self.arguments)


class Player:
    """Plays its share of a batch, an environment a seat. All share one renderer: a Blender is there once.

    Args:
        make: Makes an environment; all that it makes must be alike.
    """

    def __init__(self, make: Callable[[], RoomLayoutEnv]) -> None:
        self._make = make
        self._envs: dict[int, RoomLayoutEnv] = {}
        self._played: dict[int, tuple[int, int]] = {}  # batch and number of turns, by row

    def play(self, job: Job) -> Episode | Outcome:
        """Do a job: the opening of an episode, or what came of its last text.

        Raises:
            EpisodeLostError: If the episode, played again from its texts, ended before the last of them.
        """
        env = self._env(job.row)
        played = self._played.pop(job.row, None)  # unknown until the job is done
        if played is None or played != (job.batch, len(job.texts) - 1):
            self._begin(env, job)
        done = play_answer(env, job.texts[-1]) if job.texts else env.episode()
        self._played[job.row] = job.batch, len(job.texts)
        return done

    def close(self) -> None:
        """End the processes that the renderer holds, if any."""
        for env in self._envs.values():
            env.close()
        self._envs.clear()
        self._played.clear()

    def _begin(self, env: RoomLayoutEnv, job: Job) -> None:
        env.reset(seed=job.seed, options={"scene": job.scene})
        for turn, text in enumerate(job.texts[:-1], start=1):
            env.step(text)
            if env.is_over:
                reason = env.episode().failure or "its environment does not repeat itself"
                raise EpisodeLostError(f"played again in another process, the episode ended at turn {turn}: {reason}")

    def _env(self, row: int) -> RoomLayoutEnv:
        if row not in self._envs:
            env = self._make()
            env.tasks = SentScenes()
            for first in self._envs.values():
                env.renderer = first.renderer
                break
            self._envs[row] = env
        return self._envs[row]


def play_answer(env: RoomLayoutEnv, text: str) -> Outcome:
    """Return what came of an answer in `env`."""
    before = dict(env.seconds)
    env.step(text)
    episode = env.episode()
    spent = {kind: total - before[kind] for kind, total in env.seconds.items()}
    return Outcome(episode.turns[-1], env.answers[-1], env.is_over, episode.failure, spent)
