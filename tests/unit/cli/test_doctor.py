from __future__ import annotations

import json
from typing import Any

import pytest

from spatialenv.cli import doctor


def test_json_says_what_is_there(command: Any) -> None:
    result = command("doctor", "--json")
    assert result.code == 0
    findings = json.loads(result.out)
    assert findings["ok"] is True
    assert findings["packages"]["numpy"]
    assert findings["renderers"]["fast"]["error"] is None
    assert findings["renderers"]["fast"]["milliseconds"] > 0
    assert findings["numba_cache"]["folder"]


def test_a_missing_extra_comes_with_the_line_that_installs_it(command: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "installed", lambda name: None if name == "trl" else "1.0")
    monkeypatch.setattr(doctor, "requirements", lambda: {"": ["numpy"], "train": ["torch", "trl"], "judge": ["openai"]})
    result = command("doctor")
    assert result.code == 0
    assert "lacks trl: pip install 'spatialenv[train]'" in result.out
    assert "judge" in result.out


def test_a_core_that_lacks_a_package_gives_1(command: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "installed", lambda name: None)
    result = command("doctor", "--json")
    assert result.code == 1
    assert json.loads(result.out)["ok"] is False


def test_a_renderer_that_fails_gives_1(command: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "probe_renderers", lambda: {"fast": {"milliseconds": None, "error": "no [light]"}})
    result = command("doctor")
    assert result.code == 1
    assert "no [light]" in result.out


def test_requirements_are_told_apart_by_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [
        "numpy>=1.26",
        'torch>=2.6; extra == "train"',
        'pybullet>=3; python_version < "3.12" and extra == "physics"',
        'spatialenv[train]; extra == "all"',
    ]
    monkeypatch.setattr(doctor.metadata, "requires", lambda name: lines)
    monkeypatch.setattr(doctor.sys, "version_info", (3, 12))
    assert doctor.requirements() == {"": ["numpy"], "train": ["torch"]}
    monkeypatch.setattr(doctor.sys, "version_info", (3, 11))
    assert doctor.requirements() == {"": ["numpy"], "train": ["torch"], "physics": ["pybullet"]}
