from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatialenv.core.room import Room
from spatialenv.errors import UnknownNameError
from spatialenv.renderers.camera import FILL, frame_margin, make_camera

SIDES = st.floats(0.5, 60.0)
PIXELS = st.integers(16, 2048)


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


def test_segments_are_cut_behind_the_camera() -> None:
    camera = make_camera("corner", Room.rectangle(5, 4, 2.7), (100, 100))
    inside, behind = [2.0, 2.0, 0.0], [-40.0, -60.0, 60.0]
    lines = camera.project_segments(np.array([[inside, behind], [behind, inside], [behind, behind]]))
    assert lines.shape == (2, 2, 2)
    assert np.isfinite(lines).all()
    np.testing.assert_allclose(lines[0, 0], camera.project(np.array(inside)))
    np.testing.assert_allclose(lines[0], lines[1][::-1])


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
