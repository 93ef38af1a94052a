"""A made-up study in the form of the jobs' folders.

A room is a word of letters, an answer each: v valid, c collides, o is out of the room, m is malformed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.learning.arms import Arm

from spatialenv.core.episode import Episode, Turn
from spatialenv.core.layout import Layout
from spatialenv.core.room import Room
from spatialenv.core.scene import Scene
from spatialenv.evaluation import summarize
from spatialenv.formats import save_episodes

SUITE, OTHER = "easy/test", "more-objects"
STUDY: dict[str, Any] = {
    "seeds": [0, 1],
    "settings": {"env": {"feedback": "names", "max_turns": 2}},
    "suites": {
        SUITE: {"title": "as trained", "n": 4},
        OTHER: {"title": "five or six objects, with all of which it was never trained", "n": 2},
    },
}
ARMS = {
    "constant": Arm("constant", "best constant layout", "references", "policy", policy="constant"),
    "warm_start": Arm("warm_start", "warm start", "references", "warm_start"),
    "grpo": Arm("grpo", "GRPO", "training", "train", start="warm_start", settings={"rl.credit.level": "trajectory"}),
    "dapo": Arm("dapo", "DAPO", "training", "train", start="warm_start"),
    "probe_words": Arm("probe_words", "no words", "probes", "probe", start="grpo", control="no_words"),
    "probe_blank": Arm("probe_blank", "blank pictures", "probes", "probe", start="grpo", control="blank"),
}


def episode(room: int, answers: str, *, turns_allowed: int = 2, failure: str | None = None) -> Episode:
    """Return an episode in room number `room`."""
    turns = []
    for letter in answers:
        status = {
            "well_formed": letter != "m",
            "valid": letter == "v",
            "clean": letter == "v",
            "collides": letter == "c",
            "out_of_room": letter == "o",
        }
        score = 1.0 if letter == "v" else 0.0
        turns.append(Turn("", Layout(), score, score, {}, {}, (), (), "", status))
    scene = Scene(room=Room.rectangle(4 + room / 8, 3, 2.5), objects=(), id=f"room/{room}")
    return Episode(scene, "", tuple(turns), {"max_turns": turns_allowed}, seed=room, failure=failure)


def write_job(
    folder: Path,
    arm: str,
    seed: int,
    played: Mapping[str, Sequence[Episode]],
    *,
    curve: Iterable[tuple[float, float]] = (),
    failure: str | None = None,
) -> None:
    """Write the folder of a job; `curve` has the valid rates of first and last answers of each step."""
    job = folder / arm / f"seed{seed}"
    (job / "episodes").mkdir(parents=True)
    for suite, episodes in played.items():
        save_episodes(job / "episodes" / f"{suite.replace('/', '-')}.jsonl", episodes)
    rows = [
        {"step": step, "seconds": step, "first/valid_layout_rate": first, "final/valid_layout_rate": final}
        for step, (first, final) in enumerate(curve, start=1)
    ]
    (job / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    result = {
        "arm": arm,
        "seed": seed,
        "trained": arm in ("warm_start", "grpo", "dapo"),
        "steps": len(rows),
        "samples": 64 * len(rows),
        "samples_by": "policy",
        "seconds": 60.0,
        "seconds_job": 90.0,
        "weights": 1_500_000,
        "test": {suite: summarize(episodes) for suite, episodes in played.items()},
        "failure": None if failure is None else {"type": "RuntimeError", "message": failure, "traceback": "..."},
    }
    (job / "result.json").write_text(json.dumps(result))


def write_study(folder: Path) -> None:
    """Write the jobs of `ARMS`: one failed, one was stopped, one is of no arm, and some were never begun."""
    for seed, (words, others) in enumerate(
        ((["cc", "cv", "mm", "v"], ["cc", "cv"]), (["oc", "cc", "cc", "cv"], ["oc", "cc"]))
    ):
        write_job(folder, "warm_start", seed, {SUITE: rooms(words), OTHER: rooms(others)})
    for seed, (words, others) in enumerate(
        ((["v", "cv", "cv", "v"], ["cv", "cv"]), (["cv", "v", "mm", "cv"], ["cv", "cc"]))
    ):
        curve = [(0.1, 0.2 + 0.2 * seed), (0.3, 0.6 + 0.2 * seed)]
        write_job(folder, "grpo", seed, {SUITE: rooms(words), OTHER: rooms(others)}, curve=curve)
    write_job(folder, "constant", 0, {SUITE: rooms(["v"] * 4)})
    write_job(folder, "probe_words", 0, {SUITE: rooms(["v", "cc", "cc", "v"])})
    write_job(folder, "dapo", 0, {}, failure="the loss is | not finite")
    (folder / "dapo" / "seed1").mkdir()
    write_job(folder, "of_old", 0, {})


def rooms(words: Iterable[str]) -> list[Episode]:
    """Return an episode a word."""
    return [episode(room, word) for room, word in enumerate(words)]
