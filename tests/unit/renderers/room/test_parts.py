"""Every surface of the room belongs to the floor or to one wall: the one that it is on."""

from __future__ import annotations

import numpy as np
import pytest

from spatialenv.core.room import Opening, Room
from spatialenv.renderers.room import RoomStyle, room_shell
from spatialenv.renderers.room.parts import ON_FLOOR, room_parts

STYLE = RoomStyle(floor="planks")
ROOMS = {
    "rectangle": Room.rectangle(5, 4, 2.6, (Opening("door", "south_wall", 1, 0.9, 2.1, swing="in"),
                                            Opening("window", "east_wall", 1, 1.4, 1.2, sill=0.9))),
    "angle": Room.polygon([(0, 0), (5, 0), (5, 2), (2, 2), (2, 4), (0, 4)], 2.6,
                          (Opening("window", "wall_3", 0.3, 1.0, 1.0, sill=1.0),)),
    "slanted": Room.polygon([(0, 0), (4, 0), (5, 2), (3, 4), (0, 3)], 2.4),
}  # fmt: skip


@pytest.mark.parametrize("name", ROOMS)
def test_the_parts_are_the_shell(name: str) -> None:
    room = ROOMS[name]
    floor, walls = room_parts(room, STYLE)
    shell = room_shell(room, STYLE)
    assert len(walls) == len(room.wall_lines)
    assert len(floor) + sum(map(len, walls)) == len(shell)
    assert floor.bounds[1, 2] <= ON_FLOOR
    area = np.linalg.norm(np.cross(*np.moveaxis(np.diff(floor.corners, axis=1), 1, 0)), axis=1) / 2
    up = floor.normals[:, 2] > 0.99
    assert area[up].sum() >= room.area - 1e-6


@pytest.mark.parametrize("name", ROOMS)
def test_each_wall_holds_what_is_on_it(name: str) -> None:
    room = ROOMS[name]
    for wall, mesh in zip(room.wall_lines, room_parts(room, STYLE)[1], strict=True):
        middles = mesh.corners.mean(axis=1)[:, :2] - np.array(wall.start)
        along, away = middles @ np.array(wall.along), middles @ np.array(wall.inward)
        assert np.abs(away).max() < 0.2, wall.name
        assert along.min() > -0.2
        assert along.max() < wall.length + 0.2
        flat = np.abs(mesh.normals[:, :2] @ np.array(wall.inward)) > 0.99
        assert flat.any(), wall.name
        assert mesh.bounds[1, 2] == pytest.approx(room.height, abs=0.05)
