"""The numbers of the study."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from spatialenv.core.episode import Episode
from spatialenv.evaluation.metrics import paired_difference
from spatialenv.trainers.settings import RunSettings

ARMS = {
    "warm_start": "warm start",
    "after": "reinforcement learning",
    "continued_supervision": "continued supervision",
    "shuffled_rewards": "shuffled rewards",
}
ABLATIONS = {"after_grey_pictures": "grey pictures", "after_empty_rooms": "pictures of the empty room"}
BASELINES = ("random", "constant", "solver")
COMPARISONS = (
    ("warm_start", "after", "valid_layout_rate", -1),
    ("warm_start", "after", "valid_layout_rate", 0),
    ("warm_start", "after", "collision_rate_of_well_formed", -1),
    ("continued_supervision", "after", "valid_layout_rate", -1),
    ("continued_supervision", "after", "valid_layout_rate", 0),
    ("shuffled_rewards", "after", "valid_layout_rate", -1),
    ("after", "after_grey_pictures", "valid_layout_rate", -1),
    ("after", "after_empty_rooms", "valid_layout_rate", -1),
)
"""What is compared with what, by which metric, after which answer (0 the first, -1 the last)."""


def study_results(studies: Mapping[int, Mapping[str, Any]], settings: RunSettings) -> dict[str, Any]:
    """Return everything the page shows, as JSON types."""
    arms: dict[str, Any] = {}
    for arm in (*ARMS, *ABLATIONS):
        per_seed = {str(seed): study["arms"][arm][1] for seed, study in studies.items()}
        arms[arm] = {
            "seeds": list(per_seed),
            "seconds": {seed: facts.get("seconds") for seed, facts in per_seed.items()},
            "summary": {seed: facts["summary"] for seed, facts in per_seed.items()},
        }
    baselines = {name: {str(seed): study["summary"][name] for seed, study in studies.items()} for name in BASELINES}
    comparisons = []
    for first, second, metric, turn in COMPARISONS:
        before = {seed: study["arms"][first][0] for seed, study in studies.items()}
        after = {seed: study["arms"][second][0] for seed, study in studies.items()}
        comparisons.append(
            {
                "from": first,
                "to": second,
                "metric": metric,
                "turn": turn,
                "seeds": {
                    str(seed): paired_difference(before[seed], after[seed], metric, turn=turn) for seed in studies
                },
                "pooled": pooled_difference(list(before.values()), list(after.values()), metric, turn),
            }
        )
    return {
        "machine": {"cpus": os.cpu_count(), "platform": platform.platform(), "python": platform.python_version()},
        "settings": settings.model_dump(mode="json"),
        "stages": {str(seed): study["stages"] for seed, study in studies.items()},
        "arms": arms,
        "baselines": baselines,
        "comparisons": comparisons,
    }


def pooled_difference(
    before: Sequence[Sequence[Episode]],
    after: Sequence[Sequence[Episode]],
    metric: str,
    turn: int,
    *,
    resamples: int = 2000,
    seed: int = 0,
) -> dict[str, Any]:
    """Return the mean difference over seeds, with a 95 % interval that resamples seeds and rooms."""
    rng = np.random.default_rng(seed)
    tables = [_flags(b, a, metric, turn) for b, a in zip(before, after, strict=True)]
    drawn = []
    for _ in range(resamples):
        picked = [tables[index] for index in rng.integers(len(tables), size=len(tables))]
        values = [_table_difference(table[rng.integers(len(table), size=len(table))]) for table in picked]
        drawn += [float(np.mean(values))] if np.isfinite(values).all() else []
    low, high = np.percentile(drawn, [2.5, 97.5])
    points = [_table_difference(table) for table in tables]
    return {"difference": float(np.mean(points)), "interval": [float(low), float(high)]}


def _table_difference(table: np.ndarray[Any, Any]) -> float:
    """Return the second rate less the first of rows ``(hits, base, hits, base)``; NaN where a base is empty."""
    hits_before, base_before, hits_after, base_after = table.sum(axis=0)
    return float(hits_after / base_after - hits_before / base_before) if base_before and base_after else float("nan")


def _flags(before: Sequence[Episode], after: Sequence[Episode], metric: str, turn: int) -> np.ndarray[Any, Any]:
    key = {"valid_layout_rate": "valid", "collision_rate_of_well_formed": "collides"}[metric]
    rows = []
    for pair in zip(before, after, strict=True):
        row: list[float] = []
        for episode in pair:
            status = episode.turns[turn].status
            base = 1.0 if metric == "valid_layout_rate" else float(status["well_formed"])
            row += [float(status[key]) * base, base]
        rows.append(row)
    return np.array(rows)
