from __future__ import annotations

import math
import multiprocessing
import os
import pickle
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest

from spatialenv.core.mesh import Material, Texture, TriangleMesh, box_mesh, join
from spatialenv.core.placed import PlacedScene
from spatialenv.core.room import Opening, Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.errors import InputError, RendererError, UnknownNameError
from spatialenv.renderers.base import NOTHING, Frames
from spatialenv.renderers.base import ROOM as ROOM_ID
from spatialenv.renderers.camera import Camera, FreeCamera, make_camera
from spatialenv.renderers.fast import FastRenderer, renderer, stage
from spatialenv.renderers.fast.stage import LIGHT
from spatialenv.renderers.fast.strays import find_strays
from spatialenv.renderers.models import Appearance, Model, object_model
from spatialenv.renderers.palette import PALETTE
from spatialenv.renderers.room import RoomStyle

Place = Callable[..., PlacedScene]
ROOM = Room.rectangle(5, 4, 2.5)
BARE = RoomStyle(floor="plain", grid=False, skirting=False)
PLAIN = FastRenderer(shadows=False, ambient_occlusion=False, edges=False, room=BARE, supersampling=1)


def ids_seen(placed: PlacedScene, camera: Camera) -> np.ndarray[Any, Any]:
    found = FastRenderer(supersampling=1, furniture=False).render(placed, [camera.name], camera.size, channels=["ids"])
    return found.ids[camera.name]


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
            nearest, owners = np.where(hit, reach, nearest), np.where(hit, ROOM_ID, owners)
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
    camera = make_camera(view, placed.room, (240, 180))
    found, expected = ids_seen(placed, camera), cast_rays(placed, camera, 1)
    # The band of wall around the floor is a drawing, not a thing in the scene.
    found = np.where((found == ROOM_ID) & (expected == NOTHING), NOTHING, found)
    edge = np.zeros(expected.shape, bool)
    for axis in (0, 1):
        for shift in (-1, 1):
            edge |= np.roll(expected, shift, axis) != expected
    assert len(np.unique(expected)) > min(n, 3)
    assert np.mean(found[~edge] == expected[~edge]) > 0.995
    assert np.mean(found == expected) > 0.985


def test_the_nearest_box_is_seen_whatever_the_order(place: Place) -> None:
    low, high = (2.0, 2.0, 0.5, 2.0, 2.0, 1.0, 0.0), (2.0, 2.0, 1.5, 1.0, 1.0, 1.0, 0.0)
    camera = make_camera("top", ROOM, (100, 100))
    x, y = camera.project(np.array([2.0, 2.0, 0.0])).astype(int)
    assert ids_seen(place({"low": low, "high": high}, ROOM), camera)[y, x] == 1
    assert ids_seen(place({"high": high, "low": low}, ROOM), camera)[y, x] == 0


@pytest.mark.parametrize("view", ["corner", "top"])
def test_an_object_at_the_east_wall_appears_right_and_north_is_up(view: str, place: Place) -> None:
    boxes = {
        "east": (4.7, 2.0, 0.2, 0.4, 0.4, 0.4, 0.0),
        "west": (0.3, 2.0, 0.2, 0.4, 0.4, 0.4, 0.0),
        "north": (2.5, 3.7, 0.2, 0.4, 0.4, 0.4, 0.0),
        "south": (2.5, 0.3, 0.2, 0.4, 0.4, 0.4, 0.0),
    }
    seen = ids_seen(place(boxes, ROOM), make_camera(view, ROOM, (200, 200)))
    rows, columns = zip(*(np.mean(np.nonzero(seen == i), axis=1) for i in range(4)), strict=True)
    assert columns[0] > columns[1] + 50
    assert rows[2] < rows[3] - 30


