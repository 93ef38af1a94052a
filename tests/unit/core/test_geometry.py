import math

import numpy as np
import numpy.typing as npt
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from spatialenv.core import geometry
from spatialenv.errors import InputError

FloatArray = npt.NDArray[np.float64]
PER_FAMILY = 1250
QUARTERS = np.arange(4) * math.pi / 2

length = st.floats(-6, 6)
side = st.floats(0.05, 3)
turn = st.floats(-7, 7) | st.sampled_from(list(QUARTERS))
box = st.tuples(length, length, st.floats(0, 2), side, side, side, turn)


def polygons(boxes: FloatArray) -> npt.NDArray[np.object_]:
    """Shapely rectangles from rows (x, y, length, width, yaw), by complex numbers rather than our own code."""
    half = boxes[:, 2:4] / 2
    corners = np.stack([half * sign for sign in ((-1, -1), (1, -1), (1, 1), (-1, 1))], axis=1)
    turned = (corners[..., 0] + 1j * corners[..., 1]) * np.exp(1j * boxes[:, 4])[:, None]
    turned = turned + (boxes[:, 0] + 1j * boxes[:, 1])[:, None]
    return np.asarray(shapely.polygons(np.stack([turned.real, turned.imag], axis=-1)))


def shapely_areas(a: FloatArray, b: FloatArray) -> FloatArray:
    return np.asarray(shapely.area(shapely.intersection(polygons(a), polygons(b))))


def random_boxes(rng: np.random.Generator, n: int) -> FloatArray:
    return np.column_stack([rng.uniform(-2, 2, (n, 2)), rng.uniform(0.05, 3, (n, 2)), rng.uniform(-7, 7, n)])


def pair_family(name: str) -> tuple[FloatArray, FloatArray]:
    rng = np.random.default_rng(sum(map(ord, name)))
    a, b = random_boxes(rng, PER_FAMILY), random_boxes(rng, PER_FAMILY)
    if name == "identical":
        b = a.copy()
        b[::2, 4] += rng.choice(QUARTERS, len(b[::2])) * 2  # half turns leave a rectangle what it was
    elif name == "contained":
        a[:, 2:4] += 12
    elif name == "axis-aligned":
        a[:, 4], b[:, 4] = rng.choice(QUARTERS, (2, PER_FAMILY))
    elif name == "grid":
        a, b = np.round(a * 4) / 4, np.round(b * 4) / 4
        a[:, 2:4], b[:, 2:4] = np.maximum(a[:, 2:4], 0.25), np.maximum(b[:, 2:4], 0.25)
        a[:, 4], b[:, 4] = rng.choice(QUARTERS, (2, PER_FAMILY))
    elif name == "touching":
        b[:, 4] = a[:, 4]
        along = rng.uniform(-1, 1, PER_FAMILY) * (a[:, 3] + b[:, 3]) / 2
        local = (a[:, 2] + b[:, 2]) / 2 + 1j * along
        place = local * np.exp(1j * a[:, 4])
        b[:, 0], b[:, 1] = a[:, 0] + place.real, a[:, 1] + place.imag
    elif name == "corner on edge":
        corner = (b[:, 2] + 1j * b[:, 3]) / 2 * np.exp(1j * b[:, 4])
        edge = (a[:, 2] + 1j * a[:, 3] * rng.uniform(-1, 1, PER_FAMILY)) / 2 * np.exp(1j * a[:, 4])
        b[:, 0] = a[:, 0] + (edge - corner).real
        b[:, 1] = a[:, 1] + (edge - corner).imag
    elif name == "nearly parallel":
        b[:, 4] = a[:, 4] + rng.choice(QUARTERS, PER_FAMILY) + 10.0 ** rng.uniform(-17, -3, PER_FAMILY)
        shared_edge = np.arange(0, PER_FAMILY, 2)
        b[shared_edge, :4] = a[shared_edge, :4]
    return a, b


FAMILIES = (
    "general", "identical", "contained", "axis-aligned", "grid", "touching", "corner on edge", "nearly parallel",
)  # fmt: skip


@pytest.mark.parametrize("family", FAMILIES)
def test_overlap_areas_agree_with_shapely(family: str) -> None:
    a, b = pair_family(family)
    ours = geometry.overlap_area(a, b)
    np.testing.assert_allclose(ours, shapely_areas(a, b), rtol=0, atol=1e-9)
    np.testing.assert_allclose(ours, geometry.overlap_area(b, a), rtol=0, atol=1e-12)
    assert (ours <= np.minimum(a[:, 2] * a[:, 3], b[:, 2] * b[:, 3])).all()


