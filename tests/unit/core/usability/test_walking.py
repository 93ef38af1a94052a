import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialenv.core.room import Opening, Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.core.usability.walking import (
    ROBOT,
    Walk,
    Walker,
    doorways,
    footprint_distances,
    gaps_at,
    obstacles,
    walk,
    walk_in,
)
from spatialenv.errors import InputError

ROOM = np.array([(0, 0), (4, 0), (4, 3), (0, 3)], dtype=np.float64)
L_ROOM = np.array([(0, 0), (4, 0), (4, 1), (1, 1), (1, 3), (0, 3)], dtype=np.float64)
WEST_DOOR = [(0.0, 1.0), (0.0, 2.0)]
EAST_DOOR = [(4.0, 1.0), (4.0, 2.0)]
NOTHING = (np.zeros((0, 3)), np.zeros((0, 3)), np.zeros(0))
SHELF = ([[2, 1.5, 0.5]], [[0.2, 3, 1]], [0.0])
"""From wall to wall: it cuts the room in two."""


def same(first: Walk, second: Walk, tolerance: float = 1e-9) -> None:
    np.testing.assert_allclose(first.beyond, second.beyond, rtol=0, atol=tolerance)
    assert np.array_equal(first.is_open, second.is_open)
    assert np.array_equal(first.is_blocked, second.is_blocked)
    assert first[3:] == pytest.approx(second[3:], abs=tolerance)


def test_an_empty_room_is_free_but_for_a_radius_along_its_walls():
    found = walk(*NOTHING, ROOM, [WEST_DOOR])
    assert found.free_area == pytest.approx(3.7 * 2.7)
    assert found.reached_area == found.free_area
    assert found.walkable_rate == 1.0
    assert found.is_open.tolist() == [True]


def test_furniture_from_wall_to_wall_cuts_the_room():
    centers, sizes, _ = SHELF
    bed = [3.5, 1.5, 0.25]
    found = walk([*centers, bed], [*sizes, [1, 1, 0.5]], [0, 0], ROOM, [WEST_DOOR])
    assert found.reached_area == pytest.approx(1.6 * 2.7)
    assert found.walkable_rate == pytest.approx(1.6 * 2.7 / found.free_area)
    # The last column of cells that is reached has its centre at 1.745, half a cell from a radius off the shelf.
    assert found.beyond == pytest.approx([0.0, 3.0 - 1.745 - ROBOT.reach])


def test_the_walkable_rate_is_the_mean_over_the_doors():
    found = walk(*SHELF, ROOM, [WEST_DOOR, EAST_DOOR])
    assert found.reached_area == found.free_area == pytest.approx(2 * 1.6 * 2.7)
    assert found.walkable_rate == pytest.approx(0.5)
    assert (found.beyond == 0).all()


@pytest.mark.parametrize(("gap", "passes"), [(0.29, False), (0.2999, False), (0.31, True), (0.5, True)])
@pytest.mark.parametrize("middle", [1.5, 1.2345])
def test_a_robot_passes_where_it_fits(gap, passes, middle):
    south, north = middle - gap / 2, middle + gap / 2
    boxes = [[2, south / 2, 0.5], [2, (3 + north) / 2, 0.5]], [[0.6, south, 1], [0.6, 3 - north, 1]], [0, 0]
    found = walk(*boxes, ROOM, [WEST_DOOR])
    assert (found.walkable_rate == 1.0) is passes
    turned = walk(*_turned(boxes, 1), _turn(ROOM, 1), [_turn(np.array(WEST_DOOR), 1)])
    assert (turned.walkable_rate == 1.0) is passes


@pytest.mark.parametrize(("gap", "passes"), [(0.2997, False), (0.316, True)])
@pytest.mark.parametrize("angle", [0.3, 0.7854, 1.2])
def test_a_robot_passes_askew_where_it_fits(gap, passes, angle):
    across = np.array([-math.sin(angle), math.cos(angle)])
    centers = [[*(np.array([5, 5]) + side * across * (gap / 2 + 5)), 0.5] for side in (-1, 1)]
    room = np.array([(0, 0), (10, 0), (10, 10), (0, 10)], dtype=np.float64)
    found = walk(centers, [[1.0, 10, 1]] * 2, [angle, angle], room, [[(0, 1), (0, 2)]])
    assert (found.walkable_rate == 1.0) is passes


