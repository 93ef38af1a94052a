"""Free zones beside boxes: by hand, and what must hold wherever the room lies. The oracles are in tests/oracles."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialenv.core.usability.access import (
    Surroundings,
    accessibility,
    functional_clearance,
    side_depths,
    side_shares,
)
from spatialenv.errors import InputError

ROOM = (6.0, 4.0, 3.0)
FRONT = [True, False, False, False]
ALL = [True] * 4
CORNER = [(0, 0), (4, 0), (4, 2), (2, 2), (2, 4), (0, 4)]  # a floor like an L


def boxes(*rows: tuple[float, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return centers, sizes and yaws of boxes on the floor, given as x, y, length, width, height and degrees."""
    table = np.array([(*row, 0.0)[:6] for row in rows])
    centers = np.column_stack((table[:, :2], table[:, 4] / 2))
    return centers, table[:, 2:5], np.radians(table[:, 5])


def shares(*rows: tuple[float, ...], sides: object = ALL, depths: object = 0.5, **more: object) -> list[float]:
    return side_shares(*boxes(*rows), more.pop("rooms", ROOM), sides, depths, **more)[0].tolist()  # type: ignore[arg-type]


def test_all_sides_of_a_turned_box() -> None:
    room = (1.7, 1.3, 3)
    assert side_depths(*boxes((0.8, 0.7, 1, 1, 1)), room, ALL, 0.5)[0] == pytest.approx([0.1, 0.2, 0.3, 0.4])
    # a quarter turn counter-clockwise: its front looks west, its left south
    assert side_depths(*boxes((0.8, 0.7, 1, 1, 1, 90)), room, ALL, 0.5)[0] == pytest.approx([0.3, 0.4, 0.2, 0.1])


def test_shares_by_hand() -> None:
    desk = (3, 1, 2, 1, 0.8)
    assert shares(desk) == [1, 1, 1, 1]
    assert shares(desk, (3, 1.625, 1, 0.25, 0.5)) == pytest.approx([0.75, 1, 1, 1])  # half as wide, half as deep
    assert shares((3, 0.75, 2, 1, 0.8)) == pytest.approx([1, 0.5, 1, 1])  # 0.25 m to the south wall
    assert shares(desk, (3, 1.625, 1, 0.25, 0.5), (3.25, 1.625, 1, 0.25, 0.5)) == pytest.approx([0.6875, 1, 1, 1])
    assert math.isnan(shares(desk, sides=FRONT)[1])
    assert shares(desk, (3, 1.6, 1, 0.1, 0.5), offset=0.1) == pytest.approx([0.95, 0.8, 1, 1])


def test_a_corner_of_a_turned_box_takes_a_triangle() -> None:
    half = math.sqrt(0.5) / 2  # a cube turned by 45 degrees, its corner 0.2 m into the zone
    found = shares((3, 1, 2, 1, 0.8), (3, 1.5 + 0.5 - 0.2 + 2 * half, 1, 1, 0.8, 45), sides=FRONT)
    assert found[0] == pytest.approx(1 - 0.2**2)
    depth = side_depths(*boxes((3, 1, 2, 1, 0.8), (3, 1.8 + 2 * half, 1, 1, 0.8, 45)), ROOM, FRONT, 0.5)[0, 0]
    assert depth == pytest.approx(0.5 - 0.2**2 / 2)


def test_what_is_behind_the_first_thing_is_free_area_but_not_depth() -> None:
    rows = (3, 1, 2, 1, 0.8), (3, 1.7, 2, 0.2, 0.8)  # a beam right across, 0.1 m before the side
    assert shares(*rows, depths=1.0)[0] == pytest.approx(0.8)
    assert side_depths(*boxes(*rows), ROOM, ALL, 1.0)[0, 0] == pytest.approx(0.1)


