"""One job, in this process: train what the arm trains, then play every suite.

``python -m benchmarks.learning.running FOLDER ARM SEED`` is what the schedule starts for each job; the folder holds
the study as the schedule read it.
"""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from pathlib import Path
from typing import Any

from benchmarks.learning.arms import find_arm
from benchmarks.learning.controls import make_control
from benchmarks.learning.folders import STUDY, Job, changes, failure_of, played, result_of, unplayed, weights_of, write
from benchmarks.learning.players import player_maker
from benchmarks.learning.study import load_study
from benchmarks.learning.training import train_job
from spatialenv.evaluation import Policy, evaluate
from spatialenv.formats import save_episodes
from spatialenv.trainers.stages import HELD_OUT_SEED


def run_job(job: Job) -> dict[str, Any]:
    """Run what a job lacks, write its ``result.json`` and return what that holds.

    What its folder holds of another arm or of other settings is thrown away. A failure becomes part of the result;
    where one suite cannot be played, the others are.

    Args:
        job: The job; the one that it starts from has been run.
    """
    began = time.monotonic()
    failure = None
    job.folder.mkdir(parents=True, exist_ok=True)
    try:
        _throw_away_what_differs(job)
        if job.trains and job.training() is None:
            train_job(job)
        open_suites = unplayed(job)
        player = player_maker(job) if open_suites else None
        for suite in open_suites:
            try:
                assert player is not None
                play_suite(job, suite, player(job.study.suites[suite]))
            except Exception as error:
                failure = failure or failure_of(error)
    except Exception as error:
        failure = failure_of(error)
    result = result_of(job, failure)
    spent = (job.result() or {}).get("seconds_job", 0.0)
    result["seconds_job"] = round(spent + time.monotonic() - began, 1)
    write(job.folder / "result.json", result)
    return result


def play_suite(job: Job, suite: str, policy: Policy) -> None:
    """Play a suite and write its episodes and rates."""
    settings = job.settings()
    env = settings.env.model_dump()
    evaluation = evaluate(
        policy,
        job.study.tasks(suite),
        n=job.study.suites[suite].n,
        seed=HELD_OUT_SEED,
        env={**env, "max_turns": settings.evaluate.max_turns or env["max_turns"]},
        batch_size=settings.evaluate.batch_size,
        keep_pictures=0,
        env_class=make_control(job.arm.control).env_class,
    )
    path = job.episodes(suite)
    path.parent.mkdir(exist_ok=True)
    save_episodes(path, evaluation.episodes)
    write(path.with_suffix(".json"), {"played": played(job, suite, weights_of(job)), "summary": evaluation.summary})


def _throw_away_what_differs(job: Job) -> None:
    """Remove what another arm or other settings have left, and what a training that did not end has."""
    records = [record for record in (job.training(), job.result()) if record is not None]
    if any(changes(job, record) for record in records):
        for name in ("training.json", "result.json"):
            (job.folder / name).unlink(missing_ok=True)
    if job.training() is None:
        (job.folder / "metrics.jsonl").unlink(missing_ok=True)
        shutil.rmtree(job.folder / "model", ignore_errors=True)


def main() -> None:
    """Run the job that the command line names; it ends with the process that started it."""
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    output, arm, seed = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    run_job(Job(load_study(output / STUDY), find_arm(arm), seed, output))


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


if __name__ == "__main__":
    main()
