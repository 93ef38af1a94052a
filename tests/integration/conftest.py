"""Tiny models of many families behind fixtures, so that the same checks run on all.

``SPATIALENV_TEST_VLM=qwen2_5_vl`` chooses the model of `test_rollout_tokens.py`, and
``SPATIALENV_TEST_FAMILIES=qwen3_vl,internvl`` those of `test_families.py`; see `test_any_vlm.py`. Most processors need
torchvision, whose wheel on PyPI is built for CUDA and cannot be imported beside a CPU torch; only the registration of
operators that nobody here calls fails, so an empty module takes its place.
"""

from __future__ import annotations

import gc
import importlib.util
import os
import sys
import types
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from families import FAMILIES, PLAIN, Family, build_family  # a module beside this one

ARCHITECTURE = os.environ.get("SPATIALENV_TEST_VLM", "idefics3")
CHOSEN = os.environ.get("SPATIALENV_TEST_FAMILIES", "")

if (ARCHITECTURE != "idefics3" or CHOSEN) and importlib.util.find_spec("torchvision") is not None:
    import torch

    if torch.version.cuda is None:
        sys.modules["torchvision._meta_registrations"] = types.ModuleType("torchvision._meta_registrations")


@pytest.fixture(scope="session")
def vlm_folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tiny model of the chosen architecture."""
    tiny: Path = request.getfixturevalue("tiny_vlm")
    if ARCHITECTURE == "idefics3":
        return tiny
    return build_family(ARCHITECTURE, tmp_path_factory.mktemp(ARCHITECTURE), tiny, PLAIN[ARCHITECTURE])


@pytest.fixture(
    scope="session",
    params=CHOSEN.split(",") if CHOSEN else [name for name, each in FAMILIES.items() if not each.needs_torchvision],
)
def family(request: pytest.FixtureRequest) -> Family:
    """Each family in turn."""
    return FAMILIES[request.param]


@pytest.fixture(scope="session")
def family_folder(family: Family, tiny_vlm: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tiny model of the family."""
    return build_family(family.name, tmp_path_factory.mktemp(family.name), tiny_vlm)


@pytest.fixture(autouse=True, scope="module")
def _modules_are_no_garbage() -> Iterator[None]:
    """Keep what was imported out of the collections that end each training: they take longer than tiny models."""
    gc.freeze()
    yield
    gc.unfreeze()
