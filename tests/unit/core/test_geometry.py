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


FLOORS: dict[str, list[tuple[float, float]]] = {
    "L": [(0, 0), (4, 0), (4, 2), (2, 2), (2, 4), (0, 4)],
    "T": [(1.5, 0), (3, 0), (3, 2.5), (4.5, 2.5), (4.5, 4), (0, 4), (0, 2.5), (1.5, 2.5)],
    "U": [(0, 0), (5, 0), (5, 4), (3.5, 4), (3.5, 1.25), (1.5, 1.25), (1.5, 4), (0, 4)],
    "slanted": [(0, 0), (4, 0), (5, 2), (3.5, 4.5), (0.5, 3.75)],
    "triangle": [(0, 0), (5, 0.5), (1, 4)],
    "spiral": [(0, 0), (5, 0), (5, 5), (1, 5), (1, 2), (3, 2), (3, 3), (2, 3), (2, 4), (4, 4), (4, 1), (0, 1)],
    "square with corners along its walls": [(0, 0), (2, 0), (4, 0), (4, 3), (4, 4), (1, 4), (0, 4), (0, 2)],
}


def random_floor(rng: np.random.Generator) -> FloatArray:
    """A simple polygon of 5 to 64 corners with spikes, seen whole from one point."""
    while True:
        corners = int(rng.integers(5, 65))
        angles = np.sort(rng.uniform(0, 2 * np.pi, corners))
        spikes = rng.uniform(0.4, 3, corners) * np.exp(1j * angles)
        floor = np.column_stack([spikes.real, spikes.imag])
        if np.diff(angles, append=angles[0] + 2 * np.pi).max() < 3:  # so that the point is inside
            return np.asarray(floor - floor.min(axis=0))


