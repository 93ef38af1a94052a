from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest


def test_tables_and_file(command: Any, tmp_path: Path) -> None:
    output = tmp_path / "trust.json"
    result = command("trust", "physics", "--rooms", "4", "--suite", "medium", "--suite", "hard", "--json", output)
    assert result.code == 0
    for words in ("prompt copied", "stacked", "strongly off", "one outside"):
        assert words in result.out
    found = json.loads(output.read_text())
    assert set(found["tricks"]["tricks"]["nothing"]["suites"]) == {"medium", "hard"}
    assert found["tricks"]["tricks"]["nothing"]["mean"] == 0
    assert list(found["damage"]["mean"]) == ["witness", "slightly off", "strongly off", "random"]
    assert found["near_misses"]["one outside"]["costs"] == 1.0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["physic5"], "did you mean 'physics'"),
        (["physics", "--suite", "hrd"], "did you mean 'hard'"),
        (["physics", "--rooms", "0"], "rooms"),
    ],
)
def test_mistakes_are_told_in_one_line(command: Any, arguments: list[str], says: str) -> None:
    result = command("trust", *arguments)
    assert result.code == 2
    assert says in result.err
    assert len(result.err.strip().splitlines()) == 1