def test_the_families_make_ten_thousand_pairs_that_do_overlap_or_touch() -> None:
    assert len(FAMILIES) * PER_FAMILY == 10_000
    shares = {name: (geometry.overlap_area(*pair_family(name)) > 1e-6).mean() for name in FAMILIES}
    assert shares["identical"] == shares["contained"] == 1
    assert shares["touching"] == 0
    assert all(shares[name] > 0.3 for name in FAMILIES if name != "touching")


@pytest.mark.parametrize("offset", [(1e3, -1e3), (2.0**20, 2.0**21)])
def test_far_from_the_origin_areas_stay_exact(offset: tuple[float, float]) -> None:
    rng = np.random.default_rng(5)
    a, b = random_boxes(rng, 500), random_boxes(rng, 500)
    a[:, :2], b[:, :2] = np.round(a[:, :2] * 1024) / 1024, np.round(b[:, :2] * 1024) / 1024  # sums stay exact
    near = geometry.overlap_area(a, b)
    a[:, :2] += offset
    b[:, :2] += offset
    np.testing.assert_array_equal(geometry.overlap_area(a, b), near)


def test_volumes_inside_a_room_agree_with_shapely() -> None:
    rng = np.random.default_rng(7)
    boxes = random_boxes(rng, 4000)
    boxes[:, :2] = boxes[:, :2] * 2 + 2
    boxes[::3, 4] = rng.choice(QUARTERS, len(boxes[::3]))
    height, z = rng.uniform(0.1, 3, 4000), rng.uniform(-1, 4, 4000)
    room = np.array((4.0, 3.5, 2.5))
    floor = shapely.box(0, 0, *room[:2])
    tall = np.clip(np.minimum(z + height / 2, room[2]) - np.maximum(z - height / 2, 0), 0, None)
    expected = shapely.area(shapely.intersection(polygons(boxes), floor)) * tall
    centers = np.column_stack([boxes[:, :2], z])
    sizes = np.column_stack([boxes[:, 2:4], height])
    inside = geometry.inside_volumes(centers, sizes, boxes[:, 4], room)
    np.testing.assert_allclose(inside, expected, rtol=0, atol=1e-9)
    assert (inside <= sizes.prod(axis=1) + 1e-15).all()
    assert 0.2 < (inside > 0).mean() < 0.95


def test_a_box_flush_with_two_walls_is_wholly_inside() -> None:
    inside = geometry.inside_volumes([[3.55, 0.45, 0.4]], [[0.9, 0.9, 0.8]], [math.pi / 2], (4, 3, 2.5))
    assert inside[0] == pytest.approx(0.648, abs=1e-15)


def test_footprints_are_counter_clockwise_from_the_back_left_corner() -> None:
    corners = geometry.footprints([[1, 2, 9], [0, 0, 0]], [[2, 1, 9], [2, 1, 1]], [0, math.pi / 2])
    np.testing.assert_array_equal(corners[0], [(0, 1.5), (2, 1.5), (2, 2.5), (0, 2.5)])
    np.testing.assert_array_equal(corners[1], [(0.5, -1), (0.5, 1), (-0.5, 1), (-0.5, -1)])
    rng = np.random.default_rng(2)
    boxes = random_boxes(rng, 50)
    centers, sizes = np.insert(boxes[:, :2], 2, 1, axis=1), np.insert(boxes[:, 2:4], 2, 1, axis=1)
    ours = geometry.footprints(centers.reshape(5, 10, 3), sizes.reshape(5, 10, 3), boxes[:, 4].reshape(5, 10))
    theirs = [shapely.get_coordinates(polygon)[:4] for polygon in polygons(boxes)]
    np.testing.assert_allclose(ours.reshape(50, 4, 2), theirs, atol=1e-12)


def test_volumes_by_hand() -> None:
    centers = np.array([(0, 0, 0.5), (0.5, 0, 0.75), (0, 0, 1.5), (0, 0, 0.25)])
    sizes = np.array([(1, 1, 1), (1, 1, 0.5), (1, 1, 1), (0.5, 0.5, 0.5)])
    expected = np.zeros((4, 4))
    expected[0, 1] = expected[1, 0] = 0.25  # half the floor, half a metre high
    expected[0, 3] = expected[3, 0] = 0.125  # contained
    np.testing.assert_array_equal(geometry.overlap_volumes(centers, sizes, np.zeros(4)), expected)


