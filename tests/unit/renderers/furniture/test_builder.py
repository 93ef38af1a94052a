"""Builders fit parts to their box and lay textures over them."""

from __future__ import annotations

import numpy as np
import pytest

from spatialenv.core.mesh import Material, box_mesh
from spatialenv.errors import InputError
from spatialenv.renderers.furniture.builder import Builder, fitting, mirrored, spread
from spatialenv.renderers.furniture.parts import box
from spatialenv.renderers.textures import repeat_of, texture

WOOD = Material((180.0, 140.0, 100.0))
GRAIN = Material((180.0, 140.0, 100.0), texture("grain"))


def test_parts_are_stretched_to_the_box() -> None:
    make = Builder((2.0, 1.0, 0.5))
    make.add(box((0, 0, 0), (1, 1, 1), WOOD), box((3, 0, 1), (4, 1, 2), WOOD))
    mesh = make.mesh()
    assert mesh.bounds.tolist() == [[-1.0, -0.5, -0.25], [1.0, 0.5, 0.25]]
    # The first part ended at a quarter of the length and half the height.
    assert mesh.vertices[:8].max(axis=0).tolist() == [-0.5, 0.5, 0.0]


def test_parts_need_a_volume() -> None:
    with pytest.raises(InputError, match="no parts"):
        Builder((1.0, 1.0, 1.0)).mesh()
    flat = Builder((1.0, 1.0, 1.0))
    flat.add(box((0, 0, 0), (1, 1, 0), WOOD))
    with pytest.raises(InputError, match="volume"):
        flat.mesh()


def test_small_things_are_models_of_greater_ones() -> None:
    make = Builder((0.01, 5.0, 1.0), least=(0.5, 0.5, 0.5), most=(2.0, 2.0, 2.0))
    assert make.size == (0.5, 2.0, 1.0) == (make.length, make.width, make.height)
    make.add(box((-0.25, -1, 0), (0.25, 1, 1), WOOD))
    assert make.mesh().bounds.tolist() == [[-0.005, -2.5, -0.5], [0.005, 2.5, 0.5]]


def test_words() -> None:
    make = Builder((1, 1, 1), "Round_Tables 2", "Mid-Century", "oak legs")
    assert make.says("round")
    assert make.says("gizmo", "leg")
    assert not make.says("Round")
    assert make.style == {"mid", "century"}
    assert make.material == {"oak", "leg"}
    assert Builder((1, 1, 1), "glass table", "modern", "oak", said="glass").text == "modern oak glass"


def test_textures_lie_along_the_parts_in_metres() -> None:
    make = Builder((2.0, 0.1, 0.1))
    make.add(box((-1, -0.05, 0), (1, 0.05, 0.1), GRAIN))
    mesh = make.mesh()
    assert mesh.uvs is not None
    spans = np.ptp(mesh.uvs, axis=1)
    long = 2.0 / repeat_of(GRAIN)
    lying = np.abs(mesh.normals[:, 0]) < 0.5
    np.testing.assert_allclose(spans[lying], [[long, long / 20]] * 8, rtol=1e-5)
    np.testing.assert_allclose(spans[~lying], [[long / 20, long / 20]] * 4, rtol=1e-5)


def test_an_upright_board_has_upright_grain_and_boards_differ() -> None:
    make = Builder((1.0, 0.1, 2.0))
    make.add(*(box((x, 0, 0), (x + 0.5, 0.1, 2), GRAIN) for x in (-0.5, 0.0)))
    mesh = make.mesh()
    assert mesh.uvs is not None
    assert np.ptp(mesh.uvs[:12, :, 0]) == pytest.approx(2.0 / repeat_of(GRAIN), rel=1e-5)
    assert not np.allclose(mesh.uvs[:12] % 1.0, mesh.uvs[12:] % 1.0)


def test_own_texture_coordinates_are_kept() -> None:
    part = box_mesh((1, 1, 1), GRAIN, (0, 0, 0.5), repeat=0.25)
    make = Builder((1, 1, 1))
    make.add(part)
    uvs = make.mesh().uvs
    assert uvs is not None
    assert part.uvs is not None
    assert uvs.tobytes() == part.uvs.tobytes()


def test_steps() -> None:
    assert spread(-1.0, 1.0, 4) == [-1.0, -0.5, 0.0, 0.5, 1.0]
    assert [fitting(room, 0.5) for room in (0.1, 0.7, 0.8, 1.3, 99.0)] == [1, 1, 2, 3, 12]
    assert fitting(0.1, 0.5, 2) == 2
    assert fitting(99.0, 0.5, 1, 4) == 4
    assert mirrored([1.0, 2.0]) == [-1.0, 1.0, -2.0, 2.0]
