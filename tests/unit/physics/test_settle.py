from __future__ import annotations

import math
from importlib.util import find_spec

import numpy as np
import pytest

from spatialenv.core.layout import Layout, Pose
from spatialenv.core.room import Room
from spatialenv.core.scene import Relation, Scene, SceneObject
from spatialenv.errors import InputError
from spatialenv.physics.settle import Settled, settle, settle_all, settle_boxes
from spatialenv.tasks import make_tasks
from spatialenv.testing.samples import shuffled, witness

pytestmark = pytest.mark.skipif(find_spec("pybullet") is None, reason="pybullet is not installed")

CUBE = (0.4, 0.4, 0.4)
ROOM = Room.rectangle(6, 4, 3)


def boxes(*rows: tuple[float, ...], held: list[bool] | None = None, seconds: float = 1.0) -> Settled:
    """Settle rows of x, y, z, length, width, height and perhaps a yaw, on an endless floor."""
    table = [(*row, 0.0)[:7] for row in rows]
    centers, sizes, yaws = ([row[:3] for row in table], [row[3:6] for row in table], [row[6] for row in table])
    return settle_boxes(centers, sizes, yaws, held=held, seconds=seconds)


def stands(settled: Settled) -> list[bool]:
    return ((settled.displacements < 0.01) & (settled.tilts < 2.0)).tolist()


def scene(*objects: SceneObject, room: Room = ROOM) -> Scene:
    return Scene(room, objects)


# --- what stands ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("turn", [0.0, 0.3])
def test_a_stack_of_cubes_stands(count: int, turn: float) -> None:
    settled = boxes(*((0, 0, 0.2 + 0.4 * i, *CUBE, turn * i) for i in range(count)))
    assert settled.displacements.max() < 0.001
    assert settled.tilts.max() < 0.1


def test_a_pyramid_stands() -> None:
    rows = [((i + (3 - n) / 2) * 0.45, 0, 0.2 + 0.4 * (3 - n), *CUBE) for n in (3, 2, 1) for i in range(n)]
    assert all(stands(boxes(*rows)))


def test_a_board_on_two_blocks_stands() -> None:
    blocks = [(-0.5, 0, 0.2, 0.2, 0.2, 0.4), (0.5, 0, 0.2, 0.2, 0.2, 0.4)]
    assert all(stands(boxes(*blocks, (0, 0, 0.42, 1.4, 0.3, 0.04))))


def test_a_thin_tall_box_stands() -> None:
    assert stands(boxes((0, 0, 1.0, 0.1, 0.1, 2.0))) == [True]


@pytest.mark.parametrize("lean", [0.15, 0.18])
def test_a_cube_stands_while_its_centre_is_over_the_edge(lean: float) -> None:
    assert stands(boxes((0, 0, 0.2, *CUBE), (lean, 0, 0.6, *CUBE))) == [True, True]


def test_a_stair_stands_while_every_part_above_has_its_centre_over_the_part_below() -> None:
    """Half of 1/1, 1/2, 1/3 of a half-length out, from the top: the greatest overhang, less a safe margin."""
    out = np.cumsum([0.0, *(0.9 * 0.2 / (4 - i) for i in range(1, 4))])
    assert all(stands(boxes(*((out[i], 0, 0.2 + 0.4 * i, *CUBE) for i in range(4)))))


# --- what falls -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("lean", [0.23, 0.3])
def test_a_cube_with_its_centre_beyond_the_edge_falls_over(lean: float) -> None:
    settled = boxes((0, 0, 0.2, *CUBE), (lean, 0, 0.6, *CUBE))
    assert stands(settled) == [True, False]
    assert settled.tilts[1] > 45


def test_a_tower_falls_where_what_is_above_has_its_centre_beyond_the_edge() -> None:
    """Each cube's own centre is over the one below; that of the two upper ones together is not over the lowest."""
    settled = boxes((0, 0, 0.2, *CUBE), (0.19, 0, 0.6, *CUBE), (0.38, 0, 1.0, *CUBE))
    assert stands(settled) == [True, False, False]


def test_a_board_on_one_block_tips_off() -> None:
    settled = boxes((-0.5, 0, 0.2, 0.2, 0.2, 0.4), (0, 0, 0.42, 1.4, 0.3, 0.04))
    assert stands(settled) == [True, False]
    assert settled.tilts[1] > 15


def test_a_tall_box_over_the_edge_of_a_low_one_falls_over() -> None:
    settled = boxes((0, 0, 0.1, 0.6, 0.6, 0.2), (0.35, 0, 1.1, 0.2, 0.2, 1.8), seconds=2.0)
    assert settled.tilts[1] > 45
    assert stands(settled)[0]


