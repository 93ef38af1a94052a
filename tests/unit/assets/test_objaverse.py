"""Objaverse without the network: its folder as its package leaves it, and a package of the same functions."""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from spatialenv.assets.objaverse import ObjaverseSource
from spatialenv.assets.registry import make_library
from spatialenv.core.scene import SceneObject
from spatialenv.errors import AssetError, BackendError, InputError, MissingExtraError

HERE, AWAY, LAMP = "8476c4170df24cf5bbe6967222d1a42d", "8ff7f1f2465347cd8b80c9b206c2781e", "c" * 32
PATHS = {HERE: f"glbs/000-001/{HERE}.glb", AWAY: f"glbs/000-002/{AWAY}.glb", LAMP: f"glbs/000-003/{LAMP}.glb"}
LVIS = {"chair": [AWAY, HERE], "lamp": [LAMP], "sofa_(furniture)": [AWAY]}


def tetrahedron() -> bytes:
    trimesh = pytest.importorskip("trimesh")
    content: bytes = trimesh.creation.cone(1, 2).export(file_type="glb")
    return content


def pack(folder: Path, name: str, table: object) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(gzip.compress(json.dumps(table).encode()))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home whose Objaverse folder holds one object."""
    monkeypatch.setenv("HOME", str(tmp_path))
    folder = tmp_path / ".objaverse" / "hf-objaverse-v1"
    pack(folder, "object-paths.json.gz", PATHS)
    (folder / "glbs/000-001").mkdir(parents=True)
    (folder / PATHS[HERE]).write_bytes(tetrahedron())
    return folder


class Package(ModuleType):
    """The package's functions, with its signatures (version 0.1.7), on a net that holds two more objects."""

    def __init__(self, folder: Path) -> None:
        super().__init__("objaverse")
        self.folder = folder
        self.fetched: list[str] = []

    def load_objects(self, uids: list[str], download_processes: int = 1) -> dict[str, str]:
        assert download_processes == 1
        found = {}
        for uid in uids:
            if uid in PATHS:
                path = self.folder / PATHS[uid]
                if not path.exists():
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(tetrahedron())
                    self.fetched.append(uid)
                    sys.stdout.write("Downloaded 1 / 1 objects\n")
                found[uid] = str(path)
        return found

    def load_lvis_annotations(self) -> dict[str, list[str]]:
        self.fetched.append("lvis")
        return LVIS


@pytest.fixture
def package(home: Path, monkeypatch: pytest.MonkeyPatch) -> Package:
    made = Package(home)
    monkeypatch.setitem(sys.modules, "objaverse", made)
    return made


def thing(asset: str | None = None, category: str = "chair") -> SceneObject:
    return SceneObject("it_1", category, (1, 1, 1), asset=asset)


@pytest.mark.parametrize("asset", [HERE, f"{HERE}.glb", f"{HERE}-0", f"{HERE}-12"])
def test_an_object_that_is_here_is_found_without_the_package(home: Path, asset: str) -> None:
    file = ObjaverseSource().find(thing(asset))
    assert file is not None
    assert (file.folder, file.name, file.id) == (home, PATHS[HERE], HERE)
    library = make_library("objaverse")
    mesh = library.mesh(thing(asset))
    assert mesh is not None
    assert mesh.bounds[1].tolist() == [0.5, 0.5, 0.5]


def test_an_object_is_found_without_the_table_too(home: Path) -> None:
    (home / "object-paths.json.gz").unlink()
    file = ObjaverseSource().find(thing(HERE))
    assert file is not None
    assert file.name == PATHS[HERE]


def test_nothing_is_fetched_unless_that_is_asked_for(package: Package) -> None:
    with pytest.raises(AssetError, match="download=True lets it be fetched"):
        ObjaverseSource().find(thing(AWAY))
    assert package.fetched == []


def test_what_is_asked_for_is_fetched_once(package: Package, capsys: pytest.CaptureFixture[str]) -> None:
    library = make_library({"name": "objaverse", "download": True})
    for _ in range(3):
        assert library.mesh(thing(AWAY)) is not None
    assert package.fetched == [AWAY]
    assert capsys.readouterr().out == ""


def test_what_objaverse_does_not_hold_is_refused(package: Package) -> None:
    for asset, message in (("f" * 32, "is not in"), ("chair", "no uid of Objaverse"), ("../" + HERE, "no uid")):
        with pytest.raises(AssetError, match=message):
            ObjaverseSource(download=True).find(thing(asset))


def test_a_network_that_fails_is_no_fault_of_the_asset(package: Package, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any, **options: Any) -> None:
        raise OSError("no route")

    monkeypatch.setattr(package, "load_objects", fail)
    monkeypatch.setattr(package, "load_lvis_annotations", fail)
    with pytest.raises(BackendError, match=r"could not be reached .*no route"):
        ObjaverseSource(download=True).find(thing(AWAY))
    with pytest.raises(BackendError, match="categories could not be fetched"):
        ObjaverseSource(download=True, retrieve=True).find(thing())


def test_a_path_outside_the_folder_is_not_taken(package: Package, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package, "load_objects", lambda uids, download_processes=1: {uids[0]: "/etc/passwd"})
    with pytest.raises(AssetError, match="outside"):
        ObjaverseSource(download=True).find(thing(AWAY))


def test_categories_find_what_is_here_first(home: Path) -> None:
    pack(home, "lvis-annotations.json.gz", LVIS)
    source = ObjaverseSource(retrieve=True)
    file = source.find(thing(category="chairs"))
    assert file is not None
    assert file.id == HERE
    assert source.find(thing(category="couch")) is None  # a sofa is known, but none is here
    assert source.find(thing(category="piano")) is None
    assert ObjaverseSource().find(thing(category="chair")) is None


def test_categories_are_fetched_with_objects(package: Package) -> None:
    source = ObjaverseSource(download=True, retrieve=True)
    found = [source.find(thing(category=category)) for category in ("chair", "couch", "couch", "piano")]
    assert [file.id if file else None for file in found] == [HERE, AWAY, AWAY, None]
    assert package.fetched == ["lvis", AWAY]


@pytest.mark.parametrize("content", [b"", b"nonsense", gzip.compress(b"[1]"), gzip.compress(b"{")])
def test_a_broken_table_is_told(home: Path, content: bytes) -> None:
    (home / "object-paths.json.gz").write_bytes(content)
    with pytest.raises(AssetError, match=r"object-paths\.json\.gz' (cannot be read|is no table)"):
        ObjaverseSource().find(thing(HERE))


def test_a_table_that_leads_out_is_not_followed(home: Path) -> None:
    pack(home, "object-paths.json.gz", {HERE: "../../../etc/passwd"})
    with pytest.raises(AssetError, match="leads out of its folder"):
        ObjaverseSource().find(thing(HERE))


def test_options(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="`folder` goes without `download`"):
        ObjaverseSource(download=True, folder=tmp_path)
    monkeypatch.setitem(sys.modules, "objaverse", None)
    with pytest.raises(MissingExtraError, match=r"spatialenv\[objaverse\]"):
        ObjaverseSource(download=True)
    with pytest.raises(AssetError, match="is not in"):
        ObjaverseSource(folder=tmp_path).find(thing(HERE))
