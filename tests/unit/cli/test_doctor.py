from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from spatialenv.cli import doctor, packages
from spatialenv.renderers.probe import SIZE, Probe

PICTURE = np.full((SIZE[1], SIZE[0], 3), (200, 180, 160), np.uint8)
PICTURE[:20] = 90
WORKS = Probe("fast", works=True, ms_per_frame=8.25, picture=PICTURE)
DRAWS = Probe("gl", works=True, ms_per_frame=312.4, picture=PICTURE // 2, device="llvm[pipe]", is_software=True)
LACKS = Probe("gl", works=False, reason="it needs [light]", install="apt-get install light1 " + "light2 " * 20)
BROKEN = Probe("fast", works=False, reason="no [light]")


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Make the renderers' probes what is given."""

    def make(*probes: Probe) -> None:
        monkeypatch.setattr(doctor, "try_renderers", lambda: list(probes))

    return make


def test_what_every_renderer_did_here(command: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spatialenv.renderers.registry.renderer_names", lambda: ("blank", "fast"))
    result = command("doctor", "--json")
    assert result.code == 0
    findings = json.loads(result.out)
    assert findings["ok"] is True
    assert findings["packages"]["numpy"]
    assert [probe["name"] for probe in findings["renderers"]] == ["blank", "fast"]
    fast = findings["renderers"][1]
    assert (fast["works"], fast["reason"], fast["install"]) == (True, None, None)
    assert fast["ms_per_frame"] > 0
    assert findings["numba_cache"]["folder"]
    assert "trying renderers: 0 of 2" in result.err


def test_what_is_missing_is_no_mistake(command: Any, found: Any) -> None:
    found(WORKS, LACKS)
    result = command("doctor", "--json")
    assert result.code == 0
    assert json.loads(result.out)["renderers"] == [
        {"name": "fast", "works": True, "reason": None, "install": None, "ms_per_frame": 8.25, "device": None},
        {
            "name": "gl",
            "works": False,
            "reason": "it needs [light]",
            "install": LACKS.install,
            "ms_per_frame": None,
            "device": None,
        },
    ]
    shown = command("doctor")
    assert shown.code == 0
    assert f"gl does not work: it needs [light]\n    {LACKS.install}\n" in shown.out


def test_what_draws_is_told(command: Any, found: Any) -> None:
    found(WORKS, DRAWS)
    lines = [line for line in command("doctor").out.splitlines() if "gl " in line and "yes" in line]
    assert len(lines) == 1
    assert "312" in lines[0]
    assert "llvm[pipe]" in lines[0]


def test_a_core_renderer_that_fails_gives_1(command: Any, found: Any) -> None:
    found(BROKEN, DRAWS)
    result = command("doctor")
    assert result.code == 1
    assert "fast does not work: no [light]" in result.out
    assert "the core does not work" in result.out


def test_pictures_are_written(command: Any, found: Any, tmp_path: Path) -> None:
    grey = Probe("blank", works=True, ms_per_frame=0.1, picture=np.full_like(PICTURE, 128))
    found(grey, WORKS, DRAWS, LACKS)
    folder = tmp_path / "deep" / "doctor"
    result = command("doctor", "--pictures", folder)
    assert result.code == 0
    assert sorted(path.name for path in folder.iterdir()) == ["all.png", "blank.png", "fast.png", "gl.png"]
    for path in folder.iterdir():
        assert f"wrote {path}" in result.out
    assert np.array_equal(np.asarray(Image.open(folder / "fast.png")), PICTURE)
    sheet = np.asarray(Image.open(folder / "all.png"))
    assert sheet.shape[1] > 2 * SIZE[0]
    assert sheet.shape[0] < 2 * SIZE[1], "grey says nothing, so that two are side by side"


def test_pictures_that_cannot_be_written_are_known_at_once(command: Any, tmp_path: Path, found: Any) -> None:
    (tmp_path / "file").write_text("")
    result = command("doctor", "--pictures", tmp_path / "file")
    assert result.code == 2
    assert "is not a folder" in result.err


def test_what_was_found_is_told_also_where_pictures_cannot_be_written(command: Any, found: Any, tmp_path: Path) -> None:
    found(WORKS)
    (tmp_path / "fast.png").mkdir()
    result = command("doctor", "--json", "--pictures", tmp_path)
    assert result.code == 2
    assert json.loads(result.out)["ok"] is True
    assert "fast.png" in result.err


def test_json_is_alone_on_stdout(command: Any, found: Any, tmp_path: Path) -> None:
    found(WORKS)
    result = command("doctor", "--json", "--pictures", tmp_path)
    assert json.loads(result.out)["ok"] is True
    assert f"wrote {tmp_path / 'fast.png'}" in result.err


def test_a_missing_extra_comes_with_the_line_that_installs_it(
    command: Any, found: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    found(WORKS)
    monkeypatch.setattr(packages, "installed", lambda name: None if name == "trl" else "1.0")
    monkeypatch.setattr(
        packages, "requirements", lambda: {"": ["numpy"], "train": ["torch", "trl"], "judge": ["openai"]}
    )
    result = command("doctor")
    assert result.code == 0
    assert "lacks trl: pip install 'spatialenv[train]'" in result.out
    assert "judge" in result.out


def test_a_core_that_lacks_a_package_gives_1(command: Any, found: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    found(WORKS)
    monkeypatch.setattr(packages, "installed", lambda name: None)
    result = command("doctor", "--json")
    assert result.code == 1
    assert json.loads(result.out)["ok"] is False


def test_requirements_are_told_apart_by_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [
        "numpy>=1.26",
        'torch>=2.6; extra == "train"',
        'pybullet>=3; python_version < "3.12" and extra == "physics"',
        'spatialenv[train]; extra == "all"',
    ]
    monkeypatch.setattr(packages.metadata, "requires", lambda name: lines)
    monkeypatch.setattr(packages.sys, "version_info", (3, 12))
    assert packages.requirements() == {"": ["numpy"], "train": ["torch"]}
    monkeypatch.setattr(packages.sys, "version_info", (3, 11))
    assert packages.requirements() == {"": ["numpy"], "train": ["torch"], "physics": ["pybullet"]}
