"""Where the parts of single pieces are: what a person would look for."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
import shapely

from spatialenv.core.mesh import Material, TriangleMesh
from spatialenv.renderers.furniture import furniture_mesh
from spatialenv.renderers.furniture.pictures import VARIANTS, painting_texture
from spatialenv.renderers.surfaces import material_for

Points = npt.NDArray[np.float64]


def made(category: str, size: tuple[float, float, float], style: str = "", material: str = "") -> TriangleMesh:
    mesh = furniture_mesh(category, size, style, material)
    assert mesh is not None
    return mesh


def points_of(mesh: TriangleMesh, material: Material) -> Points:
    """Return the corners of what is made of a material; z from the floor."""
    corners = mesh.corners[mesh.material_of == mesh.materials.index(material)].reshape(-1, 3)
    standing: Points = corners + np.array([0.0, 0.0, mesh.bounds[1, 2]])
    return standing


def height_at(mesh: TriangleMesh, x: float, y: float) -> float:
    """Return how high above its floor a mesh is first met from above."""
    a, b, c = np.moveaxis(mesh.corners, 1, 0)
    cross = (b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]
    with np.errstate(all="ignore"):
        second = ((x - a[:, 0]) * (c - a)[:, 1] - (y - a[:, 1]) * (c - a)[:, 0]) / cross
        third = ((b - a)[:, 0] * (y - a[:, 1]) - (b - a)[:, 1] * (x - a[:, 0])) / cross
        z = a[:, 2] + second * (b - a)[:, 2] + third * (c - a)[:, 2]
        hit = (second >= 0) & (third >= 0) & (second + third <= 1) & (cross != 0)
    return float(np.where(hit, z, -np.inf).max() + mesh.bounds[1, 2])


@pytest.mark.parametrize(
    ("category", "size", "low", "high"),
    [
        ("sofa", (2.1, 0.9, 0.85), 0.38, 0.48),
        ("armchair", (0.85, 0.85, 0.9), 0.38, 0.48),
        ("dining chair", (0.45, 0.5, 0.9), 0.42, 0.5),
        ("office chair", (0.65, 0.65, 1.05), 0.42, 0.55),
        ("bed", (1.6, 2.1, 1.1), 0.45, 0.65),
        ("stool", (0.4, 0.4, 0.45), 0.44, 0.46),
        ("desk", (1.4, 0.7, 0.75), 0.74, 0.76),
    ],
)
def test_one_sits_lies_and_works_at_usual_heights(
    category: str, size: tuple[float, float, float], low: float, high: float
) -> None:
    assert low <= height_at(made(category, size), 0.02, 0.05) <= high


def test_pillows_lie_at_the_head_and_their_number_goes_by_width() -> None:
    cotton = material_for("", "white cotton")
    single, double = (points_of(made("bed", (width, 2.1, 1.1)), cotton) for width in (0.95, 1.6))
    for pillows in (single, double):
        assert pillows[:, 1].max() < -0.4
        assert pillows[:, 2].min() > 0.3
    assert len(double) == 2 * len(single)


def test_posts_of_a_canopy_reach_the_top_at_all_corners() -> None:
    mesh = made("canopy bed", (1.8, 2.1, 2.1))
    for x in (-0.88, 0.88):
        for y in (-1.03, 1.03):
            assert height_at(mesh, x, y) == pytest.approx(2.1, abs=0.01)
    assert height_at(mesh, 0.0, 0.5) < 0.8


def test_drawers_of_a_desk_are_at_the_right_hand_and_its_kneehole_is_free() -> None:
    mesh = made("desk", (1.4, 0.7, 0.75), "modern")
    handles = points_of(mesh, material_for("modern", "black metal", "metal", trim=True))
    assert handles[:, 0].max() < -0.2
    assert handles[:, 1].min() > 0.2
    inside = mesh.corners.mean(axis=1) + np.array([0.0, 0.0, 0.375])
    assert not np.any((np.abs(inside[:, 0] - 0.25) < 0.2) & (inside[:, 1] > -0.2) & (inside[:, 2] < 0.6))


def test_keys_of_a_piano_are_at_the_front() -> None:
    ivory = material_for("", "ivory plastic")
    for category, size in (("piano", (1.5, 0.65, 1.25)), ("grand piano", (1.5, 1.9, 1.4))):
        keys = points_of(made(category, size), ivory)
        assert keys[:, 1].min() > 0.0
        assert keys[:, 1].mean() > 0.2 * size[1]
        assert 0.5 < keys[:, 2].mean() < 0.8


def test_the_long_side_of_a_grand_piano_is_at_the_low_notes() -> None:
    """Who plays looks along -y, so the low notes, at the left hand, are at +x."""
    mesh = made("grand piano", (1.5, 1.9, 1.4))
    assert height_at(mesh, 0.5, -0.6) > 0.6
    assert height_at(mesh, -0.6, -0.6) < 0.01 or np.isinf(height_at(mesh, -0.6, -0.6))


def test_a_mirror_of_a_vanity_stands_at_its_back() -> None:
    glass = points_of(made("vanity", (1.1, 0.45, 1.4)), material_for("", "mirror"))
    assert glass[:, 1].max() < -0.1
    assert glass[:, 2].min() > 0.75


def test_high_tables_for_work_have_shelves_or_tools_at_the_back() -> None:
    for category in ("desk", "workbench"):
        mesh = made(category, (1.4, 0.7, 1.5))
        assert height_at(mesh, 0.02, -0.33) > 1.4
        assert height_at(mesh, 0.02, 0.1) < 1.0


def test_a_bench_is_padded_where_words_name_a_cover() -> None:
    plain, soft = made("bench", (1.2, 0.4, 0.46), "rustic"), made("bench", (1.2, 0.4, 0.46), "rustic", "leather")
    assert material_for("rustic leather", "grey wool", ("fabric", "leather")) in soft.materials
    assert len(soft) > len(plain)


def test_glass_cabinets_show_what_is_in_them() -> None:
    mesh = made("display cabinet", (1.0, 0.4, 1.9))
    panes = points_of(mesh, next(material for material in mesh.materials if material.opacity < 1))
    pots = points_of(mesh, material_for("", "teal ceramic"))
    assert pots[:, 1].max() < panes[:, 1].min()


@pytest.mark.parametrize("kind", ["whiteboard", "blackboard", "bulletin board", "Chalkboards"])
def test_boards_are_bare(kind: str) -> None:
    size = (1.8, 0.05, 1.2)
    pictures = {id(painting_texture(variant)) for variant in range(VARIANTS)}
    assert {id(material.texture) for material in made("painting", size).materials} & pictures
    board = made(kind, size)
    assert not {id(material.texture) for material in board.materials} & pictures
    np.testing.assert_allclose(board.bounds[1], np.array(size) / 2)


def test_a_globe_is_round() -> None:
    globe = made("globe", (0.3, 0.3, 0.45))
    around = globe.corner_normals[globe.material_of == np.argmax(np.bincount(globe.material_of))].reshape(-1, 3)
    octants = {tuple(octant) for octant in np.sign(np.round(around, 3)).tolist() if 0.0 not in octant}
    assert len(octants) == 8
    assert globe.material_of.size > 100


def test_a_wall_of_crockery_stays_light() -> None:
    assert len(made("china cabinet", (4.0, 1.0, 3.0), "classic")) <= 2000
    assert len(made("china cabinet", (1.0, 0.4, 1.8))) > 400


def test_the_saddle_of_an_exercise_bike_is_one_to_sit_on() -> None:
    bike = made("exercise bike", (0.6, 1.2, 1.1))
    assert height_at(bike, 0.0, -0.3) == pytest.approx(0.87, abs=0.06)
    assert height_at(bike, 0.2, -0.3) < 0.1
    assert height_at(bike, 0.0, -0.55) < 0.1


@pytest.mark.parametrize(
    ("category", "size"),
    [
        ("sofa", (2.7, 1.8, 0.96)), ("armchair", (0.9, 0.85, 0.85)), ("kitchen sink", (0.84, 0.64, 1.0)),
        ("oven", (0.9, 0.7, 0.9)), ("shower", (1.2, 0.9, 2.1)), ("fireplace", (1.3, 0.5, 1.1)),
        ("stairs", (1.1, 1.5, 0.95)),
    ],
)  # fmt: skip
def test_parts_of_two_materials_do_not_lie_in_each_other(category: str, size: tuple[float, float, float]) -> None:
    """What lies in one plane and is seen from above or aside has one colour: else pixels would be a matter of luck."""
    mesh = made(category, size, "classic")
    corners, normals = mesh.corners, mesh.normals
    planes: dict[tuple[float, ...], list[int]] = {}
    for k, normal in enumerate(normals):
        if normal[2] > -0.5 and normal.any():
            planes.setdefault((*np.round(normal, 3), round(float(normal @ corners[k, 0]), 4)), []).append(k)
    shared = 0.0
    for plane, members in planes.items():
        across = [axis for axis in range(3) if axis != int(np.argmax(np.abs(plane[:3])))]
        by_material: dict[int, list[shapely.Polygon]] = {}
        for k in members:
            by_material.setdefault(int(mesh.material_of[k]), []).append(shapely.Polygon(corners[k][:, across]))
        areas = [shapely.union_all(polygons) for polygons in by_material.values()]
        shared += sum(one.area for one in areas) - shapely.union_all(areas).area
    assert shared < 2e-3
