"""The environment is whole or it does not count; what is somebody else's is left alone.

pip runs for real, on wheels that are made here and hold next to nothing.
"""

from __future__ import annotations

import fcntl
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections import namedtuple
from pathlib import Path

import pytest

from spatialenv.cli.app import run
from spatialenv.errors import BackendError, InputError, MissingExtraError
from spatialenv.renderers.blender import install as module
from spatialenv.renderers.blender.command import MARK, find_blender
from spatialenv.renderers.blender.install import (
    PARTIAL,
    VERSION,
    find_python,
    install_blender,
    installed,
    uninstall_blender,
)

pytestmark = pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="bpy needs Python 3.11 (pyenv install 3.11)")


def write_wheel(folder: Path, name: str, version: str, requires: str = "") -> None:
    about = f"{name}-{version}.dist-info"
    needs = f"Requires-Dist: {requires}\n" if requires else ""
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{name}/__init__.py", f"VERSION = {version!r}\n")
        wheel.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}")
        wheel.writestr(
            f"{about}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{about}/RECORD", "")


@pytest.fixture(autouse=True)
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of wheels in place of the network."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    for version in ("5.0.1", "4.5.0"):
        write_wheel(folder, "bpy", version, "numpy<2")
    write_wheel(folder, "numpy", "1.26.4")
    write_wheel(folder, "numpy", "2.1.0")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.delenv("SPATIALENV_BLENDER", raising=False)
    return folder