def boxes_around(rng: np.random.Generator, n: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Boxes on the floor 1 m high, some turned by quarters, some on a grid, in and around the floors above."""
    boxes = random_boxes(rng, n)
    boxes[:, :2] = rng.uniform(-0.5, 5.5, (n, 2))
    boxes[::4] = np.maximum(np.round(boxes[::4] * 4) / 4, 0.25)
    boxes[::2, 4] = rng.choice(QUARTERS, len(boxes[::2]))
    return np.insert(boxes[:, :2], 2, 0.5, axis=1), np.insert(boxes[:, 2:4], 2, 1.0, axis=1), boxes[:, 4]


def shapely_inside(boxes: tuple[FloatArray, FloatArray, FloatArray], floor: npt.ArrayLike) -> FloatArray:
    centers, sizes, yaws = boxes
    flat = polygons(np.column_stack([centers[:, :2], sizes[:, :2], yaws]))
    return np.asarray(shapely.area(shapely.intersection(flat, shapely.Polygon(np.asarray(floor)))))


@pytest.mark.parametrize("name", FLOORS)
def test_volumes_inside_a_floor_of_any_shape_agree_with_shapely(name: str) -> None:
    boxes = boxes_around(np.random.default_rng(len(name)), 1000)
    inside = geometry.inside_volumes(*boxes, (9, 9, 3), floors=FLOORS[name])
    np.testing.assert_allclose(inside, shapely_inside(boxes, FLOORS[name]), rtol=0, atol=1e-9)
    assert (inside <= boxes[1].prod(axis=1)).all()
    assert 0.3 < (inside > 0).mean() < 0.99


def test_volumes_inside_random_floors_agree_with_shapely_one_by_one_and_in_a_batch() -> None:
    rng = np.random.default_rng(21)
    floors: list[FloatArray | None] = [random_floor(rng) for _ in range(300)]
    floors[::7] = [None] * len(floors[::7])  # rectangles among them
    rooms = rng.uniform(2, 5, (300, 3))
    boxes = [boxes_around(rng, 12) for _ in floors]
    centers, sizes, yaws = (np.stack(arrays) for arrays in zip(*boxes, strict=True))
    together = geometry.inside_volumes(centers, sizes, yaws, rooms, floors=floors)
    for row, (floor, box) in enumerate(zip(floors, boxes, strict=True)):
        ours = geometry.inside_volumes(*box, rooms[row], floors=floor)
        np.testing.assert_array_equal(together[row], ours)
        x, y, _ = rooms[row]
        rectangle = [(0, 0), (x, 0), (x, y), (0, y)]
        np.testing.assert_allclose(ours, shapely_inside(box, rectangle if floor is None else floor), rtol=0, atol=1e-9)


def test_a_comb_of_64_corners_that_each_cut_takes_apart() -> None:
    """Teeth all the way up and down: all four sides of a box cross as many edges as they can."""
    teeth = [(k * 0.2, 4.0 if k % 2 else 0.3) for k in range(31)]
    comb = [(6.0, -0.1), *teeth[::-1], (0.0, -0.1), *((k * 0.2 + 0.05, -4.0 if k % 2 else -0.3) for k in range(31))]
    assert len(comb) == 64
    floor = np.array(comb)
    floor = floor if shapely.Polygon(floor).exterior.is_ccw else floor[::-1]
    assert shapely.Polygon(floor).is_valid
    rng = np.random.default_rng(4)
    centers = np.column_stack([rng.uniform(1, 5, 500), rng.uniform(-2, 2, 500), np.full(500, 0.5)])
    sizes = np.column_stack([rng.uniform(0.3, 6, (500, 2)), np.ones(500)])
    yaws = rng.uniform(-7, 7, 500)
    yaws[::2] = rng.choice(QUARTERS, 250)
    inside = geometry.inside_volumes(centers, sizes, yaws, (1, 1, 3), floors=floor)
    np.testing.assert_allclose(inside, shapely_inside((centers, sizes, yaws), floor), rtol=0, atol=1e-9)


def test_volumes_on_a_grid_in_an_l_are_exact() -> None:
    grid = np.arange(0, 4.01, 0.25)
    centers = np.array([(x, y, 0.5) for x in grid for y in grid])
    sizes, yaws = np.tile((1.0, 0.5, 1.0), (len(centers), 1)), np.full(len(centers), math.pi / 2)
    inside = geometry.inside_volumes(centers, sizes, yaws, (4, 4, 3), floors=FLOORS["L"])
    lows, highs = centers[:, :2] - (0.25, 0.5), centers[:, :2] + (0.25, 0.5)
    parts = [
        np.clip(np.minimum(highs, high) - np.maximum(lows, low), 0, None).prod(axis=1)
        for low, high in (((0, 0), (4, 2)), ((0, 2), (2, 4)))
    ]
    np.testing.assert_array_equal(inside, sum(parts))


def test_a_rectangle_given_as_a_polygon_is_the_same_rectangle() -> None:
    boxes = boxes_around(np.random.default_rng(8), 2000)
    room, floor = (4.0, 3.5, 2.5), [(4, 3.5), (0, 3.5), (0, 0), (4, 0)]
    as_polygon = geometry.inside_volumes(*boxes, room, floors=floor)
    np.testing.assert_allclose(as_polygon, geometry.inside_volumes(*boxes, room), rtol=0, atol=1e-14)


@given(st.sampled_from(sorted(FLOORS)), box, turn, length, length)
def test_turning_a_box_with_its_floor_changes_nothing(
    name: str, item: tuple[float, ...], angle: float, dx: float, dy: float
) -> None:
    centers, sizes, yaws = as_arrays((*item[:2], item[5] / 2, *item[3:]))
    before = geometry.inside_volumes(centers, sizes, yaws, (1, 1, 9), floors=FLOORS[name])
    turned, floor = (
        points @ np.array([(math.cos(angle), math.sin(angle)), (-math.sin(angle), math.cos(angle))]) + (dx, dy)
        for points in (centers[:, :2], np.array(FLOORS[name]))
    )
    moved = np.column_stack([turned, centers[:, 2]])
    after = geometry.inside_volumes(moved, sizes, yaws + angle, (1, 1, 9), floors=floor)
    assert after[0] == pytest.approx(before[0], abs=1e-9)


@pytest.mark.parametrize("name", FLOORS)
def test_points_on_a_floor_agree_with_shapely(name: str) -> None:
    floor = shapely.Polygon(FLOORS[name])
    points = np.random.default_rng(6).uniform(-0.5, 5.5, (5000, 2))
    points[::5] = np.round(points[::5] * 4) / 4
    points[1::5] = shapely.get_coordinates(
        shapely.line_interpolate_point(floor.exterior, np.linspace(0, 1, 1000), normalized=True)
    )
    expected = shapely.distance(floor, shapely.points(points)) <= 1e-9
    np.testing.assert_array_equal(geometry.inside_floor(points, FLOORS[name]), expected)
    np.testing.assert_array_equal(
        geometry.inside_floor(points.reshape(50, 100, 2), FLOORS[name]), expected.reshape(50, 100)
    )
    assert geometry.inside_floor(FLOORS[name], FLOORS[name]).all()
    assert geometry.inside_floor(points[0], FLOORS[name]).shape == ()
    assert geometry.inside_floor(np.zeros((0, 2)), FLOORS[name]).shape == (0,)


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
L = FLOORS["L"]


def inside_of(floors: object) -> FloatArray:
    return geometry.inside_volumes(np.ones((2, 2, 3)), ONE, [0, 0], (4, 3, 2), floors=floors)  # type: ignore[arg-type]


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
        (lambda: inside_of(L[::-1]), "runs clockwise or has no area"),
        (lambda: inside_of([L, L, None]), "`floors` has 3 floors for 2 scenes; give one for each, or one polygon"),
        (lambda: inside_of([]), "`floors` has 0 floors for 2 scenes"),
        (lambda: inside_of([L, [(0, 0), (1, 0)]]), r"a floor of the shape \(2, 2\); it must be \(c, 2\) with 3 to 64"),
        (lambda: inside_of([L, [(0, 0), (1, 0), (0, 1)] * 30]), r"a floor of the shape \(90, 2\)"),
        (lambda: inside_of([None, [(0, 0), (1, math.nan), (0, 1)]]), "`floors` holds NaN or infinity"),
        (lambda: inside_of(np.ones((6, 3))), r"a floor of the shape \(6, 3\); it must be \(c, 2\)"),
        (lambda: inside_of([[(0, 0), (1,)], None]), "`floors` is not an array of numbers"),
        (lambda: inside_of([(0, 0), (1, 1), (2, 2)]), "has no area"),
        (lambda: inside_of("L"), "`floors` is 'L'; give corners"),
        (lambda: inside_of(7), "`floors` is 7; give corners"),
        (lambda: geometry.inside_floor([1, 2, 3], L), r"`points` has the shape \(3,\)"),
        (lambda: geometry.inside_floor([1, 2], L[::-1]), "runs clockwise"),
        (lambda: geometry.inside_floor([1, 2], None), "`floor` is None"),  # type: ignore[arg-type]
        (lambda: geometry.footprints(ONE, ONE, np.zeros(3)), "do not fit"),
        (lambda: geometry.overlap_area(np.ones((2, 5)), np.ones((3, 5))), r"both must be \(n, 5\)"),
        (lambda: geometry.overlap_area(-np.ones((2, 5)), np.ones((2, 5))), "`a` has a negative length or width"),
    ],
)
def test_what_does_not_fit_is_refused_with_a_reason(call: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        call()  # type: ignore[operator]
