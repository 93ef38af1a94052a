"""The schedule: order, what is run again, and processes that are stopped or lost."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from benchmarks.learning import arms, schedule
from benchmarks.learning.__main__ import main
from benchmarks.learning.arms import Arm
from benchmarks.learning.folders import Job, identity, result_of, state, write
from benchmarks.learning.schedule import Schedule, ordered, to_run
from benchmarks.learning.study import Study, Suite, load_study
from rich.console import Console

from spatialenv.errors import InputError, UnknownNameError

STUDY = Study(seeds=(0, 1), settings={}, suites={"easy/test": Suite(title="as trained", n=2)})
ARMS = {
    arm.name: arm
    for arm in (
        Arm("random", "", "references", "policy", policy="random"),
        Arm("probe", "", "probes", "probe", start="grpo"),
        Arm("grpo", "", "rewards", "train", start="warm_start"),
        Arm("warm_start", "", "references", "warm_start"),
    )
}


@pytest.fixture(autouse=True)
def known_arms(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arms, "ARMS", ARMS)
    monkeypatch.setattr("benchmarks.learning.__main__.ARMS", ARMS)


@pytest.fixture
def scripts(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What the process of an arm does instead of its job."""
    found: dict[str, str] = {}

    def command(job: Job) -> list[str]:
        finish(job)  # what a process would leave; the script says how it ends
        return [sys.executable, "-c", found.get(job.arm.name, "")]

    monkeypatch.setattr(schedule, "command", command)
    return found


def finish(job: Job, failure: dict[str, str] | None = None) -> None:
    """Leave what a job that was run leaves, its suites apart."""
    if job.trains:
        facts = dict.fromkeys(("steps", "samples", "samples_by", "seconds", "cpu_seconds", "weights", "start_model"))
        write(job.folder / "training.json", {**identity(job), **facts})
    write(job.folder / "result.json", result_of(job, failure))


def jobs(output: Path, *names: str, study: Study = STUDY, seeds: tuple[int, ...] = (0,)) -> list[Job]:
    return ordered(study, [ARMS[name] for name in names], seeds, output)


def run(chosen: list[Job], output: Path, workers: int = 2) -> Schedule:
    made = Schedule(chosen, output, workers, Console(quiet=True))
    made.run()
    return made


# --- order -----------------------------------------------------------------------------------------


def test_jobs_go_seed_by_seed_starts_first(tmp_path: Path) -> None:
    names = [job.name for job in jobs(tmp_path, "random", "probe", "grpo", seeds=(2, 1))]
    expected = ["random", "warm_start", "grpo", "probe"]
    assert names == [f"{name} seed 2" for name in expected] + [f"{name} seed 1" for name in expected]


def test_no_job_begins_before_the_one_it_starts_from_has_ended(
    tmp_path: Path, scripts: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    began, ended = schedule.Board.began, schedule.Board.ended
    monkeypatch.setattr(schedule.Board, "began", lambda self, job: (said.append(f"+{job.name}"), began(self, job))[-1])
    monkeypatch.setattr(
        schedule.Board, "ended", lambda self, job, *rest: (said.append(f"-{job.name}"), ended(self, job, *rest))[-1]
    )
    run(jobs(tmp_path, "probe"), tmp_path, workers=4)
    names = ("warm_start", "grpo", "probe")
    assert said == [sign for name in names for sign in (f"+{name} seed 0", f"-{name} seed 0")]


def test_as_many_run_at_a_time_as_were_asked_for(tmp_path: Path, scripts: dict[str, str]) -> None:
    scripts["random"] = "import time; time.sleep(1)"
    began = time.monotonic()
    run(jobs(tmp_path, "random", seeds=(0, 1, 2)), tmp_path, workers=3)
    beside = time.monotonic() - began
    began = time.monotonic()
    run(jobs(tmp_path, "random", seeds=(0, 1)), tmp_path, workers=1)
    assert time.monotonic() - began > 2
    assert beside < 3


# --- what is run -----------------------------------------------------------------------------------


def test_what_is_finished_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.learning.folders.unplayed", lambda job: [])
    monkeypatch.setattr("benchmarks.learning.folders.Job.suite", lambda job, name: {"summary": {}})
    chosen = jobs(tmp_path, "random", "grpo")
    assert to_run(chosen) == chosen
    for job in chosen:
        finish(job)
    assert [state(job) for job in chosen] == ["done"] * 3
    assert to_run(chosen) == []


def test_a_failed_job_is_run_again_only_when_asked_for(tmp_path: Path) -> None:
    chosen = jobs(tmp_path, "random")
    finish(chosen[0], {"type": "OSError", "message": "", "traceback": ""})
    assert (to_run(chosen), to_run(chosen, retry_failed=True)) == ([], chosen)


def test_a_job_of_other_settings_is_refused_by_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.learning.folders.unplayed", lambda job: [])
    finish(jobs(tmp_path, "warm_start")[0])
    other = STUDY.model_copy(update={"settings": {"warm_start": {"steps": 5}}})
    chosen = jobs(tmp_path, "warm_start", study=other)
    with pytest.raises(InputError, match=r"warm_start/seed0' \(warm_start.steps\).*--redo"):
        to_run(chosen)
    assert to_run(chosen, redo=True) == chosen


def test_what_starts_from_a_model_that_is_made_anew_is_looked_at_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("benchmarks.learning.folders.unplayed", lambda job: [])
    monkeypatch.setattr("benchmarks.learning.folders.Job.suite", lambda job, name: {"summary": {}})
    warm, grpo = jobs(tmp_path, "grpo")
    finish(grpo)
    assert to_run([warm, grpo]) == [warm, grpo]


# --- processes -------------------------------------------------------------------------------------


def test_a_lost_process_is_a_failure_and_the_rest_goes_on(tmp_path: Path, scripts: dict[str, str]) -> None:
    scripts["random"] = "import os; print('so far', flush=True); os.kill(os.getpid(), 9)"
    chosen = jobs(tmp_path, "random", "warm_start")
    assert run(chosen, tmp_path, workers=1).failed == ["random seed 0"]
    random, warm = chosen
    result = random.result()
    assert result is not None
    assert result["failure"] == {
        "type": "LostProcess",
        "message": "the process of the job was ended by signal 9",
        "traceback": "so far\n",
    }
    assert (warm.result() or {})["failure"] is None


def test_a_process_that_ends_by_an_error_is_a_failure(tmp_path: Path, scripts: dict[str, str]) -> None:
    scripts["random"] = "raise SystemExit(3)"
    [job] = jobs(tmp_path, "random")
    run([job], tmp_path)
    assert (job.result() or {})["failure"]["message"] == "the process of the job ended with status 3"


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM])
def test_who_stops_the_schedule_stops_its_processes(
    tmp_path: Path, scripts: dict[str, str], kind: signal.Signals
) -> None:
    noted = tmp_path / "pid"
    scripts["random"] = f"import os, time; open({str(noted)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    chosen = jobs(tmp_path, "random", seeds=(0, 1))
    threading.Thread(target=_once, args=(lambda: noted.is_file() and noted.read_text(), kind), daemon=True).start()
    handlers = [signal.getsignal(kind) for kind in (signal.SIGINT, signal.SIGTERM)]
    with pytest.raises(KeyboardInterrupt):
        run(chosen, tmp_path, workers=1)
    with pytest.raises(ProcessLookupError):
        os.kill(int(noted.read_text()), 0)
    assert [signal.getsignal(kind) for kind in (signal.SIGINT, signal.SIGTERM)] == handlers
    assert not (chosen[0].folder / "scratch").exists()
    assert chosen[1].result() is None


