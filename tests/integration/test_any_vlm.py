"""Families whose processors need torchvision, in one process of their own that sees it.

`test_rollout_tokens.py` looks closely at one of them, `test_families.py` at what matters in all.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("trl")

from families import FAMILIES, families_table  # beside this file; conftest.py finds it

WIDE = [name for name, family in FAMILIES.items() if family.needs_torchvision and not family.is_slow]
SLOW = [name for name, family in FAMILIES.items() if family.needs_torchvision and family.is_slow]


def check(repository: Path, files: list[str], **environment: str) -> None:
    torchvision = repository / "build" / "torchvision"
    for package in ("torchvision", "num2words"):
        if not (torchvision / package).is_dir():
            pytest.skip(f"these processors need {package}, which `make test` puts into build/torchvision when online")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
        + [str(Path(__file__).with_name(name)) for name in files],
        cwd=repository,
        env={**os.environ, **environment, "PYTHONPATH": str(torchvision)},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert " passed" in done.stdout
    assert "skipped" not in done.stdout


def test_families_with_torchvision_pass_every_check_of_a_training_step(repository: Path) -> None:
    """Grids, tiles, token types, default prompts and log-probabilities of families that differ in each."""
    check(
        repository,
        ["test_rollout_tokens.py", "test_families.py"],
        SPATIALENV_TEST_VLM="qwen2_5_vl",
        SPATIALENV_TEST_FAMILIES=",".join(WIDE),
    )


@pytest.mark.slow
def test_families_of_slow_models_pass_them_too(repository: Path) -> None:
    """Models with recurrent layers, which run slowly without a GPU."""
    check(repository, ["test_families.py"], SPATIALENV_TEST_FAMILIES=",".join(SLOW))


def test_the_page_on_models_has_the_table_of_families(repository: Path) -> None:
    """Written by `python tests/integration/families.py`."""
    page = (repository / "docs" / "training" / "models.md").read_text(encoding="utf-8")
    between = page.partition("<!-- families -->\n")[2].partition("\n<!-- end -->")[0]
    assert between == families_table()
