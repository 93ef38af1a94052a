"""Which category a wording means, and what the words change."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import pytest

from spatialenv.core.mesh import Material, TriangleMesh
from spatialenv.renderers.furniture import furniture_mesh, registry
from spatialenv.renderers.furniture.builder import Builder
from spatialenv.renderers.furniture.category import Category
from spatialenv.renderers.furniture.parts import box
from spatialenv.renderers.furniture.registry import all_categories, find_category


@pytest.mark.parametrize(
    ("wording", "name"),
    [
        ("Dining Tables", "dining_table"),
        ("glass coffee table", "coffee_table"),
        ("coffee_table_2", "coffee_table"),
        ("modern leather couch", "sofa"),
        ("loveseat", "sofa"),
        ("ProcTHOR Shelving Unit", "bookcase"),
        ("TVStand", "tv_stand"),
        ("ArmChair", "armchair"),
        ("night tables", "nightstand"),
        ("dining table chair", "chair"),
        ("desk chair", "office_chair"),
        ("wardrobe with a mirror", "wardrobe"),
        ("queen bed", "bed"),
        ("footstool", "ottoman"),
        ("beanbag", "bean_bag"),
        ("grand piano", "piano"),
        ("gizmo", None),
        ("", None),
        ("7", None),
        ("with", None),
    ],
)
def test_wordings(wording: str, name: str | None) -> None:
    assert find_category(wording) == name


def made(category: str, size: tuple[float, float, float], style: str = "", material: str = "") -> TriangleMesh:
    mesh = furniture_mesh(category, size, style, material)
    assert mesh is not None
    return mesh


def area_of(mesh: TriangleMesh, material: Material) -> float:
    corners = mesh.corners[mesh.material_of == mesh.materials.index(material)]
    areas = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1) / 2
    return float(areas.sum() / max(len(areas), 1) * len(areas))


def main(mesh: TriangleMesh) -> Material:
    """Return what most of a mesh is made of."""
    return max(mesh.materials, key=lambda material: area_of(mesh, material))


def test_what_nobody_knows_has_no_mesh() -> None:
    assert furniture_mesh("gizmo", (1.0, 1.0, 1.0)) is None


def test_material_words_colour_the_main_part() -> None:
    size = (2.0, 0.9, 0.85)
    red, _, blue = main(made("sofa", size, "", "blue velvet")).colour
    assert blue > red
    red, _, blue = main(made("sofa", size, "", "red velvet")).colour
    assert red > blue
    assert main(made("leather sofa", size)) == main(made("sofa", size, "", "leather"))
    pale, dark = (main(made("wardrobe", (1.5, 0.6, 2.0), "", wood)).colour for wood in ("birch", "walnut"))
    assert sum(pale) > sum(dark) + 100
    assert any(material.opacity < 1 for material in made("glass coffee table", (1.0, 0.6, 0.4)).materials)
    assert main(made("coffee table", (1.0, 0.6, 0.4))) == main(made("dining table", (1.6, 0.9, 0.75)))


def test_what_a_thing_is_called_is_no_material() -> None:
    size = (0.9, 0.4, 1.2)
    assert main(made("wine cabinet", size)) == main(made("cabinet", size))
    assert main(made("china cabinet", size)) == main(made("display cabinet", size))


def test_styles_change_details() -> None:
    plain, framed = (made("dresser", (1.2, 0.5, 0.85), style) for style in ("modern", "classic"))
    assert len(framed) > len(plain)
    assert any(material.metallic == 1 for material in framed.materials)
    assert {len(made("dining chair", (0.45, 0.5, 0.9), style)) for style in ("modern", "classic")} == {204, 632}


def test_sizes_change_counts() -> None:
    one, two, three = (len(made("sofa", (length, 0.9, 0.85), "modern", "")) for length in (0.95, 1.25, 2.5))
    assert one <= two < three
    low, high = (len(made("dresser", (0.8, 0.5, height))) for height in (0.6, 1.4))
    assert low < high
    single, double = (len(made("bed", (length, 2.0, 0.9))) for length in (0.9, 1.6))
    assert single < double
    narrow, wide = (len(made("wardrobe", (length, 0.6, 2.0))) for length in (0.6, 2.4))
    assert narrow < wide


def test_round_tables() -> None:
    def corner_reach(mesh: TriangleMesh) -> float:
        """Return how near the mesh comes to an upright edge of its box: 1 touches it."""
        half = mesh.bounds[1]
        return float(np.min(np.abs(mesh.vertices[:, :2]) / half[:2], axis=1).max())

    assert corner_reach(made("dining table", (1.6, 0.9, 0.75))) == 1.0
    assert corner_reach(made("round dining table", (1.2, 1.2, 0.75))) < 0.8
    assert corner_reach(made("dining table", (0.9, 0.9, 0.75))) < 0.8
    assert corner_reach(made("square dining table", (0.9, 0.9, 0.75))) == 1.0
    assert corner_reach(made("oval dining table", (1.8, 1.0, 0.75))) < 0.8


def test_a_deep_long_sofa_has_a_corner() -> None:
    straight, corner = made("sofa", (2.6, 0.9, 0.85)), made("sofa", (2.6, 1.8, 0.85))

    def share_in_front(mesh: TriangleMesh, side: int) -> bool:
        """Return whether anything stands in the front third on one side, away from the sofa's end."""
        points = mesh.vertices
        return bool(np.any((points[:, 1] > mesh.bounds[1, 1] / 3) & (points[:, 0] * side > 0.1)))

    assert share_in_front(straight, 1)
    assert share_in_front(straight, -1)
    assert share_in_front(corner, 1)
    assert not share_in_front(corner, -1)