def test_a_box_covers_its_footprint_to_the_pixel(place: Place) -> None:
    placed = place({"box": (2.5, 2.0, 0.5, 2.0, 1.0, 1.0, 90.0)}, ROOM)
    camera = make_camera("top", ROOM, (200, 200))
    rows, columns = np.nonzero(ids_seen(placed, camera) == 0)
    scale = camera.pixels_per_metre
    # Turned by 90 degrees its length of 2 m runs north.
    assert abs(np.ptp(columns) + 1 - 1.0 * scale) <= 1
    assert abs(np.ptp(rows) + 1 - 2.0 * scale) <= 1
    assert np.mean(columns) == pytest.approx(99.5, abs=1)


@pytest.mark.parametrize(("yaw", "side"), [(0, "north"), (90, "west"), (180, "south"), (270, "east")])
def test_the_front_is_marked(yaw: float, side: str, place: Place) -> None:
    placed = place({"box": (2.5, 2.0, 0.25, 1.6, 1.6, 0.5, yaw)}, ROOM)
    picture = FastRenderer(furniture=False).render(placed, cameras=["top"], size=(200, 200)).image.astype(int)
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
    picture = FastRenderer(furniture=False).render(placed, cameras=["corner"], size=(256, 256)).image.astype(float)
    camera = make_camera("corner", ROOM, (256, 256))
    spots = camera.project(np.array([[2.5, 2.3, 1.2], [2.5, 1.4, 0.4], [1.9, 2.0, 0.5]]))
    top, south, west = (picture[int(y), int(x)].sum() for x, y in spots)
    assert top > south + 20 > west + 40


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
        FastRenderer(furniture=False).render(p, cameras=["top"], size=(128, 128)).image[y, x]
        for p in (everything, alone)
    ]
    assert np.array_equal(*colours)
    assert colours[0][0] < 5
    assert np.ptp(colours[0][1:] / PALETTE[2, 1:]) < 0.05


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
        pictures = [FastRenderer().render(p, cameras=[view]).image.astype(int) for p in (with_openings, without)]
        assert np.mean(np.abs(pictures[0] - pictures[1]).max(axis=2) > 15) > 0.003


def test_sixty_objects(scatter: Place) -> None:
    placed = scatter(9, 60, Room.rectangle(10, 8, 3))
    start = time.process_time()
    assert FastRenderer().render(placed, size=(512, 512)).image.std() > 10
    assert time.process_time() - start < 5.0


def test_what_stands_behind_a_wall_shows_through_it(place: Place) -> None:
    behind = place({"box": (2.5, 4.6, 0.6, 1.0, 0.6, 1.2, 0.0)}, ROOM)
    empty = behind.scene.place({})
    pictures = [FastRenderer(furniture=False).render(p, cameras=["corner"]).image.astype(int) for p in (behind, empty)]
    x, y = (int(v) for v in make_camera("corner", ROOM, (256, 256)).project(np.array([2.5, 4.0, 0.5])))
    assert 8 < np.abs(pictures[0][y, x] - pictures[1][y, x]).max() < 80


def test_how_much_shows_through_a_wall(place: Place) -> None:
    """What a wall covers of a box outside keeps 0.22 of its plain colour; the wall keeps the rest."""
    behind = place({"box": (2.5, 4.6, 0.6, 1.0, 0.6, 1.2, 0.0)}, ROOM)
    plain = replace(PLAIN, furniture=False)
    pictures = [plain.render(one, ["corner"]).image.astype(float) for one in (behind, behind.scene.place({}))]
    x, y = (int(v) for v in make_camera("corner", ROOM, (256, 256)).project(np.array([2.5, 4.0, 0.5])))
    materials = object_model(behind.objects[0], 0, Appearance(False)).mesh.materials
    expected = [0.22 * np.array(material.colour) + 0.78 * pictures[1][y, x] for material in materials]
    assert min(np.abs(pictures[0][y, x] - colour).max() for colour in expected) < 1.0


