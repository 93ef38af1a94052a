from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from spatialenv.core.room import Room
from spatialenv.renderers.shapes import (
    BOX_FACES,
    FACE_NORMALS,
    Prism,
    box_corners,
    box_prism,
    clip,
    grid_step,
    intersect,
    outside_prisms,
    shared_prism,
)

boxes = st.tuples(
    st.floats(-2, 2), st.floats(-2, 2), st.floats(-2, 2), *([st.floats(0.1, 3)] * 3), st.floats(0, 2 * math.pi)
)


def prism_of(box: tuple[float, ...]) -> Prism:
    return box_prism(np.array(box[:3]), np.array(box[3:6]), box[6])


def floor_of(box: tuple[float, ...]) -> shapely.Polygon:
    unit = shapely.box(-box[3] / 2, -box[4] / 2, box[3] / 2, box[4] / 2)
    turned = shapely.affinity.rotate(unit, box[6], origin=(0, 0), use_radians=True)
    return shapely.affinity.translate(turned, box[0], box[1])


def test_corners_turn_counter_clockwise() -> None:
    corners = box_corners(np.array([[1.0, 2, 3]]), np.array([[4.0, 2, 1]]), np.array([math.pi / 2]))[0]
    # The corner at +x, +y of a box turned by 90 degrees lies at -y, +x.
    np.testing.assert_allclose(corners[3], [1 - 1, 2 + 2, 2.5], atol=1e-12)


def test_faces_are_counter_clockwise_from_outside() -> None:
    corners = box_corners(np.zeros((1, 3)), np.array([[2.0, 3, 4]]), np.zeros(1))[0]
    for face, normal in zip(corners[BOX_FACES], FACE_NORMALS, strict=True):
        turned = np.cross(face[1] - face[0], face[2] - face[1])
        np.testing.assert_allclose(turned / np.linalg.norm(turned), normal)


def test_prism_faces_look_outward() -> None:
    prism = Prism(np.array([[0.0, 0], [2, 0], [0, 1]]), 1.0, 3.0)
    inside = np.array([0.5, 0.3, 2.0])
    faces = prism.faces()
    assert len(faces) == 5
    for face in faces:
        normal = np.cross(face[1] - face[0], face[2] - face[1])
        assert normal @ (face[0] - inside) > 0


@given(boxes, boxes)
def test_shared_prism_agrees_with_shapely(first: tuple[float, ...], second: tuple[float, ...]) -> None:
    shared = shared_prism(prism_of(first), prism_of(second))
    area = floor_of(first).intersection(floor_of(second)).area
    low = max(first[2] - first[5] / 2, second[2] - second[5] / 2)
    high = min(first[2] + first[5] / 2, second[2] + second[5] / 2)
    expected = area * max(high - low, 0.0)
    found = 0.0 if shared is None else shapely.Polygon(shared.polygon).area * (shared.high - shared.low)
    assert found == pytest.approx(expected, abs=1e-9)


@given(boxes)
def test_outside_prisms_cover_what_is_outside(box: tuple[float, ...]) -> None:
    room = Room.rectangle(1.5, 1.0, 1.2)
    prism = prism_of(box)
    parts = outside_prisms(prism, room)
    rng = np.random.default_rng(0)
    local = rng.uniform(-0.5, 0.5, (200, 3)) * box[3:6]
    turn = np.array([[math.cos(box[6]), -math.sin(box[6])], [math.sin(box[6]), math.cos(box[6])]])
    points = np.column_stack([local[:, :2] @ turn.T, local[:, 2]]) + box[:3]
    outside = np.any((points < 0) | (points > [1.5, 1.0, 1.2]), axis=1)
    covered = np.zeros(200, bool)
    for part in parts:
        inside = shapely.contains_xy(shapely.Polygon(part.polygon), points[:, 0], points[:, 1])
        covered |= inside & (points[:, 2] > part.low) & (points[:, 2] < part.high)
    near_a_face = np.any(np.abs(points) < 1e-6, axis=1) | np.any(np.abs(points - [1.5, 1.0, 1.2]) < 1e-6, axis=1)
    assert np.array_equal(outside[~near_a_face], covered[~near_a_face])


def test_clip_leaves_nothing_of_what_lies_behind() -> None:
    square = np.array([[0.0, 0], [1, 0], [1, 1], [0, 1]])
    assert len(clip(square, np.array([1.0, 0.0]), 2.0)) == 0
    np.testing.assert_allclose(np.ptp(clip(square, np.array([1.0, 0.0]), 0.25)[:, 0]), 0.75)


def test_grid_step_grows_with_the_hall() -> None:
    assert [grid_step(v) for v in (3, 40, 41, 100, 201, 1e6)] == [1, 1, 2, 5, 10, 50000]


@given(boxes)
def test_outside_prisms_cover_what_is_outside_any_floor(box: tuple[float, ...]) -> None:
    corners = ((0, 0), (3, 0), (3, 1), (1.5, 0.8), (1.2, 2), (2, 2.5), (0, 3))
    room = Room(corners, 1.2)
    prism = prism_of(box)
    parts = [part for part in outside_prisms(prism, room) if part.low == prism.low and part.high == prism.high]
    covered = shapely.union_all([shapely.Polygon(part.polygon) for part in parts])
    expected = floor_of(box).difference(shapely.Polygon(corners))
    if prism.low < 0 or prism.high > 1.2:
        covered = covered.intersection(expected.buffer(1e-9))
    assert covered.symmetric_difference(expected).area < 1e-7
    above = [part for part in outside_prisms(prism, room) if part.low == 1.2]
    assert bool(above) == (prism.high > 1.2 and prism.low < 1.2)


def test_intersect_takes_polygons_with_bays() -> None:
    bay = np.array([[0.0, 0], [3, 0], [3, 2], [2, 2], [2, 1], [1, 1], [1, 2], [0, 2]])
    band = np.array([[-1.0, 0.5], [4, 0.5], [4, 1.5], [-1, 1.5]])
    shared = intersect(bay, band)
    x, y = shared.T
    # Half of the base, and half of both arms.
    assert np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y) / 2 == pytest.approx(1.5 + 0.5 + 0.5)
