from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from hypothesis import assume, given
from hypothesis import strategies as st

from spatialenv.core.room import Opening, Room
from spatialenv.errors import UnknownNameError
from spatialenv.renderers.camera import NAMED_CAMERAS, Camera, FreeCamera, OrbitCamera, frame_margin, make_camera
from spatialenv.renderers.framing import FILL

SIDES = st.floats(0.5, 60.0)
PIXELS = st.integers(16, 2048)


@st.composite
def rooms(draw: st.DrawFn) -> Room:
    """Rectangles and star-shaped floors, 1 to 40 m wide, 2 to 6 m high."""
    height = draw(st.floats(2.0, 6.0))
    if draw(st.booleans()):
        return Room.rectangle(draw(st.floats(1.0, 40.0)), draw(st.floats(1.0, 40.0)), height)
    n = draw(st.integers(3, 10))
    radii = draw(st.lists(st.floats(1.0, 20.0), min_size=n, max_size=n))
    angles = math.tau * (np.arange(n) + 0.3) / n
    return Room.polygon([(r * math.cos(a), r * math.sin(a)) for r, a in zip(radii, angles, strict=True)], height)


def shown_points(room: Room, camera: Camera) -> np.ndarray:
    """Return the corners of the floor and of the walls that stand up."""
    raised = [wall for wall in room.wall_lines if wall.name in camera.walls]
    points = [(*corner, 0.0) for corner in room.floor]
    return np.array(points + [(*end, room.height) for wall in raised for end in (wall.start, wall.end)])


def test_top_view_by_hand() -> None:
    # The margin is 0.3 + 0.06 * 4 = 0.54 m, so 5.08 m fill 100 px: 19.685 px a metre.
    camera = make_camera("top", Room.rectangle(4, 4, 3), (100, 100))
    points = np.array([[2, 2, 0], [3, 2, 0], [2, 3, 0], [0, 0, 0], [3, 2, 2.5]], dtype=float)
    expected = [[50, 50], [69.685, 50], [50, 30.315], [10.63, 89.37], [69.685, 50]]
    np.testing.assert_allclose(camera.project(points), expected, atol=1e-3)


def test_top_view_of_a_long_room_in_a_wide_picture() -> None:
    # The margin is 0.3 + 0.06 * 10 = 0.9 m; 11.8 m across 300 px, 3.8 m down 100 px: 25.42 px a metre.
    camera = make_camera("top", Room.rectangle(10, 2, 3), (300, 100))
    assert camera.pixels_per_metre == pytest.approx(300 / 11.8)
    np.testing.assert_allclose(camera.project(np.array([10.0, 1.0, 0.0])), [150 + 5 * 300 / 11.8, 50])


def test_corner_view_by_hand() -> None:
    """A pinhole looking 33 degrees east of north and 42 degrees down, 34 degrees wide."""
    camera = make_camera("corner", Room.rectangle(5, 4, 2.7), (256, 256))
    eye = np.linalg.solve(camera.matrix[[0, 1, 3], :3], -camera.matrix[[0, 1, 3], 3])
    assert eye[0] < 0
    assert eye[1] < 0
    assert eye[2] > 2.7
    ahead = np.array([0.404746, 0.623254, -0.669131])
    right = np.array([0.838671, -0.544639, 0.0])
    up = np.array([0.364435, 0.561181, 0.743145])
    np.testing.assert_allclose(camera.project(eye + 10 * ahead), [128, 128], atol=1e-3)
    # The focal length is 128 / tan(17 degrees) = 418.67 px, so a metre at 10 m is 41.867 px.
    np.testing.assert_allclose(camera.project(eye + 10 * ahead + right), [169.867, 128], atol=2e-3)
    np.testing.assert_allclose(camera.project(eye + 10 * ahead + up), [128, 86.133], atol=2e-3)
    assert np.isnan(camera.project(eye - 10 * ahead)).all()


@pytest.mark.parametrize("view", ["corner", "top"])
def test_x_runs_right_and_y_runs_up(view: str) -> None:
    camera = make_camera(view, Room.rectangle(5, 4, 2.7), (200, 150))
    middle, east, north = camera.project(np.array([[2.5, 2, 0], [4.5, 2, 0], [2.5, 3.5, 0]]))
    assert east[0] > middle[0] + 20
    assert north[1] < middle[1] - 8


