"""`spatialenv eval`: its table and files, and what is wrong told in one line."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from spatialenv.formats import load_episodes


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        pytest.param(("slover",), "did you mean 'solver'", id="no such policy"),
        pytest.param(("solver", "--tasks", "esy/test"), "did you mean 'easy'", id="no such tasks"),
        pytest.param(("solver", "--feedback", "moevs"), "did you mean 'moves'", id="no such feedback"),
        pytest.param(("solver", "--n", "0"), "--n", id="no rooms"),
        pytest.param(("solver", "--like", "empty"), "no run folder", id="like a folder that is no run"),
        pytest.param(("solver", "--json", "empty"), "it is a folder", id="results into a folder"),
        pytest.param(("solver", "--episodes", "file/a.jsonl"), "is not a folder", id="episodes below a file"),
        pytest.param(("solver", "--episodes", "episodes.json"), ".jsonl", id="episodes that are not JSON lines"),
    ],
)
def test_a_mistake_is_told_in_one_line(
    command: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], says: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    (tmp_path / "empty").mkdir()
    result = command("eval", *arguments)
    assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
    assert says in result.err
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["empty", "file"]


def test_a_folder_that_is_no_model(command: Any, tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="a model as policy needs the extra `train`")
    result = command("eval", tmp_path)
    assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
    assert "config.json" in result.err


def test_a_model_without_the_extra(command: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)  # type: ignore[arg-type]  # how Python marks what cannot be imported
    result = command("eval", tmp_path)
    assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
    assert "pip install 'spatialenv[train]'" in result.err


def test_results_and_episodes_are_written(command: Any, tmp_path: Path) -> None:
    results, episodes = tmp_path / "new" / "results.json", tmp_path / "other" / "episodes.jsonl"
    result = command(
        "eval", "solver", "--tasks", "easy/test", "--n", 2, "--max-turns", 1, "--json", results, "--episodes", episodes
    )
    assert result.code == 0
    assert "solver" in result.out
    assert result.err.splitlines()[0] == "solver on easy/test: 2 of 2"
    assert json.loads(results.read_text())["solver"]["final"]["valid_layout_rate"] == 1.0
    assert len(load_episodes(episodes)) == 2


def test_rooms_of_a_scene_file(command: Any, save: Any, scene: Any) -> None:
    result = command("eval", "solver", "--tasks", save("rooms.json", [scene, scene]), "--n", 1)
    assert result.code == 0
    assert "solver on rooms" in result.err


def test_help_shows_examples(command: Any) -> None:
    assert "spatialenv eval solver --tasks easy/test --n 64" in command("eval", "--help").out