def test_a_door_is_blocked_where_the_robot_does_not_fit_in():
    for edge, is_open in ((1.29, False), (1.31, True), (0.5, False)):
        box = [[0.5, edge + 0.75, 0.5]], [[1, 1.5, 1]], [0]
        found = walk(*box, ROOM, [WEST_DOOR])
        assert found.is_open.tolist() == [is_open]
        assert found.is_blocked.tolist() == [not is_open]
        assert (found.reached_area > 0) is is_open
        assert np.isinf(found.beyond[0]) == (not is_open)
        assert (found.walkable_rate > 0) is is_open


def test_one_of_two_doors_is_blocked():
    box = [[0.5, 1.5, 0.5]], [[1, 1.5, 1]], [0]
    found = walk(*box, ROOM, [WEST_DOOR, EAST_DOOR])
    assert found.is_blocked.tolist() == [True, False]
    assert found.walkable_rate == pytest.approx(0.5)
    assert found.reached_area == found.free_area


def test_without_a_door_the_largest_part_is_reached():
    boxes = [[1.5, 1.5, 0.5]], [[0.2, 3, 1]], [0]
    found = walk(*boxes, ROOM)
    assert found.reached_area == pytest.approx((2.4 - 0.3) * 2.7)
    assert found.walkable_rate == pytest.approx(2.1 / (2.1 + 1.1))
    narrow = walk(*boxes, ROOM, [[(0.0, 1.0), (0.0, 1.29)]])
    same(found._replace(is_open=narrow.is_open, is_blocked=narrow.is_blocked), narrow)
    assert (narrow.is_open.tolist(), narrow.is_blocked.tolist()) == ([False], [False])


def test_an_l_shaped_room():
    found = walk(*NOTHING, L_ROOM, [[(4.0, 0.1), (4.0, 0.9)]])
    corner = 0.15**2 * (1 - math.pi / 4)  # at the corner that juts in the robot turns about it
    assert found.free_area == pytest.approx(3.7 * 0.7 + 0.7 * 2.7 - 0.7**2 + corner, abs=5e-4)
    assert found.walkable_rate == 1.0
    cut = walk([[2, 0.5, 0.5], [0.5, 2.5, 0.5]], [[0.5, 0.8, 1], [0.4, 0.4, 1]], [0, 0], L_ROOM, [[(4, 0.1), (4, 0.9)]])
    assert cut.beyond[0] == 0
    assert cut.beyond[1] > 1
    assert cut.reached_area == pytest.approx((4 - 2.25 - 0.3) * 0.7)


def test_what_is_above_the_head_or_flat_blocks_nothing():
    def rate(z: float, height: float, is_flat: bool = False) -> float:
        return walk([[2, 1.5, z]], [[0.2, 3, height]], [0], ROOM, [WEST_DOOR], is_flat=[is_flat]).walkable_rate

    assert rate(2.3, 1.0) == 1.0
    assert rate(2.29, 1.0) == pytest.approx(0.5)
    assert rate(0.025, 0.05) == 1.0
    assert rate(0.03, 0.06) == pytest.approx(0.5)
    assert rate(0.03, 0.06, is_flat=True) == 1.0
    assert rate(-0.5, 1.0) == 1.0
    low = Walker(height=0.9)
    assert walk([[2, 1.5, 1.4]], [[0.2, 3, 1]], [0], ROOM, [WEST_DOOR], walker=low).walkable_rate == 1.0


def test_other_robots_and_rasters():
    wide = walk(*NOTHING, ROOM, [WEST_DOOR], walker=Walker(radius=0.3, cell=0.05))
    assert wide.free_area == pytest.approx(3.4 * 2.4)
    short = walk(*SHELF, ROOM, [WEST_DOOR], walker=Walker(radius=0.25, arm=0.0))
    assert short.beyond == pytest.approx([0.005])