def test_an_inner_corner_of_the_floor() -> None:
    box = (1.5, 1.5, 1, 1, 1)  # its right is 2 m from the east wall below the corner at (2, 2), its front 0.5 m from it
    found = shares((2, 1.5, 2, 1, 1), depths=1.0, floors=CORNER, rooms=(4, 4, 3))
    assert found == pytest.approx([0.5, 1, 1, 1])
    # the corner juts half-way into the zone of the right side
    assert shares((1.5, 2, 1, 1, 1), depths=1.0, floors=CORNER, rooms=(4, 4, 3))[3] == pytest.approx(0.5)
    assert side_depths(*boxes(box), (4, 4, 3), ALL, 3.0, floors=CORNER)[0] == pytest.approx([2, 1, 1, 2])


def test_walls_that_fold_back_into_a_zone() -> None:
    comb = [(0, 0), (6, 0), (6, 4), (4, 4), (4, 2), (3.8, 2), (3.8, 4), (0, 4)]  # a thin wall juts in from the north
    assert shares((2.5, 3, 1, 1, 1), depths=2.0, floors=comb)[3] == pytest.approx(1.8 / 2)
    assert side_depths(*boxes((2.5, 3, 1, 1, 1)), ROOM, ALL, 2.0, floors=comb)[0, 3] == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("bottom", "height", "on_floor", "blocks"),
    [
        (0.0, 0.5, True, True),
        (0.75, 0.5, True, True),  # hangs before the upper part
        (0.991, 0.5, True, False),  # shares no more than 1 cm
        (0.0, 0.509, False, False),  # below what does not stand on the floor
        (0.6, 0.2, False, True),
    ],
)
def test_only_what_shares_heights_is_in_the_way(bottom: float, height: float, on_floor: bool, blocks: bool) -> None:
    size, yaws = [[1, 1, 0.5 if not on_floor else 1.0], [1, 1, height]], [0, 0]
    centers = [[3, 1, 0.5 if on_floor else 0.75], [3, 2, bottom + height / 2]]
    found = side_shares(centers, size, yaws, ROOM, FRONT, 0.5, around=Surroundings(on_floor=[on_floor, True]))
    assert found[0, 0] == (0.0 if blocks else 1.0)


def test_beams_above_2_m_are_not_in_the_way() -> None:
    centers, sizes, yaws = [[3, 1, 1.25], [3, 2, 2.25]], [[1, 1, 2.5], [1, 1, 0.5]], [0, 0]
    assert side_shares(centers, sizes, yaws, ROOM, FRONT, 0.5)[0, 0] == 1.0
    centers[1][2] = 2.2
    assert side_shares(centers, sizes, yaws, ROOM, FRONT, 0.5)[0, 0] == 0.0


def test_rugs_and_partners_are_not_in_the_way() -> None:
    rows = boxes((3, 1, 1, 1, 1), (3, 2, 1, 1, 1))
    assert side_shares(*rows, ROOM, FRONT)[0, 0] == 0.0
    assert side_shares(*rows, ROOM, FRONT, around=Surroundings(obstacles=[True, False]))[0, 0] == 1.0
    partners = Surroundings(groups=[0, 4], partners=[6, 0])
    assert side_shares(*rows, ROOM, FRONT, around=partners)[:, 0].tolist() == [1.0, 1.0]
    assert side_shares(*rows, ROOM, [[False, True, False, False]], around=partners)[1, 1] == 0.0  # not the other way


def test_accessibility_takes_the_best_side_and_clearance_so_many() -> None:
    table = boxes((3, 0.75, 2, 1, 0.8), (3, 1.5, 2, 0.5, 0.8))  # a wall 0.25 m behind, a box at its front
    assert accessibility(*table, ROOM, ALL, 0.5)[0] == 1.0
    assert accessibility(*table, ROOM, [True, True, False, False], 0.5)[0] == pytest.approx(0.5)
    clearances = [functional_clearance(*table, ROOM, ALL, 0.5, together)[0] for together in (1, 2, 3, 4, 9)]
    assert clearances == pytest.approx([1, 1, 2.5 / 3, 2.5 / 4, 2.5 / 4])


