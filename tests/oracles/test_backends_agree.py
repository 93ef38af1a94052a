"""Renderers that share no drawing code see the same: what each pixel of six rooms shows, and how far away it is.

`fast` and `gl` draw triangles by our own code and by OpenGL, PyBullet by TinyRenderer, Blender by casting rays.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import combinations

import numpy as np
import pytest

from spatialenv.core.placed import PlacedScene
from spatialenv.errors import MissingExtraError
from spatialenv.renderers import Frames, Renderer, make_renderer
from spatialenv.renderers.base import NOTHING, ROOM, close_renderer
from spatialenv.tasks import example_rooms

SIZE = (512, 512)
CAMERAS = ("corner", "top", "walk")
ROOMS = ("bedroom", "kitchen", "living_room", "home_office", "childrens_room", "bathroom")
LEAST_PIXELS, LEAST_IOU = 2000, 0.97
SPECS = {
    "fast": {"name": "fast", "supersampling": 1},
    "gl": {"name": "gl", "supersampling": 1},
    "pybullet": {"name": "pybullet", "supersampling": 1},
    "blender": {"name": "blender", "samples": 1, "denoise": False, "workers": 1},
}
PAIRS = [pair for pair in combinations(SPECS, 2) if pair != ("gl", "blender")]

_made: dict[str, Renderer] = {}


@pytest.fixture(scope="module", autouse=True)
def _closed() -> Iterator[None]:
    yield
    frames.cache_clear()
    while _made:
        close_renderer(_made.popitem()[1])


@cache
def placed_room(name: str) -> PlacedScene:
    scene = example_rooms()[name]
    assert scene.witness is not None
    return scene.place(scene.witness)


@cache
def frames(renderer: str, room: str) -> Frames:
    try:
        if renderer not in _made:
            _made[renderer] = make_renderer(SPECS[renderer])
        return _made[renderer].render(placed_room(room), CAMERAS, SIZE, channels=("ids", "depth", "normals"))
    except MissingExtraError as error:
        pytest.skip(str(error))


@pytest.mark.slow
@pytest.mark.parametrize("room", ROOMS)
@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_masks_agree(one: str, other: str, room: str) -> None:
    first, second = frames(one, room), frames(other, room)
    for camera in CAMERAS:
        ours, theirs = first.ids[camera], second.ids[camera]
        compared = 0
        for index in (*range(len(placed_room(room).ids)), ROOM, NOTHING):
            a, b = ours == index, theirs == index
            if max(a.sum(), b.sum()) >= LEAST_PIXELS:
                iou = (a & b).sum() / (a | b).sum()
                assert iou >= LEAST_IOU, f"{camera} of {room}, object {index}: IoU of {one} and {other} is {iou:.4f}"
                compared += 1
        assert compared >= 4


@pytest.mark.slow
@pytest.mark.parametrize("room", ROOMS)
@pytest.mark.parametrize("other", ["gl", "pybullet", "blender"])
def test_depths_and_normals_agree(other: str, room: str) -> None:
    """Where both see the same object; the quarter of a percent that is left out lies at edges."""
    first, second = frames("fast", room), frames(other, room)
    for camera in CAMERAS:
        same = (first.ids[camera] == second.ids[camera]) & (first.ids[camera] != NOTHING)
        apart = np.abs(first.depth[camera][same] - second.depth[camera][same])
        assert np.quantile(apart, 0.9975) < 0.01, f"{camera} of {room}: depths of {other} are {apart.max():.3f} m off"
        cosines = np.einsum("ij,ij->i", first.normals[camera][same], second.normals[camera][same])
        assert np.mean(cosines > 0.99) > 0.97, f"{camera} of {room}: {np.mean(cosines <= 0.99):.2%} of normals differ"
