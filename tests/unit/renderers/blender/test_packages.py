"""What a system lacks is named as its packages are."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from spatialenv.renderers.blender import packages as module
from spatialenv.renderers.blender.command import BlenderCommand
from spatialenv.renderers.blender.packages import LIBRARIES, NEEDED, explain_start, install_line, missing_libraries
from spatialenv.renderers.missing import split_install

DEBIAN = {"ID": "debian", "VERSION_ID": "12"}
LINE = "apt-get install -y libgl1 libsm6 libxfixes3 libxi6 libxkbcommon0 libxrender1"


@pytest.mark.parametrize(
    ("system", "libraries", "line"),
    [
        (DEBIAN, NEEDED, LINE),
        ({"ID": "ubuntu", "VERSION_ID": "24.04", "ID_LIKE": "debian"}, NEEDED, LINE),
        ({"ID": "linuxmint", "ID_LIKE": "ubuntu debian"}, NEEDED, LINE),
        ({}, NEEDED, LINE),
        (DEBIAN, ["libXt.so.6"], "apt-get install -y libxt6"),
        ({"ID": "debian", "VERSION_ID": "13"}, ["libXt.so.6"], "apt-get install -y libxt6t64"),
        ({"ID": "ubuntu", "VERSION_ID": "24.04"}, ["libXt.so.6"], "apt-get install -y libxt6t64"),
        ({"ID": "ubuntu", "VERSION_ID": "22.04"}, ["libXt.so.6"], "apt-get install -y libxt6"),
        ({"ID": "debian", "VERSION_ID": "trixie/sid"}, ["libXt.so.6"], "apt-get install -y libxt6"),
        (DEBIAN, ["libX11.so.6"], "apt-get install -y libx11-6"),
        ({"ID": "fedora"}, ["libGL.so.1", "libXi.so.6"], "dnf install -y libXi libglvnd-glx"),
        ({"ID": "rocky", "ID_LIKE": "rhel centos fedora"}, ["libSM.so.6", "libICE.so.6"], "dnf install -y libSM"),
    ],
)
def test_the_line_that_installs(system: Mapping[str, str], libraries: list[str], line: str) -> None:
    assert install_line(libraries, system) == line


@pytest.fixture
def debian(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    release = tmp_path / "os-release"
    release.write_text('PRETTY_NAME="Debian GNU/Linux 12"\nID=debian\nVERSION_ID="12"\n# a comment\n')
    monkeypatch.setattr(module, "_OS_RELEASE", release)


@pytest.mark.usefixtures("debian")
def test_all_that_is_missing_is_named_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The import tells of one library; `ldd` of all."""
    tool = tmp_path / "ldd"
    tool.write_text(
        "#!/bin/sh\nprintf '\\tlibXi.so.6 => not found\\n\\tlibSM.so.6 => not found\\n\\tlibc.so.6 => /x\\n'\n"
    )
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    command = BlenderCommand("blender", Path("/opt/blender"))
    error = explain_start(command, "ImportError: libX11.so.6: cannot open shared object file: No such file")
    assert str(error) == (
        "Blender cannot start: libSM.so.6, libX11.so.6, libXi.so.6 are missing on this system: "
        "apt-get install -y libsm6 libxi6"
    )
    assert split_install(str(error))[1] == "apt-get install -y libsm6 libxi6"


@pytest.mark.usefixtures("debian")
def test_without_ldd_the_one_that_is_told_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    said = "/opt/blender: error while loading shared libraries: libXxf86vm.so.1: cannot open shared object file: No"
    assert str(explain_start(BlenderCommand("blender", Path("/opt/blender")), said)) == (
        "Blender cannot start: libXxf86vm.so.1 is missing on this system: apt-get install -y libxxf86vm1"
    )


@pytest.mark.usefixtures("debian")
def test_a_library_of_no_known_package_is_named_by_itself() -> None:
    said = "ImportError: libstrange.so.3: cannot open shared object file"
    error = str(explain_start(BlenderCommand("blender", Path("/opt/blender")), said))
    assert error.startswith("Blender cannot start: libstrange.so.3 is missing on this system")
    assert "apt-get" not in error


def test_an_interpreter_without_bpy_is_told() -> None:
    command = BlenderCommand("python", Path(sys.executable))
    done = subprocess.run(
        [sys.executable, "-I", "-c", "raise ModuleNotFoundError(\"No module named 'bpy'\")"],
        capture_output=True,
        text=True,
        check=False,
    )
    error = str(explain_start(command, done.stderr))
    assert error.startswith(f"the Python interpreter {sys.executable!r} has no bpy: spatialenv blender install")


def test_an_old_system_is_told() -> None:
    said = "ImportError: /lib/libm.so.6: version `GLIBC_2.28' not found (required by bpy/__init__.so)"
    assert "needs a later C library" in str(explain_start(BlenderCommand("python", Path(sys.executable)), said))


def test_a_blender_that_is_too_old_is_told() -> None:
    said = "ImportError: Blender 3.4.1 is older than 4.2\nBlender quit"
    error = str(explain_start(BlenderCommand("blender", Path("/usr/bin/blender")), said))
    assert error == (
        "Blender 3.4.1 is older than 4.2, and too old to draw ('/usr/bin/blender'): spatialenv blender install"
    )
    assert split_install(error)[1] == "spatialenv blender install"


def test_a_python_without_numpy_is_told() -> None:
    said = "ModuleNotFoundError: No module named 'numpy'\nError: script failed"
    program = str(explain_start(BlenderCommand("blender", Path("/usr/bin/blender")), said))
    assert program.endswith("has no numpy: apt-get install -y python3-numpy")
    python = str(explain_start(BlenderCommand("python", Path("/opt/bin/python")), said))
    assert python.endswith("has no numpy: spatialenv blender install")


@pytest.mark.parametrize("said", ["", "Segmentation fault", "ValueError: no scene"])
def test_what_is_not_known_is_not_explained(said: str) -> None:
    assert explain_start(BlenderCommand("python", Path(sys.executable)), said) is None


@pytest.mark.skipif(shutil.which("ldd") is None, reason="needs ldd (apt-get install libc-bin)")
def test_a_program_of_this_system_lacks_nothing() -> None:
    assert missing_libraries(Path(sys.executable)) == []
    assert missing_libraries(Path("/nowhere")) == []


def test_what_bpy_needs_is_in_the_table() -> None:
    assert set(NEEDED) <= set(LIBRARIES)
