"""Who plays the suites: the model of an arm, or a policy that an arm is."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from benchmarks.learning.controls import make_control
from benchmarks.learning.folders import Job, check_start
from benchmarks.learning.study import Suite
from spatialenv.envs.room_layout import RoomLayoutEnv
from spatialenv.errors import InputError, unknown_name
from spatialenv.evaluation import BestOf, Policy, fit_constant, make_policy
from spatialenv.evaluation.baselines import turns_of
from spatialenv.evaluation.model_policy import ModelPolicy, load_model
from spatialenv.evaluation.policy import Answer, SamplingPolicy
from spatialenv.trainers.held_out import training_sources

BEST_OF = 8

POLICIES = ("random", "constant", "solver", "witness", "best_of_8", "redraw")
"""Policies of arms that are one."""


class Redraw:
    """Gives a first answer, and to a room that it did not settle a second one drawn as if there had been no first.

    The second answer is drawn from the opening prompt and picture alone. What it adds is what any second turn has for
    nothing: another try.

    Args:
        policy: Gives the answers.
        env_fn: Makes an environment of the kind that is played.
    """

    def __init__(self, policy: SamplingPolicy, env_fn: Callable[[], RoomLayoutEnv]) -> None:
        self.policy = policy
        self.name = f"redraw:{policy.name}"
        self._env_fn = env_fn
        self._fresh: list[RoomLayoutEnv] = []

    def respond(self, envs: Sequence[RoomLayoutEnv]) -> Sequence[Answer]:
        """Return an answer for each env."""
        draw = max(map(turns_of, envs))
        if draw == 0:
            return self.policy.sample(envs, 0)
        self._fresh += [self._env_fn() for _ in range(len(envs) - len(self._fresh))]
        fresh = self._fresh[: len(envs)]
        for new, env in zip(fresh, envs, strict=True):
            new.reset(seed=env.episode().seed, options={"scene": env.scene})
        return self.policy.sample(fresh, draw)


def player_maker(job: Job) -> Callable[[Suite], Policy]:
    """Return what makes the policy that plays a suite; a model is loaded, and a constant fitted, once for all.

    Raises:
        UnknownNameError: If there is no such policy.
        InputError: If the job that it starts from has left no model.
    """
    settings, name = job.settings(), job.arm.policy
    if name is not None and name not in POLICIES:
        raise unknown_name("policy", name, POLICIES)
    if job.model is None:
        policy = _constant(job) if name == "constant" else _named(job, name)
        return lambda suite: policy
    check_start(job)
    model, processor = load_model(job.model, pictures=settings.pictures, dtype=settings.dtype)

    def make(suite: Suite) -> Policy:
        sampler = ModelPolicy(
            model,
            processor,
            name=job.arm.name,
            max_new_tokens=suite.max_new_tokens or settings.rl.max_new_tokens,
            temperature=settings.evaluate.temperature,
            seed=job.seed,
            batch_size=settings.evaluate.batch_size,
            pictures=settings.pictures,
        )
        if name == "best_of_8":
            return BestOf(sampler, BEST_OF, reward=settings.env.reward)
        if name == "redraw":
            source = training_sources(settings)[0]
            env_class = make_control(job.arm.control).env_class
            return Redraw(sampler, lambda: env_class(tasks=source, **settings.env.model_dump()))
        return sampler

    return make


def _named(job: Job, name: str | None) -> Policy:
    if name is None or name in ("best_of_8", "redraw"):
        raise InputError(f"the arm {job.arm.name!r} plays a model, but names no arm to start from")
    return make_policy(name) if name == "witness" else make_policy(name, seed=job.seed)


def _constant(job: Job) -> Policy:
    """Return the best constant layout of the training rooms."""
    settings = job.settings()
    source = training_sources(settings)[0]
    rooms = [source.sample(seed) for seed in range(settings.evaluate.constant_rooms)]
    return fit_constant(rooms, seed=job.seed)
