"""`spatialenv suite`: the list, the datasheets and the reference results."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from spatialenv.tasks import SUITES


def test_the_list_names_every_suite_with_its_figures(command: Any) -> None:
    result = command("suite")
    assert result.code == 0
    for name in SUITES:
        assert name in result.out
    assert "512/128/256" in result.out


def test_a_datasheet_is_printed_or_written(command: Any, tmp_path: Path) -> None:
    shown = command("suite", "show", "polygons")
    assert shown.code == 0
    assert "# Suite `polygons`" in shown.out
    assert SUITES["polygons"].splits["test"].sha256 in shown.out
    assert command("suite", "show", "polygons", "--md", tmp_path / "new" / "p.md").code == 0
    assert (tmp_path / "new" / "p.md").read_text().startswith("# Suite `polygons`")


def test_baselines_are_played_written_and_gone_on_with(command: Any, tmp_path: Path) -> None:
    arguments = ("suite", "baselines", "easy", "--split", "test", "--n", 4, "-o", tmp_path / "work")
    table, tables = tmp_path / "b.json", tmp_path / "b.md"
    result = command(*arguments, "--json", table, "--md", tables)
    assert result.code == 0
    assert "test, 4" in result.out
    found = json.loads(table.read_text())
    assert found["easy"]["test"]["witness"]["clean_rate"] == 1
    assert set(found["easy"]["test"]) == {"random", "solver", "witness"}
    assert "| test | solver | 4 | 100.0" in tables.read_text()
    again = tmp_path / "again.json"
    assert command(*arguments, "--json", again).code == 0
    assert again.read_bytes() == table.read_bytes()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        pytest.param(("shw",), "Did you mean 'show'", id="no such command"),
        pytest.param(("show", "esy"), "did you mean 'easy'", id="no such suite"),
        pytest.param(("show", "easy", "--md", "."), "it is a folder", id="a datasheet into a folder"),
        pytest.param(("baselines", "esy"), "did you mean 'easy'", id="baselines of no such suite"),
        pytest.param(("baselines", "--split", "tset"), "did you mean 'test'", id="no such split"),
        pytest.param(("baselines", "--policy", "slover"), "did you mean 'solver'", id="no such policy"),
        pytest.param(("baselines", "--json", "."), "it is a folder", id="results into a folder"),
        pytest.param(("baselines", "--jobs", "0"), "--jobs", id="no processes"),
    ],
)
def test_a_mistake_is_told_in_one_line(
    command: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], says: str
) -> None:
    monkeypatch.chdir(tmp_path)
    result = command("suite", *arguments)
    assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
    assert says in result.err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("words", [("suite",), ("suite", "show"), ("suite", "baselines")])
def test_help_shows_examples(command: Any, words: tuple[str, ...]) -> None:
    assert "spatialenv suite" in command(*words, "--help").out.split("Examples:")[1]
