from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from spatialenv.core.room import Room
from spatialenv.renderers.camera import make_camera
from spatialenv.renderers.room import RoomStyle, room_mesh
from spatialenv.renderers.room.floor import COVERINGS, GRID_SHADE, floor_material, grid_material
from spatialenv.renderers.room.style import FLOORS


@pytest.mark.parametrize("kind", sorted(COVERINGS))
def test_floors_have_the_colour_that_they_name_on_average(kind: Any) -> None:
    material = floor_material(kind)
    texels = np.ones(3) if material.texture is None else material.texture.pixels.reshape(-1, 3).mean(axis=0) / 255
    assert np.array(material.colour) * texels == pytest.approx(COVERINGS[kind].colour, abs=0.5)
    assert max(material.colour) <= 255


def test_every_floor_has_a_covering_and_lines_that_are_darker() -> None:
    assert {*COVERINGS, "auto"} == set(FLOORS)
    for kind in FLOORS:
        mean = np.array(COVERINGS["planks" if kind == "auto" else kind].colour)
        np.testing.assert_allclose(grid_material(kind).colour, GRID_SHADE * mean)
    assert floor_material("auto") == floor_material("planks")


def floor_uvs(room: Room, kind: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return the corners of the floor's triangles, ``(k, 2)``, and their places on the texture."""
    mesh = room_mesh(room, make_camera("top", room, (64, 64)), RoomStyle(floor=kind, grid=False))
    assert mesh.uvs is not None
    is_floor = mesh.material_of == mesh.materials.index(floor_material(kind))
    return mesh.corners[is_floor][..., :2].reshape(-1, 2), mesh.uvs[is_floor].reshape(-1, 2)


@pytest.mark.parametrize("kind", ["planks", "tiles", "carpet"])
def test_textures_lie_at_their_scale_along_the_room(kind: Any) -> None:
    metres = COVERINGS[kind].metres
    points, uvs = floor_uvs(Room.rectangle(6, 4, 2.5), kind)
    np.testing.assert_allclose(uvs, points / metres, atol=1e-6)
    points, uvs = floor_uvs(Room.rectangle(4, 6, 2.5), kind)
    np.testing.assert_allclose(uvs, points[:, ::-1] / metres, atol=1e-6)
    points, uvs = floor_uvs(Room.polygon(((0, 0), (6, 0), (6, 2), (3, 2), (3, 4), (0, 4)), 2.5), kind)
    np.testing.assert_allclose(uvs, points / metres, atol=1e-6)


@pytest.mark.parametrize(
    ("length", "pixels", "step"), [(6.0, 256, 1.0), (40.0, 512, 1.0), (40.0, 160, 2.0), (90.0, 64, 10.0)]
)
def test_lines_keep_apart_in_small_pictures(length: float, pixels: int, step: float) -> None:
    room = Room.rectangle(length, length, 2.5)
    mesh = room_mesh(room, make_camera("top", room, (pixels, pixels)))
    lines = mesh.corners[mesh.material_of == mesh.materials.index(grid_material("planks"))]
    across = lines[np.ptp(lines[..., 0], axis=1) < 0.5 * step]
    middles = np.unique(np.round((across[..., 0].min(axis=1) + across[..., 0].max(axis=1)) / 2, 6))
    np.testing.assert_allclose(middles, np.arange(1, round(length / step)) * step)
