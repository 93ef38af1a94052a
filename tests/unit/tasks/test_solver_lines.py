"""Lines on which boxes touch."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialenv.core.geometry import separations
from spatialenv.core.room import Room
from spatialenv.tasks.solver_lines import Lines, crossings, rays, sides, touching, touching_walls, turn

SIZE = np.array((1.0, 0.5, 1.0))


def has(lines: Lines, nx: float, ny: float, d: float) -> bool:
    """Whether a line is among others, whichever way its normal points."""
    rows = np.column_stack((lines.normals, lines.offsets))
    return any(np.allclose(row, (nx, ny, d)) or np.allclose(-row, (nx, ny, d)) for row in rows)


def test_walls_are_touched_half_a_size_away() -> None:
    lines = touching_walls(Room.rectangle(4, 3, 2.5), math.pi / 2, SIZE)
    assert len(lines.offsets) == 4
    assert has(lines, 0, 1, 0.5) and has(lines, 0, 1, 2.5), "turned by a quarter, it is 1 m long from south to north"  # noqa: PT018
    assert has(lines, 1, 0, 0.25) and has(lines, 1, 0, 3.75)  # noqa: PT018


def test_a_corner_that_juts_in_is_touched_by_each_side() -> None:
    room = Room(((0, 0), (4, 0), (4, 2), (2, 2), (2, 4), (0, 4)), height=2.5)
    lines = touching_walls(room, 0.0, SIZE)
    assert len(lines.offsets) == 6 + 4
    assert has(lines, 1, 0, 1.5)
    assert has(lines, 0, 1, 1.75)


@given(st.floats(0, 6.3), st.floats(0, 6.3), st.floats(0, 6.3))
@settings(max_examples=60, deadline=None)
def test_on_each_line_boxes_can_touch(yaw: float, other_yaw: float, along: float) -> None:
    other = np.array((2.0, 1.0, 0.5, 0.8, 0.4, 1.0, *turn(other_yaw)))
    lines = touching(other[None], yaw, SIZE)
    assert len(lines.offsets) in (4, 8)
    for normal, offset in zip(lines.normals, lines.offsets, strict=True):
        away = normal * (offset - normal @ other[:2])
        point = other[:2] + away
        gap = separations(
            [[*point, 0.5], other[:3]], [SIZE, other[3:6]], [yaw, other_yaw]
        )[0, 1]  # fmt: skip
        assert gap >= -1e-6, "straight across from the other's centre, the two do not overlap"


def test_sides_middles_and_rays() -> None:
    lines = sides([(0.0, 1.0, 2.0, 3.0, 3.0)])
    assert sorted(lines.offsets.tolist()) == [1.0, 1.5, 2.0, 3.0]
    looking_west = np.array([(2.0, 1.0, 0.5, 1.0, 1.0, 1.0, *turn(math.pi / 2))])
    assert has(rays(looking_west), 0, 1, 1.0)


def test_crossings_count_each_line_once() -> None:
    across = Lines(np.array([(1.0, 0.0), (-1.0, 0.0), (1.0, 0.0)]), np.array([2.0, -2.0, 3.0]))
    slanted = Lines(np.array([(math.sqrt(0.5), math.sqrt(0.5))]), np.array([math.sqrt(8.0)]))
    assert crossings([across, slanted]) == pytest.approx(np.array([[2.0, 2.0], [3.0, 1.0]]))