def test_pulling_one_of_two_blocks_brings_down_all_that_they_bore() -> None:
    rows = [(-0.5, 0, 0.2, 0.2, 0.2, 0.4), (0.5, 0, 0.2, 0.2, 0.2, 0.4), (0, 0, 0.42, 1.2, 0.3, 0.04)]
    load = (0.3, 0, 0.54, 0.2, 0.2, 0.2)
    assert all(stands(boxes(*rows, load)))
    assert stands(boxes(rows[0], rows[2], load)) == [True, False, False]


@pytest.mark.parametrize("height", [0.05, 0.5, 1.3])
def test_a_floating_cube_falls_by_its_height(height: float) -> None:
    settled = boxes((0, 0, 0.2 + height, *CUBE))
    assert settled.displacements[0] == pytest.approx(height, abs=0.002)
    assert settled.tilts[0] < 0.5


@pytest.mark.parametrize("seconds", [0.1, 0.5, 1.0])
def test_a_free_fall_is_that_of_galileo(seconds: float) -> None:
    """The step's method is of first order: within one step's worth of speed."""
    settled = boxes((0, 0, 30.0, *CUBE), seconds=seconds)
    assert settled.displacements[0] == pytest.approx(9.81 * seconds**2 / 2, abs=9.81 * seconds / 240)
    assert settled.speeds[0] == pytest.approx(9.81 * seconds, rel=1e-6)


def test_what_is_far_away_falls_as_freely() -> None:
    settled = boxes((0, 0, 5000.0, *CUBE), (0, 0, 0.2, *CUBE))
    assert settled.displacements == pytest.approx([4.905, 0.0], abs=1e-3)


@pytest.mark.parametrize("held", [True, False])
def test_what_is_held_stays(held: bool) -> None:
    assert stands(boxes((0, 0, 2.0, *CUBE), held=[held])) == [held]


# --- what overlaps --------------------------------------------------------------------------------------


@pytest.mark.parametrize("depth", [0.01, 0.05, 0.1, 0.19])
def test_a_sunk_cube_comes_up_by_its_depth_and_no_further(depth: float) -> None:
    settled = boxes((0, 0, 0.2 - depth, *CUBE))
    assert settled.displacements[0] == pytest.approx(depth, abs=0.005)
    assert settled.speeds[0] < 0.01


def test_overlapping_cubes_are_pushed_apart_by_what_they_share() -> None:
    settled = boxes((0, 0, 0.2, *CUBE), (0.3, 0, 0.2, *CUBE))
    assert settled.displacements == pytest.approx([0.05, 0.05], abs=0.002)
    assert settled.speeds.max() < 0.01


def test_merged_cubes_pass_through_each_other() -> None:
    assert all(stands(boxes((0, 0, 0.2, *CUBE), (0.1, 0, 0.2, *CUBE))))


def test_nothing_flies_off_whatever_overlaps() -> None:
    """Forty crossing boxes: none gets further than the fall and its own way out."""
    rng = np.random.default_rng(3)
    rows = [
        (*rng.uniform(-0.5, 0.5, 2), rng.uniform(0.3, 1), *rng.uniform(0.2, 0.8, 3), rng.uniform(-3, 3))
        for _ in range(40)
    ]
    settled = boxes(*rows)
    assert settled.displacements.max() < 3.0
    assert settled.speeds.max() < 5.0


# --- rooms ----------------------------------------------------------------------------------------------


def shelf(*relations: Relation) -> SceneObject:
    return SceneObject("shelf_1", "shelf", (1.0, 0.3, 0.3), yaw=math.pi, on_floor=False, relations=relations)


def test_a_shelf_hangs_on_the_wall_that_its_relation_names() -> None:
    place = {"shelf_1": (3.0, 3.85, 1.5)}
    hung = settle(scene(shelf(Relation("shelf_1", "on", "north_wall"))).place(place))
    loose = settle(scene(shelf()).place(place))
    elsewhere = settle(scene(shelf(Relation("shelf_1", "on", "east_wall"))).place(place))
    assert (hung.displacements[0], hung.tilts[0]) == (0.0, 0.0)
    assert loose.displacements[0] > 1.0
    assert elsewhere.displacements[0] > 1.0


def test_a_shelf_off_its_wall_falls() -> None:
    there = scene(shelf(Relation("shelf_1", "on", "north_wall")))
    assert settle(there.place({"shelf_1": (3.0, 3.80, 1.5)})).displacements[0] > 1.0


def test_things_on_a_hanging_shelf_stand_and_fall_with_it() -> None:
    book = SceneObject("book_1", "book", (0.1, 0.2, 0.25), yaw=0.0, on_floor=False)
    places = {"shelf_1": (3.0, 3.85, 1.5), "book_1": (3.0, 3.85, 1.775)}
    assert all(stands(settle(scene(shelf(Relation("shelf_1", "on", "north_wall")), book).place(places))))
    assert stands(settle(scene(shelf(), book).place(places))) == [False, False]


