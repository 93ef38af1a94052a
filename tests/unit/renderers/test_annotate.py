from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialenv.core.placed import PlacedScene
from spatialenv.core.room import Room
from spatialenv.core.scene import Scene
from spatialenv.renderers.annotate import Label, annotate, write_axes
from spatialenv.renderers.annotated import Annotations, draw_annotated
from spatialenv.renderers.axes import draw_axes
from spatialenv.renderers.base import Picture
from spatialenv.renderers.camera import make_camera
from spatialenv.renderers.camera_specs import FreeCamera
from spatialenv.renderers.fast import FastRenderer
from spatialenv.renderers.sight import find_sight
from spatialenv.renderers.strokes import are_seen
from spatialenv.renderers.text import MAX_CHARACTERS, glyphs, shorten
from spatialenv.renderers.wall_names import place_wall_names

Place = Callable[..., PlacedScene]


def labels_of(placed: PlacedScene, view: str, size: tuple[int, int]) -> tuple[Label, ...]:
    frames = FastRenderer(shadows=False, supersampling=1, furniture=False).render(
        placed, (view,), size, channels=("ids",)
    )
    sight = find_sight(frames.ids[view], len(placed.ids))
    return annotate(frames.views[view], frames.cameras[view], placed, sight)


def check_apart(labels: tuple[Label, ...], size: tuple[int, int]) -> None:
    for k, label in enumerate(labels):
        left, top, right, bottom = label.rectangle
        assert 0 <= left < right <= size[0]
        assert 0 <= top < bottom <= size[1]
        for other in labels[k + 1 :]:
            a, b, c, d = other.rectangle
            assert right <= a or c <= left or bottom <= b or d <= top, (label, other)


@settings(max_examples=25)
@given(seed=st.integers(0, 10_000), n=st.integers(0, 40), view=st.sampled_from(["corner", "top"]), data=st.data())
def test_labels_never_overlap(scatter: Place, seed: int, n: int, view: str, data: st.DataObject) -> None:
    size = data.draw(st.sampled_from([(128, 128), (256, 256), (256, 160), (512, 512)]))
    name = data.draw(st.sampled_from(["tv", "dining_chair", "an_object_with_a_name_that_is_too_long"]))
    placed = scatter(seed, n, name=name)
    labels = labels_of(placed, view, size)
    check_apart(labels, size)
    assert len({label.index for label in labels}) == len(labels)
    if n <= 12 and min(size) >= 256 and name != "an_object_with_a_name_that_is_too_long":
        assert sorted(label.index for label in labels) == list(range(n))


@pytest.mark.parametrize("view", ["corner", "top"])
@pytest.mark.parametrize("side", [256, 512])
def test_labels_stay_clear_of_wall_names(scatter: Place, polygon_room: Room, view: str, side: int) -> None:
    placed = scatter(5, 9, polygon_room)
    labels = labels_of(placed, view, (side, side))
    check_apart(labels, (side, side))
    assert len(labels) == 9
    camera = make_camera(view, polygon_room, (side, side))
    font = round(side / 31)
    numbers = draw_axes(np.zeros((side, side, 3), np.uint8), camera, polygon_room, font)
    for name in place_wall_names(polygon_room, camera, font - 1, tuple(numbers)):
        a, b, c, d = name.rectangle
        for label in labels:
            left, top, right, bottom = label.rectangle
            assert right <= a or c <= left or bottom <= b or d <= top, (label, name)


def test_only_rooms_that_are_no_rectangles_name_their_walls() -> None:
    size = (256, 256)
    square = Room(((0, 0), (2, 0), (4, 0), (4, 4), (0, 4)), 2.5)
    pictures = [
        draw_annotated(FastRenderer(), Scene(room=room, objects=()).place({}), ["top"], size).image
        for room in (square, Room.rectangle(4, 4, 2.5))
    ]
    x, y = make_camera("top", square, size).project(np.array([2.0, 4.2, 0.0]))
    dark = [int(picture[int(y) - 10 : int(y) + 4, int(x) - 20 : int(x) + 20].min()) for picture in pictures]
    assert dark[0] < 110 < dark[1]


def test_labels_stay_clear_of_the_ruler(scatter: Place) -> None:
    placed = scatter(3, 12)
    for view in ("corner", "top"):
        camera = make_camera(view, placed.room, (256, 256))
        numbers = draw_axes(np.zeros((256, 256, 3), np.uint8), camera, placed.room, 9)
        assert len(numbers) >= 6
        for label in labels_of(placed, view, (256, 256)):
            left, top, right, bottom = label.rectangle
            assert all(right <= a or c <= left or bottom <= b or d <= top for a, b, c, d in numbers)


