"""What the built wheel holds."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def names(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Paths in the wheel that is made from the sdist of a copy of the sources."""
    copy = tmp_path_factory.mktemp("checkout")
    for name in (
        "pyproject.toml",
        "MANIFEST.in",
        "README.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "LICENSE",
        "Makefile",
    ):
        shutil.copy(repository / name, copy)
    shutil.copy(repository / "constraints.txt", copy)
    shutil.copytree(repository / "src", copy / "src", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(copy / "dist"), str(copy)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = (copy / "dist").glob("*.whl")
    return zipfile.ZipFile(wheel).namelist()


def test_the_wheel_adds_one_name(names: list[str]) -> None:
    top = {name.split("/")[0] for name in names}
    assert {name for name in top if not name.endswith(".dist-info")} == {"spatialenv"}


def test_every_source_file_is_in_the_wheel(names: list[str], repository: Path) -> None:
    homes = {"spatialenv": "src/spatialenv", "spatialenv/rewards": "src/rewards"}
    homes |= {"spatialenv/renderers": "src/renderers", "spatialenv/trainers": "src/trainers"}
    expected = set()
    for package, folder in homes.items():
        for path in (repository / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                expected.add(f"{package}/{path.relative_to(repository / folder).as_posix()}")
    assert expected == {name for name in names if name.startswith("spatialenv/")}


def test_the_wheel_holds_licence_types_and_command(names: list[str]) -> None:
    assert "spatialenv/py.typed" in names
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)
    assert any(name.endswith(".dist-info/entry_points.txt") for name in names)
