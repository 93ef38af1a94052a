"""What the executors have in common: seats, jobs, answers in flight, and what is told to the task source."""

from __future__ import annotations

import copy
import operator
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from spatialenv.core.answer import ParsedAnswer
from spatialenv.core.episode import Episode, Turn
from spatialenv.core.layout import Layout
from spatialenv.core.scene import Scene
from spatialenv.envs.play import reason
from spatialenv.envs.prompt import make_prompt
from spatialenv.envs.room_layout import RoomLayoutEnv
from spatialenv.errors import BackendError, InputError
from spatialenv.renderers.base import Picture
from spatialenv.tasks import TaskSource, TaskSpec, make_tasks
from spatialenv.trainers.executors.base import Outcome, Seat
from spatialenv.trainers.executors.player import EnvRecipe, EpisodeLostError, Job

LOST_LIMIT = 8
"""Episodes lost one after the other, with none played between, after which it is not the episodes' fault."""


_NO_STATUS = dict.fromkeys(("well_formed", "valid", "clean", "collides", "out_of_room"), False)


class Answers:
    """Answers that are being placed, drawn and scored.

    Args:
        seats: The seats that they were given in.
        texts: The answers.
        futures: What will come of each.
        collect: Takes them in.
    """

    def __init__(
        self,
        seats: Sequence[Seat],
        texts: Sequence[str],
        futures: Sequence[Future[Any]],
        collect: Callable[[Answers], None],
    ) -> None:
        self.seats = tuple(seats)
        self.texts = tuple(texts)
        self.futures = tuple(futures)
        self.seconds: dict[str, float] | None = None
        self._collect = collect

    def wait(self) -> Mapping[str, float]:
        """Wait until the seats hold what came of them; return the seconds of work by kind (``draw``, ``score``).

        Raises:
            InputError: If their episodes have ended meanwhile, by `reset` or `close`.
            BackendError: If the workers cannot start, or are lost again and again.
            Exception: What the environment raised.
        """
        if self.seconds is None:
            self._collect(self)
        return dict(self.seconds or {})


@dataclass(slots=True)
class _Table:
    """What an executor remembers of a seat beside what the trainer sees."""

    seat: Seat
    seed: int
    texts: tuple[str, ...] = ()
    is_asked: bool = False


