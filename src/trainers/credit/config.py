"""How advantages are given: `CreditConfig`, what users set under ``rl.credit``."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, get_args

from spatialenv.errors import InputError, UnknownNameError, unknown_name
from spatialenv.rewards.trajectory import TRAJECTORIES, make_trajectory
from spatialenv.trainers.credit.baselines import BASELINES, DEVIATIONS, Baseline, Deviation

CreditLevel = Literal["trajectory", "turn", "object", "parts"]
CREDIT_LEVELS: tuple[str, ...] = get_args(CreditLevel)

Scope = Literal["object", "numbers"]
SCOPES: tuple[str, ...] = get_args(Scope)


@dataclass(frozen=True, slots=True)
class CreditConfig:
    """How advantages are given; ``docs/training/credit.md`` has the formulas.

    Attributes:
        level: ``"trajectory"``: all tokens of an episode carry its advantage. ``"turn"``: those of a turn carry
            ``alpha * A_trajectory + (1 - alpha) * A_turn``. ``"object"``: tokens that placed an object carry
            ``alpha * A_trajectory + (1 - alpha) * A_object``, others ``A_trajectory``. ``"parts"``: the numbers
            of an object carry format, own score and validity, each with a baseline of its own (the demo's rule).
        alpha: Share of the trajectory's advantage at the levels ``"turn"`` and ``"object"``, 0 to 1.
        baseline: What a trajectory's and a turn's value is held against; see `BASELINES`.
        object_baseline: The same for the score of an object, within its group: not ``"batch"``.
        deviation: ``"sample"`` (n - 1, as in TRL) or ``"population"`` (n) standard deviations.
        eps: Added to standard deviations that are divided by; above 0.
        trajectory: Reward of a trajectory: ``"return"`` (sum of the turns' rewards), or of the turns' scores a rule
            of `spatialenv.rewards.make_trajectory`, as a name or a mapping with ``name`` and options.
        turn_value: What a turn earned by itself: its ``"reward"`` or its ``"score"``.
        turn_discount: Discount of later turns' values that a turn is paid for too, 0 to 1; 0 is its own alone.
        train_turns: ``"all"``, or ``"first"``: later turns are played, count in the trajectory's reward, and are not
            trained on.
        scope: Which tokens carry an object's advantage: all of its entry (``"object"``), or those of its coordinates
            (``"numbers"``). None is ``"numbers"`` with ``level="parts"`` and ``"object"`` else.
        soundness_bonus: What an object's score gains for overlapping nothing, and again for being inside the
            room. These steps pay for finishing a repair, which a share of volume alone hardly does. None is 0.5 with
            ``level="parts"`` and 0, the reward's own values, else.
        layout_weight: `parts`: weight of the whole layout's validity beside an object's own score.
        anchor: `parts`: advantage of the structural tokens of a well-formed answer; it keeps the format while
            the numbers move.
        floor: `parts`: smallest standard deviation that scores are divided by.

    Raises:
        InputError: If a value is not allowed.

    Example:
        >>> CreditConfig(level="turn", trajectory={"name": "discounted_mean", "discount": 0.8}).alpha
        0.5
    """

    level: CreditLevel = "object"
    alpha: float = 0.5
    baseline: Baseline = "group_std"
    object_baseline: Baseline = "group_std"
    deviation: Deviation = "sample"
    eps: float = 1e-4
    trajectory: str | Mapping[str, Any] = "return"
    turn_value: Literal["reward", "score"] = "reward"
    turn_discount: float = 0.0
    train_turns: Literal["all", "first"] = "all"
    scope: Scope | None = None
    soundness_bonus: float | None = None
    layout_weight: float = 0.5
    anchor: float = 0.5
    floor: float = 0.25

    def __post_init__(self) -> None:
        group_baselines = tuple(name for name in BASELINES if not name.endswith("batch"))
        for name, kind, known in (
            ("level", "credit level", CREDIT_LEVELS),
            ("baseline", "baseline", BASELINES),
            ("object_baseline", "baseline of objects", group_baselines),
            ("deviation", "deviation", DEVIATIONS),
            ("turn_value", "value of a turn", ("reward", "score")),
            ("train_turns", "choice of `train_turns`", ("all", "first")),
            ("scope", "scope", (*SCOPES, None)),
        ):
            if getattr(self, name) not in known:
                raise unknown_name(kind, str(getattr(self, name)), [str(each) for each in known if each])
        for name in ("alpha", "turn_discount"):
            if not 0 <= _finite(self, name) <= 1:
                raise InputError(f"`{name}` is {getattr(self, name)!r}; it must be a number from 0 to 1")
        for name in ("eps", "floor"):
            if not _finite(self, name) > 0:
                raise InputError(f"`{name}` is {getattr(self, name)!r}; it must be above 0")
        for name in ("layout_weight", "anchor"):
            _finite(self, name)
        if self.soundness_bonus is not None:
            _finite(self, "soundness_bonus")
        _check_trajectory(self.trajectory)

    @property
    def token_scope(self) -> Scope:
        """The `scope` that is used."""
        return self.scope or ("numbers" if self.level == "parts" else "object")

    @property
    def bonus(self) -> float:
        """The `soundness_bonus` that is used."""
        if self.soundness_bonus is not None:
            return self.soundness_bonus
        return 0.5 if self.level == "parts" else 0.0


def make_credit(values: Mapping[str, Any]) -> CreditConfig:
    """Return the configuration of a mapping, such as ``rl.credit`` of a settings file.

    Raises:
        UnknownNameError: If it holds a setting that `CreditConfig` does not have.
        InputError: If a value is not allowed.

    Example:
        >>> make_credit({"level": "parts"}).token_scope
        'numbers'
    """
    known = [each.name for each in fields(CreditConfig)]
    for name in values:
        if name not in known:
            raise unknown_name("setting of credit", str(name), known)
    return CreditConfig(**values)


def _finite(config: CreditConfig, name: str) -> float:
    value = getattr(config, name)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise InputError(f"`{name}` is {value!r}; it must be a finite number")
    return float(value)


def _check_trajectory(spec: object) -> None:
    if spec == "return":
        return
    if not isinstance(spec, (str, Mapping)):
        raise InputError(f"`trajectory` is {spec!r}; give a name, or a mapping with `name` and options")
    try:
        make_trajectory(spec)
    except UnknownNameError as error:
        name = spec if isinstance(spec, str) else spec["name"]
        raise unknown_name("trajectory", str(name), ["return", *TRAJECTORIES]) from error
