"""Every category of furniture: fills its box, is closed, light, the same each time, and has its front at +y."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from spatialenv.core.category_names import normalised
from spatialenv.core.furniture_sizes import typical_sizes
from spatialenv.core.mesh import TriangleMesh
from spatialenv.core.usability.functions import function_of
from spatialenv.renderers.furniture import furniture_mesh, registry
from spatialenv.renderers.furniture.registry import CATEGORIES, Category, find_category
from spatialenv.renderers.surfaces import STYLES

Size = tuple[float, float, float]

MAX_TRIANGLES = 2000
ODD_SIZES: tuple[Size, ...] = (
    (0.01, 0.01, 0.01), (10.0, 10.0, 10.0), (10.0, 0.01, 0.5), (0.01, 10.0, 0.5), (0.5, 0.5, 10.0), (10.0, 10.0, 0.01),
    (1.0, 1.0, 1.0), (0.137, 2.9, 1.3),
)  # fmt: skip
STYLE_NAMES = ("", *STYLES)

every_category = pytest.mark.parametrize("category", CATEGORIES, ids=lambda category: category.name)


def common_size(category: Category) -> Size:
    """Return a size that such a thing has; where none is known, one that its design is made for."""
    sizes = typical_sizes(category.name)
    if sizes:
        return sizes[len(sizes) // 2]
    low, high = np.maximum(category.least, 0.05), np.minimum(category.most, 3.0)
    length, width, height = np.sqrt(low * high).tolist()
    return length, width, height


def made(category: Category, size: Size, style: str = "", material: str = "") -> TriangleMesh:
    mesh = furniture_mesh(category.name, size, style, material)
    assert mesh is not None
    return mesh


def test_there_are_enough_of_them() -> None:
    assert len({category.name for category in CATEGORIES}) == len(CATEGORIES) >= 40


def test_no_wording_means_two_things() -> None:
    seen: dict[str, str] = {}
    for category in CATEGORIES:
        assert find_category(category.name) == category.name
        for wording in (category.name, *category.also):
            assert seen.setdefault(normalised(wording), category.name) == category.name, wording
            assert {find_category(w) for w in (wording, wording.upper(), f"{wording.title()}-3")} == {category.name}


@every_category
def test_it_fills_its_box(category: Category) -> None:
    for size in (*typical_sizes(category.name), common_size(category), *ODD_SIZES):
        mesh = made(category, size)
        half = np.array(size) / 2
        np.testing.assert_allclose(mesh.bounds, [-half, half], rtol=0, atol=1e-6)
        assert np.all(np.isfinite(mesh.vertices))
        assert np.all(np.abs(mesh.vertices) <= half + 1e-9)
        assert 12 <= len(mesh) <= MAX_TRIANGLES, size


@every_category
def test_its_parts_are_closed_and_look_outwards(category: Category) -> None:
    for size in (common_size(category), *ODD_SIZES[:3]):
        for style in ("", "classic", "industrial") if size == common_size(category) else ("",):
            mesh = made(category, size, style)
            flat = np.array([material.double_sided for material in mesh.materials])[mesh.material_of]
            faces = mesh.faces[~flat]
            edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
            forth = {tuple(edge) for edge in edges.tolist()}
            assert len(forth) == len(edges), "an edge is used twice in one direction"
            assert forth == {(b, a) for a, b in forth}, f"{category.name} {size} {style} has a hole"
            assert np.all(volumes(mesh, faces) > 0), f"{category.name} {size} {style} has a part inside out"


def volumes(mesh: TriangleMesh, faces: npt.NDArray[np.int32]) -> npt.NDArray[np.float64]:
    """Return the signed volume of each part: of the faces that share corners, as a share of that of the box."""
    count = len(mesh.vertices)
    links = coo_matrix((np.ones(2 * len(faces)), (faces[:, [0, 1]].ravel(), faces[:, [1, 2]].ravel())), (count, count))
    _, part_of = connected_components(links, directed=False)
    sides = np.ptp(mesh.bounds, axis=0)
    a, b, c = np.moveaxis((mesh.vertices / sides)[faces], 1, 0)
    of_face = part_of[faces[:, 0]]
    middle = np.stack([np.bincount(of_face, a[:, k], count) for k in range(3)], axis=1)
    middle /= np.maximum(np.bincount(of_face, minlength=count), 1)[:, None]
    a, b, c = a - middle[of_face], b - middle[of_face], c - middle[of_face]
    signed = np.einsum("ij,ij->i", a, np.cross(b, c)) / 6
    return np.asarray(np.bincount(of_face, signed, count)[np.unique(of_face)])


@every_category
def test_it_is_made_in_every_style(category: Category) -> None:
    size = common_size(category)
    for style in STYLE_NAMES:
        assert len(made(category, size, style)) <= MAX_TRIANGLES, style
    for material in ("oak", "blue velvet", "glass", "black metal", "marble", "wicker", "7 gizmos"):
        assert len(made(category, size, "", material)) <= MAX_TRIANGLES, material


@every_category
def test_it_is_the_same_each_time(category: Category) -> None:
    size = common_size(category)
    first = made(category, size, "rustic", "walnut")
    assert made(category, size, "rustic", "walnut") is first
    registry._mesh.cache_clear()
    again = made(category, size, "rustic", "walnut")
    assert again is not first
    assert again.vertices.tobytes() == first.vertices.tobytes()
    assert again.faces.tobytes() == first.faces.tobytes()
    assert again.materials == first.materials
    assert (again.uvs is None) == (first.uvs is None)
    assert again.uvs is None or first.uvs is None or again.uvs.tobytes() == first.uvs.tobytes()


@pytest.mark.parametrize("style", ["", "modern", "classic", "industrial", "coastal"])
def test_what_is_used_from_the_front_has_its_front_at_plus_y(style: str) -> None:
    """Seats are low in front and have backs; doors and drawers have handles; shelves are open: all recede from +y."""
    looked_at = 0
    for category in CATEGORIES:
        function = function_of(category.name)
        if function is None or not (function.sides == (True, False, False, False) or category.name in ("bed", "chair")):
            continue
        for size in typical_sizes(category.name)[::6] or (common_size(category),):
            mesh = made(category, size, style)
            front, back = (mean_depth(mesh, sign) for sign in (1.0, -1.0))
            assert front > back + 0.004, f"{category.name} {size}: {front} {back}"
            looked_at += 1
    assert looked_at >= 30


def mean_depth(mesh: TriangleMesh, sign: float, steps: int = 16) -> float:
    """Return how far one looks into the box along y until the mesh is met, as a mean share of the box's width."""
    corners = mesh.corners * np.array([1.0, sign, 1.0]) / np.ptp(mesh.bounds, axis=0)
    grid = (np.arange(steps) + 0.5) / steps - 0.5
    eyes = np.stack(np.meshgrid(grid, grid, indexing="ij"), axis=-1).reshape(-1, 1, 2)
    a, b, c = (corners[:, k, [0, 2]] for k in range(3))
    areas = cross(b - a, c - a)
    seen = np.abs(areas) > 1e-12
    a, b, c, areas = a[seen], b[seen], c[seen], areas[seen]
    second, third = cross(eyes - a, c - a) / areas, cross(b - a, eyes - a) / areas
    y = corners[seen, :, 1]
    met = y[:, 0] + second * (y[:, 1] - y[:, 0]) + third * (y[:, 2] - y[:, 0])
    hit = (second >= 0) & (third >= 0) & (second + third <= 1)
    return float(np.where(hit, 0.5 - met, 1.0).min(axis=1).mean())


def cross(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.asarray(one[..., 0] * other[..., 1] - one[..., 1] * other[..., 0])


@every_category
def test_it_has_no_triangles_without_area(category: Category) -> None:
    mesh = made(category, common_size(category))
    lengths = np.linalg.norm(mesh.normals, axis=1)
    assert np.mean(lengths > 0.5) == 1.0