@pytest.mark.parametrize(
    ("center", "value"),
    [
        ((3, 1, 0.5), 1.0),
        ((-0.1, 2, 0.5), 0.0),  # its centre is off the floor
        ((3, 1, 0.99), 1.0),
        ((3, 1, 1.0), 0.0),  # it floats by half a metre
        ((3, 1, 0.0), 0.0),  # it sinks by half a metre
        ((3, 3, 0.5), 1.0),
        ((3, 2.6, 0.5), 0.0),  # its centre is in the other box
    ],
)
def test_what_cannot_be_used(center: tuple[float, float, float], value: float) -> None:
    centers, sizes = [center, (3, 2.5, 0.5)], [[1, 1, 1], [0.4, 0.4, 1]]
    for judge in (accessibility, functional_clearance):
        found = judge(centers, sizes, [0, 0], ROOM, [[False, False, True, False]] * 2, 0.5)
        assert (found[0] > 0) == (value > 0)
        assert judge(centers, sizes, [0, 0], ROOM, [False] * 4, 0.5).tolist() == [1, 1]


def test_what_hangs_may_be_as_high_as_a_hand_reaches() -> None:
    around = Surroundings(on_floor=[False])
    for bottom, value in ((1.99, 1.0), (2.01, 0.0), (-0.61, 0.0)):
        assert accessibility([[3, 1, bottom + 0.3]], [[1, 1, 0.6]], [0], ROOM, FRONT, around=around)[0] == value
    assert accessibility([[3, 1, 1.9]], [[1, 1, 0.6]], [0], (6, 4, 1.8), FRONT, around=around)[0] == 0.0


def test_batches_and_masks() -> None:
    centers, sizes, yaws = boxes((3, 1, 1, 1, 1), (3, 2, 1, 1, 1))
    mask = [[True, True], [True, False]]
    found = side_shares(
        np.stack((centers, centers)), sizes, yaws, [ROOM, (6, 1.7, 3)], FRONT, 0.5, mask=mask, floors=[None, None]
    )
    assert found[:, :, 0] == pytest.approx(np.array([[0.0, 1.0], [0.4, np.nan]]), nan_ok=True)
    assert accessibility(np.stack((centers, centers)), sizes, yaws, ROOM, FRONT, mask=mask)[1].tolist() == [1.0, 0.0]
    assert side_depths(np.zeros((0, 3)), np.zeros((0, 3)), [], ROOM, np.zeros((0, 4), dtype=bool)).shape == (0, 4)


def test_degenerate_sizes_and_depths() -> None:
    assert shares((3, 1, 0, 1, 1), (3, 2, 1, 1, 1), sides=FRONT)[0] == 1.0
    assert shares((3, 1, 1, 1, 1), (3, 2, 1, 1, 1), sides=FRONT, depths=0.0)[0] == 1.0
    assert accessibility(*boxes((3, 1, 1, 1, 1), (3, 2, 1, 1, 1)), ROOM, FRONT, 0.0)[0] == 1.0