def test_walls_hide_what_stands_inside_the_room(place: Place) -> None:
    """From one leg of an L, what stands in the other leg leaves no trace; what reaches out of the room does."""
    room = Room.polygon([(0, 0), (6, 0), (6, 2), (2, 2), (2, 6), (0, 6)], 2.5)
    camera = FreeCamera((1.0, 5.0, 1.5), (4.0, 2.0, 0.5))

    def trace(x: float, y: float, z: float = 0.4) -> bool:
        placed = place({"box": (x, y, z, 0.6, 0.6, 0.8, 0.0)}, room)
        pictures = [PLAIN.render(one, [camera], (64, 64)).image for one in (placed, placed.scene.place({}))]
        return not np.array_equal(*pictures)

    assert not trace(5.5, 1.695)
    assert not trace(5.5, 1.705), "5 mm into the wall"
    assert trace(5.5, 1.72), "2 cm into the wall"
    assert not trace(5.5, 1.695, 0.395), "5 mm into the floor"
    assert trace(5.5, 1.695, 0.38), "2 cm into the floor"
    assert trace(3.5, 3.5), "between the legs"


def test_strays_are_found_by_their_corners() -> None:
    """A box of 2 x 1 m, turned by 90 degrees, reaches 0.5 m along x and 1 m along y."""
    floor = np.array([(0.0, 0.0), (6.0, 0.0), (6.0, 2.0), (2.0, 2.0), (2.0, 6.0), (0.0, 6.0)])
    centers = np.array([(0.5, 1.0, 0.5), (0.485, 1.0, 0.5), (0.495, 1.0, 0.495), (4.0, 1.0, 0.5), (1.6, 4.0, 0.5)])
    strays = np.empty(5, np.bool_)
    assert find_strays(centers, np.tile([2.0, 1.0, 1.0], (5, 1)), np.full(5, math.pi / 2), floor, strays)
    assert strays.tolist() == [False, True, False, False, True]
    assert not find_strays(centers[:1], np.ones((1, 3)), np.zeros(1), floor, strays)


def test_the_frame_does_not_move_with_the_objects(place: Place) -> None:
    """Pixels far from all objects and shadows are the same, wherever the objects stand."""
    one = place({"box": (1.0, 1.0, 0.3, 0.5, 0.5, 0.6, 0.0)}, ROOM)
    two = place({"box": (0.2, 1.6, 0.3, 0.5, 0.5, 0.6, 30.0)}, ROOM)
    for view in ("corner", "top"):
        first, second = (FastRenderer(furniture=False).render(p, cameras=[view]).image for p in (one, two))
        assert np.array_equal(first[:, 150:], second[:, 150:])


def test_a_failure_inside_is_a_renderer_error(monkeypatch: pytest.MonkeyPatch, scatter: Place) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise ValueError("broken")

    monkeypatch.setattr(renderer, "make_stage", fail)
    with pytest.raises(RendererError, match=r"'fast' could not draw PlacedScene.*ValueError: broken") as caught:
        FastRenderer().render(scatter(0, 1))
    assert isinstance(caught.value.__cause__, ValueError)


ABSURD = [1e6, -1e6, 1e12, -1e300, 1e308]


@pytest.mark.parametrize("value", ABSURD)
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_absurd_coordinates_are_drawn_in_no_time(value: float, axis: int, place: Place) -> None:
    spot = [1.0, 1.0, 0.5]
    spot[axis] = value
    boxes = {"near": (2.5, 2.0, 0.5, 1.0, 1.0, 1.0, 20.0), "far": (*spot, 1.0, 1.0, 1.0, 10.0)}
    placed = place(boxes, ROOM)
    FastRenderer().render(placed)
    start = time.process_time()
    drawn = FastRenderer().render(placed).image
    assert time.process_time() - start < 1.0
    alone = place({"near": boxes["near"]}, ROOM)
    assert np.array_equal(drawn, FastRenderer().render(alone).image)


