"""That the examples in the docstrings are true."""

from __future__ import annotations

import doctest
import importlib
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


NEEDS = {
    "spatialenv.physics.settle": "pybullet",  # which has no wheels for Python 3.12 and later
    "spatialenv.physics.solids": "manifold3d",
    "spatialenv.rewards.stability": "pybullet",
}
"""Extras that examples need."""


def _modules() -> list[str]:
    """Every module that holds an example, from the folders of `package-dir`."""
    folders = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-dir"]
    found = []
    for package, folder in folders.items():
        for path in (ROOT / folder).rglob("*.py"):
            if ">>> " in path.read_text():
                parts = path.relative_to(ROOT / folder).with_suffix("").parts
                found.append(".".join((package, *(part for part in parts if part != "__init__"))))
    return sorted(found)


@pytest.mark.parametrize("name", _modules())
def test_examples_are_true(name: str) -> None:
    if name in NEEDS and find_spec(NEEDS[name]) is None:
        pytest.skip(f"{NEEDS[name]} is not installed")
    module = importlib.import_module(name)
    failed, tried = doctest.testmod(module)
    assert failed == 0
    assert tried > 0