def tell(python: Path, module_name: str) -> str:
    code = f"import {module_name}; print({module_name}.VERSION)"
    return subprocess.run([str(python), "-I", "-c", code], capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.slow
def test_it_is_made_found_replaced_and_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[str] = []
    made = install_blender(report=lines.append)
    assert made.is_new
    assert made.folder == tmp_path / "data" / "spatialenv" / "blender"
    assert tell(made.python, "bpy") == "5.0.1"
    assert tell(made.python, "numpy") == "1.26.4"
    assert any(line.startswith("installing bpy 5.0.1") for line in lines)
    assert any(line.startswith("Successfully installed") for line in lines)
    assert find_blender().path == made.python
    assert find_blender().source == "installed"

    with monkeypatch.context() as patched:
        patched.setattr(module, "_run", lambda *_: pytest.fail("nothing is to be done"))
        again = install_blender()
    assert again == module.Installed(made.folder, made.python, "5.0.1", is_new=False)

    other = install_blender(version="4.5.0")
    assert other.is_new
    assert tell(other.python, "bpy") == "4.5.0"
    assert installed() is not None

    assert uninstall_blender()
    assert not made.folder.exists()
    assert not uninstall_blender()
    monkeypatch.setenv("PATH", "")
    with pytest.raises(MissingExtraError):
        find_blender()


@pytest.mark.slow
def test_one_that_was_killed_does_not_count_and_is_made_anew(tmp_path: Path) -> None:
    folder = tmp_path / "env"
    code = f"""
import time
from pathlib import Path
from spatialenv.renderers.blender.install import install_blender
def report(line):
    print(line, flush=True)
    if line.startswith("installing bpy"):
        time.sleep(60)
install_blender(Path({str(folder)!r}), report=report)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("installing bpy"):
                with pytest.raises(BackendError, match="another `spatialenv blender` is at work"):
                    install_blender(folder)
                process.send_signal(signal.SIGKILL)
    assert (folder / "bin" / "python").exists()
    assert installed(folder) is None
    (folder / "rubbish").touch()
    assert install_blender(folder).is_new
    assert not (folder / "rubbish").exists()
    assert not (folder / PARTIAL).exists()


@pytest.mark.slow
def test_when_pip_fails_its_reason_is_told_and_nothing_counts(tmp_path: Path, wheels: Path) -> None:
    for wheel in wheels.glob("numpy-1*"):
        wheel.unlink()
    with pytest.raises(
        BackendError, match=r"bpy 5\.0\.1 could not be installed \(ERROR: Could not find a version that"
    ):
        install_blender(tmp_path / "env")
    assert installed(tmp_path / "env") is None


def test_a_full_disk_is_told_before_anything_is_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(9e9, 8.6e9, 0.4e9))
    with pytest.raises(BackendError, match=r"0\.4 GB are free where .*env' is, and bpy needs 1\.5: make room, or name"):
        install_blender(tmp_path / "env")
    assert not (tmp_path / "env").exists()


def test_a_disk_that_fills_meanwhile_is_told() -> None:
    script = "print('ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device'); exit(1)"
    with pytest.raises(BackendError, match="bpy could not be installed: no space is left: make room"):
        module._run([sys.executable, "-c", script], "bpy could not be installed", lambda _: None)


def test_a_folder_of_somebody_elses_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "thesis.tex").write_text("years of work")
    for act in (install_blender, uninstall_blender):
        with pytest.raises(InputError, match=r"home' holds other things; name another folder with `--path`"):
            act(tmp_path / "home")
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="is a file"):
        install_blender(tmp_path / "file")
    assert (tmp_path / "home" / "thesis.tex").read_text() == "years of work"
    assert [path.name for path in (tmp_path / "home").iterdir()] == ["thesis.tex"]


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=r"cannot write .*file': .*; name another folder"):
        install_blender(tmp_path / "file" / "env")


def test_one_at_a_time(tmp_path: Path) -> None:
    with open(tmp_path / ".env.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(BackendError, match=r"another `spatialenv blender` is at work in .*: wait"):
            install_blender(tmp_path / "env")


@pytest.mark.parametrize(
    ("version", "words"),
    [
        ("5", "give three numbers, such as 5.0.1"),
        ("5.0", "give three numbers"),
        ("latest", "give three numbers"),
        ("5.0.1; rm -rf /", "give three numbers"),
        ("5.1.0", "which Python bpy 5.1.0 needs is not known here: name one with `--python`"),
        ("3.6.0", "not known here"),
    ],
)
def test_versions_that_are_none(tmp_path: Path, version: str, words: str) -> None:
    with pytest.raises(InputError) as raised:
        install_blender(tmp_path / "env", version=version)
    assert words in str(raised.value)


def fake_python(path: Path, version: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho {version}\n")
    path.chmod(0o755)
    return path


def test_a_python_is_looked_for_where_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(fake_python(tmp_path / "venv" / "python", "3 12")))
    monkeypatch.setenv("PATH", f"{tmp_path / 'path'}:/bin")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    monkeypatch.setenv("UV_PYTHON_INSTALL_DIR", str(tmp_path / "uv"))
    monkeypatch.setattr(
        shutil, "which", lambda name: str(path) if (path := tmp_path / "path" / name).exists() else None
    )
    with pytest.raises(MissingExtraError) as raised:
        find_python((3, 11))
    for words in (
        "bpy needs Python 3.11 and none was found",
        "uv python install 3.11",
        "python3.11-venv",
        "executable",
    ):
        assert words in str(raised.value)
    by_uv = fake_python(tmp_path / "uv" / "cpython-3.11.9-linux-x86_64-gnu" / "bin" / "python3.11", "3 11")
    assert find_python((3, 11)) == str(by_uv)
    by_pyenv = fake_python(tmp_path / "pyenv" / "versions" / "3.11.7" / "bin" / "python", "3 11")
    assert find_python((3, 11)) == str(by_pyenv)
    on_path = fake_python(tmp_path / "path" / "python3.11", "no such version; exit 127")
    assert find_python((3, 11)) == str(by_pyenv)  # as a shim of pyenv that leads nowhere
    fake_python(on_path, "3 11")
    assert find_python((3, 11)) == str(on_path)
    monkeypatch.setattr(sys, "executable", str(fake_python(tmp_path / "venv" / "python", "3 11")))
    assert find_python((3, 11)) == sys.executable


def test_a_python_that_is_given_must_fit(tmp_path: Path) -> None:
    assert find_python((3, 11), sys.executable) == sys.executable
    other = fake_python(tmp_path / "python3.12", "3 12")
    with pytest.raises(InputError, match=r"python3\.12', Python 3\.12; bpy needs Python 3\.11"):
        find_python((3, 11), str(other))
    assert find_python(None, str(other)) == str(other)
    for given in ("/nowhere/python", "/bin/true"):
        with pytest.raises(InputError, match=r"give a Python interpreter that has the modules venv and ensurepip"):
            find_python((3, 11), given)


def test_the_command_tells_mistakes_in_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["blender", "install", "--version", "5", "--path", str(tmp_path / "env")]) == 2
    assert capsys.readouterr().err.startswith("error: `--version` is '5'; give three numbers")
    assert run(["blender", "uninstall", "--path", str(tmp_path / "env")]) == 0
    assert "is not there: nothing to remove" in capsys.readouterr().out


def test_the_mark_of_another_form_does_not_count(tmp_path: Path) -> None:
    python = fake_python(tmp_path / "env" / "bin" / "python", "3 11")
    for text in ("", "[]", "{}", "null"):
        (tmp_path / "env" / MARK).write_text(text)
        assert installed(tmp_path / "env") is None
    (tmp_path / "env" / MARK).write_text('{"bpy": "5.0.1"}')
    assert installed(tmp_path / "env") == module.Installed(tmp_path / "env", python, VERSION, is_new=False)
    (tmp_path / "env" / PARTIAL).touch()
    assert installed(tmp_path / "env") is None


def test_what_a_program_prints_is_told_at_once() -> None:
    times: list[float] = []
    code = "import time; print('one', flush=True); time.sleep(0.5); print('two')"
    module._run([sys.executable, "-c", code], "", lambda _: times.append(time.monotonic()))
    assert times[1] - times[0] > 0.3
