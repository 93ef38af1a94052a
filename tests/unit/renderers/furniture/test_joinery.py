"""Materials by words, legs by style, fronts, doors, books and cushions."""

from __future__ import annotations

import numpy as np
import pytest

from spatialenv.core.mesh import Material, TriangleMesh, join
from spatialenv.renderers.furniture.builder import Builder
from spatialenv.renderers.furniture.joinery import (
    LegForm,
    accent,
    books,
    cover,
    darker,
    doors,
    drawers,
    front,
    front_depth,
    is_plain,
    leaning_pillow,
    leg,
    leg_form,
    legwood,
    metal,
    wood,
)
from spatialenv.renderers.surfaces import material_for

WOOD = Material((180.0, 140.0, 100.0))
SIZE = (1.0, 0.5, 0.8)


def whole(make: Builder) -> TriangleMesh:
    """Return what was added, in the frame of the design."""
    return join(make.parts)


def test_each_part_takes_the_words_that_are_meant_for_it() -> None:
    make = Builder(SIZE, "", "", "green velvet with walnut legs")
    assert cover(make) == material_for("green velvet", "grey wool")
    assert legwood(make) == material_for("walnut", "oak")
    make = Builder(SIZE, "", "", "oak")
    assert wood(make) == material_for("oak", "pine")
    assert cover(make) == material_for("", "grey wool")
    assert metal(make).metallic == metal(Builder(SIZE)).metallic


def test_accents_differ_by_style_and_are_the_same_each_time() -> None:
    colours = {accent(Builder(SIZE, "", style)).colour for style in ("", "modern", "rustic", "classic", "coastal")}
    assert len(colours) == 5
    assert accent(Builder(SIZE, "", "modern")) is accent(Builder(SIZE, "", "modern"))


def test_styles_decide_fronts_and_legs() -> None:
    assert [is_plain(Builder(SIZE, "", style)) for style in ("", "modern", "classic", "rustic")] == [
        True, True, False, False,
    ]  # fmt: skip
    forms = [leg_form(Builder(SIZE, "", style)) for style in ("", "classic", "industrial", "rustic")]
    assert forms == ["tapered", "turned", "metal", "square"]


@pytest.mark.parametrize("form", ["tapered", "square", "turned", "round", "metal"])
@pytest.mark.parametrize("high", [0.05, 0.7])
def test_legs_stand_from_foot_to_top(form: LegForm, high: float) -> None:
    make = Builder(SIZE)
    leg(make, 0.3, -0.2, 0.0, high, 0.06, WOOD, form)
    low, top = whole(make).bounds
    assert low[2] == pytest.approx(0.0, abs=1e-9)
    assert top[2] == pytest.approx(high)
    np.testing.assert_allclose((low + top)[:2] / 2, [0.3, -0.2], atol=1e-9)
    assert np.all((top - low)[:2] <= 0.06 + 1e-9)


@pytest.mark.parametrize("style", ["", "classic"])
def test_a_front_stands_out_as_far_as_its_handle(style: str) -> None:
    make = Builder(SIZE, "", style)
    front(make, -0.4, 0.1, 0.4, 0.4, 0.2, WOOD)
    low, high = whole(make).bounds
    assert high[1] == pytest.approx(0.2 + front_depth(make))
    assert low[0] >= -0.4
    assert high[0] <= 0.4
    assert low[2] >= 0.1
    assert high[2] <= 0.4


def test_minimal_fronts_have_no_handles() -> None:
    make = Builder(SIZE, "", "minimal")
    front(make, -0.4, 0.1, 0.4, 0.4, 0.2, WOOD)
    assert whole(make).bounds[1, 1] == pytest.approx(0.2 + 0.4 * front_depth(make))


def test_drawers_fill_rows_and_columns() -> None:
    make = Builder(SIZE, "", "modern")
    drawers(make, -0.45, 0.1, 0.45, 0.7, 0.2, WOOD, rows=3, columns=2)
    mesh = whole(make)
    made = mesh.corners[mesh.material_of == mesh.materials.index(WOOD)]
    faces = made[np.ptp(made[..., 1], axis=1) == 0]
    assert len(mesh) == 12 * (1 + 6 * 2)  # the dark behind, and a front and a bar for each of six
    assert len({tuple(face[..., (0, 2)].mean(axis=0).round(3)) for face in faces if face[0, 1] > 0.2}) == 12


def test_doors_open_from_their_middle() -> None:
    make = Builder(SIZE, "", "modern")
    doors(make, -0.4, 0.1, 0.4, 0.7, 0.2, WOOD, 2)
    mesh = whole(make)
    handles = mesh.corners[mesh.material_of == mesh.materials.index(metal(make))].reshape(-1, 3)
    assert np.abs(handles[:, 0]).max() < 0.1


def test_books_stand_on_their_shelf() -> None:
    for seed in range(12):
        make = Builder(SIZE)
        books(make, -0.4, 0.4, -0.2, 0.5, 0.3, 0.25, seed)
        low, high = whole(make).bounds
        assert low[0] == pytest.approx(-0.4)
        assert 0.0 < high[0] <= 0.4
        assert (low[1], low[2]) == pytest.approx((-0.2, 0.5))
        assert high[1] < 0.05
        assert high[2] < 0.8
        assert len(whole(make).materials) >= 4


def test_a_leaning_cushion_leans_back() -> None:
    make = Builder(SIZE)
    leaning_pillow(make, (0.2, 0.1, 0.4), (0.4, 0.4, 0.1), 1.2, WOOD)
    mesh = whole(make)
    points = mesh.vertices
    top, bottom = points[points[:, 2] > 0.6], points[points[:, 2] < 0.5]
    assert top[:, 1].mean() < bottom[:, 1].mean()
    assert points[:, 1].max() < 0.2
    assert points[:, 0].mean() == pytest.approx(0.2)


def test_darker() -> None:
    assert darker(WOOD, 0.5).colour == (90.0, 70.0, 50.0)
    assert darker(WOOD) is darker(WOOD)