def test_height_is_up_in_the_corner_view() -> None:
    camera = make_camera("corner", Room.rectangle(5, 4, 2.7), (200, 150))
    low, high = camera.project(np.array([[2.5, 2, 0], [2.5, 2, 1]]))
    assert high[1] < low[1] - 5


@given(SIDES, SIDES, SIDES, PIXELS, PIXELS)
def test_the_whole_room_is_framed(length: float, width: float, height: float, columns: int, rows: int) -> None:
    room = Room.rectangle(length, width, height)
    for view in ("corner", "top"):
        camera = make_camera(view, room, (columns, rows))
        corners = np.array([(x, y, z) for x in (0, length) for y in (0, width) for z in (0, height)])
        # Nothing stands over the origin in the corner view: both walls there are cut away.
        corners = np.array([corner for corner in corners if view == "top" or tuple(corner) != (0, 0, height)])
        pixels = camera.project(corners)
        assert np.all(pixels > 0)
        assert np.all(pixels < [columns, rows])
        margin = frame_margin(room)
        beyond = margin / 3 if view == "corner" else margin
        floor = [(x, y, 0) for x in (-margin, length + beyond) for y in (-margin, width + beyond)]
        filled = np.ptp(np.concatenate([pixels, camera.project(np.array(floor))]), axis=0) / [columns, rows]
        assert filled.max() == pytest.approx(FILL if view == "corner" else 1.0)


@given(st.floats(-3, 3), st.floats(-3, 3), st.floats(0.1, 3))
def test_depth_key_is_greater_for_what_is_nearer(x: float, y: float, away: float) -> None:
    for view, nearer in (("top", [0, 0, 1.0]), ("corner", [-0.404746, -0.623254, 0.669131])):
        camera = make_camera(view, Room.rectangle(5, 4, 2.7), (64, 64))
        points = np.array([[x, y, 0, 1], [*(np.array([x, y, 0]) + away * np.array(nearer)), 1]]) @ camera.matrix.T
        keys = points[:, 2] / points[:, 3]
        assert keys[1] > keys[0]


def test_walls_away_from_the_camera_are_drawn() -> None:
    room = Room.rectangle(5, 4, 2.7)
    assert make_camera("corner", room, (64, 64)).walls == ("east_wall", "north_wall")
    assert make_camera("top", room, (64, 64)).walls == ()


def test_unknown_camera() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'corner'"):
        make_camera("cornr", Room.rectangle(5, 4, 2.7), (64, 64))


def test_yaw_zero_faces_north_in_the_picture() -> None:
    camera = make_camera("top", Room.rectangle(4, 4, 3), (100, 100))
    front = np.array([-math.sin(0.0), math.cos(0.0), 0.0])
    start, tip = camera.project(np.array([[2.0, 2.0, 0.0], [2.0 + front[0], 2.0 + front[1], 0.0]]))
    assert tip[1] < start[1]
    assert tip[0] == pytest.approx(start[0])


def test_rooms_of_any_shape_are_framed(polygon_room: Room) -> None:
    for size in ((256, 256), (96, 200), (300, 90)):
        for view in ("corner", "top"):
            camera = make_camera(view, polygon_room, size)
            raised = [wall for wall in polygon_room.wall_lines if wall.name in camera.walls]
            points = [(*corner, 0.0) for corner in polygon_room.floor]
            points += [(*corner, polygon_room.height) for wall in raised for corner in (wall.start, wall.end)]
            pixels = camera.project(np.array(points))
            assert np.all(pixels > 0)
            assert np.all(pixels < size)
            # The axes, along the bounding box, are in the picture as well.
            ends = np.array([(0, 0, 0), (polygon_room.length, 0, 0), (0, polygon_room.width, 0)], dtype=float)
            assert np.all((camera.project(ends) > 0) & (camera.project(ends) < size))


