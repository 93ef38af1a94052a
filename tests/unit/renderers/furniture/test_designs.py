"""What things of a household look like: where their fronts are, what words and sizes change."""

from __future__ import annotations

import json
from importlib import resources

import numpy as np
import numpy.typing as npt
import pytest

from spatialenv.core.mesh import Material, TriangleMesh
from spatialenv.renderers.finishes import COLOURS, FINISHES
from spatialenv.renderers.furniture import furniture_mesh
from spatialenv.renderers.furniture.registry import find_category
from spatialenv.renderers.surfaces import material_for

Size = tuple[float, float, float]


def made(category: str, size: Size, style: str = "", material: str = "") -> TriangleMesh:
    mesh = furniture_mesh(category, size, style, material)
    assert mesh is not None
    return mesh


def where(mesh: TriangleMesh, is_sought: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """Return the mean place of triangles, by area, as shares of the box: -1 to 1 along each axis."""
    corners = mesh.corners[is_sought]
    areas = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    middle = (corners.mean(axis=1) * areas[:, None]).sum(axis=0) / areas.sum()
    return np.asarray(middle / mesh.bounds[1])


def with_material(mesh: TriangleMesh, test: object) -> npt.NDArray[np.bool_]:
    assert callable(test)
    return np.array([bool(test(material)) for material in mesh.materials])[mesh.material_of]


def share_of(mesh: TriangleMesh, sought: Material) -> float:
    """Return the share of a mesh's surface that has a material."""
    corners = mesh.corners
    areas = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    return float(areas[with_material(mesh, lambda m: m == sought)].sum() / areas.sum())


def test_every_category_of_the_tasks_has_a_shape() -> None:
    text = (resources.files("spatialenv.tasks") / "data" / "furniture.json").read_text(encoding="utf-8")
    assert [name for name in json.loads(text)["categories"] if find_category(name) is None] == []


@pytest.mark.parametrize(
    ("wording", "name"),
    [
        ("Kitchen Sink", "kitchen_sink"), ("sink", "washbasin"), ("TV", "television"), ("tv stand", "tv_stand"),
        ("potted plant", "house_plant"), ("trash_can_2", "garbage_can"), ("wall art", "painting"),
        ("refrigerator", "fridge"), ("area rug", "rug"), ("bathroom mirror", "mirror"), ("lamp", "table_lamp"),
        ("pendant light", "ceiling_lamp"), ("washer", "washing_machine"), ("throw pillow", "cushion"),
        ("bookshelf with plants", "bookcase"), ("vase of flowers", "flowers"), ("dishwasher", "dishwasher"),
    ],
)  # fmt: skip
def test_wordings(wording: str, name: str) -> None:
    assert find_category(wording) == name


@pytest.mark.parametrize(
    ("category", "size"),
    [
        ("television", (1.2, 0.2, 0.75)), ("monitor", (0.6, 0.2, 0.45)), ("painting", (0.8, 0.03, 0.6)),
        ("mirror", (0.6, 0.04, 0.9)),
    ],
)  # fmt: skip
def test_what_is_looked_at_shows_towards_plus_y(category: str, size: Size) -> None:
    mesh = made(category, size)
    shown = with_material(mesh, lambda m: m.texture is not None and m.colour == (255.0, 255.0, 255.0))
    shown &= mesh.normals[:, 1] > 0.9
    assert shown.any()
    corners = mesh.corners[shown]
    spread = np.ptp(corners.reshape(-1, 3), axis=0)
    assert spread[0] > 0.6 * size[0]
    assert spread[2] > 0.5 * size[2]
    assert where(mesh, shown)[1] > (0.0 if category == "television" else -0.1)


@pytest.mark.parametrize("category", ["stove", "oven", "microwave", "washing_machine", "dishwasher"])
def test_windows_and_displays_of_machines_are_in_front(category: str) -> None:
    mesh = made(category, (0.6, 0.6, 0.8))
    dark = with_material(mesh, lambda m: max(m.colour) < 70 and m.roughness <= 0.2) & (mesh.normals[:, 1] > 0.9)
    assert where(mesh, dark)[1] > 0.7


def test_the_cistern_of_a_toilet_is_behind_and_its_seat_in_front() -> None:
    mesh = made("toilet", (0.4, 0.7, 0.8))
    upper = mesh.corners[..., 2].min(axis=1) > 0.15
    lower = mesh.corners[..., 2].max(axis=1) < 0.05
    assert where(mesh, upper)[1] < -0.4
    assert where(mesh, lower)[1] > -0.15
    assert mesh.vertices[mesh.vertices[:, 1] > 0.3, 2].max() < 0.1, "nothing is high in front"


@pytest.mark.parametrize(
    ("category", "size"), [("bathtub", (1.7, 0.75, 0.6)), ("washbasin", (0.6, 0.45, 0.9)), ("bowl", (0.3, 0.3, 0.1)),
                           ("basket", (0.4, 0.3, 0.3)), ("kitchen sink", (1.0, 0.6, 1.1))],
)  # fmt: skip
def test_what_holds_water_is_hollow(category: str, size: Size) -> None:
    """Looking down, one sees deeper in the middle than at the rim."""
    mesh = made(category, size)
    rim = highest(mesh, [(0.0, 0.96), (0.96, 0.0), (-0.96, 0.0)], size)
    middle = highest(mesh, [(0.1, 0.15), (-0.1, 0.2)], size)
    assert max(middle) < min(rim) - 0.08 * size[2]


def highest(mesh: TriangleMesh, points: list[tuple[float, float]], size: Size) -> list[float]:
    corners = mesh.corners[np.abs(mesh.normals[:, 2]) > 1e-6]
    found = []
    for px, py in points:
        at = np.array([px * size[0] / 2, py * size[1] / 2])
        a, b, c = (corners[:, k, :2] for k in range(3))
        area = _cross(b - a, c - a)
        v, w = _cross(at - a, c - a) / area, _cross(b - a, at - a) / area
        inside = (v >= 0) & (w >= 0) & (v + w <= 1)
        level = corners[:, 0, 2] + v * (corners[:, 1, 2] - corners[:, 0, 2]) + w * (corners[:, 2, 2] - corners[:, 0, 2])
        found.append(float(level[inside].max(initial=-size[2])))
    return found


def _cross(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.asarray(one[..., 0] * other[..., 1] - one[..., 1] * other[..., 0])


@pytest.mark.parametrize(
    ("category", "size", "words"),
    [
        ("kitchen cabinet", (1.8, 0.6, 0.9), "walnut"), ("fridge", (0.7, 0.7, 1.8), "red enamel"),
        ("curtain", (2.0, 0.1, 2.2), "navy velvet"), ("garbage can", (0.3, 0.3, 0.6), "green plastic"),
        ("vase", (0.2, 0.2, 0.4), "teal ceramic"), ("cushion", (0.5, 0.5, 0.15), "#a03020 linen"),
        ("door", (0.9, 0.1, 2.0), "oak"), ("suitcase", (0.45, 0.3, 0.7), "cognac leather"),
    ],
)  # fmt: skip
def test_words_colour_most_of_a_thing(category: str, size: Size, words: str) -> None:
    sought = material_for(words, "")
    mesh = made(category, size, "", words)
    alike = [m for m in mesh.materials if m.colour == sought.colour and m.texture is sought.texture]
    assert sum(share_of(mesh, material) for material in alike) > 0.35


def test_styles_change_what_no_word_says() -> None:
    lamp = made("floor lamp", (0.4, 0.4, 1.6), "classic")
    assert any(material.colour == FINISHES["brass"].colour for material in lamp.materials)
    rugs = {made("rug", (2.0, 1.4, 0.01), style).materials for style in ("", "modern", "classic", "coastal")}
    assert len(rugs) == 4


def test_a_style_does_not_win_over_the_colour_of_a_rug() -> None:
    mesh = made("rug", (2.0, 1.4, 0.01), "classic", "navy wool")
    top = mesh.materials[mesh.material_of[np.argmax(mesh.normals[:, 2])]]
    assert top.colour[2] > 1.5 * top.colour[0], f"navy is blue, {COLOURS['navy']}"


def test_round_rugs_are_round() -> None:
    mesh = made("round rug", (2.0, 2.0, 0.01))
    assert np.hypot(mesh.vertices[:, 0], mesh.vertices[:, 1]).max() == pytest.approx(1.0, abs=1e-6)
    assert np.hypot(*made("rug", (2.0, 2.0, 0.01)).bounds[1, :2]) == pytest.approx(np.sqrt(2.0))


def test_sizes_change_designs() -> None:
    def counted(category: str, size: Size) -> int:
        return len(made(category, size))

    assert counted("kitchen cabinet", (3.0, 0.6, 0.9)) > counted("kitchen cabinet", (0.6, 0.6, 0.9)), "more doors"
    assert counted("fridge", (1.0, 0.8, 1.8)) > counted("fridge", (0.6, 0.6, 1.8)), "two doors side by side"
    assert counted("book", (0.4, 0.2, 0.25)) > counted("book", (0.2, 0.3, 0.03)), "a row, and one that lies"
    assert counted("radiator", (1.6, 0.1, 0.6)) > counted("radiator", (0.5, 0.1, 0.6)), "more ribs"


def test_glass_is_glass() -> None:
    for category, size in (("shower", (0.9, 0.9, 2.0)), ("window", (1.2, 0.1, 1.2)), ("aquarium", (1.0, 0.4, 0.5))):
        mesh = made(category, size)
        assert any(material.opacity < 1.0 for material in mesh.materials), category


def test_what_shines_shines() -> None:
    for category, size in (
        ("floor lamp", (0.4, 0.4, 1.6)),
        ("ceiling lamp", (0.5, 0.5, 0.5)),
        ("television", (1.2, 0.2, 0.7)),
        ("candle", (0.1, 0.1, 0.2)),
    ):
        assert max(material.emission for material in made(category, size).materials) >= 0.4, category


def test_leaves_are_green_and_thin() -> None:
    for words in ("", "palm", "tree"):
        mesh = made("house plant", (0.6, 0.6, 1.0), words)
        leaves = [material for material in mesh.materials if material.double_sided]
        assert leaves, words
        assert all(m.colour[1] > m.colour[0] and m.colour[1] > m.colour[2] for m in leaves)
        assert len(mesh) <= 720
