"""`spatialenv train`: what is wrong is told in one line, and nothing is left behind."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

PARTS = ("torch", "transformers", "trl", "accelerate", "datasets")


def check_one_line(result: Any, says: str) -> None:
    assert result.code == 2
    assert result.out == ""
    assert result.err.startswith("error: ")
    assert result.err.count("\n") == 1
    assert says in result.err


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder that holds a file, an empty folder, and a folder with a model of text only."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    (tmp_path / "empty").mkdir()
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "config.json").write_text(json.dumps({"model_type": "gpt2"}))
    return tmp_path


@pytest.fixture
def extra() -> None:
    """Skip where training is not installed."""
    for name in PARTS:
        pytest.importorskip(name, reason="training needs the extra `train`")


@pytest.mark.usefixtures("extra")
@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        pytest.param(("dmo",), "did you mean 'demo'", id="no such preset"),
        pytest.param(("none.yaml",), "none.yaml", id="no such settings file"),
        pytest.param(("--set", "rl.stps=3"), "did you mean 'steps'", id="no such setting"),
        pytest.param(("--set", "rl.steps"), "not NAME=VALUE", id="a setting without a value"),
        pytest.param(("--set", "rl.steps=[3"), "not a YAML value", id="a setting that is no YAML"),
        pytest.param(("--set", "rl.steps=many"), "`rl.steps` is 'many'", id="a setting of another type"),
        pytest.param(("--tasks", "esy"), "did you mean 'easy'", id="no such tasks"),
        pytest.param(("--held-out", "easy/tset"), "did you mean 'test'", id="no such split"),
        pytest.param(("--seed", "-1"), "--seed", id="a seed below 0"),
        pytest.param(("--model", "/nonexistent"), "/nonexistent", id="a model that is not there"),
        pytest.param(("--model", "file"), "file", id="a model that is a file"),
        pytest.param(("--model", "empty"), "config.json", id="a folder that is no model"),
        pytest.param(("--model", "text"), "takes no pictures", id="a model of text only"),
        pytest.param(("--output", "file/run"), "file/run", id="a run folder below a file"),
    ],
)
def test_a_run_that_cannot_start_leaves_nothing(
    command: Any, place: Path, arguments: tuple[str, ...], says: str
) -> None:
    preset = () if not arguments[0].startswith("--") else ("demo",)
    output = () if "--output" in arguments else ("--output", "run")
    before = sorted(place.rglob("*"))
    check_one_line(command("train", *preset, *arguments, *output), says)
    assert sorted(place.rglob("*")) == before


@pytest.mark.usefixtures("extra")
def test_a_folder_of_something_else_is_left_alone(command: Any, place: Path) -> None:
    check_one_line(command("train", "demo", "--output", "text"), "holds files of something else")
    assert [path.name for path in (place / "text").iterdir()] == ["config.json"]


@pytest.mark.parametrize("name", PARTS)
def test_a_missing_part_of_the_extra_is_named(
    command: Any, place: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setitem(sys.modules, name, None)  # type: ignore[arg-type]  # how Python marks what cannot be imported
    result = command("train", "demo", "--output", "run")
    check_one_line(result, "pip install 'spatialenv[train]'")
    assert not (place / "run").exists()


def test_help_shows_examples(command: Any) -> None:
    text = command("train", "--help").out
    for part in ("spatialenv train demo --output runs/demo", "--set", "rl.steps=400"):
        assert part in text
