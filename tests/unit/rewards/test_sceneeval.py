"""SceneEval's metrics on rooms with doors, against values worked out by hand."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pytest

from spatialenv.core.placed import PlacedScene
from spatialenv.core.room import Opening, Room
from spatialenv.core.scene import Relation, Scene, SceneObject
from spatialenv.core.score import Score, Transition
from spatialenv.errors import InputError
from spatialenv.rewards import rasters
from spatialenv.rewards import sceneeval_checks as checks
from spatialenv.rewards import sceneeval_pixels as pixels
from spatialenv.rewards.sceneeval import SceneEvalReward

DOOR = Opening("door", "south_wall", offset=1.0, width=1.0, height=2.0, swing="in")
Box = tuple[tuple[float, float, float], tuple[float, float, float], float]


def placed(room: Room, *boxes: Box, **changes) -> PlacedScene:
    objects = tuple(SceneObject(f"box_{i}", "box", size, **changes) for i, (_, size, _) in enumerate(boxes))
    return Scene(room, objects).place({f"box_{i}": (*center, yaw) for i, (center, _, yaw) in enumerate(boxes)})


def score(room: Room, *boxes: Box) -> Score:
    return SceneEvalReward()(Transition.of(placed(room, *boxes)))


def cube(x: float, y: float, yaw: float = 0.0) -> Box:
    return (x, y, 0.5), (1.0, 1.0, 1.0), yaw


class Case(NamedTuple):
    """A room with a door, and what its metrics are by hand."""

    room: Room
    boxes: tuple[Box, ...]
    collision: float
    out_of_bound: float
    navigability: float
    opening_clearance: float


CASES = {
    # Two flush cubes, 2 mm in each other. The point of contact is a corner half-way through the overlap, so the
    # centroid of the second is 0.499, 0.5 and 0.5 m from it along the axes and the nudge goes 5 / sqrt(3) = 2.9 mm
    # along x: they part. The rest of the floor is one, and the door's zone, 1 x 1 m from x = 1, is free.
    "2 mm": Case(Room.rectangle(6, 4, 3, (DOOR,)), (cube(3.5, 2.5), cube(4.498, 2.5)), 1.0, 1.0, 1.0, 1.0),
    # 4 mm are more than 2.9 mm: both collide.
    "4 mm": Case(Room.rectangle(6, 4, 3, (DOOR,)), (cube(3.5, 2.5), cube(4.496, 2.5)), 0.0, 1.0, 1.0, 1.0),
    # A quarter of a cube is beyond the east wall: one whole face and a quarter of four others, 2 of 6 m2, have no floor
    # under them. Its ratio is 2/3; the other is inside, so one of two is out.
    "a quarter outside": Case(Room.rectangle(6, 4, 3, (DOOR,)), (cube(5.75, 2.5), cube(3, 2.5)), 1.0, 0.5, 1.0, 1.0),
    # A shelf 0.4 m deep across the whole room, around x = 2. The scale is 3 + 0.2 m to 128 pixels, 40 pixels a metre,
    # and the robot is 8 pixels wide. The floor's columns 8 to 248 shrink by 4 in the west and 3 in the east, to 12 to
    # 245. The shelf's columns 80 to 96 grow by 4, to 76 to 100. 64 columns remain in the west and 145 in the east: 145
    # / 209. (Exactly: 1.6 m against 3.6 m, 0.692.) The door's zone reaches to x = 1.8: the boxes only touch.
    "split": Case(
        Room.rectangle(6, 4, 3, (Opening("door", "south_wall", 0.8, 1.0, 2.0),)),
        (((2.0, 2.0, 0.9), (0.4, 4.0, 1.8), 0.0),),
        1.0,
        1.0,
        145 / 209,
        1.0,
    ),
    # A floor like an L. Before the door (100 x 200 pixels) stands a box 0.5 m wide and 1 m high, 0.3 m from the wall:
    # columns 25 to 75, 51 of them, in the lower 100 rows: 5,100 of 20,000 = 0.255. Before the window (120 x 100 pixels,
    # its sill at 0.9 m) one 0.6 m wide and 1.4 m high: 61 columns in the lower 50 rows: 3,050 of 12,000 = 0.254. It is
    # 0.2 m from the wall and is turned by a quarter, so 0.6 m is its width.
    "covered openings": Case(
        Room(
            ((0, 0), (6, 0), (6, 3), (3, 3), (3, 5), (0, 5)),
            3.0,
            (
                Opening("door", "wall_0", 1.0, 1.0, 2.0, swing="in"),
                Opening("window", "wall_5", 1.0, 1.2, 1.0, sill=0.9),
            ),
        ),
        (((1.5, 0.5, 0.5), (0.5, 0.4, 1.0), 0.0), ((0.35, 3.4, 0.7), (0.6, 0.3, 1.4), math.pi / 2)),
        1.0,
        1.0,
        1.0,
        1.0 - (5100 / 20000 + 3050 / 12000) / 2,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_five_rooms_by_hand(name: str) -> None:
    case = CASES[name]
    got = score(case.room, *case.boxes)
    assert got.details["components"] == {
        "collision": pytest.approx(case.collision, rel=0.02),
        "out_of_bound": pytest.approx(case.out_of_bound, rel=0.02),
        "navigability": pytest.approx(case.navigability, rel=0.02),
        "opening_clearance": pytest.approx(case.opening_clearance, rel=0.02),
    }
    mean = (case.collision + case.out_of_bound + case.navigability + case.opening_clearance) / 4
    assert got.value == pytest.approx(mean, rel=0.02)


def test_the_drawn_figures_are_exact() -> None:
    split, covered = (score(CASES[name].room, *CASES[name].boxes).details for name in ("split", "covered openings"))
    assert split["navigability"] == 145 / 209
    assert split["connected_components"] == 2
    assert covered["openings"]["door_0"] == {
        "opening_occluded": True,
        "interfering_obj_ids": ["box_0"],
        "total_occlusion": 0.255,
        "object_occlusions": {"box_0": 0.255},
    }
    assert covered["openings"]["window_1"]["total_occlusion"] == 3050 / 12000


def test_the_ratio_in_bound_is_that_of_the_surface() -> None:
    case = CASES["a quarter outside"]
    details = score(case.room, *case.boxes).details
    assert details["outside_objects"] == ["box_0"]
    # 5,000 points, each outside with a chance of 1/3: one standard deviation is 0.0067.
    assert details["ratio_in_bound"]["box_0"] == pytest.approx(2 / 3, rel=0.02)
    assert details["ratio_in_bound"]["box_1"] == 1.0


def test_a_whole_face_beyond_the_wall_counts_at_once() -> None:
    # 1 mm: the face itself, 1 of 6 m2, is out, and 4 x 0.001 of the others.
    ratios = checks.bound_ratios(placed(Room.rectangle(6, 4, 3), cube(5.501, 2)))
    assert ratios[0] == pytest.approx(1 - 1.004 / 6, rel=0.02)


@pytest.mark.parametrize(("z", "ratio"), [(2.9, 1.0), (0.5, 1.0), (0.0, 0.5)])
def test_there_is_no_test_of_the_ceiling_but_one_of_the_floor(z: float, ratio: float) -> None:
    # Half-way into the floor: the lower face and half of four others miss it, 3 of 6 m2.
    ratios = checks.bound_ratios(placed(Room.rectangle(6, 4, 3), ((3, 2, z), (1, 1, 1), 0.0)))
    assert ratios[0] == pytest.approx(ratio, rel=0.02)


@pytest.mark.parametrize(
    ("overlap", "collides"), [(0.0, False), (0.001, False), (0.0028, False), (0.003, True), (0.006, True)]
)
@pytest.mark.parametrize("turn", range(4))
def test_the_nudge_between_flush_cubes(overlap: float, collides: bool, turn: int) -> None:
    angle = turn * math.pi / 2
    dx, dy = round(math.cos(angle)) * (1 - overlap), round(math.sin(angle)) * (1 - overlap)
    for room in (Room.rectangle(6, 4, 3), Room(((0, 0), (6, 0), (6, 4), (1, 4), (0, 3)), 3.0)):
        scene = placed(room, cube(3, 2), cube(3 + dx, 2 + dy, angle))
        assert checks.collisions(scene) == ([(0, 1)] if collides else [])


def test_a_smaller_box_is_the_one_that_moves() -> None:
    # The lamp is 5 mm deep in the table; its corners at the table are 0.1, 0.1 and 0.1975 m from its centre.
    table, lamp = ((2, 2, 0.4), (1.0, 1.0, 0.8), 0.0), ((2, 2, 0.995), (0.2, 0.2, 0.4), 0.0)
    scene = placed(Room.rectangle(6, 4, 3), lamp, table)
    expected = np.array((0.1, 0.1, 0.1975)) / math.sqrt(0.02 + 0.1975**2)
    assert np.abs(checks.nudge_direction(scene, 1, 0)) == pytest.approx(expected)
    # 5 mm * 0.813 = 4.07 mm along z: not enough for 5 mm, enough for 4 mm.
    assert checks.collisions(scene) == [(0, 1)]
    higher = ((2, 2, 0.996), (0.2, 0.2, 0.4), 0.0)
    assert checks.collisions(placed(Room.rectangle(6, 4, 3), higher, table)) == []


def test_what_hangs_above_2_m_is_walked_under() -> None:
    room = Room.rectangle(6, 4, 3)
    wall = ((2.0, 2.0, 2.01), (0.4, 4.0, 0.2), 0.0)
    assert score(room, wall).details["navigability"] == 1.0
    assert score(room, ((2.0, 2.0, 2.0), *wall[1:])).details["navigability"] == 145 / 209


def test_a_turned_box_takes_its_turned_pixels() -> None:
    # A square of 2 m turned by 45 degrees, grown by 4 pixels (0.1 m) all around with round corners: 4 + 0.8 + 0.0314
    # m2.
    free = rasters.eroded_floor(Room.rectangle(6, 4, 3), 8).copy()
    before = free.sum()
    rasters.draw(free, rasters.rectangle((128, 128), (80, 80), math.pi / 4), rasters.reach_of(8))
    assert (before - free.sum()) / 40**2 == pytest.approx(4.8314, rel=0.03)


def test_no_free_floor_is_no_navigability() -> None:
    assert score(Room.rectangle(2, 2, 3), ((1, 1, 0.5), (2, 2, 1), 0.0)).details["navigability"] == 0.0


def test_what_goes_through_a_whole_zone_covers_only_lines() -> None:
    # 0.5 m wide, from beyond the wall to beyond the zone, 1 m high: two sides as columns of 100 pixels, the top as one
    # row of 51 (its bottom is below the picture).
    case = score(Room.rectangle(6, 4, 3, (DOOR,)), ((1.5, 0.9, 0.5), (0.5, 2.4, 1.0), 0.0))
    assert case.details["openings"]["door_0"]["total_occlusion"] == (2 * 100 + 51 - 2) / 20000


def test_the_zone_of_a_door_is_as_deep_as_it_is_wide_whichever_way_it_swings() -> None:
    far, near = ((1.5, 1.3, 0.5), (0.5, 0.5, 1), 0.0), ((1.5, 1.2, 0.5), (0.5, 0.5, 1), 0.0)
    room = Room.rectangle(6, 4, 3, (Opening("door", "south_wall", 1.0, 1.0, 2.0, swing="out"),))
    assert score(room, far).details["openings"]["door_0"]["interfering_obj_ids"] == []
    assert score(room, near).details["openings"]["door_0"]["interfering_obj_ids"] == ["box_0"]


def test_a_side_is_free_where_its_area_is_floor_and_not_taken() -> None:
    # The cube's front (north) is free. Its back stands 0.1 m from the south wall: of the area from 0.05 to 0.25 m
    # behind it, 0.05 m is floor, a quarter. Its left touches another cube, whose far edges leave nothing free.
    scene = placed(Room.rectangle(6, 4, 3), ((3, 0.6, 0.5), (1, 1, 1), 0.0), ((2, 0.6, 0.5), (1, 1, 1), 0.0))
    sides = np.zeros((2, 4), dtype=bool)
    for side, share in enumerate((1.0, 0.25, 0.0, 1.0)):
        sides[:] = False
        sides[0, side] = True
        best = pixels.accessibilities(scene, sides)
        assert best[0] == pytest.approx(share, abs=0.13)  # a pixel is 2.5 cm, an eighth of the area's depth
        assert best[1] == -1.0
    sides[0] = True
    assert pixels.accessibilities(scene, sides)[0] == pytest.approx(1.0)


def test_what_holds_a_thing_up() -> None:
    objects = (
        SceneObject("table", "table", (1, 1, 0.8)),
        SceneObject("lamp", "lamp", (0.2, 0.2, 0.4), on_floor=False, relations=(Relation("lamp", "on", "table"),)),
        SceneObject(
            "mirror", "mirror", (1, 0.1, 1), on_floor=False, relations=(Relation("mirror", "on", "north_wall"),)
        ),
        SceneObject("light", "light", (0.3, 0.3, 0.3), on_floor=False, relations=(Relation("light", "on", "ceiling"),)),
    )
    scene = Scene(Room.rectangle(6, 4, 3), objects)
    good = {"table": (2, 2, 0.4), "lamp": (2, 2, 1.0), "mirror": (3, 3.95, 1.5), "light": (3, 2, 2.85)}
    assert checks.supported(scene.place(good)).all()
    # 5 mm is lifted away; 4 mm still touches. Hanging things may be 10 mm off.
    wrong = {"table": (2, 2, 0.405), "lamp": (2, 2, 1.011), "mirror": (3, 3.94, 1.5), "light": (3, 2, 2.84)}
    assert not checks.supported(scene.place(wrong)).any()
    slack = {"table": (2, 2, 0.404), "lamp": (2, 2, 1.008), "mirror": (3, 3.941, 1.5), "light": (3, 2, 2.841)}
    assert checks.supported(scene.place(slack)).all()
    # The lamp's centre is over the table's edge, then beyond it.
    assert checks.supported(scene.place(good | {"lamp": (2.5, 2, 1.0)}))[1]
    assert not checks.supported(scene.place(good | {"lamp": (2.51, 2, 1.0)}))[1]


@pytest.mark.parametrize(("yaw", "access"), [(0.0, 0.0), (math.pi, 1.0)])
@pytest.mark.parametrize(("z", "support"), [(1.0, 1.0), (1.1, 0.0)])
def test_the_full_plan_adds_accessibility_and_support(yaw: float, access: float, z: float, support: float) -> None:
    # A wardrobe is used from its front, which looks at the wall or into the room; it stands on the floor or 0.1 m
    # above. No opening, so five metrics.
    wardrobe = SceneObject("wardrobe_1", "wardrobe", (1.0, 0.6, 2.0))
    layout = Scene(Room.rectangle(6, 4, 3), (wardrobe,)).place({"wardrobe_1": (3, 3.7, z, yaw)})
    got = SceneEvalReward(plan="full")(Transition.of(layout))
    assert got.details["accessibility"] == {"wardrobe_1": access}
    assert got.details["supported"] == {"wardrobe_1": support == 1.0}
    assert got.details["support_type"] == {"wardrobe_1": "ground"}
    assert got.value == pytest.approx((3 + access + support) / 5)


def test_what_is_not_placed_lowers_the_value() -> None:
    room = Room.rectangle(6, 4, 3)
    scene = placed(room, cube(2, 2), cube(4, 2)).scene
    half = SceneEvalReward()(Transition.of(scene.place({"box_0": (2, 2, 0.5)})))
    assert half.value == 0.5
    assert half.per_object is not None
    assert np.array_equal(half.per_object, [1.0, math.nan], equal_nan=True)
    assert SceneEvalReward()(Transition.of(scene.place({}))).value == 0.0


def test_an_unknown_plan_is_refused() -> None:
    with pytest.raises(InputError, match="'no_vlm', 'full'"):
        SceneEvalReward(plan="vlm")  # type: ignore[arg-type]
