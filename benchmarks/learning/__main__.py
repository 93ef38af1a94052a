"""Runs the study and makes its page: `python -m benchmarks.learning`.

Each arm is trained and played once a seed, in processes of their own. A study that was stopped goes on by the same
command; a job that failed stays in the results until it is run again with --retry-failed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.learning.arms import ARMS, Arm, find_arm
from benchmarks.learning.folders import Job, state
from benchmarks.learning.schedule import Schedule, ordered, to_run
from benchmarks.learning.study import STUDY, Study, load_study
from spatialenv.errors import InputError
from spatialenv.formats.atomic import write_atomically


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the command line asks for; return the exit status."""
    given = _parser().parse_args(arguments)
    console = Console()
    try:
        study = load_study(given.study)
        if given.quick:
            study = study.quick()
        output = given.output or Path("runs/learning-quick" if given.quick else "runs/learning")
        arms = [find_arm(name) for name in given.arms] if given.arms else list(ARMS.values())
        jobs = ordered(study, arms, given.seeds or study.seeds, output)
        for job in jobs:
            job.settings()
        if given.list:
            console.print(arms_table(arms, jobs))
            return 0
        failed = [] if given.page_only else _run(jobs, output, given, console)
    except InputError as error:
        console.print(f"error: {error}", style="red", markup=False, highlight=False)
        return 2
    except KeyboardInterrupt:
        console.print("stopped; the same command goes on")
        return 130
    results = given.results or (output / "learning.json" if given.quick else Path("benchmarks/results/learning.json"))
    page = given.page or (output / "results.md" if given.quick else Path("docs/results.md"))
    write_results(study, output, results, page)
    console.print(f"wrote {results} and {page}", markup=False, highlight=False)
    return 1 if failed else 0


def write_results(study: Study, output: Path, results: Path, page: Path) -> None:
    """Write the numbers of all jobs in a folder, and the page that shows them."""
    from benchmarks.learning.page import write_page
    from benchmarks.learning.results import results_text, study_results

    found = study_results(output, study)
    results.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(results, results_text(found))
    write_page(found, page)


def arms_table(arms: Sequence[Arm], jobs: Sequence[Job]) -> Table:
    """Return the arms, and how far the job of each seed is."""
    table = Table("arm", "group", "kind", "start", "differs by", "seeds")
    states = {(job.arm.name, job.seed): state(job) for job in jobs}
    for arm in arms:
        differs = [f"{name}={value}" for name, value in arm.settings.items()]
        differs += [f"control={arm.control}"] * (arm.control is not None)
        seeds = [f"{seed}: {found}" for (name, seed), found in states.items() if name == arm.name]
        table.add_row(arm.name, arm.group, arm.how, arm.start or "", "\n".join(differs), ", ".join(seeds))
    return table


def _run(jobs: Sequence[Job], output: Path, given: argparse.Namespace, console: Console) -> list[str]:
    chosen = to_run(jobs, redo=given.redo, retry_failed=given.retry_failed)
    console.print(f"{len(jobs) - len(chosen)} of {len(jobs)} jobs stand, {len(chosen)} to run", highlight=False)
    schedule = Schedule(chosen, output.absolute(), given.jobs, console)
    schedule.run()
    return schedule.failed


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.learning", description=__doc__.splitlines()[0])
    parser.add_argument("--arms", nargs="+", metavar="NAME", help="run these and what they start from; all by default")
    parser.add_argument("--seeds", type=int, nargs="+", help="those of the study by default")
    parser.add_argument("--jobs", type=_at_least_one, default=2, help="processes at a time, of one thread each")
    parser.add_argument("--study", type=Path, default=STUDY, help="settings, seeds and suites")
    parser.add_argument("--output", type=Path, help="folder of the jobs; runs/learning by default")
    parser.add_argument("--results", type=Path, help="benchmarks/results/learning.json by default")
    parser.add_argument("--page", type=Path, help="docs/results.md by default")
    parser.add_argument("--quick", action="store_true", help="2 steps and 8 rooms each, kept apart: does all run?")
    parser.add_argument("--page-only", action="store_true", help="run nothing; write results and page of what is there")
    parser.add_argument("--list", action="store_true", help="show the arms and how far each seed is")
    parser.add_argument("--redo", action="store_true", help="run jobs again whose settings have changed")
    parser.add_argument("--retry-failed", action="store_true", help="run jobs again that failed")
    return parser


def _at_least_one(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} must be a whole number of at least 1")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