def test_a_room_is_drawn_larger_where_its_box_is_not_filled() -> None:
    # In a wide picture the height of the north-east corner sets the scale.
    size = (512, 256)
    cut = Room(((0, 0), (6, 0), (6, 1), (1, 5), (0, 5)), 2.6)
    whole, part = (make_camera("corner", room, size) for room in (Room.rectangle(6, 5, 2.6), cut))
    assert part.pixels_per_metre > 1.05 * whole.pixels_per_metre
    top = [make_camera("top", room, size).pixels_per_metre for room in (Room.rectangle(6, 5, 2.6), cut)]
    assert top[0] == top[1]


def test_walls_that_hide_floor_are_cut_away() -> None:
    bay = Room(((0, 0), (6, 0), (6, 5), (4, 5), (4, 2), (2, 2), (2, 5), (0, 5)), 2.6)
    assert make_camera("corner", bay, (256, 256)).walls == ("wall_1", "wall_2", "wall_5", "wall_6")
    assert make_camera("top", bay, (256, 256)).walls == ()


def test_cameras_are_made_once_and_cannot_be_changed() -> None:
    camera = make_camera("corner", Room.rectangle(5, 4, 2.7), (64, 64))
    assert make_camera("corner", Room.rectangle(5, 4, 2.7), (64, 64)) is camera
    with pytest.raises(ValueError, match="read-only"):
        camera.matrix[0, 0] = 1.0


@given(rooms(), PIXELS, PIXELS, st.floats(-400, 400), st.floats(0, 90))
def test_cameras_outside_frame_the_whole_room(
    room: Room, columns: int, rows: int, azimuth: float, elevation: float
) -> None:
    for spec in ("corner", "top", "front", "orbit", OrbitCamera(azimuth, elevation)):
        camera = make_camera(spec, room, (columns, rows))
        assert np.isfinite(camera.matrix).all()
        points = shown_points(room, camera)
        pixels = camera.project(points)
        assert np.all((pixels > 0) & (pixels < (columns, rows)))
        assert np.all(camera.depths(points) > 0)


@given(rooms(), st.sampled_from([(64, 64), (300, 120), (90, 400)]))
def test_a_walker_stands_in_the_room(room: Room, size: tuple[int, int]) -> None:
    camera = make_camera("walk", room, size)
    floor = shapely.Polygon(room.floor)
    eye = shapely.Point(camera.origin[:2])
    assert floor.contains(eye)
    assert floor.boundary.distance(eye) > 1e-3
    assert camera.origin[2] == pytest.approx(min(1.6, 0.8 * room.height))
    assert camera.walls == room.walls
    assert np.isfinite(camera.matrix).all()


def test_a_walker_steps_in_through_the_first_door() -> None:
    room = Room.rectangle(
        5, 4, 2.6, (Opening("window", "west_wall", 1, 1, 1, 1), Opening("door", "east_wall", 1, 0.8, 2))
    )
    camera = make_camera("walk", room, (100, 100))
    np.testing.assert_allclose(camera.origin, [5 - 0.35, 1.4, 1.6])
    # Over the floor's middle, a quarter of the way to it lower than the eye, is the middle of the picture.
    middle = np.array([2.5, 2.0, 1.6 - 0.25 * math.hypot(2.15, 0.6)])
    np.testing.assert_allclose(camera.project(middle), [50, 50], atol=1e-6)
    large = make_camera("walk", Room.rectangle(9, 9, 2.6), (100, 100))
    np.testing.assert_allclose(large.project(np.array([4.5, 4.5, 1.0])), [50, 50], atol=1e-6)


def test_a_walker_in_a_bay_looks_at_what_can_be_seen() -> None:
    """From the west arm of a U, its middle is behind a wall: the walker looks down the arm."""
    door = Opening("door", "wall_6", 0.5, 0.9, 2)
    room = Room(((0, 0), (6, 0), (6, 5), (4, 5), (4, 2), (2, 2), (2, 5), (0, 5)), 2.6, (door,))
    camera = make_camera("walk", room, (100, 100))
    np.testing.assert_allclose(camera.origin[:2], [1.05, 4.65])
    assert camera.ahead[1] < -0.8
    line = shapely.LineString([camera.origin[:2], camera.origin[:2] + 2.5 * camera.ahead[:2]])
    assert shapely.Polygon(room.floor).contains(line)


