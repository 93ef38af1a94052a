"""Two processes: equal weights, groups that span ranks, episodes that end at different turns."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("trl")


def test_two_ranks_train_as_one(tiny_vlm: Path, tmp_path: Path) -> None:
    script = Path(__file__).with_name("two_ranks.py")
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    done = subprocess.run(
        [*command, str(script), str(tiny_vlm), str(tmp_path)],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    first, second = (json.loads((tmp_path / f"rank{rank}.json").read_text()) for rank in (0, 1))
    assert first["ranks"] == second["ranks"] == 2  # one process each would pass the rest unnoticed
    assert first["steps"] == second["steps"] == 2
    # rank 0 is done after two turns and keeps pace for four, with as many rows as the busier rank
    assert first["calls"] == second["calls"] == [3, 3, 3, 2]
    assert first["weights"] == second["weights"]
    assert first["before"] == second["before"] != first["after"]
    assert first["first_formed"] == [1.0, 1.0]
