"""What is written over pictures, asked for in one place and drawn over a renderer that knows nothing of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from spatialenv.core.placed import PlacedScene
from spatialenv.core.room import Room
from spatialenv.core.scene import Relation, Scene, SceneObject
from spatialenv.core.violations import Violation, find_violations
from spatialenv.errors import InputError, RendererError, UnknownNameError
from spatialenv.renderers.annotate import Label, write_labels
from spatialenv.renderers.annotated import Annotations, draw_annotated
from spatialenv.renderers.camera import make_camera
from spatialenv.renderers.camera_specs import FreeCamera, OrbitCamera
from spatialenv.renderers.fast import FastRenderer
from spatialenv.renderers.sight import find_sight

Place = Callable[..., PlacedScene]
ROOM = Room.rectangle(5, 4, 2.5)
NOTHING = Annotations(labels=False)


@pytest.fixture
def placed() -> PlacedScene:
    desk = SceneObject(id="desk_1", category="desk", size=(1.2, 0.6, 0.7), relations=(Relation("desk_1", "on", "x_1"),))
    box = SceneObject(id="x_1", category="box", size=(0.8, 0.8, 0.8))
    return Scene(ROOM, (desk, box)).place({"desk_1": (1.2, 1.0, 0.35), "x_1": (1.7, 1.2, 0.4)})


def moved(placed: PlacedScene) -> PlacedScene:
    return placed.scene.place({"desk_1": (4.0, 3.0, 0.35), "x_1": (1.7, 1.2, 0.4)})


def test_nothing_wanted_is_the_bare_picture(slabs: Any, placed: PlacedScene) -> None:
    bare = slabs.render(placed, ["corner"], (160, 160))
    frames = draw_annotated(slabs, placed, ["corner"], (160, 160), NOTHING)
    assert np.array_equal(frames.views["corner"], bare.views["corner"])


@pytest.mark.parametrize("view", ["corner", "top", "front", "walk", "orbit"])
@pytest.mark.parametrize("name", ["labels", "axes", "fronts", "relations", "violations", "previous"])
def test_each_part_is_written_over_any_renderer(slabs: Any, placed: PlacedScene, view: str, name: str) -> None:
    value: Any = True
    if name == "violations":
        value = find_violations(placed)
        assert value
    elif name == "previous":
        value = moved(placed)
    annotations = replace(NOTHING, **{name: value})
    bare = draw_annotated(slabs, placed, [view], (160, 160), NOTHING).image
    drawn = draw_annotated(slabs, placed, [view], (160, 160), annotations).image
    changed = float((bare != drawn).any(axis=2).mean())
    # In the middle of a room the ruler may have no place.
    assert changed > 0.0005 or (view == "walk" and name == "axes")
    assert changed < 0.4
    again = draw_annotated(slabs, placed, [view], (160, 160), annotations).image
    assert np.array_equal(drawn, again)


def test_fronts_and_axes_go_with_labels(slabs: Any, placed: PlacedScene) -> None:
    def image(**changes: Any) -> Any:
        return draw_annotated(slabs, placed, ["top"], (160, 160), Annotations(**changes)).image

    assert not np.array_equal(image(), image(fronts=False))
    assert not np.array_equal(image(), image(axes=False))
    assert np.array_equal(image(), image(axes=True, fronts=True))


def test_boxes_that_mark_their_fronts_have_no_arrows(placed: PlacedScene) -> None:
    boxes = FastRenderer(furniture=False)
    plain = draw_annotated(boxes, placed, ["top"], (160, 160)).image
    assert np.array_equal(plain, draw_annotated(boxes, placed, ["top"], (160, 160), Annotations(fronts=False)).image)
    assert not np.array_equal(plain, draw_annotated(boxes, placed, ["top"], (160, 160), Annotations(fronts=True)).image)


def test_only_what_was_asked_for_or_needed_is_in_the_frames(slabs: Any, placed: PlacedScene) -> None:
    frames = draw_annotated(FastRenderer(), placed, ["top"], (64, 64), channels=("normals",))
    assert not frames.ids
    assert not frames.depth
    assert set(frames.normals) == {"top"}


@pytest.mark.parametrize(
    ("lacking", "annotations"),
    [
        ("ids", Annotations()),
        ("depth", Annotations()),
        ("depth", replace(NOTHING, relations=True)),
        ("depth", replace(NOTHING, violations=(Violation("relation", ("x_1",), 1.0, "m"),))),
    ],
)
def test_a_renderer_that_lacks_a_channel_is_told_of(
    slabs: Any, placed: PlacedScene, lacking: str, annotations: Annotations
) -> None:
    class Old(type(slabs)):  # type: ignore[misc]
        name = "old"

        def render(self, *arguments: Any, **options: Any) -> Any:
            return replace(super().render(*arguments, **options), **{lacking: {}})

    with pytest.raises(RendererError, match=f"'old' gives no `{lacking}`"):
        draw_annotated(Old(), placed, ["top"], (160, 160), annotations)
    assert draw_annotated(Old(), placed, ["top"], (160, 160), NOTHING).image.shape == (160, 160, 3)
    with pytest.raises(RendererError, match="is asked for"):
        draw_annotated(Old(), placed, ["top"], (160, 160), NOTHING, channels=(lacking,))  # type: ignore[arg-type]


def test_an_outline_behind_another_object_is_dashed(place: Place, slabs: Any) -> None:
    boxes = {"box": (2.5, 2.6, 0.3, 0.6, 0.6, 0.6, 0), "wall": (2.5, 1.6, 0.7, 3.0, 0.3, 1.4, 0)}
    placed = place(boxes, ROOM)
    marks = (Violation("relation", ("box",), 1.0, "m"),)
    view = "front"
    frames = slabs.render(placed, [view], (300, 300))
    camera, ids = frames.cameras[view], frames.ids[view]
    edge = np.linspace((2.2, 2.3, 0.6), (2.8, 2.3, 0.6), 80)
    pixels = camera.project(edge).astype(int)
    assert (ids[pixels[:, 1], pixels[:, 0]] == 1).all()  # the wall is before it

    def share_of_red(annotations: Annotations, scene: PlacedScene) -> float:
        image = draw_annotated(slabs, scene, [view], (300, 300), annotations).image.astype(float)
        red = (image[..., 0] - image[..., 1] > 60) & (image[..., 1] < 100)
        near = [red[row - 1 : row + 2, column].any() for column, row in pixels]
        return float(np.mean(near))

    wanted = replace(NOTHING, violations=marks)
    alone = placed.scene.place({"box": (2.5, 2.6, 0.3)})
    assert share_of_red(wanted, alone) > 0.95
    assert 0.3 < share_of_red(wanted, placed) < 0.8


def swatch_of(picture: Any, label: Label) -> Any:
    left, top, _, bottom = label.rectangle
    return picture[(top + bottom) // 2, left].astype(float)


def test_a_labels_swatch_has_the_colour_that_is_seen(slabs: Any, place: Place) -> None:
    boxes = {"one": (1.2, 1.0, 0.4, 0.8, 0.8, 0.8, 0), "two": (3.5, 2.5, 0.4, 0.8, 0.8, 0.8, 0)}
    placed = place({**boxes, "hidden": (3.5, 2.5, 0.2, 0.2, 0.2, 0.2, 0)}, ROOM)
    frames = slabs.render(placed, ["top"], (200, 200))
    picture = frames.views["top"]
    picture[frames.ids["top"] == 1] = (200, 30, 90)
    half = frames.ids["top"] == 1
    half[:, : int(np.median(np.nonzero(half)[1])) + 1] = False
    picture[half] = (100, 30, 90)
    share = half.sum() / (frames.ids["top"] == 1).sum()
    sight = find_sight(frames.ids["top"], 3, picture)
    camera = frames.cameras["top"]
    labels = write_labels(picture, camera, placed, sight, [], np.zeros((0, 2)))
    by_index = {label.index: label for label in labels}
    np.testing.assert_allclose(swatch_of(picture, by_index[0]), (60, 90, 140), atol=1)
    np.testing.assert_allclose(swatch_of(picture, by_index[1]), (200 - 100 * share, 30, 90), atol=2)
    # What is not seen has no colour.
    assert np.ptp(swatch_of(picture, by_index[2])) < 20


def test_labels_can_be_read_over_any_floor(slabs: Any, placed: PlacedScene) -> None:
    rng = np.random.default_rng(5)
    frames = slabs.render(placed, ["top"], (256, 256))
    for shade in (0, 90, 180, 255, -1):
        picture = np.full((256, 256, 3), max(shade, 0), np.uint8)
        if shade < 0:
            picture[:] = rng.integers(0, 255, picture.shape)
        sight = find_sight(frames.ids["top"], 2, picture)
        labels = write_labels(picture, frames.cameras["top"], placed, sight, [], np.zeros((0, 2)))
        assert len(labels) == 2
        for label in labels:
            left, top, right, bottom = label.rectangle
            patch = picture[top:bottom, left + 4 : right].astype(float).mean(axis=2)
            assert np.median(patch) > 200
            assert patch.min() < 70


@pytest.mark.parametrize("side", [256, 512])
def test_forty_objects_in_a_small_room(slabs: Any, scatter: Place, side: int) -> None:
    placed = scatter(4, 40, Room.rectangle(6, 5, 2.6))
    image = draw_annotated(slabs, placed, ["top"], (side, side), Annotations(relations=True)).image
    assert image.shape == (side, side, 3)


CAMERAS: tuple[Any, ...] = (
    FreeCamera((2.5, 2.0, 1.6), (0.0, 0.0, 0.0), 100),
    FreeCamera((2.5, 2.0, 1.6), (2.5, 2.0, 9.0)),
    FreeCamera((-30.0, 2.0, 1.6), (-60.0, 2.0, 1.6)),
    FreeCamera((1.2, 1.0, 0.4), (4.0, 3.0, 1.0)),
    OrbitCamera(210, 5, zoom=6),
)


@pytest.mark.parametrize("camera", CAMERAS, ids=["inside", "at the ceiling", "away", "within an object", "close"])
def test_any_camera(slabs: Any, placed: PlacedScene, camera: Any) -> None:
    annotations = Annotations(
        violations=find_violations(placed), relations=True, previous=moved(placed), fronts=True, axes=True
    )
    frames = draw_annotated(slabs, placed, [camera], (160, 160), annotations)
    ids = frames.ids[camera.name]
    if camera is CAMERAS[2]:
        # Everything is behind it: there is nothing to name.
        assert not (ids >= 0).any()
        assert np.array_equal(frames.image, slabs.render(placed, [camera], (160, 160)).image)


def test_what_a_camera_inside_does_not_show_is_not_named(slabs: Any, placed: PlacedScene) -> None:
    camera = make_camera(FreeCamera((2.5, 2.0, 1.6), (5.0, 4.0, 1.0)), ROOM, (200, 200))
    picture = np.zeros((200, 200, 3), np.uint8)
    frames = slabs.render(placed, [FreeCamera((2.5, 2.0, 1.6), (5.0, 4.0, 1.0))], (200, 200))
    sight = find_sight(frames.ids["free"], 2)
    assert write_labels(picture, camera, placed, sight, [], np.zeros((0, 2))) == ()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"labels": 1}, "`labels` is 1"),
        ({"labels": None}, "`labels` is None"),
        ({"axes": "yes"}, "`axes` is 'yes'"),
        ({"relations": None}, "`relations` is None"),
        ({"previous": "before"}, "PlacedScene"),
        ({"violations": "all"}, "sequence"),
        ({"violations": ("one",)}, "holds a str"),
    ],
)
def test_wrong_arguments(arguments: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=says):
        Annotations(**arguments)


def test_switches_as_settings_hold_them() -> None:
    made = Annotations.of({"labels": True, "fronts": False, "relations": True})
    assert made.to_dict() == {"labels": True, "fronts": False, "relations": True}
    assert Annotations.of(made.to_dict()) == made
    assert Annotations().to_dict() == {"labels": True, "relations": False}
    with pytest.raises(UnknownNameError, match="did you mean 'labels'"):
        Annotations.of({"lables": True})
    with pytest.raises(InputError, match="`axes` is 1"):
        Annotations.of({"axes": 1})