CAMERAS = (*NAMED_CAMERAS, FreeCamera((1, 1, 1.2), (4, 2, 1), 75), FreeCamera((2, 2, 9), (2, 2, 0)))


@pytest.mark.parametrize("spec", CAMERAS, ids=str)
@pytest.mark.parametrize("size", [(48, 48), (64, 20), (24, 80)])
def test_rays_go_through_the_middles_of_their_pixels(spec: str | FreeCamera, size: tuple[int, int]) -> None:
    camera = make_camera(spec, Room.rectangle(5, 4, 2.7), size)
    origins, directions = camera.rays()
    assert origins.shape == directions.shape == (size[1], size[0], 3)
    np.testing.assert_allclose(np.linalg.norm(directions, axis=-1), 1.0)
    x, y = np.meshgrid(np.arange(size[0]) + 0.5, np.arange(size[1]) + 0.5)
    for reach in (0.5, 3.0, 20.0):
        points = origins + reach * directions
        np.testing.assert_allclose(camera.project(points), np.stack([x, y], axis=-1), atol=1e-6)
    # Along a ray, depth grows as far as the ray runs along the direction of view.
    depths = camera.depths(origins + 3.0 * directions) - camera.depths(origins)
    np.testing.assert_allclose(depths, 3.0 * directions @ camera.ahead, atol=1e-9)


def test_front_view_is_an_elevation_from_the_south() -> None:
    room = Room.rectangle(6, 4, 2.6)
    camera = make_camera("front", room, (300, 200))
    assert camera.walls == ("east_wall", "north_wall", "west_wall")
    assert camera.origin[0] == pytest.approx(3.0)
    assert camera.origin[1] < -4
    assert 0 < camera.origin[2] < 8
    # Upright lines in the middle plane stay upright, and what is level and runs east stays level.
    (low, high, west, east) = camera.project(np.array([(3, 4, 0), (3, 4, 2.6), (0, 4, 0), (6, 4, 0)], dtype=float))
    assert low[0] == pytest.approx(high[0])
    assert west[1] == pytest.approx(east[1])
    assert west[0] < low[0] < east[0]


def test_an_orbit_keeps_its_distance_and_its_scale() -> None:
    room = Room.polygon(((0, 0), (8, 0), (8, 2), (3, 2), (3, 5), (0, 5)), 2.6)
    cameras = [make_camera(OrbitCamera(azimuth, 30), room, (200, 150)) for azimuth in range(0, 360, 30)]
    middle = np.array([4, 2.5, 1.3])
    distances = [np.linalg.norm(camera.origin - middle) for camera in cameras]
    np.testing.assert_allclose(distances, distances[0])
    np.testing.assert_allclose([camera.pixels_per_metre for camera in cameras], cameras[0].pixels_per_metre)
    # Looking east, the camera stands in the west, and north is to the left.
    east = cameras[3]
    assert east.origin[0] < 0
    assert east.origin[1] == pytest.approx(2.5)
    assert east.project(np.array([4.0, 5.0, 0.0]))[0] < east.project(np.array([4.0, 0.0, 0.0]))[0]


def test_zoom_enlarges_the_middle_of_the_picture() -> None:
    room = Room.rectangle(5, 4, 2.6)
    plain, near = (make_camera(OrbitCamera(30, 40, zoom), room, (200, 100)) for zoom in (1, 2))
    point = np.array([3.0, 2.5, 0.4])
    np.testing.assert_allclose(near.project(point) - (100, 50), 2 * (plain.project(point) - (100, 50)))
    assert near.pixels_per_metre == pytest.approx(2 * plain.pixels_per_metre)


def test_orbits_cut_the_walls_towards_the_camera() -> None:
    room = Room.rectangle(5, 4, 2.6)
    expected = {
        45: ("east_wall", "north_wall"),
        135: ("south_wall", "east_wall"),
        225: ("south_wall", "west_wall"),
        315: ("north_wall", "west_wall"),
    }
    for azimuth, walls in expected.items():
        assert make_camera(OrbitCamera(azimuth), room, (64, 64)).walls == walls


