from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialenv.renderers.fast.raster import EMPTY_KEY, draw_faces, project

PICTURE = np.diag([1.0, -1.0, 1.0, 1.0])
"""x to the right, y up the picture, z towards the eye."""


def draw(
    corners: Any, matrix: Any = PICTURE, size: tuple[int, int] = (8, 8), kind: int = 0, near: float = 0.5
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Draw triangles ``(f, 3, 3)``; return keys and faces."""
    points = np.array(corners, dtype=np.float64).reshape(-1, 3)
    faces = np.arange(len(points), dtype=np.int32).reshape(-1, 3)
    places = np.empty((len(points), 4))
    project(points, matrix, places)
    keys = np.full((size[1], size[0]), EMPTY_KEY, np.float32)
    seen = np.full((size[1], size[0]), -1, np.int32)
    none = np.zeros((0, 0), np.int32)
    looks = np.zeros(len(faces), np.int32)
    widths = np.zeros(len(faces), np.float32)
    kinds = np.array([kind], np.int8)
    panels = np.arange(len(faces), dtype=np.int32)
    draw_faces(places, near, faces, looks, kinds, panels, 2, 0, len(faces), keys, seen, none, widths)
    return keys, seen


def square(x0: float, y0: float, x1: float, y1: float, z: float = 1.0) -> list[Any]:
    a, b, c, d = (x0, -y1, z), (x1, -y1, z), (x1, -y0, z), (x0, -y0, z)
    return [[a, b, c], [a, c, d]]


def test_a_square_covers_the_samples_whose_middles_it_holds() -> None:
    keys, seen = draw(square(1.0, 2.0, 4.0, 6.0))
    expected = np.zeros((8, 8), bool)
    expected[2:6, 1:4] = True
    assert np.array_equal(seen >= 0, expected)
    assert np.all(keys[expected] == 1.0)
    # Middles at 1.5 are inside from 1.4, not from 1.6.
    assert draw(square(1.4, 2.0, 4.0, 6.0))[1][3, 1] >= 0
    assert draw(square(1.6, 2.0, 4.0, 6.0))[1][3, 1] == -1


def test_the_key_of_a_slanted_plane() -> None:
    """z = 0.25 x: the key at the middle of column c is 0.25 (c + 0.5)."""
    corners = [[(x, y, 0.25 * x) for x, y, _ in triangle] for triangle in square(0, 0, 8, 8)]
    keys, _ = draw(corners)
    assert keys[3] == pytest.approx(0.25 * (np.arange(8) + 0.5), abs=1e-6)


def test_what_is_nearer_is_seen_whatever_the_order() -> None:
    low, high = square(0, 0, 8, 8, 1.0), square(2, 2, 5, 5, 2.0)
    for corners, first in ((low + high, 2), (high + low, 0)):
        seen = draw(corners)[1]
        assert np.all((seen[2:5, 2:5] >= first) & (seen[2:5, 2:5] < first + 2))


def test_backs_are_drawn_of_what_has_two_sides_alone() -> None:
    back = [triangle[::-1] for triangle in square(0, 0, 8, 8)]
    assert np.all(draw(back)[1] == -1)
    assert np.all(draw(back, kind=1)[1] >= 0)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.floats(-3, 15), st.floats(-3, 15)), min_size=4, max_size=4, unique=True))
def test_triangles_that_share_an_edge_leave_no_gap_and_share_no_sample(points: list[tuple[float, float]]) -> None:
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = points
    a, b, c, d = (ax, ay, 0.0), (bx, by, 0.0), (cx, cy, 0.0), (dx, dy, 0.0)
    if (bx - ax) * (cy - ay) - (by - ay) * (cx - ax) < 0:
        a, b = b, a
    # d on the other side of the edge a-c from b
    first, second = [[a, b, c]], [[a, c, d]]
    side = (c[0] - a[0]) * (d[1] - a[1]) - (c[1] - a[1]) * (d[0] - a[0])
    if side <= 0:
        return
    matrix = np.diag([1.0, -1.0, 1.0, 1.0])
    matrix[1, 3] = 12.0
    alone = [draw(part, matrix, (12, 12))[1] >= 0 for part in (first, second)]
    assert not np.any(alone[0] & alone[1])
    assert np.array_equal(alone[0] | alone[1], draw(first + second, matrix, (12, 12))[1] >= 0)


def test_what_crosses_the_near_plane_is_cut() -> None:
    """A floor under an eye that looks along +y: rows above the horizon stay empty, those below are floor."""
    focal, rows = 8.0, 16
    matrix = np.array([[focal, rows / 2, 0, 0], [0, rows / 2, -focal, 0], [0, 0, 0, 1], [0, 1, 0, 0]], dtype=float)
    corners = [[(-50, -50, -1), (50, -50, -1), (50, 50, -1)], [(-50, -50, -1), (50, 50, -1), (-50, 50, -1)]]
    keys, seen = draw(corners, matrix, (rows, rows), near=0.1)
    assert np.all(seen[:8] == -1)
    assert np.all(seen[9:] >= 0)
    # At row r the floor is 1 m under the eye at y = focal / (r + 0.5 - 8), and the key is 1 / y.
    assert keys[12, 3] == pytest.approx(4.5 / focal, rel=1e-6)


@pytest.mark.parametrize(
    "corners",
    [
        [[(1, 1, 0), (1, 1, 0), (1, 1, 0)]],
        [[(0, 0, 0), (4, 4, 0), (8, 8, 0)]],
        [[(1e300, 0, 0), (-1e300, 1e300, 0), (0, -1e300, 0)]],
        [[(np.finfo(float).max, 0, 0), (-np.finfo(float).max, 1, 0), (0, -np.finfo(float).max, 0)]],
        [[(-30, -30, 0), (-20, -30, 0), (-20, -20, 0)]],
    ],
)
def test_triangles_without_area_huge_ones_and_those_outside_do_no_harm(corners: Any) -> None:
    keys, seen = draw(corners)
    assert np.all(np.isfinite(keys))
    assert np.all(seen <= 0)
