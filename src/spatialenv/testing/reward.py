"""What every reward must keep."""

from __future__ import annotations

import json
import pickle
from collections.abc import Sequence

import numpy as np

from spatialenv.core.answer import ParsedAnswer
from spatialenv.core.score import Score, Transition
from spatialenv.errors import InputError
from spatialenv.rewards.base import Reward
from spatialenv.testing.checks import Check, CheckResult, expect, insist, run
from spatialenv.testing.samples import renamed, reordered, sample_scenes, sample_transitions, shuffled, witness

_EXACT = 1e-12


def check_reward(reward: Reward, *, bounds: tuple[float, float] = (0.0, 1.0), is_about_format: bool = False) -> None:
    """Check that a reward keeps what rewards must keep, on some fifty layouts.

    Args:
        reward: The reward.
        bounds: Least and greatest value; ``(-inf, inf)`` for a preset that keeps a published range.
        is_about_format: Whether it looks at the answer's form alone, and so cannot tell a sound layout from a
            shuffled one.

    Raises:
        CheckError: If something does not hold; the message lists everything that was found.
        InputError: If `bounds` is no such pair.

    Example:
        >>> from spatialenv.rewards import make_reward
        >>> check_reward(make_reward("physics"))
    """
    insist(
        f"reward {getattr(reward, 'name', type(reward).__name__)!r}",
        reward_checks(reward, bounds=bounds, is_about_format=is_about_format),
    )


def reward_checks(
    reward: Reward, *, bounds: tuple[float, float] = (0.0, 1.0), is_about_format: bool = False
) -> list[CheckResult]:
    """Return the result of each check of `check_reward`."""
    if not (isinstance(bounds, tuple) and len(bounds) == 2 and bounds[0] < bounds[1]):
        raise InputError(f"`bounds` is {bounds!r}; give the least and the greatest value: (0.0, 1.0)")
    tried = _Tried(reward, bounds)
    checks: list[Check] = [
        ("it has a name, a version that begins with it, and both ways to be called", tried.is_a_reward),
        (f"scores are finite and from {bounds[0]:g} to {bounds[1]:g}", tried.is_in_range),
        ("values by object fit the scene, NaN exactly where not placed", tried.divides_by_object),
        ("details are plain JSON", tried.details_are_json),
        ("the same layout scores the same, also after pickling", tried.is_deterministic),
        ("a batch scores as its layouts do alone", tried.batch_equals_singles),
        ("results share no arrays, and scoring changes nothing", tried.shares_nothing),
        ("the order of objects does not matter", tried.order_does_not_matter),
        ("the names of objects do not matter", tried.names_do_not_matter),
        ("an answer that cannot be read is never best", tried.nothing_is_never_best),
    ]
    if not is_about_format:
        checks.append(("sound layouts score more than shuffled ones on average", tried.tells_apart))
    return run(checks)


