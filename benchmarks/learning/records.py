"""The jobs' folders as numbers: what each answer was, room by room.

Only the flags of the answers are read here; the rates that need layouts stand in each job's own ``result.json``.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.learning.intervals import Share
from benchmarks.learning.study import file_stem
from spatialenv.core.placed import FloatArray

RATES = {
    "format_rate": "well_formed",
    "valid_layout_rate": "valid",
    "clean_rate": "clean",
    "collision_rate_of_well_formed": "collides",
    "out_of_room_rate_of_well_formed": "out_of_room",
}
"""Rates and the flag each counts."""

METRICS = ("mean_score", *RATES)
"""What has a value after each turn of each room."""

BETWEEN = ("second_minus_first", "repaired", "kept")
"""What has a value in each room that allows more than one answer; all of the valid flag."""

_FLAGS = ("score", *RATES.values())


@dataclass(frozen=True, slots=True, eq=False)
class Played:
    """What a job did in a suite.

    Attributes:
        values: Score and flags after each turn, shape ``(turns, 6, rooms)``; an episode that ended early is carried
            forward.
        counts: 1 for each room that was played to an answer without a failure, else 0.
        more: 1 for each room that allowed more than one answer, else 0.
        rooms: A name of each room, equal only for equal rooms at the same place of the suite.
    """

    values: FloatArray
    counts: FloatArray
    more: FloatArray
    rooms: tuple[str, ...]

    def row(self, metric: str, turn: int) -> tuple[FloatArray, FloatArray]:
        """Return what each room adds to the top and to the base of a metric."""
        if metric in BETWEEN:
            first, last = self.values[0, _FLAGS.index("valid")], self.values[-1, _FLAGS.index("valid")]
            base = self.counts * self.more
            if metric == "second_minus_first":
                return (last - first) * base, base
            base = base * (first if metric == "kept" else 1 - first)
            return last * base, base
        state = self.values[min(turn, len(self.values) - 1)]
        base = self.counts
        if metric.endswith("_of_well_formed"):
            base = base * state[_FLAGS.index("well_formed")]
        return state[_FLAGS.index(RATES.get(metric, "score"))] * base, base


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """What a job's folder holds.

    Attributes:
        arm: The arm.
        seed: The seed.
        result: What ``result.json`` holds; empty where the job is unfinished.
        played: By suite, what it did; a job that failed may have played some.
        curve: Rows of ``metrics.jsonl``.
    """

    arm: str
    seed: int
    result: Mapping[str, Any]
    played: Mapping[str, Played] = field(default_factory=dict)
    curve: Sequence[Mapping[str, Any]] = ()

    @property
    def failure(self) -> str | None:
        """Why it failed, or None."""
        failure = self.result.get("failure")
        return None if failure is None else f"{failure['type']}: {failure['message']}"


def read_records(folder: Path, suites: Sequence[str]) -> list[Record]:
    """Return the jobs of a folder, by arm and seed; unfinished ones too.

    Args:
        folder: It holds ``<arm>/seed<k>/``.
        suites: The suites whose episodes are read.

    Raises:
        FileNotFoundError: If a folder lacks the episodes of a suite that its result names.
    """
    return sorted(_records(folder, suites), key=lambda record: (record.arm, record.seed))


def share_of(records: Sequence[Record], suite: str, metric: str, turn: int) -> Share:
    """Return what each job adds to a metric in each room, a row a job.

    A room that a job did not play to an answer, or that only others have, does not count for it.
    """
    rooms = list(dict.fromkeys(room for record in records for room in record.played[suite].rooms))
    at = {room: column for column, room in enumerate(rooms)}
    hits, base = np.zeros((2, len(records), len(rooms)))
    for row, record in enumerate(records):
        columns = [at[room] for room in record.played[suite].rooms]
        hits[row, columns], base[row, columns] = record.played[suite].row(metric, turn)
    return Share(hits, base)


def _records(folder: Path, suites: Sequence[str]) -> Iterator[Record]:
    for path in folder.glob("*/seed*"):
        match = re.fullmatch(r"seed(\d+)", path.name)
        if match is None:
            continue
        found = path / "result.json"
        result = json.loads(found.read_text("utf-8")) if found.exists() else {}
        curve = path / "metrics.jsonl"
        rows = [json.loads(line) for line in curve.read_text("utf-8").splitlines()] if curve.exists() else []
        played = {
            suite: _read(path / "episodes" / f"{file_stem(suite)}.jsonl")
            for suite in suites
            if suite in result.get("test", {})
        }
        yield Record(path.parent.name, int(match[1]), result, played, rows if result else ())


def _read(path: Path) -> Played:
    episodes = [json.loads(line) for line in path.read_text("utf-8").split("\n") if line.strip()]
    turns = max((max(_allowed(episode), len(episode["turns"])) for episode in episodes), default=1)
    values = np.zeros((turns, len(_FLAGS), len(episodes)))
    counts, more = np.zeros(len(episodes)), np.zeros(len(episodes))
    rooms = []
    for column, episode in enumerate(episodes):
        scene = json.dumps(episode["scene"], sort_keys=True)
        rooms.append(f"{column} {hashlib.sha256(scene.encode()).hexdigest()[:16]}")
        if not episode["turns"] or episode["failure"] is not None:
            continue
        counts[column], more[column] = 1, _allowed(episode) > 1
        for turn in range(turns):
            state = episode["turns"][min(turn, len(episode["turns"]) - 1)]
            values[turn, 0, column] = state["score"] or 0.0
            values[turn, 1:, column] = [state["status"][flag] for flag in _FLAGS[1:]]
    return Played(values, counts, more, tuple(rooms))


def _allowed(episode: Mapping[str, Any]) -> int:
    return int(episode["settings"].get("max_turns", len(episode["turns"])))
