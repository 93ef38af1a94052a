"""Settings to executors."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from spatialenv.errors import BackendError, InputError, MissingExtraError
from spatialenv.trainers.executors import SerialExecutor, make_executor
from spatialenv.trainers.executors.processes import ProcessExecutor
from spatialenv.trainers.settings import ExecutorSettings

ARGUMENTS: dict[str, Any] = {"renderer": "blank", "views": ("top",), "size": (16, 16)}


def test_kinds() -> None:
    assert isinstance(make_executor(ExecutorSettings(), ARGUMENTS, "easy"), SerialExecutor)
    executor = make_executor(ExecutorSettings(kind="processes", workers=3), ARGUMENTS, "easy")
    assert isinstance(executor, ProcessExecutor)
    assert executor.workers == 3
    executor.close()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"workers": 2}, "has no workers, but 2 were asked for; use 'processes'"),
        ({"address": "auto"}, "takes no address, but 'auto' was given; use kind 'ray'"),
        ({"kind": "processes", "address": "auto"}, "'processes' takes no address"),
    ],
)
def test_settings_that_contradict_each_other(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        make_executor(ExecutorSettings(**settings), ARGUMENTS, "easy")


def test_without_ray_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'spatialenv\[ray\]'"):
        make_executor(ExecutorSettings(kind="ray"), ARGUMENTS, "easy")


@pytest.mark.parametrize("address", ["127.0.0.1:1", "ray://127.0.0.1:1"])
def test_a_cluster_that_is_not_there_is_told_at_once(address: str) -> None:
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'spatialenv[ray]'")
    with pytest.raises(BackendError, match=rf"no Ray cluster could be used at '{address}' .*ConnectionRefusedError"):
        make_executor(ExecutorSettings(kind="ray", address=address), ARGUMENTS, "easy")


def test_executors_import_nothing_heavy() -> None:
    code = (
        "import sys, spatialenv.trainers.executors.processes, spatialenv.trainers.executors.process_worker\n"
        "heavy = {'torch', 'transformers', 'trl', 'ray', 'datasets', 'accelerate'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
