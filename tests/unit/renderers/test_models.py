from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from spatialenv.assets import AssetLibrary, make_library
from spatialenv.core.room import Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.renderers import make_renderer
from spatialenv.renderers.furniture import furniture_mesh
from spatialenv.renderers.furniture.registry import MAX_WORDS
from spatialenv.renderers.models import Appearance, object_model

RED = "mtllib own.mtl\nusemtl red\n"
BOX = "".join(f"v {x} {y} {z}\n" for x in (0, 1) for y in (0, 2) for z in (0, 3))
BOX += "f 1 2 4 3\nf 5 7 8 6\nf 1 5 6 2\nf 3 4 8 7\nf 1 3 7 5\nf 2 6 8 4\n"


@pytest.fixture
def library(tmp_path: Path) -> AssetLibrary:
    (tmp_path / "own.mtl").write_text("newmtl red\nKd 1 0 0\n")
    (tmp_path / "red.obj").write_text(RED + BOX)
    (tmp_path / "broken.obj").write_text("v 0 0 0\nf 1 2 3\n")
    return make_library(tmp_path)


def thing(asset: str | None = None, category: str = "chair", name: str = "it_1") -> SceneObject:
    return SceneObject(name, category, (0.5, 0.6, 0.9), asset=asset)


def test_an_object_is_furniture_or_a_box() -> None:
    chair = object_model(thing(), 0, Appearance())
    assert chair.kind == "furniture"
    assert chair.mesh is furniture_mesh("chair", (0.5, 0.6, 0.9), "", "")
    assert object_model(thing(), 0, Appearance(furniture=False)).kind == "box"
    assert object_model(thing(category="thingamajig"), 0, Appearance()).kind == "box"
    assert chair.problem == ""


def test_every_model_fills_its_box(library: AssetLibrary) -> None:
    for item in (thing(), thing("red.obj"), thing("broken.obj"), thing(category="thingamajig")):
        for appearance in (Appearance(), Appearance(furniture=False), Appearance(colours="identity")):
            bounds = object_model(item, 3, appearance, library).mesh.bounds
            assert bounds == pytest.approx(np.array([(-0.25, -0.3, -0.45), (0.25, 0.3, 0.45)]), abs=1e-6)


def test_an_asset_comes_before_furniture(library: AssetLibrary) -> None:
    model = object_model(thing("red.obj"), 0, Appearance(), library)
    assert model.kind == "asset"
    assert [material.colour for material in model.mesh.materials] == [(255.0, 0.0, 0.0)]
    assert object_model(thing("red.obj"), 0, Appearance(furniture=False), library).kind == "asset"
    assert object_model(thing(), 0, Appearance(), library).kind == "furniture"


def test_without_a_source_an_asset_is_not_read(library: AssetLibrary) -> None:
    assert object_model(thing("broken.obj"), 0, Appearance()).kind == "furniture"
    assert object_model(thing("../../etc/passwd"), 0, Appearance()).problem == ""


def test_an_asset_that_cannot_be_used_is_a_box_that_says_why(library: AssetLibrary) -> None:
    model = object_model(thing("broken.obj"), 0, Appearance(), library)
    assert model.kind == "box"
    assert "it names vertex 3 of 1" in model.problem
    assert library.problems == {model.problem: 1}


def test_identity_colours_hold_for_assets_and_are_made_once(library: AssetLibrary) -> None:
    first, again, other = (
        object_model(thing("red.obj"), k, Appearance(colours="identity"), library) for k in (0, 0, 1)
    )
    assert first.mesh is again.mesh
    assert first.mesh.materials[0].colour != other.mesh.materials[0].colour
    assert first.mesh.materials[0].colour != (255.0, 0.0, 0.0)


def test_fast_draws_assets_and_tells_what_it_could_not_use(library: AssetLibrary) -> None:
    objects = (thing("red.obj", name="red_1"), thing("broken.obj", name="broken_1"), thing(name="plain_1"))
    placed = Scene(Room.rectangle(4, 3, 2.5), objects).place(
        {"red_1": (1, 1.5, 0.45), "broken_1": (2, 1.5, 0.45), "plain_1": (3, 1.5, 0.45)}
    )
    frames = make_renderer({"name": "fast", "assets": library}).render(placed, ["top"], (128, 96), channels=("ids",))
    assert list(frames.fallbacks) == ["broken_1"]
    (batched,) = make_renderer({"name": "fast", "assets": library}).render_batch([placed], ["top", "corner"], (32, 32))
    assert batched.fallbacks == frames.fallbacks
    assert "it names vertex 3 of 1" in frames.fallbacks["broken_1"]
    red = frames.views["top"][frames.ids["top"] == 0].mean(axis=0)
    assert red[0] > 3 * max(red[1], red[2])
    assert (frames.ids["top"] == 1).sum() > 50
    plain = make_renderer("fast").render(placed, ["top"], (128, 96), channels=("ids",))
    assert plain.fallbacks == {}
    assert not np.array_equal(plain.views["top"], frames.views["top"])


def test_the_option_of_fast_takes_a_folder(library: AssetLibrary, tmp_path: Path) -> None:
    first = make_renderer({"name": "fast", "assets": str(tmp_path)})
    placed = Scene(Room.rectangle(4, 3, 2.5), (thing("red.obj"),)).place({"it_1": (1, 1.5, 0.45)})
    second = make_renderer({"name": "fast", "assets": library})
    pictures = [renderer.render_batch([placed] * 2, ["corner"], (96, 96)) for renderer in (first, second)]
    assert np.array_equal(pictures[0][0].views["corner"], pictures[1][1].views["corner"])


def test_caches_hold_no_long_words() -> None:
    much = "oak " * 50_000
    short = object_model(SceneObject("a", "sofa", (2, 1, 1), material=much[:MAX_WORDS]), 0, Appearance())
    assert object_model(SceneObject("a", "sofa", (2, 1, 1), material=much), 0, Appearance()) is short
