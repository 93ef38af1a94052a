from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import shapely
import trimesh

from spatialenv.core.mesh import Material, TriangleMesh
from spatialenv.core.room import Opening, Room
from spatialenv.renderers.camera import FreeCamera, OrbitCamera, make_camera
from spatialenv.renderers.room import RoomStyle, room_mesh, room_shell
from spatialenv.renderers.room.floor import CEILING, ON_FLOOR, floor_material, grid_material
from spatialenv.renderers.room.mesh import CUT, EDGE, FIRST_SKIRTING, FIRST_WALL, SKIRTING
from spatialenv.renderers.room.openings import CUT_PANE, DOOR, FRAME, HANDLE, LEAF, pane_material

FLOOR, GRID = floor_material("planks"), grid_material("planks")
ELL = Room(((0, 0), (6, 0), (6, 2.5), (3, 2.5), (3, 5), (0, 5)), 2.6)


def made_of(mesh: TriangleMesh, material: Material) -> np.ndarray:
    """Return which triangles have a material."""
    return np.isin(mesh.material_of, [i for i, known in enumerate(mesh.materials) if known == material])


def outline(mesh: TriangleMesh, material: Material) -> Any:
    """Return what the level triangles of a material cover, seen from above."""
    wanted = made_of(mesh, material) & (mesh.normals[:, 2] > 0.99)
    return shapely.union_all([shapely.Polygon(points[:, :2]) for points in mesh.corners[wanted]], grid_size=1e-9)


def wall_faces(room: Room, mesh: TriangleMesh, index: int) -> np.ndarray:
    """Return the corners of a wall's inner side along the wall and up, ``(k, 3, 2)``."""
    wall = room.wall_lines[index]
    corners = mesh.corners[mesh.smoothing == FIRST_WALL + index]
    away = (corners[..., :2] - wall.start) @ np.array(wall.inward)
    assert np.all(np.abs(away) < 1e-9)
    return np.stack([(corners[..., :2] - wall.start) @ np.array(wall.along), corners[..., 2]], axis=-1)


def with_door(room: Room, wall: str, swing: str) -> Room:
    return Room(room.floor, room.height, (Opening("door", wall, 0.5, 0.9, 2.0, swing=swing),))  # type: ignore[arg-type]


@pytest.mark.parametrize("view", ["corner", "top"])
def test_the_floor_is_filled_and_the_grid_stays_on_it(polygon_room: Room, view: str) -> None:
    mesh = room_mesh(polygon_room, make_camera(view, polygon_room, (256, 256)))
    whole = shapely.Polygon(polygon_room.floor)
    assert outline(mesh, FLOOR).symmetric_difference(whole).area < 1e-6
    lines = outline(mesh, GRID)
    assert whole.buffer(0.02).contains(lines)
    # Every whole metre across the floor has its line, but those along a wall.
    centre_lines = shapely.union_all(
        [shapely.LineString([(i, -1), (i, 99)]) for i in range(1, 7)]
        + [shapely.LineString([(-1, i), (99, i)]) for i in range(1, 7)]
    )
    due = centre_lines.intersection(whole.buffer(-0.08))
    assert due.length > 10
    assert due.difference(lines.buffer(0.05)).length < 0.3
    # Lines are drawn around surfaces, not between floor and grid.
    assert set(mesh.smoothing[made_of(mesh, FLOOR) | made_of(mesh, GRID)]) == {ON_FLOOR}


def test_the_grid_can_be_left_out() -> None:
    camera = make_camera("top", ELL, (64, 64))
    assert made_of(room_mesh(ELL, camera), GRID).any()
    assert not made_of(room_mesh(ELL, camera, RoomStyle(grid=False)), GRID).any()