def wearing(monkeypatch: pytest.MonkeyPatch, mesh: TriangleMesh, problem: str = "") -> None:
    """Let every object look like `mesh`."""
    monkeypatch.setattr(stage, "object_model", lambda *_: Model(mesh, "asset", problem))


def one(size: tuple[float, float, float] = (1.0, 1.0, 1.0), room: Room = ROOM) -> PlacedScene:
    """Return a fresh scene with one object in the middle of the floor, so that nothing is remembered of it."""
    item = SceneObject(id="thing", category="thing", size=size)
    return Scene(room=room, objects=(item,)).place({"thing": (2.5, 2.0, size[2] / 2)})


def at(frames: Frames, point: tuple[float, float, float], view: str = "top") -> np.ndarray[Any, Any]:
    x, y = frames.cameras[view].project(np.array(point))
    return frames.views[view][int(y), int(x)].astype(float)


def test_channels_of_a_cube() -> None:
    for view in ("top", "corner"):
        frames = PLAIN.render(one(), [view], (160, 120), channels=["depth", "ids", "normals"])
        camera = frames.cameras[view]
        spots = {(2.5, 2.0, 1.0): (0, (0, 0, 1)), (0.7, 1.0, 0.0): (ROOM_ID, (0, 0, 1))}
        if view == "corner":
            spots[2.5, 1.5, 0.5] = (0, (0, -1, 0))
            spots[2.0, 2.0, 0.5] = (0, (-1, 0, 0))
            spots[2.2, 4.0, 2.2] = (ROOM_ID, (0, -1, 0))
        for point, (owner, normal) in spots.items():
            x, y = camera.project(np.array(point)).astype(int)
            assert frames.ids[view][y, x] == owner
            assert frames.normals[view][y, x].tolist() == pytest.approx(list(normal), abs=1e-6)
            origins, directions = camera.rays()
            # Where the ray of that pixel meets the plane through the point.
            start, ray, n = origins[y, x], directions[y, x], np.array(normal)
            hit = start + ray * ((np.array(point) - start) @ n) / (ray @ n)
            assert frames.depth[view][y, x] == pytest.approx(camera.depths(hit), abs=2e-5)
    assert frames.ids[view][0, 0] == NOTHING
    assert np.isinf(frames.depth[view][0, 0])
    assert not frames.normals[view][0, 0].any()


def test_channels_that_nobody_asked_for_are_absent() -> None:
    frames = PLAIN.render(one(), ["top"], (64, 64), channels=["ids"])
    assert (list(frames.ids), dict(frames.depth), dict(frames.normals)) == (["top"], {}, {})


def test_a_colour_in_the_light(monkeypatch: pytest.MonkeyPatch) -> None:
    """A level face has 0.64 + 0.05 without the light and 0.42 times the cosine by it."""
    wearing(monkeypatch, box_mesh((1, 1, 1), Material((100.0, 200.0, 50.0), roughness=1.0)))
    seen = at(PLAIN.render(one(), ["top"], (128, 128)), (2.5, 2.0, 1.0))
    assert seen == pytest.approx(np.array([100, 200, 50]) * (0.69 + 0.42 * LIGHT[2]), abs=0.51)


def test_glass_lets_its_share_of_what_is_behind_through(monkeypatch: pytest.MonkeyPatch) -> None:
    solid = box_mesh((0.8, 0.8, 0.4), Material((200.0, 100.0, 0.0), roughness=1.0), (0, 0, -0.3))
    pane = box_mesh((1, 1, 0.02), Material((100.0, 100.0, 100.0), opacity=0.25, roughness=1.0), (0, 0, 0.49))
    wearing(monkeypatch, join([solid, pane]))
    frames = PLAIN.render(one(), ["top"], (128, 128), channels=["depth", "ids"])
    bright = 0.69 + 0.42 * LIGHT[2]
    expected = bright * (0.25 * np.array([100, 100, 100]) + 0.75 * np.array([200, 100, 0]))
    assert at(frames, (2.5, 2.0, 1.0)) == pytest.approx(expected, abs=0.51)
    assert frames.ids["top"][64, 64] == 0
    assert frames.depth["top"][64, 64] == pytest.approx(frames.cameras["top"].origin[2] - 1.0, abs=1e-5)


