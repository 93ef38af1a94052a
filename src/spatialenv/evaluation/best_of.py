"""The best of several answers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from spatialenv.core.edits import parse_edits
from spatialenv.core.parse import parse_answer
from spatialenv.core.placed import PlacedScene
from spatialenv.core.score import Transition
from spatialenv.envs.room_layout import RoomLayoutEnv
from spatialenv.errors import BackendError, InputError, PolicyError
from spatialenv.evaluation.baselines import turns_of
from spatialenv.evaluation.policy import Answer, Policy, SamplingPolicy, describe_policy
from spatialenv.rewards.registry import RewardSpec, make_reward


class BestOf:
    """Asks a policy for `n` answers and gives the one that scores best, the first of equals.

    Each answer is placed beside the env's own layout, which stays as it is, and scored without a
    picture. An answer that cannot be used comes last; one that a judge failed on is left out.

    Args:
        policy: A policy with `SamplingPolicy.sample`, such as a random one, the solver, a model, an
            endpoint or another `BestOf`.
        n: Number of answers.
        reward: What they are scored by, as `make_reward` takes it.

    Raises:
        InputError: If `n` is below 1, or the policy gives one answer only.

    Example:
        >>> from spatialenv.evaluation import RandomPolicy, evaluate
        >>> env = {"size": (32, 32), "views": ["top"], "max_turns": 1}
        >>> one, best = (evaluate(policy, "easy", n=8, env=env) for policy in ("random", BestOf(RandomPolicy(), 8)))
        >>> best.summary["final"]["mean_score"] > one.summary["final"]["mean_score"]
        True
    """

    def __init__(self, policy: Policy, n: int, reward: RewardSpec = "physics") -> None:
        if isinstance(n, bool) or not isinstance(n, int) or n < 1:
            raise InputError(f"`n` of a best-of is {n!r}; it must be a whole number of at least 1")
        if not isinstance(policy, SamplingPolicy):
            raise InputError(
                f"policy {getattr(policy, 'name', policy)!r} gives one answer an env; "
                "a best-of needs one with a method sample(envs, draw)"
            )
        self.policy = policy
        self.n = n
        self.reward = make_reward(reward)
        self.name = f"best-of-{n}:{policy.name}"

    @property
    def settings(self) -> Mapping[str, Any]:
        """What its answers depend on."""
        return {"n": self.n, "reward": self.reward.version, "of": describe_policy(self.policy)}

    def respond(self, envs: Sequence[RoomLayoutEnv]) -> list[Answer]:
        """Return the best answer for each env."""
        return self.sample(envs, 0)

    def sample(self, envs: Sequence[RoomLayoutEnv], draw: int) -> list[Answer]:
        """Return the best of other `n` answers for each env; draw 0 is what `respond` gives."""
        best: list[Answer | None] = [None] * len(envs)
        scores = [-math.inf] * len(envs)
        for index in range(draw * self.n, (draw + 1) * self.n):
            answers = list(self.policy.sample(envs, index))
            scored = self._scored(envs, answers)
            for row, (answer, score) in enumerate(scored):
                # A failure is given only where every draw failed.
                if best[row] is None or score > scores[row] or isinstance(best[row], PolicyError):
                    best[row], scores[row] = answer, score
        return [answer for answer in best if answer is not None]

    def _scored(self, envs: Sequence[RoomLayoutEnv], answers: Sequence[Answer]) -> list[tuple[Answer, float]]:
        """Return each answer with its score, minus infinity where there is nothing to score.

        An answer that a judge failed on is a failure: it can neither win nor lose.
        """
        found = [(answer, -math.inf) for answer in answers]
        rows, transitions = [], []
        for row, (env, answer) in enumerate(zip(envs, answers, strict=True)):
            transition = None if isinstance(answer, PolicyError) else _transition(env, answer)
            if transition is not None:
                rows.append(row)
                transitions.append(transition)
        for row, score in zip(rows, self._measure(transitions), strict=True):
            found[row] = (score, -math.inf) if isinstance(score, PolicyError) else (answers[row], score)
        return found

    def _measure(self, transitions: Sequence[Transition]) -> list[float | PolicyError]:
        if not transitions:
            return []
        try:
            return [score.value for score in self.reward.batch(transitions)]
        except BackendError as error:
            if len(transitions) == 1:
                return [PolicyError(f"an answer could not be compared: {type(error).__name__}: {error}")]
        return [score for transition in transitions for score in self._measure([transition])]


def _transition(env: RoomLayoutEnv, text: str) -> Transition | None:
    """Return what a reward would be given if `text` were the env's next answer; None where it cannot be used."""
    if env.actions == "edits":
        parsed = parse_edits(text, env.scene, env.placed.layout, mode=env.parse_mode, yaw=env.yaw)
    else:
        parsed = parse_answer(text, env.scene, mode=env.parse_mode, yaw=env.yaw)
    if parsed.layout is None:
        return None
    turn = turns_of(env)
    previous = env.placed if turn or env.scene.start is not None else None
    return Transition(PlacedScene(env.scene, parsed.layout), parsed, previous, turn, None)
