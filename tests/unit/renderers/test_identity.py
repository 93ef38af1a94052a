from __future__ import annotations

import numpy as np
import pytest

from spatialenv.core.mesh import Material, Texture, TriangleMesh, box_mesh, join
from spatialenv.renderers.identity import DARKEST, LIGHTEST, in_one_colour

BLUE = (86.0, 180.0, 233.0)


def plain(value: float) -> Material:
    return Material((value, value, value))


def colours(mesh: TriangleMesh) -> list[tuple[float, float, float]]:
    return [material.colour for material in mesh.materials]


def test_what_most_is_made_of_gets_the_colour_itself() -> None:
    mesh = join([box_mesh((0.1, 0.1, 0.1), plain(30.0)), box_mesh((1.0, 1.0, 1.0), plain(100.0))])
    small, large = colours(in_one_colour(mesh, BLUE))
    assert large == pytest.approx(BLUE)
    assert small == pytest.approx([DARKEST * value for value in BLUE])


def test_lighter_parts_go_towards_white_and_no_further_than_a_limit() -> None:
    mesh = join([box_mesh((1.0, 1.0, 1.0), plain(100.0)), box_mesh((0.1, 0.1, 0.1), plain(250.0))])
    _, light = colours(in_one_colour(mesh, BLUE))
    assert light == pytest.approx([value + (LIGHTEST - 1.0) * (255.0 - value) for value in BLUE])


def test_a_texture_counts_by_its_mean() -> None:
    dark = Texture(np.full((4, 4, 3), 153, np.uint8))
    mesh = join([box_mesh((1, 1, 1), plain(200.0)), box_mesh((0.1, 0.1, 0.1), Material((200.0, 200.0, 200.0), dark))])
    _, part = colours(in_one_colour(mesh, BLUE))
    assert part == pytest.approx([0.6 * value for value in BLUE])


def test_shape_stays_and_glass_and_textures_go() -> None:
    texture = Texture(np.full((4, 4, 3), 128, np.uint8))
    glass = Material((200.0, 220.0, 230.0), texture, opacity=0.3, metallic=1.0, emission=1.0, double_sided=True)
    mesh = box_mesh((1.0, 2.0, 0.5), glass)
    worn = in_one_colour(mesh, BLUE)
    assert np.array_equal(worn.corners, mesh.corners)
    assert np.array_equal(worn.smoothing, mesh.smoothing)
    assert worn.uvs is None
    assert worn.materials == (Material(pytest.approx(BLUE), double_sided=True),)  # type: ignore[arg-type]


def test_black_furniture_is_coloured_too() -> None:
    assert colours(in_one_colour(box_mesh((1, 1, 1), plain(0.0)), BLUE)) == [pytest.approx(BLUE)]
