"""Seeds and controls of the demo's job: `python -m benchmarks.learning`.

For each seed it makes the run that `make demo` makes, then from the same warm start two controls of equal time (more
supervised training; the same reinforcement learning with the scores shuffled within each group), and shows the trained
model grey pictures and empty rooms. All are evaluated on the same held-out rooms. A stopped study goes on where it was.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks.learning.arms import arm_episodes
from benchmarks.learning.page import results_page
from benchmarks.learning.results import study_results
from spatialenv.report import RunFolder
from spatialenv.trainers.run import train
from spatialenv.trainers.settings import load_settings

CONTROLS = ("continued_supervision", "shuffled_rewards")
ABLATIONS = ("after_grey_pictures", "after_empty_rooms")


def main() -> None:
    """Run the study and write its results."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.learning", description=__doc__.splitlines()[0])
    parser.add_argument("--settings", default="demo", help="preset or YAML file")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--output", type=Path, default=Path("runs/learning"), help="where the runs are kept")
    parser.add_argument("--only", type=int, help="run this seed alone and write no results")
    parser.add_argument("--results", type=Path, default=Path("benchmarks/results/demo.json"))
    parser.add_argument("--page", type=Path, default=Path("docs/results.md"))
    arguments = parser.parse_args()
    console = Console()
    studies: dict[int, dict[str, Any]] = {}
    for seed in [arguments.only] if arguments.only is not None else arguments.seeds:
        settings = load_settings(arguments.settings, {"seed": seed})
        run = arguments.output / f"seed{seed}"
        summary = train(settings, run, progress=_told(console, seed))
        folder = RunFolder(run)
        stages = folder.state()["stages"]
        rl_seconds = _training_seconds(folder)
        arms: dict[str, Any] = {
            "warm_start": (folder.load_episodes("before"), {"summary": summary["warm_start"]}),
            "after": (folder.load_episodes("after"), {"summary": summary["after"], "seconds": rl_seconds}),
        }
        for arm in (*CONTROLS, *ABLATIONS):
            console.print(f"seed {seed}: {arm.replace('_', ' ')}")
            arms[arm] = arm_episodes(settings, run, arm, rl_seconds)
        studies[seed] = {"arms": arms, "summary": summary, "stages": stages}
    if arguments.only is not None:
        return
    results = study_results(studies, load_settings(arguments.settings))
    arguments.results.parent.mkdir(parents=True, exist_ok=True)
    arguments.results.write_text(json.dumps(results, indent=1) + "\n")
    arguments.page.write_text(results_page(results))
    console.print(f"wrote {arguments.results} and {arguments.page}")


def _training_seconds(folder: RunFolder) -> float:
    return max((float(row["seconds"]) for row in folder.metrics("rl")), default=0.0)


def _told(console: Console, seed: int) -> Any:
    told: set[str] = set()

    def progress(title: str, done: int, total: int, figures: Any) -> None:
        if title not in told:
            told.add(title)
            console.print(f"seed {seed}: {title}")

    return progress


if __name__ == "__main__":
    main()
