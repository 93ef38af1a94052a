"""That pyproject.toml lists what is on disk, and that the wheel would hold it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="module")
def project(repository: Path) -> dict[str, Any]:
    return tomllib.loads((repository / "pyproject.toml").read_text())


def _folders(repository: Path, mapping: dict[str, str]) -> set[str]:
    found = set()
    for package, folder in mapping.items():
        root = repository / folder
        for init in root.rglob("__init__.py"):
            found.add(".".join((package, *init.parent.relative_to(root).parts)))
    return found


def test_the_package_list_equals_the_folders(repository: Path, project: dict[str, Any]) -> None:
    setuptools = project["tool"]["setuptools"]
    assert set(setuptools["packages"]) == _folders(repository, setuptools["package-dir"])


def test_every_module_is_in_a_package(repository: Path, project: dict[str, Any]) -> None:
    for folder in project["tool"]["setuptools"]["package-dir"].values():
        for module in (repository / folder).rglob("*.py"):
            assert (module.parent / "__init__.py").is_file(), f"{module} is in a folder without __init__.py"


def test_every_data_file_is_packaged(repository: Path, project: dict[str, Any]) -> None:
    setuptools = project["tool"]["setuptools"]
    patterns = setuptools["package-data"]["*"]
    packages = {folder: repository / folder for folder in setuptools["package-dir"].values()}
    for root in packages.values():
        homes = [init.parent for init in root.rglob("__init__.py")]
        packaged = {path for home in homes for pattern in patterns for path in home.glob(pattern)}
        others = {
            path for path in root.rglob("*") if path.is_file() and path.suffix not in {".py", ".pyc", ".nbi", ".nbc"}
        }
        assert others <= packaged, f"not in the wheel: {sorted(others - packaged)}"


def test_the_core_needs_only_what_it_imports(repository: Path, project: dict[str, Any]) -> None:
    source = "\n".join(path.read_text(encoding="utf-8") for path in (repository / "src").rglob("*.py"))
    modules = {"pillow": "PIL", "pyyaml": "yaml"}
    for item in project["project"]["dependencies"]:
        name = re.split(r"[^A-Za-z0-9._-]", item)[0]
        module = modules.get(name, name)
        assert re.search(rf"^\s*(import|from) {module}\b", source, re.MULTILINE), f"nothing in src imports {module}"


def test_all_is_made_of_the_other_extras(project: dict[str, Any]) -> None:
    extras = project["project"]["optional-dependencies"]
    (everything,) = extras["all"]
    named = re.fullmatch(r"spatialenv\[(.*)\]", everything)
    assert named is not None
    apart = {"trackio", "vllm", "wandb"}  # an older Pillow, a GPU, weight
    assert sorted(named[1].split(",")) == sorted(set(extras) - {"all"} - apart)


def test_what_is_installed_by_make_is_pinned(repository: Path, project: dict[str, Any]) -> None:
    lines = (repository / "constraints.txt").read_text().splitlines()
    pinned = {re.split("==", line)[0].lower().replace("_", "-") for line in lines if not line.startswith("#")}
    extras = project["project"]["optional-dependencies"]
    wanted = [*project["project"]["dependencies"], *extras["train"], *extras["physics"], *extras["dev"]]
    names = {re.split(r"[^A-Za-z0-9._-]", item)[0].lower().replace("_", "-") for item in wanted}
    assert names <= pinned
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][A-Za-z0-9.]*", line) for line in lines if line[0] != "#")


def test_the_repository_names_no_package_index(repository: Path) -> None:
    for name in ("pyproject.toml", "constraints.txt", "Makefile", ".ci/run", ".pre-commit-config.yaml"):
        assert "://" not in (repository / name).read_text(), f"{name} names a host"
