"""The room as Blender is given it."""

from __future__ import annotations

import numpy as np
import pytest

from spatialenv.core.room import Opening, Room
from spatialenv.renderers.blender.room import shown_room
from spatialenv.renderers.camera import make_camera
from spatialenv.renderers.lens import lens_of
from spatialenv.renderers.room import RoomStyle, room_mesh

L = Room(
    floor=((0, 0), (5, 0), (5, 2), (3.5, 2), (3, 4), (0, 4)),
    height=2.6,
    openings=(Opening("door", "wall_0", 3.6, 0.9, 2.0, swing="in"),),
)
STYLE = RoomStyle(floor="tiles")


@pytest.mark.parametrize("name", ["corner", "top", "walk", "front", "orbit"])
def test_what_is_left_out_shows_its_back(name: str) -> None:
    camera = make_camera(name, L, (64, 64))
    lens = lens_of(camera, L)
    whole, shown = room_mesh(L, camera, STYLE), shown_room(L, camera, STYLE)
    kept = {corners.tobytes() for corners in shown.corners}
    assert 0 < len(kept) <= len(whole)
    for corners, normal in zip(whole.corners, whole.normals, strict=True):
        sight = corners.mean(axis=0) - lens.eye if lens.is_perspective else lens.axes[2]
        assert (corners.tobytes() in kept) == (float(normal @ sight) < 0)
    assert shown.uvs is not None
    assert np.isfinite(shown.uvs).all()


def test_the_ends_of_walls_are_gone_from_behind() -> None:
    camera = make_camera("corner", L, (64, 64))
    assert len(shown_room(L, camera, STYLE)) < len(room_mesh(L, camera, STYLE))
    assert shown_room(L, camera, STYLE) is shown_room(L, camera, STYLE)
