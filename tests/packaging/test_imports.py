"""What `import spatialenv` loads, and that every public name is there."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys

import pytest

HEAVY = (
    "bpy",
    "datasets",
    "fastapi",
    "httpx",
    "moderngl",
    "mujoco",
    "numba",
    "openai",
    "pandas",
    "peft",
    "pxr",
    "pybullet",
    "scipy",
    "shapely",
    "torch",
    "transformers",
    "trl",
    "uvicorn",
)
"""Packages that are imported where they are used, never by importing ours."""

PACKAGES = (
    "spatialenv",
    "spatialenv.cli",
    "spatialenv.core",
    "spatialenv.envs",
    "spatialenv.evaluation",
    "spatialenv.export",
    "spatialenv.formats",
    "spatialenv.renderers",
    "spatialenv.report",
    "spatialenv.rewards",
    "spatialenv.rewards.adapters",
    "spatialenv.serving",
    "spatialenv.tasks",
    "spatialenv.trainers",
)

LIGHT = tuple(name for name in PACKAGES if name != "spatialenv.trainers")
"""Packages that a core install uses, so that importing them must need no extra."""


def _run(code: str) -> str:
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = f"import json, sys, spatialenv; print(json.dumps([m for m in {HEAVY!r} if m in sys.modules]))"
    assert json.loads(_run(code)) == []


def test_the_nouns_load_no_compiler() -> None:
    code = (
        "import json, sys, spatialenv; spatialenv.Scene, spatialenv.Layout, spatialenv.Room, spatialenv.Relation;"
        f"print(json.dumps([m for m in {HEAVY!r} if m in sys.modules]))"
    )
    assert json.loads(_run(code)) == []


@pytest.mark.parametrize("package", LIGHT)
def test_a_package_of_the_core_loads_no_extra(package: str) -> None:
    extras = (
        "accelerate",
        "bpy",
        "datasets",
        "fastapi",
        "httpx",
        "moderngl",
        "mujoco",
        "openai",
        "peft",
        "pxr",
        "pybullet",
        "torch",
        "transformers",
        "trl",
    )
    code = f"import json, sys, {package}; print(json.dumps([m for m in {extras!r} if m in sys.modules]))"
    assert json.loads(_run(code)) == []


def test_importing_the_package_is_quick() -> None:
    """At most three times what gymnasium takes, which it imports: the machine's speed cancels out."""
    code = (
        "import time; a = time.perf_counter(); import gymnasium; b = time.perf_counter(); import spatialenv;"
        "c = time.perf_counter(); print((c - a) / (b - a))"
    )
    assert min(float(_run(code)) for _ in range(3)) < 3


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_name_is_there(package: str) -> None:
    module = importlib.import_module(package)
    names = getattr(module, "__all__", [])  # ruff keeps them sorted
    assert len(names) == len(set(names))
    for name in names:
        assert getattr(module, name) is not None


def test_the_root_offers_its_public_names_and_no_others() -> None:
    import spatialenv

    assert dir(spatialenv) == spatialenv.__all__
    with pytest.raises(AttributeError, match="no attribute 'scoer'"):
        spatialenv.scoer  # noqa: B018


@pytest.mark.parametrize("name", ["rewards", "renderers", "trainers"])
def test_common_names_are_left_to_others(name: str) -> None:
    done = subprocess.run([sys.executable, "-I", "-c", f"import {name}"], capture_output=True, text=True, timeout=60)
    assert "ModuleNotFoundError" in done.stderr


def test_the_environment_is_registered() -> None:
    import gymnasium

    import spatialenv  # noqa: F401

    assert "spatialenv/RoomLayout-v0" in gymnasium.registry