def test_many_things_in_one_zone_are_sampled() -> None:
    fan = [(3, 2, 1.6, 0.02, 1, degrees) for degrees in range(0, 180, 10)]  # 18 beams that cross in one point
    few = [shares((3, 1, 1, 1, 1), *fan[:count], sides=FRONT, depths=1.0)[0] for count in (1, 4, 8, 9, 12, 18)]
    assert few == sorted(few, reverse=True)
    import shapely
    from shapely import affinity

    beams = [affinity.rotate(shapely.box(2.2, 1.99, 3.8, 2.01), degrees) for degrees in range(0, 180, 10)]
    zone = shapely.box(2.5, 1.5, 3.5, 2.5)
    assert few[-1] == pytest.approx(zone.difference(shapely.union_all(beams)).area, abs=2e-3)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"depths": -1}, "negative"),
        ({"depths": math.inf}, "not finite"),
        ({"depths": "deep"}, "`depths` does not fit"),
        ({"sides": [1, 0, 0, 0]}, "`sides` does not fit"),
        ({"sides": [True] * 3}, "`sides` does not fit"),
        ({"rooms": [[6, 4, 3]] * 2}, "`rooms` has the shape"),
        ({"offset": -0.1}, "`offset`"),
        ({"around": Surroundings(groups=[0.5])}, "`groups` does not fit"),
        ({"around": Surroundings(obstacles=[True] * 3)}, "`obstacles` does not fit"),
        ({"floors": [(0, 0), (0, 4), (6, 4), (6, 0)]}, "clockwise"),
    ],
)
def test_mistakes(wrong: dict[str, object], says: str) -> None:
    given_ = {"rooms": ROOM, "sides": FRONT, "depths": 0.5, **wrong}
    with pytest.raises(InputError, match=says) as caught:
        side_shares(*boxes((3, 1, 1, 1, 1)), **given_)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)


def test_a_box_needs_at_least_one_side() -> None:
    with pytest.raises(InputError, match="`together`"):
        functional_clearance(*boxes((3, 1, 1, 1, 1)), ROOM, FRONT, 0.5, 0)


@st.composite
def layouts(draw: st.DrawFn) -> dict[str, np.ndarray]:
    n = draw(st.integers(1, 6))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    floor = np.array([(0, 0), (5, 0), (5, 2), (3, 3), (3, 5), (0, 4)]) * rng.uniform(0.6, 1.4)
    sizes = rng.uniform(0.2, 1.6, (n, 3))
    centers = rng.uniform(-0.2, (*floor.max(axis=0), 0), (n, 3))
    centers[:, 2] = sizes[:, 2] / 2
    free = rng.random(n) < draw(st.sampled_from((0.0, 0.5, 1.0)))
    yaws = np.where(free, rng.uniform(-7, 7, n), rng.integers(-4, 5, n) * np.pi / 2)
    return {
        "centers": centers,
        "sizes": sizes,
        "yaws": yaws,
        "floor": floor,
        "sides": rng.random((n, 4)) < 0.6,
        "depths": rng.uniform(0.2, 1.5, (n, 4)),
        "together": rng.integers(1, 4, n),
        "groups": 1 << rng.integers(0, 3, n),
        "partners": np.where(rng.random(n) < 0.3, 1 << rng.integers(0, 3, n), 0),
    }


def judged(layout: dict[str, np.ndarray]) -> np.ndarray:
    """Return everything that is measured, as one row for each box."""
    around = Surroundings(groups=layout["groups"], partners=layout["partners"])
    where = (layout["centers"], layout["sizes"], layout["yaws"], (1, 1, 3), layout["sides"], layout["depths"])
    more = {"floors": layout["floor"], "around": around}
    return np.column_stack(
        (
            side_shares(*where, **more),  # type: ignore[arg-type]
            side_depths(*where, **more),  # type: ignore[arg-type]
            accessibility(*where, **more),  # type: ignore[arg-type]
            functional_clearance(*where, layout["together"], **more),  # type: ignore[arg-type]
        )
    )


@settings(max_examples=60, deadline=None)
@given(layout=layouts(), dx=st.floats(-50, 50), dy=st.floats(-50, 50), quarters=st.integers(0, 3))
def test_moving_and_turning_everything_changes_nothing(
    layout: dict[str, np.ndarray], dx: float, dy: float, quarters: int
) -> None:
    c, s = [(1, 0), (0, 1), (-1, 0), (0, -1)][quarters]
    turn = np.array([(c, -s), (s, c)])
    centers = layout["centers"].copy()
    centers[:, :2] = centers[:, :2] @ turn.T + (dx, dy)
    other = {
        **layout,
        "centers": centers,
        "yaws": layout["yaws"] + quarters * np.pi / 2,
        "floor": layout["floor"] @ turn.T + (dx, dy),
    }
    np.testing.assert_allclose(judged(other), judged(layout), rtol=0, atol=1e-9)


