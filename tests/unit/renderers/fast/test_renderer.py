from __future__ import annotations

import math
import pickle
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from spatialenv.core.placed import PlacedScene
from spatialenv.core.room import Opening, Room
from spatialenv.core.scene import Scene
from spatialenv.core.violations import Violation
from spatialenv.errors import RendererError
from spatialenv.renderers.camera import Camera, make_camera
from spatialenv.renderers.fast import FastRenderer, renderer
from spatialenv.renderers.fast.mesh import ROOM_OWNER, build_mesh
from spatialenv.renderers.fast.renderer import draw_samples, shown_objects
from spatialenv.renderers.room.mesh import FIRST_WALL
from spatialenv.renderers.palette import PALETTE

Place = Callable[..., PlacedScene]
ROOM = Room.rectangle(5, 4, 2.5)


def owners_seen(placed: PlacedScene, camera: Camera, scale: int = 2) -> np.ndarray[Any, Any]:
    mesh = build_mesh(placed, shown_objects(placed), camera)
    return draw_samples(mesh, camera, scale).owners(mesh)


def cast_rays(placed: PlacedScene, camera: Camera, scale: int) -> np.ndarray[Any, Any]:
    """What each sample sees, by intersecting its ray with every box, the floor and the walls."""
    width, height = camera.size
    x, y = np.meshgrid((np.arange(width * scale) + 0.5) / scale, (np.arange(height * scale) + 0.5) / scale)
    room = placed.room
    if camera.name == "top":
        origin = np.stack(
            [
                room.length / 2 + (x - width / 2) / camera.pixels_per_metre,
                room.width / 2 - (y - height / 2) / camera.pixels_per_metre,
                np.full(x.shape, 1e3),
            ],
            axis=-1,
        )
        ahead = np.broadcast_to([0.0, 0.0, -1.0], origin.shape)
    else:
        lens = camera.matrix[[0, 1, 3]]
        inverse = np.linalg.inv(lens[:, :3])
        origin = np.broadcast_to(-inverse @ lens[:, 3], (*x.shape, 3))
        ahead = np.stack([x, y, np.ones_like(x)], axis=-1) @ inverse.T
    nearest = np.full(x.shape, np.inf)
    owners = np.full(x.shape, -1)
    planes = [(2, 0.0, (room.length, room.width, np.inf))]
    if camera.name == "corner":
        planes += [
            (0, room.length, (np.inf, room.width, room.height)),
            (1, room.width, (room.length, np.inf, room.height)),
        ]
    with np.errstate(divide="ignore", invalid="ignore"):
        for axis, level, limits in planes:
            reach = (level - origin[..., axis]) / ahead[..., axis]
            point = origin + reach[..., None] * ahead
            others = [i for i in range(3) if i != axis]
            hit = (reach > 0) & (reach < nearest)
            for i in others:
                hit &= (point[..., i] >= 0) & (point[..., i] <= limits[i])
            nearest, owners = np.where(hit, reach, nearest), np.where(hit, ROOM_OWNER, owners)
        for i in range(len(placed.ids)):
            sine, cosine = np.sin(placed.yaws[i]), np.cos(placed.yaws[i])
            into = np.array([[cosine, sine, 0], [-sine, cosine, 0], [0, 0, 1]])
            start, step = (origin - placed.centers[i]) @ into.T, ahead @ into.T
            one, two = (-placed.sizes[i] / 2 - start) / step, (placed.sizes[i] / 2 - start) / step
            enter = np.fmax.reduce(np.minimum(one, two), axis=-1)
            leave = np.fmin.reduce(np.maximum(one, two), axis=-1)
            hit = (enter < leave) & (enter > 0) & (enter < nearest)
            nearest, owners = np.where(hit, enter, nearest), np.where(hit, i, owners)
    return owners


@pytest.mark.parametrize("view", ["corner", "top"])
@pytest.mark.parametrize(("seed", "n"), [(0, 1), (1, 5), (2, 12), (3, 12), (4, 30)])
def test_the_nearest_box_is_seen(view: str, seed: int, n: int, scatter: Place) -> None:
    placed = scatter(seed, n)
    camera = make_camera(view, placed.room, (120, 90))
    found, expected = owners_seen(placed, camera), cast_rays(placed, camera, 2)
    # The band of wall around the floor is a drawing, not a thing in the scene.
    found = np.where((found == ROOM_OWNER) & (expected == -1), -1, found)
    edge = np.zeros(expected.shape, bool)
    for axis in (0, 1):
        for shift in (-1, 1):
            edge |= np.roll(expected, shift, axis) != expected
    assert len(np.unique(expected)) > min(n, 3)
    assert np.mean(found[~edge] == expected[~edge]) > 0.995
    assert np.mean(found == expected) > 0.97