def _once(ready: Callable[[], object], kind: signal.Signals) -> None:
    while not ready():
        time.sleep(0.05)
    os.kill(os.getpid(), kind)


def test_two_schedules_do_not_share_a_folder(tmp_path: Path, scripts: dict[str, str]) -> None:
    with schedule._lock(tmp_path), pytest.raises(InputError, match="another schedule works on"):
        run(jobs(tmp_path, "random"), tmp_path)
    run(jobs(tmp_path, "random"), tmp_path)


def test_processes_have_one_thread_and_a_log(tmp_path: Path, scripts: dict[str, str]) -> None:
    scripts["random"] = "import os; print(os.environ['OMP_NUM_THREADS'], os.environ['TMPDIR'])"
    [job] = jobs(tmp_path, "random")
    run([job], tmp_path)
    assert (job.folder / "log.txt").read_text().split() == ["1", str(job.folder / "scratch")]


# --- the command -----------------------------------------------------------------------------------


def test_unknown_arms_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--arms", "rnadom", "--output", str(tmp_path)]) == 2
    assert "random" in capsys.readouterr().out
    with pytest.raises(UnknownNameError):
        arms.find_arm("rnadom")


def test_arms_are_listed_with_how_far_they_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list", "--seeds", "4", "--output", str(tmp_path)]) == 0
    told = capsys.readouterr().out
    assert all(name in told for name in ARMS)
    assert told.count("4: open") == len(ARMS)


@pytest.mark.slow
def test_a_quick_look_at_the_study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()  # its own arms, in processes of their own
    suites = {"easy/test": {"title": "as trained", "n": 256}}
    study, output = tmp_path / "study.yaml", tmp_path / "jobs"
    study.write_text(yaml.safe_dump({**load_study().model_dump(mode="json"), "suites": suites}), encoding="utf-8")
    given = ["--quick", "--study", str(study), "--output", str(output), "--seeds", "0"]
    given += ["--arms", "random", "redraw", "grpo"]
    assert main(given) == 0
    found = {path.parent.parent.name: json.loads(path.read_text()) for path in output.glob("*/seed0/result.json")}
    assert set(found) == {"random", "warm_start", "redraw", "grpo"}
    assert all(result["test"]["easy/test"]["n"] == 8 for result in found.values())
    results = json.loads((output / "learning.json").read_text(encoding="utf-8"))
    assert {name for name, arm in results["arms"].items() if arm["test"]} == set(found)
    assert (output / "results.md").read_text(encoding="utf-8").startswith("# ")
    before = {path: path.stat().st_mtime_ns for path in output.glob("*/seed0/result.json")}
    assert main(given) == 0
    assert {path: path.stat().st_mtime_ns for path in before} == before
