"""The fallback: a box that fills itself, in one colour, its front marked."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialenv.renderers.furniture.marked_box import marked_box

side = st.floats(0.01, 10.0)


@settings(max_examples=50, deadline=None)
@given(st.tuples(side, side, side))
def test_it_is_its_box(size: tuple[float, float, float]) -> None:
    mesh = marked_box(size, (200.0, 60.0, 60.0))
    half = np.array(size) / 2
    np.testing.assert_allclose(mesh.bounds, [-half, half], rtol=0, atol=1e-12)
    assert np.all(np.abs(mesh.vertices) <= half + 1e-12)
    corners = mesh.corners
    areas = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1) / 2
    length, width, height = size
    # Strip and arrow lie in the sides, not over them: the surface is the box's, no more.
    assert areas.sum() == pytest.approx(2 * (length * width + width * height + height * length), rel=1e-9)
    volume = np.einsum("ij,ij->i", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])).sum() / 6
    assert volume == pytest.approx(length * width * height, rel=1e-9)


def test_its_front_is_marked_at_plus_y_and_the_arrow_points_there() -> None:
    mesh = marked_box((2.0, 1.0, 0.8), (200.0, 60.0, 60.0))
    strip, arrow = (mesh.corners[mesh.material_of == k] for k in (1, 2))
    assert np.all(strip[..., 1] == 0.5)
    assert strip[..., 2].min() > 0
    assert np.all(arrow[..., 2] == 0.4)
    tip = arrow.reshape(-1, 3)[arrow.reshape(-1, 3)[:, 1].argmax()]
    assert tip[0] == 0.0
    assert tip[1] > 0.3


@pytest.mark.parametrize(("colour", "darker"), [((240.0, 240.0, 240.0), True), ((30.0, 30.0, 30.0), False)])
def test_the_arrow_stands_out_from_light_and_dark_colours(colour: tuple[float, float, float], darker: bool) -> None:
    box, _, arrow = marked_box((1.0, 1.0, 1.0), colour).materials
    assert box.colour == colour
    assert (sum(arrow.colour) < sum(colour)) == darker
    assert abs(sum(arrow.colour) - sum(colour)) > 200
