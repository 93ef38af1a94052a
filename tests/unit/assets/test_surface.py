from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from spatialenv.assets.fit import fit
from spatialenv.assets.raw import PLAIN, MeshBuilder, RawMesh
from spatialenv.assets.surface import simplify, smoothing_groups, to_mesh
from spatialenv.core.mesh import Material, box_mesh
from spatialenv.errors import AssetError, InputError


def raw(vertices: object, faces: object) -> RawMesh:
    builder = MeshBuilder()
    builder.add(np.array(vertices, dtype=np.float64), np.array(faces, dtype=np.int64))
    return builder.finish()


def folded(angle: float) -> RawMesh:
    """Two squares that meet at an angle, each with vertices of its own."""
    up, over = math.sin(angle), math.cos(angle)
    points = [(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0), (1, 0, 0), (1 + over, 0, up), (1 + over, 1, up), (1, 1, 0)]
    return raw(points, [(0, 1, 2), (0, 2, 3), (4, 5, 6), (4, 6, 7)])


@pytest.mark.parametrize(("degrees", "groups"), [(0, 1), (30, 1), (39, 1), (41, 2), (90, 2), (140, 2)])
def test_an_edge_is_sharp_from_40_degrees_on(degrees: float, groups: int) -> None:
    mesh = to_mesh(simplify(folded(math.radians(degrees)), 100))
    assert len(mesh.vertices) == 6
    assert len(np.unique(mesh.smoothing)) == groups


def test_sides_of_a_box_are_apart_and_a_ball_is_one() -> None:
    box = box_mesh((1, 2, 3), PLAIN)
    groups = smoothing_groups(box.vertices, box.faces.astype(np.int64))
    assert sorted(np.bincount(groups).tolist()) == [2] * 6
    trimesh = pytest.importorskip("trimesh")
    ball = trimesh.creation.icosphere(subdivisions=3)
    assert set(smoothing_groups(ball.vertices, ball.faces).tolist()) == {0}


@given(st.integers(2, 40), st.data())
def test_groups_are_the_connected_components(count: int, data: st.DataObject) -> None:
    """Against a search that goes from triangle to triangle: strips of squares with sharp steps in them."""
    steps = data.draw(st.lists(st.sampled_from([0.0, 0.2, 1.0]), min_size=count, max_size=count))
    heights = np.concatenate([[0.0], np.cumsum(steps)])
    top = [(float(x), float(y), float(heights[x])) for x in range(count + 1) for y in (0, 1)]
    faces = [row for x in range(count) for row in ((2 * x, 2 * x + 2, 2 * x + 3), (2 * x, 2 * x + 3, 2 * x + 1))]
    vertices, rows = np.array(top), np.array(faces)
    groups = smoothing_groups(vertices, rows)
    slopes = [math.atan(step) for step in steps]
    expected = [0]
    for before, after in itertools.pairwise(slopes):
        expected.append(expected[-1] + (abs(after - before) > math.radians(40)))
    pairs = {(group, want) for group, want in zip(groups[::2].tolist(), expected, strict=True)}
    assert len(pairs) == len(set(expected)) == len(set(groups.tolist()))


def test_simplified_surfaces_keep_their_box_and_materials() -> None:
    trimesh = pytest.importorskip("trimesh")
    ball = trimesh.creation.icosphere(subdivisions=5)
    red, blue = Material((255, 0, 0)), Material((0, 0, 255))
    builder = MeshBuilder()
    is_top = ball.triangles_center[:, 2] > 0
    builder.add(ball.vertices, ball.faces[is_top], red)
    builder.add(ball.vertices, ball.faces[~is_top], blue)
    few = simplify(builder.finish(), 2000)
    assert 800 < len(few.faces) <= 2000
    assert np.abs(np.linalg.norm(few.vertices, axis=1) - 1).max() < 0.05
    heights = few.vertices[few.faces].mean(axis=1)[:, 2]
    assert heights[few.material_of == 0].min() > -0.15
    assert heights[few.material_of == 1].max() < 0.15


@given(arrays(np.float64, (12, 3), elements=st.floats(-5, 5)), st.integers(112, 150))
def test_simplifying_keeps_within_the_limit(points: np.ndarray, most: int) -> None:
    rows = np.array([(i, j, k) for i in range(12) for j in range(i) for k in range(j)])
    few = simplify(raw(points, rows), most)
    assert len(few.faces) <= most
    assert len(few.material_of) == len(few.faces)
    if len(few.faces):
        assert (few.vertices.min(axis=0) >= points.min(axis=0) - 1e-5).all()
        assert (few.vertices.max(axis=0) <= points.max(axis=0) + 1e-5).all()


SIZES = st.tuples(*[st.floats(0.01, 10)] * 3)


@given(SIZES, SIZES, st.tuples(*[st.floats(-100, 100)] * 3))
def test_a_fitted_mesh_fills_its_box_and_is_not_turned(own: tuple, wanted: tuple, center: tuple) -> None:
    mesh = box_mesh(own, PLAIN, center)
    fitted = fit(mesh, wanted)
    assert fitted.bounds == pytest.approx(np.array([-np.array(wanted) / 2, np.array(wanted) / 2]), abs=1e-9)
    assert np.abs(fitted.vertices).max(axis=0).tolist() <= (np.array(wanted) / 2).tolist()
    assert np.allclose(fitted.normals, mesh.normals)
    assert fitted.faces is mesh.faces or np.array_equal(fitted.faces, mesh.faces)


@pytest.mark.parametrize("axis", range(3))
def test_what_is_flat_fills_no_box(axis: int) -> None:
    size = [1.0, 1.0, 1.0]
    size[axis] = 1e-8
    with pytest.raises(AssetError, match="which is flat, and cannot fill a box"):
        fit(box_mesh(size, PLAIN), (1, 1, 1))
    with pytest.raises(AssetError, match="flat"):
        fit(box_mesh((1, 1, 1), PLAIN, (1e8, 0, 0)), (1, 1, 1))


@pytest.mark.parametrize("size", [(1, 1), (1, 1, 0), (1, 1, -1), (1, 1, math.nan), (1, 1, math.inf)])
def test_a_box_has_three_positive_sizes(size: tuple) -> None:
    with pytest.raises(InputError, match="`size` is"):
        fit(box_mesh((1, 1, 1), PLAIN), size)
