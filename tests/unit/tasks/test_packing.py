"""Boxes while a layout is built."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatialenv.core.geometry import footprints
from spatialenv.core.room import Room
from spatialenv.tasks.packing import Box, extents

ROOM = Room.rectangle(4, 3, 2.5)


@pytest.mark.parametrize(
    ("quarter", "expected"), [(0, (2.0, 1.0)), (1, (1.0, 2.0)), (2, (2.0, 1.0)), (3, (1.0, 2.0)), (-1, (1.0, 2.0))]
)
def test_extents_are_exact_at_quarter_turns(quarter: int, expected: tuple[float, float]) -> None:
    assert extents((2.0, 1.0, 0.5), quarter * math.pi / 2) == expected


@given(st.floats(0.1, 3), st.floats(0.1, 3), st.floats(-7, 7))
def test_extents_bound_the_turned_footprint(length: float, width: float, yaw: float) -> None:
    corners = footprints(np.zeros((1, 3)), np.array([[length, width, 1.0]]), np.array([yaw]))[0]
    assert np.ptp(corners, axis=0) == pytest.approx(extents((length, width, 1.0), yaw), abs=1e-6)


def test_touching_boxes_do_not_overlap() -> None:
    box = Box(1, 1, 0.5, 0.5, 0.5, 0.5)
    assert not box.overlaps(box.moved(2, 1))
    assert box.overlaps(box.moved(1.999, 1))
    assert not box.overlaps(box._replace(z=1.5)), "one stands on the other"


def test_a_box_is_inside_up_to_the_walls() -> None:
    box = Box(0.5, 0.5, 0.5, 0.5, 0.5, 0.5)
    assert box.is_inside(ROOM)
    assert box.moved(3.5, 2.5).is_inside(ROOM)
    assert not box.moved(3.501, 2.5).is_inside(ROOM)
    assert not box._replace(z=2.1).is_inside(ROOM), "through the ceiling"


def test_a_box_overlaps_any_of_several() -> None:
    box = Box(1, 1, 0.5, 0.5, 0.5, 0.5)
    assert box.overlaps_any([box.moved(3, 1), box.moved(1.5, 1.5)])
    assert not box.overlaps_any([box.moved(3, 1), box.moved(2, 1)])
