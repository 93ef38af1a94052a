"""Boxes at any angle."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import LineString, Polygon

from spatialenv.core.room import Room
from spatialenv.tasks.turned import TurnedBox

COORDINATES = st.floats(-2, 2).map(lambda value: round(value, 3))
SIZES = st.floats(0.1, 2).map(lambda value: round(value, 3))
BOXES = st.builds(
    lambda x, y, z, size, degrees: TurnedBox((x, y, z), size, degrees),
    COORDINATES,
    COORDINATES,
    COORDINATES,
    st.tuples(SIZES, SIZES, SIZES),
    st.one_of(st.integers(0, 359).map(float), st.sampled_from([0.0, 90.0, 180.0, 270.0])),
)
L_SHAPE = Room(floor=((0, 0), (4, 0), (4, 2), (2, 2), (2, 4), (0, 4)), height=2.5)


def test_a_quarter_turn_is_exact() -> None:
    box = TurnedBox((1.0, 2.0, 0.5), (2.0, 1.0, 1.0), 90.0)
    assert box.axes == ((0.0, 1.0), (-1.0, 0.0))
    assert box.footprint == ((1.5, 1.0), (1.5, 3.0), (0.5, 3.0), (0.5, 1.0))
    assert (box.reach((1.0, 0.0)), box.reach((0.0, 1.0))) == (0.5, 1.0)
    assert box.yaw == math.pi / 2


@given(BOXES, BOXES)
def test_overlaps_agree_with_shapely(box: TurnedBox, other: TurnedBox) -> None:
    shared = Polygon(box.footprint).intersection(Polygon(other.footprint)).area
    height = (box.size[2] + other.size[2]) / 2 - abs(box.center[2] - other.center[2])
    assert box.overlaps(other) == other.overlaps(box)
    if shared > 1e-5 and height > 1e-5:
        assert box.overlaps(other)
    elif shared == 0 or height <= 0:
        assert not box.overlaps(other)


@given(BOXES, BOXES)
def test_facing_agrees_with_shapely(box: TurnedBox, other: TurnedBox) -> None:
    (x, y, _), (dx, dy) = box.center, box.axes[1]
    ray = LineString([(x, y), (x + 20 * dx, y + 20 * dy)])
    shape = Polygon(other.footprint)
    if ray.intersection(shape).length > 1e-6:
        assert box.faces(other)
    elif ray.distance(shape) > 1e-6:
        assert not box.faces(other)


def test_the_wall_in_front_is_the_first_one_met() -> None:
    looking_east = TurnedBox((1.0, 3.0, 0.5), (0.2, 0.2, 1.0), 270.0)
    wall = looking_east.faced_wall(L_SHAPE)
    assert wall is not None
    assert wall.name == "wall_3"
    further = TurnedBox((1.0, 1.0, 0.5), (0.2, 0.2, 1.0), 270.0).faced_wall(L_SHAPE)
    assert further is not None
    assert further.name == "wall_1"


def test_inside_means_the_floor_and_the_height() -> None:
    box = TurnedBox((1.0, 1.0, 0.5), (1.0, 1.0, 1.0), 45.0)
    assert box.is_inside(L_SHAPE)
    assert not TurnedBox((2.5, 2.5, 0.5), (1.0, 1.0, 1.0), 45.0).is_inside(L_SHAPE)
    assert not TurnedBox((1.0, 1.0, 2.1), (1.0, 1.0, 1.0), 0.0).is_inside(L_SHAPE)
    assert not TurnedBox((1.0, 1.0, 0.4), (1.0, 1.0, 1.0), 0.0).is_inside(L_SHAPE)