@pytest.mark.parametrize("view", ["corner", "front", "orbit"])
@pytest.mark.parametrize("size", [(96, 96), (300, 120)])
def test_no_wall_hides_any_of_the_floor(polygon_room: Room, view: str, size: tuple[int, int]) -> None:
    """Rays from points of the floor to the eye meet nothing of the room, as trimesh finds."""
    camera = make_camera(view, polygon_room, size)
    mesh = room_mesh(polygon_room, camera, RoomStyle(skirting=False))
    soup = trimesh.Trimesh(mesh.vertices, mesh.faces, process=False)
    # From beside the walls a foot, which is thick enough to be seen, may be in the way by a hair.
    inset = shapely.Polygon(polygon_room.floor).buffer(-0.02)
    x, y = np.meshgrid(np.arange(0.03, polygon_room.length, 0.15), np.arange(0.03, polygon_room.width, 0.15))
    points = np.column_stack([x.ravel(), y.ravel()])
    points = points[shapely.contains_xy(inset, points[:, 0], points[:, 1])]
    starts = np.column_stack([points, np.full(len(points), 0.01)])
    assert len(starts) > 300
    assert not soup.ray.intersects_any(starts, camera.origin - starts).any()


def test_walls_stand_up_or_are_cut_away() -> None:
    camera = make_camera("corner", ELL, (256, 256))
    mesh = room_mesh(ELL, camera, RoomStyle(skirting=False))
    assert camera.walls == ("wall_1", "wall_2", "wall_3", "wall_4")
    for index, wall in enumerate(ELL.wall_lines):
        faces = wall_faces(ELL, mesh, index)
        area = sum(shapely.Polygon(face).area for face in faces)
        assert area == pytest.approx(wall.length * 2.6 if wall.name in camera.walls else 0.0)
    # The tops of those that stand up and the feet of the others; ends that stand free; the floor's edge under feet.
    tops = made_of(mesh, CUT) & (mesh.normals[:, 2] > 0.99)
    assert np.sum(mesh.corners[tops][:, :, 2].min(axis=1) == 2.6) == 4 * 2
    assert np.sum(made_of(mesh, CUT) & (np.abs(mesh.normals[:, 2]) < 0.01)) == 2 * 2
    assert np.sum(made_of(mesh, EDGE)) == 2 * 2
    assert mesh.corners[made_of(mesh, EDGE)][..., 2].min() == pytest.approx(-0.1, abs=0.01)


def test_the_top_view_shows_a_ring_of_cut_walls() -> None:
    mesh = room_mesh(ELL, make_camera("top", ELL, (256, 256)))
    whole = shapely.Polygon(ELL.floor)
    assert not np.any(mesh.smoothing >= FIRST_WALL)
    ring = whole.buffer(0.07, join_style="mitre").difference(whole)
    assert outline(mesh, CUT).symmetric_difference(ring).area < 1e-6


@pytest.mark.parametrize("view", ["corner", "top", "front", "walk", "orbit"])
def test_everything_faces_the_room_or_the_camera(polygon_room: Room, view: str) -> None:
    """Whole walls face inward; floors and tops face up."""
    room = with_door(polygon_room, "wall_0", "in")
    mesh = room_mesh(room, make_camera(view, room, (256, 256)))
    assert np.all(mesh.normals[made_of(mesh, FLOOR) | made_of(mesh, GRID) | made_of(mesh, LEAF)] == (0, 0, 1))
    for index, wall in enumerate(room.wall_lines):
        on_wall = mesh.smoothing == FIRST_WALL + index
        np.testing.assert_allclose(
            mesh.normals[on_wall], np.broadcast_to((*wall.inward, 0), (on_wall.sum(), 3)), atol=1e-9
        )
    lengths = np.linalg.norm(mesh.normals, axis=1)
    assert np.all(np.abs(lengths - 1.0) < 1e-9)


