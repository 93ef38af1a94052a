"""What PyBullet's pictures show, against `fast` and by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from spatialenv.assets import AssetLibrary
from spatialenv.core.mesh import Material, Texture, TriangleMesh, box_mesh, join
from spatialenv.core.placed import PlacedScene
from spatialenv.core.room import Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.renderers import make_renderer
from spatialenv.renderers.base import NOTHING, ROOM, Frames
from spatialenv.renderers.camera import make_camera
from spatialenv.renderers.pybullet import PyBulletRenderer
from spatialenv.renderers.pybullet.channels import Body, read_channels
from spatialenv.renderers.pybullet.shapes import object_shapes
from spatialenv.tasks.example_rooms import example_rooms

CHANNELS = ("ids", "depth", "normals")
ROOMS = ("bedroom", "bathroom", "living_room")


def placed_room(name: str) -> PlacedScene:
    scene = example_rooms()[name]
    assert scene.witness is not None
    return scene.place(scene.witness)


class Meshes(AssetLibrary):
    """Gives every object one mesh."""

    def __init__(self, mesh: TriangleMesh) -> None:
        self._mesh = mesh

    def mesh(self, item: SceneObject) -> TriangleMesh | None:
        return self._mesh

    def __reduce__(self) -> tuple[type, tuple[TriangleMesh]]:
        return Meshes, (self._mesh,)


def sharing(renderer: PyBulletRenderer, **options: Any) -> PyBulletRenderer:
    """Return a renderer with other options that draws in the same processes."""
    other = replace(renderer, **options)
    object.__setattr__(other, "_processes", renderer._processes)
    return other


def alone(size: tuple[float, float, float] = (2, 2, 0.5), category: str = "box") -> PlacedScene:
    scene = Scene(room=Room.rectangle(4, 4, 2.5), objects=(SceneObject("thing_1", category, size),))
    return scene.place({"thing_1": (2, 2, size[2] / 2)})


@pytest.mark.parametrize("room", ROOMS)
def test_channels_agree_with_fast(plain: PyBulletRenderer, room: str) -> None:
    placed, cameras, size = placed_room(room), ("corner", "top", "walk"), (192, 160)
    ours = plain.render(placed, cameras, size, channels=CHANNELS)
    fast = make_renderer({"name": "fast", "supersampling": 1}).render(placed, cameras, size, channels=CHANNELS)
    for camera in cameras:
        same = ours.ids[camera] == fast.ids[camera]
        assert same.mean() > 0.999
        assert np.array_equal(np.isfinite(ours.depth[camera]), ours.ids[camera] != NOTHING)
        seen = same & (ours.ids[camera] != NOTHING)
        off = np.abs(ours.depth[camera][seen] - fast.depth[camera][seen])
        assert np.quantile(off, 0.999) < 1e-5
        turned = (ours.normals[camera] * fast.normals[camera]).sum(axis=-1)[seen]
        assert np.quantile(turned, 0.001) > 0.9999


@pytest.mark.slow
@pytest.mark.parametrize("camera", ["corner", "top", "walk"])
def test_masks_agree_with_fast(plain: PyBulletRenderer, camera: str) -> None:
    for name in example_rooms():
        placed = placed_room(name)
        ours = plain.render(placed, [camera], (512, 512), channels=("ids",)).ids[camera]
        fast = make_renderer({"name": "fast", "supersampling": 1})
        theirs = fast.render(placed, [camera], (512, 512), channels=("ids",)).ids[camera]
        for index in range(len(placed.ids)):
            one, other = ours == index, theirs == index
            if max(one.sum(), other.sum()) >= 2000:
                assert (one & other).sum() / (one | other).sum() >= 0.97


@pytest.mark.parametrize("room", ["kitchen", "studio_flat"])
def test_pictures_look_like_those_of_fast(plain: PyBulletRenderer, room: str) -> None:
    """Most pixels have about the colour that fast gives them, far more than in a mirrored picture."""
    placed = placed_room(room)
    bare = {"name": "fast", "shadows": False, "ambient_occlusion": False, "edges": False}
    for camera in ("corner", "top", "walk"):
        one = plain.render(placed, [camera], (160, 160)).image.astype(int)
        other = make_renderer(bare).render(placed, [camera], (160, 160)).image.astype(int)
        off = np.abs(one - other).mean(axis=-1)
        assert np.median(off) < 16
        assert np.abs(one - other[:, ::-1]).mean() > 1.5 * off.mean()


def test_colours_and_their_order(plain: PyBulletRenderer) -> None:
    for colour in ((255.0, 0.0, 0.0), (0.0, 255.0, 0.0), (0.0, 0.0, 255.0)):
        renderer = sharing(plain, assets=Meshes(box_mesh((2, 2, 0.5), Material(colour))))
        picture = renderer.render(alone(), ["top"], (64, 64)).views["top"]
        # From above, the light adds 0.52 x 0.70 / |(0.42, 0.58, 0.70)| to 0.58.
        assert picture[32, 32].tolist() == pytest.approx([part * 0.9435 for part in colour], abs=2)


QUARTERS = np.zeros((64, 64, 3), np.uint8)
QUARTERS[:32, :32], QUARTERS[:32, 32:], QUARTERS[32:, :32], QUARTERS[32:, 32:] = (
    (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255),
)  # fmt: skip


def quarters_mesh() -> TriangleMesh:
    """A sheet of 2 x 2 m with four colours: red north-west, green north-east, blue south-west, white south-east."""
    corners = np.array([(-1, -1, 0), (1, -1, 0), (1, 1, 0), (-1, 1, 0)], float)
    uvs = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], np.float32) - 3  # elsewhere among the repeats
    faces = np.array([(0, 1, 2), (0, 2, 3)], np.int32)
    zeros = np.zeros(2, np.int32)
    return TriangleMesh(corners, faces, (Material((255.0,) * 3, Texture(QUARTERS)),), zeros, zeros, uvs[faces])


def check_quarters(frames: Frames) -> None:
    picture = frames.views["top"]
    camera = frames.cameras["top"]
    for (x, y), colour in {(1.4, 2.6): 0, (2.6, 2.6): 1, (1.4, 1.4): 2}.items():
        column, row = camera.project(np.array((x, y, 0.0))).astype(int)
        assert picture[row, column].argmax() == colour
        assert np.sort(picture[row, column])[1] < 40
    column, row = camera.project(np.array((2.6, 1.4, 0.0))).astype(int)
    assert picture[row, column].min() > 150


def test_textures_lie_as_they_should(plain: PyBulletRenderer) -> None:
    renderer = sharing(plain, assets=Meshes(quarters_mesh()))
    check_quarters(renderer.render(alone(), ["top"], (96, 96)))


def test_glass_shows_what_is_behind(plain: PyBulletRenderer) -> None:
    """A quarter of blue glass over a red box; the id is the glass's owner's, which is one object here."""
    pane = box_mesh((2, 2, 0.1), Material((0.0, 0.0, 255.0), opacity=0.25), (0, 0, 1))
    block = box_mesh((2, 2, 0.5), Material((255.0, 0.0, 0.0)))
    pictures = []
    for mesh in (block, join([block, pane])):
        renderer = sharing(plain, assets=Meshes(mesh))
        frames = renderer.render(alone(), ["top"], (64, 64), channels=CHANNELS)
        pictures.append(frames.views["top"][32, 32].astype(float))
    red, mixed = pictures
    assert mixed == pytest.approx([0.75 * red[0], 0.0, 0.25 * red[0]], abs=2)
    assert frames.ids["top"][32, 32] == 0
    assert frames.depth["top"][32, 32] == pytest.approx(frames.cameras["top"].origin[2] - 1.3, abs=1e-5)


@pytest.mark.usefixtures("_needs_pybullet")
def test_shadows_fall_away_from_the_light() -> None:
    """The light is in the south-east: north-west of a tower it is dark, elsewhere as without shadows."""
    placed = alone((0.5, 0.5, 1.5))
    pictures = []
    for shadows in (False, True):
        renderer = PyBulletRenderer(supersampling=1, shadows=shadows)
        pictures.append(renderer.render(placed, ["top", "corner"], (128, 128)))
        renderer.close()
    bare, dark = pictures
    for name in ("top", "corner"):
        camera = bare.cameras[name]
        for place, is_dark in {(1.5, 2.7): True, (2.6, 1.3): False, (1.0, 1.0): False, (3.2, 3.2): False}.items():
            column, row = camera.project(np.array((*place, 0.0))).astype(int)
            before, after = (frames.views[name][row, column].astype(int).sum() for frames in (bare, dark))
            assert bool(before - after > 60) is is_dark, (name, place)


@pytest.mark.usefixtures("_needs_pybullet")
def test_a_settled_picture_shows_where_things_fall() -> None:
    scene = alone((0.5, 0.5, 0.5)).scene
    high, low = scene.place({"thing_1": (2, 2, 1.25)}), scene.place({"thing_1": (2, 2, 0.25)})
    frames = []
    for settle, placed in ((0.0, high), (1.0, high), (0.0, low)):
        renderer = PyBulletRenderer(supersampling=1, settle=settle)
        frames.append(renderer.render(placed, ["corner"], (96, 96), channels=("ids", "depth")))
        renderer.close()
    hanging, fallen, standing = (one.ids["corner"] == 0 for one in frames)
    assert (hanging & fallen).sum() < 0.7 * hanging.sum()
    assert (fallen & standing).sum() > 0.95 * standing.sum()
    assert (fallen | standing).sum() < 1.05 * standing.sum()


def test_boxes_instead_of_furniture(plain: PyBulletRenderer) -> None:
    renderer = sharing(plain, furniture=False, colours="identity")
    placed = alone((0.4, 0.4, 1.5), "floor lamp")
    for camera in ("corner", "top"):
        ours, fast = (
            one.render(placed, [camera], (96, 96), channels=("ids",)).ids[camera]
            for one in (renderer, make_renderer({"name": "fast", "furniture": False, "supersampling": 1}))
        )
        assert np.array_equal(ours, fast)


def test_more_triangles_than_a_shape_may_have(plain: PyBulletRenderer) -> None:
    """A sheet of 45,000 triangles in random order hides what is under it; each pixel knows its own triangle."""
    side = 151
    x, y = np.meshgrid(np.linspace(-1, 1, side), np.linspace(-1, 1, side))
    corners = np.stack([x, y, 0.3 + 0.1 * x], axis=-1).reshape(-1, 3)
    first = (np.arange(side - 1)[:, None] * side + np.arange(side - 1)).reshape(-1, 1, 1)
    faces = (first + np.array(((0, 1, side + 1), (0, side + 1, side)))).reshape(-1, 3).astype(np.int32)
    zeros = np.zeros(len(faces), np.int32)
    faces = np.random.default_rng(0).permutation(faces)
    sheet = TriangleMesh(corners, faces, (Material((0.0, 200.0, 0.0)),), zeros, zeros)
    block = box_mesh((2, 2, 0.2), Material((255.0, 0.0, 0.0)))
    renderer = sharing(plain, assets=Meshes(join([block, sheet])))
    frames = renderer.render(alone(), ["top"], (128, 128), channels=CHANNELS)
    shown = frames.ids["top"] == 0
    assert shown.sum() > 2000
    assert frames.views["top"][shown][:, 0].max() == 0
    assert np.allclose(frames.normals["top"][shown], np.array((-0.1, 0, 1)) / np.sqrt(1.01), atol=1e-4)


def test_channels_of_one_triangle_by_hand() -> None:
    """A slanted triangle seen from above: z = 1 + x / 2 in the world, its normal (-1, 0, 2) / sqrt(5)."""
    room = Room.rectangle(4, 4, 2.5)
    camera = make_camera("top", room, (40, 40))
    corners = np.array(((-1, -1, -0.5), (1, -1, 0.5), (1, 1, 0.5)))
    mesh = TriangleMesh(
        corners,
        np.array([[0, 1, 2]], np.int32),
        (Material((9.0, 9.0, 9.0)),),
        np.zeros(1, np.int32),
        np.zeros(1, np.int32),
    )
    body = Body(object_shapes(mesh)[0], 7, np.eye(3), np.array((2.0, 2.0, 2.0)))
    seen = np.full((40, 40), -1, np.int32)
    column, row = camera.project(np.array((2.5, 1.5, 0.0))).astype(int)
    seen[row, column] = 0
    found = read_channels([body], seen, np.zeros((40, 40), np.int32), camera, room)
    assert found.ids[row, column] == 7
    assert np.allclose(found.normals[row, column], np.array((-1, 0, 2)) / np.sqrt(5), atol=1e-6)
    x = camera.rays()[0][row, column, 0]
    assert found.depth[row, column] == pytest.approx(camera.origin[2] - (1 + x / 2), abs=1e-5)
    assert np.isinf(found.depth).sum() == 1599
    assert set(np.unique(found.ids)) == {NOTHING, 7}


def test_an_empty_room_is_all_room(plain: PyBulletRenderer) -> None:
    empty = Scene(room=Room.rectangle(4, 3, 2.5), objects=()).place({})
    frames = plain.render(empty, ["walk"], (48, 48), channels=CHANNELS)
    assert np.all(frames.ids["walk"] == ROOM)


def test_opengl_shows_the_same(egl: PyBulletRenderer, plain: PyBulletRenderer) -> None:
    placed = placed_room("bedroom")
    for camera in ("corner", "top"):
        one, other = (renderer.render(placed, [camera], (160, 128), channels=("ids",)) for renderer in (egl, plain))
        off = np.abs(one.image.astype(int) - other.image).mean(axis=-1)
        assert np.median(off) < 12
        assert np.array_equal(one.ids[camera], other.ids[camera])


def test_opengl_lays_textures_as_it_should(egl: PyBulletRenderer) -> None:
    renderer = sharing(egl, assets=Meshes(quarters_mesh()))
    check_quarters(renderer.render(alone(), ["top"], (96, 96)))


def test_opengl_draws_large_pictures_in_parts(egl: PyBulletRenderer) -> None:
    """Wider than the plugin draws at a time, it shows what smaller ones show."""
    placed = placed_room("bedroom")
    small = egl.render(placed, ["corner"], (525, 400)).image.astype(int)
    large = egl.render(placed, ["corner"], (2048, 1560)).image.astype(int)
    for row, column in ((200, 262), (150, 300), (250, 180), (300, 250)):
        y, x = round(row * 1560 / 400), round(column * 2048 / 525)
        assert np.abs(large[y, x] - small[row, column]).max() < 60
    renderer = sharing(egl, supersampling=2)
    averaged = renderer.render(placed, ["corner"], (1050, 800)).image.astype(int)
    halved = egl.render(placed, ["corner"], (1050, 800)).image.astype(int)
    assert np.abs(averaged - halved).mean() < 4
