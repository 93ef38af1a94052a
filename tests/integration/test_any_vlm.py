"""The same token checks on Qwen2.5-VL, in a process of its own that sees torchvision."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("trl")


def test_qwen2_5_vl_passes_every_check_of_a_training_step(repository: Path) -> None:
    """Grids, token types and log-probabilities of a family that counts pictures otherwise."""
    torchvision = repository / "build" / "torchvision"
    if not (torchvision / "torchvision").is_dir():
        pytest.skip("Qwen's processor needs torchvision, which `make test` puts into build/torchvision when online")
    checks = Path(__file__).with_name("test_rollout_tokens.py")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", str(checks), "-q", "-p", "no:cacheprovider"],
        cwd=repository,
        env={**os.environ, "SPATIALENV_TEST_VLM": "qwen2_5_vl", "PYTHONPATH": str(torchvision)},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert " passed" in done.stdout
    assert "skipped" not in done.stdout