def test_doors_and_windows_are_holes_in_their_walls(polygon_room: Room) -> None:
    for index, wall in enumerate(polygon_room.wall_lines):
        if wall.length < 2.2:
            continue
        openings = (Opening("door", wall.name, 0.2, 0.8, 2.0), Opening("window", wall.name, 1.2, 0.8, 1.2, 0.9))
        room = Room(polygon_room.floor, polygon_room.height, openings)
        mesh = room_mesh(room, make_camera("walk", room, (256, 256)))
        faces = shapely.union_all([shapely.Polygon(face) for face in wall_faces(room, mesh, index)], grid_size=1e-9)
        holes = [shapely.box(0.2, 0.0, 1.0, 2.0), shapely.box(1.2, 0.9, 2.0, 2.1)]
        expected = shapely.box(0, 0, wall.length, 2.6).difference(shapely.union_all(holes))
        assert faces.symmetric_difference(expected).area < 1e-6
        # What fills them stands in the hole, behind the wall's face and within its thickness.
        for material, hole in ((DOOR, holes[0]), (pane_material(), holes[1])):
            corners = mesh.corners[made_of(mesh, material)].reshape(-1, 3)
            along = (corners[:, :2] - wall.start) @ np.array(wall.along)
            away = (corners[:, :2] - wall.start) @ np.array(wall.inward)
            np.testing.assert_allclose(
                (along.min(), corners[:, 2].min(), along.max(), corners[:, 2].max()), hole.bounds
            )
            assert np.all((away < 0) & (away > -0.1))


def test_overlapping_openings_leave_one_hole() -> None:
    openings = (Opening("door", "south_wall", 1.0, 1.0, 2.0), Opening("window", "south_wall", 1.5, 1.5, 1.0, 0.5))
    room = Room.rectangle(4, 3, 2.6, openings)
    faces = wall_faces(room, room_mesh(room, make_camera("walk", room, (64, 64))), 0)
    hole = shapely.box(1, 0, 2, 2).union(shapely.box(1.5, 0.5, 3, 1.5))
    assert sum(shapely.Polygon(face).area for face in faces) == pytest.approx(4 * 2.6 - hole.area)


@pytest.mark.parametrize(("kind", "material"), [("door", DOOR), ("window", CUT_PANE)])
def test_openings_show_in_the_feet_of_cut_walls(kind: Any, material: Material, polygon_room: Room) -> None:
    for wall in polygon_room.wall_lines:
        if wall.length < 1.2:
            continue
        sill = 0.0 if kind == "door" else 0.9
        room = Room(polygon_room.floor, polygon_room.height, (Opening(kind, wall.name, 0.2, 0.8, 1.2, sill),))
        mesh = room_mesh(room, make_camera("top", room, (256, 256)))
        points = mesh.corners[made_of(mesh, material)].reshape(-1, 3)
        along = (points[:, :2] - wall.start) @ np.array(wall.along)
        away = (points[:, :2] - wall.start) @ np.array(wall.inward)
        assert (along.min(), along.max()) == pytest.approx((0.2, 1.0))
        assert (away.min(), away.max()) == pytest.approx((-0.07, 0.0), abs=1e-9)


@pytest.mark.parametrize("room", [Room.rectangle(5, 4, 2.6), Room.polygon(((0, 0), (5, 0), (6, 4), (0, 4)), 2.6)])
@pytest.mark.parametrize("view", ["corner", "top", "walk"])
def test_a_door_shows_how_it_swings(room: Room, view: str) -> None:
    door = with_door(room, "wall_2", "in")
    mesh = room_mesh(door, make_camera(view, door, (256, 256)))
    leaves = mesh.corners[made_of(mesh, LEAF)]
    # The leaf, then ten pieces of the arc.
    assert len(leaves) == 2 * 11
    leaf = shapely.union_all([shapely.Polygon(points[:, :2]) for points in leaves[:2]])
    sweep = shapely.union_all([shapely.Polygon(points[:, :2]) for points in leaves[2:]])
    wall = door.wall("wall_2")
    hinge, tip, end = shapely.Point(wall.point(0.5)), shapely.Point(wall.point(0.5, 0.9)), wall.point(1.4)
    assert leaf.distance(hinge) < 1e-9
    assert leaf.distance(tip) < 1e-9
    assert leaf.area == pytest.approx(0.05 * 0.9, rel=0.1)
    assert sweep.distance(tip) < 0.02
    assert sweep.distance(shapely.Point(end)) < 0.02
    assert all(abs(hinge.distance(shapely.Point(p)) - 0.9) < 0.02 for p in shapely.get_coordinates(sweep))
    assert shapely.Polygon(door.floor).buffer(1e-6).contains(sweep)


