from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import shapely

from spatialenv.core.room import Opening, Room
from spatialenv.core.scene import Scene
from spatialenv.renderers.camera import make_camera
from spatialenv.renderers.fast.mesh import build_mesh
from spatialenv.renderers.fast.renderer import draw_samples
from spatialenv.renderers.fast.room_mesh import (
    DOOR,
    FIRST_WALL,
    FLOOR,
    GRID,
    LEAF,
    ON_FLOOR,
    STUMP,
    WALL,
    WINDOW,
    RoomMesh,
    room_mesh,
)


def flats(mesh: RoomMesh, colour: tuple[float, float, float]) -> list[shapely.Polygon]:
    """Return the level polygons of a colour."""
    wanted = np.all(mesh.colours == colour, axis=1) & (mesh.normals[:, 2] == 1)
    return [
        shapely.Polygon(points[:count, :2])
        for points, count in zip(mesh.points[wanted], mesh.counts[wanted], strict=True)
    ]


def with_door(room: Room, wall: str, swing: str) -> Room:
    return Room(room.floor, room.height, (Opening("door", wall, 0.5, 0.9, 2.0, swing=swing),))  # type: ignore[arg-type]


@pytest.mark.parametrize("view", ["corner", "top"])
def test_the_floor_is_filled_and_the_grid_stays_on_it(polygon_room: Room, view: str) -> None:
    mesh = room_mesh(polygon_room, make_camera(view, polygon_room, (256, 256)))
    whole = shapely.Polygon(polygon_room.floor)
    assert shapely.union_all(flats(mesh, FLOOR)).symmetric_difference(whole).area < 1e-9
    lines = flats(mesh, GRID)
    assert len(lines) >= 6
    assert all(whole.buffer(0.02).contains(line) for line in lines)
    # Every whole metre across the floor has its line, but those along a wall.
    centre_lines = shapely.union_all(
        [shapely.LineString([(i, -1), (i, 99)]) for i in range(1, 7)]
        + [shapely.LineString([(-1, i), (99, i)]) for i in range(1, 7)]
    )
    due = centre_lines.intersection(whole.buffer(-0.08))
    assert due.difference(shapely.union_all(lines).buffer(0.05)).length < 0.3


def test_polygons_face_where_their_normals_say(polygon_room: Room) -> None:
    room = with_door(polygon_room, "wall_0", "in")
    for view in ("corner", "top"):
        mesh = room_mesh(room, make_camera(view, room, (256, 256)))
        # A bay narrower than its walls are thick has no foot to draw at its end.
        wide = ~np.all(mesh.colours == STUMP, axis=1) | (min(wall.length for wall in room.wall_lines) > 0.2)
        for points, normal in zip(mesh.points[wide], mesh.normals[wide], strict=True):
            turned = np.cross(points[1] - points[0], points[2] - points[1])
            np.testing.assert_allclose(turned / np.linalg.norm(turned), normal, atol=1e-6)


def test_arrays_agree(polygon_room: Room) -> None:
    mesh = room_mesh(polygon_room, make_camera("corner", polygon_room, (64, 64)))
    assert {len(array) for array in mesh} == {len(mesh.points)}
    assert set(mesh.counts.tolist()) == {3, 4}
    assert mesh.groups.max() < 100


@pytest.mark.parametrize("size", [(256, 256), (96, 96), (300, 120)])
def test_every_part_of_the_floor_is_seen(polygon_room: Room, size: tuple[int, int]) -> None:
    """No wall that stands up covers any of the floor, in the corner view as in the top view."""
    empty = Scene(room=polygon_room, objects=()).place({})
    inset = shapely.Polygon(polygon_room.floor)
    for view in ("corner", "top"):
        camera = make_camera(view, polygon_room, size)
        mesh = build_mesh(empty, np.empty(0, np.int64), camera)
        samples = draw_samples(mesh, camera, 2)
        groups = np.append(mesh.groups, -1)[samples.faces]
        # A sample's width from the walls their lines win or lose by rounding.
        safe = inset.buffer(-1.5 / camera.pixels_per_metre)
        x, y = np.meshgrid(np.arange(0.02, polygon_room.length, 0.04), np.arange(0.02, polygon_room.width, 0.04))
        points = np.column_stack([x.ravel(), y.ravel(), np.zeros(x.size)])
        points = points[shapely.contains_xy(safe, points[:, 0], points[:, 1])]
        pixels = (2 * camera.project(points)).astype(int)
        assert len(points) > 1000
        assert np.all(groups[pixels[:, 1], pixels[:, 0]] == ON_FLOOR)


def test_walls_stand_up_or_are_cut_away() -> None:
    room = Room(((0, 0), (6, 0), (6, 2.5), (3, 2.5), (3, 5), (0, 5)), 2.6)
    mesh = room_mesh(room, make_camera("corner", room, (256, 256)))
    faces = mesh.points[np.all(mesh.colours == WALL, axis=1)]
    assert len(faces) == 4
    assert set(faces[:, :, 2].ravel()) == {0.0, 2.6}
    assert sorted(mesh.groups[np.all(mesh.colours == WALL, axis=1)]) == [FIRST_WALL + i for i in (1, 2, 3, 4)]
    # Two walls are cut away; the four others have a top, and two ends stand free.
    stumps = mesh.points[np.all(mesh.colours == STUMP, axis=1)]
    assert len(stumps) == 6 + 2
    assert np.sum(np.all(stumps[:, :, 2] == 2.6, axis=1)) == 4
    top = room_mesh(room, make_camera("top", room, (256, 256)))
    assert not np.any(np.all(top.colours == WALL, axis=1))
    ring = shapely.union_all(flats(top, STUMP))
    whole = shapely.Polygon(room.floor)
    assert ring.symmetric_difference(whole.buffer(0.07, join_style="mitre").difference(whole)).area < 1e-6


