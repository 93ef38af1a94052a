from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image


def _pixels(path: Path) -> Any:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def test_views_stand_side_by_side(command: Any, save: Any, scene: Any, tmp_path: Path) -> None:
    output = tmp_path / "room.png"
    assert command("render", save("room.json", scene), "-o", output, "--size", 64).code == 0
    assert _pixels(output).shape == (64, 128, 3)


def test_one_view(command: Any, save: Any, scene: Any, tmp_path: Path) -> None:
    output = tmp_path / "room.png"
    arguments = ("render", save("room.json", scene), "-o", output, "--size", 64, "--view", "top", "--no-labels")
    assert command(*arguments).code == 0
    assert _pixels(output).shape == (64, 64, 3)


@pytest.mark.parametrize("option", ["--violations", "--no-labels"])
def test_an_option_changes_the_picture(command: Any, save: Any, collision: Any, tmp_path: Path, option: str) -> None:
    path = save("room.json", collision)
    plain, changed = tmp_path / "plain.png", tmp_path / "changed.png"
    assert command("render", path, "-o", plain, "--size", 128).code == 0
    assert command("render", path, "-o", changed, "--size", 128, option).code == 0
    assert not np.array_equal(_pixels(plain), _pixels(changed))


def test_a_scene_of_many(command: Any, save: Any, scene: Any, collision: Any, tmp_path: Path) -> None:
    many = save("many.json", [scene, collision])
    outputs = [tmp_path / f"{name}.png" for name in ("first", "second", "alone")]
    for number in (0, 1):
        assert command("render", many, "-o", outputs[number], "--size", 64, "--scene", number).code == 0
    assert command("render", save("alone.json", collision), "-o", outputs[2], "--size", 64).code == 0
    first, second, alone = map(_pixels, outputs)
    assert np.array_equal(second, alone)
    assert not np.array_equal(first, second)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        pytest.param(("--scene", "1"), "holds 1", id="there is no second scene"),
        pytest.param(("--view", "topp"), "did you mean 'top'", id="no such view"),
        pytest.param(("--size", "3"), "size", id="too small to see"),
        pytest.param(("--renderer", "fats"), "did you mean 'fast'", id="no such renderer"),
        pytest.param(("--output", "room.jpg"), ".png", id="not a PNG"),
    ],
)
def test_a_mistake_leaves_no_picture(
    command: Any, save: Any, scene: Any, tmp_path: Path, arguments: tuple[str, ...], says: str
) -> None:
    path = save("room.json", scene)
    result = command("render", path, "-o", tmp_path / "room.png", *arguments)
    assert result.code == 2
    assert says in result.err
    assert list(tmp_path.iterdir()) == [path]
