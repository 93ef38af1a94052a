"""Two processes: gradients and weights equal those of one with the same global batch; a run by the command."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("trl")

from spatialenv.envs.room_layout import RoomLayoutEnv  # noqa: E402
from spatialenv.errors import InputError  # noqa: E402
from spatialenv.evaluation.model_policy import load_vlm  # noqa: E402
from spatialenv.report import RunFolder  # noqa: E402
from spatialenv.trainers.settings import load_settings  # noqa: E402
from spatialenv.trainers.stages import run_warm_start, trainer_config  # noqa: E402

SCRIPT = Path(__file__).with_name("two_ranks.py")
_spec = importlib.util.spec_from_file_location("two_ranks", SCRIPT)
assert _spec is not None
assert _spec.loader is not None
two_ranks = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(two_ranks)

LOCAL_NORMALISER = "bnpo"
"""TRL divides this loss by the tokens of a rank's own part of the batch, so it depends on how many ranks there are."""
CASES = [name for name in two_ranks.CASES if name != LOCAL_NORMALISER]
TOLERANCE = 5e-6
"""In shares of a parameter's largest value: float32, sums in another order, rows padded to other widths.

1.7e-6 was found."""


RUN: dict[str, Any] = {
    "tasks": "easy/train",
    "held_out": "easy/test",
    "threads": 1,
    "env": {"views": ["top"], "size": [32, 32], "labels": False, "feedback": "targets", "max_turns": 2},
    "warm_start": {"steps": 2, "batch_size": 4, "learning_rate": 0.01},
    "rl": {
        "batch_size": 4,
        "group_size": 4,
        "gradient_accumulation_steps": 1,
        "max_new_tokens": 8,
        "warmup_steps": 0,
        "save_steps": 1,
    },
    "evaluate": {"n": 2, "constant_rooms": 2},
}


@pytest.fixture(scope="module")
def launched(tiny_vlm: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which pairs of processes left ``rank0.pt``, ``rank1.pt`` and the folder of a run."""
    folder = tmp_path_factory.mktemp("ranks")
    settings = folder / "settings.yaml"
    settings.write_text(json.dumps({**RUN, "model": str(tiny_vlm)}))
    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(tiny_vlm), str(folder), str(settings), str(folder / "run")],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return folder


@pytest.fixture(scope="module")
def ranks(launched: Path) -> list[dict[str, dict[str, Any]]]:
    """What each of two processes found, by case."""
    return [torch.load(launched / f"rank{rank}.pt") for rank in (0, 1)]


def difference(found: dict[str, Any], expected: dict[str, Any]) -> float:
    """The largest difference over all parameters, in shares of each one's largest value."""
    assert found.keys() == expected.keys()
    largest = max(float(value.abs().max()) for value in expected.values())
    shares = []
    for name, value in expected.items():
        size = max(float(value.abs().max()), 1e-3 * largest)  # a key's bias has no gradient but rounding
        shares.append(float((found[name] - value).abs().max()) / size)
    return max(shares)


@pytest.mark.parametrize("case", CASES)
def test_two_ranks_train_as_one(case: str, ranks: list[dict[str, dict[str, Any]]], tiny_vlm, tmp_path) -> None:
    first, second = (found[case] for found in ranks)
    one = two_ranks.run_case(case, str(tiny_vlm), str(tmp_path))._asdict()
    assert (first["ranks"], second["ranks"], one["ranks"]) == (2, 2, 1)  # one process each would pass unnoticed
    assert first["seeds"] == second["seeds"] == one["seeds"]
    assert first["random_state"] != second["random_state"]  # or both would sample alike
    assert first["turns"] == second["turns"] == one["turns"]
    assert one["turns"][:6] == [len(plan) for plan in two_ranks.PLAN]  # rank 0 is done after two turns, rank 1 not
    seeds = one["seeds"]
    assert all(seeds[i] == seeds[i + 1] for i in range(0, len(seeds), 2))  # seeds 2 and 3 are on different ranks
    assert len(first["gradients"]) == len(one["gradients"]) == two_ranks.CASES[case].get("max_steps", 1)
    for step in range(len(one["gradients"])):
        for name, gradient in first["gradients"][step].items():
            assert torch.equal(gradient, second["gradients"][step][name]), (step, name)
        assert max(float(value.abs().max()) for value in one["gradients"][step].values()) > 1e-3
        assert difference(first["gradients"][step], one["gradients"][step]) < TOLERANCE
    assert difference(first["weights"], one["weights"]) < TOLERANCE
    assert all(torch.equal(value, second["weights"][name]) for name, value in first["weights"].items())


def test_every_rank_makes_the_same_calls_with_the_same_rows(ranks) -> None:
    # rank 0 is done after two turns and keeps pace for three, with as many rows as the busier rank
    assert ranks[0]["dr_grpo"]["calls"] == ranks[1]["dr_grpo"]["calls"] == [3, 3, 2]
    assert ranks[0]["engine"]["calls"] == ranks[1]["engine"]["calls"] == [1, 2, 1, 2, 1, 1]  # in two parts each


def test_a_loss_with_a_local_normaliser_depends_on_the_number_of_ranks(ranks, tiny_vlm, tmp_path) -> None:
    one = two_ranks.run_case(LOCAL_NORMALISER, str(tiny_vlm), str(tmp_path))._asdict()
    far = difference(ranks[0][LOCAL_NORMALISER]["gradients"][0], one["gradients"][0])
    assert far > 1e-2, far


def test_a_run_on_two_processes_of_which_one_was_killed_goes_on(launched: Path, tiny_vlm: Path) -> None:
    run = RunFolder(launched / "run")
    assert run.is_complete
    assert (run.path / "report.html").is_file()
    assert {"warm_start", "after"} < set(run.summary())
    lines = [json.loads(line) for line in (run.path / "metrics.jsonl").read_text().splitlines()]
    steps_of = {phase: [row["step"] for row in lines if row["phase"] == phase] for phase in ("warm_start", "rl")}
    assert steps_of == {"warm_start": [1, 2], "rl": [1, 2, 3]}
    assert {row["episodes/turns"] for row in run.metrics("rl")} == {2.0}

    # the same demonstrations a step as one process, whose batch size is the same number
    losses: list[float] = []
    model, processor = load_vlm(tiny_vlm)
    chosen = load_settings({**RUN, "model": str(tiny_vlm)})
    env = {"tasks": chosen.tasks, **chosen.env.model_dump()}
    run_warm_start(model, processor, lambda: RoomLayoutEnv(**env), chosen, lambda step, row: losses.append(row["loss"]))
    assert [row["loss"] for row in run.metrics("warm_start")] == pytest.approx(losses, rel=1e-5)


def test_what_processes_cannot_share_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    chosen = load_settings(RUN)
    monkeypatch.setenv("WORLD_SIZE", "3")
    with pytest.raises(InputError, match=r"`rl.batch_size` is 4, which 3 processes .* a multiple of 3"):
        trainer_config(chosen, tmp_path)
