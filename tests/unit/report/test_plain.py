from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from spatialenv.errors import FileFormatError, InputError
from spatialenv.report.plain import flatten, read_object, to_plain, write_json


def test_to_plain_and_flatten() -> None:
    assert to_plain({"a": np.arange(2), 1: [float("inf")]}, "x") == {"a": [0, 1], "1": [None]}
    assert flatten({"a": {"b": 1, "c": {}}, "d": [1]}) == {"a.b": 1, "a.c": {}, "d": [1]}


def test_what_json_cannot_hold_is_named() -> None:
    with pytest.raises(InputError, match=r"`config\.a\[1\]` is a object"):
        to_plain({"a": [1, object()]}, "config")


def test_an_object_is_written_and_read(tmp_path: Path) -> None:
    path = write_json(tmp_path / "a.json", {"é": [1, None]})
    assert read_object(path) == {"é": [1, None]}
    for text, says in (("{", "is not JSON"), ("[]", "must be a JSON object")):
        path.write_text(text)
        with pytest.raises(FileFormatError, match=says):
            read_object(path)