def test_a_diamond_in_a_square_by_hand() -> None:
    # A unit square and the same turned by 45 degrees share a regular octagon: 2 (sqrt 2 - 1).
    areas = geometry.overlap_areas([[3, 3, 0], [3, 3, 0]], [[1, 1, 1], [1, 1, 1]], [0, math.pi / 4])
    assert areas[0, 1] == pytest.approx(2 * (math.sqrt(2) - 1), abs=1e-15)


@pytest.mark.parametrize(
    ("second", "expected", "why"),
    [
        ((2.0, 0.0, 0.0, 0.0), 1.0, "a metre apart along x"),
        ((1.0, 0.0, 0.0, 0.0), 0.0, "touching"),
        ((0.75, 0.5, 0.0, 0.0), -0.25, "the shorter way out is along x"),
        ((0.75, 0.5, 0.9, 0.0), -0.1, "the shorter way out is up"),
        ((0.0, 0.0, 3.0, 0.0), 2.0, "one above the other"),
        ((1.0, 1.0, 0.0, math.pi / 4), math.sqrt(2) - 0.5 - math.sqrt(0.5), "a turned one's own side separates best"),
    ],
)
def test_separations_by_hand(second: tuple[float, float, float, float], expected: float, why: str) -> None:
    x, y, z, yaw = second
    gaps = geometry.separations([(0, 0, 0), (x, y, z)], np.ones((2, 3)), [0, yaw])
    assert gaps[0, 1] == gaps[1, 0] == pytest.approx(expected, abs=1e-15), why
    assert np.isinf(np.diag(gaps)).all()


def as_arrays(*boxes: tuple[float, ...]) -> tuple[FloatArray, FloatArray, FloatArray]:
    table = np.array(boxes)
    return table[:, :3], table[:, 3:6], table[:, 6]


@given(box, box)
def test_shared_volume_is_symmetric_and_at_most_the_smaller_box(a: tuple[float, ...], b: tuple[float, ...]) -> None:
    centers, sizes, yaws = as_arrays(a, b)
    shared = geometry.overlap_volumes(centers, sizes, yaws)
    assert shared[0, 1] == shared[1, 0] >= 0
    assert shared[0, 0] == shared[1, 1] == 0
    assert shared[0, 1] <= sizes.prod(axis=1).min() * (1 + 1e-12)
    swapped = geometry.overlap_volumes(centers[::-1], sizes[::-1], yaws[::-1])
    assert swapped[0, 1] == pytest.approx(shared[0, 1], abs=1e-12)


@given(box, box, turn, length, length)
def test_moving_and_turning_the_whole_changes_nothing(
    a: tuple[float, ...], b: tuple[float, ...], angle: float, dx: float, dy: float
) -> None:
    centers, sizes, yaws = as_arrays(a, b)
    turned = (centers[:, 0] + 1j * centers[:, 1]) * np.exp(1j * angle)
    moved = np.column_stack([turned.real + dx, turned.imag + dy, centers[:, 2] + dx])
    for measure in (geometry.overlap_volumes, geometry.overlap_areas, geometry.separations):
        before, after = measure(centers, sizes, yaws), measure(moved, sizes, yaws + angle)
        assert after[0, 1] == pytest.approx(before[0, 1], abs=1e-9)


@given(box, box)
def test_separation_is_negative_where_volume_is_shared(a: tuple[float, ...], b: tuple[float, ...]) -> None:
    centers, sizes, yaws = as_arrays(a, b)
    gap = geometry.separations(centers, sizes, yaws)[0, 1]
    shared = geometry.overlap_volumes(centers, sizes, yaws)[0, 1]
    if gap >= 0:
        assert shared == 0
    if gap < -1e-6:
        assert shared > 0


@given(box, box)
def test_separation_bounds_the_distance_and_a_move_by_it_parts_the_boxes(
    a: tuple[float, ...], b: tuple[float, ...]
) -> None:
    centers, sizes, yaws = as_arrays(a, b)
    gap = geometry.separations(centers, sizes, yaws)[0, 1]
    flat = shapely.distance(*polygons(np.array([(*box[:2], *box[3:5], box[6]) for box in (a, b)])))
    upright = max(0.0, abs(a[2] - b[2]) - (a[5] + b[5]) / 2)
    if gap > 0:
        assert gap <= math.hypot(flat, upright) + 1e-9
    else:  # some push by the depth, along a side of one of the boxes or up, parts them
        axes = [(math.cos(yaw), math.sin(yaw), 0.0) for quarter in (0, math.pi / 2) for yaw in yaws + quarter]
        pushes = [sign * (1e-9 - gap) * np.array(axis) for axis in [*axes, (0, 0, 1)] for sign in (1, -1)]
        moved = np.array([[centers[0] + push, centers[1]] for push in pushes])
        assert geometry.overlap_volumes(moved, sizes, yaws)[:, 0, 1].min() == 0


