"""Play a policy on a suite of rooms and measure it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence, Sized
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from spatialenv.core.episode import Episode
from spatialenv.core.scene import Scene
from spatialenv.envs.room_layout import RoomLayoutEnv
from spatialenv.errors import BackendError, InputError, PolicyError
from spatialenv.evaluation.metrics import summarize
from spatialenv.evaluation.policy import Answer, Policy, describe_policy, make_policy
from spatialenv.evaluation.shards import EvaluationFolder, hash_scenes, make_manifest
from spatialenv.tasks.source import SceneList, TaskSource, TaskSpec, make_tasks

Progress = Callable[[int, int], None]
"""Called with the number of rooms done and of all rooms."""

DEFAULT_ROOMS = 128
"""Rooms played where the source has no end."""


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """What came of an evaluation.

    Attributes:
        summary: The rates, as `spatialenv.evaluation.metrics.summarize` gives them.
        episodes: One an evaluated room, in the order of their seeds; without pictures where those are in `folder`.
        policy: The policy's name.
        tasks: The suite's name.
        folder: The folder that holds everything, or None.
    """

    summary: Mapping[str, Any]
    episodes: tuple[Episode, ...]
    policy: str
    tasks: str
    folder: Path | None = None


def evaluate(
    policy: Policy | str,
    tasks: TaskSpec = "easy/validation",
    *,
    n: int | None = None,
    seed: int = 0,
    env: Mapping[str, Any] | None = None,
    batch_size: int = 32,
    keep_pictures: int | None = None,
    output: str | os.PathLike[str] | None = None,
    retry_failed: bool = False,
    progress: Progress | bool = False,
    env_class: type[RoomLayoutEnv] = RoomLayoutEnv,
) -> Evaluation:
    """Play `policy` on `n` rooms and return the rates and the episodes.

    The rooms are those of the seeds ``seed, seed + 1, ...``. A batch of them is played in lockstep:
    the policy is asked for one answer for every env that awaits one.

    With `output`, every batch is written there when it is done (see `spatialenv.evaluation.shards`), and
    an evaluation that was stopped goes on where it was when it is asked for again: with a policy whose
    answers depend on the rooms alone, its ``results.json`` is the same to the byte.

    Args:
        policy: A policy or its name.
        tasks: What `make_tasks` takes; a split that was not trained on: ``"easy/validation"``.
        n: Number of rooms; None: the whole split, or 128 where the source has no end.
        seed: Seed of the first room.
        env: Keyword arguments of `RoomLayoutEnv`, its tasks apart.
        batch_size: Rooms played at a time.
        keep_pictures: In how many episodes the pictures are kept; None: in all.
        output: A folder to write to, or to go on in.
        retry_failed: Play those batches in `output` again in which an endpoint, renderer or judge failed.
        progress: A function of rooms done and all rooms, or True for a bar in the terminal.
        env_class: What is played: `RoomLayoutEnv`, or a class derived from it with the same arguments, such as one that
            shows other pictures. What is kept in `output` names it.

    Raises:
        InputError: If an argument is not allowed, the policy does not give one text an env, or `output`
            holds another evaluation.

    Example:
        >>> evaluate("solver", "easy/validation", n=2, env={"size": (64, 64)}).summary["final"]["valid_layout_rate"]
        1.0
    """
    for name, value in (("n", 1 if n is None else n), ("batch_size", batch_size)):
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise InputError(f"`{name}` is {value!r}; it must be a whole number of at least 1")
    if keep_pictures is not None and (not isinstance(keep_pictures, int) or keep_pictures < 0):
        raise InputError(f"`keep_pictures` is {keep_pictures!r}; it must be a whole number of at least 0, or None")
    source = make_tasks(tasks)
    player = make_policy(policy)
    count = rooms_of(source) if n is None else n
    match = _Match(player, source, count, seed, dict(env or {}), batch_size, keep_pictures, env_class)
    title = f"{player.name} on {source.name}"
    with (
        contextlib.closing(match),
        _bar(title) if progress is True else contextlib.nullcontext(progress or None) as report,
    ):
        if output is None:
            episodes = match.play_all(report)
            return Evaluation(summarize(episodes), tuple(episodes), player.name, source.name)
        folder = match.open(output)
        episodes = match.play_into(folder, report, retry_failed)
    summary = summarize(episodes)
    folder.write_results(summary, episodes)
    return Evaluation(summary, tuple(episodes), player.name, source.name, folder.path)


def rooms_of(source: TaskSource) -> int:
    """Return the number of rooms of a source, `DEFAULT_ROOMS` where it has no end."""
    if isinstance(source, SceneList):
        return len(source.scenes)
    return len(source) if isinstance(source, Sized) else DEFAULT_ROOMS


class _Match:
    """A policy and the batches of rooms that it plays."""

    def __init__(
        self,
        policy: Policy,
        source: TaskSource,
        n: int,
        seed: int,
        options: dict[str, Any],
        batch_size: int,
        keep_pictures: int | None,
        env_class: type[RoomLayoutEnv],
    ) -> None:
        self.policy = policy
        self.source = source
        self.n = n
        self.seed = seed
        self.batch_size = batch_size
        self.keep_pictures = keep_pictures
        self.envs = [env_class(tasks=source, **options) for _ in range(min(batch_size, n))]
        for other in self.envs[1:]:
            other.renderer = self.envs[0].renderer  # so that what one holds, as a Blender, is there once
        self.scenes: Sequence[Scene] | None = None

    def play_all(self, progress: Progress | None) -> list[Episode]:
        """Play every batch and return the episodes."""
        episodes: list[Episode] = []
        for first in range(0, self.n, self.batch_size):
            episodes += self._play(first)
            if progress is not None:
                progress(len(episodes), self.n)
        return episodes

    def open(self, path: str | os.PathLike[str]) -> EvaluationFolder:
        """Open a folder for this match."""
        self.scenes = [self.source.sample(self.seed + index) for index in range(self.n)]
        env, settings = self.envs[0], dict(self.envs[0].settings)
        if type(env) is not RoomLayoutEnv:
            settings["class"] = f"{type(env).__module__}:{type(env).__qualname__}"
        tasks = {"name": self.source.name, "n": self.n, "seed": self.seed, "sha256": hash_scenes(self.scenes)}
        manifest = make_manifest(
            describe_policy(self.policy),
            tasks,
            settings,
            {"reward": env.reward.version, "renderer": env.renderer.version},
            batch_size=self.batch_size,
            keep_pictures=self.keep_pictures,
        )
        return EvaluationFolder(path, manifest, [self._size(first) for first in range(0, self.n, self.batch_size)])

    def play_into(self, folder: EvaluationFolder, progress: Progress | None, retry_failed: bool) -> list[Episode]:
        """Play the batches that the folder lacks, and return the episodes that it then holds."""
        episodes: list[Episode] = []
        for index in range(len(folder.sizes)):
            if not folder.has(index) or (retry_failed and folder.has_failures(index)):
                folder.save(index, self._play(index * self.batch_size))
            episodes += folder.load(index)
            if progress is not None:
                progress(len(episodes), self.n)
        return episodes

    def close(self) -> None:
        """End what the renderer holds."""
        for env in self.envs[:1]:
            env.close()

    def _size(self, first: int) -> int:
        return min(self.batch_size, self.n - first)

    def _play(self, first: int) -> list[Episode]:
        """Play the batch of rooms that begins with the room `first`."""
        batch = self.envs[: self._size(first)]
        for index, env in enumerate(batch, start=first):
            env.reset(seed=self.seed + index, options=None if self.scenes is None else {"scene": self.scenes[index]})
        failures: dict[int, BackendError] = {}
        while waiting := [row for row, env in enumerate(batch) if not env.is_over and row not in failures]:
            answers = self._ask([batch[row] for row in waiting])
            for row, answer in zip(waiting, answers, strict=True):
                if isinstance(answer, BackendError):
                    failures[row] = answer
                else:
                    batch[row].step(answer)
        episodes = []
        for row, env in enumerate(batch):
            episode = env.episode()
            if row in failures:
                error = failures[row]
                episode = replace(episode, failure=f"{type(error).__name__}: {error}")
            is_kept = self.keep_pictures is None or first + row < self.keep_pictures
            episodes.append(episode if is_kept else _without_pictures(episode))
        return episodes

    def _ask(self, envs: Sequence[RoomLayoutEnv]) -> Sequence[Answer]:
        try:
            answers = self.policy.respond(envs)
        except PolicyError as error:
            return [error] * len(envs)
        if len(answers) != len(envs):
            raise InputError(
                f"policy {self.policy.name!r} gave {len(answers)} texts for {len(envs)} envs; it must give one an env"
            )
        return answers


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