def test_what_shines_is_bright_in_the_shade(monkeypatch: pytest.MonkeyPatch) -> None:
    wearing(monkeypatch, box_mesh((1, 1, 1), Material((200.0, 100.0, 50.0), roughness=1.0, emission=1.0)))
    frames = PLAIN.render(one(), ["corner"], (128, 128))
    assert at(frames, (2.0, 2.0, 0.5), "corner") == pytest.approx(1.06 * np.array([200, 100, 50]), abs=0.51)


def test_the_texel_is_where_the_mesh_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seen from above u runs east and v north; the first row of a texture is its north."""
    pixels = np.zeros((2, 2, 3), np.uint8)
    pixels[0, 0], pixels[0, 1], pixels[1, 0], pixels[1, 1] = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)
    material = Material((255.0, 255.0, 255.0), Texture(pixels), roughness=1.0)
    wearing(monkeypatch, box_mesh((1, 1, 1), material, repeat=2.0))
    frames = PLAIN.render(one(), ["top"], (200, 200))
    level = 255 * (0.69 + 0.42 * LIGHT[2])
    # With 2 m a repeat, the quarters of the top hold the middles of the texels at 0.5 m: corners of the box.
    for (dx, dy), texel in (((-0.47, -0.47), 1), ((0.47, 0.47), 0)):
        seen = at(frames, (2.5 + dx, 2.0 + dy, 1.0))
        u, v = (dx / 2) % 1.0, (dy / 2) % 1.0
        expected = _between(pixels, u, v)
        assert seen == pytest.approx(np.minimum(expected * level, 255), abs=6), texel
    flat = FastRenderer(**{**_options(PLAIN), "textures": False}).render(one(), ["top"], (200, 200))
    assert at(flat, (2.2, 1.8, 1.0)) == pytest.approx(np.minimum([level] * 3, 255), abs=0.51)


def _between(pixels: np.ndarray[Any, Any], u: float, v: float) -> np.ndarray[Any, Any]:
    height, width = pixels.shape[:2]
    x, y = u * width - 0.5, (1 - v) * height - 0.5
    x0, y0 = math.floor(x), math.floor(y)
    total = np.zeros(3)
    for j, wy in ((y0, 1 - (y - y0)), (y0 + 1, y - y0)):
        for i, wx in ((x0, 1 - (x - x0)), (x0 + 1, x - x0)):
            total += wx * wy * pixels[j % height, i % width] / 255
    return total


def _options(given: FastRenderer) -> dict[str, Any]:
    return {field.name: getattr(given, field.name) for field in fields(given)}


def test_shadows_fall_where_the_light_throws_them(place: Place) -> None:
    """The middle of a box's top edge throws its shadow height / tan(elevation) away from the light."""
    placed = place({"box": (2.5, 2.0, 0.5, 0.6, 0.6, 1.0, 0.0)}, ROOM)
    options = {**_options(PLAIN), "furniture": False}
    lit = FastRenderer(**options).render(placed, ["top"], (256, 256))
    shaded = FastRenderer(**{**options, "shadows": True}).render(placed, ["top"], (256, 256))
    reach = -LIGHT[:2] / LIGHT[2]
    for height, is_dark in ((0.6, True), (0.9, True), (1.6, False)):
        point = (2.5 + height * reach[0], 2.0 + height * reach[1], 0.0)
        ratio = at(shaded, point).sum() / at(lit, point).sum()
        assert (ratio < 0.8) == is_dark, height
    for point in ((2.9, 1.4, 0.0), (2.5, 2.0, 1.0), (1.2, 1.0, 0.0)):
        assert at(shaded, point).tolist() == at(lit, point).tolist()


