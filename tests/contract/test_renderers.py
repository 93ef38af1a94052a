"""What every renderer must keep to, whoever wrote it."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from spatialenv.core.placed import PlacedScene
from spatialenv.core.room import Opening, Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.core.violations import KINDS, Violation
from spatialenv.errors import InputError
from spatialenv.renderers import Renderer, make_renderer
from spatialenv.renderers.registry import RENDERERS


@pytest.fixture(params=sorted(RENDERERS))
def renderer(request: pytest.FixtureRequest) -> Renderer:
    return make_renderer(str(request.param))


ROOMS = {
    "rectangle": Room.rectangle(5, 4, 2.6),
    "L": Room(
        floor=((0, 0), (5, 0), (5, 2), (3.5, 2), (3, 4), (0, 4)),
        height=2.6,
        openings=(Opening("door", "wall_0", 3.6, 0.9, 2.0, swing="in"), Opening("window", "wall_4", 1, 1.2, 1.2, 0.9)),
    ),
}


@pytest.fixture(scope="module", params=sorted(ROOMS))
def placed(request: pytest.FixtureRequest) -> PlacedScene:
    objects = (
        SceneObject(id="sofa_1", category="sofa", size=(1.8, 0.9, 0.8)),
        SceneObject(id="desk_1", category="desk", size=(1.2, 0.6, 0.75)),
        SceneObject(id="lamp_1", category="lamp", size=(0.3, 0.3, 1.5)),
    )
    scene = Scene(room=ROOMS[request.param], objects=objects)
    return scene.place({"sofa_1": (2.5, 0.5, 0.4), "desk_1": (2.9, 1.0, 0.375, 1.0)})


def test_names_and_version(renderer: Renderer) -> None:
    assert renderer.name in RENDERERS
    assert renderer.version.startswith(renderer.name)


def test_views_size_and_kind(renderer: Renderer, placed: PlacedScene) -> None:
    frames = renderer.render(placed, views=("top", "corner"), size=(90, 60))
    assert list(frames.views) == ["top", "corner"]
    for picture in frames.views.values():
        assert picture.shape == (60, 90, 3)
        assert picture.dtype == np.uint8
    assert frames.image.shape == (60, 180, 3)
    assert np.array_equal(frames.image[:, :90], frames.views["top"])


def test_defaults_are_two_views_of_256(renderer: Renderer, placed: PlacedScene) -> None:
    frames = renderer.render(placed)
    assert list(frames.views) == ["corner", "top"]
    assert frames.image.shape == (256, 512, 3)


def test_fresh_equal_pictures(renderer: Renderer, placed: PlacedScene) -> None:
    first, second = renderer.render(placed), renderer.render(placed)
    for view, picture in first.views.items():
        assert not np.shares_memory(picture, second.views[view])
        assert np.array_equal(picture, second.views[view])
        assert picture.flags.writeable


@pytest.fixture
def drawing(renderer: Renderer) -> Renderer:
    if renderer.name == "blank":
        pytest.skip("draws nothing, and says so")
    return renderer


def test_the_picture_shows_the_layout(drawing: Renderer, placed: PlacedScene) -> None:
    moved = placed.scene.place({"sofa_1": (1.5, 2.5, 0.4), "desk_1": (2.9, 1.0, 0.375, 1.0)})
    empty = placed.scene.place({})
    images = [drawing.render(p, size=(128, 128)).image for p in (placed, moved, empty)]
    assert not np.array_equal(images[0], images[1])
    assert not np.array_equal(images[0], images[2])


def test_marks_show(drawing: Renderer, placed: PlacedScene) -> None:
    wrong = [Violation("collision", ("desk_1", "sofa_1"), 0.1, "m3")]
    plain, marked = (drawing.render(placed, labels=False, violations=v).image for v in ((), wrong))
    assert not np.array_equal(plain, marked)


def test_violations_of_every_kind_are_taken(renderer: Renderer, placed: PlacedScene) -> None:
    """Those that cannot be drawn are left out, as are names that are in no picture."""
    for kind in KINDS:
        named = ("desk_1", "door_0" if kind == "blocked_opening" else "nobody")
        wrong = [Violation(kind, named, 0.1, "m", (0.1, 0.0, 0.0), "", 0.5), Violation(kind, ("nobody",), 0.1, "m")]
        assert renderer.render(placed, violations=wrong).image.shape == (256, 512, 3)


def test_mistakes_are_the_callers(renderer: Renderer, placed: PlacedScene) -> None:
    for wrong in ({"size": (4, 4)}, {"views": ["inside"]}, {"violations": ["sofa_1"]}):
        with pytest.raises(InputError):
            renderer.render(placed, **wrong)  # type: ignore[arg-type]


def test_pickles(renderer: Renderer, placed: PlacedScene) -> None:
    copy = pickle.loads(pickle.dumps(renderer))
    assert np.array_equal(copy.render(placed, size=(64, 64)).image, renderer.render(placed, size=(64, 64)).image)


def test_the_order_of_a_layout_does_not_matter(renderer: Renderer, placed: PlacedScene) -> None:
    turned = placed.scene.place(dict(reversed(list(placed.layout.items()))))  # type: ignore[arg-type]
    assert np.array_equal(renderer.render(placed).image, renderer.render(turned).image)
