"""`spatialenv eval`: its table and files, and what is wrong told in one line."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from spatialenv.cli.evaluate import _is_model
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
        pytest.param(("solver", "--episodes", "a.jsonl", "-o", "a"), "both given", id="episodes twice"),
        pytest.param(("solver", "--output", "file"), "file", id="output into a file"),
        pytest.param(("solver", "--env", "max_turn=2"), "did you mean 'max_turns'", id="no such argument of the env"),
        pytest.param(("solver", "--env", "max_turns"), "NAME=VALUE", id="an argument without a value"),
        pytest.param(("random", "--option", "sed=2"), "did you mean 'seed'", id="no such option of the policy"),
        pytest.param(("random", "--reward", "colision"), "did you mean 'collision'", id="no such reward"),
        pytest.param(("random", "--renderer", "fats"), "did you mean 'fast'", id="no such renderer"),
        pytest.param(("best-of-0:random",), "best-of is 0", id="the best of none"),
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


SMALL = ("--n", 6, "--env", "size=[24, 24]", "--env", "views=[top]", "--max-turns", 2, "--batch-size", 4)


def test_a_folder_gets_results_and_page_and_is_gone_on_with(command: Any, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "a"
    result = command("eval", "best-of-2:random", "--tasks", "easy/test", *SMALL, "--output", folder)
    assert result.code == 0
    assert f"Report: {folder / 'report.html'}" in result.out
    results = (folder / "results.json").read_bytes()
    assert json.loads(results)["policy"]["of"]["name"] == "random"
    assert "best-of-2:random" in (folder / "report.html").read_text()
    again = command("eval", "best-of-2:random", "--tasks", "easy/test", *SMALL, "--output", folder)
    assert again.code == 0
    assert (folder / "results.json").read_bytes() == results
    other = command("eval", "random", "--tasks", "easy/test", *SMALL, "--output", folder)
    assert (other.code, other.out, other.err.count("\n")) == (2, "", 1)
    assert "`policy.name` was 'best-of-2:random', is 'random'" in other.err


def test_parts_and_options_are_taken(command: Any, tmp_path: Path) -> None:
    folder = tmp_path / "a"
    parts = ("--reward", "collision", "--renderer", "blank", "--option", "grid=0.5", "--feedback", "none")
    assert command("eval", "random", *SMALL, *parts, "--pictures", 1, "-o", folder).code == 0
    manifest = json.loads((folder / "manifest.json").read_text())
    assert (manifest["env"]["reward"], manifest["env"]["renderer"]) == ("collision", "blank")
    assert (manifest["env"]["size"], manifest["env"]["max_turns"], manifest["env"]["feedback"]) == ([24, 24], 2, "none")
    assert manifest["policy"]["grid"] == 0.5
    assert len(list(folder.glob("shards/*/*_start.png"))) == 1


@pytest.mark.parametrize("renderer", ["auto", '{"name": "auto", "order": ["blank"]}'])
def test_a_renderer_with_options(command: Any, tmp_path: Path, renderer: str) -> None:
    path = tmp_path / "played.jsonl"
    result = command("eval", "random", "--n", 1, "--max-turns", 1, "--renderer", renderer, "--episodes", path)
    assert result.code == 0, result.err
    drew = json.loads(path.read_text().splitlines()[0])["settings"]["renderer"]
    assert (drew if isinstance(drew, str) else drew["name"]) in {"blank", "fast", "gl"}


def test_the_table_has_a_row_a_turn_with_intervals(command: Any) -> None:
    result = command("eval", "witness", "--tasks", "easy/test", *SMALL, "--renderer", "blank")
    rows = [line.split() for line in result.out.splitlines() if line.strip()[:2] in ("1 ", "2 ")]
    assert rows == [[str(turn), "1.000", "100.0", "100.0", "0.0", "0.0", "100.0"] for turn in (1, 2)]
    assert "61.0–100.0" in result.out, "Wilson's interval of 6 of 6"


@pytest.mark.parametrize(
    ("policy", "is_model"),
    [("runs/a", True), ("best-of-2:best-of-3:o/m", True), ("openai:m@http://x/v1", False), ("best-of-2:solver", False)],
)
def test_only_models_take_the_length_of_answers_of_a_run(policy: str, is_model: bool) -> None:
    assert _is_model(policy) is is_model