@settings(max_examples=40, deadline=None)
@given(layout=layouts(), seed=st.integers(0, 2**32 - 1))
def test_the_order_does_not_matter(layout: dict[str, np.ndarray], seed: int) -> None:
    order = np.random.default_rng(seed).permutation(len(layout["yaws"]))
    other = {name: array if name == "floor" else array[order] for name, array in layout.items()}
    np.testing.assert_allclose(judged(other), judged(layout)[order], rtol=0, atol=1e-12)


@settings(max_examples=40, deadline=None)
@given(layout=layouts())
def test_a_mirror_swaps_left_and_right(layout: dict[str, np.ndarray]) -> None:
    swapped = [0, 1, 3, 2]
    other = {
        **layout,
        "centers": layout["centers"] * (-1, 1, 1),
        "yaws": -layout["yaws"],
        "floor": (layout["floor"] * (-1, 1))[::-1],
        "sides": layout["sides"][:, swapped],
        "depths": layout["depths"][:, swapped],
    }
    columns = [*swapped, *(4 + column for column in swapped), 8, 9]
    np.testing.assert_allclose(judged(other)[:, columns], judged(layout), rtol=0, atol=1e-9)


@settings(max_examples=60, deadline=None)
@given(layout=layouts(), x=st.floats(0, 5), y=st.floats(0, 5), yaw=st.floats(-4, 4))
def test_one_thing_more_never_raises_anything(layout: dict[str, np.ndarray], x: float, y: float, yaw: float) -> None:
    more = {
        **layout,
        "centers": np.vstack((layout["centers"], (x, y, 0.5))),
        "sizes": np.vstack((layout["sizes"], (0.8, 0.5, 1.0))),
        "yaws": np.append(layout["yaws"], yaw),
        "sides": np.vstack((layout["sides"], ALL)),
        "depths": np.vstack((layout["depths"], (0.6,) * 4)),
        "together": np.append(layout["together"], 1),
        "groups": np.append(layout["groups"], 0),
        "partners": np.append(layout["partners"], 0),
    }
    before, after = judged(layout), judged(more)[:-1]
    assert (np.isnan(before) == np.isnan(after)).all()
    assert (np.nan_to_num(after) <= np.nan_to_num(before) + 1e-9).all()


@settings(max_examples=60, deadline=None)
@given(
    across=st.floats(-1.5, 1.5), turn=st.floats(-4, 4), steps=st.lists(st.floats(0, 1.6), min_size=2, max_size=6),
    depth=st.floats(0.1, 1.2),
)  # fmt: skip
def test_pushing_a_thing_into_the_zone_never_raises(
    across: float, turn: float, steps: list[float], depth: float
) -> None:
    reach = (abs(math.cos(turn)) * 0.7 + abs(math.sin(turn)) * 0.4) / 2 + (abs(math.sin(turn)) * 0.3) / 2
    places = np.array(sorted(steps, reverse=True))  # ever nearer to the front of the first box, at y = 1.5
    centers = np.zeros((len(places), 2, 3))
    centers[:, 0], centers[:, 1, 0], centers[:, 1, 2] = (3, 1, 0.5), 3 + across, 0.5
    centers[:, 1, 1] = 1.5 + reach + places
    sizes, yaws = [[1.5, 1, 1], [0.7, 0.4, 1]], [0, turn]
    for judge in (accessibility, functional_clearance):
        values = judge(centers, sizes, yaws, (20, 20, 3), FRONT, depth)[:, 0]
        assert (np.diff(values) <= 1e-9).all()
