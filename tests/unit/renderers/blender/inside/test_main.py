"""How a process of Blender starts."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import pytest

from spatialenv.renderers.blender.pools import MAIN

_SPEC = importlib.util.spec_from_file_location("blender_main", MAIN)
assert _SPEC is not None
assert _SPEC.loader is not None
main = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(main)

pytestmark = pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system binds no threads to cores")


def test_few_cores_are_shown_and_all_are_given_back() -> None:
    cores = os.sched_getaffinity(0)
    with main.few_cores(1):
        assert len(os.sched_getaffinity(0)) == 1
    assert os.sched_getaffinity(0) == cores


def test_threads_that_end_meanwhile_and_systems_that_forbid_it_stop_no_start(monkeypatch: pytest.MonkeyPatch) -> None:
    gone = max(int(path.name) for path in Path("/proc").glob("[0-9]*")) + 100_000
    monkeypatch.setattr(os, "listdir", lambda path: [str(gone), "0"])
    with main.few_cores(1):
        pass

    def forbidden(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "sched_setaffinity", forbidden)
    with main.few_cores(1):
        pass