def test_a_label_names_what_is_seen_at_its_anchor(place: Place) -> None:
    placed = place(
        {"one": (1, 1, 0.4, 0.8, 0.8, 0.8, 0), "two": (3, 3, 0.4, 0.8, 0.8, 0.8, 0)}, Room.rectangle(4, 4, 2.5)
    )
    labels = labels_of(placed, "top", (256, 256))
    camera = make_camera("top", placed.room, (256, 256))
    for label in labels:
        assert label.text == placed.ids[label.index]
        assert label.is_seen
        np.testing.assert_allclose(label.anchor, camera.project(placed.centers[label.index]), atol=2)


def test_hidden_and_far_objects_are_named_in_brackets(place: Place) -> None:
    room = Room.rectangle(4, 4, 2.5)
    boxes = {
        "table": (2, 2, 0.5, 1.6, 1.6, 1.0, 0),
        "box_inside": (2, 2, 0.3, 0.3, 0.3, 0.3, 0),
        "far_east": (1e6, 2, 0.5, 1, 1, 1, 0),
    }
    placed = place(boxes, room)
    for view in ("corner", "top"):
        by_index = {label.index: label for label in labels_of(placed, view, (256, 256))}
        assert by_index[0].text == "table"
        assert by_index[1].text == "(box_inside)"
        assert by_index[2].text == "(far_east)"
        assert by_index[2].anchor[0] > 200


def _drawn(placed: PlacedScene, side: int, labels: bool) -> Picture:
    return draw_annotated(FastRenderer(), placed, size=(side, side), annotations=Annotations(labels=labels)).image


def test_small_pictures_carry_no_text(scatter: Place) -> None:
    placed = scatter(1, 5)
    assert labels_of(placed, "top", (127, 300)) == ()
    bare, labelled = (_drawn(placed, 96, flag) for flag in (False, True))
    assert np.array_equal(bare, labelled)
    bare, labelled = (_drawn(placed, 128, flag) for flag in (False, True))
    assert not np.array_equal(bare, labelled)


@pytest.mark.parametrize("text", ["", "sofa_1", "a\nb\t\x00", "ソファ", "x" * 5000])
def test_any_text_becomes_one_line(text: str) -> None:
    assert len(shorten(text)) <= MAX_CHARACTERS
    assert shorten(text).isprintable()
    mask = glyphs(shorten(text), 10)
    assert mask.shape[0] == glyphs("sofa_1", 10).shape[0] <= 14
    assert mask.shape[1] < 400


def test_glyphs_are_kept_and_read_only() -> None:
    assert glyphs("sofa_1", 10) is glyphs("sofa_1", 10)
    assert glyphs("sofa_1", 10).max() > 200
    assert not glyphs("sofa_1", 10).flags.writeable


def test_the_ruler_of_a_hall_is_readable() -> None:
    room = Room.rectangle(300, 200, 10)
    numbers = draw_axes(np.zeros((256, 256, 3), np.uint8), make_camera("top", room, (256, 256)), room, 9)
    assert 6 <= len(numbers) <= 40


@pytest.mark.parametrize("seed", range(4))
def test_names_of_walls_are_not_written_over_what_hides_them(seed: int) -> None:
    room = Room(((0, 0), (6, 0), (6, 2.5), (3, 2.5), (3, 5), (0, 5)), 2.6)
    eye = ((5.5, 0.5, 1.5), (5.0, 2.0, 1.5), (4.0, 1.0, 1.5), (1.0, 4.5, 1.5))[seed]
    target = ((3.0, 2.5, 1.5), (2.5, 2.0, 1.5), (0.0, 3.0, 1.5), (5.0, 1.0, 1.5))[seed]
    camera_spec = FreeCamera(eye, target, 100)
    frames = FastRenderer().render(Scene(room, ()).place({}), [camera_spec], (256, 256), channels=("depth",))
    camera, depth = frames.cameras["free"], frames.depth["free"]
    visible = set()
    for wall in room.wall_lines:
        along = np.linspace(0.02, 0.98, 40)[:, None]
        line = np.array(wall.start) + along * (np.array(wall.end) - np.array(wall.start))
        points = np.column_stack([line, np.full(40, 0.88 * room.height)])
        if are_seen(camera, depth, points).any():
            visible.add(wall.name)
    blank = np.zeros((256, 256, 3), np.uint8)
    ruler = draw_axes(blank.copy(), camera, room, 9, depth)
    written = write_axes(blank.copy(), camera, room, depth)[len(ruler) :]
    assert len(written) <= len(visible) < 6
    # Under each name there is one wall: depth is that of a plane there.
    for left, top, right, bottom in np.array(written).astype(int):
        inverse = 1.0 / depth[top:bottom, left:right].astype(float)
        rows, columns = np.mgrid[0 : bottom - top, 0 : right - left]
        design = np.column_stack([rows.ravel(), columns.ravel(), np.ones(rows.size)])
        _, residual, _, _ = np.linalg.lstsq(design, inverse.ravel(), rcond=None)
        assert float(residual.sum()) < 2e-3 * rows.size * float(inverse.mean()) ** 2
