"""Runs that are killed at any moment go on to the same figures and weights as one that was not."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("trl")

from safetensors.torch import load_file  # noqa: E402

from spatialenv.report import RunFolder  # noqa: E402

KILLED = -9
TIMES = re.compile(r"seconds|time|speed|phase")

Job = Callable[..., int]


@pytest.fixture(scope="module")
def job(tiny_vlm: Path) -> Iterator[Job]:
    """Trains in a process forked from one that has imported everything; returns its exit code."""
    script = Path(__file__).with_name("exact_run.py")
    server = subprocess.Popen(
        [sys.executable, str(script)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert server.stdin is not None
    assert server.stdout is not None

    def play(folder: Path, kill: str = "", **options: Any) -> int:
        line = json.dumps({"folder": str(folder), "model": str(tiny_vlm), "kill": kill, **options})
        assert server.stdin is not None
        assert server.stdout is not None
        server.stdin.write(line + "\n")
        server.stdin.flush()
        code = int(server.stdout.readline())
        assert code in (0, KILLED), Path(f"{folder}.log").read_text()[-3000:]
        return code

    yield play
    server.stdin.close()
    server.wait(timeout=30)
    server.stdout.close()


@pytest.fixture(scope="module")
def whole(job: Job, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that nothing stopped."""
    folder = tmp_path_factory.mktemp("exact") / "run"
    assert job(folder) == 0
    return folder


def figures(folder: Path) -> dict[tuple[str, int], dict[str, Any]]:
    """Every logged figure but times, by phase and step."""
    rows = RunFolder(folder).metrics()
    return {
        (row["phase"], row["step"]): {name: value for name, value in row.items() if not TIMES.search(name)}
        for row in rows
    }


def assert_same_run(folder: Path, whole: Path) -> None:
    found, wanted = figures(folder), figures(whole)
    assert found.keys() == wanted.keys()
    for key, row in wanted.items():
        assert found[key] == pytest.approx(row, rel=1e-6, abs=1e-9), key
    for name in ("warm_start", "final"):
        own, others = (load_file(path / "checkpoints" / name / "model.safetensors") for path in (folder, whole))
        torch.testing.assert_close(own, others, rtol=1e-6, atol=1e-8)
    assert RunFolder(folder).summary() == RunFolder(whole).summary()
    for kept in (
        "episodes/before.jsonl",
        "episodes/after.jsonl",
        *(f"samples/00000{step}.jsonl" for step in (1, 3, 6)),
    ):
        assert (folder / kept).read_text() == (whole / kept).read_text()
    memories = [path / "checkpoints" / "rl" / "checkpoint-6" / "memory_0.json" for path in (folder, whole)]
    assert memories[0].read_text() == memories[1].read_text()


def test_the_run_that_others_are_compared_with_learns_and_climbs(whole):
    rows = figures(whole)
    assert [step for phase, step in rows if phase == "rl"] == [1, 2, 3, 4, 5, 6]
    assert sum(rows["rl", step]["grad_norm"] > 0 for step in range(1, 7)) >= 3
    before, after = (load_file(whole / "checkpoints" / name / "model.safetensors") for name in ("warm_start", "final"))
    assert any(not torch.equal(before[name], after[name]) for name in before)
    memory = json.loads((whole / "checkpoints" / "rl" / "checkpoint-6" / "memory_0.json").read_text())
    assert {level for _, level in memory["tasks"]["drawn"]} == {0, 1}
    assert rows["rl", 3]["watch/rooms"] == 2
    assert "watch/rooms" not in rows["rl", 2]


def test_a_run_killed_in_the_warm_start_and_while_saving_goes_on_exactly(job, whole, tmp_path):
    folder = tmp_path / "run"
    assert job(folder, "warm start:3") == KILLED
    assert job(folder, "saving:3") == KILLED  # the last of the warm start, then two of reinforcement learning
    rl = folder / "checkpoints" / "rl"
    assert [path.name for path in rl.glob("checkpoint-*")] == ["checkpoint-2"]
    assert (rl / ".writing" / "checkpoint-4" / "model.safetensors").is_file()
    assert RunFolder(folder).state()["status"]["state"] == "running"
    assert job(folder) == 0
    assert_same_run(folder, whole)
    assert [path.name for path in rl.iterdir() if path.is_dir()] == ["checkpoint-6"]
    assert RunFolder(folder).state()["status"] == {"state": "done"}
    seconds = [row["seconds"] for row in RunFolder(folder).metrics("rl")]
    assert seconds == sorted(seconds)


def test_a_finished_run_trains_on_when_its_steps_grow(job, whole, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(whole, folder)
    assert job(folder, overrides={"rl.steps": 8, "logging.samples_every": 4}) == 0
    run, before = RunFolder(folder), RunFolder(whole)
    rows = figures(folder)
    assert [step for phase, step in rows if phase == "rl"] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert {key: row for key, row in rows.items() if key[1] <= 6} == figures(whole)
    summary = run.summary()
    assert summary["after_6_steps"] == before.summary()["after"]
    assert summary["warm_start"] == before.summary()["warm_start"]
    assert summary["after"]["n"] == 2
    changes = {change["setting"]: (change["before"], change["now"]) for change in run.state()["changes"]}
    assert changes == {"rl.steps": (6, 8), "logging.samples_every": (3, 4)}
    assert run.config()["rl"]["steps"] == 8
    assert run.state()["stages"]["held_out"]["training_scenes"] == 4 * 2 + 8 * 2
    assert run.sample_steps() == [1, 3, 6, 8]


@pytest.mark.slow
def test_a_run_killed_at_random_moments_goes_on_exactly(job, whole, tmp_path):
    folder = tmp_path / "run"
    for seconds in (1.5, 4):  # how far a run gets in this time is chance
        job(folder, after=seconds)
    assert job(folder) == 0
    assert_same_run(folder, whole)
