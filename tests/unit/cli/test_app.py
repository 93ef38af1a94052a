from __future__ import annotations

import copy
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from spatialenv.cli import app
from spatialenv.errors import MissingExtraError, require


def _wrong_field(scene: dict[str, Any]) -> None:
    scene["scene_graph"][0]["size_in_metres"] = scene["scene_graph"][0].pop("size_in_meters")


def _unknown_object(scene: dict[str, Any]) -> None:
    placement = scene["scene_graph"][0]["placement"]
    placement["objects_in_room"] = [{"object_id": "box_22", "preposition": "left of", "is_adjacent": True}]


def _room_of_zero_size(scene: dict[str, Any]) -> None:
    scene["room_dimensions"] = [4.0, 0.0, 2.5]


def _no_number(scene: dict[str, Any]) -> None:
    scene["scene_graph"][0]["position"]["x"] = "left"


BAD_SCENES = [
    pytest.param(_wrong_field, "size_in_meters", id="a wrong field"),
    pytest.param(_unknown_object, "box_22", id="a relation naming an unknown object"),
    pytest.param(_room_of_zero_size, "0", id="a room of zero size"),
    pytest.param(_no_number, "x", id="a position that is no number"),
]


def _check_one_line(result: Any, says: str) -> None:
    assert result.code == 2
    assert result.out.strip() == ""
    assert result.err.startswith("error: ")
    assert result.err.count("\n") == 1
    assert says in result.err


@pytest.mark.parametrize("subcommand", ["score", "render"])
@pytest.mark.parametrize(("spoil", "says"), BAD_SCENES)
def test_a_bad_scene_is_told_in_one_line(
    command: Any, save: Any, scene: Any, tmp_path: Path, spoil: Callable[[Any], None], says: str, subcommand: str
) -> None:
    bad = copy.deepcopy(scene)
    spoil(bad)
    path = save("room.json", bad)
    output = tmp_path / "out.png"
    option = "--json" if subcommand == "score" else "-o"
    _check_one_line(command(subcommand, path, option, output), says)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param("", "room.json", id="empty"),
        pytest.param("{", "room.json", id="broken off"),
        pytest.param("[]", "room.json", id="no scene"),
        pytest.param("3", "room.json", id="a number"),
        pytest.param("\x00\x01", "room.json", id="not text"),
    ],
)
def test_a_file_that_holds_no_scene(command: Any, save: Any, content: str, says: str) -> None:
    _check_one_line(command("score", save("room.json", content)), says)


def test_a_file_that_is_not_there(command: Any, tmp_path: Path) -> None:
    _check_one_line(command("score", tmp_path / "none.json"), "none.json")


def test_an_unknown_reward_names_the_nearest(command: Any, save: Any, scene: Any) -> None:
    _check_one_line(command("score", save("room.json", scene), "--reward", "fysics"), "did you mean 'physics'")


def test_an_output_that_cannot_be_written(command: Any, save: Any, scene: Any, tmp_path: Path) -> None:
    path = save("room.json", scene)
    for target in (path / "below.png", tmp_path):
        _check_one_line(command("render", path, "-o", target), str(target))
        _check_one_line(command("score", path, "--json", target), str(target))
    assert list(tmp_path.iterdir()) == [path]


def test_a_missing_extra_says_how_to_install_it(command: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def train() -> None:
        """Need what is not there."""
        require("no_such_package", "train", "the trainer")

    with pytest.raises(MissingExtraError):
        train()
    monkeypatch.setitem(app.COMMANDS, "train", app.Command(train, ()))
    _check_one_line(command("train"), "pip install 'spatialenv[train]'")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        pytest.param(("scoer",), "Did you mean 'score'", id="no such command"),
        pytest.param(("score",), "spatialenv score --help", id="an argument is missing"),
        pytest.param(("score", "a", "--rewrad", "b"), "--reward", id="no such option"),
        pytest.param(("render", "a", "-o", "b", "--size", "big"), "--size", id="not a number"),
    ],
)
def test_a_usage_mistake_is_told_in_one_line(command: Any, arguments: tuple[str, ...], says: str) -> None:
    _check_one_line(command(*arguments), says)


def test_a_defect_of_ours_keeps_its_traceback(command: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        """Fail in a way that no caller caused."""
        raise ZeroDivisionError

    monkeypatch.setitem(app.COMMANDS, "broken", app.Command(broken, ()))
    with pytest.raises(ZeroDivisionError):
        command("broken")


@pytest.mark.parametrize("name", app.COMMANDS)
def test_help_has_examples(command: Any, name: str) -> None:
    result = command(name, "--help")
    assert result.code == 0
    assert "Examples:" in result.out
    assert f"spatialenv {name}" in result.out


def texts_of(command: Any) -> Iterator[tuple[list[str], str]]:
    """Yield the words that lead to a command, and each text of its help."""
    for parameter in command.params:
        yield [], parameter.help or ""
    yield from (([], line) for line in (command.epilog or "").splitlines())
    for name, inner in getattr(command, "commands", {}).items():
        for words, text in texts_of(inner):
            yield [name, *words], text


def test_no_word_of_a_help_is_lost(command: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands in brackets would be taken for markup."""
    monkeypatch.setenv("COLUMNS", "400")
    monkeypatch.setattr("typer.rich_utils.MAX_WIDTH", 400)
    texts = list(texts_of(typer.main.get_command(app.make_app())))
    helps = {words: command(*words, "--help").out for words in {tuple(words) for words, _ in texts}}
    assert len(texts) > 150
    for words, text in texts:
        assert text.replace("\\[", "[").replace("`", "") in helps[tuple(words)].replace("`", "")


def test_no_arguments_print_the_help(command: Any) -> None:
    result = command()
    assert result.code == 0
    for name in app.COMMANDS:
        assert name in result.out


def test_version(command: Any) -> None:
    result = command("--version")
    assert (result.code, result.out) == (0, "spatialenv 0.1.0\n")


def test_as_a_process(save: Any) -> None:
    command = [sys.executable, "-m", "spatialenv", "score", "none.json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
