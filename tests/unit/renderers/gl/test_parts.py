"""Grids, views, tables and textures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatialenv.core.mesh import Texture
from spatialenv.core.placed import PlacedScene
from spatialenv.core.room import Room
from spatialenv.errors import RendererError
from spatialenv.renderers.base import ROOM
from spatialenv.renderers.camera import make_camera
from spatialenv.renderers.fast.soup import standing_soup
from spatialenv.renderers.fast.stage import Stage, make_stage
from spatialenv.renderers.gl import tables
from spatialenv.renderers.gl.device import open_context
from spatialenv.renderers.gl.surfaces import MOST_PICTURES, Grid, Kept
from spatialenv.renderers.gl.tables import Place, lay_textures, make_tables
from spatialenv.renderers.gl.textures import Textures
from spatialenv.renderers.gl.views import light_cells, light_of, view_of
from spatialenv.renderers.models import Appearance
from spatialenv.renderers.room import RoomStyle, room_mesh

SIDES = st.integers(16, 2048)


@given(
    width=SIDES,
    height=SIDES,
    side=st.sampled_from([2048, 4096, 16384, 32768]),
    channels=st.booleans(),
    share=st.floats(0, 1),
)
def test_pictures_of_a_grid_fit_and_do_not_overlap(
    width: int, height: int, side: int, channels: bool, share: float
) -> None:
    most = Grid.most((width, height), side, 128 << 20, channels)
    assert 1 <= most <= MOST_PICTURES
    grid = Grid((width, height), max(1, round(share * most)), side)
    assert max(grid.whole) <= side
    corners = {grid.corner(number) for number in range(grid.count)}
    assert len(corners) == grid.count
    for x, y in corners:
        assert x % width == y % height == 0
        assert x + width <= grid.whole[0]
        assert y + height <= grid.whole[1]
    assert grid.whole[0] * grid.whole[1] <= 2 * (grid.count + grid.columns) * width * height


def test_a_picture_larger_than_the_memory_is_drawn_alone() -> None:
    assert Grid.most((2048, 2048), 16384, 1 << 20, True) == 1


def test_pictures_are_cut_out_of_a_grid() -> None:
    grid = Grid((3, 2), 3, 6)
    assert (grid.columns, grid.whole) == (2, (6, 4))
    whole = np.arange(24).reshape(4, 6)
    assert grid.cut(whole, 2).tolist() == [[12, 13, 14], [18, 19, 20]]


@given(st.sampled_from(["corner", "top", "walk", "front", "orbit"]), st.tuples(*[st.floats(0.05, 0.95)] * 3))
def test_clip_coordinates_are_the_cameras_pixels(name: str, share: tuple[float, float, float]) -> None:
    room = Room.rectangle(5, 4, 2.5)
    camera = make_camera(name, room, (80, 60))
    point = np.array(share) * (5, 4, 2.5)
    view = view_of(camera.matrix, (80, 60), camera.near, np.array([[0.0, 0, 0], [5, 4, 2.5], point]))
    clip = view.to_clip @ np.append(point, 1.0)
    if clip[3] < camera.near:
        assert clip[2] < -clip[3]  # it is cut away
        return
    assert -clip[3] <= clip[2] <= clip[3]
    assert (clip[:2] / clip[3] + 1) * (40, 30) == pytest.approx(camera.project(point), abs=1e-9)
    homogeneous = np.append(point, 1.0)
    key = (view.to_key @ homogeneous) / clip[3]
    assert key == pytest.approx((camera.matrix[2] @ homogeneous) / (camera.matrix[3] @ homogeneous))
    assert 0 < view.to_depth @ (key, clip[3], 1.0) < 1


@pytest.mark.parametrize("name", ["corner", "top"])
def test_what_is_nearer_has_more_depth(name: str) -> None:
    camera = make_camera(name, Room.rectangle(5, 4, 2.5), (80, 60))
    points = np.array([[2.0, 2.0, height] for height in (0.0, 0.001, 1.0, 2.5)])
    view = view_of(camera.matrix, (80, 60), camera.near, points)
    ends = np.column_stack([points, np.ones(4)]) @ np.stack([view.to_key, view.to_clip[3]]).T
    depths = [float(view.to_depth @ (key / w, w, 1.0)) for key, w in ends]
    assert depths == sorted(depths)
    # A millimetre is hundreds of steps of a depth buffer of 24 bits.
    assert depths[1] - depths[0] > 500 / 2**24


def stage_of(placed: PlacedScene) -> Stage:
    return make_stage(placed, Appearance(), 256, shadows=True, occlusion=True)


def test_the_lights_map_is_that_of_fast(placed: PlacedScene) -> None:
    stage = stage_of(placed)
    light = light_of(stage.objects.points, 256)
    assert light.matrix == pytest.approx(stage.light.matrix)
    assert light.cell == pytest.approx(stage.light.cell)
    assert stage.light.keys.shape == (light_cells(256),) * 2


def test_tables_go_on_from_soup_to_soup(placed: PlacedScene) -> None:
    stage, style = stage_of(placed), RoomStyle()
    rooms = [
        standing_soup(room_mesh(placed.room, make_camera(name, placed.room, (64, 64)), style))
        for name in ("corner", "walk")
    ]
    made = make_tables(stage, rooms)
    soups = [stage.objects, *rooms]
    assert [span.first for span in made.spans] == np.cumsum([0] + [len(soup.corners) for soup in soups[:-1]]).tolist()
    assert made.spans[0].glass > 0
    for span, soup in zip(made.spans, soups, strict=True):
        count = len(soup.corners)
        assert span.solid + span.glass == count
        assert made.points[span.first_point :][: span.points] == pytest.approx(soup.points, abs=1e-5)
        part = slice(span.first, span.first + count)
        faces = made.faces[part]
        assert made.points[faces[:, :3]] == pytest.approx(soup.points[soup.corners], abs=1e-5)
        colours = made.materials[faces[:, 3], :3].view(np.float32)
        assert colours == pytest.approx(soup.materials[soup.looks, :3])
        assert np.array_equal(made.materials[faces[:, 3], 7], soup.kinds[soup.looks])
        assert np.array_equal(np.sort(made.order[part]), np.sort(faces[:, 6]))
        assert np.all(made.materials[made.faces[made.order[span.first : span.first + span.solid], 3], 7] < 2)
        assert np.all(made.materials[made.faces[made.order[span.first + span.solid : part.stop], 3], 7] >= 2)
    owners = made.parts[made.faces[:, 5], 2]
    assert np.all(owners[made.spans[1].first :] == ROOM)
    assert set(owners[: made.spans[1].first]) == {0, 1, 2, 3}
    assert [placed.ids[row[2]] for row in made.parts[:-1] if row[3]] == ["lamp_1"]
    assert len({*made.faces[:, 4]}) == sum(soup.surface_count for soup in soups)


def test_textures_are_written_to_their_materials(placed: PlacedScene) -> None:
    stage = stage_of(placed)
    made = make_tables(stage, [])
    places = {texture: Place(number, 4, 2, 3) for number, (_, texture) in enumerate(made.textures)}
    assert places
    table = lay_textures(made, places)
    for row, texture in made.textures:
        assert tuple(table[row, 8:]) == places[texture]
    assert np.count_nonzero(table[:, 8] >= 0) == len(made.textures)
    assert np.all(made.materials[:, 8] == -1)
    assert make_tables(stage, [], textures=False).textures == []


def test_too_many_triangles(placed: PlacedScene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MOST_FACES", 10)
    with pytest.raises(RendererError, match="triangles; the renderer 'gl' draws 10"):
        make_tables(stage_of(placed), [])


@pytest.fixture
def context(has_gl: None) -> Iterator[Any]:
    made = open_context()
    yield made
    made.release()


def texture(level: int) -> Texture:
    return Texture(np.full((4, 2, 3), level, np.uint8))


def test_textures_are_kept_until_there_is_no_room(context: Any) -> None:
    """One of 4 x 2 texels has 8 + 2 + 1 with its smaller levels."""
    store = Textures(context, most=30)
    first, second, third = texture(10), texture(20), texture(30)
    assert store.find([first, second, first]) == {first: (0, 2, 4, 3), second: (11, 2, 4, 3)}
    texels = np.frombuffer(store.buffer.read(), np.uint8).reshape(-1, 4)
    assert texels[:22].tolist() == [[10, 10, 10, 255]] * 11 + [[20, 20, 20, 255]] * 11
    assert store.find([second])[second].start == 11
    assert store.find([third, second]) == {third: (0, 2, 4, 3), second: (11, 2, 4, 3)}
    assert store.buffer.size <= 4 * 30
    with pytest.raises(RendererError, match="more than 30 texels"):
        store.find([first, second, third])
    store.release()


def test_room_for_textures_grows_and_keeps_what_is_there(context: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spatialenv.renderers.gl.textures.FIRST", 12)
    store = Textures(context)
    for level in range(1, 9):
        store.find([texture(level)])
    texels = np.frombuffer(store.buffer.read(), np.uint8).reshape(-1, 4)[:88, 0]
    assert texels.tolist() == [level for level in range(1, 9) for _ in range(11)]
    store.release()


def test_surfaces_are_kept_up_to_a_limit(context: Any) -> None:
    kept = Kept(context, 3 * 28 * 100)
    first = kept.samples((10, 10))
    assert kept.samples((10, 10)) is first
    second = kept.samples((5, 20))
    assert kept.samples((10, 10)) is first
    kept.samples((20, 5))
    assert kept.samples((5, 20)) is second
    kept.samples((4, 25))
    kept.samples((25, 4))
    assert kept.samples((5, 20)) is second
    assert kept.samples((10, 10)) is not first
    kept.release()
