from pathlib import Path

import pytest

from spatialenv.errors import FileFormatError
from spatialenv.formats.json_file import parse_json, read_json


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"a": }', "expecting value at line 1 column 7"),
        (b'{"a": 1}\n}', "extra data at line 2 column 1"),
        (b"", "expecting value at line 1 column 1"),
        (b'{"a": NaN}', "NaN is not JSON; write null or a finite number"),
        (b"\xff\xfe\x00", "is not UTF-8 text"),
        (b"[" * 100_000, "is not JSON that can be read"),
        (b"1" * 5000, "is not JSON that can be read"),
    ],
)
def test_what_is_not_json_is_said_in_one_line(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "bad.json"
    path.write_bytes(content)
    with pytest.raises(FileFormatError, match=message) as caught:
        read_json(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    for path in (tmp_path / "missing.json", tmp_path):
        with pytest.raises(FileFormatError, match=r"cannot be read: .*; give an existing file"):
            read_json(path)


def test_a_byte_order_mark_is_allowed(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b"\xef\xbb\xbf[1]")
    assert read_json(tmp_path / "a.json") == [1]
    assert parse_json("1e400", "text") == float("inf")  # the models refuse it with the field's name
