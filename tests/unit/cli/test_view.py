"""`spatialenv view` writes a page for whatever holds rooms."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from spatialenv.formats import write_scene
from spatialenv.tasks import make_tasks


@pytest.fixture
def room(tmp_path: Path) -> Path:
    write_scene(tmp_path / "room.json", make_tasks("easy").sample(0))
    return tmp_path / "room.json"


def test_a_page_stands_beside_the_file_or_where_it_is_asked_for(command: Callable[..., Any], room: Path) -> None:
    done = command("view", room, "--no-pictures")
    assert done.code == 0, done.err
    page = room.with_suffix(".html")
    assert done.out == f"{page}: {page.stat().st_size / 1e6:.1f} MB\n"
    other = room.parent / "new" / "page.html"
    assert command("view", room, "-o", other, "--renderer", '{"name": "fast", "furniture": false}').code == 0
    assert "<title>room: spatialenv viewer</title>" in other.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("-o", "page.png"), "give a name that ends in .html"),
        (("-o", "/proc/none/page.html"), "cannot write '/proc/none/page.html'"),
        (("--rooms", "0"), "`rooms` is 0"),
        (("--renderer", "{no json"), "which is no JSON"),
        (("--renderer", "fats"), "fats"),
        (("--reward", "phisics"), "physics"),
    ],
)
def test_mistakes_are_told_in_a_line(
    command: Callable[..., Any], room: Path, arguments: tuple[str, str], message: str
) -> None:
    given = [str(room.parent / part) if part.endswith(".png") else part for part in arguments]
    done = command("view", room, *given)
    assert done.code == 2
    assert message in done.err
    assert done.err.count("\n") == 1
    assert not room.with_suffix(".html").exists()


def test_the_page_is_opened_when_asked(
    command: Callable[..., Any], room: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr("spatialenv.cli.view.typer.launch", opened.append)
    assert command("view", room, "--no-pictures", "--open").code == 0
    assert opened == [str(room.with_suffix(".html"))]
