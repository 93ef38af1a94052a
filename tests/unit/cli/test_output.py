from __future__ import annotations

import os
from pathlib import Path

import pytest

from spatialenv.cli.output import check_writable, write
from spatialenv.errors import InputError


def test_a_file_is_written_whole_into_new_folders(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "file.bin"
    write(path, b"content")
    assert path.read_bytes() == b"content"
    assert [item.name for item in path.parent.iterdir()] == ["file.bin"]


def test_a_file_replaces_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "file.bin"
    path.write_bytes(b"a longer content of before")
    write(path, b"new")
    assert path.read_bytes() == b"new"


def test_a_failure_keeps_the_file_of_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file.bin"
    path.write_bytes(b"before")

    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(InputError, match="No space left on device"):
        write(path, b"new")
    assert path.read_bytes() == b"before"
    assert [item.name for item in tmp_path.iterdir()] == ["file.bin"]


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="it is a folder"):
        check_writable(tmp_path)


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="is not a folder"):
        check_writable(tmp_path / "file" / "a" / "b.png")


def test_a_folder_without_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By way of `os.access`, because the user root may write anywhere."""
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(InputError, match="no permission"):
        check_writable(tmp_path / "a.png")
