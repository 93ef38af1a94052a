"""Which Blender draws."""

from __future__ import annotations

import subprocess
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from spatialenv.errors import InputError, MissingExtraError
from spatialenv.renderers.blender import command as module
from spatialenv.renderers.blender.command import MARK, VARIABLE, BlenderCommand, environment_folder, find_blender


def program(path: Path, text: str = "#!/bin/sh\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine without any Blender."""
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    monkeypatch.setattr(module, "find_spec", lambda name: None)


def test_each_place_goes_before_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(MissingExtraError, match=r"^Blender is not installed: spatialenv blender install "):
        find_blender()
    on_path = program(tmp_path / "path" / "blender")
    assert find_blender() == BlenderCommand("blender", on_path, "PATH")
    monkeypatch.setattr(module, "find_spec", lambda name: ModuleSpec(name, None) if name == "bpy" else None)
    assert find_blender() == BlenderCommand("python", Path(sys.executable), "this interpreter")
    installed = program(tmp_path / "data" / "spatialenv" / "blender" / "bin" / "python")
    assert find_blender().source == "this interpreter"  # one that was left unfinished does not count
    (installed.parents[1] / MARK).touch()
    assert find_blender() == BlenderCommand("python", installed, "installed")
    named = program(tmp_path / "named" / "blender")
    monkeypatch.setenv(VARIABLE, str(named))
    assert find_blender() == BlenderCommand("blender", named, VARIABLE)
    given = program(tmp_path / "given" / "python3.11")
    assert find_blender(given) == BlenderCommand("python", given, "given")


def test_an_environment_a_folder_of_blender_or_a_name_may_be_given(tmp_path: Path) -> None:
    python = program(tmp_path / "venv" / "bin" / "python")
    assert find_blender(tmp_path / "venv") == BlenderCommand("python", python)
    blender = program(tmp_path / "blender-5.0" / "blender")
    assert find_blender(str(tmp_path / "blender-5.0")) == BlenderCommand("blender", blender)
    on_path = program(tmp_path / "path" / "python3.11")
    assert find_blender("python3.11") == BlenderCommand("python", on_path)
    on_path = program(tmp_path / "path" / "blender-lts")
    assert find_blender("blender-lts") == BlenderCommand("blender", on_path)


def test_an_interpreter_is_not_followed_out_of_its_environment(tmp_path: Path) -> None:
    link = tmp_path / "venv" / "bin" / "python"
    link.parent.mkdir(parents=True)
    link.symlink_to(sys.executable)
    assert find_blender(link).path == link


@pytest.mark.parametrize("by_variable", [False, True])
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nowhere", "which is not there"),
        ("empty", "a folder without bin/python and without blender"),
        ("text.txt", "which cannot be executed"),
    ],
)
def test_what_is_no_blender_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, words: str, by_variable: bool
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.txt").touch()
    given = str(tmp_path / name)
    if by_variable:
        monkeypatch.setenv(VARIABLE, given)
    with pytest.raises(InputError) as raised:
        find_blender(None if by_variable else given)
    message = str(raised.value)
    assert repr(given) in message
    assert words in message
    assert message.startswith("the environment variable SPATIALENV_BLENDER" if by_variable else "`blender`")
    assert message.endswith("give a Python interpreter that has bpy, its virtual environment, or a Blender executable")


@pytest.mark.parametrize(
    ("variables", "folder"),
    [
        ({"XDG_DATA_HOME": "/data"}, "/data/spatialenv/blender"),
        ({"XDG_DATA_HOME": "not/absolute"}, "~/.local/share/spatialenv/blender"),
        ({"XDG_DATA_HOME": ""}, "~/.local/share/spatialenv/blender"),
        ({}, "~/.local/share/spatialenv/blender"),
    ],
)
def test_where_the_environment_is(variables: dict[str, str], folder: str) -> None:
    assert environment_folder(variables) == Path(folder).expanduser()


def test_a_script_of_an_interpreter_runs_with_its_arguments(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("import sys; print(sys.argv[1:])")
    command = BlenderCommand("python", Path(sys.executable)).script(script, "one")
    assert subprocess.run([*command, "7"], capture_output=True, text=True, check=True).stdout == "['one', '7']\n"


def test_a_script_of_an_executable_gets_its_arguments_behind_two_dashes() -> None:
    command = BlenderCommand("blender", Path("/opt/blender")).script(Path("/a.py"), "one")
    assert command[0] == "/opt/blender"
    assert command[-4:] == ["--python", "/a.py", "--", "one"]
    assert "--background" in command
    assert "--factory-startup" in command


def test_a_user_without_a_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def nowhere() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.setattr(Path, "home", nowhere)
    with pytest.raises(InputError, match="set XDG_DATA_HOME or HOME"):
        environment_folder()
    with pytest.raises(MissingExtraError, match="spatialenv blender install"):
        find_blender()
    on_path = program(tmp_path / "path" / "blender")
    assert find_blender().path == on_path