class _Tried:
    """A reward with the layouts that it is tried on."""

    def __init__(self, reward: Reward, bounds: tuple[float, float]) -> None:
        self.reward = reward
        self.bounds = bounds
        self.transitions = list(sample_transitions())
        self.scenes = sample_scenes()

    def is_a_reward(self) -> None:
        reward = self.reward
        expect(isinstance(reward, Reward), "it lacks `name`, `version`, `__call__` or `batch`")
        expect(isinstance(reward.name, str) and reward.name, f"`name` is {reward.name!r}; give a non-empty string")
        expect(
            isinstance(reward.version, str) and reward.version.startswith(f"{reward.name}-"),
            f"`version` is {reward.version!r}; it must be the name and a number: '{reward.name}-1'",
        )
        scores = reward.batch([])
        expect(list(scores) == [], f"a batch of nothing gave {scores!r}; it must give an empty list")

    def is_in_range(self) -> None:
        low, high = self.bounds
        for score in self._scores():
            expect(isinstance(score, Score), f"it returned a {type(score).__name__}; it must return a Score")
            value = float(score.value)
            expect(np.isfinite(value), f"a value is {value!r}; every value must be finite")
            expect(low <= value <= high, f"a value is {value:g}, outside [{low:g}, {high:g}]")

    def divides_by_object(self) -> None:
        for transition, score in zip(self.transitions, self._scores(), strict=True):
            if score.per_object is None:
                continue
            kind = type(score.per_object).__name__
            expect(isinstance(score.per_object, np.ndarray), f"`per_object` is a {kind}; give a NumPy array or None")
            n = len(transition.placed.scene.objects)
            shape = np.shape(score.per_object)
            expect(shape == (n,), f"`per_object` has the shape {shape} for {n} objects; it must be ({n},)")
            is_placed = np.isin(np.arange(n), transition.placed.indices)
            expect(
                np.array_equal(np.isfinite(score.per_object), is_placed),
                "`per_object` must be finite for placed objects and NaN for the others",
            )

    def details_are_json(self) -> None:
        for score in self._scores():
            details = dict(score.details)
            try:
                read = json.loads(json.dumps(details, allow_nan=False))
            except (TypeError, ValueError) as error:
                read = f"{error}"
            expect(
                read == details, f"`details` is {details!r}; use str, int, float, bool, None, lists and dicts ({read})"
            )

    def is_deterministic(self) -> None:
        again = pickle.loads(pickle.dumps(self.reward))
        for first, second in zip(self._scores(), again.batch(self.transitions), strict=True):
            _expect_equal(first, second, 0.0, "scored twice")

    def batch_equals_singles(self) -> None:
        for together, transition in zip(self._scores(), self.transitions, strict=True):
            _expect_equal(together, self.reward(transition), _EXACT, "in a batch and alone")

    def shares_nothing(self) -> None:
        arrays = [s.per_object for _ in range(2) for s in self._scores() if s.per_object is not None]
        for i, array in enumerate(arrays):
            expect(
                not any(np.shares_memory(array, other) for other in arrays[i + 1 :]),
                "two scores share the memory of `per_object`; return fresh arrays",
            )
        for transition in self.transitions:
            before = transition.placed.centers.copy()
            self.reward(transition)
            expect(np.array_equal(before, transition.placed.centers), "scoring changed the layout")

    def order_does_not_matter(self) -> None:
        rng = np.random.default_rng(11)
        for scene in self.scenes:
            placed = shuffled(scene, rng)
            order = rng.permutation(len(scene.objects)).tolist()
            first = self.reward(Transition.of(placed))
            second = self.reward(Transition.of(reordered(placed, order)))
            expect(abs(first.value - second.value) <= _EXACT, f"{first.value!r} became {second.value!r}")
            if first.per_object is not None and second.per_object is not None:
                expect(
                    np.allclose(first.per_object[order], second.per_object, rtol=0, atol=_EXACT, equal_nan=True),
                    "`per_object` does not follow the scene's order of objects",
                )

    def names_do_not_matter(self) -> None:
        rng = np.random.default_rng(13)
        for scene in self.scenes:
            placed = shuffled(scene, rng)
            first, second = (self.reward(Transition.of(one)) for one in (placed, renamed(placed)))
            _expect_equal(first, second, _EXACT, "under other ids")

    def nothing_is_never_best(self) -> None:
        for scene in self.scenes:
            best = self.reward(Transition.of(witness(scene))).value
            for level in (0.0, 0.1, 0.5):
                parsed = ParsedAnswer(layout=None, format_level=level)
                value = self.reward(Transition(placed=scene.place({}), parsed=parsed)).value
                expect(value < best, f"an unread answer scores {value:g}, a sound layout {best:g}")

    def tells_apart(self) -> None:
        rng = np.random.default_rng(17)
        sound = self._values([Transition.of(witness(scene)) for scene in self.scenes])
        loose = self._values([Transition.of(shuffled(scene, rng)) for scene in self.scenes for _ in range(4)])
        expect(
            sound.mean() > loose.mean(),
            f"sound layouts score {sound.mean():g} on average, the same objects shuffled {loose.mean():g}",
        )

    def _scores(self) -> list[Score]:
        scores = list(self.reward.batch(self.transitions))
        n = len(self.transitions)
        expect(len(scores) == n, f"a batch of {n} gave {len(scores)} scores; give one for each, in order")
        return scores

    def _values(self, transitions: Sequence[Transition]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        return np.array([float(score.value) for score in self.reward.batch(transitions)])


def _expect_equal(first: Score, second: Score, tolerance: float, when: str) -> None:
    expect(abs(first.value - second.value) <= tolerance, f"{when}, {first.value!r} became {second.value!r}")
    expect(first.version == second.version, f"{when}, the version {first.version!r} became {second.version!r}")
    arrays = [np.nan if s.per_object is None else np.asarray(s.per_object) for s in (first, second)]
    expect(
        np.shape(arrays[0]) == np.shape(arrays[1])
        and np.allclose(arrays[0], arrays[1], rtol=0, atol=tolerance, equal_nan=True),
        f"{when}, `per_object` differs",
    )
