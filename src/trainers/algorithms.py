"""Algorithms by name: one table of what each sets, and how it joins the settings of a run.

A row says what makes the algorithm what it is (`trl`, `credit`, `rl`) and good values for models of billions of
weights (`real`). What the settings state wins over the row, and ``rl.extra`` wins over all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from spatialenv.errors import unknown_name

if TYPE_CHECKING:  # pydantic loads when settings are made, not for the names alone
    from spatialenv.trainers.settings import RunSettings, WarmStartSettings

Kind = Literal["online", "rounds", "supervised"]

LORA_FACTOR = 10
"""Adapters are trained with a learning rate so many times that of all weights."""

_NOTHING: Mapping[str, Any] = MappingProxyType({})

REAL_MODELS: Mapping[str, Any] = MappingProxyType(
    {
        "learning_rate": 1e-6,
        "batch_size": 8,
        "group_size": 8,
        "gradient_accumulation_steps": 8,
        "gradient_checkpointing": True,
        "warmup_steps": 10,
        "decay_share": 0.0,
        "max_grad_norm": 1.0,
        "adam_beta2": 0.999,
        "max_new_tokens": 1024,
        "max_episode_tokens": 16384,
    }
)
"""Defaults of `rl` for any model but the tiny one: 64 episodes a step, in parts of 8."""


@dataclass(frozen=True, slots=True)
class Algorithm:
    """A way to improve a policy.

    Attributes:
        name: Its name in settings.
        kind: ``"online"``: policy gradient through TRL. ``"rounds"``: sample, rank by the rewards, learn from what was
            kept, and again. ``"supervised"``: learn from demonstrations.
        summary: What it does, in one line.
        source: Where its values come from.
        trl: Options of `LayoutGRPOConfig`, most of them TRL's.
        credit: Keyword arguments of `CreditConfig`.
        rl: Values of the settings under `rl`.
        real: Further values under `rl` for models that are not the tiny one, over `REAL_MODELS`.
        updates: Optimiser steps that the answers of one generation are split over.
    """

    name: str
    kind: Kind
    summary: str
    source: str
    trl: Mapping[str, Any] = field(default_factory=dict)
    credit: Mapping[str, Any] = field(default_factory=dict)
    rl: Mapping[str, Any] = field(default_factory=dict)
    real: Mapping[str, Any] = field(default_factory=dict)
    updates: int = 1


_ROWS = (
    Algorithm(
        "grpo",
        "online",
        "advantages by the group's mean and deviation, each answer's tokens averaged, ratios of tokens clipped",
        "DeepSeekMath, arXiv 2402.03300; clip 0.2 is TRL's; no KL term, which saves the reference model",
        trl={"loss_type": "grpo", "scale_rewards": "group", "epsilon": 0.2},
        credit={"baseline": "group_std"},
    ),
    Algorithm(
        "dr_grpo",
        "online",
        "GRPO without the deviation and with a constant in place of the length, so that neither biases",
        "Understanding R1-Zero-Like Training, arXiv 2503.20783",
        trl={"loss_type": "dr_grpo", "scale_rewards": "none", "epsilon": 0.2},
        credit={"baseline": "group", "object_baseline": "group"},
    ),
    Algorithm(
        "dapo",
        "online",
        "all tokens of a batch weigh the same, upper clip higher, answers that were cut off are left out",
        "DAPO, arXiv 2503.14476, section 4.1; groups without spread are left out, not sampled again",
        trl={
            "loss_type": "dapo",
            "scale_rewards": "group",
            "epsilon": 0.2,
            "epsilon_high": 0.28,
            "mask_truncated_completions": True,
            "leave_out_level_groups": True,
        },
        credit={"baseline": "group_std"},
    ),
    Algorithm(
        "gspo",
        "online",
        "one ratio for a whole episode, the geometric mean of its tokens', with a narrow clip; 4 steps a generation",
        "Group Sequence Policy Optimization, arXiv 2507.18071, section 5.1",
        trl={
            "loss_type": "grpo",
            "importance_sampling_level": "sequence",
            "scale_rewards": "group",
            "epsilon": 3e-4,
            "epsilon_high": 4e-4,
        },
        credit={"baseline": "group_std"},
        updates=4,
    ),
    Algorithm(
        "cispo",
        "online",
        "ratios are clipped as weights of the gradient, so that no token loses its own; 4 steps a generation",
        "MiniMax-M1, arXiv 2506.13585; the bound 5 is that of ScaleRL, arXiv 2510.13786",
        trl={"loss_type": "cispo", "scale_rewards": "group", "epsilon_high": 5.0},
        credit={"baseline": "group_std"},
        updates=4,
    ),
    Algorithm(
        "rloo",
        "online",
        "REINFORCE on whole answers, each compared with the mean of the others of its group",
        "Back to Basics, arXiv 2402.14740; the sum over tokens is divided by a constant, and the KL term is off",
        trl={"loss_type": "dr_grpo", "scale_rewards": "none", "epsilon": 0.2},
        credit={"baseline": "leave_one_out", "object_baseline": "leave_one_out"},
    ),
    Algorithm(
        "reinforce_pp",
        "online",
        "advantages divided by the deviation of the whole batch, all tokens weigh the same, small KL term",
        "REINFORCE++, arXiv 2501.03262, with a baseline; TRL's KL estimate in the loss, not in the reward",
        trl={"loss_type": "dapo", "scale_rewards": "batch", "epsilon": 0.2},
        credit={"baseline": "group_batch"},
        rl={"beta": 0.01},
    ),
    Algorithm(
        "rft",
        "rounds",
        "rejection fine-tuning: the best of each group's episodes are learnt by heart",
        "RAFT, arXiv 2304.06767; the learning rate is TRL's of supervised learning, halved",
        real={"learning_rate": 1e-5},
    ),
    Algorithm(
        "dpo",
        "rounds",
        "pairs of answers to the same history, ranked by the rewards",
        "Direct Preference Optimization, arXiv 2305.18290; the learning rate is TRL's",
        rl={"beta": 0.1},
        real={"learning_rate": 1e-6},
    ),
    Algorithm(
        "sft",
        "supervised",
        "demonstrations by a solver are imitated; no reward is used",
        "the learning rate is TRL's of supervised learning, halved",
        real={"learning_rate": 1e-5},
    ),
)

ALGORITHMS: Mapping[str, Algorithm] = MappingProxyType({row.name: row for row in _ROWS})
"""Every algorithm by name."""


def make_algorithm(name: str) -> Algorithm:
    """Return an algorithm by name.

    Raises:
        UnknownNameError: If there is none of this name.

    Example:
        >>> make_algorithm("gspo").trl["importance_sampling_level"]
        'sequence'
    """
    if name not in ALGORITHMS:
        raise unknown_name("algorithm", name, ALGORITHMS)
    return ALGORITHMS[name]


def algorithms_table() -> str:
    """Return the table of algorithms as Markdown, for the documentation."""
    lines = ["| name | kind | what it does | what it sets | source |", "| --- | --- | --- | --- | --- |"]
    for row in ALGORITHMS.values():
        sets = {**row.trl, **{f"credit.{name}": value for name, value in row.credit.items()}, **row.rl}
        if row.updates > 1:
            sets["steps_per_generation"] = row.updates
        told = ", ".join(f"`{name}` {value}" for name, value in sets.items()) or "-"
        lines.append(f"| `{row.name}` | {row.kind} | {row.summary} | {told} | {row.source} |")
    return "\n".join(lines)


def resolve(settings: RunSettings) -> RunSettings:
    """Return settings in which everything that the algorithm says is stated; resolving twice changes nothing.

    Args:
        settings: What the user set. Values that were set win over the algorithm's row.

    Raises:
        UnknownNameError: If the algorithm is unknown.

    Example:
        >>> from spatialenv.trainers import RunSettings
        >>> settings = resolve(RunSettings(algorithm="dapo", rl={"extra": {"epsilon": 0.1}}))
        >>> settings.rl.extra["loss_type"], settings.rl.extra["epsilon"]
        ('dapo', 0.1)
    """
    from spatialenv.trainers.settings import RLSettings

    row = make_algorithm(settings.algorithm)
    is_real = settings.model != "tiny"
    given = {name: getattr(settings.rl, name) for name in settings.rl.model_fields_set}
    values = {**(_real_defaults(row, settings) if is_real else _NOTHING), **row.rl, **given}
    values = {**RLSettings().model_dump(), **values}
    if "batch_size" not in given:  # whole groups
        values["batch_size"] = max(values["batch_size"] // values["group_size"], 1) * values["group_size"]
    rl = RLSettings.model_validate(values)
    extra = {**row.trl, **rl.extra}
    if row.updates > 1 and not {"steps_per_generation", "generation_batch_size"} & set(extra):
        extra["steps_per_generation"] = row.updates * rl.gradient_accumulation_steps
    rl = RLSettings.model_validate({**rl.model_dump(), "extra": extra, "credit": {**row.credit, **rl.credit}})
    return settings.model_copy(update={"rl": rl, "warm_start": _warm_start(settings, is_real)})


def scenes_used(settings: RunSettings) -> int:
    """Return how many scenes the steps under `rl` train on; they are drawn one after the other.

    Example:
        >>> from spatialenv.trainers import RunSettings
        >>> scenes_used(RunSettings(rl={"steps": 10, "batch_size": 64, "group_size": 8}))
        80
        >>> scenes_used(RunSettings(algorithm="sft", rl={"steps": 10, "batch_size": 64}))
        640
    """
    resolved = resolve(settings)
    kind, rl = make_algorithm(settings.algorithm).kind, resolved.rl
    if kind == "supervised":
        return rl.steps * rl.batch_size * rl.gradient_accumulation_steps
    if kind == "rounds":
        return sum(scenes for _, scenes in rounds_of(resolved))
    parts = int(rl.extra.get("steps_per_generation") or rl.gradient_accumulation_steps)
    if rl.extra.get("generation_batch_size"):
        parts = max(int(rl.extra["generation_batch_size"]) // rl.batch_size, 1)
    uses = parts * int(rl.extra.get("num_iterations") or 1)
    generations = -(-rl.steps * rl.gradient_accumulation_steps // uses)
    return generations * parts * rl.batch_size // rl.group_size


def rounds_of(settings: RunSettings) -> list[tuple[int, int]]:
    """Return the optimiser steps and the scenes of each round that has steps.

    Example:
        >>> from spatialenv.trainers import RunSettings
        >>> rounds_of(RunSettings(algorithm="rft", rl={"steps": 5, "batch_size": 64, "group_size": 8}))
        [(2, 16), (1, 8), (1, 8), (1, 8)]
    """
    rl, chosen = settings.rl, settings.rounds
    steps = [rl.steps // chosen.count + (index < rl.steps % chosen.count) for index in range(chosen.count)]
    batch = rl.batch_size * rl.gradient_accumulation_steps
    return [(some, chosen.scenes or max(some * batch // rl.group_size, 1)) for some in steps if some]


def _real_defaults(row: Algorithm, settings: RunSettings) -> dict[str, Any]:
    values = {**REAL_MODELS, **row.real}
    if settings.peft is not None:
        values["learning_rate"] *= LORA_FACTOR
    return values


def _warm_start(settings: RunSettings, is_real: bool) -> WarmStartSettings:
    """Return the warm start: real models write valid answers without, and would unlearn at the tiny one's rate."""
    from spatialenv.trainers.settings import WarmStartSettings

    given = {name: getattr(settings.warm_start, name) for name in settings.warm_start.model_fields_set}
    rate = 1e-5 * (1 if settings.peft is None else LORA_FACTOR)
    defaults = {"steps": 0, "learning_rate": rate} if is_real else {}
    return WarmStartSettings.model_validate({**WarmStartSettings().model_dump(), **defaults, **given})