class QueuedExecutor:
    """An executor that makes jobs; what derives from it has them done.

    For one thread. Scenes are drawn here, one a seed and batch, and a source that learns from outcomes is told of each
    ended episode once, in the order of steps and of seats, when the answers are waited for. `reset` and `close`
    end all episodes, those with answers in flight too: waiting for these is then an error. An executor that was
    closed starts anew when it is reset.

    Args:
        env: Keyword arguments of `RoomLayoutEnv` without ``tasks``, or a function that makes one.
        tasks: Where scenes come from; None takes those of the environment.

    Raises:
        InputError: If an argument of the environment is not allowed.
    """

    def __init__(self, env: Mapping[str, Any] | Callable[[], RoomLayoutEnv], tasks: TaskSpec | None = None) -> None:
        self.make, template = _recipe(env, tasks)
        self.rules = template.rules
        self.tasks: TaskSource = template.tasks if tasks is None or isinstance(env, Mapping) else make_tasks(tasks)
        self._batch = 0
        self._tables: list[_Table] = []
        self._flying: deque[Answers] = deque()
        self._lost_in_a_row = 0

    # --- the protocol -----------------------------------------------------------------------------

    def reset(self, seeds: Sequence[int]) -> list[Seat]:
        """Start an episode for each seed, in new seats; those of the batch before end."""
        numbers = [operator.index(seed) for seed in seeds]
        self._end_episodes()
        self._batch += 1
        scenes: dict[int, Scene] = {}
        for seed in numbers:  # the samples of a group play one scene
            if seed not in scenes:
                scenes[seed] = self.tasks.sample(seed)
        jobs = [Job(self._batch, row, scenes[seed], seed) for row, seed in enumerate(numbers)]
        futures = [self._submit(job) for job in jobs]
        self._tables = [
            _Table(Seat(job.row, self._opening(job, future)), job.seed)
            for job, future in zip(jobs, futures, strict=True)
        ]
        return [table.seat for table in self._tables]

    def step(self, seats: Sequence[Seat], texts: Sequence[str]) -> Answers:
        """Answer in each of `seats`; may return before it is done, so that the model can go on writing.

        Raises:
            InputError: If a seat is not of this batch, its episode is over, or its last answer was not waited for.
        """
        if len(seats) != len(texts):
            raise InputError(f"{len(seats)} seats were given {len(texts)} texts; give one for each")
        tables = [self._table(seat) for seat in seats]
        rows = [seat.row for seat in seats]
        if len(set(rows)) < len(rows):
            raise InputError(f"a seat is given twice among rows {rows}; answer once in each")
        for text in texts:
            if not isinstance(text, str):
                raise InputError(f"an answer is a text; a {type(text).__name__} was given")
        futures = []
        for table, text in zip(tables, texts, strict=True):
            table.texts = (*table.texts, text)
            table.is_asked = True
            job = Job(self._batch, table.seat.row, table.seat.scene, table.seed, table.texts)
            futures.append(self._submit_answer(table, job))
        answers = Answers(seats, texts, futures, self._collect)
        self._flying.append(answers)
        return answers

    def close(self) -> None:
        """End all episodes, and the processes that play them."""
        self._end_episodes()

    # --- what is different --------------------------------------------------------------------------

    def _submit(self, job: Job) -> Future[Any]:
        """Have a job done: the future of an `Episode` (the opening) or of an `Outcome`."""
        raise NotImplementedError

    # --- inside -------------------------------------------------------------------------------------

    def _end_episodes(self) -> None:
        for answers in self._flying:
            for future in answers.futures:
                future.cancel()
        self._flying.clear()
        self._tables = []

    def _table(self, seat: Seat) -> _Table:
        table = self._tables[seat.row] if seat.row < len(self._tables) else None
        if table is None or table.seat is not seat:
            raise InputError(
                f"the seat of row {seat.row} is not of this batch; give those that the last reset() returned"
            )
        if seat.is_over:
            raise InputError(f"the episode of row {seat.row} is over; leave its seat out of step()")
        if table.is_asked:
            raise InputError(
                f"the last answer of row {seat.row} was not waited for; call wait() before the next step()"
            )
        return table

    def _submit_answer(self, table: _Table, job: Job) -> Future[Any]:
        failure = table.seat.episode().failure
        if failure is not None and failure.startswith(EpisodeLostError.__name__):
            future: Future[Any] = Future()
            future.set_exception(EpisodeLostError(failure.partition(": ")[2]))
            return future
        return self._submit(job)

    def _opening(self, job: Job, future: Future[Any]) -> Episode:
        try:
            episode: Episode = replace(future.result(), scene=job.scene)
        except EpisodeLostError as error:
            self._count_loss(error)
            return self._black_opening(job, error)
        self._lost_in_a_row = 0
        _freeze(episode.image)
        return episode

    def _collect(self, wanted: Answers) -> None:
        """Take in answers in the order of their steps, up to those wanted."""
        if wanted not in self._flying:
            raise InputError("these answers were given up by reset() or close(), or failed before; take a new step")
        while wanted.seconds is None:
            self._take_in(self._flying[0])
            self._flying.popleft()

    def _take_in(self, answers: Answers) -> None:
        outcomes = []
        for seat, text, future in zip(answers.seats, answers.texts, answers.futures, strict=True):
            try:
                outcomes.append(future.result())
                self._lost_in_a_row = 0
            except EpisodeLostError as error:
                self._count_loss(error)
                outcomes.append(_lost_outcome(seat, text, error))
        seconds = {"draw": 0.0, "score": 0.0}
        for seat, outcome in zip(answers.seats, outcomes, strict=True):
            _freeze(outcome.turn.image)
            seat.add(outcome)
            table = self._tables[seat.row]
            table.is_asked = False
            self._tell_tasks(table, outcome)
            for kind, spent in outcome.seconds.items():
                seconds[kind] += spent
        answers.seconds = seconds

    def _tell_tasks(self, table: _Table, outcome: Outcome) -> None:
        """Let a source that learns from outcomes know how an episode ended, as the environment would."""
        observe = getattr(self.tasks, "observe", None)
        if observe is not None and outcome.is_over and outcome.failure is None:
            observe(table.seed, outcome.turn.status["clean"])

    def _count_loss(self, error: EpisodeLostError) -> None:
        self._lost_in_a_row += 1
        if self._lost_in_a_row >= LOST_LIMIT:
            raise BackendError(f"{LOST_LIMIT} episodes were lost one after the other; the last one: {error}") from error

    def _black_opening(self, job: Job, error: EpisodeLostError) -> Episode:
        """Return the opening of an episode that could not be begun, as an environment shows a failed first picture."""
        rules = self.rules
        width, height = rules.size
        return Episode(
            scene=job.scene,
            prompt=make_prompt(job.scene, rules.yaw, rules.views, rules.actions),
            turns=(),
            settings=copy.deepcopy(rules.settings),
            seed=job.seed,
            image=_freeze(np.zeros((height, width * len(rules.views), 3), np.uint8)),
            failure=reason(error),
        )


def _lost_outcome(seat: Seat, text: str, error: EpisodeLostError) -> Outcome:
    """Return what came of an answer whose episode was lost: truncated, and all as it was before."""
    episode = seat.episode()
    last = episode.turns[-1] if episode.turns else None
    turn = Turn(
        text=text,
        layout=last.layout if last is not None else episode.scene.start or Layout(),
        reward=0.0,
        score=last.score if last is not None else 0.0,
        components={},
        per_object={},
        violations=(),
        issues=(),
        feedback="",
        status=last.status if last is not None else _NO_STATUS,
        image=last.image if last is not None else episode.image,
    )
    return Outcome(turn, ParsedAnswer(layout=None, format_level=0.0), is_over=True, failure=reason(error))


def _freeze(picture: Picture | None) -> Picture | None:
    """Make a picture read-only, as those of an environment are."""
    if picture is not None:
        picture.flags.writeable = False
    return picture


def _recipe(
    env: Mapping[str, Any] | Callable[[], RoomLayoutEnv], tasks: TaskSpec | None
) -> tuple[Callable[[], RoomLayoutEnv], RoomLayoutEnv]:
    """Return what makes environments, and one of them that has the tasks."""
    if not isinstance(env, Mapping):
        template = env()
        if not isinstance(template, RoomLayoutEnv):
            raise InputError(f"`env` made a {type(template).__name__}; it must make a RoomLayoutEnv")
        return env, template
    arguments = dict(env)
    given = arguments.pop("tasks", "procedural")
    template = RoomLayoutEnv(tasks=given if tasks is None else tasks, **arguments)
    arguments["yaw"] = template.yaw  # the tasks say it, and workers have none
    chosen = template.settings["renderer"]
    if not (isinstance(chosen, Mapping) and "object" in chosen):
        arguments["renderer"] = chosen  # what "auto" is here, so that all pictures are of one kind
    return EnvRecipe(arguments), template
