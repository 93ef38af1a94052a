"""What is logged of episodes: from their records to the figures of a step; docs/training/curves.md tells the names.

Each process makes an `EpisodeRecord` of each of its episodes; gathered from all processes they give the figures, so
that a curve is the same whatever the number of processes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from spatialenv.core.episode import Episode
from spatialenv.core.scene import Scene

OBJECT_COUNTS = (4, 8, 16)
"""Numbers of objects up to which scenes are shown in one curve; a last curve has those above."""

_TASK = re.compile(r"([a-z][a-z0-9-]*)(?:/[a-z]+/|\()")


@dataclass(frozen=True, slots=True)
class TurnRecord:
    """One answer, without its text and picture.

    Attributes:
        status: Flags ``well_formed, valid, clean, collides, out_of_room``.
        score: The layout's score.
        components: Value of each reward component by name.
        format_level: Published level of the answer's form, 0 to 1 (`ParsedAnswer.format_level`).
    """

    status: Mapping[str, bool]
    score: float
    components: Mapping[str, float]
    format_level: float


@dataclass(frozen=True, slots=True)
class EpisodeRecord:
    """One episode as far as figures need it; plain values that travel between processes.

    Attributes:
        objects: Number of objects of its scene.
        task: Name of its task (``"easy"``), or None where the scene does not tell.
        failed: Whether a renderer or judge failed; nothing but this is then counted.
        reward: Sum of its step rewards.
        first: Its first answer, or None where there is none.
        final: Its last answer, or None.
        lengths: Tokens of each answer.
        cut_off: Whether each answer ended at the limit of tokens rather than by its own end token.
        prompt_tokens: Tokens of the opening prompt, pictures included.
    """

    objects: int
    task: str | None
    failed: bool
    reward: float
    first: TurnRecord | None
    final: TurnRecord | None
    lengths: Sequence[int]
    cut_off: Sequence[bool]
    prompt_tokens: int


def episode_record(
    episode: Episode,
    format_levels: Sequence[float],
    lengths: Sequence[int],
    cut_off: Sequence[bool],
    prompt_tokens: int,
) -> EpisodeRecord:
    """Return what is logged of an episode.

    Args:
        episode: The episode.
        format_levels: Published level of each answer's form.
        lengths: Tokens of each answer.
        cut_off: Whether each answer ended at the limit of tokens.
        prompt_tokens: Tokens of the opening prompt.
    """
    turns = [
        TurnRecord(turn.status, turn.score, dict(turn.components), level)
        for turn, level in zip(episode.turns, format_levels, strict=True)
    ]
    return EpisodeRecord(
        objects=len(episode.scene.objects),
        task=task_name(episode.scene),
        failed=episode.failure is not None,
        reward=float(sum(turn.reward for turn in episode.turns)),
        first=turns[0] if turns else None,
        final=turns[-1] if turns else None,
        lengths=tuple(lengths),
        cut_off=tuple(cut_off),
        prompt_tokens=prompt_tokens,
    )


def task_name(scene: Scene) -> str | None:
    """Return the name of the task that a scene is of, or None where its id does not tell.

    Example:
        >>> from spatialenv.tasks import make_tasks
        >>> [task_name(make_tasks(name).sample(0)) for name in ("easy/test", "repair", "procedural")]
        ['easy', 'repair', None]
    """
    found = _TASK.match(scene.id)
    return found.group(1) if found else None


def object_count(count: int) -> str:
    """Return the name of the range that a number of objects is in.

    Example:
        >>> [object_count(count) for count in (1, 4, 5, 16, 17)]
        ['1-4', '1-4', '5-8', '9-16', '17+']
    """
    low = 1
    for high in OBJECT_COUNTS:
        if count <= high:
            return f"{low}-{high}"
        low = high + 1
    return f"{low}+"


def figures(records: Sequence[EpisodeRecord], group_size: int) -> dict[str, float]:
    """Return the figures of a step; one that nothing was measured for is left out.

    Args:
        records: Episodes of all processes, in the order of their groups.
        group_size: Episodes a group.
    """
    if not records:
        return {}
    found = {
        "episodes/failed": _mean(record.failed for record in records),
        "groups/without_spread": _without_spread(records, group_size),
    }
    played = [record for record in records if not record.failed]
    if not played:
        return found
    found["episodes/turns"] = _mean(len(record.lengths) for record in played)
    found["completions/mean_length"] = _mean(sum(record.lengths) for record in played)
    for when in ("first", "final"):
        found |= _prefixed(when, _turn_figures([turn for turn in (getattr(row, when) for row in played) if turn]))
    for turn in range(max(len(record.lengths) for record in played)):
        rows = [record for record in played if len(record.lengths) > turn]
        found[f"length/turn_{turn + 1}"] = _mean(record.lengths[turn] for record in rows)
        found[f"cut_off/turn_{turn + 1}"] = _mean(record.cut_off[turn] for record in rows)
    for kind, names in (
        ("objects", [object_count(record.objects) for record in played]),
        ("task", [record.task for record in played]),
    ):
        for name in sorted({name for name in names if name is not None}):
            turns = [row.final for row, own in zip(played, names, strict=True) if own == name and row.final]
            if turns:
                found[f"{kind}/{name}/score"] = _mean(turn.score for turn in turns)
                found[f"{kind}/{name}/valid_layout_rate"] = _mean(turn.status["valid"] for turn in turns)
    return found


def _turn_figures(turns: Sequence[TurnRecord]) -> dict[str, float]:
    if not turns:
        return {}
    formed = [turn for turn in turns if turn.status["well_formed"]]
    found = {
        "format_rate": _mean(turn.status["well_formed"] for turn in turns),
        "format_level": _mean(turn.format_level for turn in turns),
        "valid_layout_rate": _mean(turn.status["valid"] for turn in turns),
        "clean_rate": _mean(turn.status["clean"] for turn in turns),
        "score": _mean(turn.score for turn in turns),
    }
    if formed:
        found["collision_rate_of_well_formed"] = _mean(turn.status["collides"] for turn in formed)
        found["out_of_room_rate_of_well_formed"] = _mean(turn.status["out_of_room"] for turn in formed)
    for name in sorted({name for turn in turns for name in turn.components}):
        found[f"component/{name}"] = _mean(turn.components[name] for turn in turns if name in turn.components)
    return found


def _without_spread(records: Sequence[EpisodeRecord], group_size: int) -> float:
    """Return the share of groups all of whose episodes earned the same, so that none of them teaches anything."""
    groups = [records[start : start + group_size] for start in range(0, len(records), group_size)]
    rewards = [[row.reward for row in group if not row.failed] for group in groups]
    return _mean(not row or max(row) - min(row) < 1e-9 for row in rewards)


def _prefixed(prefix: str, values: Mapping[str, float]) -> dict[str, float]:
    return {f"{prefix}/{name}": value for name, value in values.items()}


def _mean(values: Iterable[float]) -> float:
    return float(np.mean(list(values)))
