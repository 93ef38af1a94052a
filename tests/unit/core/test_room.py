import math
import pickle
from typing import Any

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
    ("floor", "reason"),
    [
        (((1, 0), (6, 0), (6, 4), (1, 4)), r"bounding box must start at \(0, 0\).*Room\.polygon"),
        (((0, 0), (0, 4), (6, 4), (6, 0)), "runs clockwise"),
        (((0, 0), (2, 2), (2, 0), (0, 2)), "crosses or touches itself"),
        (((0, 0), (4, 0), (4, 4), (2, 0), (0, 4)), "crosses or touches itself"),  # a corner on another edge
        (((0, 0), (4, 0), (2, 0), (2, 3)), "turns back on itself"),
        (((0, 0), (0.1, 0.1), (0.3, 0.3)), "turns back on itself"),  # rounding gives it an area
        (((0, 0), (3, 0), (6, 1e-7)), "turns back on itself"),
        (((0, 0), (4, 0), (4, 0), (4, 3)), "twice in a row"),
        (((0, 0), (4, 0)), "room `width`"),
        (((0, 0), (4, 3)), "has 2 corners"),
        (((0, 0), (1e5, 0), (0, 4)), "room `length`"),
        (((0, 0), ("a", 0), (0, 4)), "room `length`|finite"),
    ],
)
def test_a_floor_that_is_no_simple_polygon_from_the_origin_is_refused(floor: Any, reason: str) -> None:
    with pytest.raises(SceneError, match=reason):
        Room(floor=floor, height=3)


def test_an_l_has_six_walls_by_number_that_look_inwards() -> None:
    room = Room(((0, 0), (6, 0), (6, 4), (3, 4), (3, 2), (0, 2)), 3)
    assert room.walls == tuple(f"wall_{i}" for i in range(6))
    assert room.elements == (*room.walls, "middle of the room", "ceiling")
    assert (room.length, room.width, room.area, room.is_rectangle) == (6.0, 4.0, 18.0, False)
    assert [wall.inward for wall in room.wall_lines] == [(0, 1), (-1, 0), (0, -1), (1, 0), (0, -1), (1, 0)]
    assert room.wall("wall_3").point(0.5, 1.0) == (4.0, 3.5)
    with pytest.raises(SceneError, match="no wall 'south_wall'"):
        room.wall("south_wall")


def test_a_slanted_wall_says_how_to_turn_towards_and_away_from_it() -> None:
    wall = Room(((0, 0), (3, 0), (0, 4)), 3).wall("wall_1")  # from (3, 0) to (0, 4)
    assert wall.length == 5.0
    assert wall.inward == pytest.approx((-0.8, -0.6))
    assert wall.along == pytest.approx((-0.6, 0.8))
    for yaw, towards in ((wall.facing_yaw, -1), (wall.backing_yaw, 1)):
        front = (-math.sin(yaw), math.cos(yaw))
        assert front == pytest.approx((towards * wall.inward[0], towards * wall.inward[1]))


def test_a_rectangle_keeps_its_compass_names_wherever_its_corners_begin() -> None:
    room = Room(((6, 0), (6, 4), (0, 4), (0, 0)), 3, (Opening("door", "wall_0", 1, 1, 2),))
    assert room.walls == ("east_wall", "north_wall", "west_wall", "south_wall")
    assert room.openings[0].wall == "east_wall"


def test_a_floor_drawn_anywhere_is_moved_and_turned() -> None:
    drawn = [(-2, 1), (-2, 3), (1, 3), (1, 2), (0, 2), (0, 1)]  # clockwise
    room = Room.polygon(drawn, 2.5)
    assert room.floor == ((2, 0), (2, 1), (3, 1), (3, 2), (0, 2), (0, 0))
    assert room.area == 5.0
    assert Room.polygon(room.floor, 2.5) == room


@pytest.mark.parametrize(
    ("opening", "reason"),
    [
        (Opening("door", "south_wall", 5.5, 0.9, 2), "reaches from 5.5 to 6.4 m, but the wall is 6 m long"),
        (Opening("window", "wall_1", 0, 1, 2.5, sill=1), "reaches 3.5 m high, but the room is 3 m high"),
    ],
)
def test_an_opening_that_does_not_fit_its_wall_is_refused(opening: Opening, reason: str) -> None:
    with pytest.raises(SceneError, match=reason):
        Room.rectangle(6, 4, 3, (opening,))


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
    with pytest.raises(SceneError, match="opening `wall` is 'wall_9'; did you mean 'west_wall'\\? allowed: south_wall"):
        Room.rectangle(6, 4, 3, (Opening("door", "wall_9", 1, 1, 2),))
