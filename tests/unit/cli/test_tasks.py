"""`spatialenv tasks`: the list of sources, their scenes, and files of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from spatialenv.core.part import Registry
from spatialenv.formats import read_any
from spatialenv.tasks import make_tasks, task_names


def pixels(path: Path) -> Any:
    with Image.open(path) as image:
        return np.asarray(image)


def test_every_source_is_listed(command: Any) -> None:
    result = command("tasks")
    assert result.code == 0
    for name in task_names():
        assert name in result.out
    assert "A few objects in a plain room" in result.out


def test_a_scene_is_shown_and_drawn(command: Any, tmp_path: Path) -> None:
    picture = tmp_path / "room.png"
    result = command("tasks", "show", "polygons/test", "--seed", 3, "--png", picture, "--size", 64)
    assert result.code == 0
    scene = make_tasks("polygons/test").sample(3)
    assert "polygons/test/3, seed 3" in result.out
    assert scene.description in result.out
    assert all(object_id in result.out for object_id in scene.ids)
    assert pixels(picture).shape == (64, 128, 3)


def test_what_is_drawn_may_be_chosen(command: Any, tmp_path: Path) -> None:
    pictures = []
    for layout in ("witness", "start", "none"):
        path = tmp_path / f"{layout}.png"
        assert command("tasks", "show", "repair/test", "--layout", layout, "--png", path, "--size", 64).code == 0
        pictures.append(pixels(path))
    assert not any(np.array_equal(pictures[i], pictures[j]) for i, j in ((0, 1), (0, 2), (1, 2)))


def test_scenes_are_written_so_that_they_can_be_read(command: Any, tmp_path: Path) -> None:
    file = tmp_path / "new" / "rooms.json"
    result = command("tasks", "write", "rotation/test", file, "--n", 3, "--seed", 2)
    assert (result.code, result.out) == (0, f"{file}: 3 scenes of rotation/test\n")
    source = make_tasks("rotation/test")
    assert [scene for scene, _ in read_any(file)] == [source.sample(seed) for seed in (2, 3, 4)]
    assert make_tasks(file).sample(1) == source.sample(3)
    assert command("tasks", "write", "rotation/test", file, "--n", 1, "--layout", "witness").code == 0
    ((scene, layout),) = read_any(file)
    assert layout is not None
    assert layout.ids == scene.ids
    assert command("score", file).code == 0


def test_a_source_is_checked(command: Any) -> None:
    assert command("tasks", "check", "repair/test").code == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        pytest.param(("shw",), "Did you mean 'show'", id="no such command"),
        pytest.param(("show", "esy"), "did you mean 'easy'", id="no such source"),
        pytest.param(("show", "easy", "--png", "a.jpg"), ".png", id="no PNG"),
        pytest.param(("show", "easy", "--layout", "witnes"), "did you mean 'witness'", id="no such layout"),
        pytest.param(("write", "easy", "a.txt"), ".json", id="no JSON"),
        pytest.param(
            ("write", "easy", "a.json", "--layout", "witnes"), "did you mean 'witness'", id="none such to write"
        ),
        pytest.param(("write", "easy", "a.json", "--n", "0"), "--n", id="no scenes"),
        pytest.param(("check", "esy"), "did you mean 'easy'", id="no such source to check"),
    ],
)
def test_a_mistake_is_told_in_one_line(
    command: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], says: str
) -> None:
    monkeypatch.chdir(tmp_path)
    result = command("tasks", *arguments)
    assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
    assert says in result.err
    assert not list(tmp_path.iterdir())


def test_a_part_that_cannot_be_loaded_does_not_hide_the_others() -> None:
    registry = Registry("tasks", {"broken": "no_such_module:Thing", "fine": "pathlib:Path"}, "spatialenv.nothing")
    assert registry.summary("broken").startswith("cannot be loaded: ModuleNotFoundError")
    assert registry.summary("fine") == "PurePath subclass that can make system calls."


@pytest.mark.parametrize("words", [("tasks",), ("tasks", "show"), ("tasks", "write"), ("tasks", "check")])
def test_help_shows_examples(command: Any, words: tuple[str, ...]) -> None:
    assert "spatialenv tasks" in command(*words, "--help").out.split("Examples:")[1]