def test_a_box_does_not_shade_itself(place: Place) -> None:
    rng = np.random.default_rng(0)
    options = {**_options(PLAIN), "furniture": False}
    for seed in range(6):
        sides = tuple(float(v) for v in rng.uniform(0.3, 1.5, 3))
        placed = place({"box": (2.5, 2.0, sides[2] / 2, *sides, 60.0 * seed + 7)}, ROOM)
        for view in ("top", "corner"):
            lit = FastRenderer(**options).render(placed, [view], (160, 160), channels=["ids"])
            shaded = FastRenderer(**{**options, "shadows": True}).render(placed, [view], (160, 160))
            own = lit.ids[view] == 0
            off = np.abs(lit.views[view][own].astype(int) - shaded.views[view][own]).max(axis=1)
            assert np.mean(off > 3) < 0.004


def test_shadows_begin_at_what_casts_them(place: Place) -> None:
    placed = place({"box": (2.5, 2.0, 0.5, 1.0, 1.0, 1.0, 0.0)}, ROOM)
    options = {**_options(PLAIN), "furniture": False}
    frames = FastRenderer(**{**options, "shadows": True}).render(placed, ["top"], (512, 512))
    lit = FastRenderer(**options).render(placed, ["top"], (512, 512))
    # 3 cm north of the north side.
    assert at(frames, (2.5, 2.53, 0.0)).sum() < 0.8 * at(lit, (2.5, 2.53, 0.0)).sum()


def test_places_that_things_surround_are_darker(place: Place) -> None:
    placed = place({"box": (2.5, 2.0, 0.5, 1.0, 1.0, 1.0, 0.0)}, ROOM)
    options = {**_options(PLAIN), "furniture": False}
    bare = FastRenderer(**options).render(placed, ["top", "corner"])
    dark = FastRenderer(**{**options, "ambient_occlusion": True}).render(placed, ["top", "corner"])

    def share(point: tuple[float, float, float], view: str = "top") -> float:
        return float(at(dark, point, view).sum() / at(bare, point, view).sum())

    assert share((1.2, 1.2, 0.0)) == pytest.approx(1.0, abs=0.01)
    assert share((2.5, 2.0, 1.0)) > 0.95
    assert share((2.5, 1.44, 0.0)) < 0.9
    assert share((0.06, 0.06, 0.0)) < share((0.06, 1.0, 0.0)) < 0.95
    # The side of a box is darker at its foot.
    assert share((2.5, 1.5, 0.05), "corner") < share((2.5, 1.5, 0.9), "corner") - 0.05


def test_edges_can_be_left_out(place: Place) -> None:
    placed = place({"box": (2.5, 2.0, 0.5, 1.0, 1.0, 1.0, 0.0)}, ROOM)
    with_edges, without = (
        FastRenderer(edges=edges, furniture=False).render(placed, ["corner"]).image.astype(int)
        for edges in (True, False)
    )
    darker = (without - with_edges).max(axis=2)
    assert 0.005 < np.mean(darker > 10) < 0.1
    assert np.mean(darker < -12) < 0.002


def test_reasons_for_boxes_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    wearing(monkeypatch, box_mesh((1, 1, 1), Material((9.0, 9.0, 9.0))), "no such file")
    assert PLAIN.render(one(), ["top"], (64, 64)).fallbacks == {"thing": "no such file"}


