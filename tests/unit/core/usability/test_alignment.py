"""Alignment by hand, and what must hold wherever the room lies. The oracle is in tests/oracles."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialenv.core.usability.alignment import alignment
from spatialenv.errors import InputError

ROOM = (6.0, 4.0, 3.0)
HOUSE = [(0, 0), (6, 0), (6, 3), (3, 6), (0, 3)]  # two walls at 45 degrees


def values(*rows: tuple[float, float, float], room: tuple[float, float, float] = ROOM, **more: object) -> list[float]:
    """Return the values of cubes of 1 m, given as x, y and degrees."""
    table = np.array(rows)
    centers = np.column_stack((table[:, :2], np.full(len(table), 0.5)))
    sizes = np.ones((len(table), 3))
    return alignment(centers, sizes, np.radians(table[:, 2]), room, **more).values.tolist()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("degrees", "value"),
    [(0, 1), (90, 1), (-270, 1), (2, 1), (-1.9, 1), (23.5, 0.5), (66.5, 0.5), (-23.5, 0.5), (45, 0), (135, 0)],
)
def test_alone_in_a_rectangle(degrees: float, value: float) -> None:
    assert values((3, 2, degrees)) == pytest.approx([value], abs=1e-9)


def test_the_nearest_wall_counts() -> None:
    assert values((3, 1, 0), (4, 4, 45), room=(6, 6, 3), floors=HOUSE) == pytest.approx([1, 1])
    assert values((3, 1, 45), room=(6, 6, 3), floors=HOUSE) == pytest.approx([0], abs=1e-9)
    assert values((4, 4, 0), room=(6, 6, 3), floors=HOUSE) == pytest.approx([0], abs=1e-9)


def test_neighbours_up_to_a_metre() -> None:
    askew = (3, 1, 23.5)
    assert values((1.3, 1, 0), askew) == pytest.approx([0.75, 0.5])  # the pair is off by as much as the second
    assert values((1, 3.5, 0), askew) == pytest.approx([1, 0.5])  # too far apart
    half = (math.cos(math.radians(23.5)) + math.sin(math.radians(23.5))) / 2
    for gap, is_beside in ((0.999, True), (1.001, False)):
        assert values((3 - half - gap - 0.5, 1, 0), askew)[0] == pytest.approx(0.75 if is_beside else 1.0)


def test_two_that_are_askew_together_are_in_line_with_each_other() -> None:
    assert values((1, 1, 23.5), (2.6, 1, 23.5)) == pytest.approx([0.75, 0.75])
    assert values((1, 1, 23.5), (2.6, 1, 23.5), (4.2, 1, 0)) == pytest.approx([0.75, 0.625, 0.75])


def test_two_at_walls_that_meet_at_a_slant_are_in_order() -> None:
    assert values((0.5, 2.6, 0), (1.5, 3.7, 45), room=(6, 6, 3), floors=HOUSE) == pytest.approx([1, 1])


def test_what_has_no_direction_is_left_out() -> None:
    assert values((1.3, 1, 0), (2.6, 1, 23.5), mask=[True, False]) == [1, 1]


def test_the_turn_makes_it_square() -> None:
    found = alignment([[3, 1, 0.5]] * 2, np.ones((2, 3)), np.radians([50, -10]), ROOM)
    assert np.degrees(found.turns) == pytest.approx([40, 10])
    assert alignment([[4, 4, 0.5]], [[1, 1, 1]], [0.7], (6, 6, 3), floors=HOUSE).turns == pytest.approx(
        [math.pi / 4 - 0.7]
    )


def test_batches() -> None:
    centers, sizes = np.array([[1.3, 1, 0.5], [3, 1, 0.5]]), np.ones((2, 3))
    yaws = np.radians([[0, 23.5], [0, 0]])
    found = alignment(np.stack((centers, centers)), sizes, yaws, ROOM, mask=[[True, True], [True, False]])
    assert found.values == pytest.approx(np.array([[0.75, 0.5], [1, 1]]))
    assert found.turns.shape == (2, 2)
    assert alignment(np.zeros((0, 3)), np.zeros((0, 3)), [], ROOM).values.shape == (0,)
    with pytest.raises(InputError, match="clockwise"):
        alignment(centers, sizes, yaws[0], ROOM, floors=HOUSE[::-1])


@st.composite
def layouts(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    n = draw(st.integers(1, 6))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    floor = np.array([(0, 0), (5, 0), (5, 2), (3, 3), (3, 5), (0, 4)]) * rng.uniform(0.6, 1.4)
    centers = rng.uniform(0, (*floor.max(axis=0), 2), (n, 3))
    yaws = np.where(rng.random(n) < 0.5, rng.uniform(-7, 7, n), rng.integers(-4, 5, n) * np.pi / 2)
    return centers, rng.uniform(0.2, 1.6, (n, 3)), yaws, floor


@settings(max_examples=60, deadline=None)
@given(layout=layouts(), dx=st.floats(-50, 50), dy=st.floats(-50, 50), quarters=st.integers(0, 3))
def test_moving_turning_and_mirroring_everything(
    layout: tuple[np.ndarray, ...], dx: float, dy: float, quarters: int
) -> None:
    centers, sizes, yaws, floor = layout
    before = alignment(centers, sizes, yaws, (1, 1, 3), floors=floor)
    c, s = [(1, 0), (0, 1), (-1, 0), (0, -1)][quarters]
    turn = np.array([(c, -s), (s, c)])
    there = np.column_stack((centers[:, :2] @ turn.T + (dx, dy), centers[:, 2]))
    after = alignment(there, sizes, yaws + quarters * np.pi / 2, (1, 1, 3), floors=floor @ turn.T + (dx, dy))
    np.testing.assert_allclose(after.values, before.values, rtol=0, atol=1e-7)
    mirrored = alignment(centers * (-1, 1, 1), sizes, -yaws, (1, 1, 3), floors=(floor * (-1, 1))[::-1])
    np.testing.assert_allclose(mirrored.values, before.values, rtol=0, atol=1e-7)
    apart = np.abs(np.abs(before.turns) - np.pi / 4) > 1e-6  # at 45 degrees both ways are as short
    np.testing.assert_allclose(mirrored.turns[apart], -before.turns[apart], rtol=0, atol=1e-7)


@settings(max_examples=40, deadline=None)
@given(layout=layouts(), seed=st.integers(0, 2**32 - 1))
def test_the_order_does_not_matter(layout: tuple[np.ndarray, ...], seed: int) -> None:
    centers, sizes, yaws, floor = layout
    order = np.random.default_rng(seed).permutation(len(yaws))
    before = alignment(centers, sizes, yaws, (1, 1, 3), floors=floor).values
    after = alignment(centers[order], sizes[order], yaws[order], (1, 1, 3), floors=floor).values
    np.testing.assert_allclose(after, before[order], rtol=0, atol=1e-12)


@given(angles=st.lists(st.floats(0, 45), min_size=2, max_size=8))
def test_turning_away_from_the_wall_never_raises_it(angles: list[float]) -> None:
    found = [values((3, 2, angle))[0] for angle in sorted(angles)]
    assert found == sorted(found, reverse=True)


@settings(max_examples=40, deadline=None)
@given(layout=layouts())
def test_all_turns_made_together_leave_nothing_askew_in_a_rectangle(layout: tuple[np.ndarray, ...]) -> None:
    centers, sizes, yaws, _ = layout
    turns = alignment(centers, sizes, yaws, ROOM).turns
    assert alignment(centers, sizes, yaws + turns, ROOM).values.tolist() == [1.0] * len(yaws)
