from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from spatialenv.errors import FileFormatError
from spatialenv.formats.atomic import write_atomically


@pytest.mark.parametrize("is_durable", [True, False])
def test_bytes_and_text_replace_the_file_of_before(tmp_path: Path, is_durable: bool) -> None:
    path = tmp_path / "file.bin"
    assert write_atomically(path, b"a longer content of before", is_durable=is_durable) == path
    assert write_atomically(path, "für\n", is_durable=is_durable).read_bytes() == b"f\xc3\xbcr\n"
    assert [item.name for item in tmp_path.iterdir()] == ["file.bin"]


def test_a_file_has_the_rights_of_any_new_file(tmp_path: Path) -> None:
    (tmp_path / "plain").touch()
    written = write_atomically(tmp_path / "written", "text")
    assert stat.S_IMODE(written.stat().st_mode) == stat.S_IMODE((tmp_path / "plain").stat().st_mode)


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_failure_keeps_the_file_of_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    path = write_atomically(tmp_path / "a.json", "old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, step, full)
    with pytest.raises(FileFormatError, match="cannot be written: No space left on device"):
        write_atomically(path, "new")
    assert path.read_text() == "old"
    assert [item.name for item in tmp_path.iterdir()] == ["a.json"]


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match="cannot be written"):
        write_atomically(tmp_path / "no" / "folder.json", "x")
