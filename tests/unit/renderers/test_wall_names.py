from __future__ import annotations

import math

import numpy as np
import pytest
import shapely

from spatialenv.core.room import Opening, Room
from spatialenv.renderers.camera import Camera, make_camera
from spatialenv.renderers.wall_names import Rectangle, WallName, place_wall_names

ELL = Room(((0, 0), (6, 0), (6, 2.5), (3, 2.5), (3, 5), (0, 5)), 2.6)


def named(room: Room, view: str, side: int = 256, taken: tuple[Rectangle, ...] = ()) -> tuple[WallName, ...]:
    return place_wall_names(room, make_camera(view, room, (side, side)), max(side // 31, 8), taken)


def base(camera: Camera, room: Room, name: str) -> shapely.LineString:
    wall = room.wall(name)
    return shapely.LineString(camera.project(np.array([(*wall.start, 0.0), (*wall.end, 0.0)])))


@pytest.mark.parametrize("side", [256, 512])
def test_every_wall_is_named_in_the_top_view(polygon_room: Room, side: int) -> None:
    names = named(polygon_room, "top", side)
    short = [wall.name for wall in polygon_room.wall_lines if wall.length < 0.2]
    assert {name.text for name in names} >= set(polygon_room.walls) - set(short)
    assert len({name.text for name in names}) == len(names)


@pytest.mark.parametrize("view", ["corner", "top"])
def test_names_are_apart_and_in_the_picture(polygon_room: Room, view: str) -> None:
    boxes = [shapely.box(*name.rectangle) for name in named(polygon_room, view)]
    frame = shapely.box(0, 0, 256, 256)
    for k, one in enumerate(boxes):
        assert frame.contains(one)
        assert all(one.distance(other) > 0 for other in boxes[k + 1 :])


def test_a_name_stands_by_its_own_wall(polygon_room: Room) -> None:
    camera = make_camera("top", polygon_room, (512, 512))
    for name in named(polygon_room, "top", 512):
        middle = shapely.box(*name.rectangle).centroid
        distances = {wall: base(camera, polygon_room, wall).distance(middle) for wall in polygon_room.walls}
        assert distances[name.text] <= min(distances.values()) + 12


def test_names_of_walls_that_stand_up_are_on_them() -> None:
    camera = make_camera("corner", ELL, (256, 256))
    for name in named(ELL, "corner"):
        if name.text in camera.walls:
            wall = ELL.wall(name.text)
            corners = [(*p, z) for p, z in zip((wall.start, wall.end) * 2, (0, 0, 2.6, 2.6), strict=True)]
            face = shapely.MultiPoint(camera.project(np.array(corners, dtype=float))).convex_hull
            assert face.contains(shapely.box(*name.rectangle).centroid)
            assert not name.is_over_floor


def test_names_beside_the_floor_do_not_cover_it() -> None:
    camera = make_camera("top", ELL, (256, 256))
    floor = shapely.Polygon(camera.project(np.array([(*corner, 0.0) for corner in ELL.floor])))
    for name in named(ELL, "top"):
        shared = floor.intersection(shapely.box(*name.rectangle)).area
        assert shared == pytest.approx(name.mask.size if name.is_over_floor else 0.0, abs=2)
    assert not any(name.is_over_floor for name in named(ELL, "top"))


def test_a_name_gives_way_to_other_writing() -> None:
    (first,) = [name for name in named(ELL, "top") if name.text == "wall_4"]
    (moved,) = [name for name in named(ELL, "top", taken=(first.rectangle,)) if name.text == "wall_4"]
    assert not shapely.box(*first.rectangle).intersects(shapely.box(*moved.rectangle))
    # Nothing is left in a picture that is taken whole.
    assert named(ELL, "top", taken=((0.0, 0.0, 256.0, 256.0),)) == ()


def test_a_name_gives_way_to_a_door_that_opens_outward() -> None:
    door = Room(ELL.floor, ELL.height, (Opening("door", "wall_0", 2.5, 0.9, 2.0, swing="out"),))
    camera = make_camera("top", door, (256, 256))
    leaf = shapely.box(*camera.project(np.array([[2.5, -0.9, 0.0], [3.4, 0.0, 0.0]])).ravel())
    by_room = [{name.text: shapely.box(*name.rectangle) for name in named(room, "top")} for room in (ELL, door)]
    assert by_room[0]["wall_0"].intersects(leaf)
    assert not by_room[1]["wall_0"].intersects(leaf)


def test_names_of_steep_walls_run_upward() -> None:
    by_name = {name.text: name.mask.shape for name in named(ELL, "top")}
    assert by_name["wall_1"] == by_name["wall_0"][::-1]
    assert by_name["wall_1"][0] > by_name["wall_1"][1]


def test_many_walls_are_named_as_far_as_there_is_room() -> None:
    angles = math.tau * np.arange(64) / 64
    room = Room.polygon([(3 * math.cos(a), 3 * math.sin(a)) for a in angles], 2.6)
    for view in ("corner", "top"):
        assert 8 <= len(named(room, view, 128)) <= len(named(room, view, 1024)) <= 64