def test_the_nearest_box_is_seen_whatever_the_order(place: Place) -> None:
    low, high = (2.0, 2.0, 0.5, 2.0, 2.0, 1.0, 0.0), (2.0, 2.0, 1.5, 1.0, 1.0, 1.0, 0.0)
    camera = make_camera("top", ROOM, (100, 100))
    x, y = (2 * camera.project(np.array([2.0, 2.0, 0.0]))).astype(int)
    assert owners_seen(place({"low": low, "high": high}, ROOM), camera)[y, x] == 1
    assert owners_seen(place({"high": high, "low": low}, ROOM), camera)[y, x] == 0


@pytest.mark.parametrize("view", ["corner", "top"])
def test_an_object_at_the_east_wall_appears_right_and_north_is_up(view: str, place: Place) -> None:
    boxes = {
        "east": (4.7, 2.0, 0.2, 0.4, 0.4, 0.4, 0.0),
        "west": (0.3, 2.0, 0.2, 0.4, 0.4, 0.4, 0.0),
        "north": (2.5, 3.7, 0.2, 0.4, 0.4, 0.4, 0.0),
        "south": (2.5, 0.3, 0.2, 0.4, 0.4, 0.4, 0.0),
    }
    seen = owners_seen(place(boxes, ROOM), make_camera(view, ROOM, (200, 200)))
    rows, columns = zip(*(np.mean(np.nonzero(seen == i), axis=1) for i in range(4)), strict=True)
    assert columns[0] > columns[1] + 100
    assert rows[2] < rows[3] - 60


def test_a_box_covers_its_footprint_to_the_pixel(place: Place) -> None:
    placed = place({"box": (2.5, 2.0, 0.5, 2.0, 1.0, 1.0, 90.0)}, ROOM)
    camera = make_camera("top", ROOM, (200, 200))
    rows, columns = np.nonzero(owners_seen(placed, camera, 1) == 0)
    scale = camera.pixels_per_metre
    # Turned by 90 degrees its length of 2 m runs north.
    assert abs(np.ptp(columns) + 1 - 1.0 * scale) <= 1
    assert abs(np.ptp(rows) + 1 - 2.0 * scale) <= 1
    assert np.mean(columns) == pytest.approx(99.5, abs=1)


@pytest.mark.parametrize(("yaw", "side"), [(0, "north"), (90, "west"), (180, "south"), (270, "east")])
def test_the_front_is_marked(yaw: float, side: str, place: Place) -> None:
    placed = place({"box": (2.5, 2.0, 0.25, 1.6, 1.6, 0.5, yaw)}, ROOM)
    picture = FastRenderer().render(placed, views=["top"], size=(200, 200), labels=False).image.astype(int)
    camera = make_camera("top", ROOM, (200, 200))
    away = {"north": (0, 0.55), "west": (-0.55, 0), "south": (0, -0.55), "east": (0.55, 0)}
    colour = {}
    for name, (dx, dy) in away.items():
        x, y = camera.project(np.array([2.5 + dx, 2.0 + dy, 0.5]))
        colour[name] = picture[int(y), int(x)]
    plain = [colour[name] for name in away if name != side]
    assert np.abs(plain[0] - plain[1]).max() <= 2
    assert np.abs(colour[side] - plain[0]).max() > 60


def test_faces_differ_in_brightness(place: Place) -> None:
    placed = place({"box": (2.5, 2.0, 0.6, 1.2, 1.2, 1.2, 180.0)}, ROOM)
    picture = FastRenderer().render(placed, views=["corner"], size=(256, 256), labels=False).image.astype(float)
    camera = make_camera("corner", ROOM, (256, 256))
    spots = camera.project(np.array([[2.5, 2.3, 1.2], [2.5, 1.4, 0.4], [1.9, 2.0, 0.5]]))
    top, south, west = (picture[int(y), int(x)].sum() for x, y in spots)
    assert top > south + 20 > west + 40