def test_a_lamp_hangs_from_the_ceiling_that_its_relation_names() -> None:
    place = {"lamp_1": (3.0, 2.0, 2.75)}
    for relations, displacement in (((Relation("lamp_1", "on", "ceiling"),), 0.0), ((), 2.5)):
        lamp = SceneObject("lamp_1", "lamp", (0.3, 0.3, 0.5), yaw=0.0, on_floor=False, relations=relations)
        assert settle(scene(lamp).place(place)).displacements[0] == pytest.approx(displacement, abs=0.01)


@pytest.mark.parametrize(
    "place",
    [
        (-1.0, 2.0, 0.2),
        (3.0, 4.6, 0.2),
        (3.0, 2.0, -0.5),
        (9.0, 9.0, 0.2),
        (-0.1, 2.0, 3.2),
        (1e7, -1e7, 1e7),
        (2.0, 2.0, 1e30),
    ],
)
def test_what_is_outside_the_room_falls_into_the_void(place: tuple[float, float, float]) -> None:
    settled = settle(scene(SceneObject("cube_1", "cube", CUBE)).place({"cube_1": place}))
    assert settled.displacements[0] > 2.5


def test_what_stands_on_the_roof_is_not_held() -> None:
    settled = settle(scene(SceneObject("cube_1", "cube", CUBE)).place({"cube_1": (3.0, 2.0, 3.2)}))
    assert settled.displacements[0] == pytest.approx(3.0, abs=0.01)


def test_the_floor_of_a_room_with_corners_bears_what_is_over_it() -> None:
    room = Room(((0, 0), (4, 0), (4, 2), (2, 2), (2, 4), (0, 4)), 2.5)
    cube = SceneObject("cube_1", "cube", CUBE)
    for place, falls in (((1, 3, 0.2), False), ((3, 1, 0.2), False), ((3, 3, 0.2), True), ((2.25, 3, 0.2), True)):
        fallen = settle(scene(cube, room=room).place({"cube_1": place})).displacements[0]
        assert fallen == pytest.approx(4.92 if falls else 0.0, abs=0.02)


def test_what_is_half_in_a_wall_stands_while_its_centre_is_inside() -> None:
    cube = SceneObject("cube_1", "cube", CUBE)
    assert stands(settle(scene(cube).place({"cube_1": (0.1, 2.0, 0.2)}))) == [True]


def test_a_wall_stops_what_falls_over() -> None:
    """A tall box over the edge of a plinth, 0.6 m from the wall, comes to lean on it."""
    plinth = SceneObject("plinth_1", "plinth", (0.4, 0.4, 0.2), yaw=0.0)
    post = SceneObject("post_1", "post", (0.1, 0.1, 2.0), yaw=0.0, on_floor=False)
    placed = scene(plinth, post).place({"plinth_1": (0.9, 2.0, 0.1), "post_1": (0.68, 2.0, 1.2)})
    near = settle(placed, seconds=2.0)
    assert 15 < near.tilts[1] < 60
    far = settle(Scene(ROOM, placed.scene.objects).place({"plinth_1": (3.9, 2, 0.1), "post_1": (3.68, 2, 1.2)}), 2.0)
    assert far.tilts[1] > 80


def test_rugs_are_no_obstacle_and_bear_what_stands_on_them() -> None:
    rug = SceneObject("rug_1", "rug", (2.0, 1.5, 0.02), yaw=0.0, is_rug=True)
    table = SceneObject("table_1", "table", (1.0, 0.6, 0.7), yaw=0.0)
    for bottom in (0.0, 0.02):
        places = {"rug_1": (3.0, 2.0, 0.01), "table_1": (3.0, 2.0, 0.35 + bottom)}
        assert stands(settle(scene(rug, table).place(places))) == [True, True]


@pytest.mark.parametrize("suite", ["easy", "medium", "hard", "dense", "small-objects", "polygons", "rotation"])
def test_witnesses_of_the_suites_do_not_move(suite: str) -> None:
    source = make_tasks(suite)
    for settled in settle_all([witness(source.sample(seed)) for seed in range(12)]):
        assert settled.displacements.max() < 0.001
        assert settled.tilts.max() < 0.05


# --- the same again -------------------------------------------------------------------------------------


def equal(a: Settled, b: Settled) -> bool:
    pairs = ((a.displacements, b.displacements), (a.tilts, b.tilts), (a.positions, b.positions), (a.speeds, b.speeds))
    return all(np.array_equal(x, y) for x, y in pairs)


