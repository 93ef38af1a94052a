import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialenv.core.room import Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.core.usability.balance import Balance, free_floor, free_floor_in
from spatialenv.core.usability.walking import Walker
from spatialenv.errors import InputError

ROOM = np.array([(0, 0), (6, 0), (6, 4), (0, 4)], dtype=np.float64)
L_ROOM = np.array([(0, 0), (4, 0), (4, 2), (2, 2), (2, 4), (0, 4)], dtype=np.float64)


def same(first: Balance, second: Balance, tolerance: float = 1e-9) -> None:
    assert first.imbalance == pytest.approx(second.imbalance, abs=tolerance)
    assert first.spread == pytest.approx(second.spread, abs=tolerance)
    assert first.free_area == pytest.approx(second.free_area, abs=tolerance)
    np.testing.assert_allclose(first.added, second.added, rtol=0, atol=tolerance)
    np.testing.assert_allclose(first.areas, second.areas, rtol=0, atol=tolerance)


def test_an_empty_room_is_balanced():
    found = free_floor(np.zeros((0, 3)), np.zeros((0, 3)), np.zeros(0), L_ROOM)
    assert found.imbalance == 0.0
    assert found.value == 1.0
    assert found.free_area == pytest.approx(12.0)


@pytest.mark.parametrize(
    ("floor", "spread"),
    [
        (ROOM, math.sqrt((36 + 16) / 12)),
        (np.array([(0, 0), (3, 0), (0, 3)]), 1.0),
        # A square of 4 m less one of 2 m: second moments about the corner, then about the centroid (5/3, 5/3).
        (L_ROOM, math.sqrt((2 * 4**4 / 3 - 2 * (2 * (4**3 - 2**3) / 3)) / 12 - 2 * (5 / 3) ** 2)),
    ],
)
def test_the_spread_of_floors(floor, spread):
    found = free_floor([[9, 9, 0.5]], [[1, 1, 1]], [0], floor)
    assert found.spread == pytest.approx(spread, abs=1e-12)
    assert free_floor([[9, 9, 0.5]], [[1, 1, 1]], [0], floor + np.array([30, -7])).spread == pytest.approx(spread)


def test_furniture_on_one_side_moves_the_middle_of_the_free_floor_to_the_other():
    found = free_floor([[1, 2, 0.5]], [[2, 4, 1]], [0], ROOM)
    assert found.offset == pytest.approx([1.0, 0.0])
    assert found.imbalance == pytest.approx(1.0)
    assert found.free_area == pytest.approx(16.0)
    assert found.areas == pytest.approx([8.0])
    assert found.added == pytest.approx([1.0])
    assert found.value == pytest.approx(1 - 1 / math.sqrt(52 / 12))


def test_what_evens_things_out_adds_less_than_nothing():
    centers = [[0.5, 2, 0.5], [5, 2, 0.5]]
    found = free_floor(centers, [[1, 4, 1], [2, 4, 1]], [0, 0], ROOM)
    assert found.offset == pytest.approx([-0.5, 0])
    alone = [free_floor([centers[i]], [[1 + i, 4, 1]], [0], ROOM).imbalance for i in (0, 1)]
    assert alone == pytest.approx([0.5, 1.0])
    assert found.added == pytest.approx([0.5 - 1.0, 0.5 - 0.5])


def test_what_two_take_counts_once_and_for_neither():
    found = free_floor([[1, 2, 0.5], [1.5, 2, 1.0]], [[2, 4, 1], [2, 4, 1]], [0, 0], ROOM)
    assert found.free_area == pytest.approx(24 - 2.5 * 4)
    assert found.areas == pytest.approx([2.0, 2.0])
    twins = free_floor([[1, 2, 0.5]] * 2, [[2, 4, 1]] * 2, [0, 0], ROOM)
    assert twins.areas.tolist() == [0.0, 0.0]
    assert twins.added.tolist() == [0.0, 0.0]
    assert twins.imbalance == pytest.approx(1.0)


def test_a_box_within_another_takes_nothing_alone():
    found = free_floor([[3, 2, 0.5], [3, 2, 0.5], [1, 1, 0.5]], [[3, 2, 1], [1, 1, 1], [1, 1, 1]], [0, 0, 0], ROOM)
    assert found.areas == pytest.approx([5.0, 0.0, 1.0])
    assert found.free_area == pytest.approx(24 - 6 - 1)