def test_a_door_may_open_outward_or_not_at_all() -> None:
    room = Room.rectangle(5, 4, 2.6)
    whole = shapely.Polygon(room.floor)
    for wall in room.walls:
        out = with_door(room, wall, "out")
        parts = outline(room_mesh(out, make_camera("top", out, (256, 256))), LEAF)
        assert parts.area > 0.04
        assert parts.intersection(whole).area < 1e-9
        none = with_door(room, wall, "none")
        assert outline(room_mesh(none, make_camera("top", none, (256, 256))), LEAF).area == 0


def test_an_arc_ends_at_the_opposite_wall() -> None:
    room = Room.polygon(((0, 0), (4, 0), (4, 0.6), (2, 0.6), (2, 3), (0, 3)), 2.6)
    door = Room(room.floor, room.height, (Opening("door", "wall_0", 2.5, 0.9, 2.0, swing="in"),))
    leaves = room_mesh(door, make_camera("top", door, (256, 256)))
    arc = leaves.corners[made_of(leaves, LEAF)][2:]
    assert 0 < len(arc) < 20
    sweep = shapely.union_all([shapely.Polygon(points[:, :2]) for points in arc])
    assert shapely.Polygon(room.floor).buffer(0.01).contains(sweep)


def test_the_handle_is_across_from_the_hinge() -> None:
    room = with_door(Room.rectangle(5, 4, 2.6), "north_wall", "in")
    mesh = room_mesh(room, make_camera("walk", room, (64, 64)))
    x = mesh.corners[made_of(mesh, HANDLE)][..., 0]
    # North walls run west: the hinge is at 4.5, the far edge at 3.6.
    assert np.all((x > 3.6) & (x < 3.8))
    gap = with_door(Room.rectangle(5, 4, 2.6), "north_wall", "none")
    assert not made_of(room_mesh(gap, make_camera("walk", gap, (64, 64))), HANDLE).any()


def test_skirting_boards_run_along_raised_walls_but_not_through_doors() -> None:
    room = with_door(Room.rectangle(5, 4, 2.6), "north_wall", "in")
    mesh = room_mesh(room, make_camera("corner", room, (256, 256)))
    assert not np.isin(mesh.smoothing, (FIRST_SKIRTING, FIRST_SKIRTING + 3)).any()
    boards = mesh.corners[mesh.smoothing == FIRST_SKIRTING + 2]
    fronts = boards[np.ptp(boards[..., 1], axis=1) == 0]
    covered = shapely.union_all([shapely.Polygon(points[:, (0, 2)]) for points in fronts if np.ptp(points[:, 0]) > 0])
    expected = shapely.box(0, 0, 5, SKIRTING[0]).difference(shapely.box(3.6, 0, 4.5, 1))
    assert covered.symmetric_difference(expected).area < 1e-9
    assert boards[..., 1].min() == pytest.approx(4 - SKIRTING[1])
    bare = room_mesh(room, make_camera("corner", room, (256, 256)), RoomStyle(skirting=False))
    assert not np.any(bare.smoothing >= FIRST_SKIRTING)


def test_rooms_have_a_ceiling_from_inside_alone(polygon_room: Room) -> None:
    whole = shapely.Polygon(polygon_room.floor)
    for spec, is_inside in (("walk", True), ("corner", False), ("front", False), (OrbitCamera(200, 2), False)):
        mesh = room_mesh(polygon_room, make_camera(spec, polygon_room, (64, 64)))
        ceiling = made_of(mesh, CEILING)
        assert ceiling.any() == is_inside
        assert np.all(mesh.normals[ceiling] == (0, 0, -1))
        area = sum(shapely.Polygon(points[:, :2]).area for points in mesh.corners[ceiling])
        assert area == pytest.approx(whole.area if is_inside else 0.0)
    above = FreeCamera((1, 1, 9), (1, 1.5, 0))
    assert not made_of(room_mesh(polygon_room, make_camera(above, polygon_room, (64, 64))), CEILING).any()


