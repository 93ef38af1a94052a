"""Two processes: gradients and weights equal those of one process with the same global batch."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("trl")

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


@pytest.fixture(scope="module")
def ranks(tiny_vlm: Path, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, dict[str, Any]]]:
    """What each of two processes found, by case."""
    folder = tmp_path_factory.mktemp("ranks")
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    done = subprocess.run(
        [*command, str(SCRIPT), str(tiny_vlm), str(folder)],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return [torch.load(folder / f"rank{rank}.pt") for rank in (0, 1)]


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
    assert first["turns"] == second["turns"] == one["turns"]
    assert one["turns"][:6] == [len(plan) for plan in two_ranks.PLAN]  # rank 0 is done after two turns, rank 1 not
    seeds = one["seeds"]
    assert all(seeds[i] == seeds[i + 1] for i in range(0, len(seeds), 2))  # seeds 2 and 3 are on different ranks
    for step in (0, 1):
        for name, gradient in first["gradients"][step].items():
            assert torch.equal(gradient, second["gradients"][step][name]), (step, name)
        assert max(float(value.abs().max()) for value in one["gradients"][step].values()) > 1e-3
        assert difference(first["gradients"][step], one["gradients"][step]) < TOLERANCE
    assert difference(first["weights"], one["weights"]) < TOLERANCE
    assert all(torch.equal(value, second["weights"][name]) for name, value in first["weights"].items())


def test_every_rank_makes_the_same_calls_with_the_same_rows(ranks) -> None:
    # rank 0 is done after two turns and keeps pace for three, with as many rows as the busier rank
    assert ranks[0]["dr_grpo"]["calls"] == ranks[1]["dr_grpo"]["calls"] == [3, 3, 2]


def test_a_loss_with_a_local_normaliser_depends_on_the_number_of_ranks(ranks, tiny_vlm, tmp_path) -> None:
    one = two_ranks.run_case(LOCAL_NORMALISER, str(tiny_vlm), str(tmp_path))._asdict()
    far = difference(ranks[0][LOCAL_NORMALISER]["gradients"][0], one["gradients"][0])
    assert far > 1e-2, far