def test_far_and_huge_boxes_neither_hang_nor_matter():
    far = [[1e300, 1.5, 0.5], [-1e12, 1e12, 0.5], [2, 1e8, 0.5]], [[1, 1, 1]] * 3, [0, 0.3, 1]
    found = walk(*far, ROOM, [WEST_DOOR])
    assert found.walkable_rate == 1.0
    assert (found.beyond > 1e6).all()
    assert walk([[2, 1.5, 0.5]], [[1e6, 1e6, 1]], [0.3], ROOM, [WEST_DOOR]).free_area == 0.0
    hall = walk(*NOTHING, ROOM * 2000, [[(0, 1), (0, 2)]])
    assert hall.free_area == pytest.approx(8000 * 6000, rel=0.01)


def _turn(points: np.ndarray, quarters: int) -> np.ndarray:
    for _ in range(quarters):
        points = np.stack((-points[..., 1], points[..., 0]), axis=-1)
    return points


def _turned(boxes, quarters: int):
    centers, sizes, yaws = (np.asarray(part, dtype=np.float64) for part in boxes)
    return np.c_[_turn(centers[:, :2], quarters), centers[:, 2]], sizes, yaws + quarters * math.pi / 2


@st.composite
def rooms(draw):
    """Boxes in a rectangle or an L, on the centimetre or not, with one or two doors."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n = draw(st.integers(1, 9))
    scale = draw(st.sampled_from([1.0, 1.0371]))
    floor = draw(st.sampled_from([ROOM, L_ROOM])) * scale
    centers = rng.uniform((-0.3, -0.3, 0.2), (4.3, 3.3, 1.0), (n, 3))
    sizes = rng.uniform(0.2, 1.4, (n, 3))
    if draw(st.booleans()):
        centers, sizes = centers.round(2), sizes.round(2)
    quarters = rng.integers(0, 4, n) * math.pi / 2
    yaws = np.where(rng.random(n) < 0.5, rng.uniform(-4, 4, n), quarters)
    doors = np.array([[(0, 1.1), (0, 2)], [(1.5, 0), (2.4, 0)]])[: draw(st.integers(1, 2))] * scale
    return (centers, sizes, yaws), floor, doors


@given(rooms(), st.integers(1, 3))
@settings(max_examples=60, deadline=None)
def test_quarter_turns_change_nothing(given_room, quarters):
    boxes, floor, doors = given_room
    same(walk(*boxes, floor, doors), walk(*_turned(boxes, quarters), _turn(floor, quarters), _turn(doors, quarters)))


@given(rooms(), st.floats(-50, 50), st.floats(-50, 50))
@settings(max_examples=60, deadline=None)
def test_moving_the_room_changes_nothing(given_room, dx, dy):
    (centers, sizes, yaws), floor, doors = given_room
    shift = np.array([dx, dy])
    moved = walk(centers + np.array([dx, dy, 0]), sizes, yaws, floor + shift, doors + shift)
    same(walk(centers, sizes, yaws, floor, doors), moved)


@given(rooms())
@settings(max_examples=60, deadline=None)
def test_order_and_mirrors_change_nothing(given_room):
    (centers, sizes, yaws), floor, doors = given_room
    found = walk(centers, sizes, yaws, floor, doors)
    back = walk(centers[::-1], sizes[::-1], yaws[::-1], floor, doors)
    same(found, back._replace(beyond=back.beyond[::-1]))
    mirrored = walk(centers * (-1, 1, 1), sizes, -yaws, (floor * (-1, 1))[::-1], doors * (-1, 1))
    same(found, mirrored)
    reversed_ends = walk(centers, sizes, yaws, np.roll(floor, 1, axis=0), doors[:, ::-1])
    same(found, reversed_ends)


@given(rooms())
@settings(max_examples=60, deadline=None)
def test_one_thing_more_frees_nothing(given_room):
    (centers, sizes, yaws), floor, doors = given_room
    more = walk(centers, sizes, yaws, floor, doors)
    less = walk(centers[:-1], sizes[:-1], yaws[:-1], floor, doors)
    assert more.free_area <= less.free_area
    assert more.reached_area <= less.reached_area
    assert (more.beyond[:-1] >= less.beyond).all()
    assert not (more.is_open & ~less.is_open).any()
    alone, fewer = walk(centers, sizes, yaws, floor), walk(centers[:-1], sizes[:-1], yaws[:-1], floor)
    assert alone.reached_area <= fewer.reached_area


@given(rooms())
@settings(max_examples=40, deadline=None)
def test_distances_are_those_of_the_nearest_cell_reached(given_room):
    """Cell by cell, on a coarse raster, with a flood of another kind."""
    boxes, floor, doors = given_room
    robot = Walker(radius=0.2, arm=0.05, cell=0.05)
    found = walk(*boxes, floor, doors, walker=robot)
    low, high = floor.min(axis=0), floor.max(axis=0)
    counts = np.ceil((high - low) / robot.cell - 1e-9).astype(int)
    xs, ys = ((low + high)[k] / 2 + (np.arange(counts[k]) - (counts[k] - 1) / 2) * robot.cell for k in (0, 1))
    cells = np.stack(np.meshgrid(xs, ys, indexing="ij"), axis=-1)
    free = _is_free(cells.reshape(-1, 2), boxes, floor, robot.radius).reshape(counts)
    assert found.free_area == pytest.approx(free.sum() * robot.cell**2)
    reached = np.zeros_like(free)
    for a, b in doors:
        along = (b - a) / np.linalg.norm(b - a)
        side = (cells - (a + b) / 2) @ along
        depth = np.abs((cells - a) @ np.array([-along[1], along[0]]))
        half = np.linalg.norm(b - a) / 2 - robot.radius + 1e-9
        near = (np.abs(side) <= half) & (depth >= robot.radius - 1e-9) & (depth <= robot.radius + 1.42 * robot.cell)
        reached |= near & free
    while True:
        grown = reached.copy()
        grown[1:] |= reached[:-1]
        grown[:-1] |= reached[1:]
        grown[:, 1:] |= reached[:, :-1]
        grown[:, :-1] |= reached[:, 1:]
        grown &= free
        if np.array_equal(grown, reached):
            break
        reached = grown
    assert found.reached_area == pytest.approx(reached.sum() * robot.cell**2)
    if not reached.any():
        assert np.isinf(found.beyond).all()
        return
    nearest = _box_distances(cells[reached], boxes).min(axis=0)
    np.testing.assert_allclose(found.beyond, np.maximum(nearest - robot.reach, 0), rtol=0, atol=1e-9)


def _box_distances(points: np.ndarray, boxes) -> np.ndarray:
    centers, sizes, yaws = boxes
    c, s = np.cos(yaws), np.sin(yaws)
    dx, dy = (points[:, None, k] - centers[None, :, k] for k in (0, 1))
    u = np.maximum(np.abs(c * dx + s * dy) - sizes[:, 0] / 2, 0)
    v = np.maximum(np.abs(c * dy - s * dx) - sizes[:, 1] / 2, 0)
    return np.hypot(u, v)


def _is_free(points: np.ndarray, boxes, floor: np.ndarray, radius: float) -> np.ndarray:
    inside = np.zeros(len(points), dtype=bool)
    walls = np.full(len(points), np.inf)
    for (ax, ay), (bx, by) in zip(floor, np.roll(floor, -1, axis=0), strict=True):
        crosses = (ay <= points[:, 1]) != (by <= points[:, 1])
        if ay != by:
            inside ^= crosses & (points[:, 0] < ax + (points[:, 1] - ay) / (by - ay) * (bx - ax))
        length = math.hypot(bx - ax, by - ay)
        along = ((points[:, 0] - ax) * (bx - ax) + (points[:, 1] - ay) * (by - ay)) / length
        clamped = np.clip(along, 0, length) / length
        gaps = np.hypot(points[:, 0] - ax - clamped * (bx - ax), points[:, 1] - ay - clamped * (by - ay))
        walls = np.minimum(walls, gaps)
    return inside & (walls >= radius - 1e-9) & (_box_distances(points, boxes) >= radius - 1e-9).all(axis=1)


def _scene() -> Scene:
    openings = (
        Opening("window", "south_wall", 1, 1, 1, 1),
        Opening("door", "west_wall", 1, 1, 2),
        Opening("door", "south_wall", 2.5, 0.2, 2),
    )
    objects = (SceneObject("shelf_1", "shelf", (0.2, 3, 1)), SceneObject("rug_1", "rug", (1, 1, 0.02), is_rug=True))
    return Scene(Room.rectangle(4, 3, 2.5, openings), objects)


def test_a_placed_scene_is_walked_as_its_arrays_are():
    placed = _scene().place({"shelf_1": (2, 1.5, 0.5), "rug_1": (3.5, 1.5, 0.01)})
    # The west wall runs from north to south.
    found = walk_in(placed)
    arrays = placed.centers, placed.sizes, placed.yaws
    same(found, walk(*arrays, ROOM, [WEST_DOOR, [(2.5, 0), (2.7, 0)]], is_flat=[False, True]))
    assert obstacles(placed).tolist() == [True, False]
    assert found.beyond[1] == pytest.approx(3.0 - 1.745 - ROBOT.reach)
    assert walk_in(placed, limit=0.25).beyond[1] == 0.25


def test_gaps_are_measured_without_the_object_itself():
    placed = _scene().place({"shelf_1": (2, 1.5, 0.5), "rug_1": (3.5, 1.5, 0.01)})
    places = np.array([(3.5, 1.5), (2.8, 1.5), (1.0, 1.0)])
    assert gaps_at(placed, 1, places) == pytest.approx([3.0 - 1.745 - ROBOT.reach, 0, 0])
    assert gaps_at(placed, 0, places[:, ::-1]) == pytest.approx([0, 0, 0])


def test_doorways_say_where_the_robot_comes_in():
    ways = doorways(_scene())
    assert [way.name for way in ways] == ["door_1", "door_2"]
    assert len(ways[1].places) == 0
    np.testing.assert_allclose(ways[0].places[[0, -1]], [(0.15, 1.85), (0.15, 1.15)])
    assert np.linalg.norm(np.diff(ways[0].places, axis=0), axis=1).max() <= 0.01 + 1e-9


def test_distances_from_footprints():
    placed = _scene().place({"shelf_1": (2, 1.5, 0.5, math.pi / 2), "rug_1": (3, 1, 0.01)})
    points = np.array([(2.0, 1.5), (2.0, 2.0), (3.8, 2.0)])
    expected = [[0, math.hypot(0.5, 0)], [0.4, math.hypot(0.5, 0.5)], [0.5, math.hypot(0.3, 0.5)]]
    np.testing.assert_allclose(footprint_distances(placed, points), expected, atol=1e-12)
    np.testing.assert_allclose(footprint_distances(placed, points, 1)[:, 0], [row[1] for row in expected], atol=1e-12)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"radius": 0.0}, "`radius` is 0.0"),
        ({"arm": -1.0}, "`arm` is -1.0"),
        ({"cell": 0.0001}, "`cell` is 0.0001"),
        ({"step": math.nan}, "`step` is nan"),
        ({"height": 0.05}, "`height` is 0.05; it must be above `step`"),
        ({"radius": "wide"}, "`radius` is 'wide'"),
    ],
)
def test_walkers_that_cannot_be(change, message):
    with pytest.raises(InputError, match=message):
        Walker(**change)


@pytest.mark.parametrize(
    ("centers", "floor", "doors", "message"),
    [
        ([[[0, 0, 0]]], ROOM, (), "batch axis"),
        ([[0, 0, math.nan]], ROOM, (), "NaN"),
        ([[0, 0, 0]], ROOM[:2], (), "corners"),
        ([[0, 0, 0]], ROOM[::-1], (), "clockwise"),
        ([[0, 0, 0]], ROOM, [(0, 1), (0, 2)], "`doors` has the shape"),
        ([[0, 0, 0]], ROOM, [[(0, 1), (0, 1)]], "same point"),
    ],
)
def test_rooms_that_cannot_be(centers, floor, doors, message):
    sizes, yaws = np.ones_like(centers), np.zeros(np.shape(centers)[:-1])
    with pytest.raises(InputError, match=message):
        walk(centers, sizes, yaws, floor, doors)