@pytest.mark.parametrize("room", [Room.rectangle(5, 4, 2.6), Room.polygon(((0, 0), (5, 0), (6, 4), (0, 4)), 2.6)])
@pytest.mark.parametrize("view", ["corner", "top"])
def test_a_door_stands_open_at_its_hinge(room: Room, view: str) -> None:
    door = with_door(room, "wall_2", "in")
    mesh = room_mesh(door, make_camera(view, door, (256, 256)))
    drawn = np.all(mesh.colours == LEAF, axis=1)
    # The leaf, then ten pieces of the arc.
    assert np.sum(drawn) == 11
    leaf, *arc = (shapely.Polygon(points[:, :2]) for points in mesh.points[drawn])
    wall = door.wall("wall_2")
    hinge, tip, end = shapely.Point(wall.point(0.5)), shapely.Point(wall.point(0.5, 0.9)), wall.point(1.4)
    assert leaf.distance(hinge) < 1e-9
    assert leaf.distance(tip) < 1e-9
    assert leaf.area == pytest.approx(0.05 * 0.9, rel=0.1)
    sweep = shapely.union_all(arc)
    assert sweep.distance(tip) < 0.02
    assert sweep.distance(shapely.Point(end)) < 0.02
    assert all(abs(hinge.distance(shapely.Point(p)) - 0.9) < 0.02 for p in shapely.get_coordinates(sweep))
    assert shapely.Polygon(door.floor).buffer(1e-6).contains(sweep)


def test_a_door_may_open_outward_or_not_at_all() -> None:
    room = Room.rectangle(5, 4, 2.6)
    whole = shapely.Polygon(room.floor)
    for wall in room.walls:
        out = with_door(room, wall, "out")
        mesh = room_mesh(out, make_camera("top", out, (256, 256)))
        parts = flats(mesh, LEAF)
        assert len(parts) == 11
        assert shapely.union_all(parts).intersection(whole).area == 0
        none = with_door(room, wall, "none")
        assert not flats(room_mesh(none, make_camera("top", none, (256, 256))), LEAF)


def test_an_arc_ends_at_the_opposite_wall() -> None:
    room = Room.polygon(((0, 0), (4, 0), (4, 0.6), (2, 0.6), (2, 3), (0, 3)), 2.6)
    door = Room(room.floor, room.height, (Opening("door", "wall_0", 2.5, 0.9, 2.0, swing="in"),))
    mesh = room_mesh(door, make_camera("top", door, (256, 256)))
    _, *arc = flats(mesh, LEAF)
    assert 0 < len(arc) < 10
    assert shapely.Polygon(room.floor).buffer(0.01).contains(shapely.union_all(arc))


def colours(mesh: RoomMesh) -> list[tuple[float, ...]]:
    return [tuple(colour) for colour in mesh.colours.tolist()]


@pytest.mark.parametrize(("kind", "colour"), [("door", DOOR), ("window", WINDOW)])
def test_openings_sit_in_their_walls(kind: Any, colour: tuple[float, float, float], polygon_room: Room) -> None:
    for wall in polygon_room.wall_lines:
        if wall.length < 1.2:
            continue
        sill = 0.0 if kind == "door" else 0.9
        room = Room(polygon_room.floor, polygon_room.height, (Opening(kind, wall.name, 0.2, 0.8, 1.2, sill),))
        for view in ("corner", "top"):
            camera = make_camera(view, room, (256, 256))
            mesh = room_mesh(room, camera)
            (points,) = mesh.points[[c == colour for c in colours(mesh)]]
            is_up = wall.name in camera.walls
            along = (points[:, :2] - wall.start) @ np.array(wall.along)
            assert min(along) == pytest.approx(0.2)
            assert max(along) == pytest.approx(1.0)
            assert np.ptp(points[:, 2]) == pytest.approx(1.2 if is_up else 0.0)
            if is_up:
                assert points[:, 2].min() == pytest.approx(sill)
            away = (points[:, :2] - wall.start) @ np.array(wall.inward)
            assert np.all(np.abs(away) < (0.02 if is_up else 0.2))


def test_meshes_are_made_once() -> None:
    room = Room.rectangle(5, 4, 2.6)
    again = Room.rectangle(5, 4, 2.6)
    first = room_mesh(room, make_camera("top", room, (64, 64)))
    assert room_mesh(again, make_camera("top", again, (64, 64))) is first


def test_shallow_walls_in_a_picture_that_is_all_height() -> None:
    """A camera that looks level cannot look over walls: they are lowered rather than drawn over the floor."""
    room = Room.polygon(((0, 0), (6, 0), (6, 5), (4, 5), (4, 2), (2, 2), (2, 5), (0, 5)), 2.6)
    for size in ((16, 2048), (2048, 16)):
        camera = make_camera("corner", room, size)
        assert set(camera.walls) <= {"wall_1", "wall_2", "wall_6"}
        assert math.isfinite(camera.pixels_per_metre)