def test_no_wall_is_dark_however_it_is_turned(place: Place) -> None:
    """Walls that the light misses or grazes are as bright as a rectangle's east wall."""
    angles = math.tau * np.arange(60) / 60
    room = Room.polygon([(3 * math.cos(a), 3 * math.sin(a)) for a in angles], 2.5)
    mesh = build_mesh(place({}, room), np.empty(0, np.int64), make_camera("corner", room, (64, 64)))
    brightness = mesh.lit[mesh.groups >= FIRST_WALL].mean(axis=1)
    assert len(brightness) > 20
    # 84 % of the walls' own 224.
    assert brightness.min() == pytest.approx(188.2, abs=0.1)
    assert brightness.max() > 195


def test_shadows_fall_away_from_the_light_and_can_be_left_out(place: Place) -> None:
    placed = place({"box": (2.5, 2.0, 0.5, 0.6, 0.6, 1.0, 0.0)}, ROOM)
    lit = FastRenderer(shadows=False).render(placed, views=["top"], labels=False).image.astype(int)
    shaded = FastRenderer().render(placed, views=["top"], labels=False).image.astype(int)
    x, y = (int(v) for v in make_camera("top", ROOM, (256, 256)).project(np.array([2.15, 2.45, 0.0])))
    assert shaded[y, x].sum() < lit[y, x].sum() - 60
    x, y = (int(v) for v in make_camera("top", ROOM, (256, 256)).project(np.array([2.85, 1.55, 0.0])))
    assert np.array_equal(shaded[y, x], lit[y, x])


def test_an_object_keeps_its_colour_when_others_are_missing(place: Place) -> None:
    boxes = {
        "one": (1.0, 2.0, 0.3, 0.8, 0.8, 0.6, 0.0),
        "two": (2.5, 2.0, 0.3, 0.8, 0.8, 0.6, 0.0),
        "three": (4.0, 2.0, 0.3, 0.8, 0.8, 0.6, 0.0),
    }
    everything = place(boxes, ROOM)
    alone = everything.scene.place({"three": (4.0, 2.0, 0.3)})
    x, y = (int(v) for v in make_camera("top", ROOM, (128, 128)).project(np.array([4.0, 1.8, 0.0])))
    colours = [
        FastRenderer().render(p, views=["top"], size=(128, 128), labels=False).image[y, x] for p in (everything, alone)
    ]
    assert np.array_equal(*colours)
    assert colours[0][0] < 5
    assert np.ptp(colours[0][1:] / PALETTE[2, 1:]) < 0.05


def test_same_bytes_twice_in_threads_and_after_pickling(scatter: Place) -> None:
    scenes = [scatter(seed, 8) for seed in range(6)]
    drawer = FastRenderer()

    def draw(placed: PlacedScene) -> bytes:
        return drawer.render(placed, size=(160, 144)).image.tobytes()

    first = [draw(placed) for placed in scenes]
    assert first == [draw(placed) for placed in scenes]
    with ThreadPoolExecutor(4) as pool:
        assert first * 3 == list(pool.map(draw, scenes * 3))
    drawer = pickle.loads(pickle.dumps(drawer))
    assert first[0] == draw(scenes[0])
    assert len(set(first)) == len(first)


@pytest.mark.parametrize("size", [(16, 16), (2048, 16), (16, 2048), (127, 300), (640, 480)])
def test_sizes(size: tuple[int, int], scatter: Place) -> None:
    frames = FastRenderer().render(scatter(5, 4), size=size)
    for picture in frames.views.values():
        assert picture.shape == (size[1], size[0], 3)
        assert picture.dtype == np.uint8
        assert picture.std() > 2
    assert frames.image.shape == (size[1], 2 * size[0], 3)


def test_the_empty_room_is_a_picture() -> None:
    empty = Scene(room=ROOM, objects=()).place({})
    image = FastRenderer().render(empty).image
    assert len(np.unique(image.reshape(-1, 3), axis=0)) > 5


