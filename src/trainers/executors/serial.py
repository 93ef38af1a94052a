"""Episodes played in this process, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from spatialenv.envs.room_layout import RoomLayoutEnv
from spatialenv.trainers.executors.base import Outcome, Seat


@dataclass(frozen=True, slots=True)
class Done:
    """Answers that are done.

    Attributes:
        seconds: Time they took, by kind.
    """

    seconds: Mapping[str, float]

    def wait(self) -> Mapping[str, float]:
        """Return the seconds at once."""
        return self.seconds


class SerialExecutor:
    """Plays in this process.

    Args:
        env_fn: Makes an environment; one is made for each seat and used again for the next batch.
    """

    def __init__(self, env_fn: Callable[[], RoomLayoutEnv]) -> None:
        self._env_fn = env_fn
        self._envs: list[RoomLayoutEnv] = []

    def reset(self, seeds: Sequence[int]) -> list[Seat]:
        """Start an episode for each seed."""
        self._envs += [self._env_fn() for _ in range(len(seeds) - len(self._envs))]
        seats = []
        for row, seed in enumerate(seeds):
            env = self._envs[row]
            env.reset(seed=int(seed))
            seats.append(Seat(row, env.episode(), is_over=env.is_over))
        return seats

    def step(self, seats: Sequence[Seat], texts: Sequence[str]) -> Done:
        """Answer in each of `seats`."""
        total = {"draw": 0.0, "score": 0.0}
        for seat, text in zip(seats, texts, strict=True):
            outcome = play_answer(self._envs[seat.row], text)
            seat.add(outcome)
            for kind, seconds in outcome.seconds.items():
                total[kind] += seconds
        return Done(total)

    def close(self) -> None:
        """End the processes that the renderers hold, if any."""
        for env in self._envs:
            env.close()


def play_answer(env: RoomLayoutEnv, text: str) -> Outcome:
    """Return what came of an answer in `env`."""
    before = dict(env.seconds)
    env.step(text)
    episode = env.episode()
    spent = {kind: total - before[kind] for kind, total in env.seconds.items()}
    return Outcome(episode.turns[-1], env.answers[-1], env.is_over, episode.failure, spent)
