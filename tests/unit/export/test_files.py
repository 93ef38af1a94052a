"""Folders beside files: replaced where they are ours, left alone where they are not."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from spatialenv.errors import InputError
from spatialenv.export.files import MARK, check_folder, folder_of, write_with_folder


def _names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def test_a_file_and_its_folder_are_written_and_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    written = write_with_folder(path, b"one", {"b.obj": b"b", "c.png": b"c"})
    assert written == [path, tmp_path / "a_xml/b.obj", tmp_path / "a_xml/c.png"]
    assert write_with_folder(path, b"two", {"d.obj": b"d"})[1].read_bytes() == b"d"
    assert path.read_bytes() == b"two"
    assert _names(tmp_path) == ["a.xml", "a_xml", "a_xml/d.obj", f"a_xml/{MARK}"]
    write_with_folder(path, b"three", {})
    assert _names(tmp_path) == ["a.xml"]


def test_files_of_one_stem_have_folders_of_their_own(tmp_path: Path) -> None:
    names = ("a.usda", "a.usdc", "a.b.xml", "a_b.xml", "a.b.usda")
    assert len({folder_of(tmp_path / name) for name in names}) == len(names)


@pytest.mark.parametrize("kind", ["foreign", "no json", "other file", "own file beside", "file", "link"])
def test_what_is_not_ours_is_left_alone(tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "a_xml"
    if kind == "file":
        folder.write_text("mine")
    else:
        folder.mkdir()
        (folder / "mine.txt").write_text("mine")
        marks = {"no json": "{", "other file": json.dumps({"file": "b.xml", "files": ["mine.txt"]})}
        if kind in marks:
            (folder / MARK).write_text(marks[kind])
        if kind == "own file beside":
            (folder / MARK).write_text(json.dumps({"file": "a.xml", "files": ["b.obj"]}))
        if kind == "link":
            (folder / MARK).write_text(json.dumps({"file": "a.xml", "files": ["mine.txt"]}))
            shutil.move(folder, tmp_path / "elsewhere")
            folder.symlink_to(tmp_path / "elsewhere")
    before = _names(tmp_path)
    with pytest.raises(InputError, match="move it away"):
        write_with_folder(tmp_path / "a.xml", b"new", {"b.obj": b"b"})
    assert _names(tmp_path) == before


def test_when_the_file_cannot_be_written_the_folder_stays_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    write_with_folder(path, b"one", {"b.obj": b"b"})
    path.unlink()
    path.mkdir()  # nothing can be renamed to a folder
    with pytest.raises(InputError, match="cannot be written"):
        write_with_folder(path, b"two", {"c.obj": b"c"})
    assert _names(tmp_path) == ["a.xml", "a_xml", "a_xml/b.obj", f"a_xml/{MARK}"]


def test_a_folder_that_another_process_has_just_written_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rename = Path.rename

    def hindered(self: Path, target: Path) -> Path:
        monkeypatch.undo()
        write_with_folder(tmp_path / "a.xml", b"theirs", {"b.obj": b"theirs"})
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", hindered)
    with pytest.raises(InputError, match="cannot be written"):
        write_with_folder(tmp_path / "a.xml", b"ours", {"b.obj": b"ours"})
    assert (tmp_path / "a_xml/b.obj").read_bytes() == b"theirs"
    assert _names(tmp_path) == ["a.xml", "a_xml", "a_xml/b.obj", f"a_xml/{MARK}"]


def test_nothing_is_checked_where_nothing_is(tmp_path: Path) -> None:
    assert check_folder(tmp_path / "a.xml") == tmp_path / "a_xml"
