"""Parts are closed, look outwards and have the volumes that geometry says."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialenv.core.mesh import Material, TriangleMesh
from spatialenv.renderers.furniture.parts import (
    ball,
    box,
    lathe,
    pillow,
    prism,
    rod,
    soft_box,
    taper,
    tube,
    turned,
)

WOOD = Material((180.0, 140.0, 100.0))
LOW, HIGH = (-0.5, 0.0, 0.2), (0.5, 2.0, 0.6)
STEP = [(0.0, 0.0), (2.0, 0.0), (2.0, 1.0), (1.0, 1.0), (1.0, 2.0), (0.0, 2.0)]

PARTS: dict[str, Callable[[], TriangleMesh]] = {
    "box": lambda: box(LOW, HIGH, WOOD),
    "taper": lambda: taper((0, 0, 2, 2), (0.5, 0.5, 1, 1), 0, 3, WOOD),
    "soft_box": lambda: soft_box(LOW, HIGH, WOOD, 0.1),
    "soft_box_round": lambda: soft_box(LOW, HIGH, WOOD, 0.1, rings=2),
    "soft_box_rounder": lambda: soft_box(LOW, HIGH, WOOD, 9.0, rings=3),
    "pillow": lambda: pillow(LOW, HIGH, WOOD),
    "rod": lambda: rod((0, 0, 0), (1, 2, 3), 0.1, WOOD),
    "rod_square": lambda: rod((0, 0, 3), (0, 0, 0), 0.1, WOOD, 4),
    "cone": lambda: rod((0, 0, 0), (0, 0, 1), 0.1, WOOD, 12, end_radius=0.0),
    "tube": lambda: tube([(0, 0, 0), (0, 0, 1), (1, 0, 1), (1, 1, 1.5)], 0.1, WOOD),
    "lathe": lambda: lathe([(0.2, 0), (0.1, 0.5), (0.3, 1)], WOOD, (1, 2)),
    "bowl": lambda: lathe([(0, 0), (0.5, 0), (0.6, 0.5), (0.5, 0.5), (0.3, 0.1), (0, 0.1)], WOOD),
    "prism_x": lambda: prism(STEP, 0, 1, WOOD, "x"),
    "prism_y": lambda: prism(STEP, 0, 1, WOOD, "y"),
    "prism_z": lambda: prism(STEP[::-1], 0, 1, WOOD, "z"),
    "ball": lambda: ball((1, 2, 3), (1, 2, 3), WOOD),
}


def solid(mesh: TriangleMesh) -> trimesh.Trimesh:
    body = trimesh.Trimesh(mesh.vertices, mesh.faces, process=False)
    body.remove_unreferenced_vertices()
    return body


@pytest.mark.parametrize("name", PARTS)
def test_parts_are_closed_and_look_outwards(name: str) -> None:
    part = PARTS[name]()
    for mesh in (part, turned(part, "x", 0.3), turned(part, "y", -2.0), turned(part, "z", 1.0, (1.0, 2.0, 3.0))):
        body = solid(mesh)
        assert body.is_watertight
        assert body.is_winding_consistent
        assert body.volume > 0
        assert np.all(np.linalg.norm(mesh.normals, axis=1) > 0.5), "a triangle has no area"
        assert body.volume == pytest.approx(solid(part).volume)


def test_volumes() -> None:
    assert solid(box(LOW, HIGH, WOOD)).volume == pytest.approx(0.8)
    # A frustum: h / 3 * (A + B + sqrt(A B)) with A = 4, B = 0.25, h = 3.
    assert solid(PARTS["taper"]()).volume == pytest.approx(4 + 0.25 + 1.0)
    # A bevel of r takes a prism of r * r / 2 from each edge, and 5 / 6 of a cube of r from each corner.
    bevelled = 0.8 - 0.05**2 / 2 * 4 * (0.9 + 1.9 + 0.3) - 8 * 5 / 6 * 0.05**3
    assert solid(soft_box(LOW, HIGH, WOOD, 0.05)).volume == pytest.approx(bevelled)
    assert solid(prism(STEP, 0.5, 1.5, WOOD, "y")).volume == pytest.approx(3.0)
    sides = 12
    area = sides / 2 * math.sin(2 * math.pi / sides) * 0.01
    assert solid(rod((0, 0, 0), (0, 3, 4), 0.1, WOOD, sides)).volume == pytest.approx(5 * area)
    assert solid(PARTS["cone"]()).volume == pytest.approx(area / 3, rel=0.01)
    assert solid(ball((0, 0, 0), (1, 1, 1), WOOD, 64, 32)).volume == pytest.approx(4 / 3 * math.pi, rel=0.01)


@pytest.mark.parametrize(
    ("name", "triangles"),
    [("box", 12), ("soft_box", 44), ("soft_box_round", 108), ("pillow", 64), ("rod", 28), ("prism_z", 20)],
)
def test_counts_of_triangles(name: str, triangles: int) -> None:
    assert len(PARTS[name]()) == triangles


@pytest.mark.parametrize("name", ["box", "soft_box", "soft_box_round", "pillow"])
def test_parts_between_two_corners_touch_them(name: str) -> None:
    np.testing.assert_allclose(PARTS[name]().bounds, [LOW, HIGH], atol=1e-12)


def test_prisms_stand_along_their_axis() -> None:
    outline = [(0.0, 10.0), (1.0, 10.0), (1.0, 12.0), (0.0, 12.0)]
    assert prism(outline, 20, 23, WOOD, "x").bounds.tolist() == [[20, 0, 10], [23, 1, 12]]
    assert prism(outline, 20, 23, WOOD, "y").bounds.tolist() == [[0, 20, 10], [1, 23, 12]]
    assert prism(outline, 20, 23, WOOD, "z").bounds.tolist() == [[0, 10, 20], [1, 12, 23]]


def test_soft_parts_are_smooth_and_hard_ones_are_not() -> None:
    assert len(set(soft_box(LOW, HIGH, WOOD, 0.1).smoothing.tolist())) == 1
    assert len(set(box(LOW, HIGH, WOOD).smoothing.tolist())) == 6
    # The side of a round bar is one surface, its ends are two more; a square bar has four sides.
    assert len(set(rod((0, 0, 0), (0, 0, 1), 0.1, WOOD, 8).smoothing.tolist())) == 3
    assert len(set(rod((0, 0, 0), (0, 0, 1), 0.1, WOOD, 4).smoothing.tolist())) == 6
    # A step of a lathe's profile begins another surface; a gentle bend does not.
    sharp = lathe([(1.0, 0.0), (1.0, 1.0), (0.0, 1.0)], WOOD)
    gentle = lathe([(1.0, 0.0), (0.9, 1.0), (0.7, 2.0)], WOOD)
    assert len(set(sharp.smoothing.tolist())) == 3  # side, lid, bottom
    assert len(set(gentle.smoothing.tolist())) == 3  # side, top, bottom
    circle = [(math.cos(a), math.sin(a)) for a in np.linspace(0, 2 * math.pi, 16, endpoint=False)]
    assert len(set(prism(circle, 0, 1, WOOD).smoothing.tolist())) == 3
    assert len(set(prism(STEP, 0, 1, WOOD).smoothing.tolist())) == 8


def test_a_tube_keeps_its_width_around_a_bend() -> None:
    mesh = tube([(0, 0, 0), (0, 0, 1), (1, 0, 1)], 0.1, WOOD, sides=12)
    bend = mesh.vertices[(mesh.vertices[:, 2] > 0.8) & (mesh.vertices[:, 0] < 0.2)]
    line = np.array([0.0, 0.0, 1.0])
    across = np.linalg.norm(bend[:, :2], axis=1)  # distance from the upright piece
    np.testing.assert_allclose(across, 0.1, atol=1e-9)
    assert np.allclose(np.linalg.norm((bend - line)[:, 1:], axis=1), 0.1)  # and from the level one


def test_a_turn_follows_the_right_hand_rule() -> None:
    up = rod((0, 0, 0), (0, 0, 1), 0.01, WOOD)
    np.testing.assert_allclose(turned(up, "x", math.pi / 2).bounds.mean(axis=0), [0, -0.5, 0], atol=1e-9)
    np.testing.assert_allclose(turned(up, "y", math.pi / 2).bounds.mean(axis=0), [0.5, 0, 0], atol=1e-9)
    about = turned(up, "x", math.pi, (0.0, 1.0, 0.0))
    np.testing.assert_allclose(about.bounds.mean(axis=0), [0, 2, -0.5], atol=1e-9)


coordinate = st.floats(-5, 5, allow_nan=False)
extent = st.floats(1e-3, 10)


@settings(max_examples=60, deadline=None)
@given(st.tuples(coordinate, coordinate, coordinate), st.tuples(extent, extent, extent), st.floats(1e-4, 3))
def test_boxes_of_any_size_fill_their_corners(low: tuple[float, ...], size: tuple[float, ...], radius: float) -> None:
    high = tuple(a + b for a, b in zip(low, size, strict=True))
    for rings in (1, 2):
        mesh = soft_box((low[0], low[1], low[2]), (high[0], high[1], high[2]), WOOD, radius, rings)
        np.testing.assert_allclose(mesh.bounds, [low, high], atol=1e-9)
        assert 0.3 * np.prod(size) < solid(mesh).volume < np.prod(size)
