import math
import pickle

import pytest

from spatialenv.core.room import ELEMENTS, WALLS, Opening, Room
from spatialenv.errors import InputError, SceneError


def test_a_rectangle_knows_its_extents_and_elements() -> None:
    room = Room.rectangle(6, 4.5, 3)
    assert (room.length, room.width, room.height) == (6.0, 4.5, 3.0)
    assert room.floor == ((0, 0), (6, 0), (6, 4.5), (0, 4.5))
    assert room.walls == WALLS == ("south_wall", "east_wall", "north_wall", "west_wall")
    assert room.elements == ELEMENTS
    assert set(WALLS) < set(ELEMENTS)


def test_rooms_compare_by_value_and_pickle() -> None:
    room = Room.rectangle(6, 4, 3, (Opening("door", "south_wall", 1, 0.9, 2.1, swing="in"),))
    assert pickle.loads(pickle.dumps(room)) == room
    assert hash(room) == hash(Room.rectangle(6, 4, 3, room.openings))
    assert room != Room.rectangle(6, 4, 3)


@pytest.mark.parametrize(
    ("size", "named"),
    [
        ((0, 4, 3), "length"),
        ((6, -1, 3), "width"),
        ((6, 4, 0), "height"),
        ((math.inf, 4, 3), "length"),
        ((6, math.nan, 3), "width"),
        ((6, 4, math.nan), "height"),
    ],
)
def test_a_size_that_is_no_size_is_refused(size: tuple[float, float, float], named: str) -> None:
    with pytest.raises(SceneError, match=f"room `{named}` is .* finite number above 0"):
        Room.rectangle(*size)


@pytest.mark.parametrize(
    "floor",
    [
        ((1, 0), (6, 0), (6, 4), (1, 4)),  # not from the origin
        ((0, 0), (0, 4), (6, 4), (6, 0)),  # clockwise
        ((0, 0), (6, 0), (6, 4)),  # a triangle
        ((6, 0), (6, 4), (0, 4), (0, 0)),  # begins elsewhere
        ((0, 0), (6, 0), (6, 4), (3, 4), (3, 2), (0, 2)),  # an L
    ],
)
def test_a_floor_that_is_no_rectangle_from_the_origin_is_refused(floor: tuple[tuple[float, float], ...]) -> None:
    with pytest.raises(SceneError, match=r"use Room\.rectangle"):
        Room(floor=floor, height=3)


def test_a_floor_without_corners_is_refused() -> None:
    with pytest.raises(InputError, match="room `length`"):
        Room(floor=(), height=3)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "hatch"}, "`kind` is 'hatch'; allowed: 'door', 'window'"),
        ({"offset": -0.1}, "`offset` is -0.1"),
        ({"sill": math.nan}, "`sill` is nan"),
        ({"sill": math.inf}, "`sill` is inf"),
        ({"width": 0}, "`width` is 0"),
        ({"height": math.inf}, "`height` is inf"),
    ],
)
def test_openings_that_cannot_be_are_refused(change: dict[str, object], message: str) -> None:
    good: dict[str, object] = {"kind": "window", "wall": "south_wall", "offset": 1, "width": 1, "height": 1}
    Opening(**good)  # type: ignore[arg-type]
    with pytest.raises(SceneError, match=message):
        Opening(**{**good, **change})  # type: ignore[arg-type]


def test_an_opening_in_no_wall_of_the_room_is_refused() -> None:
    with pytest.raises(SceneError, match="opening `wall` is 'wall_9'; allowed: south_wall"):
        Room.rectangle(6, 4, 3, (Opening("door", "wall_9", 1, 1, 2),))
