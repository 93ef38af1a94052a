"""Play a policy on a suite of rooms and measure it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from spatialenv.core.episode import Episode
from spatialenv.envs.room_layout import RoomLayoutEnv
from spatialenv.errors import InputError
from spatialenv.evaluation.metrics import summarize
from spatialenv.evaluation.policy import Policy, make_policy
from spatialenv.tasks.source import TaskSource, TaskSpec, make_tasks

Progress = Callable[[int, int], None]
"""Called with the number of rooms done and of all rooms."""


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """What came of an evaluation.

    Attributes:
        summary: The rates, as `spatialenv.evaluation.metrics.summarize` gives them.
        episodes: One an evaluated room, in the order of their seeds.
        policy: The policy's name.
        tasks: The suite's name.
    """

    summary: Mapping[str, Any]
    episodes: tuple[Episode, ...]
    policy: str
    tasks: str


def evaluate(
    policy: Policy | str,
    tasks: TaskSpec = "easy/validation",
    *,
    n: int = 128,
    seed: int = 0,
    env: Mapping[str, Any] | None = None,
    batch_size: int = 32,
    keep_pictures: int | None = None,
    progress: Progress | bool = False,
) -> Evaluation:
    """Play `policy` on `n` rooms and return the rates and the episodes.

    The rooms are those of the seeds ``seed, seed + 1, ...``. A batch of them is played in lockstep:
    the policy is asked for one answer for every env that awaits one.

    Args:
        policy: A policy or its name.
        tasks: What `make_tasks` takes; a split that was not trained on: ``"easy/validation"``.
        n: Number of rooms.
        seed: Seed of the first room.
        env: Keyword arguments of `RoomLayoutEnv`, its tasks apart.
        batch_size: Rooms played at a time.
        keep_pictures: In how many episodes the pictures are kept; None: in all.
        progress: A function of rooms done and all rooms, or True for a bar in the terminal.

    Raises:
        InputError: If an argument is not allowed, or the policy does not give one text an env.

    Example:
        >>> evaluate("solver", "easy/validation", n=2, env={"size": (64, 64)}).summary["final"]["valid_layout_rate"]
        1.0
    """
    for name, value in (("n", n), ("batch_size", batch_size)):
        if not isinstance(value, int) or value < 1:
            raise InputError(f"`{name}` is {value!r}; it must be a whole number of at least 1")
    source = make_tasks(tasks)
    player = make_policy(policy)
    title = f"{player.name} on {source.name}"
    with _bar(title) if progress is True else contextlib.nullcontext(progress or None) as report:
        episodes = _play(player, source, n, seed, dict(env or {}), batch_size, keep_pictures, report)
    return Evaluation(summarize(episodes), tuple(episodes), player.name, source.name)


def _play(
    policy: Policy,
    source: TaskSource,
    n: int,
    seed: int,
    options: dict[str, Any],
    batch_size: int,
    keep_pictures: int | None,
    progress: Progress | None,
) -> list[Episode]:
    envs = [RoomLayoutEnv(tasks=source.sample, **options) for _ in range(min(batch_size, n))]
    episodes: list[Episode] = []
    for first in range(0, n, batch_size):
        batch = envs[: min(batch_size, n - first)]
        for offset, env in enumerate(batch):
            env.reset(seed=seed + first + offset)
        while waiting := [env for env in batch if not env.is_over]:
            texts = policy.respond(waiting)
            if len(texts) != len(waiting):
                raise InputError(
                    f"policy {policy.name!r} gave {len(texts)} texts for {len(waiting)} envs; it must give one an env"
                )
            for env, text in zip(waiting, texts, strict=True):
                env.step(text)
        for env in batch:
            is_kept = keep_pictures is None or len(episodes) < keep_pictures
            episodes.append(env.episode() if is_kept else _without_pictures(env.episode()))
        if progress is not None:
            progress(len(episodes), n)
    return episodes


def _without_pictures(episode: Episode) -> Episode:
    turns = tuple(replace(turn, image=None) for turn in episode.turns)
    return replace(episode, turns=turns, image=None)


@contextlib.contextmanager
def _bar(title: str) -> Iterator[Progress]:
    """Show a progress bar in the terminal and yield what moves it."""
    from rich import progress as bars

    columns = (
        bars.TextColumn("{task.description}"),
        bars.BarColumn(),
        bars.MofNCompleteColumn(),
        bars.TimeRemainingColumn(),
    )
    with bars.Progress(*columns) as shown:
        task = shown.add_task(title, total=None)
        yield lambda done, total: shown.update(task, completed=done, total=total)
