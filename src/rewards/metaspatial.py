"""MetaSpatial's reward as published, version 1."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from spatialenv.core.placed import FloatArray, PlacedScene
from spatialenv.core.scene import Scene
from spatialenv.core.score import Score, Transition
from spatialenv.errors import InputError, JudgeError
from spatialenv.rewards.metaspatial_check import MetaSpatialCheck, check

Picture = npt.NDArray[np.uint8]
Judge = Callable[[Sequence[Picture], Scene], "Iterable[float] | float"]
"""Given the pictures of a layout and its scene; returns five whole grades from 1 to 10, or their sum."""


class MetaSpatialReward:
    """The published reward: a judge's grades, the format, and the ratios of a collision and a constraint check.

    ``judge / 50 + 0.5 * format - 0.2 * collision_ratio - 0.2 * constraint_ratio``

    with `judge` the sum of five grades. Only ``0.5 * format`` where the format level is below 1 or the judge
    gives 0, and ``0.5 * format + 0.2`` where it gives exactly 10: both as published, without penalties.
    The format level is that of the answer, whatever its ids; the ratios, defined in
    `spatialenv.rewards.metaspatial_check`, are of the objects that it places. The level is 0.5 for a layout
    without text that lacks objects, and at most 0.5 where nothing is placed: there is nothing to check.

    `details`: ``collision_ratio, constraint_ratio, violating_objects, colliding_pairs, format, judge``
    (None without a judge), ``components`` (format, both ratios, and the judge's sum where there is one),
    ``gate_closed`` (format below 1). `per_object` is not published: 1 less 0.5 for an object that collides,
    less 0.5 for one that violates.

    Range: [0.1, 1.5] for an answer of format level 1 with a judge ([0.1, 0.5] without), else [0, 0.25].
    Zero means: the tags of the answer are wrong.
    Best means: everything right and full marks; 0.5 without a judge.
    Cannot see: objects to which an answer of the right length gives wrong ids, how deep a collision is,
    objects outside the room without a relation, yaws other than quarter turns, floors that are no rectangles
    (it takes their bounding rectangle, and a relation to a wall by number is never met); counting pairs with
    walls, floor and ceiling dilutes the collision ratio.

    Args:
        judge: Grades pictures; None drops its term and nothing else.
        on_failure: What a judge that fails means: ``"raise"`` a JudgeError, or ``"published"``: a sum of 0,
            which pays ``0.5 * format`` and no penalty.

    Raises:
        InputError: If `judge` cannot be called or `on_failure` is neither.

    Example:
        >>> from spatialenv.core.room import Room
        >>> from spatialenv.core.scene import SceneObject
        >>> scene = Scene(Room.rectangle(6, 4, 3), (SceneObject(id="cube_1", category="cube", size=(1, 1, 1)),))
        >>> score = MetaSpatialReward()(Transition.of(scene.place({"cube_1": (3, 2, 0.5)})))
        >>> score.value, score.details["constraint_ratio"]  # an object without a relation violates
        (0.3, 1.0)
    """

    name = "metaspatial"
    version = "metaspatial-1"

    def __init__(self, judge: Judge | None = None, on_failure: Literal["raise", "published"] = "raise") -> None:
        if judge is not None and not callable(judge):
            raise InputError(f"`judge` is {judge!r}; give a callable of pictures and scene, or None")
        if on_failure not in ("raise", "published"):
            raise InputError(f"`on_failure` is {on_failure!r}; allowed: 'raise', 'published'")
        self._judge = judge
        self._on_failure = on_failure

    @property
    def uses_pictures(self) -> bool:
        """Whether it looks at pictures, which only a judge does."""
        return self._judge is not None

    def __call__(self, transition: Transition) -> Score:
        """Return the score.

        Raises:
            JudgeError: If the judge fails, or its grades are not five whole numbers from 1 to 10 or their sum.
        """
        return self.batch([transition])[0]

    def batch(self, transitions: Sequence[Transition]) -> list[Score]:
        """Return the score of each transition; collisions are found together."""
        found = check([transition.placed for transition in transitions])
        return [self._score(transition, one) for transition, one in zip(transitions, found, strict=True)]

    def _score(self, transition: Transition, found: MetaSpatialCheck) -> Score:
        placed = transition.placed
        level = float(transition.parsed.format_level)
        if placed.scene.objects and not placed.ids:
            level = min(level, 0.5)
        judge = self._grade(transition) if self._judge is not None and level >= 1.0 else None
        details: dict[str, Any] = {
            "collision_ratio": found.collision_ratio,
            "constraint_ratio": found.constraint_ratio,
            "violating_objects": list(found.violating_objects),
            "colliding_pairs": [list(pair) for pair in found.colliding_pairs],
            "format": level,
            "judge": judge,
            "components": {
                "format": level,
                "collision_ratio": found.collision_ratio,
                "constraint_ratio": found.constraint_ratio,
                **({} if judge is None else {"judge": float(judge)}),
            },
            "gate_closed": level < 1.0,
        }
        return Score(_value(level, judge, found), _per_object(placed, found), details, self.version)

    def _grade(self, transition: Transition) -> int:
        if self._judge is None:
            return 0
        try:
            grades = self._judge(transition.pictures or (), transition.placed.scene)
            return _total(grades)
        except Exception as error:  # whatever a judge raises, it gave no grade
            if self._on_failure == "published":
                return 0
            if isinstance(error, JudgeError):
                raise
            raise JudgeError(f"the judge failed: {type(error).__name__}: {error}") from error


def _total(grades: object) -> int:
    """Return the sum of five grades, or the sum that is given; JudgeError for anything else."""
    total = _whole(grades)
    if total is not None and (total == 0 or 5 <= total <= 50):
        return total
    if total is None and isinstance(grades, Iterable) and not isinstance(grades, (str, bytes, Mapping, Set)):
        five = [_whole(grade) for grade in grades]
        whole = [grade for grade in five if grade is not None and 1 <= grade <= 10]
        if len(five) == len(whole) == 5:
            return sum(whole)
    raise JudgeError(
        f"the judge gave {grades!r}; it must give five integers from 1 to 10 (3.0 counts as 3), or their sum"
    )


def _whole(value: object) -> int | None:
    """Return a whole number, of Python or numpy, as an int; None for all else, truth values too."""
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool):
        return int(value)
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return int(value)
    return None


def _value(level: float, judge: int | None, found: MetaSpatialCheck) -> float:
    if level < 1.0 or judge == 0:
        return 0.5 * level
    if judge == 10:
        return 0.5 * level + judge / 50
    if judge is None:
        return 0.5 * level - 0.2 * found.collision_ratio - 0.2 * found.constraint_ratio
    return judge / 50 + 0.5 * level - 0.2 * found.collision_ratio - 0.2 * found.constraint_ratio


def _per_object(placed: PlacedScene, found: MetaSpatialCheck) -> FloatArray:
    colliding = {name for pair in found.colliding_pairs for name in pair}
    values = np.full(len(placed.scene.objects), np.nan)
    values[placed.indices] = [
        1.0 - 0.5 * (object_id in colliding) - 0.5 * (object_id in found.violating_objects) for object_id in placed.ids
    ]
    return values