def test_no_free_floor_is_no_balance():
    found = free_floor([[3, 2, 0.5]], [[8, 8, 1]], [0.2], ROOM)
    assert (found.free_area, found.value, found.imbalance) == (0.0, 0.0, found.spread)


def test_heights_and_rugs():
    def offset(z: float, height: float, **more) -> float:
        return free_floor([[1, 2, z]], [[2, 4, height]], [0], ROOM, **more).imbalance

    assert offset(2.3, 1.0) == offset(0.02, 0.04) == offset(0.05, 0.1, is_flat=[True]) == 0.0
    assert offset(0.05, 0.1) == pytest.approx(1.0)
    assert offset(2.3, 1.0, walker=Walker(height=2.0)) == pytest.approx(1.0)


def test_a_placed_scene_is_measured_as_its_arrays_are():
    objects = (SceneObject("bed_1", "bed", (2, 1.5, 0.5)), SceneObject("rug_1", "rug", (2, 2, 0.02), is_rug=True))
    placed = Scene(Room.polygon(L_ROOM.tolist(), 2.5), objects).place(
        {"bed_1": (1, 1, 0.25, 0.3), "rug_1": (3, 1, 0.01)}
    )
    arrays = placed.centers, placed.sizes, placed.yaws
    same(free_floor_in(placed), free_floor(*arrays, L_ROOM, is_flat=[False, True]))


@st.composite
def rooms(draw):
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n = draw(st.integers(1, 9))
    floor = draw(st.sampled_from([ROOM, L_ROOM])) * draw(st.sampled_from([1.0, 1.0371, 1.0025]))
    centers = rng.uniform((-0.3, -0.3, 0.2), (6.3, 4.3, 1.0), (n, 3))
    sizes = rng.uniform(0.2, 1.8, (n, 3))
    if draw(st.booleans()):
        centers, sizes = centers.round(2), sizes.round(2)
    yaws = np.where(rng.random(n) < 0.5, rng.uniform(-4, 4, n), rng.integers(0, 4, n) * math.pi / 2)
    return centers, sizes, yaws, floor


@given(rooms(), st.floats(-50, 50), st.floats(-50, 50))
@settings(max_examples=60, deadline=None)
def test_turns_mirrors_shifts_and_order_change_nothing(room, dx, dy):
    centers, sizes, yaws, floor = room
    found = free_floor(centers, sizes, yaws, floor)

    def turn(points):
        return np.stack((-points[:, 1], points[:, 0]), axis=-1)

    turned = free_floor(np.c_[turn(centers[:, :2]), centers[:, 2]], sizes, yaws + math.pi / 2, turn(floor))
    same(found, turned)
    np.testing.assert_allclose(turned.offset, turn(found.offset[None])[0], rtol=0, atol=1e-9)
    same(found, free_floor(centers * (-1, 1, 1), sizes, -yaws, (floor * (-1, 1))[::-1]))
    shift = np.array([dx, dy])
    same(found, free_floor(centers + np.array([dx, dy, 0]), sizes, yaws, floor + shift))
    back = free_floor(centers[::-1], sizes[::-1], yaws[::-1], floor)
    same(found, back._replace(added=back.added[::-1], areas=back.areas[::-1]))


@given(rooms())
@settings(max_examples=40, deadline=None)
def test_what_a_box_adds_is_what_goes_without_it(room):
    centers, sizes, yaws, floor = room
    found = free_floor(centers, sizes, yaws, floor)
    for i in range(len(yaws)):
        without = free_floor(*(np.delete(part, i, axis=0) for part in (centers, sizes, yaws)), floor)
        if found.free_area > 0:
            assert found.added[i] == pytest.approx(found.imbalance - without.imbalance, abs=1e-9)
            assert found.areas[i] == pytest.approx(without.free_area - found.free_area, abs=1e-9)


def test_double_the_room_and_its_furniture_is_as_even():
    boxes = np.array([[1, 2, 0.5]]), np.array([[2, 4, 1]]), [0.3]
    once = free_floor(*boxes, ROOM)
    twice = free_floor(boxes[0] * 2, boxes[1] * 2, [0.3], ROOM * 2, walker=Walker(cell=0.04))
    assert once.value == pytest.approx(twice.value, abs=1e-9)


def test_arrays_that_cannot_be():
    with pytest.raises(InputError, match="batch axis"):
        free_floor([[[0, 0, 0]]], [[[1, 1, 1]]], [[0]], ROOM)
    with pytest.raises(InputError, match="clockwise"):
        free_floor([[0, 0, 0]], [[1, 1, 1]], [0], ROOM[::-1])