def test_batches_equal_single_scenes_and_masks_take_boxes_out() -> None:
    rng = np.random.default_rng(11)
    centers, sizes = rng.uniform(0, 4, (6, 5, 3)), rng.uniform(0.2, 2, (6, 5, 3))
    yaws, rooms = rng.uniform(0, 6, (6, 5)), rng.uniform(2, 4, (6, 3))
    mask = rng.random((6, 5)) < 0.7
    shared = geometry.overlap_volumes(centers, sizes, yaws, mask)
    areas = geometry.overlap_areas(centers, sizes, yaws, mask)
    gaps = geometry.separations(centers, sizes, yaws, mask)
    inside = geometry.inside_volumes(centers, sizes, yaws, rooms, mask)
    for k, present in enumerate(mask):
        some = np.ix_(present, present)
        boxes = centers[k, present], sizes[k, present], yaws[k, present]
        np.testing.assert_array_equal(shared[k][some], geometry.overlap_volumes(*boxes))
        np.testing.assert_array_equal(areas[k][some], geometry.overlap_areas(*boxes))
        np.testing.assert_array_equal(gaps[k][some], geometry.separations(*boxes))
        np.testing.assert_array_equal(inside[k][present], geometry.inside_volumes(*boxes, rooms[k]))
        assert not shared[k][~present].any()
        assert not inside[k][~present].any()
        assert np.isinf(gaps[k][~present]).all()
    same_sizes = geometry.overlap_volumes(centers, sizes[0], yaws)
    np.testing.assert_array_equal(same_sizes[3], geometry.overlap_volumes(centers[3], sizes[0], yaws[3]))


def test_no_boxes_give_empty_arrays() -> None:
    none = np.zeros((0, 3)), np.zeros((0, 3)), np.zeros(0)
    assert geometry.overlap_volumes(*none).shape == (0, 0)
    assert geometry.separations(*none).shape == (0, 0)
    assert geometry.inside_volumes(*none, (4, 3, 2)).shape == (0,)
    assert geometry.footprints(*none).shape == (0, 4, 2)
    assert geometry.overlap_area(np.zeros((0, 5)), np.zeros((0, 5))).shape == (0,)


ONE = np.ones((2, 3))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: geometry.overlap_volumes(np.ones((2, 2)), ONE, [0, 0]), r"`centers` has the shape \(2, 2\)"),
        (lambda: geometry.overlap_volumes(ONE, ONE, [0, 0, 0]), r"do not fit; give \(n, 3\)"),
        (lambda: geometry.overlap_areas(ONE, -ONE, [0, 0]), "`sizes` holds a negative number"),
        (lambda: geometry.separations(ONE * np.nan, ONE, [0, 0]), "`centers` holds NaN or infinity"),
        (lambda: geometry.separations(ONE, ONE, [0, math.inf]), "`yaws` holds NaN or infinity"),
        (lambda: geometry.separations(ONE, ONE, ["a", "b"]), "`yaws` is not an array of numbers"),
        (lambda: geometry.overlap_volumes(ONE, ONE, [0, 0], [1, 0]), "`mask` has the dtype int64"),
        (lambda: geometry.overlap_volumes(ONE, ONE, [0, 0], np.ones((3, 4), bool)), r"`mask` \(3, 4\) do not fit"),
        (lambda: geometry.overlap_volumes(np.ones((2, 2, 2, 3)), ONE, [0, 0]), "leading batch axis"),
        (lambda: geometry.overlap_volumes(np.ones(3), np.ones(3), 0.0), "do not fit"),
        (lambda: geometry.inside_volumes(ONE, ONE, [0, 0], np.ones((3, 3))), r"`rooms` has the shape \(3, 3\)"),
        (lambda: geometry.inside_volumes(ONE, ONE, [0, 0], (1, 1)), r"`rooms` has the shape \(2,\)"),
        (lambda: geometry.footprints(ONE, ONE, np.zeros(3)), "do not fit"),
        (lambda: geometry.overlap_area(np.ones((2, 5)), np.ones((3, 5))), r"both must be \(n, 5\)"),
        (lambda: geometry.overlap_area(-np.ones((2, 5)), np.ones((2, 5))), "`a` has a negative length or width"),
    ],
)
def test_what_does_not_fit_is_refused_with_a_reason(call: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        call()  # type: ignore[operator]