def test_from_inside_the_room_is_closed(polygon_room: Room) -> None:
    """Rays from inside a shell with a ceiling all end at a face that looks at them, as trimesh finds."""
    openings = tuple(
        Opening("window", wall.name, 0.3, 0.7, 1.0, 0.8) for wall in polygon_room.wall_lines if wall.length > 1.2
    )
    room = Room(polygon_room.floor, polygon_room.height, openings)
    mesh = room_shell(room, ceiling=True)
    soup = trimesh.Trimesh(mesh.vertices, mesh.faces, process=False)
    rng = np.random.default_rng(7)
    directions = rng.normal(size=(400, 3))
    x, y, _ = make_camera("walk", room, (64, 64)).origin
    starts = np.broadcast_to((x, y, 1.2), directions.shape)
    first = soup.ray.intersects_first(starts, directions)
    assert np.all(first >= 0)
    assert np.all(np.sum(mesh.normals[first] * directions, axis=1) < 0)


def test_a_shell_has_all_walls_and_a_ceiling_on_request() -> None:
    plain, closed = room_shell(ELL), room_shell(ELL, ceiling=True)
    assert not made_of(plain, CEILING).any()
    assert made_of(closed, CEILING).any()
    assert {FIRST_WALL + i for i in range(6)} <= set(plain.smoothing.tolist())
    assert room_shell(Room(ELL.floor, 2.6)) is plain


def test_meshes_are_made_once_and_differ_by_style() -> None:
    room, again = Room.rectangle(5, 4, 2.6), Room.rectangle(5, 4, 2.6)
    first = room_mesh(room, make_camera("top", room, (64, 64)))
    assert room_mesh(again, make_camera("top", again, (64, 64))) is first
    tiled = room_mesh(room, make_camera("top", room, (64, 64)), RoomStyle(floor="tiles"))
    assert floor_material("tiles") in tiled.materials
    assert floor_material("tiles") not in first.materials


@pytest.mark.parametrize("view", ["corner", "top", "front", "walk", "orbit"])
def test_a_furnished_size_of_room_stays_small(view: str) -> None:
    openings = (
        Opening("door", "south_wall", 0.4, 0.9, 2.05, swing="in"),
        Opening("door", "east_wall", 0.4, 0.9, 2.05, swing="out"),
        Opening("window", "north_wall", 1.0, 2.4, 1.4, 0.9),
        Opening("window", "west_wall", 1.0, 1.2, 1.4, 0.9),
    )
    room = Room.rectangle(8, 6, 2.7, openings)
    assert len(room_mesh(room, make_camera(view, room, (512, 512)))) <= 400


def test_small_openings_and_low_rooms() -> None:
    """Holes at a wall's ends, to the ceiling or a few centimetres wide stay within their walls."""
    openings = (
        Opening("door", "south_wall", 0.0, 0.3, 0.5),
        Opening("window", "north_wall", 0.0, 1.0, 0.5),
        Opening("window", "east_wall", 0.4, 0.05, 0.05, 0.2),
    )
    room = Room.rectangle(1, 1, 0.5, openings)
    for view in ("corner", "front", "walk", "orbit"):
        mesh = room_mesh(room, make_camera(view, room, (64, 64)))
        low, high = mesh.bounds
        assert low[2] > -0.15
        assert high[2] <= 0.5 + 1e-9
        assert made_of(mesh, FRAME).any()


def test_shallow_walls_in_a_picture_that_is_all_height() -> None:
    """A camera that looks level cannot look over walls: they are lowered rather than drawn over the floor."""
    room = Room.polygon(((0, 0), (6, 0), (6, 5), (4, 5), (4, 2), (2, 2), (2, 5), (0, 5)), 2.6)
    for size in ((16, 2048), (2048, 16)):
        camera = make_camera("corner", room, size)
        assert set(camera.walls) <= {"wall_1", "wall_2", "wall_6"}
        assert math.isfinite(camera.pixels_per_metre)
