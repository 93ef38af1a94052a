"""What episodes say: rates with 95% intervals, repair between turns, and paired differences.

Every rate is a share of answers (one a room), so its size is known. An episode that ended early is
carried forward: its last state counts for the turns it did not need. Episodes that a failed renderer
or judge cut short are left out and counted as ``failures``. A share of nothing is None, never 0.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from spatialenv.core.episode import Episode, Turn
from spatialenv.core.placed import FloatArray, PlacedScene
from spatialenv.errors import InputError
from spatialenv.evaluation.bootstrap import bootstrap_intervals

Interval = tuple[float, float]

RATES = (
    "format_rate",
    "valid_layout_rate",
    "clean_rate",
    "collision_rate_of_well_formed",
    "out_of_room_rate_of_well_formed",
    "commonest_layout_share",
    "commonest_corners_share",
)
"""Shares in a result, beside ``mean_score``.

``commonest_layout_share`` is the share of the most frequent layout, by the positions of the objects in
the scene's order, among well-formed answers with as many objects: 1 says that one fixed answer is given.
``commonest_corners_share`` is the same by the objects' south-west corners, which a policy that stacks
everything from one corner keeps fixed though the centres move with the sizes.
"""

_BY_STATUS = RATES[:5]

REPAIRS = ("repaired", "kept", "moves_followed", "right_objects_left_alone")
"""Shares of what changes between turns."""

FOLLOWED_WITHIN = 0.01
"""Metres, in each coordinate, within which a move counts as made and an object as left alone."""

_Z = 1.959963984540054


def summarize(episodes: Sequence[Episode]) -> dict[str, Any]:
    """Return the result of a policy, as ``summary.json`` keeps it.

    Returns:
        ``n`` (episodes that count), ``failures``, ``final`` and ``by_turn`` (`turn_rates` of the last
        and of each turn) and ``repair`` (`repair_rates`).

    Raises:
        InputError: If no episode was played to an answer.
    """
    played = _played(episodes)
    turns = max(max(_turns_allowed(episode), len(episode.turns)) for episode in played)
    return {
        "n": len(played),
        "failures": len(episodes) - len(played),
        "final": turn_rates(played),
        "by_turn": [turn_rates(played, turn) for turn in range(turns)],
        "repair": repair_rates(played),
    }


def turn_rates(episodes: Sequence[Episode], turn: int = -1) -> dict[str, Any]:
    """Return the rates after a turn.

    Args:
        episodes: Episodes with at least one answer each.
        turn: Which answer, from 0; -1 for the last.

    Returns:
        ``mean_score`` and `RATES` by name; ``interval`` with ``[low, high]`` of each by name: Wilson's for
        rates, the normal one for the mean; and ``bootstrap`` with those of resampled rooms, for the mean and
        the rates that have a value a room. None where there is nothing to share.
    """
    played = _played(episodes)
    scores = np.array([_state(episode, turn).score for episode in played], dtype=np.float64)
    rates: dict[str, Any] = {"mean_score": float(scores.mean())}
    intervals: dict[str, Any] = {"mean_score": _mean_interval(scores)}
    counts = {name: _counts(played, turn, name) for name in _BY_STATUS}
    totals = {name: (int(count.sum()), int(base.sum())) for name, (count, base) in counts.items()}
    totals["commonest_layout_share"] = _commonest(played, turn, by_corner=False)
    totals["commonest_corners_share"] = _commonest(played, turn, by_corner=True)
    for name in RATES:
        hits, total = totals[name]
        rates[name] = hits / total if total else None
        intervals[name] = _as_list(wilson_interval(hits, total))
    rates["interval"] = intervals
    rates["bootstrap"] = bootstrap_intervals({"mean_score": (scores, np.ones(len(scores))), **counts})
    return rates


def repair_rates(episodes: Sequence[Episode]) -> dict[str, Any]:
    """Return what later turns did to earlier ones, over episodes that allow more than one answer.

    Returns:
        By name, with ``interval`` and ``bootstrap`` as in `turn_rates`. ``repaired``: first answers that were not valid
        whose last state is valid. ``kept``: first answers that were valid whose last state still is.
        ``moves_followed``: objects told to move by feedback that gives moves, which the next answer
        moved by just that. ``right_objects_left_alone``: placed objects with no move to make, which
        the next answer left in place. An answer that is not well-formed follows and leaves nothing.
    """
    rows: list[tuple[Counter[str], Counter[str]]] = []
    for episode in episodes:
        if not episode.turns or episode.failure is not None or _turns_allowed(episode) < 2:
            continue
        hits, totals = Counter[str](), Counter[str]()
        name = "kept" if episode.turns[0].status["valid"] else "repaired"
        totals[name] += 1
        hits[name] += episode.turns[-1].status["valid"]
        for before, after in pairwise(episode.turns):
            _count_moves(episode, before, after, hits, totals)
        rows.append((hits, totals))
    columns = {
        name: (
            np.array([hits[name] for hits, _ in rows], dtype=np.float64),
            np.array([totals[name] for _, totals in rows], dtype=np.float64),
        )
        for name in REPAIRS
    }
    sums = {name: (int(hits.sum()), int(totals.sum())) for name, (hits, totals) in columns.items()}
    rates: dict[str, Any] = {name: hit / total if total else None for name, (hit, total) in sums.items()}
    rates["interval"] = {name: _as_list(wilson_interval(*found)) for name, found in sums.items()}
    rates["bootstrap"] = bootstrap_intervals(columns) if rows else dict.fromkeys(REPAIRS)
    return rates


def paired_difference(
    before: Sequence[Episode],
    after: Sequence[Episode],
    metric: str = "valid_layout_rate",
    *,
    turn: int = -1,
    seed: int = 0,
    resamples: int = 4000,
) -> dict[str, Any]:
    """Return how much `metric` rose on the same rooms, with a 95% bootstrap interval over rooms.

    Args:
        before: Episodes of one policy.
        after: Episodes of another on the same scenes, in the same order.
        metric: ``"mean_score"`` or one of the first five of `RATES`.
        turn: Which answer, from 0; -1 for the last.
        seed: Seed of the resampling.
        resamples: Number of resamples.

    Returns:
        ``n``, ``before``, ``after``, ``difference`` and ``interval``; None where a share has no base.
        Rooms in which either episode failed are left out.

    Raises:
        InputError: If the scenes differ or the metric has no value an episode.
    """
    known = ("mean_score", *_BY_STATUS)
    if metric not in known:
        raise InputError(f"no paired difference of {metric!r}; allowed: {', '.join(known)}")
    if len(before) != len(after) or any(a.scene != b.scene for a, b in zip(before, after, strict=True)):
        raise InputError("`before` and `after` are not episodes of the same scenes in the same order; pair them first")
    pairs = [(a, b) for a, b in zip(before, after, strict=True) if _counts_in(a) and _counts_in(b)]
    if not pairs:
        raise InputError("no room was played to an answer by both; give finished episodes")
    columns = [_counts([pair[side] for pair in pairs], turn, metric) for side in (0, 1)]
    rng = np.random.default_rng(seed)
    chosen = rng.integers(len(pairs), size=(resamples, len(pairs)))
    values = []
    resampled = []
    for hits, base in columns:
        total = base.sum()
        values.append(float(hits.sum() / total) if total else None)
        bases = base[chosen].sum(axis=1)
        resampled.append(np.where(bases > 0, hits[chosen].sum(axis=1) / np.maximum(bases, 1), np.nan))
    result: dict[str, Any] = {"n": len(pairs), "metric": metric, "before": values[0], "after": values[1]}
    if values[0] is None or values[1] is None:
        return {**result, "difference": None, "interval": None}
    differences = resampled[1] - resampled[0]
    differences = differences[np.isfinite(differences)]
    low, high = np.quantile(differences, (0.025, 0.975))
    return {**result, "difference": values[1] - values[0], "interval": [float(low), float(high)]}


def wilson_interval(hits: int, total: int) -> Interval | None:
    """Return Wilson's 95% interval of a share, or None when `total` is 0.

    Example:
        >>> [round(end, 4) for end in wilson_interval(5, 10)]
        [0.2366, 0.7634]
    """
    if total == 0:
        return None
    share, square = hits / total, _Z * _Z
    middle = (share + square / (2 * total)) / (1 + square / total)
    reach = _Z * math.sqrt(share * (1 - share) / total + square / (4 * total * total)) / (1 + square / total)
    return max(0.0, middle - reach), min(1.0, middle + reach)


def _mean_interval(values: FloatArray) -> list[float] | None:
    """Return the normal 95% interval of a mean, or None for a single value."""
    if len(values) < 2:
        return None
    reach = _Z * float(values.std(ddof=1)) / math.sqrt(len(values))
    return [float(values.mean()) - reach, float(values.mean()) + reach]


def _counts(episodes: Sequence[Episode], turn: int, metric: str) -> tuple[FloatArray, FloatArray]:
    """Return what each episode adds to the top and to the base of a share."""
    states = [_state(episode, turn) for episode in episodes]
    if metric == "mean_score":
        return np.array([state.score for state in states], dtype=np.float64), np.ones(len(states))
    flags = {
        "format_rate": "well_formed",
        "valid_layout_rate": "valid",
        "clean_rate": "clean",
        "collision_rate_of_well_formed": "collides",
        "out_of_room_rate_of_well_formed": "out_of_room",
    }
    base = np.ones(len(states))
    if metric.endswith("_of_well_formed"):
        base = np.array([float(state.status["well_formed"]) for state in states])
    return np.array([float(state.status[flags[metric]]) for state in states]) * base, base


def _commonest(episodes: Sequence[Episode], turn: int, *, by_corner: bool) -> tuple[int, int]:
    """Return how many well-formed answers are the commonest of their number of objects, and how many there are."""
    groups: dict[int, Counter[tuple[float, ...]]] = {}
    for episode in episodes:
        state = _state(episode, turn)
        if state.status["well_formed"]:
            placed = episode.scene.place(state.layout)
            places = placed.centers
            if by_corner:
                places = places - 0.5 * _extents(placed)
            key = tuple((places.round(6) + 0.0).ravel().tolist())
            groups.setdefault(len(placed.ids), Counter())[key] += 1
    return sum(max(group.values()) for group in groups.values()), sum(group.total() for group in groups.values())


def _extents(placed: PlacedScene) -> FloatArray:
    """Return the extents of the turned boxes along x, y and z, shape ``(m, 3)``."""
    cos, sin = np.abs(np.cos(placed.yaws)), np.abs(np.sin(placed.yaws))
    length, width, height = placed.sizes.T
    return np.stack([cos * length + sin * width, sin * length + cos * width, height], axis=1)


def _count_moves(episode: Episode, before: Turn, after: Turn, hits: Counter[str], totals: Counter[str]) -> None:
    moves: dict[str, Sequence[float]] = {}
    for violation in before.violations:
        if violation["move"] is not None:
            moves.setdefault(violation["objects"][0], violation["move"])
    is_told = episode.settings.get("feedback", "moves") in ("moves", "targets")
    for object_id, pose in before.layout.items():
        move = moves.get(object_id)
        if move is not None and not is_told:
            continue
        name = "right_objects_left_alone" if move is None else "moves_followed"
        totals[name] += 1
        if after.status["well_formed"]:
            new = after.layout[object_id]
            dx, dy, dz = (0.0, 0.0, 0.0) if move is None else move
            offsets = (new.x - pose.x - dx, new.y - pose.y - dy, new.z - pose.z - dz)
            hits[name] += all(abs(offset) <= FOLLOWED_WITHIN + 1e-9 for offset in offsets)


def _state(episode: Episode, turn: int) -> Turn:
    return episode.turns[-1 if turn < 0 else min(turn, len(episode.turns) - 1)]


def _turns_allowed(episode: Episode) -> int:
    return int(episode.settings.get("max_turns", len(episode.turns)))


def _counts_in(episode: Episode) -> bool:
    return bool(episode.turns) and episode.failure is None


def _played(episodes: Sequence[Episode]) -> list[Episode]:
    played = [episode for episode in episodes if _counts_in(episode)]
    if not played:
        reason = next((f"; the first failure: {e.failure}" for e in episodes if e.failure is not None), "")
        raise InputError(
            f"none of the {len(episodes)} episodes was played to an answer without a failure; "
            f"nothing can be measured{reason}"
        )
    return played


def _as_list(interval: Interval | None) -> list[float] | None:
    return None if interval is None else list(interval)
