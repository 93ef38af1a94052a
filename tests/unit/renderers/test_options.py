"""Options that several renderers have are refused in the same words by all."""

from __future__ import annotations

from typing import Any

import pytest

from spatialenv.assets import AssetLibrary
from spatialenv.errors import InputError, SpatialEnvError, UnknownNameError
from spatialenv.renderers import make_renderer
from spatialenv.renderers.options import check_whole
from spatialenv.renderers.room import RoomStyle

NAMES = ("blender", "fast", "gl", "pybullet")


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("furniture", 1, "renderer option `furniture` is 1; it must be true or false"),
        ("colours", "pink", "unknown value of the renderer option `colours` 'pink'; Known: identity, material"),
        ("colours", ["identity"], "unknown value of the renderer option `colours` ['identity']"),
        ("room", "lava", "'lava'"),
        ("assets", 5, "5"),
    ],
)
def test_all_say_the_same(option: str, value: object, said: str) -> None:
    errors: list[SpatialEnvError] = []
    for name in NAMES:
        with pytest.raises(InputError) as caught:
            make_renderer({"name": name, option: value})
        errors.append(caught.value)
    assert said in str(errors[0])
    assert {str(error) for error in errors} == {str(errors[0])}
    assert {type(error) for error in errors} == {type(errors[0])}
    assert isinstance(errors[0], UnknownNameError) == str(errors[0]).startswith("unknown")


@pytest.mark.parametrize("name", NAMES)
def test_room_and_assets_become_plain(name: str, tmp_path: Any) -> None:
    renderer: Any = make_renderer({"name": name, "room": "tiles", "assets": str(tmp_path)})
    assert renderer.room == RoomStyle(floor="tiles")
    assert isinstance(renderer.assets, AssetLibrary)
    assert renderer == make_renderer({"name": name, "room": renderer.room, "assets": renderer.assets})


class Counted:
    def __init__(self, count: object) -> None:
        self.count = count


def test_whole_numbers() -> None:
    for count in (1, 70_000):
        check_whole(Counted(count), "count", 1, 70_000)
    check_whole(Counted(None), "count", 1, 9, "or None for all")
    for wrong in (0, 70_001, 2.0, True, None, "3"):
        with pytest.raises(InputError, match=r"`count` is .*; it must be 1 to 70,000$"):
            check_whole(Counted(wrong), "count", 1, 70_000)
    with pytest.raises(InputError, match=r"it must be 1 to 9, or None for all$"):
        check_whole(Counted(0), "count", 1, 9, "or None for all")