def test_doors_and_windows_show() -> None:
    openings = (
        Opening("door", "south_wall", 1.0, 0.9, 2.0),
        Opening("window", "north_wall", 1.0, 1.5, 1.2, 0.9),
        Opening("window", "east_wall", 0.5, 3.5, 1.6, 0.9),
    )
    with_openings = Scene(room=Room.rectangle(5, 4, 2.5, openings), objects=()).place({})
    without = Scene(room=ROOM, objects=()).place({})
    for view in ("corner", "top"):
        pictures = [
            FastRenderer().render(p, views=[view], labels=False).image.astype(int) for p in (with_openings, without)
        ]
        assert np.mean(np.abs(pictures[0] - pictures[1]).max(axis=2) > 15) > 0.003


ABSURD = [1e6, -1e6, 1e12, -1e300, 1e308]


@pytest.mark.parametrize("value", ABSURD)
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_absurd_coordinates_are_drawn_in_no_time(value: float, axis: int, place: Place) -> None:
    spot = [1.0, 1.0, 0.5]
    spot[axis] = value
    boxes = {"near": (2.5, 2.0, 0.5, 1.0, 1.0, 1.0, 20.0), "far": (*spot, 1.0, 1.0, 1.0, 10.0)}
    placed = place(boxes, ROOM)
    marks = [Violation("out_of_room", ("far",), 1.0, "m3"), Violation("collision", ("far", "near"), 1.0, "m3")]
    FastRenderer().render(placed, violations=marks)
    start = time.process_time()
    far = FastRenderer().render(placed, violations=marks)
    assert time.process_time() - start < 1.0
    alone = place({"near": boxes["near"]}, ROOM)
    # Without text and marks the stray object changes nothing.
    drawn = FastRenderer().render(placed, labels=False).image
    assert np.array_equal(drawn, FastRenderer().render(alone, labels=False).image)
    assert not np.array_equal(far.image, FastRenderer().render(alone).image)


def test_the_camera_inside_a_box(place: Place) -> None:
    huge = place({"hall": (2.5, 2.0, 10.0, 60.0, 60.0, 60.0, 10.0), "box": (2.5, 2.0, 0.5, 1, 1, 1, 0.0)}, ROOM)
    mark = [Violation("collision", ("hall", "box"), 1.0, "m3"), Violation("out_of_room", ("hall",), 1.0, "m3")]
    for size in ((64, 64), (300, 200)):
        assert FastRenderer().render(huge, size=size, violations=mark).image.shape[0] == size[1]


def test_sixty_objects(scatter: Place) -> None:
    placed = scatter(9, 60, Room.rectangle(10, 8, 3))
    start = time.process_time()
    assert FastRenderer().render(placed, size=(512, 512)).image.std() > 10
    assert time.process_time() - start < 5.0


def test_what_stands_behind_a_wall_shows_through_it(place: Place) -> None:
    behind = place({"box": (2.5, 4.6, 0.6, 1.0, 0.6, 1.2, 0.0)}, ROOM)
    empty = behind.scene.place({})
    pictures = [FastRenderer().render(p, views=["corner"], labels=False).image.astype(int) for p in (behind, empty)]
    x, y = (int(v) for v in make_camera("corner", ROOM, (256, 256)).project(np.array([2.5, 4.0, 0.5])))
    assert 8 < np.abs(pictures[0][y, x] - pictures[1][y, x]).max() < 80


def test_the_frame_does_not_move_with_the_objects(place: Place) -> None:
    """Pixels far from all objects and shadows are the same, wherever the objects stand."""
    one = place({"box": (1.0, 1.0, 0.3, 0.5, 0.5, 0.6, 0.0)}, ROOM)
    two = place({"box": (0.2, 1.6, 0.3, 0.5, 0.5, 0.6, 30.0)}, ROOM)
    for view in ("corner", "top"):
        first, second = (FastRenderer().render(p, views=[view], labels=False).image for p in (one, two))
        assert np.array_equal(first[:, 150:], second[:, 150:])


def test_a_failure_inside_is_a_renderer_error(monkeypatch: pytest.MonkeyPatch, scatter: Place) -> None:
    def fail(*_: Any) -> None:
        raise ValueError("broken")

    monkeypatch.setattr(renderer, "build_mesh", fail)
    with pytest.raises(RendererError, match=r"'fast' could not draw PlacedScene.*ValueError: broken") as caught:
        FastRenderer().render(scatter(0, 1))
    assert isinstance(caught.value.__cause__, ValueError)
