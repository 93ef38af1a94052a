from __future__ import annotations

from typing import Any

import pytest

from spatialenv.core.room import Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.errors import InputError, UnknownNameError
from spatialenv.renderers.room import RoomStyle, make_room_style, room_style_for
from spatialenv.renderers.room.style import FLOORS


def scene_of(*categories: str) -> Scene:
    objects = tuple(
        SceneObject(id=f"thing_{i}", category=category, size=(0.5, 0.5, 0.5)) for i, category in enumerate(categories)
    )
    return Scene(room=Room.rectangle(4, 3, 2.5), objects=objects)


@pytest.mark.parametrize("floor", FLOORS)
def test_a_style_by_name_or_mapping(floor: Any) -> None:
    assert make_room_style(floor) == RoomStyle(floor=floor) == make_room_style({"floor": floor})
    assert make_room_style(RoomStyle(floor=floor)) == RoomStyle(floor=floor)


def test_values_are_plain_and_hashable() -> None:
    style = make_room_style({"wall": [200, 210, 220], "grid": False})
    assert style.wall == (200.0, 210.0, 220.0)
    assert hash(style) == hash(RoomStyle(wall=(200.0, 210.0, 220.0), grid=False))


@pytest.mark.parametrize(
    ("categories", "floor"),
    [
        (("bed", "wardrobe"), "planks"),
        ((), "planks"),
        (("sofa", "kitchen_island"), "tiles"),
        (("Bathtub",), "tiles"),
        (("mirror", "toilet"), "tiles"),
        (("washing machine",), "tiles"),
        (("kitchen cabinet", "fridge"), "tiles"),
        # Words that only begin alike inside a word are no wet rooms.
        (("wash_stool",), "planks"),
        (("tuba",), "planks"),
        (("seashell",), "planks"),
    ],
)
def test_the_furniture_decides_what_lies_on_the_floor(categories: tuple[str, ...], floor: str) -> None:
    assert room_style_for(scene_of(*categories)).floor == floor
    assert room_style_for(scene_of(*categories), RoomStyle(floor="carpet", grid=False)) == RoomStyle(
        "carpet", grid=False
    )
    chosen = room_style_for(scene_of(*categories), RoomStyle(grid=False))
    assert (chosen.floor, chosen.grid) == (floor, False)


@pytest.mark.parametrize(
    ("spec", "error", "message"),
    [
        ("plank", UnknownNameError, "unknown floor of a room style 'plank'; did you mean 'planks'?"),
        ({"floors": "tiles"}, UnknownNameError, "unknown option of a room style 'floors'; did you mean 'floor'?"),
        ({"grid": "yes"}, InputError, "`grid` is 'yes'; it must be true or false"),
        ({"skirting": 1}, InputError, "`skirting` is 1; it must be true or false"),
        ({"wall": (1, 2)}, InputError, "`wall` is (1, 2); it must be red, green and blue, 0 to 255 each"),
        ({"wall": (1, 2, 256)}, InputError, "`wall` is (1, 2, 256)"),
        ({"wall": "red"}, InputError, "`wall` is 'red'"),
        ({"floor": ["tiles"]}, UnknownNameError, "unknown floor of a room style ['tiles']"),
        (7, InputError, "the room style is 7; it must be a name (auto, planks, "),
    ],
)
def test_what_is_no_style(spec: Any, error: type[InputError], message: str) -> None:
    with pytest.raises(error) as caught:
        make_room_style(spec)
    assert message in str(caught.value)
