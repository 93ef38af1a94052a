from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from spatialenv.core import kernels

SOURCE = """
from numba import float64
from spatialenv.core.kernels import kernel

@kernel(float64(float64))
def double(value):
    return 2.0 * value
"""


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("stored", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_stored_kernel_is_renewed_when_the_shared_kernels_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Numba itself looks only at the file of the kernel, so it would go on with the machine code of before."""
    path = tmp_path / "stored.py"
    path.write_text(SOURCE)
    hits = []
    for stamp in ("before", "before", "after"):
        monkeypatch.setattr(kernels, "STAMP", stamp)
        module = _load(path)
        assert module.double(3.0) == 6.0
        hits.append(sum(module.double.stats.cache_hits.values()))
    assert hits == [0, 1, 0]
