from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from spatialenv.assets import index as module
from spatialenv.assets.files import INDEX_NAME
from spatialenv.assets.index import AssetEntry, AssetIndex, mesh_files, read_index
from spatialenv.assets.inspect import index_folder, inspect_folder
from spatialenv.errors import AssetError, InputError

BOX = "".join(f"v {x} {y} {z}\n" for x in (0, 1) for y in (0, 2) for z in (0, 3))
BOX += "f 1 2 4 3\nf 5 7 8 6\nf 1 5 6 2\nf 3 4 8 7\nf 1 3 7 5\nf 2 6 8 4\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "office_chairs").mkdir()
    (tmp_path / "office_chairs" / "Red-Chair_02.obj").write_text(BOX)
    (tmp_path / "sofa_12.obj").write_text(BOX)
    (tmp_path / "broken.glb").write_bytes(b"no")
    (tmp_path / "readme.txt").write_text("no mesh")
    return tmp_path


def test_an_index_says_what_names_and_meshes_say(folder: Path) -> None:
    index, problems = index_folder(folder, {"licence": "CC0-1.0", "source": "us"})
    assert [entry.model_dump(exclude_defaults=True) for entry in index.assets] == [
        {
            "id": "sofa_12",
            "file": "sofa_12.obj",
            "category": "sofa",
            "words": "sofa 12",
            "size": (1.0, 2.0, 3.0),
            "licence": "CC0-1.0",
            "source": "us",
        },
        {
            "id": "office_chairs/Red-Chair_02",
            "file": "office_chairs/Red-Chair_02.obj",
            "category": "office_chairs",
            "words": "red chair 02",
            "size": (1.0, 2.0, 3.0),
            "licence": "CC0-1.0",
            "source": "us",
        },
    ]
    assert [name for name, _ in problems] == ["broken.glb"]
    assert AssetIndex.model_validate_json(index.to_json()) == index


def test_what_an_index_says_is_kept_and_what_is_gone_is_left_out(folder: Path) -> None:
    rows = [
        {"id": "my sofa", "file": "sofa_12.obj", "category": "couch", "front": "-x", "up": "+z", "licence": "ours"},
        {"id": "old", "file": "gone.obj"},
    ]
    (folder / INDEX_NAME).write_text(json.dumps({"version": 1, "assets": rows}))
    index, _ = index_folder(folder, {"licence": "CC0-1.0"})
    assert [entry.id for entry in index.assets] == ["my sofa", "office_chairs/Red-Chair_02"]
    sofa = index.by_id["my sofa"]
    assert (sofa.category, sofa.licence, sofa.front) == ("couch", "ours", "-x")
    assert sofa.size == (2.0, 1.0, 3.0)  # its front looks along -x: what was its length is its width


def test_files_that_differ_in_their_endings_alone_have_ids_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "a.obj").write_text(BOX)
    (tmp_path / "a.OBJ").write_text(BOX)
    index, _ = index_folder(tmp_path)
    assert len({entry.id for entry in index.assets}) == 2


def test_reports_name_what_can_be_used_and_what_cannot(folder: Path) -> None:
    (folder / INDEX_NAME).write_text(
        json.dumps({"version": 1, "assets": [{"id": "s", "file": "sofa_12.obj"}, {"id": "g", "file": "gone.obj"}]})
    )
    reports = {report.id: report for report in inspect_folder(folder)}
    assert list(reports) == ["s", "g", "broken.glb", "office_chairs/Red-Chair_02.obj"]
    assert (reports["s"].triangles, reports["s"].drawn, reports["s"].size) == (12, 12, (1.0, 2.0, 3.0))
    assert "No such file" in reports["g"].problem
    assert "cut off" in reports["broken.glb"].problem


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "the file"),
        ("[]", "the file"),
        ('{"version": 2}', "version"),
        ('{"version": 1, "assets": [{"id": "a"}]}', r"assets\.0\.file"),
        ('{"assets": [{"id": "a", "file": "a.glb", "colour": 1}]}', r"assets\.0\.colour"),
        ('{"assets": [{"id": "a", "file": "a.glb", "size": [1, 2]}]}', r"assets\.0\.size"),
        ('{"assets": [{"id": "a", "file": "a.glb", "size": [1, 2, -1]}]}', r"assets\.0\.size\.2"),
        ('{"assets": [{"id": "a", "file": "a.glb", "front": "y"}]}', r"assets\.0\.front"),
        ('{"assets": [{"id": "a", "file": "a.glb", "front": "+y"}]}', "at a right angle"),
        ('{"assets": [{"id": "a", "file": "a.glb"}, {"id": "a", "file": "b.glb"}]}', "comes twice"),
    ],
)
def test_an_index_that_is_wrong_is_refused(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / INDEX_NAME).write_text(content)
    with pytest.raises(AssetError, match=message):
        read_index(tmp_path)


def test_an_index_is_a_plain_file_in_its_folder(tmp_path: Path) -> None:
    assert read_index(tmp_path) is None
    os.mkfifo(tmp_path / INDEX_NAME)
    with pytest.raises(AssetError, match="pipe"):
        read_index(tmp_path)
    (tmp_path / INDEX_NAME).unlink()
    (tmp_path / INDEX_NAME).symlink_to("/etc/passwd")
    with pytest.raises(AssetError, match="leads out"):
        read_index(tmp_path)


def test_defaults_that_cannot_be_are_told(folder: Path) -> None:
    with pytest.raises(InputError, match=r"'sofa_12\.obj' cannot be in the index: .*right angle"):
        index_folder(folder, {"front": "+z"})


def test_a_folder_of_too_many_files_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_ENTRIES", 2)
    with pytest.raises(AssetError, match="more than 2 meshes"):
        list(mesh_files(folder))
    with pytest.raises(AssetError, match="is no folder"):
        list(mesh_files(folder / "readme.txt"))


def test_links_to_folders_are_not_followed(folder: Path) -> None:
    (folder / "again").symlink_to(folder)
    assert list(mesh_files(folder)) == ["broken.glb", "sofa_12.obj", "office_chairs/Red-Chair_02.obj"]


def test_an_entry_is_frozen() -> None:
    entry = AssetEntry(id="a", file="a.glb")
    with pytest.raises(ValidationError):
        entry.id = "b"  # type: ignore[misc]
