"""Pictures of a real Blender: where things are, how they look, and that nothing else decides it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import trimesh
from PIL import Image
from trimesh.visual.material import PBRMaterial

from spatialenv.core.placed import PlacedScene
from spatialenv.core.room import Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.errors import MissingExtraError
from spatialenv.renderers import make_renderer
from spatialenv.renderers.base import NOTHING, ROOM, Frames
from spatialenv.renderers.blender import BlenderRenderer, shipping
from spatialenv.renderers.blender.command import BlenderCommand, find_blender
from spatialenv.tasks.example_rooms import example_rooms

COMMAND: BlenderCommand | None = None
try:
    COMMAND = find_blender()
    LACKS = ""
except MissingExtraError as error:
    LACKS = str(error)

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(LACKS), reason=LACKS)]

ALL = ("depth", "ids", "normals")
CAMERAS = ("corner", "top", "walk")


def room(name: str) -> PlacedScene:
    scene = example_rooms()[name]
    return scene.place(scene.witness)


@pytest.fixture(scope="module")
def renderer() -> Iterator[BlenderRenderer]:
    made = BlenderRenderer(workers=1)
    yield made
    made.close()


@pytest.fixture(scope="module")
def bathroom(renderer: BlenderRenderer) -> tuple[Frames, Frames]:
    """By Blender and by `fast`; it has glass, a mirror, tiles and chrome."""
    fast = make_renderer({"name": "fast", "supersampling": 1})
    placed = room("bathroom")
    drawn, expected = (one.render(placed, CAMERAS, (256, 256), channels=ALL) for one in (renderer, fast))
    return drawn, expected


@pytest.mark.parametrize("camera", CAMERAS)
def test_surfaces_are_where_fast_has_them(bathroom: tuple[Frames, Frames], camera: str) -> None:
    drawn, expected = (frames.ids[camera] for frames in bathroom)
    assert np.mean(drawn == expected) > 0.999
    for owner in np.unique(expected):
        shown, there = drawn == owner, expected == owner
        if there.sum() >= 500:
            assert (shown & there).sum() / (shown | there).sum() > 0.99
    same = (drawn == expected) & (drawn != NOTHING)
    apart = np.abs(bathroom[0].depth[camera][same] - bathroom[1].depth[camera][same])
    assert np.quantile(apart, 0.99) < 1e-3
    turned = np.sum(bathroom[0].normals[camera] * bathroom[1].normals[camera], axis=-1)[same]
    assert np.quantile(turned, 0.01) > 0.999


def test_sizes_that_are_not_square_and_free_cameras(renderer: BlenderRenderer) -> None:
    cameras = [{"name": "free", "eye": [0.5, 0.4, 1.5], "target": [3.0, 3.0, 0.8], "fov": 95}, "top", "orbit"]
    fast = make_renderer({"name": "fast", "supersampling": 1})
    for size in ((150, 60), (60, 150)):
        drawn, expected = (one.render(room("bedroom"), cameras, size, channels=["ids"]) for one in (renderer, fast))
        for name, ids in expected.ids.items():
            assert np.mean(drawn.ids[name] == ids) > 0.999, (size, name)


def test_colours_are_those_of_fast_near_enough(bathroom: tuple[Frames, Frames]) -> None:
    drawn, expected = bathroom
    for camera in CAMERAS:
        for owner in np.unique(expected.ids[camera]):
            there = expected.ids[camera] == owner
            if there.sum() >= 500:
                means = [frames.views[camera][there].mean(axis=0) for frames in bathroom]
                assert np.abs(means[0] - means[1]).max() < 60, (camera, owner)
    around = drawn.ids["corner"] == NOTHING
    assert np.abs(np.median(drawn.views["corner"][around], axis=0) - (247, 248, 250)).max() <= 2


@pytest.mark.parametrize("camera", CAMERAS)
def test_light_comes_in_and_does_not_blind(bathroom: tuple[Frames, Frames], camera: str) -> None:
    picture = bathroom[0].views[camera][bathroom[0].ids[camera] != NOTHING]
    assert 130 < picture.mean() < 235
    assert np.mean(picture.min(axis=-1) >= 254) < 0.01


def test_glass_is_clear_and_mirrors_reflect(renderer: BlenderRenderer) -> None:
    """A red box behind the camera shows in the mirror ahead, and nowhere else."""
    objects = (
        SceneObject(id="mirror_1", category="mirror", size=(1.2, 0.04, 1.2)),
        SceneObject(id="sofa_1", category="sofa", size=(2.0, 0.9, 0.8), material="red leather"),
        SceneObject(id="shower_1", category="shower", size=(0.9, 0.9, 2.0)),
    )
    scene = Scene(room=Room.rectangle(5, 5, 2.6), objects=objects)
    bare = {"mirror_1": (2.5, 4.97, 1.0, np.pi), "shower_1": (4.5, 4.5, 1.0, np.pi)}
    camera = {"name": "free", "eye": [2.5, 2.2, 1.2], "target": [2.7, 5.0, 0.7], "fov": 70}
    without, within = (
        renderer.render(scene.place(layout), [camera], (96, 96), channels=["ids"])
        for layout in (bare, {**bare, "sofa_1": (2.5, 0.8, 0.4)})
    )
    glass, shower = (without.ids["free"] == k for k in (0, 1))
    redder = (within.views["free"].astype(int) - without.views["free"])[..., 1]
    assert redder[glass].min() < -60  # green is gone
    assert np.median(np.abs(redder[~glass])) <= 3
    assert without.views["free"][shower].mean() > 100


def test_lamps_light_what_is_near_in_pictures_for_show() -> None:
    """The wall behind a lamp is brighter than behind something else."""
    drawn = []
    for category in ("floor lamp", "coat rack"):
        thing = SceneObject(id="a", category=category, size=(0.4, 0.4, 1.6))
        placed = Scene(room=Room.rectangle(4, 4, 2.6), objects=(thing,)).place({"a": (2.0, 3.7, 0.8)})
        camera = {"name": "free", "eye": [2.0, 1.5, 1.3], "target": [2.0, 4.0, 1.3], "fov": 50}
        with BlenderRenderer(quality="showcase", samples=8, workers=1) as made:
            drawn.append(made.render(placed, [camera], (64, 64), channels=["ids"]))
    is_wall = (drawn[0].ids["free"] == ROOM) & (drawn[1].ids["free"] == ROOM)
    brighter = (drawn[0].views["free"].astype(int) - drawn[1].views["free"])[is_wall]
    assert np.quantile(brighter, 0.95) > 7


def test_thin_cloth_is_no_glass(tmp_path: Path) -> None:
    """Half transparent white above black: both sides of it cover half of what is below."""
    cloth = trimesh.creation.box((1, 1, 1))
    look = PBRMaterial(baseColorFactor=[255, 255, 255, 128], alphaMode="BLEND", roughnessFactor=0.9, metallicFactor=0)
    cloth.visual = trimesh.visual.TextureVisuals(material=look)
    trimesh.Scene(cloth).export(tmp_path / "cloth.glb")
    objects = (
        SceneObject(id="cloth", category="box", size=(1.0, 1.0, 0.02), asset="cloth.glb"),
        SceneObject(id="black", category="box", size=(1.5, 1.5, 0.2), material="black"),
    )
    scene = Scene(room=Room.rectangle(3, 3, 2.6), objects=objects)
    placed = scene.place({"cloth": (1.5, 1.5, 0.6), "black": (1.5, 1.5, 0.1)})
    with BlenderRenderer(workers=1, assets=tmp_path) as made:
        frames = made.render(placed, ["top"], (64, 64), channels=["ids"])
    assert frames.fallbacks == {}
    white, black = (frames.views["top"][frames.ids["top"] == k].mean() for k in (0, 1))
    assert black < 90
    assert white > 190


def test_a_picture_does_not_depend_on_those_before_it(
    renderer: BlenderRenderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenes = [room(name) for name in ("library", "kitchen", "entrance_hall")]
    alone = [renderer.render(scene, ["corner"], (48, 48)).image for scene in scenes]
    monkeypatch.setattr(shipping, "MAX_MESHES", 3)  # so that meshes come and go
    others = BlenderRenderer(workers=2)
    try:
        for frames, expected in zip(others.render_batch(scenes * 3, ["corner"], (48, 48)), alone * 3, strict=True):
            assert np.array_equal(frames.image, expected)
    finally:
        others.close()


READ = """
import bpy, json, sys
path, picture, told = sys.argv[-3:]
bpy.ops.wm.open_mainfile(filepath=path)
scene = bpy.context.scene
meshes = [thing for thing in scene.objects if thing.type == "MESH"]
scene.render.filepath, scene.render.threads_mode = picture, "FIXED"
bpy.ops.render.render(write_still=True)
json.dump({
    "objects": {thing.name: [list(row) for row in thing.matrix_world] for thing in meshes},
    "unpacked": [image.name for image in bpy.data.images if image.source != "VIEWER" and not image.packed_file],
    "images": len(bpy.data.images),
    "lamps": len(bpy.data.lights),
    "materials": len(bpy.data.materials),
}, open(told, "w"))
"""


def test_blend_files_hold_the_picture(tmp_path: Path, renderer: BlenderRenderer) -> None:
    assert COMMAND is not None
    placed = room("home_office")
    path, script = tmp_path / "room.blend", tmp_path / "read.py"
    path.write_text("old")
    renderer.save_blend(placed, path, size=(96, 64))
    assert sorted(tmp_path.iterdir()) == [path]
    script.write_text(READ)
    told = tmp_path / "told.json"
    command = COMMAND.script(script, str(path), str(tmp_path / "a.png"), str(told))
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    found = json.loads(told.read_text())
    assert set(found["objects"]) == {"room", *placed.ids}
    for name, center in zip(placed.ids, placed.centers, strict=True):
        assert np.allclose(np.array(found["objects"][name])[:3, 3], center, atol=1e-5)
    assert found["unpacked"] == []
    assert found["images"] > 3
    assert found["lamps"] == 3
    again = np.asarray(Image.open(tmp_path / "a.png").convert("RGB"), dtype=int)
    expected = renderer.render(placed, ["corner"], (96, 64)).image.astype(int)
    assert np.abs(again - expected).max() <= 1


@pytest.mark.parametrize("name", ["\ud800", "a\0b", "ü" * 300, "room", "sun"])
def test_any_id_is_drawn_and_written(tmp_path: Path, renderer: BlenderRenderer, name: str) -> None:
    box = SceneObject(id=name, category="box", size=(1.0, 1.0, 1.0))
    placed = Scene(room=Room.rectangle(3, 3, 2.5), objects=(box,)).place({name: (1.5, 1.5, 0.5)})
    drawn = renderer.render(placed, ["corner"], (32, 32), channels=["ids"])
    assert set(np.unique(drawn.ids["corner"])) == {-2, -1, 0}
    renderer.save_blend(placed, tmp_path / "room.blend")
    assert (tmp_path / "room.blend").stat().st_size > 1000


def test_a_graphics_card_that_is_not_there() -> None:
    if any(Path("/dev").glob("nvidia[0-9]*")) or Path("/dev/dri").exists():
        pytest.skip("this machine has a graphics card")
    renderer = BlenderRenderer(device="gpu", workers=1)
    try:
        with pytest.raises(MissingExtraError, match="no graphics card"):
            renderer.render(room("bedroom"), ["top"], (16, 16))
    finally:
        renderer.close()