def test_a_free_camera_by_hand() -> None:
    # 90 degrees across 100 px of height: a metre at 2 m is 25 px.
    camera = make_camera(FreeCamera((1, 0, 1), (1, 2, 1), 90), Room.rectangle(2, 5, 2.6), (160, 100))
    np.testing.assert_allclose(
        camera.project(np.array([(1, 2, 1), (2, 2, 1), (1, 2, 2)])), [(80, 50), (105, 50), (80, 25)]
    )
    np.testing.assert_allclose(camera.depths(np.array([(0.3, 2, 2), (1, -1, 1)])), [2, -1])
    assert np.isnan(camera.project(np.array([1.0, -1.0, 1.0]))).all()


@given(
    st.tuples(*[st.floats(-50, 50)] * 3),
    st.tuples(*[st.floats(-50, 50)] * 3),
    st.floats(1, 150),
    st.sampled_from([(64, 48), (16, 256)]),
)
def test_free_cameras_look_where_they_are_told(
    eye: tuple[float, float, float], target: tuple[float, float, float], fov: float, size: tuple[int, int]
) -> None:
    assume(math.dist(eye, target) > 1e-3)
    camera = make_camera(FreeCamera(eye, target, fov), Room.rectangle(5, 4, 2.6), size)
    assert np.isfinite(camera.matrix).all()
    np.testing.assert_allclose(camera.project(np.array(target)), (size[0] / 2, size[1] / 2), atol=1e-3)
    assert camera.depths(np.array(target)) == pytest.approx(math.dist(eye, target))
    assert abs(np.linalg.det(np.stack([camera.matrix[3, :3], camera.ahead, camera.ahead]))) < 1e-9


def test_north_is_up_where_a_free_camera_looks_straight_down() -> None:
    camera = make_camera(FreeCamera((2, 2, 8), (2, 2, 0)), Room.rectangle(4, 4, 3), (100, 100))
    middle, east, north = camera.project(np.array([(2, 2, 0), (3, 2, 0), (2, 3, 0)], dtype=float))
    assert east[0] > middle[0] + 5
    assert north[1] < middle[1] - 5
    assert camera.walls == ("south_wall", "east_wall", "north_wall", "west_wall")


def test_walls_around_free_cameras() -> None:
    room = Room(((0, 0), (6, 0), (6, 2.5), (3, 2.5), (3, 5), (0, 5)), 2.6)
    inside = make_camera(FreeCamera((1, 1, 1.5), (5, 1, 1)), room, (64, 64))
    assert inside.walls == room.walls
    outside = make_camera(FreeCamera((-3, -3, 5), (3, 2, 0)), room, (64, 64))
    assert outside.walls == make_camera("corner", room, (64, 64)).walls
    # In the bay, outside the floor: walls that turn their backs are cut away.
    bay = make_camera(FreeCamera((5, 4.5, 1.5), (1, 1, 1)), room, (64, 64))
    assert bay.walls == ("wall_0", "wall_1", "wall_4", "wall_5")


def test_a_camera_may_be_a_mapping() -> None:
    room = Room.rectangle(5, 4, 2.6)
    spec = {"name": "orbit", "azimuth": 30, "elevation": 40, "view": "left"}
    camera = make_camera(spec, room, (64, 64))
    assert camera.name == "left"
    assert make_camera(OrbitCamera(30, 40, name="left"), room, (64, 64)) is camera
    assert make_camera({"name": "top"}, room, (64, 64)) is make_camera("top", room, (64, 64))


@pytest.mark.parametrize("name", ["corner", "top", "front", "walk", "orbit"])
@pytest.mark.parametrize("extent", [(1e-6, 1e-6, 1e-6), (1e-6, 1e4, 1.0), (1e4, 1e4, 1e4)])
def test_rooms_of_any_size_have_every_camera(name: str, extent: tuple[float, float, float]) -> None:
    camera = make_camera(name, Room.rectangle(*extent), (16, 2048))
    assert np.all(np.isfinite(camera.matrix))
    assert np.all(np.isfinite(camera.project(camera.origin + camera.ahead * (1.0 + max(extent)))))