@pytest.mark.parametrize("kind", ["nothing", "flat", "specks", "vast"])
def test_odd_meshes_are_drawn(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pale = Material((200.0, 200.0, 200.0))
    mesh = {
        "nothing": join([]),
        "flat": box_mesh((1, 1, 0), pale),
        "specks": join([box_mesh((1e-9, 1e-9, 1e-9), pale, (0.001 * k, 0, 0)) for k in range(20)]),
        "vast": box_mesh((1e6, 1e6, 1e6), pale),
    }[kind]
    wearing(monkeypatch, mesh)
    frames = FastRenderer().render(one(), size=(96, 80), channels=["depth", "ids", "normals"])
    assert frames.image.shape == (80, 192, 3)
    assert not np.isnan(frames.depth["corner"]).any()
    assert not np.isnan(frames.normals["corner"]).any()


def test_a_camera_inside_the_room_and_inside_a_box(place: Place) -> None:
    placed = place({"box": (2.5, 2.0, 0.5, 1.0, 1.0, 1.0, 0.0)}, ROOM)
    inside = FreeCamera((0.5, 0.5, 1.5), (2.5, 2.0, 0.5), name="inside")
    within = FreeCamera((2.5, 2.0, 0.5), (4.5, 3.9, 0.7), name="within")
    frames = FastRenderer(furniture=False).render(placed, [inside, within], (96, 96), channels=["ids", "depth"])
    assert frames.ids["inside"][48, 48] == 0
    assert 0 not in frames.ids["within"]
    assert np.all(frames.ids["inside"] != NOTHING)
    assert frames.depth["inside"][48, 48] < math.dist((0.5, 0.5, 1.5), (2.5, 2.0, 0.5))


def packed(frames: Frames) -> bytes:
    maps = (frames.views, frames.depth, frames.ids, frames.normals)
    return b"".join(array.tobytes() for given in maps for array in given.values())


def test_same_bytes_for_any_number_of_threads_and_callers(scatter: Place) -> None:
    scenes = [scatter(seed, 8) for seed in range(7)]
    wanted = {"size": (96, 80), "channels": ["depth", "ids", "normals"]}
    single = [packed(FastRenderer().render(placed, **wanted)) for placed in scenes]
    assert len(set(single)) == len(single)
    for threads in (1, 2, 5):
        drawer = FastRenderer(threads=threads)
        for scenes_at_once in (7, 1, 3):
            for _ in range(2):
                found = drawer.render_batch(scenes[:scenes_at_once], **wanted)
                assert [packed(frames) for frames in found] == single[:scenes_at_once]
                assert list(found[0].views) == ["corner", "top"]
    drawer = FastRenderer(threads=2)
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(lambda _: drawer.render_batch(scenes, **wanted), range(6)):
            assert [packed(frames) for frames in found] == single
    drawer = pickle.loads(pickle.dumps(drawer))
    assert packed(drawer.render_batch(scenes[:1], **wanted)[0]) == single[0]
    assert drawer.render_batch([], **wanted) == []


def _draw_in_child(drawer: FastRenderer, placed: list[PlacedScene], results: Any) -> None:
    results.put([packed(frames) for frames in drawer.render_batch(placed, size=(64, 64))])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_has_threads_of_its_own(scatter: Place) -> None:
    scenes = [scatter(seed, 3) for seed in range(4)]
    drawer = FastRenderer(threads=2)
    here = [packed(frames) for frames in drawer.render_batch(scenes, size=(64, 64))]
    context = multiprocessing.get_context("fork")
    results = context.Queue()
    child = context.Process(target=_draw_in_child, args=(drawer, scenes, results))
    child.start()
    try:
        assert results.get(timeout=60) == here
    finally:
        child.join(timeout=10)
        if child.is_alive():
            child.kill()


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"shadows": 1}, InputError),
        ({"ambient_occlusion": "yes"}, InputError),
        ({"edges": None}, InputError),
        ({"supersampling": 5}, InputError),
        ({"threads": 0}, InputError),
        ({"threads": True}, InputError),
        ({"colours": "rainbow"}, UnknownNameError),
        ({"room": "lava"}, UnknownNameError),
    ],
)
def test_options_are_checked(options: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        FastRenderer(**options)