def test_the_same_layout_settles_the_same_to_the_last_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    from spatialenv.physics import settle as module

    monkeypatch.setattr(module, "_kept", module._Kept(0))
    rng = np.random.default_rng(9)
    placed = [shuffled(make_tasks("hard").sample(seed), rng) for seed in range(6)]
    alone = [settle(one) for one in placed]
    together = settle_all(placed[::-1])[::-1]
    assert all(equal(a, b) for a, b in zip(alone, together, strict=True))


def test_the_order_of_boxes_does_not_matter() -> None:
    rng = np.random.default_rng(4)
    centers, sizes = rng.uniform(0, 2, (9, 3)), rng.uniform(0.2, 0.9, (9, 3))
    yaws, order = rng.uniform(-3, 3, 9), rng.permutation(9)
    first, second = settle_boxes(centers, sizes, yaws), settle_boxes(centers[order], sizes[order], yaws[order])
    assert np.array_equal(first.positions[order], second.positions)
    assert np.array_equal(first.tilts[order], second.tilts)


def test_equal_boxes_at_one_place_fare_alike() -> None:
    settled = boxes((0, 0, 0.2, *CUBE), *((0.05, 0, 1.0, *CUBE),) * 3)
    assert len(set(settled.displacements[1:].tolist())) == 1


@pytest.mark.parametrize("turn", [0.0, math.pi / 2, math.pi, -math.pi / 2])
def test_where_a_sound_room_lies_and_how_it_is_turned_does_not_matter(turn: float) -> None:
    rows = np.array([(-0.5, 0, 0.2, 0.2, 0.2, 0.4), (0.5, 0, 0.2, 0.2, 0.2, 0.4), (0, 0, 0.92, 1.4, 0.3, 0.04)])
    sine, cosine = math.sin(turn), math.cos(turn)
    centers = rows[:, :3] @ np.array(((cosine, sine, 0), (-sine, cosine, 0), (0, 0, 1)))
    base = settle_boxes(rows[:, :3], rows[:, 3:], np.zeros(3))
    moved = settle_boxes(centers + np.array((7, -3, 0)), rows[:, 3:], np.full(3, turn))
    assert moved.displacements == pytest.approx(base.displacements, abs=0.002)


def test_a_higher_fall_is_a_longer_one() -> None:
    heights = np.linspace(0.0, 1.5, 7)
    falls = [boxes((0, 0, 0.2 + height, *CUBE)).displacements[0] for height in heights]
    assert np.all(np.diff(falls) > 0)


def test_five_hundred_boxes_at_one_place_are_simulated() -> None:
    """Boxes of five hundred sizes at one point, the worst that an answer can ask for."""
    sizes = np.random.default_rng(1).uniform(0.2, 2.0, (500, 3))
    settled = settle_boxes(np.tile((0.0, 0.0, 0.8), (500, 1)), sizes, np.linspace(0, 3, 500), seconds=0.1)
    assert np.isfinite(settled.displacements).all()


def test_an_empty_room_settles() -> None:
    settled = settle(scene(SceneObject("cube_1", "cube", CUBE)).place({}))
    assert settled.ids == ()
    assert settled.positions.shape == (0, 3)


def test_the_answer_is_ours_to_change() -> None:
    placed = scene(SceneObject("cube_1", "cube", CUBE)).place({"cube_1": (1, 1, 0.7)})
    settle(placed).positions[:] = 0
    assert settle(placed).positions[0, 0] == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"seconds": 0}, "`seconds` is 0; give seconds above 0, at most 60"),
        ({"seconds": 61}, "`seconds` is 61; give seconds above 0, at most 60"),
        ({"seconds": "1"}, "`seconds` is '1'; give seconds above 0, at most 60"),
        ({"limit": math.inf}, "`limit` is inf; give seconds above 0, at most 3600"),
        ({"centers": [[0, 0]]}, r"have the shapes \(1, 2\), \(1, 3\), \(1,\)"),
        ({"centers": [[0, 0, math.nan]]}, "must be finite"),
        ({"sizes": [[0, 1, 1]]}, "sizes above 0"),
        ({"floor": [[0, 0], [1, 0]]}, r"`floor` has the shape \(2, 2\)"),
        ({"held": [True, False]}, r"`held` has the shape \(2,\); give \(1,\)"),
    ],
)
def test_says_what_is_wrong(given: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        settle_boxes(**{"centers": [[0, 0, 0.5]], "sizes": [[1, 1, 1]], "yaws": [0.0], **given})  # type: ignore[arg-type]


def test_a_layout_places_only_some() -> None:
    cubes = tuple(SceneObject(f"cube_{i}", "cube", CUBE) for i in range(3))
    placed = scene(*cubes).place(Layout((("cube_2", Pose(1, 1, 0.2)),)))
    assert settle(placed).ids == ("cube_2",)