def test_bookcases_hold_the_same_books_each_time_and_differ_by_size() -> None:
    first, again, other = (made("bookcase", (width, 0.3, 1.9)) for width in (0.9, 0.9, 1.0))
    assert first is again
    assert len(first.materials) > 4
    assert len(other) != len(first) or other.material_of.tolist() != first.material_of.tolist()


class Point:
    """An entry point of another distribution."""

    value = "my_package:thing"

    def __init__(self, name: str, found: object) -> None:
        self.name, self.found = name, found

    def load(self) -> object:
        if isinstance(self.found, Exception):
            raise self.found
        return self.found


def hot_dog_stand(make: Builder) -> None:
    make.add(box((-0.5, -0.3, 0.0), (0.5, 0.3, 0.9), Material((200.0, 60.0, 40.0))))


@pytest.fixture
def offered(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Point]]:
    points: list[Point] = []
    caches = (registry.all_categories, registry._names, registry._find, registry._mesh)
    monkeypatch.setattr(registry, "entry_points", lambda group: points if group == registry.GROUP else [])
    for cached in caches:
        cached.cache_clear()
    yield points
    for cached in caches:
        cached.cache_clear()


def test_other_distributions_add_categories(offered: list[Point]) -> None:
    offered.append(Point("stand", Category("hot_dog_stand", hot_dog_stand, ("sausage stall",))))
    mesh = furniture_mesh("Sausage Stalls", (2.0, 1.0, 1.8))
    assert mesh is not None
    assert mesh.bounds.tolist() == [[-1.0, -0.5, -0.9], [1.0, 0.5, 0.9]]
    assert mesh.materials[0].colour == (200.0, 60.0, 40.0)


def test_names_of_this_package_cannot_be_taken(offered: list[Point]) -> None:
    own = all_categories()["sofa"]
    registry.all_categories.cache_clear()
    offered.append(Point("sofa", Category("sofa", hot_dog_stand)))
    assert all_categories()["sofa"] is own


@pytest.mark.parametrize(
    ("found", "problem"),
    [
        (ImportError("no cheese"), "ImportError: no cheese"),
        (hot_dog_stand, "is a function; it must be a Category"),
        (Category(7, hot_dog_stand), "whose wordings are strings"),  # type: ignore[arg-type]
    ],
)
def test_what_cannot_be_loaded_is_left_out_and_said(offered: list[Point], found: object, problem: str) -> None:
    offered.append(Point("stand", found))
    with pytest.warns(RuntimeWarning, match=f"the furniture 'stand' is left out: .*{problem}"):
        assert find_category("sausage stall") is None
    assert find_category("sofa") == "sofa"


def test_a_design_of_another_distribution_that_fails_is_a_box(offered: list[Point]) -> None:
    def broken(make: Builder) -> None:
        raise ZeroDivisionError("no buns")

    offered.append(Point("stand", Category("hot_dog_stand", broken)))
    with pytest.warns(RuntimeWarning, match="'hot_dog_stand' is drawn as a box: ZeroDivisionError: no buns"):
        assert furniture_mesh("hot dog stand", (2.0, 1.0, 1.8)) is None
    assert furniture_mesh("hot dog stand", (2.0, 1.0, 1.8)) is None  # and said once


def test_every_wording_is_light_at_its_greatest_size() -> None:
    for category in registry.CATEGORIES:
        for wording in (category.name, *category.also):
            mesh = furniture_mesh(wording, category.most, "classic")
            assert mesh is not None
            assert len(mesh) <= 2000, wording


def test_what_is_beyond_the_limit_of_words_is_passed_over() -> None:
    size = (2.0, 0.9, 0.8)
    much = "dark " * 100_000
    begin = time.perf_counter()
    assert furniture_mesh(f"sofa with {much}", size, much, much) is not None
    assert time.perf_counter() - begin < 1.0
    kept = "oak " * (registry.MAX_WORDS // 4)
    assert furniture_mesh("sofa", size, material=kept + much) is furniture_mesh("sofa", size, material=kept)
    assert find_category("x" * registry.MAX_WORDS + " sofa") is None
